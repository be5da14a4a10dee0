package image

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"math"

	"github.com/HugoSmits86/nativewebp"

	"github.com/throughline-engine/throughline"
)

// Fit is how a picture comes into a box.
type Fit string

// The fits.
const (
	Contain Fit = "contain" // all of it, as large as the box allows; the default
	Cover   Fit = "cover"   // the box is filled, and what is far from the focal point is cut away
)

// Spec is what a rendition should be.
type Spec struct {
	// Width and Height are the box in pixels; 0 does not bound.
	Width, Height int
	Fit           Fit
	// Format is JPEG, PNG or WebP; empty is JPEG, or PNG for what has
	// transparency. WebP is lossless here: good for drawings, large for photos.
	Format Format
	// Quality is JPEG's, from 1 to 100; 0 is 82.
	Quality int
	// Focal is the point that a crop keeps; nil is the middle.
	Focal *throughline.Focal
}

// Rendition is a picture made from another.
type Rendition struct {
	Spec          Spec
	Format        Format
	Width, Height int // a picture is never enlarged
	Bytes         []byte
}

// check refuses what cannot be made.
func (s Spec) check() error {
	place := fmt.Sprintf("rendition %dx%d %s", s.Width, s.Height, s.Format)
	switch {
	case s.Width < 0 || s.Height < 0 || s.Width > 16383 || s.Height > 16383:
		return throughline.Errorf(throughline.Invalid, "a side of the rendition is not from 0 to 16383 pixels").At(place).WithFix("ask for a smaller picture")
	case s.Fit != "" && s.Fit != Contain && s.Fit != Cover:
		return throughline.Errorf(throughline.Invalid, "the fit %q does not exist", s.Fit).At(place).WithFix("write contain or cover")
	case s.Fit == Cover && (s.Width == 0 || s.Height == 0):
		return throughline.Errorf(throughline.Invalid, "cover needs a width and a height").At(place).WithFix("give both, or ask for contain")
	case s.Quality < 0 || s.Quality > 100:
		return throughline.Errorf(throughline.Invalid, "the quality %d is not from 1 to 100", s.Quality).At(place).WithFix("write 82, say")
	case s.Focal != nil && !(s.Focal.X >= 0 && s.Focal.X <= 1 && s.Focal.Y >= 0 && s.Focal.Y <= 1):
		return throughline.Errorf(throughline.Invalid, "the focal point %v, %v does not lie in the picture", s.Focal.X, s.Focal.Y).At(place).WithFix("both numbers are from 0 to 1")
	}
	return nil
}

// writable refuses a format that has no encoder here.
func (s Spec) writable() error {
	switch s.Format {
	case "", JPEG, PNG, WebP:
		return s.check()
	}
	return throughline.Errorf(throughline.Invalid, "%s cannot be written here", s.Format).
		At(fmt.Sprintf("rendition %dx%d", s.Width, s.Height)).WithFix("ask for jpeg, png or webp, or install an encoder (vips, cwebp, avifenc)")
}

// place returns the part of the upright picture that is shown and its size.
func (s Spec) place(of Facts) (frame, int, int) {
	w, h := float64(of.Width), float64(of.Height)
	all := frame{0, 0, 1, 1}
	boxW, boxH := float64(s.Width), float64(s.Height)
	if s.Fit != Cover {
		scale := 1.0
		if s.Width > 0 {
			scale = min(scale, boxW/w)
		}
		if s.Height > 0 {
			scale = min(scale, boxH/h)
		}
		return all, max(1, int(math.Round(w*scale))), max(1, int(math.Round(h*scale)))
	}
	scale := min(1, max(boxW/w, boxH/h)) // of the source, until it covers the box
	if scale == 1 {                      // too small: the box is made smaller, in its shape
		shrink := min(1, w/boxW, h/boxH)
		boxW, boxH = boxW*shrink, boxH*shrink
	}
	partW, partH := min(1, boxW/(w*scale)), min(1, boxH/(h*scale))
	focal := throughline.Focal{X: .5, Y: .5}
	if s.Focal != nil {
		focal = *s.Focal
	}
	x := max(0, min(1-partW, focal.X-partW/2))
	y := max(0, min(1-partH, focal.Y-partH/2))
	return frame{x, y, x + partW, y + partH}, max(1, int(math.Round(boxW))), max(1, int(math.Round(boxH)))
}

// Sized returns the pixels of a rendition, upright and cropped, for an encoder
// that is not part of this package.
func (p *Picture) Sized(s Spec) (image.Image, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	f, w, h := s.place(p.Facts)
	return p.sized(f, w, h), nil
}

// Render makes one rendition, with the notice as XMP and the colour profile where
// there is one.
func (p *Picture) Render(s Spec, notice Notice) (Rendition, error) {
	if err := s.writable(); err != nil {
		return Rendition{}, err
	}
	img, err := p.Sized(s)
	if err != nil {
		return Rendition{}, err
	}
	out := Rendition{Spec: s, Format: s.Format, Width: img.Bounds().Dx(), Height: img.Bounds().Dy()}
	if out.Format == "" {
		out.Format = JPEG
		if p.alpha {
			out.Format = PNG
		}
	}
	xmp, err := notice.XMP()
	if err != nil {
		return Rendition{}, err
	}
	pixels, err := encode(img, out.Format, s.Quality)
	if err != nil {
		return Rendition{}, throughline.Errorf(throughline.Internal, "the rendition cannot be encoded: %w", err).WithFix("ask for another format")
	}
	out.Bytes, err = Carry(pixels, xmp, p.icc)
	return out, err
}

// encode writes pixels in a format.
func encode(img image.Image, format Format, quality int) ([]byte, error) {
	if quality == 0 {
		quality = 82
	}
	rgba, isRGBA := img.(*image.RGBA)
	var b bytes.Buffer
	switch format {
	case JPEG:
		if isRGBA && !rgba.Opaque() {
			img = white(rgba)
		}
		err := jpeg.Encode(&b, img, &jpeg.Options{Quality: quality})
		return b.Bytes(), err
	case PNG:
		err := png.Encode(&b, img)
		return b.Bytes(), err
	default:
		err := nativewebp.Encode(&b, img, nil)
		return b.Bytes(), err
	}
}

// Carry returns an encoded JPEG, PNG or WebP with XMP and a colour profile
// instead of whatever it carried; an empty one is left out.
func Carry(pixels, xmp, icc []byte) ([]byte, error) {
	l, err := scan(bytes.NewReader(pixels), int64(len(pixels)))
	if err != nil {
		return nil, err
	}
	if len(xmp) == 0 && len(icc) == 0 {
		return pixels, nil
	}
	var b bytes.Buffer
	b.Grow(len(pixels) + len(xmp) + len(icc) + 256)
	err = l.rewrite(&b, extras{orientation: l.Orientation, xmp: xmp, icc: icc})
	return b.Bytes(), err
}

// Render decodes a picture once and makes all renditions of it, in the order of
// the specs. The notice is written into each; a zero one stands for what the
// picture says of itself. It stops between two renditions when ctx ends.
func Render(ctx context.Context, r io.ReaderAt, size int64, notice Notice, specs []Spec) ([]Rendition, error) {
	for _, s := range specs {
		if err := s.writable(); err != nil {
			return nil, err
		}
	}
	p, err := Decode(r, size)
	if err != nil {
		return nil, err
	}
	if notice.zero() {
		notice = p.Facts.Notice
	}
	out := make([]Rendition, 0, len(specs))
	for _, s := range specs {
		if err := ctx.Err(); err != nil {
			return nil, throughline.Errorf(throughline.Unavailable, "the renditions were given up: %w", err).WithFix("ask for fewer at once, or wait longer")
		}
		rendition, err := p.Render(s, notice)
		if err != nil {
			return nil, err
		}
		out = append(out, rendition)
	}
	return out, nil
}
