package content

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// goLive puts an approved release in force, on top of what is in force now:
// where that moved on since it was proposed, the two are merged field by field.
// What stands in its way is its Trouble, and no error.
func (c *Content) goLive(ctx context.Context, number int) (throughline.Release, error) {
	return c.again(func() (throughline.Release, error) {
		rel, p, err := c.merge(ctx, number, func(ch throughline.Change) (base, mine throughline.Digest) { return ch.From, ch.To }, throughline.ReleaseApproved)
		if err != nil || rel.Trouble != nil {
			return rel, err
		}
		return c.commit(ctx, p, rel, stillIn(rel))
	})
}

// end takes back what a release changed, because its time is over: what was
// before is in force again, and what others changed since stays. A field that
// both changed is its Trouble.
func (c *Content) end(ctx context.Context, number int) (throughline.Release, error) {
	return c.again(func() (throughline.Release, error) {
		rel, p, err := c.merge(ctx, number, func(ch throughline.Change) (base, mine throughline.Digest) { return ch.To, ch.From },
			throughline.ReleaseLive, throughline.ReleaseSuperseded)
		if err != nil || rel.Trouble != nil {
			return rel, err
		}
		itself := throughline.Actor{Kind: throughline.ActorSystem, ID: "schedule"}
		next := throughline.Release{Author: itself, Message: "end of release " + itoa(number), CreatedAt: c.core.Now(), Ends: number}
		return c.commit(ctx, p, next, func(tx record.Tx) error {
			if err := stillIn(rel)(tx); err != nil {
				return err
			}
			ended := rel
			ended.State = throughline.ReleaseEnded
			return tx.Outbox(c.moved(throughline.EventReleaseEnded, itself, ended))
		})
	})
}

// again does something over when somebody else released meanwhile.
func (c *Content) again(try func() (throughline.Release, error)) (throughline.Release, error) {
	for attempt := 1; ; attempt++ {
		rel, err := try()
		if throughline.CodeOf(err) != throughline.Conflict || attempt == applyAttempts {
			return rel, err
		}
	}
}

// merge carries the changes of a release, seen from one side, through every
// stage on top of what is in force now. What stands in the way is noted in the
// release it returns; a Trouble from before is gone.
func (c *Content) merge(ctx context.Context, number int, sides func(throughline.Change) (base, mine throughline.Digest), states ...throughline.ReleaseState) (rel throughline.Release, p prepared, err error) {
	var change Change
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		if rel, err = readRelease(r, number); err != nil {
			return err
		}
		if !slices.Contains(states, rel.State) {
			return wrongState(rel, "go on with", states...)
		}
		inForce, err := headRelease(r)
		if err != nil {
			return err
		}
		change, err = rebased(r, rel, sides)
		change.Base = inForce.Number
		return err
	})
	if err == nil {
		if p, err = c.prepare(ctx, change, anyone); err == nil {
			err = blocking(p.plan.Findings)
		}
	}
	rel.Trouble = nil
	if err == nil || !standsInTheWay(err) {
		return rel, p, err
	}
	rel, err = c.trouble(ctx, rel, change.Base, err)
	return rel, p, err
}

// standsInTheWay reports whether somebody has to change something before a
// release can go on.
func standsInTheWay(err error) bool {
	if _, ok := errors.AsType[*standing](err); ok {
		return true
	}
	switch throughline.CodeOf(err) {
	case throughline.Invalid, throughline.TooLarge:
		return true
	}
	return false
}

// stillIn refuses to go on with a release that somebody changed meanwhile.
func stillIn(seen throughline.Release) func(record.Tx) error {
	return func(tx record.Tx) error {
		now, err := readHead(tx, seen.Number)
		if err == nil && now.State != seen.State {
			err = wrongState(now, "go on with", seen.State)
		}
		return err
	}
}

// standing is a field that both a release and what is in force changed.
type standing struct{ what *throughline.Error }

// Error returns what both changed.
func (s *standing) Error() string { return s.what.Error() }

// Unwrap returns it with its code and fix.
func (s *standing) Unwrap() error { return s.what }

// rebased returns the changes of a release as a change to what is in force.
// Sides says which revision both began from, and which is wanted: those of the
// release to put it in force, the other way round to end it.
func rebased(r record.Reader, rel throughline.Release, sides func(throughline.Change) (base, mine throughline.Digest)) (Change, error) {
	change := Change{Message: rel.Message, rollsBack: rel.RollsBack, back: rel.RollsBack > 0 || past(rel)}
	for _, ch := range rel.Changes {
		base, mine := sides(ch)
		wanted, err := mergeInForce(r, ch.Ref, base, mine)
		if err != nil {
			return change, err
		}
		switch {
		case wanted.Spec != nil:
			change.Resources = append(change.Resources, wanted)
		case inForce(r, ch.Ref):
			change.Delete = append(change.Delete, ch.Ref)
		}
	}
	return change, nil
}

func inForce(r record.Reader, ref throughline.Ref) bool {
	_, err := r.Get(engine.BucketHead, ref.String())
	return err == nil
}

// mergeInForce merges a wanted revision with the one in force.
func mergeInForce(r record.Reader, ref throughline.Ref, base, mine throughline.Digest) (throughline.Resource, error) {
	var none throughline.Resource
	from, err := revisionOrNone(r, base)
	if err != nil {
		return none, err
	}
	wanted, err := revisionOrNone(r, mine)
	if err != nil {
		return none, err
	}
	now, err := resourceOrNone(r, ref)
	if err != nil {
		return none, err
	}
	merged, conflicts := declare.Merge(from, now, wanted)
	if len(conflicts) > 0 {
		return none, &standing{conflicting(ref, conflicts)}
	}
	return merged, nil
}

// conflicting names the fields that were changed meanwhile.
func conflicting(ref throughline.Ref, conflicts []declare.Conflict) *throughline.Error {
	first := conflicts[0]
	what := first.Path
	if what == "" {
		what = "the whole of it"
	}
	if more := len(conflicts) - 1; more > 0 {
		what += " and " + plural(more, "other field", "other fields")
	}
	return throughline.Errorf(throughline.Conflict, "%s was changed meanwhile: %s", ref, what).At(ref.String()).In(ref, first.Path).
		WithFix("return it to its author, who chooses between the two, and propose it again")
}

func revisionOrNone(r record.Reader, d throughline.Digest) (throughline.Resource, error) {
	if d.IsZero() {
		return throughline.Resource{}, nil
	}
	return engine.Revision(r, d.String())
}

// resourceOrNone returns the revision in force, or the zero Resource.
func resourceOrNone(r record.Reader, ref throughline.Ref) (throughline.Resource, error) {
	res, err := engine.Resource(r, ref)
	if throughline.CodeOf(err) == throughline.NotFound {
		return throughline.Resource{}, nil
	}
	return res, err
}

// trouble notes what stands in a release's way, once for each release in force.
func (c *Content) trouble(ctx context.Context, rel throughline.Release, head int, cause error) (throughline.Release, error) {
	var problems throughline.Problems
	problems.Add(unwrapStanding(cause))
	first := problems[0]
	t := &throughline.Trouble{Message: first.Message, Fix: first.Fix, Object: first.Object, Field: first.Field, At: c.core.Now(), Head: head}
	if first.Object.Name != "" && !strings.Contains(t.Message, first.Object.String()) {
		t.Message = first.Object.String() + ": " + t.Message
	}
	if more := len(problems) - 1; more > 0 {
		t.Message += ", and " + plural(more, "other problem", "other problems")
	}
	return c.change(ctx, rel, func(_ record.Tx, rel *throughline.Release) error {
		rel.Trouble = t
		return nil
	})
}

func unwrapStanding(err error) error {
	if s, ok := errors.AsType[*standing](err); ok {
		return s.what
	}
	return err
}
