package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/engine/share"
)

// evil is what somebody writes who wants their own script to run for others; lure
// a link that does. The template marks would run on the server.
const (
	evil = `"'><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}`
	lure = `javascript:alert(1)`
)

// everyKind declares one of each kind with each of its fields filled, so that
// soil finds them all.
const everyKind = `
apiVersion: throughline/v1
kind: Brand
metadata: {name: house, owner: ana, labels: {note: plain}}
spec:
  title: House
  voice: calm
  tokens: {ink: "#123456", word: plain, paper: "#ffffff"}
  modes: {dark: {ink: "#123457"}}
  tokenNotes: {ink: {description: for texts, deprecated: use word}}
  personal: {first_name: {fallback: there, max: 20, example: Ana}}
  colors: {pairs: [{front: ink, back: paper}]}
  terms: [{prefer: use, avoid: [utilise], why: shorter}]
  locales: {default: en, supported: [en, de]}
---
apiVersion: throughline/v1
kind: Brief
metadata: {name: visit, labels: {note: plain}}
spec: {title: Welcome, want: More visitors, why: They are few, goal: signed-up, audience: members, due: "2030-01-01"}
---
apiVersion: throughline/v1
kind: Guardrail
metadata: {name: no-sun}
spec: {title: No sun, severity: warn, forbid: [Less work], fix: write about water, match: {roles: [headline]}}
---
apiVersion: throughline/v1
kind: Guardrail
metadata: {name: must}
spec: {title: Must, severity: info, require: [nothing of the kind], fix: write it, match: {roles: [headline]}}
---
apiVersion: throughline/v1
kind: GuardrailSet
metadata: {name: all-rules}
spec:
  title: All rules
  guardrails: [must]
  checks: [{use: spam, severity: info}, {use: markup, severity: warn}]
  overrides: [{rule: Guardrail/must, object: Fragment/headline-short, reason: it is a test, until: "2030-01-01"}]
---
apiVersion: throughline/v1
kind: Team
metadata: {name: studio, labels: {note: plain}}
spec: {title: Studio, people: [ana]}
---
apiVersion: throughline/v1
kind: Stewardship
metadata: {name: letters, labels: {note: plain}}
spec: {title: Letters, kinds: [Template], names: [mail.*], person: ana, deputy: mia}
---
apiVersion: throughline/v1
kind: Vocabulary
metadata: {name: scene}
spec:
  title: Scenes
  uri: https://example.com/scene
  concepts: [{name: beach, prefLabel: {en: beach}, altLabel: {en: [shore]}, definition: {en: sand and sea}, exactMatch: ["https://example.com/beach"]}]
---
apiVersion: throughline/v1
kind: Disclosure
metadata: {name: tax}
spec: {title: Tax, texts: {en: Tax is included}, markets: [de]}
---
apiVersion: throughline/v1
kind: Claim
metadata: {name: less}
spec: {title: Less, statements: {en: It is less}, covers: [less], evidence: [{title: A report, url: "https://example.com/report"}], disclosures: [tax], withdrawn: it is old}
---
apiVersion: throughline/v1
kind: Asset
metadata: {name: beach, labels: {note: plain}}
spec:
  title: Beach
  role: hero
  brief: visit
  file: {name: beach.jpg, digest: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855, type: image/jpeg, bytes: 1}
  alt: {en: A beach}
  concepts: ["scene#beach"]
  rights: [{holder: Photo AG, reference: contract 12}]
  provenance: {aiTool: none, source: a shoot}
  withdrawn: it rained
---
apiVersion: throughline/v1
kind: Template
metadata: {name: card, labels: {note: plain}}
spec:
  title: Card
  brand: house
  brief: visit
  slots:
    - {name: headline, role: headline, required: true}
    - {name: cta, role: cta, required: true}
    - {name: url, role: url, type: link}
  constraints:
    - {name: pair, assert: "true", why: they belong together}
  renderings:
    - {channel: web, html: "<h2 title=\"{{headline}}\">{{headline}}</h2><p><a href=\"{{url}}\">{{cta}}</a></p>"}
    - {channel: app, fields: {title: "{{headline}}", image: "{{cta}}", target: "{{url}}"}}
---
apiVersion: throughline/v1
kind: Channel
metadata: {name: app}
spec: {title: App, surface: app}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: headline-short, labels: {note: plain}}
spec: {title: Short, role: headline, brief: visit, values: {en: "Less work", de: "Weniger"}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: link}
spec: {role: url, values: {en: /try}}
---
apiVersion: throughline/v1
kind: Placement
metadata: {name: app.home}
spec: {title: App, channel: app, template: card, brief: visit, goal: signed-up, fallback: {headline: headline-short, cta: cta-try, url: link}}
`

// soil puts evil, or else the lure, into every text of a resource that may hold
// it, and returns into how many fields.
func soil(res *throughline.Resource, may func() bool) (soiled []string) {
	try := func(at, was string, set func(string)) {
		if was == "" || res.Kind == throughline.KindPerson && res.Metadata.Name == "ana" && at == "spec.Email" {
			return
		}
		for _, text := range []string{evil, lure} {
			if set(text); may() {
				soiled = append(soiled, string(res.Kind)+" "+at)
				return
			}
		}
		set(was)
	}
	// What a map holds is a copy: keep puts it back after each change.
	var walk func(at string, v reflect.Value, keep func())
	walk = func(at string, v reflect.Value, keep func()) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() {
				walk(at, v.Elem(), keep)
			}
		case reflect.Struct:
			for i := range v.NumField() {
				walk(at+"."+v.Type().Field(i).Name, v.Field(i), keep)
			}
		case reflect.Slice:
			for i := range v.Len() {
				walk(at, v.Index(i), keep)
			}
		case reflect.Map:
			for _, key := range v.MapKeys() {
				entry := reflect.New(v.Type().Elem()).Elem()
				entry.Set(v.MapIndex(key))
				walk(at, entry, func() { v.SetMapIndex(key, entry); keep() })
			}
		case reflect.String:
			try(at, v.String(), func(s string) { v.SetString(s); keep() })
		}
	}
	for key, was := range res.Metadata.Labels {
		try("labels", was, func(s string) { res.Metadata.Labels[key] = s })
	}
	walk("spec", reflect.ValueOf(res.Spec), func() {})
	return soiled
}

// soilWorkspace declares one of everything, with evil wherever it can stand, and
// returns the fields where it does.
func soilWorkspace(t *testing.T, p *process) (soiled []string) {
	t.Helper()
	owner := engine.AtShell(throughline.Actor{Kind: throughline.ActorPerson, ID: "ana"})
	resources, err := content.Read(enginetest.Files(enginetest.Workspace, everyKind))
	if err != nil {
		t.Fatal(err)
	}
	last := make(map[throughline.Ref]throughline.Resource)
	for _, r := range resources {
		last[r.Ref()] = r
	}
	for _, kind := range []throughline.Kind{throughline.KindPerson, throughline.KindEngine} {
		all, err := p.content.List(t.Context(), kind)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range all {
			last[r.Ref()] = r
		}
	}
	change := content.Change{Message: evil}
	for _, r := range last {
		change.Resources = append(change.Resources, r)
	}
	if _, err := p.content.Apply(t.Context(), owner, change); err != nil {
		t.Fatal(err)
	}
	may := func() bool {
		plan, err := p.content.Plan(t.Context(), owner, change)
		blocked := slices.ContainsFunc(plan.Findings, func(f throughline.Finding) bool { return f.Severity == throughline.Block })
		lost := slices.ContainsFunc(plan.Touches, func(t throughline.Touch) bool { return t.After == 0 })
		return err == nil && !blocked && !lost
	}
	for i := range change.Resources {
		soiled = append(soiled, soil(&change.Resources[i], may)...)
	}
	if _, err := p.content.Apply(t.Context(), owner, change); err != nil {
		t.Fatal(err)
	}
	return soiled
}

// soilWork makes what people and programs leave behind besides what is declared:
// releases in each state with reasons, a draft that cannot be read, keys,
// decisions, exposures and outcomes.
func soilWork(t *testing.T, p *process) {
	t.Helper()
	ctx := t.Context()
	owner := engine.Caller{Actor: throughline.Actor{Kind: throughline.ActorPerson, ID: "ana"}, Owner: true}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fragment := func(text string) content.Change {
		return content.Change{Message: evil, Resources: []throughline.Resource{{
			APIVersion: throughline.APIVersion, Kind: throughline.KindFragment, Metadata: throughline.Metadata{Name: "cta-see"},
			Spec: &throughline.Fragment{Role: "cta", Values: map[string]string{"en": evil + text}},
		}}}
	}
	rel, err := p.content.Apply(ctx, owner, fragment("2"))
	must(err)
	_, err = p.content.Rollback(ctx, owner, rel.Number)
	must(err)
	day := time.Now().AddDate(0, 0, 3).UTC().Format("2006-01-02")
	for i := range 2 {
		rel, err = p.content.Propose(ctx, owner, content.Proposal{
			Change: fragment(fmt.Sprint(i)), Message: evil, Schedule: throughline.Schedule{Zone: "Europe/Zurich", GoLive: day + "T09:00"},
		})
		must(err)
	}
	_, err = p.content.Withdraw(ctx, owner, rel.Number, evil)
	must(err)
	message := evil
	_, err = p.content.Save(ctx, owner, content.SaveInput{Message: &message, Edits: []content.Edit{
		{Ref: throughline.Ref{Kind: throughline.KindFragment, Name: "torn"}, Text: "spec: [" + evil},
		{Ref: throughline.Ref{Kind: throughline.KindFragment, Name: "wrong"}, Text: "apiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: wrong}\nspec: {role: '" + strings.ReplaceAll(evil, "'", "''") + "', values: {en: x}}"},
	}})
	must(err)
	deciding(t, p)
	soon(t, "the plane serves", func() bool { return p.plane.Table() != nil })
	for _, placement := range []string{"home.hero", "app.home"} {
		d, err := p.plane.Decide(ctx, throughline.Request{Placement: placement, Unit: evil, Context: map[string]any{"plan": evil, evil: evil}, At: time.Now()})
		must(err)
		for _, body := range []string{
			`{"messageId": "1%[1]s", "userId": %[2]q, "event": "Throughline Exposure", "properties": {"decisionId": %[3]q}}`,
			`{"messageId": "2%[1]s", "userId": %[2]q, "event": %[2]q, "properties": {"decisionId": %[3]q, "x": %[2]q}}`,
			`{"messageId": "3%[1]s", "userId": %[2]q, "event": "Signed Up", "properties": {"decisionId": %[3]q}}`,
		} {
			_, err = p.plane.Observe(ctx, live.Incoming{
				Body: fmt.Appendf(nil, body, placement, evil, string(d.ID)), Kind: "track", ReceivedAt: time.Now(),
				Source: func(string) (string, error) { return "test", nil },
			})
			must(err)
		}
	}
	short := throughline.Ref{Kind: throughline.KindFragment, Name: "headline-short"}
	draft, err := p.content.Get(ctx, short)
	must(err)
	began := draft.Digest()
	draft.Spec = &throughline.Fragment{Title: evil, Role: "headline", Values: map[string]string{"en": evil + "!"}}
	_, err = p.content.Save(ctx, owner, content.SaveInput{Edits: []content.Edit{{Ref: short, Base: began, Resource: &draft}}})
	must(err)
	soon(t, "the decisions are recorded", func() bool { n, _ := p.plane.Recorded(); return n >= 2 })
	must(p.core.RelayNow(ctx))
}

// injected returns what in a page is not the engine's own: scripts, attributes
// that are scripts, links that run one or lead elsewhere by it, frames with text
// of their own.
func injected(doc *goquery.Document) (found []string) {
	doc.Find("*").Each(func(_ int, s *goquery.Selection) {
		node := s.Nodes[0]
		if node.Data == "script" {
			if src := s.AttrOr("src", ""); !strings.HasPrefix(src, "/assets/") || strings.TrimSpace(s.Text()) != "" {
				found = append(found, "a script from "+src)
			}
		}
		if slices.Contains([]string{"object", "embed", "base", "applet"}, node.Data) {
			found = append(found, "an element "+node.Data)
		}
		for _, a := range node.Attr {
			value := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
			link := slices.Contains([]string{"href", "src", "action", "formaction", "poster", "data", "background", "ping", "srcset", "content"}, a.Key)
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "srcdoc":
				found = append(found, fmt.Sprintf("<%s %s=%q>", node.Data, a.Key, a.Val))
			case link && (strings.HasPrefix(value, "javascript:") || strings.HasPrefix(value, "vbscript:") || strings.HasPrefix(value, "data:text") || strings.Contains(value, "url=javascript:")):
				found = append(found, fmt.Sprintf("<%s %s=%q>", node.Data, a.Key, a.Val))
			case a.Key == "src" && value == "x":
				found = append(found, "the picture")
			}
		}
	})
	return found
}

// crawl looks at every page that somebody can get to by links, each route a few
// times, and remembers the forms.
type crawl struct {
	t    *testing.T
	h    http.Handler
	as   func(*http.Request)
	seen map[string]bool
	// visits and fine count what was asked of a route, and answered well.
	visits, fine map[string]int
	left         []string
	forms        map[string]url.Values // by where they are sent, filled with evil
}

// aRoute is how many pages of one route are looked at.
const aRoute = 25

func (c *crawl) ask(method, target string, form url.Values) *http.Request {
	limit := time.Minute
	if strings.Contains(target, "events") { // a stream ends by it
		limit = 100 * time.Millisecond
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, "http://engine.example"+target, strings.NewReader(form.Encode()))
	if err != nil {
		c.t.Errorf("%s is no address: %v", target, err)
		return nil
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept", "text/html, */*")
	r.RequestURI = target
	c.as(r)
	w := httptest.NewRecorder()
	c.h.ServeHTTP(w, r)
	c.judge(r, w, method+" "+target)
	return r
}

// judge says what is wrong with an answer, and takes what it leads to.
func (c *crawl) judge(r *http.Request, w *httptest.ResponseRecorder, what string) {
	h := w.Header()
	c.visits[r.Pattern]++
	if w.Code < http.StatusMultipleChoices {
		c.fine[r.Pattern]++
	}
	if w.Code >= http.StatusInternalServerError {
		c.t.Errorf("%s: %d", what, w.Code)
	}
	if policy := h.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "script-src 'self' 'unsafe") || h.Get("X-Content-Type-Options") != "nosniff" {
		c.t.Errorf("%s: its policy is %q", what, policy)
	}
	if to := h.Get("Location"); to != "" {
		c.left = append(c.left, to)
	}
	if to := h.Get("Location"); to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.Contains(to, `\`)) {
		c.t.Errorf("%s leads to %s", what, to)
	}
	if !strings.HasPrefix(h.Get("Content-Type"), "text/html") {
		return
	}
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, found := range injected(doc) {
		c.t.Errorf("%s (%s) holds %s", what, r.Pattern, found)
	}
	doc.Find("a[href], iframe[src], img[src], form[method=get]").Each(func(_ int, s *goquery.Selection) {
		to := s.AttrOr("href", s.AttrOr("src", s.AttrOr("action", "")))
		if strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") {
			c.left = append(c.left, to)
		}
	})
	doc.Find("form[method=post]").Each(func(_ int, s *goquery.Selection) {
		to := s.AttrOr("action", r.URL.Path)
		if c.forms[to] == nil {
			c.forms[to] = url.Values{}
		}
		s.Find("[name]").Each(func(_ int, field *goquery.Selection) {
			text := evil
			if field.AttrOr("type", "") == "hidden" || goquery.NodeName(field) == "button" {
				text = field.AttrOr("value", "")
			}
			c.forms[to].Set(field.AttrOr("name", ""), text)
		})
	})
}

// walk looks at what is left, and what that leads to.
func (c *crawl) walk() {
	c.seen = make(map[string]bool)
	often := make(map[string]int)
	for len(c.left) > 0 {
		target, _, _ := strings.Cut(c.left[0], "#")
		c.left = c.left[1:]
		path, query, _ := strings.Cut(target, "?")
		first, _, _ := strings.Cut(path[1:], "/")
		if c.seen[target] || often[first] > aRoute || query != "" && often[path] > 5 {
			continue
		}
		c.seen[target] = true
		often[first]++
		often[path]++
		c.ask(http.MethodGet, target, nil)
	}
}

// asked are the words by which pages are asked for something.
const asked = "q query text next state by kind of object release month view from to limit locale type name role brief brand channel as sep show sort group cursor before after version step until zone error error_description code iss audience data mode width with"

// unseen are the routes that no walk of pages comes to: data for programs, which
// is never HTML, and what exists only in the demo or with a provider.
func unseen(pattern string) bool {
	path := strings.TrimPrefix(pattern, "GET ")
	return strings.HasPrefix(path, "/api/v1/") || slices.Contains([]string{
		"/assets/{version}/{file...}", "/calendar.ics", "/media/{asset}/{digest}/{rendition}", "/shared/{secret}/media/{piece}/{rendition}", "/captions/served/{release}", "/enter/{secret}", "/ofrep/v1/events", "/sign-in/oidc",
	}, path)
}

func TestNothingThatIsWrittenRuns(t *testing.T) {
	p := staffed(t)
	soiled := soilWorkspace(t, p)
	if len(soiled) < 50 {
		t.Errorf("evil stands in %d fields only: %q", len(soiled), soiled)
	}
	soilWork(t, p)
	strangers := &crawl{t: t, h: p.handler, as: func(*http.Request) {}, visits: map[string]int{}, fine: map[string]int{}, forms: map[string]url.Values{}}
	strangers.left = []string{"/sign-in", "/sign-in?next=" + url.QueryEscape(lure), "/" + url.PathEscape(evil), "/welcome/" + invited(t, p, "mia")}
	link := "/shared/" + shared(t, p)
	strangers.left = append(strangers.left, link, link+"/list.csv", link+"/list.json")
	strangers.walk()
	c := &crawl{t: t, h: p.handler, as: comes(t, p, "the owner"), visits: map[string]int{}, fine: map[string]int{}, forms: map[string]url.Values{}}
	c.start(p)
	words := url.Values{}
	for _, name := range strings.Fields(asked) {
		words.Set(name, evil)
	}
	for target := range c.seen {
		path, _, _ := strings.Cut(target, "?")
		c.left = append(c.left, path+"?"+words.Encode(), path+url.PathEscape(evil))
	}
	c.walk()
	for to, form := range c.forms {
		if to == "/inspect" {
			form.Del("decision")
		}
		if !strings.HasPrefix(to, "/account/sessions") {
			c.ask(http.MethodPost, to, form)
		}
	}
	c.walk()
	total := 0
	for _, n := range c.visits {
		total += n
	}
	t.Logf("%d answers of %d routes, %d forms, evil in %d fields", total, len(c.visits), len(c.forms), len(soiled))
	for _, route := range p.mux.Routes() {
		if strings.HasPrefix(route.Pattern, "GET ") && c.fine[route.Pattern]+strangers.fine[route.Pattern] == 0 && !unseen(route.Pattern) {
			t.Errorf("%s was looked at %d times, and never seen", route.Pattern, c.visits[route.Pattern])
		}
	}
}

// start walks from every address that needs no name.
func (c *crawl) start(p *process) {
	c.left = []string{"/", "/events/placement/home.hero", "/draft/rendering/0/after", "/make/copy.xlf?to=de"}
	for _, route := range p.mux.Routes() {
		if path, ok := strings.CutPrefix(route.Pattern, "GET "); ok && !strings.Contains(path, "{") {
			c.left = append(c.left, path)
		}
	}
	for _, kind := range throughline.Kinds() {
		c.left = append(c.left, "/new/"+string(kind), "/edit/"+string(kind)+"/card", "/edit/"+string(kind)+"/house")
	}
	c.walk()
}

// invited returns the secret of a link made for somebody by the owner.
func invited(t *testing.T, p *process, person string) string {
	t.Helper()
	owner := engine.Caller{Actor: throughline.Actor{Kind: throughline.ActorPerson, ID: "ana"}, Owner: true}
	secret, err := p.access.Invite(t.Context(), owner, person, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// shared returns the secret of a link by which the owner shows a piece outside.
func shared(t *testing.T, p *process) string {
	t.Helper()
	owner := engine.Caller{Actor: throughline.Actor{Kind: throughline.ActorPerson, ID: "ana"}, Owner: true}
	made, err := share.New(p.core, p.content).Make(t.Context(), owner, share.Request{
		For: evil, Pieces: []throughline.Ref{{Kind: throughline.KindFragment, Name: "cta-see"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return made.Secret
}

// declared applies manifests beside what is there of people and engine.
func declared(t *testing.T, p *process, manifests ...string) {
	t.Helper()
	resources, err := content.Read(enginetest.Files(manifests...))
	if err != nil {
		t.Fatal(err)
	}
	resources = slices.DeleteFunc(resources, func(r throughline.Resource) bool {
		return r.Kind == throughline.KindPerson || r.Kind == throughline.KindEngine
	})
	if _, err := p.content.Apply(t.Context(), engine.AtShell(atShell()), content.Change{Resources: resources}); err != nil {
		t.Fatal(err)
	}
}
