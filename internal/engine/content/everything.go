package content

import (
	"slices"
	"sync"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// held are the resources in force as they were last asked for. A revision never
// changes, so one that is still in force is not read again.
type held struct {
	mu   sync.Mutex
	head int // the release in force; 0 before the first
	set  declare.Set
	all  []throughline.Resource
	at   map[string]heldRevision // by Kind/name
}

type heldRevision struct {
	digest   string
	resource throughline.Resource
}

// everything returns every resource in force in one state, by kind and name. The
// list is the caller's; the specs are shared and must not be changed.
func (c *Content) everything(r record.Reader) ([]throughline.Resource, error) {
	h := &c.held
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.follow(r)
	return slices.Clone(h.all), err
}

// declared returns every resource in force in one state as a set. The specs are
// shared and must not be changed.
func (c *Content) declared(r record.Reader) (declare.Set, error) {
	h := &c.held
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.follow(r)
	return h.set, err
}

// declaredAs returns the set with the revision that each Kind/name in it has. Both
// are shared and must not be changed.
func (c *Content) declaredAs(r record.Reader) (declare.Set, map[string]heldRevision, error) {
	h := &c.held
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.follow(r)
	return h.set, h.at, err
}

// follow brings h up to what one state says. The caller holds h.mu. What it hands
// out is never changed: a new state is a new list, map and set.
func (h *held) follow(r record.Reader) error {
	var head int
	if _, err := engine.GetJSON(r, engine.BucketEngine, engine.KeyHead, &head); err != nil && throughline.CodeOf(err) != throughline.NotFound {
		return err
	}
	if head > 0 && h.head == head {
		return nil
	}
	all, at := []throughline.Resource{}, make(map[string]heldRevision, len(h.at))
	var fresh []throughline.Resource
	for e, err := range r.List(engine.BucketHead, "", "") {
		if err != nil {
			return err
		}
		now := h.at[e.Key]
		if digest := string(e.Value); now.digest != digest {
			res, err := engine.Revision(r, digest)
			if err != nil {
				return err
			}
			now = heldRevision{digest, res}
			fresh = append(fresh, res)
		}
		at[e.Key] = now
		all = append(all, now.resource)
	}
	var gone []throughline.Ref
	for key, was := range h.at {
		if _, ok := at[key]; !ok {
			gone = append(gone, was.resource.Ref())
		}
	}
	h.head, h.all, h.at, h.set = head, all, at, h.set.With(fresh, gone...)
	return nil
}

// ofKind returns the resources of one kind in force, by name.
func ofKind(r record.Reader, kind throughline.Kind) ([]throughline.Resource, error) {
	all := []throughline.Resource{}
	for res, err := range engine.InForce(r, kind) {
		if err != nil {
			return nil, err
		}
		all = append(all, res)
	}
	return all, nil
}
