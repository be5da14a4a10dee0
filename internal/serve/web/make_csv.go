package web

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// The limits of a file that is brought in.
const (
	importMost = 12 << 20
	csvRows    = 20_000
	csvCells   = 200_000
)

// csvRecord is one row of a file, with the line it begins on.
type csvRecord struct {
	Line  int
	Cells []string
}

// parseCSV reads a table of cells that are separated by sep and may be quoted
// (RFC 4180). Rows end with CR LF, LF or CR; what is in quotes is kept as it is.
// A byte order mark is passed over.
func parseCSV(s string, sep byte) ([]csvRecord, error) {
	p := csvReader{text: strings.TrimPrefix(s, "\ufeff"), sep: sep, line: 1}
	var rows []csvRecord
	cells := 0
	for p.at < len(p.text) {
		row, err := p.record()
		if err != nil {
			return nil, err
		}
		if cells += len(row.Cells); len(rows) == csvRows || cells > csvCells {
			return nil, throughline.Errorf(throughline.TooLarge, "the file has more than %d rows or %d cells", csvRows, csvCells).
				At(fmt.Sprintf("line %d", row.Line)).WithFix("bring it in in parts")
		}
		if len(row.Cells) > 1 || row.Cells[0] != "" { // a blank line is no row
			rows = append(rows, row)
		}
	}
	return rows, nil
}

type csvReader struct {
	text string
	sep  byte
	at   int
	line int
}

func (p *csvReader) record() (csvRecord, error) {
	row := csvRecord{Line: p.line}
	for {
		cell, err := p.cell()
		if err != nil {
			return row, err
		}
		row.Cells = append(row.Cells, cell)
		switch {
		case p.at == len(p.text):
			return row, nil
		case p.text[p.at] == p.sep:
			p.at++
		default:
			p.at += breakAt(p.text[p.at:])
			p.line++
			return row, nil
		}
	}
}

func breakAt(s string) int {
	if strings.HasPrefix(s, "\r\n") {
		return 2
	}
	return 1
}

// cell reads up to the separator or the end of the row.
func (p *csvReader) cell() (string, error) {
	if p.at < len(p.text) && p.text[p.at] == '"' {
		return p.quoted()
	}
	from := p.at
	for p.at < len(p.text) && p.text[p.at] != p.sep && p.text[p.at] != '\n' && p.text[p.at] != '\r' {
		p.at++
	}
	return p.text[from:p.at], nil
}

func (p *csvReader) quoted() (string, error) {
	began := p.line
	var out strings.Builder
	for p.at++; p.at < len(p.text); p.at++ {
		c := p.text[p.at]
		switch {
		case c == '"' && strings.HasPrefix(p.text[p.at+1:], `"`):
			p.at++
		case c == '"':
			p.at++
			if p.at < len(p.text) && p.text[p.at] != p.sep && p.text[p.at] != '\n' && p.text[p.at] != '\r' {
				return "", throughline.Errorf(throughline.Invalid, "there is text after a closing quote").At(fmt.Sprintf("line %d", p.line)).
					WithFix(`double the quotes that are part of the text: ""`)
			}
			return out.String(), nil
		case c == '\n' || c == '\r' && !strings.HasPrefix(p.text[p.at+1:], "\n"):
			p.line++
		}
		out.WriteByte(c)
	}
	return "", throughline.Errorf(throughline.Invalid, "a quote is opened and not closed").At(fmt.Sprintf("line %d", began)).
		WithFix("close it before the next separator")
}

// writeCSV writes rows so that parseCSV, and every spreadsheet, reads them as
// they are.
func writeCSV(w io.StringWriter, rows [][]string, sep byte) {
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				w.WriteString(string(sep))
			}
			if cell == "" && len(row) > 1 || cell != "" && !strings.ContainsAny(cell, "\"\r\n,;\t") && strings.TrimSpace(cell) == cell {
				w.WriteString(cell)
				continue
			}
			w.WriteString(`"` + strings.ReplaceAll(cell, `"`, `""`) + `"`)
		}
		w.WriteString("\r\n")
	}
}

// sendCSV answers with rows that nobody brings back: no cell of them is a formula
// to a spreadsheet, whichever separator it splits them by.
func sendCSV(to io.Writer, rows [][]string) {
	var out strings.Builder
	for _, row := range rows {
		for i := range row {
			row[i] = disarm(row[i])
		}
	}
	writeCSV(&out, rows, ',')
	io.WriteString(to, out.String()) // a reader who left cannot be told
}

// disarm keeps a spreadsheet from taking a text for a formula: an apostrophe
// goes before one that begins like one, also behind other apostrophes, so that
// arm gives every text back as it was.
func disarm(s string) string {
	if formula(s) {
		return "'" + s
	}
	return s
}

// arm takes the apostrophe off that disarm put there.
func arm(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && formula(rest) {
		return rest
	}
	return s
}

// formula reports whether a spreadsheet may run a text: those beginnings that
// OWASP lists, with their full-width forms.
func formula(s string) bool {
	s = strings.TrimLeft(s, "'")
	first, _ := utf8.DecodeRuneInString(s)
	return s != "" && strings.ContainsRune("=+-@\t\r\n|%＝＋－＠", first)
}

// separatorOf guesses what separates the cells of a file by its first line.
func separatorOf(s string) byte {
	first, _, _ := strings.Cut(s, "\n")
	best, most := byte(','), 0
	for _, sep := range []byte{',', ';', '\t'} {
		if n := strings.Count(first, string(sep)); n > most {
			best, most = sep, n
		}
	}
	return best
}

// exportCSV writes the rows of a grid as a file. It begins with a byte order
// mark, by which spreadsheets know UTF-8.
func (w *Web) exportCSV(rw http.ResponseWriter, r *http.Request, v viewer) error {
	q := sheetQuery(r.URL.Query())
	q.Cursor, q.Limit = "", 1000
	var rows [][]string
	var locales []string
	for {
		sheet, err := w.Making.Sheet(r.Context(), v.Caller, q)
		if err != nil {
			return err
		}
		if locales == nil {
			locales = sheet.Locales
			rows = append(rows, append([]string{"name", "role", "brief"}, locales...))
		}
		for _, row := range sheet.Rows {
			cells := []string{row.Name, disarm(row.Role), disarm(row.Brief)}
			for _, l := range locales {
				cells = append(cells, disarm(row.Values[l]))
			}
			rows = append(rows, cells)
		}
		if q.Cursor = sheet.Next; q.Cursor == "" {
			break
		}
	}
	sep := byte(',')
	switch r.URL.Query().Get("sep") {
	case "semicolon":
		sep = ';'
	case "tab":
		sep = '\t'
	}
	var out strings.Builder
	out.WriteString("\ufeff")
	writeCSV(&out, rows, sep)
	h := rw.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="copy.csv"`)
	h.Set("Cache-Control", "no-store")
	io.WriteString(rw, out.String()) // a reader who left cannot be told
	return nil
}

// importPage shows what a file would change, before it does.
type importPage struct {
	shell
	Says     string
	Does     string // where the files are sent again, to be saved
	Files    []importFile
	Changes  []importChange
	More     int
	Problems []rowProblem
	Blocked  bool     // nothing can be saved
	Passed   []string // columns that say nothing here
	Can      bool
}

// importFile is a file as it goes along while somebody looks at it.
type importFile struct{ Name, Text string }

// importChange is one cell, or one new fragment.
type importChange struct {
	Ref               throughline.Ref // empty is the fragment of the name
	Name, Locale, URL string
	New               bool
	Before, After     string
	Diff              fieldDiff
}

type rowProblem struct {
	Line  int
	Place string // instead of a line, where there are several files
	Text  string
}

// importMostShown is how many changes the page shows one by one.
const importMostShown = 500

// importCSV reads a file and shows what it would change; sent again with "save"
// it goes into the draft.
func (w *Web) importCSV(rw http.ResponseWriter, r *http.Request, v viewer) error {
	text, err := uploaded(r)
	if err != nil {
		return err
	}
	page := &importPage{shell: w.shell(r, v, "Bring in a file", crumb{Name: "Make", URL: "/make"}, crumb{Name: "Copy", URL: "/make/copy"}), Does: "/make/copy/csv", Files: []importFile{{"", text}}, Can: true}
	page.Path, page.Station, page.Wide, page.Styles = "/make/copy", "make", true, []string{"make.css"}
	edits, made, err := w.readImport(r, v, text, page)
	if err != nil {
		if throughline.CodeOf(err) != throughline.Invalid && throughline.CodeOf(err) != throughline.TooLarge {
			return err
		}
		page.Problems = append(page.Problems, rowProblem{Text: err.Error()})
	}
	if r.PostFormValue("do") == doSave && len(page.Problems) == 0 {
		return w.saveImport(rw, r, v, edits, made)
	}
	page.Says = "The file changes " + operate.Plural(len(edits), "text", "texts") + " and makes " + operate.Plural(len(made), "fragment", "fragments") + ". Nothing is saved yet."
	status := http.StatusOK
	if page.Blocked = len(page.Problems) > 0; page.Blocked {
		page.Says, status = operate.Plural(len(page.Problems), "row", "rows")+" cannot be brought in. Nothing was changed.", http.StatusUnprocessableEntity
	}
	return w.render(rw, r, status, "make-import", page)
}

func uploaded(r *http.Request) (string, error) {
	if err := r.ParseMultipartForm(importMost); err != nil && err != http.ErrNotMultipart {
		return "", formError(err)
	}
	text := r.PostFormValue("text")
	if f, _, err := r.FormFile("file"); err == nil {
		defer f.Close()
		b, err := io.ReadAll(f)
		if err != nil {
			return "", formError(err)
		}
		if len(b) > 0 {
			text = string(b)
		}
	}
	if !utf8.ValidString(text) {
		return "", throughline.Errorf(throughline.Invalid, "the file is not UTF-8 text").WithFix("save it as CSV UTF-8")
	}
	return text, nil
}

// header is what the columns of a file are.
type header struct {
	name, role int
	locales    map[int]string
}

func headerOf(row csvRecord, page *importPage) (header, error) {
	h := header{name: -1, role: -1, locales: map[int]string{}}
	for i, cell := range row.Cells {
		switch c := strings.TrimSpace(cell); {
		case strings.EqualFold(c, "name"):
			h.name = i
		case strings.EqualFold(c, "role"):
			h.role = i
		case strings.EqualFold(c, "brief"):
		case isLocale(c):
			h.locales[i] = c
		default:
			page.Passed = append(page.Passed, c)
		}
	}
	if h.name < 0 || len(h.locales) == 0 {
		return h, throughline.Errorf(throughline.Invalid, "the first row names no column %q, or no language", "name").At("line 1").
			WithFix("begin with a row such as: name, role, en, de")
	}
	return h, nil
}

func isLocale(s string) bool {
	t, err := language.Parse(s)
	return err == nil && t.String() == s && s != "und"
}

// readImport compares a file with what there is.
func (w *Web) readImport(r *http.Request, v viewer, text string, page *importPage) (edits []cellEdit, made []content.Edit, err error) {
	rows, err := parseCSV(text, separatorOf(text))
	if err != nil {
		return nil, nil, err
	}
	if len(rows) == 0 {
		return nil, nil, throughline.Errorf(throughline.Invalid, "the file is empty").WithFix("choose another")
	}
	h, err := headerOf(rows[0], page)
	if err != nil {
		return nil, nil, err
	}
	there := map[string]content.SheetRow{}
	q := content.SheetQuery{Limit: csvRows}
	for _, row := range rows[1:] {
		if h.name < len(row.Cells) {
			q.Names = append(q.Names, row.Cells[h.name])
		}
	}
	if len(q.Names) > 0 {
		sheet, err := w.Making.Sheet(r.Context(), v.Caller, q)
		if err != nil {
			return nil, nil, err
		}
		for _, row := range sheet.Rows {
			there[row.Name] = row
		}
	}
	seen := map[string]int{}
	for _, row := range rows[1:] {
		more, one := page.take(row, h, len(rows[0].Cells), there, seen)
		edits = append(edits, more...)
		if one != nil {
			made = append(made, *one)
		}
	}
	return edits, made, nil
}

// take compares one row with its fragment.
func (p *importPage) take(row csvRecord, h header, width int, there map[string]content.SheetRow, seen map[string]int) (edits []cellEdit, made *content.Edit) {
	wrong := func(format string, args ...any) {
		p.Problems = append(p.Problems, rowProblem{Line: row.Line, Text: fmt.Sprintf(format, args...)})
	}
	if len(row.Cells) != width {
		wrong("The row has %d cells, and the first row %d. A text with a separator in it goes in quotes.", len(row.Cells), width)
		return nil, nil
	}
	name := row.Cells[h.name]
	if first, twice := seen[name]; twice {
		wrong("%q is on line %d already.", name, first)
		return nil, nil
	}
	seen[name] = row.Line
	have, ok := there[name]
	switch {
	case !throughline.ValidName(name):
		wrong("%q cannot be a name.", name)
		return nil, nil
	case have.Unreadable:
		wrong("Your draft of %s is text that cannot be read. Open it and mend it.", name)
		return nil, nil
	case !ok:
		return nil, p.make(row, h, name, wrong)
	}
	for _, i := range sortedColumns(h.locales) {
		locale, to := h.locales[i], arm(row.Cells[i])
		if from := have.Values[locale]; from != to {
			edits = append(edits, cellEdit{Name: name, Locale: locale, From: from, To: to})
			p.show(importChange{Name: name, Locale: locale, Before: from, After: to})
		}
	}
	return edits, nil
}

// make is a fragment that is not there yet.
func (p *importPage) make(row csvRecord, h header, name string, wrong func(string, ...any)) *content.Edit {
	f := &throughline.Fragment{Values: map[string]string{}}
	if h.role >= 0 {
		f.Role = arm(row.Cells[h.role])
	}
	if f.Role == "" {
		wrong("There is no fragment %s, and the row does not say its role, without which none is made.", name)
		return nil
	}
	for _, i := range sortedColumns(h.locales) {
		if text := arm(row.Cells[i]); text != "" {
			f.Values[h.locales[i]] = text
			p.show(importChange{Name: name, Locale: h.locales[i], New: true, After: text})
		}
	}
	res := throughline.Resource{APIVersion: throughline.APIVersion, Kind: throughline.KindFragment, Metadata: throughline.Metadata{Name: name}, Spec: f}
	return &content.Edit{Ref: res.Ref(), Resource: &res}
}

func (p *importPage) show(c importChange) {
	if len(p.Changes) == importMostShown {
		p.More++
		return
	}
	if c.Ref.Name == "" {
		c.Ref = throughline.Ref{Kind: throughline.KindFragment, Name: c.Name}
	}
	c.URL = editURL(c.Ref)
	c.Diff.One = diffText(c.Before, c.After)
	p.Changes = append(p.Changes, c)
}

func sortedColumns(m map[int]string) []int {
	var all []int
	for i := range m {
		all = append(all, i)
	}
	slices.Sort(all)
	return all
}

// saveImport puts a file's changes into the draft, some hundred fragments a step.
func (w *Web) saveImport(rw http.ResponseWriter, r *http.Request, v viewer, edits []cellEdit, made []content.Edit) error {
	refused := 0
	for from := 0; from < len(edits); {
		to, names := from, 0
		for ; to < len(edits); to++ {
			if to == from || edits[to].Name != edits[to-1].Name {
				if names++; names > gridEdits {
					break
				}
			}
		}
		said, _, err := w.saveCells(r, v, edits[from:to])
		if err != nil {
			return err
		}
		refused, from = refused+len(said), to
	}
	for chunk := range slices.Chunk(made, gridEdits) {
		if _, err := w.Making.Save(r.Context(), v.Caller, content.SaveInput{Edits: chunk}); err != nil {
			return err
		}
	}
	t := toast{Text: "In your draft: " + operate.Plural(len(edits)-refused, "text", "texts") + " changed and " + operate.Plural(len(made), "fragment", "fragments") + " made."}
	if refused > 0 {
		t.Bad, t.Text = true, t.Text+" "+operate.Plural(refused, "text", "texts")+" had been changed by somebody else meanwhile, and stayed as they are."
	}
	if len(edits)+len(made) > 0 && len(edits)+len(made) <= gridEdits {
		t.Undo = &undo{URL: "/make/undo", Fields: map[string]string{"next": "/make/copy"}}
	}
	w.toast(rw, r, t)
	http.Redirect(rw, r, "/make/copy?changed=1", http.StatusSeeOther)
	return nil
}
