package operate

import (
	"context"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/decide"
	"github.com/throughline-engine/throughline/internal/loop/report"
)

// Portrait is one variant in one placement: what it is made of, where it came
// from and what became of it.
type Portrait struct {
	VariantLine
	Placement string              `json:"placement"`
	Surface   throughline.Surface `json:"surface"`
	Owner     Owner               `json:"owner"`
	AsOf      time.Time           `json:"asOf"`
	// Locale is the one whose id was asked for; Locales are all it can be seen in.
	Locale  string          `json:"locale"`
	Locales []VariantLocale `json:"locales"`
	Brief   string          `json:"brief,omitempty"`
	// Template and Pieces are what it is made of, with the releases that changed
	// them.
	Template Touched   `json:"template"`
	Pieces   []Touched `json:"pieces"`
	// Policy and Holdout are its numbers where the policy chose, and where not.
	Policy  throughline.Number `json:"policy"`
	Holdout throughline.Number `json:"holdout"`
	// Outcomes is what came of all its deliveries.
	Outcomes int64 `json:"outcomes"`
	// Shares is its part of the traffic over time; empty where it is too small for
	// the placement's chart.
	Shares Allocation `json:"shares"`
	// Fallback is true for what is shown when nothing is eligible, and competes
	// nowhere.
	Fallback bool `json:"fallback,omitempty"`
}

// VariantLocale is a variant in one locale.
type VariantLocale struct {
	Locale string                `json:"locale"`
	ID     throughline.VariantID `json:"id"`
	// Missing are the slots that have no text in this locale, Same those that say
	// what they say in the default one.
	Missing []string `json:"missing,omitempty"`
	Same    []string `json:"same,omitempty"`
}

// Touched is something a variant is made of.
type Touched struct {
	// Slot is empty for the template.
	Slot string `json:"slot,omitempty"`
	// Name is the resource's; empty for a slot left unfilled. Kind is empty for a
	// Fragment.
	Name  string            `json:"name"`
	Kind  throughline.Kind  `json:"kind,omitempty"`
	Level throughline.Level `json:"level,omitempty"`
	Text  string            `json:"text,omitempty"`
	// Audience is who may see it; empty for everyone.
	Audience string `json:"audience,omitempty"`
	// Releases are the latest that changed it, ascending.
	Releases []int `json:"releases,omitempty"`
}

// Portrait returns a variant of a placement that is live, by its id in any
// locale.
func (o *Operate) Portrait(ctx context.Context, placement string, id throughline.VariantID) (Portrait, error) {
	d, err := o.declared(ctx)
	if err != nil {
		return Portrait{}, err
	}
	table := o.plane.Table()
	if table == nil {
		return Portrait{}, noVariant(id)
	}
	for _, r := range table.Variant(id) {
		if r.Placement == placement {
			return o.portray(d, r, id), nil
		}
	}
	return Portrait{}, noVariant(id)
}

func (o *Operate) portray(d *declared, r decide.Rendering, id throughline.VariantID) Portrait {
	p := d.snapshotPlacement(r.Placement)
	now := o.core.Now()
	v := Portrait{
		Placement: p.Name, Surface: d.surfaces[p.Channel], Owner: d.person(p.Owner), AsOf: now,
		Locale: r.Locale, Brief: d.briefs[p.Name], Template: Touched{Name: p.Template},
	}
	filling := p.Fallback
	if v.Fallback = r.Candidate == throughline.FallbackCandidate; !v.Fallback {
		filling = p.Candidates[r.Candidate]
	}
	v.Pieces, v.Locales = made(p, filling, r.Locale)
	v.ID, v.Label = id, "fallback"
	for _, piece := range v.Pieces {
		v.Slots = append(v.Slots, SlotLine{piece.Slot, piece.Level, piece.Text})
	}
	inDefault := p.VariantID(filling, p.Locales.Default)
	o.projection.Reported(func(s *report.State) {
		if l, ok := s.Lineage(inDefault, now); ok {
			v.Template.Releases = l.TemplateReleases
			for i := range v.Pieces {
				if i < len(l.Pieces) {
					v.Pieces[i].Releases = l.Pieces[i].Releases
				}
			}
		}
		stands, ok := s.Placement(p.Name, now)
		if !ok || v.Fallback {
			return
		}
		for i := range stands.Variants { // by key: the numbers may be of another snapshot
			if candidate, ok := d.candidates[p.Name][stands.Variants[i].Key]; ok && candidate == r.Candidate {
				v.measure(d, p, candidate, stands.Variants[i], stands)
			}
		}
	})
	return v
}

// measure adds a variant's numbers.
func (v *Portrait) measure(d *declared, p *throughline.SnapshotPlacement, candidate int, variant report.Variant, stands report.Placement) {
	line := d.variant(p, candidate, variant, v.Owner)
	line.ID, line.Slots = v.ID, v.Slots
	best := stands.Recent >= MinShown && len(stands.Variants) > 0 && stands.Variants[0].Key == variant.Key && variant.Share > 0
	line.Best = best
	v.VariantLine = line
	v.Outcomes = variant.Total.Outcomes
	v.Policy = rateOf([]Rate{{Tally: Tally(variant.Policy)}}, v.Owner.Name, v.AsOf)
	v.Holdout = rateOf([]Rate{{Tally: Tally(variant.Holdout)}}, v.Owner.Name, v.AsOf)
	for _, s := range stands.Curve.Series {
		if s.Key == variant.Key {
			v.Shares = allocation(report.Curve{At: stands.Curve.At, Series: []report.Series{s}, Releases: stands.Curve.Releases}, map[string]string{s.Key: line.Label})
		}
	}
}

// made returns what a filling is made of, with its text in a locale, and in which
// locales it can be seen.
func made(p *throughline.SnapshotPlacement, filling []uint16, locale string) (pieces []Touched, locales []VariantLocale) {
	for s, i := range filling {
		c := p.Slots[s].Choices[i]
		pieces = append(pieces, Touched{Slot: p.Slots[s].Name, Name: c.Piece, Kind: c.Kind, Level: c.Level, Text: c.Says(locale), Audience: c.Audience})
	}
	for _, l := range p.Locales.All() {
		seen := VariantLocale{Locale: l, ID: p.VariantID(filling, l)}
		for s, i := range filling {
			switch c := p.Slots[s].Choices[i]; {
			case c.Piece == "":
			case c.Text[l] == "":
				seen.Missing = append(seen.Missing, p.Slots[s].Name)
			case c.Kind != throughline.KindAsset && l != p.Locales.Default && c.Text[l] == c.Text[p.Locales.Default]:
				seen.Same = append(seen.Same, p.Slots[s].Name)
			}
		}
		locales = append(locales, seen)
	}
	return pieces, locales
}
