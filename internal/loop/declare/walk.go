package declare

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/schema"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// decode fills the struct that into points to from a mapping. It reports whether
// the node was a mapping at all; problems inside it are noted.
func (d *decoder) decode(n *yaml.Node, into any, what fieldPath) bool {
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		d.wrong(n, what, "fields, one on each line")
		return false
	}
	d.fill(n, reflect.ValueOf(into).Elem(), what)
	return true
}

// value sets v from a node. Path names the place for people: spec.slots[2].role.
func (d *decoder) value(n *yaml.Node, v reflect.Value, path fieldPath) {
	n = resolve(n)
	if v.Type() == reflect.TypeFor[*yaml.Node]() {
		v.Set(reflect.ValueOf(n))
		return
	}
	if n.Style&yaml.TaggedStyle != 0 {
		d.problem(n, path, throughline.Invalid, "%s has the tag %s", path, n.ShortTag()).WithFix("write the value without a tag")
		return
	}
	if u, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		d.parsed(n, u, path)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path)
	case reflect.Struct:
		if n.Kind != yaml.MappingNode {
			d.wrong(n, path, "fields: "+strings.Join(fieldNames(v.Type()), ", "))
			return
		}
		d.fill(n, v, path)
	case reflect.Map:
		d.entries(n, v, path)
	case reflect.Slice:
		d.items(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

// fill sets the fields of a struct from a mapping.
func (d *decoder) fill(n *yaml.Node, v reflect.Value, path fieldPath) {
	fields := schema.Fields(v.Type())
	given := map[string]bool{}
	for key, value := range d.pairs(n, path) {
		i := slices.IndexFunc(fields, func(f schema.Field) bool { return f.Name == key.Value })
		if i < 0 {
			d.unknown(key, fieldNames(v.Type()), path)
			continue
		}
		if isNull(resolve(value)) {
			continue // a field without a value is a field not given
		}
		given[key.Value] = true
		d.value(value, v.Field(fields[i].Index), path.entry(key.Value))
		if fields[i].Required && emptyText(v.Field(fields[i].Index), resolve(value)) {
			d.problem(value, path.entry(key.Value), throughline.Invalid, "%s is empty", path.entry(key.Value)).WithFix("give it a value")
		}
		if !fields[i].Required {
			normalise(v.Field(fields[i].Index))
		}
	}
	for _, f := range fields {
		if f.Required && !given[f.Name] {
			d.problem(n, path.entry(f.Name), throughline.Invalid, "%s has no %s", path, f.Name).WithFix("add the field %s", f.Name)
		}
	}
}

// emptyText reports whether a required field was given without content: "" or
// []. A required map may be empty.
func emptyText(v reflect.Value, n *yaml.Node) bool {
	switch v.Kind() {
	case reflect.String:
		return n.Kind == yaml.ScalarNode && n.Value == ""
	case reflect.Slice:
		return n.Kind == yaml.SequenceNode && len(n.Content) == 0
	}
	return false
}

// normalise makes an optional list or map without entries the same as none, so
// that one declaration has one canonical form.
func normalise(v reflect.Value) {
	if k := v.Kind(); (k == reflect.Map || k == reflect.Slice) && v.Len() == 0 {
		v.SetZero()
	}
}

// pairs yields the keys and values of a mapping, each key once.
func (d *decoder) pairs(n *yaml.Node, path fieldPath) func(func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		first := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := resolve(n.Content[i]), n.Content[i+1]
			if key.Kind != yaml.ScalarNode {
				d.problem(key, path, throughline.Invalid, "a key in %s is not a name", path).WithFix("write keys as text")
				continue
			}
			if line, ok := first[key.Value]; ok {
				d.problem(key, path.entry(key.Value), throughline.Invalid, "%s is given twice, first on line %d", path.entry(key.Value), line).
					WithFix("keep one of them")
				continue
			}
			first[key.Value] = key.Line
			if !yield(key, value) {
				return
			}
		}
	}
}

func (d *decoder) unknown(key *yaml.Node, known []string, path fieldPath) {
	fix := "the fields are " + strings.Join(known, ", ")
	if near := text.Nearest(key.Value, known); near != "" {
		fix = fmt.Sprintf("did you mean %s? %s", near, fix)
	}
	d.problem(key, path.entry(key.Value), throughline.Invalid, "%s has no field %q", path, key.Value).WithFix("%s", fix)
}

// entries sets a map with text keys.
func (d *decoder) entries(n *yaml.Node, v reflect.Value, path fieldPath) {
	if n.Kind != yaml.MappingNode {
		d.wrong(n, path, "names with values, one on each line")
		return
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(n.Content)/2))
	for key, value := range d.pairs(n, path) {
		if isNull(resolve(value)) || key.Value == "" {
			d.problem(value, path.entry(key.Value), throughline.Invalid, "%s has an entry without a name or a value", path).WithFix("fill it or remove it")
			continue
		}
		entry := reflect.New(v.Type().Elem()).Elem()
		d.value(value, entry, path.entry(key.Value))
		v.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), entry)
	}
}

// items sets a list.
func (d *decoder) items(n *yaml.Node, v reflect.Value, path fieldPath) {
	if n.Kind != yaml.SequenceNode {
		d.wrong(n, path, "a list, with - before each item")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		place := path.item(i)
		if isNull(resolve(item)) {
			d.problem(item, place, throughline.Invalid, "%s has no value", place).WithFix("fill it or remove it")
			continue
		}
		d.value(item, v.Index(i), place)
	}
}

// parsed sets a value that reads its own text, such as a duration.
func (d *decoder) parsed(n *yaml.Node, u encoding.TextUnmarshaler, path fieldPath) {
	if n.Kind != yaml.ScalarNode {
		d.wrong(n, path, "one value")
		return
	}
	if err := u.UnmarshalText([]byte(n.Value)); err != nil {
		p := d.problem(n, path, throughline.Invalid, "%s: %v", path, err)
		if e, ok := err.(*throughline.Error); ok {
			p.Message, p.Fix = path.String()+": "+e.Message, e.Fix
		}
	}
}

// scalar sets a text, a number or a truth value.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, path fieldPath) {
	want := map[reflect.Kind]string{reflect.String: "text", reflect.Bool: "true or false", reflect.Int: "a whole number", reflect.Float64: "a number"}[v.Kind()]
	if n.Kind != yaml.ScalarNode {
		d.wrong(n, path, want)
		return
	}
	tag := n.ShortTag()
	switch v.Kind() {
	case reflect.String:
		// A day such as 2026-11-30 is a text here: every field says what it is.
		if tag != "!!str" && tag != "!!timestamp" {
			d.wrong(n, path, fmt.Sprintf("text; put it in quotes: %q", n.Value))
			return
		}
		d.text(n, v, path)
	case reflect.Bool:
		if tag != "!!bool" || n.Value != "true" && n.Value != "false" {
			d.wrong(n, path, want)
			return
		}
		v.SetBool(n.Value == "true")
	case reflect.Int:
		i, err := strconv.ParseInt(n.Value, 10, 32)
		if tag != "!!int" || err != nil {
			d.wrong(n, path, want)
			return
		}
		v.SetInt(i)
	case reflect.Float64:
		f, err := strconv.ParseFloat(n.Value, 64)
		if tag != "!!int" && tag != "!!float" || err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			d.wrong(n, path, want)
			return
		}
		v.SetFloat(f)
	default:
		d.problem(n, path, throughline.Internal, "%s: values of type %s cannot be read", path, v.Type())
	}
}

// text sets a text, of which some have a list of choices.
func (d *decoder) text(n *yaml.Node, v reflect.Value, path fieldPath) {
	var choices []string
	for _, c := range schema.Choices(v.Type()) {
		choices = append(choices, c.Value)
	}
	if len(choices) == 0 || slices.Contains(choices, n.Value) {
		v.SetString(n.Value)
		return
	}
	fix := "choose one of " + strings.Join(choices, ", ")
	if near := text.Nearest(n.Value, choices); near != "" {
		fix = fmt.Sprintf("did you mean %s? %s", near, fix)
	}
	d.problem(n, path, throughline.Invalid, "%s is %q, which is none of the choices", path, n.Value).WithFix("%s", fix)
}

func (d *decoder) wrong(n *yaml.Node, path fieldPath, want string) {
	d.problem(n, path, throughline.Invalid, "%s is %s", path, describe(n)).WithFix("it wants %s", want)
}

// describe says in words what a node is.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a group of fields"
	case yaml.SequenceNode:
		return "a list"
	}
	value := n.Value
	if letters := []rune(value); len(letters) > 40 {
		value = string(letters[:40]) + "…"
	}
	switch n.ShortTag() {
	case "!!int", "!!float":
		return "the number " + value
	case "!!bool":
		return "the truth value " + value
	case "!!null":
		return "without a value"
	}
	return fmt.Sprintf("the text %q", value)
}

// resolve follows aliases. The document was measured, so they end.
func resolve(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// fieldNames returns the names a struct's fields have in a manifest.
func fieldNames(t reflect.Type) []string {
	var names []string
	for _, f := range schema.Fields(t) {
		names = append(names, f.Name)
	}
	return names
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// lookup returns the value of a key in a mapping, or nil.
func lookup(n *yaml.Node, key string) *yaml.Node {
	n = resolve(n)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if resolve(n.Content[i]).Value == key {
			return resolve(n.Content[i+1])
		}
	}
	return nil
}

// fieldPath is where a value stands: in words for a message, and as the field of the
// resource for a form.
type fieldPath struct{ said, field string }

// entry is the path of a named value inside this one.
func (p fieldPath) entry(name string) fieldPath {
	field := name
	if p.field != "" {
		field = p.field + "." + name
	}
	if p.said == wholeDocument {
		return fieldPath{name, field}
	}
	return fieldPath{p.said + "." + name, field}
}

// item is the path of a list's value.
func (p fieldPath) item(i int) fieldPath {
	return fieldPath{fmt.Sprintf("%s[%d]", p.said, i), fmt.Sprintf("%s[%d]", p.field, i)}
}

// String returns the path as a message says it.
func (p fieldPath) String() string { return p.said }

const wholeDocument = "the document"
