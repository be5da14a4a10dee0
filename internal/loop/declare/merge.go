package declare

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/throughline-engine/throughline"
)

// Conflict is one field that two people changed differently, values as JSON and
// "" where the field is not there.
type Conflict struct {
	// Path is the field, as in a FieldChange: spec.values.de, spec.slots[cta].role.
	Path string `json:"path"`
	// Base is what both began from, Theirs what one made of it, Mine what the
	// other did.
	Base   string `json:"base,omitempty"`
	Theirs string `json:"theirs,omitempty"`
	Mine   string `json:"mine,omitempty"`
}

// Merge joins two revisions that both began from base, field by field: what only
// one of them changed is taken from that one. What both changed alike is no
// conflict; what both changed differently is one, and there the result has mine.
// Lists of things with a name, such as slots, constraints and renderings, are
// merged by it, so that two people may change two slots; their order is theirs
// unless only mine moved something, and what mine added stands at the end.
// Other lists are one value. The zero Resource is one that was not there: its
// spec is nil.
//
// Merge(b, b, m) is m and Merge(b, t, b) is t, both without conflicts.
func Merge(base, theirs, mine throughline.Resource) (throughline.Resource, []Conflict) {
	b, t, m := canonicalText(base), canonicalText(theirs), canonicalText(mine)
	switch {
	case t == m || m == b:
		return theirs, nil
	case t == b:
		return mine, nil
	}
	if theirs.Spec == nil || mine.Spec == nil || theirs.Kind != mine.Kind {
		// One took it away, or made another thing of it: there are no fields to join.
		return mine, []Conflict{{Base: b, Theirs: t, Mine: m}}
	}
	var baseTree any = map[string]any{}
	if base.Spec != nil {
		baseTree = tree(base)
	}
	var g merger
	merged := g.value("", baseTree, tree(theirs), tree(mine))
	out, err := untree(merged)
	if err != nil { // every leaf came from one of two resources of this kind
		panic(fmt.Sprintf("declare: merging %s: %v", mine.Ref(), err))
	}
	return out, g.conflicts
}

func canonicalText(r throughline.Resource) string {
	if r.Spec == nil {
		return ""
	}
	return string(r.Canonical())
}

func untree(v any) (r throughline.Resource, err error) {
	b, err := json.Marshal(v)
	if err != nil {
		return r, err
	}
	err = json.Unmarshal(b, &r)
	return r, err
}

type merger struct{ conflicts []Conflict }

// value merges one field; nil is a field that is not there.
func (g *merger) value(path string, base, theirs, mine any) any {
	b, t, m := asJSON(base), asJSON(theirs), asJSON(mine)
	switch {
	case t == m || m == b:
		return theirs
	case t == b:
		return mine
	}
	if x, y, z, ok := groups(base, theirs, mine); ok {
		return g.fields(path, x, y, z)
	}
	if merged, ok := g.list(path, base, theirs, mine); ok {
		return merged
	}
	g.conflicts = append(g.conflicts, Conflict{Path: trimDot(path), Base: b, Theirs: t, Mine: m})
	return mine
}

func trimDot(path string) string {
	if path == "" {
		return ""
	}
	return path[1:]
}

// groups returns three values as groups of fields. What both made where nothing
// was is merged as two groups that began empty.
func groups(base, theirs, mine any) (b, t, m map[string]any, ok bool) {
	t, isGroup := theirs.(map[string]any)
	m, both := mine.(map[string]any)
	if !isGroup || !both {
		return nil, nil, nil, false
	}
	b, ok = base.(map[string]any)
	return b, t, m, ok || base == nil
}

func (g *merger) fields(path string, base, theirs, mine map[string]any) map[string]any {
	out := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(union(theirs, mine))) {
		if v := g.value(path+"."+key, base[key], theirs[key], mine[key]); v != nil {
			out[key] = v
		}
	}
	return out
}

func union(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, b)
	return all
}

// list merges three lists of named things. It reports whether they are.
func (g *merger) list(path string, base, theirs, mine any) (any, bool) {
	b, baseOrder, ok := named(base)
	if !ok {
		return nil, false
	}
	t, theirOrder, isList := named(theirs)
	m, myOrder, both := named(mine)
	if !isList || !both || t == nil || m == nil {
		return nil, false
	}
	merged := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(union(t, m))) {
		if v := g.value(path+"["+name+"]", b[name], t[name], m[name]); v != nil {
			merged[name] = v
		}
	}
	var out []any
	for _, name := range mergeOrder(baseOrder, theirOrder, myOrder) {
		if v, ok := merged[name]; ok {
			out = append(out, v)
		}
	}
	return out, true
}

// mergeOrder returns all names of two orders, each once. It follows theirs,
// unless only mine moved what all three have.
func mergeOrder(base, theirs, mine []string) []string {
	common := func(order []string) []string {
		return slices.DeleteFunc(slices.Clone(order), func(n string) bool {
			return !slices.Contains(base, n) || !slices.Contains(theirs, n) || !slices.Contains(mine, n)
		})
	}
	first, second := theirs, mine
	if slices.Equal(common(base), common(theirs)) && !slices.Equal(common(base), common(mine)) {
		first, second = mine, theirs
	}
	out := slices.Clone(first)
	for _, n := range second {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// Fields lists what differs between two revisions of one thing, by path. The
// zero Resource is one that is not there.
func Fields(before, after throughline.Resource) []throughline.FieldChange {
	if before.Spec == nil || after.Spec == nil {
		return nil
	}
	return fieldChanges(before, after)
}
