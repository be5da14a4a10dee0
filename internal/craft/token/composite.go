package token

import (
	"slices"
	"strconv"
	"strings"
)

func (p *parser) stroke(n *node) (StrokeStyle, bool) {
	keywords := []string{"solid", "dashed", "dotted", "double", "groove", "ridge", "outset", "inset"}
	caps := []string{"round", "butt", "square"}
	shape := "one of " + strings.Join(keywords, ", ") + `, or {"dashArray": [...], "lineCap": "round"}`
	if n.kind == words && slices.Contains(keywords, n.text) {
		return StrokeStyle{Keyword: n.text}, true
	}
	if !p.object(n, StrokeStyleType, shape, "dashArray", "lineCap") {
		return StrokeStyle{}, false
	}
	dashes, end := n.get("dashArray"), n.get("lineCap")
	if dashes == nil || dashes.kind != list || len(dashes.items) == 0 || end == nil || end.kind != words || !slices.Contains(caps, end.text) {
		p.is(n, StrokeStyleType, shape)
		return StrokeStyle{}, false
	}
	s := StrokeStyle{Cap: end.text}
	for _, item := range dashes.items {
		v, ok := p.value(item, DimensionType)
		if !ok {
			return s, false
		}
		s.Dash = append(s.Dash, v.(Dimension))
	}
	return s, true
}

func (p *parser) border(n *node) (b Border, ok bool) {
	if !p.object(n, BorderType, `{"color": ..., "width": ..., "style": "solid"}`, "color", "width", "style") {
		return b, false
	}
	color, okColor := part[Color](p, n, "color", ColorType, false)
	width, okWidth := part[Dimension](p, n, "width", DimensionType, false)
	style, okStyle := part[StrokeStyle](p, n, "style", StrokeStyleType, false)
	return Border{color, width, style}, okColor && okWidth && okStyle
}

func (p *parser) transition(n *node) (t Transition, ok bool) {
	if !p.object(n, TransitionType, `{"duration": ..., "delay": ..., "timingFunction": [0.3, 0, 0.2, 1]}`, "duration", "delay", "timingFunction") {
		return t, false
	}
	duration, okDuration := part[Duration](p, n, "duration", DurationType, false)
	delay, okDelay := part[Duration](p, n, "delay", DurationType, true)
	timing, okTiming := part[CubicBezier](p, n, "timingFunction", CubicBezierType, false)
	if delay.Unit == "" {
		delay.Unit = "ms"
	}
	return Transition{duration, delay, timing}, okDuration && okDelay && okTiming
}

// each reads a value that is one thing or a list of things, of which each may be
// another token, and that one a list again.
func each[V ~[]L, L any](p *parser, n *node, t Type, one func(*node) (L, bool)) (all V, ok bool) {
	items := []*node{n}
	if n.kind == list {
		items = n.items
	}
	if len(items) == 0 {
		p.is(n, t, "at least one")
		return nil, false
	}
	for _, item := range items {
		item, ok := p.inner(item)
		if !ok {
			return nil, false
		}
		if path, _, refers := p.reference(item); refers {
			v, ok := p.referred(item, path, t)
			if !ok {
				return nil, false
			}
			all = append(all, any(v).(V)...)
			continue
		}
		l, ok := one(item)
		if !ok {
			return nil, false
		}
		all = append(all, l)
	}
	if len(all) > maxParts {
		p.wrong(n, "the token %s has more than %d parts once its aliases are followed", p.entry.path, maxParts).WithFix("leave out some")
		return nil, false
	}
	return all, true
}

func (p *parser) shadow(n *node) (Shadow, bool) {
	return each[Shadow](p, n, ShadowType, p.layer)
}

func (p *parser) layer(n *node) (l Layer, ok bool) {
	if !p.object(n, ShadowType, `{"color": ..., "offsetX": ..., "offsetY": ..., "blur": ..., "spread": ...}`, "color", "offsetX", "offsetY", "blur", "spread", "inset", "alpha") {
		return l, false
	}
	if l.Color, ok = part[Color](p, n, "color", ColorType, false); !ok {
		return l, false
	}
	if a := n.get("alpha"); a != nil {
		v, ok := p.alpha(a)
		if !ok {
			return l, false
		}
		l.Color = l.Color.withAlpha(v)
	}
	for _, length := range []struct {
		name     string
		to       *Dimension
		optional bool
	}{{"offsetX", &l.OffsetX, false}, {"offsetY", &l.OffsetY, false}, {"blur", &l.Blur, false}, {"spread", &l.Spread, true}} {
		if *length.to, ok = part[Dimension](p, n, length.name, DimensionType, length.optional); !ok {
			return l, false
		}
	}
	if l.Spread.Unit == "" {
		l.Spread.Unit = "px"
	}
	if inset := n.get("inset"); inset != nil {
		if inset.kind != truth {
			p.is(inset, ShadowType, `"inset": true or false`)
			return l, false
		}
		l.Inset = inset.yes
	}
	return l, true
}

func (p *parser) gradient(n *node) (Gradient, bool) {
	if n.kind != list {
		p.is(n, GradientType, `[{"color": ..., "position": 0}, {"color": ..., "position": 1}]`)
		return nil, false
	}
	return each[Gradient](p, n, GradientType, p.stop)
}

func (p *parser) stop(n *node) (s Stop, ok bool) {
	if !p.object(n, GradientType, `{"color": ..., "position": 0}`, "color", "position") {
		return s, false
	}
	if s.Color, ok = part[Color](p, n, "color", ColorType, false); !ok {
		return s, false
	}
	position, ok := part[Number](p, n, "position", NumberType, false)
	s.Position = max(0, min(1, float64(position))) // the module: beyond the ends is at the ends
	return s, ok
}

func (p *parser) typography(n *node) (t Typography, ok bool) {
	if !p.object(n, TypographyType, `{"fontFamily": ..., "fontSize": ..., "fontWeight": 400, "letterSpacing": ..., "lineHeight": 1.5}`,
		"fontFamily", "fontSize", "fontWeight", "letterSpacing", "lineHeight") {
		return t, false
	}
	if t.Family, ok = part[FontFamily](p, n, "fontFamily", FontFamilyType, false); !ok {
		return t, false
	}
	if t.Size, ok = part[Dimension](p, n, "fontSize", DimensionType, false); !ok {
		return t, false
	}
	if t.Weight, ok = part[FontWeight](p, n, "fontWeight", FontWeightType, true); !ok {
		return t, false
	}
	if t.LetterSpacing, ok = part[Dimension](p, n, "letterSpacing", DimensionType, true); !ok {
		return t, false
	}
	height := n.get("lineHeight")
	if height == nil {
		return t, true
	}
	kind := NumberType
	if target := p.target(height); target != nil && target.Type == DimensionType || height.kind == object && height.get("unit") != nil {
		kind = DimensionType // not in the module, and in files older than it
	}
	if p.failed {
		return t, false
	}
	t.LineHeight, ok = p.value(height, kind)
	return t, ok
}

// own reads a value of a tool's own type: its text, in which each alias becomes
// the CSS of its token.
func (p *parser) own(n *node, t Type) (Text, bool) {
	switch n.kind {
	case number:
		return Text(numberText(n.number)), true
	case truth:
		return Text(strconv.FormatBool(n.yes)), true
	case words:
		return p.embedded(n)
	}
	p.wrong(n, "the token %s is of the type %q, which is not in the format, and %s", p.entry.path, shorten(string(t)), n.kind).
		WithFix("use one of %v, or write the value as a text", Types())
	return "", false
}

func (p *parser) embedded(n *node) (Text, bool) {
	var out strings.Builder
	for rest := n.text; ; {
		before, after, found := strings.Cut(rest, "{")
		out.WriteString(before)
		if !found {
			break
		}
		path, tail, closed := strings.Cut(after, "}")
		if !closed {
			p.wrong(n, "an alias in %s is not closed", p.entry.path).WithFix("end it with }")
			return "", false
		}
		target := p.follow(p.entry, n.offset, strings.TrimSpace(path))
		if target == nil {
			p.failed = true
			return "", false
		}
		out.WriteString(target.Value.CSS())
		if out.Len() > maxText {
			p.wrong(n, "the value of %s has more than %d bytes once its aliases are filled in", p.entry.path, maxText).WithFix("shorten it")
			return "", false
		}
		rest = tail
	}
	return Text(out.String()), true
}

// What aliases can make of a value is bounded, since each step could double it.
const (
	maxText  = 16 << 10 // bytes of a text
	maxParts = 100      // layers, stops or fonts
)
