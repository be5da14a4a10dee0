package api

import (
	"bytes"
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/serve"
)

// The document that describes the API. Its shapes come from what is registered,
// its rights from the routes, its words and requests from operations.md, and its
// answers from a real engine, recorded in examples/. docs/openapi.yaml is the
// whole of it; the tests say how it is written anew.

//go:embed operations.md
var operationsText string

//go:embed examples
var recorded embed.FS

// apiVersion is the version of the wire, which the paths carry; a build has its
// own.
const apiVersion = "1"

const problemType = "application/problem+json"

// openapi says what holds for the whole document.
func openapi() huma.Config {
	c := huma.DefaultConfig("Throughline", apiVersion)
	c.OpenAPIPath = "" // served by a door of our own, see serveDocument
	c.DocsPath = ""
	c.SchemasPath = ""
	c.CreateHooks = nil // no $schema links in bodies
	c.Transformers = []huma.Transformer{ownForm}
	c.Info.Description = "Everything one engine can be asked over HTTP. " +
		"`x-right` of an operation is the right that whoever asks must have somewhere; the use case behind it may look closer, at kinds, brands and markets. " +
		"`x-open` says instead why everybody may reach it. Times are RFC 3339 in UTC, durations text such as `90d`, rates and probabilities from 0 to 1. " +
		"Examples are what a real engine answered, with two of each longer list."
	c.Info.License = &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"}
	c.Servers = []*huma.Server{{URL: "/", Description: "the engine that serves this document"}}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"key":      {Type: "http", Scheme: "bearer", Description: "A service token: `throughline token create NAME --scope manage`, `read` for decisions, `write` for events."},
		"writeKey": {Type: "http", Scheme: "basic", Description: "A token with the scope `write` as the user, with an empty password, as Segment's clients send it."},
		"apiKey":   {Type: "apiKey", In: "header", Name: "X-API-Key", Description: "A token with the scope `read`, as some OpenFeature providers send it."},
		"session":  {Type: "apiKey", In: "cookie", Name: serve.SessionCookie, Description: "A signed-in person, on pages of the engine alone: a change that another site asks for is refused."},
	}
	c.Security = []map[string][]string{{"key": {}}, {"session": {}}}
	return c
}

// told is what operations.md says of one operation.
type told struct {
	tag, about string
	request    json.RawMessage // an example of its body
	errors     []failing
}

// failing is one way an operation fails.
type failing struct {
	code throughline.Code
	when string
}

// parseTold reads operations.md: a heading of the first level is a tag, one of
// the second an operation, a block of code an example of its request.
func parseTold(text string) (tags []*huma.Tag, ops map[string]told) {
	ops = map[string]told{}
	for part := range strings.SplitSeq("\n"+text, "\n# ") {
		head, rest, _ := strings.Cut(part, "\n## ")
		name, about, ok := strings.Cut(strings.TrimSpace(head), "\n")
		if !ok {
			continue
		}
		tags = append(tags, &huma.Tag{Name: name, Description: strings.TrimSpace(about)})
		for one := range strings.SplitSeq(rest, "\n## ") {
			id, body, _ := strings.Cut(one, "\n")
			ops[id] = parseOne(name, body)
		}
	}
	return tags, ops
}

func parseOne(tag, body string) told {
	t := told{tag: tag}
	about, errors, _ := strings.Cut(body, "\nErrors: ")
	about, block, ok := strings.Cut(about, "\n```json\n")
	if ok {
		example, _, _ := strings.Cut(block, "\n```")
		t.request = json.RawMessage(example)
	}
	t.about = strings.TrimSpace(about)
	for one := range strings.SplitSeq(strings.TrimSpace(errors), "; ") {
		if code, when, ok := strings.Cut(one, ", "); ok {
			t.errors = append(t.errors, failing{throughline.Code(code), when})
		}
	}
	return t
}

// describe gives every operation its words, its errors, its examples and what it
// takes to use it. It panics on a mistake of the program, as registering does: an
// operation without words, or words without an operation.
func (a *API) describe(routes []serve.Route) {
	doc := a.huma.OpenAPI()
	tags, words := parseTold(operationsText)
	doc.Tags = tags
	for _, own := range []string{"ErrorModel", "ErrorDetail"} { // the form of errors that ownForm replaces
		delete(doc.Components.Schemas.Map(), own)
	}
	byPattern := map[string]serve.Route{}
	for _, r := range routes {
		byPattern[r.Pattern] = r
	}
	a.describeFailures(doc)
	for path, item := range doc.Paths {
		for method, op := range operationsOf(item) {
			t, ok := words[op.OperationID]
			if !ok {
				panic(fmt.Sprintf("api: operations.md says nothing of %q", op.OperationID))
			}
			delete(words, op.OperationID)
			route, ok := byPattern[method+" "+path]
			if !ok {
				panic(fmt.Sprintf("api: %s %s is described and not registered", method, path))
			}
			a.dress(op, t, route)
		}
	}
	for id := range words {
		panic(fmt.Sprintf("api: operations.md describes %q, which there is not", id))
	}
}

// operationsOf returns the operations of a path by method.
func operationsOf(item *huma.PathItem) map[string]*huma.Operation {
	all := map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodDelete: item.Delete}
	maps.DeleteFunc(all, func(_ string, op *huma.Operation) bool { return op == nil })
	return all
}

func (a *API) dress(op *huma.Operation, t told, route serve.Route) {
	op.Tags, op.Description = []string{t.tag}, t.about
	op.Extensions = map[string]any{}
	if route.Open != "" {
		op.Extensions["x-open"] = route.Open
	} else {
		op.Extensions["x-right"] = string(route.Right)
		a.refuses(op, failing{throughline.Unauthorized, "nobody is signed in, or the key is unknown"})
		a.refuses(op, failing{throughline.Forbidden, "that takes a right you do not have: you may not " + route.Right.Words()})
	}
	for _, f := range t.errors {
		a.refuses(op, f)
	}
	if op.RequestBody != nil && op.RequestBody.Content["application/octet-stream"] == nil { // of a file there is no example to read
		if t.request == nil {
			panic(fmt.Sprintf("api: operations.md has no example of a request for %q", op.OperationID))
		}
		for _, m := range op.RequestBody.Content {
			m.Example = t.request
		}
		op.RequestBody.Required = true
	}
	if ok := op.Responses["200"]; ok != nil {
		ok.Description = cmp.Or(ok.Description, "OK")
		for typ, m := range ok.Content {
			m.Example = exampleOf(op.OperationID, typ)
		}
	}
	if _, own := op.Responses["default"]; own && route.Open == "" {
		op.Responses["default"] = &huma.Response{Ref: "#/components/responses/failure"}
	}
}

// exampleOf returns the answer of an operation as it was recorded, and nil where
// that is yet to be done.
func exampleOf(id, typ string) any {
	text, err := recorded.ReadFile("examples/" + id + ".json")
	if err != nil {
		return nil
	}
	if strings.HasPrefix(typ, "text/") {
		var s string
		if err := json.Unmarshal(text, &s); err != nil {
			panic(fmt.Sprintf("api: the example of %q is no text: %v", id, err))
		}
		return s
	}
	return json.RawMessage(bytes.TrimSpace(text))
}

// refuses adds a way to fail to an operation. Two with one status stand in one
// answer, an example each.
func (a *API) refuses(op *huma.Operation, f failing) {
	status := strconv.Itoa(serve.Status(f.code))
	one := &huma.Example{Value: faultFor(f)}
	if r := op.Responses[status]; r != nil && r.Content[problemType] != nil {
		if r.Content[problemType].Examples[string(f.code)] == nil { // what holds for all is said where nothing closer is
			r.Description += "; or " + f.when
		} else {
			r.Description = f.when
		}
		r.Content[problemType].Examples[string(f.code)] = one
		return
	}
	op.Responses[status] = &huma.Response{
		Description: f.when,
		Content: map[string]*huma.MediaType{problemType: {
			Schema: a.schemaOf(reflect.TypeFor[serve.Fault]()), Examples: map[string]*huma.Example{string(f.code): one},
		}},
	}
}

func faultFor(f failing) serve.Fault {
	status := serve.Status(f.code)
	return serve.Fault{Title: http.StatusText(status), Status: status, Code: f.code, Detail: f.when}
}

// describeFailures adds the answer that everything may give.
func (a *API) describeFailures(doc *huma.OpenAPI) {
	examples := map[string]*huma.Example{}
	for _, f := range []failing{
		{throughline.TooLarge, "the request is longer than is taken at once"},
		{throughline.Exhausted, "too much at once; Retry-After says when to come back"},
		{throughline.Unavailable, "the engine cannot do this now; its log says why"},
		{throughline.Internal, "the engine made a mistake; it is in its log"},
	} {
		examples[string(f.code)] = &huma.Example{Value: faultFor(f)}
	}
	doc.Components.Responses = map[string]*huma.Response{"failure": {
		Description: "Anything else, in the same form: look at code",
		Content:     map[string]*huma.MediaType{problemType: {Schema: a.schemaOf(reflect.TypeFor[serve.Fault]()), Examples: examples}},
	}}
}

func (a *API) schemaOf(t reflect.Type) *huma.Schema {
	return a.huma.OpenAPI().Components.Schemas.Schema(t, true, t.Name())
}

// OpenAPI returns the document as JSON: the same bytes for one build.
func (a *API) OpenAPI() []byte { return a.documentJSON() }

// serveDocument answers with the document in one of its forms, which is made when
// it is first asked for.
func serveDocument(typ string, document func() []byte) http.HandlerFunc {
	tag := sync.OnceValue(func() string { return etagOf(document()) })
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", `"`+tag()+`"`)
		if sameETag(r.Header.Values("If-None-Match"), tag()) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		h.Set("Content-Type", typ)
		w.Write(document())
	}
}

// written returns the functions that write the document, once.
func (a *API) written() (asJSON, asYAML func() []byte) {
	must := func(form string, b []byte, err error) []byte {
		if err != nil { // what it is made of is part of the program
			panic("api: the document cannot be written as " + form + ": " + err.Error())
		}
		return b
	}
	asJSON = sync.OnceValue(func() []byte {
		b, err := json.Marshal(a.huma.OpenAPI())
		return must("JSON", b, err)
	})
	asYAML = sync.OnceValue(func() []byte {
		b, err := a.huma.OpenAPI().YAML()
		return must("YAML", b, err)
	})
	return asJSON, asYAML
}

// Operations returns the ids of what the document describes, by name.
func (a *API) Operations() []string {
	var ids []string
	for _, item := range a.huma.OpenAPI().Paths {
		for _, op := range operationsOf(item) {
			ids = append(ids, op.OperationID)
		}
	}
	slices.Sort(ids)
	return ids
}
