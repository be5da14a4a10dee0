package content

import (
	"context"
	"fmt"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// Proposal is what somebody wants to go live, and when.
type Proposal struct {
	// Draft releases the draft of whoever asks; otherwise Change is what is
	// released.
	Draft  bool
	Change Change
	// Only limits a draft to some of its items; none means all.
	Only []throughline.Ref
	// Message says why; empty takes that of the draft or change.
	Message string
	// Schedule says when; the zero Schedule means at once and for good.
	Schedule throughline.Schedule
	// Reviewed is what was looked at: see Change.
	Reviewed throughline.Digest
}

// Propose makes a release of a draft or a change. It goes live at once, unless
// the engine's releases wait to be approved or the schedule says later. What is
// released leaves the draft.
func (c *Content) Propose(ctx context.Context, by engine.Caller, p Proposal) (throughline.Release, error) {
	schedule, err := resolve(p.Schedule, c.core.Now())
	if err != nil {
		return throughline.Release{}, err
	}
	change, taken := p.Change, draftHead{}
	if p.Draft {
		if change, taken, err = c.draftChange(ctx, by, p.Only); err != nil {
			return throughline.Release{}, err
		}
	}
	if p.Message != "" {
		change.Message = p.Message
	}
	if !p.Reviewed.IsZero() {
		change.Reviewed = p.Reviewed
	}
	also := nothing
	if p.Draft {
		also = func(tx record.Tx) error { return takeFromDraft(tx, by.Actor, taken, p.Only, c.core.Now()) }
	}
	rel, err := c.release(ctx, by, change, schedule, also)
	if err == nil && rel.Number == change.headNumber && p.Draft {
		return rel, throughline.Errorf(throughline.Invalid, "the draft changes nothing: all of it is in force already").
			WithFix("discard it, or change something")
	}
	return rel, err
}

// propose stores a release that is not live yet. Waits is true where somebody
// has to approve it.
func (c *Content) propose(ctx context.Context, p prepared, rel throughline.Release, waits bool, also func(record.Tx) error) (throughline.Release, error) {
	rel.State = throughline.ReleaseProposed
	if !waits {
		rel.State = throughline.ReleaseApproved
	}
	describe(&rel, p.plan)
	err := c.core.Update(ctx, func(tx record.Tx) error {
		last, err := lastNumber(tx)
		if err != nil {
			return err
		}
		rel.Number = last + 1
		if err := takeNumber(tx, rel.Number); err != nil {
			return err
		}
		if err := also(tx); err != nil {
			return err
		}
		for _, ch := range rel.Changes {
			if ch.Action == throughline.Delete {
				continue
			}
			res, _ := p.next.Get(ch.Ref)
			if _, err := tx.Put(engine.BucketRevisions, ch.To.String(), res.Canonical(), record.AnyVersion); err != nil {
				return err
			}
		}
		if err := putRelease(tx, rel); err != nil {
			return err
		}
		events := []throughline.Event{c.moved(throughline.EventReleaseProposed, rel.Author, rel)}
		if rel.Schedule != nil {
			events = append(events, c.moved(throughline.EventReleaseScheduled, rel.Author, rel))
		}
		return tx.Outbox(events...)
	})
	return rel, err
}

// moved is the event that says where a release stands now.
func (c *Content) moved(t throughline.EventType, by throughline.Actor, rel throughline.Release) throughline.Event {
	payload := throughline.ReleaseMoved{
		Release: rel.Number, State: rel.State, Author: rel.Author, Changes: len(rel.Changes), Risk: rel.Risk.Level,
		Schedule: rel.Schedule, SelfApproved: rel.SelfApproved,
	}
	e := c.core.NewEvent(t, payload, by, "", throughline.Object{Type: "release", ID: fmt.Sprint(rel.Number)})
	e.Key = fmt.Sprintf("%s/%d/%s", t, rel.Number, e.ID) // a schedule may change many times
	return e
}

// Approve lets a proposed release go live: at once, or when its time comes. Its
// author may not, unless nobody else declared may; then it says so.
func (c *Content) Approve(ctx context.Context, by engine.Caller, number int) (throughline.Release, error) {
	rel, err := c.see(ctx, by, number)
	if err != nil {
		return rel, err
	}
	if rel.State != throughline.ReleaseProposed {
		return rel, wrongState(rel, "approve", throughline.ReleaseProposed)
	}
	self, err := c.approver(ctx, by, rel)
	if err != nil {
		return rel, err
	}
	rel, err = c.change(ctx, rel, func(tx record.Tx, rel *throughline.Release) error {
		actor := by.Actor
		rel.State, rel.ApprovedBy, rel.ApprovedAt, rel.SelfApproved = throughline.ReleaseApproved, &actor, c.core.Now(), self
		return tx.Outbox(c.moved(throughline.EventReleaseApproved, by.Actor, *rel))
	})
	if err != nil {
		return rel, err
	}
	if rel.Schedule != nil && rel.Schedule.GoLiveAt.After(c.core.Now()) {
		return rel, nil
	}
	return c.goLive(ctx, rel.Number)
}

// approver refuses who may not approve a release, and reports whether it would
// be the author, as the only one who can.
func (c *Content) approver(ctx context.Context, by engine.Caller, rel throughline.Release) (self bool, err error) {
	before, after, err := c.sets(ctx, rel)
	if err != nil {
		return false, err
	}
	if err := mayApprove(by, before, after, rel.Changes); err != nil {
		return false, err
	}
	if !engine.SameActor(by.Actor, rel.Author) {
		return false, nil
	}
	reach := newReach(before, after)
	areas := make([]area, len(rel.Changes))
	for i, ch := range rel.Changes {
		areas[i] = reach.area(ch)
	}
	others := approversBut(by.Actor.ID, areas, before)
	if len(others) == 0 {
		return true, nil
	}
	return false, throughline.Errorf(throughline.Forbidden, "nobody approves what they made themselves, and you made release %d", rel.Number).
		WithFix("ask %s", joinOr(others))
}

// Return gives a release that is not live yet back to its author with a reason:
// what it changes is in the author's draft again.
func (c *Content) Return(ctx context.Context, by engine.Caller, number int, reason string) (throughline.Release, error) {
	if reason == "" {
		return throughline.Release{}, throughline.Errorf(throughline.Invalid, "a release is returned with a reason").In(throughline.Ref{}, "reason").
			WithFix("say what its author should change")
	}
	return c.takeBack(ctx, by, number, reason, throughline.EventReleaseReturned)
}

// Withdraw takes back a release that is not live yet. Its author may, and
// whoever may approve it.
func (c *Content) Withdraw(ctx context.Context, by engine.Caller, number int, reason string) (throughline.Release, error) {
	return c.takeBack(ctx, by, number, reason, throughline.EventReleaseWithdrawn)
}

func (c *Content) takeBack(ctx context.Context, by engine.Caller, number int, reason string, event throughline.EventType) (throughline.Release, error) {
	rel, err := c.see(ctx, by, number)
	if err != nil {
		return rel, err
	}
	if !waiting(rel) {
		return rel, wrongState(rel, "take back", throughline.ReleaseProposed, throughline.ReleaseApproved)
	}
	if err := c.authorOrApprover(ctx, by, rel); err != nil {
		return rel, err
	}
	return c.change(ctx, rel, func(tx record.Tx, rel *throughline.Release) error {
		actor := by.Actor
		rel.State, rel.EndedAt, rel.Reason, rel.Trouble = throughline.ReleaseWithdrawn, c.core.Now(), reason, nil
		rel.EndedBy, rel.Returned = &actor, event == throughline.EventReleaseReturned
		if event == throughline.EventReleaseReturned {
			if err := c.giveBack(tx, *rel); err != nil {
				return err
			}
		}
		return tx.Outbox(c.moved(event, by.Actor, *rel))
	})
}

// Reschedule changes when a release goes live, ends and is no longer secret. One
// that is live keeps its go-live. The zero Schedule of one that waits for its
// time lets it go live now; one that waits for approval waits on. What was approved
// was approved with its times: changed by somebody who may not approve it, it waits
// for approval again.
func (c *Content) Reschedule(ctx context.Context, by engine.Caller, number int, s throughline.Schedule) (throughline.Release, error) {
	rel, err := c.see(ctx, by, number)
	if err != nil {
		return rel, err
	}
	live := rel.State == throughline.ReleaseLive || rel.State == throughline.ReleaseSuperseded
	if !live && !waiting(rel) {
		return rel, wrongState(rel, "reschedule", throughline.ReleaseProposed, throughline.ReleaseApproved, throughline.ReleaseLive)
	}
	if err := c.mayReschedule(ctx, by, rel); err != nil {
		return rel, err
	}
	if live {
		s.GoLive, s.Embargo = "", ""
	}
	schedule, err := resolve(s, c.core.Now())
	if err != nil {
		return rel, err
	}
	_, unfit := c.approver(ctx, by, rel)
	rel, err = c.change(ctx, rel, func(tx record.Tx, rel *throughline.Release) error {
		rel.Schedule, rel.Trouble = schedule, nil
		if rel.State == throughline.ReleaseApproved && rel.ApprovedBy != nil && unfit != nil {
			rel.State, rel.ApprovedBy, rel.ApprovedAt, rel.SelfApproved = throughline.ReleaseProposed, nil, time.Time{}, false
		}
		return tx.Outbox(c.moved(throughline.EventReleaseScheduled, by.Actor, *rel))
	})
	if err == nil && rel.State == throughline.ReleaseApproved && (schedule == nil || !schedule.GoLiveAt.After(c.core.Now())) {
		return c.goLive(ctx, number)
	}
	return rel, err
}

func waiting(rel throughline.Release) bool {
	return rel.State == throughline.ReleaseProposed || rel.State == throughline.ReleaseApproved
}

func wrongState(rel throughline.Release, verb string, want ...throughline.ReleaseState) error {
	words := make([]string, len(want))
	for i, s := range want {
		words[i] = string(s)
	}
	return throughline.Errorf(throughline.Conflict, "release %d is %s, and one to %s is %s", rel.Number, rel.State, verb, joinOr(words)).
		WithFix("look at it again: somebody may have been faster")
}

// change rewrites a release that nobody else may change meanwhile.
func (c *Content) change(ctx context.Context, seen throughline.Release, fn func(record.Tx, *throughline.Release) error) (rel throughline.Release, err error) {
	err = c.core.Update(ctx, func(tx record.Tx) error {
		if rel, err = readRelease(tx, seen.Number); err != nil {
			return err
		}
		if rel.State != seen.State {
			return wrongState(rel, "change", seen.State)
		}
		if err := fn(tx, &rel); err != nil {
			return err
		}
		return putRelease(tx, rel)
	})
	return rel, err
}

// authorOrApprover refuses everybody but the author of a release and those who
// may approve it.
func (c *Content) authorOrApprover(ctx context.Context, by engine.Caller, rel throughline.Release) error {
	if engine.SameActor(by.Actor, rel.Author) {
		return nil
	}
	before, after, err := c.sets(ctx, rel)
	if err != nil {
		return err
	}
	return mayApprove(by, before, after, rel.Changes)
}

// mayReschedule refuses everybody but the author of a release, as long as they may
// change what it changes, and those who may approve it: to end what is live is to
// change it.
func (c *Content) mayReschedule(ctx context.Context, by engine.Caller, rel throughline.Release) error {
	before, after, err := c.sets(ctx, rel)
	if err != nil {
		return err
	}
	refused := mayApprove(by, before, after, rel.Changes)
	if refused == nil || !engine.SameActor(by.Actor, rel.Author) {
		return refused
	}
	return c.authorise(ctx, by, before, after, rel.Changes)
}

// sets returns what is in force, and what would be with the changes of a release
// put over it.
func (c *Content) sets(ctx context.Context, rel throughline.Release) (before, after declare.Set, err error) {
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		var at map[string]heldRevision
		if before, at, err = c.declaredAs(r); err != nil {
			return err
		}
		var put []throughline.Resource
		for _, ch := range rel.Changes {
			digest := ch.To
			if digest.IsZero() {
				digest = ch.From // what it deletes is what it is about
			}
			if at[ch.Ref.String()].digest == digest.String() {
				continue // it is there already
			}
			res, err := engine.Revision(r, digest.String())
			if err != nil {
				return err
			}
			put = append(put, res)
		}
		after = before.With(put)
		return nil
	})
	return before, after, err
}
