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
type Projection struct {
	core *Core

	mu     sync.RWMutex
	learn  *learn.State
	report *report.State
	seq    uint64
	asOf   time.Time
	// saved is the seq of the checkpoint kept.
	saved uint64
	// changed is closed, and replaced, when events are folded.
	changed chan struct{}
}

const (
	foldLearn  = "learn"
	foldReport = "report"

	checkpointEvery = 5 * time.Second
)

// NewProjection returns an empty projection of the engine's journal.
func NewProjection(core *Core) *Projection {
	return &Projection{core: core, learn: learn.NewState(), report: report.NewState(), changed: make(chan struct{})}
}

// Load continues from the checkpoint kept, if both folds have one of the same
// place and of this version of their code; otherwise it starts from the first
// event.
func (p *Projection) Load(ctx context.Context) error {
	l, err := p.core.Record.Folds.Load(ctx, foldLearn)
	if throughline.CodeOf(err) == throughline.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	r, err := p.core.Record.Folds.Load(ctx, foldReport)
	if throughline.CodeOf(err) == throughline.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if l.Seq != r.Seq || l.Version != learn.Version || r.Version != report.Version {
		return nil
	}
	head, err := p.core.Record.Journal.Head(ctx)
	if err != nil {
		return err
	}
	if head.Seq < l.Seq {
		return JournalMissing(head.Seq, l.Seq)
	}
	ls, rs := learn.NewState(), report.NewState()
	if err := ls.Unmarshal(l.Data); err != nil {
		return nil // a checkpoint is only a saving of time
	}
	if err := rs.Unmarshal(r.Data); err != nil {
		return nil
	}
	asOf, err := p.recordedAt(ctx, l.Seq)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.learn, p.report, p.seq, p.asOf, p.saved = ls, rs, l.Seq, asOf, l.Seq
	return nil
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
		if e.Seq <= p.seq {
			continue
		}
		if err := learn.Step(p.learn, e); err != nil {
			return false, err
		}
		if err := report.Step(p.report, e); err != nil {
			return false, err
		}
		p.seq, p.asOf = e.Seq, e.RecordedAt
	}
	return p.seq >= last, nil
}

// Seq returns the last event folded.
func (p *Projection) Seq() uint64 {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.seq
}

// Changed returns a channel that is closed when events are folded next.
func (p *Projection) Changed() <-chan struct{} {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.changed
}

// Follow folds events as they come until ctx ends, and keeps checkpoints.
func (p *Projection) Follow(ctx context.Context) error {
	last := p.core.Clock()
	for {
		if err := p.CatchUp(ctx); err != nil {
			return err
		}
		if now := p.core.Clock(); now.Sub(last) >= checkpointEvery {
			if err := p.Save(ctx); err != nil {
				return err
			}
			last = now
		}
		if err := p.core.Record.Journal.Wait(ctx, p.Seq()); err != nil {
			return err
		}
	}
}

// Save keeps a checkpoint.
func (p *Projection) Save(ctx context.Context) error {
	l, r, seq, err := p.marshal()
	if err != nil || seq == p.saved {
		return err
	}
	if err := p.core.Record.Folds.Save(ctx, foldLearn, record.Checkpoint{Version: learn.Version, Seq: seq, Data: l}); err != nil {
		return err
	}
	if err := p.core.Record.Folds.Save(ctx, foldReport, record.Checkpoint{Version: report.Version, Seq: seq, Data: r}); err != nil {
		return err
	}
	p.saved = seq
	return nil
}

func (p *Projection) marshal() (l, r []byte, seq uint64, err error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if l, err = p.learn.Marshal(); err != nil {
		return nil, nil, 0, err
	}
	r, err = p.report.Marshal()
	return l, r, p.seq, err
}

// Learned runs fn on what policies learn from; through is the last event in it
// and asOf when that was recorded. fn must not keep the state.
func (p *Projection) Learned(fn func(s *learn.State, through uint64, asOf time.Time)) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	fn(p.learn, p.seq, p.asOf)
}

// Reported runs fn on what pages show. fn must not keep the state.
func (p *Projection) Reported(fn func(s *report.State)) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	fn(p.report)
}

// Clone returns a copy that stays where it is.
func (p *Projection) Clone() (*Projection, error) {
	l, r, seq, err := p.marshal()
	if err != nil {
		return nil, err
	}
	q := NewProjection(p.core)
	q.seq = seq
	return q, errors.Join(q.learn.Unmarshal(l), q.report.Unmarshal(r))
}

// Replace takes over the state of another projection.
func (p *Projection) Replace(q *Projection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.learn, p.report, p.seq, p.asOf = q.learn, q.report, q.seq, q.asOf
}

// Differs reports in which fold two projections of the same place differ; empty
// when they are the same to the last bit.
func (p *Projection) Differs(q *Projection) (string, error) {
	pl, pr, pseq, err := p.marshal()
	if err != nil {
		return "", err
	}
	ql, qr, qseq, err := q.marshal()
	switch {
	case err != nil:
		return "", err
	case pseq != qseq:
		return "place in the journal", nil
	case !bytes.Equal(pl, ql):
		return foldLearn, nil
	case !bytes.Equal(pr, qr):
		return foldReport, nil
	}
	return "", nil
}
