package web

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// The sizes of a placement's page.
const (
	placementRows = 24 // variants in one page of the table
	placementSeen = 4  // renderings in a row
	lastDecisions = 20
	// lookForLast is how many events are looked at for the last decisions: the page
	// is asked every second while somebody looks at it.
	lookForLast = 16_000
)

// placementPage is one placement: what it shows, to how many, and what it earns.
type placementPage struct {
	shell
	Structure, Stream  string
	Stand              operate.Stand
	Health, Says, AsOf leaf
	Area, Rates, At    leaf
	Setup              []setting
	// Form is the form of the whole placement, Edit leads to that of the set-up,
	// and Change is that one where it is open.
	Form, Edit       string
	Change           *setupForm
	Thumbs, Rows     []variantView
	From             int
	Pages            pager
	Effects          leaf
	HasEffects       bool
	Scale, NoEffects string
	Shares, RateRows [][]string
	Excluded         content.Exclusions
	ExcludedFault    string
	Decisions        leaf
	Snippets         []snippet
	Journal          string

	leaves leaves
}

// setting is one part of how a placement is set up.
type setting struct{ Term, Name, Says string }

// snippet is something to copy.
type snippet struct{ Title, Code string }

// placement shows one placement.
func (w *Web) placement(rw http.ResponseWriter, r *http.Request, v viewer) error {
	name := r.PathValue("name")
	after, _ := strconv.Atoi(r.URL.Query().Get("after")) // what is no number begins at the first
	page, err := w.readPlacement(r.Context(), name, max(0, after))
	if err != nil {
		return w.lensGone(rw, r, v, throughline.Ref{Kind: throughline.KindPlacement, Name: name}, err)
	}
	s := page.Stand
	if page.Excluded, err = w.ruled.of(r.Context(), w.Sight.Exclusions, name, s.Release); err != nil {
		page.ExcludedFault = err.Error() // the rest of the page is no less true
	}
	leaves := page.leaves
	page.shell = w.shell(r, v, name, w.lineageCrumbs(s.Brief, s.Template)...)
	page.leaves, page.Live, page.Wide, page.Station = leaves, true, true, "decide"
	page.Styles, page.Scripts = []string{"line.css", "see.css"}, []string{"see.js"}
	page.Keys = []keyHint{{"t", "the charts as tables"}}
	page.Caption = w.captionPlacement(r, s)
	page.Stream = streamURL(name) + "?after=" + strconv.Itoa(page.From)
	if v.Has(engine.RightOperate) && w.routed["GET /edit/{kind}/{name...}"] {
		page.Form = saveURL(throughline.Ref{Kind: throughline.KindPlacement, Name: name})
	}
	if err := page.withSetup(w, r, v, name); err != nil {
		return err
	}
	page.Snippets = snippetsFor(w.publicURL(r), name)
	page.Journal = "/journal?object=" + url.QueryEscape("placement/"+name)
	return w.render(rw, r, http.StatusOK, "placement", page)
}

// lineageCrumbs are what a placement comes from.
func (w *Web) lineageCrumbs(brief, tmpl string) (all []crumb) {
	for _, ref := range []throughline.Ref{{Kind: throughline.KindBrief, Name: brief}, {Kind: throughline.KindTemplate, Name: tmpl}} {
		if ref.Name != "" {
			all = append(all, crumb{Kind: string(ref.Kind), Name: ref.Name, URL: w.objectURL(ref)})
		}
	}
	return all
}

// placementLeaves reads a placement again for its stream.
func (w *Web) placementLeaves(r *http.Request, _ viewer) (leaves, string, error) {
	after, _ := strconv.Atoi(r.URL.Query().Get("after"))
	page, err := w.readPlacement(r.Context(), r.PathValue("name"), max(0, after))
	return page.leaves, page.Structure, err
}

// readPlacement makes all of the page that may change while people look, with the
// variants after a position.
func (w *Web) readPlacement(ctx context.Context, name string, after int) (placementPage, error) {
	stand, err := w.Sight.Stands.Stand(ctx, name, after, placementRows)
	if err != nil {
		return placementPage{}, err
	}
	told, err := w.told(ctx, operate.JournalQuery{
		Type: string(throughline.EventDecisionMade), About: &throughline.Object{Type: "placement", ID: name},
		Limit: lastDecisions, Look: lookForLast,
	})
	if err != nil {
		return placementPage{}, err
	}
	return newPlacementPage(stand, told, after), nil
}

// told returns the decisions that a query finds.
func (w *Web) told(ctx context.Context, q operate.JournalQuery) (told []operate.Told, err error) {
	found, err := w.Sight.Journal.Find(ctx, q)
	for _, e := range found.Events {
		if t, ok := w.Sight.Journal.Tell(e); ok {
			told = append(told, t)
		}
	}
	return told, err
}

func newPlacementPage(s operate.Stand, told []operate.Told, after int) placementPage {
	v, p := leaves{}, s.Line
	page := placementPage{
		Stand: s, From: after, leaves: v, Setup: setupOf(s), HasEffects: len(s.Effects) > 0 && p.Deliveries >= operate.MinShown,
		Structure: placementStructure(s),
		Health:    v.html("health", healthMark(p.Health)),
		Says:      v.text("answer", saysPlacement(p)),
		AsOf:      v.text("as-of", s.AsOf.Format("15:04:05 MST")),
		At:        v.text("chart/at", s.AsOf.Format("15:04 MST")),
		Area:      v.html("chart/area", allocationChart(p.Allocation, p.Recent)),
		Rates:     v.html("chart/rates/area", ratesChart(s.Rates)),
		Effects:   v.html("effects", effectRows(s.Effects)),
		Decisions: v.html("rows", decisionRows(told, s.Snapshot, p.Name)),
		Shares:    sharesTable(p.Allocation), RateRows: ratesTable(s.Rates),
	}
	if !page.HasEffects {
		page.NoEffects = notDrawn(p.Deliveries)
	}
	scale := effectScale(s.Effects)
	page.Scale = operate.SayShare(scale)
	series := seriesOf(p.Allocation)
	for _, l := range p.Variants[:min(placementSeen, len(p.Variants))] {
		view := newVariant(v, p, l, series)
		view.URL = previewPath(p.Name, l.ID)
		page.Thumbs = append(page.Thumbs, view)
	}
	for _, l := range s.Variants {
		page.Rows = append(page.Rows, newVariant(v, p, l, series))
	}
	base := (&url.URL{Path: "/placement/" + p.Name}).EscapedPath()
	if after > 0 {
		page.Pages.First = base + "#variants"
	}
	if to := after + len(s.Variants); to < p.Total {
		page.Pages.Next = base + "?after=" + strconv.Itoa(to) + "#variants"
	}
	if p.Total > len(s.Variants) && len(s.Variants) > 0 {
		page.Pages.Says = fmt.Sprintf("%s to %s of %s", operate.SayCount(int64(after+1)), operate.SayCount(int64(after+len(s.Variants))), operate.SayCount(int64(p.Total)))
	}
	return page
}

// saysPlacement answers how a placement does: what it earns, or what is missing
// and about when it will be there.
func saysPlacement(p operate.PlacementLine) string {
	best, ok := p.Best()
	if !ok || p.Thin != nil || p.Uplift.N == 0 || p.Uplift.Owner == "" || p.Policy != throughline.Learned && p.Policy != throughline.ExploreThenCommit {
		return p.State
	}
	verb := "No winner yet"
	switch {
	case p.Uplift.Low > 0:
		verb = "Choosing wins here"
	case p.Uplift.High < 0:
		verb = "Choosing costs here"
	}
	return fmt.Sprintf("%s: %s against the holdout; variant %s gets %s of the traffic.",
		verb, operate.SayChange(p.Uplift), best.Label, operate.SayShare(best.Share))
}

// placementStructure names what is on the page.
func placementStructure(s operate.Stand) string {
	return fmt.Sprintf("release %d, %d variants, %t", s.Release, s.Line.Total, len(s.Effects) > 0 && s.Line.Deliveries >= operate.MinShown)
}

// setupOf says how a placement is set up, one thing each.
func setupOf(s operate.Stand) []setting {
	p, f := s.Line, factsOf(s.Line)
	policy := string(p.Policy)
	if p.Policy == throughline.Learned && s.Floor > 0 {
		policy += ", " + operate.SayShare(s.Floor) + " spread evenly"
	}
	holdout := f.Holdout
	if holdout == "" {
		holdout = "none, so what choosing is worth cannot be told"
	}
	who := "everyone"
	if s.Audience != "" {
		who = "audience " + s.Audience + "; others get the fallback"
	}
	return []setting{
		{"policy", "Policy", policy},
		{"holdout", "Holdout", holdout},
		{"stickiness", "Sticky", f.Sticky},
		{"goal", "Goal", f.Goal},
		{"audience", "For", who},
		{"channel", "Channel", p.Channel},
	}
}

// effectRows are the rows of the table of effects.
func effectRows(all []operate.Effect) template.HTML {
	var b strings.Builder
	scale := effectScale(all)
	for _, e := range all {
		said := operate.SayChange(e.Change)
		if e.Change.Owner == "" {
			said = "not shown: nobody answers for it"
		}
		name, _, _ := strings.Cut(string(e.Level), "@")
		if name == "" {
			name = "left empty"
		}
		fmt.Fprintf(&b, `<tr><th scope="row" dir="auto"><span class="soft">%s</span> %s</th><td data-label="It says" class="filled" dir="auto">%s</td><td data-label="Beside its slot's average">%s</td><td data-label="Odds" class="n">%s</td><td data-label="Deliveries" class="n">%s</td></tr>`,
			esc(e.Slot), esc(name), esc(e.Text), effectRow(e, scale), esc(said), operate.SayCount(e.Change.N))
	}
	return template.HTML(b.String())
}

func esc(s string) string { return template.HTMLEscapeString(s) }

// decisionRows are the rows of the last decisions. The id leads to why.
func decisionRows(told []operate.Told, live throughline.Digest, placement string) template.HTML {
	var b strings.Builder
	for _, t := range told {
		fmt.Fprintf(&b, `<tr data-row><th scope="row"><a href="%s"><code>%s…</code><span class="unseen"> why this decision</span></a></th><td data-label="When"><time datetime="%s">%s</time></td><td data-label="Variant">%s</td><td data-label="Arm">%s</td><td data-label="Chance" class="n">%s</td></tr>`,
			esc(decisionURL(t.ID)), esc(string(t.ID[len(t.ID)-10:])), t.At.UTC().Format(time.RFC3339), esc(exact(t.At)),
			shownVariant(t, live, placement), t.Arm, operate.SayShare(t.Propensity))
	}
	return template.HTML(b.String())
}

// shownVariant names the variant of a decision, by its label while it is one of
// what is live.
func shownVariant(t operate.Told, live throughline.Digest, placement string) template.HTML {
	switch {
	case t.Variant == "":
		return `<span class="soft">nothing</span>`
	case strings.HasPrefix(live.String(), t.Snapshot) && placement != "":
		return template.HTML(`<a href="` + esc(variantURL(placement, t.Variant)) + `">` + esc(t.Label) + `</a>`)
	}
	return template.HTML(`<span class="soft">of an earlier release</span>`)
}

// sharesTable is the data of the chart of shares: moments, then a share each.
func sharesTable(a operate.Allocation) (rows [][]string) {
	for _, i := range thin(len(a.At), areaPoints) {
		row := []string{exact(a.At[i])}
		for _, s := range a.Series[:min(maxSeries, len(a.Series))] {
			said := "–"
			if i < len(s.Values) {
				said = operate.SayShare(s.Values[i])
			}
			row = append(row, said)
		}
		rows = append(rows, row)
	}
	return rows
}

// ratesTable is the data of the chart of rates.
func ratesTable(r operate.Rates) (rows [][]string) {
	say := func(n throughline.Number) string {
		if n.N == 0 || n.Owner == "" {
			return "–"
		}
		return operate.SayRatio(n) + " · " + operate.SayCount(n.N)
	}
	for i, at := range r.At {
		rows = append(rows, []string{exact(at), say(r.Policy[i]), say(r.Holdout[i])})
	}
	return rows
}

// snippetsFor are how a client asks the placement.
func snippetsFor(origin, placement string) []snippet {
	return []snippet{
		{"From a shell, as any OpenFeature client asks", "curl -s " + origin + "/ofrep/v1/evaluate/flags/" + url.PathEscape(placement) + " \\\n" +
			"  -H \"Authorization: Bearer $READ_KEY\" -H \"Content-Type: application/json\" \\\n" +
			"  -d '{\"context\": {\"targetingKey\": \"visitor-1\"}}'"},
		{"On a page, with our own module", "<script type=\"module\" src=\"" + origin + "/throughline.js\"\n" +
			"        data-read-key=\"READ_KEY\" data-write-key=\"WRITE_KEY\"></script>\n" +
			"<div data-placement=\"" + placement + "\">What shows when nothing else can</div>"},
	}
}

// ruledOut keeps what each placement's rules exclude: combining all pieces of a
// large template takes a while, and only a release changes it.
type ruledOut struct {
	mu    sync.Mutex
	known map[string]ruled
}

type ruled struct {
	release int
	what    content.Exclusions
}

func (k *ruledOut) of(ctx context.Context, from Exclusions, placement string, release int) (content.Exclusions, error) {
	k.mu.Lock()
	was, ok := k.known[placement]
	k.mu.Unlock()
	if ok && was.release == release {
		return was.what, nil
	}
	x, err := from.Exclusions(ctx, placement) // nobody waits for it who wants another
	if err != nil {
		return x, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		k.known = map[string]ruled{}
	}
	k.known[placement] = ruled{release, x}
	return x, nil
}
