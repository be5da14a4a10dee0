package contrast

import (
	"math"
	"slices"

	"github.com/throughline-engine/throughline"
)

// Space is a colour space of the DTCG color module 2025.10, in the words of it.
type Space string

// The spaces. Components are in the order and the range of the module, which
// are those of CSS Color 4 without percent signs.
const (
	SRGB       Space = "srgb"         // red, green, blue: 0 to 1
	SRGBLinear Space = "srgb-linear"  // red, green, blue: 0 to 1
	HSL        Space = "hsl"          // hue in degrees, saturation and lightness 0 to 100
	HWB        Space = "hwb"          // hue in degrees, whiteness and blackness 0 to 100
	Lab        Space = "lab"          // CIE lightness 0 to 100, a, b; white point D50
	LCH        Space = "lch"          // CIE lightness 0 to 100, chroma, hue in degrees; D50
	OKLab      Space = "oklab"        // lightness 0 to 1, a, b
	OKLCH      Space = "oklch"        // lightness 0 to 1, chroma, hue in degrees
	DisplayP3  Space = "display-p3"   // red, green, blue: 0 to 1
	A98        Space = "a98-rgb"      // red, green, blue: 0 to 1
	ProPhoto   Space = "prophoto-rgb" // red, green, blue: 0 to 1
	Rec2020    Space = "rec2020"      // red, green, blue: 0 to 1
	XYZD65     Space = "xyz-d65"      // X, Y, Z
	XYZD50     Space = "xyz-d50"      // X, Y, Z
)

// Spaces returns every space.
func Spaces() []Space {
	return []Space{SRGB, SRGBLinear, HSL, HWB, Lab, LCH, OKLab, OKLCH, DisplayP3, A98, ProPhoto, Rec2020, XYZD65, XYZD50}
}

// vector is three components, and matrix three rows.
type (
	vector [3]float64
	matrix [3]vector
)

func (m matrix) times(v vector) vector {
	var out vector
	for i, row := range m {
		out[i] = row[0]*v[0] + row[1]*v[1] + row[2]*v[2]
	}
	return out
}

func (v vector) each(f func(float64) float64) vector { return vector{f(v[0]), f(v[1]), f(v[2])} }

// From returns a colour of another space in sRGB. A component that is NaN is
// the "none" of CSS and counts as 0. Conversions are those of CSS Color 4,
// section 17; what sRGB cannot show is brought into it as section 13 says, by
// less chroma at the same lightness and hue. It refuses other than three
// components, infinite ones, lightness and percentages outside 0 to 100 (0 to 1
// in oklab and oklch) and an alpha outside 0 to 1.
func From(space Space, components []float64, alpha float64) (Color, error) {
	if !slices.Contains(Spaces(), space) {
		return Color{}, throughline.Errorf(throughline.Invalid, "there is no colour space %q", shorten(string(space))).
			WithFix("use one of the colour spaces of the DTCG color module: %v", Spaces())
	}
	if len(components) != 3 {
		return Color{}, throughline.Errorf(throughline.Invalid, "a colour in %s has %d components and not 3", space, len(components)).
			WithFix("write three numbers, with \"none\" for one that has no meaning")
	}
	var v vector
	for i, c := range components {
		if math.IsNaN(c) {
			continue
		}
		if low, high := bounds(space, i); c < low || c > high {
			return Color{}, throughline.Errorf(throughline.Invalid, "component %d of a colour in %s is %g, and it goes from %g to %g", i+1, space, c, low, high).
				WithFix("correct the number, or the colour space")
		}
		v[i] = c
	}
	if math.IsNaN(alpha) {
		alpha = 0
	}
	if alpha < 0 || alpha > 1 {
		return Color{}, throughline.Errorf(throughline.Invalid, "the alpha of a colour is %g, and it goes from 0 to 1", alpha).WithFix("write 1 for opaque")
	}
	rgb := fit(space, v)
	return Color{rgb[0], rgb[1], rgb[2], alpha}, nil
}

// bounds returns the range of a component. Where the module leaves it open, and
// for the components of red, green and blue, whose spaces extend, it is what a
// colour could have at most.
func bounds(space Space, i int) (low, high float64) {
	const open = 1000
	switch space {
	case HSL, HWB:
		if i > 0 {
			return 0, 100
		}
		return -open, open
	case Lab, LCH:
		if i == 0 {
			return 0, 100
		}
	case OKLab, OKLCH:
		if i == 0 {
			return 0, 1
		}
		if i == 1 && space == OKLCH {
			return 0, 10
		}
		if space == OKLab {
			return -10, 10
		}
	default:
		return -10, 10
	}
	if space == LCH && i == 1 {
		return 0, open
	}
	return -open, open
}

// fit returns the components in gamma-encoded sRGB, each from 0 to 1.
func fit(space Space, v vector) vector {
	switch space { // never outside, and exact without the way over XYZ
	case HSL:
		return hslToRGB(v)
	case HWB:
		return hwbToRGB(v)
	}
	rgb := v
	if space != SRGB {
		rgb = xyzToSRGB(toXYZ(space, v))
	}
	if inside(rgb, 1e-4) {
		return rgb.each(clamp)
	}
	return reduce(toOKLCH(srgbToXYZ(rgb)))
}

func inside(rgb vector, slack float64) bool {
	for _, c := range rgb {
		if c < -slack || c > 1+slack {
			return false
		}
	}
	return true
}

// reduce lowers the chroma of an OKLCH colour until sRGB can show it, or until
// clipping it makes a difference that nobody sees: the binary search of CSS
// Color 4, 13.2.
func reduce(lch vector) vector {
	const seen, fine = 0.02, 0.0001
	if lch[0] >= 1 {
		return vector{1, 1, 1}
	}
	if lch[0] <= 0 {
		return vector{}
	}
	clipped := func(c float64) (in bool, rgb vector, off float64) {
		lab := polar(vector{lch[0], c, lch[2]})
		raw := xyzToSRGB(oklabToXYZ(lab))
		rgb = raw.each(clamp)
		near := xyzToOKLab(srgbToXYZ(rgb))
		return inside(raw, 1e-6), rgb, math.Sqrt(sq(near[0]-lab[0]) + sq(near[1]-lab[1]) + sq(near[2]-lab[2]))
	}
	_, rgb, off := clipped(lch[1])
	if off < seen {
		return rgb
	}
	low, high, lowInside := 0.0, lch[1], true
	for high-low > fine {
		middle := (low + high) / 2
		in, near, off := clipped(middle)
		if lowInside && in {
			low = middle
			continue
		}
		rgb = near
		switch {
		case off >= seen:
			high = middle
		case seen-off < fine:
			return rgb
		default:
			low, lowInside = middle, false
		}
	}
	return rgb
}

func sq(v float64) float64 { return v * v }

// polar turns lightness, chroma and hue into lightness, a and b.
func polar(v vector) vector {
	sin, cos := math.Sincos(v[2] * math.Pi / 180)
	return vector{v[0], v[1] * cos, v[1] * sin}
}

func toOKLCH(xyz vector) vector {
	lab := xyzToOKLab(xyz)
	return vector{lab[0], math.Hypot(lab[1], lab[2]), math.Atan2(lab[2], lab[1]) * 180 / math.Pi}
}

func hslToRGB(v vector) vector {
	h, s, l := math.Mod(math.Mod(v[0], 360)+360, 360), v[1]/100, v[2]/100
	at := func(n float64) float64 {
		k := math.Mod(n+h/30, 12)
		return l - s*min(l, 1-l)*max(-1, min(k-3, 9-k, 1))
	}
	return vector{at(0), at(8), at(4)}
}

func hwbToRGB(v vector) vector {
	w, b := v[1]/100, v[2]/100
	if w+b >= 1 {
		grey := w / (w + b)
		return vector{grey, grey, grey}
	}
	return hslToRGB(vector{v[0], 100, 50}).each(func(c float64) float64 { return c*(1-w-b) + w })
}
