package content

import (
	"slices"
	"sync"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// held are the resources in force as they were last asked for. A revision never
// changes, so one that is still in force is not read again.
type held struct {
	mu   sync.Mutex
	head int // the release in force; 0 before the first
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
	var head int
	if _, err := engine.GetJSON(r, engine.BucketEngine, keyHead, &head); err != nil && throughline.CodeOf(err) != throughline.NotFound {
		return nil, err
	}
	h := &c.held
	h.mu.Lock()
	defer h.mu.Unlock()
	if head > 0 && h.head == head {
		return slices.Clone(h.all), nil
	}
	all, at := []throughline.Resource{}, make(map[string]heldRevision, len(h.at))
	for e, err := range r.List(engine.BucketHead, "", "") {
		if err != nil {
			return nil, err
		}
		now := h.at[e.Key]
		if digest := string(e.Value); now.digest != digest {
			res, err := engine.Revision(r, digest)
			if err != nil {
				return nil, err
			}
			now = heldRevision{digest, res}
		}
		at[e.Key] = now
		all = append(all, now.resource)
	}
	h.head, h.all, h.at = head, all, at
	return slices.Clone(all), nil
}

// ofKind returns the resources of one kind in force, by name.
func ofKind(r record.Reader, kind throughline.Kind) ([]throughline.Resource, error) {
	all := []throughline.Resource{}
	for e, err := range r.List(engine.BucketHead, string(kind)+"/", "") {
		if err != nil {
			return nil, err
		}
		res, err := engine.Revision(r, string(e.Value))
		if err != nil {
			return nil, err
		}
		all = append(all, res)
	}
	return all, nil
}
