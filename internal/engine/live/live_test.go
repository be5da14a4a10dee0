package live_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/loop/learn"
	"github.com/throughline-engine/throughline/internal/record"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// exposure and outcome speak of a decision as a client does.
func exposure(id throughline.DecisionID) string {
	return fmt.Sprintf(`{"anonymousId":"v","messageId":"e-%s","event":"Throughline Exposure","properties":{"decisionId":%q}}`, id, id)
}

func outcome(id throughline.DecisionID) string {
	return fmt.Sprintf(`{"anonymousId":"v","messageId":"o-%s","event":"Signed Up","properties":{"decisionId":%q}}`, id, id)
}

// epochs counts what was published. State has it at once, the journal a moment
// later.
func epochs(t *testing.T, p *enginetest.Process) (n int) {
	t.Helper()
	err := p.Core.Record.State.View(t.Context(), func(r record.Reader) error {
		n = 0
		for _, err := range r.List("epoch", "", "") {
			if err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRestart(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	stop := e.Run(t)
	e.Declare(t)
	was := map[string]throughline.Decision{}
	for _, placement := range []string{"home.hero", "home.loyal"} {
		for i := range 20 {
			unit := fmt.Sprint("visitor-", i)
			was[placement+" "+unit] = e.Decide(t, placement, unit, nil)
		}
	}
	for _, d := range was {
		e.Observe(t, "track", exposure(d.ID))
	}
	stop()
	before := epochs(t, e.Process)
	e.Close()

	again := enginetest.Open(t, enginetest.Options{Folder: e.Folder})
	again.Run(t)
	t.Run("the projection goes on from its checkpoint and equals a rebuild", func(t *testing.T) {
		head, err := again.Core.Record.Journal.Head(t.Context())
		if err != nil || again.Projection.Seq() != head.Seq {
			t.Errorf("folded %d of %d, %v", again.Projection.Seq(), head.Seq, err)
		}
		if r, err := again.Operate.Rebuild(t.Context(), func(_, _ uint64) {}); err != nil || !r.Same {
			t.Errorf("%+v, %v", r, err)
		}
		loaded := engine.NewProjection(again.Core)
		if err := loaded.Load(t.Context()); err != nil || loaded.Seq() == 0 {
			t.Errorf("nothing was loaded: %d, %v", loaded.Seq(), err)
		}
	})
	t.Run("sticky choices stand, with their ids and propensities", func(t *testing.T) {
		enginetest.Eventually(t, "the sessions are restored", func() bool {
			asked, err := again.Plane.Ask(throughline.Request{Placement: "home.hero", Unit: "visitor-19", At: again.Core.Now()})
			return err == nil && asked.Held
		})
		for key, d := range was {
			placement, unit, _ := strings.Cut(key, " ")
			got := again.Decide(t, placement, unit, nil)
			if got.ID != d.ID || got.Variant != d.Variant || got.Propensity != d.Propensity || !got.Held {
				t.Errorf("%s: %s (held %v), was %s", key, got.Variant, got.Held, d.Variant)
			}
		}
	})
	t.Run("nothing was learned, so nothing was published", func(t *testing.T) {
		if now := epochs(t, again.Process); now != before {
			t.Errorf("%d epochs, were %d", now, before)
		}
	})
	t.Run("what was decided before is explained", func(t *testing.T) {
		for _, d := range was {
			if a, err := again.Plane.Explain(t.Context(), d.ID); err != nil || !a.Recorded || !a.Same {
				t.Errorf("%+v, %v", a, err)
			}
			break
		}
	})
}

func TestRestartTellsWhenItLearned(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{Live: live.Config{EpochEvery: 20 * time.Millisecond}})
	stop := e.Run(t)
	e.Declare(t)
	d := e.Decide(t, "home.hero", "v", nil)
	e.Observe(t, "track", exposure(d.ID))
	e.Observe(t, "track", outcome(d.ID))
	enginetest.Eventually(t, "an epoch knows of the outcome", func() bool { return e.Plane.Table().AsOf() > 0 && epochs(t, e.Process) > 1 })
	stop()
	e.Close()
	again := enginetest.Open(t, enginetest.Options{Folder: e.Folder})
	again.Projection.Learned(func(_ *learn.State, through uint64, asOf time.Time) {
		if through == 0 || time.Since(asOf) > time.Minute {
			t.Errorf("through %d as of %s", through, asOf)
		}
	})
}

func TestPublisher(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(noon)
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now, Live: live.Config{EpochEvery: 10 * time.Millisecond}})
	stop := e.Run(t)
	e.Declare(t)
	first := e.Process
	second := enginetest.Join(t, e.Core.Record, e.Store, enginetest.Options{Clock: clock.Now, Live: live.Config{EpochEvery: 10 * time.Millisecond}})
	second.Run(t)

	learn := func(unit string) throughline.DecisionID {
		d := first.Decide(t, "home.hero", unit, nil)
		first.Observe(t, "track", exposure(d.ID))
		return d.ID
	}
	t.Run("while nothing is learned, nothing is published", func(t *testing.T) {
		before := epochs(t, first)
		first.Observe(t, "track", `{"userId":"v","event":"Not A Goal"}`)
		time.Sleep(100 * time.Millisecond) // ten ticks of both, in real time: the database is outside any bubble
		if now := epochs(t, first); now != before {
			t.Errorf("%d epochs, were %d", now, before)
		}
	})
	t.Run("of two processes one publishes, and both serve it", func(t *testing.T) {
		before, number := epochs(t, first), first.Plane.Table().Epoch()
		learn("visitor-a")
		for _, p := range []*enginetest.Process{first, second} {
			enginetest.Eventually(t, "the epoch is served", func() bool { return p.Plane.Table().Epoch() > number })
		}
		time.Sleep(50 * time.Millisecond)
		if now := epochs(t, first); now != before+1 {
			t.Errorf("%d epochs for one thing learned", now-before)
		}
		a, b := first.Plane.Table(), second.Plane.Table()
		if a.Epoch() != b.Epoch() || a.Digest() != b.Digest() {
			t.Errorf("they serve epochs %d and %d", a.Epoch(), b.Epoch())
		}
	})
	t.Run("when the lease of a process that ended is over, the other takes over", func(t *testing.T) {
		stop() // without giving the lease back, as a kill would
		number := second.Plane.Table().Epoch()
		d := second.Decide(t, "home.hero", "visitor-b", nil)
		second.Observe(t, "track", exposure(d.ID))
		time.Sleep(50 * time.Millisecond)
		if now := second.Plane.Table().Epoch(); now != number {
			t.Errorf("it published without the lease: %d", now)
		}
		clock.Turn(6 * time.Second)
		enginetest.Eventually(t, "the other publishes", func() bool { return second.Plane.Table().Epoch() > number })
	})
	t.Run("one that gives its lease back need not be waited for", func(t *testing.T) {
		if err := second.Plane.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if held, err := e.Core.Lease(t.Context(), "publisher", "third", time.Second); err != nil || !held {
			t.Errorf("held %v, %v", held, err)
		}
	})
}

// sleepyBlobs calls back in the middle of a publication, once.
type sleepyBlobs struct {
	record.Blobs
	asleep atomic.Pointer[func()]
}

func (b *sleepyBlobs) Put(ctx context.Context, r io.Reader) (throughline.Digest, int64, error) {
	if f := b.asleep.Swap(nil); f != nil {
		(*f)()
	}
	return b.Blobs.Put(ctx, r)
}

func TestPublisherThatSleptPublishesNothing(t *testing.T) {
	t.Parallel()
	clock, b := enginetest.NewClock(noon), new(sleepyBlobs)
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now, Live: live.Config{EpochEvery: 10 * time.Millisecond}, Wrap: func(r record.Record) record.Record {
		b.Blobs, r.Blobs = r.Blobs, b
		return r
	}})
	e.Run(t)
	e.Declare(t)
	before := epochs(t, e.Process)
	d := e.Decide(t, "home.hero", "v", nil)
	taken := make(chan bool, 1)
	asleep := func() { // so long that another process took the lease
		clock.Turn(6 * time.Second)
		held, err := e.Core.Lease(context.Background(), "publisher", "another", 5*time.Second)
		taken <- held && err == nil
	}
	b.asleep.Store(&asleep)
	e.Observe(t, "track", exposure(d.ID))
	if !<-taken {
		t.Fatal("the lease could not be taken, so that this proves nothing")
	}
	time.Sleep(100 * time.Millisecond) // ten ticks
	if now := epochs(t, e.Process); now != before {
		t.Errorf("%d epochs were published without the lease", now-before)
	}
}

// busyBlobs answers deletions as while a backup copies.
type busyBlobs struct {
	record.Blobs
	busy    atomic.Bool
	refused atomic.Int64
}

func (b *busyBlobs) Delete(ctx context.Context, d throughline.Digest) error {
	if b.busy.Load() {
		b.refused.Add(1)
		return throughline.Errorf(throughline.Unavailable, "a backup copies blobs")
	}
	return b.Blobs.Delete(ctx, d)
}

func TestPruningDuringBackup(t *testing.T) {
	t.Parallel()
	clock, b := enginetest.NewClock(noon), new(busyBlobs)
	keep := time.Hour
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now, Live: live.Config{EpochEvery: 10 * time.Millisecond, KeepEpochs: keep}, Wrap: func(r record.Record) record.Record {
		b.Blobs, r.Blobs = r.Blobs, b
		return r
	}})
	e.Run(t)
	e.Declare(t)
	learn := func(unit string) {
		t.Helper()
		number := e.Plane.Table().Epoch()
		d := e.Decide(t, "home.hero", unit, nil)
		e.Observe(t, "track", exposure(d.ID))
		enginetest.Eventually(t, "an epoch is served", func() bool { return e.Plane.Table().Epoch() > number })
	}
	old := epochs(t, e.Process)
	clock.Turn(keep + time.Minute)
	b.busy.Store(true)
	learn("during-a")
	learn("during-b")
	t.Run("while blobs are copied epochs go on and the old ones keep their names", func(t *testing.T) {
		if now := epochs(t, e.Process); now != old+2 || b.refused.Load() == 0 {
			t.Errorf("%d epochs, were %d; %d deletions refused", now, old, b.refused.Load())
		}
	})
	b.busy.Store(false)
	learn("after")
	t.Run("afterwards the old ones go", func(t *testing.T) {
		enginetest.Eventually(t, "they are gone", func() bool { return epochs(t, e.Process) == 3 })
		if strings.Contains(e.Log.String(), "no new epoch") {
			t.Error(e.Log)
		}
	})
}

// brokenBlobs loses or spoils what is read from it.
type brokenBlobs struct {
	record.Blobs
	how atomic.Pointer[error]
}

func (b *brokenBlobs) Get(ctx context.Context, d throughline.Digest) (io.ReadCloser, error) {
	if err := b.how.Load(); err != nil {
		return nil, *err
	}
	return b.Blobs.Get(ctx, d)
}

func TestSnapshotThatCannotBeLoaded(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]error{
		"missing": throughline.Errorf(throughline.NotFound, "there is no such blob"),
		"corrupt": throughline.Errorf(throughline.Corrupt, "the blob does not match its digest"),
	} {
		t.Run(name+": the last good one goes on serving, and it is logged", func(t *testing.T) {
			b := new(brokenBlobs)
			e := enginetest.Open(t, enginetest.Options{Live: live.Config{EpochEvery: 10 * time.Millisecond}, Wrap: func(r record.Record) record.Record {
				b.Blobs, r.Blobs = r.Blobs, b
				return r
			}})
			e.Run(t)
			e.Declare(t)
			old := e.Plane.Table()
			b.how.Store(&broken)
			e.Apply(t, enginetest.Headline("Changed"))
			enginetest.Eventually(t, "it is logged", func() bool { return strings.Contains(e.Log.String(), broken.Error()) })
			if d := e.Decide(t, "home.hero", "v", nil); d.Release != old.Release() || e.Plane.Table().Digest() != old.Digest() {
				t.Errorf("release %d is served", d.Release)
			}
			b.how.Store(nil)
			e.Serves(t, old.Release()+1)
		})
	}
	t.Run("an engine starts without, and a new release puts it right", func(t *testing.T) {
		e := enginetest.Open(t, enginetest.Options{})
		stop := e.Run(t)
		e.Declare(t)
		lost := e.Plane.Table().Digest()
		stop()
		if err := errors.Join(e.Core.Record.Blobs.Delete(t.Context(), lost), e.Plane.Close(t.Context())); err != nil {
			t.Fatal(err)
		}
		e.Close()
		again := enginetest.Open(t, enginetest.Options{Folder: e.Folder})
		if again.Plane.Ready() || !strings.Contains(again.Log.String(), "cannot be loaded") {
			t.Errorf("ready %v; log: %s", again.Plane.Ready(), again.Log)
		}
		again.Run(t)
		rel := again.Apply(t, enginetest.Headline("Changed"))
		again.Serves(t, rel.Number)
	})
}

func TestExplainNeedsAnIDOfThisEngine(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Run(t)
	e.Declare(t)
	foreign := e.Decide(t, "home.hero", "v", nil).Token.Sign([]byte("another engine's key"))
	if _, err := e.Plane.Explain(t.Context(), foreign); throughline.CodeOf(err) != throughline.Invalid {
		t.Errorf("%v", err)
	}
	if _, err := e.Plane.Ask(throughline.Request{Placement: "none", Unit: "v"}); throughline.CodeOf(err) != throughline.NotFound {
		t.Errorf("%v", err)
	}
}
