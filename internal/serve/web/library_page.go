package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/engine/share"
)

// Shelf finds pieces: what the library shows.
type Shelf interface {
	// Library finds pieces by words and filters, or what fits a brief.
	Library(ctx context.Context, by engine.Caller, q content.LibraryQuery) (content.LibraryPage, error)
}

// PieceCounts says how pieces do, by name; one that was never shown is left out.
type PieceCounts interface {
	// Pieces returns the counts and rates of the pieces of these names.
	Pieces(names []string) map[string]operate.PieceNumbers
}

// libraryCards is how many cards a page has.
const libraryCards = 48

func (w *Web) registerLibrary(p *routes) {
	if w.Shelf == nil {
		return
	}
	p.page("GET /library", engine.RightRead, w.library)
	w.registerAdd(p)
	p.command(command{Title: "Library", URL: "/library", Right: engine.RightRead, Words: "pieces pictures assets fragments copy reuse find dam"})
}

// libraryPage is what there is to fill slots with.
type libraryPage struct {
	shell
	Says   string
	Asked  string
	Brief  string
	Cards  []libraryCard
	Facets []libraryFacet
	// Quick are filters that no facet counts.
	Quick []facetLink
	Empty *beginning
	// Add is where files are added; empty for who may not.
	Add   string
	Pages pager
	// Behind says that the newest pieces are not found yet.
	Behind bool
	// Share says that the viewer may share pieces, ShareAll where all that was found
	// is shared; empty where that is nothing, or more than a link holds.
	Share    bool
	ShareAll string
}

// libraryCard is one piece with what is known of it, in words.
type libraryCard struct {
	content.Card
	URL string
	// Picture is the address of a small picture; empty for none.
	Picture string
	// Size is the pixels and the bytes of a file, Begins when the time of a piece
	// does, Ends when it ends.
	Size, Begins, Ends string
	// Soon says that it ends within endsSoon, or has.
	Soon bool
	// Shown is how often it was shown, Rate how it does against its peers.
	Shown, Rate string
	Used        string
	// Tick puts the card up for a share link.
	Tick bool
	// CopyLinks lead to the same pieces, AlikeLinks to those that are nearly.
	CopyLinks, AlikeLinks []link
}

// endsSoon is from when on the end of a piece is a warning, and not a fact.
const endsSoon = 60 * 24 * time.Hour

type link struct{ Text, URL string }

// libraryFacet is one way to narrow what is shown, facetLink one step of it.
type libraryFacet struct {
	Name  string
	Links []facetLink
	Open  bool
}

type facetLink struct {
	Text, URL string
	Count     int
	On        bool
}

func (w *Web) library(rw http.ResponseWriter, r *http.Request, v viewer) error {
	in := r.URL.Query()
	q := content.LibraryQuery{Text: in.Get("q"), Brief: in.Get("brief"), Cursor: in.Get("after"), Limit: libraryCards}
	found, err := w.Shelf.Library(r.Context(), v.Caller, q)
	if err != nil {
		return err
	}
	p := &libraryPage{shell: w.shell(r, v, "Library", crumb{Name: "Make", URL: "/make"}), Asked: q.Text, Brief: q.Brief, Behind: found.Behind}
	p.Station, p.Wide, p.Styles = "make", true, []string{"make.css", "library.css"}
	p.Says = sayLibrary(q, found)
	if q.Brief != "" {
		p.Crumbs = append(p.Crumbs, crumb{Kind: "Brief", Name: q.Brief, URL: refPath(throughline.Ref{Kind: throughline.KindBrief, Name: q.Brief})})
	}
	p.Cards = w.libraryCards(found.Cards)
	if q.Brief == "" {
		p.narrow(found)
	}
	if q.Cursor != "" {
		p.Pages.First = libraryURL(q.Text, "")
	}
	if found.Next != "" {
		p.Pages.Next = libraryURL(q.Text, found.Next)
	}
	if w.routed["GET /library/add"] && v.Has(engine.RightMake) {
		p.Add = "/library/add"
	}
	p.Share = w.Shares != nil && v.Has(share.Right) && len(p.Cards) > 0
	for i := range p.Cards {
		p.Cards[i].Tick = p.Share && p.Cards[i].State != content.CardDraft
	}
	if asked := strings.TrimSpace(q.Text); p.Share && asked != "" && q.Brief == "" && !found.AtLeast && found.Total <= share.MostPieces {
		p.ShareAll = "/shares/new?" + url.Values{"q": {asked}}.Encode()
	}
	if len(p.Cards) == 0 {
		p.Empty = noCards(q, v.Has(engine.RightChange))
	}
	return w.render(rw, r, http.StatusOK, "library", p)
}

func libraryURL(q, after string) string {
	in := url.Values{}
	for key, value := range map[string]string{"q": q, "after": after} {
		if value != "" {
			in.Set(key, value)
		}
	}
	if len(in) == 0 {
		return "/library"
	}
	return "/library?" + in.Encode()
}

func sayLibrary(q content.LibraryQuery, found content.LibraryPage) string {
	n := len(found.Cards)
	switch {
	case q.Brief != "" && n == 0:
		return "Nothing that may be shown today fits this brief yet."
	case q.Brief != "" && n == 1:
		return "Before you make it: one piece fits this brief already."
	case q.Brief != "" && found.AtLeast:
		return fmt.Sprintf("Before you make it: the best %d of the pieces that fit this brief already.", n)
	case q.Brief != "":
		return fmt.Sprintf("Before you make it: %d pieces fit this brief already, the best first.", n)
	case q.Cursor != "":
		return "More of what was found."
	case found.AtLeast:
		return operate.SayCount(int64(found.Total)) + "+ pieces. Narrow them, or take the first."
	case n == 0 && strings.TrimSpace(q.Text) != "":
		return "No piece fits that."
	case n == 0:
		return "There is no piece yet."
	case found.Total == 1:
		return "One piece."
	}
	return operate.SayCount(int64(found.Total)) + " pieces, the newest first."
}

func noCards(q content.LibraryQuery, may bool) *beginning {
	switch {
	case q.Brief != "":
		return &beginning{Title: "Nothing fits yet", What: "Look through the library with words of your own, or make something new.", Act: "Search the library", URL: "/library"}
	case strings.TrimSpace(q.Text) != "":
		return &beginning{Title: "Nothing fits", What: "Take a word or a filter out, or write fewer letters: the last word may be the beginning of one.", Act: "Show everything", URL: "/library"}
	case !may:
		return &beginning{Title: "Nothing here yet", What: "Copy and pictures that are in force stand here, to be found and used again."}
	}
	return &beginning{Title: "Nothing here yet", What: "Copy and pictures that are in force stand here.", Why: "What is found is used again; what is not is made twice.", Act: "Write a fragment", URL: "/new/fragment"}
}

// narrow adds the filters that lead to fewer cards.
func (p *libraryPage) narrow(found content.LibraryPage) {
	names := map[string]string{
		"kind": "Kind", "role": "Role", "channel": "Channel", "type": "File type", "concept": "Shows", "locale": "Language", "label": "Label", "owner": "Owner", "source": "How it was made",
	}
	have := strings.Fields(p.Asked)
	for i, f := range found.Facets {
		facet := libraryFacet{Name: names[f.Key], Open: i < 3}
		for _, v := range f.Values {
			l := p.toggle(have, facetTerm(f.Key, v.Value), v.Value)
			l.Count = v.Count
			facet.Open = facet.Open || l.On
			facet.Links = append(facet.Links, l)
		}
		p.Facets = append(p.Facets, facet)
	}
	for _, quick := range [][2]string{{"state:live", "may be shown"}, {"expires<30d", "ends within 30 days"}, {"state:expired", "has ended"}, {"state:withdrawn", "withdrawn"}, {"state:draft", "in my draft"}} {
		p.Quick = append(p.Quick, p.toggle(have, quick[0], quick[1]))
	}
}

func facetTerm(key, value string) string {
	if strings.ContainsRune(value, ' ') {
		value = `"` + value + `"`
	}
	return key + ":" + value
}

// toggle is a link that adds a filter to what is asked, or takes it out.
func (p *libraryPage) toggle(have []string, term, text string) facetLink {
	l := facetLink{Text: text}
	var rest []string
	for _, part := range have {
		if part == term {
			l.On = true
			continue
		}
		rest = append(rest, part)
	}
	if !l.On {
		rest = append(rest, term)
	}
	l.URL = libraryURL(strings.Join(rest, " "), "")
	return l
}

func (w *Web) libraryCard(c content.Card, n operate.PieceNumbers) libraryCard {
	card := libraryCard{Card: c, URL: w.objectURL(c.Ref)}
	if f := c.File; f != nil {
		card.Size, card.Picture = sizeOf(f.File), w.thumb(c.Ref.Name, f.File, 480)
	}
	if !c.Until.IsZero() {
		verb := "Ends"
		if c.State == content.CardExpired {
			verb = "Ended"
		}
		card.Soon = time.Until(c.Until) < endsSoon
		card.Ends = verb + " " + c.Until.Add(-1).UTC().Format("2 January 2006") + " with " + c.UntilWhy
	}
	if c.State == content.CardEarly && !c.From.IsZero() {
		card.Begins = "Begins " + c.From.Format("2 January 2006, 15:04 MST")
	}
	card.Used = sayUse(c)
	card.Shown = "Never shown"
	if n.Exposures > 0 {
		card.Shown = "Shown " + operate.SayCount(n.Exposures) + " times"
	}
	if n.Enough() {
		card.Rate = fmt.Sprintf("%s reached the goal, %.1f\u00a0%% [%.1f, %.1f]; of %s others in its slots %.1f\u00a0%%",
			operate.SayCount(n.Outcomes), 100*n.Rate, 100*n.Interval.Low, 100*n.Interval.High, operate.SayCount(n.PeerExposures), 100*n.PeerRate)
	}
	for _, ref := range c.Copies {
		card.CopyLinks = append(card.CopyLinks, link{ref.Name, w.objectURL(ref)})
	}
	for _, ref := range c.Alike {
		card.AlikeLinks = append(card.AlikeLinks, link{ref.Name, w.objectURL(ref)})
	}
	return card
}

// sizeOf says how large a file is.
func sizeOf(f throughline.File) string {
	size := operate.SayCount(int64(f.Bytes+1023)/1024) + " KB"
	if f.Width > 0 {
		size = fmt.Sprintf("%d × %d, %s", f.Width, f.Height, size)
	}
	if f.Duration > 0 {
		size = saysLength(f.Duration) + ", " + size
	}
	return size
}

func sayUse(c content.Card) string {
	says := "Fits no template in use"
	if c.Templates+c.Placements > 0 {
		says = fmt.Sprintf("Fits %s, %s", several(c.Templates, "template"), several(c.Placements, "placement"))
	}
	if c.Briefs > 0 {
		says += ", made for " + several(c.Briefs, "brief")
	}
	return says
}

func several(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
