package content

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/schema"
	"github.com/throughline-engine/throughline/internal/craft/text"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

// Schema describes a value of a resource, to whoever makes a form of it.
type Schema = schema.Schema

// SchemaOf returns the schema of a whole resource of the kind, or nil for a kind
// that does not exist.
func SchemaOf(kind throughline.Kind) *Schema { return schema.Of(kind) }

// DecodeOne reads the one resource of a text, as a manifest is read. Name only
// names the place of problems.
func DecodeOne(name string, text []byte) (throughline.Resource, error) {
	return declare.DecodeOne(name, text)
}

// YAML writes one resource as Export does.
func YAML(r throughline.Resource) (string, error) {
	b, err := declare.Encode([]throughline.Resource{r})
	return string(b), err
}

// Measure returns the length of a text in a unit.
func Measure(s string, unit throughline.LengthUnit) int { return text.Measure(s, unit) }

// Unit returns the words for so many of a unit: characters, columns.
func Unit(n int, unit throughline.LengthUnit) string { return text.Unit(n, unit) }

// Shape is what a Value is.
type Shape int

// The shapes.
const (
	Scalar Shape = iota // a text, a number or a truth value, as written
	List
	Group // named values
)

// Value is a value as a form or a YAML text has it, whether or not it is one
// that a resource may have: what is half typed is kept, and so are the order of
// names and names given twice.
type Value struct {
	Shape Shape
	// Text is that of a scalar, Items those of a list, Fields those of a group.
	Text   string
	Items  []Value
	Fields []Field
}

// Field is one named value of a group.
type Field struct {
	Name  string
	Value Value
}

// Get returns the value of a name, and whether there is one.
func (v Value) Get(name string) (Value, bool) {
	for _, f := range v.Fields {
		if f.Name == name {
			return f.Value, true
		}
	}
	return Value{}, false
}

// At returns the text at a path of names, empty where there is none.
func (v Value) At(names ...string) string {
	for _, n := range names {
		v, _ = v.Get(n)
	}
	return v.Text
}

// Field returns the value of a name to change, which it makes where there is none.
func (v *Value) Field(name string) *Value {
	v.Shape = Group
	for i := range v.Fields {
		if v.Fields[i].Name == name {
			return &v.Fields[i].Value
		}
	}
	v.Fields = append(v.Fields, Field{Name: name})
	return &v.Fields[len(v.Fields)-1].Value
}

// Nth returns the entry of a list, or of a map by its position, to change; nil
// for none.
func (v *Value) Nth(n int) *Value {
	switch {
	case n < 0:
	case n < len(v.Items):
		return &v.Items[n]
	case n < len(v.Fields):
		return &v.Fields[n].Value
	}
	return nil
}

// ValueOf returns a resource as a value, its fields in the order they are
// documented in.
func ValueOf(r throughline.Resource) (Value, error) {
	s, err := YAML(r)
	if err != nil {
		return Value{}, err
	}
	return ParseValue(s)
}

// maxNesting is deeper than any resource, and shallow enough to walk.
const maxNesting = 24

// ParseValue reads a YAML text of one document. Aliases, and what is too deep
// for a resource, it refuses.
func ParseValue(s string) (Value, error) {
	loader, err := yaml.NewLoader(strings.NewReader(s), yaml.WithUniqueKeys(false))
	if err != nil {
		return Value{}, throughline.Errorf(throughline.Internal, "reading YAML: %w", err)
	}
	var doc, more yaml.Node
	if err := loader.Load(&doc); err != nil {
		return Value{}, notOne(err)
	}
	if err := loader.Load(&more); !errors.Is(err, io.EOF) {
		return Value{}, notOne(err)
	}
	if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
		return valueOf(doc.Content[0], 0)
	}
	return valueOf(&doc, 0)
}

func notOne(err error) error {
	return throughline.Errorf(throughline.Invalid, "the text is not one YAML document: %w", err).WithFix("mend it as YAML")
}

func valueOf(n *yaml.Node, depth int) (v Value, err error) {
	if depth > maxNesting || n.Kind == yaml.AliasNode {
		return v, throughline.Errorf(throughline.Invalid, "line %d is more than a form can show", n.Line).WithFix("edit it as YAML")
	}
	switch n.Kind {
	case yaml.SequenceNode:
		v.Shape = List
		for _, c := range n.Content {
			item, err := valueOf(c, depth+1)
			if err != nil {
				return v, err
			}
			v.Items = append(v.Items, item)
		}
	case yaml.MappingNode:
		v.Shape = Group
		for i := 0; i+1 < len(n.Content); i += 2 {
			field, err := valueOf(n.Content[i+1], depth+1)
			if err != nil {
				return v, err
			}
			if n.Content[i+1].ShortTag() != "!!null" {
				v.Fields = append(v.Fields, Field{n.Content[i].Value, field})
			}
		}
	default:
		if n.ShortTag() != "!!null" {
			v.Text = n.Value
		}
	}
	return v, nil
}

// Fits reports whether a form made of the schema shows all of a value: nothing
// has another shape, a name the schema lacks, or a name twice. A map may have a
// name twice, since a form has a line for each.
func (v Value) Fits(s *Schema) bool {
	switch {
	case s == nil:
		return false
	case s.Type == schema.Array:
		return v.Shape == List && !slices.ContainsFunc(v.Items, func(i Value) bool { return !i.Fits(s.Items) })
	case s.Type != schema.Object:
		return v.Shape == Scalar
	case v.Shape != Group:
		return false
	case s.Values != nil:
		return !slices.ContainsFunc(v.Fields, func(f Field) bool { return !f.Value.Fits(s.Values) })
	}
	seen := map[string]bool{}
	for _, f := range v.Fields {
		if seen[f.Name] || !f.Value.Fits(s.Properties.Get(f.Name)) {
			return false
		}
		seen[f.Name] = true
	}
	return true
}

// Write writes a value as YAML of the schema: what should be a number and looks
// like one is one, everything else is text.
func (v Value) Write(s *Schema) (string, error) {
	b, err := yaml.Dump(v.node(s), yaml.WithIndent(2), yaml.WithLineWidth(-1))
	return string(b), err
}

func (v Value) node(s *Schema) *yaml.Node {
	if s == nil {
		s = new(Schema)
	}
	switch v.Shape {
	case List:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, item := range v.Items {
			n.Content = append(n.Content, item.node(s.Items))
		}
		return n
	case Group:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, f := range v.Fields {
			of := s.Values
			if of == nil {
				of = s.Properties.Get(f.Name)
			}
			n.Content = append(n.Content, declare.TextNode(f.Name), f.Value.node(of))
		}
		if len(n.Content) == 0 {
			n.Style = yaml.FlowStyle
		}
		return n
	}
	if tag := scalarTag(s.Type, v.Text); tag != "" {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: v.Text}
	}
	return declare.TextNode(v.Text)
}

// scalarTag returns the tag of a text that reads as its type wants it, or "".
func scalarTag(t schema.Type, s string) string {
	switch t {
	case schema.Boolean:
		if s == "true" || s == "false" {
			return "!!bool"
		}
	case schema.Integer, schema.Number:
		if _, err := strconv.ParseInt(s, 10, 64); err == nil && s[0] != '+' {
			return "!!int"
		}
		if _, err := strconv.ParseFloat(s, 64); err == nil && strings.Trim(s, "+-.0123456789eE") == "" && t == schema.Number {
			return "!!float"
		}
	}
	return ""
}

// Differences lists the fields that differ between two revisions of one thing.
// Where one of them is not there, every field of the other does.
func Differences(before, after throughline.Resource) []throughline.FieldChange {
	empty := func(like throughline.Resource) throughline.Resource {
		return throughline.Resource{APIVersion: like.APIVersion, Kind: like.Kind, Metadata: throughline.Metadata{Name: like.Metadata.Name}, Spec: throughline.NewSpec(like.Kind)}
	}
	switch {
	case before.Spec == nil && after.Spec == nil:
		return nil
	case before.Spec == nil:
		before = empty(after)
	case after.Spec == nil:
		after = empty(before)
	}
	return declare.Fields(before, after)
}
