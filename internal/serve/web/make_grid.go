package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// The sizes of the copy grid.
const (
	gridRows   = 50  // of a page without scripts
	gridWindow = 200 // asked for at once by a script
	gridEdits  = 500 // rows saved at once
)

// registerGrid adds the copy grid: fragments side by side, a column a language.
func (w *Web) registerGrid(p *routes) {
	p.page("GET /make/copy", engine.RightRead, w.grid)
	p.form("POST /make/copy", engine.RightChange, gridMost, w.saveGrid)
	p.page("GET /make/copy.csv", engine.RightRead, w.exportCSV)
	p.form("POST /make/copy/csv", engine.RightChange, importMost, w.importCSV)
	p.page("GET /make/copy.xlf", engine.RightRead, w.sendTexts)
	p.form("POST /make/copy/xlf", engine.RightChange, importMost, w.takeTexts)
	p.command(command{Title: "Copy grid", URL: "/make/copy", Right: engine.RightRead, Words: "fragments texts translations spreadsheet csv"})
}

// gridPage is a page of the copy grid.
type gridPage struct {
	shell
	draftBar
	Says    string
	Filter  []field
	Tabs    []tab
	Locales []string
	Rows    []gridRow
	// Data is where a script reads rows, Export where the file is.
	Data, Export string
	Pages        pager
	Can          bool
	Cannot       string
	Total        int
	Empty        *beginning
	// Query is the filter as the form sends it on, Keep the same by field.
	Query string
	Keep  map[string]string
}

// Others are the languages that texts are translated into.
func (p *gridPage) Others() []string { return p.Locales[min(1, len(p.Locales)):] }

// gridRow is one fragment, gridCell its text in one language.
type gridRow struct {
	Name, Role, URL string
	Draft           bool
	Unreadable      bool
	Cells           []gridCell
}

type gridCell struct {
	Locale, Text string
	// Count is how long it is, Over that it is longer than it may be.
	Count, Most int
	Over        bool
}

// sheetQuery reads the filter of a grid.
func sheetQuery(q url.Values) content.SheetQuery {
	return content.SheetQuery{
		Text: q.Get("q"), Role: q.Get("role"), Brief: q.Get("brief"), Template: q.Get("template"), Brand: q.Get("brand"),
		Missing: q.Get("missing"), Changed: q.Get("changed") != "", Cursor: q.Get("after"),
	}
}

func (w *Web) grid(rw http.ResponseWriter, r *http.Request, v viewer) error {
	q := sheetQuery(r.URL.Query())
	q.Limit = gridRows
	if r.URL.Query().Get("as") == "said" {
		return w.gridSaid(rw, r, v)
	}
	asData := r.URL.Query().Get("as") == "rows"
	if asData {
		q.Limit = gridWindow
		q.Names = r.URL.Query()["name"]
	}
	sheet, err := w.Making.Sheet(r.Context(), v.Caller, q)
	if err != nil {
		return err
	}
	if asData {
		return answerJSON(rw, sheet)
	}
	page := &gridPage{shell: w.shell(r, v, "Copy", crumb{Name: "Make", URL: "/make"}), Locales: sheet.Locales, Total: sheet.Total}
	page.Station, page.Wide = "make", true
	page.Styles, page.Scripts = []string{"make.css"}, []string{"grid.js"}
	page.Keys = []keyHint{{"↑ ↓ ← →", "go from cell to cell, with Shift to select"}, {"Enter", "edit, and go on down"}, {"Ctrl D", "fill down"}, {"Ctrl Z", "undo"}, {"Del", "empty what is selected"}}
	page.Can, page.Cannot = w.mayChange(r.Context(), v, throughline.Ref{Kind: throughline.KindFragment})
	page.Back = r.URL.RequestURI()
	if page.Draft, err = w.Making.Glance(r.Context(), v.Caller); err != nil {
		return err
	}
	for _, row := range sheet.Rows {
		page.Rows = append(page.Rows, newGridRow(row, sheet))
	}
	if err := w.gridFilter(r, v, sheet, page); err != nil {
		return err
	}
	page.finish(r.URL.Query(), sheet)
	return w.render(rw, r, http.StatusOK, "make-copy", page)
}

// cellNote is what the checks say of one cell.
type cellNote struct {
	Name   string `json:"name"`
	Locale string `json:"locale"`
	Text   string `json:"text"`
	Wrong  bool   `json:"wrong"`
}

// gridNotes is how many notes a grid is told of.
const gridNotes = 2000

// gridSaid answers a script with what the checks say of the texts, as the draft
// has them.
func (w *Web) gridSaid(rw http.ResponseWriter, r *http.Request, v viewer) error {
	problems, findings, err := w.Making.Said(r.Context(), v.Caller)
	if err != nil {
		return err
	}
	notes, told := []cellNote{}, map[string]bool{} // told are the cells that a finding is in the way of
	for _, f := range findings {
		if f.Object.Kind == throughline.KindFragment && f.Locale != "" && len(notes) < gridNotes {
			s := saidFinding(f)
			notes = append(notes, cellNote{f.Object.Name, f.Locale, s.Text, s.Wrong})
			told[f.Object.Name+" "+f.Locale] = s.Wrong || told[f.Object.Name+" "+f.Locale]
		}
	}
	for _, p := range problems {
		locale, ok := strings.CutPrefix(p.Field, "spec.values.")
		if ok && p.Object.Kind == throughline.KindFragment && !told[p.Object.Name+" "+locale] && len(notes) < gridNotes {
			notes = append(notes, cellNote{p.Object.Name, locale, sentence(p.Message) + ".", true})
		}
	}
	return answerJSON(rw, notes)
}

func newGridRow(row content.SheetRow, sheet content.SheetPage) gridRow {
	out := gridRow{Name: row.Name, Role: row.Role, Draft: row.Draft, Unreadable: row.Unreadable, URL: editURL(throughline.Ref{Kind: throughline.KindFragment, Name: row.Name})}
	l := sheet.Bounds[row.Role]
	for _, locale := range sheet.Locales {
		c := gridCell{Locale: locale, Text: row.Values[locale], Most: l.Max}
		c.Count = content.Measure(c.Text, l.Unit)
		c.Over = c.Text != "" && (c.Most > 0 && c.Count > c.Most || c.Count < l.Min)
		out.Cells = append(out.Cells, c)
	}
	return out
}

// gridFilter offers what rows can be narrowed to.
func (w *Web) gridFilter(r *http.Request, v viewer, sheet content.SheetPage, page *gridPage) error {
	q := r.URL.Query()
	page.Filter = []field{{Name: "q", Label: "Words", Kind: "search", Value: q.Get("q"), Required: true}}
	choose := func(name, label string, kind throughline.Kind) error {
		names, err := w.Making.Names(r.Context(), v.Caller, kind)
		if err != nil || len(names) == 0 {
			return err
		}
		f := field{Name: name, Label: label, Kind: "select", Required: true, Options: []option{{Label: "All"}}}
		for _, n := range names[:min(len(names), 200)] {
			f.Options = append(f.Options, option{n.Name, n.Name, n.Name == q.Get(name)})
		}
		page.Filter = append(page.Filter, f)
		return nil
	}
	for _, c := range []struct {
		name, label string
		kind        throughline.Kind
	}{{"template", "Template", throughline.KindTemplate}, {"brief", "Brief", throughline.KindBrief}, {"brand", "Brand", throughline.KindBrand}} {
		if err := choose(c.name, c.label, c.kind); err != nil {
			return err
		}
	}
	role := field{Name: "role", Label: "Role", Kind: "select", Required: true, Options: []option{{Label: "All"}}}
	for _, name := range slices.Sorted(maps.Keys(sheet.Bounds)) {
		role.Options = append(role.Options, option{name, name, name == q.Get("role")})
	}
	missing := field{Name: "missing", Label: "Missing in", Kind: "select", Required: true, Options: []option{{Label: "–"}}}
	for _, l := range sheet.Locales {
		missing.Options = append(missing.Options, option{l, l, l == q.Get("missing")})
	}
	page.Filter = append(page.Filter, role, missing)
	return nil
}

// finish says in a sentence what is shown, and where the rest is.
func (p *gridPage) finish(q url.Values, sheet content.SheetPage) {
	keep := url.Values{}
	for _, name := range []string{"q", "role", "brief", "template", "brand", "missing", "changed"} {
		if v := q.Get(name); v != "" {
			keep.Set(name, v)
		}
	}
	with := func(name, value string) string {
		next := maps.Clone(keep)
		next.Set(name, value)
		return "?" + next.Encode()
	}
	p.Keep = map[string]string{}
	for name := range keep {
		p.Keep[name] = keep.Get(name)
	}
	p.Query, p.Data, p.Export = keep.Encode(), "/make/copy"+with("as", "rows"), "/make/copy.csv?"+keep.Encode()
	if q.Get("after") != "" {
		p.Pages.First = "/make/copy?" + keep.Encode()
	}
	if sheet.Next != "" {
		p.Pages.Next = "/make/copy" + with("after", sheet.Next)
		p.Pages.Says = operate.SayCount(int64(len(sheet.Rows))) + " of " + operate.SayCount(int64(sheet.Total))
	}
	gaps := 0
	for _, row := range p.Rows {
		for _, c := range row.Cells {
			if c.Text == "" {
				gaps++
			}
		}
	}
	p.Says = operate.Plural(sheet.Total, "fragment", "fragments") + " in " + operate.Plural(len(sheet.Locales), "language", "languages") + "."
	if len(keep) > 0 {
		p.Says = operate.Plural(len(sheet.Rows), "fragment", "fragments") + " shown of " + operate.SayCount(int64(sheet.Total)) + "."
	}
	if gaps > 0 {
		p.Says += " " + operate.Plural(gaps, "text of those below is", "texts of those below are") + " missing, and fall back to another language."
	}
	if len(p.Rows) > 0 || sheet.Next != "" {
		return
	}
	if len(keep) == 0 {
		p.Says = "No copy yet."
	}
	p.Empty = &beginning{
		Title: "Here you will see your copy, a row a piece and a column a language",
		What:  "Type as in a spreadsheet, paste from one, or take the rows out as CSV and back. Everything goes into your draft until you release it.",
		Why:   "Seen side by side, what is missing, too long or off the brand's words shows at once.",
		Act:   "Make a fragment", URL: newURL(throughline.KindFragment),
	}
	if len(keep) > 0 {
		p.Empty = &beginning{Title: "No fragment fits the filter", What: "Take something out of it to see more.", Act: "Show all", URL: "/make/copy"}
	}
}

// cellEdit is one cell somebody changed: what it was, and what it should be.
type cellEdit struct {
	Name   string `json:"name"`
	Locale string `json:"locale"`
	From   string `json:"from"`
	To     string `json:"to"`
	// Label, with Locale empty, is a label to set to To.
	Label string `json:"label,omitempty"`
}

// cellSaid is what became of one cell.
type cellSaid struct {
	Name   string `json:"name"`
	Locale string `json:"locale"`
	// Theirs is what somebody else made of it meanwhile: nothing was saved.
	Theirs *string `json:"theirs,omitempty"`
	// Problem says why it was not saved.
	Problem string `json:"problem,omitempty"`
}

// saveGrid saves cells: as JSON from the grid's script, or as a form.
func (w *Web) saveGrid(rw http.ResponseWriter, r *http.Request, v viewer) error {
	asData := strings.HasPrefix(r.Header.Get("Content-Type"), "application/json")
	var edits []cellEdit
	if asData {
		var body struct {
			Edits []cellEdit `json:"edits"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			return formError(err)
		}
		edits = body.Edits
	} else {
		if err := r.ParseForm(); err != nil {
			return formError(err)
		}
		edits = postedCells(r.PostForm)
	}
	said, sentence, err := w.saveCells(r, v, edits)
	if err != nil {
		return err
	}
	if asData {
		g, err := w.Making.Glance(r.Context(), v.Caller)
		if err != nil {
			return err
		}
		return answerJSON(rw, map[string]any{"cells": said, "draft": g})
	}
	t := toast{Text: "Nothing changed."}
	if sentence != "" {
		t = toast{Text: "Saved in your draft: " + sentence + ".", Undo: &undo{URL: "/make/undo", Fields: map[string]string{"next": "/make/copy?" + r.PostForm.Get("query")}}}
	}
	if len(said) > 0 {
		t.Bad, t.Text = true, t.Text+" "+operate.Plural(len(said), "cell", "cells")+" could not be saved: "+said[0].Name+" "+said[0].Locale+"."
	}
	w.toast(rw, r, t)
	http.Redirect(rw, r, localPath("/make/copy?"+r.PostForm.Get("query")), http.StatusSeeOther)
	return nil
}

// postedCells reads a form's cells: cell[3][de] is the text, was[3][de] what it
// was, name[3] the fragment.
func postedCells(form url.Values) (edits []cellEdit) {
	for _, key := range slices.Sorted(maps.Keys(form)) {
		place, ok := strings.CutPrefix(key, "cell[")
		if !ok {
			continue
		}
		row, locale, ok := strings.Cut(strings.TrimSuffix(place, "]"), "][")
		e := cellEdit{Name: form.Get("name[" + row + "]"), Locale: locale, From: form.Get("was[" + place), To: lines(form.Get(key))}
		if ok && e.To != lines(e.From) {
			edits = append(edits, e)
		}
	}
	return edits
}

// saveCells puts changed cells into the draft, fragment by fragment, in one step
// that can be undone. A cell that somebody else changed meanwhile is not saved.
func (w *Web) saveCells(r *http.Request, v viewer, edits []cellEdit) (said []cellSaid, sentence string, err error) {
	said = []cellSaid{}
	byName := map[string][]cellEdit{}
	var q content.SheetQuery
	for _, e := range edits {
		if byName[e.Name] == nil {
			q.Names = append(q.Names, e.Name)
		}
		byName[e.Name] = append(byName[e.Name], e)
	}
	if len(q.Names) == 0 {
		return said, "", nil
	}
	if q.Limit = len(q.Names) + 1; len(q.Names) > gridEdits {
		return nil, "", throughline.Errorf(throughline.TooLarge, "%d fragments would change at once, and %d may", len(q.Names), gridEdits).
			WithFix("save them in parts, or bring them in as CSV")
	}
	sheet, err := w.Making.Sheet(r.Context(), v.Caller, q)
	if err != nil {
		return nil, "", err
	}
	var in content.SaveInput
	for _, row := range sheet.Rows {
		edit, refused := cellsOf(row, byName[row.Name])
		said = append(said, refused...)
		delete(byName, row.Name)
		if edit != nil {
			in.Edits = append(in.Edits, *edit)
		}
	}
	for _, left := range byName {
		for _, e := range left {
			said = append(said, cellSaid{Name: e.Name, Locale: e.Locale, Problem: "the fragment is gone"})
		}
	}
	if len(in.Edits) == 0 {
		return said, "", nil
	}
	saved, err := w.Making.Save(r.Context(), v.Caller, in)
	for _, c := range saved.Conflicts {
		for _, e := range edits {
			if e.Name == c.Ref.Name {
				said = append(said, cellSaid{Name: e.Name, Locale: e.Locale, Problem: "somebody changed it at the same moment; try again"})
			}
		}
	}
	return said, saved.Sentence, err
}

// cellsOf makes one edit of the cells of a fragment.
func cellsOf(row content.SheetRow, cells []cellEdit) (edit *content.Edit, said []cellSaid) {
	if row.Unreadable {
		for _, e := range cells {
			said = append(said, cellSaid{Name: e.Name, Locale: e.Locale, Problem: "your draft of it is text that cannot be read; open it and mend it"})
		}
		return nil, said
	}
	next := *row.Resource
	f := *next.Spec.(*throughline.Fragment)
	f.Values = maps.Clone(f.Values)
	if f.Values == nil {
		f.Values = map[string]string{}
	}
	next.Spec, next.Metadata.Labels = &f, maps.Clone(next.Metadata.Labels)
	for _, e := range cells {
		if e.Locale == "" && e.Label != "" {
			setLabel(&next, e.Label, e.To)
			continue
		}
		now := f.Values[e.Locale]
		if now != e.From && lines(now) != lines(e.From) && now != e.To {
			said = append(said, cellSaid{Name: e.Name, Locale: e.Locale, Theirs: &now})
			continue
		}
		if e.To == "" {
			delete(f.Values, e.Locale)
		} else {
			f.Values[e.Locale] = e.To
		}
	}
	return &content.Edit{Ref: next.Ref(), Base: row.Digest, Resource: &next}, said
}

func setLabel(r *throughline.Resource, name, value string) {
	if r.Metadata.Labels == nil {
		r.Metadata.Labels = map[string]string{}
	}
	if r.Metadata.Labels[name] = value; value == "" {
		delete(r.Metadata.Labels, name)
	}
	if len(r.Metadata.Labels) == 0 {
		r.Metadata.Labels = nil
	}
}
