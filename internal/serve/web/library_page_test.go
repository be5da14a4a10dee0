package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

const shelved = `
apiVersion: throughline/v1
kind: Brief
metadata: {name: sauna}
spec: {title: Sauna in the dark}
---
apiVersion: throughline/v1
kind: Brief
metadata: {name: shares}
spec: {title: Quarterly shareholders}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: warm}
spec: {role: shelf-head, values: {en: The sauna opens at seven for everyone who swims early}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: warmer}
spec: {role: shelf-head, values: {en: The sauna opens at six for everyone who swims early}}
`

func TestLibraryPage(t *testing.T) {
	m := newMaker(t, enginetest.Workspace, shelved)
	t.Run("a card names what has almost its words", func(t *testing.T) {
		doc := m.page("/library?q=role:shelf-head")
		if got := words(doc.Find(".card").First()); !strings.Contains(got, "Almost the words of warm") {
			t.Errorf("got %q", got)
		}
		if n := doc.Find("details.narrow:not([open]) details").Length(); n == 0 {
			t.Error("the facets are not within one thing to open")
		}
	})
	t.Run("a brief shows what already fits it, why, and where more is begun", func(t *testing.T) {
		doc := m.page("/brief/sauna").Find(".fits")
		if got := words(doc); !strings.Contains(got, "Says “sauna”") || doc.Find(".card").Length() != 2 {
			t.Errorf("got %q", got)
		}
		for _, to := range []string{"/library?brief=sauna", "/new/fragment?brief=sauna", "/new/asset?brief=sauna"} {
			if doc.Find(`a[href="`+to+`"]`).Length() != 1 {
				t.Errorf("no link to %s", to)
			}
		}
	})
	t.Run("a brief that nothing fits says so", func(t *testing.T) {
		doc := m.page("/brief/shares").Find(".fits")
		if got := words(doc); !strings.Contains(got, "Nothing that may be shown today fits this brief yet") {
			t.Errorf("got %q", got)
		}
	})
	t.Run("who is about to write a fragment chooses a brief and sees what there is", func(t *testing.T) {
		if n := m.page("/new/fragment").Find(`.fits option`).Length(); n != 4 {
			t.Errorf("%d to choose from, want three briefs and none", n)
		}
		doc := m.page("/new/fragment?brief=sauna")
		if doc.Find(".fits .card").Length() != 2 || doc.Find(`.fits option[selected]`).Text() != "sauna" {
			t.Errorf("got %q", words(doc.Find(".fits")))
		}
		if n := m.page("/new/template").Find(".fits").Length(); n != 0 {
			t.Error("a template is no piece")
		}
	})
	t.Run("a brief that is gone is none", func(t *testing.T) {
		if n := m.page("/new/fragment?brief=gone").Find(".fits .card").Length(); n != 0 {
			t.Errorf("%d cards", n)
		}
	})
	t.Run("what is begun from a brief names it", func(t *testing.T) {
		rw := m.send(http.MethodPost, "/new/fragment", url.Values{"name": {"later"}, "brief": {"sauna"}, "do": {"new"}}, "text/html")
		if rw.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", rw.Code, rw.Body)
		}
		if got, _ := m.page("/fragment/later").Find(`[name="spec.brief"] option[selected]`).Attr("value"); got != "sauna" {
			t.Errorf("the brief is %q", got)
		}
	})
}
