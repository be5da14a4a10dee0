package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline/internal/serve"
)

// otherSites are how a browser sends a request that another site made.
var otherSites = map[string]http.Header{
	"another site":               {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
	"another site, unnamed":      {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"null"}},
	"a neighbour below a domain": {"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://evil.engine.example"}},
	"an older browser elsewhere": {"Origin": {"https://evil.example"}},
}

// sentFrom asks a route as the owner whose browser is made to by a page of
// another site, and returns the status and whether any cookie was set.
func sentFrom(h http.Handler, pattern string, site http.Header, as func(*http.Request)) (status int, cookies int) {
	method, path, _ := strings.Cut(pattern, " ")
	path = strings.NewReplacer("/v1/{kind}", "/v1/track", "{number}", "1", "{kind}", "Fragment", "{name...}", "vera", "...", "", "{", "", "}", "").Replace(path)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	body := "x=1"
	if machine(path) { // a page elsewhere may send JSON too, as text
		body = "{}"
	}
	r := httptest.NewRequestWithContext(ctx, method, "http://engine.example"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html, */*")
	as(r)
	for name, values := range site {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, len(w.Result().Cookies())
}

// changing returns the routes by which a browser can change something.
func changing(p *process) (patterns []string) {
	for _, route := range p.mux.Routes() {
		switch method, _, ok := strings.Cut(route.Pattern, " "); {
		case !ok, method == http.MethodGet, method == http.MethodHead, method == http.MethodOptions:
		default:
			patterns = append(patterns, route.Pattern)
		}
	}
	return patterns
}

// What another site sends with the owner's cookie is refused by every route that
// changes something. The doors that take keys alone know no cookie, so that there
// the owner is a stranger.
func TestAnotherSiteChangesNothing(t *testing.T) {
	p := staffed(t)
	owner := comes(t, p, "the owner")
	patterns := changing(p)
	if len(patterns) < 50 {
		t.Fatalf("only %d routes change something", len(patterns))
	}
	for _, pattern := range patterns {
		want := http.StatusForbidden
		if class := classes[pattern]; class == readKey || class == writeKey {
			want = http.StatusUnauthorized
		}
		for name, site := range otherSites {
			if got, cookies := sentFrom(p.handler, pattern, site, owner); got != want || cookies > 0 {
				t.Errorf("%s from %s: %d with %d cookies, want %d", pattern, name, got, cookies, want)
			}
		}
	}
	t.Run("a route that forgot the defence is caught", func(t *testing.T) {
		p.mux.Handle(serve.Route{Pattern: "POST /forgot", Open: "for this test"}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		if got, _ := sentFrom(p.handler, "POST /forgot", otherSites["another site"], owner); got == http.StatusForbidden {
			t.Error("the harness refuses by itself")
		}
	})
	t.Run("the same requests of our own pages pass the defence", func(t *testing.T) {
		own := http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"http://engine.example"}}
		for _, pattern := range patterns {
			if class := classes[pattern]; class == readKey || class == writeKey {
				continue
			}
			if got, _ := sentFrom(p.handler, pattern, own, owner); got == http.StatusForbidden {
				t.Errorf("%s refuses the owner", pattern)
			}
		}
	})
}
