package declare

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/throughline-engine/throughline"
)

// Places knows where in manifests resources and their fields stand. The zero
// Places knows nothing.
type Places struct{ docs map[throughline.Ref]declared }

// declared is one resource as it stands in a file.
type declared struct {
	file  string
	lines [][]byte
	top   *yaml.Node
}

// Place is a part of a file: from a line and column up to, and not with, another.
// Lines and columns count from 1, columns in characters. The end may be zero.
type Place struct {
	File      string `json:"file"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"endLine,omitempty"`
	EndColumn int    `json:"endColumn,omitempty"`
}

// String returns file:line:column.
func (p Place) String() string {
	if p.Line == 0 {
		return p.File
	}
	return p.File + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

// Add takes in a file that Decode takes. Of one that it refuses, what can be read
// is taken in all the same.
func (p *Places) Add(file string, data []byte) {
	d := &decoder{file: file, data: data}
	if d.admit() != nil {
		return
	}
	if p.docs == nil {
		p.docs = map[throughline.Ref]declared{}
	}
	lines := bytes.Split(data, []byte("\n"))
	for _, top := range d.documents() {
		if ref := subject(top); ref.Name != "" {
			p.docs[ref] = declared{file, lines, top}
		}
	}
}

// Field returns where a field of a resource stands, such as spec.values.en; the
// nearest field around it where it is not written, and where the resource begins
// for "". It reports whether the resource is in the manifests.
func (p *Places) Field(ref throughline.Ref, field string) (Place, bool) {
	doc, ok := p.docs[ref]
	if !ok {
		return Place{}, false
	}
	if field == "" {
		field = "metadata.name"
	}
	return doc.at(within(doc.top, field)), true
}

// Of returns where a finding points: at the words it is about, else at the field,
// the slot or the rendering, else at the resource.
func (p *Places) Of(f throughline.Finding) (Place, bool) {
	doc, ok := p.docs[f.Object]
	if !ok {
		return Place{}, false
	}
	field := f.Field()
	switch {
	case field != "":
		n := within(doc.top, field)
		if place, exact := doc.span(n, f.Span); exact {
			return place, true
		}
		return doc.at(n), true
	case f.Object.Kind == throughline.KindTemplate && f.Slot != "":
		field = element(doc.top, "slots", "name", f.Slot)
	case f.Object.Kind == throughline.KindTemplate && f.Channel != "":
		field = element(doc.top, "renderings", "channel", f.Channel)
	}
	return p.Field(f.Object, field)
}

// element names the entry of a list in the spec whose key has a value.
func element(top *yaml.Node, list, key, value string) string {
	spec := lookup(top, "spec")
	if spec == nil {
		return ""
	}
	entries := lookup(spec, list)
	if entries == nil || entries.Kind != yaml.SequenceNode {
		return "spec"
	}
	i := slices.IndexFunc(entries.Content, func(n *yaml.Node) bool {
		got := lookup(n, key)
		return got != nil && got.Value == value
	})
	if i < 0 {
		return "spec." + list
	}
	return "spec." + list + "[" + strconv.Itoa(i) + "]." + key
}

// within returns the node of a field, or the last one on the way to it.
func within(n *yaml.Node, field string) *yaml.Node {
	for field != "" {
		next, rest := child(resolve(n), field)
		if next == nil {
			return n
		}
		n, field = next, rest
	}
	return n
}

// child takes one step along a field and returns what is left of it. Keys may
// have dots: the longest one that fits is meant.
func child(n *yaml.Node, field string) (next *yaml.Node, rest string) {
	switch n.Kind {
	case yaml.MappingNode:
		longest := -1
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i].Value
			after, ok := strings.CutPrefix(field, key)
			if ok && len(key) > longest && (after == "" || after[0] == '.' || after[0] == '[') {
				longest, next, rest = len(key), n.Content[i+1], strings.TrimPrefix(after, ".")
			}
		}
	case yaml.SequenceNode:
		number, after, ok := strings.Cut(strings.TrimPrefix(field, "["), "]")
		if i, err := strconv.Atoi(number); ok && err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i], strings.TrimPrefix(after, ".")
		}
	}
	return next, rest
}

// at is where a node begins.
func (d declared) at(n *yaml.Node) Place {
	return Place{File: d.file, Line: max(1, n.Line), Column: max(1, n.Column)}
}

// span returns where a part of a text stands in the file. Where that cannot be
// told for certain, as in folded and escaped texts, it reports false.
func (d declared) span(n *yaml.Node, s *throughline.Span) (Place, bool) {
	if s == nil || n.Kind != yaml.ScalarNode || s.Start < 0 || s.End <= s.Start || s.End > len(n.Value) {
		return Place{}, false
	}
	words, line, column := n.Value[s.Start:s.End], n.Line, n.Column
	before := n.Value[:s.Start]
	if n.Style&yaml.LiteralStyle != 0 {
		line += 1 + strings.Count(before, "\n")
		before = before[strings.LastIndexByte(before, '\n')+1:]
		if line > len(d.lines) {
			return Place{}, false
		}
		text := d.lines[line-1]
		column = len(text) - len(bytes.TrimLeft(text, " ")) + 1
	} else if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		column++
	}
	column += utf8.RuneCountInString(before)
	if line < 1 || line > len(d.lines) {
		return Place{}, false
	}
	rest := d.lines[line-1]
	for range column - 1 {
		_, size := utf8.DecodeRune(rest)
		rest = rest[size:]
	}
	if !bytes.HasPrefix(rest, []byte(words)) {
		return Place{}, false
	}
	return Place{d.file, line, column, line, column + utf8.RuneCountInString(words)}, true
}
