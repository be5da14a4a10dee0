package contrast

// Inversion is how a mail client that darkens mails by itself goes about it.
type Inversion string

// The inversions. Which client does which changes with its releases; these are
// the two groups that mail designers tell apart.
const (
	// Partial turns light grounds dark and the dark texts on them light, and
	// leaves what is dark already: Outlook.com and the Outlook apps, Gmail on Android.
	Partial Inversion = "partial"
	// Full turns every colour, so that a design made for the dark becomes light:
	// Outlook on Windows, Gmail on iOS.
	Full Inversion = "full"
)

// Inversions returns every inversion.
func Inversions() []Inversion { return []Inversion{Partial, Full} }

// darkL is the lightness in CIE Lab of #333333, which white becomes.
const darkL = 21.247

// Invert returns what a text and its ground become in a client of that kind.
//
// The formula for one colour is the one that Microsoft publishes with the editor
// of Outlook's web client (microsoft/roosterjs, getDarkColor): in CIE Lab for
// D65, L' = (100 - L) * (100 - D) / 100 + D with D the lightness of #333333, a
// and b as they are. Which colours are turned follows the descriptions that mail
// designers agree on: the partial kind turns a ground with L of 50 or more and a
// text with less. Gmail publishes no formula; for it this is an approximation.
// Opacity stays.
func Invert(text, ground Color, how Inversion) (Color, Color) {
	if how == Full {
		return darken(text), darken(ground)
	}
	if how != Partial || ground.Over(RGB(255, 255, 255)).lightness() < 50 {
		return text, ground
	}
	if text.lightness() < 50 {
		text = darken(text)
	}
	return text, darken(ground)
}

func (c Color) lightness() float64 { return c.lab()[0] }

func (c Color) lab() vector { return xyzToLab(srgbToXYZ(vector{c.R, c.G, c.B}), d65()) }

// darken is the formula of Invert. What sRGB cannot show is clipped, as there.
func darken(c Color) Color {
	lab := c.lab()
	lab[0] = (100-lab[0])*(100-darkL)/100 + darkL
	rgb := xyzToSRGB(labToWhite(lab, d65())).each(clamp)
	return Color{rgb[0], rgb[1], rgb[2], c.A}
}
