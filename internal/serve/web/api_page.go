package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// apiPages shows what programs can ask, from the same document that they read.
type apiPages struct {
	web  *Web
	read func() (*apiDocument, error)
}

func (w *Web) registerAPI(p *routes) {
	if w.Described == nil {
		return
	}
	pages := &apiPages{w, sync.OnceValues(func() (*apiDocument, error) { return readAPI(w.Described()) })}
	p.page("GET /api", engine.RightRead, pages.list)
	p.page("GET /api/{operation}", engine.RightRead, pages.one)
	p.command(command{Title: "API", URL: "/api", Right: engine.RightRead, Words: "openapi rest http reference developers curl integrate swagger"})
}

// apiListPage is every operation, a line each.
type apiListPage struct {
	shell
	Says   string
	Query  string
	Groups []apiGroup
}

type apiGroup struct {
	ID, Name string
	Says     []template.HTML
	Lines    []apiLine
}

type apiLine struct{ Method, Path, URL, Summary, Right string }

func (a *apiPages) list(rw http.ResponseWriter, r *http.Request, v viewer) error {
	doc, err := a.read()
	if err != nil {
		return err
	}
	page := apiListPage{shell: a.web.shell(r, v, "API"), Query: strings.TrimSpace(r.URL.Query().Get("q"))}
	page.Wide, page.Styles = true, []string{"api.css"}
	words := strings.Fields(strings.ToLower(page.Query))
	shown := 0
	for _, tag := range doc.Tags {
		g := apiGroup{ID: strings.ToLower(tag.Name), Name: tag.Name, Says: paragraphs(tag.Description)}
		for _, op := range doc.tagged(tag.Name) {
			if op.found(words) {
				g.Lines = append(g.Lines, apiLine{op.method, op.path, apiURL(op), op.Summary, shortRight(op)})
			}
		}
		if shown += len(g.Lines); len(g.Lines) > 0 {
			page.Groups = append(page.Groups, g)
		}
	}
	page.Says = fmt.Sprintf("Programs can ask this engine for %s, along the same line as people.", operate.Plural(len(doc.byID), "thing", "things"))
	if len(words) > 0 {
		page.Says = fmt.Sprintf("%d of %d operations have what you look for.", shown, len(doc.byID))
	}
	return a.web.render(rw, r, http.StatusOK, "api", page)
}

func apiURL(op *apiOperation) string { return "/api/" + op.OperationID }

// shortRight says in a word or two who may.
func shortRight(op *apiOperation) string {
	switch {
	case op.Right != "":
		return op.Right
	case len(op.Security) == 0 || len(op.Security) == 1 && len(op.Security[0]) == 0:
		return "everybody"
	}
	return "a key of its own"
}

// apiOperationPage is one operation, whole.
type apiOperationPage struct {
	shell
	Method, Address, Summary string
	About                    []template.HTML
	Right                    string
	Parameters               []apiField
	Request, Answer          *apiBody
	Failures                 []apiFailure
	Curl                     string
	Docs                     *struct{ Description, URL string }
	Previous, Next           *apiLine
}

// apiBody is what goes one way.
type apiBody struct {
	Type, Example string
	Fields        []apiField
}

type apiFailure struct{ Status, Code, Says string }

func (a *apiPages) one(rw http.ResponseWriter, r *http.Request, v viewer) error {
	doc, err := a.read()
	if err != nil {
		return err
	}
	op := doc.byID[r.PathValue("operation")]
	if op == nil {
		return throughline.Errorf(throughline.NotFound, "the API has no operation of that name").WithFix("find it on the page of the API")
	}
	page := apiOperationPage{
		shell:  a.web.shell(r, v, op.OperationID, crumb{Name: "API", URL: "/api"}, crumb{Name: op.Tags[0], URL: "/api#" + strings.ToLower(op.Tags[0])}),
		Method: op.method, Address: op.path, Summary: op.Summary, About: paragraphs(op.Description), Right: longRight(op),
		Curl: curl(op), Docs: op.ExternalDocs, Failures: doc.failures(op),
	}
	page.Wide, page.Styles = true, []string{"api.css"}
	for _, p := range op.Parameters {
		f := apiField{Name: p.Name, Type: doc.typeOf(p.Schema), Required: p.Required}
		words := *p.Schema
		words.Description = p.Description
		f.Says = strings.TrimPrefix(meaning(p.Schema, &words)+"; in the "+p.In, "; ")
		page.Parameters = append(page.Parameters, f)
	}
	if op.RequestBody != nil {
		page.Request = doc.body(op.RequestBody.Content)
	}
	page.Answer = doc.body(op.Responses["200"].Content)
	page.Previous, page.Next = doc.beside(op)
	return a.web.render(rw, r, http.StatusOK, "api-operation", page)
}

// paragraphs writes what is said of an operation, with code where the document
// has it between backticks.
func paragraphs(text string) (out []template.HTML) {
	for one := range strings.SplitSeq(text, "\n\n") {
		parts := strings.Split(template.HTMLEscapeString(one), "`")
		for i := 1; i < len(parts)-1; i += 2 {
			parts[i] = "<code>" + parts[i] + "</code>"
		}
		out = append(out, template.HTML(strings.Join(parts, "")))
	}
	return out
}

// beside returns the operations before and after one, in the order of the list.
func (d *apiDocument) beside(op *apiOperation) (previous, next *apiLine) {
	var all []*apiOperation
	for _, tag := range d.Tags {
		all = append(all, d.tagged(tag.Name)...)
	}
	i := slices.Index(all, op)
	line := func(o *apiOperation) *apiLine { return &apiLine{URL: apiURL(o), Summary: o.Summary} }
	if i > 0 {
		previous = line(all[i-1])
	}
	if i+1 < len(all) {
		next = line(all[i+1])
	}
	return previous, next
}

func longRight(op *apiOperation) string {
	if op.Right == "" {
		if slices.ContainsFunc(op.Security, func(s map[string]json.RawMessage) bool { return len(s) > 0 }) {
			return "Whoever has a key for it: " + op.Open + "."
		}
		return "Everybody: " + op.Open + "."
	}
	right := engine.Right(op.Right)
	if right == engine.Member {
		return "Whoever is signed in, or has a key that manages."
	}
	who := "Whoever may " + right.Words()
	if roles := engine.RolesWith(right); len(roles) > 0 {
		names := make([]string, len(roles))
		for i, r := range roles {
			names[i] = string(r)
		}
		who += ": the owner, and the role " + strings.Join(names, ", ")
	}
	return who + ". A key may what its maker may, within its limits."
}

func (d *apiDocument) body(content map[string]apiMedia) *apiBody {
	for _, typ := range slices.Sorted(maps.Keys(content)) {
		m := content[typ]
		return &apiBody{Type: typ, Example: indented(m.Example), Fields: d.fields(m.Schema)}
	}
	return nil
}

// failures lists how an operation says no, by status.
func (d *apiDocument) failures(op *apiOperation) []apiFailure {
	var out []apiFailure
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if status == "200" {
			continue
		}
		res := op.Responses[status]
		if to, ok := d.Components.Responses[strings.TrimPrefix(res.Ref, "#/components/responses/")]; ok {
			res = to
		}
		f := apiFailure{Status: status, Says: res.Description}
		if status == "default" {
			f.Status = "else"
		}
		var codes []string
		for _, m := range res.Content {
			codes = slices.Sorted(maps.Keys(m.Examples))
		}
		f.Code = strings.Join(codes, ", ")
		out = append(out, f)
	}
	return out
}

// longestInline is how many bytes of a body a line for the shell may have.
const longestInline = 600

// curl writes the operation as a line for the shell, with the key and the
// engine's address as variables.
func curl(op *apiOperation) string {
	path, query := op.path, url.Values{}
	for _, p := range op.Parameters {
		value := p.Example
		if value == nil && p.Schema != nil && len(p.Schema.Examples) > 0 {
			value = p.Schema.Examples[0]
		}
		switch {
		case value == nil:
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", fmt.Sprint(value))
		case p.In == "query" && p.Required:
			query.Set(p.Name, fmt.Sprint(value))
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	line := "curl -s"
	if op.method != http.MethodGet && op.RequestBody == nil || op.method == http.MethodDelete {
		line += " -X " + op.method
	}
	line += ` "$ENGINE` + path + `"`
	if shortRight(op) != "everybody" {
		line += " \\\n  -H \"Authorization: Bearer $KEY\""
	}
	if op.RequestBody == nil {
		return line
	}
	line += " \\\n  -H 'Content-Type: application/json' \\\n  -d "
	var body bytes.Buffer
	if err := json.Compact(&body, op.RequestBody.Content["application/json"].Example); err != nil || body.Len() > longestInline {
		return line + "@request.json"
	}
	return line + "'" + strings.ReplaceAll(body.String(), "'", `'\''`) + "'"
}
