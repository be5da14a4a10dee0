package report

import (
	"slices"

	"github.com/throughline-engine/throughline/internal/stat"
)

// Both clocks here end when what they wait for is published. Whether people got
// it is told by the first decision after that: one made from it confirms the
// moment of publication, one made from something older lets the clock go on
// until a decision is made from it. So staleness that somebody was served
// counts, and time in which nobody asked does not.

// reaction measures the time from recording an outcome to the publication of
// the first epoch that learned from it, or further; see above.
type reaction struct {
	hist    stat.Histogram // milliseconds
	waiting []signal       // by number in the journal
	// answers are the epochs that learned from outcomes in waiting, ascending;
	// each has at least one that those before it have not.
	answers []answer
	// newest is the latest epoch the journal told of; early are uses of epochs
	// whose publication it had not.
	newest uint32
	early  []use
}

type signal struct {
	seq uint64
	at  int64
}

// answer is an epoch that no decision was made from yet.
type answer struct {
	epoch   uint32
	through uint64
	at      int64 // when it was published
	// stale says that a decision was made from an older one after that.
	stale bool
}

// end returns when the wait for the answer was over, which a decision made from
// it at a moment tells.
func (a answer) end(decided int64) int64 {
	if a.stale {
		return decided
	}
	return min(a.at, decided)
}

// use is the first decision made from something.
type use struct {
	epoch    uint32
	snapshot [8]byte
	at       int64
}

const (
	keepSignals = 1 << 16
	keepEarly   = 16
)

// wait starts the clock of an outcome. Beyond keepSignals none is measured: those
// that wait came earlier, so what is measured is rather too slow than too fast.
func (r *reaction) wait(seq uint64, at int64) {
	if len(r.waiting) >= keepSignals {
		return
	}
	r.waiting = append(r.waiting, signal{seq, at})
}

// used takes a decision made from an epoch.
func (r *reaction) used(number uint32, at int64) {
	n := 0
	for n < len(r.answers) && r.answers[n].epoch <= number {
		r.stop(r.answers[n], at)
		n++
	}
	r.answers = slices.Delete(r.answers, 0, n)
	for i := range r.answers {
		r.answers[i].stale = r.answers[i].stale || at > r.answers[i].at
	}
	if number > r.newest && !slices.ContainsFunc(r.early, func(u use) bool { return u.epoch == number }) {
		r.early = lastN(append(r.early, use{epoch: number, at: at}), keepEarly)
	}
}

// published takes an epoch.
func (r *reaction) published(e epoch) {
	r.newest = max(r.newest, e.number)
	if r.learnsMore(e.through) {
		r.answers = append(r.answers, answer{epoch: e.number, through: e.through, at: e.at})
	}
	early := r.early
	r.early = nil
	for _, u := range early {
		r.used(u.epoch, u.at)
	}
}

// learnsMore reports whether an epoch that learned up to a number in the journal
// answers an outcome that no epoch has answered.
func (r *reaction) learnsMore(through uint64) bool {
	var answered uint64
	if n := len(r.answers); n > 0 {
		answered = r.answers[n-1].through
	}
	return slices.ContainsFunc(r.waiting, func(s signal) bool { return answered < s.seq && s.seq <= through })
}

// stop ends the clocks of the outcomes that an epoch learned from, after a
// decision was made from it or a later one.
func (r *reaction) stop(a answer, decided int64) {
	n := 0
	for n < len(r.waiting) && r.waiting[n].seq <= a.through {
		r.hist.Add(float64(max(0, a.end(decided)-r.waiting[n].at)))
		n++
	}
	r.waiting = slices.Delete(r.waiting, 0, n)
}

// applies measures the time from a release to the publication of the first epoch
// of its snapshot, or further; see above.
type applies struct {
	hist stat.Histogram // milliseconds
	// release is the latest one as long as no decision was made from it, with
	// the time it was made; 0 for none.
	release int
	at      int64
	// ready is the first epoch of its snapshot; with no number while there is
	// none.
	ready answer
	// early are uses of snapshots the journal had not yet told of.
	early []use
}

// released starts the clock of a release. One that was published and replaced
// before anybody asked has had its time; one replaced sooner is not waited for.
func (a *applies) released(release int, at int64) {
	if a.release != 0 && a.ready.epoch != 0 && !a.ready.stale {
		a.stop(a.ready.at)
	}
	a.release, a.at, a.ready = release, at, answer{}
}

// published takes an epoch of a snapshot, whose catalogue is nil while the
// journal has not told of it.
func (a *applies) published(c *catalogue, e epoch) {
	if c != nil && a.release != 0 && c.release == a.release && a.ready.epoch == 0 {
		a.ready = answer{epoch: e.number, at: e.at}
	}
}

// served takes a decision made from a snapshot, whose catalogue is nil while the
// journal has not told of it.
func (a *applies) served(c *catalogue, snapshot [8]byte, at int64) {
	switch {
	case c == nil:
		if !slices.ContainsFunc(a.early, func(u use) bool { return u.snapshot == snapshot }) {
			a.early = lastN(append(a.early, use{snapshot: snapshot, at: at}), keepEarly)
		}
	case a.release == 0:
	case c.release != a.release:
		a.ready.stale = a.ready.stale || a.ready.epoch != 0 && at > a.ready.at
	case a.ready.epoch == 0: // served before the journal told of its publication
		a.stop(at)
	default:
		a.stop(a.ready.end(at))
	}
}

func (a *applies) stop(at int64) {
	a.hist.Add(float64(max(0, at-a.at)))
	a.release, a.ready = 0, answer{}
}

// catalogued takes what a snapshot holds once the journal tells.
func (a *applies) catalogued(c *catalogue) {
	a.early = slices.DeleteFunc(a.early, func(u use) bool {
		if u.snapshot != c.snapshot {
			return false
		}
		a.served(c, u.snapshot, u.at)
		return true
	})
}
