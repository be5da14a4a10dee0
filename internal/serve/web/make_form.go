package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
)

// formField is one value of a resource in its form: a control, or a group, list
// or map of more. It is made of the value's schema, so that every kind has a
// form without one being written.
type formField struct {
	// Shape is input, lines, code, select, day, check, group, list or map.
	Shape string
	// Name is what the form sends, Path the field as problems name it.
	Name, Path string
	// Label and Hint are the schema's words, Value is a control's.
	Label, Hint, Value string
	Required           bool
	// On is a ticked check.
	On bool
	// Lang is the language of the text, Pattern its form, Mode a keyboard.
	Lang, Mode string
	Options    []option
	// Suggest is the kind whose names are offered while typing.
	Suggest string
	// Wrong keeps it from going live; Notes are worth a look.
	Wrong, Notes []string
	// Count is how long the text is, Bounds how long it may be in Unit; 0 for no
	// bound.
	Count, Least, Most int
	Unit, Bounds       string
	// Fields are those of a group; Open says that they are shown at once.
	Fields []*formField
	Open   bool
	// Rows are the entries of a list or map.
	Rows []*formRow
	// Add is what the button for another entry says; empty where the entries are
	// given.
	Add string
	// Texts are one text in every language.
	Texts bool
	// Kept says that the value is there and empty.
	Kept bool
	// Variables are what a rule may speak of.
	Variables []string
	// Preview asks for a place to show the rendering.
	Preview string
}

// formRow is one entry of a list or a map.
type formRow struct {
	// Index is its position, Said what it is called.
	Index int
	Said  string
	// KeyName is what the form sends the name Key of an entry of a map as. One
	// that is Fixed cannot be renamed.
	KeyName, Key string
	Fixed        bool
	Field        *formField
	Last         bool
	// Blank is the empty entry below the others.
	Blank bool
}

// ID is the field's id on its page.
func (f *formField) ID() string { return "f-" + idForm.Replace(f.Name) }

// KeyID is the id of the entry's name.
func (r *formRow) KeyID() string { return r.Field.ID() + "-key" }

var idForm = strings.NewReplacer("/", "--", " ", "-", "[", "-", "]", "", ".", "-", "=", "", "?", "")

// Described are the ids of what describes the field.
func (f *formField) Described() string {
	var ids []string
	if f.Hint != "" {
		ids = append(ids, f.ID()+"-hint")
	}
	if f.Most > 0 || f.Least > 0 {
		ids = append(ids, f.ID()+"-count")
	}
	return strings.Join(append(ids, f.ID()+"-said"), " ")
}

// formMaker makes the form of one resource.
type formMaker struct {
	kind throughline.Kind
	root content.Value
	// names are what there is of each kind, fragments those of each role.
	names  map[throughline.Kind][]string
	roles  map[string][]string
	roleOf []string
	// locales are the languages texts are made in, slots those of the template.
	locales []string
	slots   []throughline.Slot
	// bounds are how long a text of a role may be.
	bounds map[string]throughline.Length
	// rule returns what a rule at a path may speak of.
	rule  func(path string) []string
	named map[string]*formField
}

// maxOptions is how many options a select has; more are searched.
const maxOptions = 60

// form returns the fields of a resource, metadata last: people begin with what a
// thing says.
func (m *formMaker) form(s *content.Schema) []*formField {
	m.named = map[string]*formField{}
	spec, meta := s.Properties.Get("spec"), s.Properties.Get("metadata")
	specValue, _ := m.root.Get("spec")
	metaValue, _ := m.root.Get("metadata")
	body := m.fields(spec, "spec", "spec", specValue)
	about := &formField{Shape: "group", Name: "metadata", Path: "metadata", Label: "Labels and owner", Hint: "How it is filed, and who answers for it."}
	for _, f := range m.fields(meta, "metadata", "metadata", metaValue) {
		if f.Path != "metadata.name" { // a name is for good
			about.Fields = append(about.Fields, f)
		}
	}
	about.Open = len(metaValue.Fields) > 1
	m.named["metadata"] = about
	slices.SortStableFunc(body, func(a, b *formField) int { return cmp.Compare(saysFirst(a), saysFirst(b)) })
	return append(body, about)
}

// saysFirst orders what a thing says, in every language, before all else: it is
// what people come to change.
func saysFirst(f *formField) int {
	if f.Texts {
		return 0
	}
	return 1
}

func (m *formMaker) fields(s *content.Schema, name, path string, v content.Value) (all []*formField) {
	for _, p := range s.Properties {
		value, given := v.Get(p.Name)
		f := m.field(p.Schema, name+"."+p.Name, path+"."+p.Name, value, given)
		f.Required = slices.Contains(s.Required, p.Name)
		f.Open = f.Open || f.Required
		if f.Shape == "select" && f.Required && f.Value != "" && f.Options[0].Value == "" {
			f.Options = f.Options[1:]
		}
		all = append(all, f)
	}
	return all
}

// field makes one field of its schema.
func (m *formMaker) field(s *content.Schema, name, path string, v content.Value, given bool) *formField {
	f := &formField{Name: name, Path: path, Label: s.Title, Hint: s.Description, Value: v.Text}
	m.named[path] = f
	switch s.Type {
	case "boolean":
		f.Shape, f.On = "check", v.Text == "true"
	case "integer", "number":
		f.Shape, f.Mode = "input", "decimal"
		f.Hint = hintOf(s)
	case "array":
		m.list(f, s, v)
		f.Kept = given && len(v.Items) == 0
	case "object":
		if s.Values != nil {
			m.entries(f, s, v)
		} else {
			f.Shape, f.Fields = "group", m.fields(s, name, path, v)
			f.Open = len(v.Fields) > 0
		}
		f.Kept = given && len(v.Fields) == 0
	default:
		m.text(f, s)
	}
	return f
}

// hintOf adds to a description what holds when nothing is given, and the unit.
func hintOf(s *content.Schema) string {
	hint := s.Description
	if s.Unit != "" {
		hint += " In " + s.Unit + "."
	}
	switch d := s.Default.(type) {
	case float64:
		hint += " Without one, " + strconv.FormatFloat(d, 'f', -1, 64) + "."
	case int:
		hint += " Without one, " + strconv.Itoa(d) + "."
	}
	return hint
}

// text makes a control for a text.
func (m *formMaker) text(f *formField, s *content.Schema) {
	f.Shape = "input"
	switch {
	case s.Enum != nil:
		f.Shape = "select"
		f.Options = choicesOf(s, f.Value)
	case s.Ref != "":
		m.reference(f, m.names[s.Ref], string(s.Ref))
	case s.Input == "lines" || s.Input == "fill":
		f.Shape = "lines"
	case s.Input == "markup":
		f.Shape = "code"
	case s.Input == "rule":
		f.Shape, f.Variables = "code", m.rule(f.Path)
	case s.Input == "day" && isDay(f.Value):
		f.Shape = "day"
	case strings.ContainsAny(f.Value, "\r\n"):
		f.Shape = "lines" // a control of one line would lose them
	}
	if s.Input == "language" {
		f.Suggest = "language"
	}
	if f.Path == "spec.role" && m.kind == throughline.KindFragment || strings.HasSuffix(f.Path, ".role") && m.kind == throughline.KindTemplate {
		f.Options, f.Suggest = optionsOf(m.roleOf, ""), "role"
	}
}

func isDay(s string) bool {
	return s == "" || len(s) == 10 && s[4] == '-' && s[7] == '-' && strings.Trim(s, "-0123456789") == ""
}

// reference makes a control for the name of something.
func (m *formMaker) reference(f *formField, names []string, kind string) {
	if len(names) > maxOptions {
		f.Suggest, f.Options = kind, optionsOf(names[:maxOptions], "")
		return
	}
	f.Shape, f.Options = "select", append([]option{{Label: "–", On: f.Value == ""}}, optionsOf(names, f.Value)...)
	if f.Value != "" && !slices.Contains(names, f.Value) {
		f.Options = append(f.Options, option{f.Value, f.Value + " (not there)", true})
	}
}

func optionsOf(names []string, on string) (all []option) {
	for _, n := range names {
		all = append(all, option{n, n, n == on && on != ""})
	}
	return all
}

func choicesOf(s *content.Schema, value string) []option {
	standard, _ := s.Default.(string)
	first := option{Label: "–", On: value == ""}
	known := value == ""
	var all []option
	for _, c := range s.Choices {
		o := option{c.Value, c.Title, c.Value == value}
		if c.Description != "" && len(c.Description) < 64 {
			o.Label += ": " + strings.ToLower(c.Description[:1]) + strings.TrimSuffix(c.Description[1:], ".")
		}
		if c.Value == standard {
			first.Label = c.Title + " (unless you choose)"
		}
		known = known || o.On
		all = append(all, o)
	}
	if !known {
		all = append(all, option{value, value + " (no such choice)", true})
	}
	return append([]option{first}, all...)
}

// fewRows is how many things of several fields a form shows open: of more, each is
// opened by whoever wants it, or because something in it is wrong.
const fewRows = 4

// list makes the rows of a list. Texts have an empty row below them, which
// needs no script to be filled.
func (m *formMaker) list(f *formField, s *content.Schema, v content.Value) {
	f.Shape = "list"
	one := singular(s.Title)
	row := func(i int, item content.Value) *formRow {
		place := "[" + strconv.Itoa(i) + "]"
		field := m.field(s.Items, f.Name+place, f.Path+place, item, true)
		field.Label = one + " " + strconv.Itoa(i+1)
		if n := item.At("name") + item.At("channel"); n != "" {
			field.Label = one + " " + n
		}
		field.Required, field.Open, field.Kept = false, len(v.Items) <= fewRows, false
		return &formRow{Index: i, Said: field.Label, Field: field}
	}
	for i, item := range v.Items {
		f.Rows = append(f.Rows, row(i, item))
	}
	if len(f.Rows) > 0 {
		f.Rows[len(f.Rows)-1].Last = true
	}
	if s.Items.Type == "object" {
		f.Add = "Add " + article(one)
		return
	}
	blank := row(len(v.Items), content.Value{})
	blank.Blank, blank.Field.Label = true, "Another "+strings.ToLower(one)
	f.Rows = append(f.Rows, blank)
}

// entries makes the rows of a map. Where the names are known, each has its row,
// filled or not; otherwise there is an empty one to name.
func (m *formMaker) entries(f *formField, s *content.Schema, v content.Value) {
	f.Shape, f.Texts = "map", s.Keys == "locale" && s.Values.Type == "string"
	given := map[string]content.Value{}
	known, labels := m.keys(f, s)
	names := slices.Clone(known)
	for _, field := range v.Fields {
		if _, twice := given[field.Name]; !twice && !slices.Contains(names, field.Name) {
			names = append(names, field.Name)
		}
		given[field.Name] = field.Value
	}
	for i, key := range names {
		_, there := given[key]
		f.Rows = append(f.Rows, m.entry(f, s, i, key, given[key], there, slices.Contains(known, key)))
		if l := labels[key]; l != "" {
			f.Rows[i].Said = l
		}
	}
	if known == nil || s.Keys == "locale" {
		blank := m.entry(f, s, len(names), "", content.Value{}, false, false)
		blank.Blank = true
		f.Rows = append(f.Rows, blank)
	}
}

// entry makes one row of a map.
func (m *formMaker) entry(f *formField, s *content.Schema, i int, key string, v content.Value, given, fixed bool) *formRow {
	name := f.Name + "[" + strconv.Itoa(i) + "]"
	field := m.field(s.Values, name, f.Path+"."+key, v, given)
	field.Label, field.Hint, field.Required, field.Open = key, "", false, given
	if key == "" {
		field.Label = "Value"
		delete(m.named, f.Path+".")
	}
	if s.Keys == "locale" && s.Values.Type == "string" {
		if field.Lang = key; key != "" {
			m.measure(field)
		}
	}
	if s.Keys == "slot" {
		m.filler(field, key)
	}
	return &formRow{Index: i, Said: key, Fixed: fixed, KeyName: name + "=", Key: key, Field: field}
}

// keys returns the names a map is known to have, nil where it may have any, and
// what each is called.
func (m *formMaker) keys(f *formField, s *content.Schema) ([]string, map[string]string) {
	switch {
	case s.Keys == "locale" && m.kind == throughline.KindFragment:
		return m.locales, nil
	case s.Keys == "slot" && len(m.slots) > 0:
		var names []string
		labels := map[string]string{}
		for _, slot := range m.slots {
			names = append(names, slot.Name)
			if slot.Required {
				labels[slot.Name] = slot.Name + ", required"
			}
		}
		return names, labels
	}
	return nil, nil
}

// filler offers the fragments of the slot's role.
func (m *formMaker) filler(f *formField, slot string) {
	for _, s := range m.slots {
		if s.Name == slot {
			f.Shape, f.Suggest = "input", ""
			m.reference(f, m.roles[s.Role], string(throughline.KindFragment))
		}
	}
}

// measure says how long a text is and may be.
func (m *formMaker) measure(f *formField) {
	l, bounded := m.bounds[m.root.At("spec", "role")]
	unit := l.Unit
	if unit == "" {
		unit = throughline.Grapheme
	}
	f.Unit, f.Count = string(unit), content.Measure(f.Value, unit)
	if !bounded {
		return
	}
	f.Least, f.Most = l.Min, l.Max
	f.Bounds = content.Unit(2, unit)
}

// singular is what one entry of a list is called.
func singular(title string) string {
	words := map[string]string{
		"Slots": "Slot", "Constraints": "Constraint", "Renderings": "Rendering", "Terms": "Term", "Roles": "Role",
		"Languages": "Language", "Avoid": "Word", "Forbid": "Word", "Require": "Word", "Channels": "Channel",
		"Templates": "Template", "Fragments": "Fragment", "Markets": "Market", "Brands": "Brand", "Kinds": "Kind",
	}
	if one, ok := words[title]; ok {
		return one
	}
	return "Entry"
}

func article(s string) string {
	if strings.ContainsAny(s[:1], "AEIOU") {
		return "an " + strings.ToLower(s)
	}
	return "a " + strings.ToLower(s)
}

// place puts what is wrong, and what is worth a look, at its field, or the
// nearest around it; the rest comes back.
func (m *formMaker) place(path, said string, wrong bool) (rest string) {
	for at := path; at != ""; at = at[:max(0, strings.LastIndexAny(at, ".["))] {
		f, ok := m.named[at]
		if !ok {
			continue
		}
		if wrong {
			f.Wrong = append(f.Wrong, said)
		} else {
			f.Notes = append(f.Notes, said)
		}
		m.open(at)
		return ""
	}
	return said
}

// open shows the groups around a field, so that what is wrong in it is seen.
func (m *formMaker) open(path string) {
	for at := path; at != ""; at = at[:max(0, strings.LastIndexAny(at, ".["))] {
		if f, ok := m.named[at]; ok {
			f.Open = true
		}
	}
}
