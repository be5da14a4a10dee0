package sqlite

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// TestCloseAfterReadsWereCutShort closes a record right after reads whose
// callers went away in the middle, as happens when an engine stops: the driver
// then gives up the connection before its statements.
func TestCloseAfterReadsWereCutShort(t *testing.T) {
	for range 20 {
		s := openStore(t, t.TempDir(), Config{})
		var reads sync.WaitGroup
		for range 2 * readers {
			reads.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(1_500))*time.Microsecond)
				defer cancel()
				for ctx.Err() == nil {
					_, _ = s.state.Pending(ctx, 1) // it may fail, and may not take the process with it
				}
			})
		}
		reads.Wait()
		closeStore(t, s)
	}
}
