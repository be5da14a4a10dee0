package content

import (
	"sync"

	"github.com/throughline-engine/throughline"
)

// pastReviews are reviews of releases that were live. They do not change any
// more, and making one walks all the way back to it.
type pastReviews struct {
	mu   sync.Mutex
	keys []pastKey // the oldest first
	kept map[pastKey]Review
}

type pastKey struct {
	release, from int
	locale        string
}

// The past reviews kept: so many, and none of a release with more changes.
const (
	pastMost    = 32
	pastChanges = 2000
)

// past reports whether a release was live at some time.
func past(rel throughline.Release) bool { return !rel.LiveAt.IsZero() || !rel.Snapshot.IsZero() }

func (p *pastReviews) look(in ReviewInput) (Review, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	rev, ok := p.kept[pastKey{in.Release, in.From, in.Locale}]
	return rev, ok
}

func (p *pastReviews) keep(in ReviewInput, rev Review) {
	if len(rev.Plan.Changes) > pastChanges {
		return
	}
	key := pastKey{in.Release, in.From, in.Locale}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil {
		p.kept = map[pastKey]Review{}
	}
	if _, ok := p.kept[key]; !ok {
		p.keys = append(p.keys, key)
	}
	p.kept[key] = rev
	if len(p.keys) > pastMost {
		delete(p.kept, p.keys[0])
		p.keys = p.keys[1:]
	}
}
