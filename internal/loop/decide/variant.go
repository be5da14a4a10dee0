package decide

import (
	"sync"

	"github.com/throughline-engine/throughline"
)

// Rendering says where a variant id belongs and what it shows.
type Rendering struct {
	Placement string
	// Candidate is its position in the placement's candidates, or
	// FallbackCandidate where only the fallback is filled so.
	Candidate int
	Locale    string
	// Values is the text, Levels the level, by slot; shared, not to be changed.
	Values map[string]string
	Levels map[string]throughline.Level
}

// variantIndex finds variants by id. It is made when first asked: deciding does
// without.
type variantIndex struct {
	once sync.Once
	by   map[throughline.VariantID][]address
}

// address is where a variant is: the fallback's candidate is FallbackCandidate.
type address struct {
	placement, candidate uint16
	locale               uint8
}

// Variant returns what is known of a variant id, once for each placement that
// may show it; nothing for one that is not in the snapshot.
func (t *Table) Variant(id throughline.VariantID) []Rendering {
	s := t.static
	s.variants.once.Do(s.indexVariants)
	var found []Rendering
	for _, a := range s.variants.by[id] {
		p := s.placements[a.placement]
		r := p.views[a.locale].fallback
		if a.candidate != throughline.FallbackCandidate {
			r = p.views[a.locale].rendering(a.candidate)
		}
		found = append(found, Rendering{p.Name, int(a.candidate), r.locale, r.values, r.levels})
	}
	return found
}

func (s *static) indexVariants() {
	by := make(map[throughline.VariantID][]address)
	for i, p := range s.placements {
		for l, v := range p.views {
			for c, filling := range p.Candidates {
				id := p.VariantID(filling, v.locale)
				by[id] = append(by[id], address{uint16(i), uint16(c), uint8(l)})
			}
			fallback := v.fallback
			if contains(by[fallback.variant], uint16(i)) {
				continue
			}
			by[fallback.variant] = append(by[fallback.variant], address{uint16(i), throughline.FallbackCandidate, uint8(l)})
		}
	}
	s.variants.by = by
}

func contains(addresses []address, placement uint16) bool {
	for _, a := range addresses {
		if a.placement == placement {
			return true
		}
	}
	return false
}
