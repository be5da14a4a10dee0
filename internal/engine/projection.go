package engine

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/learn"
	"github.com/throughline-engine/throughline/internal/loop/report"
	"github.com/throughline-engine/throughline/internal/record"
)

// Projection is what the journal adds up to: the counts that policies learn
// from and the numbers that pages show. It follows the journal and is
// checkpointed, so a restart folds only what came after; thrown away, it comes
// back the same from the journal alone.
//
// The two folds are independent: an event that one refuses counts once in the
// other however often it is tried, and a new version of one is rebuilt alone.
type Projection struct {
	core *Core

	mu     sync.RWMutex
	learn  *learn.State
	report *report.State
	at     places
	asOf   time.Time
	// saved are the places of the checkpoints kept; saving is held while they and
	// the state they are of must belong together.
	saved  places
	saving sync.Mutex
	// changed is closed, and replaced, when events are folded.
	changed chan struct{}
}

// places are the last event that each fold has taken.
type places struct{ learn, report uint64 }

// both returns the last event that both have taken.
func (p places) both() uint64 { return min(p.learn, p.report) }

const (
	foldLearn  = "learn"
	foldReport = "report"

	// checkpointEvery is the least time between checkpoints. One that takes long
	// is followed by checkpointRest times as long without: nobody else writes to
	// State meanwhile, and that is at most 5 % of the time.
	checkpointEvery = 5 * time.Second
	checkpointRest  = 19
)

// NewProjection returns an empty projection of the engine's journal.
func NewProjection(core *Core) *Projection {
	return &Projection{core: core, learn: learn.NewState(), report: report.NewState(), changed: make(chan struct{})}
}

// Load continues each fold from its checkpoint, if there is one of this version
// of its code; otherwise from the first event.
func (p *Projection) Load(ctx context.Context) error {
	head, err := p.core.Record.Journal.Head(ctx)
	if err != nil {
		return err
	}
	ls, rs := learn.NewState(), report.NewState()
	var at places
	if at.learn, err = p.loadFold(ctx, foldLearn, learn.Version, head.Seq, ls); err != nil {
		return err
	}
	if at.learn == 0 {
		ls = learn.NewState() // what a damaged checkpoint left in it is no start
	}
	if at.report, err = p.loadFold(ctx, foldReport, report.Version, head.Seq, rs); err != nil {
		return err
	}
	if at.report == 0 {
		rs = report.NewState()
	}
	asOf, err := p.recordedAt(ctx, at.learn)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.learn, p.report, p.at, p.asOf, p.saved = ls, rs, at, asOf, at
	return nil
}

// loadFold reads one fold's checkpoint into its state and returns its place; 0
// when there is none that can be used, for it only saves time.
func (p *Projection) loadFold(ctx context.Context, name string, version int, head uint64, state interface{ Unmarshal([]byte) error }) (uint64, error) {
	c, err := p.core.Record.Folds.Load(ctx, name)
	if throughline.CodeOf(err) == throughline.NotFound {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if head < c.Seq {
		return 0, JournalMissing(head, c.Seq)
	}
	if c.Version != version || state.Unmarshal(c.Data) != nil {
		return 0, nil
	}
	return c.Seq, nil
}

// recordedAt returns when an event was recorded; the zero time for one that
// cannot be read, which following the journal will report.
func (p *Projection) recordedAt(ctx context.Context, seq uint64) (time.Time, error) {
	if seq == 0 {
		return time.Time{}, nil
	}
	for batch, err := range p.core.Record.Journal.Read(ctx, seq-1) {
		switch {
		case throughline.CodeOf(err) == throughline.Corrupt:
			return time.Time{}, nil
		case err != nil:
			return time.Time{}, err
		case len(batch) > 0:
			return batch[0].RecordedAt, nil
		}
	}
	return time.Time{}, nil
}

// CatchUp folds what the journal holds beyond the projection.
func (p *Projection) CatchUp(ctx context.Context) error {
	return p.CatchUpTo(ctx, ^uint64(0), nil)
}

// CatchUpTo folds up to the event with number last and no further. Progress,
// which may be nil, is told the number reached.
func (p *Projection) CatchUpTo(ctx context.Context, last uint64, progress func(seq uint64)) error {
	for batch, err := range p.core.Record.Journal.Read(ctx, p.Seq()) {
		if err != nil {
			return err
		}
		done, err := p.fold(batch, last)
		if err != nil {
			return err
		}
		if progress != nil {
			progress(p.Seq())
		}
		if done {
			return nil
		}
	}
	return nil
}

func (p *Projection) fold(batch []throughline.Event, last uint64) (done bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer func() {
		close(p.changed)
		p.changed = make(chan struct{})
	}()
	for _, e := range batch {
		if e.Seq > last {
			return true, nil
		}
		if e.Seq > p.at.learn {
			if err := learn.Step(p.learn, e); err != nil {
				return false, err
			}
			p.at.learn, p.asOf = e.Seq, e.RecordedAt
		}
		if e.Seq > p.at.report {
			if err := report.Step(p.report, e); err != nil {
				return false, err
			}
			p.at.report = e.Seq
		}
	}
	return p.at.both() >= last, nil
}

// Seq returns the last event that both folds have taken.
func (p *Projection) Seq() uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.at.both()
}

// Changed returns a channel that is closed when events are folded next.
func (p *Projection) Changed() <-chan struct{} {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.changed
}

// Follow folds events as they come until ctx ends, and keeps checkpoints.
// CaughtUp is told whenever all of the journal is folded, saved how each
// checkpoint went: without one a restart takes longer, and nothing else is amiss.
func (p *Projection) Follow(ctx context.Context, caughtUp func(), saved func(error)) error {
	next := p.core.Clock().Add(checkpointEvery)
	for {
		if err := p.CatchUp(ctx); err != nil {
			return err
		}
		caughtUp()
		if start := p.core.Clock(); !start.Before(next) {
			err := p.Save(ctx)
			if ctx.Err() == nil {
				saved(err)
			}
			next = afterCheckpoint(start, p.core.Clock())
		}
		if err := p.core.Record.Journal.Wait(ctx, p.Seq()); err != nil {
			return err
		}
	}
}

// afterCheckpoint returns when to begin the checkpoint after one.
func afterCheckpoint(began, ended time.Time) time.Time {
	return ended.Add(max(checkpointEvery, checkpointRest*ended.Sub(began)))
}

// Save keeps a checkpoint of each fold that went on since its last. They are two,
// so that a new version of one does not throw away the other.
func (p *Projection) Save(ctx context.Context) error {
	p.saving.Lock()
	defer p.saving.Unlock()
	p.mu.RLock()
	same := p.at == p.saved
	p.mu.RUnlock()
	if same {
		return nil
	}
	l, r, at, err := p.marshal()
	if err != nil {
		return err
	}
	if err := p.core.Record.Folds.Save(ctx, foldLearn, record.Checkpoint{Version: learn.Version, Seq: at.learn, Data: l}); err != nil {
		return err
	}
	if err := p.core.Record.Folds.Save(ctx, foldReport, record.Checkpoint{Version: report.Version, Seq: at.report, Data: r}); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.saved = at
	return nil
}

func (p *Projection) marshal() (l, r []byte, at places, err error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if l, err = p.learn.Marshal(); err != nil {
		return nil, nil, places{}, err
	}
	r, err = p.report.Marshal()
	return l, r, p.at, err
}

// Learned runs fn on what policies learn from; through is the last event in it
// and asOf when that was recorded. fn must not keep the state.
func (p *Projection) Learned(fn func(s *learn.State, through uint64, asOf time.Time)) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	fn(p.learn, p.at.learn, p.asOf)
}

// Reported runs fn on what pages show. fn must not keep the state.
func (p *Projection) Reported(fn func(s *report.State)) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	fn(p.report)
}

// Clone returns a copy that stays where it is.
func (p *Projection) Clone() (*Projection, error) {
	l, r, at, err := p.marshal()
	if err != nil {
		return nil, err
	}
	q := NewProjection(p.core)
	q.at = at
	return q, errors.Join(q.learn.Unmarshal(l), q.report.Unmarshal(r))
}

// Replace takes over the state of another projection. The checkpoints kept are
// of the state before, even where their places are the same.
func (p *Projection) Replace(q *Projection) {
	p.saving.Lock()
	defer p.saving.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.learn, p.report, p.at, p.asOf = q.learn, q.report, q.at, q.asOf
	p.saved = places{}
}

// Differs reports in which fold two projections of the same place differ; empty
// when they are the same to the last bit.
func (p *Projection) Differs(q *Projection) (string, error) {
	pl, pr, pat, err := p.marshal()
	if err != nil {
		return "", err
	}
	ql, qr, qat, err := q.marshal()
	switch {
	case err != nil:
		return "", err
	case pat != qat:
		return "place in the journal", nil
	case !bytes.Equal(pl, ql):
		return foldLearn, nil
	case !bytes.Equal(pr, qr):
		return foldReport, nil
	}
	return "", nil
}
