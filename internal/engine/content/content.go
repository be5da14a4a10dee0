// Package content is what the people who make content do: declare resources,
// see what a change would touch, let it go live as a release, take it back, and
// read what there is.
//
// A release is all or nothing: the resources it changes, the snapshot they make
// and the events that say so are committed together. What it does not do is
// decide, or serve.
package content

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/mailclient"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/check"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// Content changes and reads what is declared.
type Content struct {
	core  *engine.Core
	known known
	held  held
	// verdicts are what checks found of single pieces.
	verdicts check.Memory
	// clients is what mail clients support; nil where nobody said.
	clients *mailclient.Facts
	// opinions are what was said of drafts.
	opinions opinions
	// pasts are reviews of releases that were live.
	pasts pastReviews
}

// New returns the content of an engine.
func New(core *engine.Core) *Content { return &Content{core: core} }

// KnowClients says what mail clients support. Before, a check that asks for it
// answers that it is not known.
func (c *Content) KnowClients(facts *mailclient.Facts) { c.clients = facts }

// Change is what somebody wants declared.
type Change struct {
	// Resources are the revisions wanted.
	Resources []throughline.Resource
	// Delete names resources that should no longer be.
	Delete []throughline.Ref
	// Prune deletes every resource that Resources does not name.
	Prune bool
	// Message says why, for the release.
	Message string
	// Base is the release the change was planned against; with it another
	// release in between is a conflict. 0 means whatever is in force.
	Base int
	// Reviewed is the Review.Digest of what somebody looked at; where what would go
	// live is something else, it is a conflict. The zero Digest is nobody's.
	Reviewed throughline.Digest
	// rollsBack is the release that the change undoes.
	rollsBack int
	// back says that all of it was in force before, exactly so.
	back bool
	// headNumber is the release in force that a draft was read with.
	headNumber int
}

// Plan returns what applying the change would do, without doing it. A change
// that cannot be applied is an error with all its problems; findings that block
// are in the plan. Whoever may read may plan.
func (c *Content) Plan(ctx context.Context, by engine.Caller, change Change) (throughline.Plan, error) {
	if err := by.Need(engine.RightRead); err != nil {
		return throughline.Plan{}, err
	}
	p, err := c.prepare(ctx, change, anyone)
	if err != nil {
		return throughline.Plan{}, err
	}
	return p.plan, nil
}

// Check returns the findings of what the change would put in force; with an
// empty change, of what is in force.
func (c *Content) Check(ctx context.Context, by engine.Caller, change Change) ([]throughline.Finding, error) {
	if err := by.Need(engine.RightRead); err != nil {
		return nil, err
	}
	findings := []throughline.Finding{}
	if len(change.Resources) == 0 && len(change.Delete) == 0 && !change.Prune && change.Base == 0 {
		err := c.with(ctx, func(k *known, r record.Reader) error {
			err := c.checked(r, k)
			findings = append(findings, k.findings...)
			return err
		})
		return findings, err
	}
	p, err := c.prepare(ctx, change, anyone)
	return append(findings, p.plan.Findings...), err
}

// Apply makes a release of the change, live at once, or, in an engine whose
// releases wait to be approved, proposed. A change that alters nothing makes none
// and returns the release in force. Where the change names no base, a release
// that came in between is no conflict: it is planned again on top of that one.
func (c *Content) Apply(ctx context.Context, by engine.Caller, change Change) (throughline.Release, error) {
	for attempt := 1; ; attempt++ {
		rel, err := c.release(ctx, by, change, nil, nothing)
		if throughline.CodeOf(err) != throughline.Conflict || change.Base != 0 || attempt == applyAttempts {
			return rel, err
		}
	}
}

// applyAttempts bounds how often a change is planned again.
const applyAttempts = 5

// release makes a release of a change for somebody: live, or waiting for an
// approval or its time. Also runs in the transaction that makes it.
func (c *Content) release(ctx context.Context, by engine.Caller, change Change, schedule *throughline.Schedule, also func(record.Tx) error) (throughline.Release, error) {
	p, err := c.prepare(ctx, change, func(before, after declare.Set, changes []throughline.Change) error {
		return c.authorise(ctx, by, before, after, changes)
	})
	if err != nil {
		return throughline.Release{}, err
	}
	if blocking := blocking(p.plan.Findings); blocking != nil {
		if err := c.refused(ctx, by, p); err != nil {
			return throughline.Release{}, err
		}
		return throughline.Release{}, blocking
	}
	if err := seenAnother(p.plan, change.Reviewed); err != nil {
		return throughline.Release{}, err
	}
	if len(p.plan.Changes) == 0 {
		return c.whole(ctx, p.head)
	}
	rel := throughline.Release{
		Author: by.Actor, Message: change.Message, CreatedAt: c.core.Now(), RollsBack: change.rollsBack, Schedule: schedule,
	}
	waits := modeOf(p.before) == throughline.Approved && change.rollsBack == 0
	if waits || schedule != nil && schedule.GoLiveAt.After(c.core.Now()) {
		return c.propose(ctx, p, rel, waits, also)
	}
	return c.commit(ctx, p, rel, also)
}

// whole returns a release with what it changes; the zero Release as it is.
func (c *Content) whole(ctx context.Context, head throughline.Release) (rel throughline.Release, err error) {
	if head.Number == 0 {
		return head, nil
	}
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		rel, err = readRelease(r, head.Number)
		return err
	})
	return rel, err
}

// modeOf returns what lets a release go live in an engine as it is declared.
func modeOf(set declare.Set) throughline.ReleaseMode {
	for _, r := range set.Of(throughline.KindEngine) {
		if mode := r.Spec.(*throughline.Engine).Releases; mode != "" {
			return mode
		}
	}
	return throughline.Automatic
}

// blocking returns the findings that stop a release as problems.
func blocking(findings []throughline.Finding) error {
	var problems throughline.Problems
	for _, f := range findings {
		// A cross-slot rule takes out combinations; it does not stop the rest.
		if f.Severity != throughline.Block || f.Variants > 0 {
			continue
		}
		place := f.Object.String()
		if f.Slot != "" {
			place += " in slot " + f.Slot
		}
		if f.Locale != "" {
			place += " (" + f.Locale + ")"
		}
		problems = append(problems, throughline.Errorf(throughline.Invalid, "%s: got %s, want %s", f.Rule, f.Got, f.Want).At(place).In(f.Object, f.Field()).WithFix("%s", f.Fix))
	}
	return problems.Err()
}

// Rollback makes a release that restores what the release with the number
// changed. If one of the resources was changed again since, that is a conflict
// that names the later release.
//
// What it restores was live before, so it waits for no approval: it takes the
// right to change what it restores.
func (c *Content) Rollback(ctx context.Context, by engine.Caller, number int) (throughline.Release, error) {
	change := Change{Message: fmt.Sprintf("roll back release %d", number), rollsBack: number}
	err := c.core.Record.State.View(ctx, func(r record.Reader) error {
		head, err := headRelease(r)
		if err != nil {
			return err
		}
		change.Base = head.Number
		rel, err := readRelease(r, number)
		if err != nil {
			return err
		}
		if rel.LiveAt.IsZero() && rel.Snapshot.IsZero() {
			return throughline.Errorf(throughline.Conflict, "release %d never went live, so there is nothing to undo", number).
				WithFix("withdraw it if it should not go live")
		}
		if number == 1 {
			return throughline.Errorf(throughline.Invalid, "release 1 is the first; there is nothing before it to go back to").
				WithFix("apply the text you want; to start anew, serve another data folder")
		}
		if rel.State == throughline.ReleaseRolledBack {
			return rolledBackAlready(r, number)
		}
		return restore(r, rel, head.Number, &change)
	})
	if err != nil {
		return throughline.Release{}, err
	}
	return c.release(ctx, by, change, nil, nothing)
}

// rolledBackAlready says which release undid the one with the number, since
// undoing that brings it back.
func rolledBackAlready(r record.Reader, number int) error {
	err := throughline.Errorf(throughline.Conflict, "release %d was rolled back already", number)
	last, readErr := lastNumber(r)
	if readErr != nil {
		return readErr
	}
	for n := last; n > number; n-- {
		later, readErr := readHead(r, n)
		if readErr != nil {
			return readErr
		}
		if later.RollsBack == number {
			return err.WithFix("to have it back, undo release %d, which took it back: throughline rollback %d", n, n)
		}
	}
	return err
}

// restore puts into change what undoes the release.
func restore(r record.Reader, rel throughline.Release, head int, change *Change) error {
	change.back = true
	for _, ch := range rel.Changes {
		now, err := r.Get(engine.BucketHead, ch.Ref.String())
		if err != nil && throughline.CodeOf(err) != throughline.NotFound {
			return err
		}
		inForce := string(now.Value)
		if want := digestText(ch.To); inForce != want {
			return throughline.Errorf(throughline.Conflict, "%s was changed again after release %d", ch.Ref, rel.Number).
				WithFix("roll back the later releases first (the newest is %d), or apply the text you want", head)
		}
		if ch.From.IsZero() {
			change.Delete = append(change.Delete, ch.Ref)
			continue
		}
		res, err := engine.Revision(r, ch.From.String())
		if err != nil {
			return err
		}
		change.Resources = append(change.Resources, res)
	}
	return nil
}

func digestText(d throughline.Digest) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// Get returns one resource in force.
func (c *Content) Get(ctx context.Context, ref throughline.Ref) (res throughline.Resource, err error) {
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		res, err = engine.Resource(r, ref)
		return err
	})
	return res, err
}

// List returns the resources in force, of one kind or, for "", of all.
func (c *Content) List(ctx context.Context, kind throughline.Kind) ([]throughline.Resource, error) {
	if kind != "" && throughline.NewSpec(kind) == nil {
		return nil, throughline.Errorf(throughline.Invalid, "there is no kind %q", kind).WithFix("kinds are %s", kindNames())
	}
	var all []throughline.Resource
	err := c.core.Record.State.View(ctx, func(r record.Reader) (err error) {
		if kind != "" {
			all, err = ofKind(r, kind)
			return err
		}
		all, err = c.everything(r)
		return err
	})
	slices.SortFunc(all, func(a, b throughline.Resource) int { return a.Ref().Compare(b.Ref()) })
	return all, err
}

func kindNames() string {
	var names []string
	for _, k := range throughline.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// Export returns everything in force as YAML that apply takes back unchanged.
func (c *Content) Export(ctx context.Context) ([]byte, error) {
	all, err := c.List(ctx, "")
	if err != nil {
		return nil, err
	}
	return declare.Encode(all)
}

// File is one manifest as somebody wrote it.
type File struct {
	// Name is where it came from, for error messages.
	Name string
	Text []byte
}

// Read decodes manifests. All their problems are reported at once.
func Read(files []File) ([]throughline.Resource, error) {
	var all []throughline.Resource
	var problems throughline.Problems
	for _, f := range files {
		resources, err := declare.Decode(f.Name, f.Text)
		problems.Add(err)
		all = append(all, resources...)
	}
	return all, problems.Err()
}

// CheckAlone returns the findings of resources that are all there is, without an
// engine: what Check says of them in an empty one.
func CheckAlone(resources []throughline.Resource, clock func() time.Time, clients *mailclient.Facts) ([]throughline.Finding, error) {
	set, changes, _, err := declare.Plan(declare.Set{}, resources, declare.Options{})
	if err != nil {
		return nil, err
	}
	if err := validate(set); err != nil {
		return nil, err
	}
	c := New(&engine.Core{Clock: clock})
	c.KnowClients(clients)
	b, err := c.build(1, set)
	return append(append([]throughline.Finding{}, b.findings...), c.unused(set, changes, b.findings)...), err
}
