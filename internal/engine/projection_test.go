package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/loop/learn"
	"github.com/throughline-engine/throughline/internal/record"
)

// countedFolds counts what is saved.
type countedFolds struct {
	record.Folds
	saves int
}

func (f *countedFolds) Save(ctx context.Context, name string, c record.Checkpoint) error {
	f.saves++
	return f.Folds.Save(ctx, name, c)
}

func TestProjection(t *testing.T) {
	t.Parallel()
	folds := new(countedFolds)
	e := enginetest.Open(t, enginetest.Options{Wrap: func(r record.Record) record.Record {
		folds.Folds, r.Folds = r.Folds, folds
		return r
	}})
	e.Apply(t, enginetest.Workspace)
	p := engine.NewProjection(e.Core)
	if err := p.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	save := func(want int) {
		t.Helper()
		folds.saves = 0
		if err := p.Save(t.Context()); err != nil || folds.saves != want {
			t.Errorf("%d checkpoints were kept, want %d; %v", folds.saves, want, err)
		}
	}
	t.Run("a checkpoint is kept of each fold, and not again while nothing happens", func(*testing.T) {
		save(2)
		save(0)
	})
	t.Run("what replaced a state is kept though its place is the same", func(*testing.T) {
		fresh := engine.NewProjection(e.Core)
		if err := fresh.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.Replace(fresh)
		save(2)
	})
	t.Run("an event that one fold refuses is in the other, and once", func(t *testing.T) {
		before := p.Seq()
		refused := throughline.SnapshotPublished{Placements: []throughline.CataloguedPlacement{{Name: "x", Variants: []throughline.VariantID{"v"}}}}
		ev := e.Core.NewEvent(throughline.EventSnapshotPublished, refused, enginetest.Ana(), "")
		if _, err := e.Core.Record.Journal.Append(t.Context(), []throughline.Event{ev}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := p.CatchUp(t.Context()); throughline.CodeOf(err) != throughline.Corrupt {
				t.Fatalf("nothing refused it, so that this proves nothing: %v", err)
			}
			p.Learned(func(_ *learn.State, through uint64, _ time.Time) {
				if through != before+1 || p.Seq() != before {
					t.Errorf("learned through %d and folded %d, want %d and %d", through, p.Seq(), before+1, before)
				}
			})
		}
		save(2)
		again := engine.NewProjection(e.Core)
		if err := again.Load(t.Context()); err != nil || again.Seq() != before {
			t.Errorf("the checkpoints are at %d, %v", again.Seq(), err)
		}
	})
}

func TestCheckpointsCostAtMostATwentiethOfTheTime(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	for took, rest := range map[time.Duration]time.Duration{
		0:                      5 * time.Second,
		200 * time.Millisecond: 5 * time.Second,
		time.Second:            19 * time.Second,
		time.Minute:            19 * time.Minute,
	} {
		ended := began.Add(took)
		if got := engine.AfterCheckpoint(began, ended).Sub(ended); got != rest {
			t.Errorf("after one of %s come %s without, want %s", took, got, rest)
		}
	}
}
