package token

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/contrast"
)

// parser turns the value of one token into what it means, going to other tokens
// where it refers to them. Its methods tell a problem and return false.
type parser struct {
	*resolver
	entry  *entry
	failed bool
	hops   int // JSON pointers into values followed in a row
}

func (p *parser) wrong(n *node, format string, args ...any) *throughline.Error {
	p.failed = true
	return p.problem(p.entry.file, n.offset, format, args...)
}

// is tells that a value is not of its type.
func (p *parser) is(n *node, t Type, shape string) {
	p.wrong(n, "a value of the token %s is %s, and a %s is wanted there", p.entry.path, n.says(), t).WithFix("write %s", shape)
}

// says describes a value in a message.
func (n *node) says() string {
	switch n.kind {
	case words:
		return strconv.Quote(shorten(n.text))
	case number:
		return numberText(n.number)
	}
	return n.kind.String()
}

// reference returns the path that a whole value refers to, and what is left of a
// JSON pointer that goes on into that token's value.
func (p *parser) reference(n *node) (path string, into []string, ok bool) {
	if n.kind == words {
		path, ok = aliasOf(n.text)
		return path, nil, ok
	}
	ref := n.get("$ref")
	if ref == nil || ref.kind != words {
		return "", nil, false
	}
	segments := pointer(ref.text)
	for i := len(segments); i > 0; i-- {
		if path = strings.Join(segments[:i], "."); p.entries[path] != nil {
			into = segments[i:]
			if len(into) > 0 && into[0] == "$value" {
				into = into[1:]
			}
			return path, into, true
		}
	}
	return strings.TrimSuffix(strings.Join(segments, "."), ".$value"), nil, true
}

// target returns the token that a whole value refers to, or nil: when it refers
// to none, or to one with a problem, and then the parser has failed.
func (p *parser) target(n *node) *Token {
	path, into, ok := p.reference(n)
	if !ok || len(into) > 0 {
		return nil
	}
	t := p.follow(p.entry, n.offset, path)
	p.failed = p.failed || t == nil
	return t
}

// inner returns the node that a JSON pointer into another token's value means,
// or n itself when it holds none.
func (p *parser) inner(n *node) (*node, bool) {
	path, into, ok := p.reference(n)
	if !ok || len(into) == 0 {
		return n, true
	}
	if p.hops++; p.hops > maxChain {
		p.wrong(n, "the token %s refers to itself by JSON pointers", p.entry.path).WithFix("give it a value of its own")
		return nil, false
	}
	e := p.entries[path]
	value, alpha := e.value, e.alpha
	p.override(e, &value, &alpha)
	for hops := 0; ; hops++ { // the value may be another token's
		path, rest, refers := p.reference(value)
		if !refers {
			break
		}
		if e = p.entries[path]; e == nil || hops > maxChain {
			p.wrong(n, "the token %s points into a value that leads nowhere", p.entry.path).WithFix("correct the pointer")
			return nil, false
		}
		value, into = e.value, append(slices.Clone(rest), into...)
		p.override(e, &value, &alpha)
	}
	for _, s := range into {
		next := value.get(s)
		if i, err := strconv.Atoi(s); err == nil && value.kind == list && i >= 0 && i < len(value.items) {
			next = value.items[i]
		}
		if next == nil {
			p.wrong(n, "the token %s points to %s in %s, which is not there", p.entry.path, s, path).WithFix("correct the pointer")
			return nil, false
		}
		value = next
	}
	return p.inner(&node{kind: value.kind, yes: value.yes, number: value.number, text: value.text, items: value.items, members: value.members, offset: n.offset})
}

// value returns the value of a type.
func (p *parser) value(n *node, t Type) (Value, bool) {
	n, ok := p.inner(n)
	if !ok {
		return nil, false
	}
	if path, _, refers := p.reference(n); refers {
		return p.referred(n, path, t)
	}
	switch t {
	case ColorType:
		return kept(p.color(n))
	case DimensionType:
		return kept(p.dimension(n))
	case FontFamilyType:
		return kept(p.family(n))
	case FontWeightType:
		return kept(p.weight(n))
	case DurationType:
		return kept(p.duration(n))
	case CubicBezierType:
		return kept(p.bezier(n))
	case NumberType:
		v, ok := p.number(n, t)
		return Number(v), ok
	case StrokeStyleType:
		return kept(p.stroke(n))
	case BorderType:
		return kept(p.border(n))
	case TransitionType:
		return kept(p.transition(n))
	case ShadowType:
		return kept(p.shadow(n))
	case GradientType:
		return kept(p.gradient(n))
	case TypographyType:
		return kept(p.typography(n))
	}
	return kept(p.own(n, t))
}

// kept gives a value up to the interface.
func kept[V Value](v V, ok bool) (Value, bool) { return v, ok }

// referred returns the value of the token that is referred to.
func (p *parser) referred(n *node, path string, t Type) (Value, bool) {
	target := p.follow(p.entry, n.offset, path)
	if target == nil {
		p.failed = true
		return nil, false
	}
	if target.Type != t && !slices.Contains(Types(), t) {
		return Text(target.Value.CSS()), true
	}
	if target.Type != t {
		p.wrong(n, "the token %s refers to %s, which is a %s, where a %s belongs", p.entry.path, path, target.Type, t).WithFix("refer to a %s", t)
		return nil, false
	}
	return target.Value, true
}

// part returns the member of a composite value as a type; ok is true and the
// value zero when it is absent and may be.
func part[V Value](p *parser, n *node, name string, t Type, optional bool) (v V, ok bool) {
	m := n.get(name)
	if m == nil {
		if !optional {
			p.wrong(n, "the token %s has no %s", p.entry.path, name).WithFix("add %q, a %s", name, t)
		}
		return v, optional
	}
	got, ok := p.value(m, t)
	if !ok {
		return v, false
	}
	v, ok = got.(V)
	return v, ok
}

// object tells when a value is no object, or has a member that is none of these.
func (p *parser) object(n *node, t Type, shape string, members ...string) bool {
	if n.kind != object {
		p.is(n, t, shape)
		return false
	}
	for _, m := range n.members {
		if !slices.Contains(members, m.name) {
			p.problem(p.entry.file, m.at, "a %s has no %q, as %s says", t, m.name, p.entry.path).WithFix("use %s", strings.Join(members, ", "))
			p.failed = true
			return false
		}
	}
	return true
}

func (p *parser) withAlpha(v Value, n *node) (Value, bool) {
	c, ok := v.(Color)
	if !ok {
		p.wrong(n, "the token %s has an alpha, and is no colour", p.entry.path).WithFix("remove it")
		return nil, false
	}
	a, ok := p.alpha(n)
	if !ok {
		return nil, false
	}
	if a == 1 { // says nothing of its own, as in the files that brought it up
		return c, true
	}
	return c.withAlpha(a), true
}

func (c Color) withAlpha(a float64) Color {
	c.Alpha, c.SRGB = a, c.SRGB.WithAlpha(a)
	return c
}

func (p *parser) alpha(n *node) (float64, bool) {
	a, ok := p.number(n, NumberType)
	if ok && (a < 0 || a > 1) {
		p.wrong(n, "the alpha of %s is %s", p.entry.path, numberText(a)).WithFix("write a number from 0 to 1")
		return 0, false
	}
	return a, ok
}

func (p *parser) number(n *node, t Type) (float64, bool) {
	n, ok := p.inner(n)
	if !ok {
		return 0, false
	}
	if path, _, refers := p.reference(n); refers {
		v, ok := p.referred(n, path, NumberType)
		if !ok {
			return 0, false
		}
		return float64(v.(Number)), true
	}
	if n.kind != number {
		p.is(n, t, "a number")
		return 0, false
	}
	return n.number, true
}

func (p *parser) color(n *node) (Color, bool) {
	if n.kind == words {
		c, err := contrast.Parse(n.text)
		if err != nil {
			p.is(n, ColorType, `{"colorSpace": "srgb", "components": [0.04, 0.38, 0.84]}, or "#0b62d6"`)
			return Color{}, false
		}
		opaque := c.WithAlpha(1)
		return Color{contrast.SRGB, [3]float64{round(c.R), round(c.G), round(c.B)}, round(c.A), opaque.Hex(), c}, true
	}
	if !p.object(n, ColorType, `{"colorSpace": "srgb", "components": [0.04, 0.38, 0.84]}`, "colorSpace", "components", "alpha", "hex") {
		return Color{}, false
	}
	c := Color{Alpha: 1}
	space, parts := n.get("colorSpace"), n.get("components")
	if space == nil || space.kind != words || parts == nil || parts.kind != list || len(parts.items) != 3 {
		p.is(n, ColorType, `{"colorSpace": "srgb", "components": [0.04, 0.38, 0.84]}`)
		return c, false
	}
	c.Space = contrast.Space(space.text)
	for i, item := range parts.items {
		if item.kind == words && item.text == "none" {
			c.Components[i] = math.NaN()
			continue
		}
		v, ok := p.number(item, NumberType)
		if !ok {
			return c, false
		}
		c.Components[i] = v
	}
	if a := n.get("alpha"); a != nil {
		v, ok := p.alpha(a)
		if !ok {
			return c, false
		}
		c.Alpha = v
	}
	return p.inSRGB(n, c)
}

// inSRGB gives a colour its sRGB.
func (p *parser) inSRGB(n *node, c Color) (Color, bool) {
	srgb, err := contrast.From(c.Space, c.Components[:], c.Alpha)
	if err != nil {
		p.wrong(n, "the token %s is no colour: %w", p.entry.path, err).WithFix("%s", fixOf(err))
		return c, false
	}
	c.SRGB = srgb
	hex := n.get("hex")
	if hex == nil {
		return c, true
	}
	if hex.kind != words || len(hex.text) != 7 || hex.text[0] != '#' {
		p.wrong(hex, "the hex of %s is %s", p.entry.path, hex.says()).WithFix("write # and six hexadecimal digits; opacity is in alpha")
		return c, false
	}
	written, err := contrast.Parse(hex.text)
	if err != nil {
		p.wrong(hex, "the hex of %s is %s", p.entry.path, hex.says()).WithFix("write # and six hexadecimal digits")
		return c, false
	}
	c.Hex = written.Hex()
	return c, true
}

func fixOf(err error) string {
	if e, ok := err.(*throughline.Error); ok {
		return e.Fix
	}
	return "correct it"
}

// round keeps what a byte tells of a component.
func round(v float64) float64 { return math.Round(v*1e5) / 1e5 }

// measure reads {value, unit}, or both in one text as the drafts had them. A
// number alone is taken only where it is 0.
func (p *parser) measure(n *node, t Type, units ...string) (value float64, unit string, ok bool) {
	shape := `{"value": 16, "unit": ` + strconv.Quote(units[0]) + `}, with ` + strings.Join(units, ", ")
	switch n.kind {
	case number:
		if n.number == 0 {
			return 0, units[0], true
		}
	case words:
		at := strings.LastIndexAny(n.text, "0123456789.") + 1
		v, err := strconv.ParseFloat(n.text[:at], 64)
		if err == nil && slices.Contains(units, n.text[at:]) && !math.IsInf(v, 0) && !strings.ContainsAny(n.text[:at], "xX_") {
			return v, n.text[at:], true
		}
	case object:
		if !p.object(n, t, shape, "value", "unit") {
			return 0, "", false
		}
		v, u := n.get("value"), n.get("unit")
		if v != nil && u != nil && u.kind == words && slices.Contains(units, u.text) {
			value, ok := p.number(v, t)
			return value, u.text, ok
		}
	}
	p.is(n, t, shape)
	return 0, "", false
}

func (p *parser) dimension(n *node) (Dimension, bool) {
	v, unit, ok := p.measure(n, DimensionType, "px", "rem", "em", "%")
	return Dimension{v, unit}, ok
}

func (p *parser) duration(n *node) (Duration, bool) {
	v, unit, ok := p.measure(n, DurationType, "ms", "s")
	return Duration{v, unit}, ok
}

func (p *parser) family(n *node) (FontFamily, bool) {
	items := []*node{n}
	if n.kind == list {
		items = n.items
	}
	var f FontFamily
	for _, item := range items {
		if path, _, refers := p.reference(item); refers {
			v, ok := p.referred(item, path, FontFamilyType)
			if !ok {
				return nil, false
			}
			f = append(f, v.(FontFamily)...)
			continue
		}
		if item.kind != words || strings.TrimSpace(item.text) == "" {
			p.is(item, FontFamilyType, `"Georgia", or ["Georgia", "serif"]`)
			return nil, false
		}
		f = append(f, item.text)
	}
	if len(f) == 0 || len(f) > maxParts {
		p.is(n, FontFamilyType, `"Georgia", or ["Georgia", "serif"]`)
		return nil, false
	}
	return f, true
}

// weightOf returns the weight a word stands for in the module, or 0.
func weightOf(word string) FontWeight {
	names := [...]string{
		"thin hairline", "extra-light ultra-light", "light", "normal regular book", "medium",
		"semi-bold demi-bold", "bold", "extra-bold ultra-bold", "black heavy",
	}
	for i, same := range names {
		if slices.Contains(strings.Fields(same), word) {
			return FontWeight(100 * (i + 1))
		}
	}
	if word == "extra-black" || word == "ultra-black" {
		return 950
	}
	return 0
}

func (p *parser) weight(n *node) (FontWeight, bool) {
	if n.kind == words {
		if w := weightOf(n.text); w > 0 {
			return w, true
		}
	}
	if n.kind == number && n.number >= 1 && n.number <= 1000 {
		return FontWeight(n.number), true
	}
	p.is(n, FontWeightType, `a number from 1 to 1000, or a word such as "bold"`)
	return 0, false
}

func (p *parser) bezier(n *node) (CubicBezier, bool) {
	var c CubicBezier
	if n.kind != list || len(n.items) != 4 {
		p.is(n, CubicBezierType, "[x1, y1, x2, y2]")
		return c, false
	}
	for i, item := range n.items {
		v, ok := p.number(item, CubicBezierType)
		if !ok {
			return c, false
		}
		if i%2 == 0 && (v < 0 || v > 1) {
			p.is(item, CubicBezierType, "[x1, y1, x2, y2], with each x from 0 to 1")
			return c, false
		}
		c[i] = v
	}
	return c, true
}
