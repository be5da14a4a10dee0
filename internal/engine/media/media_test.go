package media_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	stdimage "image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/media"
)

// hills draws a picture of its own for each seed.
func hills(w, h, seed int) *stdimage.RGBA {
	img := stdimage.NewRGBA(stdimage.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			fx, fy := float64(x)/float64(w), float64(y)/float64(h)
			v := uint8(128 + 60*math.Sin(fx*float64(3+seed))*math.Cos(fy*float64(5+2*seed)) + 60*math.Sin(fx*fy*float64(9*seed)))
			img.SetRGBA(x, y, color.RGBA{v, v, uint8(seed * 40), 255})
		}
	}
	return img
}

func asJPEG(t testing.TB, img stdimage.Image, quality int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// commented puts a comment into a JPEG, which may say anything.
func commented(b []byte) []byte {
	return append(append(bytes.Clone(b[:2]), 0xff, 0xfe, 0, 17), append([]byte("by Ana, at home"), b[2:]...)...)
}

type studio struct {
	*enginetest.Engine
	*media.Media
}

func open(t *testing.T, o enginetest.Options) studio {
	t.Helper()
	e := enginetest.Open(t, o)
	e.Apply(t, enginetest.Workspace)
	return studio{e, media.New(e.Core, media.Config{Folder: t.TempDir()})}
}

func (s studio) take(t *testing.T, name string, b []byte) media.Intake {
	t.Helper()
	taken, err := s.Take(t.Context(), enginetest.Shell(), name, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

// declare lets what was proposed go live, changed.
func (s studio) declare(t *testing.T, r throughline.Resource, change func(*throughline.Asset)) {
	t.Helper()
	spec := *r.Spec.(*throughline.Asset)
	spec.Alt = map[string]string{"en": "Hills"}
	if change != nil {
		change(&spec)
	}
	r.Spec = &spec
	if _, err := s.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Resources: []throughline.Resource{r}}); err != nil {
		t.Fatal(err)
	}
}

// see opens an address and returns what is there.
func (s studio) see(t *testing.T, address string) (media.Served, []byte, error) {
	t.Helper()
	parts := strings.Split(strings.TrimPrefix(address, throughline.MediaPath), "/")
	f, err := s.Open(t.Context(), parts[0], parts[1], parts[2])
	if err != nil {
		return f, nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return f, b, nil
}

func TestAPictureOnItsWay(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC))
	s := open(t, enginetest.Options{Clock: clock.Now})
	source := commented(asJPEG(t, hills(1600, 900, 1), 90))
	taken := s.take(t, `C:\\shoot\\Über dem See.JPG`, source)
	file := taken.Asset.Spec.(*throughline.Asset).File
	t.Run("it suggests an asset", func(t *testing.T) {
		if taken.Asset.Metadata.Name != "uber-dem-see" || file.Width != 1600 || file.Height != 900 || file.Type != "image/jpeg" || file.Name != "Über dem See.JPG" {
			t.Errorf("%+v", taken.Asset)
		}
	})
	t.Run("what may be personal is told of, and not kept", func(t *testing.T) {
		if len(taken.Removed) != 1 || !strings.HasPrefix(taken.Removed[0], "comment") {
			t.Error(taken.Removed)
		}
		r, err := s.Core.Record.Blobs.Get(t.Context(), file.Digest)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if b, _ := io.ReadAll(r); bytes.Contains(b, []byte("Ana")) || len(b) != file.Bytes {
			t.Errorf("%d bytes are kept, of %d, with %v", len(b), file.Bytes, bytes.Contains(b, []byte("Ana")))
		}
	})
	address := file.SlotAddress("uber-dem-see")
	t.Run("before it was ever live, its digest shows it to who makes it", func(t *testing.T) {
		f, b, err := s.see(t, address)
		if err != nil || !f.Draft {
			t.Fatal(f, err)
		}
		if c, format, err := stdimage.DecodeConfig(bytes.NewReader(b)); err != nil || c.Width != 1200 || format != "jpeg" {
			t.Error(c, format, err)
		}
	})
	s.declare(t, taken.Asset, func(a *throughline.Asset) { a.Rights = []throughline.RightsGrant{{Holder: "Bo", Until: "2026-05-31"}} })
	t.Run("live, it is shown in the next size that is served", func(t *testing.T) {
		for rendition, want := range map[string]stdimage.Point{"w601.jpeg": {640, 360}, "320x320.png": {320, 320}, "w9999.jpeg": {1600, 900}} {
			f, b, err := s.see(t, file.Address("uber-dem-see", rendition))
			if err != nil || f.Draft {
				t.Fatal(rendition, err)
			}
			if c, _, err := stdimage.DecodeConfig(bytes.NewReader(b)); err != nil || c.Width != want.X || c.Height != want.Y {
				t.Errorf("%s is %d x %d, %v", rendition, c.Width, c.Height, err)
			}
			if again, same, _ := s.see(t, file.Address("uber-dem-see", rendition)); !bytes.Equal(b, same) || again.Tag != f.Tag {
				t.Errorf("%s is another one the second time", rendition)
			}
			if rendition != "320x320.png" && !bytes.Contains(b, []byte("DerivedFrom")) {
				t.Errorf("%s does not say what it was made of", rendition)
			}
		}
	})
	t.Run("the same file again is found, and so is a copy", func(t *testing.T) {
		if again := s.take(t, "copy.jpg", source); len(again.Same) != 1 || again.Same[0] != "uber-dem-see" {
			t.Errorf("%+v", again)
		}
		small := s.take(t, "small.jpg", asJPEG(t, hills(800, 450, 1), 60))
		if len(small.Same) != 0 || len(small.Alike) != 1 || small.Alike[0].Asset != "uber-dem-see" || small.Alike[0].Share < 0.8 {
			t.Errorf("%+v", small.Alike)
		}
		if other := s.take(t, "other.jpg", asJPEG(t, hills(1600, 900, 4), 90)); len(other.Alike) != 0 {
			t.Errorf("%+v", other.Alike)
		}
	})
	t.Run("another file of its name gets another name", func(t *testing.T) {
		if other := s.take(t, "uber dem see.png", asJPEG(t, hills(700, 700, 3), 90)); other.Asset.Metadata.Name != "uber-dem-see-2" {
			t.Error(other.Asset.Metadata.Name)
		}
	})
	t.Run("what is drafted instead of its file is seen under its name, and nobody keeps it", func(t *testing.T) {
		next := s.take(t, "over the lake again.jpg", asJPEG(t, hills(1600, 900, 7), 90)).Asset.Spec.(*throughline.Asset).File
		if f, _, err := s.see(t, next.SlotAddress("uber-dem-see")); err != nil || !f.Draft {
			t.Errorf("draft %t, %v", f.Draft, err)
		}
	})
	t.Run("when its rights end, its addresses do", func(t *testing.T) {
		clock.Turn(28 * 24 * time.Hour)
		if _, _, err := s.see(t, address); throughline.CodeOf(err) != throughline.NotFound {
			t.Error(err)
		}
		clock.Turn(-28 * 24 * time.Hour)
	})
	t.Run("withdrawn, it is gone at once, and so is one that was deleted", func(t *testing.T) {
		s.declare(t, taken.Asset, func(a *throughline.Asset) { a.Withdrawn = "asked for" })
		other := taken.Asset.Spec.(*throughline.Asset).File.SlotAddress("nobody")
		if _, _, err := s.see(t, other); throughline.CodeOf(err) != throughline.NotFound {
			t.Errorf("by the name of an asset that never was it is shown: %v", err)
		}
		if _, _, err := s.see(t, address); throughline.CodeOf(err) != throughline.NotFound {
			t.Error(err)
		}
		if _, err := s.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Delete: []throughline.Ref{taken.Asset.Ref()}}); err != nil {
			t.Fatal(err)
		}
		for _, address := range []string{address, other} {
			if _, _, err := s.see(t, address); throughline.CodeOf(err) != throughline.NotFound {
				t.Errorf("deleted, it is shown at %s: %v", address, err)
			}
		}
	})
}

func TestAFileThatWasReplacedIsNotShown(t *testing.T) {
	t.Parallel()
	s := open(t, enginetest.Options{})
	first := s.take(t, "lake.jpg", asJPEG(t, hills(800, 600, 1), 90)).Asset
	second := s.take(t, "lake.jpg", asJPEG(t, hills(800, 600, 5), 90)).Asset
	s.declare(t, first, nil)
	s.declare(t, second, func(a *throughline.Asset) { a.Title = "Lake" })
	file := first.Spec.(*throughline.Asset).File
	for _, name := range []string{"lake", "nobody"} {
		if _, _, err := s.see(t, file.SlotAddress(name)); throughline.CodeOf(err) != throughline.NotFound {
			t.Errorf("as %s it is shown: %v", name, err)
		}
	}
	t.Run("unless another asset in force has it", func(t *testing.T) {
		first.Metadata.Name = "pond"
		s.declare(t, first, nil)
		for _, name := range []string{"pond", "nobody"} {
			if _, _, err := s.see(t, file.SlotAddress(name)); err != nil {
				t.Errorf("as %s: %v", name, err)
			}
		}
	})
}

func TestNamesOfFilesAreReadable(t *testing.T) {
	t.Parallel()
	s := open(t, enginetest.Options{})
	pdf := []byte("%PDF-1.7\n")
	for name, want := range map[string]string{
		"\xff\xfelake.pdf":                  "lake.pdf",
		"lake\u202efdp.pdf":                 "lakefdp.pdf",
		strings.Repeat("ü", 99) + "abc.pdf": strings.Repeat("ü", 98) + ".pdf",
		"a" + strings.Repeat("ü", 120):      "a" + strings.Repeat("ü", 99),
	} {
		if got := s.take(t, name, pdf).Asset.Spec.(*throughline.Asset).File.Name; got != want {
			t.Errorf("%q is called %q, want %q", name, got, want)
		}
	}
}

func TestAnUploadThatEndsEarly(t *testing.T) {
	t.Parallel()
	s := open(t, enginetest.Options{})
	take := func(m *media.Media, r io.Reader) error {
		_, err := m.Take(t.Context(), enginetest.Shell(), "lake.pdf", r)
		return err
	}
	t.Run("is the sender's, and to be sent again", func(t *testing.T) {
		if err := take(s.Media, iotest.ErrReader(io.ErrUnexpectedEOF)); throughline.CodeOf(err) != throughline.Invalid {
			t.Error(err)
		}
	})
	t.Run("leaves nothing behind, even where the process is killed", func(t *testing.T) {
		folder := t.TempDir()
		err := take(media.New(s.Core, media.Config{Folder: folder}), readerFunc(func([]byte) (int, error) {
			if left, err := os.ReadDir(folder); err != nil || len(left) > 0 && runtime.GOOS != "windows" {
				t.Error(left, err)
			}
			return 0, io.ErrUnexpectedEOF
		}))
		if throughline.CodeOf(err) != throughline.Invalid {
			t.Error(err)
		}
	})
}

// readerFunc is a reader of one function.
type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestAFullDiskIsNotTheSenders(t *testing.T) {
	t.Parallel()
	s := open(t, enginetest.Options{})
	m := media.New(s.Core, media.Config{Folder: filepath.Join(t.TempDir(), "gone")})
	if _, err := m.Take(t.Context(), enginetest.Shell(), "lake.pdf", strings.NewReader("%PDF-1.7\n")); throughline.CodeOf(err) != throughline.Unavailable {
		t.Error(err)
	}
}

// huge is the head of a PNG that says it is very large.
func huge() []byte {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), 50_000)
	chunk = append(binary.BigEndian.AppendUint32(chunk, 50_000), 8, 6, 0, 0, 0)
	b := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), uint32(len(chunk)-4))
	return binary.BigEndian.AppendUint32(append(b, chunk...), crc32.ChecksumIEEE(chunk))
}

func TestWhatCannotBeTakenInIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, enginetest.Options{})
	whole := asJPEG(t, hills(640, 480, 2), 80)
	for _, c := range []struct {
		sentence, name string
		body           io.Reader
		code           throughline.Code
	}{
		{"a picture of 50,000 x 50,000 pixels", "big.png", bytes.NewReader(huge()), throughline.TooLarge},
		{"a picture that ends early", "cut.jpg", bytes.NewReader(whole[:len(whole)/2]), throughline.Invalid},
		{"a program", "run.jpg", strings.NewReader("MZ\x90\x00 and more"), throughline.Invalid},
		{"HTML under the name of a drawing", "a.svg", strings.NewReader("<html><script>alert(1)</script></html>"), throughline.Invalid},
		{"nothing", "a.jpg", strings.NewReader(""), throughline.Invalid},
		{"a body that breaks off", "a.jpg", io.MultiReader(bytes.NewReader(whole[:2000]), iotest.ErrReader(io.ErrUnexpectedEOF)), throughline.Invalid},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			if _, err := s.Take(t.Context(), enginetest.Shell(), c.name, c.body); throughline.CodeOf(err) != c.code {
				t.Errorf("%v: %v", throughline.CodeOf(err), err)
			}
		})
	}
	t.Run("a file that is larger than allowed", func(t *testing.T) {
		tight := media.New(s.Core, media.Config{Folder: t.TempDir(), MaxBytes: 1000})
		if _, err := tight.Take(t.Context(), enginetest.Shell(), "a.jpg", bytes.NewReader(whole)); throughline.CodeOf(err) != throughline.TooLarge {
			t.Error(err)
		}
	})
	t.Run("somebody who may not make anything", func(t *testing.T) {
		if _, err := s.Take(t.Context(), engine.Caller{}, "a.jpg", bytes.NewReader(whole)); throughline.CodeOf(err) == "" {
			t.Error("a stranger took in a file")
		}
	})
}

func TestADrawingLosesWhatRuns(t *testing.T) {
	t.Parallel()
	s := open(t, enginetest.Options{})
	taken := s.take(t, "logo.svg", []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 10" onload="steal()"><script>steal()</script><rect width="40" height="10"/></svg>`))
	file := taken.Asset.Spec.(*throughline.Asset).File
	if len(taken.Removed) != 2 || file.Type != "image/svg+xml" {
		t.Errorf("%+v", taken)
	}
	_, b, err := s.see(t, file.SlotAddress("logo"))
	if err != nil || bytes.Contains(b, []byte("steal")) || !bytes.Contains(b, []byte("rect")) {
		t.Errorf("%s, %v", b, err)
	}
}

func TestOtherFilesAreKeptAsTheyAre(t *testing.T) {
	t.Parallel()
	s := open(t, enginetest.Options{})
	for name, c := range map[string]struct{ kind, body string }{
		"talk.vtt": {"text/vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n"},
		"film.mp4": {"video/mp4", string(filmOf("iso6", 640, 360, ""))},
		"plan.pdf": {"application/pdf", "%PDF-1.7\n"},
	} {
		file := s.take(t, name, []byte(c.body)).Asset.Spec.(*throughline.Asset).File
		_, b, err := s.see(t, file.SlotAddress("x"))
		if err != nil || string(b) != c.body || file.Type != c.kind {
			t.Errorf("%s: %s %q, %v", name, file.Type, b, err)
		}
	}
}

func TestPNGKeepsItsTransparency(t *testing.T) {
	t.Parallel()
	s := open(t, enginetest.Options{})
	img := stdimage.NewNRGBA(stdimage.Rect(0, 0, 700, 700))
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	file := s.take(t, "clear.png", b.Bytes()).Asset.Spec.(*throughline.Asset).File
	f, out, err := s.see(t, file.SlotAddress("clear"))
	if err != nil || f.Type != "image/png" {
		t.Fatal(f.Type, err)
	}
	if got, err := png.Decode(bytes.NewReader(out)); err != nil || got.At(1, 1).(color.NRGBA).A != 0 {
		t.Error(err)
	}
}
