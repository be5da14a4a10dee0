package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/web"
)

// staff declares people of several roles; ana owns the engine.
const staff = `
apiVersion: throughline/v1
kind: Person
metadata: {name: ben}
spec: {name: Ben Okafor, discipline: creative, roles: [{role: maker}]}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: bea}
spec: {name: Bea Berger, discipline: operations, roles: [{role: approver}]}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: cem}
spec: {name: Cem Aydin, discipline: operations, roles: [{role: approver}]}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: vic}
spec: {name: Vic Varga, discipline: other, roles: [{role: viewer}]}
`

const waitsForApproval = `
apiVersion: throughline/v1
kind: Engine
metadata: {name: main}
spec: {title: Test engine, owner: ana, releases: approved}
`

// house is a whole engine with its pages, and people who are signed in.
type house struct {
	*enginetest.Engine
	mux     *serve.Mux
	cookies map[string]string
}

func newHouse(t testing.TB, manifests ...string) *house {
	t.Helper()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	e.Apply(t, staff)
	for _, m := range manifests {
		e.Apply(t, m)
	}
	e.Run(t)
	if err := e.Access.AcceptFor(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
	h := &house{Engine: e, mux: serve.NewMux(), cookies: map[string]string{}}
	for _, name := range []string{"ana", "ben", "bea", "cem", "vic"} {
		cookie, _, err := e.Access.StartSession(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		h.cookies[name] = cookie
	}
	w, err := web.New(web.Config{
		Lines: e.Operate, Previews: e.Operate, Access: e.Access, People: e.Access, Staff: e.Content, Audit: operate.NewAudit(e.Core),
		Library: e.Content, Releases: e.Content, Feeds: e.Access, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Register(h.mux)
	return h
}

// answer is what a person gets.
type answer struct {
	*httptest.ResponseRecorder
	doc *goquery.Document
}

func (h *house) send(t testing.TB, who string, r *http.Request) answer {
	t.Helper()
	r.Header.Set("Accept", "text/html")
	r.AddCookie(&http.Cookie{Name: "throughline_session", Value: h.cookies[who]})
	w := httptest.NewRecorder()
	h.mux.ServeHTTP(w, r)
	a := answer{ResponseRecorder: w}
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	a.doc = doc
	return a
}

func (h *house) get(t testing.TB, who, target string) answer {
	t.Helper()
	return h.send(t, who, httptest.NewRequest(http.MethodGet, target, nil))
}

func (h *house) post(t testing.TB, who, target string, form url.Values) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return h.send(t, who, r)
}

// edit puts another text of headline-short into somebody's draft.
func (h *house) edit(t testing.TB, who, text string) {
	t.Helper()
	visit, err := h.Access.Visit(t.Context(), h.cookies[who])
	if err != nil {
		t.Fatal(err)
	}
	ref := throughline.Ref{Kind: throughline.KindFragment, Name: "headline-short"}
	now, err := h.Content.Get(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	base := now.Digest()
	if d, err := h.Content.Draft(t.Context(), visit.Caller); err != nil {
		t.Fatal(err)
	} else if len(d.Items) > 0 {
		base = d.Items[0].Digest
	}
	now.Spec = &throughline.Fragment{Role: "headline", Brief: "visit", Values: map[string]string{"en": text}}
	if _, err := h.Content.Save(t.Context(), visit.Caller, content.SaveInput{Edits: []content.Edit{{Ref: ref, Base: base, Resource: &now}}}); err != nil {
		t.Fatal(err)
	}
}

// form returns the hidden fields of a page's form, with more.
func (a answer) form(action string, more ...string) url.Values {
	out := url.Values{}
	a.doc.Find(`form[action="` + action + `"] input[type="hidden"]`).Each(func(_ int, s *goquery.Selection) {
		if s.AttrOr("name", "") == "reviewed" {
			out.Set("reviewed", s.AttrOr("value", ""))
		}
	})
	for i := 0; i < len(more); i += 2 {
		out.Set(more[i], more[i+1])
	}
	return out
}

// says is the page's sentence.
func (a answer) says() string { return words(a.doc.Find(".sentence")) }

func (h *house) stateOf(t testing.TB, n int) throughline.Release {
	t.Helper()
	rel, err := h.Content.Release(t.Context(), enginetest.Shell(), n)
	if err != nil {
		t.Fatal(err)
	}
	return rel
}

func TestReleasingADraft(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	t.Run("an empty draft says what it will hold", func(t *testing.T) {
		if got := words(h.get(t, "ben", "/draft").doc.Find(".beginning h2")); !strings.Contains(got, "before anybody else") {
			t.Error(got)
		}
	})
	h.edit(t, "ben", "Less  work")
	page := h.get(t, "ben", "/draft")
	t.Run("it says how much, where, how risky and what is in the way", func(t *testing.T) {
		if got := page.says(); got != "well 1 change to 4 placements, low risk, nothing in the way." {
			t.Errorf("%q", got)
		}
		if got := page.doc.Find("textarea[name=message]").Text(); strings.TrimSpace(got) != "Change headline-short (en)" {
			t.Errorf("the message is %q", got)
		}
	})
	t.Run("a space that is the change can be seen", func(t *testing.T) {
		if got, _ := page.doc.Find(".change .diff p").Last().Html(); !strings.Contains(got, "<ins>") || !strings.Contains(got, "·") {
			t.Errorf("%s", got)
		}
	})
	t.Run("both sides are drawn, and can do nothing", func(t *testing.T) {
		frames := page.doc.Find(".touched").First().Find("iframe")
		if frames.Length() != 2 {
			t.Fatalf("%d frames", frames.Length())
		}
		src, _ := frames.Last().Attr("src")
		after := h.get(t, "ben", src)
		if !strings.Contains(after.Body.String(), "<h2><mark>Less  work</mark></h2>") || !strings.Contains(after.Header().Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%d %s", after.Code, after.Body)
		}
		if w := h.get(t, "ana", src); w.Code != http.StatusNotFound {
			t.Errorf("somebody else's draft is shown: %d", w.Code)
		}
	})
	t.Run("what changed since it was looked at is shown again, not released", func(t *testing.T) {
		seen := page.form("/draft", "do", "release", "message", "mine")
		h.edit(t, "ben", "No work")
		again := h.post(t, "ben", "/draft", seen)
		if again.Code != http.StatusConflict || again.doc.Find("textarea[name=message]").Text() == "" || !strings.Contains(words(again.doc.Find(".problem")), "changed since you looked") {
			t.Fatalf("%d %s", again.Code, words(again.doc.Find("main")))
		}
		if got := strings.TrimSpace(again.doc.Find("textarea[name=message]").Text()); got != "mine" {
			t.Errorf("the message typed is lost: %q", got)
		}
		done := h.post(t, "ben", "/draft", again.form("/draft", "do", "release", "message", "mine"))
		if done.Code != http.StatusSeeOther || done.Header().Get("Location") != "/release/3" {
			t.Fatalf("%d %s", done.Code, done.Body)
		}
	})
	t.Run("the undo of its toast puts back what was before", func(t *testing.T) {
		page := h.get(t, "ben", "/release/3")
		if got := page.says(); !strings.HasPrefix(got, "1 change to 4 placements, low risk. Live since") {
			t.Errorf("%q", got)
		}
		undo := h.post(t, "ben", "/release/3/rollback", nil)
		if undo.Header().Get("Location") != "/release/4" {
			t.Fatalf("%d %s", undo.Code, undo.Body)
		}
		if rel := h.stateOf(t, 3); rel.State != throughline.ReleaseRolledBack || rel.EndedBy == nil || rel.EndedBy.ID != "ben" {
			t.Errorf("%+v", rel)
		}
		if got := h.get(t, "vic", "/release/3").says(); !strings.Contains(got, "Rolled back by Ben Okafor") {
			t.Errorf("%q", got)
		}
	})
}

func TestApproving(t *testing.T) {
	t.Parallel()
	h := newHouse(t, waitsForApproval)
	h.edit(t, "ben", "Waiting")
	draft := h.get(t, "ben", "/draft")
	if got := words(draft.doc.Find(".decide .act")); got != "Propose" {
		t.Fatalf("the button says %q", got)
	}
	made := h.post(t, "ben", "/draft", draft.form("/draft", "do", "release", "message", "A new headline"))
	at := made.Header().Get("Location")
	if made.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", made.Code, made.Body)
	}
	t.Run("its author reads who may approve it, and has no button", func(t *testing.T) {
		page := h.get(t, "ben", at)
		if page.doc.Find(`form[action$="/approve"]`).Length() != 0 || !strings.Contains(words(page.doc.Find(".decide")), "Bea Berger") {
			t.Errorf("%s", words(page.doc.Find(".decide")))
		}
		if !strings.Contains(page.says(), "waits to be approved by Bea Berger") {
			t.Errorf("%q", page.says())
		}
		if w := h.post(t, "ben", at+"/approve", page.form(at+"/approve")); w.Code != http.StatusForbidden {
			t.Errorf("it answers %d", w.Code)
		}
	})
	t.Run("who may only read has no button at all", func(t *testing.T) {
		if n := h.get(t, "vic", at).doc.Find(".decide form").Length(); n != 0 {
			t.Errorf("%d forms", n)
		}
		for _, do := range []string{"approve", "return", "withdraw", "reschedule", "rollback"} {
			if w := h.post(t, "vic", at+"/"+do, url.Values{"reason": {"no"}}); w.Code != http.StatusForbidden {
				t.Errorf("%s answers %d", do, w.Code)
			}
		}
	})
	bea, cem := h.get(t, "bea", at), h.get(t, "cem", at)
	t.Run("it is not approved blindly when what is in force has moved", func(t *testing.T) {
		other, err := h.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Delete: []throughline.Ref{{Kind: throughline.KindPlacement, Name: "home/side"}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.Content.Approve(t.Context(), enginetest.Person("bea", throughline.Grant{Role: throughline.Approver}), other.Number); err != nil {
			t.Fatal(err)
		}
		w := h.post(t, "bea", at+"/approve", bea.form(at+"/approve"))
		if w.Code != http.StatusConflict || !strings.Contains(words(w.doc.Find(".problem")), "changed since you looked") {
			t.Fatalf("%d %s", w.Code, words(w.doc.Find("main")))
		}
		bea, cem = w, h.get(t, "cem", at)
	})
	t.Run("of two who approve at once the second reads who was faster", func(t *testing.T) {
		first := h.post(t, "bea", at+"/approve", bea.form(at+"/approve"))
		second := h.post(t, "cem", at+"/approve", cem.form(at+"/approve"))
		if first.Code != http.StatusSeeOther || second.Code != http.StatusSeeOther {
			t.Fatalf("%d %d %s", first.Code, second.Code, words(second.doc.Find("main")))
		}
		if got := h.follow(t, "cem", second); !strings.Contains(words(got.doc.Find(".toast")), "Bea Berger approved") {
			t.Errorf("%s", words(got.doc.Find(".toast")))
		}
	})
	t.Run("what is returned is with its author again, with the reason", func(t *testing.T) {
		h := newHouse(t, waitsForApproval)
		h.edit(t, "ben", "Waiting")
		made := h.post(t, "ben", "/draft", h.get(t, "ben", "/draft").form("/draft", "do", "release"))
		at := made.Header().Get("Location")
		if w := h.post(t, "bea", at+"/return", url.Values{"reason": {"  "}}); w.Code != http.StatusBadRequest && w.Code != http.StatusUnprocessableEntity || w.doc.Find("[aria-invalid]").Length() == 0 {
			t.Errorf("without a reason: %d", w.Code)
		}
		h.post(t, "bea", at+"/return", url.Values{"reason": {`Too "long" <b>`}})
		if got := h.get(t, "ben", at).says(); !strings.Contains(got, `Returned to its author by Bea Berger: Too "long" <b>`) {
			t.Errorf("%q", got)
		}
		if got := h.get(t, "ben", "/draft").says(); !strings.Contains(got, "1 change") {
			t.Errorf("%q", got)
		}
	})
}

// follow goes where an answer leads, with the toast it leaves.
func (h *house) follow(t testing.TB, who string, a answer) answer {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, a.Header().Get("Location"), nil)
	for _, c := range a.Result().Cookies() {
		r.AddCookie(c)
	}
	return h.send(t, who, r)
}

func TestScheduling(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.edit(t, "ben", "Later")
	year := time.Now().Year() + 1
	day := func(s string) string {
		return strings.Replace(s, "YYYY", time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006"), 1)
	}
	send := func(more ...string) answer {
		page := h.get(t, "ben", "/draft")
		return h.post(t, "ben", "/draft", page.form("/draft", append([]string{"do", "schedule", "message", "m"}, more...)...))
	}
	t.Run("a date that cannot be is said at its field, and what was typed stays", func(t *testing.T) {
		for _, c := range []struct{ field, value, zone, at string }{
			{"goLive", "soon", "UTC", "goLive"},
			{"goLive", day("YYYY-06-01T09:00"), "Mars/Olympus", "zone"},
			{"end", "2001-01-01T00:00", "UTC", "end"},
			{"embargo", day("YYYY-06-01T09:00"), "UTC", "embargo"},
		} {
			w := send(c.field, c.value, "zone", c.zone)
			wrong := w.doc.Find(`[data-field="` + c.at + `"].wrong`)
			if w.Code < 400 || w.Code > 499 || wrong.Length() != 1 {
				t.Errorf("%v: %d, %s", c, w.Code, words(w.doc.Find(".wrong")))
			}
			if got := w.doc.Find("[name="+c.field+"]").AttrOr("value", ""); got != c.value {
				t.Errorf("%s holds %q", c.field, got)
			}
		}
		if w := send("zone", "UTC"); w.Code < 400 || w.doc.Find(`[data-field="goLive"].wrong`).Length() != 1 {
			t.Errorf("a schedule without a date: %d", w.Code)
		}
	})
	t.Run("dates are shown in their zone and in the reader's", func(t *testing.T) {
		w := send("zone", "Asia/Tokyo", "goLive", day("YYYY-06-01T09:00"))
		if w.Code != http.StatusSeeOther {
			t.Fatalf("%d %s", w.Code, words(w.doc.Find("main")))
		}
		r := httptest.NewRequest(http.MethodGet, w.Header().Get("Location"), nil)
		r.AddCookie(&http.Cookie{Name: "throughline_zone", Value: "Europe/Zurich"})
		page := h.send(t, "ben", r)
		if got := words(page.doc.Find(".dates")); !strings.Contains(got, "09:00 Asia/Tokyo") || !strings.Contains(got, "02:00 Europe/Zurich") {
			t.Errorf("%q", got)
		}
		if got := words(h.follow(t, "ben", w).doc.Find(".toast")); !strings.Contains(got, "goes live on") {
			t.Errorf("%q", got)
		}
	})
	t.Run("its author lets it go live now", func(t *testing.T) {
		w := h.post(t, "ben", "/release/3/reschedule", url.Values{"do": {"now"}})
		if w.Code != http.StatusSeeOther || h.stateOf(t, 3).State != throughline.ReleaseLive {
			t.Errorf("%d %s", w.Code, h.stateOf(t, 3).State)
		}
	})
}

func TestNoPageOfAReleaseThatIsNone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, target := range []string{"/release/0", "/release/-1", "/release/01", "/release/+1", "/release/99", "/release/1e3", "/release/99999999999999999999", "/release/1/rendering/0/middle", "/release/1/rendering/99/after", "/draft/rendering/0/after"} {
		if w := h.get(t, "ana", target); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", target, w.Code)
		}
	}
}

func TestASearchLeadsToWhatItFinds(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for q, want := range map[string]string{"release 2": "/release/2", "ben": "/person/ben"} {
		t.Run(q+" is found at "+want, func(t *testing.T) {
			page := h.get(t, "ana", "/search?"+url.Values{"q": {q}}.Encode())
			if page.doc.Find(`main a[href="`+want+`"]`).Length() != 1 {
				t.Errorf("%s", words(page.doc.Find("main")))
			}
			if a := h.get(t, "ana", want); a.Code != http.StatusOK {
				t.Errorf("there is %d", a.Code)
			}
		})
	}
}
