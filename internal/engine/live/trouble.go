package live

import "sync/atomic"

// trouble is why one part of the plane does not work at the moment; the zero
// trouble is none.
type trouble struct{ err atomic.Pointer[error] }

// set takes how the part fares, nil for well, and reports whether that is
// another answer than before to whether it works.
func (t *trouble) set(err error) (turned bool) {
	if err == nil {
		return t.err.Swap(nil) != nil
	}
	return t.err.Swap(&err) == nil
}

func (t *trouble) now() error {
	if err := t.err.Load(); err != nil {
		return *err
	}
	return nil
}

// stopped takes why the journal cannot be read on.
func (p *Plane) stopped(err error) {
	if p.reading.set(err) {
		p.core.Log.Error("the journal cannot be read on; decisions go on with what was learned before", "after", p.projection.Seq(), "error", err)
	}
}

// goesOn takes that events are folded again.
func (p *Plane) goesOn() {
	if p.reading.set(nil) {
		p.core.Log.Info("the journal is read on", "after", p.projection.Seq())
	}
}

// saved takes how keeping a checkpoint went.
func (p *Plane) saved(err error) {
	switch turned := p.saving.set(err); {
	case turned && err != nil:
		p.core.Log.Error("no checkpoint could be kept; a restart would take longer", "error", err)
	case turned:
		p.core.Log.Info("checkpoints are kept again")
	}
}
