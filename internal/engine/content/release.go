package content

import (
	"bytes"
	"context"
	"fmt"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// prepared is a change carried through every stage up to the snapshot, ready to
// be committed.
type prepared struct {
	head     throughline.Release // in force when it was prepared
	change   Change
	plan     throughline.Plan
	next     declare.Set
	snapshot *throughline.Snapshot
}

// prepare declares, assembles, checks and activates a change in memory.
func (c *Content) prepare(ctx context.Context, change Change) (prepared, error) {
	p := prepared{change: change}
	var current []throughline.Resource
	err := c.core.Record.State.View(ctx, func(r record.Reader) (err error) {
		if p.head, err = headRelease(r); err != nil {
			return err
		}
		current, err = engine.ResourcesIn(r)
		return err
	})
	if err != nil {
		return p, err
	}
	if change.Base != 0 && change.Base != p.head.Number {
		return p, movedOn(change.Base, p.head.Number)
	}
	before := declare.NewSet(current)
	p.next, p.plan.Changes, p.plan.Unchanged, err = declare.Plan(before, change.Resources, declare.Options{Delete: change.Delete, Prune: change.Prune})
	if err != nil {
		return p, err
	}
	p.plan.Base = p.head.Number
	if err := declare.Validate(p.next); err != nil {
		return p, err
	}
	p.plan.Risk = declare.Risk(before, p.next, p.plan.Changes)
	built, err := build(c.core.ID(), p.head.Number+1, p.next)
	if err != nil {
		return p, err
	}
	p.snapshot, p.plan.Findings = built.snapshot, built.findings
	old, err := c.liveSnapshot(ctx, p.head, before)
	if err != nil {
		return p, err
	}
	p.plan.Touches = touches(old, built)
	return p, nil
}

func movedOn(base, head int) error {
	return throughline.Errorf(throughline.Conflict, "the plan was made for release %d, and release %d is in force now", base, head).
		WithFix("plan again, look at what changed, and apply that")
}

// liveSnapshot returns the snapshot of the release in force. One that is no
// longer whole is made again from what is declared: it must not stand in the way
// of the release that replaces it.
func (c *Content) liveSnapshot(ctx context.Context, head throughline.Release, declared declare.Set) (*throughline.Snapshot, error) {
	if head.Snapshot.IsZero() {
		return new(throughline.Snapshot), nil
	}
	s, err := engine.LoadSnapshot(ctx, c.core.Record.Blobs, head.Snapshot)
	switch throughline.CodeOf(err) {
	case throughline.Corrupt, throughline.NotFound:
		again, err := build(c.core.ID(), head.Number, declared)
		return again.snapshot, err
	}
	return s, err
}

// commit stores the snapshot, then everything else in one transaction.
func (c *Content) commit(ctx context.Context, by throughline.Actor, p prepared) (throughline.Release, error) {
	digest, _, err := c.core.Record.Blobs.Put(ctx, bytes.NewReader(p.snapshot.Encode()))
	if err != nil {
		return throughline.Release{}, err
	}
	rel := throughline.Release{
		Number: p.head.Number + 1, State: throughline.ReleaseLive,
		Author: by, Message: p.change.Message, CreatedAt: c.core.Now(), RollsBack: p.change.rollsBack,
		Changes: p.plan.Changes, Risk: p.plan.Risk, Findings: p.plan.Findings, Snapshot: digest,
	}
	err = c.core.Update(ctx, func(tx record.Tx) error {
		head, err := headRelease(tx)
		if err != nil {
			return err
		}
		if head.Number != p.head.Number {
			return movedOn(p.head.Number, head.Number)
		}
		if err := c.putRevisions(tx, p); err != nil {
			return err
		}
		if err := putRelease(tx, head, rel); err != nil {
			return err
		}
		live := engine.LiveRelease{Release: rel.Number, Snapshot: digest}
		if err := engine.PutJSON(tx, engine.BucketLive, engine.KeyLiveRelease, live, record.AnyVersion); err != nil {
			return err
		}
		return tx.Outbox(c.events(by, rel, p.snapshot)...)
	})
	return rel, err
}

func (c *Content) putRevisions(tx record.Tx, p prepared) error {
	for _, ch := range p.plan.Changes {
		if ch.Action == throughline.Delete {
			if err := tx.Delete(engine.BucketHead, ch.Ref.String()); err != nil {
				return err
			}
			continue
		}
		res, _ := p.next.Get(ch.Ref)
		if _, err := tx.Put(engine.BucketRevisions, ch.To.String(), res.Canonical(), record.AnyVersion); err != nil {
			return err
		}
		if _, err := tx.Put(engine.BucketHead, ch.Ref.String(), []byte(ch.To.String()), record.AnyVersion); err != nil {
			return err
		}
	}
	return nil
}

// putRelease stores the release and says of the ones before where they stand now.
func putRelease(tx record.Tx, head, rel throughline.Release) error {
	if err := engine.PutJSON(tx, engine.BucketReleases, releaseKey(rel.Number), rel, 0); err != nil {
		return err
	}
	if head.Number > 0 && head.Number != rel.RollsBack && head.State == throughline.ReleaseLive {
		head.State = throughline.ReleaseSuperseded
		if err := engine.PutJSON(tx, engine.BucketReleases, releaseKey(head.Number), head, record.AnyVersion); err != nil {
			return err
		}
	}
	if rel.RollsBack > 0 {
		undone, err := readRelease(tx, rel.RollsBack)
		if err != nil {
			return err
		}
		undone.State = throughline.ReleaseRolledBack
		if err := engine.PutJSON(tx, engine.BucketReleases, releaseKey(undone.Number), undone, record.AnyVersion); err != nil {
			return err
		}
	}
	return engine.PutJSON(tx, engine.BucketEngine, keyHead, rel.Number, record.AnyVersion)
}

const keyHead = "head" // in BucketEngine: the number of the latest release

func releaseKey(n int) string { return fmt.Sprintf("%09d", n) }

// headRelease returns the release in force; the zero Release before the first.
func headRelease(r record.Reader) (throughline.Release, error) {
	var n int
	_, err := engine.GetJSON(r, engine.BucketEngine, keyHead, &n)
	if throughline.CodeOf(err) == throughline.NotFound {
		return throughline.Release{}, nil
	}
	if err != nil {
		return throughline.Release{}, err
	}
	return readRelease(r, n)
}

func readRelease(r record.Reader, n int) (rel throughline.Release, err error) {
	_, err = engine.GetJSON(r, engine.BucketReleases, releaseKey(n), &rel)
	if throughline.CodeOf(err) == throughline.NotFound {
		err = throughline.Errorf(throughline.NotFound, "there is no release %d", n).WithFix("list them with: throughline get releases")
	}
	return rel, err
}

// events say what the release changed and what it made.
func (c *Content) events(by throughline.Actor, rel throughline.Release, s *throughline.Snapshot) []throughline.Event {
	release := throughline.Object{Type: "release", ID: fmt.Sprint(rel.Number)}
	published := throughline.EventReleasePublished
	if rel.RollsBack > 0 {
		published = throughline.EventReleaseRolledBack
	}
	var events []throughline.Event
	for _, ch := range rel.Changes {
		object := throughline.Object{Type: string(ch.Ref.Kind), ID: ch.Ref.Name, Version: digestText(ch.To), Qualifier: string(ch.Action)}
		key := fmt.Sprintf("release/%d/%s", rel.Number, ch.Ref)
		payload := throughline.ResourceVersioned{Change: ch, Release: rel.Number}
		events = append(events, c.core.NewEvent(versioned(ch.Ref.Kind), payload, by, key, object, release))
	}
	slim := rel // the revisions have events of their own
	slim.Findings = nil
	return append(
		events,
		c.core.NewEvent(published, throughline.ReleasePublished{Release: slim}, by, fmt.Sprintf("release/%d", rel.Number), release),
		c.core.NewEvent(throughline.EventSnapshotPublished, catalogue(rel, s), by, fmt.Sprintf("snapshot/%d", rel.Number), release),
	)
}

func versioned(k throughline.Kind) throughline.EventType {
	switch k {
	case throughline.KindFragment:
		return throughline.EventPieceVersioned
	case throughline.KindTemplate:
		return throughline.EventTemplateVersioned
	}
	return throughline.EventResourceVersioned
}

// catalogue is what learning and reporting need of a snapshot.
func catalogue(rel throughline.Release, s *throughline.Snapshot) throughline.SnapshotPublished {
	out := throughline.SnapshotPublished{Snapshot: rel.Snapshot, Release: rel.Number}
	for i := range s.Placements {
		p := &s.Placements[i]
		entry := throughline.CataloguedPlacement{
			Name: p.Name, Owner: p.Owner, Template: p.Template, Goal: p.Goal, Event: p.Event, Window: p.Window,
			Arms: p.Arms(), Policy: p.Policy,
		}
		for c := range p.Candidates {
			entry.Variants = append(entry.Variants, p.VariantID(p.Candidates[c], p.Locales.Default))
		}
		out.Placements = append(out.Placements, entry)
	}
	return out
}
