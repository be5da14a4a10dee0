package engine

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// relay moves events from State's outbox to the journal. Their keys make it
// safe to move one twice, so a crash between the two steps loses nothing.
type relay struct {
	core   *Core
	mu     sync.Mutex
	failed atomic.Pointer[error]
}

func newRelay(c *Core) *relay { return &relay{core: c} }

const (
	relayBatch = 1000
	// relayEvery is how long what a transaction left in the outbox waits when
	// the process that committed it could not relay it, or was killed.
	relayEvery = time.Second
)

// run relays until ctx ends. What fails is kept, and tried again.
func (r *relay) run(ctx context.Context) error {
	tick := time.NewTicker(relayEvery)
	defer tick.Stop()
	told := false
	for {
		err := r.runOnce(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !told:
			r.core.Log.Error("what was changed is not in the journal yet; it is tried again", "error", err)
		case err == nil && told:
			r.core.Log.Info("what was changed is in the journal again")
		}
		told = err != nil
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (r *relay) trouble() error {
	if err := r.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// runOnce relays all there is, and keeps the error for trouble.
func (r *relay) runOnce(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.move(ctx)
	switch {
	case err == nil:
		r.failed.Store(nil)
	case ctx.Err() == nil:
		err = fmt.Errorf("changes are not in the journal yet: %w", err) // with what to do about it
		r.failed.Store(&err)
	}
	return err
}

func (r *relay) move(ctx context.Context) error {
	out, ok := r.core.Record.State.(record.Outbox)
	if !ok {
		return throughline.Errorf(throughline.Internal, "this State has no outbox")
	}
	for {
		pending, err := out.Pending(ctx, relayBatch)
		if err != nil || len(pending) == 0 {
			return err
		}
		events := make([]throughline.Event, len(pending))
		ids := make([]int64, len(pending))
		for i, p := range pending {
			events[i], ids[i] = p.Event, p.ID
		}
		if _, err := r.core.Record.Journal.Append(ctx, events); err != nil {
			return err
		}
		if err := out.Done(ctx, ids); err != nil {
			return err
		}
		if len(pending) < relayBatch {
			return nil
		}
	}
}
