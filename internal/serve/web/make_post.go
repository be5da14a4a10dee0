package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
)

// posted is what a form sent, as a tree of its names: spec.slots[2].role is
// spec, slots, [2], role. The name of a map's entry is sent as spec.values[0]=,
// and spec.fallback? says that a value is there though empty.
type posted struct {
	text     string
	given    bool
	key      string
	kept     bool
	children map[string]*posted
}

// The limits of a form: more is not typed by people.
const (
	postedFields = 20_000
	postedDepth  = 16
)

// parsePosted reads a form into its tree.
func parsePosted(form url.Values) (*posted, error) {
	root := &posted{}
	if len(form) > postedFields {
		return nil, throughline.Errorf(throughline.TooLarge, "the form has %d fields, and %d are allowed", len(form), postedFields).
			WithFix("send it as YAML")
	}
	for name, values := range form {
		if len(values) == 0 || !strings.HasPrefix(name, "spec") && !strings.HasPrefix(name, "metadata") {
			continue
		}
		if err := root.put(name, lines(values[0])); err != nil {
			return nil, err
		}
	}
	return root, nil
}

// lines are how a browser's line ends are kept.
func lines(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

func (p *posted) put(name, text string) error {
	path := strings.TrimRight(name, "=?")
	at := p
	depth := 0
	for step := range strings.SplitSeq(strings.ReplaceAll(path, "[", ".["), ".") {
		if depth++; depth > postedDepth {
			return throughline.Errorf(throughline.Invalid, "the form has a field %.80q", name).WithFix("reload the page and try again")
		}
		next := at.children[step]
		if next == nil {
			next = &posted{}
			if at.children == nil {
				at.children = map[string]*posted{}
			}
			at.children[step] = next
		}
		at = next
	}
	switch name[len(path):] {
	case "=":
		at.key = text
	case "?":
		at.kept = true
	case "":
		at.text, at.given = text, true
	}
	return nil
}

// child returns what was sent under a name; nothing where nothing was.
func (p *posted) child(step string) *posted {
	if c, ok := p.children[step]; ok {
		return c
	}
	return &posted{}
}

// items returns the entries of a list in the order of their numbers.
func (p *posted) items() []*posted {
	var numbers []int
	for step := range p.children {
		if n, err := strconv.Atoi(strings.Trim(step, "[]")); err == nil && strings.HasPrefix(step, "[") {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	var all []*posted
	for _, n := range numbers {
		all = append(all, p.child("["+strconv.Itoa(n)+"]"))
	}
	return all
}

// value reads what was sent as the schema has it, and whether there is anything.
// Old is what the form was made from: a text that a browser can only send with
// other line ends keeps those it had.
func (p *posted) value(s *content.Schema, old content.Value) (content.Value, bool) {
	switch {
	case s.Type == "array":
		return p.list(s, old)
	case s.Type == "object" && s.Values != nil:
		return p.entries(s, old)
	case s.Type == "object":
		v := content.Value{Shape: content.Group}
		for _, prop := range s.Properties {
			was, _ := old.Get(prop.Name)
			of, given := p.child(prop.Name).value(prop.Schema, was)
			if !given && slices.Contains(s.Required, prop.Name) && prop.Schema.Type == "object" {
				of, given = content.Value{Shape: content.Group}, true
			}
			if given {
				v.Fields = append(v.Fields, content.Field{Name: prop.Name, Value: of})
			}
		}
		return v, len(v.Fields) > 0 || p.kept
	case s.Type == "boolean":
		return content.Value{Text: "true"}, p.given && p.text == "true"
	}
	text := p.text
	if text != old.Text && text == lines(old.Text) {
		text = old.Text
	}
	if s.Type == "integer" || s.Type == "number" {
		text = strings.TrimSpace(text)
	}
	return content.Value{Text: text}, text != ""
}

func (p *posted) list(s *content.Schema, old content.Value) (content.Value, bool) {
	v := content.Value{Shape: content.List}
	for i, item := range p.items() {
		var was content.Value
		if i < len(old.Items) {
			was = old.Items[i]
		}
		of, given := item.value(s.Items, was)
		if given || s.Items.Type == "object" {
			v.Items = append(v.Items, of)
		}
	}
	return v, len(v.Items) > 0 || p.kept
}

// entries reads a map. A line with a name and nothing else is an entry, but for
// languages and slots: there a line stands for each, filled or not.
func (p *posted) entries(s *content.Schema, old content.Value) (content.Value, bool) {
	v := content.Value{Shape: content.Group}
	for _, item := range p.items() {
		was, had := old.Get(item.key)
		of, given := item.value(s.Values, was)
		listed := s.Keys == "locale" || s.Keys == "slot"
		if given || item.key != "" && (!listed || had && was.Text == "" && len(was.Items)+len(was.Fields) == 0) {
			v.Fields = append(v.Fields, content.Field{Name: item.key, Value: of})
		}
	}
	return v, len(v.Fields) > 0 || p.kept
}

// resourceOf reads the form of a resource.
func resourceOf(form url.Values, ref throughline.Ref, s *content.Schema, old content.Value) (content.Value, error) {
	p, err := parsePosted(form)
	if err != nil {
		return content.Value{}, err
	}
	if err := p.put("metadata.name", ref.Name); err != nil {
		return content.Value{}, err
	}
	v := content.Value{Shape: content.Group, Fields: []content.Field{
		{Name: "apiVersion", Value: content.Value{Text: throughline.APIVersion}}, {Name: "kind", Value: content.Value{Text: string(ref.Kind)}},
	}}
	for _, part := range []string{"metadata", "spec"} {
		was, _ := old.Get(part)
		of, _ := p.child(part).value(s.Properties.Get(part), was)
		v.Fields = append(v.Fields, content.Field{Name: part, Value: of})
	}
	return v, nil
}

// The ways to change a list without a script: a button sends one with the path
// of the list or of its entry.
const (
	doAdd, doRemove, doUp, doDown = "add", "remove", "up", "down"
)

// rearrange does to a value what a button asks for: "remove spec.slots[2]".
func rearrange(v *content.Value, do string) {
	verb, path, _ := strings.Cut(do, " ")
	steps := strings.Split(strings.ReplaceAll(path, "[", ".["), ".")
	at := v
	for i, step := range steps {
		last := i == len(steps)-1
		if n, err := strconv.Atoi(strings.Trim(step, "[]")); err == nil && strings.HasPrefix(step, "[") {
			if last {
				moveItem(at, verb, n)
				return
			}
			if at = at.Nth(n); at == nil {
				return
			}
			continue
		}
		at = at.Field(step)
	}
	if verb == doAdd {
		at.Shape = content.List
		at.Items = append(at.Items, content.Value{Shape: content.Group})
	}
}

// moveItem moves or takes out an entry of a list or of a map.
func moveItem(v *content.Value, verb string, n int) {
	size := len(v.Items) + len(v.Fields)
	to := map[string]int{doUp: n - 1, doDown: n + 1}[verb]
	switch {
	case n < 0 || n >= size || to < 0 || to >= size:
	case verb == doRemove && v.Shape == content.List:
		v.Items = slices.Delete(v.Items, n, n+1)
	case verb == doRemove:
		v.Fields = slices.Delete(v.Fields, n, n+1)
	case v.Shape == content.List && (verb == doUp || verb == doDown):
		v.Items[n], v.Items[to] = v.Items[to], v.Items[n]
	}
}
