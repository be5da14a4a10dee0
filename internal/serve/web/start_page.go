package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// The guided start keeps no step: where one stands follows from what exists, so
// it survives a closed browser and a restarted engine.

// startPage leads from an engine without content to a first exposure.
type startPage struct {
	shell
	Structure string
	// Says is what comes next; Seen that somebody saw what was decided.
	Says    leaf
	Seen    bool
	Fields  []field
	Problem *serve.Fault
	// Placement is what was begun with, nil before.
	Placement *throughline.Ref
	Page      string
	// First is its first decision, nil before.
	First     *operate.Told
	Look, Why string
	// Waits is what has to be approved before anything is live; nil for nothing.
	Waits *startWait
	// Approved says that releases wait for somebody else here.
	Approved bool
	// MayBegin and MayKeys say what the viewer may do here, Who may begin who cannot.
	MayBegin, MayKeys bool
	Who               string
	// Snippets hold real keys; Made says that keys exist that this browser does not
	// know.
	Snippets []snippet
	Made     bool
	Waiting  leaf
	leaves   leaves
}

// registerStart adds the guided start.
func (w *Web) registerStart(p *routes) {
	if w.Begin == nil || w.Library == nil || w.Sight == nil || w.People == nil {
		return
	}
	p.page("GET /start", engine.RightRead, w.start)
	p.page("POST /start/placement", engine.RightChange, w.startBlank)
	p.page("POST /start/example", engine.RightChange, w.startExample)
	p.page("POST /start/decision", engine.RightOperate, w.startDecision)
	p.page("POST /start/keys", engine.RightOperate, w.startKeys)
	p.raw("GET /events/start", engine.RightRead, w.live(w.startLeaves))
	p.command(command{Title: "Guided start", URL: "/start", Right: engine.RightRead, Words: "begin first steps snippets keys tutorial"})
}

func firstFields(f First) []field {
	return []field{
		{Name: "title", Label: "Where is it?", Value: f.Title, Required: true, Max: 80, Hint: "The placement: where on your page the content goes. Programs call it home.hero."},
		{Name: "surface", Label: "Channel", Kind: "select", Required: true, Options: []option{{"web", "a website", f.Surface != "app"}, {"app", "an app", f.Surface == "app"}}},
		{Name: "headline", Label: "One headline", Value: f.Headline, Required: true, Max: 80},
		{Name: "other", Label: "Another headline", Value: f.Other, Required: true, Max: 80, Hint: "The engine finds out which of the two works better."},
		{Name: "button", Label: "Text of the button", Value: f.Button, Required: true, Max: 30},
		{Name: "link", Label: "Where the button leads", Value: f.Link, Required: true, Max: 400, Mono: true},
	}
}

func (w *Web) start(rw http.ResponseWriter, r *http.Request, v viewer) error {
	return w.showStart(rw, r, v, http.StatusOK, nil, First{
		Title: "Top of the home page", Surface: "web", Headline: "Less work between idea and customer",
		Other: "What if every piece knew how it did?", Button: "Try it", Link: "/try",
	})
}

func (w *Web) showStart(rw http.ResponseWriter, r *http.Request, v viewer, status int, problem *serve.Fault, typed First) error {
	page, err := w.readStart(r)
	if err != nil {
		return err
	}
	kept := page.leaves
	page.shell = w.shell(r, v, "Start")
	page.Path, page.Styles, page.leaves, page.Live = "/start", []string{"start.css"}, kept, page.Placement != nil
	page.Problem, page.Fields = problem, firstFields(typed)
	page.MayBegin, page.MayKeys = mayBegin(v.Caller), v.Has(engine.RightOperate)
	if page.Placement == nil {
		if err := w.fillBeginning(r.Context(), v, &page); err != nil {
			return err
		}
		return w.render(rw, r, status, "start", page)
	}
	if page.First != nil {
		page.Look = previewPath(page.Placement.Name, page.First.Variant)
		page.Why = decisionURL(page.First.ID)
	}
	if known, ok := w.startedKeys(r); ok {
		page.Snippets = startSnippets(w.publicURL(r), page.Placement.Name, known)
	} else if tokens, err := w.People.Tokens(r.Context()); err == nil {
		page.Made = slices.ContainsFunc(tokens, func(t operate.Token) bool { return t.Name == startRead })
	}
	return w.render(rw, r, status, "start", page)
}

func (w *Web) startBlank(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	value := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	if begun, err := w.begun(rw, r, v); begun || err != nil {
		return err
	}
	f := First{value("title"), value("surface"), value("headline"), value("other"), value("button"), value("link")}
	return w.began(rw, r, v, w.Begin.Blank(r.Context(), v.Caller, f), f)
}

func (w *Web) startExample(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if begun, err := w.begun(rw, r, v); begun || err != nil {
		return err
	}
	return w.began(rw, r, v, w.Begin.Example(r.Context(), v.Caller), First{})
}

// begun sends whoever would begin a second time on to what is there: a form sent
// twice, or from an old page, overwrites nothing, and proposes nothing twice.
func (w *Web) begun(rw http.ResponseWriter, r *http.Request, v viewer) (bool, error) {
	placements, err := w.Library.List(r.Context(), throughline.KindPlacement)
	if err != nil {
		return false, err
	}
	waits, err := w.startWaits(r.Context(), v)
	if err != nil || len(placements) == 0 && waits == nil {
		return false, err
	}
	http.Redirect(rw, r, "/start", http.StatusSeeOther)
	return true, nil
}

// began goes on to the first decision, or shows why nothing was begun.
func (w *Web) began(rw http.ResponseWriter, r *http.Request, v viewer, err error, typed First) error {
	if f := serve.FaultOf(err); err != nil && f.Status < http.StatusInternalServerError {
		return w.showStart(rw, r, v, f.Status, &f, typed)
	}
	if err != nil {
		return err
	}
	http.Redirect(rw, r, "/start", http.StatusSeeOther)
	return nil
}

// The limits of the start. A first decision is waited for: a release takes a moment to be decided from,
// and a decision one to be recorded.
const (
	startPatience = 3 * time.Second
	startPause    = 50 * time.Millisecond
	startLooks    = 50 // exposures
	// startUnit is the visitor for whom the first decision is asked. It is nobody's.
	startUnit = "guided-start"
)

// startDecision asks for a decision as a visitor would, and waits until it is on
// the record.
func (w *Web) startDecision(rw http.ResponseWriter, r *http.Request, _ viewer) error {
	ctx, cancel := context.WithTimeout(r.Context(), startPatience)
	defer cancel()
	page, err := w.readStart(r)
	if err != nil {
		return err
	}
	if page.Placement == nil {
		http.Redirect(rw, r, "/start", http.StatusSeeOther)
		return nil
	}
	name, decided := page.Placement.Name, false
	var failed error
	for {
		if !decided {
			_, failed = w.Decider.Decide(ctx, throughline.Request{Placement: name, Unit: startUnit, At: time.Now()})
			decided = failed == nil
		}
		if decided {
			if told, err := w.firstTold(ctx, name); err == nil && told != nil {
				break
			}
		}
		select {
		case <-ctx.Done():
			if failed != nil {
				return failed
			}
			return throughline.Errorf(throughline.Unavailable, "no decision is on the record yet").WithFix("try again in a moment")
		case <-time.After(startPause):
		}
	}
	http.Redirect(rw, r, "/start", http.StatusSeeOther)
	return nil
}

// The keys that the guided start makes.
const (
	startRead   = "start-read"
	startWrite  = "start-write"
	startCookie = "throughline_start"
)

// pageKeys are the keys of a page. Both are meant to be seen there, so a browser
// may keep them for as long as the start takes.
type pageKeys struct{ Read, Write string }

// startKeys makes a key to read and one to write, in the place of those before.
func (w *Web) startKeys(rw http.ResponseWriter, r *http.Request, v viewer) error {
	var made pageKeys
	for _, k := range []struct {
		name  string
		scope operate.Scope
		to    *string
	}{{startRead, operate.ScopeRead, &made.Read}, {startWrite, operate.ScopeWrite, &made.Write}} {
		if err := w.People.RevokeToken(r.Context(), v.Caller, k.name); err != nil && throughline.CodeOf(err) != throughline.NotFound {
			return err
		}
		secret, err := w.People.CreateToken(r.Context(), v.Caller, operate.TokenRequest{Name: k.name, Scope: k.scope})
		if err != nil {
			return err
		}
		*k.to = secret
	}
	plain, err := json.Marshal(made)
	if err != nil {
		return err
	}
	sealed, err := w.Access.Seal(startCookie, plain)
	if err != nil {
		return err
	}
	c := w.cookie(r, startCookie, sealed)
	c.MaxAge = int((24 * time.Hour).Seconds())
	http.SetCookie(rw, c)
	http.Redirect(rw, r, "/start#page", http.StatusSeeOther)
	return nil
}

// startedKeys returns the keys that this browser made, as long as they hold.
func (w *Web) startedKeys(r *http.Request) (known pageKeys, ok bool) {
	plain, err := w.Access.Unseal(startCookie, cookieNamed(r, startCookie))
	if err != nil || json.Unmarshal(plain, &known) != nil {
		return pageKeys{}, false
	}
	_, err = w.People.Authenticate(r.Context(), known.Read, operate.ScopeRead)
	return known, err == nil
}

// startSnippets are what to copy, complete.
func startSnippets(base, placement string, k pageKeys) []snippet {
	return []snippet{
		{"A page", "<!doctype html>\n<html lang=\"en\">\n<script type=\"module\" src=\"" + base + "/throughline.js\"\n" +
			"        data-read-key=\"" + k.Read + "\"\n        data-write-key=\"" + k.Write + "\"></script>\n" +
			"<div data-placement=\"" + placement + "\" style=\"min-height: 160px\">What shows when nothing else can</div>\n"},
		{"A shell", "curl -s " + base + "/ofrep/v1/evaluate/flags/" + url.PathEscape(placement) + " \\\n  -H \"X-API-Key: " + k.Read + "\" \\\n" +
			"  -d '{\"context\": {\"targetingKey\": \"visitor-1\"}}'\n"},
		{"Node, with OpenFeature", "// npm install @openfeature/server-sdk @openfeature/ofrep-provider\n" +
			"import { OpenFeature } from \"@openfeature/server-sdk\";\nimport { OFREPProvider } from \"@openfeature/ofrep-provider\";\n\n" +
			"await OpenFeature.setProviderAndWait(new OFREPProvider({\n  baseUrl: \"" + base + "\",\n  headers: [[\"X-API-Key\", \"" + k.Read + "\"]],\n}));\n" +
			"const hero = await OpenFeature.getClient().getObjectValue(\"" + placement + "\", {}, { targetingKey: \"visitor-1\" });\nconsole.log(hero);\n"},
	}
}
