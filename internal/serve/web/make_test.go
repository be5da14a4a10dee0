package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/media"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/web"
)

// maker is a real engine, its web door, and its owner signed in to it.
type maker struct {
	t      testing.TB
	engine *enginetest.Engine
	mux    *serve.Mux
	cookie string
}

func newMaker(t testing.TB, manifests ...string) *maker {
	t.Helper()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, manifests...)
	door, err := web.New(web.Config{
		Lines: e.Operate, Previews: e.Operate, Access: e.Access, Library: e.Content, Making: e.Content, Shelf: e.Content, Counts: e.Operate, Files: media.New(e.Core, media.Config{Waiting: e.Content.Waiting}), Releases: e.Content, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	m := &maker{t: t, engine: e, mux: serve.NewMux()}
	door.Register(m.mux)
	if err := e.Access.AcceptFor(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
	cookie, _, err := e.Access.StartSession(t.Context(), "ana")
	if err != nil {
		t.Fatal(err)
	}
	m.cookie = cookie
	return m
}

// send asks as a browser does; with a form it posts.
func (m *maker) send(method, address string, form url.Values, accept string) *httptest.ResponseRecorder {
	m.t.Helper()
	r := httptest.NewRequest(method, address, strings.NewReader(form.Encode()))
	r.Header.Set("Accept", accept)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.AddCookie(&http.Cookie{Name: serve.SessionCookie, Value: m.cookie})
	rw := httptest.NewRecorder()
	m.mux.ServeHTTP(rw, r)
	return rw
}

func (m *maker) page(address string) *goquery.Document {
	m.t.Helper()
	rw := m.send(http.MethodGet, address, nil, "text/html")
	if rw.Code != http.StatusOK {
		m.t.Fatalf("GET %s: %d\n%s", address, rw.Code, rw.Body)
	}
	doc, err := goquery.NewDocumentFromReader(rw.Body)
	if err != nil {
		m.t.Fatal(err)
	}
	return doc
}

// formOf is what a browser would send of the form on a page.
func formOf(doc *goquery.Document) url.Values {
	form := url.Values{}
	doc.Find("form[data-make]").First().Find("input[name], textarea[name], select[name]").Each(func(_ int, s *goquery.Selection) {
		name, _ := s.Attr("name")
		value, _ := s.Attr("value")
		switch {
		case s.Is("textarea"):
			value = strings.ReplaceAll(strings.TrimPrefix(s.Text(), "\n"), "\n", "\r\n")
		case s.Is("select"):
			on := s.Find("option[selected]")
			if on.Length() == 0 {
				on = s.Find("option").First()
			}
			value, _ = on.Attr("value")
		case s.Is("input[type=checkbox]"):
			if _, on := s.Attr("checked"); !on {
				return
			}
		}
		form.Add(name, value)
	})
	return form
}

func address(ref throughline.Ref) string {
	if ref.Kind == throughline.KindPlacement || ref.Kind == throughline.KindPerson {
		return "/edit/" + strings.ToLower(string(ref.Kind)) + "/" + ref.Name
	}
	return "/" + strings.ToLower(string(ref.Kind)) + "/" + ref.Name
}

func (m *maker) save(ref throughline.Ref, form url.Values) *httptest.ResponseRecorder {
	m.t.Helper()
	form.Set("do", "save")
	return m.send(http.MethodPost, "/edit/"+strings.ToLower(string(ref.Kind))+"/"+ref.Name, form, "text/html")
}

func (m *maker) draft() content.Draft {
	m.t.Helper()
	d, err := m.engine.Content.Draft(m.t.Context(), enginetest.Shell())
	if err != nil {
		m.t.Fatal(err)
	}
	return d
}

// everything declares every field of every kind.
const everything = enginetest.Workspace + `
---
apiVersion: throughline/v1
kind: Person
metadata: {name: robin, owner: ana, labels: {desk: "4"}}
spec: {name: Robin Hale, discipline: creative, roles: [{role: maker, markets: [de, CH], brands: [house], kinds: [Fragment, Brief]}, {role: viewer}]}
---
apiVersion: throughline/v1
kind: Brand
metadata: {name: loud}
spec:
  title: "Loud & \"clear\""
  tokens: {accent: "#0b62d6", "font.body": "Georgia,serif"}
  voice: "One line.\nAnd another."
  terms: [{prefer: swimmers, avoid: [guests, "Gäste"], severity: warn, why: They swim.}, {avoid: [cheap]}]
  locales: {default: en, supported: [en, de, de-AT], fallback: {de-AT: [de]}}
---
apiVersion: throughline/v1
kind: Channel
metadata: {name: app}
spec: {title: App, surface: app, limits: {headline: {max: 60, min: 2, unit: utf16}, "odd.role": {max: 3}}}
---
apiVersion: throughline/v1
kind: Goal
metadata: {name: bought}
spec: {title: Bought, event: Order Completed, window: 7d, value: 12.5}
---
apiVersion: throughline/v1
kind: Guardrail
metadata: {name: no-hype}
spec: {title: No hype, severity: warn, match: {templates: [card], channels: [web], roles: [headline], locales: [en]}, forbid: [amazing, "once in a lifetime"], fix: Say what it does.}
---
apiVersion: throughline/v1
kind: Guardrail
metadata: {name: same}
spec: {assert: "headline.text != cta.text"}
---
apiVersion: throughline/v1
kind: Template
metadata: {name: full, labels: {"tone.of": direct, empty: ""}, owner: robin}
spec:
  title: Full
  brand: loud
  brief: visit
  slots:
    - {name: headline, role: headline, type: text, required: true, length: {min: 2, max: 60, unit: width}, fill: {labels: {tone: warm}}}
    - {name: cta, role: cta, fill: {names: [cta-try, cta-see]}}
  constraints: [{name: short, when: "headline.text.size() > 40", assert: "cta.empty", why: Long ones stand alone.}]
  renderings:
    - {channel: web, html: "<h2>{{headline}}</h2>\n{{#cta}}<p>{{cta}}</p>{{/cta}}\n"}
    - {channel: app, fields: {title: "{{headline}}", button: "{{cta}}"}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: headline-warm, labels: {tone: warm}}
spec: {title: Warm, role: headline, brief: visit, values: {en: " spaces kept ", de: "Zeile\nzwei\n", de-AT: "  "}, meaning: 3, audience: members, channels: [web]}
---
apiVersion: throughline/v1
kind: Placement
metadata: {name: full.one}
spec:
  title: Full
  channel: web
  template: card
  brief: visit
  audience: members
  goal: bought
  policy: {kind: fixed, floor: 0.05, fixed: {headline: headline-short, cta: cta-try}}
  holdout: {share: 0.25, serve: control, scope: engine, control: {headline: headline-long, cta: cta-see}}
  sticky: none
  fallback: {headline: headline-short, cta: cta-try}
`

func TestWhatIsSavedUnchangedMakesNoChange(t *testing.T) {
	m := newMaker(t, everything)
	all, err := m.engine.Content.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		t.Run(r.Ref().String(), func(t *testing.T) {
			form := formOf(m.page(address(r.Ref())))
			if rw := m.save(r.Ref(), form); rw.Code != http.StatusSeeOther {
				t.Fatalf("saving: %d %s", rw.Code, rw.Body)
			}
			for _, item := range m.draft().Items {
				if item.Ref == r.Ref() {
					t.Errorf("the draft has %s: %s\n%v", item.Ref, item.Text, item.Problems)
					if item.Resource != nil {
						t.Error(cmp.Diff(string(r.Canonical()), string(item.Resource.Canonical())))
					}
				}
			}
		})
	}
}

func TestWhatThePagesSaveIsWhatExportWrites(t *testing.T) {
	from := newMaker(t, everything)
	all, err := from.engine.Content.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	into := newMaker(t, enginetest.Workspace)
	for _, r := range all {
		form := formOf(from.page(address(r.Ref())))
		form.Del("base")
		if have, err := into.engine.Content.Get(t.Context(), r.Ref()); err == nil {
			form.Set("base", have.Digest().String())
		}
		if rw := into.save(r.Ref(), form); rw.Code != http.StatusSeeOther {
			t.Fatalf("saving %s: %d %s", r.Ref(), rw.Code, rw.Body)
		}
	}
	if _, err := into.engine.Content.Propose(t.Context(), enginetest.Shell(), content.Proposal{Draft: true}); err != nil {
		t.Fatal(err)
	}
	want, err := from.engine.Content.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := into.engine.Content.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

// nasty are texts that break out of pages that are written carelessly.
var nasty = []string{
	`</textarea></option></select><script>alert(1)</script>"><img src=x onerror=alert(1)>'--><svg onload=alert(1)>`,
	`{{.Viewer}} &lt;&amp; %s%n \ ]]> ' ` + "\u202eevil\u2066 a\tb", `javascript:alert(1)`, `=cmd|'/c calc'!A1`,
}

func TestNastyTextsStayText(t *testing.T) {
	m := newMaker(t, everything)
	all, err := m.engine.Content.List(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		before := formOf(m.page(address(r.Ref())))
		for _, text := range nasty {
			form := url.Values{"base": before["base"]}
			for name := range before {
				if strings.HasPrefix(name, "spec") || strings.HasPrefix(name, "metadata") {
					form.Set(name, text)
				}
			}
			if rw := m.send(http.MethodPost, "/edit/"+strings.ToLower(string(r.Kind))+"/"+r.Metadata.Name, form, "application/json"); rw.Code != http.StatusOK {
				t.Fatalf("saving %s with %q: %d %s", r.Ref(), text, rw.Code, rw.Body)
			}
			for _, lens := range []string{"", "?as=yaml"} {
				doc := m.page(address(r.Ref()) + lens)
				if n := doc.Find("main script, main img, main svg[onload]").Length(); n > 0 {
					t.Errorf("%s%s with %q: %d elements came out of a text", r.Ref(), lens, text, n)
				}
				doc.Find("main *").Each(func(_ int, s *goquery.Selection) {
					for _, a := range s.Nodes[0].Attr {
						if strings.HasPrefix(a.Key, "on") || (a.Key == "href" || a.Key == "src") && strings.HasPrefix(a.Val, "javascript:") {
							t.Errorf("%s with %q: attribute %s=%q", r.Ref(), text, a.Key, a.Val)
						}
					}
				})
			}
			if _, err := m.engine.Content.Discard(t.Context(), enginetest.Shell()); err != nil {
				t.Fatal(err)
			}
		}
	}
}
