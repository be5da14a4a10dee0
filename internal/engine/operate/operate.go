// Package operate is what the people who run an engine do: see how it stands,
// let people and services in, prove the record, back it up and restore it.
//
// It reads the record and the projection; it changes no content.
package operate

import (
	"context"
	"path/filepath"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/decide"
	"github.com/throughline-engine/throughline/internal/loop/report"
	"github.com/throughline-engine/throughline/internal/record"
)

// Plane is what operate asks of the data plane.
type Plane interface {
	// Table returns what is being decided from, or nil before the first release.
	Table() *decide.Table
	// Recorded counts the decisions journaled by this process, and those
	// dropped because the journal was too far behind.
	Recorded() (recorded, dropped int64)
	// Lost counts the decisions that processes before this one answered and did
	// not journal.
	Lost() int64
	// Unrecalled counts the decisions of this process made anew because what
	// their recipient had been given could not be read.
	Unrecalled() int64
	// Unheard counts this process's outcomes that no placement's goal waits for,
	// by the name of the event, and those whose names were too many.
	Unheard() (byName map[string]int64, others int64)
	// Trouble returns why nothing new is learned, or nil.
	Trouble() error
	// Troubles returns all that does not work at the moment.
	Troubles() []error
}

// Backuper copies a record while it is in use. The embedded store is one.
type Backuper interface {
	// Backup copies it into a new folder, and tells progress how far it is.
	Backup(ctx context.Context, folder string, progress func(done, of uint64)) error
}

// Progress is told how far a long piece of work is; of is 0 when that is not
// known.
type Progress func(done, of uint64)

// Operate runs an engine.
type Operate struct {
	core       *engine.Core
	projection *engine.Projection
	access     *Access
	plane      Plane
	store      Backuper
	simulated  bool
	started    time.Time

	cache   lineCache
	known   knownDeclared
	beliefs beliefs
}

// Config is what Operate needs. Store may be nil where backups are made by
// other means.
type Config struct {
	Core       *engine.Core
	Projection *engine.Projection
	Access     *Access
	Plane      Plane
	Store      Backuper
	// Simulated marks an engine whose recipients are made up.
	Simulated bool
}

// New returns the operations of an engine.
func New(c Config) *Operate {
	return &Operate{
		core: c.Core, projection: c.Projection, access: c.Access, plane: c.Plane, store: c.Store,
		simulated: c.Simulated, started: c.Core.Now(),
	}
}

// Status is how an engine stands, in figures.
type Status struct {
	Engine  string    `json:"engine"`
	Title   string    `json:"title,omitempty"`
	Owner   Ownership `json:"owner"`
	Ready   bool      `json:"ready"`
	Started time.Time `json:"started"`
	// Journal is the end of the record; Folded the last event in the numbers.
	Journal record.Head `json:"journal"`
	Folded  uint64      `json:"folded"`
	// DecisionsJournaled and DecisionsDropped are this process's; a dropped one
	// was answered and could not be journaled in time.
	DecisionsJournaled int64 `json:"decisionsJournaled"`
	DecisionsDropped   int64 `json:"decisionsDropped"`
	// DecisionsLost were answered by processes before this one, and their records
	// did not reach the journal: kills took them, and what those processes dropped.
	// They are counted exactly, power cuts aside, from when the data folder was
	// made or restored.
	DecisionsLost int64 `json:"decisionsLost"`
	// DecisionsFromExposure are known only from their exposures, which restored
	// what learning needs.
	DecisionsFromExposure int64 `json:"decisionsFromExposure"`
	// DecisionsUnrecalled are this process's for recipients whose lasting choice
	// could not be read; they were decided for anew.
	DecisionsUnrecalled int64 `json:"decisionsUnrecalled"`
	// TrialsEvicted were forgotten before their goal's window closed, because too
	// many of their placement were open: outcomes that came later are missing.
	TrialsEvicted uint64 `json:"trialsEvicted"`
	// EventsUnplaced name a decision from a snapshot that the journal does not
	// tell of; in a whole journal there are none.
	EventsUnplaced int64 `json:"eventsUnplaced"`
	// SignalToDecision is from an outcome to the first decision that knew it, p95.
	SignalToDecision throughline.Number `json:"signalToDecision"`
	// ApplyToServed is from a release to the first decision from it, p99.
	ApplyToServed throughline.Number `json:"applyToServed"`
	Simulated     bool               `json:"simulated,omitempty"`
	// Unheard are this process's outcomes that no goal knows.
	Unheard Unheard `json:"unheard,omitzero"`
	// Swept are the files that were deleted because nothing named them.
	Swept engine.Swept `json:"swept,omitzero"`
	// Troubles say what does not work at the moment; none when all is well.
	Troubles []string `json:"troubles,omitempty"`
}

// saysTrouble words a trouble for people. Its cause, which may name files, is in
// the log.
func saysTrouble(err error) string {
	var told throughline.Problems
	told.Add(err)
	if told[0].Fix == "" {
		return told[0].Message
	}
	return told[0].Message + " (" + told[0].Fix + ")"
}

// Status returns how the engine stands.
func (o *Operate) Status(ctx context.Context) (Status, error) {
	owner, err := o.access.Ownership(ctx)
	if err != nil {
		return Status{}, err
	}
	head, err := o.core.Record.Journal.Head(ctx)
	if err != nil {
		return Status{}, err
	}
	s := Status{
		Engine: o.core.ID(), Title: owner.Engine, Owner: owner, Ready: o.plane.Table() != nil, Started: o.started,
		Journal: head, Folded: o.projection.Seq(), Simulated: o.simulated,
	}
	for _, err := range o.plane.Troubles() {
		s.Troubles = append(s.Troubles, saysTrouble(err))
	}
	s.DecisionsJournaled, s.DecisionsDropped = o.plane.Recorded()
	s.DecisionsLost, s.DecisionsUnrecalled = o.plane.Lost(), o.plane.Unrecalled()
	if s.Unheard, err = o.heard(ctx); err != nil {
		return Status{}, err
	}
	if err := o.core.Record.State.View(ctx, func(r record.Reader) (err error) {
		s.Swept, err = engine.SweptOf(r)
		return err
	}); err != nil {
		return Status{}, err
	}
	o.projection.Reported(func(st *report.State) {
		loop := st.Loop(owner.Name, o.core.Now())
		s.DecisionsFromExposure, s.EventsUnplaced, s.TrialsEvicted = loop.Lost, loop.Unplaced, st.Evicted()
		s.SignalToDecision, s.ApplyToServed = loop.Reaction.P95, loop.Apply.P99
	})
	return s, nil
}

// owned gives a number its owner.
func owned(n throughline.Number, owner string) throughline.Number {
	n.Owner = owner
	return n
}

// Verified says that the whole chain of the journal fits.
type Verified struct {
	Journal record.Head `json:"journal"`
	Seconds float64     `json:"seconds"`
}

// Verify reads the whole journal and checks every batch against its checksum,
// its place and the hash of the one before.
func (o *Operate) Verify(ctx context.Context, progress Progress) (Verified, error) {
	start := o.core.Clock()
	head, err := o.core.Record.Journal.Head(ctx)
	if err != nil {
		return Verified{}, err
	}
	checked, err := o.core.Record.Journal.Verify(ctx, func(seq uint64) { progress(seq, head.Seq) })
	return Verified{checked, o.core.Clock().Sub(start).Seconds()}, err
}

// Rebuilt says what folding the whole journal again gave.
type Rebuilt struct {
	Events  uint64  `json:"events"`
	Seconds float64 `json:"seconds"`
	// Same is true when the live numbers equal the rebuilt ones to the last bit.
	// Differs names the fold that does not.
	Same    bool   `json:"same"`
	Differs string `json:"differs,omitempty"`
}

// Rebuild folds the journal again from its first event and compares the result
// with the numbers in use. Where they differ, which the answer says, the numbers
// in use are replaced by the rebuilt ones at once.
func (o *Operate) Rebuild(ctx context.Context, progress Progress) (Rebuilt, error) {
	start := o.core.Clock()
	if err := o.projection.CatchUp(ctx); err != nil {
		return Rebuilt{}, err
	}
	live, err := o.projection.Clone()
	if err != nil {
		return Rebuilt{}, err
	}
	fresh := engine.NewProjection(o.core)
	last := live.Seq()
	if err := fresh.CatchUpTo(ctx, last, func(seq uint64) { progress(seq, last) }); err != nil {
		return Rebuilt{}, err
	}
	differs, err := live.Differs(fresh)
	if err != nil {
		return Rebuilt{}, err
	}
	if differs != "" {
		o.projection.Replace(fresh)
	}
	return Rebuilt{last, o.core.Clock().Sub(start).Seconds(), differs == "", differs}, nil
}

// BackedUp says where a backup is.
type BackedUp struct {
	Folder  string  `json:"folder"`
	Seconds float64 `json:"seconds"`
}

// Backup copies the record into a new folder while the engine goes on.
func (o *Operate) Backup(ctx context.Context, folder string, progress Progress) (BackedUp, error) {
	if o.store == nil {
		return BackedUp{}, throughline.Errorf(throughline.Unavailable, "this record cannot be copied by the engine").WithFix("use the tools of the database it is in")
	}
	if !filepath.IsAbs(folder) {
		return BackedUp{}, throughline.Errorf(throughline.Invalid, "%q is not an absolute folder", folder).WithFix("name the folder from the root of the engine's machine")
	}
	start := o.core.Clock()
	err := o.store.Backup(ctx, folder, progress)
	return BackedUp{folder, o.core.Clock().Sub(start).Seconds()}, err
}
