package content_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

func fragment(name string) throughline.Ref {
	return throughline.Ref{Kind: throughline.KindFragment, Name: name}
}

// headline is the fragment headline-short with a text in each language given.
func headline(values map[string]string) *throughline.Resource {
	return &throughline.Resource{
		APIVersion: throughline.APIVersion, Kind: throughline.KindFragment, Metadata: throughline.Metadata{Name: "headline-short"},
		Spec: &throughline.Fragment{Role: "headline", Brief: "visit", Values: values},
	}
}

func english(text string) *throughline.Resource { return headline(map[string]string{"en": text}) }

var short = fragment("headline-short")

func save(t testing.TB, e *enginetest.Engine, by engine.Caller, edits ...content.Edit) content.Saved {
	t.Helper()
	saved, err := e.Content.Save(t.Context(), by, content.SaveInput{Edits: edits})
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

func draft(t testing.TB, e *enginetest.Engine, by engine.Caller) content.Draft {
	t.Helper()
	d, err := e.Content.Draft(t.Context(), by)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func inForce(t testing.TB, e *enginetest.Engine, ref throughline.Ref) throughline.Resource {
	t.Helper()
	r, err := e.Content.Get(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func valueOf(r *throughline.Resource, locale string) string {
	if r == nil {
		return ""
	}
	return r.Spec.(*throughline.Fragment).Values[locale]
}

func TestDraft(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	ana := enginetest.Shell()
	base := inForce(t, e, short).Digest()

	first := save(t, e, ana, content.Edit{Ref: short, Base: base, Resource: english("One")})
	if first.Sentence != "changed Fragment/headline-short: values.en" {
		t.Errorf("it says %q", first.Sentence)
	}
	t.Run("what is in force does not change by saving", func(t *testing.T) {
		r := inForce(t, e, short)
		if valueOf(&r, "en") != "Less work" {
			t.Error(valueOf(&r, "en"))
		}
	})
	t.Run("nobody else has it in their draft", func(t *testing.T) {
		if d := draft(t, e, enginetest.Person("ben", throughline.Grant{Role: throughline.Maker})); len(d.Items) != 0 {
			t.Errorf("%+v", d)
		}
	})
	t.Run("another window that changed another language is merged", func(t *testing.T) {
		save(t, e, ana, content.Edit{Ref: short, Base: base, Resource: headline(map[string]string{"en": "Less work", "de": "Weniger Arbeit"})})
		got := draft(t, e, ana).Items[0].Resource
		if valueOf(got, "en") != "One" || valueOf(got, "de") != "Weniger Arbeit" {
			t.Errorf("%s", got.Canonical())
		}
	})
	t.Run("another window that changed the same language gets both to choose from, and changes nothing", func(t *testing.T) {
		saved := save(t, e, ana, content.Edit{Ref: short, Base: base, Resource: english("Two")})
		if len(saved.Conflicts) != 1 || saved.Sentence != "" {
			t.Fatalf("%+v", saved)
		}
		c := saved.Conflicts[0].Fields[0]
		if c.Path != "spec.values.en" || c.Theirs != `"One"` || c.Mine != `"Two"` || c.Base != `"Less work"` {
			t.Errorf("%+v", c)
		}
		if got := valueOf(draft(t, e, ana).Items[0].Resource, "en"); got != "One" {
			t.Error(got)
		}
		chosen := save(t, e, ana, content.Edit{Ref: short, Base: saved.Conflicts[0].Theirs, Resource: saved.Conflicts[0].Merged})
		if got := draft(t, e, ana).Items[0].Resource; len(chosen.Conflicts) > 0 || valueOf(got, "en") != "Two" || valueOf(got, "de") == "" {
			t.Errorf("%s", got.Canonical())
		}
	})
	t.Run("every step can be taken back and done again", func(t *testing.T) {
		texts := []string{}
		d := draft(t, e, ana)
		for d.Undo != "" {
			var err error
			if d, err = e.Content.Undo(t.Context(), ana); err != nil {
				t.Fatal(err)
			}
			if len(d.Items) == 1 {
				texts = append(texts, valueOf(d.Items[0].Resource, "en"))
			}
		}
		if want := []string{"One", "One"}; !slices.Equal(texts, want) || len(d.Items) != 0 {
			t.Errorf("%v, %d items left", texts, len(d.Items))
		}
		if _, err := e.Content.Undo(t.Context(), ana); throughline.CodeOf(err) != throughline.Conflict {
			t.Error(err)
		}
		for d.Redo != "" {
			var err error
			if d, err = e.Content.Redo(t.Context(), ana); err != nil {
				t.Fatal(err)
			}
		}
		if got := valueOf(d.Items[0].Resource, "en"); got != "Two" {
			t.Error(got)
		}
	})
	t.Run("a text that cannot be read is kept, with its problem at its line", func(t *testing.T) {
		const text = "apiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: new}\nspec: {rolle: cta}"
		save(t, e, ana, content.Edit{Ref: fragment("new"), Text: text})
		d := draft(t, e, ana)
		i := slices.IndexFunc(d.Items, func(i content.DraftItem) bool { return i.Ref.Name == "new" })
		if i < 0 || d.Items[i].Text != text || len(d.Items[i].Problems) == 0 || !strings.Contains(d.Items[i].Problems[0].Place, ":4:") {
			t.Fatalf("%+v", d.Items)
		}
		if _, err := e.Content.PlanDraft(t.Context(), ana); throughline.CodeOf(err) != throughline.Invalid {
			t.Error(err)
		}
		problems, err := e.Content.Problems(t.Context(), ana)
		if err != nil || len(problems) == 0 || problems[0].Object != fragment("new") || problems[0].Field == "" {
			t.Errorf("%v, %v", problems, err)
		}
	})
	t.Run("an item that says what is in force is none", func(t *testing.T) {
		r := inForce(t, e, short)
		save(t, e, ana, content.Edit{Ref: short, Base: draft(t, e, ana).Items[0].Digest, Resource: &r})
		if d := draft(t, e, ana); slices.ContainsFunc(d.Items, func(i content.DraftItem) bool { return i.Ref == short }) {
			t.Errorf("%+v", d.Items)
		}
	})
	t.Run("discarding takes all of it, and can be undone", func(t *testing.T) {
		before := len(draft(t, e, ana).Items)
		d, err := e.Content.Discard(t.Context(), ana)
		if err != nil || len(d.Items) != 0 {
			t.Fatalf("%+v, %v", d, err)
		}
		if d, err = e.Content.Undo(t.Context(), ana); err != nil || len(d.Items) != before {
			t.Errorf("%+v, %v", d, err)
		}
	})
}

func TestTheHistoryOfADraftIsBounded(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC))
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	e.Apply(t, enginetest.Workspace)
	ana := enginetest.Shell()
	for i := range 230 {
		clock.Turn(time.Minute)
		save(t, e, ana, content.Edit{Ref: short, Base: headDigest(t, e, ana), Resource: english(strings.Repeat("x", 1+i%40))})
	}
	steps := 0
	for d := draft(t, e, ana); d.Undo != ""; steps++ {
		var err error
		if d, err = e.Content.Undo(t.Context(), ana); err != nil {
			t.Fatal(err)
		}
	}
	if steps != 200 {
		t.Errorf("%d steps can be undone", steps)
	}
}

func headDigest(t testing.TB, e *enginetest.Engine, by engine.Caller) throughline.Digest {
	if d := draft(t, e, by); len(d.Items) > 0 {
		return d.Items[0].Digest
	}
	return inForce(t, e, short).Digest()
}

func TestReleasingADraft(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	ana := enginetest.Shell()
	base := inForce(t, e, short).Digest()
	save(t, e, ana, content.Edit{Ref: short, Base: base, Resource: english("Mine")}, content.Edit{Ref: fragment("cta-new"), Text: `
apiVersion: throughline/v1
kind: Fragment
metadata: {name: cta-new}
spec: {role: cta, values: {en: New}}`})
	plan, err := e.Content.PlanDraft(t.Context(), ana)
	if err != nil || len(plan.Changes) != 2 || len(plan.Touches) == 0 {
		t.Fatalf("%+v, %v", plan, err)
	}
	t.Run("some of it leaves the rest where it is", func(t *testing.T) {
		rel, err := e.Content.Propose(t.Context(), ana, content.Proposal{Draft: true, Only: []throughline.Ref{fragment("cta-new")}})
		if err != nil || rel.State != throughline.ReleaseLive || len(rel.Changes) != 1 {
			t.Fatalf("%+v, %v", rel, err)
		}
		if d := draft(t, e, ana); len(d.Items) != 1 || d.Undo != "" {
			t.Errorf("%+v", d)
		}
	})
	t.Run("what moved on meanwhile is merged", func(t *testing.T) {
		e.Apply(t, strings.Replace(enginetest.Headline("Less work"), `"}}`, `", de: "Weniger Arbeit"}}`, 1))
		d := draft(t, e, ana)
		if item := d.Items[0]; !item.Stale || len(item.Conflicts) > 0 || valueOf(item.Merged, "de") == "" || valueOf(item.Merged, "en") != "Mine" {
			t.Errorf("%+v", item)
		}
		if _, err := e.Content.Propose(t.Context(), ana, content.Proposal{Draft: true, Message: "both"}); err != nil {
			t.Fatal(err)
		}
		r := inForce(t, e, short)
		if valueOf(&r, "de") == "" || valueOf(&r, "en") != "Mine" {
			t.Errorf("%s", r.Canonical())
		}
	})
	t.Run("what both changed is refused by field, and can be resolved", func(t *testing.T) {
		r := inForce(t, e, short)
		save(t, e, ana, content.Edit{Ref: short, Base: r.Digest(), Resource: english("Ours")})
		e.Apply(t, enginetest.Headline("Theirs"))
		_, err := e.Content.Propose(t.Context(), ana, content.Proposal{Draft: true})
		if throughline.CodeOf(err) != throughline.Conflict || !strings.Contains(err.Error(), "spec.values.en") {
			t.Fatalf("%v", err)
		}
		item := draft(t, e, ana).Items[0]
		save(t, e, ana, content.Edit{Ref: short, Base: item.Digest, Resource: english("Ours after all"), Onto: item.InForce})
		if _, err := e.Content.Propose(t.Context(), ana, content.Proposal{Draft: true}); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("an empty draft cannot be released", func(t *testing.T) {
		if _, err := e.Content.Propose(t.Context(), ana, content.Proposal{Draft: true}); throughline.CodeOf(err) != throughline.Invalid {
			t.Error(err)
		}
	})
}

func BenchmarkAutosave(b *testing.B) {
	e := enginetest.Open(b, enginetest.Options{})
	e.Apply(b, enginetest.Workspace)
	ana, n := enginetest.Shell(), 0
	for b.Loop() {
		n++
		_, err := e.Content.Save(context.Background(), ana, content.SaveInput{Edits: []content.Edit{{Ref: short, Resource: english(strings.Repeat("x", 1+n%40))}}})
		if err != nil {
			b.Fatal(err)
		}
	}
}
