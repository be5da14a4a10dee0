package token

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/contrast"
)

// Flat returns the CSS of every token by a name that renderings can write in
// {{token.name}}: the path in lower case, with a hyphen where a capital began a
// word and for every character but letters, digits, dots, hyphens and
// underscores; a "$root" has the name of its group. Two tokens with one name are
// refused unless their values are the same; then one that is not deprecated
// counts. Whether a value may stand in a rendering is for package markup to say.
func (s *Set) Flat() (map[string]string, error) {
	tokens, err := s.named()
	if err != nil {
		return nil, err
	}
	flat := make(map[string]string, len(tokens))
	for name, t := range tokens {
		flat[name] = t.Value.CSS()
	}
	return flat, nil
}

// named returns the tokens by their flat names.
func (s *Set) named() (map[string]Token, error) {
	named := make(map[string]Token, len(s.tokens))
	var problems throughline.Problems
	for _, t := range s.tokens {
		name := FlatName(t.Path)
		other, taken := named[name]
		switch {
		case !taken || other.Deprecated && other.Value.CSS() == t.Value.CSS():
			named[name] = t
		case other.Value.CSS() != t.Value.CSS() && len(problems) < maxProblems:
			problems = append(problems, throughline.Errorf(throughline.Conflict, "the tokens %s and %s would both be called %s, and differ", other.Path, t.Path, name).
				At(t.Place).WithFix("rename one of them"))
		}
	}
	return named, problems.Err()
}

// FlatName returns the name that Flat gives a token.
func FlatName(path string) string {
	path = strings.TrimSuffix(path, ".$root")
	var b strings.Builder
	small := false // whether the last was a small letter or a digit
	for _, r := range path {
		switch {
		case r >= 'A' && r <= 'Z':
			if small {
				b.WriteByte('-')
			}
			b.WriteRune(r - 'A' + 'a')
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '.', r == '-', r == '_':
			b.WriteRune(r)
		default:
			b.WriteByte('-')
		}
		small = r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
	}
	return b.String()
}

// Flat is tokens as a Brand keeps them: by the name that renderings write.
type Flat struct {
	// Values are CSS, or "{name}" for a token that is the same as another.
	Values map[string]string
	// Modes are the values that differ in a mode, by mode and name.
	Modes map[string]map[string]string
	// Notes keep what the files say beside the values.
	Notes map[string]throughline.TokenNote
}

// Flatten returns the tokens of a base and of modes of the same files as a Brand
// keeps them. A token that only other modes have is left out, and named in the
// problems, as are two tokens with one name.
func Flatten(base *Set, modes ...*Set) (Flat, error) {
	tokens, err := base.named()
	if err != nil {
		return Flat{}, err
	}
	f := Flat{Values: make(map[string]string, len(tokens)), Modes: map[string]map[string]string{}, Notes: make(map[string]throughline.TokenNote, len(tokens))}
	for name, t := range tokens {
		f.Values[name] = base.flatValue(t)
		note := throughline.TokenNote{Type: string(t.Type), Description: t.Description, Deprecated: t.Instead}
		if t.Deprecated && note.Deprecated == "" {
			note.Deprecated = "deprecated"
		}
		f.Notes[name] = note
	}
	var problems throughline.Problems
	for _, m := range modes {
		differ := map[string]string{}
		tokens, err := m.named()
		if err != nil {
			return Flat{}, err
		}
		for _, name := range slices.Sorted(maps.Keys(tokens)) {
			t := tokens[name]
			value := m.flatValue(t)
			if was, ok := f.Values[name]; !ok && len(problems) < maxProblems {
				problems = append(problems, throughline.Errorf(throughline.Invalid, "the token %s is in the mode %s and not in %s", t.Path, m.mode, base.mode).
					At(t.Place).WithFix("give it a value in %s", base.mode))
			} else if was != value {
				differ[name] = value
			}
		}
		f.Modes[m.mode] = differ
	}
	return f, problems.Err()
}

// flatValue returns the alias of a token that is the same as the one it refers
// to, and its CSS otherwise.
func (s *Set) flatValue(t Token) string {
	css := t.Value.CSS()
	if len(t.Aliases) > 0 {
		name := FlatName(t.Aliases[0])
		if target, ok := s.Token(t.Aliases[0]); ok && target.Value.CSS() == css && name != FlatName(t.Path) {
			return "{" + name + "}"
		}
	}
	return css
}

// JSON returns the tokens as a file of the module, with the modes in each
// token's $extensions, where Read finds them again. What CSS no longer tells,
// such as the parts of a shadow or the space of a colour, is written as a text
// of a type of our own, css-shadow and so on: reading it gives the same CSS.
func (f Flat) JSON() []byte {
	w := flatWriter{Flat: f, types: map[string]Type{}}
	root := &node{kind: object}
	groups := map[string]*node{"": root}
	for _, name := range slices.Sorted(maps.Keys(f.Values)) {
		note, typ := f.Notes[name], w.typeOf(name, 0)
		n := objectNode("$type $value", textNode(string(typ)), w.value(typ, f.Values[name]))
		if note.Description != "" {
			n.add("$description", textNode(note.Description))
		}
		if note.Deprecated != "" {
			n.add("$deprecated", textNode(note.Deprecated))
		}
		modes := &node{kind: object}
		for _, mode := range slices.Sorted(maps.Keys(f.Modes)) {
			if value, ok := f.Modes[mode][name]; ok {
				modes.add(mode, w.value(typ, value))
			}
		}
		if len(modes.members) > 0 {
			n.add("$extensions", objectNode("throughline.modes", modes))
		}
		path := f.path(name)
		at := strings.LastIndexByte(path, '.')
		groupNode(groups, path[:max(0, at)]).add(path[at+1:], n)
	}
	return append(root.write(nil, ""), '\n')
}

// path returns where a token stands in a file: in a group of its name when other
// names begin with it.
func (f Flat) path(name string) string {
	for other := range f.Values {
		if strings.HasPrefix(other, name+".") {
			return name + ".$root"
		}
	}
	return name
}

// flatWriter is the work of Flat.JSON.
type flatWriter struct {
	Flat
	types map[string]Type
}

// typeOf returns the type that a token is written with: the one noted, or
// guessed, if all its values can be written so and what they refer to is, and
// one of our own otherwise.
func (w *flatWriter) typeOf(name string, hops int) Type {
	if t, ok := w.types[name]; ok {
		return t
	}
	values := []string{w.Values[name]}
	for _, mode := range w.Modes {
		if v, ok := mode[name]; ok {
			values = append(values, v)
		}
	}
	noted := Type(w.Notes[name].Type)
	own := "css-" + noted
	typ := noted
	for _, v := range values {
		t := noted
		if target, ok := aliasOf(v); ok && hops < maxChain {
			t = w.typeOf(target, hops+1)
		} else if t == "" {
			t = guess(v)
		}
		if typ == "" {
			typ = t
		}
		if _, ok := w.module(t, v); !ok || t != typ {
			typ = own
		}
	}
	w.types[name] = typ
	return typ
}

// value returns a value as it is written for a type.
func (w *flatWriter) value(t Type, value string) *node {
	if n, ok := w.module(t, value); ok {
		return n
	}
	return textNode(value)
}

// module returns a value in the form that the module has for a type, if it has one.
func (w *flatWriter) module(t Type, value string) (n *node, ok bool) {
	if target, ok := aliasOf(value); ok {
		return textNode("{" + w.path(target) + "}"), true
	}
	if !slices.Contains(Types(), t) {
		return textNode(value), true
	}
	if strings.Contains(value, "{") { // an alias inside a text
		return nil, false
	}
	p := parser{resolver: &resolver{}, entry: &entry{file: &File{lines: []int{0}, runes: []int{0}}}}
	text := textNode(value)
	var v Value
	switch t {
	case ColorType:
		v, ok = kept(p.color(text))
	case DimensionType:
		if value == "0" {
			return Dimension{0, "px"}.node(), true
		}
		v, ok = kept(p.dimension(text))
	case DurationType:
		v, ok = kept(p.duration(text))
	case NumberType, FontWeightType:
		number, err := strconv.ParseFloat(value, 64)
		v, ok = Number(number), err == nil
	case FontFamilyType:
		return text, true
	case CubicBezierType:
		v, ok = bezierOf(value)
	}
	if !ok || v.CSS() != value {
		return nil, false
	}
	return v.node(), true
}

func bezierOf(value string) (Value, bool) {
	inner, ok := strings.CutPrefix(value, "cubic-bezier(")
	parts := strings.Split(strings.TrimSuffix(inner, ")"), ",")
	if !ok || len(parts) != 4 {
		return nil, false
	}
	var c CubicBezier
	for i, part := range parts {
		n, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			return nil, false
		}
		c[i] = n
	}
	return c, true
}

// guess returns the type that a value without one most likely has.
func guess(value string) Type {
	p := parser{resolver: &resolver{}, entry: &entry{file: &File{lines: []int{0}, runes: []int{0}}}}
	n := textNode(value)
	if _, err := contrast.Parse(value); err == nil {
		return ColorType
	}
	if _, ok := p.dimension(n); ok {
		return DimensionType
	}
	if _, ok := p.duration(n); ok {
		return DurationType
	}
	if _, err := strconv.ParseFloat(value, 64); err == nil {
		return NumberType
	}
	return "css"
}
