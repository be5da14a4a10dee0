package web

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// Making is what people who make content do.
type Making interface {
	// Object returns one thing with all its neighbours, and what the draft makes of it.
	Object(ctx context.Context, by engine.Caller, ref throughline.Ref) (content.Object, error)
	// Objects returns some things of one kind, by name.
	Objects(ctx context.Context, by engine.Caller, q content.ObjectQuery) (content.ObjectPage, error)
	// Revision returns a revision that was in force once.
	Revision(ctx context.Context, by engine.Caller, ref throughline.Ref, digest throughline.Digest) (throughline.Resource, error)
	// Names returns what may be referred to.
	Names(ctx context.Context, by engine.Caller, kind throughline.Kind) ([]content.Name, error)
	// Sample renders a thing in a placement as the draft has it.
	Sample(ctx context.Context, by engine.Caller, ref throughline.Ref, placement, locale string) (content.Sample, error)
	// Sheet returns fragments side by side.
	Sheet(ctx context.Context, by engine.Caller, q content.SheetQuery) (content.SheetPage, error)
	// TextsToTranslate writes what a translator has to do as a file.
	TextsToTranslate(ctx context.Context, by engine.Caller, q content.TranslateQuery) (content.Outgoing, error)
	// TextsTranslated says what files of a translator would change.
	TextsTranslated(ctx context.Context, by engine.Caller, files []content.File, draft bool) (content.Translation, error)
	// Studio returns a template with what its slots ask for and what an edit does.
	Studio(ctx context.Context, by engine.Caller, in content.StudioInput) (content.Studio, error)
	// Look draws a template with data for one channel, audience and language.
	Look(ctx context.Context, by engine.Caller, in content.LookInput) (content.Sample, error)
	// Said returns what keeps the draft from being released, and what the checks say.
	Said(ctx context.Context, by engine.Caller) (throughline.Problems, []throughline.Finding, error)
	// Glance returns how the draft stands.
	Glance(ctx context.Context, by engine.Caller) (content.Glance, error)
	// Save puts edits into the draft.
	Save(ctx context.Context, by engine.Caller, in content.SaveInput) (content.Saved, error)
	// Bring puts an asset that was just taken in into the draft.
	Bring(ctx context.Context, by engine.Caller, asset throughline.Resource) (content.Brought, error)
	// Undo takes back the last step of the draft.
	Undo(ctx context.Context, by engine.Caller) (content.Draft, error)
	// Redo does again what was undone last.
	Redo(ctx context.Context, by engine.Caller) (content.Draft, error)
	// Discard takes things out of the draft.
	Discard(ctx context.Context, by engine.Caller, refs ...throughline.Ref) (content.Draft, error)
}

// formMost bounds the form of one object, gridMost what a grid sends at once.
const (
	formMost = 2 << 20
	gridMost = 6 << 20
)

// checkedAtOnce is how many things there may be for a page to wait until they are
// checked. With more, its script asks, or the reader does.
const checkedAtOnce = 2000

// registerMake adds the pages on which things are made and changed.
func (w *Web) registerMake(p *routes) {
	if w.Making == nil {
		return
	}
	for _, kind := range throughline.Kinds() {
		if !lensed(kind) {
			p.object(kind, engine.RightRead, func(rw http.ResponseWriter, r *http.Request, v viewer) error {
				return w.objectPage(rw, r, v, throughline.Ref{Kind: kind, Name: r.PathValue("name")})
			})
		}
		p.command(command{Title: "New " + strings.ToLower(string(kind)), URL: newURL(kind), Right: engine.RightToChange(kind), Words: "make create add"})
	}
	p.page("GET /edit/{kind}/{name...}", engine.RightRead, w.editPage)
	p.form("POST /edit/{kind}/{name...}", engine.RightChange, formMost, w.saveObject)
	p.page("GET /new/{kind}", engine.RightChange, w.newPage)
	p.page("POST /new/{kind}", engine.RightChange, w.newObject)
	p.page("GET /make/preview/{kind}/{name...}", engine.RightRead, w.samplePage)
	p.page("GET /look/{name...}", engine.RightRead, w.lookPage)
	p.page("GET /make/names", engine.RightRead, w.nameList)
	p.page("POST /make/undo", engine.RightChange, w.undo)
	w.registerGrid(p)
}

// lensed kinds have a page of their own that shows how they do; their form is
// the lens beside it.
func lensed(kind throughline.Kind) bool {
	return kind == throughline.KindPlacement || kind == throughline.KindPerson
}

// editURL returns the address of the form of an object.
func editURL(ref throughline.Ref) string {
	lens := ""
	if lensed(ref.Kind) {
		lens = "/edit"
	}
	return lens + refPath(ref)
}

func saveURL(ref throughline.Ref) string { return "/edit" + refPath(ref) }

func newURL(kind throughline.Kind) string { return "/new/" + strings.ToLower(string(kind)) }

// askedRef reads the kind and name of an address.
func askedRef(r *http.Request) (throughline.Ref, error) {
	for _, kind := range throughline.Kinds() {
		if strings.EqualFold(string(kind), r.PathValue("kind")) {
			return throughline.Ref{Kind: kind, Name: r.PathValue("name")}, nil
		}
	}
	return throughline.Ref{}, noPage()
}

// objectPage is one thing: what it is in a sentence, its form, what leans on it
// and what became of it.
type objectPage struct {
	shell
	Ref throughline.Ref
	// Says is the sentence, Note what just happened to what was typed.
	Says, Note string
	// Can says that the viewer may change it; Cannot why not.
	Can    bool
	Cannot string
	draftBar
	// Save is where the form goes, Base the digest it began from.
	Save, Base string
	Fields     []*formField
	// Top is what is wrong with no field in particular.
	Top []said
	// YAML is the thing as text; AsYAML shows it in place of the form, and Broken
	// says that the form cannot show it.
	YAML           string
	AsYAML, Broken bool
	FormURL        string
	YAMLURL        string
	// Changed says that the viewer's draft changes it, New that it is only there,
	// Deleted that the draft deletes it.
	Changed, New, Deleted bool
	// Clash is what two people changed differently.
	Clash *clash
	// Later says that checking takes so long that the page does not wait for it;
	// Asked that somebody asked for it all the same.
	Later, Asked bool
	// File is that of an asset; nil for what has none.
	File *fileFace
	// Shown are its renderings, Tried what a guardrail says of what there is.
	Shown []sample
	Tried []said
	// History are its revisions, Uses and UsedBy its neighbours.
	History      []moment
	Diffs        []fieldDiff
	DiffTitle    string
	Uses, UsedBy []neighbour
	More         int
	// Answers answers for it; Because is why, where it names nobody itself.
	Answers neighbour
	Because *because
	Lenses  []tab
	// Studio is how a template looks, and what an edit of it does; nil for what is
	// none.
	Studio *studioView
	// Fits is what already fits a brief; nil for what is none.
	Fits *libraryFits
}

// draftBar is how the draft stands, below every page that changes it.
type draftBar struct {
	Draft content.Glance
	// Back is the page to come back to after an undo.
	Back string
}

// said is one problem or finding.
type said struct {
	Path  string `json:"path"`
	Text  string `json:"text"`
	Wrong bool   `json:"wrong"`
	// Line is that of the text as YAML, where it is known.
	Line string `json:"line,omitempty"`
	URL  string `json:"-"`
	// Slot and Channel narrow what is said of a template; either may be empty.
	Slot    string `json:"-"`
	Channel string `json:"-"`
	// Piece is what it is about, at URL, where that is another thing.
	Piece string `json:"-"`
	// Passed says that an override lets it pass, Untold that it could not be told.
	Passed bool `json:"-"`
	Untold bool `json:"-"`
}

// Mark is the shape that stands before it.
func (s said) Mark() template.HTML {
	switch {
	case s.Passed:
		return icon("check")
	case s.Untold:
		return icon("untold")
	case s.Wrong:
		return icon("warn")
	}
	return healthMark(operate.HealthWarn)
}

// sample is one rendering to look at.
type sample struct{ Title, URL string }

type neighbour struct{ Kind, Name, URL string }

// editPage is the form where the object's own page is another.
func (w *Web) editPage(rw http.ResponseWriter, r *http.Request, v viewer) error {
	ref, err := askedRef(r)
	if err != nil {
		return err
	}
	return w.objectPage(rw, r, v, ref)
}

func (w *Web) objectPage(rw http.ResponseWriter, r *http.Request, v viewer, ref throughline.Ref) error {
	o, err := w.Making.Object(r.Context(), v.Caller, ref)
	if err != nil {
		return w.goneOr(rw, r, v, o, err)
	}
	switch r.URL.Query().Get("as") {
	case "said":
		return w.objectSaid(rw, r, v, ref)
	case "":
	case "yaml":
	default:
		return noPage()
	}
	page, err := w.newObjectPage(r, v, o)
	if err != nil {
		return err
	}
	if err := w.history(r, v, o, page); err != nil {
		return err
	}
	return w.render(rw, r, http.StatusOK, "make-object", page)
}

// newObjectPage makes the page of an object as the viewer's draft has it.
func (w *Web) newObjectPage(r *http.Request, v viewer, o content.Object) (*objectPage, error) {
	page := &objectPage{Ref: o.Ref, Save: saveURL(o.Ref), FormURL: editURL(o.Ref), YAMLURL: editURL(o.Ref) + "?as=yaml"}
	page.shell = w.shell(r, v, o.Title, w.lineageOf(o)...)
	page.Station, page.Styles, page.Scripts, page.Wide = stationOf(o.Ref.Kind), []string{"make.css"}, []string{"make.js"}, true
	page.Keys = []keyHint{{"y", "the YAML, and back"}, {"e", "go to the first field"}, {"Ctrl Z", "undo the last step, outside a text"}}
	page.Can, page.Cannot = w.mayChange(r.Context(), v, o.Ref)
	page.Back, page.Caption = page.FormURL, w.captionFragment(r, o)
	page.Says = saysObject(o)
	glance, err := w.Making.Glance(r.Context(), v.Caller)
	if err != nil {
		return nil, err
	}
	page.Draft = glance
	page.neighbours(w, o)
	if err := w.answering(r.Context(), v, o, page); err != nil {
		return nil, err
	}
	if lensed(o.Ref.Kind) && w.objects[o.Ref.Kind] {
		page.Lenses = []tab{{Name: "How it does", URL: w.objectURL(o.Ref)}, {Name: "What it is", URL: page.FormURL, On: true}}
	}
	if err := page.state(o); err != nil {
		return nil, err
	}
	if page.Clash != nil || page.Deleted {
		return page, nil
	}
	page.AsYAML, page.Asked = r.URL.Query().Get("as") == "yaml", r.URL.Query().Has("check")
	if o.Ref.Kind == throughline.KindBrief {
		page.Styles = append(page.Styles, "library.css")
		if page.Fits, err = w.fitsFor(r, v, o.Ref.Name, ""); err != nil {
			return nil, err
		}
	}
	if o.Ref.Kind == throughline.KindTemplate {
		if err := w.studio(r, v, page, o); err != nil {
			return nil, err
		}
	}
	value, ok := page.value()
	if !ok {
		page.AsYAML, page.Broken = true, true
	}
	return page, w.formOf(r.Context(), v, page, o, value)
}

// state takes over what the draft makes of the object.
func (p *objectPage) state(o content.Object) error {
	shown := o.Resource
	d := o.Draft
	p.New = o.Resource == nil
	if d == nil {
		p.Base = o.Digest.String()
	} else {
		p.Changed, p.Base, p.Deleted = true, d.Digest.String(), d.Deleted
		shown = d.Resource
		if d.Stale && len(d.Conflicts) > 0 {
			p.Clash = newClash(o)
		} else if d.Merged != nil {
			shown = d.Merged
			p.Note = "Somebody released a change of this while you were at it. Both are joined below; nothing of yours is lost."
		}
		if d.Text != "" {
			p.YAML = d.Text
			return nil
		}
	}
	if shown == nil {
		return nil
	}
	var err error
	p.YAML, err = content.YAML(*shown)
	return err
}

// value reads the text as the form shows it, and reports whether it can.
func (p *objectPage) value() (content.Value, bool) {
	value, err := content.ParseValue(p.YAML)
	return value, err == nil && value.Fits(content.SchemaOf(p.Ref.Kind))
}

// formOf makes the form, and puts what is wrong where it is.
func (w *Web) formOf(ctx context.Context, v viewer, page *objectPage, o content.Object, value content.Value) error {
	m, err := w.formMaker(ctx, v, o.Ref.Kind, value)
	if err != nil {
		return err
	}
	if !page.AsYAML {
		page.Fields = m.form(content.SchemaOf(o.Ref.Kind))
	}
	if page.Later = o.Draft != nil && o.Draft.Text == "" && page.Draft.Things > checkedAtOnce && !page.Asked; page.Later {
		return w.samples(ctx, v, page, o)
	}
	all, err := w.saidOf(ctx, v, o)
	if err != nil {
		return err
	}
	if page.Studio != nil {
		all = page.Studio.place(all)
	}
	for _, s := range all {
		if page.AsYAML && s.Line != "" {
			s.Text = "Line " + s.Line + ": " + s.Text
		}
		if page.AsYAML || s.Path == "" || m.place(s.Path, s.Text, s.Wrong) != "" {
			page.Top = append(page.Top, s)
		}
	}
	if err := w.tried(ctx, v, page); err != nil {
		return err
	}
	return w.samples(ctx, v, page, o)
}

// saidOf returns what is wrong with an object and what is worth a look, as the
// viewer's draft has it.
func (w *Web) saidOf(ctx context.Context, v viewer, o content.Object) (all []said, err error) {
	findings := o.Findings
	if o.Draft != nil {
		var problems throughline.Problems
		if problems, findings, err = w.Making.Said(ctx, v.Caller); err != nil {
			return nil, err
		}
		problems = append(slices.Clone(o.Draft.Problems), problems...)
		for _, p := range problems {
			s := said{Path: p.Field, Text: sentence(p.Message) + ".", Wrong: true}
			if p.Fix != "" {
				s.Text += " " + sentence(p.Fix) + "."
			}
			if place, ok := strings.CutPrefix(p.Place, o.Ref.String()+":"); ok {
				s.Line, _, _ = strings.Cut(place, ":")
			}
			if p.Object == o.Ref && !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	for _, f := range findings {
		atSlot := o.Ref.Kind == throughline.KindTemplate && f.Template == o.Ref.Name
		if f.Object == o.Ref || atSlot && (f.Variants > 0 || f.Slot != "") {
			s := saidFinding(f)
			if f.Object != o.Ref && f.Variants == 0 {
				s.Path, s.Piece, s.URL = "", strings.TrimSpace(f.Object.Name+" "+f.Locale), editURL(f.Object)
			}
			if atSlot && f.Slot != "" {
				all = append(all, s)
				continue
			}
			if !slices.ContainsFunc(all, func(have said) bool { return have.Path == s.Path && have.Wrong && s.Wrong }) {
				all = append(all, s)
			}
		}
	}
	return all, nil
}

func saidFinding(f throughline.Finding) said {
	text := "Got " + f.Got + ", want " + f.Want
	if f.Variants > 0 {
		text = fmt.Sprintf("%s, in %s combinations", text, operate.SayCount(int64(f.Variants)))
	}
	if f.Verdict == throughline.VerdictUnknown {
		text = "It could not be told: " + f.Got
	}
	if f.Fix != "" {
		text += ". " + sentence(f.Fix)
	}
	text = strings.TrimSuffix(text, ".") + " (" + f.Rule + ")."
	if f.Overridden != nil {
		text += " Let pass until " + string(f.Overridden.Until) + ": " + strings.TrimSuffix(f.Overridden.Reason, ".") + "."
	}
	return said{Slot: f.Slot, Channel: f.Channel, Path: f.Field(), Text: text, Wrong: f.Severity == throughline.Block && f.Variants == 0, Passed: f.Overridden != nil, Untold: f.Verdict == throughline.VerdictUnknown}
}

// objectSaid answers a script with what is wrong now.
func (w *Web) objectSaid(rw http.ResponseWriter, r *http.Request, v viewer, ref throughline.Ref) error {
	o, err := w.Making.Object(r.Context(), v.Caller, ref)
	if err != nil {
		return err
	}
	all, err := w.saidOf(r.Context(), v, o)
	if err != nil {
		return err
	}
	page := objectPage{Ref: ref}
	if ref.Kind == throughline.KindTemplate { // the rest is said at its slot, which the script asks for
		all = slices.DeleteFunc(all, func(s said) bool { return s.Slot != "" || s.Channel != "" && s.Path == "" })
	}
	if err := w.tried(r.Context(), v, &page); err != nil {
		return err
	}
	if all == nil {
		all = []said{}
	}
	return answerJSON(rw, map[string]any{"said": all, "tried": page.Tried})
}

// tried is what a guardrail says of the text there is.
func (w *Web) tried(ctx context.Context, v viewer, page *objectPage) error {
	if page.Ref.Kind != throughline.KindGuardrail || page.Deleted {
		return nil
	}
	_, findings, err := w.Making.Said(ctx, v.Caller)
	if err != nil {
		return err
	}
	for _, f := range findings {
		if f.Rule != page.Ref.String() {
			continue
		}
		s := said{Text: fmt.Sprintf("%s: %s, want %s", f.Object, f.Got, f.Want), Wrong: f.Severity == throughline.Block, URL: editURL(f.Object), Passed: f.Overridden != nil, Untold: f.Verdict == throughline.VerdictUnknown}
		if f.Locale != "" {
			s.Text = f.Locale + ", " + s.Text
		}
		page.Tried = append(page.Tried, s)
	}
	return nil
}

// mayChange reports whether the viewer may change things of the kind at all, and
// otherwise why not.
func (w *Web) mayChange(ctx context.Context, v viewer, ref throughline.Ref) (bool, string) {
	err := v.Need(engine.RightToChange(ref.Kind))
	if err == nil {
		return true, ""
	}
	err = w.whoCan(ctx, err)
	if e, ok := err.(*throughline.Error); ok {
		return false, sentence(e.Message) + ". " + sentence(e.Fix) + "."
	}
	return false, "You may not change this."
}

// stationOf is where things of a kind are at home.
func stationOf(kind throughline.Kind) string {
	switch kind {
	case throughline.KindBrief:
		return "brief"
	case throughline.KindGuardrail, throughline.KindGuardrailSet, throughline.KindClaim, throughline.KindDisclosure:
		return "check"
	case throughline.KindPlacement, throughline.KindAudience, throughline.KindGoal:
		return "decide"
	case throughline.KindChannel:
		return "deliver"
	case throughline.KindPerson, throughline.KindTeam, throughline.KindEngine, throughline.KindStewardship:
		return ""
	}
	return "make"
}

// lineageOf leads from the brief to the object.
func (w *Web) lineageOf(o content.Object) (all []crumb) {
	add := func(refs []throughline.Ref) {
		if len(refs) > 0 && refs[0] != o.Ref {
			all = append(all, crumb{Kind: string(refs[0].Kind), Name: refs[0].Name, URL: w.objectURL(refs[0])})
		}
	}
	add(o.Lineage.Briefs)
	switch o.Ref.Kind {
	case throughline.KindFragment, throughline.KindPlacement:
		add(o.Lineage.Templates)
	}
	if len(all) == 0 {
		all = append(all, crumb{Name: kindPlural(o.Ref.Kind), URL: listURL(o.Ref.Kind)})
	}
	return all
}

func kindPlural(kind throughline.Kind) string {
	if kind == throughline.KindPerson {
		return "People"
	}
	return string(kind) + "s"
}

// listURL is where all of a kind are listed.
func listURL(kind throughline.Kind) string {
	switch station := stationOf(kind); {
	case kind == throughline.KindPerson:
		return "/people"
	case kind == throughline.KindTeam, kind == throughline.KindStewardship:
		return "/people"
	case kind == throughline.KindEngine:
		return "/"
	case kind == throughline.KindFragment:
		return "/make/copy"
	default:
		return "/" + station + "?kind=" + strings.ToLower(string(kind))
	}
}

func (p *objectPage) neighbours(w *Web, o content.Object) {
	const most = 12
	list := func(refs []throughline.Ref) (all []neighbour) {
		for _, ref := range refs[:min(len(refs), most)] {
			url := w.objectURL(ref)
			if url == "" {
				url = editURL(ref)
			}
			all = append(all, neighbour{string(ref.Kind), ref.Name, url})
		}
		return all
	}
	p.Uses, p.UsedBy = list(o.Uses), list(o.UsedBy)
	if len(p.UsedBy) == 0 && o.Ref.Kind == throughline.KindFragment {
		p.UsedBy = list(append(slices.Clone(o.Lineage.Templates), o.Lineage.Placements...))
	}
	p.More = max(0, len(o.UsedBy)-most)
}

// answering says who answers for the object.
func (w *Web) answering(ctx context.Context, v viewer, o content.Object, page *objectPage) error {
	page.Answers = neighbour{Kind: "Person", Name: o.OwnerName, URL: w.objectURL(o.Owner)}
	because := func(before string, ref throughline.Ref, after string) {
		page.Because = &because{before, neighbour{string(ref.Kind), ref.Name, w.objectURL(ref)}, after}
	}
	switch o.OwnedBy {
	case content.OwnedBySteward:
		because("as its steward by", throughline.Ref{Kind: throughline.KindStewardship, Name: o.Stewardship}, "")
	case content.OwnedByParent:
		because("because they answer for", o.OwnedFrom, "")
	case content.OwnedByEngine:
		engines, err := w.Making.Names(ctx, v.Caller, throughline.KindEngine)
		if err != nil || len(engines) == 0 || o.Ref.Kind == throughline.KindEngine {
			return err
		}
		because("because the engine", throughline.Ref{Kind: throughline.KindEngine, Name: engines[0].Name}, "is theirs and nobody else is named")
	}
	return nil
}

// because is why somebody answers for a thing: words around another thing.
type because struct {
	Before  string
	Through neighbour
	After   string
}
