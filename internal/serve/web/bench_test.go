package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/throughline-engine/throughline"
)

// BenchmarkTheLine writes the page of forty placements, and in relation to it
// the page of an empty engine.
func BenchmarkTheLine(b *testing.B) {
	all := samples()
	for _, name := range []string{"empty", "full", "many"} {
		b.Run(name, func(b *testing.B) {
			mux, _ := newStand(all[name]).mux(b)
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.AddCookie(&http.Cookie{Name: "throughline_session", Value: cookieOfAda})
			r.Header.Set("Accept-Encoding", "gzip")
			bytes := 0
			for b.Loop() {
				w := httptest.NewRecorder()
				mux.ServeHTTP(w, r)
				bytes = w.Body.Len()
			}
			b.ReportMetric(float64(bytes), "B/page")
		})
	}
}

// BenchmarkSight writes the pages that show what happens, on a journal of a
// hundred thousand events.
func BenchmarkSight(b *testing.B) {
	s := newSeen(b)
	var last throughline.Decision
	for i := range 200 {
		last = s.Decide(b, "home.hero", fmt.Sprintf("visitor-%d", i), nil)
	}
	s.Recorded(b, 200)
	made := s.Events(b)
	made = made[len(made)-200:]
	for len(s.Events(b)) < 100_000 {
		more := make([]throughline.Event, 0, 5000)
		for i := range cap(more) {
			e := made[i%len(made)]
			e.ID, e.Key, e.Seq = s.Core.NewID(), "", 0
			more = append(more, e)
		}
		if _, err := s.Core.Record.Journal.Append(b.Context(), more); err != nil {
			b.Fatal(err)
		}
	}
	for _, page := range []struct{ name, address string }{
		{"placement", "/placement/home.hero"},
		{"variant", "/variant/home.hero/" + string(last.Variant)},
		{"decision", "/decision/" + string(last.ID)},
		{"journal", "/journal"},
		{"journal of something rare", "/journal?type=release"},
		{"journal of nothing", "/journal?object=nothing"},
	} {
		b.Run(page.name, func(b *testing.B) {
			for b.Loop() {
				if w := s.ask(http.MethodGet, page.address, s.cookie, nil); w.Code != http.StatusOK {
					b.Fatal(w.Code, w.Body)
				}
			}
		})
	}
}
