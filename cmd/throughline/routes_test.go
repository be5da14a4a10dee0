package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// The classes of routes. Most are a right; those with a plus are refused more
// finely by the use case, by what is changed.
const (
	anyone   = "anyone"
	member   = "member"
	reads    = "read"
	readsOr  = "read+"
	changes  = "change+"
	makes    = "make"
	operates = "operate"
	keys     = "operate+"
	people   = "people+"
	approves = "approve+"
	readKey  = "a read key"
	writeKey = "a write key"
)

// classes has a row for every route of every door. A new route without a row
// fails the test: say here who may use it.
var classes = map[string]string{
	"/":        anyone,
	"/api/v1/": member,

	"GET /{$}": reads, "GET /line/events": reads, "GET /preview/{placement}/{variant}": reads, "GET /design": reads, "GET /search": reads, "GET /library": reads,
	"GET /shares": makes, "GET /shares/new": makes, "POST /shares": makes, "POST /shares/{id}/extend": makes, "POST /shares/{id}/end": makes,
	"GET /shared/{secret}": anyone, "GET /shared/{secret}/list.csv": anyone, "GET /shared/{secret}/list.json": anyone, "GET /shared/{secret}/media/{piece}/{rendition}": anyone,
	"GET /api/v1/shares": makes, "POST /api/v1/shares": makes, "POST /api/v1/shares/{id}/extend": makes, "DELETE /api/v1/shares/{id}": makes,

	"GET /brief": reads, "GET /make": reads, "GET /check": reads, "GET /release": reads, "GET /decide": reads, "GET /deliver": reads, "GET /learn": reads,
	"GET /assets/{version}/{file...}": anyone, "POST /theme": anyone,

	"GET /draft": changes, "POST /draft": changes, "GET /draft/rendering/{at}/{side}": changes,
	"GET /release/{number}": reads, "GET /release/{number}/rendering/{at}/{side}": reads, "POST /release/{number}/approve": approves,
	"POST /release/{number}/return": readsOr, "POST /release/{number}/withdraw": readsOr, "POST /release/{number}/reschedule": readsOr,
	"POST /release/{number}/rollback": changes, "GET /calendar": reads, "POST /calendar/link": reads, "GET /calendar.ics": anyone,

	"GET /audience/{name...}": reads, "GET /brand/{name...}": reads, "GET /brief/{name...}": reads, "GET /channel/{name...}": reads,
	"GET /engine/{name...}": reads, "GET /asset/{name...}": reads, "GET /claim/{name...}": reads, "GET /disclosure/{name...}": reads,
	"GET /guardrailset/{name...}": reads, "GET /vocabulary/{name...}": reads, "GET /team/{name...}": reads, "GET /stewardship/{name...}": reads, "GET /fragment/{name...}": reads, "GET /goal/{name...}": reads, "GET /guardrail/{name...}": reads,
	"GET /template/{name...}": reads, "GET /edit/{kind}/{name...}": reads, "POST /edit/{kind}/{name...}": changes,
	"GET /new/{kind}": changes, "POST /new/{kind}": changes, "GET /make/preview/{kind}/{name...}": reads, "GET /look/{name...}": reads, "GET /make/names": reads, "POST /make/undo": changes,
	"GET /make/copy": reads, "POST /make/copy": changes, "GET /make/copy.csv": reads, "POST /make/copy/csv": changes, "GET /make/copy.xlf": reads, "POST /make/copy/xlf": changes,

	"GET /library/add": "change+", "POST /library/add": "change+", "POST /library/add/file": "change+", "POST /library/add/both": "change+", "POST /library/add/words": "change+",

	"GET /sign-in": anyone, "POST /sign-in": anyone, "GET /sign-in/oidc": anyone, "POST /sign-in/oidc": anyone, "POST /sign-out": anyone,
	"GET /welcome/{secret}": anyone, "POST /welcome/{secret}": anyone, "POST /welcome/{secret}/oidc": anyone, "GET /enter/{secret}": anyone,

	"GET /people": reads, "POST /people": people, "POST /people/links/{id}/revoke": people, "POST /people/{name}/link": people,
	"POST /people/{name}/remove": people, "POST /people/{name}/roles": people, "POST /people/{name}/sign-out": people,
	"GET /person/{name...}": "member+", "POST /account/password": member, "POST /account/sessions/{id}/end": member, "POST /account/sign-out": member,
	"GET /tokens": operates, "POST /tokens": keys, "POST /tokens/{name}/revoke": "member+", "GET /audit": reads, "GET /audit.csv": reads,

	"GET /placement/{name...}": reads, "GET /events/placement/{name...}": reads, "GET /variant/{placement}/{id}": reads,
	"GET /inspect": reads, "POST /inspect": operates, "GET /decision/{id}": reads, "GET /recipient/{handle}": operates,
	"GET /journal": reads, "GET /journal/{seq}": reads, "GET /journal.csv": reads, "GET /journal.jsonl": reads, "GET /events/journal": reads,

	"GET /start": reads, "POST /start/placement": changes, "POST /start/example": changes, "POST /start/decision": operates, "POST /start/keys": operates, "GET /events/start": reads,
	"POST /captions": reads, "GET /captions/served/{release}": reads,

	"GET /api/v1/status": reads, "GET /api/v1/line": reads, "GET /api/v1/rules": reads, "GET /api/v1/placements/{name}": reads, "GET /api/v1/variants/{id}": reads, "GET /api/v1/variants/{id}/story": reads,
	"GET /api/v1/resources": reads, "GET /api/v1/resources/{kind}/{name}": reads, "GET /api/v1/export": reads, "GET /api/v1/translations": reads, "POST /api/v1/translations": reads, "GET /api/v1/search": reads, "GET /api/v1/library": reads,
	"GET /api/v1/objects": reads, "GET /api/v1/objects/{kind}/{name}": reads, "GET /api/v1/objects/{kind}/{name}/revisions/{digest}": reads,
	"GET /api/v1/decisions/{id}": reads, "POST /api/v1/ask": reads, "POST /api/v1/excluded": reads, "GET /api/v1/previews": reads,
	"POST /api/v1/plan": readsOr, "POST /api/v1/render": readsOr, "POST /api/v1/check": readsOr, "POST /api/v1/apply": changes,
	"GET /api/v1/draft": changes, "POST /api/v1/draft": changes, "GET /api/v1/draft/plan": changes, "GET /api/v1/draft/problems": changes,
	"POST /api/v1/draft/discard": changes, "POST /api/v1/draft/undo": changes, "POST /api/v1/draft/redo": changes, "GET /api/v1/drafts": readsOr,
	"GET /api/v1/releases": reads, "POST /api/v1/releases": changes, "GET /api/v1/releases/{number}": reads, "GET /api/v1/releases/{number}/rights": reads,
	"POST /api/v1/releases/{number}/approve": approves, "POST /api/v1/releases/{number}/return": readsOr, "POST /api/v1/releases/{number}/rollback": changes,
	"POST /api/v1/releases/{number}/schedule": readsOr, "POST /api/v1/releases/{number}/withdraw": readsOr, "GET /api/v1/calendar": reads,
	"POST /api/v1/invitations": people, "GET /api/v1/invitations": "people", "DELETE /api/v1/invitations/{id}": people,
	"GET /api/v1/tokens": operates, "POST /api/v1/tokens": keys, "DELETE /api/v1/tokens/{name}": keys,
	"POST /api/v1/verify": operates, "POST /api/v1/rebuild": operates, "POST /api/v1/backup": operates, "POST /api/v1/forget": operates,
	"GET /api": reads, "GET /api/{operation}": reads, "GET /openapi.json": anyone, "GET /openapi.yaml": anyone,

	"POST /ofrep/v1/evaluate/flags": readKey, "POST /ofrep/v1/evaluate/flags/{key}": readKey, "POST /v1/render/{key}": readKey, "POST /v1/{kind}": writeKey,
	"GET /ofrep/v1/events": "a ticket", "GET /throughline.js": anyone, "GET /healthz": anyone, "GET /media/{asset}/{digest}/{rendition}": anyone, "POST /api/v1/files": "change+", "OPTIONS /ofrep/": anyone, "OPTIONS /v1/": anyone,
}

// visitors are who comes, with the classes they may use besides anyone. It is
// written down by hand from docs/operate.md, and not asked of the code.
var visitors = map[string]struct {
	may    []string
	person string        // signed in as
	token  operate.Scope // or with a key made by the owner
	limits []throughline.Grant
}{
	"the owner":             {person: "ana", may: []string{"member", "read", "change", "make", "operate", "people", "approve"}},
	"a steward":             {person: "steve", may: []string{"member", "read", "change", "make", "operate", "people", "approve"}},
	"a maker":               {person: "mia", may: []string{"member", "read", "change", "make"}},
	"an operator":           {person: "omar", may: []string{"member", "read", "change", "operate"}},
	"an approver":           {person: "ali", may: []string{"member", "read", "approve"}},
	"a viewer":              {person: "vera", may: []string{"member", "read"}},
	"somebody without role": {person: "nora", may: []string{"member"}},
	"a stranger":            {},
	"a read key":            {token: operate.ScopeRead, may: []string{"a read key"}},
	"a write key":           {token: operate.ScopeWrite, may: []string{"a write key"}},
	"a manage key":          {token: operate.ScopeManage, may: []string{"member", "read", "change", "make", "operate", "people"}},
	"a manage key to read": {
		token: operate.ScopeManage, may: []string{"member", "read"},
		limits: []throughline.Grant{{Role: throughline.Viewer}},
	},
}

const staff = `
apiVersion: throughline/v1
kind: Engine
metadata: {name: main}
spec: {title: Routes, owner: ana}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: ana}
spec: {name: Ana Keller}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: nora}
spec: {name: Nora Ek}
`

// staffed opens a whole process, with somebody of every role.
func staffed(t testing.TB) *process {
	t.Helper()
	p, err := openProcess(t.Context(), t.TempDir(), slog.New(slog.NewTextHandler(io.Discard, nil)), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.close() })
	text := staff
	for name, role := range map[string]throughline.Role{
		"steve": throughline.Steward, "mia": throughline.Maker, "omar": throughline.Operator, "ali": throughline.Approver, "vera": throughline.Viewer,
	} {
		text += fmt.Sprintf("---\napiVersion: throughline/v1\nkind: Person\nmetadata: {name: %s}\nspec: {name: %s, roles: [{role: %s}]}\n", name, name, role)
	}
	resources, err := content.Read([]content.File{{Name: "staff.yaml", Text: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.content.Apply(t.Context(), engine.AtShell(atShell()), content.Change{Resources: resources}); err != nil {
		t.Fatal(err)
	}
	if err := p.access.AcceptFor(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
	return p
}

// comes returns how a visitor shows who they are, on each request anew: some
// routes end sessions.
func comes(t testing.TB, p *process, name string) func(*http.Request) {
	t.Helper()
	v := visitors[name]
	if v.token != "" {
		owner := engine.Caller{Actor: throughline.Actor{Kind: throughline.ActorPerson, ID: "ana"}, Owner: true}
		ask := operate.TokenRequest{Name: "key-" + strings.ReplaceAll(name, " ", "-"), Scope: v.token, Limits: v.limits}
		secret, err := p.access.CreateToken(t.Context(), owner, ask)
		if err != nil {
			t.Fatal(err)
		}
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+secret) }
	}
	if v.person == "" {
		return func(*http.Request) {}
	}
	cookie := ""
	return func(r *http.Request) {
		if visit, err := p.access.Visit(t.Context(), cookie); err != nil || visit.Session == "" {
			if cookie, _, err = p.access.StartSession(t.Context(), v.person); err != nil {
				t.Fatal(err)
			}
		}
		r.AddCookie(&http.Cookie{Name: serve.SessionCookie, Value: cookie})
	}
}

// answered asks a route and says what class of answer it gave.
func answered(h http.Handler, pattern string, as func(*http.Request)) (class string, status int) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		method, path = http.MethodGet, pattern+"nothing/here"
	}
	path = strings.NewReplacer("{$}", "", "/v1/{kind}", "/v1/track", "{number}", "1", "{kind}", "Fragment", "{name...}", "vera", "...", "", "{", "", "}", "").Replace(path)
	body, typ := "x=1", "application/x-www-form-urlencoded"
	if machine(path) {
		body, typ = "{}", "application/json"
	}
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond) // a stream ends by it
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", typ)
	r.Header.Set("Accept", "text/html, */*")
	as(r)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	switch {
	case w.Code == http.StatusUnauthorized, w.Code == http.StatusSeeOther && strings.HasPrefix(w.Header().Get("Location"), "/sign-in") && path != "/sign-out":
		return "sign in", w.Code
	case w.Code == http.StatusForbidden:
		return "forbidden", w.Code
	}
	return "allowed", w.Code
}

// machine reports whether a path is of a door for programs, which take keys.
func machine(path string) bool {
	return strings.HasPrefix(path, "/api/v1/") || strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/ofrep/")
}

// verdict returns what is wrong with an answer, or "".
func verdict(pattern, name, class, got string) string {
	v := visitors[name]
	right, finer := strings.CutSuffix(class, "+")
	_, path, _ := strings.Cut(pattern, " ")
	if path == "" {
		path = pattern
	}
	may := slices.Contains(v.may, right) && (v.token == "" || machine(path))
	switch {
	case class == anyone && got == "allowed", may && got == "allowed", may && finer && got == "forbidden" && name != "the owner":
		return ""
	case class != anyone && !may && got != "allowed":
		return ""
	}
	return fmt.Sprintf("%s by %s: %s, and the table says %s", pattern, name, got, class)
}

func TestEveryRouteByEveryRole(t *testing.T) {
	p := staffed(t)
	for _, route := range p.mux.Routes() {
		if _, ok := classes[route.Pattern]; !ok {
			t.Errorf("%s has no row: say in classes who may use it", route.Pattern)
		}
	}
	for pattern := range classes {
		if !slices.ContainsFunc(p.mux.Routes(), func(r serve.Route) bool { return r.Pattern == pattern }) {
			t.Errorf("the row %s is of no route", pattern)
		}
	}
	for name := range visitors {
		as := comes(t, p, name)
		for _, route := range p.mux.Routes() {
			class := classes[route.Pattern]
			if class == "" || class == anyone && route.Pattern == "POST /sign-in" || class == "a ticket" { // their own tests know what they answer
				continue
			}
			got, status := answered(p.handler, route.Pattern, as)
			if wrong := verdict(route.Pattern, name, class, got); wrong != "" {
				t.Errorf("%s (%d)", wrong, status)
			}
		}
	}
}

// A harness that gives a verdict has to be able to give the other one.
func TestAnOpenRouteIsCaught(t *testing.T) {
	p := staffed(t)
	open := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "everything") })
	p.mux.Handle(serve.Route{Pattern: "GET /leak", Right: engine.RightOwn}, open)
	if !slices.ContainsFunc(p.mux.Routes(), func(r serve.Route) bool { return r.Pattern == "GET /leak" }) || classes["GET /leak"] != "" {
		t.Error("a new route is not seen")
	}
	got, _ := answered(p.handler, "GET /leak", func(*http.Request) {})
	if verdict("GET /leak", "a stranger", operates, got) == "" {
		t.Error("a route whose handler has no gate passes for a closed one")
	}
	t.Run("a route that says neither who may nor why it is open is refused", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("it was registered")
			}
		}()
		p.mux.Handle(serve.Route{Pattern: "GET /silent"}, open)
	})
}
