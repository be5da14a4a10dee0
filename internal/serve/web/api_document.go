package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
)

// apiDocument is what the pages of the API read of an OpenAPI document.
type apiDocument struct {
	Tags []struct {
		Name, Description string
	}
	Paths      map[string]map[string]*apiOperation
	Components struct {
		Schemas   map[string]*apiSchema
		Responses map[string]apiResponse
	}
	byID map[string]*apiOperation
}

type apiOperation struct {
	OperationID, Summary, Description string
	Tags                              []string
	Parameters                        []apiParameter
	RequestBody                       *struct{ Content map[string]apiMedia }
	Responses                         map[string]apiResponse
	Security                          []map[string]json.RawMessage
	ExternalDocs                      *struct{ Description, URL string }
	Right                             string `json:"x-right"`
	Open                              string `json:"x-open"`

	method, path string
}

type apiParameter struct {
	Name, In, Description string
	Required              bool
	Example               any
	Schema                *apiSchema
}

type apiResponse struct {
	Ref         string `json:"$ref"`
	Description string
	Content     map[string]apiMedia
}

type apiMedia struct {
	Schema   *apiSchema
	Example  json.RawMessage
	Examples map[string]struct{ Value json.RawMessage }
}

type apiSchema struct {
	Ref                  string `json:"$ref"`
	Type                 any    // a name, or a list of them
	Format, Description  string
	Enum                 []any
	Default              any
	Minimum, Maximum     *float64
	MaxLength            *int
	Items                *apiSchema
	Properties           map[string]*apiSchema
	AdditionalProperties json.RawMessage
	Required             []string
	Examples             []any
}

// readAPI reads a document. It fails only on one that is not our own.
func readAPI(text []byte) (*apiDocument, error) {
	doc := &apiDocument{byID: map[string]*apiOperation{}}
	if err := json.Unmarshal(text, doc); err != nil {
		return nil, throughline.Errorf(throughline.Internal, "the description of the API cannot be read: %w", err)
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			op.method, op.path = strings.ToUpper(method), path
			doc.byID[op.OperationID] = op
		}
	}
	return doc, nil
}

// tagged returns the operations of a tag, by path and method.
func (d *apiDocument) tagged(tag string) []*apiOperation {
	var ops []*apiOperation
	for _, op := range d.byID {
		if slices.Contains(op.Tags, tag) {
			ops = append(ops, op)
		}
	}
	slices.SortFunc(ops, func(a, b *apiOperation) int {
		return cmp.Or(cmp.Compare(a.path, b.path), cmp.Compare(a.method, b.method))
	})
	return ops
}

// found reports whether an operation has all the words, in any letters.
func (op *apiOperation) found(words []string) bool {
	text := strings.ToLower(strings.Join([]string{op.method, op.path, op.OperationID, op.Summary, op.Description}, " "))
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, word) })
}

// apiField is one line of a table of fields.
type apiField struct {
	Name, Type, Says string
	Required         bool
}

// fieldDepth is how far down the fields of fields are listed; the examples show
// the rest.
const fieldDepth = 4

// fields lists what a shape has, each field by its way from the top.
func (d *apiDocument) fields(s *apiSchema) []apiField {
	var out []apiField
	d.walk(s, "", nil, &out)
	return out
}

func (d *apiDocument) walk(s *apiSchema, at string, within []string, out *[]apiField) {
	if s == nil || len(within) > fieldDepth {
		return
	}
	if s.Ref != "" {
		if slices.Contains(within, s.Ref) { // a tree, which would never end
			return
		}
		within = append(slices.Clone(within), s.Ref)
		s = d.resolve(s)
	}
	if s.Items != nil {
		d.walk(s.Items, at+"[]", within, out)
		return
	}
	names := slices.SortedFunc(maps.Keys(s.Properties), func(a, b string) int {
		needed := func(n string) int {
			if slices.Contains(s.Required, n) {
				return 0
			}
			return 1
		}
		return cmp.Or(needed(a)-needed(b), cmp.Compare(a, b))
	})
	for _, name := range names {
		p := s.Properties[name]
		way := strings.TrimPrefix(at+"."+name, ".")
		*out = append(*out, apiField{Name: way, Type: d.typeOf(p), Says: meaning(d.resolve(p), p), Required: slices.Contains(s.Required, name)})
		d.walk(p, way, within, out)
	}
}

func (d *apiDocument) resolve(s *apiSchema) *apiSchema {
	if to := d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]; to != nil {
		return to
	}
	return s
}

// typeOf names what a value is, in words.
func (d *apiDocument) typeOf(s *apiSchema) string {
	if s == nil {
		return "anything"
	}
	s = d.resolve(s)
	var typ string
	switch t := s.Type.(type) {
	case string:
		typ = t
	case []any:
		for _, one := range t {
			if name, _ := one.(string); name != "null" {
				typ = name
			}
		}
	}
	switch {
	case s.Format == "date-time":
		return "time"
	case typ == "array":
		return "list of " + d.typeOf(s.Items)
	case typ == "object" && len(s.Properties) == 0 && len(s.AdditionalProperties) > 0:
		var of apiSchema
		if json.Unmarshal(s.AdditionalProperties, &of) == nil && (of.Type != nil || of.Ref != "") {
			return "map of " + d.typeOf(&of)
		}
		return "map"
	}
	named := map[string]string{"string": "text", "boolean": "true or false", "integer": "whole number", "": "anything"}
	return cmp.Or(named[typ], typ)
}

// meaning puts the words of a field and its bounds into one sentence.
func meaning(s, own *apiSchema) string {
	parts := []string{}
	if words := cmp.Or(own.Description, s.Description); words != "" {
		parts = append(parts, words)
	}
	if len(s.Enum) > 0 {
		var names []string
		for _, e := range s.Enum {
			names = append(names, fmt.Sprint(e))
		}
		parts = append(parts, "one of "+strings.Join(names, ", "))
	}
	if s.Minimum != nil {
		parts = append(parts, fmt.Sprintf("at least %v", *s.Minimum))
	}
	if s.Maximum != nil {
		parts = append(parts, fmt.Sprintf("at most %v", *s.Maximum))
	}
	if s.MaxLength != nil {
		parts = append(parts, fmt.Sprintf("at most %d characters", *s.MaxLength))
	}
	if s.Default != nil {
		parts = append(parts, fmt.Sprintf("%v when left out", s.Default))
	}
	return strings.Join(parts, "; ")
}

// indented writes an example as people read it; a text stands for itself.
func indented(example json.RawMessage) string {
	var s string
	if json.Unmarshal(example, &s) == nil {
		return strings.TrimSpace(s)
	}
	var out bytes.Buffer
	if json.Indent(&out, example, "", "  ") != nil {
		return string(example)
	}
	return out.String()
}
