package content_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

func shelfFragment(name string, f throughline.Fragment) throughline.Resource {
	return throughline.Resource{APIVersion: throughline.APIVersion, Kind: throughline.KindFragment, Metadata: throughline.Metadata{Name: name}, Spec: &f}
}

func TestLibrary(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	e := enginetest.Open(t, enginetest.Options{Clock: func() time.Time { return now }})
	by := enginetest.Shell()
	apply := func(c content.Change) {
		t.Helper()
		if _, err := e.Content.Apply(t.Context(), by, c); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(q content.LibraryQuery) (content.LibraryPage, string) {
		t.Helper()
		if q.Limit == 0 {
			q.Limit = 20
		}
		page, err := e.Content.Library(t.Context(), by, q)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, c := range page.Cards {
			names = append(names, c.Ref.Name)
		}
		return page, strings.Join(names, " ")
	}
	e.Apply(t, enginetest.Workspace)
	apply(content.Change{Resources: []throughline.Resource{
		shelfFragment("calm", throughline.Fragment{Role: "shelf-head", Values: map[string]string{"en": "Calm seas ahead", "de": "Ruhige See"}}),
		shelfFragment("calm-again", throughline.Fragment{Role: "shelf-head", Values: map[string]string{"en": "Ahead: calm seas!"}}),
		shelfFragment("old", throughline.Fragment{Role: "shelf-cta", Values: map[string]string{"en": "Last winter's seas"}, Validity: throughline.Validity{Until: "2026-11-01"}}),
		shelfFragment("ending", throughline.Fragment{Role: "shelf-cta", Values: map[string]string{"en": "Only this week"}, Validity: throughline.Validity{Until: "2026-11-30"}}),
		shelfFragment("spring", throughline.Fragment{Role: "shelf-spring", Values: map[string]string{"en": "The ice is gone"}, Validity: throughline.Validity{From: "2031-03-01"}}),
		{APIVersion: throughline.APIVersion, Kind: throughline.KindBrief, Metadata: throughline.Metadata{Name: "sea"}, Spec: &throughline.Brief{Title: "A journey on calm seas"}},
	}})
	for q, want := range map[string]string{
		"seas":                       "old calm-again calm",
		"se ":                        "",
		"ruhige":                     "calm",
		"role:shelf-cta":             "old ending",
		"state:expired":              "old",
		"seas state:live":            "calm-again calm",
		"expires<30d":                "ending",
		"role:shelf-head missing:de": "calm-again",
	} {
		t.Run("asked for "+q, func(t *testing.T) {
			if _, got := ask(content.LibraryQuery{Text: q}); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	t.Run("a card says what state it is in, what ends it and what it is a copy of", func(t *testing.T) {
		page, _ := ask(content.LibraryQuery{Text: "state:expired"})
		if c := page.Cards[0]; c.State != content.CardExpired || c.UntilWhy != "its own time" {
			t.Errorf("got %+v", c)
		}
		page, _ = ask(content.LibraryQuery{Text: "calm role:shelf-head"})
		if diff := cmp.Diff([]throughline.Ref{{Kind: throughline.KindFragment, Name: "calm"}}, page.Cards[0].Copies); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("what may not be shown yet says from when on", func(t *testing.T) {
		page, _ := ask(content.LibraryQuery{Text: "role:shelf-spring"})
		if c := page.Cards[0]; c.State != content.CardEarly || c.From.Format(time.DateOnly) != "2031-03-01" {
			t.Errorf("got %+v", c)
		}
	})
	t.Run("facets count what fits", func(t *testing.T) {
		page, _ := ask(content.LibraryQuery{Text: "seas"})
		if page.Total != 3 || page.Facets[1].Key != "role" || page.Facets[1].Values[0] != (content.FacetCount{Value: "shelf-head", Count: 2}) {
			t.Errorf("got %d and %+v", page.Total, page.Facets)
		}
	})
	t.Run("pages follow each other", func(t *testing.T) {
		first, one := ask(content.LibraryQuery{Text: "seas", Limit: 2})
		_, two := ask(content.LibraryQuery{Text: "seas", Limit: 2, Cursor: first.Next})
		if got := one + " " + two; got != "old calm-again calm" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a brief is offered what fits it and why, and nothing that has ended", func(t *testing.T) {
		page, got := ask(content.LibraryQuery{Brief: "sea"})
		if got != "calm calm-again" || page.Cards[0].Why[0] != "says “calm”, “seas”" {
			t.Errorf("got %q: %+v", got, page.Cards)
		}
	})
	t.Run("what a release takes away is found no more, and what it changes by its new words", func(t *testing.T) {
		apply(content.Change{
			Resources: []throughline.Resource{shelfFragment("calm", throughline.Fragment{Role: "shelf-head", Values: map[string]string{"en": "Rough waters"}})},
			Delete:    []throughline.Ref{{Kind: throughline.KindFragment, Name: "old"}},
		})
		if _, got := ask(content.LibraryQuery{Text: "seas"}); got != "calm-again" {
			t.Errorf("got %q", got)
		}
		if _, got := ask(content.LibraryQuery{Text: "rough"}); got != "calm" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a process that starts again goes on where the index stands", func(t *testing.T) {
		e.Process = enginetest.Join(t, e.Store.Record(), e.Store, enginetest.Options{Clock: func() time.Time { return now }})
		before, err := e.Core.Record.Index.Position(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, got := ask(content.LibraryQuery{Text: "rough"}); got != "calm" {
			t.Errorf("got %q", got)
		}
		if after, err := e.Core.Record.Index.Position(t.Context()); after != before || err != nil {
			t.Errorf("it went from %s to %s, %v", before, after, err)
		}
	})
}
