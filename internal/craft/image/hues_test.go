package image_test

import (
	stdimage "image"
	"image/color"
	"testing"
)

// flat is a picture of one colour.
func flat(c color.Color) stdimage.Image {
	m := stdimage.NewRGBA(stdimage.Rect(0, 0, 320, 240))
	return filled(m, m.Rect, c)
}

func filled(m *stdimage.RGBA, r stdimage.Rectangle, c color.Color) *stdimage.RGBA {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			m.Set(x, y, c)
		}
	}
	return m
}

// mark is a mark of a colour on a ground.
func mark(on, ink color.Color) stdimage.Image {
	m := stdimage.NewRGBA(stdimage.Rect(0, 0, 320, 240))
	return filled(filled(m, m.Rect, on), stdimage.Rect(90, 60, 190, 150), ink)
}

// turned turns all hues of a picture by a half, and leaves its lightness.
func turned(src *stdimage.YCbCr) stdimage.Image {
	m := stdimage.NewYCbCr(src.Rect, src.SubsampleRatio)
	copy(m.Y, src.Y)
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = 255-src.Cb[i], 255-src.Cr[i]
	}
	return m
}

func TestColoursTellPicturesApart(t *testing.T) {
	red, blue, white := color.YCbCr{110, 100, 190}, color.YCbCr{110, 190, 90}, color.White
	for _, c := range []struct {
		sentence string
		a, b     stdimage.Image
		same     bool
	}{
		{"two flat pictures of one lightness and two hues are two", flat(red), flat(blue), false},
		{"so are a coloured and a grey one", flat(red), flat(color.Gray{110}), false},
		{"so are a light and a dark one of one hue", flat(color.Gray{60}), flat(color.Gray{200}), false},
		{"a flat picture is itself", flat(red), flat(red), true},
		{"and one nearly of its colour", flat(red), flat(color.YCbCr{113, 103, 186}), true},
		{"a mark in another colour of the same lightness is another mark", mark(white, red), mark(white, blue), false},
		{"on a ground of another colour too", mark(red, white), mark(blue, white), false},
		{"a mark is itself", mark(white, red), mark(white, red), true},
		{"a photo with every hue turned is another", drawn(320, 240, 3), turned(drawn(320, 240, 3)), false},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			alike, same := printOf(c.a).Same(printOf(c.b))
			if same != c.same {
				t.Errorf("same %v, alike %.2f", same, alike)
			}
			if _, other := printOf(c.b).Same(printOf(c.a)); other != same {
				t.Error("the other way round it is not")
			}
		})
	}
}
