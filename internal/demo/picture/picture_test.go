package picture_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"image"
	_ "image/jpeg"
	_ "image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/demo/picture"
)

var (
	update = flag.Bool("update", false, "rewrite the golden files")
	show   = flag.String("show", "", "write every picture into this folder")
)

// The golden file keeps what one sees of a picture from far away, the mean
// colours of a grid. Bytes would differ between processors by a rounding.
const (
	across, down = 6, 4
	tolerance    = 2
)

func TestPicturesLookAsTheyDid(t *testing.T) {
	const golden = "testdata/grids.txt"
	var b strings.Builder
	grids := map[string][]int{}
	for _, name := range picture.Names() {
		img, err := picture.Draw(name, 480, 320)
		if err != nil {
			t.Fatal(err)
		}
		grids[name] = grid(img)
		fmt.Fprint(&b, name)
		for _, mean := range grids[name] {
			fmt.Fprintf(&b, " %06x", mean)
		}
		b.WriteByte('\n')
	}
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range read(t, golden) {
		t.Run(name+" looks as it did", func(t *testing.T) {
			if got := grids[name]; !alike(got, want) {
				t.Errorf("got %06x, want %06x; look at it with -show FOLDER, then rewrite with -update", got, want)
			}
			delete(grids, name)
		})
	}
	for name := range grids {
		t.Errorf("%s is not in %s", name, golden)
	}
	t.Run("a picture is not taken for another", func(t *testing.T) {
		one, _ := picture.Draw("moon", 480, 320)
		other, _ := picture.Draw("sauna", 480, 320)
		if alike(grid(one), grid(other)) {
			t.Error("moon and sauna are alike")
		}
	})
}

func TestEveryPicture(t *testing.T) {
	if n := len(picture.Names()); n < 12 {
		t.Errorf("there are %d pictures", n)
	}
	high := 300
	if *show != "" {
		high = 900
	}
	for _, name := range picture.Names() {
		wide, err := picture.PNG(name, high*16/9, high)
		if err != nil {
			t.Fatal(err)
		}
		square, err := picture.JPEG(name, high, high)
		if err != nil {
			t.Fatal(err)
		}
		for file, made := range map[string]struct {
			bytes         []byte
			width, height int
		}{"-wide.png": {wide, high * 16 / 9, high}, "-square.jpg": {square, high, high}} {
			t.Run(name+file+" decodes to its size and covers all of it", func(t *testing.T) {
				img, _, err := image.Decode(bytes.NewReader(made.bytes))
				if err != nil || img.Bounds() != image.Rect(0, 0, made.width, made.height) {
					t.Fatal(err, img)
				}
				if o, ok := img.(interface{ Opaque() bool }); ok && !o.Opaque() {
					t.Error("something shines through")
				}
			})
			if *show != "" {
				if err := os.WriteFile(filepath.Join(*show, name+file), made.bytes, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		if again, _ := picture.PNG(name, high*16/9, high); !bytes.Equal(wide, again) {
			t.Errorf("%s is another picture the second time", name)
		}
	}
}

func TestWhatCannotBeDrawn(t *testing.T) {
	for _, tt := range []struct {
		says, name    string
		width, height int
		code          throughline.Code
	}{
		{"a picture that nobody drew", "volcano", 160, 90, throughline.NotFound},
		{"no size", "moon", 0, 0, throughline.Invalid},
		{"a negative size", "moon", -160, -90, throughline.Invalid},
		{"one that would fill the memory", "moon", 1 << 20, 1 << 20, throughline.Invalid},
		{"a strip", "moon", 1600, 90, throughline.Invalid},
	} {
		t.Run(tt.says, func(t *testing.T) {
			if _, err := picture.Draw(tt.name, tt.width, tt.height); throughline.CodeOf(err) != tt.code {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAFileIsDrawnByItsName(t *testing.T) {
	want, err := picture.PNG("moon", 160, 90)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := picture.File("moon-160x90.png"); err != nil || !bytes.Equal(got, want) {
		t.Error(err)
	}
	if got, err := picture.File("moon-160x90.jpg"); err != nil || !bytes.HasPrefix(got, []byte{0xff, 0xd8}) {
		t.Error(err)
	}
	for _, name := range []string{"", "moon", "moon.png", "moon-160x90", "moon-160x90.gif", "moon-160x90.png.exe", "moon-0160x90.png", "moon-160x90x2.png", "moon-160.png", "-160x90.png", "../moon-160x90.png"} {
		if _, err := picture.File(name); throughline.CodeOf(err) != throughline.NotFound {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func FuzzFile(f *testing.F) {
	for _, name := range []string{"moon-160x90.png", "moon-160x90.jpg", "moon-.png", "--1x1.png", "moon-99999999999999999999x1.png", "moon-1600x90.png", "\xff-16x16.jpg"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		data, err := picture.File(name)
		if err != nil {
			if code := throughline.CodeOf(err); code != throughline.NotFound && code != throughline.Invalid {
				t.Errorf("%q: %v", name, err)
			}
			return
		}
		size, form, err := image.DecodeConfig(bytes.NewReader(data))
		if err != nil || !strings.HasSuffix(name, fmt.Sprintf("-%dx%d.%s", size.Width, size.Height, strings.Replace(form, "jpeg", "jpg", 1))) {
			t.Errorf("%q gives %v as %s: %v", name, size, form, err)
		}
	})
}

// grid is the mean colour of each cell, 0xrrggbb, row by row.
func grid(img *image.RGBA) []int {
	var means []int
	w, h := img.Bounds().Dx()/across, img.Bounds().Dy()/down
	for cell := range across * down {
		var r, g, b int
		for y := cell / across * h; y < (cell/across+1)*h; y++ {
			for x := cell % across * w; x < (cell%across+1)*w; x++ {
				p := img.RGBAAt(x, y)
				r, g, b = r+int(p.R), g+int(p.G), b+int(p.B)
			}
		}
		n := w * h
		means = append(means, r/n<<16|g/n<<8|b/n)
	}
	return means
}

func alike(a, b []int) bool {
	for i := range max(len(a), len(b)) {
		if len(a) != len(b) {
			return false
		}
		for shift := 0; shift < 24; shift += 8 {
			if d := a[i]>>shift&255 - b[i]>>shift&255; d > tolerance || d < -tolerance {
				return false
			}
		}
	}
	return true
}

func read(t *testing.T, file string) map[string][]int {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	grids := map[string][]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		words := strings.Fields(lines.Text())
		var means []int
		for _, w := range words[1:] {
			var mean int
			if _, err := fmt.Sscanf(w, "%x", &mean); err != nil {
				t.Fatal(err)
			}
			means = append(means, mean)
		}
		grids[words[0]] = means
	}
	return grids
}
