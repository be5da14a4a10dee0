package main

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/serve"
)

// watched is the demo's engine with one who watches, whose browser keeps cookies.
type watched struct {
	*process
	cookies map[string]string
}

func watch(t *testing.T) *watched {
	t.Helper()
	p, err := openProcess(t.Context(), t.TempDir(), slog.New(slog.NewTextHandler(io.Discard, nil)), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close() })
	if _, err := p.applyExample(t.Context()); err != nil {
		t.Fatal(err)
	}
	deciding(t, p)
	owner, err := p.access.Ownership(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	cookie, _, err := p.access.StartSession(t.Context(), owner.Person)
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{p, map[string]string{serve.SessionCookie: cookie}}
	soon(t, "something is live", p.plane.Ready)
	w.visitors(t, 0, 20)
	return w
}

// visitors ask for decisions, and wait until these are on the record.
func (w *watched) visitors(t *testing.T, from, to int) {
	t.Helper()
	before, _ := w.plane.Recorded()
	for i := range to - from {
		locale := []string{"en", "de"}[i%2]
		req := throughline.Request{Placement: "home.shore", Unit: "visitor-" + strconv.Itoa(from+i), Context: map[string]any{"locale": locale}, At: time.Now()}
		if _, err := w.plane.Decide(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	soon(t, "the decisions are recorded", func() bool {
		n, _ := w.plane.Recorded()
		return n >= before+int64(to-from)
	})
}

// as sends the browser's cookies.
func (w *watched) as(r *http.Request) {
	for name, value := range w.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
}

// press sends the form of the captions and keeps the cookie it leaves.
func (w *watched) press(t *testing.T, do, next string) (location string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/captions", strings.NewReader(url.Values{"do": {do}, "next": {next}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w.as(r)
	rw := httptest.NewRecorder()
	w.handler.ServeHTTP(rw, r)
	for _, c := range rw.Result().Cookies() {
		w.cookies[c.Name] = c.Value
	}
	return rw.Header().Get("Location")
}

var numbered = regexp.MustCompile(`^(\d) of 5 `)

// captionOf is the caption of a page: its number, and where it leads.
func captionOf(doc *goquery.Document) (number, next, back string) {
	c := doc.Find("[data-caption]")
	if m := numbered.FindStringSubmatch(said(c.Find("h2"))); m != nil {
		number = m[1]
	}
	return number, c.Find("[data-caption-next]").AttrOr("href", ""), c.Find("[data-caption-back]").AttrOr("href", "")
}

func TestCaptionsWalkTheLoop(t *testing.T) {
	w := watch(t)
	at, words := "/", "#f-spec-values-0"
	for i, kind := range []string{"/", "/placement/", "/variant/", "/decision/", "/fragment/"} {
		if !strings.HasPrefix(at, kind) {
			t.Fatalf("caption %d is at %s, want %s", i+1, at, kind)
		}
		doc := shown(t, w.process, w.as, at, nil)
		number, next, back := captionOf(doc)
		if number != strconv.Itoa(i+1) || next == "" || (back == "") != (i == 0) {
			t.Fatalf("%s has the caption %q, on to %q, back to %q", at, number, next, back)
		}
		if back != "" {
			if before, _, _ := captionOf(shown(t, w.process, w.as, back, nil)); before != strconv.Itoa(i) {
				t.Errorf("back from %s comes to %s with the caption %q", at, back, before)
			}
		}
		if next == words {
			if doc.Find("textarea"+words).Length() != 1 {
				t.Errorf("%s has no words to go to", at)
			}
			break
		}
		at = next
	}

	owner := engine.Caller{Actor: throughline.Actor{Kind: throughline.ActorPerson, ID: "mira"}, Owner: true}
	ref := throughline.Ref{Kind: throughline.KindFragment, Name: strings.TrimPrefix(at, "/fragment/")}
	piece, err := w.content.Get(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	base, changed := piece.Digest(), *piece.Spec.(*throughline.Fragment)
	changed.Values = maps.Clone(changed.Values)
	changed.Values["en"] = "Words of somebody who watches"
	piece.Spec = &changed
	if _, err := w.content.Save(t.Context(), owner, content.SaveInput{Edits: []content.Edit{{Ref: ref, Base: base, Resource: &piece}}}); err != nil {
		t.Fatal(err)
	}
	if number, _, back := captionOf(shown(t, w.process, w.as, "/draft", nil)); number != "5" || back != at {
		t.Errorf("the draft has the caption %q, back to %q", number, back)
	}
	rel, err := w.content.Propose(t.Context(), owner, content.Proposal{Draft: true})
	if err != nil {
		t.Fatal(err)
	}
	_, next, _ := captionOf(shown(t, w.process, w.as, "/release/"+strconv.Itoa(rel.Number), nil))
	if next != "/captions/served/"+strconv.Itoa(rel.Number) {
		t.Fatalf("the release leads to %q", next)
	}
	soon(t, "the release is served", func() bool { return w.plane.Table().Release() == rel.Number })
	w.visitors(t, 100, 160)
	end := shown(t, w.process, w.as, next, nil).Find("[data-caption]")
	if got := said(end); !strings.HasPrefix(got, "5 of 5 Served") || !strings.Contains(got, "“Words of somebody who watches”") || !strings.HasSuffix(got, "Done") {
		t.Errorf("the walk ends with %q", got)
	}
}

func TestCaptionsAreClosedAndOpenedAgain(t *testing.T) {
	w := watch(t)
	has := func(path string) bool {
		return shown(t, w.process, w.as, path, nil).Find("[data-caption]").Length() > 0
	}
	if !has("/") || has("/brief") {
		t.Error("a page that has none has a caption, or The Line has none")
	}
	if to := w.press(t, "close", "/placement/home.shore"); to != "/placement/home.shore" {
		t.Errorf("closed, one goes on to %q", to)
	}
	if has("/") || has("/placement/home.shore") {
		t.Error("closed captions are still there")
	}
	again := shown(t, w.process, w.as, "/brief", nil).Find(`#keys form[action="/captions"] button[value="show"]`)
	if again.Length() != 1 {
		t.Error("the help of keys does not lead back to them")
	}
	if to := w.press(t, "show", ""); to != "/" || !has("/") {
		t.Errorf("begun again, they are not there, at %q", to)
	}
	if to := w.press(t, "close", "https://example.com/"); to != "/" {
		t.Errorf("closing leads away, to %q", to)
	}
}

func TestNoCaptionsButInTheDemo(t *testing.T) {
	p := staffed(t)
	doc := shown(t, p, comes(t, p, "the owner"), "/", nil)
	if doc.Find("[data-caption], form[action='/captions']").Length() > 0 {
		t.Error("an engine of one's own has captions")
	}
	if _, status := answered(p.handler, "POST /captions", comes(t, p, "the owner")); status != http.StatusNotFound {
		t.Errorf("POST /captions answers %d", status)
	}
}
