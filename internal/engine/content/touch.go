package content

import (
	"github.com/throughline-engine/throughline"
)

// touches says which placements a release changes and how far, by comparing
// the variants that may be served before and after.
func touches(before *throughline.Snapshot, after built) []throughline.Touch {
	if after.snapshot == nil {
		return nil
	}
	was := map[string]*throughline.SnapshotPlacement{}
	for i := range before.Placements {
		was[before.Placements[i].Name] = &before.Placements[i]
	}
	var out []throughline.Touch
	for i := range after.snapshot.Placements {
		p := &after.snapshot.Placements[i]
		t := throughline.Touch{Placement: p.Name, Owner: after.people(p.Owner), After: len(p.Candidates), Excluded: after.excluded[p.Name]}
		old := map[throughline.VariantID]bool{}
		if o := was[p.Name]; o != nil {
			t.Before = len(o.Candidates)
			addVariants(old, o)
		}
		delete(was, p.Name)
		now := map[throughline.VariantID]bool{}
		addVariants(now, p)
		for id := range now {
			if !old[id] {
				t.Changed++
			}
		}
		if t.Changed > 0 || t.Before != t.After {
			out = append(out, t)
		}
	}
	for i := range before.Placements { // in order, those that are gone
		if p := &before.Placements[i]; was[p.Name] != nil {
			out = append(out, throughline.Touch{Placement: p.Name, Owner: after.people(p.Owner), Before: len(p.Candidates)})
		}
	}
	return out
}

// addVariants adds the id of each candidate. A piece's digest covers all its
// languages, so the default locale stands for every one.
func addVariants(ids map[throughline.VariantID]bool, p *throughline.SnapshotPlacement) {
	for _, c := range p.Candidates {
		ids[p.VariantID(c, p.Locales.Default)] = true
	}
}
