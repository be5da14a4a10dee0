package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

var (
	update   = flag.Bool("update", false, "write docs/openapi.yaml anew")
	rerecord = flag.Bool("record", false, "write the examples anew, which the next build has in its document")
)

// document is the part of an OpenAPI document that the tests look at.
type document struct {
	Paths      map[string]map[string]*operation
	Tags       []struct{ Name, Description string }
	Components struct {
		Schemas, Responses, SecuritySchemes map[string]any
	}
	raw map[string]any
}

type operation struct {
	OperationID, Summary, Description string
	Tags                              []string
	Parameters                        []struct{ Name, In string }
	RequestBody                       *struct{ Content map[string]media }
	Responses                         map[string]struct {
		Ref     string `json:"$ref"`
		Content map[string]media
	}
	Right string `json:"x-right"`
	Open  string `json:"x-open"`
}

type media struct {
	Schema   map[string]any
	Example  any
	Examples map[string]struct{ Value any }
}

func (d *door) document(t testing.TB) *document {
	t.Helper()
	a := d.do(t, ask{method: "GET", path: "/openapi.json"})
	if a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	doc := new(document)
	if err := json.Unmarshal(a.body, doc); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(a.body, &doc.raw); err != nil {
		t.Fatal(err)
	}
	return doc
}

// each calls f for every operation of a document.
func (doc *document) each(f func(method, path string, op *operation)) {
	for path, methods := range doc.Paths {
		for method, op := range methods {
			f(strings.ToUpper(method), path, op)
		}
	}
}

func TestTheDocumentIsWrittenDown(t *testing.T) {
	t.Parallel()
	d := openDoor(t, enginetest.Options{})
	a := d.do(t, ask{method: "GET", path: "/openapi.yaml"})
	golden := filepath.Join("..", "..", "..", "docs", "openapi.yaml")
	if *update {
		if err := os.WriteFile(golden, a.body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(a.body)); diff != "" {
		t.Errorf("docs/openapi.yaml is not what is served; look at the difference, then run go test ./internal/serve/api -update\n%s", diff)
	}
	t.Run("who has it already is told so", func(t *testing.T) {
		again := d.do(t, ask{method: "GET", path: "/openapi.yaml", header: http.Header{"If-None-Match": {a.header.Get("ETag")}}})
		if again.status != http.StatusNotModified || len(again.body) != 0 {
			t.Errorf("%d with %d bytes", again.status, len(again.body))
		}
	})
}

func TestEveryOperationIsDescribed(t *testing.T) {
	t.Parallel()
	d := openDoor(t, enginetest.Options{})
	doc := d.document(t)
	routes := map[string]serve.Route{}
	for _, r := range d.mux.Routes() {
		routes[r.Pattern] = r
	}
	var tags []string
	for _, tag := range doc.Tags {
		tags = append(tags, tag.Name)
	}
	inPath := regexp.MustCompile(`\{(\w+)\}`)
	doc.each(func(method, path string, op *operation) {
		at := method + " " + path
		if op.OperationID == "" || op.Summary == "" || op.Description == "" || len(op.Tags) != 1 || !slices.Contains(tags, op.Tags[0]) {
			t.Errorf("%s lacks its id, its words or its tag: %+v", at, op)
		}
		route := routes[at]
		delete(routes, at)
		if string(route.Right) != op.Right || route.Open != op.Open || (op.Right == "") == (op.Open == "") {
			t.Errorf("%s says %q%q, and its route %q%q", at, op.Right, op.Open, route.Right, route.Open)
		}
		var declared, named []string
		for _, p := range op.Parameters {
			if p.In == "path" {
				declared = append(declared, p.Name)
			}
		}
		for _, m := range inPath.FindAllStringSubmatch(path, -1) {
			named = append(named, m[1])
		}
		if !slices.Equal(declared, named) {
			t.Errorf("%s declares the parameters %v", at, declared)
		}
		binary := func(typ string) bool { return typ == "application/octet-stream" || typ == "image/*" } // nobody reads an example of it
		if op.RequestBody != nil && !slices.ContainsFunc(slices.Collect(maps.Keys(op.RequestBody.Content)), binary) && op.RequestBody.Content["application/json"].Example == nil {
			t.Errorf("%s has no example of a request", at)
		}
		for typ, m := range op.Responses["200"].Content {
			if m.Example == nil && !binary(typ) {
				t.Errorf("%s has no example of an answer as %s", at, typ)
			}
		}
	})
	for pattern := range routes {
		if strings.Contains(pattern, " /api/v1/") || strings.Contains(pattern, " /v1/") && !strings.HasPrefix(pattern, "OPTIONS") {
			t.Errorf("the document says nothing of %s", pattern)
		}
	}
}

// step is one request of a walk through the whole document.
type step struct {
	id   string
	as   string            // whose session; empty is the manage key
	fill map[string]string // of the path, and texts of the body
	keep map[string]string // names for texts of the answer, by where they stand
}

// walk asks each operation once, in an order in which each finds what it needs.
func walk() []step {
	n := func(k, v string) map[string]string { return map[string]string{k: v} }
	return []step{
		{id: "health"},
		{id: "plan"},
		{id: "renderTemplate"},
		{id: "check"},
		{id: "apply"},
		{id: "listResources"},
		{id: "getResource", fill: map[string]string{"kind": "Fragment", "name": "headline-calm"}},
		{id: "listObjects", fill: n("?", "kind=Fragment&limit=2")},
		{id: "getObject", fill: map[string]string{"kind": "Fragment", "name": "headline-calm"}, keep: n("digest", "digest")},
		{id: "getRevision", fill: map[string]string{"kind": "Fragment", "name": "headline-calm"}},
		{id: "search", fill: n("?", "q=calm")},
		{id: "library", fill: n("?", "q=calm")},
		{id: "makeShare", keep: n("id", "id")},
		{id: "listShares"},
		{id: "extendShare"},
		{id: "endShare"},
		{id: "excluded"},
		{id: "export"},
		{id: "saveDraft"},
		{id: "getDraft"},
		{id: "planDraft"},
		{id: "draftProblems"},
		{id: "listDrafts"},
		{id: "previews"},
		{id: "discardDraft"},
		{id: "undoDraft"},
		{id: "redoDraft"},
		{id: "propose", keep: n("number", "number")},
		{id: "releaseRights"},
		{id: "reschedule"},
		{id: "calendar", fill: n("?", "from=2026-11-01T00:00:00Z&to=2027-03-01T00:00:00Z")},
		{id: "withdraw"},
		{id: "propose", as: "mia", keep: n("number", "number")},
		{id: "approve", as: "ana"},
		{id: "propose", as: "mia", keep: n("number", "number")},
		{id: "returnRelease", as: "ana"},
		{id: "listReleases"},
		{id: "getRelease"},
		{id: "rollback", fill: n("number", "2")},
		{id: "evaluateFlag", fill: n("key", "home.hero"), keep: map[string]string{"DECISION_ID": "metadata.decisionId", "id": "metadata.decisionId", "variant": "variant"}},
		{id: "evaluateFlags", keep: n("stream", "eventStreams.0.endpoint.requestUri")},
		{id: "renderPlacement", fill: n("key", "home.hero")},
		{id: "sendEvents", fill: n("kind", "batch")},
		{id: "ask"},
		{id: "explainDecision"},
		{id: "line"},
		{id: "placement", fill: n("name", "home.hero")},
		{id: "evaluateFlag", fill: n("key", "home.hero"), keep: n("id", "variant")},
		{id: "variant"},
		{id: "variantStory"},
		{id: "status"},
		{id: "createToken"},
		{id: "listTokens"},
		{id: "revokeToken", fill: n("name", "website")},
		{id: "invite"},
		{id: "listInvitations", keep: n("id", "0.id")},
		{id: "revokeInvitation"},
		{id: "verify"},
		{id: "rebuild"},
		{id: "backup"},
		{id: "forget"},
		{id: "textsToTranslate", fill: n("?", "to=de&q=try")},
		{id: "textsTranslated"},
		{id: "rules"},
	}
}

const approving = `
apiVersion: throughline/v1
kind: Engine
metadata: {name: main}
spec: {title: Test engine, owner: ana, releases: approved}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: mia}
spec: {name: Mia Berg, discipline: creative, roles: [{role: maker}]}
---
apiVersion: throughline/v1
kind: Brand
metadata: {name: house}
spec: {title: House, voice: Plain and short., locales: {default: en, supported: [de]}}
`

// Every request of the document is sent to a real engine, and what comes back
// must be what the document says.
func TestTheExamplesAreTrue(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC))
	d := openLive(t, enginetest.Options{Clock: clock.Now})
	if err := d.Access.AcceptFor(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
	doc := d.document(t)
	asked := map[string]bool{"flagEvents": true, "takeFile": true, "showFile": true} // a stream and files have their own tests
	known := map[string]string{"visitor-1": "visitor-1", "/backups/monday": filepath.ToSlash(filepath.Join(t.TempDir(), "monday"))}
	for _, s := range walk() {
		if s.as == "mia" && !asked["approve"] {
			d.Serves(t, d.Apply(t, approving).Number)
		}
		if s.id == "rules" {
			d.refuse(t)
		}
		if s.id == "evaluateFlag" { // of what is in force, and not of the release before
			live, err := d.Content.Releases(t.Context(), enginetest.Shell(), content.ReleaseFilter{Limit: 1, States: []throughline.ReleaseState{throughline.ReleaseLive}})
			if err != nil || len(live.Releases) != 1 {
				t.Fatal(live, err)
			}
			d.Serves(t, live.Releases[0].Number)
		}
		a := d.play(t, doc, s, known)
		clock.Turn(time.Second)
		asked[s.id] = true
		if *rerecord && a != nil {
			write(t, s.id, a)
		}
	}
	doc.each(func(_, path string, op *operation) {
		if !asked[op.OperationID] {
			t.Errorf("nobody tries %s (%s)", op.OperationID, path)
		}
	})
}

// refuse lets a rule speak: a call that is longer than its slot.
func (d *door) refuse(t *testing.T) {
	t.Helper()
	long := throughline.Resource{
		APIVersion: throughline.APIVersion, Kind: throughline.KindFragment, Metadata: throughline.Metadata{Name: "cta-try"},
		Spec: &throughline.Fragment{Role: "cta", Brief: "visit", Values: map[string]string{"en": "Try it without any obligation"}},
	}
	if _, err := d.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Resources: []throughline.Resource{long}}); err == nil {
		t.Fatal("a call of 29 characters went live")
	}
	enginetest.Eventually(t, "the rule is counted", func() bool { return len(d.Operate.Rules()) > 0 })
}

// play sends one example and returns the answer, after it was held against the
// document.
func (d *door) play(t *testing.T, doc *document, s step, known map[string]string) []byte {
	t.Helper()
	var method, path string
	var op *operation
	doc.each(func(m, p string, o *operation) {
		if o.OperationID == s.id {
			method, path, op = m, p, o
		}
	})
	if op == nil {
		t.Errorf("the document has no %s", s.id)
		return nil
	}
	for k, v := range s.fill {
		known[k] = v
	}
	for k, v := range known {
		path = strings.ReplaceAll(path, "{"+k+"}", v)
	}
	if q := s.fill["?"]; q != "" {
		path += "?" + q
	}
	body := ""
	if op.RequestBody != nil {
		example := op.RequestBody.Content["application/json"].Example
		text, err := json.Marshal(example)
		if err != nil {
			t.Fatal(err)
		}
		body = string(text)
		for _, k := range []string{"DECISION_ID", "/backups/monday"} {
			body = strings.ReplaceAll(body, k, known[k])
		}
		doc.holds(t, s.id+" request", op.RequestBody.Content["application/json"].Schema, example)
	}
	a := d.do(t, ask{method: method, path: path, body: body, header: d.asWhom(t, s, path)})
	if a.status != http.StatusOK {
		t.Errorf("%s: %s %s answers %d %s", s.id, method, path, a.status, a.body)
		return nil
	}
	lines := bytes.Split(bytes.TrimSpace(a.body), []byte("\n"))
	last := lines[len(lines)-1]
	var got any
	if err := json.Unmarshal(last, &got); err != nil {
		t.Errorf("%s: %v", s.id, err)
		return nil
	}
	for typ, m := range op.Responses["200"].Content {
		doc.holds(t, s.id+" answer", m.Schema, got)
		doc.holds(t, s.id+" example as "+typ, m.Schema, m.Example)
	}
	if result, ok := got.(map[string]any); ok && result["error"] != nil {
		t.Errorf("%s ended with %s", s.id, last)
	}
	for name, where := range s.keep {
		known[name] = at(t, got, where)
	}
	return last
}

// asWhom returns how a step shows who asks.
func (d *door) asWhom(t *testing.T, s step, path string) http.Header {
	t.Helper()
	scope := operate.ScopeManage
	switch {
	case strings.HasPrefix(path, "/ofrep/"), strings.HasPrefix(path, "/v1/render/"):
		scope = operate.ScopeRead
	case strings.HasPrefix(path, "/v1/"):
		scope = operate.ScopeWrite
	case s.as != "":
		cookie, _, err := d.Access.StartSession(t.Context(), s.as)
		if err != nil {
			t.Fatal(err)
		}
		return http.Header{"Cookie": {serve.SessionCookie + "=" + cookie}, "Content-Type": {"application/json"}}
	}
	return with(bearer(d.keys[scope]), "Content-Type", "application/json")
}

// at returns the text that stands somewhere in an answer.
func at(t *testing.T, v any, where string) string {
	t.Helper()
	for part := range strings.SplitSeq(where, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[part]
		case []any:
			if len(in) == 0 {
				t.Fatalf("nothing stands at %s", where)
			}
			v = in[0]
		}
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Trim(string(text), `"`)
}

// secrets are what an example must not keep, though the engine is gone that knew
// them.
var secrets = regexp.MustCompile(`tl_(read|write|manage)_[\w-]+|/welcome/[\w-]+|ticket=[\w.-]+`)

func write(t *testing.T, id string, answer []byte) {
	t.Helper()
	clean := secrets.ReplaceAllFunc(answer, func(b []byte) []byte {
		switch {
		case bytes.HasPrefix(b, []byte("tl_")):
			return append(b[:bytes.LastIndexByte(b[:10], '_')+1:len(b)], "SECRET"...)
		case bytes.HasPrefix(b, []byte("/welcome/")):
			return []byte("/welcome/SECRET")
		}
		return []byte("ticket=TICKET")
	})
	clean = regexp.MustCompile(`"folder":"[^"]*"`).ReplaceAll(clean, []byte(`"folder":"/backups/monday"`))
	var v any
	if err := json.Unmarshal(clean, &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.MarshalIndent(shorten(v), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("examples", id+".json"), append(out, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// shorten keeps two of each list of objects: an example is to be read.
func shorten(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, in := range v {
			if k != "nodes" { // a tree that is whole or nothing
				v[k] = shorten(in)
			}
		}
	case []any:
		for i := range v {
			v[i] = shorten(v[i])
		}
		if len(v) > 2 {
			return v[:2]
		}
	}
	return v
}

// holds reports an error where a value is not of a schema of the document.
func (doc *document) holds(t *testing.T, what string, schema map[string]any, v any) {
	t.Helper()
	if err := doc.valid(t, schema, v); err != nil {
		t.Errorf("%s is not what the document says: %v", what, err)
	}
}

// valid asks a validator that did not write the document.
func (doc *document) valid(t *testing.T, schema map[string]any, v any) error {
	t.Helper()
	root := maps.Clone(schema)
	root["components"] = doc.raw["components"]
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	const at = "https://example.com/document.json"
	if err := c.AddResource(at, root); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile(at)
	if err != nil {
		t.Fatal(err)
	}
	return compiled.Validate(v)
}

// A harness that gives a verdict has to be able to give the other one.
func TestAnExampleThatIsNotTrueIsCaught(t *testing.T) {
	t.Parallel()
	doc := openDoor(t, enginetest.Options{}).document(t)
	for _, fault := range []string{`{"ready": "yes"}`, `{}`, `{"ready": true, "and": 1}`} {
		var v any
		if err := json.Unmarshal([]byte(fault), &v); err != nil {
			t.Fatal(err)
		}
		if doc.valid(t, doc.Paths["/healthz"]["get"].Responses["200"].Content["application/json"].Schema, v) == nil {
			t.Errorf("%s passes", fault)
		}
	}
}
