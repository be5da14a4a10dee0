package content_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/record"
)

// change reads manifests as a change.
func change(t testing.TB, base int, manifests ...string) content.Change {
	t.Helper()
	resources, err := content.Read(enginetest.Files(manifests...))
	if err != nil {
		t.Fatal(err)
	}
	return content.Change{Resources: resources, Base: base}
}

func TestRollback(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	e.Apply(t, enginetest.Headline("Second"))
	e.Apply(t, enginetest.Headline("Third"))
	rollback := func(number int) (throughline.Release, error) {
		return e.Content.Rollback(t.Context(), enginetest.Shell(), number)
	}
	headline := func() string {
		t.Helper()
		res, err := e.Content.Get(t.Context(), throughline.Ref{Kind: throughline.KindFragment, Name: "headline-short"})
		if err != nil {
			t.Fatal(err)
		}
		return res.Spec.(*throughline.Fragment).Values["en"]
	}
	refused := func(number int, code throughline.Code, says string) {
		t.Helper()
		if _, err := rollback(number); throughline.CodeOf(err) != code || !strings.Contains(err.Error(), says) {
			t.Errorf("rolling back %d: %v", number, err)
		}
	}

	refused(2, throughline.Conflict, "changed again after release 2")
	refused(99, throughline.NotFound, "no release 99")
	refused(1, throughline.Invalid, "first")
	rel, err := rollback(3)
	if err != nil || rel.Number != 4 || rel.RollsBack != 3 || headline() != "Second" {
		t.Fatalf("%+v, %v; the headline is %q", rel, err, headline())
	}
	refused(3, throughline.Conflict, "rolled back already")
	if undone, err := e.Content.Release(t.Context(), enginetest.Shell(), 3); err != nil || undone.State != throughline.ReleaseRolledBack {
		t.Errorf("%+v, %v", undone.State, err)
	}
	if _, err := rollback(4); err != nil || headline() != "Third" {
		t.Errorf("rolling back a rollback: %v; the headline is %q", err, headline())
	}
	if _, err := e.Operate.Verify(t.Context(), func(_, _ uint64) {}); err != nil {
		t.Error(err)
	}
}

// What may otherwise only rise, a meaning or a version, falls when a release is
// undone: what was learned then was learned of just that.
func TestRollbackOfWhatRises(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	before := inForce(t, e, short)
	raised := before
	spec := *before.Spec.(*throughline.Fragment)
	spec.Meaning, spec.Values = 2, map[string]string{"en": "Something else"}
	raised.Spec = &spec
	rel, err := e.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Resources: []throughline.Resource{raised}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Content.Rollback(t.Context(), enginetest.Shell(), rel.Number); err != nil {
		t.Fatal(err)
	}
	if now := inForce(t, e, short); now.Digest() != before.Digest() {
		t.Errorf("in force is %s", now.Canonical())
	}
	if _, err := e.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Resources: []throughline.Resource{raised}}); err != nil {
		t.Fatal(err)
	}
	_, err = e.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Resources: []throughline.Resource{before}})
	if throughline.CodeOf(err) != throughline.Invalid {
		t.Errorf("by hand the meaning falls: %v", err)
	}
}

func TestRollbackOfADeletion(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	ref := throughline.Ref{Kind: throughline.KindFragment, Name: "cta-see"}
	gone, err := e.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Delete: []throughline.Ref{ref, {Kind: throughline.KindPlacement, Name: "members.only"}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Content.Get(t.Context(), ref); throughline.CodeOf(err) != throughline.NotFound {
		t.Errorf("%v", err)
	}
	if _, err := e.Content.Rollback(t.Context(), enginetest.Shell(), gone.Number); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Content.Get(t.Context(), ref); err != nil {
		t.Error(err)
	}
}

func TestConcurrentApply(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	one, two := change(t, 1, enginetest.Headline("One")), change(t, 1, enginetest.Headline("Two"))
	var won, conflicts atomic.Int32
	var all sync.WaitGroup
	for _, c := range []content.Change{one, two, one, two} {
		all.Go(func() {
			switch _, err := e.Content.Apply(t.Context(), enginetest.Shell(), c); throughline.CodeOf(err) {
			case "":
				won.Add(1)
			case throughline.Conflict:
				conflicts.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || conflicts.Load() != 3 {
		t.Errorf("%d won and %d were conflicts", won.Load(), conflicts.Load())
	}
}

// newest returns the latest releases, as the owner sees them.
func newest(t testing.TB, e *enginetest.Engine, limit int) ([]throughline.Release, error) {
	t.Helper()
	page, err := e.Content.Releases(t.Context(), enginetest.Shell(), content.ReleaseFilter{Limit: limit})
	return page.Releases, err
}

// deadState is a State whose process is killed as it would commit.
type deadState struct {
	record.State
	record.Outbox
	dead atomic.Bool
}

var errKilled = errors.New("killed")

func (s *deadState) Update(ctx context.Context, fn func(record.Tx) error) error {
	if s.dead.Load() {
		return errKilled
	}
	return s.State.Update(ctx, fn)
}

func TestKilledBeforeTheCommit(t *testing.T) {
	t.Parallel()
	s := new(deadState)
	e := enginetest.Open(t, enginetest.Options{Wrap: func(r record.Record) record.Record {
		s.State, s.Outbox = r.State, r.State.(record.Outbox)
		r.State = s
		return r
	}})
	stop := e.Run(t)
	e.Declare(t)
	stop()
	s.dead.Store(true)
	if _, err := e.Content.Apply(t.Context(), enginetest.Shell(), change(t, 0, enginetest.Headline("Never"))); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	e.Close()

	again := enginetest.Open(t, enginetest.Options{Folder: e.Folder})
	if releases, err := newest(t, again, 10); err != nil || len(releases) != 1 {
		t.Errorf("%d releases, %v", len(releases), err)
	}
	if d := again.Decide(t, "home.hero", "v", nil); d.Release != 1 {
		t.Errorf("release %d is served", d.Release)
	}
	for _, ev := range again.Events(t) {
		if ev.Type == throughline.EventReleasePublished && ev.Key != "release/1" {
			t.Errorf("the journal tells of %s", ev.Key)
		}
	}
}

func TestCheckAndBadInput(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	t.Run("a fragment that is too long is found, and stops the release", func(t *testing.T) {
		long := change(t, 0, enginetest.Headline(strings.Repeat("long ", 20)))
		if found, err := e.Content.Check(t.Context(), enginetest.Shell(), long); err != nil || len(found) == 0 {
			t.Errorf("%v, %v", found, err)
		}
		if _, err := e.Content.Apply(t.Context(), enginetest.Shell(), long); throughline.CodeOf(err) != throughline.Invalid || !strings.Contains(err.Error(), "headline") {
			t.Errorf("%v", err)
		}
	})
	for name, manifest := range map[string]string{
		"a placement without fallback": "apiVersion: throughline/v1\nkind: Placement\nmetadata: {name: bare}\nspec: {channel: web, template: card, goal: signed-up}",
		"a rule that does not compile": "apiVersion: throughline/v1\nkind: Audience\nmetadata: {name: broken}\nspec: {rule: 'context.plan =='}",
		"an owner who is not declared": "apiVersion: throughline/v1\nkind: Engine\nmetadata: {name: main}\nspec: {title: x, owner: nobody}",
		"a second engine":              "apiVersion: throughline/v1\nkind: Engine\nmetadata: {name: other}\nspec: {title: x, owner: ana}",
	} {
		t.Run(name+" is refused by name, and what is in force stays", func(t *testing.T) {
			before, _ := newest(t, e, 1)
			resources, err := content.Read(enginetest.Files(manifest))
			if err == nil {
				_, err = e.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Resources: resources})
			}
			if throughline.CodeOf(err) != throughline.Invalid {
				t.Errorf("%v", err)
			}
			if after, _ := newest(t, e, 1); after[0].Number != before[0].Number {
				t.Error("a release was made")
			}
		})
	}
}

func TestAppliesWithoutABaseAllGoLive(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	const writers = 4
	errs := make([]error, writers)
	var all sync.WaitGroup
	for i := range writers {
		c := change(t, 0, strings.Replace(enginetest.Headline("Hello"), "headline-short", "headline-"+string(rune('a'+i)), 1))
		all.Go(func() { _, errs[i] = e.Content.Apply(t.Context(), enginetest.Shell(), c) })
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	releases, err := newest(t, e, 100)
	if err != nil || len(releases) != 1+writers {
		t.Errorf("%d releases, %v", len(releases), err)
	}
}
