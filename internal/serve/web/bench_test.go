package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
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
