package content

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// meaning counts what a change comes to, against what is live now.
func (c *Content) meaning(ctx context.Context, live *throughline.Snapshot, after built) (throughline.Meaning, error) {
	var fresh []throughline.Finding
	if slices.ContainsFunc(after.findings, tooLongFor) {
		err := c.with(ctx, func(k *known, r record.Reader) error {
			err := c.checked(r, k)
			fresh = news(after.findings, k.findings)
			return err
		})
		if err != nil {
			return throughline.Meaning{}, err
		}
	}
	return means(live, after, fresh, c.core.Now()), nil
}

// tooLongFor reports whether a finding is of a text over its limit.
func tooLongFor(f throughline.Finding) bool {
	length := strings.HasSuffix(f.Rule, "#"+string(throughline.CheckLength)) || strings.HasPrefix(f.Rule, string(throughline.KindGuardrail)+"/")
	return length && strings.HasPrefix(f.Want, atMost) && f.Variants == 0 && f.Overridden == nil
}

// atMost begins what a check of lengths wants of a text that is too long.
const atMost = "at most "

// news returns the findings that there were not before.
func news(after, before []throughline.Finding) (fresh []throughline.Finding) {
	type place struct{ rule, object, slot, channel, locale, want string }
	at := func(f throughline.Finding) place {
		return place{f.Rule, f.Object.String(), f.Slot, f.Channel, f.Locale, f.Want}
	}
	old := make(map[place]bool, len(before))
	for _, f := range before {
		old[at(f)] = true
	}
	for _, f := range after {
		if !old[at(f)] {
			fresh = append(fresh, f)
		}
	}
	return fresh
}

// means counts, placement by placement, what becomes of the variants.
func means(live *throughline.Snapshot, after built, fresh []throughline.Finding, at time.Time) throughline.Meaning {
	var m meaning
	m.exceed = map[excess]int{}
	if live != nil && after.snapshot != nil {
		now := map[string]bool{}
		for i := range after.snapshot.Placements {
			p := &after.snapshot.Placements[i]
			now[p.Name] = true
			m.placement(placementIn(live, p.Name), p, fresh, at)
		}
		for i := range live.Placements {
			if p := &live.Placements[i]; !now[p.Name] {
				m.placement(p, nil, nil, at)
			}
		}
	}
	for e, n := range m.exceed {
		m.Exceed = append(m.Exceed, throughline.Excess{Limit: e.limit, Locale: e.locale, Variants: n})
	}
	slices.SortFunc(m.Exceed, func(a, b throughline.Excess) int {
		return cmp.Or(cmp.Compare(b.Variants, a.Variants), cmp.Compare(a.Locale, b.Locale), cmp.Compare(a.Limit, b.Limit))
	})
	m.Says = saysMeaning(m.Meaning)
	return m.Meaning
}

// meaning is what is counted so far.
type meaning struct {
	throughline.Meaning
	exceed map[excess]int
}

type excess struct{ limit, locale string }

// placement counts at one placement, of which either side may be nil.
func (m *meaning) placement(old, now *throughline.SnapshotPlacement, fresh []throughline.Finding, at time.Time) {
	v := view{old: old, now: now}
	v.match()
	m.Gone += len(v.lost)
	m.New += len(v.gained)
	touched := map[int]bool{} // candidates before
	for _, pair := range v.altered {
		touched[pair[0]] = true
	}
	for _, i := range v.lost {
		touched[i] = true
	}
	for i := range uncovered(old, now, at) {
		m.Uncovered++
		touched[i] = true
	}
	m.Touched += len(touched)
	m.tooLong(now, fresh)
}

// tooLong counts the variants with a text over its limit.
func (m *meaning) tooLong(p *throughline.SnapshotPlacement, fresh []throughline.Finding) {
	if p == nil {
		return
	}
	type slotPiece struct {
		slot  int
		piece string
	}
	long := map[excess]map[slotPiece]bool{}
	for _, f := range fresh {
		s := slices.IndexFunc(p.Slots, func(s throughline.SnapshotSlot) bool { return s.Name == f.Slot })
		if !tooLongFor(f) || s < 0 || f.Template != p.Template || f.Channel != "" && f.Channel != p.Channel {
			continue
		}
		e := excess{strings.TrimPrefix(f.Want, atMost), f.Locale}
		if !strings.Contains(e.limit, " ") { // a number without its unit
			e.limit = "a limit of " + e.limit
		}
		if long[e] == nil {
			long[e] = map[slotPiece]bool{}
		}
		long[e][slotPiece{s, f.Object.Name}] = true
	}
	for e, pieces := range long {
		for _, c := range p.Candidates {
			for s, i := range c {
				if pieces[slotPiece{s, p.Slots[s].Choices[i].Piece}] {
					m.exceed[e]++
					break
				}
			}
		}
	}
}

// uncovered yields the candidates that may be shown in every language that they
// could be shown in no more after the change, though they stay.
func uncovered(old, now *throughline.SnapshotPlacement, at time.Time) map[int]bool {
	out := map[int]bool{}
	if old == nil || now == nil {
		return out
	}
	locales := old.Locales.All()
	was, is := covered(old, locales, at), covered(now, locales, at)
	if !closes(was, is) {
		return out
	}
	for i, c := range old.Candidates {
		for l := range locales {
			before, after := true, true
			for s, choice := range c {
				key := pieceIn{old.Slots[s].Name, old.Slots[s].Choices[choice].Piece, l}
				before = before && was[key]
				if open, there := is[key]; there { // one that is not there is gone, and counted so
					after = after && open
				}
			}
			if before && !after {
				out[i] = true
				break
			}
		}
	}
	return out
}

// pieceIn is a piece in a slot, in one of a list of locales.
type pieceIn struct {
	slot, piece string
	locale      int
}

// covered says for each piece whether it may be shown.
func covered(p *throughline.SnapshotPlacement, locales []string, at time.Time) map[pieceIn]bool {
	out := map[pieceIn]bool{}
	for _, s := range p.Slots {
		for _, c := range s.Choices {
			for l, locale := range locales {
				out[pieceIn{s.Name, c.Piece, l}] = c.Bounds.Open(at) && c.Bounds.In(throughline.MarketOf(locale))
			}
		}
	}
	return out
}

// closes reports whether a piece that could be shown no longer may.
func closes(was, is map[pieceIn]bool) bool {
	for key, open := range was {
		if now, there := is[key]; open && there && !now {
			return true
		}
	}
	return false
}

// saysMeaning says what is counted, and nothing of what is zero.
func saysMeaning(m throughline.Meaning) string {
	clauses := []string{"touches no live variant"}
	if m.Touched > 0 {
		clauses[0] = fmt.Sprintf("touches %d live %s", m.Touched, variantWord(m.Touched))
	}
	add := func(n int, one, many string) {
		switch {
		case n == 1:
			clauses = append(clauses, "1 "+one)
		case n > 1:
			clauses = append(clauses, fmt.Sprintf("%d %s", n, many))
		}
	}
	add(m.Gone, "of them goes", "of them go")
	add(m.New, "is new", "are new")
	add(m.Uncovered, "loses rights cover", "lose rights cover")
	for _, e := range m.Exceed {
		at := e.Limit
		if e.Locale != "" {
			at += " in " + e.Locale
		}
		add(e.Variants, "exceeds "+at, "exceed "+at)
	}
	return strings.Join(clauses, ", ")
}

func variantWord(n int) string {
	if n == 1 {
		return "variant"
	}
	return "variants"
}
