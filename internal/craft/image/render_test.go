package image_test

import (
	"bytes"
	"context"
	stdimage "image"
	"image/color"
	"image/png"
	"math"
	"testing"

	"golang.org/x/image/draw"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/image"
)

func render(t testing.TB, file []byte, specs ...image.Spec) []image.Rendition {
	t.Helper()
	out, err := image.Render(t.Context(), bytes.NewReader(file), int64(len(file)), image.Notice{Rights: "© Ana"}, specs)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// noise is the peak signal to noise ratio of luma in decibels.
func noise(a, b stdimage.Image) float64 {
	sum, n := 0.0, 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			d := float64(color.GrayModel.Convert(a.At(x, y)).(color.Gray).Y) - float64(color.GrayModel.Convert(b.At(x, y)).(color.Gray).Y)
			sum, n = sum+d*d, n+1
		}
	}
	return 10 * math.Log10(255*255/(sum/float64(n)+1e-9))
}

func TestRender(t *testing.T) {
	t.Run("pixels are those of a slower and independent resampler", func(t *testing.T) {
		src := drawn(803, 601, 5)
		for _, w := range []int{700, 400, 200, 90} {
			got := image.FromImage(src).Image(w, 0)
			want := stdimage.NewRGBA(got.Bounds())
			draw.CatmullRom.Scale(want, want.Rect, src, src.Rect, draw.Src, nil)
			if db := noise(got, want); db < 40 {
				t.Errorf("at %d pixels: %.1f dB", w, db)
			}
		}
	})
	t.Run("the measure of likeness tells a picture moved by one pixel", func(t *testing.T) {
		src := drawn(803, 601, 5)
		moved := src.SubImage(stdimage.Rect(8, 0, 803, 601))
		got, other := image.FromImage(src).Image(200, 0), image.FromImage(moved).Image(200, 0)
		if db := noise(got, other); db > 36 {
			t.Errorf("%.1f dB, although it moved", db)
		}
	})
	t.Run("every orientation comes out upright", func(t *testing.T) {
		for orientation := 1; orientation <= 8; orientation++ {
			upright := corners(60, 40)
			file := strip(t, oriented(t, upright, orientation), image.Notice{})
			got := render(t, file, image.Spec{Width: 30, Format: image.PNG})[0]
			m, err := png.Decode(bytes.NewReader(got.Bytes))
			if err != nil || got.Width != 30 || got.Height != 20 {
				t.Fatalf("%d: %d x %d, %v", orientation, got.Width, got.Height, err)
			}
			for _, p := range []stdimage.Point{{3, 3}, {26, 3}, {3, 16}, {26, 16}} {
				want := upright.NRGBAAt(p.X*2, p.Y*2)
				if c := color.NRGBAModel.Convert(m.At(p.X, p.Y)).(color.NRGBA); c != want {
					t.Errorf("orientation %d at %v: %v, not %v", orientation, p, c, want)
				}
			}
		}
	})
	t.Run("a crop keeps the focal point, and nothing is enlarged", func(t *testing.T) {
		file := logoPNG(t, 400, 200)
		for _, c := range []struct {
			spec image.Spec
			w, h int
		}{
			{image.Spec{Width: 100}, 100, 50},
			{image.Spec{Width: 100, Height: 20}, 40, 20},
			{image.Spec{Width: 4000}, 400, 200},
			{image.Spec{Width: 100, Height: 100, Fit: image.Cover}, 100, 100},
			{image.Spec{Width: 800, Height: 800, Fit: image.Cover}, 200, 200},
			{image.Spec{Width: 1000, Height: 10, Fit: image.Cover}, 400, 4},
		} {
			if got := render(t, file, c.spec)[0]; got.Width != c.w || got.Height != c.h {
				t.Errorf("%+v: %d x %d, not %d x %d", c.spec, got.Width, got.Height, c.w, c.h)
			}
		}
		left := &throughline.Focal{X: 0, Y: .5}
		m, err := image.FromImage(corners(80, 40)).Sized(image.Spec{Width: 20, Height: 20, Fit: image.Cover, Focal: left})
		if err != nil || color.NRGBAModel.Convert(m.At(18, 2)) != (color.NRGBA{255, 0, 0, 255}) {
			t.Errorf("%v, %v", m.At(18, 2), err)
		}
	})
	t.Run("each format carries the notice, and the profile goes along", func(t *testing.T) {
		for _, r := range render(t, tagged(t, 6), image.Spec{Width: 40}, image.Spec{Width: 40, Format: image.PNG}, image.Spec{Width: 40, Format: image.WebP}) {
			facts, err := inspect(r.Bytes)
			if err != nil || facts.Format != r.Format || facts.Notice.Rights != "© Ana" || facts.Profile != "Wide Colours" || facts.Width != 40 || facts.Orientation != 1 || len(facts.Personal) > 0 {
				t.Errorf("%s: %+v, %v", r.Format, facts, err)
			}
		}
	})
	t.Run("transparency asks for PNG, and lies on white as JPEG", func(t *testing.T) {
		got := render(t, logoPNG(t, 100, 100), image.Spec{Width: 50}, image.Spec{Width: 50, Format: image.JPEG})
		if got[0].Format != image.PNG {
			t.Errorf("it became %s", got[0].Format)
		}
		m, err := stdimageDecode(got[1].Bytes)
		if r, _, _, _ := m.At(1, 1).RGBA(); err != nil || r>>8 < 250 {
			t.Errorf("the corner is %v, %v", m.At(1, 1), err)
		}
	})
	t.Run("a spec that cannot be is refused before anything is decoded", func(t *testing.T) {
		for _, s := range []image.Spec{{Width: -1}, {Width: 100_000}, {Fit: "stretch"}, {Fit: image.Cover, Width: 3}, {Format: image.AVIF}, {Quality: 101}, {Focal: &throughline.Focal{X: math.NaN()}}} {
			_, err := image.Render(t.Context(), bytes.NewReader(nil), 0, image.Notice{}, []image.Spec{s})
			if e, ok := err.(*throughline.Error); !ok || e.Place == "bytes 0" || e.Fix == "" || e.Code != throughline.Invalid {
				t.Errorf("%+v: %v", s, err)
			}
		}
	})
	t.Run("a context that ended stops the work", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		file := photo(t, 64, 48)
		if _, err := image.Render(ctx, bytes.NewReader(file), int64(len(file)), image.Notice{}, []image.Spec{{Width: 10}}); err == nil {
			t.Error("it went on")
		}
	})
}

func stdimageDecode(b []byte) (stdimage.Image, error) {
	m, _, err := stdimage.Decode(bytes.NewReader(b))
	return m, err
}

// corners is a picture of four colours.
func corners(w, h int) *stdimage.NRGBA {
	m := stdimage.NewNRGBA(stdimage.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{255, 0, 0, 255}
			switch {
			case x >= w/2 && y < h/2:
				c = color.NRGBA{0, 255, 0, 255}
			case x < w/2 && y >= h/2:
				c = color.NRGBA{0, 0, 255, 255}
			case x >= w/2:
				c = color.NRGBA{255, 255, 0, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// oriented stores a picture as a camera held another way would, with the EXIF
// that says so. The table is that of the EXIF standard: where row 0 and column 0
// of what is stored are when it is looked at.
func oriented(t testing.TB, upright *stdimage.NRGBA, orientation int) []byte {
	t.Helper()
	w, h := upright.Rect.Dx(), upright.Rect.Dy()
	sw, sh := w, h
	if orientation >= 5 {
		sw, sh = h, w
	}
	out := stdimage.NewNRGBA(stdimage.Rect(0, 0, sw, sh))
	for r := range sh {
		for c := range sw {
			var x, y int
			switch orientation {
			case 1: // top, left
				x, y = c, r
			case 2: // top, right
				x, y = w-1-c, r
			case 3: // bottom, right
				x, y = w-1-c, h-1-r
			case 4: // bottom, left
				x, y = c, h-1-r
			case 5: // left, top
				x, y = r, c
			case 6: // right, top
				x, y = w-1-r, c
			case 7: // right, bottom
				x, y = w-1-r, h-1-c
			case 8: // left, bottom
				x, y = r, h-1-c
			}
			out.SetNRGBA(c, r, upright.NRGBAAt(x, y))
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, out); err != nil {
		t.Fatal(err)
	}
	file := b.Bytes()
	return append(append(bytes.Clone(file[:33]), chunk("eXIf", tiff(orientation))...), file[33:]...)
}
