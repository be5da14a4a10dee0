package content_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/record"
)

func note(i int, words string) throughline.Resource {
	return throughline.Resource{
		APIVersion: throughline.APIVersion, Kind: throughline.KindFragment, Metadata: throughline.Metadata{Name: fmt.Sprintf("note-%04d", i)},
		Spec: &throughline.Fragment{Role: "note", Values: map[string]string{"en": words}},
	}
}

func notes(n int, words string) content.Change {
	change := content.Change{Message: words}
	for i := range n {
		change.Resources = append(change.Resources, note(i, words))
	}
	return change
}

func TestChangesApart(t *testing.T) {
	t.Parallel()
	const many = 620 // more than one portion
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	ctx, shell := t.Context(), enginetest.Shell()
	release := func(change content.Change) throughline.Release {
		t.Helper()
		rel, err := e.Content.Apply(ctx, shell, change)
		if err != nil {
			t.Fatal(err)
		}
		return rel
	}
	stored := func(number int) (size int) {
		t.Helper()
		err := e.Core.Record.State.View(ctx, func(r record.Reader) error {
			entry, err := r.Get(engine.BucketReleases, engine.ReleaseKey(number))
			size = len(entry.Value)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return size
	}
	same := func(want throughline.Release) {
		t.Helper()
		got, err := e.Content.Release(ctx, shell, want.Number)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("release %d: %v\n%s", want.Number, err, diff)
		}
	}
	made := release(notes(many, "First"))
	altered := release(notes(many, "Second"))

	t.Run("what a release of many changes is read as it was made", func(t *testing.T) {
		if len(altered.Changes) != many || len(altered.Changes[many-1].Fields) == 0 {
			t.Fatalf("%d changes", len(altered.Changes))
		}
		same(altered)
		made.State = throughline.ReleaseSuperseded
		same(made)
	})
	t.Run("how it stands is told without what it changes", func(t *testing.T) {
		if size := stored(altered.Number); size > 4000 {
			t.Errorf("the release alone takes %d bytes", size)
		}
		page, err := e.Content.Releases(ctx, shell, content.ReleaseFilter{})
		if err != nil || len(page.Releases) != 3 || page.Releases[0].Changes != nil || page.Releases[0].Message != "Second" {
			t.Errorf("%v, %+v", err, page)
		}
		page, err = e.Content.Releases(ctx, shell, content.ReleaseFilter{Whole: true})
		if err != nil || len(page.Releases) != 3 || len(page.Releases[0].Changes) != many {
			t.Errorf("whole: %v, %d", err, len(page.Releases))
		}
	})
	t.Run("one from before they were kept apart is read, and put right once", func(t *testing.T) {
		err := e.Core.Update(ctx, func(tx record.Tx) error {
			if err := content.ForgetApart(tx, altered.Number); err != nil {
				return err
			}
			return engine.PutJSON(tx, engine.BucketReleases, engine.ReleaseKey(altered.Number), altered, record.AnyVersion)
		})
		if err != nil {
			t.Fatal(err)
		}
		same(altered)
		if size := stored(altered.Number); size < 100_000 {
			t.Fatalf("the release is not as it used to be: %d bytes", size)
		}
		if err := content.SetApart(e.Content, ctx); err != nil {
			t.Fatal(err)
		}
		if size := stored(altered.Number); size > 4000 {
			t.Errorf("the release alone still takes %d bytes", size)
		}
		same(altered)
	})
	t.Run("what is missing is missed", func(t *testing.T) {
		err := e.Core.Update(ctx, func(tx record.Tx) error { return content.ForgetApart(tx, altered.Number) })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Content.Release(ctx, shell, altered.Number); throughline.CodeOf(err) != throughline.Corrupt {
			t.Errorf("%v", err)
		}
	})
}

// TestFresh has two use cases of one record, as two processes have: what one of
// them changes, the other shows.
func TestFresh(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	ctx, shell := t.Context(), enginetest.Shell()
	here, there := e.Content, content.New(e.Core)
	ref := note(0, "").Ref()
	shown := func(c *content.Content) string {
		t.Helper()
		o, err := c.Object(ctx, shell, ref)
		if throughline.CodeOf(err) == throughline.NotFound {
			return "nothing"
		}
		if err != nil {
			t.Fatal(err)
		}
		names, err := c.Names(ctx, shell, throughline.KindFragment)
		if err != nil {
			t.Fatal(err)
		}
		page, err := c.Objects(ctx, shell, content.ObjectQuery{Kind: throughline.KindFragment})
		if err != nil || page.Total != len(names) || page.Total != len(page.Rows) {
			t.Fatalf("%d of %d, %d names, %v", len(page.Rows), page.Total, len(names), err)
		}
		hits, err := c.Search(ctx, shell, o.Resource.Spec.(*throughline.Fragment).Values["en"], 5)
		if err != nil || len(hits) == 0 || hits[0].Ref != ref {
			t.Fatalf("search: %v, %v", hits, err)
		}
		all, err := c.List(ctx, throughline.KindFragment)
		if err != nil || len(all) != len(names) {
			t.Fatalf("%d listed, %d names, %v", len(all), len(names), err)
		}
		return o.Resource.Spec.(*throughline.Fragment).Values["en"]
	}
	step := func(c *content.Content, change content.Change, want string) {
		t.Helper()
		if _, err := c.Apply(ctx, shell, change); err != nil {
			t.Fatal(err)
		}
		for name, side := range map[string]*content.Content{"here": here, "there": there} {
			if got := shown(side); got != want {
				t.Errorf("%s shows %q, want %q", name, got, want)
			}
		}
	}
	step(here, notes(30, "Umbra"), "Umbra")
	step(there, notes(1, "Corona"), "Corona")
	step(here, content.Change{Delete: []throughline.Ref{ref}}, "nothing")
	step(there, notes(1, "Umbra"), "Umbra")
}

func TestChangeLines(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	change := notes(40, "First")
	if _, err := e.Content.Apply(t.Context(), enginetest.Shell(), change); err != nil {
		t.Fatal(err)
	}
	gone := content.Change{Message: "away with them"}
	for _, r := range change.Resources {
		gone.Delete = append(gone.Delete, r.Ref())
	}
	rel, err := e.Content.Apply(t.Context(), enginetest.Shell(), gone)
	if err != nil {
		t.Fatal(err)
	}
	got, err := e.Content.Release(context.Background(), enginetest.Shell(), rel.Number)
	want, _ := json.Marshal(rel)
	have, _ := json.Marshal(got)
	if err != nil || string(want) != string(have) {
		t.Errorf("deletions: %v\n%s", err, cmp.Diff(rel, got))
	}
}
