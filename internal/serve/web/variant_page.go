package web

import (
	"cmp"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// variantPage is one variant from brief to outcomes.
type variantPage struct {
	shell
	It      operate.Portrait
	Says    string
	Preview string
	// Dark shows the rendering on a dark ground.
	Dark           bool
	Locales        []localeLink
	Light, DarkURL string
	Way            []waypoint
	Pieces         table
	Numbers        table
	Area           template.HTML
	Decisions      template.HTML
	HasDecisions   bool
	Notes          []string
	// Answers is where the story is asked for; empty where nobody can tell it.
	// Story is nil until then.
	Answers string
	Story   *storyView
}

// localeLink leads to the same variant in another locale.
type localeLink struct {
	Name, URL string
	On        bool
}

// waypoint is one stop on the way of a variant, from the brief to its outcomes.
type waypoint struct {
	Kind string
	// Things are what stands there; Count says it in a number.
	Things []crumb
	Count  string
	On     bool
}

// variantDecisions is how many decisions for it a variant's page shows.
const variantDecisions = 10

// variant shows one variant.
func (w *Web) variant(rw http.ResponseWriter, r *http.Request, v viewer) error {
	placement, id := r.PathValue("placement"), throughline.VariantID(r.PathValue("id"))
	p, err := w.Sight.Stands.Portrait(r.Context(), placement, id)
	if err != nil {
		return err
	}
	told, err := w.told(r.Context(), operate.JournalQuery{
		Type: string(throughline.EventDecisionMade), About: &throughline.Object{Type: "variant", ID: string(id)}, Limit: variantDecisions,
	})
	if err != nil {
		return err
	}
	ref := throughline.Ref{Kind: throughline.KindPlacement, Name: placement}
	crumbs := append(w.lineageCrumbs(p.Brief, p.Template.Name), crumb{Kind: "Placement", Name: placement, URL: w.objectURL(ref)})
	page := variantPage{
		shell: w.shell(r, v, "Variant "+p.Label, crumbs...), It: p, Says: saysVariant(p),
		Preview: previewPath(placement, id), Dark: r.URL.Query().Get("ground") == "dark",
		Light: variantURL(placement, id), DarkURL: variantURL(placement, id) + "?ground=dark",
		Way: w.wayOf(p), Pieces: w.piecesOf(p), Numbers: numbersOf(p), Notes: localeNotes(p),
		Decisions: sampleRows(told), HasDecisions: len(told) > 0,
	}
	if w.Sight.Stories != nil {
		page.Answers = variantURL(placement, id) + "?answers=1#answers"
		if r.URL.Query().Has("answers") {
			if page.Story, err = w.storyOf(r.Context(), v, id); err != nil {
				return err
			}
		}
	}
	if len(p.Shares.At) > 0 {
		page.Area = allocationChart(p.Shares, operate.MinShown)
	}
	for _, l := range p.Locales {
		link := localeLink{Name: l.Locale, URL: variantURL(placement, l.ID), On: l.Locale == p.Locale}
		if page.Dark {
			link.URL += "?ground=dark"
		}
		page.Locales = append(page.Locales, link)
	}
	page.Wide, page.Station, page.Caption = true, "decide", w.captionVariant(r, p, told)
	page.Styles, page.Scripts = []string{"see.css"}, []string{"see.js"}
	return w.render(rw, r, http.StatusOK, "variant", page)
}

// saysVariant answers how a variant does.
func saysVariant(p operate.Portrait) string {
	switch {
	case p.Fallback:
		return fmt.Sprintf("This is what %s shows when nothing else is eligible. It competes with nothing.", p.Placement)
	case p.Deliveries == 0:
		return fmt.Sprintf("Variant %s of %s has not been delivered to anybody yet.", p.Label, p.Placement)
	case p.Rate.Owner == "":
		return fmt.Sprintf("Variant %s of %s: its rate is not shown, because nobody answers for it.", p.Label, p.Placement)
	}
	rate := operate.SayRatio(p.Rate)
	if p.Rate.N < 30 {
		rate = operate.SayCases(p.Rate)
	}
	return fmt.Sprintf("Variant %s of %s gets %s of the traffic and brings %s, over %s.",
		p.Label, p.Placement, operate.SayShare(p.Share), rate, operate.Plural(p.Deliveries, "delivery", "deliveries"))
}

// wayOf is the lineage of a variant, from the brief to its outcomes.
func (w *Web) wayOf(p operate.Portrait) []waypoint {
	link := func(kind throughline.Kind, name string) crumb {
		return crumb{Name: name, URL: w.objectURL(throughline.Ref{Kind: kind, Name: name})}
	}
	brief := waypoint{Kind: "Brief"}
	if p.Brief != "" {
		brief.Things = []crumb{link(throughline.KindBrief, p.Brief)}
	}
	pieces := waypoint{Kind: "Pieces"}
	seen := map[int]bool{}
	releases := waypoint{Kind: "Releases"}
	note := func(numbers []int) {
		for _, n := range numbers {
			if !seen[n] {
				seen[n] = true
				name := fmt.Sprint(n)
				releases.Things = append(releases.Things, crumb{Name: name, URL: w.kindURL(throughline.Object{Type: "release", ID: name})})
			}
		}
	}
	note(p.Template.Releases)
	for _, piece := range p.Pieces {
		if piece.Name != "" {
			c := link(cmp.Or(piece.Kind, throughline.KindFragment), piece.Name)
			c.Kind = meaningOf(piece.Level)
			pieces.Things = append(pieces.Things, c)
			note(piece.Releases)
		}
	}
	return []waypoint{
		brief,
		{Kind: "Template", Things: []crumb{link(throughline.KindTemplate, p.Template.Name)}},
		pieces,
		{Kind: "Variant", Things: []crumb{{Name: p.Label}}, On: true},
		releases,
		{Kind: "Exposures", Count: operate.SayCount(p.Deliveries)},
		{Kind: "Outcomes", Count: operate.SayCount(p.Outcomes)},
	}
}

// meaningOf says which meaning of a piece a level is: hello@2 is meaning 2.
func meaningOf(l throughline.Level) string {
	_, version, ok := strings.Cut(string(l), "@")
	if !ok {
		return ""
	}
	return "meaning " + version
}

// piecesOf are what fills the slots.
func (w *Web) piecesOf(p operate.Portrait) table {
	t := table{Caption: "What fills the slots", Columns: []column{{Name: "Slot"}, {Name: "Piece"}, {Name: "It says"}, {Name: "Meaning"}, {Name: "For"}}}
	for _, piece := range p.Pieces {
		r := row{Cells: []cell{{Text: piece.Slot}, {Text: piece.Name}, {Text: piece.Text}, {Text: strings.TrimPrefix(meaningOf(piece.Level), "meaning "), Soft: true}, {Text: piece.Audience}}}
		if piece.Name == "" {
			r.Cells[1] = cell{Text: "left empty", Soft: true}
		}
		if piece.Audience == "" {
			r.Cells[4] = cell{Text: "everyone", Soft: true}
		}
		if url := w.objectURL(throughline.Ref{Kind: cmp.Or(piece.Kind, throughline.KindFragment), Name: piece.Name}); url != "" && piece.Name != "" {
			r.URL = url
		}
		t.Rows = append(t.Rows, r)
	}
	return t
}

// numbersOf are a variant's numbers, with all, where the policy chose and where
// not.
func numbersOf(p operate.Portrait) table {
	t := table{Caption: "Its numbers", Columns: []column{{Name: "Where"}, {Name: "Rate with its interval"}, {Name: "Deliveries", Number: true}, {Name: "Owner"}}}
	if p.Fallback {
		return t
	}
	rows := []struct {
		where string
		n     throughline.Number
	}{{"everywhere", p.Rate}, {"where the policy chose", p.Policy}, {"in the holdout", p.Holdout}}
	for _, r := range rows {
		said := cell{HTML: variantRate(operate.VariantLine{Rate: r.n})}
		t.Rows = append(t.Rows, row{Cells: []cell{{Text: r.where}, said, {Text: operate.SayCount(r.n.N)}, ownerOf(p.Owner)}})
	}
	return t
}

// localeNotes say what is amiss in a locale.
func localeNotes(p operate.Portrait) (notes []string) {
	for _, l := range p.Locales {
		switch {
		case len(l.Missing) > 0:
			notes = append(notes, fmt.Sprintf("In %s there is no text for %s.", l.Locale, strings.Join(l.Missing, ", ")))
		case len(l.Same) > 0:
			notes = append(notes, fmt.Sprintf("In %s, %s says the same as in %s.", l.Locale, strings.Join(l.Same, ", "), p.Locales[0].Locale))
		}
	}
	return notes
}

// sampleRows are the rows of decisions that all served one variant.
func sampleRows(told []operate.Told) template.HTML {
	var b strings.Builder
	for _, t := range told {
		fmt.Fprintf(&b, `<tr data-row><th scope="row"><a href="%s"><code>%s…</code><span class="unseen"> why this decision</span></a></th><td data-label="When">%s</td><td data-label="Arm">%s</td><td data-label="Chance" class="n">%s</td></tr>`,
			esc(decisionURL(t.ID)), esc(string(t.ID[len(t.ID)-10:])), esc(exact(t.At)), t.Arm, operate.SayShare(t.Propensity))
	}
	return template.HTML(b.String())
}
