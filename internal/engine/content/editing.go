package content

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// Glance is how somebody's draft stands, without what is in it.
type Glance struct {
	Items   int   `json:"items"`
	Version int64 `json:"version"`
	// Undo and Redo say what would be undone and done again; empty for nothing.
	Undo string `json:"undo,omitempty"`
	Redo string `json:"redo,omitempty"`
	// Things counts what is in force, by which one may tell how long checks take.
	Things int `json:"-"`
}

// Glance returns how the caller's draft stands. It is cheap enough for every
// page.
func (c *Content) Glance(ctx context.Context, by engine.Caller) (g Glance, err error) {
	if by.Stranger() {
		return g, by.Need(engine.RightRead)
	}
	person := draftKey(by.Actor)
	err = c.with(ctx, func(k *known, r record.Reader) error {
		g.Things = len(k.things)
		head, err := readDraftHead(r, person)
		if err != nil {
			return err
		}
		g.Version = head.Version
		if g.Undo, err = sentenceOf(r, person, head, head.Step); err != nil {
			return err
		}
		if g.Redo, err = sentenceOf(r, person, head, head.Step+1); err != nil {
			return err
		}
		for _, err := range r.List(bucketDraftItems, person+" ", "") {
			if err != nil {
				return err
			}
			g.Items++
		}
		return nil
	})
	return g, err
}

// Name is what may be referred to.
type Name struct {
	Name string
	// Role is that of a fragment.
	Role string
}

// Names returns what there is of a kind, in force or in the caller's draft, by
// name.
func (c *Content) Names(ctx context.Context, by engine.Caller, kind throughline.Kind) (all []Name, err error) {
	if err := by.Need(engine.RightRead); err != nil {
		return nil, err
	}
	err = c.with(ctx, func(k *known, r record.Reader) error {
		all = slices.Clone(k.names(kind))
		mine := draftKey(by.Actor) + " " + string(kind) + "/"
		for e, err := range r.List(bucketDraftItems, mine, "") {
			if err != nil {
				return err
			}
			item, err := decodeItem(e)
			if err != nil {
				return err
			}
			n := Name{Name: strings.TrimPrefix(e.Key, mine)}
			at, known := slices.BinarySearchFunc(all, n, byName)
			if known {
				n.Role = all[at].Role
				all = slices.Delete(all, at, at+1)
			}
			if f, ok := item.wanted().Spec.(*throughline.Fragment); ok {
				n.Role = f.Role
			}
			if !item.Deleted {
				all = slices.Insert(all, at, n)
			}
		}
		return nil
	})
	return all, err
}

// Take returns mine with theirs at some paths, as the conflicts of a merge name
// them.
func Take(mine, theirs throughline.Resource, paths []string) (out throughline.Resource, err error) {
	var into, from any
	err = errors.Join(json.Unmarshal(mine.Canonical(), &into), json.Unmarshal(theirs.Canonical(), &from))
	for _, path := range paths {
		into = settle(into, path, lookUp(from, path))
	}
	b, marshalled := json.Marshal(into)
	if err = errors.Join(err, marshalled); err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		return mine, throughline.Errorf(throughline.Invalid, "the choices for %s cannot be read: %w", mine.Ref(), err).WithFix("reload the page and choose again")
	}
	return out, nil
}

// lookUp returns the value at a path, nil where there is none.
func lookUp(at any, path string) any {
	path = strings.TrimPrefix(path, ".")
	if path == "" || at == nil {
		return at
	}
	if group, ok := at.(map[string]any); ok {
		name, rest := longest(group, path)
		return lookUp(group[name], rest)
	}
	list, _ := at.([]any)
	name, rest, _ := strings.Cut(strings.TrimPrefix(path, "["), "]")
	for _, item := range list {
		if group, _ := item.(map[string]any); group["name"] == name || group["channel"] == name {
			return lookUp(item, rest)
		}
	}
	return nil
}

// settle sets the value at a path as Merge writes paths: a name after a point, or
// in brackets that of a group in a list. A name may hold points itself, so the
// longest that is there is taken.
func settle(at any, path string, value any) any {
	path = strings.TrimPrefix(path, ".")
	if path == "" {
		return value
	}
	if group, ok := at.(map[string]any); ok {
		name, rest := longest(group, path)
		if v := settle(group[name], rest, value); v != nil {
			group[name] = v
		} else {
			delete(group, name)
		}
		return group
	}
	list, ok := at.([]any)
	name, rest, found := strings.Cut(strings.TrimPrefix(path, "["), "]")
	if !ok || !found {
		return value
	}
	for i, item := range list {
		group, _ := item.(map[string]any)
		if group["name"] != name && group["channel"] != name {
			continue
		}
		if list[i] = settle(item, rest, value); list[i] == nil {
			return slices.Delete(list, i, i+1)
		}
		return list
	}
	if value != nil && rest == "" {
		return append(list, value)
	}
	return list
}

// longest cuts from a path the longest name that the group has. Where it has none
// the rest is one name: nothing is merged inside what is not there.
func longest(group map[string]any, path string) (name, rest string) {
	for key := range group {
		after, ok := strings.CutPrefix(path, key)
		if ok && len(key) > len(name) && (after == "" || after[0] == '.' || after[0] == '[') {
			name, rest = key, after
		}
	}
	if name == "" {
		return path, ""
	}
	return name, rest
}
