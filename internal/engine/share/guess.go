package share

import (
	"net/netip"
	"sync"
	"time"

	"github.com/throughline-engine/throughline"
)

// Secrets have 256 bits, so that nobody guesses one; guesses bounds the work of
// those who try. The counts lie in memory and are gone within minutes: nothing is
// kept of who asked.
type guesses struct {
	mu    sync.Mutex
	since time.Time
	wrong map[netip.Prefix]int
}

const (
	// wrongMost is how many wrong secrets one network may send in guessSpan.
	wrongMost = 20
	guessSpan = time.Minute
	// networksMost is how many networks are told apart; the others count as one.
	networksMost = 10_000
)

// may returns an error while a network has guessed too often.
func (g *guesses) may(from netip.Addr, now time.Time) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wrong == nil || now.Sub(g.since) > guessSpan || now.Before(g.since) {
		g.since, g.wrong = now, map[netip.Prefix]int{}
	}
	if g.wrong[g.network(from)] < wrongMost {
		return nil
	}
	return throughline.Errorf(throughline.Exhausted, "too many links that lead nowhere were tried").WithFix("try again in a minute, with the link as it was sent")
}

// failed counts a wrong secret.
func (g *guesses) failed(from netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wrong[g.network(from)]++
}

// network is what counts as one: an IPv6 /64 is one household. The zero Prefix is
// of those who are not told apart.
func (g *guesses) network(from netip.Addr) netip.Prefix {
	bits := 64
	if from = from.Unmap().WithZone(""); from.Is4() {
		bits = 32
	}
	p, err := from.Prefix(bits)
	if _, known := g.wrong[p]; err != nil || !known && len(g.wrong) >= networksMost {
		return netip.Prefix{}
	}
	return p
}
