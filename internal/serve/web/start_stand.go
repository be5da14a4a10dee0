package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// readStart finds out where the start stands.
func (w *Web) readStart(r *http.Request) (startPage, error) {
	page := startPage{leaves: leaves{}, Structure: "begin"}
	page.says("Nothing is here yet. Begin with one placement: a spot on a page that this engine fills.")
	placements, err := w.Library.List(r.Context(), throughline.KindPlacement)
	if err != nil || len(placements) == 0 {
		return page, err
	}
	ref := placements[0].Ref()
	if i := slices.IndexFunc(placements, func(p throughline.Resource) bool { return p.Metadata.Name == "home.hero" }); i >= 0 {
		ref = placements[i].Ref()
	}
	page.Placement, page.Page = &ref, w.objectURL(ref)
	page.Structure = "placement"
	page.says(ref.Name + " is live. Ask it for a first decision, and see what somebody would get.")
	told, err := w.firstTold(r.Context(), ref.Name)
	if err != nil {
		return page, err
	}
	if told != nil {
		page.First, page.Structure = told, "decision"
		page.says("The engine decides. Now put it on a page of yours: a few lines, with keys made for you.")
	}
	words, seen, err := w.sayExposures(r.Context(), len(placements))
	if err != nil {
		return page, err
	}
	if page.Seen = seen; seen {
		page.says("It works: somebody saw what the engine chose, and it learns from now on.")
	}
	page.Waiting = page.leaves.text("waiting", words)
	return page, nil
}

// says sets what comes next.
func (p *startPage) says(words string) { p.Says = p.leaves.text("says", words) }

// startLeaves reads the waiting panel again for its stream.
func (w *Web) startLeaves(r *http.Request, _ viewer) (leaves, string, error) {
	page, err := w.readStart(r)
	return page.leaves, page.Structure, err
}

// firstTold returns the decision that the start asked for: the earliest for its
// visitor that served a variant. Where that is further back than it is worth
// looking, or there never was one, it is the latest for anybody, and nil where
// there is none.
func (w *Web) firstTold(ctx context.Context, placement string) (*operate.Told, error) {
	q := operate.JournalQuery{
		Type: string(throughline.EventDecisionMade), About: &throughline.Object{Type: "placement", ID: placement},
		Limit: lastDecisions, Look: lookForLast,
	}
	told, err := w.told(ctx, q)
	if err != nil {
		return nil, err
	}
	if q.Subject, err = w.Sight.Lookup.Subject(ctx, startUnit); err != nil {
		return nil, err
	}
	if !q.Subject.IsZero() {
		own, err := w.told(ctx, q)
		if err != nil {
			return nil, err
		}
		slices.Reverse(own)
		told = append(own, told...)
	}
	i := slices.IndexFunc(told, func(t operate.Told) bool { return t.Variant != "" })
	if i < 0 {
		return nil, nil
	}
	return &told[i], nil
}

// sayExposures says when something was first seen. An exposure names only its
// decision, so with several placements it is of any of them, and the words say so.
func (w *Web) sayExposures(ctx context.Context, placements int) (says string, seen bool, err error) {
	found, err := w.Sight.Journal.Find(ctx, operate.JournalQuery{Type: string(throughline.EventExposureConfirmed), Limit: startLooks})
	if err != nil || len(found.Events) == 0 {
		return "No exposure yet. This line changes by itself when somebody has seen your page.", false, err
	}
	if len(found.Events) == startLooks { // the first is further back than it is worth looking
		return "Exposures come in; the last at " + found.Events[0].OccurredAt.Format("15:04:05 MST") + ".", true, nil
	}
	where := "from your page"
	if placements > 1 {
		where = fmt.Sprintf("in this engine, at one of its %d placements,", placements)
	}
	first := found.Events[len(found.Events)-1].OccurredAt
	return "First exposure " + where + " at " + first.Format("15:04:05 MST") + ".", true, nil
}

// startWait is a release that holds a first placement and waits to be approved.
type startWait struct {
	Number int
	URL    string
	// By says who may approve it; empty where nobody else may.
	By string
	// Mine says that the viewer may.
	Mine bool
}

// startWaits returns the release that waits with a first placement in it, nil
// where there is none that the viewer may see.
func (w *Web) startWaits(ctx context.Context, v viewer) (*startWait, error) {
	if w.Releases == nil {
		return nil, nil
	}
	waiting, err := w.Releases.Releases(ctx, v.Caller, content.ReleaseFilter{States: []throughline.ReleaseState{throughline.ReleaseProposed}, Whole: true})
	if err != nil {
		return nil, err
	}
	for _, rel := range waiting.Releases {
		if !slices.ContainsFunc(rel.Changes, func(c throughline.Change) bool { return c.Ref.Kind == throughline.KindPlacement }) {
			continue
		}
		rights, err := w.Releases.May(ctx, v.Caller, rel.Number)
		if err != nil {
			return nil, err
		}
		rev, err := w.Releases.Review(ctx, v.Caller, content.ReviewInput{Release: rel.Number})
		return &startWait{rel.Number, releaseURL(rel.Number), orList(rev.Approvers), rights.Approve}, err
	}
	return nil, nil
}

// fillBeginning says what stands between the viewer and a first placement.
func (w *Web) fillBeginning(ctx context.Context, v viewer, page *startPage) (err error) {
	if page.Waits, err = w.startWaits(ctx, v); err != nil {
		return err
	}
	if page.Live = page.Waits != nil; page.Live {
		page.says(fmt.Sprintf("A first placement is declared, and waits: release %d is not approved yet.", page.Waits.Number))
		return nil
	}
	engines, err := w.Library.List(ctx, throughline.KindEngine)
	if err != nil {
		return err
	}
	page.Approved = slices.ContainsFunc(engines, func(r throughline.Resource) bool {
		e, ok := r.Spec.(*throughline.Engine)
		return ok && e.Releases == throughline.Approved
	})
	if !page.MayBegin {
		page.Who, err = w.whoBegins(ctx)
	}
	return err
}

// mayBegin reports whether somebody may declare all that a first placement leans
// on: content and how it is delivered.
func mayBegin(c engine.Caller) bool { return c.Has(engine.RightMake) && c.Has(engine.RightOperate) }

// whoBegins names who may begin, the owner first.
func (w *Web) whoBegins(ctx context.Context) (string, error) {
	o, err := w.Access.Ownership(ctx)
	if err != nil {
		return "", err
	}
	var names []string
	if o.Name != "" {
		names = append(names, o.Name)
	}
	people, err := w.Library.List(ctx, throughline.KindPerson)
	for _, r := range people {
		p, ok := r.Spec.(*throughline.Person)
		by := engine.Caller{Actor: throughline.Actor{Kind: throughline.ActorPerson, ID: r.Metadata.Name}}
		if ok {
			by.Grants = p.Roles
		}
		if r.Metadata.Name != o.Person && mayBegin(by) && len(names) < mostNamed {
			names = append(names, p.Name)
		}
	}
	return orList(names), err
}

// mostNamed is how many people are named of those who may begin.
const mostNamed = 3
