// Package live is what happens between a recipient and the engine: a request is
// decided from memory, decisions are journaled behind the answer, exposures and
// outcomes are taken in, and what was learned is published as epochs.
//
// Everything it serves from is a table behind an atomic pointer; a request
// reads no disk and waits for no lock.
package live

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/decide"
	"github.com/throughline-engine/throughline/internal/record"
)

// Config tunes the data plane. The zero value of a field means its default.
type Config struct {
	// EpochEvery is the longest that learned outcomes wait to be decided with;
	// default 2 s.
	EpochEvery time.Duration
	// KeepEpochs is how long decisions can be explained to the last digit;
	// default 7 days.
	KeepEpochs time.Duration
	// Holds is how many sticky choices are kept in memory; default 200,000.
	Holds int
	// Ingest is how many requests with events may wait for the journal before
	// more are told to come back; default 512.
	Ingest int
	// Notes keep the count of decisions over the end of the process. Without, the
	// records that a kill loses are not counted.
	Notes Notes
}

// Plane is the data plane of one process.
type Plane struct {
	core       *engine.Core
	projection *engine.Projection
	table      atomic.Pointer[decide.Table]
	holds      *decide.Holds
	recorder   *recorder
	publisher  *publisher
	ingest     chan struct{}
	// reading is why the projection stands still, saving why it keeps no
	// checkpoint: the first stops learning, the second only makes a restart slow.
	reading, saving trouble
	unrecalled      atomic.Int64
	unheard         unheard
	// news tells who waits that another release is served.
	news news
}

// New returns the data plane of an engine. It serves nothing before Start.
func New(core *engine.Core, projection *engine.Projection, c Config) *Plane {
	if c.EpochEvery <= 0 {
		c.EpochEvery = 2 * time.Second
	}
	if c.KeepEpochs <= 0 {
		c.KeepEpochs = 7 * 24 * time.Hour
	}
	if c.Holds <= 0 {
		c.Holds = 200_000
	}
	if c.Ingest <= 0 {
		c.Ingest = 512
	}
	return &Plane{
		core: core, projection: projection,
		holds:    decide.NewHolds(c.Holds),
		recorder: newRecorder(core, c.Notes),
		publisher: &publisher{
			core: core, projection: projection, every: c.EpochEvery, keep: c.KeepEpochs,
			holder: core.NewID().String(),
		},
		ingest: make(chan struct{}, c.Ingest),
	}
}

// Start makes the plane ready to decide: it folds what the journal holds and
// loads what is live.
func (p *Plane) Start(ctx context.Context) error {
	if err := p.projection.Load(ctx); err != nil {
		return err
	}
	if err := p.projection.CatchUp(ctx); err != nil {
		if throughline.CodeOf(err) != throughline.Corrupt {
			return err
		}
		p.stopped(err) // what is live can be served all the same
	}
	if err := p.recorder.account.open(ctx, p.core.Record.Journal); err != nil {
		return err
	}
	if lost := p.Lost(); lost > 0 {
		p.core.Log.Warn("decisions were answered whose records the journal does not have; exposures restore what learning needs", "lost", lost)
	}
	if err := p.unlessLost(p.publisher.runOnce(ctx)); err != nil {
		return err
	}
	return p.unlessLost(p.reload(ctx))
}

// unlessLost passes on an error, unless it is that a snapshot or epoch is no
// longer whole: an engine that starts without can still be given a release.
func (p *Plane) unlessLost(err error) error {
	switch throughline.CodeOf(err) {
	case throughline.Corrupt, throughline.NotFound:
		p.core.Log.Error("what is live cannot be loaded, so it is not served; apply a change to make a new release", "error", err)
		return nil
	}
	return err
}

// Run keeps the plane going until ctx ends: it follows the journal, publishes
// epochs, swaps tables, relays changes and journals decisions. Start comes
// first, and a plane runs once.
func (p *Plane) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.follow(ctx) })
	g.Go(func() error { return p.publisher.run(ctx) })
	g.Go(func() error { return p.watch(ctx) })
	g.Go(func() error { return p.core.Vault().Follow(ctx) })
	g.Go(func() error { return p.restoreHolds(ctx) })
	g.Go(func() error { return p.core.Relay(ctx) })
	g.Go(func() error { return p.recorder.run(ctx) })
	if err := g.Wait(); err != nil && !errors.Is(err, ctx.Err()) {
		return err
	}
	return p.projection.Save(context.WithoutCancel(ctx))
}

// Close hands the work of publishing to whoever comes next.
func (p *Plane) Close(ctx context.Context) error {
	return p.core.Release(ctx, leaseName, p.publisher.holder)
}

// followAgain is the pause after the journal could not be read.
const followAgain = 2 * time.Second

// follow keeps the projection up to the journal. While the journal cannot be
// read nothing new is learned, and decisions go on.
func (p *Plane) follow(ctx context.Context) error {
	for {
		err := p.projection.Follow(ctx, p.goesOn, p.saved)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p.stopped(err)
		select {
		case <-time.After(followAgain):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Trouble returns why nothing new is learned, or nil when all is well.
func (p *Plane) Trouble() error { return p.reading.now() }

// Troubles returns all that does not work at the moment: learning, keeping
// checkpoints, bringing changes to the journal, counting decisions.
func (p *Plane) Troubles() []error {
	var all []error
	for _, err := range []error{p.Trouble(), p.saving.now(), p.core.RelayTrouble(), p.recorder.account.trouble()} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// watch swaps the table whenever a release or an epoch is published. What
// cannot be loaded is reported, and the table in force goes on serving.
func (p *Plane) watch(ctx context.Context) error {
	changes := p.core.Record.State.Watch(ctx, engine.BucketLive)
	for watching := true; watching; _, watching = <-changes { // once before: it may have changed already
		if err := p.reload(ctx); err != nil && ctx.Err() == nil {
			p.core.Log.Error("what was published cannot be served; the last good snapshot goes on", "error", err)
		}
	}
	return ctx.Err()
}

// reload loads what is live, unless it is already served.
func (p *Plane) reload(ctx context.Context) error {
	var live published
	err := p.core.Record.State.View(ctx, func(r record.Reader) error {
		_, err := engine.GetJSON(r, engine.BucketLive, keyEpoch, &live)
		return err
	})
	if throughline.CodeOf(err) == throughline.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	old := p.table.Load()
	if old != nil && old.Epoch() == live.Number {
		return nil
	}
	next, err := p.compile(ctx, old, live)
	if err != nil {
		return err
	}
	p.table.Store(next)
	if old == nil || old.Digest() != next.Digest() {
		p.news.tell()
	}
	return nil
}

// compile builds the table of an epoch, reusing the old one where the snapshot
// is the same.
func (p *Plane) compile(ctx context.Context, old *decide.Table, live published) (*decide.Table, error) {
	epoch, err := engine.LoadEpoch(ctx, p.core.Record.Blobs, live.Epoch)
	if err != nil {
		return nil, err
	}
	if old != nil && old.Digest() == live.Snapshot {
		return old.With(epoch)
	}
	snapshot, err := engine.LoadSnapshot(ctx, p.core.Record.Blobs, live.Snapshot)
	if err != nil {
		return nil, err
	}
	return decide.Compile(snapshot, epoch, p.core.Secret())
}

// Ready reports whether there is anything to decide from.
func (p *Plane) Ready() bool { return p.table.Load() != nil }

// Table returns what is being decided from, or nil before the first release.
func (p *Plane) Table() *decide.Table { return p.table.Load() }

// Recorded returns how many decisions were journaled by this process and how
// many were dropped because the journal was too far behind, or was given up at
// the end.
func (p *Plane) Recorded() (recorded, dropped int64) {
	return p.recorder.recorded.Load(), p.recorder.dropped.Load()
}

// Lost returns how many decisions the processes before this one answered without
// their records reaching the journal: what kills took, and what they dropped.
func (p *Plane) Lost() int64 { return int64(p.recorder.account.lost.Load()) }

// Unrecalled returns how many decisions were made anew because State could not
// say what their recipient had been given before.
func (p *Plane) Unrecalled() int64 { return p.unrecalled.Load() }

// Decide answers a request from memory; where a placement keeps choices for
// good, a recipient's first request reads theirs from State.
func (p *Plane) Decide(ctx context.Context, req throughline.Request) (throughline.Decision, error) {
	t := p.table.Load()
	if t == nil {
		return throughline.Decision{}, throughline.Errorf(throughline.NotFound, "nothing is live yet").
			WithFix("declare a placement and apply it: throughline init, throughline apply")
	}
	d, err := t.Decide(req, recalling{p.holds, p, ctx, req.Unit})
	if err == nil && !d.Held {
		p.record(req, &d)
	}
	return d, err
}

// record sends a decision on its way to the journal.
func (p *Plane) record(req throughline.Request, d *throughline.Decision) {
	unit := decide.UnitHash(req.Unit)
	p.recorder.account.ask(unit)
	m := made{
		token: d.Token, placement: d.Placement, variant: d.Variant,
		unit: req.Unit, context: req.Context, at: req.At,
		once: d.Sticky == throughline.StickyNone || d.Arm == throughline.ArmFallback,
	}
	if d.Sticky == throughline.StickyRecipient && d.Arm != throughline.ArmFallback {
		key := decide.HoldKey{Unit: unit, Placement: req.Placement}
		if hold, ok := p.holds.Peek(key, req.At, 0); ok && hold.Token == d.Token {
			m.hold = &hold
		}
	}
	p.recorder.put(m)
}
