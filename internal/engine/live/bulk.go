package live

import (
	"context"
	"sync"

	"github.com/throughline-engine/throughline"
)

// MaxBulk is how many placements one question may be about.
const MaxBulk = 256

// Considered is what was decided for one placement among many: the decision, or
// why there is none.
type Considered struct {
	Placement string
	Decision  throughline.Decision
	Err       error
}

// DecideAll decides the placements of one request, all from the same table; none
// named means every one, and no release yet is none. The request's own Placement
// is not read.
//
// Whoever asks for all shows few, so these decisions are not journaled: the
// exposure of one that was shown brings its signed token, which restores what
// learning needs, and one nobody saw is no trial. A choice that its placement
// keeps for good is journaled, because it must outlive the process.
func (p *Plane) DecideAll(ctx context.Context, req throughline.Request, placements []string) (all []Considered, release int, err error) {
	t := p.table.Load()
	if t != nil {
		release = t.Release()
		if placements == nil {
			for i := range t.Placements() {
				placements = append(placements, t.Placements()[i].Name)
			}
		}
	}
	if len(placements) > MaxBulk {
		return nil, release, throughline.Errorf(throughline.TooLarge, "the question is about %d placements; %d are allowed", len(placements), MaxBulk).
			WithFix("name those you show in the list context.flags")
	}
	all = make([]Considered, len(placements))
	for i, name := range placements {
		all[i].Placement = name
		if t == nil {
			all[i].Err = throughline.Errorf(throughline.NotFound, "nothing is live yet")
			continue
		}
		req.Placement = name
		d, err := t.Decide(req, recalling{p.holds, p, ctx, req.Unit})
		if throughline.CodeOf(err) == throughline.Invalid { // of whom it asks about, so of every placement
			return nil, release, err
		}
		if err == nil && !d.Held && d.Sticky == throughline.StickyRecipient && d.Arm != throughline.ArmFallback {
			p.record(req, &d)
		}
		all[i].Decision, all[i].Err = d, err
	}
	return all, release, nil
}

// Released returns the number of the release that is served, 0 before the first,
// and a channel that closes when another one is.
func (p *Plane) Released() (release int, changed <-chan struct{}) {
	changed = p.news.next() // first: what changes now is told by the channel or by the number
	if t := p.table.Load(); t != nil {
		release = t.Release()
	}
	return release, changed
}

// news wakes everybody who waits.
type news struct {
	mu   sync.Mutex
	wake chan struct{}
}

func (n *news) next() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.wake == nil {
		n.wake = make(chan struct{})
	}
	return n.wake
}

func (n *news) tell() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.wake != nil {
		close(n.wake)
		n.wake = nil
	}
}
