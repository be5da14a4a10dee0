package report

import (
	"slices"

	"github.com/throughline-engine/throughline/internal/stat"
)

// reaction measures the time from recording an outcome to the first decision
// made from an epoch that had learned from it.
type reaction struct {
	hist    stat.Histogram // milliseconds
	waiting []signal       // by number in the journal
	// missed counts outcomes not measured because too many waited.
	missed int64
	// last is the newest epoch seen in a decision; early are uses of epochs whose
	// publication the journal had not yet told.
	last  uint32
	early []use
}

type signal struct {
	seq uint64
	at  int64
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

// wait starts the clock of an outcome.
func (r *reaction) wait(seq uint64, at int64) {
	if len(r.waiting) >= keepSignals {
		r.missed++
		return
	}
	r.waiting = append(r.waiting, signal{seq, at})
}

// used takes a decision made from an epoch.
func (r *reaction) used(epochs []Epoch, number uint32, at int64) {
	if number <= r.last {
		return
	}
	for i := len(epochs) - 1; i >= 0; i-- {
		if epochs[i].Number == number {
			r.last = number
			r.stop(epochs[i].Through, at)
			return
		}
	}
	if !slices.ContainsFunc(r.early, func(u use) bool { return u.epoch == number }) {
		r.early = lastN(append(r.early, use{epoch: number, at: at}), keepEarly)
	}
}

// published takes the list of epochs after one was added to it.
func (r *reaction) published(epochs []Epoch) {
	early := r.early
	r.early = nil
	for _, u := range early {
		r.used(epochs, u.epoch, u.at)
	}
}

// stop ends the clocks of the outcomes up to a number in the journal.
func (r *reaction) stop(through uint64, at int64) {
	n := 0
	for n < len(r.waiting) && r.waiting[n].seq <= through {
		r.hist.Add(float64(at - r.waiting[n].at))
		n++
	}
	r.waiting = slices.Delete(r.waiting, 0, n)
}

// applies measures the time from publishing a release to the first decision made
// from its snapshot.
type applies struct {
	hist stat.Histogram // milliseconds
	// release is the latest one as long as no decision was made from it, with
	// the time it was published; 0 for none. One that another replaced before it
	// was served is not waited for.
	release int
	at      int64
	// early are uses of snapshots the journal had not yet told of.
	early []use
}

// published starts the clock of a release.
func (a *applies) published(release int, at int64) { a.release, a.at = release, at }

// served takes a decision made from a snapshot, whose catalogue is nil while the
// journal has not told of it.
func (a *applies) served(c *catalogue, snapshot [8]byte, at int64) {
	if c == nil {
		if !slices.ContainsFunc(a.early, func(u use) bool { return u.snapshot == snapshot }) {
			a.early = lastN(append(a.early, use{snapshot: snapshot, at: at}), keepEarly)
		}
		return
	}
	if a.release != 0 && c.release == a.release {
		a.hist.Add(float64(at - a.at))
		a.release = 0
	}
}

// catalogued takes what a snapshot holds once the journal tells.
func (a *applies) catalogued(c *catalogue) {
	for _, u := range a.early {
		if u.snapshot == c.snapshot {
			a.served(c, u.snapshot, u.at)
		}
	}
	a.early = nil
}
