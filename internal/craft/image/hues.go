package image

import (
	"image/color"
	"math"
)

// hues is of the small picture that colours are compared by.
const hues = 8

// Hue is what a colour is beside its lightness: the two differences of YCbCr, 0 for
// grey.
type Hue struct{ Cb, Cr int8 }

// hues returns the upright picture's colours, on white.
func (p *Picture) hues() (out [hues * hues]Hue) {
	m := p.sized(frame{0, 0, 1, 1}, hues, hues)
	for i := range out {
		r, g, b, a := m.At(i%hues, i/hues).RGBA()
		white := 0xffff - a
		_, cb, cr := color.RGBToYCbCr(uint8((r+white)>>8), uint8((g+white)>>8), uint8((b+white)>>8))
		out[i] = Hue{int8(int(cb) - 128), int8(int(cr) - 128)}
	}
	return out
}

// The limits that coloured goes by, chosen on drawn pictures: see TestLikeness.
const (
	sameHue  = .7  // of the colour there is, that may be another at most
	greyHue  = 4.0 // the length of a hue that nobody tells from grey
	oneHue   = .9  // of the length of all hues, that they have together in a picture in one colour
	flatLuma = 20  // of the mean lightness of pictures without structure
	someEdge = .15 // of a picture, at least, has structure, or it has none
)

// coloured reports whether the colours of two pictures of one structure let them be
// the same.
func (p *Print) coloured(other *Print) bool {
	edges := structured(&p.Luma, &other.Luma)
	if edges < someEdge && math.Abs(mean(&p.Luma)-mean(&other.Luma)) > flatLuma {
		return false
	}
	if edges >= someEdge && p.shades() != other.shades() {
		return true // a copy in grey or sepia
	}
	differ, all := 0.0, 0.0
	for i, a := range p.Hues {
		b := other.Hues[i]
		differ += math.Hypot(float64(a.Cb)-float64(b.Cb), float64(a.Cr)-float64(b.Cr))
		all += max(a.length(), b.length(), greyHue)
	}
	return differ <= sameHue*all
}

func (h Hue) length() float64 { return math.Hypot(float64(h.Cb), float64(h.Cr)) }

// shades reports whether a picture is all of one hue, paler here and deeper there,
// or grey: whether its hues, added up, are about as long as they are apart.
func (p *Print) shades() bool {
	var cb, cr, all float64
	for _, h := range p.Hues {
		cb, cr, all = cb+float64(h.Cb), cr+float64(h.Cr), all+h.length()
	}
	return all < greyHue*float64(len(p.Hues)) || math.Hypot(cb, cr) >= oneHue*all
}

// structured returns the share of windows in which either picture shows more than
// noise: where neither does, their structure says nothing of them.
func structured(a, b *[side * side]uint8) float64 {
	const (
		window = 8
		noise  = 6 * 6
	)
	some := 0
	for y := 0; y < side; y += window {
		for x := 0; x < side; x += window {
			if max(variance(a, x, y, window), variance(b, x, y, window)) > noise {
				some++
			}
		}
	}
	return float64(some) / (side / window * side / window)
}

func variance(m *[side * side]uint8, x, y, window int) float64 {
	var sum, squares int
	for i := y; i < y+window; i++ {
		for _, v := range m[i*side+x:][:window] {
			sum, squares = sum+int(v), squares+int(v)*int(v)
		}
	}
	n := float64(window * window)
	return float64(squares)/n - float64(sum)/n*float64(sum)/n
}

func mean(m *[side * side]uint8) float64 {
	sum := 0
	for _, v := range m {
		sum += int(v)
	}
	return float64(sum) / float64(len(m))
}
