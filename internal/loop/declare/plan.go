package declare

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/throughline-engine/throughline"
)

// Options say what a plan may take away.
type Options struct {
	// Delete names resources that should no longer be. Naming one that is not
	// there is a problem.
	Delete []throughline.Ref
	// Back says that what is wanted was in force before, exactly so: what else may
	// only rise, a meaning or a version, may fall.
	Back bool
	// Prune deletes every resource that is not wanted.
	Prune bool
}

// Plan compares what is with what is wanted. It returns the set that would be,
// what changes on the way there, in the set's order with deletions in their
// place, and how many wanted resources already are as declared. It does not
// validate the result. Problems are a resource wanted twice, one both wanted and
// deleted, a deletion of nothing, a template that breaks its version's promise,
// and a fragment whose meaning number falls: numbers that were learned for
// another text would come back to life.
func Plan(current Set, wanted []throughline.Resource, opts Options) (next Set, changes []throughline.Change, unchanged int, err error) {
	var problems throughline.Problems
	want := make(map[throughline.Ref]bool, len(wanted))
	for _, r := range wanted {
		if want[r.Ref()] {
			problems.Add(throughline.Errorf(throughline.Invalid, "%s is declared twice", r.Ref()).At(r.Ref().String()).
				WithFix("keep one of them, or give one another name"))
		}
		want[r.Ref()] = true
	}
	gone := deletions(current, want, opts, &problems)

	for _, r := range wanted {
		if old, ok := current.Get(r.Ref()); ok && !opts.Back {
			problems.Add(meaning(old, r))
			problems.Add(version(old, r))
		}
	}
	next = current.With(wanted, slices.Collect(maps.Keys(gone))...)
	asked := slices.Clone(wanted)
	for ref := range gone {
		old, _ := current.Get(ref)
		asked = append(asked, old)
	}
	changes = compare(current, next, asked)
	changed := map[throughline.Ref]bool{}
	for _, c := range changes {
		changed[c.Ref] = true
	}
	for ref := range want {
		if !changed[ref] {
			unchanged++
		}
	}
	return next, changes, unchanged, problems.Err()
}

// deletions returns the resources to delete.
func deletions(current Set, want map[throughline.Ref]bool, opts Options, problems *throughline.Problems) map[throughline.Ref]bool {
	gone := map[throughline.Ref]bool{}
	for _, ref := range opts.Delete {
		switch _, ok := current.Get(ref); {
		case !ok:
			problems.Add(throughline.Errorf(throughline.NotFound, "there is no %s to delete", ref).At(ref.String()).
				WithFix("%s", suggest(ref.Name, current.names(ref.Kind), "there is none of the kind "+string(ref.Kind))))
		case want[ref]:
			problems.Add(throughline.Errorf(throughline.Invalid, "%s is both declared and deleted", ref).At(ref.String()).
				WithFix("decide for one"))
		default:
			gone[ref] = true
		}
	}
	for _, r := range current.sorted {
		if opts.Prune && !want[r.Ref()] {
			gone[r.Ref()] = true
		}
	}
	return gone
}

// meaning refuses a fragment whose meaning number falls.
func meaning(old, r throughline.Resource) error {
	before, ok := old.Spec.(*throughline.Fragment)
	after, same := r.Spec.(*throughline.Fragment)
	if !ok || !same || max(1, after.Meaning) >= max(1, before.Meaning) {
		return nil
	}
	return throughline.Errorf(throughline.Invalid, "the meaning falls from %d to %d", before.Meaning, max(1, after.Meaning)).
		At(at(r, "spec.meaning")).WithFix("keep %d for the same message, or write %d for another", before.Meaning, before.Meaning+1)
}

// compare lists what differs between two sets, among the resources of some names:
// all others are the same in both.
func compare(before, after Set, among []throughline.Resource) []throughline.Change {
	var changes []throughline.Change
	for _, r := range NewSet(among).sorted {
		ref := r.Ref()
		old, had := before.Get(ref)
		now, has := after.Get(ref)
		switch {
		case !had:
			changes = append(changes, throughline.Change{Ref: ref, Action: throughline.Create, To: now.Digest()})
		case !has:
			changes = append(changes, throughline.Change{Ref: ref, Action: throughline.Delete, From: old.Digest()})
		case old.Digest() != now.Digest():
			changes = append(changes, throughline.Change{
				Ref: ref, Action: throughline.Update, From: old.Digest(), To: now.Digest(), Fields: fieldChanges(old, now),
			})
		}
	}
	return changes
}

// fieldChanges lists the fields that differ, by path. Items of a list that have
// a name are compared by it, so moving a slot is not changing it; a list of
// plain values is one value.
func fieldChanges(before, after throughline.Resource) []throughline.FieldChange {
	var d differ
	d.compare("", tree(before), tree(after))
	return d.changes
}

func tree(r throughline.Resource) (v any) {
	dec := json.NewDecoder(bytes.NewReader(r.Canonical()))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil { // Canonical is JSON
		panic(fmt.Sprintf("declare: canonical form of %s: %v", r.Ref(), err))
	}
	return v
}

type differ struct{ changes []throughline.FieldChange }

func (d *differ) compare(path string, before, after any) {
	x, y := asJSON(before), asJSON(after)
	if x == y {
		return
	}
	a, isMap := before.(map[string]any)
	b, both := after.(map[string]any)
	if isMap && both {
		for _, key := range keys(a, b) {
			d.compare(path+"."+key, a[key], b[key])
		}
		return
	}
	if a, b, order, ok := byName(before, after); ok {
		for _, key := range keys(a, b) {
			d.compare(path+"["+key+"]", a[key], b[key])
		}
		if order != "" {
			d.changes = append(d.changes, throughline.FieldChange{Path: path[1:] + " order", To: order})
		}
		return
	}
	d.changes = append(d.changes, throughline.FieldChange{Path: path[1:], From: x, To: y})
}

func keys(a, b map[string]any) []string {
	all := slices.Collect(maps.Keys(a))
	for key := range b {
		if _, ok := a[key]; !ok {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	return all
}

// byName turns two lists of groups into maps by what names each group. Order is
// the new order where what both lists hold stands differently.
func byName(before, after any) (a, b map[string]any, order string, ok bool) {
	a, first, ok := named(before)
	if !ok {
		return nil, nil, "", false
	}
	b, second, ok := named(after)
	if !ok {
		return nil, nil, "", false
	}
	first = slices.DeleteFunc(first, func(n string) bool { return b[n] == nil })
	kept := slices.DeleteFunc(slices.Clone(second), func(n string) bool { return a[n] == nil })
	if !slices.Equal(first, kept) {
		order = asJSON(second)
	}
	return a, b, order, true
}

func named(v any) (map[string]any, []string, bool) {
	items, ok := v.([]any)
	if !ok {
		return nil, nil, v == nil
	}
	all, order := map[string]any{}, []string{}
	for _, item := range items {
		group, ok := item.(map[string]any)
		if !ok {
			return nil, nil, false
		}
		name, ok := group["name"].(string)
		if !ok {
			name, ok = group["channel"].(string)
		}
		if _, twice := all[name]; !ok || twice {
			return nil, nil, false
		}
		all[name], order = group, append(order, name)
	}
	return all, order, true
}

// asJSON returns a value as JSON, "" for one that is not there.
func asJSON(v any) string {
	if v == nil {
		return ""
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil { // v came from JSON
		panic("declare: " + err.Error())
	}
	return string(bytes.TrimSpace(out.Bytes()))
}
