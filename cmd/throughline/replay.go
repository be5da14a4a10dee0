package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"os"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/evaluate"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/intake"
	"github.com/throughline-engine/throughline/internal/sqlite"
)

type replayCmd struct {
	Upworthy replayUpworthyCmd `cmd:"" help:"Replay the headline tests of the Upworthy Research Archive."`
	Slots    replaySlotsCmd    `cmd:"" help:"Compare policies in simulated worlds of slots."`
}

type replayUpworthyCmd struct {
	File   string `arg:"" type:"path" help:"The archive's packages, csv or csv.gz."`
	Policy string `enum:"learned,uniform,explore-then-commit" default:"learned" help:"Whose batches are journaled; clicks are always counted for all."`
	Seed   uint64 `default:"1" help:"The chance in it."`
	Shrink bool   `help:"Take true rates to be nearer to their test's mean than observed ones."`
	Strict bool   `help:"Stop at the first malformed row, instead of skipping it."`
	Keep   string `type:"path" placeholder:"FOLDER" help:"Keep the journal in a new data folder."`
	JSON   bool   `help:"End with one line of JSON."`
}

// Run replays the archive and says what each policy would have earned.
func (c *replayUpworthyCmd) Run(s *shell) error {
	file, err := os.Open(c.File)
	if err != nil {
		return throughline.Errorf(throughline.NotFound, "there is no file %s to read", c.File).WithFix("docs/benchmarks.md says where the archive is; name its packages file, .csv or .csv.gz")
	}
	defer file.Close()
	journal, err := openReplayJournal(s.ctx, c.Keep)
	if err != nil {
		return err
	}
	bar := newBar(s.err, "replaying")
	skipped := 0
	result, err := evaluate.Upworthy(s.ctx, evaluate.UpworthyConfig{
		Packages: packages(intake.Upworthy(file)),
		Malformed: func(err error) error {
			if c.Strict {
				return err
			}
			skipped++
			s.notef("skipped: %v\n", err)
			return nil
		},
		Seed: c.Seed, Shrink: c.Shrink, Policy: throughline.PolicyKind(c.Policy),
		Journal:  journal.add,
		Progress: func(done, total int) { bar.show(uint64(done), uint64(total)) },
	})
	bar.end()
	if err = errors.Join(err, journal.finish(s.ctx, skipped)); err != nil {
		return err
	}
	if c.JSON {
		return s.printJSON(result)
	}
	s.printReplay(result, skipped)
	return nil
}

func packages(rows iter.Seq2[intake.UpworthyRow, error]) iter.Seq2[evaluate.Package, error] {
	return func(yield func(evaluate.Package, error) bool) {
		for r, err := range rows {
			p := evaluate.Package{
				Line: r.Line, Test: r.Test, Headline: r.Headline, Image: r.Image, Excerpt: r.Excerpt,
				Impressions: r.Impressions, Clicks: r.Clicks, Broken: r.Broken(),
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

func (s *shell) printReplay(r evaluate.UpworthyResult, skipped int) {
	s.printf("%d tests with %d arms and %d impressions, replayed in %.1f s", r.Tests, r.Arms, r.Impressions, r.Seconds)
	if skipped > 0 {
		s.printf("; %s skipped", operate.Plural(skipped, "malformed row", "malformed rows"))
	}
	s.printf(".\n\n")
	s.printEarned("clicks", "%.0f", []earned{
		{"uniform", float64(r.Clicks.Uniform)},
		{"explore-then-commit", float64(r.Clicks.ExploreThenCommit)},
		{"learned", float64(r.Clicks.Learned)},
		{"oracle", float64(r.Clicks.Oracle)},
	})
	s.printf("\nA test of a few alternatives with thousands of impressions each is easy, and to commit after a while is hard to beat.\n" +
		"These data cannot show what differs: many alternatives made of slots (throughline replay slots shows that), and\n" +
		"people who change, of whom nothing is learned once one has committed.\n")
	s.printf("\nSample-ratio alarm (chi-square, p < .001): %d of %d tests in the weeks without randomisation, %d elsewhere.\n",
		r.SRMFlaggedInWindow, r.TestsInWindow, r.SRMFlagged-r.SRMFlaggedInWindow)
}

// earned is what one way of choosing was worth.
type earned struct {
	policy string
	worth  float64
}

// printEarned prints a table of policies; the first is what the others are
// compared with. The verb is of a worth.
func (s *shell) printEarned(unit, verb string, rows []earned) {
	t := s.table("  policy", unit, "over "+rows[0].policy)
	for _, r := range rows {
		more := ""
		if r.worth != rows[0].worth && rows[0].worth > 0 {
			more = fmt.Sprintf("%+.1f %%", 100*(r.worth/rows[0].worth-1))
		}
		t.row("  "+r.policy, fmt.Sprintf(verb, r.worth), more)
	}
	t.end()
}

type replaySlotsCmd struct {
	Seed   uint64 `default:"1" help:"The chance in it."`
	Worlds int    `default:"20" help:"How many worlds to average over."`
	JSON   bool   `help:"End with one line of JSON."`
}

// Run simulates worlds of slots and says what each policy earned in them.
func (c *replaySlotsCmd) Run(s *shell) error {
	bar := newBar(s.err, "simulating")
	result, err := evaluate.Slots(s.ctx, evaluate.SlotsConfig{
		Seed: c.Seed, Worlds: c.Worlds,
		Progress: func(done, total int) { bar.show(uint64(done), uint64(total)) },
	})
	bar.end()
	if err != nil {
		return err
	}
	if c.JSON {
		return s.printJSON(result)
	}
	r := result.MeanReward
	s.printf("%s of four slots, whose pieces have effects of their own and in pairs.\n\n", operate.Plural(c.Worlds, "simulated world", "simulated worlds"))
	s.printEarned("outcomes per 1,000", "%.2f", []earned{
		{"uniform", 1000 * r.Uniform},
		{"independent", 1000 * r.Independent},
		{"per slot", 1000 * r.PerSlot},
		{"learned", 1000 * r.Learned},
		{"oracle", 1000 * r.Oracle},
	})
	s.printf("\nIndependent takes each combination for itself; per slot takes each slot for itself.\n")
	return nil
}

// replayJournal is the record that a replay is written to: a data folder of its
// own, which is deleted unless it is to be kept.
type replayJournal struct {
	store   *sqlite.Store
	core    *engine.Core
	folder  string
	discard bool
	tests   int
}

func openReplayJournal(ctx context.Context, keep string) (*replayJournal, error) {
	j := &replayJournal{folder: keep, discard: keep == ""}
	if j.discard {
		var err error
		if j.folder, err = os.MkdirTemp("", "throughline-replay-"); err != nil {
			return nil, throughline.Errorf(throughline.Unavailable, "no temporary folder can be made: %w", err)
		}
	} else if _, err := os.Stat(keep); err == nil {
		return nil, throughline.Errorf(throughline.Conflict, "the folder %s exists already", keep).WithFix("name a new folder for the replay's journal")
	}
	var err error
	if j.store, err = sqlite.Open(ctx, j.folder, sqlite.Config{}); err != nil {
		return nil, err
	}
	j.core, err = engine.Open(ctx, j.store.Record(), time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, errors.Join(err, j.store.Close())
	}
	return j, nil
}

// add journals one test: the placement it became, then its batches.
func (j *replayJournal) add(ctx context.Context, r evaluate.Replayed) error {
	j.tests++
	by := throughline.Actor{Kind: throughline.ActorSystem, ID: "replay"}
	published := throughline.SnapshotPublished{Release: j.tests, Placements: []throughline.CataloguedPlacement{r.Placement}}
	events := make([]throughline.Event, 0, len(r.Counted)+1)
	events = append(events, j.core.NewEvent(throughline.EventSnapshotPublished, published, by, ""))
	for _, counted := range r.Counted {
		events = append(events, j.core.NewEvent(throughline.EventExposureCounted, counted, by, ""))
	}
	_, err := j.core.Record.Journal.Append(ctx, events)
	return err
}

func (j *replayJournal) finish(ctx context.Context, skipped int) error {
	by := throughline.Actor{Kind: throughline.ActorSystem, ID: "replay"}
	batch := throughline.ImportBatch{Source: "upworthy", Rows: j.tests, Skipped: skipped}
	_, err := j.core.Record.Journal.Append(ctx, []throughline.Event{j.core.NewEvent(throughline.EventImportBatch, batch, by, "")})
	err = errors.Join(err, j.store.Close())
	if j.discard {
		err = errors.Join(err, os.RemoveAll(j.folder))
	}
	return err
}
