package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
)

const releasesWait = `
apiVersion: throughline/v1
kind: Engine
metadata: {name: main}
spec: {title: Test engine, owner: ana, releases: approved}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: steve}
spec: {name: Steve Ward, roles: [{role: steward}]}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: sara}
spec: {name: Sara Lind, roles: [{role: steward}]}
`

func TestInvitingWhereReleasesWait(t *testing.T) {
	t.Parallel()
	h := newHouse(t, releasesWait)
	for _, name := range []string{"steve", "sara"} {
		cookie, _, err := h.Access.StartSession(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		h.cookies[name] = cookie
	}
	made := h.post(t, "steve", "/people", invitation("cleo"))
	link := strings.TrimPrefix(words(made.doc.Find(".once code")), "http://example.com")
	release, _ := made.doc.Find(".once .banner a").Attr("href")
	t.Run("the page says that the release waits, and for whom", func(t *testing.T) {
		says := words(made.doc.Find(".once .banner"))
		if made.Code != http.StatusOK || !strings.HasPrefix(link, "/welcome/") || !strings.HasPrefix(release, "/release/") ||
			!strings.Contains(says, "does not open yet") || !strings.Contains(says, "Ana Keller") || !strings.Contains(says, "Sara Lind") || strings.Contains(says, "Steve Ward") {
			t.Fatalf("%d %q %q: %q", made.Code, link, release, says)
		}
		if open := words(h.get(t, "steve", "/people").doc.Find(".rows")); !strings.Contains(open, "cleo") || !strings.Contains(open, "waits for release") {
			t.Errorf("the open links are %q", open)
		}
	})
	join := func() answer {
		return h.post(t, "", link, url.Values{"password": {"four plain words"}})
	}
	t.Run("until it is approved the link opens nothing, and says why", func(t *testing.T) {
		if a := join(); a.Code != http.StatusConflict || !strings.Contains(a.Body.String(), "waits to be approved") {
			t.Errorf("%d: %s", a.Code, words(a.doc.Find("main")))
		}
	})
	t.Run("whoever made it may not approve it", func(t *testing.T) {
		h.post(t, "steve", release+"/approve", url.Values{})
		if a := join(); a.Code != http.StatusConflict {
			t.Errorf("he did: %d", a.Code)
		}
	})
	t.Run("then it works", func(t *testing.T) {
		doc := h.get(t, "sara", release).doc
		reviewed, _ := doc.Find("input[name=reviewed]").Attr("value")
		if a := h.post(t, "sara", release+"/approve", url.Values{"reviewed": {reviewed}}); a.Code != http.StatusSeeOther {
			t.Fatalf("%d: %s", a.Code, words(a.doc.Find("main")))
		}
		if a := join(); a.Code != http.StatusSeeOther {
			t.Errorf("%d: %s", a.Code, words(a.doc.Find("main")))
		}
		members, err := h.Access.Members(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		in := false
		for _, m := range members {
			in = in || m.Person == "cleo" && m.In
		}
		if !in {
			t.Error("she is not in")
		}
	})
	t.Run("taking somebody out waits too, and the page does not say that it is done", func(t *testing.T) {
		a := h.post(t, "steve", "/people/cleo/remove", url.Values{})
		if a.Code != http.StatusSeeOther {
			t.Fatalf("%d: %s", a.Code, words(a.doc.Find("main")))
		}
		if says := words(h.follow(t, "steve", a).doc.Find(".toast")); !strings.Contains(says, "is proposed, and waits") {
			t.Errorf("it says %q", says)
		}
	})
}

func TestARemovedPersonComesBackByUndo(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a := h.post(t, "ana", "/people/vic/remove", url.Values{})
	undo := h.follow(t, "ana", a).doc.Find(".toast form")
	action, _ := undo.Attr("action")
	if a.Code != http.StatusSeeOther || !strings.HasSuffix(action, "/rollback") {
		t.Fatalf("%d, undo is %q", a.Code, action)
	}
	ref := throughline.Ref{Kind: throughline.KindPerson, Name: "vic"}
	if _, err := h.Content.Get(t.Context(), ref); throughline.CodeOf(err) != throughline.NotFound {
		t.Fatalf("he is not out: %v", err)
	}
	if a := h.post(t, "ana", action, url.Values{}); a.Code != http.StatusSeeOther {
		t.Errorf("%d: %s", a.Code, words(a.doc.Find("main")))
	}
	if _, err := h.Content.Get(t.Context(), ref); err != nil {
		t.Error(err)
	}
}
