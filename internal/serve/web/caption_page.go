package web

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// The demo walks a visitor through the loop in five captions. Which one a page
// has follows from the page, and its links from what the page shows: nothing is
// remembered but that somebody closed them.

// captionView says what is to be seen at one place of a page, and leads on.
type captionView struct {
	// Number counts from 1 to Of.
	Number, Of  int
	Title, Says string
	// Back and Next lead to what the captions beside it are about.
	Back, Next *crumb
	// Above says that it stands above what it is about; otherwise below.
	Above bool
	// End says that nothing comes after it.
	End bool
}

// captions is how many there are.
const captions = 5

// The cookie of who closed the captions.
const (
	captionCookie = "throughline_captions"
	captionsOff   = "off"
	captionDays   = 365
)

// registerCaptions adds what the captions lead through. An engine that is no demo
// has no captions, and these routes lead nowhere.
func (w *Web) registerCaptions(p *routes) {
	p.page("POST /captions", engine.RightRead, w.switchCaptions)
	p.page("GET /captions/served/{release}", engine.RightRead, w.served)
}

// captioned reports whether a page shows its caption.
func (w *Web) captioned(r *http.Request) bool {
	return w.Captions && cookieNamed(r, captionCookie) != captionsOff
}

// switchCaptions closes the captions, or begins them again.
func (w *Web) switchCaptions(rw http.ResponseWriter, r *http.Request, _ viewer) error {
	if !w.Captions {
		return noPage()
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	c, next := w.cookie(r, captionCookie, captionsOff), localPath(r.PostFormValue("next"))
	c.MaxAge = captionDays * 24 * 60 * 60
	if r.PostFormValue("do") == "show" {
		c.Value, c.MaxAge, next = "", -1, "/"
	}
	http.SetCookie(rw, c)
	http.Redirect(rw, r, next, http.StatusSeeOther)
	return nil
}

// captionLine is the first: the loop, and on to the placement that learned from
// most deliveries.
func (w *Web) captionLine(r *http.Request, l operate.Line) *captionView {
	if !w.captioned(r) {
		return nil
	}
	c := &captionView{
		Number: 1, Of: captions, Title: "The loop", Above: true,
		Says: "Content runs along this line: from a brief, by way of making, checking and releasing, to a decision for each visitor. What visitors then do comes back as learning. The counts move because simulated visitors are asking right now.",
	}
	if len(l.Placements) > 0 {
		learns := func(p operate.PlacementLine) int {
			if p.Policy == throughline.Learned {
				return 1
			}
			return 0
		}
		most := slices.MaxFunc(l.Placements, func(a, b operate.PlacementLine) int {
			return cmp.Or(cmp.Compare(learns(a), learns(b)), cmp.Compare(a.Deliveries, b.Deliveries))
		})
		c.Next = &crumb{Name: "See a placement learn", URL: w.objectURL(throughline.Ref{Kind: throughline.KindPlacement, Name: most.Name})}
	}
	return c
}

// captionPlacement is the second: what learning does, and on to the variant most
// served.
func (w *Web) captionPlacement(r *http.Request, s operate.Stand) *captionView {
	if !w.captioned(r) {
		return nil
	}
	c := &captionView{
		Number: 2, Of: captions, Title: "A placement learns", Above: true,
		Says: "Each variant began with an even share. Every outcome moves the shares: what people respond to is shown more. A few visitors are held out, so that the gain is known and not guessed.",
		Back: &crumb{Name: "The Line", URL: "/"},
	}
	best, ok := s.Line.Best()
	if !ok && len(s.Line.Variants) > 0 {
		best, ok = s.Line.Variants[0], true
	}
	if ok {
		c.Next = &crumb{Name: "Follow the variant shown most", URL: variantURL(s.Line.Name, best.ID)}
	}
	return c
}

// captionVariant is the third: lineage, and on to a decision that served it, or
// else to one beside it.
func (w *Web) captionVariant(r *http.Request, p operate.Portrait, told []operate.Told) *captionView {
	if !w.captioned(r) {
		return nil
	}
	c := &captionView{
		Number: 3, Of: captions, Title: "Where it comes from",
		Says: "Nothing here stands alone. A brief asked for it, a template and pieces made it, releases let them go, and what came of it counts for every piece in it. Each stop is a link.",
		Back: &crumb{Name: "The placement", URL: w.objectURL(throughline.Ref{Kind: throughline.KindPlacement, Name: p.Placement})},
	}
	if len(told) > 0 {
		c.Next = &crumb{Name: "See one decision for it", URL: decisionURL(told[0].ID)}
	} else if id := w.someDecision(r.Context(), p.Placement); id != "" {
		c.Next = &crumb{Name: "See a decision", URL: decisionURL(id)}
	}
	return c
}

// someDecision returns the latest decision that served a variant: one of the
// placement, or else of any; "" where there is none or the record does not answer.
func (w *Web) someDecision(ctx context.Context, placement string) throughline.DecisionID {
	for _, about := range []*throughline.Object{{Type: "placement", ID: placement}, nil} {
		told, err := w.told(ctx, operate.JournalQuery{
			Type: string(throughline.EventDecisionMade), About: about, Limit: lastDecisions, Look: lookForLast,
		})
		if err != nil {
			return ""
		}
		for _, t := range told {
			if t.Variant != "" && t.Arm != throughline.ArmFallback {
				return t.ID
			}
		}
	}
	return ""
}

// captionDecision is the fourth: why, and on to a piece that was seen. Where
// somebody came to see their own change served, it is the last.
func (w *Web) captionDecision(r *http.Request, v viewer, page *decisionPage) *captionView {
	if !w.captioned(r) {
		return nil
	}
	if n, err := strconv.Atoi(r.URL.Query().Get("served")); err == nil {
		if c := w.captionServed(r.Context(), v, page.It, n); c != nil {
			return c
		}
	}
	c := &captionView{
		Number: 4, Of: captions, Title: "Why somebody saw it",
		Says: "Every decision can be asked. This one was just decided again from the record: what was possible, with which chance it was drawn, and what the same visitor would get today.",
		Back: &crumb{Name: "The placement", URL: w.objectURL(throughline.Ref{Kind: throughline.KindPlacement, Name: page.It.Placement})},
	}
	if page.It.Why == nil {
		return c
	}
	if page.Preview != "" { // the variant is still one of those in force
		c.Back = &crumb{Name: "The variant", URL: variantURL(page.It.Placement, page.It.Why.Variant)}
	}
	for _, slot := range page.It.Why.Decision.Slots {
		name, _, _ := strings.Cut(string(page.It.Why.Levels[slot]), "@")
		ref := throughline.Ref{Kind: throughline.KindFragment, Name: name}
		if _, err := w.Making.Object(r.Context(), v.Caller, ref); err == nil { // pictures and disclosures fill slots too
			c.Next = &crumb{Name: "Change a piece of it", URL: w.objectURL(ref)}
			break
		}
	}
	return c
}

// captionFragment is the fifth: change it.
func (w *Web) captionFragment(r *http.Request, o content.Object) *captionView {
	if !w.captioned(r) || o.Ref.Kind != throughline.KindFragment || len(o.Lineage.Placements) == 0 {
		return nil
	}
	c := &captionView{
		Number: 5, Of: captions, Title: "Now change it", Above: true,
		Says: "Change some words of it. They are saved in your draft as you type, and nobody sees them yet. Then press Review and release, at the bottom.",
		Next: &crumb{Name: "Go to the words", URL: "#f-spec-values-0"},
	}
	if id := w.someDecision(r.Context(), o.Lineage.Placements[0].Name); id != "" {
		c.Back = &crumb{Name: "A decision", URL: decisionURL(id)}
	}
	return c
}

// captionDraft goes on with the fifth where a draft is released.
func (w *Web) captionDraft(r *http.Request, d content.Draft, stopped bool) *captionView {
	if !w.captioned(r) || len(d.Items) == 0 {
		return nil
	}
	c := &captionView{
		Number: 5, Of: captions, Title: "Let it go live", Above: true,
		Says: "Before and after stand side by side, with the risk and what the checks say. Press Release now: about a second later visitors get it.",
		Back: &crumb{Name: "What you changed", URL: w.objectURL(d.Items[len(d.Items)-1].Ref)},
	}
	if stopped {
		c.Title, c.Says = "The checks stop it", "What is in the way stands beside, with its fix. Mend it, and it can go live."
	}
	return c
}

// captionRelease goes on with the fifth once one's change is live.
func (w *Web) captionRelease(r *http.Request, v viewer, rel throughline.Release) *captionView {
	if !w.captioned(r) || rel.State != throughline.ReleaseLive || rel.Author.ID != v.Person() || len(changedCopy(rel)) == 0 || rel.Number == 1 {
		return nil
	}
	return &captionView{
		Number: 5, Of: captions, Title: "It is live",
		Says: fmt.Sprintf("Release %d is in force, and can be rolled back as one. Visitors are asking meanwhile.", rel.Number),
		Next: &crumb{Name: "See somebody get it", URL: servedURL(rel.Number)},
	}
}

// captionServed ends the walk at a decision that served what a release changed;
// nil where it did not.
func (w *Web) captionServed(ctx context.Context, v viewer, a live.Answer, release int) *captionView {
	rel, err := w.Releases.Release(ctx, v.Caller, release)
	if err != nil || rel.LiveAt.IsZero() || !a.At.After(rel.LiveAt) || a.Why == nil {
		return nil
	}
	old, err := w.oldWords(ctx, v, rel)
	if err != nil { // the decision shows without its caption
		return nil
	}
	for _, slot := range a.Why.Decision.Slots {
		name, _, _ := strings.Cut(string(a.Why.Levels[slot]), "@")
		if !isNew(old, name, a.Why.Values[slot]) {
			continue
		}
		return &captionView{
			Number: 5, Of: captions, Title: "Served", End: true,
			Says: fmt.Sprintf("Release %d went live at %s. This visitor asked %.1f s later and got “%s”. What people do with it is being learned already. That was the loop; everything else is yours to try.",
				rel.Number, rel.LiveAt.UTC().Format("15:04:05 MST"), a.At.Sub(rel.LiveAt).Seconds(), a.Why.Values[slot]),
			Back: &crumb{Name: "The release", URL: releaseURL(rel.Number)},
		}
	}
	return nil
}

func servedURL(release int) string { return "/captions/served/" + strconv.Itoa(release) }

// changedCopy returns the fragments that a release made or changed.
func changedCopy(rel throughline.Release) (changes []throughline.Change) {
	for _, c := range rel.Changes {
		if c.Ref.Kind == throughline.KindFragment && c.Action != throughline.Delete {
			changes = append(changes, c)
		}
	}
	return changes
}

// oldWords returns what the fragments of a release said before it, in any
// language, by name.
func (w *Web) oldWords(ctx context.Context, v viewer, rel throughline.Release) (map[string][]string, error) {
	old := map[string][]string{}
	for _, c := range changedCopy(rel) {
		old[c.Ref.Name] = nil
		if c.From.IsZero() {
			continue
		}
		before, err := w.Making.Revision(ctx, v.Caller, c.Ref, c.From)
		if err != nil {
			return nil, err
		}
		if f, ok := before.Spec.(*throughline.Fragment); ok {
			old[c.Ref.Name] = slices.Collect(maps.Values(f.Values))
		}
	}
	return old, nil
}

// isNew reports whether a fragment says what it did not say before a release: a
// change of one language is none for those who read another.
func isNew(old map[string][]string, fragment, text string) bool {
	said, changed := old[fragment]
	return changed && text != "" && !slices.Contains(said, text)
}

// servedPatience is how long it is waited for that somebody gets a change.
const servedPatience = 6 * time.Second

// served leads to a decision that served what a release changed, as soon as there
// is one.
func (w *Web) served(rw http.ResponseWriter, r *http.Request, v viewer) error {
	n, err := strconv.Atoi(r.PathValue("release"))
	if !w.Captions || err != nil {
		return noPage()
	}
	rel, err := w.Releases.Release(r.Context(), v.Caller, n)
	if err != nil {
		return err
	}
	old, err := w.oldWords(r.Context(), v, rel)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), servedPatience)
	defer cancel()
	for has := map[throughline.VariantID]bool{}; ; {
		id, err := w.servedBy(ctx, rel, old, has)
		if err != nil && ctx.Err() == nil {
			return err
		}
		if id != "" {
			to := url.Values{"served": {strconv.Itoa(n)}}
			http.Redirect(rw, r, decisionURL(id)+"?"+to.Encode(), http.StatusSeeOther)
			return nil
		}
		select {
		case <-ctx.Done():
			w.toast(rw, r, toast{Text: "Nobody got it yet: it competes with the others, and is drawn now and then. Try again in a moment."})
			http.Redirect(rw, r, releaseURL(n), http.StatusSeeOther)
			return nil
		case <-time.After(startPause):
		}
	}
}

// servedBy returns the latest decision since a release went live whose variant
// says something new, "" where there is none yet. It keeps in has what it found
// out about variants.
func (w *Web) servedBy(ctx context.Context, rel throughline.Release, old map[string][]string, has map[throughline.VariantID]bool) (throughline.DecisionID, error) {
	told, err := w.told(ctx, operate.JournalQuery{Type: string(throughline.EventDecisionMade), From: rel.LiveAt, Limit: 200, Look: lookForLast})
	if err != nil {
		return "", err
	}
	for _, t := range told {
		if t.Variant == "" || !t.At.After(rel.LiveAt) {
			continue
		}
		known, ok := has[t.Variant]
		if !ok {
			p, err := w.Sight.Stands.Portrait(ctx, t.Placement, t.Variant)
			if err != nil && throughline.CodeOf(err) != throughline.NotFound { // kept from before the release
				return "", err
			}
			known = slices.ContainsFunc(p.Pieces, func(piece operate.Touched) bool { return isNew(old, piece.Name, piece.Text) })
			has[t.Variant] = known
		}
		if known {
			return t.ID, nil
		}
	}
	return "", nil
}
