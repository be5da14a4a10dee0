package web

import (
	"context"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline/internal/engine"
)

// found is one answer of the search.
type found struct {
	// Group is the heading it stands under.
	Group string `json:"group"`
	Title string `json:"title"`
	URL   string `json:"url"`
	// Kind says what it is; Snippet where the words were found in it.
	Kind    string `json:"kind,omitempty"`
	Snippet string `json:"snippet,omitempty"`
}

// The sizes of an answer.
const (
	paletteHits = 24
	pageHits    = 100
	nearHits    = 5
	queryBytes  = 200
)

// registerSearch adds the search, and the pages of the frame to what it finds.
func (w *Web) registerSearch(p *routes) {
	p.page("GET /search", engine.RightRead, w.search)
	p.commands = slices.Insert(p.commands, 0, command{Title: "The Line", URL: "/", Right: engine.RightRead, Words: "home start overview"}) // where everybody begins
	for _, s := range loopLinks(leaves{}, nil) {
		p.command(command{Title: s.Name, URL: "/" + s.ID, Right: engine.RightRead, Words: "station"})
	}
	p.command(command{Title: "Components", URL: "/design", Right: engine.RightRead, Words: "design system"})
}

// searchPage shows what a question finds.
type searchPage struct {
	shell
	Groups []foundGroup
	// Asked says that there was a question.
	Asked bool
	Total int
}

type foundGroup struct {
	Name string
	Hits []found
}

// search answers as a page, or as JSON to the palette.
func (w *Web) search(rw http.ResponseWriter, r *http.Request, v viewer) error {
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	if len(q) > queryBytes {
		q = strings.ToValidUTF8(q[:queryBytes], "")
	}
	asJSON := r.URL.Query().Get("as") == "json"
	limit := pageHits
	if asJSON {
		limit = paletteHits
	}
	hits, err := w.find(r.Context(), v, q, limit)
	if err != nil {
		return err
	}
	if asJSON {
		return answerJSON(rw, map[string][]found{"hits": hits})
	}
	page := searchPage{shell: w.shell(r, v, "Search"), Asked: q != "", Total: len(hits)}
	page.Query, page.Groups = q, grouped(hits)
	return w.render(rw, r, http.StatusOK, "search", page)
}

// grouped keeps the order of hits under their headings.
func grouped(hits []found) (groups []foundGroup) {
	for _, h := range hits {
		if len(groups) == 0 || groups[len(groups)-1].Name != h.Group {
			groups = append(groups, foundGroup{Name: h.Group})
		}
		last := &groups[len(groups)-1]
		last.Hits = append(last.Hits, h)
	}
	return groups
}

// find returns pages and actions first, then objects. Without a question it
// returns the pages alone.
func (w *Web) find(ctx context.Context, v viewer, q string, limit int) ([]found, error) {
	hits := []found{}
	for _, c := range w.commands {
		if v.Has(c.Right) && says(c.Title+" "+c.Words, q) {
			hits = append(hits, found{Group: "Go to", Title: c.Title, URL: c.URL})
		}
	}
	if q == "" || w.Library == nil {
		return hits, nil
	}
	objects, err := w.findObjects(ctx, v, q, limit-len(hits))
	return append(hits, objects...), err
}

// says reports whether every word of a question begins a word of the text.
func says(text, q string) bool {
	words := strings.Fields(strings.ToLower(text))
	for asked := range strings.FieldsSeq(strings.ToLower(q)) {
		ok := false
		for _, w := range words {
			ok = ok || strings.HasPrefix(w, asked)
		}
		if !ok {
			return false
		}
	}
	return true
}

// near returns what an address that leads nowhere may have meant. It is a guess:
// what it cannot find out it leaves out.
func (w *Web) near(ctx context.Context, v viewer, address string) []found {
	name, err := url.PathUnescape(path.Base(address))
	if err != nil || name == "/" || name == "." {
		return nil
	}
	hits, err := w.find(ctx, v, name, nearHits)
	if err != nil {
		return nil
	}
	return hits[:min(len(hits), nearHits)]
}

// findObjects searches what is declared, and the releases.
func (w *Web) findObjects(ctx context.Context, v viewer, q string, limit int) ([]found, error) {
	all, err := w.Library.Search(ctx, v.Caller, q, limit)
	if err != nil {
		return nil, err
	}
	var hits []found
	for _, h := range all {
		hit := found{Group: "Found", Title: h.Title, Kind: string(h.Ref.Kind), Snippet: h.Snippet, URL: w.objectURL(h.Ref)}
		switch {
		case h.Release > 0:
			hit.Kind, hit.URL = "Release", releaseURL(h.Release)
		case h.Title != h.Ref.Name:
			hit.Kind += " " + h.Ref.Name
		}
		hits = append(hits, hit)
	}
	return hits, nil
}
