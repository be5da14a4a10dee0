package report

import (
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
)

// Lineage is where a variant came from and what became of it.
type Lineage struct {
	Variant  throughline.VariantID
	Template string
	// TemplateReleases are the latest releases that changed the template.
	TemplateReleases []int
	Pieces           []Piece
	// Places are where it competes or competed.
	Places []Place
	// Total sums its places.
	Total Tally
}

// Piece is what fills one slot of a variant.
type Piece struct {
	Slot  string
	Level throughline.Level
	// Fragment is the piece's name; empty where the slot is unfilled.
	Fragment string
	// Releases are the latest that changed it, oldest first.
	Releases []int
}

// Place is a placement a variant competes in.
type Place struct {
	Placement string
	Key       string
	Live      bool
	Tally
	Rate throughline.Number
}

// Lineage returns that of a variant by its id in the default locale, and false
// for one that was never in a release or was forgotten.
func (s *State) Lineage(id throughline.VariantID, now time.Time) (Lineage, bool) {
	l := Lineage{Variant: id}
	for _, name := range s.Places() {
		p := s.places[name]
		key, live, ok := s.find(p, string(id))
		if !ok {
			continue
		}
		place := Place{Placement: name, Key: key, Live: live}
		var t tally
		if i, ok := p.position[key]; ok {
			t = p.candidates[i].total()
		}
		place.Tally, place.Rate = exported(t), rate(t, p.owner, now)
		l.Places = append(l.Places, place)
		l.Total.Deliveries += t.deliveries
		l.Total.Outcomes += t.outcomes
		if l.Pieces == nil {
			l.Template = p.template
			l.TemplateReleases = s.touched(throughline.KindTemplate, p.template)
			l.Pieces = s.pieces(p, key)
		}
	}
	return l, len(l.Places) > 0
}

// find returns the key a variant has in a placement, in the latest release or
// else in what was delivered.
func (s *State) find(p *placement, id string) (key string, live, ok bool) {
	if it := s.liveItem(p.name); it != nil {
		if c := slices.Index(it.variants, id); c >= 0 {
			return it.keys[c], true, true
		}
	}
	for i := range p.candidates {
		if p.candidates[i].variant == id {
			return p.candidates[i].key, false, true
		}
	}
	return "", false, false
}

func (s *State) pieces(p *placement, key string) []Piece {
	var out []Piece
	for i, level := range levels(key) {
		piece := Piece{Level: level}
		if i < len(p.slots) {
			piece.Slot = p.slots[i]
		}
		piece.Fragment, _, _ = strings.Cut(string(level), "@")
		if piece.Fragment != "" {
			piece.Releases = append(s.touched(throughline.KindFragment, piece.Fragment), s.touched(throughline.KindAsset, piece.Fragment)...)
		}
		out = append(out, piece)
	}
	return out
}

func (s *State) touched(kind throughline.Kind, name string) []int {
	return slices.Clone(s.content.touched[throughline.Ref{Kind: kind, Name: name}.String()])
}
