package token

import (
	"math"
	"strings"

	"github.com/throughline-engine/throughline/internal/craft/contrast"
)

// Value is the value of a token: one of the types below, by the token's type.
type Value interface {
	// CSS returns the value as a style writes it.
	CSS() string
	// Type returns the type of the module it belongs to; "" for Text.
	Type() Type
	// node returns the value as the module writes it.
	node() *node
}

// Color is a colour in the space it was written in.
type Color struct {
	Space contrast.Space
	// Components are three, in the ranges of the DTCG color module; NaN is none.
	Components [3]float64
	// Alpha goes from 0 to 1.
	Alpha float64
	// Hex is the #rrggbb that the file gives for tools without the space; "" when
	// it gives none. It does not count here, since components are converted.
	Hex string
	// SRGB is the colour in sRGB.
	SRGB contrast.Color
}

// Type returns ColorType.
func (Color) Type() Type { return ColorType }

// CSS returns #rrggbb, or rgba() for a colour that lets something through.
func (c Color) CSS() string { return c.SRGB.CSS() }

// Dimension is a length.
type Dimension struct {
	Value float64
	Unit  string // px or rem; em and % from files older than the module
}

// Type returns DimensionType.
func (Dimension) Type() Type { return DimensionType }

// CSS returns "16px"; nothing has no unit.
func (d Dimension) CSS() string {
	if d.Value == 0 {
		return "0"
	}
	return numberText(d.Value) + d.Unit
}

// FontFamily is fonts, the best first.
type FontFamily []string

// Type returns FontFamilyType.
func (FontFamily) Type() Type { return FontFamilyType }

// CSS returns the fonts with quotes around those whose name needs them. One
// that holds a comma is a list somebody wrote as one text, and stays as it is.
func (f FontFamily) CSS() string {
	quoted := make([]string, len(f))
	for i, name := range f {
		quoted[i] = name
		if !strings.ContainsAny(name, `,"'`) && !plainFont(name) {
			quoted[i] = "'" + name + "'"
		}
	}
	return strings.Join(quoted, ", ")
}

// plainFont reports whether CSS reads a name without quotes: words of letters,
// digits and hyphens, none of which begins with a digit.
func plainFont(name string) bool {
	for word := range strings.SplitSeq(name, " ") {
		if word == "" || strings.Trim(word, "-") == "" {
			return false
		}
		for i, r := range word {
			letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 127 || r == '_'
			if !letter && (r != '-' && (r < '0' || r > '9') || i == 0 && r != '-') {
				return false
			}
		}
	}
	return true
}

// FontWeight is from 1 to 1000; 400 is normal and 700 bold.
type FontWeight float64

// Type returns FontWeightType.
func (FontWeight) Type() Type { return FontWeightType }

// CSS returns the number.
func (w FontWeight) CSS() string { return numberText(float64(w)) }

// Duration is a time.
type Duration struct {
	Value float64
	Unit  string // ms or s
}

// Type returns DurationType.
func (Duration) Type() Type { return DurationType }

// CSS returns "200ms"; a time of nothing has its unit too, as CSS wants.
func (d Duration) CSS() string { return numberText(d.Value) + d.Unit }

// CubicBezier is an easing: x1, y1, x2, y2, with each x from 0 to 1.
type CubicBezier [4]float64

// Type returns CubicBezierType.
func (CubicBezier) Type() Type { return CubicBezierType }

// CSS returns "cubic-bezier(0.3, 0, 0.2, 1)".
func (c CubicBezier) CSS() string {
	return "cubic-bezier(" + numberText(c[0]) + ", " + numberText(c[1]) + ", " + numberText(c[2]) + ", " + numberText(c[3]) + ")"
}

// Number is a number without a unit.
type Number float64

// Type returns NumberType.
func (Number) Type() Type { return NumberType }

// CSS returns the number.
func (n Number) CSS() string { return numberText(float64(n)) }

// StrokeStyle is how a line is drawn: a word of CSS, or dashes of its own.
type StrokeStyle struct {
	Keyword string // solid, dashed, dotted, double, groove, ridge, outset or inset; "" with Dash
	Dash    []Dimension
	Cap     string // round, butt or square, with Dash
}

// Type returns StrokeStyleType.
func (StrokeStyle) Type() Type { return StrokeStyleType }

// CSS returns the word; dashes of its own, which CSS borders have not, are "dashed".
func (s StrokeStyle) CSS() string {
	if s.Keyword == "" {
		return "dashed"
	}
	return s.Keyword
}

// Border is a line around something.
type Border struct {
	Color Color
	Width Dimension
	Style StrokeStyle
}

// Type returns BorderType.
func (Border) Type() Type { return BorderType }

// CSS returns "1px solid #d1d9e0".
func (b Border) CSS() string { return b.Width.CSS() + " " + b.Style.CSS() + " " + b.Color.CSS() }

// Transition is how something changes over time.
type Transition struct {
	Duration, Delay Duration
	Timing          CubicBezier
}

// Type returns TransitionType.
func (Transition) Type() Type { return TransitionType }

// CSS returns duration, easing and, when there is one, delay.
func (t Transition) CSS() string {
	s := t.Duration.CSS() + " " + t.Timing.CSS()
	if t.Delay.Value != 0 {
		s += " " + t.Delay.CSS()
	}
	return s
}

// Shadow is the layers of a shadow, the topmost first.
type Shadow []Layer

// Layer is one shadow.
type Layer struct {
	Color                          Color
	OffsetX, OffsetY, Blur, Spread Dimension
	Inset                          bool
}

// Type returns ShadowType.
func (Shadow) Type() Type { return ShadowType }

// CSS returns the layers as box-shadow writes them.
func (s Shadow) CSS() string {
	layers := make([]string, len(s))
	for i, l := range s {
		layers[i] = strings.Join([]string{l.OffsetX.CSS(), l.OffsetY.CSS(), l.Blur.CSS(), l.Spread.CSS(), l.Color.CSS()}, " ")
		if l.Inset {
			layers[i] = "inset " + layers[i]
		}
	}
	return strings.Join(layers, ", ")
}

// Gradient is the stops of a gradient.
type Gradient []Stop

// Stop is a colour at a position from 0 to 1.
type Stop struct {
	Color    Color
	Position float64
}

// Type returns GradientType.
func (Gradient) Type() Type { return GradientType }

// CSS returns a linear gradient; the module gives it no direction, so it has
// that of CSS, downwards.
func (g Gradient) CSS() string {
	stops := make([]string, len(g))
	for i, s := range g {
		stops[i] = s.Color.CSS() + " " + numberText(math.Round(s.Position*1e6)/1e4) + "%"
	}
	return "linear-gradient(" + strings.Join(stops, ", ") + ")"
}

// Typography is how a text is set. A part that the file leaves out is its zero
// value; LineHeight is nil then, since 0 is a line height.
type Typography struct {
	Family        FontFamily
	Size          Dimension
	Weight        FontWeight
	LetterSpacing Dimension
	LineHeight    Value // a Number or a Dimension
}

// Type returns TypographyType.
func (Typography) Type() Type { return TypographyType }

// CSS returns what the property font takes; the letter spacing has no place in it.
func (t Typography) CSS() string {
	s := t.Size.CSS()
	if t.LineHeight != nil {
		s += "/" + t.LineHeight.CSS()
	}
	if t.Weight != 0 {
		s = t.Weight.CSS() + " " + s
	}
	return s + " " + t.Family.CSS()
}

// Text is the value of a type that is a tool's own.
type Text string

// Type returns "": the type is in the token.
func (Text) Type() Type { return "" }

// CSS returns the text.
func (t Text) CSS() string { return string(t) }

func (c Color) node() *node {
	parts := &node{kind: list}
	for _, v := range c.Components {
		n := &node{kind: number, number: v}
		if math.IsNaN(v) {
			n = textNode("none")
		}
		parts.items = append(parts.items, n)
	}
	n := objectNode("colorSpace components", textNode(string(c.Space)), parts)
	if c.Alpha != 1 {
		n.add("alpha", numberNode(c.Alpha))
	}
	if c.Hex != "" {
		n.add("hex", textNode(c.Hex))
	}
	return n
}

func (d Dimension) node() *node {
	return objectNode("value unit", numberNode(d.Value), textNode(d.Unit))
}

func (d Duration) node() *node {
	return objectNode("value unit", numberNode(d.Value), textNode(d.Unit))
}

func (f FontFamily) node() *node {
	if len(f) == 1 {
		return textNode(f[0])
	}
	n := &node{kind: list}
	for _, name := range f {
		n.items = append(n.items, textNode(name))
	}
	return n
}

func (w FontWeight) node() *node { return numberNode(float64(w)) }

func (c CubicBezier) node() *node {
	return &node{kind: list, items: []*node{numberNode(c[0]), numberNode(c[1]), numberNode(c[2]), numberNode(c[3])}}
}

func (n Number) node() *node { return numberNode(float64(n)) }

func (s StrokeStyle) node() *node {
	if s.Keyword != "" {
		return textNode(s.Keyword)
	}
	dashes := &node{kind: list}
	for _, d := range s.Dash {
		dashes.items = append(dashes.items, d.node())
	}
	return objectNode("dashArray lineCap", dashes, textNode(s.Cap))
}

func (b Border) node() *node {
	return objectNode("color width style", b.Color.node(), b.Width.node(), b.Style.node())
}

func (t Transition) node() *node {
	return objectNode("duration delay timingFunction", t.Duration.node(), t.Delay.node(), t.Timing.node())
}

func (s Shadow) node() *node {
	layers := &node{kind: list}
	for _, l := range s {
		n := objectNode("color offsetX offsetY blur spread", l.Color.node(), l.OffsetX.node(), l.OffsetY.node(), l.Blur.node(), l.Spread.node())
		if l.Inset {
			n.add("inset", &node{kind: truth, yes: true})
		}
		layers.items = append(layers.items, n)
	}
	if len(layers.items) == 1 {
		return layers.items[0]
	}
	return layers
}

func (g Gradient) node() *node {
	stops := &node{kind: list}
	for _, s := range g {
		stops.items = append(stops.items, objectNode("color position", s.Color.node(), numberNode(s.Position)))
	}
	return stops
}

func (t Typography) node() *node {
	n := objectNode("fontFamily fontSize", t.Family.node(), t.Size.node())
	if t.Weight != 0 {
		n.add("fontWeight", t.Weight.node())
	}
	if t.LetterSpacing.Unit != "" {
		n.add("letterSpacing", t.LetterSpacing.node())
	}
	if t.LineHeight != nil {
		n.add("lineHeight", t.LineHeight.node())
	}
	return n
}

func (t Text) node() *node { return textNode(string(t)) }

func textNode(s string) *node { return &node{kind: words, text: s} }

func numberNode(v float64) *node { return &node{kind: number, number: v} }

// objectNode returns an object of the names, which blanks part, and their values.
func objectNode(names string, values ...*node) *node {
	n := &node{kind: object}
	for i, name := range strings.Fields(names) {
		n.add(name, values[i])
	}
	return n
}

func (n *node) add(name string, value *node) {
	n.members = append(n.members, member{name: name, value: value})
}
