package declare

import (
	"reflect"
	"strings"

	"github.com/throughline-engine/throughline"
)

// field is one field of a declared struct, read off its json tag: the tag is
// the contract, and a field that may not be left out is one without omitempty or
// omitzero.
type field struct {
	name     string
	index    int
	required bool
}

func fieldsOf(t reflect.Type) []field {
	fields := make([]field, 0, t.NumField())
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		fields = append(fields, field{name, i, !strings.Contains(options, "omit") && t.Field(i).Type.Kind() != reflect.Bool})
	}
	return fields
}

func fieldNames(t reflect.Type) []string {
	var names []string
	for _, f := range fieldsOf(t) {
		names = append(names, f.name)
	}
	return names
}

// choicesOf returns the values a type of text may have, or nil when it is free.
func choicesOf(t reflect.Type) []string {
	switch t {
	case reflect.TypeFor[throughline.Kind]():
		return list(throughline.Kinds()...)
	case reflect.TypeFor[throughline.Discipline]():
		return list(throughline.Creative, throughline.Operations, throughline.Other)
	case reflect.TypeFor[throughline.Role]():
		return list(throughline.Steward, throughline.Maker, throughline.Operator, throughline.Approver, throughline.Viewer)
	case reflect.TypeFor[throughline.Surface]():
		return list(throughline.Web, throughline.App)
	case reflect.TypeFor[throughline.SlotType]():
		return list(throughline.Text, throughline.Link, throughline.Image)
	case reflect.TypeFor[throughline.LengthUnit]():
		return list(throughline.Grapheme, throughline.Width, throughline.UTF16)
	case reflect.TypeFor[throughline.Severity]():
		return list(throughline.Block, throughline.Warn, throughline.Info)
	case reflect.TypeFor[throughline.PolicyKind]():
		return list(throughline.Learned, throughline.Uniform, throughline.ExploreThenCommit, throughline.Fixed)
	case reflect.TypeFor[throughline.HoldoutServe]():
		return list(throughline.ServeUniform, throughline.ServeControl)
	case reflect.TypeFor[throughline.HoldoutScope]():
		return list(throughline.ScopePlacement, throughline.ScopeEngine)
	case reflect.TypeFor[throughline.Stickiness]():
		return list(throughline.StickySession, throughline.StickyRecipient, throughline.StickyNone)
	}
	return nil
}

func list[T ~string](values ...T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}
