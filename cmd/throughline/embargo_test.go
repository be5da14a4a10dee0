package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

// What must not be seen before its time: a text, and why it is released.
const (
	secretText  = "Zephyrine halves every price"
	secretTitle = "Operation Quillfeather"
)

// planted is a release under embargo.
type planted struct {
	number int
	digest throughline.Digest
}

// plantSecret has a maker propose a release that is secret for a year.
func plantSecret(t *testing.T, p *process) planted {
	t.Helper()
	ctx := t.Context()
	resources, err := content.Read(enginetest.Files(enginetest.Workspace))
	if err != nil {
		t.Fatal(err)
	}
	// The workspace has an owner and an engine of its own.
	resources = slices.DeleteFunc(resources, func(r throughline.Resource) bool {
		return r.Kind == throughline.KindPerson || r.Kind == throughline.KindEngine
	})
	if _, err := p.content.Apply(ctx, engine.AtShell(atShell()), content.Change{Resources: resources}); err != nil {
		t.Fatal(err)
	}
	mia := engine.Caller{Actor: throughline.Actor{Kind: throughline.ActorPerson, ID: "mia"}, Grants: []throughline.Grant{{Role: throughline.Maker}}}
	ref := throughline.Ref{Kind: throughline.KindFragment, Name: "headline-short"}
	now, err := p.content.Get(ctx, ref)
	if err != nil {
		t.Fatal(err)
	}
	base := now.Digest()
	now.Spec = &throughline.Fragment{Role: "headline", Brief: "visit", Values: map[string]string{"en": secretText}}
	created := now
	created.Metadata.Name = "quillfeather-cta"
	created.Spec = &throughline.Fragment{Role: "cta", Brief: "visit", Values: map[string]string{"en": "Zephyrine!"}}
	edits := []content.Edit{{Ref: ref, Base: base, Resource: &now}, {Ref: created.Ref(), Resource: &created}}
	if _, err := p.content.Save(ctx, mia, content.SaveInput{Edits: edits}); err != nil {
		t.Fatal(err)
	}
	day := time.Now().AddDate(0, 0, 7).UTC().Format("2006-01-02")
	rel, err := p.content.Propose(ctx, mia, content.Proposal{
		Draft: true, Message: secretTitle,
		Schedule: throughline.Schedule{Zone: "Europe/Zurich", GoLive: day + "T09:00", Embargo: day + "T09:00"},
	})
	if err != nil || rel.State != throughline.ReleaseApproved {
		t.Fatalf("%s: %v", rel.State, err)
	}
	return planted{number: rel.Number, digest: now.Digest()}
}

// questions are the requests that might show it: every route with the names of
// what is secret in it, and searches and spans that would find it.
func (s planted) questions(p *process) (all []*http.Request) {
	number := fmt.Sprint(s.number)
	values := strings.NewReplacer(
		"{$}", "", "{number}", number, "{digest}", s.digest.String(), "{kind}", "Fragment", "{name...}", "headline-short", "{name}", "headline-short",
		"{at}", "0", "{side}", "after", "{key}", "home.hero", "{placement}", "home.hero", "{id}", number, "{version}", "x", "{file...}", "x", "{secret}", "x", "{variant}", "x",
	)
	ask := func(method, target, body string) {
		r, err := http.NewRequest(method, "http://engine"+target, strings.NewReader(body))
		if err != nil {
			return // a pattern that no request has
		}
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		all = append(all, r)
	}
	from, to := time.Now().AddDate(0, -1, 0).UTC().Format(time.RFC3339), time.Now().AddDate(0, 2, 0).UTC().Format(time.RFC3339)
	queries := []string{
		"", "?q=zephyrine", "?q=quillfeather&as=json", "?query=zephyrine", "?text=zephyrine", "?state=approved", "?by=mia", "?kind=fragment&q=quill", "?kind=Fragment&text=quill",
		"?release=" + number, "?month=" + time.Now().AddDate(0, 0, 7).Format("2006-01"), "?month=" + time.Now().AddDate(0, 0, 7).Format("2006-01") + "&view=agenda",
		"?from=" + url.QueryEscape(from) + "&to=" + url.QueryEscape(to), "?limit=200", "?locale=en&of=" + s.digest.String(), "?type=release.proposed", "?object=release/" + number,
	}
	for _, route := range p.mux.Routes() {
		method, path, ok := strings.Cut(route.Pattern, " ")
		if strings.HasPrefix(path, "/openapi.") {
			continue // the same bytes for every engine; its examples have releases of their own
		}
		if !ok || strings.HasSuffix(path, "/events") || strings.HasPrefix(path, "/events/") {
			continue
		}
		if method == http.MethodGet && strings.Contains(path, "{seq}") { // each entry of the journal
			for seq := range 60 {
				ask(method, strings.Replace(path, "{seq}", fmt.Sprint(seq+1), 1), "")
			}
			continue
		}
		path = values.Replace(path)
		switch {
		case method == http.MethodGet:
			for _, q := range queries {
				ask(method, path+q, "")
			}
			ask(method, strings.Replace(path, "headline-short", "quillfeather-cta", 1), "")
		case strings.HasPrefix(path, "/ofrep/") || path == "/v1/render/home.hero" || path == "/api/v1/plan" || path == "/api/v1/check" || path == "/api/v1/ask" || path == "/api/v1/excluded":
			ask(method, path, `{"context": {"targetingKey": "somebody"}, "placement": "home.hero", "unit": "somebody", "filling": {"headline": "headline-short", "cta": "quillfeather-cta"}}`)
		}
	}
	return all
}

// leaks asks everything as somebody, and returns where it is told.
func (s planted) leaks(p *process, as func(*http.Request)) (where []string) {
	exists := regexp.MustCompile(fmt.Sprintf(`(?i)release(?:</[a-z]+>)?[ /:"]+%d\b|"(?:release|number)":%d\b`, s.number, s.number))
	for _, r := range s.questions(p) {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		r = r.WithContext(ctx)
		r.RemoteAddr = "192.0.2.1:1"
		r.Header.Set("Accept", "text/html, */*")
		as(r)
		w := httptest.NewRecorder()
		p.handler.ServeHTTP(w, r)
		cancel()
		said := w.Body.String()
		echoes := []string{r.URL.RawQuery, url.QueryEscape(r.URL.RawQuery), r.URL.Path, url.QueryEscape(r.URL.Path)}
		for _, echo := range append(echoes, slices.Concat(slices.Collect(maps.Values(r.URL.Query()))...)...) {
			if len(echo) > 3 {
				said = strings.ReplaceAll(said, echo, "") // what was asked may be said back
			}
		}
		low := strings.ToLower(said)
		told := strings.Contains(low, "zephyrine halves") || strings.Contains(low, "zephyrine!") || strings.Contains(low, "operation quill") ||
			w.Code < 300 && exists.MatchString(said)
		if told {
			where = append(where, fmt.Sprintf("%s %s (%d)", r.Method, r.URL.RequestURI(), w.Code))
		}
	}
	return where
}

func TestWhatIsUnderEmbargoIsNowhere(t *testing.T) {
	p := staffed(t)
	s := plantSecret(t, p)
	if err := p.core.RelayNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(visitors)) {
		if slices.Contains([]string{"the owner", "a steward", "an approver", "a maker"}, name) {
			continue // they may: the maker made it
		}
		t.Run(name+" finds it nowhere", func(t *testing.T) {
			for _, at := range s.leaks(p, comes(t, p, name)) {
				t.Error(at)
			}
		})
	}
	t.Run("to those who may not know of it there is no such release", func(t *testing.T) {
		r := httptest.NewRequest(http.MethodGet, fmt.Sprintf("/release/%d", s.number), nil)
		comes(t, p, "a viewer")(r)
		w := httptest.NewRecorder()
		p.handler.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Errorf("it answers %d", w.Code)
		}
	})
	t.Run("who may approve it finds it in many places, by the same questions", func(t *testing.T) {
		if got := s.leaks(p, comes(t, p, "an approver")); len(got) < 5 {
			t.Errorf("the harness finds it only at %q", got)
		}
	})
}
