package live

import (
	"maps"
	"sync"

	"github.com/throughline-engine/throughline"
)

// maxUnheard is how many names of events are told apart; the rest are counted
// as one, because whoever has a write key may send any name.
const maxUnheard = 64

// unheard counts the outcomes of this process by the names that no placement's
// goal waits for. The zero unheard has none.
type unheard struct {
	mu     sync.Mutex
	names  map[string]int64
	others int64
	// waited are the names that the placements of snapshot wait for.
	waited   map[string]bool
	snapshot *throughline.Snapshot
}

// hear counts an outcome, unless a placement of the snapshot waits for it.
func (u *unheard) hear(s *throughline.Snapshot, event string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.snapshot != s {
		u.snapshot, u.waited = s, make(map[string]bool, len(s.Placements))
		for i := range s.Placements {
			u.waited[s.Placements[i].Event] = true
		}
	}
	if u.waited[event] {
		return
	}
	if _, told := u.names[event]; !told && len(u.names) == maxUnheard {
		u.others++
		return
	}
	if u.names == nil {
		u.names = make(map[string]int64)
	}
	u.names[event]++
}

// hear looks at an event that was taken in.
func (p *Plane) hear(e throughline.Event) {
	table := p.table.Load()
	if table == nil || e.Type != throughline.EventOutcomeReceived {
		return
	}
	if outcome, err := throughline.DecodeData[throughline.OutcomeReceived](e); err == nil { // our own bytes of a moment ago
		p.unheard.hear(table.Snapshot(), outcome.Name)
	}
}

// Unheard returns how many outcomes this process took in under a name that no
// placement's goal waits for, by name, and how many more there were when the
// names became too many to tell apart.
func (p *Plane) Unheard() (byName map[string]int64, others int64) {
	p.unheard.mu.Lock()
	defer p.unheard.mu.Unlock()
	return maps.Clone(p.unheard.names), p.unheard.others
}
