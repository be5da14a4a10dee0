package demo

import (
	"hash/maphash"
	"slices"
	"sync"
	"time"
)

// session is how long after their last visit somebody counts as new again.
const session = 30 * time.Minute

// remembered is how many people in a row the ledger can tell apart. Nobody comes
// back after more than lately others, so more would only take memory.
const remembered = 1 << 12

// mostWaits bounds how many waits the ledger keeps: the newest.
const mostWaits = 1 << 16

// ledger is the simulator's own account of a run, the only source of its
// Result.
type ledger struct {
	keepIDs bool // needed to check the journal afterwards; 16 bytes a message
	seed    maphash.Seed

	mu       sync.Mutex
	r        Result
	arms     map[string]*arm
	lastSeen map[visitor]sight // by the recipient's number modulo remembered
	acked    map[uint64]bool   // by hashed message id; true once found in the journal
	decided  map[uint64]bool   // by hashed decision id
	signals  map[*site]*signals
	rollouts []time.Duration // from sending a change to its first decision
}

// arm sums one part of the traffic, over first exposures.
type arm struct {
	exposures, outcomes int64
	oracle              float64 // sum of the best true rates
}

// visitor is somebody in one placement.
type visitor struct {
	recipient int
	site      *site
}

// sight is the last time that somebody saw something.
type sight struct {
	recipient int
	at        time.Time
}

// signals are the outcomes of one placement and how long they took to matter.
type signals struct {
	waiting []time.Time // acknowledged, and in no decision yet; ascending
	waits   []time.Duration
}

func newLedger(keepIDs bool) *ledger {
	return &ledger{
		keepIDs: keepIDs, seed: maphash.MakeSeed(),
		arms:     map[string]*arm{armPolicy: {}, armHoldout: {}},
		lastSeen: make(map[visitor]sight),
		acked:    make(map[uint64]bool), decided: make(map[uint64]bool),
		signals: make(map[*site]*signals),
	}
}

func (l *ledger) hash(id string) uint64 { return maphash.String(l.seed, id) }

// decision notes a decision received and settles the outcomes it considered.
func (l *ledger) decision(s *site, a answer, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.r.Decisions++
	if l.keepIDs {
		l.decided[l.hash(a.text("decisionId"))] = false
	}
	g := l.signals[s]
	if g == nil {
		return
	}
	asOf, settled := time.UnixMilli(a.number("asOf")), 0
	for settled < len(g.waiting) && asOf.After(g.waiting[settled]) {
		g.waits = append(g.waits, now.Sub(g.waiting[settled]))
		settled++
	}
	g.waiting = slices.Delete(g.waiting, 0, settled)
	g.waits = newest(g.waits)
}

// exposure notes that somebody saw a decision and reports whether it was their
// first in this session, the only one that counts in rates.
func (l *ledger) exposure(v visitor, armName string, best float64, strange bool, now time.Time) (first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.r.Exposures++
	if strange {
		l.r.Strange++
	}
	place := visitor{v.recipient % remembered, v.site}
	last, before := l.lastSeen[place]
	l.lastSeen[place] = sight{v.recipient, now}
	if before && last.recipient == v.recipient && now.Sub(last.at) < session {
		return false
	}
	if a := l.arms[armName]; a != nil {
		a.exposures++
		a.oracle += best
	}
	return true
}

// outcome notes that somebody reacted to their first exposure.
func (l *ledger) outcome(armName string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.r.Outcomes++
	if a := l.arms[armName]; a != nil {
		a.outcomes++
	}
}

// acknowledged notes that the engine took the messages.
func (l *ledger) acknowledged(messages []message, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.r.Acknowledged += int64(len(messages))
	for _, m := range messages {
		if l.keepIDs {
			l.acked[l.hash(m.MessageID)] = false
		}
		if !m.outcome {
			continue
		}
		g := l.signals[m.site]
		if g == nil {
			g = new(signals)
			l.signals[m.site] = g
		}
		g.waiting = newest(append(g.waiting, now))
	}
}

// served notes how long a change took to reach somebody.
func (l *ledger) served(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rollouts = newest(append(l.rollouts, took))
}

// failed notes a call that failed.
func (l *ledger) failed(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.r.Failures++
	l.r.LastFailure = err
}

// foundMessage and foundDecision tick off what the journal holds.
func (l *ledger) foundMessage(id string)  { l.tick(l.acked, id) }
func (l *ledger) foundDecision(id string) { l.tick(l.decided, id) }

func (l *ledger) tick(set map[uint64]bool, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.hash(id)
	if _, known := set[h]; known {
		set[h] = true
	}
}

// result computes the Result so far. What the journal holds stays unknown
// unless it was read back.
func (l *ledger) result(now time.Time, readBack bool) Result {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.r
	learned, holdout := l.arms[armPolicy], l.arms[armHoldout]
	r.LearnedExposures, r.HoldoutExposures = learned.exposures, holdout.exposures
	r.LearnedRate = ratio(float64(learned.outcomes), float64(learned.exposures))
	r.HoldoutRate = ratio(float64(holdout.outcomes), float64(holdout.exposures))
	r.OracleRate = ratio(learned.oracle, float64(learned.exposures))
	r.Journaled, r.DecisionsLost = unknown(), unknown()
	if readBack {
		r.Journaled = Measure(count(l.acked, true))
		r.DecisionsLost = Measure(count(l.decided, false))
	}
	r.SignalToDecision, r.ApplyToServed = l.signalToDecision(now), unknown()
	if took, ok := nearestRank(l.rollouts, 0.99); ok {
		r.ApplyToServed = Measure(float64(took) / float64(time.Millisecond))
	}
	return r
}

func (l *ledger) signalToDecision(now time.Time) Measure {
	var ended, open []time.Duration
	for _, g := range l.signals {
		ended = append(ended, g.waits...)
		for _, since := range g.waiting {
			if since.Before(now) { // the last ones were acknowledged after the last decision
				open = append(open, now.Sub(since))
			}
		}
	}
	took, ok := quantile(ended, open, 0.95)
	if !ok {
		return unknown()
	}
	return Measure(took.Seconds())
}

func count(set map[uint64]bool, want bool) (n int) {
	for _, found := range set {
		if found == want {
			n++
		}
	}
	return n
}

// newest keeps a list below mostWaits by dropping the older half.
func newest[T any](list []T) []T {
	if len(list) < mostWaits {
		return list
	}
	return slices.Delete(list, 0, mostWaits/2)
}
