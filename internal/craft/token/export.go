package token

import (
	"strings"
)

// JSON returns the file as strict JSON in the module's form: groups, aliases and
// everything said of a token as it was, comments gone, and values that only the
// module's drafts knew (a colour, a dimension or a duration as a text) as it
// writes them now. Reading it again gives the same tokens.
func (f *File) JSON() []byte {
	x := exporter{file: f, typed: map[*node]Type{}}
	for _, e := range f.entries {
		x.typed[e.node] = x.typeOf(e)
	}
	return append(x.copy(f.root).write(nil, ""), '\n')
}

// exporter copies a file's tree and mends the values of its tokens.
type exporter struct {
	file  *File
	typed map[*node]Type
}

// typeOf is the type of a token as far as the file alone tells.
func (x *exporter) typeOf(e *entry) Type {
	if e.typ != "" {
		return e.typ
	}
	for path := e.path; path != ""; {
		path = path[:max(0, strings.LastIndexByte(path, '.'))]
		if g := x.file.groups[path]; g != nil && g.typ != "" {
			return g.typ
		}
	}
	return ""
}

func (x *exporter) copy(n *node) *node {
	out := &node{kind: object}
	t, token := x.typed[n]
	for _, m := range n.members {
		switch {
		case token && m.name == "$value":
			out.add(m.name, today(m.value, t))
		case token && m.name == "$extensions":
			out.add(m.name, x.extensions(m.value, t))
		case !token && m.value.kind == object && !strings.HasPrefix(m.name, "$") || m.name == "$root":
			out.add(m.name, x.copy(m.value))
		default:
			out.add(m.name, m.value)
		}
	}
	return out
}

// extensions copies what a token says of its modes in today's form, too.
func (x *exporter) extensions(n *node, t Type) *node {
	modes := (&entry{extensions: n}).overrides()
	out := &node{kind: object}
	for _, m := range n.members {
		if len(modes) == 0 || modes[0] != m.value {
			out.add(m.name, m.value)
			continue
		}
		modes = modes[1:]
		byMode := &node{kind: object}
		for _, o := range m.value.members {
			byMode.add(o.name, todayOverride(o.value, t))
		}
		out.add(m.name, byMode)
	}
	return out
}

func todayOverride(n *node, t Type) *node {
	if n.get("$value") == nil && n.get("alpha") == nil {
		return today(n, t)
	}
	out := &node{kind: object}
	for _, m := range n.members {
		if m.name == "$value" {
			m.value = today(m.value, t)
		}
		out.add(m.name, m.value)
	}
	return out
}

// today returns a value of a type with what only drafts knew in the form of the
// module. What it does not know it leaves, aliases among it.
func today(n *node, t Type) *node {
	switch n.kind {
	case words:
		return todayText(n, t)
	case list:
		out := &node{kind: list}
		for _, item := range n.items {
			out.items = append(out.items, today(item, t))
		}
		return out
	case object:
		if t == ColorType || t == DimensionType || t == DurationType {
			return n
		}
		out := &node{kind: object}
		for _, m := range n.members {
			out.add(m.name, today(m.value, partType(m.name)))
		}
		return out
	}
	return n
}

func todayText(n *node, t Type) *node {
	p := parser{resolver: &resolver{}, entry: &entry{file: &File{lines: []int{0}, runes: []int{0}}}}
	if _, refers := aliasOf(n.text); refers {
		return n
	}
	var v Value
	var ok bool
	switch t {
	case ColorType:
		v, ok = kept(p.color(n))
	case DimensionType:
		v, ok = kept(p.dimension(n))
	case DurationType:
		v, ok = kept(p.duration(n))
	}
	if !ok {
		return n
	}
	return v.node()
}

// partType is the type of a member of a composite value.
func partType(name string) Type {
	switch name {
	case "color":
		return ColorType
	case "width", "offsetX", "offsetY", "blur", "spread", "fontSize", "letterSpacing", "dashArray":
		return DimensionType
	case "duration", "delay":
		return DurationType
	}
	return ""
}

// JSON returns the tokens of the mode as a file of the module, each with its
// type and its own value: for a tool that knows no modes and follows no aliases.
func (s *Set) JSON() []byte {
	root := &node{kind: object}
	groups := map[string]*node{"": root}
	for _, t := range s.tokens {
		n := objectNode("$type $value", textNode(string(t.Type)), t.Value.node())
		if t.Description != "" {
			n.add("$description", textNode(t.Description))
		}
		switch {
		case t.Instead != "":
			n.add("$deprecated", textNode(t.Instead))
		case t.Deprecated:
			n.add("$deprecated", &node{kind: truth, yes: true})
		}
		at := strings.LastIndexByte(t.Path, '.')
		groupNode(groups, t.Path[:max(0, at)]).add(t.Path[at+1:], n)
	}
	return append(root.write(nil, ""), '\n')
}

func groupNode(groups map[string]*node, path string) *node {
	if n := groups[path]; n != nil {
		return n
	}
	n := &node{kind: object}
	at := strings.LastIndexByte(path, '.')
	groupNode(groups, path[:max(0, at)]).add(path[at+1:], n)
	groups[path] = n
	return n
}
