// Package schema describes every kind of resource to machines and to forms: the
// JSON Schema (2020-12) of each, derived from the Go types of the root package
// and the words of this one.
//
// The types say what fields there are, in which order, of which shape and which
// must be given; a table here says what each is called, what it means in plain
// words, what it may be and what it refers to. A test fails when one has what
// the other lacks. What joins resources to each other, such as a name that must
// exist, is beyond a schema: package declare holds those rules.
package schema

import (
	"encoding/json"
	"reflect"

	"github.com/throughline-engine/throughline"
)

// Dialect is the JSON Schema that the documents are written in.
const Dialect = "https://json-schema.org/draft/2020-12/schema"

// The bounds that a schema states and package declare holds resources to.
const (
	MaxSlots    = 12         // of a template
	MaxConcepts = 5000       // of a vocabulary
	MinFloor    = 0.001      // of a policy, as a share of exposures
	MaxExplore  = 10_000_000 // exposures
	MaxHoldout  = 0.5        // as a share of recipients
)

// Type is the JSON type of a value.
type Type string

// The types.
const (
	Object  Type = "object"
	Array   Type = "array"
	String  Type = "string"
	Integer Type = "integer"
	Number  Type = "number"
	Boolean Type = "boolean"
)

// Schema describes one value. It marshals as JSON Schema; the members that the
// standard does not know start with "x-" and are for forms.
type Schema struct {
	// Dialect and ID are set on the schema of a kind, and on nothing inside it.
	Dialect string `json:"$schema,omitempty"`
	ID      string `json:"$id,omitempty"`
	// Title is what a person calls the value, Description one sentence about it.
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Type        Type   `json:"type,omitempty"`
	// Const is the only value a text may have; empty when there are more.
	Const string `json:"const,omitempty"`
	// Enum are the values a text may have; Choices says what each means.
	Enum    []string `json:"enum,omitempty"`
	Choices []Choice `json:"x-choices,omitempty"`
	// Default is what holds when the value is not given: text, number or bool.
	Default any `json:"default,omitempty"`
	// Pattern is a regular expression of the kind ECMA-262 and RE2 share.
	Pattern   string `json:"pattern,omitempty"`
	MinLength int    `json:"minLength,omitempty"` // in code points; 0 for no bound
	// Minimum, Above and Maximum bound a number; nil for no bound.
	Minimum *float64 `json:"minimum,omitempty"`
	Above   *float64 `json:"exclusiveMinimum,omitempty"`
	Maximum *float64 `json:"maximum,omitempty"`
	// Unit is what a number counts: "exposures", "share of recipients".
	Unit string `json:"x-unit,omitempty"`
	// Input says how the text is best entered; empty means on one line.
	Input Input `json:"x-input,omitempty"`
	// Ref is the kind of resource that the text names; empty for none.
	Ref throughline.Kind `json:"x-ref,omitempty"`
	// Items describes each value of an array.
	Items    *Schema `json:"items,omitempty"`
	MinItems int     `json:"minItems,omitempty"`
	MaxItems int     `json:"maxItems,omitempty"` // 0 for no bound
	// Properties are the fields of an object in the order people fill them;
	// Required names those that must be given.
	Properties Properties `json:"properties,omitempty"`
	Required   []string   `json:"required,omitempty"`
	// OneOf lists fields of which exactly one must be given.
	OneOf []OneOf `json:"oneOf,omitempty"`
	// Values describes each value of an object whose names are free, such as
	// texts by language; nil for an object with fields of its own. Names describes
	// the names, Keys says what they are.
	Values        *Schema `json:"-"` // written as additionalProperties
	Names         *Schema `json:"propertyNames,omitempty"`
	Keys          Keys    `json:"x-keys,omitempty"`
	MinProperties int     `json:"minProperties,omitempty"`
}

// Choice is one value of a list of choices.
type Choice struct {
	Value       string `json:"value"`
	Title       string `json:"title"`
	Description string `json:"description"`
}

// OneOf is one of several fields that exclude each other.
type OneOf struct {
	Required []string `json:"required"`
}

// Input is how a text is best entered.
type Input string

// The inputs that are not one line.
const (
	Lines    Input = "lines"    // several lines
	Rule     Input = "rule"     // CEL
	Markup   Input = "markup"   // HTML with placeholders
	Fill     Input = "fill"     // text with placeholders
	Day      Input = "day"      // YYYY-MM-DD
	When     Input = "moment"   // YYYY-MM-DD, or an instant as in RFC 3339
	Length   Input = "duration" // 30m, 24h, 7d
	Language Input = "language" // BCP 47
)

// Keys is what the names of an object with free names are.
type Keys string

// The keys.
const (
	ByLocale   Keys = "locale"  // a language
	BySlot     Keys = "slot"    // a slot of the template
	ByRole     Keys = "role"    // the role of a slot
	ByLabel    Keys = "label"   // a label's name
	ByToken    Keys = "token"   // a design token's name
	ByField    Keys = "field"   // a field's name
	ByChannel  Keys = "channel" // a Channel
	ByRuleName Keys = "rule"    // a rule's name
)

// Property is one field of an object.
type Property struct {
	Name   string
	Schema *Schema
}

// Properties are the fields of an object, in order.
type Properties []Property

// Get returns the schema of the field, or nil.
func (p Properties) Get(name string) *Schema {
	for _, field := range p {
		if field.Name == name {
			return field.Schema
		}
	}
	return nil
}

// MarshalJSON writes an object whose members keep their order.
func (p Properties) MarshalJSON() ([]byte, error) {
	out := []byte("{")
	for i, field := range p {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := json.Marshal(field.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(field.Schema)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

// MarshalJSON writes JSON Schema. An object with fields of its own is closed: an
// unknown field is an error everywhere.
func (s Schema) MarshalJSON() ([]byte, error) {
	type plain Schema
	var rest any
	switch {
	case s.Values != nil:
		rest = s.Values
	case s.Type == Object:
		rest = false
	}
	return json.Marshal(struct {
		plain
		Rest any `json:"additionalProperties,omitempty"`
	}{plain(s), rest})
}

// Of returns the schema of a whole resource of the kind, apiVersion to spec, or
// nil for a kind that does not exist. It is the caller's to change.
func Of(kind throughline.Kind) *Schema {
	spec := throughline.NewSpec(kind)
	if spec == nil {
		return nil
	}
	w := writer{notes: notes()}
	about := w.notes[string(kind)]
	body := w.object(reflect.TypeOf(spec).Elem())
	if kind == throughline.KindGuardrail {
		for _, rule := range []string{"forbid", "require", "length", "assert"} {
			body.OneOf = append(body.OneOf, OneOf{Required: []string{rule}})
		}
	}
	body.Title, body.Description = about.title, about.text
	return &Schema{
		Dialect: Dialect, ID: "urn:throughline:v1:" + string(kind),
		Title: about.title, Description: about.text, Type: Object,
		Properties: Properties{
			{"apiVersion", &Schema{Title: "Version", Description: "The version of the form this is written in.", Type: String, Const: throughline.APIVersion}},
			{"kind", &Schema{Title: "Kind", Description: "What kind of thing this is.", Type: String, Const: string(kind)}},
			{"metadata", w.described(w.object(reflect.TypeFor[throughline.Metadata]()), "Metadata")},
			{"spec", body},
		},
		Required: []string{"apiVersion", "kind", "metadata", "spec"},
	}
}

// At returns the schema of the field at a path as problems carry it, such as
// spec.values.en or spec.slots[2].role, or nil when there is no such field.
func (s *Schema) At(path string) *Schema {
	at := s
	for step := range steps(path) {
		switch {
		case at == nil:
			return nil
		case at.Type == Array:
			at = at.Items
		case at.Values != nil && at.Values.Type == String:
			return at.Values // a free name, such as a token's, may hold points
		case at.Values != nil:
			at = at.Values
		default:
			at = at.Properties.Get(step)
		}
	}
	return at
}
