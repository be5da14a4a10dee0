package report

import (
	"slices"

	"github.com/throughline-engine/throughline"
)

// catalogue is what a published snapshot says, as far as tokens point into it.
type catalogue struct {
	snapshot [8]byte
	release  int
	at       int64
	items    []*item // in the snapshot's order of placements
}

// item is one placement of one or more snapshots.
type item struct {
	name  string
	event string
	// start is the placement's when the item was published.
	start int
	// keys and variants are by candidate.
	keys     []string
	variants []string
	// known is, by candidate, its position in the placement's candidates plus
	// one; 0 while it was never delivered.
	known []int32
	// fallback names what the fallback is made of, as keys do.
	fallback string
}

func (s *State) catalogue(snapshot [8]byte) *catalogue {
	for i := len(s.shelf) - 1; i >= 0; i-- {
		if s.shelf[i].snapshot == snapshot {
			return s.shelf[i]
		}
	}
	return nil
}

// locate returns the placement a token was issued for, and no item for a token
// that does not count: one of nowhere, or of before the placement's numbers
// started anew.
func (s *State) locate(t throughline.Token) (*placement, *item) {
	c := s.catalogue(t.Snapshot)
	if c == nil || int(t.Placement) >= len(c.items) || t.Arm > throughline.ArmFallback {
		s.unplaced++
		return nil, nil
	}
	it := c.items[t.Placement]
	if t.Candidate != throughline.FallbackCandidate && int(t.Candidate) >= len(it.keys) {
		s.unplaced++
		return nil, nil
	}
	p := s.places[it.name]
	if it.start != p.start {
		return nil, nil
	}
	return p, it
}

// catalogued takes a published snapshot.
func (s *State) catalogued(e throughline.Event) error {
	p, err := throughline.DecodeData[throughline.SnapshotPublished](e)
	if err != nil {
		return err
	}
	s.close(p, e.RecordedAt)
	c := &catalogue{release: p.Release, at: e.RecordedAt.UnixMilli()}
	copy(c.snapshot[:], p.Snapshot[:])
	live := map[string]bool{}
	for i := range p.Placements {
		cp := &p.Placements[i]
		if err := checkCatalogued(e, cp); err != nil {
			return err
		}
		place, before := s.place(cp.Name), s.liveItem(cp.Name)
		it := newItem(cp)
		place.republish(cp, mark{p.Release, c.at}, before == nil || !slices.Equal(before.variants, it.variants))
		it.start = place.start
		if before.same(it) {
			it = before
		}
		c.items = append(c.items, it)
		live[cp.Name] = true
		s.pace(paceVariant).addMany(c.at, int64(len(it.keys)))
	}
	for name, place := range s.places {
		place.live = live[name]
	}
	s.shelf = slices.DeleteFunc(s.shelf, func(old *catalogue) bool { return old.snapshot == c.snapshot })
	s.shelf = append(s.shelf, c)
	s.applies.catalogued(c)
	return nil
}

// checkCatalogued refuses positions outside what they point into, which only a
// defect or a flipped bit can cause.
func checkCatalogued(e throughline.Event, p *throughline.CataloguedPlacement) error {
	bad := throughline.Errorf(throughline.Corrupt, "event %s: the catalogue of placement %s points outside itself", e.ID, p.Name)
	if len(p.Variants) != 0 && len(p.Variants) != len(p.Arms.Candidates) {
		return bad
	}
	for _, c := range p.Arms.Candidates {
		if len(c) != len(p.Arms.Levels) {
			return bad
		}
		for slot, level := range c {
			if int(level) >= len(p.Arms.Levels[slot]) {
				return bad
			}
		}
	}
	return nil
}

func newItem(p *throughline.CataloguedPlacement) *item {
	n := len(p.Arms.Candidates)
	it := &item{name: p.Name, event: p.Event, keys: make([]string, n), variants: make([]string, n), known: make([]int32, n), fallback: p.Fallback}
	for c := range p.Arms.Candidates {
		it.keys[c] = p.Arms.Key(c)
		if c < len(p.Variants) {
			it.variants[c] = string(p.Variants[c])
		}
	}
	return it
}

func (s *State) place(name string) *placement {
	p := s.places[name]
	if p == nil {
		p = newPlacement(name)
		s.places[name] = p
	}
	return p
}

// same reports whether tokens mean the same in both, so that one can stand for
// the other.
func (it *item) same(other *item) bool {
	return it != nil && it.name == other.name && it.event == other.event && it.start == other.start &&
		slices.Equal(it.keys, other.keys) && slices.Equal(it.variants, other.variants) && it.fallback == other.fallback
}

func (c *catalogue) item(name string) *item {
	for _, it := range c.items {
		if it.name == name {
			return it
		}
	}
	return nil
}

// latest returns the catalogue of what is live, or nil before the first release.
func (s *State) latest() *catalogue {
	if len(s.shelf) == 0 {
		return nil
	}
	return s.shelf[len(s.shelf)-1]
}
