package web

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// Stands is how placements and variants stand.
type Stands interface {
	// Stand returns a placement that is live, with so many of its variants from a
	// position on.
	Stand(ctx context.Context, placement string, after, limit int) (operate.Stand, error)
	// Portrait returns one variant of it, by its id in any locale.
	Portrait(ctx context.Context, placement string, id throughline.VariantID) (operate.Portrait, error)
}

// Decisions knows why a decision came out as it did.
type Decisions interface {
	// Explain returns an error with the code Invalid for an id that the engine did
	// not issue.
	Explain(ctx context.Context, id throughline.DecisionID) (live.Answer, error)
}

// Exclusions knows what keeps combinations from competing.
type Exclusions interface {
	// Exclusions returns each rule with a count and an example.
	Exclusions(ctx context.Context, placement string) (content.Exclusions, error)
	// ReleaseHead returns a release that the caller may see, without what it
	// changes, or NotFound.
	ReleaseHead(ctx context.Context, by engine.Caller, number int) (throughline.Release, error)
}

// Sight is what the pages read that show what happens: placements, variants,
// decisions and the journal.
type Sight struct {
	Stands     Stands
	Decisions  Decisions
	Exclusions Exclusions
	Journal    *operate.Journal
	Lookup     *operate.Lookup
	// Stories answer for variants; nil leaves that part of their pages out.
	Stories Stories
}

// registerSight adds the pages that show what happens, and their streams.
func (w *Web) registerSight(p *routes) {
	if w.Sight == nil {
		return
	}
	p.object(throughline.KindPlacement, engine.RightRead, w.placement)
	p.raw("GET /events/placement/{name...}", engine.RightRead, w.live(w.placementLeaves))
	p.page("GET /variant/{placement}/{id}", engine.RightRead, w.variant)
	p.page("GET /inspect", engine.RightRead, w.inspect)
	p.page("POST /inspect", engine.RightOperate, w.lookUp)
	p.page("GET /decision/{id}", engine.RightRead, w.decision)
	p.page("GET /recipient/{handle}", engine.RightOperate, w.recipient)
	p.page("GET /journal", engine.RightRead, w.journal)
	p.page("GET /journal/{seq}", engine.RightRead, w.journalEvent)
	p.raw("GET /journal.csv", engine.RightRead, w.export(writeEventsCSV))
	p.raw("GET /journal.jsonl", engine.RightRead, w.export(writeEventLines))
	p.raw("GET /events/journal", engine.RightRead, w.live(w.journalLeaves))
	p.command(command{Title: "Why did somebody see this?", URL: "/inspect", Right: engine.RightRead, Words: "inspect decision explain recipient why"})
	p.command(command{Title: "Journal", URL: "/journal", Right: engine.RightRead, Words: "events record history log"})
}

// variantURL is the page of a variant in a placement.
func variantURL(placement string, id throughline.VariantID) string {
	return "/variant/" + url.PathEscape(placement) + "/" + url.PathEscape(string(id))
}

func decisionURL(id throughline.DecisionID) string { return "/decision/" + url.PathEscape(string(id)) }

// streamURL is where a placement's page is told what changes.
func streamURL(placement string) string {
	return "/events" + refPath(throughline.Ref{Kind: throughline.KindPlacement, Name: placement})
}

// kindURL leads to an object by its type in the record, which is a kind in lower
// case; empty where it has no page.
func (w *Web) kindURL(o throughline.Object) string {
	if o.Type == "release" && w.routed["GET /release/{number}"] {
		return "/release/" + url.PathEscape(o.ID)
	}
	for _, k := range throughline.Kinds() {
		if strings.EqualFold(string(k), o.Type) {
			return w.objectURL(throughline.Ref{Kind: k, Name: o.ID})
		}
	}
	return ""
}

// exact writes a moment to the second; the page says the zone once.
func exact(t time.Time) string { return t.UTC().Format("2 Jan 15:04:05") }
