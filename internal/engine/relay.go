package engine

import (
	"context"
	"sync"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// relay moves events from State's outbox to the journal. Their keys make it
// safe to move one twice, so a crash between the two steps loses nothing.
type relay struct {
	core *Core
	mu   sync.Mutex
}

func newRelay(c *Core) *relay { return &relay{core: c} }

const relayBatch = 1000

func (r *relay) runOnce(ctx context.Context) error {
	out, ok := r.core.Record.State.(record.Outbox)
	if !ok {
		return throughline.Errorf(throughline.Internal, "this State has no outbox")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
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
