package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/live"
)

// shown is a page as somebody gets it; a form is posted and its redirect
// followed.
func shown(t *testing.T, p *process, as func(*http.Request), path string, form url.Values) *goquery.Document {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	if form != nil {
		r = httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept", "text/html")
	as(r)
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	if w.Code == http.StatusSeeOther {
		return shown(t, p, as, w.Header().Get("Location"), nil)
	}
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s answers %d, %v", path, w.Code, err)
	}
	return doc
}

func said(s *goquery.Selection) string { return strings.Join(strings.Fields(s.Text()), " ") }

// firstForm is what the guided start's form sends as it comes.
func firstForm() url.Values {
	return url.Values{
		"title": {"Top of the home page"}, "surface": {"web"}, "headline": {"Less work"}, "other": {"What if"},
		"button": {"Try it"}, "link": {"/try"},
	}
}

func TestAnEmptyLineLeadsToTheStart(t *testing.T) {
	p := staffed(t)
	for who, want := range map[string]struct{ button, says string }{
		"the owner":   {"/start", ""},
		"a steward":   {"/start", ""},
		"a maker":     {"", "Ana Keller or steve can begin it."},
		"an operator": {"", "Ana Keller or steve can begin it."},
		"a viewer":    {"", "Ana Keller or steve can begin it."},
	} {
		t.Run(who, func(t *testing.T) {
			doc := shown(t, p, comes(t, p, who), "/", nil)
			if got := doc.Find("main .act").AttrOr("href", ""); got != want.button || doc.Find("main .act").Length() > 1 {
				t.Errorf("%d buttons, and the first leads to %q", doc.Find("main .act").Length(), got)
			}
			if got := said(doc.Find(".beginning")); !strings.Contains(got, want.says) {
				t.Errorf("it says %q", got)
			}
			if want.button == "" && !strings.Contains(said(shown(t, p, comes(t, p, who), "/start", nil).Find(".steps-start")), "Ana Keller or steve may begin; you may look.") {
				t.Error("the start does not say who may begin")
			}
		})
	}
}

func TestAFirstPlacementThatWaits(t *testing.T) {
	p := staffed(t)
	text := strings.Split(staff, "---")[0]
	resources, err := content.Read([]content.File{{Name: "engine.yaml", Text: []byte(strings.Replace(text, "owner: ana", "owner: ana, releases: approved", 1))}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.content.Apply(t.Context(), engine.AtShell(atShell()), content.Change{Resources: resources}); err != nil {
		t.Fatal(err)
	}
	steve, ana := comes(t, p, "a steward"), comes(t, p, "the owner")
	if got := said(shown(t, p, steve, "/start", nil).Find(".banner")); !strings.Contains(got, "goes live once somebody else approves it") {
		t.Errorf("before it begins it says %q", got)
	}
	for range 2 { // sent twice, it is proposed once
		doc := shown(t, p, steve, "/start/placement", firstForm())
		if got := said(doc.Find(".sentence")); got != "A first placement is declared, and waits: release 3 is not approved yet." {
			t.Errorf("its author reads %q", got)
		}
		if got := said(doc.Find(".steps-start > li").First()); !strings.Contains(got, "It is live once it is approved by ali or Ana Keller, who owns the engine; then") || doc.Find("main .act").Length() > 0 {
			t.Errorf("its author reads %q", got)
		}
	}
	if got := shown(t, p, ana, "/start", nil).Find("main .act").AttrOr("href", ""); got != "/release/3" {
		t.Errorf("who may approve is led to %q", got)
	}
	owner := engine.Caller{Actor: throughline.Actor{Kind: throughline.ActorPerson, ID: "ana"}, Owner: true}
	if _, err := p.content.Approve(t.Context(), owner, 3); err != nil {
		t.Fatal(err)
	}
	if got := said(shown(t, p, steve, "/start", nil).Find(".sentence")); !strings.HasPrefix(got, "home.hero is live.") {
		t.Errorf("once it is approved it says %q", got)
	}
}

// deciding runs the data plane until the test ends.
func deciding(t *testing.T, p *process) {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- p.plane.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
}

// soon waits until something holds.
func soon(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: it does not come to that", what)
		}
	}
}

func TestTheExposureIsOfWhatThePageSays(t *testing.T) {
	for form, want := range map[string]string{
		"/start/placement": "First exposure from your page at ",
		"/start/example":   "First exposure in this engine, at one of its 6 placements, at ",
	} {
		p := staffed(t)
		deciding(t, p)
		ana := comes(t, p, "the owner")
		shown(t, p, ana, form, firstForm())
		id := said(shown(t, p, ana, "/start/decision", url.Values{}).Find("code.id"))
		resumes := func() bool { return shown(t, p, ana, "/", nil).Find(`.banner a[href="/start"]`).Length() > 0 }
		soon(t, "before anybody sees it, The Line leads on", resumes)
		_, err := p.plane.Observe(t.Context(), live.Incoming{
			Body: []byte(`{"messageId": "1", "userId": "guided-start", "event": "Throughline Exposure", "properties": {"decisionId": "` + id + `"}}`),
			Kind: "track", ReceivedAt: time.Now(), Source: func(string) (string, error) { return "test", nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		doc := shown(t, p, ana, "/start", nil)
		if got := said(doc.Find(".waiting")); !strings.HasPrefix(got, want) || !strings.HasPrefix(said(doc.Find(".sentence")), "It works") {
			t.Errorf("after %s it says %q", form, got)
		}
		soon(t, "The Line no longer leads back", func() bool { return !resumes() })
	}
}

func TestTheStartRemembersItsDecision(t *testing.T) {
	p := staffed(t)
	deciding(t, p)
	ana := comes(t, p, "the owner")
	shown(t, p, ana, "/start/placement", firstForm())
	first := said(shown(t, p, ana, "/start/decision", url.Values{}).Find("code.id"))
	if first == "" {
		t.Fatal("no decision is shown")
	}
	before, _ := p.plane.Recorded()
	for i := range 60 {
		unit := "visitor-" + string(rune('a'+i))
		if _, err := p.plane.Decide(t.Context(), throughline.Request{Placement: "home.hero", Unit: unit, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	soon(t, "the others' decisions are recorded", func() bool {
		n, _ := p.plane.Recorded()
		return n >= before+60
	})
	if now := said(shown(t, p, ana, "/start", nil).Find("code.id")); now != first {
		t.Errorf("after sixty others the first decision is %s, and was %s", now, first)
	}
}
