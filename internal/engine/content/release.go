package content

import (
	"bytes"
	"cmp"
	"context"
	"fmt"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// Declare makes a release of one resource.
func (c *Content) Declare(ctx context.Context, by engine.Caller, res throughline.Resource, message string) (throughline.Release, error) {
	return c.Apply(ctx, by, Change{Resources: []throughline.Resource{res}, Message: message})
}

// prepared is a change carried through every stage up to the snapshot, ready to
// be committed.
type prepared struct {
	head     throughline.Release // in force when it was prepared
	change   Change
	plan     throughline.Plan
	before   declare.Set
	next     declare.Set
	snapshot *throughline.Snapshot
}

// anyone leaves a change to those who asked before, or to the engine itself.
func anyone(declare.Set, declare.Set, []throughline.Change) error { return nil }

// prepare declares, assembles, checks and activates a change in memory. May
// refuses a change as soon as it is known what it is about.
func (c *Content) prepare(ctx context.Context, change Change, may func(before, after declare.Set, changes []throughline.Change) error) (prepared, error) {
	p := prepared{change: change}
	var before declare.Set
	err := c.core.Record.State.View(ctx, func(r record.Reader) (err error) {
		if p.head, err = headRelease(r); err != nil {
			return err
		}
		before, err = c.declared(r)
		return err
	})
	if err != nil {
		return p, err
	}
	if change.Base != 0 && change.Base != p.head.Number {
		return p, movedOn(change.Base, p.head.Number)
	}
	p.next, p.plan.Changes, p.plan.Unchanged, err = declare.Plan(before, change.Resources, declare.Options{Delete: change.Delete, Prune: change.Prune, Back: change.back})
	if err != nil {
		return p, err
	}
	p.before, p.plan.Base = before, p.head.Number
	if err := bounded(p.next, p.plan.Changes); err != nil {
		return p, err
	}
	if err := may(before, p.next, p.plan.Changes); err != nil {
		return p, err
	}
	if err := validate(p.next); err != nil {
		return p, err
	}
	p.plan.Risk = declare.Risk(before, p.next, p.plan.Changes)
	built, err := c.build(p.head.Number+1, p.next)
	if err != nil {
		return p, err
	}
	p.snapshot, p.plan.Findings = built.snapshot, append(built.findings, c.unused(p.next, p.plan.Changes, built.findings)...)
	old, err := c.liveSnapshot(ctx, p.head, before)
	if err != nil {
		return p, err
	}
	p.plan.Touches = touches(old, built)
	p.plan.Means, err = c.meaning(ctx, old, built)
	return p, err
}

// bounded refuses what is longer than a draft could hold: every page and every
// snapshot would carry it.
func bounded(next declare.Set, changes []throughline.Change) error {
	var problems throughline.Problems
	for _, ch := range changes {
		if res, ok := next.Get(ch.Ref); ok && ch.Action != throughline.Delete {
			if size := len(res.Canonical()); size > maxItemBytes {
				problems.Add(tooLong(ch.Ref, size))
			}
		}
	}
	return problems.Err()
}

func tooLong(ref throughline.Ref, size int) *throughline.Error {
	return throughline.Errorf(throughline.TooLarge, "%s would have %d bytes, and %d are allowed", ref, size, maxItemBytes).In(ref, "").
		WithFix("shorten it")
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
		again, err := c.build(head.Number, declared)
		return cmp.Or(again.snapshot, new(throughline.Snapshot)), err
	}
	return s, err
}

// commit lets a prepared change go live: as the release it was proposed as, or
// as a new one, whose number may be taken by somebody else while it is made.
// Also runs in the transaction, and may refuse.
func (c *Content) commit(ctx context.Context, p prepared, rel throughline.Release, also func(record.Tx) error) (throughline.Release, error) {
	rel.State, rel.LiveAt, rel.After, rel.Trouble = throughline.ReleaseLive, c.core.Now(), p.head.Number, nil
	describe(&rel, p.plan)
	if rel.Number > 0 {
		return rel, c.commitAs(ctx, p, &rel, false, also)
	}
	for {
		err := c.core.Record.State.View(ctx, func(r record.Reader) (err error) {
			rel.Number, err = lastNumber(r)
			return err
		})
		if err != nil {
			return rel, err
		}
		rel.Number++
		if err := c.commitAs(ctx, p, &rel, true, also); throughline.CodeOf(err) != errTaken {
			return rel, err
		}
	}
}

// describe says of a release what its plan says.
func describe(rel *throughline.Release, plan throughline.Plan) {
	rel.Changes, rel.Risk, rel.Findings, rel.Touches = plan.Changes, plan.Risk, plan.Findings, nil
	for _, t := range plan.Touches {
		rel.Touches = append(rel.Touches, t.Placement)
	}
}

// errTaken is the code of a number that somebody else was given first. It never
// leaves the package.
const errTaken throughline.Code = "taken"

// commitAs stores the snapshot, then everything else in one transaction.
func (c *Content) commitAs(ctx context.Context, p prepared, rel *throughline.Release, fresh bool, also func(record.Tx) error) error {
	if err := blocking(p.plan.Findings); err != nil {
		return err // whoever comes here has asked before; this is the last door
	}
	snapshot := *p.snapshot
	snapshot.Release = rel.Number
	digest, _, err := c.core.Record.Blobs.Put(ctx, bytes.NewReader(snapshot.Encode()))
	if err != nil {
		return err
	}
	rel.Snapshot = digest
	return c.core.Update(ctx, func(tx record.Tx) error {
		head, err := headRelease(tx)
		if err != nil {
			return err
		}
		if head.Number != p.head.Number {
			return movedOn(p.head.Number, head.Number)
		}
		if fresh {
			if err := takeNumber(tx, rel.Number); err != nil {
				return err
			}
		}
		if err := also(tx); err != nil {
			return err
		}
		if err := c.putRevisions(tx, p, *rel); err != nil {
			return err
		}
		if err := putLive(tx, head, *rel); err != nil {
			return err
		}
		live := engine.LiveRelease{Release: rel.Number, Snapshot: digest}
		if err := engine.PutJSON(tx, engine.BucketLive, engine.KeyLiveRelease, live, record.AnyVersion); err != nil {
			return err
		}
		events := c.events(rel.Author, *rel, &snapshot, p.next)
		if spoke := spoken(head.Findings, rel.Findings); len(spoke) > 0 {
			said := throughline.GuardrailSpoke{Release: rel.Number, Rules: spoke}
			events = append(events, c.core.NewEvent(throughline.EventGuardrailFired, said, rel.Author, fmt.Sprintf("guardrails/%d", rel.Number)))
		}
		return tx.Outbox(events...)
	})
}

// nothing is what runs along with most releases.
func nothing(record.Tx) error { return nil }

func (c *Content) putRevisions(tx record.Tx, p prepared, rel throughline.Release) error {
	for _, ch := range p.plan.Changes {
		if err := putHistory(tx, rel, ch); err != nil {
			return err
		}
		if err := putPast(tx, ch, p.next); err != nil {
			return err
		}
		if ch.Action == throughline.Delete {
			if err := tx.Delete(engine.BucketHead, ch.Ref.String()); err != nil {
				return err
			}
			if ch.Ref.Kind == throughline.KindPerson {
				if err := engine.CloseWaysIn(tx, ch.Ref.Name); err != nil {
					return err
				}
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

// putPast remembers the file that an asset had and has no more, so that whoever has
// its address of then does not see it under another name.
func putPast(tx record.Tx, ch throughline.Change, next declare.Set) error {
	if ch.Ref.Kind != throughline.KindAsset || ch.From.IsZero() {
		return nil
	}
	was, err := engine.Revision(tx, ch.From.String())
	if err != nil {
		return err
	}
	file := was.Spec.(*throughline.Asset).File.Digest
	if now, there := next.Get(ch.Ref); there && now.Spec.(*throughline.Asset).File.Digest == file {
		return nil
	}
	_, err = tx.Put(engine.BucketPast, file.String(), []byte("{}"), record.AnyVersion)
	return err
}

// putLive stores a release that goes live, and says of those before where they
// stand now.
func putLive(tx record.Tx, head, rel throughline.Release) error {
	if head.Number > 0 && head.Number != rel.RollsBack && head.Number != rel.Ends && head.State == throughline.ReleaseLive {
		err := amend(tx, head.Number, func(r *throughline.Release) { r.State = throughline.ReleaseSuperseded })
		if err != nil {
			return err
		}
	}
	for number, state := range map[int]throughline.ReleaseState{rel.RollsBack: throughline.ReleaseRolledBack, rel.Ends: throughline.ReleaseEnded} {
		if number == 0 {
			continue
		}
		err := amend(tx, number, func(undone *throughline.Release) {
			undone.State, undone.EndedAt, undone.Trouble = state, rel.LiveAt, nil
			if actor := rel.Author; number == rel.RollsBack {
				undone.EndedBy = &actor
			}
		})
		if err != nil {
			return err
		}
	}
	if err := putRelease(tx, rel); err != nil {
		return err
	}
	return engine.PutJSON(tx, engine.BucketEngine, engine.KeyHead, rel.Number, record.AnyVersion)
}

// keyLast is, beside engine.KeyHead, the highest number given to a release. Records
// from before releases could wait do not have it.
const keyLast = "last"

// lastNumber returns the highest number given to a release; 0 for none.
func lastNumber(r record.Reader) (n int, err error) {
	if _, err = engine.GetJSON(r, engine.BucketEngine, keyLast, &n); throughline.CodeOf(err) == throughline.NotFound {
		_, err = engine.GetJSON(r, engine.BucketEngine, engine.KeyHead, &n)
	}
	if throughline.CodeOf(err) == throughline.NotFound {
		return 0, nil
	}
	return n, err
}

// takeNumber gives a release its number.
func takeNumber(tx record.Tx, n int) error {
	last, err := lastNumber(tx)
	if err != nil {
		return err
	}
	if last+1 != n {
		return throughline.Errorf(errTaken, "the number %d is taken", n)
	}
	return engine.PutJSON(tx, engine.BucketEngine, keyLast, n, record.AnyVersion)
}

func releaseKey(n int) string { return fmt.Sprintf("%09d", n) }

// headRelease returns the release in force, without what it changes; the zero Release before the first.
func headRelease(r record.Reader) (throughline.Release, error) {
	var n int
	_, err := engine.GetJSON(r, engine.BucketEngine, engine.KeyHead, &n)
	if throughline.CodeOf(err) == throughline.NotFound {
		return throughline.Release{}, nil
	}
	if err != nil {
		return throughline.Release{}, err
	}
	return readHead(r, n)
}

func noRelease(n int) error {
	return throughline.Errorf(throughline.NotFound, "there is no release %d", n).WithFix("list them with: throughline get releases")
}

// events say what the release changed and what it made.
func (c *Content) events(by throughline.Actor, rel throughline.Release, s *throughline.Snapshot, declared declare.Set) []throughline.Event {
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
	slim := throughline.ReleasePublished{Release: rel, Counts: counts(rel.Changes)}
	slim.Release.Changes, slim.Release.Findings = nil, nil
	return append(
		events,
		c.core.NewEvent(published, slim, by, fmt.Sprintf("release/%d", rel.Number), release),
		c.core.NewEvent(throughline.EventSnapshotPublished, catalogue(rel, s, declared), by, fmt.Sprintf("snapshot/%d", rel.Number), release),
	)
}

// counts returns how many resources were changed, by kind and action.
func counts(changes []throughline.Change) map[throughline.Kind]map[throughline.Action]int {
	out := map[throughline.Kind]map[throughline.Action]int{}
	for _, ch := range changes {
		if out[ch.Ref.Kind] == nil {
			out[ch.Ref.Kind] = map[throughline.Action]int{}
		}
		out[ch.Ref.Kind][ch.Action]++
	}
	return out
}

func versioned(k throughline.Kind) throughline.EventType {
	switch k {
	case throughline.KindFragment, throughline.KindAsset:
		return throughline.EventPieceVersioned
	case throughline.KindTemplate:
		return throughline.EventTemplateVersioned
	}
	return throughline.EventResourceVersioned
}

// catalogue is what learning and reporting need of a snapshot.
func catalogue(rel throughline.Release, s *throughline.Snapshot, declared declare.Set) throughline.SnapshotPublished {
	out := throughline.SnapshotPublished{Snapshot: rel.Snapshot, Release: rel.Number}
	for i := range s.Placements {
		p := &s.Placements[i]
		entry := throughline.CataloguedPlacement{
			Name: p.Name, Owner: p.Owner, Template: p.Template, Goal: p.Goal, Event: p.Event, Window: p.Window,
			Arms: p.Arms(), Policy: p.Policy, Holdout: p.Holdout, Fallback: p.Key(p.Fallback),
		}
		for c := range p.Candidates {
			entry.Variants = append(entry.Variants, p.VariantID(p.Candidates[c], p.Locales.Default))
		}
		out.Placements = append(out.Placements, entry)
		for _, slot := range p.Slots {
			for _, choice := range slot.Choices {
				if b := choice.Bounds; b != nil && b.Until != 0 {
					if out.Ends == nil {
						out.Ends = map[string]int64{}
					}
					out.Ends[choice.Piece] = b.Until
				}
			}
		}
	}
	out.Withdrawn = withdrawn(declared)
	return out
}
