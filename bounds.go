package throughline

import (
	"slices"
	"time"
)

// Bounds are when, where and how often a piece may be shown: what its validity,
// its claims and every grant of rights have in common.
type Bounds struct {
	// From is the first and Until the first no longer, in Unix milliseconds; 0 is
	// open.
	From  int64 `json:"from,omitempty"`
	Until int64 `json:"until,omitempty"`
	// Markets are lists, and the request's market is in one of each.
	Markets [][]string `json:"markets,omitempty"`
	// Impressions is how often it may be shown in all; 0 for no cap.
	Impressions int `json:"impressions,omitempty"`
}

// Bounds returns what bounds a piece, or nil for nothing. Claim returns a Claim
// by name; one that is not there, withdrawn, or without evidence lets the piece
// be shown at no time. An error is a moment that cannot be read, which declaring
// refuses.
func (p Piece) Bounds(claim func(name string) *Claim) (*Bounds, error) {
	var b Bounds
	err := b.within(p.Validity)
	for _, g := range p.Rights {
		if e := b.within(Validity{g.From, g.Until, g.Markets}); err == nil {
			err = e
		}
		b.Impressions = int(tighter(int64(b.Impressions), int64(g.Impressions)))
	}
	for _, name := range p.Claims {
		c := claim(name)
		if c == nil || c.Withdrawn != "" || len(c.Evidence) == 0 {
			b.Until = never
			continue
		}
		if e := b.within(c.Validity); err == nil {
			err = e
		}
		until, e := c.Evident()
		if err == nil {
			err = e
		}
		b.end(until)
	}
	if b.From == 0 && b.Until == 0 && len(b.Markets) == 0 && b.Impressions == 0 {
		return nil, err
	}
	return &b, err
}

// AllBounds returns what several bounds have in common; nil for nothing.
func AllBounds(all ...*Bounds) *Bounds {
	var out *Bounds
	for _, b := range all {
		if b == nil {
			continue
		}
		if out == nil {
			out = new(Bounds)
		}
		out.From = max(out.From, b.From)
		out.Until = tighter(out.Until, b.Until)
		out.Impressions = int(tighter(int64(out.Impressions), int64(b.Impressions)))
		for _, m := range b.Markets {
			out.in(m)
		}
	}
	return out
}

// tighter returns the lesser of two limits, of which 0 is none.
func tighter(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// never is an end that is before everything.
const never = 1

// within narrows the bounds.
func (b *Bounds) within(v Validity) error {
	from, err := v.From.Begins()
	if err != nil {
		return err
	}
	until, err := v.Until.Ends()
	if err != nil {
		return err
	}
	if !from.IsZero() {
		b.From = max(b.From, from.UnixMilli())
	}
	b.end(until)
	b.in(v.Markets)
	return nil
}

func (b *Bounds) in(markets []string) {
	if len(markets) > 0 && !slices.ContainsFunc(b.Markets, func(m []string) bool { return slices.Equal(m, markets) }) {
		b.Markets = append(b.Markets, markets)
	}
}

func (b *Bounds) end(at time.Time) {
	if at.IsZero() {
		return
	}
	b.Until = tighter(b.Until, max(at.UnixMilli(), never))
}

// Open reports whether a moment lies within the bounds; nil bounds nothing.
func (b *Bounds) Open(at time.Time) bool {
	if b == nil {
		return true
	}
	ms := at.UnixMilli()
	return ms >= b.From && (b.Until == 0 || ms < b.Until)
}

// In reports whether a market lies within the bounds; nil bounds nothing.
func (b *Bounds) In(m Market) bool {
	return b == nil || !slices.ContainsFunc(b.Markets, func(markets []string) bool { return !m.InOne(markets) })
}
