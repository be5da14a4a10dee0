package declare

import (
	"bytes"
	"encoding"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/schema"
)

// Encode writes resources as YAML that Decode reads back as they are: by kind in
// the order of throughline.Kinds, then by name; fields in the order in which
// they are documented, map keys ascending, short lists on one line. Equal sets
// have equal bytes.
func Encode(resources []throughline.Resource) ([]byte, error) {
	var out bytes.Buffer
	sorted := slices.Clone(resources)
	slices.SortStableFunc(sorted, inOrder)
	for i, r := range sorted {
		if i > 0 {
			out.WriteString("---\n")
		}
		b, err := yaml.Dump(written(reflect.ValueOf(r)), yaml.WithIndent(2), yaml.WithLineWidth(-1))
		if err != nil {
			return nil, throughline.Errorf(throughline.Internal, "writing YAML: %w", err).At(r.Ref().String())
		}
		out.Write(b)
	}
	return out.Bytes(), nil
}

// written returns the node for a value.
func written(v reflect.Value) *yaml.Node {
	if m, ok := v.Interface().(encoding.TextMarshaler); ok {
		b, _ := m.MarshalText() // durations cannot fail
		return TextNode(string(b))
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		return written(v.Elem())
	case reflect.Struct:
		return structNode(v)
	case reflect.Map:
		return mapNode(v)
	case reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for i := range v.Len() {
			n.Content = append(n.Content, written(v.Index(i)))
		}
		return compact(n)
	case reflect.Bool:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(v.Bool())}
	case reflect.Int:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.FormatInt(v.Int(), 10)}
	case reflect.Float64:
		return floatNode(v.Float())
	}
	return TextNode(v.String())
}

func structNode(v reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, f := range schema.Fields(v.Type()) {
		value := v.Field(f.Index)
		if omitted(v.Type().Field(f.Index).Tag.Get("json"), value) {
			continue
		}
		n.Content = append(n.Content, TextNode(f.Name), written(value))
	}
	if v.Type() == reflect.TypeFor[throughline.Length]() || v.Type() == reflect.TypeFor[throughline.Holdout]() {
		return compact(n)
	}
	return n
}

// omitted reports whether encoding/json would leave the field out.
func omitted(tag string, v reflect.Value) bool {
	switch {
	case strings.Contains(tag, "omitzero"):
		return v.IsZero()
	case !strings.Contains(tag, "omitempty"):
		return false
	}
	if k := v.Kind(); k == reflect.Map || k == reflect.Slice {
		return v.Len() == 0
	}
	return v.Kind() != reflect.Struct && v.IsZero()
}

func mapNode(v reflect.Value) *yaml.Node {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	entries := make(map[string]reflect.Value, v.Len())
	for _, key := range v.MapKeys() {
		entries[key.String()] = v.MapIndex(key)
	}
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		n.Content = append(n.Content, TextNode(key), written(entries[key]))
	}
	if len(n.Content) == 0 {
		n.Style = yaml.FlowStyle
	}
	return n
}

// floatNode writes a number without an exponent where people would.
func floatNode(f float64) *yaml.Node {
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if len(s) > 20 {
		s = strconv.FormatFloat(f, 'e', -1, 64)
		if !strings.Contains(s, ".") {
			s = strings.Replace(s, "e", ".0e", 1)
		}
	}
	tag := "!!float"
	if !strings.ContainsAny(s, ".e") {
		tag = "!!int"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: s}
}

// TextNode writes a text: plain where that is safe, as a block where it has
// several clean lines, otherwise in double quotes.
func TextNode(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	switch {
	case strings.Contains(s, "\n") && block(s):
		n.Style = yaml.LiteralStyle
	case !printable(s) || strings.TrimSpace(s) != s:
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// block reports whether a text survives as a literal block.
func block(s string) bool {
	if !printable(strings.ReplaceAll(s, "\n", "")) || strings.HasPrefix(s, " ") || strings.HasPrefix(s, "\n") {
		return false
	}
	for line := range strings.SplitSeq(s, "\n") {
		if strings.TrimRight(line, " ") != line {
			return false
		}
	}
	return true
}

// printable reports whether a text has nothing that YAML treats as a break or
// refuses.
func printable(s string) bool {
	for _, r := range s {
		if r < ' ' || r == utf8.RuneError || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r >= 0xfff0 && r <= 0xffff {
			return false
		}
	}
	return true
}

// compact writes a short list or group of plain values on one line.
func compact(n *yaml.Node) *yaml.Node {
	width := 0
	for _, c := range n.Content {
		if c.Kind != yaml.ScalarNode || c.Style != 0 {
			return n
		}
		width += len(c.Value) + 2
	}
	if width <= 60 {
		n.Style = yaml.FlowStyle
	}
	return n
}
