package operate_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/record"
)

// moodyState cannot be read, or answers no reader, while it is told so.
type moodyState struct {
	record.State
	record.Outbox
	broken atomic.Bool
	stuck  atomic.Pointer[chan struct{}] // a reader waits until it is closed
	asked  atomic.Int64
}

func (s *moodyState) View(ctx context.Context, fn func(record.Reader) error) error {
	s.asked.Add(1)
	if s.broken.Load() {
		return throughline.Errorf(throughline.Unavailable, "the disk does not answer")
	}
	if until := s.stuck.Load(); until != nil {
		<-*until
	}
	return s.State.View(ctx, fn)
}

func TestKeysWhileTheRecordCannotBeRead(t *testing.T) {
	t.Parallel()
	clock, state := enginetest.NewClock(noon), new(moodyState)
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now, Wrap: func(r record.Record) record.Record {
		state.State, state.Outbox, r.State = r.State, r.State.(record.Outbox), state
		return r
	}})
	secret, err := e.Access.CreateToken(t.Context(), engine.AtShell(enginetest.Ana()), operate.TokenRequest{Name: "site", Scope: operate.ScopeRead})
	if err != nil {
		t.Fatal(err)
	}
	check := func() error {
		_, err := e.Access.Authenticate(t.Context(), secret, operate.ScopeRead)
		return err
	}
	want(t, check(), "")
	t.Run("a key that was good is good for a minute, and then no more", func(t *testing.T) {
		state.broken.Store(true)
		clock.Turn(59 * time.Second)
		want(t, check(), "")
		clock.Turn(3 * time.Second)
		want(t, check(), throughline.Unavailable)
		state.broken.Store(false)
		want(t, check(), "")
	})
	t.Run("while it fails it is asked once a second, whoever comes", func(t *testing.T) {
		state.broken.Store(true)
		defer state.broken.Store(false)
		clock.Turn(2 * time.Second)
		before := state.asked.Load()
		for range 100 {
			want(t, check(), "")
		}
		if n := state.asked.Load() - before; n != 1 {
			t.Errorf("it was read %d times", n)
		}
	})
	t.Run("one reads, and nobody waits for it", func(t *testing.T) {
		until := make(chan struct{})
		state.stuck.Store(&until)
		clock.Turn(2 * time.Second)
		before := state.asked.Load()
		reader := make(chan error)
		go func() { reader <- check() }()
		enginetest.Eventually(t, "it is being read", func() bool { return state.asked.Load() > before })
		for range 100 {
			want(t, check(), "")
		}
		state.stuck.Store(nil)
		close(until)
		want(t, <-reader, "")
	})
}
