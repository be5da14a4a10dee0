package image

import (
	"bufio"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/webp"

	"github.com/throughline-engine/throughline"
)

// Picture is a decoded picture. It is not safe for use by several goroutines: one
// rendition leaves its memory to the next.
type Picture struct {
	Facts  Facts
	icc    []byte
	levels [][]plane // levels[0] as it was stored, each next one half of it
	alpha  bool
	scratch
}

// Decode reads the pixels of a picture whose Facts can be afforded; of an
// animation the first frame. It takes up to MaxMemory.
func Decode(r io.ReaderAt, size int64) (*Picture, error) {
	l, err := scan(r, size)
	if err != nil {
		return nil, err
	}
	if err := l.Decodable(); err != nil {
		return nil, err
	}
	in := bufio.NewReaderSize(io.NewSectionReader(r, 0, size), 1<<16)
	var img image.Image
	switch l.Format {
	case JPEG:
		img, err = jpeg.Decode(in)
	case PNG:
		img, err = png.Decode(in)
	case GIF:
		img, err = firstFrame(in, l.stored)
	default:
		img, err = webp.Decode(in)
	}
	if err != nil {
		return nil, throughline.Errorf(throughline.Invalid, "the %s cannot be decoded: %w", l.Format, err).
			At(string(l.Format)).WithFix("the file is damaged or cut off; export or send it again")
	}
	if b := img.Bounds(); b.Dx() != l.stored[0] || b.Dy() != l.stored[1] {
		return nil, broken(0, "the %s says it is %d x %d pixels and holds %d x %d", l.Format, l.stored[0], l.stored[1], b.Dx(), b.Dy())
	}
	p := FromImage(img)
	p.Facts, p.icc = l.Facts, l.icc
	if l.Model == CMYK {
		p.icc = nil // the pixels are RGB now
	}
	return p, nil
}

// firstFrame puts the first frame of a GIF on its canvas.
func firstFrame(in io.Reader, canvas [2]int) (image.Image, error) {
	img, err := gif.Decode(in)
	if err != nil {
		return nil, err
	}
	whole := image.Rect(0, 0, canvas[0], canvas[1])
	if img.Bounds() == whole {
		return img, nil
	}
	out := image.NewRGBA(whole)
	draw.Draw(out, img.Bounds(), img, img.Bounds().Min, draw.Src)
	return out, nil
}

// FromImage takes a decoded picture over; an RGBA, NRGBA, Gray or YCbCr is not
// copied and must not be changed after.
func FromImage(img image.Image) *Picture {
	b := img.Bounds()
	p := &Picture{Facts: Facts{Width: b.Dx(), Height: b.Dy(), Orientation: 1, Depth: 8}}
	switch m := img.(type) {
	case *image.YCbCr:
		p.levels = [][]plane{yuvPlanes(m)}
		p.Facts.Model = YCbCr
		return p
	case *image.Gray:
		p.levels = [][]plane{{{m.Pix[m.PixOffset(b.Min.X, b.Min.Y):], b.Dx(), b.Dy(), m.Stride, 1, float64(b.Dx()), float64(b.Dy())}}}
		p.Facts.Model = Gray
		return p
	}
	rgba := toRGBA(img)
	p.alpha = !rgba.Opaque()
	p.Facts.Model, p.Facts.Alpha = RGB, p.alpha
	p.levels = [][]plane{{{rgba.Pix, b.Dx(), b.Dy(), rgba.Stride, 4, float64(b.Dx()), float64(b.Dy())}}}
	return p
}

// yuvPlanes returns the planes of a YCbCr picture. Chroma covers half of an odd
// width, although its last sample stands for a whole pair.
func yuvPlanes(m *image.YCbCr) []plane {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	dx, dy := 1, 1
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		dx = 2
	case image.YCbCrSubsampleRatio420:
		dx, dy = 2, 2
	case image.YCbCrSubsampleRatio440:
		dy = 2
	case image.YCbCrSubsampleRatio411:
		dx = 4
	case image.YCbCrSubsampleRatio410:
		dx, dy = 4, 2
	}
	cw, ch := (w+dx-1)/dx, (h+dy-1)/dy
	ew, eh := float64(w)/float64(dx), float64(h)/float64(dy)
	c := m.COffset(b.Min.X, b.Min.Y)
	return []plane{
		{m.Y[m.YOffset(b.Min.X, b.Min.Y):], w, h, m.YStride, 1, float64(w), float64(h)},
		{m.Cb[c:], cw, ch, m.CStride, 1, ew, eh},
		{m.Cr[c:], cw, ch, m.CStride, 1, ew, eh},
	}
}

// toRGBA returns a picture with premultiplied alpha, whose bounds begin at zero.
func toRGBA(img image.Image) *image.RGBA {
	b := img.Bounds()
	switch m := img.(type) {
	case *image.RGBA:
		return &image.RGBA{Pix: m.Pix[m.PixOffset(b.Min.X, b.Min.Y):], Stride: m.Stride, Rect: image.Rect(0, 0, b.Dx(), b.Dy())}
	case *image.NRGBA:
		for y := range b.Dy() {
			premultiply(m.Pix[m.PixOffset(b.Min.X, b.Min.Y+y):][:4*b.Dx()])
		}
		return &image.RGBA{Pix: m.Pix[m.PixOffset(b.Min.X, b.Min.Y):], Stride: m.Stride, Rect: image.Rect(0, 0, b.Dx(), b.Dy())}
	}
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	draw.Draw(out, out.Rect, img, b.Min, draw.Src)
	return out
}

// premultiply multiplies colours by their alpha in place.
func premultiply(row []uint8) {
	for i := 0; i+4 <= len(row); i += 4 {
		if a := uint32(row[i+3]); a != 255 {
			for c := range 3 {
				row[i+c] = uint8((uint32(row[i+c])*a + 127) / 255)
			}
		}
	}
}

// level returns the planes whose size is nearest above what a rendition needs:
// halves of them are means of four, which costs less than a wide kernel.
func (p *Picture) level(ratio float64) []plane {
	want := 0
	for r := ratio; r >= 3; r /= 2 {
		want++
	}
	for len(p.levels) <= want {
		last := p.levels[len(p.levels)-1]
		next := make([]plane, len(last))
		for i, pl := range last {
			next[i] = pl.half()
		}
		p.levels = append(p.levels, next)
	}
	return p.levels[want]
}

// sized returns the part of the upright picture in a frame as w x h pixels:
// *image.YCbCr of 4:2:0, *image.Gray or *image.RGBA.
func (p *Picture) sized(f frame, w, h int) image.Image {
	turned := p.Facts.Orientation
	base := p.levels[0][0]
	f = f.turn(turned)
	sw, sh := w, h
	if turned >= 5 {
		sw, sh = h, w
	}
	from := p.level(min((f.x1-f.x0)*base.ew/float64(sw), (f.y1-f.y0)*base.eh/float64(sh)))
	if len(from) == 1 {
		one := p.resample(from[0], f, sw, sh, float64(sw), float64(sh)).turn(turned)
		if one.step == 1 {
			return &image.Gray{Pix: one.pix, Stride: one.stride, Rect: image.Rect(0, 0, w, h)}
		}
		return &image.RGBA{Pix: one.pix, Stride: one.stride, Rect: image.Rect(0, 0, w, h)}
	}
	y := p.resample(from[0], f, sw, sh, float64(sw), float64(sh)).turn(turned)
	var chroma [2]plane
	for i := range chroma {
		// A mirrored odd line of chroma would be half a sample off: the extents of
		// what is turned are those of whole samples.
		cw, ch := (sw+1)/2, (sh+1)/2
		ew, eh := float64(sw)/2, float64(sh)/2
		if turned > 1 {
			ew, eh = math.Max(ew, float64(cw)), math.Max(eh, float64(ch))
		}
		chroma[i] = p.resample(from[1+i], f, cw, ch, ew, eh).turn(turned)
	}
	return &image.YCbCr{
		Y: y.pix, Cb: chroma[0].pix, Cr: chroma[1].pix, YStride: y.stride, CStride: chroma[0].stride,
		SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, w, h),
	}
}

// Image returns the upright picture, scaled down to fit into w x h pixels; 0 does
// not bound.
func (p *Picture) Image(w, h int) image.Image {
	f, w, h := Spec{Width: w, Height: h}.place(p.Facts)
	return p.sized(f, w, h)
}

// Profile returns the ICC profile of the pixels; nil when they are taken as sRGB.
func (p *Picture) Profile() []byte { return p.icc }

// white lays a picture with transparency on white.
func white(img *image.RGBA) *image.RGBA {
	out := image.NewRGBA(img.Rect)
	draw.Draw(out, out.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, img, image.Point{}, draw.Over)
	return out
}
