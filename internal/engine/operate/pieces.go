package operate

import (
	"strings"

	"github.com/throughline-engine/throughline/internal/loop/report"
	"github.com/throughline-engine/throughline/internal/stat"
)

// PieceNumbers is how a piece does, over every placement it was ever in.
type PieceNumbers struct {
	// Exposures counts confirmed exposures, Outcomes those that reached the goal.
	Exposures int64 `json:"exposures"`
	Outcomes  int64 `json:"outcomes"`
	// PeerExposures and PeerOutcomes are those of the other pieces in the same
	// slots of the same placements.
	PeerExposures int64 `json:"peerExposures"`
	PeerOutcomes  int64 `json:"peerOutcomes"`
	// Rate is Outcomes per exposure with its 95 % interval (Wilson), PeerRate that
	// of the others; both 0 to 1.
	Rate     float64       `json:"rate"`
	Interval stat.Interval `json:"interval"`
	PeerRate float64       `json:"peerRate"`
}

// Enough reports whether the rates say something: there are MinShown exposures of
// the piece and of its peers.
func (n PieceNumbers) Enough() bool { return n.Exposures >= MinShown && n.PeerExposures >= MinShown }

// Pieces returns how some pieces do, by name. A piece that was never shown is not
// in it.
func (o *Operate) Pieces(names []string) map[string]PieceNumbers {
	out := make(map[string]PieceNumbers, len(names))
	for _, name := range names {
		out[name] = PieceNumbers{}
	}
	now := o.core.Now()
	o.projection.Reported(func(s *report.State) {
		for _, place := range s.Places() {
			if p, ok := s.Placement(place, now); ok {
				addPieces(out, p)
			}
		}
	})
	for name, n := range out {
		if n.Exposures == 0 {
			delete(out, name)
			continue
		}
		n.Rate, n.Interval = share(n.Outcomes, n.Exposures), stat.Wilson(min(n.Outcomes, n.Exposures), n.Exposures, 0.95)
		n.PeerRate = share(n.PeerOutcomes, n.PeerExposures)
		out[name] = n
	}
	return out
}

func share(part, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(part) / float64(of)
}

// addPieces adds what one placement says of the pieces in out. All that was
// delivered in a slot and is not the piece's is its peers'.
func addPieces(out map[string]PieceNumbers, p report.Placement) {
	type group struct {
		all report.Tally
		of  map[string]report.Tally
	}
	var slots []group
	for _, v := range p.Variants {
		for i, level := range v.Levels {
			if i == len(slots) {
				slots = append(slots, group{of: map[string]report.Tally{}})
			}
			name, _, _ := strings.Cut(string(level), "@")
			if name == "" {
				continue // an optional slot left unfilled is no peer
			}
			g := &slots[i]
			t := g.of[name]
			g.of[name] = report.Tally{Deliveries: t.Deliveries + v.Total.Deliveries, Outcomes: t.Outcomes + v.Total.Outcomes}
			g.all.Deliveries += v.Total.Deliveries
			g.all.Outcomes += v.Total.Outcomes
		}
	}
	for _, g := range slots {
		for name, own := range g.of {
			n, wanted := out[name]
			if !wanted {
				continue
			}
			n.Exposures += own.Deliveries
			n.Outcomes += own.Outcomes
			n.PeerExposures += g.all.Deliveries - own.Deliveries
			n.PeerOutcomes += g.all.Outcomes - own.Outcomes
			out[name] = n
		}
	}
}
