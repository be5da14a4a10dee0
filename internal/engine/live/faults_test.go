package live_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/record"
)

var errPlanted = throughline.Errorf(throughline.Unavailable, "a planted fault")

// faulty is a record whose ports fail on demand, and counts the views of State.
type faulty struct {
	append, save, view atomic.Bool
	views              atomic.Int64
}

func (f *faulty) wrap(r record.Record) record.Record {
	return record.Record{Journal: faultyJournal{r.Journal, f}, State: faultyState{r.State, r.State.(record.Outbox), f}, Folds: faultyFolds{r.Folds, f}, Blobs: r.Blobs, Index: r.Index}
}

type faultyJournal struct {
	record.Journal
	*faulty
}

func (j faultyJournal) Append(ctx context.Context, events []throughline.Event) ([]record.Receipt, error) {
	if j.append.Load() {
		return nil, errPlanted
	}
	return j.Journal.Append(ctx, events)
}

type faultyState struct {
	record.State
	record.Outbox
	*faulty
}

func (s faultyState) View(ctx context.Context, fn func(record.Reader) error) error {
	s.views.Add(1)
	if s.view.Load() {
		return errPlanted
	}
	return s.State.View(ctx, fn)
}

type faultyFolds struct {
	record.Folds
	*faulty
}

func (f faultyFolds) Save(ctx context.Context, name string, c record.Checkpoint) error {
	if f.save.Load() {
		return errPlanted
	}
	return f.Folds.Save(ctx, name, c)
}

func TestCheckpointThatCannotBeKept(t *testing.T) {
	t.Parallel()
	f, clock := new(faulty), enginetest.NewClock(noon)
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now, Wrap: f.wrap})
	e.Run(t)
	e.Declare(t)
	event := func(n int) {
		clock.Turn(time.Minute)
		e.Observe(t, "track", fmt.Sprintf(`{"userId":"v","event":"Seen","messageId":"m%d"}`, n))
	}
	f.save.Store(true)
	event(1)
	enginetest.Eventually(t, "it is told", func() bool { return len(e.Plane.Troubles()) == 1 })
	event(2)
	enginetest.Eventually(t, "events are folded all the same", func() bool {
		head, err := e.Core.Record.Journal.Head(t.Context())
		return err == nil && e.Projection.Seq() == head.Seq
	})
	if err := e.Plane.Trouble(); err != nil || len(e.Plane.Troubles()) != 1 {
		t.Errorf("learning is said to stand still: %v; or the checkpoints to be well: %v", err, e.Plane.Troubles())
	}
	f.save.Store(false)
	event(3)
	enginetest.Eventually(t, "its end is told", func() bool { return len(e.Plane.Troubles()) == 0 })
	if log := e.Log.String(); strings.Contains(log, "cannot be read on") || !strings.Contains(log, "kept again") {
		t.Errorf("the log: %s", log)
	}
}

func TestEpochIsJournaledBeforeItIsServed(t *testing.T) {
	t.Parallel()
	f := new(faulty)
	e := enginetest.Open(t, enginetest.Options{Wrap: f.wrap, Live: live.Config{EpochEvery: 10 * time.Millisecond}})
	e.Run(t)
	old := e.Declare(t)
	f.append.Store(true)
	rel := e.Apply(t, enginetest.Headline("Changed"))
	time.Sleep(100 * time.Millisecond) // ten ticks
	if d := e.Decide(t, "home.hero", "v", nil); d.Release != old.Number {
		t.Errorf("release %d is served, of which the journal has no word", d.Release)
	}
	before := epochs(t, e.Process)
	f.append.Store(false)
	e.Serves(t, rel.Number)
	known := false
	for _, ev := range e.Events(t) {
		if p, err := throughline.DecodeData[throughline.EpochPublished](ev); ev.Type == throughline.EventEpochPublished && err == nil {
			known = known || p.Number == e.Plane.Table().Epoch()
		}
	}
	if now := epochs(t, e.Process); !known || now > before+1 {
		t.Errorf("the journal knows the epoch: %v; %d were begun in vain", known, now-before-1)
	}
}

func TestRecall(t *testing.T) {
	t.Parallel()
	f := new(faulty)
	e := enginetest.Open(t, enginetest.Options{Wrap: f.wrap})
	stop := e.Run(t)
	e.Declare(t)
	stop() // nobody else reads State now
	read := func(placement, unit string) int64 {
		before := f.views.Load()
		_, _ = e.Plane.Decide(t.Context(), throughline.Request{Placement: placement, Unit: unit, At: e.Core.Now()})
		return f.views.Load() - before
	}
	t.Run("State is read once for a recipient whose choice lasts, and for nothing else", func(t *testing.T) {
		if first, second := read("home.loyal", "v"), read("home.loyal", "v"); first != 1 || second != 0 {
			t.Errorf("%d and %d reads", first, second)
		}
		for placement, unit := range map[string]string{"home.hero": "v", "home/side": "v", "members.only": "v", "home.loyal": "", "nowhere": "v"} {
			if n := read(placement, unit); n != 0 {
				t.Errorf("%s for %q cost %d reads", placement, unit, n)
			}
		}
	})
	t.Run("a recipient whose choice cannot be read is answered, and counted", func(t *testing.T) {
		f.view.Store(true)
		defer f.view.Store(false)
		if d := e.Decide(t, "home.loyal", "w", nil); d.Values["headline"] == "" || e.Plane.Unrecalled() != 1 {
			t.Errorf("%+v; %d are counted", d, e.Plane.Unrecalled())
		}
	})
}

func TestDecisionsAfterTheLastAreCounted(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	stop := e.Run(t)
	e.Declare(t)
	e.Decide(t, "home.hero", "before", nil)
	stop()
	e.Decide(t, "home.hero", "after", nil)
	if recorded, dropped := e.Plane.Recorded(); recorded != 1 || dropped != 1 {
		t.Errorf("%d recorded, %d dropped", recorded, dropped)
	}
	if err := e.Plane.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.Close()
	again := enginetest.Open(t, enginetest.Options{Folder: e.Folder})
	status, err := again.Operate.Status(t.Context())
	if err != nil || status.DecisionsLost != 1 {
		t.Errorf("after a restart %d are counted as lost, %v", status.DecisionsLost, err)
	}
}

func TestExplainOfAnEpochNoLongerKept(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(noon)
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now, Live: live.Config{EpochEvery: 10 * time.Millisecond}})
	e.Run(t)
	e.Declare(t)
	d := e.Decide(t, "home.hero", "v", nil)
	clock.Turn(8 * 24 * time.Hour)
	number := e.Plane.Table().Epoch()
	for i := range 5 { // not all of them are held out
		e.Observe(t, "track", exposure(e.Decide(t, "home.hero", fmt.Sprint("w", i), nil).ID))
	}
	enginetest.Eventually(t, "another epoch is served", func() bool { return e.Plane.Table().Epoch() > number })
	enginetest.Eventually(t, "the old one is dropped", func() bool {
		a, err := e.Plane.Explain(t.Context(), d.ID)
		return err != nil || a.Placement == ""
	})
	a, err := e.Plane.Explain(t.Context(), d.ID)
	if err != nil || a.Arm != d.Arm || a.Propensity != d.Propensity || a.Epoch != d.Epoch || len(a.Notes) != 1 || !strings.Contains(a.Notes[0], "7 days") {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestRestartRestoresSessionsOnly(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	stop := e.Run(t)
	e.Declare(t)
	loyal := e.Decide(t, "home.loyal", "v", nil)
	e.Decide(t, "home.hero", "v", nil)
	stop()
	e.Close()
	again := enginetest.Open(t, enginetest.Options{Folder: e.Folder})
	again.Run(t)
	enginetest.Eventually(t, "the sessions are restored", func() bool {
		asked, err := again.Plane.Ask(throughline.Request{Placement: "home.hero", Unit: "v", At: again.Core.Now()})
		return err == nil && asked.Held
	})
	got := again.Decide(t, "home.loyal", "v", nil)
	if !got.Held || got.ID != loyal.ID || len(got.SlotPropensity) != len(loyal.SlotPropensity) || len(loyal.SlotPropensity) == 0 {
		t.Errorf("a choice that lasts came back from the journal, without its slots: %+v, was %+v", got, loyal)
	}
}

var _ live.Notes = forgetfulNotes{}

// forgetfulNotes can be neither read nor written.
type forgetfulNotes struct{}

func (forgetfulNotes) ReadAt([]byte, int64) (int, error)  { return 0, nil }
func (forgetfulNotes) WriteAt([]byte, int64) (int, error) { return 0, errPlanted }

func TestNotesThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{Live: live.Config{Notes: forgetfulNotes{}}})
	e.Run(t)
	e.Declare(t)
	e.Decide(t, "home.hero", "v", nil)
	enginetest.Eventually(t, "trouble says that kills are not counted", func() bool {
		all := e.Plane.Troubles()
		return len(all) == 1 && strings.Contains(all[0].Error(), "not counted")
	})
}
