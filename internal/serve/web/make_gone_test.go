package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

func TestTheBackButtonAfterADelete(t *testing.T) {
	t.Parallel()
	m := newMaker(t, enginetest.Workspace, "apiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: cta-late}\nspec: {role: cta, values: {en: Come in}}\n")
	ref := throughline.Ref{Kind: throughline.KindFragment, Name: "cta-late"}
	before, err := m.engine.Content.Get(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	by := engine.Caller{Actor: enginetest.Ana(), Owner: true}
	if _, err := m.engine.Content.Apply(t.Context(), by, content.Change{Delete: []throughline.Ref{ref}}); err != nil {
		t.Fatal(err)
	}
	back := m.send(http.MethodGet, "/fragment/cta-late", nil, "text/html")
	doc := parse(t, back)
	t.Run("it says that it is gone, who did it, and by which release", func(t *testing.T) {
		says := words(doc.Find("main"))
		if back.Code != http.StatusNotFound || !strings.Contains(says, "cta-late is gone") || !strings.Contains(says, "Ana Keller deleted it with release 2") {
			t.Errorf("%d %q", back.Code, says)
		}
		if got := faults(doc); len(got) > 0 {
			t.Errorf("faults: %q", got)
		}
	})
	t.Run("one press brings it back into the draft, as it was", func(t *testing.T) {
		form := doc.Find("main form")
		action, _ := form.Attr("action")
		done := m.send(http.MethodPost, action, url.Values{"do": {"save"}, "yaml": {form.Find("textarea[name=yaml]").Text()}}, "text/html")
		if done.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", done.Code, done.Body)
		}
		draft, err := m.engine.Content.Draft(t.Context(), by)
		if err != nil || len(draft.Items) != 1 || draft.Items[0].Resource == nil || draft.Items[0].Resource.Digest() != before.Digest() {
			t.Errorf("%+v, %v", draft.Items, err)
		}
	})
	t.Run("what never was is still not there", func(t *testing.T) {
		if w := m.send(http.MethodGet, "/fragment/never", nil, "text/html"); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "deleted") {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	t.Run("a program is told in its own form", func(t *testing.T) {
		if w := m.send(http.MethodGet, "/edit/fragment/cta-try-not", nil, "application/json"); w.Code != http.StatusNotFound || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%d %s", w.Code, w.Header().Get("Content-Type"))
		}
	})
}
