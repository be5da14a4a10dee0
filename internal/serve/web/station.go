package web

import (
	"cmp"
	"context"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// registerStations adds the seven stations. Each lists what is in it.
func (w *Web) registerStations(p *routes) {
	p.page("GET /brief", engine.RightRead, w.station(operate.StageBrief, w.briefs))
	p.page("GET /make", engine.RightRead, w.station(operate.StageMake, w.pieces))
	p.page("GET /check", engine.RightRead, w.station(operate.StageCheck, w.checks))
	p.page("GET /decide", engine.RightRead, w.station(operate.StageDecide, w.decisions))
	p.page("GET /deliver", engine.RightRead, w.station(operate.StageDeliver, w.deliveries))
	p.page("GET /learn", engine.RightRead, w.station(operate.StageLearn, w.learnings))
}

// stationPage is one station and what is in it.
type stationPage struct {
	shell
	// At is the station as the loop has it, Flow what it is written from.
	At   stationView
	Flow operate.Station
	// Answers is who answers for the thing of the row that is made.
	Answers string
	// People are who may answer for something, by name.
	People map[string]operate.Owner
	// Says is the answer to the page's question in a sentence. Well says that
	// nothing is wrong with the station, which would be the answer.
	Says string
	Well bool
	// New is what the one button of the page begins, NewURL where; empty for who
	// may not.
	New, NewURL string
	// Banners are what somebody should mend.
	Banners []stationBanner
	Tabs    []tab
	// Filter narrows the table; Hidden is what it keeps.
	Filter []field
	Hidden map[string]string
	Table  table
	// Empty stands in the table's place when there is nothing.
	Empty *beginning
}

// stationBanner is one thing to mend, and where that is done; URL may be empty.
type stationBanner struct{ Text, URL, Act string }

// fill reads what is in a station into its page.
type fill func(ctx context.Context, q url.Values, l operate.Line, p *stationPage) error

// station is the page of a stage.
func (w *Web) station(stage operate.Stage, fill fill) handler {
	return func(rw http.ResponseWriter, r *http.Request, v viewer) error {
		l, err := w.Lines.Line(r.Context())
		if err != nil {
			return err
		}
		page := stationPage{shell: w.shell(r, v, string(stage))}
		page.Wide, page.Station = true, strings.ToLower(string(stage))
		for _, s := range stationsOf(l) {
			if s.Name == stage {
				page.At, page.Flow = newStation(leaves{}, s, l.AsOf), s
				page.Says, page.Well = saysStation(s, l.AsOf), s.Note == "" && !s.Latest.IsZero()
			}
		}
		if page.People, err = w.people(r.Context()); err != nil {
			return err
		}
		if err := fill(r.Context(), r.URL.Query(), l, &page); err != nil {
			return err
		}
		page.Says = sentence(page.Says)
		return w.render(rw, r, http.StatusOK, "station", page)
	}
}

// begins gives the page its one button, for who may press it, and the same to
// what stands there when there is nothing.
func (w *Web) begins(p *stationPage, kind throughline.Kind) {
	if w.Making == nil || !p.Viewer.Has(engine.RightToChange(kind)) {
		return
	}
	p.New, p.NewURL = "New "+strings.ToLower(string(kind)), newURL(kind)
	if p.Empty != nil {
		p.Empty.Act, p.Empty.URL, p.Empty.Command = p.New, p.NewURL, ""
	}
}

// answers puts the answer to the station's own question in the place of how much
// there is, unless something is wrong.
func (p *stationPage) answers(says string) {
	if p.Well && says != "" {
		p.Says = says
	}
}

// dueNext says which brief is due next, of those that are listed.
func dueNext(briefs []*throughline.Brief, today string) string {
	var next *throughline.Brief
	for _, b := range briefs {
		if b.Due >= today && (next == nil || b.Due < next.Due) {
			next = b
		}
	}
	many := operate.Plural(len(briefs), "brief", "briefs")
	if next == nil {
		return many + ", none of them due from today on"
	}
	return many + ", the next due " + dayWords(next.Due) + ": " + next.Title
}

// dayWords is a day as people read it; a brief may say its day in words, which
// stay as they are.
func dayWords(due string) string {
	day, err := time.Parse(time.DateOnly, due)
	if err != nil {
		return due
	}
	return day.Format("2 January 2006")
}

// saysStation answers what is in a station: what is wrong, or else how much there
// is and when something last came.
func saysStation(s operate.Station, now time.Time) string {
	switch {
	case s.Note != "":
		return s.Note
	case s.Latest.IsZero():
		return "nothing has come here yet"
	}
	return operate.SayCount(s.Count) + " " + s.Unit + ", the latest " + operate.SayAge(s.Latest, now)
}

// listRows is how many rows a page of a list has.
const listRows = 50

// ofKind fills a page with the resources of a kind that a filter finds, from a
// cursor on.
func (w *Web) ofKind(ctx context.Context, kind throughline.Kind, q url.Values, p *stationPage, cells func(throughline.Resource) []cell) error {
	if w.Library == nil {
		return nil
	}
	rows, err := w.Library.Objects(ctx, p.Viewer.Caller, content.ObjectQuery{Kind: kind, Text: q.Get("q"), Cursor: q.Get("after"), Limit: listRows})
	if err != nil {
		return err
	}
	for _, r := range rows.Rows {
		name := cell{Text: r.Ref.Name}
		p.Answers = r.Answers
		p.Table.Rows = append(p.Table.Rows, row{ID: r.Ref.String(), URL: w.objectURL(r.Ref), Cells: append([]cell{name}, cells(r.Resource)...)})
	}
	p.Table.Pages = pagesOf(p.Station, q, rows)
	return nil
}

// pagesOf leads on from the rows shown.
func pagesOf(station string, q url.Values, rows content.ObjectPage) (p pager) {
	keep := url.Values{}
	for _, name := range []string{"kind", "q"} {
		if v := q.Get(name); v != "" {
			keep.Set(name, v)
		}
	}
	if q.Get("after") != "" {
		p.First = "/" + station + "?" + keep.Encode()
	}
	if rows.Next != "" {
		keep.Set("after", rows.Next)
		p.Next = "/" + station + "?" + keep.Encode()
	}
	switch {
	case len(rows.Rows) == 0 && q.Get("q") != "" && rows.Next == "":
		p.Says = "None says “" + q.Get("q") + "”."
	case q.Get("q") != "":
		p.Says = operate.SayCount(int64(len(rows.Rows))) + " that say so, of " + operate.SayCount(int64(rows.Total))
	case rows.Total > len(rows.Rows):
		p.Says = operate.SayCount(int64(len(rows.Rows))) + " of " + operate.SayCount(int64(rows.Total))
	}
	return p
}

func (w *Web) briefs(ctx context.Context, q url.Values, l operate.Line, p *stationPage) error {
	p.Table = table{Caption: "Briefs by name", Columns: []column{{Name: "Brief"}, {Name: "Wanted"}, {Name: "Due"}, {Name: "Owner"}}}
	var briefs []*throughline.Brief
	err := w.ofKind(ctx, throughline.KindBrief, q, p, func(r throughline.Resource) []cell {
		b := r.Spec.(*throughline.Brief)
		briefs = append(briefs, b)
		return []cell{{Text: b.Title}, {Text: cmp.Or(dayWords(b.Due), "–"), Soft: b.Due == ""}, p.owner(l, r)}
	})
	p.Empty = &beginning{
		Title: "Here you will see what is wanted, for whom and by when",
		What:  "A brief is where the line begins. What is made for it leads back to it, and so does what is learned.",
		Why:   "Content without a brief cannot be judged: nobody wrote down what it was for.",
	}
	w.begins(p, throughline.KindBrief)
	if p.Table.Pages.First == "" && p.Table.Pages.Next == "" && len(briefs) > 0 {
		p.answers(dueNext(briefs, l.AsOf.UTC().Format(time.DateOnly)))
	}
	return err
}

// kindTab is a kind that a station lists, and what it is called there.
type kindTab struct {
	kind throughline.Kind
	name string
}

// made are the kinds that the station Make lists.
func made() []kindTab {
	return []kindTab{
		{throughline.KindFragment, "Fragments"},
		{throughline.KindTemplate, "Templates"},
		{throughline.KindBrand, "Brands"},
		{throughline.KindAsset, "Assets"},
		{throughline.KindVocabulary, "Vocabularies"},
	}
}

// whatMade says what things of a kind are there for.
func whatMade(kind throughline.Kind) string {
	switch kind {
	case throughline.KindAsset:
		return "An asset is a picture, a video or another file, with its alternative text, where it came from, and what its holders allow."
	case throughline.KindVocabulary:
		return "A vocabulary has words that mean one thing: what pictures show, what slots are for. Whoever asks for places finds beaches."
	}
	return "Templates have slots, fragments fill them, and brands say how it all sounds. Together they make every variant."
}

func (w *Web) pieces(ctx context.Context, q url.Values, l operate.Line, p *stationPage) error {
	on := made()[0]
	for _, m := range made() {
		if strings.EqualFold(q.Get("kind"), string(m.kind)) {
			on = m
		}
	}
	for _, m := range made() {
		p.Tabs = append(p.Tabs, tab{Name: m.name, URL: "/make?kind=" + strings.ToLower(string(m.kind)), On: m == on})
	}
	if w.Making != nil {
		p.Tabs = append(p.Tabs, tab{Name: "All copy", URL: "/make/copy"})
	}
	if w.Shelf != nil {
		p.Tabs = append(p.Tabs, tab{Name: "Library", URL: "/library"})
	}
	p.Hidden = map[string]string{"kind": strings.ToLower(string(on.kind))}
	p.Table = table{Caption: on.name + " by name", Columns: []column{{Name: string(on.kind)}, {Name: "Says"}, {Name: "Languages"}, {Name: "Labels"}, {Name: "Owner"}}}
	p.Empty = &beginning{
		Title: "Here you will see " + strings.ToLower(on.name),
		What:  whatMade(on.kind),
		Why:   "What is made once, as a piece with a name, is used again and learned from everywhere it appears.",
	}
	w.begins(p, on.kind)
	p.answers(operate.SayCount(p.Flow.Count) + " " + p.Flow.Unit + " to make variants of, the latest " + operate.SayAge(p.Flow.Latest, l.AsOf))
	err := w.ofKind(ctx, on.kind, q, p, func(r throughline.Resource) []cell {
		text, languages := saysOf(r)
		return []cell{{Text: text}, {Text: languages, Soft: true}, {Text: labels(r), Soft: true}, p.owner(l, r)}
	})
	if len(p.Table.Rows) > 0 || p.Table.Pages != (pager{}) { // where there is nothing, there is nothing to narrow
		p.Filter = []field{{Name: "q", Label: "Name or text", Kind: "search", Value: q.Get("q"), Required: true}}
	}
	return err
}

// saysOf is what a thing says in a few words, and in which languages.
func saysOf(r throughline.Resource) (text, languages string) {
	switch s := r.Spec.(type) {
	case *throughline.Fragment:
		if s.Type == throughline.List {
			return "list: " + strings.Join(s.Items, ", "), ""
		}
		return saysIn(s.Values)
	case *throughline.Asset:
		text, languages = saysIn(s.Alt)
		return cmp.Or(text, s.Title, s.File.Name), languages
	case *throughline.Disclosure:
		return saysIn(s.Texts)
	case *throughline.Claim:
		return cmp.Or(s.Title, strings.Join(s.Covers, ", ")), strings.Join(slices.Sorted(maps.Keys(s.Statements)), ", ")
	case *throughline.Vocabulary:
		var names []string
		for _, c := range s.Concepts[:min(len(s.Concepts), 6)] {
			names = append(names, c.Name)
		}
		return s.Title + ": " + strings.Join(names, ", "), ""
	case *throughline.Guardrail:
		return s.Title, ""
	case *throughline.GuardrailSet:
		return s.Title, ""
	case *throughline.Template:
		var slots []string
		for _, slot := range s.Slots {
			slots = append(slots, slot.Name)
		}
		return "slots: " + strings.Join(slots, ", "), ""
	}
	return "", ""
}

// saysIn is the English of a text, or else its first language, and which
// languages there are.
func saysIn(values map[string]string) (text, languages string) {
	locales := slices.Sorted(maps.Keys(values))
	if len(locales) > 0 {
		text = cmp.Or(values["en"], values[locales[0]])
	}
	return text, strings.Join(locales, ", ")
}

func labels(r throughline.Resource) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(r.Metadata.Labels)) {
		out = append(out, k+": "+r.Metadata.Labels[k])
	}
	return strings.Join(out, ", ")
}

// people returns everybody as colleagues see them, by name.
func (w *Web) people(ctx context.Context) (map[string]operate.Owner, error) {
	known := make(map[string]operate.Owner)
	if w.Library == nil {
		return known, nil
	}
	all, err := w.Library.List(ctx, throughline.KindPerson)
	for _, r := range all {
		p := r.Spec.(*throughline.Person)
		known[r.Metadata.Name] = operate.Owner{Person: r.Metadata.Name, Name: p.Name, Initials: p.Initials()}
	}
	return known, err
}

// owner is who answers for the thing of a row.
func (p *stationPage) owner(l operate.Line, r throughline.Resource) cell {
	if o := cmp.Or(p.Answers, r.Metadata.Owner); o != "" {
		if known, ok := p.People[o]; ok {
			return ownerOf(known)
		}
		return ownerOf(operate.Owner{Person: o, Name: o, Initials: initials(o)})
	}
	return ownerOf(operate.Owner{Person: l.Owner.Person, Name: l.Owner.Name, Initials: l.Owner.Initials})
}

func ownerOf(o operate.Owner) cell {
	return cell{HTML: template.HTML(`<abbr class="owner" title="` + template.HTMLEscapeString(o.Name) + ` answers for this">` + template.HTMLEscapeString(cmp.Or(o.Initials, "–")) + `</abbr>`)}
}

// severityHealth is a severity as a health: what blocks needs action, what warns a
// look.
func severityHealth(s throughline.Severity) operate.Health {
	switch s {
	case throughline.Block:
		return operate.HealthBad
	case throughline.Warn:
		return operate.HealthWarn
	}
	return ""
}

// held are the kinds of what content is held to, as the station Check lists them.
func held() []kindTab {
	return []kindTab{
		{throughline.KindGuardrail, "Guardrails"},
		{throughline.KindGuardrailSet, "Sets"},
		{throughline.KindClaim, "Claims"},
		{throughline.KindDisclosure, "Disclosures"},
	}
}

// rules lists what content is held to, of one kind.
func (w *Web) rules(ctx context.Context, on kindTab, q url.Values, l operate.Line, p *stationPage) error {
	p.Hidden = map[string]string{"kind": strings.ToLower(string(on.kind))}
	p.Table = table{Caption: on.name + " by name", Columns: []column{{Name: "Name"}, {Name: "Says"}, {Name: "Severity"}, {Name: "Owner"}}}
	p.Empty = &beginning{
		Title: "Here you will see what every piece is held to",
		What: map[throughline.Kind]string{
			throughline.KindGuardrail:    "A guardrail is a check as data: what may not be said, must be said, or may be how long. People, automation and the engine read the same one.",
			throughline.KindGuardrailSet: "A set puts guardrails together, sets the engine's own checks, and holds what was let pass, with its reason and its end.",
			throughline.KindClaim:        "A claim is something that may be said because there is evidence for it, in which markets and until when.",
			throughline.KindDisclosure:   "A disclosure is what must be said in some markets, in the words of each language.",
		}[on.kind],
	}
	w.begins(p, on.kind)
	return w.ofKind(ctx, on.kind, q, p, func(r throughline.Resource) []cell {
		severity := cell{Text: "–", Soft: true}
		if g, ok := r.Spec.(*throughline.Guardrail); ok {
			severity = severityCell(g.Severity)
		}
		says, _ := saysOf(r)
		return []cell{{Text: says}, severity, p.owner(l, r)}
	})
}

func (w *Web) checks(ctx context.Context, q url.Values, l operate.Line, p *stationPage) error {
	on := slices.IndexFunc(held(), func(k kindTab) bool { return strings.EqualFold(q.Get("kind"), string(k.kind)) })
	p.Tabs = []tab{{Name: "Findings", URL: "/check", On: on < 0}}
	for i, k := range held() {
		p.Tabs = append(p.Tabs, tab{Name: k.name, URL: "/check?kind=" + strings.ToLower(string(k.kind)), On: i == on})
	}
	record := q.Get("kind") == "record"
	p.Tabs = append(p.Tabs, tab{Name: "Record", URL: "/check?kind=record", On: record})
	p.Tabs[0].On = p.Tabs[0].On && !record
	if record {
		w.record(l, p)
		return nil
	}
	if on >= 0 {
		return w.rules(ctx, held()[on], q, l, p)
	}
	p.Empty = &beginning{
		Title: "Here you will see what the guardrails find",
		What:  "Guardrails read every variant before it may go live. What they find stands here, with its place, what it got, what it wanted and how to mend it.",
	}
	if p.Flow.Latest.IsZero() {
		w.begins(p, throughline.KindGuardrail)
	}
	p.Table = table{Caption: "Findings, the gravest first", Columns: []column{{Name: "Where"}, {Name: "Verdict"}, {Name: "Rule"}, {Name: "It says", Long: true}, {Name: "Mend it", Long: true}}}
	if w.Library == nil {
		return nil
	}
	findings, err := w.Library.Check(ctx, p.Viewer.Caller, content.Change{})
	if err != nil {
		return err
	}
	findings = distinct(findings)
	p.answers(saysFindings(findings, p.Flow.Count))
	slices.SortStableFunc(findings, func(a, b throughline.Finding) int {
		return cmp.Compare(severityHealth(b.Severity).Rank(), severityHealth(a.Severity).Rank())
	})
	for _, f := range findings[:min(len(findings), listRows)] {
		p.Table.Rows = append(p.Table.Rows, row{URL: w.objectURL(f.Object), Cells: []cell{
			{Text: f.Object.String()}, verdictCell(f), {Text: f.Rule}, {Text: f.Got + ", want " + f.Want}, {Text: mending(f)},
		}})
	}
	return nil
}

// record lists what every rule has said so far: one that is overridden often is
// wrong, and one that lets things escape does not hold.
func (w *Web) record(l operate.Line, p *stationPage) {
	p.Table = table{Caption: "Rules, what escaped first", Columns: []column{
		{Name: "Rule"},
		{Name: "Fired", Number: true},
		{Name: "Blocked", Number: true},
		{Name: "Overridden", Number: true},
		{Name: "Escaped", Number: true},
		{Name: "Last"},
	}}
	p.Empty = &beginning{
		Title: "Here you will see how well the rules work",
		What:  "Each time something is to go live, it is counted which rules spoke, which were overridden, and what was shown that should not have been.",
		Why:   "A rule that is overridden often is wrong, and a rule that lets things escape does not hold. Both are worth more than a long list of rules.",
	}
	var fires, overrides, escapes int64
	for i, r := range w.Lines.Rules() {
		fires, overrides, escapes = fires+r.Fires, overrides+r.Overrides, escapes+r.Escapes
		if i >= listRows {
			continue
		}
		over := operate.SayCount(r.Overrides)
		if r.Fires > 0 && r.Overrides > 0 {
			over += fmt.Sprintf(" (%.0f %%)", 100*float64(r.Overrides)/float64(r.Fires))
		}
		p.Table.Rows = append(p.Table.Rows, row{URL: w.ruleURL(r.Rule), Cells: []cell{
			{Text: r.Rule},
			{Text: operate.SayCount(r.Fires)},
			{Text: operate.SayCount(r.Blocks)},
			{Text: over},
			{Text: operate.SayCount(r.Escapes)},
			{Text: operate.SayAge(r.Latest, l.AsOf), Soft: true},
		}})
	}
	if len(p.Table.Rows) > 0 {
		p.answers(operate.Plural(fires, "finding", "findings") + " so far, " + operate.SayCount(overrides) + " overridden, and " + operate.Plural(escapes, "exposure", "exposures") + " that should not have been")
	}
}

// ruleURL leads to where a rule is declared: Brand/acme#terms to the brand.
func (w *Web) ruleURL(rule string) string {
	declared, _, _ := strings.Cut(rule, "#")
	ref, err := throughline.ParseRef(declared)
	if err != nil {
		return ""
	}
	return w.objectURL(ref)
}

// saysFindings answers whether there is anything to mend.
func saysFindings(findings []throughline.Finding, variants int64) string {
	var blocking, worth, untold, passed int
	for _, f := range findings {
		switch {
		case f.Overridden != nil:
			passed++
		case f.Verdict == throughline.VerdictUnknown:
			untold++
		case f.Severity == throughline.Block:
			blocking++
		default:
			worth++
		}
	}
	read := operate.Plural(variants, "variant was", "variants were") + " read"
	var parts []string
	if blocking > 0 {
		parts = append(parts, operate.Plural(blocking, "finding", "findings")+" in the way of a release")
	}
	if worth > 0 {
		parts = append(parts, operate.Plural(worth, "finding", "findings")+" worth a look")
	}
	if untold > 0 {
		parts = append(parts, operate.SayCount(int64(untold))+" could not be told")
	}
	if passed > 0 {
		parts = append(parts, operate.SayCount(int64(passed))+" let pass")
	}
	switch {
	case len(parts) == 0:
		return "nothing to mend: " + read
	case blocking == 0:
		parts = append(parts, "none in the way of a release")
	}
	return strings.Join(parts, ", ") + "; " + read
}

func severityCell(s throughline.Severity) cell { return badge(severityHealth(s), string(s)) }

// verdictCell is what a check came to at a place: what an override lets pass and
// what nobody can tell are no warnings, and no passes either.
func verdictCell(f throughline.Finding) cell {
	switch {
	case f.Overridden != nil:
		return cell{HTML: `<span class="badge">` + icon("check") + `let pass</span>`}
	case f.Verdict == throughline.VerdictUnknown:
		return cell{HTML: `<span class="badge">` + icon("untold") + `unknown</span>`}
	}
	return severityCell(f.Severity)
}

// mending is what to do about a finding, or why nothing has to be done.
func mending(f throughline.Finding) string {
	if f.Overridden != nil {
		return "Let pass until " + string(f.Overridden.Until) + ": " + f.Overridden.Reason
	}
	return f.Fix
}

// badge is a health with a word of its own.
func badge(h operate.Health, word string) cell {
	return cell{HTML: template.HTML(`<span class="badge">` + string(healthShape(h)) + template.HTMLEscapeString(word) + `</span>`)}
}
