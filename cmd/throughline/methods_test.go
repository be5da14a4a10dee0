package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/serve"
)

// taken returns the methods by path as the table of routes was written by hand,
// and not as the mux understands it.
func taken() map[string][]string {
	all := map[string][]string{}
	for pattern := range classes {
		method, path, ok := strings.Cut(pattern, " ")
		if !ok {
			continue
		}
		all[path] = append(all[path], method)
		if method == http.MethodGet {
			all[path] = append(all[path], http.MethodHead)
		}
	}
	for path := range all {
		for _, folder := range []string{"/v1/", "/ofrep/"} {
			if strings.HasPrefix(path, folder) && path != folder {
				all[path] = append(all[path], http.MethodOptions)
			}
		}
		slices.Sort(all[path])
	}
	delete(all, "/v1/") // below them there are only preflights
	delete(all, "/ofrep/")
	return all
}

// refusedMethod returns what is wrong with an answer to a method that the path
// does not take, or "".
func refusedMethod(w *httptest.ResponseRecorder, allowed []string) string {
	var f serve.Fault
	allow := strings.Split(w.Header().Get("Allow"), ", ")
	slices.Sort(allow)
	switch {
	case w.Code != http.StatusMethodNotAllowed:
		return "the status is " + http.StatusText(w.Code)
	case !slices.Equal(allow, allowed):
		return "Allow is " + w.Header().Get("Allow") + ", want " + strings.Join(allowed, ", ")
	case w.Header().Get("Content-Type") != "application/problem+json":
		return "it is " + w.Header().Get("Content-Type")
	case json.Unmarshal(w.Body.Bytes(), &f) != nil || f.Status != w.Code || f.Fix == "":
		return "the problem is " + w.Body.String()
	}
	return ""
}

func TestEveryDoorNamesTheMethodsItTakes(t *testing.T) {
	p := staffed(t)
	as := comes(t, p, "the owner")
	ask := func(method, path string, as func(*http.Request)) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		as(r)
		w := httptest.NewRecorder()
		p.handler.ServeHTTP(w, r)
		return w
	}
	for path, allowed := range taken() {
		concrete := strings.NewReplacer("{$}", "", "/v1/{kind}", "/v1/track", "{number}", "1", "...", "", "{", "", "}", "").Replace(path)
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			if slices.Contains(allowed, method) {
				continue
			}
			if wrong := refusedMethod(ask(method, concrete, as), allowed); wrong != "" {
				t.Errorf("%s %s: %s", method, path, wrong)
			}
		}
	}
	t.Run("a path that nothing takes is not there by any method", func(t *testing.T) {
		for _, path := range []string{"/nothing", "/ofrep/v1/nothing", "/v1/nothing/here", "/api/v1/nothing"} {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
				if w := ask(method, path, as); w.Code != http.StatusNotFound || w.Header().Get("Allow") != "" {
					t.Errorf("%s %s is %d, Allow %q", method, path, w.Code, w.Header().Get("Allow"))
				}
			}
		}
	})
	t.Run("a person who opens the address of a form sees a page", func(t *testing.T) {
		w := ask(http.MethodGet, "/people/ana/remove", func(r *http.Request) { as(r); r.Header.Set("Accept", "text/html") })
		if w.Code != http.StatusMethodNotAllowed || !strings.Contains(w.Body.String(), "There is no page here.") || w.Header().Get("Allow") != http.MethodPost {
			t.Errorf("it is %d, Allow %q: %.300s", w.Code, w.Header().Get("Allow"), w.Body)
		}
	})
	t.Run("the test sees a plain 404", func(t *testing.T) {
		if refusedMethod(ask(http.MethodGet, "/nothing", as), []string{"POST"}) == "" {
			t.Error("it passed")
		}
	})
}
