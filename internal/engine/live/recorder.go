package live

import (
	"context"
	"encoding/json"
	"sync/atomic"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/decide"
)

// recorder journals decisions behind the answers. A decision waits for nobody:
// it goes into a bounded buffer, and if the journal falls so far behind that
// the buffer is full, its record is dropped and counted. Its exposure, which
// carries the signed token, restores what learning needs.
type recorder struct {
	core    *engine.Core
	queue   chan made
	account account

	recorded atomic.Int64
	dropped  atomic.Int64
	// stopped is set when nobody takes from the queue any more.
	stopped atomic.Bool
}

// made is one decision to be recorded.
type made struct {
	token     throughline.Token
	placement string
	variant   throughline.VariantID
	unit      string
	context   map[string]any
	at        time.Time
	// once is set where the same decision may come again and counts as one.
	once bool
	// hold is the choice to be kept for good; nil where it is not.
	hold *decide.Hold
}

const (
	// recorderBuffer is some seconds of decisions at full speed.
	recorderBuffer = 1 << 16
	recorderBatch  = 4096
	// recorderPause lets decisions gather, so that many share one write.
	recorderPause = 10 * time.Millisecond
	// recorderRetry is the pause after the journal refused a batch, and
	// recorderTell how often that is logged.
	recorderRetry = 250 * time.Millisecond
	recorderTell  = time.Second
)

func newRecorder(core *engine.Core, notes Notes) *recorder {
	return &recorder{core: core, queue: make(chan made, recorderBuffer), account: account{notes: notes}}
}

func (r *recorder) put(m made) {
	select {
	case r.queue <- m:
		if r.stopped.Load() { // it may have come after the last look at the queue
			r.discard()
		}
	default:
		r.dropped.Add(1)
	}
}

// discard drops what is in the queue.
func (r *recorder) discard() {
	for {
		select {
		case <-r.queue:
			r.dropped.Add(1)
		default:
			return
		}
	}
}

// run journals until ctx ends, then what is left in the buffer. Decisions that
// come later are counted as dropped.
func (r *recorder) run(ctx context.Context) error {
	for {
		select {
		case m := <-r.queue:
			r.keep(ctx, r.gather(m))
		case <-ctx.Done():
			r.drain(ctx)
			r.stopped.Store(true)
			r.discard()
			return nil
		}
	}
}

func (r *recorder) drain(ctx context.Context) {
	for {
		select {
		case m := <-r.queue:
			r.keep(ctx, r.gather(m))
		default:
			return
		}
	}
}

// gather takes what has come and what comes within a short pause.
func (r *recorder) gather(first made) []made {
	batch := append(make([]made, 0, 64), first)
	pause := time.NewTimer(recorderPause)
	defer pause.Stop()
	for len(batch) < recorderBatch {
		select {
		case m := <-r.queue:
			batch = append(batch, m)
		case <-pause.C:
			return batch
		}
	}
	return batch
}

// keep journals a batch, trying again while the record is unavailable. A batch
// that can never be written is dropped and counted: decisions go on.
func (r *recorder) keep(ctx context.Context, batch []made) {
	var tell time.Time
	for {
		err := r.journal(context.WithoutCancel(ctx), batch)
		if err == nil {
			return
		}
		if throughline.CodeOf(err) != throughline.Unavailable {
			r.dropped.Add(int64(len(batch)))
			r.core.Log.Error("decisions could not be journaled", "dropped", len(batch), "error", err)
			return
		}
		if now := r.core.Clock(); !now.Before(tell) {
			r.core.Log.Error("decisions wait for the journal", "waiting", len(r.queue)+len(batch), "error", err)
			tell = now.Add(recorderTell)
		}
		select {
		case <-time.After(recorderRetry):
		case <-ctx.Done():
			r.dropped.Add(int64(len(batch)))
			return
		}
	}
}

func (r *recorder) journal(ctx context.Context, batch []made) error {
	units := make([]string, len(batch))
	for i := range batch {
		units[i] = batch[i].unit
	}
	sealer, err := r.core.Vault().Admit(ctx, units)
	if err != nil {
		return err
	}
	events := make([]throughline.Event, 0, len(batch))
	for i := range batch {
		e, err := r.event(&batch[i], sealer)
		if err != nil {
			return err
		}
		events = append(events, e)
	}
	if err := r.keepHolds(ctx, batch, sealer); err != nil {
		return err
	}
	head, err := r.core.Record.Journal.Head(ctx)
	if err != nil {
		return err
	}
	r.account.sending(events, head.Seq)
	if _, err := r.core.Record.Journal.Append(ctx, events); err != nil {
		return err
	}
	r.account.sent()
	r.recorded.Add(int64(len(events)))
	return nil
}

// asked is what decision.made seals: all that is needed to decide it again.
type asked struct {
	Unit    string         `json:"unit"`
	Context map[string]any `json:"context,omitempty"`
	At      time.Time      `json:"at"`
}

func (r *recorder) event(m *made, sealer engine.Sealer) (throughline.Event, error) {
	e := throughline.Event{
		ID: r.core.NewID(), Engine: r.core.ID(), Type: throughline.EventDecisionMade, Version: 1,
		OccurredAt: m.at.UTC().Truncate(time.Microsecond), RecordedAt: r.core.Now(),
		Actor:  throughline.Actor{Kind: throughline.ActorSystem},
		Source: "decide",
		Objects: []throughline.Object{
			{Type: "placement", ID: m.placement},
			{Type: "variant", ID: string(m.variant)},
		},
		Data: throughline.EncodeData(throughline.DecisionMade{Token: m.token}),
	}
	if m.once {
		e.Key = decisionKey(m.token)
	}
	subject, ok := sealer.Subject(m.unit)
	if !ok { // forgotten: the decision counts, and nothing says whose it was
		return e, nil
	}
	plain, err := json.Marshal(asked{m.unit, m.context, m.at})
	if err != nil {
		return e, throughline.Errorf(throughline.Internal, "the context of a decision cannot be written: %w", err)
	}
	e.Subject = subject
	e.Sealed = sealer.Seal(m.unit, e.ID, plain)
	return e, nil
}
