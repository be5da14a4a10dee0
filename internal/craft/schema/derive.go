package schema

import (
	"encoding"
	"iter"
	"math"
	"reflect"
	"strings"

	"github.com/throughline-engine/throughline"
)

// Field is one field of a declared struct, read off its json tag: the tag is the
// contract, and a field that may not be left out is one without omitempty or
// omitzero.
type Field struct {
	Name     string
	Index    int // in the struct
	Required bool
}

// Fields returns the fields of a struct type in the order they are declared in.
// A bool is never required: left out, it is false.
func Fields(t reflect.Type) []Field {
	fields := make([]Field, 0, t.NumField())
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		fields = append(fields, Field{name, i, !strings.Contains(options, "omit") && t.Field(i).Type.Kind() != reflect.Bool})
	}
	return fields
}

// writer writes the schemas of types with the words of the notes.
type writer struct{ notes map[string]note }

// object returns the schema of a struct.
func (w *writer) object(t reflect.Type) *Schema {
	s := &Schema{Type: Object}
	for _, f := range Fields(t) {
		n := w.notes[t.Name()+"."+f.Name]
		field := w.value(t.Field(f.Index).Type, n)
		field.Title, field.Description, field.Default = n.title, n.text, n.standard
		if f.Required {
			s.Required = append(s.Required, f.Name)
			filled(field)
		}
		s.Properties = append(s.Properties, Property{f.Name, field})
	}
	return s
}

// filled makes a required text or list one with content. A required object may
// be empty.
func filled(s *Schema) {
	switch {
	case s.Type == String && s.Enum == nil && s.Pattern == "":
		s.MinLength = 1
	case s.Type == Array:
		s.MinItems = 1
	}
}

// described adds the words about a type that is used as one field.
func (w *writer) described(s *Schema, name string) *Schema {
	s.Title, s.Description = w.notes[name].title, w.notes[name].text
	return s
}

// value returns the schema of a type without its words.
func (w *writer) value(t reflect.Type, n note) *Schema {
	if t == reflect.TypeFor[throughline.Duration]() {
		return &Schema{Type: String, Input: Length, Pattern: durationForm}
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return &Schema{Type: String}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return w.value(t.Elem(), n)
	case reflect.Struct:
		return w.object(t)
	case reflect.Slice:
		items := w.value(t.Elem(), n)
		filled(items)
		return &Schema{Type: Array, Items: items, MaxItems: n.most}
	case reflect.Map:
		s := &Schema{Type: Object, Keys: n.keys, Values: w.value(t.Elem(), n), Names: &Schema{MinLength: 1}, MinProperties: n.fewest}
		if n.keys == ByLocale {
			s.Names = &Schema{Pattern: localeForm}
		}
		if n.fewest > 0 {
			filled(s.Values)
		}
		return s
	case reflect.Bool:
		return &Schema{Type: Boolean}
	case reflect.Int:
		return &Schema{Type: Integer, Minimum: cmpOr(n.least, math.MinInt32), Maximum: cmpOr(n.upto, math.MaxInt32), Unit: n.unit}
	case reflect.Float64:
		return &Schema{Type: Number, Minimum: n.least, Above: n.above, Maximum: n.upto, Unit: n.unit}
	}
	return leaf(t, n)
}

// leaf returns the schema of a text.
func leaf(t reflect.Type, n note) *Schema {
	s := &Schema{Type: String, Input: n.input, Ref: n.ref, Pattern: n.pattern}
	switch {
	case n.ref != "":
		s.Pattern = nameForm
	case n.input == Language:
		s.Pattern = localeForm
	case n.input == Day:
		s.Pattern = dayForm
	case n.input == When:
		s.Pattern = momentForm
	}
	s.Choices = Choices(t)
	for _, c := range s.Choices {
		s.Enum = append(s.Enum, c.Value)
	}
	return s
}

func cmpOr(bound *float64, otherwise float64) *float64 {
	if bound != nil {
		return bound
	}
	return &otherwise
}

// The forms of texts. Name and duration are those that package throughline
// reads; a language is only held to its outline, because the list of languages
// is long.
const (
	nameForm     = `^[a-z0-9]([a-z0-9./-]{0,78}[a-z0-9])?$`
	slotForm     = `^[a-z][a-z0-9_]{0,39}$`
	localeForm   = `^[a-z]{2,8}(-[A-Za-z0-9]{1,8})*$`
	versionForm  = `^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$`
	ratioForm    = `^[1-9][0-9]{0,4}(\.[0-9]{1,4})?:[1-9][0-9]{0,4}(\.[0-9]{1,4})?$`
	conceptName  = `^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$`
	conceptForm  = `^[a-z0-9]([a-z0-9./-]{0,78}[a-z0-9])?#[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$`
	digestForm   = `^[0-9a-f]{64}$`
	refForm      = `^[A-Z][A-Za-z]+/[a-z0-9]([a-z0-9./-]{0,78}[a-z0-9])?$`
	momentForm   = `^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2}))?$`
	dayForm      = `^[0-9]{4}-[0-9]{2}-[0-9]{2}$`
	durationForm = `^((3650|36[0-4][0-9]|3[0-5][0-9]{2}|[0-2]?[0-9]{1,3})d|([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+)$`
)

// steps yields the names and positions of a path: spec, slots, 2, role.
func steps(path string) iter.Seq[string] {
	return strings.FieldsFuncSeq(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}
