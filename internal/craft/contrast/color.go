// Package contrast knows colours and how well one is read on another: the
// colour spaces of design tokens and of CSS brought to sRGB, relative luminance
// and contrast ratio as WCAG 2.2 defines them, what a mail client that darkens
// mails by itself makes of two colours, and the worst contrast of a text over a
// picture. It decides nothing; a guardrail compares its numbers with a limit.
package contrast

import (
	"fmt"
	"math"
	"strconv"

	"github.com/throughline-engine/throughline"
)

// Color is a colour in sRGB with its opacity: all four from 0 to 1, red, green
// and blue as they are written (gamma-encoded), not premultiplied.
type Color struct{ R, G, B, A float64 }

// RGB returns an opaque colour of three bytes.
func RGB(r, g, b uint8) Color {
	return Color{float64(r) / 255, float64(g) / 255, float64(b) / 255, 1}
}

// Hex returns the colour as #rrggbb, or as #rrggbbaa when it is not opaque.
func (c Color) Hex() string {
	s := fmt.Sprintf("#%02x%02x%02x", byteOf(c.R), byteOf(c.G), byteOf(c.B))
	if a := byteOf(c.A); a < 255 {
		s += fmt.Sprintf("%02x", a)
	}
	return s
}

// CSS returns the colour as every mail client reads it: #rrggbb, or rgba() when
// it is not opaque, since hexadecimal opacity is younger than many clients.
func (c Color) CSS() string {
	if byteOf(c.A) == 255 {
		return c.Hex()
	}
	a := strconv.FormatFloat(math.Round(clamp(c.A)*1000)/1000, 'f', -1, 64)
	return fmt.Sprintf("rgba(%d, %d, %d, %s)", byteOf(c.R), byteOf(c.G), byteOf(c.B), a)
}

// Over returns what is seen when the colour lies on another: source-over in
// gamma-encoded sRGB, as browsers composite (W3C Compositing and Blending 1, 5.1).
func (c Color) Over(back Color) Color {
	a := c.A + back.A*(1-c.A)
	if a == 0 {
		return Color{}
	}
	mix := func(front, behind float64) float64 { return (front*c.A + behind*back.A*(1-c.A)) / a }
	return Color{mix(c.R, back.R), mix(c.G, back.G), mix(c.B, back.B), a}
}

// WithAlpha returns the colour with another opacity, kept between 0 and 1.
func (c Color) WithAlpha(a float64) Color {
	c.A = clamp(a)
	return c
}

// Luminance returns the relative luminance of WCAG 2.2, from 0 for black to 1
// for white. Opacity does not count: composite the colour first.
func (c Color) Luminance() float64 {
	return 0.2126*decodeSRGB(c.R) + 0.7152*decodeSRGB(c.G) + 0.0722*decodeSRGB(c.B)
}

// Ratio returns the contrast ratio of WCAG 2.2 between a text and what it
// stands on, from 1 to 21. What lets something through is composited: the text
// over its ground, the ground over white, which is what an empty page is. A
// ratio is not rounded: 4.499 does not reach 4.5.
func Ratio(text, ground Color) float64 {
	ground = ground.Over(RGB(255, 255, 255))
	a, b := text.Over(ground).Luminance(), ground.Luminance()
	if a < b {
		a, b = b, a
	}
	return (a + 0.05) / (b + 0.05)
}

// Use is what a colour is used for, which settles the contrast it needs.
type Use string

// The uses, with the ratio that WCAG 2.2 level AA asks for.
const (
	Text  Use = "text"  // 4.5 (success criterion 1.4.3)
	Large Use = "large" // 3 (1.4.3): from 24 CSS pixels, or from 18.66 in bold
	UI    Use = "ui"    // 3 (1.4.11): borders, icons and what shows a state
)

// Needs returns the least contrast ratio of the use; an unknown use needs as
// much as text.
func (u Use) Needs() float64 {
	if u == Large || u == UI {
		return 3
	}
	return 4.5
}

// UseOf returns whether text of a size in CSS pixels is large for WCAG, which
// says 18 point and 14 point bold.
func UseOf(pixels float64, bold bool) Use {
	if pixels >= 24 || bold && pixels >= 14.0*4/3 {
		return Large
	}
	return Text
}

func byteOf(v float64) int { return int(math.Round(clamp(v) * 255)) }

func clamp(v float64) float64 { return max(0, min(1, v)) }

func invalid(s, why string) error {
	return throughline.Errorf(throughline.Invalid, "%q is not a colour: %s", shorten(s), why).
		WithFix("write it as #rrggbb, as a CSS name, or as a function of CSS such as rgb(), hsl(), oklch() or color(display-p3 ...)")
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
