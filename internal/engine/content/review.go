package content

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// ReviewInput says what is looked at: the caller's draft, a release, or what
// rolling a release back would do.
type ReviewInput struct {
	Draft    bool
	Release  int
	Rollback int
	// Only limits a draft to some of its items; none means all.
	Only []throughline.Ref
	// Locale asks for renderings in one language; empty for those that change.
	Locale string
	// From is the position of the first change to show whole, as a list of pages
	// goes on; FilledMost from there on say what comes and goes with them.
	From int
}

// Review is a change as people judge it: what differs, where that shows, how it
// looks before and after, and what stands in its way.
type Review struct {
	// Plan is what going live would do, or did. The changes of a Plan that has
	// Problems are all that could be found out.
	Plan throughline.Plan
	// Digest identifies what was looked at. It does not change with a release in
	// between that changes nothing of it.
	Digest throughline.Digest
	// Problems are what keeps it from being planned: a conflict, a reference to
	// nothing, YAML that cannot be read.
	Problems throughline.Problems
	// Refused says that the caller may not release it, and who may.
	Refused throughline.Problems
	// Waits is true where somebody else has to approve it, one of Approvers.
	Waits     bool
	Approvers []string
	// Touched are the placements it shows at.
	Touched []Touched
	// Locales are all languages that something touched is made in.
	Locales []string
	// Left counts the items of the draft that are left out, and stay in it; Leaning
	// are what is not left out and names them.
	Left    int
	Leaning []Leaning
	// Unshown counts the renderings left out because there are too many.
	Unshown int
}

// Leaning is something in a part of a draft that needs something left out of it.
type Leaning struct {
	Ref, Needs throughline.Ref
	// Must says that the one cannot go live without the other. Otherwise it goes
	// with what is in force.
	Must bool
}

// Blocked reports whether something keeps it from going live.
func (r *Review) Blocked() bool {
	return len(r.Problems) > 0 || blocking(r.Plan.Findings) != nil
}

// sides is everything declared before and after a change.
type sides struct {
	before, next declare.Set
	old          *throughline.Snapshot
	built        built
}

// Review returns a draft, a release or a rollback as people judge it. A release
// that was live is shown as it was: with everything else as it was then.
func (c *Content) Review(ctx context.Context, by engine.Caller, in ReviewInput) (Review, error) {
	var rev Review
	var s sides
	var was bool
	if !in.Draft && in.Rollback == 0 {
		rel, err := c.ReleaseHead(ctx, by, in.Release)
		if err != nil {
			return rev, err
		}
		if was = past(rel); was {
			if rev, ok := c.pasts.look(in); ok {
				return rev, nil
			}
		}
	}
	var err error
	switch {
	case in.Draft:
		s, err = c.reviewDraft(ctx, by, in.Only, &rev)
	case in.Rollback > 0:
		s, err = c.reviewRollback(ctx, by, in.Rollback, &rev)
	default:
		s, err = c.reviewRelease(ctx, by, in.Release, &rev)
	}
	if err != nil {
		return rev, err
	}
	from := min(max(0, in.From), len(rev.Plan.Changes))
	if err := c.fillFields(ctx, s, rev.Plan.Changes[from:min(len(rev.Plan.Changes), from+FilledMost)]); err != nil {
		return rev, err
	}
	if s.old != nil && s.built.snapshot != nil {
		err = rev.show(s, in.Locale)
	}
	rev.Digest = planDigest(rev.Plan)
	if was && err == nil {
		c.pasts.keep(in, rev)
	}
	return rev, err
}

// planDigest identifies what a plan would do, whatever it was planned against.
func planDigest(p throughline.Plan) throughline.Digest {
	changes := slices.Clone(p.Changes)
	for i := range changes {
		changes[i].Fields = nil
	}
	b, err := json.Marshal([]any{changes, p.Risk, p.Touches, p.Findings})
	if err != nil { // plain data of our own
		panic("content: " + err.Error())
	}
	return sha256.Sum256(b)
}

// seenAnother refuses a plan that is not the one somebody looked at; the zero
// Digest is nobody's.
func seenAnother(p throughline.Plan, seen throughline.Digest) error {
	if seen.IsZero() || planDigest(p) == seen {
		return nil
	}
	return throughline.Errorf(throughline.Conflict, "what would go live has changed since you looked at it").
		WithFix("look at it as it is now, and decide again")
}

// leaning names what in a part of a draft needs something that is left out: what
// is new there, or what still names something that the part deletes.
func leaning(r record.Reader, part, left []DraftItem) (all []Leaning, err error) {
	for _, item := range part {
		needs := uses(item.wanted())
		for _, out := range left {
			if slices.Contains(needs, out.Ref) {
				now, err := resourceOrNone(r, out.Ref)
				if err != nil {
					return nil, err
				}
				all = append(all, Leaning{item.Ref, out.Ref, now.Spec == nil})
			}
			if !item.Deleted {
				continue
			}
			now, err := resourceOrNone(r, out.Ref)
			if err != nil {
				return nil, err
			}
			if slices.Contains(uses(now), item.Ref) {
				all = append(all, Leaning{item.Ref, out.Ref, true})
			}
		}
	}
	return all, nil
}

// partOf divides the items of a draft into those that are looked at and those
// that are left out.
func partOf(items []DraftItem, only []throughline.Ref) (part, left []DraftItem) {
	for _, item := range items {
		if len(only) == 0 || slices.Contains(only, item.Ref) {
			part = append(part, item)
		} else {
			left = append(left, item)
		}
	}
	return part, left
}

// reviewDraft plans what can be planned of the caller's draft.
func (c *Content) reviewDraft(ctx context.Context, by engine.Caller, only []throughline.Ref, rev *Review) (sides, error) {
	if by.Stranger() {
		return sides{}, by.Need(engine.RightChange)
	}
	var change Change
	err := c.core.Record.State.View(ctx, func(r record.Reader) error {
		items, err := draftItems(r, draftKey(by.Actor))
		if err != nil {
			return err
		}
		items, left := partOf(items, only)
		if rev.Left = len(left); rev.Left > 0 {
			if rev.Leaning, err = leaning(r, items, left); err != nil {
				return err
			}
		}
		var sound []throughline.Ref
		for _, item := range items {
			var one Change
			if err := one.take(r, []DraftItem{item}, nil); err != nil {
				rev.Problems.Add(err)
				continue
			}
			sound = append(sound, item.Ref)
		}
		if len(sound) == 0 {
			return nil
		}
		return change.take(r, items, sound)
	})
	if err != nil || len(change.Resources)+len(change.Delete) == 0 {
		return sides{}, err
	}
	return c.reviewChange(ctx, by, by.Actor.ID, change, rev)
}

// reviewRollback plans the undoing of a release.
func (c *Content) reviewRollback(ctx context.Context, by engine.Caller, number int, rev *Review) (sides, error) {
	rel, err := c.see(ctx, by, number)
	if err != nil {
		return sides{}, err
	}
	change := Change{rollsBack: number}
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		head, err := headRelease(r)
		if err != nil {
			return err
		}
		return restore(r, rel, head.Number, &change)
	})
	if throughline.CodeOf(err) == throughline.Conflict {
		rev.Problems.Add(err)
		return sides{}, nil
	}
	if err != nil {
		return sides{}, err
	}
	return c.reviewChange(ctx, by, by.Actor.ID, change, rev)
}

// reviewChange plans a change that somebody made to what is in force.
func (c *Content) reviewChange(ctx context.Context, by engine.Caller, author string, change Change, rev *Review) (sides, error) {
	var s sides
	p, err := c.prepare(ctx, change, func(before, after declare.Set, changes []throughline.Change) error {
		rev.Refused.Add(c.authorise(ctx, by, before, after, changes))
		rev.Waits = modeOf(before) == throughline.Approved && change.rollsBack == 0
		rev.Approvers = approversOf(author, before, after, changes)
		return nil
	})
	rev.Plan, s.before, s.next = p.plan, p.before, p.next
	switch throughline.CodeOf(err) {
	case throughline.Invalid, throughline.NotFound, throughline.TooLarge, throughline.Conflict:
		rev.Problems.Add(err)
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.built = built{snapshot: p.snapshot}
	s.old, err = c.liveSnapshot(ctx, p.head, p.before)
	return s, err
}

// Approvers names everybody but its author who may approve a release that waits.
func (c *Content) Approvers(ctx context.Context, by engine.Caller, number int) ([]string, error) {
	rel, err := c.see(ctx, by, number)
	if err != nil {
		return nil, err
	}
	before, after, err := c.sets(ctx, rel)
	if err != nil {
		return nil, err
	}
	return approversOf(rel.Author.ID, before, after, rel.Changes), nil
}

// approversOf returns the names of everybody but one who may approve changes.
func approversOf(person string, before, after declare.Set, changes []throughline.Change) []string {
	reach := newReach(before, after)
	areas := make([]area, len(changes))
	for i, ch := range changes {
		areas[i] = reach.area(ch)
	}
	return approversBut(person, areas, before)
}

// reviewRelease plans a release that waits on top of what is in force, and
// shows one that was live as it was then.
func (c *Content) reviewRelease(ctx context.Context, by engine.Caller, number int, rev *Review) (sides, error) {
	rel, err := c.see(ctx, by, number)
	if err != nil {
		return sides{}, err
	}
	if past(rel) {
		return c.reviewPast(ctx, rel, rev)
	}
	var change Change
	err = c.core.Record.State.View(ctx, func(r record.Reader) (err error) {
		change, err = rebased(r, rel, func(ch throughline.Change) (base, mine throughline.Digest) { return ch.From, ch.To })
		return err
	})
	if throughline.CodeOf(err) == throughline.Conflict {
		rev.Problems.Add(unwrapStanding(err))
		rev.Plan.Changes, rev.Plan.Risk, rev.Plan.Findings = rel.Changes, rel.Risk, rel.Findings
		return sides{}, nil
	}
	if err != nil {
		return sides{}, err
	}
	s, err := c.reviewChange(ctx, by, rel.Author.ID, change, rev)
	if rel.State == throughline.ReleaseWithdrawn {
		rev.Problems = nil // nothing stands in the way of what nobody wants
		rev.Plan.Changes, rev.Plan.Risk, rev.Plan.Findings = rel.Changes, rel.Risk, rel.Findings
	}
	return s, err
}

// remembered is how many releases back everything is shown as it was: beyond
// it, walking there takes longer than people wait.
const remembered = 500

// reviewPast shows a release that was live.
func (c *Content) reviewPast(ctx context.Context, rel throughline.Release, rev *Review) (s sides, err error) {
	rev.Plan = throughline.Plan{Base: rel.After, Changes: slices.Clone(rel.Changes), Risk: rel.Risk, Findings: rel.Findings}
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		current, err := c.declared(r)
		if err != nil {
			return err
		}
		head, err := headRelease(r)
		if err != nil {
			return err
		}
		set, found, err := rewind(r, current, head, rel.Number)
		if err != nil || !found {
			return err
		}
		s.next = set
		s.before, err = asBefore(r, set, froms(rel))
		return err
	})
	if err != nil || s.next.Len() == 0 {
		return sides{}, err
	}
	if s.built, err = c.build(rel.Number, s.next); err != nil {
		return sides{before: s.before, next: s.next}, nil // of rules that have since changed
	}
	before, err := c.build(rel.After, s.before)
	if err != nil {
		return sides{before: s.before, next: s.next}, nil
	}
	if s.old = before.snapshot; s.old != nil {
		rev.Plan.Touches = touches(s.old, s.built)
		rev.Plan.Means = means(s.old, s.built, news(s.built.findings, before.findings), rel.LiveAt)
	}
	return s, nil
}

// rewind returns everything as it was when a release went live, from what is in
// force with the release head. Found is false for one too long ago.
func rewind(r record.Reader, set declare.Set, head throughline.Release, number int) (_ declare.Set, found bool, err error) {
	was := map[throughline.Ref]throughline.Digest{}
	for range remembered {
		if head.Number == number {
			set, err = asBefore(r, set, was)
			return set, err == nil, err
		}
		whole, err := readRelease(r, head.Number)
		if err != nil {
			return set, false, err
		}
		maps.Copy(was, froms(whole))
		before := head.After
		if before == 0 {
			before = head.Number - 1 // records from before releases could wait
		}
		if before == 0 {
			break
		}
		if head, err = readHead(r, before); err != nil {
			return set, false, err
		}
	}
	return set, false, nil
}

// froms returns the revisions before a release of what it changed, the zero
// Digest of what it created.
func froms(rel throughline.Release) map[throughline.Ref]throughline.Digest {
	was := make(map[throughline.Ref]throughline.Digest, len(rel.Changes))
	for _, ch := range rel.Changes {
		was[ch.Ref] = ch.From
	}
	return was
}

// asBefore returns a set in which some names have the revisions they had, and
// those of the zero Digest are not there.
func asBefore(r record.Reader, set declare.Set, was map[throughline.Ref]throughline.Digest) (declare.Set, error) {
	var put []throughline.Resource
	var gone []throughline.Ref
	for ref, digest := range was {
		if digest.IsZero() {
			gone = append(gone, ref)
			continue
		}
		res, err := engine.Revision(r, digest.String())
		if err != nil {
			return set, err
		}
		put = append(put, res)
	}
	return set.With(put, gone...), nil
}

// FilledMost is of how many changes a review says what comes and goes with them:
// a page of them.
const FilledMost = 100

// fillFields says of what comes and goes what it says, as of what changes.
func (c *Content) fillFields(ctx context.Context, s sides, changes []throughline.Change) error {
	return c.core.Record.State.View(ctx, func(r record.Reader) error {
		for i := range changes {
			ch := &changes[i]
			if len(ch.Fields) > 0 {
				continue
			}
			res, ok := s.next.Get(ch.Ref)
			if ch.Action == throughline.Delete {
				res, ok = s.before.Get(ch.Ref)
			}
			if digest := cmp.Or(ch.To, ch.From); !ok {
				found, err := revisionOrNone(r, digest)
				if err != nil && throughline.CodeOf(err) != throughline.NotFound {
					return err
				}
				res = found
			}
			ch.Fields = wholeFields(res, ch.Action)
		}
		return nil
	})
}

// wholeFields lists everything a resource says, as it comes or goes.
func wholeFields(res throughline.Resource, action throughline.Action) (fields []throughline.FieldChange) {
	if res.Spec == nil {
		return nil
	}
	empty := throughline.Resource{APIVersion: res.APIVersion, Kind: res.Kind, Metadata: throughline.Metadata{Name: res.Metadata.Name}, Spec: throughline.NewSpec(res.Kind)}
	if action == throughline.Delete {
		return declare.Fields(res, empty)
	}
	for _, f := range declare.Fields(empty, res) {
		f.From = "" // what an empty one says was never said
		fields = append(fields, f)
	}
	return fields
}
