package content_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

func review(t testing.TB, e *enginetest.Engine, by engine.Caller, in content.ReviewInput) content.Review {
	t.Helper()
	rev, err := e.Content.Review(t.Context(), by, in)
	if err != nil {
		t.Fatal(err)
	}
	return rev
}

func TestReview(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	ana := enginetest.Shell()
	base := inForce(t, e, short).Digest()
	save(t, e, ana, content.Edit{Ref: short, Base: base, Resource: english("Less work, more <joy>")})

	rev := review(t, e, ana, content.ReviewInput{Draft: true})
	t.Run("a draft is shown where it will be seen, before and after", func(t *testing.T) {
		if len(rev.Problems) > 0 || rev.Blocked() || len(rev.Refused) > 0 {
			t.Fatalf("in the way: %v %v", rev.Problems, rev.Refused)
		}
		if len(rev.Touched) != 4 {
			t.Fatalf("%d placements are touched", len(rev.Touched))
		}
		at := rev.Touched[0]
		if at.Altered != 2 || at.Gained != 0 || at.Lost != 0 || len(at.Pairs) != 1 {
			t.Fatalf("%d altered, %d gained, %d lost, %d pairs", at.Altered, at.Gained, at.Lost, len(at.Pairs))
		}
		pair := at.Pairs[0]
		if want := "<h2><mark>Less work</mark></h2>"; !strings.HasPrefix(pair.Before.HTML, want) {
			t.Errorf("before: %s", pair.Before.HTML)
		}
		if want := "<h2><mark>Less work, more &lt;joy&gt;</mark></h2>"; !strings.HasPrefix(pair.After.HTML, want) {
			t.Errorf("after: %s", pair.After.HTML)
		}
	})
	t.Run("what a check refuses is shown all the same, and goes nowhere", func(t *testing.T) {
		other := enginetest.Open(t, enginetest.Options{})
		other.Apply(t, enginetest.Workspace)
		long := "Less work, more " + strings.Repeat("joy ", 60)
		save(t, other, ana, content.Edit{Ref: short, Base: base, Resource: english(long)})
		rev := review(t, other, ana, content.ReviewInput{Draft: true})
		if !rev.Blocked() || len(rev.Problems) > 0 {
			t.Fatalf("nothing refuses it: %v %v", rev.Problems, rev.Plan.Findings)
		}
		if len(rev.Touched) != 4 || rev.Touched[0].Altered != 2 || !strings.Contains(rev.Touched[0].Pairs[0].After.HTML, "joy joy") {
			t.Errorf("it is shown at %+v", rev.Touched)
		}
		if _, err := other.Content.Propose(t.Context(), ana, content.Proposal{Draft: true}); throughline.CodeOf(err) != throughline.Invalid {
			t.Errorf("proposing it: %v", err)
		}
	})
	t.Run("what was looked at is what goes live, or nothing is", func(t *testing.T) {
		draft := draft(t, e, ana)
		save(t, e, ana, content.Edit{Ref: short, Base: draft.Items[0].Digest, Resource: english("Something else")})
		_, err := e.Content.Propose(t.Context(), ana, content.Proposal{Draft: true, Reviewed: rev.Digest})
		if throughline.CodeOf(err) != throughline.Conflict {
			t.Fatalf("it went live: %v", err)
		}
		again := review(t, e, ana, content.ReviewInput{Draft: true})
		rel, err := e.Content.Propose(t.Context(), ana, content.Proposal{Draft: true, Reviewed: again.Digest})
		if err != nil || rel.State != throughline.ReleaseLive {
			t.Fatal(rel.State, err)
		}
	})
	t.Run("a release is shown as it was, whatever came later", func(t *testing.T) {
		e.Apply(t, enginetest.Headline("Later"))
		was := review(t, e, ana, content.ReviewInput{Release: 2})
		got := was.Touched[0].Pairs[0]
		if got.Slots[0].Before != "Less work" || got.Slots[0].After != "Something else" {
			t.Errorf("%+v", got.Slots)
		}
		first := review(t, e, ana, content.ReviewInput{Release: 1})
		if at := first.Touched[0]; at.Gained != 4 || at.Pairs[0].Before != nil || len(at.Pairs) > 4 {
			t.Errorf("release 1 gains %d with %d pairs", at.Gained, len(at.Pairs))
		}
		i := slices.IndexFunc(first.Plan.Changes, func(c throughline.Change) bool { return c.Ref == short })
		if f := first.Plan.Changes[i].Fields; !slices.ContainsFunc(f, func(f throughline.FieldChange) bool {
			return f == throughline.FieldChange{Path: "spec.values.en", To: `"Less work"`} || f.Path == "spec.values"
		}) {
			t.Errorf("what comes says %+v", f)
		}
	})
	t.Run("a rollback shows what it restores, or which release stands in its way", func(t *testing.T) {
		back := review(t, e, ana, content.ReviewInput{Rollback: 3})
		if got := back.Touched[0].Pairs[0].Slots[0]; got.After != "Something else" || got.Before != "Later" {
			t.Errorf("%+v", got)
		}
		held := review(t, e, ana, content.ReviewInput{Rollback: 2})
		if len(held.Problems) != 1 || !strings.Contains(held.Problems[0].Error(), "changed again") {
			t.Errorf("%v", held.Problems)
		}
	})
	t.Run("what cannot be read does not hide the rest", func(t *testing.T) {
		save(t, e, ana,
			content.Edit{Ref: fragment("cta-try"), Base: inForce(t, e, fragment("cta-try")).Digest(), Text: "kind: [", Resource: nil},
			content.Edit{Ref: short, Base: inForce(t, e, short).Digest(), Resource: english("Sound")},
		)
		got := review(t, e, ana, content.ReviewInput{Draft: true})
		if len(got.Problems) == 0 || len(got.Plan.Changes) != 1 || !got.Blocked() {
			t.Errorf("%v %v", got.Problems, got.Plan.Changes)
		}
	})
}

func TestMarksStayInText(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, strings.Replace(enginetest.Workspace, `<p>{{cta}}</p>`, `<p title='{{cta}}'>{{cta}}</p><a href='/x?q={{cta}}'>go</a>`, 1))
	ana := enginetest.Shell()
	try := inForce(t, e, fragment("cta-try"))
	try.Spec = &throughline.Fragment{Role: "cta", Brief: "visit", Values: map[string]string{"en": "Try it now"}}
	save(t, e, ana, content.Edit{Ref: fragment("cta-try"), Base: inForce(t, e, fragment("cta-try")).Digest(), Resource: &try})
	rev := review(t, e, ana, content.ReviewInput{Draft: true})
	html := rev.Touched[0].Pairs[0].After.HTML
	if strings.ContainsAny(html, "\ue0f0\ue0f1") || strings.Contains(html, "%ee%83") || !strings.Contains(html, "title=") {
		t.Errorf("marks leaked: %s", html)
	}
}
