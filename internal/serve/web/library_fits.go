package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// fitsMost is how many cards a page about something else shows, briefsMost how
// many briefs there are to choose from.
const (
	fitsMost   = 6
	briefsMost = 200
)

// libraryFits is what already fits a brief, shown before somebody makes more.
type libraryFits struct {
	Brief, Says string
	// URL leads to all of it.
	URL   string
	Cards []libraryCard
	// Briefs are those to choose from, at Does; empty where the brief is given.
	Briefs []string
	Does   string
	// Make is where a piece for the brief is begun; empty for who may not.
	Make []link
}

// fitsFor is what of a kind, or of every, already fits a brief; nil where there is
// no library.
func (w *Web) fitsFor(r *http.Request, v viewer, brief string, kind throughline.Kind) (*libraryFits, error) {
	if w.Shelf == nil {
		return nil, nil
	}
	f := &libraryFits{Brief: brief, URL: "/library?" + url.Values{"brief": {brief}}.Encode()}
	if brief == "" {
		return f, nil
	}
	q := content.LibraryQuery{Brief: brief, Kind: kind, Limit: fitsMost}
	found, err := w.Shelf.Library(r.Context(), v.Caller, q)
	if err != nil {
		return nil, err
	}
	// The section has the beginning of the sentence as its title.
	says := strings.TrimPrefix(sayLibrary(q, found), "Before you make it: ")
	f.Cards, f.Says = w.libraryCards(found.Cards), strings.ToUpper(says[:1])+says[1:]
	if v.Has(engine.RightChange) {
		f.Make = []link{{"New fragment for it", newURL(throughline.KindFragment) + "?brief=" + url.QueryEscape(brief)}, {"New asset for it", newURL(throughline.KindAsset) + "?brief=" + url.QueryEscape(brief)}}
	}
	return f, nil
}

// fitsBefore is what somebody sees who is about to make a piece: what already fits
// the brief they name. A brief that is gone is none.
func (w *Web) fitsBefore(r *http.Request, v viewer, kind throughline.Kind) (*libraryFits, error) {
	if kind != throughline.KindFragment && kind != throughline.KindAsset {
		return nil, nil
	}
	f, err := w.fitsFor(r, v, r.FormValue("brief"), kind)
	if throughline.CodeOf(err) == throughline.NotFound {
		f, err = w.fitsFor(r, v, "", kind)
	}
	if f == nil || err != nil {
		return nil, err
	}
	f.Make, f.Does = nil, newURL(kind)
	names, err := w.Making.Names(r.Context(), v.Caller, throughline.KindBrief)
	if err != nil || len(names) == 0 {
		return nil, err
	}
	for _, n := range names[:min(len(names), briefsMost)] {
		f.Briefs = append(f.Briefs, n.Name)
	}
	return f, nil
}

// libraryCards puts what is known of pieces into words, with one question for the
// numbers of all.
func (w *Web) libraryCards(found []content.Card) (cards []libraryCard) {
	var names []string
	for _, c := range found {
		names = append(names, c.Ref.Name)
	}
	numbers := map[string]operate.PieceNumbers{}
	if w.Counts != nil {
		numbers = w.Counts.Pieces(names)
	}
	for _, c := range found {
		cards = append(cards, w.libraryCard(c, numbers[c.Ref.Name]))
	}
	return cards
}
