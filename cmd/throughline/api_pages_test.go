package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// apiPage asks for a page as the viewer vera.
func apiPage(t *testing.T, p *process, path string) (status int, body string, page *goquery.Document) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Header.Set("Accept", "text/html")
	comes(t, p, "a viewer")(r)
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	body = w.Body.String()
	page, err := goquery.NewDocumentFromReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, body, page
}

func TestTheAPIHasPages(t *testing.T) {
	p := staffed(t)
	var doc struct {
		Paths map[string]map[string]struct{ OperationID, Summary string }
	}
	if err := json.Unmarshal(p.api.OpenAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	const most = 150 << 10 // bytes before compression
	_, body, list := apiPage(t, p, "/api")
	if len(body) > most {
		t.Errorf("the list has %d bytes", len(body))
	}
	count := 0
	for path, methods := range doc.Paths {
		for method, op := range methods {
			count++
			address := "/api/" + op.OperationID
			line := list.Find(`.operations a[href="` + address + `"]`)
			if line.Length() != 1 || line.Text() != op.Summary {
				t.Errorf("the list has %d lines for %s", line.Length(), op.OperationID)
			}
			status, body, page := apiPage(t, p, address)
			if status != http.StatusOK || len(body) > most {
				t.Errorf("%s answers %d with %d bytes", address, status, len(body))
			}
			if got := page.Find(".sentence").Text(); got != strings.ToUpper(method)+" "+path {
				t.Errorf("%s is about %q", address, got)
			}
			if shell := page.Find(".code").First().Text(); !strings.Contains(shell, "curl -s") || strings.Contains(shell, "{") && !strings.Contains(shell, "-d ") {
				t.Errorf("%s cannot be run in a shell: %s", address, shell)
			}
			if page.Find(".code").Length() < 2 || page.Find(`a[href="/api"]`).Length() == 0 {
				t.Errorf("%s has no example, or no way back", address)
			}
		}
	}
	if count < 50 {
		t.Errorf("only %d operations", count)
	}
	t.Run("words find operations, all of them or none", func(t *testing.T) {
		_, _, found := apiPage(t, p, "/api?q=Token+POST")
		if got := found.Find(`.operations a[href="/api/createToken"]`).Length(); got != 1 || found.Find(".operations tbody tr").Length() == count {
			t.Errorf("createToken stands there %d times among %d", got, found.Find(".operations tbody tr").Length())
		}
		_, _, none := apiPage(t, p, "/api?q=nothing-has-this")
		if none.Find(".beginning").Length() != 1 {
			t.Error("what finds nothing does not say so")
		}
	})
	t.Run("an operation that is none is not found", func(t *testing.T) {
		if status, _, _ := apiPage(t, p, "/api/nothing"); status != http.StatusNotFound {
			t.Errorf("%d", status)
		}
	})
	t.Run("the palette finds it", func(t *testing.T) {
		if _, body, _ := apiPage(t, p, "/search?q=openapi"); !strings.Contains(body, `href="/api"`) {
			t.Error("it does not")
		}
	})
}

func BenchmarkTheListOfOperations(b *testing.B) {
	p := staffed(b)
	as := comes(b, p, "a viewer")
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, "/api", nil)
		as(r)
		p.handler.ServeHTTP(httptest.NewRecorder(), r)
	}
}
