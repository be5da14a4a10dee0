package decide

import (
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
)

// limits are what bounds the choices of a placement besides audiences: times,
// markets and caps. They are asked at every decision.
type limits struct {
	// moments are when some choice opens or ends, in Unix milliseconds, ascending.
	// Between two of them nothing changes.
	moments []int64
	// markets are the lists that choices name, each once; a bit stands for each.
	markets [][]string
	// within are the bits of the lists that hold a choice back, by slot and choice.
	within [][]uint64
	// capped are the pieces that may be shown so often and no more.
	capped map[string]bool
}

// maxMarkets is how many lists of markets a placement can tell apart.
const maxMarkets = 64

func newLimits(p *throughline.SnapshotPlacement) (limits, *throughline.Error) {
	l := limits{capped: map[string]bool{}}
	for _, s := range p.Slots {
		within := make([]uint64, len(s.Choices))
		for i := range s.Choices {
			b := s.Choices[i].Bounds
			if b == nil {
				continue
			}
			for _, at := range []int64{b.From, b.Until} {
				if at != 0 {
					l.moments = append(l.moments, at)
				}
			}
			for _, markets := range b.Markets {
				within[i] |= 1 << l.list(markets)
			}
			if b.Impressions > 0 {
				l.capped[s.Choices[i].Piece] = true
			}
		}
		l.within = append(l.within, within)
	}
	slices.Sort(l.moments)
	l.moments = slices.Compact(l.moments)
	if len(l.markets) > maxMarkets {
		return l, throughline.Errorf(throughline.TooLarge, "its pieces name %d lists of markets, and %d can be told apart", len(l.markets), maxMarkets).
			WithFix("write the same markets in the same order, and split the placement")
	}
	return l, nil
}

// list returns the position of a list of markets.
func (l *limits) list(markets []string) int {
	i := slices.IndexFunc(l.markets, func(m []string) bool { return slices.Equal(m, markets) })
	if i < 0 {
		i, l.markets = len(l.markets), append(l.markets, markets)
	}
	return i
}

// span returns which of the times between two moments it is.
func (l *limits) span(at time.Time) int {
	n, exact := slices.BinarySearch(l.moments, at.UnixMilli())
	if exact {
		n++
	}
	return n
}

// until returns when the span ends in which a moment lies, or the zero time for
// never.
func (l *limits) until(at time.Time) time.Time {
	if n := l.span(at); n < len(l.moments) {
		return time.UnixMilli(l.moments[n])
	}
	return time.Time{}
}

// in returns the bits of the lists that hold a market.
func (l *limits) in(m throughline.Market) (bits uint64) {
	for i, markets := range l.markets {
		if m.InOne(markets) {
			bits |= 1 << i
		}
	}
	return bits
}

// signature is all of a request that its eligible set depends on. Every piece
// has text in every locale, so the locale is not part of it.
type signature struct {
	audiences uint64 // that match, of those that pieces are for
	markets   uint64 // bits of the lists it is in
	span      int    // of time
	spent     string // pieces that were shown as often as they may, each with a line end
}

// closed says what holds a choice back for requests of a signature, or "".
func (p *placement) closed(slot, choice int, sig signature) string {
	c := &p.Slots[slot].Choices[choice]
	if p.needs[slot][choice]&^sig.audiences != 0 {
		return "audience " + c.Audience + " of " + c.Ref().String() + " does not match"
	}
	b := c.Bounds
	if b == nil {
		return ""
	}
	since := int64(0) // the moment at which the span began
	if sig.span > 0 {
		since = p.limits.moments[sig.span-1]
	}
	switch {
	case b.From != 0 && since < b.From:
		return c.Ref().String() + " may be shown from " + moment(b.From)
	case b.Until != 0 && since >= b.Until:
		return c.Ref().String() + " may not be shown any more since " + moment(b.Until)
	case p.limits.within[slot][choice]&^sig.markets != 0:
		return c.Ref().String() + " may be shown only in " + elsewhere(p, slot, choice, sig)
	case b.Impressions > 0 && strings.Contains("\n"+sig.spent, "\n"+c.Piece+"\n"):
		return c.Ref().String() + " was shown as often as its rights allow"
	}
	return ""
}

// elsewhere names the first list of markets that the request is not in.
func elsewhere(p *placement, slot, choice int, sig signature) string {
	missing := p.limits.within[slot][choice] &^ sig.markets
	for i, markets := range p.limits.markets {
		if missing>>i&1 == 1 {
			return strings.Join(markets, ", ")
		}
	}
	return ""
}

func moment(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.RFC3339) }

// open reports whether nothing holds a filling back.
func (p *placement) open(filling []uint16, sig signature) bool {
	for s, c := range filling {
		if p.closed(s, int(c), sig) != "" {
			return false
		}
	}
	return true
}

// spentOf returns, of the pieces that were shown as often as they may, those that
// a placement has, as signatures write them.
func (l *limits) spentOf(spent []string) string {
	var out strings.Builder
	for _, name := range spent {
		if l.capped[name] {
			out.WriteString(name + "\n")
		}
	}
	return out.String()
}
