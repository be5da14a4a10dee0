package content

import (
	"context"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/assemble"
	"github.com/throughline-engine/throughline/internal/loop/check"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// Story is a live variant as somebody who has to answer for it asks: what it is
// made of, what the checks say of it, what lets it be shown, and who made it.
type Story struct {
	ID     throughline.VariantID `json:"id"`
	Locale string                `json:"locale"`
	// Template and Brand are what it is drawn with, Pieces what fills its slots.
	Template Made        `json:"template"`
	Brand    Made        `json:"brand"`
	Pieces   []MadePiece `json:"pieces"`
	// Findings are what the checks and guardrails say of it; none is a
	// pass of all that ask at the gates before it is live.
	Findings []throughline.Finding `json:"findings"`
	// Places are where it is live, Release since when.
	Places  []StoryPlace `json:"places"`
	Release int          `json:"release"`
}

// StoryPlace is a placement that may show a variant.
type StoryPlace struct {
	Placement string `json:"placement"`
	Channel   string `json:"channel"`
	// Fallback is true where it is what is shown when nothing is eligible.
	Fallback bool `json:"fallback,omitempty"`
}

// Made is a resource with where it came from.
type Made struct {
	Ref    throughline.Ref    `json:"ref"`
	Digest throughline.Digest `json:"digest"`
	// Revisions are its history, the newest first, each with who made it; Approved
	// says by release who let it go live.
	Revisions []Revised                 `json:"revisions"`
	Approved  map[int]throughline.Actor `json:"approved,omitempty"`
}

// MadePiece is what fills a slot, with all that says whether it may.
type MadePiece struct {
	Slot string `json:"slot"`
	Made
	Level throughline.Level `json:"level"`
	Text  string            `json:"text,omitempty"`
	// Rights and Validity are as declared, Bounds what they and the claims come to
	// together; nil bounds nothing. Open says whether it may be shown now.
	Rights     []throughline.RightsGrant `json:"rights,omitempty"`
	Validity   throughline.Validity      `json:"validity,omitzero"`
	Bounds     *throughline.Bounds       `json:"bounds,omitempty"`
	Open       bool                      `json:"open"`
	Provenance *throughline.Provenance   `json:"provenance,omitempty"`
	Claims     []MadeClaim               `json:"claims,omitempty"`
}

// MadeClaim is a claim that a piece makes.
type MadeClaim struct {
	Name     string                 `json:"name"`
	Title    string                 `json:"title,omitempty"`
	Evidence []throughline.Evidence `json:"evidence"`
	// Withdrawn says why it may not be made any more.
	Withdrawn string `json:"withdrawn,omitempty"`
}

// Story tells of a variant that is live, by its id in any language.
func (c *Content) Story(ctx context.Context, by engine.Caller, id throughline.VariantID) (s Story, err error) {
	if err := by.Need(engine.RightRead); err != nil {
		return s, err
	}
	var head throughline.Release
	var set declare.Set
	err = c.core.Record.State.View(ctx, func(r record.Reader) (err error) {
		if head, err = headRelease(r); err != nil {
			return err
		}
		set, err = c.declared(r)
		return err
	})
	if err != nil {
		return s, err
	}
	live, err := c.liveSnapshot(ctx, head, set)
	if err != nil {
		return s, err
	}
	s = Story{ID: id, Release: head.Number}
	p, filling := s.find(live)
	if p == nil {
		return s, throughline.Errorf(throughline.NotFound, "no variant %q is live", id).WithFix("an evaluation names it in its field variant; throughline get placement/NAME lists those of a placement")
	}
	if err := c.judged(set, p, filling, &s); err != nil {
		return s, err
	}
	err = c.core.Record.State.View(ctx, func(r record.Reader) error { return c.made(r, set, p, filling, &s) })
	return s, err
}

// find returns where a variant is live first, and what fills its slots, and notes
// all places.
func (s *Story) find(live *throughline.Snapshot) (at *throughline.SnapshotPlacement, filling []uint16) {
	for i := range live.Placements {
		p := &live.Placements[i]
		for n, candidate := range append(slices.Clone(p.Candidates), p.Fallback) {
			l := slices.IndexFunc(p.Locales.All(), func(l string) bool { return p.VariantID(candidate, l) == s.ID })
			if l < 0 {
				continue
			}
			if at == nil {
				at, filling, s.Locale = p, candidate, p.Locales.All()[l]
			}
			s.Places = append(s.Places, StoryPlace{p.Name, p.Channel, n == len(p.Candidates)})
			break // a fallback that competes too is named once
		}
	}
	return at, filling
}

// judged asks the checks about one variant.
func (c *Content) judged(set declare.Set, p *throughline.SnapshotPlacement, filling []uint16, s *Story) error {
	with := c.groundOf(set, ground{p.Template, p.Channel})
	a, err := assemble.Combine(with.assembly())
	if err != nil {
		return err
	}
	only := a
	only.Slots, only.Candidates, only.Total = nil, [][]uint16{make([]uint16, len(filling))}, 1
	for i, choice := range filling {
		slot := p.Slots[i]
		slot.Choices = slot.Choices[choice : choice+1]
		only.Slots = append(only.Slots, slot)
	}
	result, err := check.Run(with.check(only))
	s.Findings = append([]throughline.Finding{}, result.Findings...)
	return err
}

// made fills in what a variant is made of.
func (c *Content) made(r record.Reader, set declare.Set, p *throughline.SnapshotPlacement, filling []uint16, s *Story) (err error) {
	template := throughline.Ref{Kind: throughline.KindTemplate, Name: p.Template}
	if s.Template, err = madeOf(r, set, template); err != nil {
		return err
	}
	brand := throughline.Ref{Kind: throughline.KindBrand, Name: declare.Spec[*throughline.Template](set, p.Template).Brand}
	if s.Brand, err = madeOf(r, set, brand); err != nil {
		return err
	}
	s.Pieces = []MadePiece{}
	for i, choice := range filling {
		of := p.Slots[i].Choices[choice]
		if of.Piece == "" {
			continue
		}
		one := MadePiece{Slot: p.Slots[i].Name, Level: of.Level, Text: of.Text[s.Locale], Bounds: of.Bounds, Open: of.Bounds.Open(c.core.Now())}
		if of.Kind == throughline.KindDisclosure && strings.Contains(of.Piece, "+") { // several in one text
			one.Made = Made{Ref: of.Ref(), Digest: of.Digest, Revisions: []Revised{}}
			s.Pieces = append(s.Pieces, one)
			continue
		}
		if one.Made, err = madeOf(r, set, of.Ref()); err != nil {
			return err
		}
		res, _ := set.Get(of.Ref())
		one.declared(set, res)
		s.Pieces = append(s.Pieces, one)
	}
	return nil
}

// declared fills in what a piece says of itself.
func (m *MadePiece) declared(set declare.Set, res throughline.Resource) {
	piece, ok := throughline.PieceOf(res)
	if !ok {
		return
	}
	m.Rights, m.Validity = piece.Rights, piece.Validity
	switch spec := res.Spec.(type) {
	case *throughline.Fragment:
		m.Provenance = spec.Provenance
	case *throughline.Asset:
		m.Provenance = spec.Provenance
	}
	for _, name := range piece.Claims {
		claim := MadeClaim{Name: name, Evidence: []throughline.Evidence{}}
		if spec := declare.Spec[*throughline.Claim](set, name); spec != nil {
			claim.Title, claim.Withdrawn = spec.Title, spec.Withdrawn
			claim.Evidence = append(claim.Evidence, spec.Evidence...)
		}
		m.Claims = append(m.Claims, claim)
	}
}

// madeOf returns a resource in force with its history.
func madeOf(r record.Reader, set declare.Set, ref throughline.Ref) (m Made, err error) {
	m = Made{Ref: ref, Revisions: []Revised{}}
	if res, ok := set.Get(ref); ok {
		m.Digest = res.Digest()
	}
	all, err := history(r, ref)
	if err != nil {
		return m, err
	}
	m.Revisions = append(m.Revisions, all...)
	slices.SortStableFunc(m.Revisions, func(a, b Revised) int { return b.Release - a.Release })
	m.Revisions = m.Revisions[:min(len(m.Revisions), toldRevisions)]
	for _, one := range m.Revisions {
		rel, err := readHead(r, one.Release)
		if err != nil {
			return m, err
		}
		if rel.ApprovedBy != nil {
			if m.Approved == nil {
				m.Approved = map[int]throughline.Actor{}
			}
			m.Approved[one.Release] = *rel.ApprovedBy
		}
	}
	return m, nil
}

// toldRevisions is how many revisions of each thing a story tells.
const toldRevisions = 20
