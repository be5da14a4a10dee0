package video_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/craft/video"
)

// probed is what ffprobe says of a file.
type probed struct {
	Streams []struct {
		Type   string `json:"codec_type"`
		Width  int    `json:"width"`
		Height int    `json:"height"`
		Shape  string `json:"sample_aspect_ratio"`
		Data   []struct {
			Rotation float64 `json:"rotation"`
		} `json:"side_data_list"`
	} `json:"streams"`
	Format struct {
		Duration string            `json:"duration"`
		Tags     map[string]string `json:"tags"`
	} `json:"format"`
}

func probe(t *testing.T, file string) (p probed) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// differs says in what facts differ from what ffprobe says.
func differs(f video.Facts, p probed) string {
	var w, h float64
	sound := false
	for _, s := range p.Streams {
		sound = sound || s.Type == "audio"
		if s.Type != "video" || w > 0 {
			continue
		}
		w, h = float64(s.Width), float64(s.Height)
		var num, den float64
		if n, _ := fmt.Sscanf(s.Shape, "%f:%f", &num, &den); n == 2 && num > 0 {
			w *= num / den
		}
		for _, d := range s.Data {
			if turn := math.Abs(d.Rotation); turn == 90 || turn == 270 {
				w, h = h, w
			}
		}
	}
	seconds, _ := strconv.ParseFloat(p.Format.Duration, 64)
	place := false
	for name, value := range p.Format.Tags {
		place = place || strings.Contains(strings.ToLower(name), "location") && value != ""
	}
	switch {
	case math.Abs(w-float64(f.Width)) > 1 || math.Abs(h-float64(f.Height)) > 1:
		return fmt.Sprintf("%d x %d, and ffprobe says %g x %g", f.Width, f.Height, w, h)
	case math.Abs(seconds-f.Duration.Seconds()) > .05:
		return fmt.Sprintf("%s, and ffprobe says %gs", f.Duration, seconds)
	case sound != f.Sound:
		return fmt.Sprintf("sound %v, and ffprobe says %v", f.Sound, sound)
	case place != (len(f.Personal) > 0):
		return fmt.Sprintf("%v, and ffprobe says that there is a place: %v", f.Personal, place)
	}
	return ""
}

// Films that another program wrote are read as a third reads them.
func TestFactsAreThoseOfFFprobe(t *testing.T) {
	for _, tool := range []string{"ffmpeg", "ffprobe"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed, so nothing was held against it", tool)
		}
	}
	picture := []string{"-f", "lavfi", "-i", "testsrc=size=320x180:rate=10:duration=1.3"}
	sound := []string{"-f", "lavfi", "-i", "sine=duration=1.3"}
	films := map[string][]string{
		"plain.mp4":   {"-c:v", "mpeg4"},
		"sound.mp4":   {"-c:v", "mpeg4", "-c:a", "aac"},
		"first.mp4":   {"-c:v", "mpeg4", "-movflags", "faststart"},
		"wide.mp4":    {"-c:v", "mpeg4", "-vf", "setsar=4/3"},
		"place.mp4":   {"-c:v", "mpeg4", "-metadata", "location=" + here},
		"film.mov":    {"-c:v", "mjpeg", "-c:a", "pcm_s16le", "-metadata", "location=" + here},
		"keys.mov":    {"-c:v", "mpeg4", "-movflags", "use_metadata_tags", "-metadata", "com.apple.quicktime.location.ISO6709=" + here},
		"vp8.webm":    {"-c:v", "libvpx", "-c:a", "libopus"},
		"place.webm":  {"-c:v", "libvpx", "-metadata", "LOCATION=" + here},
		"wide.mkv":    {"-c:v", "mpeg4", "-vf", "setsar=4/3"},
		"place.mkv":   {"-c:v", "mpeg4", "-metadata", "location=" + here, "-metadata", "title=Lido"},
		"parts.mp4":   {"-c:v", "mpeg4", "-c:a", "aac", "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-g", "4"},
		"seconds.mp4": {"-c:v", "mpeg4", "-video_track_timescale", "12800"},
	}
	folder := t.TempDir()
	film := func(name string, args ...string) (string, video.Facts) {
		file := filepath.Join(folder, name)
		if out, err := exec.CommandContext(t.Context(), "ffmpeg", append(append([]string{"-v", "error", "-y"}, args...), file)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return file, inspect(t, file)
	}
	for name, args := range films {
		in := picture
		if strings.Contains(strings.Join(args, " "), "-c:a") {
			in = append(append([]string{}, picture...), sound...)
		}
		file, facts := film(name, append(append([]string{}, in...), args...)...)
		if d := differs(facts, probe(t, file)); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		stripped(t, file)
	}
	plain, _ := film("upright.mp4", append(append([]string{}, picture...), "-c:v", "mpeg4")...)
	for _, turn := range []string{"90", "180", "270"} { // what is in the file is turned, not what is coded
		b, err := os.ReadFile(plain)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(folder, "turned"+turn+".mp4")
		m := map[string][]byte{"90": turned, "180": be32(0xffff0000, 0, 0, 0, 0xffff0000, 0, 0, 0, 0x40000000), "270": be32(0, 0xffff0000, 0, 0x10000, 0, 0, 0, 0, 0x40000000)}[turn]
		at := bytes.Index(b, []byte("tkhd")) + 4 + 40
		copy(b[at:], m)
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if d := differs(inspect(t, file), probe(t, file)); d != "" {
			t.Errorf("turned by %s: %s", turn, d)
		}
	}
	t.Run("a fault in any of the facts would be seen", func(t *testing.T) {
		facts, p := inspect(t, plain), probe(t, plain)
		faults := map[string]func(*video.Facts){
			"not turned": func(f *video.Facts) { f.Width, f.Height = f.Height, f.Width },
			"too long":   func(f *video.Facts) { f.Duration = f.Duration * 1001 / 900 },
			"sound":      func(f *video.Facts) { f.Sound = !f.Sound },
			"a place":    func(f *video.Facts) { f.Personal = []video.Personal{{}} },
		}
		for name, plant := range faults {
			wrong := facts
			if plant(&wrong); differs(wrong, p) == "" {
				t.Errorf("%s: not seen", name)
			}
		}
	})
}

func inspect(t *testing.T, file string) video.Facts {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	facts, err := video.Inspect(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(file, err)
	}
	return facts
}

// stripped holds that ffprobe finds no place in a stripped file, the same film, and
// nothing to complain of.
func stripped(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := video.Strip(&out, bytes.NewReader(b), int64(len(b))); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(out.Bytes(), []byte(here)) {
		t.Errorf("%s: the place is still in it", file)
	}
	to := strings.Replace(file, filepath.Base(file), "stripped-"+filepath.Base(file), 1)
	if err := os.WriteFile(to, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if d := differs(inspect(t, to), probe(t, to)); d != "" {
		t.Errorf("%s, stripped: %s", file, d)
	}
	said, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "warning", "-i", to, "-f", "null", "-").CombinedOutput()
	if err != nil || len(said) > 0 {
		t.Errorf("%s, stripped: %v %s", file, err, said)
	}
}
