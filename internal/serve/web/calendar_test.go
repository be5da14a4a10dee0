package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
)

// by is what a person may do.
func (h *house) by(t testing.TB, who string) engine.Caller {
	t.Helper()
	visit, err := h.Access.Visit(t.Context(), h.cookies[who])
	if err != nil {
		t.Fatal(err)
	}
	return visit.Caller
}

// secret proposes a release under embargo as ben, going live in some days.
func (h *house) secret(t testing.TB, title string, days int) (throughline.Release, time.Time) {
	t.Helper()
	h.edit(t, "ben", "Soon")
	at := time.Now().UTC().AddDate(0, 0, days).Truncate(24 * time.Hour).Add(9 * time.Hour)
	wall := at.Format("2006-01-02T15:04")
	rel, err := h.Content.Propose(t.Context(), h.by(t, "ben"), content.Proposal{
		Draft: true, Message: title, Schedule: throughline.Schedule{Zone: "UTC", GoLive: wall, Embargo: wall},
	})
	if err != nil {
		t.Fatal(err)
	}
	return rel, at
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	h := newHouse(t, `
apiVersion: throughline/v1
kind: Brief
metadata: {name: visit}
spec: {title: "Welcome, visitors", want: More visitors who try it, goal: signed-up, due: "2031-05-10"}
`)
	title := `Sale; 50 %, "all" ` + strings.Repeat("größer ", 20) + "\r\nBEGIN:VEVENT"
	rel, at := h.secret(t, title, 3)
	month := "/calendar?month=" + at.Format("2006-01")

	t.Run("today is marked, once", func(t *testing.T) {
		doc := h.get(t, "vic", "/calendar").doc
		if n := doc.Find(".month [aria-current=date]").Length(); n != 1 {
			t.Errorf("%d days are today", n)
		}
		if n := doc.Find(".month td").Length(); n%7 != 0 || n < 28 {
			t.Errorf("%d days are drawn", n)
		}
	})
	t.Run("a brief is due on its day in every zone", func(t *testing.T) {
		for _, zone := range []string{"UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Mars/Olympus"} {
			r := httptest.NewRequest(http.MethodGet, "/calendar?month=2031-05", nil)
			r.AddCookie(&http.Cookie{Name: "throughline_zone", Value: zone})
			day := h.send(t, "vic", r).doc.Find(`[data-day="2031-05-10"]`)
			if got := words(day.Find("a")); !strings.Contains(got, "Welcome, visitors is due") {
				t.Errorf("%s: %q", zone, got)
			}
		}
	})
	t.Run("an empty month says what would be here", func(t *testing.T) {
		if got := h.get(t, "vic", "/calendar?month=2040-02"); words(got.doc.Find(".beginning h2")) != "Nothing happens in February 2040" {
			t.Errorf("%s", words(got.doc.Find("main")))
		}
	})
	t.Run("nonsense is this month", func(t *testing.T) {
		for _, q := range []string{"month=soon", "month=0000-00", "month=99999-01", "month=2026-13", "view=%00"} {
			if w := h.get(t, "vic", "/calendar?"+q); w.Code != http.StatusOK {
				t.Errorf("%s answers %d", q, w.Code)
			}
		}
	})
	t.Run("what is secret is there for its author, and for nobody else who may only read", func(t *testing.T) {
		if got := h.get(t, "ben", month).says(); !strings.Contains(got, "goes live") {
			t.Errorf("ben reads %q", got)
		}
		if got := h.get(t, "vic", month); strings.Contains(got.Body.String(), "größer") || strings.Contains(got.says(), "goes live") {
			t.Errorf("vic reads %q", got.says())
		}
	})

	feed := func(who string) string {
		link := h.get(t, who, "/calendar").doc.Find(".feed code").Text()
		u, err := url.Parse(link)
		if err != nil || u.Query().Get("key") == "" {
			t.Fatalf("the link is %q", link)
		}
		return u.RequestURI()
	}
	t.Run("a program reads it by a link, without signing in", func(t *testing.T) {
		w := h.get(t, "", feed("ben"))
		got := w.Body.String()
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/calendar") {
			t.Fatalf("%d %s", w.Code, got)
		}
		if problems := faultsOfCalendar(got); len(problems) > 0 {
			t.Errorf("%q in\n%s", problems, got)
		}
		if want := fmt.Sprintf("release-%d-go-live@", rel.Number); !strings.Contains(got, want) || !strings.Contains(got, "DTSTART:"+at.Format("20060102T150405Z")) {
			t.Errorf("no %s in\n%s", want, got)
		}
		if faultsOfCalendar("BEGIN:VCALENDAR\r\nX:"+strings.Repeat("x", 90)+"\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\n") == nil {
			t.Error("a broken calendar passes for a sound one")
		}
	})
	t.Run("the link of somebody else tells what they may know", func(t *testing.T) {
		if got := h.get(t, "", feed("vic")).Body.String(); strings.Contains(got, "Sale") || strings.Contains(got, fmt.Sprintf("release-%d-", rel.Number)) {
			t.Errorf("%s", got)
		}
	})
	t.Run("a link that was ended, forged or of nobody does not hold", func(t *testing.T) {
		old := feed("ben")
		if w := h.post(t, "ben", "/calendar/link", nil); w.Code != http.StatusSeeOther {
			t.Fatal(w.Code)
		}
		for _, target := range []string{old, strings.Replace(feed("ben"), "ben", "ana", 1), "/calendar.ics", "/calendar.ics?key=%00", "/calendar.ics?key=ben~", "/calendar.ics?key=../x~y"} {
			if w := h.get(t, "", target); w.Code != http.StatusNotFound {
				t.Errorf("%s answers %d", target, w.Code)
			}
		}
		if w := h.get(t, "", feed("ben")); w.Code != http.StatusOK {
			t.Errorf("the new one answers %d", w.Code)
		}
	})
}

// faultsOfCalendar checks what RFC 5545 asks of every line and block.
func faultsOfCalendar(text string) (found []string) {
	if !strings.HasSuffix(text, "END:VCALENDAR\r\n") {
		found = append(found, "it does not end")
	}
	var open []string
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 {
			found = append(found, fmt.Sprintf("a line of %d bytes", len(line)))
		}
		if strings.ContainsAny(line, "\r\n") {
			found = append(found, "a bare line end")
		}
		if name, ok := strings.CutPrefix(line, "BEGIN:"); ok {
			open = append(open, name)
		}
		if name, ok := strings.CutPrefix(line, "END:"); ok {
			if len(open) == 0 || open[len(open)-1] != name {
				return append(found, "END:"+name+" of nothing")
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) > 0 {
		found = append(found, "left open")
	}
	return found
}

func TestClocksThatJump(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	year := 2031 // clocks change on 30 March and 26 October
	h.edit(t, "ben", "Spring")
	for _, c := range []struct{ wall, zone, want string }{
		{fmt.Sprintf("%d-03-30T02:30", year), "Europe/Zurich", "skip 02:30 that night, so it is 03:30"},
		{fmt.Sprintf("%d-10-26T02:30", year), "Europe/Zurich", "pass 02:30 twice that night; this is the first time (CEST)"},
		{fmt.Sprintf("%d-10-26T12:00", year), "Europe/Zurich", ""},
		{fmt.Sprintf("%d-10-26T02:30", year), "UTC", ""},
	} {
		at := "/release/3"
		var w answer
		if rel, err := h.Content.Release(t.Context(), h.by(t, "ben"), 3); err != nil {
			page := h.get(t, "ben", "/draft")
			w = h.post(t, "ben", "/draft", page.form("/draft", "do", "schedule", "zone", c.zone, "goLive", c.wall))
		} else {
			w = h.post(t, "ben", at+"/reschedule", url.Values{"zone": {c.zone}, "goLive": {c.wall}, "do": {"dates"}})
			_ = rel
		}
		if w.Code != http.StatusSeeOther {
			t.Fatalf("%v: %d %s", c, w.Code, words(w.doc.Find("main")))
		}
		if got := words(h.get(t, "ben", at).doc.Find(".clock-note")); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s in %s: %q", c.wall, c.zone, got)
		}
	}
}

func TestReleaseList(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 60 {
		h.Apply(t, strings.Replace(staff, "Vic Varga", fmt.Sprintf("Vic %d", i), 1))
	}
	h.secret(t, "Waiting", 3)
	t.Run("what waits stands first, and each release once", func(t *testing.T) {
		doc := h.get(t, "ben", "/release").doc
		if got := words(doc.Find("section h2").First()); got != "Waiting" {
			t.Errorf("first comes %q", got)
		}
		seen := map[string]bool{}
		for pages := 0; pages < 5; pages++ {
			for _, name := range texts(doc.Find("[data-row] th")) {
				if seen[name] {
					t.Errorf("%s twice", name)
				}
				seen[name] = true
			}
			next, ok := doc.Find(`[rel="next"]`).Attr("href")
			if !ok {
				break
			}
			doc = h.get(t, "ben", next).doc
		}
		if len(seen) != 63 {
			t.Errorf("%d of 63 releases are listed", len(seen))
		}
	})
	t.Run("a filter by state and person holds", func(t *testing.T) {
		doc := h.get(t, "ben", "/release?state=approved&by=ben").doc
		if got := texts(doc.Find("[data-row] th")); len(got) != 1 || doc.Find("#f-state [selected]").Text() != "approved" {
			t.Errorf("%q", got)
		}
		if got := words(h.get(t, "ben", "/release?by=nobody").doc.Find(".pager")); !strings.Contains(got, "No release is so") {
			t.Errorf("%q", got)
		}
	})
	t.Run("nasty filters are answered", func(t *testing.T) {
		for _, q := range []string{"before=-1", "before=x", "state=%00", "by=" + url.QueryEscape(`"><script>`), "before=99999999999999999999"} {
			w := h.get(t, "ben", "/release?"+q)
			if w.Code != http.StatusOK || strings.Contains(w.Body.String(), `"><script>`) {
				t.Errorf("%s: %d", q, w.Code)
			}
		}
	})
	t.Run("a rollback that a later release stands in the way of says which", func(t *testing.T) {
		w := h.get(t, "ana", "/release/30?back=1")
		if got := words(w.doc.Find(".back")); !strings.Contains(got, "changed again after release 30") || w.doc.Find(`form[action="/release/30/rollback"]`).Length() != 0 {
			t.Errorf("%q", got)
		}
		if w := h.post(t, "ana", "/release/30/rollback", nil); w.Code != http.StatusConflict || !strings.Contains(words(w.doc.Find(".problem")), "changed again") {
			t.Errorf("%d", w.Code)
		}
	})
}

func TestADraftThatIsNotFit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Apply(t, `
apiVersion: throughline/v1
kind: Person
metadata: {name: uma}
spec: {name: Uma Lang, discipline: creative, roles: [{role: maker, markets: [de]}, {role: viewer}]}
`)
	cookie, _, err := h.Access.StartSession(t.Context(), "uma")
	if err != nil {
		t.Fatal(err)
	}
	h.cookies["uma"] = cookie
	h.edit(t, "ben", strings.Repeat("far too long ", 20))
	page := h.get(t, "ben", "/draft")
	if got := page.says(); !strings.Contains(got, "1 thing in the way") {
		t.Errorf("%q", got)
	}
	if page.doc.Find(".decide .act[disabled]").Length() != 1 || !strings.Contains(words(page.doc.Find(".findings")), "headline-short") {
		t.Errorf("%s", words(page.doc.Find("main")))
	}
	if w := h.post(t, "ben", "/draft", page.form("/draft", "do", "release")); w.Code < 400 || w.Code > 499 {
		t.Errorf("sent all the same: %d", w.Code)
	}
	t.Run("who may not change it reads who may", func(t *testing.T) {
		h.edit(t, "uma", "Short")
		page := h.get(t, "uma", "/draft")
		if page.doc.Find(".decide .act[disabled]").Length() != 1 || !strings.Contains(words(page.doc.Find(".why-not")), "Ask Ben Okafor") {
			t.Errorf("%s", words(page.doc.Find(".decide")))
		}
		if w := h.post(t, "uma", "/draft", page.form("/draft", "do", "release")); w.Code != http.StatusForbidden {
			t.Errorf("sent all the same: %d", w.Code)
		}
	})
	t.Run("discarding can be undone", func(t *testing.T) {
		h.post(t, "ben", "/draft", url.Values{"do": {"discard"}})
		if got := h.get(t, "ben", "/draft").says(); got != "nothing to judge yet Your draft is empty." {
			t.Errorf("%q", got)
		}
		h.post(t, "ben", "/draft", url.Values{"do": {"undo"}})
		if got := h.get(t, "ben", "/draft").says(); !strings.Contains(got, "1 change") {
			t.Errorf("%q", got)
		}
		if w := h.post(t, "ben", "/draft", url.Values{"do": {"dance"}}); w.Code < 400 || w.Code > 499 {
			t.Errorf("%d", w.Code)
		}
	})
}
