package web

import (
	"context"
	"fmt"
	"hash/fnv"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// leaf is one place on a page whose content changes while people look.
type leaf struct {
	Key  string
	HTML template.HTML
}

// leaves are a page's leaves by key: what the page is written from, and what
// its stream sends when it changes.
type leaves map[string]template.HTML

func (l leaves) html(key string, h template.HTML) leaf {
	l[key] = h
	return leaf{key, h}
}

func (l leaves) text(key, text string) leaf {
	return l.html(key, template.HTML(template.HTMLEscapeString(text)))
}

// number writes a measured number, unless nobody answers for it.
func (l leaves) number(key string, n throughline.Number, say func(throughline.Number) string) leaf {
	if n.N > 0 && n.Owner == "" {
		return l.text(key, "not shown: nobody answers for it")
	}
	return l.text(key, say(n))
}

// The sizes of the page.
const (
	maxThumbs   = 4  // renderings in a row
	maxRows     = 24 // variants in a table
	maxNotes    = 3
	maxFigures  = 4
	openAtFirst = 6 // up to so many placements are all open; of more, the first three
	openOfMany  = 3
)

// linePage is The Line.
type linePage struct {
	shell
	// Structure changes when what is on the page does, and not merely its
	// numbers: then a live page offers to reload.
	Structure string
	Simulated bool
	// Unaccepted says that nobody has accepted to own the engine.
	Unaccepted bool
	Answer     leaf
	Health     leaf
	AsOf       leaf
	At         time.Time
	Notes      []leaf
	Stations   []stationView
	Figures    []figureView
	Release    *operate.ReleaseLine
	Placements []placementView
	// Begin leads to the guided start while nothing is live; nil where there is no
	// such page.
	Begin *beginning
	// Resume says that something is live and nobody has seen it: the guided start
	// goes on.
	Resume bool

	leaves leaves
}

type stationView struct {
	ID, Name, Unit             string
	Owner                      operate.Owner
	Health, Count, Pulse, Note leaf
}

type figureView struct {
	Name, What    string
	Owner         operate.Owner
	Number, Spark leaf
	N             leaf
}

type placementView struct {
	operate.PlacementLine
	ID    string
	Open  bool
	Facts placementFacts
	// Page is the placement's own; empty where it has none.
	Page string

	HealthMark, Says, Gain, Top, Delivered leaf
	Area, Rates, Missing                   leaf
	Thumbs                                 []variantView
	Rows                                   []variantView
	// More counts the variants that are not in the table.
	More int
	At   leaf
}

// placementFacts are how the placement is set up, in words.
type placementFacts struct{ Policy, Holdout, Sticky, Goal string }

type variantView struct {
	operate.VariantLine
	// URL is the rendering alone, Page the variant's own: the same where it has
	// none.
	URL, Page, Title string
	// Says is the text that tells variants apart best.
	Says                          string
	Wide                          bool
	Swatch, Now, Bar, Rate, Count leaf
	// Leads is the mark of the variant most served.
	Leads leaf
	// First is the share it began with.
	First string
}

// line shows The Line.
func (w *Web) line(rw http.ResponseWriter, r *http.Request, v viewer) error {
	l, err := w.Lines.Line(r.Context())
	if err != nil {
		return err
	}
	page := newLinePage(l)
	w.leadOn(&page)
	if page.Begin, err = w.beginAt(r.Context(), v, l); err != nil {
		return err
	}
	page.Resume = !l.Simulated && w.routed["GET /start"] && unseen(l)
	loop, lap := page.Loop, page.Lap
	page.shell = w.shell(r, v, "The Line")
	page.Owner, page.Live, page.Wide, page.Loop, page.Lap = l.Owner, true, true, loop, lap
	page.Styles, page.Scripts = []string{"line.css"}, []string{"line.js"}
	page.Caption = w.captionLine(r, l)
	page.Keys = []keyHint{{"t", "open the table of the placement you are in"}}
	return w.render(rw, r, http.StatusOK, "line", page)
}

// leadOn gives placements and variants the addresses of their own pages, where
// there are such pages.
func (w *Web) leadOn(page *linePage) {
	if w.Sight == nil {
		return
	}
	for i := range page.Placements {
		p := &page.Placements[i]
		p.Page = w.objectURL(throughline.Ref{Kind: throughline.KindPlacement, Name: p.Name})
		for _, views := range [][]variantView{p.Thumbs, p.Rows} {
			for j := range views {
				views[j].Page = variantURL(p.Name, views[j].ID)
			}
		}
	}
}

// unseen reports whether something is live and was delivered to nobody.
func unseen(l operate.Line) bool {
	return len(l.Placements) > 0 && !slices.ContainsFunc(l.Placements, func(p operate.PlacementLine) bool { return p.Deliveries > 0 })
}

// beginAt is the way on from a line on which nothing is live: a button for who may
// begin, and for everybody else who that is.
func (w *Web) beginAt(ctx context.Context, v viewer, l operate.Line) (*beginning, error) {
	if len(l.Placements) > 0 || !w.routed["GET /start"] {
		return nil, nil
	}
	b := &beginning{
		Title: "Here you will see what people get, and what it earns",
		What:  "Each placement will have its row: the variants as people see them, where the traffic goes, and how much better the chosen ones do than a holdout that is kept apart.",
		Why:   "Content that nobody measures is repeated, not improved.",
	}
	if mayBegin(v.Caller) {
		b.Act, b.URL = "Begin with a first placement", "/start"
		return b, nil
	}
	who, err := w.whoBegins(ctx)
	if who == "" {
		who = "Whoever owns this engine"
	}
	b.Why += " " + who + " can begin it."
	return b, err
}

// newLinePage makes all of the page but its shell.
func newLinePage(l operate.Line) linePage {
	v := leaves{}
	p := linePage{
		Structure: structure(l), Simulated: l.Simulated, At: l.AsOf, Release: l.Release,
		Unaccepted: !l.Owner.Accepted, leaves: v,
		Answer: v.text("answer", l.Sentence),
		Health: v.html("health", healthMark(l.Health())),
		AsOf:   v.text("as-of", l.AsOf.Format("15:04:05 MST")),
	}
	p.Loop = loopLinks(v, l.Stations)
	for i := range maxNotes {
		note := ""
		if i < len(l.Notes) {
			note = l.Notes[i]
		}
		p.Notes = append(p.Notes, v.text(fmt.Sprintf("note/%d", i), note))
	}
	for _, s := range stationsOf(l) {
		p.Stations = append(p.Stations, newStation(v, s, l.AsOf))
	}
	for _, f := range l.Figures[:min(maxFigures, len(l.Figures))] {
		p.Figures = append(p.Figures, newFigure(v, f))
		if f.Name == operate.FigureReaction && f.Number.N > 0 && f.Number.Owner != "" {
			p.Lap = p.Figures[len(p.Figures)-1].Number
		}
	}
	for i, pl := range order(l.Placements) {
		open := len(l.Placements) <= openAtFirst || i < openOfMany
		p.Placements = append(p.Placements, newPlacement(v, pl, open, l.AsOf))
	}
	return p
}

// order puts placements that somebody should look at first, where there are too
// many to see them all; the others keep their order.
func order(placements []operate.PlacementLine) []operate.PlacementLine {
	if len(placements) <= openAtFirst {
		return placements
	}
	sorted := slices.Clone(placements)
	grave := func(p operate.PlacementLine) int { return max(p.Health.Rank(), operate.HealthOK.Rank()) }
	slices.SortStableFunc(sorted, func(a, b operate.PlacementLine) int { return grave(b) - grave(a) })
	return sorted
}

// stationsOf returns the line's stations, or the seven without anything in them:
// the line is drawn even before something runs along it.
func stationsOf(l operate.Line) []operate.Station {
	if len(l.Stations) > 0 {
		return l.Stations
	}
	var empty []operate.Station
	for _, name := range operate.Stages() {
		empty = append(empty, operate.Station{Name: name, Owner: operate.Owner{Name: l.Owner.Name, Initials: l.Owner.Initials}})
	}
	return empty
}

func newStation(v leaves, s operate.Station, now time.Time) stationView {
	key := "station/" + strings.ToLower(string(s.Name)) + "/"
	return stationView{
		ID: termID(string(s.Name)), Name: string(s.Name), Unit: s.Unit, Owner: s.Owner,
		Health: v.html(key+"health", healthMark(s.Health)),
		Count:  v.text(key+"count", operate.SayCount(s.Count)),
		Pulse:  v.text(key+"pulse", pulse(s, now)),
		Note:   v.text(key+"note", s.Note),
	}
}

// pulse says how much runs through a station, and when something last did.
func pulse(s operate.Station, now time.Time) string {
	if s.Latest.IsZero() {
		return "nothing yet"
	}
	return operate.SayPace(s.PerSecond) + " · " + operate.SayAge(s.Latest, now)
}

func newFigure(v leaves, f operate.Figure) figureView {
	key := "figure/" + f.Name + "/"
	cases := ""
	if f.Number.N > 0 {
		cases = operate.SayCount(f.Number.N)
	}
	return figureView{
		Name: f.Name, What: f.What, Owner: f.Owner,
		Number: v.number(key+"number", f.Number, operate.SayNumber),
		N:      v.text(key+"n", cases),
		Spark:  v.html(key+"spark", spark(f.Recent)),
	}
}

func newPlacement(v leaves, p operate.PlacementLine, open bool, now time.Time) placementView {
	key := "placement/" + p.Name + "/"
	p.Variants = varying(p.Variants)
	view := placementView{
		PlacementLine: p, ID: "placement-" + strings.ReplaceAll(p.Name, "/", "--"), Open: open, Facts: factsOf(p),
		HealthMark: v.html(key+"health", healthMark(p.Health)),
		Says:       v.text(key+"state", p.State),
		Gain:       v.html(key+"gain", gain(p)),
		Top:        v.text(key+"top", topShare(p)),
		Delivered:  v.text(key+"deliveries", operate.SayCount(p.Deliveries)),
		Area:       v.html(key+"area", allocationChart(p.Allocation, p.Recent)),
		Rates:      v.html(key+"rates", ratesOf(p)),
		Missing:    v.html(key+"missing", missing(p)),
		At:         v.text(key+"at", now.Format("15:04 MST")),
		More:       max(0, p.Total-min(maxRows, len(p.Variants))),
	}
	series := seriesOf(p.Allocation)
	for i, variant := range p.Variants[:min(maxRows, len(p.Variants))] {
		row := newVariant(v, p, variant, series)
		view.Rows = append(view.Rows, row)
		if i < maxThumbs {
			view.Thumbs = append(view.Thumbs, row)
		}
	}
	return view
}

func newVariant(v leaves, p operate.PlacementLine, l operate.VariantLine, series map[string]string) variantView {
	key := "variant/" + p.Name + "/" + string(l.ID) + "/"
	class, ok := series[l.Label]
	if !ok {
		class = "s0"
	}
	first := "–"
	if p.Recent >= operate.MinShown {
		first = operate.SayShare(l.Before)
	}
	return variantView{
		VariantLine: l, URL: previewPath(p.Name, l.ID), Page: previewPath(p.Name, l.ID), Says: caption(p.Variants, l), First: first, Wide: p.Surface.HTML(),
		Title:  fmt.Sprintf("Variant %s of %s as people see it", l.Label, p.Name),
		Swatch: v.html(key+"swatch", swatch(class)),
		Leads:  v.html(key+"leads", leads(l)),
		Now:    v.text(key+"share", shareWords(l.Share, p.Recent)),
		Bar:    v.html(key+"bar", bar(l.Share, class)),
		Rate:   v.html(key+"rate", variantRate(l)),
		Count:  v.text(key+"deliveries", operate.SayCount(l.Deliveries)),
	}
}

// varying are variants by the slots in which they are not all alike: a logo that every
// one shows tells none of them from another. Where all are, they are as they are.
func varying(all []operate.VariantLine) []operate.VariantLine {
	tells := func(slot int) bool {
		return slices.ContainsFunc(all, func(v operate.VariantLine) bool {
			return slot < len(v.Slots) && slot < len(all[0].Slots) && v.Slots[slot].Level != all[0].Slots[slot].Level
		})
	}
	var short []operate.VariantLine
	for _, v := range all {
		whole := v.Slots
		v.Slots = nil
		for i, s := range whole {
			if tells(i) {
				v.Slots = append(v.Slots, s)
			}
		}
		if v.Slots == nil {
			return all
		}
		short = append(short, v)
	}
	return short
}

// caption is what a variant says that the one most served does not: its first
// text, or the first slot that differs where the first text is the same. One that
// no other shown variant fills alike is enough; without such a slot it is all
// that differ, the last first, as the first text is the longest.
func caption(all []operate.VariantLine, v operate.VariantLine) string {
	leader := all[0]
	if v.ID == leader.ID {
		return firstText(v)
	}
	var differs []string
	for i, s := range v.Slots {
		if i >= len(leader.Slots) || s.Text == leader.Slots[i].Text {
			continue
		}
		said := s.Text
		switch {
		case said == "":
			said = "no " + s.Slot
		case isColour(said): // nobody reads one: its piece has a name
			said, _, _ = strings.Cut(string(s.Level), "@")
		case i > 0:
			said = s.Slot + ": " + said
		}
		if alone(all[:min(maxThumbs, len(all))], v, i) {
			return said
		}
		differs = append(differs, said)
	}
	if len(differs) == 0 {
		return firstText(v)
	}
	slices.Reverse(differs)
	return strings.Join(differs, " · ")
}

// alone reports whether no other variant fills a slot alike.
func alone(all []operate.VariantLine, v operate.VariantLine, slot int) bool {
	return !slices.ContainsFunc(all, func(o operate.VariantLine) bool {
		return o.ID != v.ID && slot < len(o.Slots) && o.Slots[slot].Text == v.Slots[slot].Text
	})
}

func firstText(v operate.VariantLine) string {
	for _, s := range v.Slots {
		if s.Text != "" {
			return s.Text
		}
	}
	return ""
}

// shareWords gives a share of so many deliveries, or the cases while there are
// few.
func shareWords(share float64, of int64) string {
	switch {
	case of == 0:
		return "–"
	case of < operate.MinShown:
		return operate.SayCases(throughline.Number{Value: share, N: of})
	}
	return operate.SayShare(share)
}

func leads(l operate.VariantLine) template.HTML {
	if !l.Best {
		return ""
	}
	return `<span class="tag">leads</span>`
}

func swatch(class string) template.HTML {
	return template.HTML(`<svg class="swatch" viewBox="0 0 8 8" width="8" height="8" aria-hidden="true"><rect class="` + class + `" width="8" height="8" rx="1"/></svg>`)
}

// variantRate gives a variant's rate, or its cases while there are few.
func variantRate(l operate.VariantLine) template.HTML {
	n := l.Rate
	switch {
	case n.N == 0:
		return `<span class="soft">no delivery yet</span>`
	case n.Owner == "":
		return "not shown: nobody answers for it"
	case n.N < 30:
		return template.HTML(template.HTMLEscapeString(rateWords(n, true)))
	}
	value, interval, _ := strings.Cut(operate.SayRatio(n), "[")
	return template.HTML(template.HTMLEscapeString(value) + `<span class="soft">[` + template.HTMLEscapeString(interval) + `</span>`)
}

// gain is the uplift as the placement's row shows it.
func gain(p operate.PlacementLine) template.HTML {
	n := p.Uplift
	switch {
	case p.Thin != nil:
		return template.HTML(`<span class="soft">` + template.HTMLEscapeString(operate.SayShare(p.Thin.Share())) + ` of the data it needs</span>`)
	case n.N == 0:
		return `<span class="soft">–</span>`
	case n.Owner == "":
		return "not shown: nobody answers for it"
	}
	value, interval, _ := strings.Cut(operate.SayChange(n), "[")
	return template.HTML(`<b>` + template.HTMLEscapeString(value) + `</b><span class="soft">[` + template.HTMLEscapeString(interval) + `</span>`)
}

func topShare(p operate.PlacementLine) string {
	best, ok := p.Best()
	if !ok {
		return "–"
	}
	return best.Label + " " + operate.SayShare(best.Share)
}

func ratesOf(p operate.PlacementLine) template.HTML {
	learned, holdout := p.Learned, p.Holdout
	for _, n := range []*throughline.Number{&learned, &holdout} {
		if n.Owner == "" {
			*n = throughline.Number{}
		}
	}
	return rateChart(learned, holdout, p.Thin != nil)
}

// missing draws how far the data are from enough.
func missing(p operate.PlacementLine) template.HTML {
	if p.Thin == nil {
		return ""
	}
	t := *p.Thin
	return bar(t.Share(), "s1") + template.HTML(`<span>`+template.HTMLEscapeString(operate.SayThin(t))+`</span>`)
}

func factsOf(p operate.PlacementLine) placementFacts {
	f := placementFacts{Policy: string(p.Policy), Goal: p.Goal}
	if p.Window > 0 {
		f.Goal += " within " + operate.SayWindow(time.Duration(p.Window))
	}
	if p.HoldoutShare > 0 {
		f.Holdout = operate.SayShare(p.HoldoutShare) + ", served every variant alike"
		if p.HoldoutServes == throughline.ServeControl {
			f.Holdout = operate.SayShare(p.HoldoutShare) + ", served one control"
		}
	}
	switch p.Sticky {
	case throughline.StickyRecipient:
		f.Sticky = "keeps a recipient's first variant"
	case throughline.StickyNone:
		f.Sticky = "chooses anew each time"
	default:
		f.Sticky = "keeps a session's first variant"
	}
	return f
}

// structure names what is on the page.
func structure(l operate.Line) string {
	h := fnv.New64a()
	if l.Release != nil {
		fmt.Fprintf(h, "release %d;", l.Release.Number)
	}
	fmt.Fprintf(h, "owner %s %t;stations %d;figures %d;", l.Owner.Person, l.Owner.Accepted, len(l.Stations), len(l.Figures))
	for _, p := range l.Placements {
		fmt.Fprintf(h, "%s %d;", p.Name, p.Total)
	}
	return fmt.Sprintf("%x", h.Sum64())
}
