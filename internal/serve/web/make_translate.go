package web

import (
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// translatorFiles is how many files are taken in at once.
const translatorFiles = 20

// sendTexts answers with what a translator has to put into a language, as far as
// the filter of the grid shows it.
func (w *Web) sendTexts(rw http.ResponseWriter, r *http.Request, v viewer) error {
	q := r.URL.Query()
	out, err := w.Making.TextsToTranslate(r.Context(), v.Caller, content.TranslateQuery{
		From: q.Get("from"), To: q.Get("to"), Draft: true, Changed: q.Get("changed") != "",
		Text: q.Get("q"), Role: q.Get("role"), Brief: q.Get("brief"), Template: q.Get("template"), Brand: q.Get("brand"),
	})
	if err != nil {
		return err
	}
	if out.Texts == 0 {
		w.toast(rw, r, toast{Text: "There is nothing to translate into " + out.To + ": every text is there, and none is older than its source."})
		q.Del("to")
		q.Del("from")
		http.Redirect(rw, r, "/make/copy?"+q.Encode(), http.StatusSeeOther)
		return nil
	}
	h := rw.Header()
	h.Set("Content-Type", "application/xliff+xml; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", out.Name))
	h.Set("Cache-Control", "no-store")
	rw.Write(out.Text) // a reader who left cannot be told
	return nil
}

// takeTexts reads what translators sent back and shows what it would change; sent
// again with "save" it goes into the draft.
func (w *Web) takeTexts(rw http.ResponseWriter, r *http.Request, v viewer) error {
	files, err := translated(r)
	if err != nil {
		return err
	}
	page := &importPage{shell: w.shell(r, v, "Take translations in", crumb{Name: "Make", URL: "/make"}, crumb{Name: "Copy", URL: "/make/copy"}), Does: "/make/copy/xlf", Can: true}
	page.Path, page.Station, page.Wide, page.Styles = "/make/copy", "make", true, []string{"make.css"}
	t, err := w.Making.TextsTranslated(r.Context(), v.Caller, files, true)
	if err != nil {
		e, ok := err.(*throughline.Error)
		if !ok || e.Code != throughline.Invalid && e.Code != throughline.TooLarge {
			return err
		}
		t.Problems = append(t.Problems, e)
	}
	if r.PostFormValue("do") == doSave && len(t.Edits) > 0 {
		return w.saveTexts(rw, r, v, t)
	}
	for _, f := range files {
		page.Files = append(page.Files, importFile{f.Name, string(f.Text)})
	}
	page.translation(t)
	status := http.StatusOK
	if page.Blocked {
		status = http.StatusUnprocessableEntity
	}
	return w.render(rw, r, status, "make-import", page)
}

// translation says what would change, and what cannot be taken.
func (p *importPage) translation(t content.Translation) {
	p.Blocked = len(t.Texts) == 0
	for _, e := range t.Problems {
		text := sentence(e.Message) + "."
		if e.Fix != "" {
			text += " " + sentence(e.Fix) + "."
		}
		p.Problems = append(p.Problems, rowProblem{Place: e.Place, Text: text})
	}
	if t.More > 0 {
		p.Problems = append(p.Problems, rowProblem{Text: operate.Plural(t.More, "more text", "more texts") + " cannot be taken."})
	}
	for _, c := range t.Texts {
		name := c.Ref.String()
		if c.Ref.Kind == throughline.KindFragment {
			name = c.Ref.Name
		}
		p.show(importChange{Ref: c.Ref, Name: name, Locale: c.Locale, New: c.Before == "", Before: c.Before, After: c.After})
	}
	if t.To == "" {
		p.Says = "Nothing of it can be taken in. Nothing was changed."
		return
	}
	p.Says = operate.Plural(len(t.Texts), "text", "texts") + " in " + t.To + " would change. Nothing is saved yet."
	if t.Same > 0 {
		p.Says += " " + operate.Plural(t.Same, "text is", "texts are") + " there already."
	}
	if t.Open > 0 {
		p.Says += " " + operate.Plural(t.Open, "text is", "texts are") + " not translated yet."
	}
	if n := len(t.Problems) + t.More; n > 0 {
		p.Says += " " + operate.Plural(n, "text", "texts") + " cannot be taken."
	}
}

// translated reads the files that were sent.
func translated(r *http.Request) (files []content.File, err error) {
	if err := r.ParseMultipartForm(importMost); err != nil && err != http.ErrNotMultipart {
		return nil, formError(err)
	}
	names := r.PostForm["name"]
	for i, text := range r.PostForm["text"] {
		name := "file"
		if i < len(names) {
			name = names[i]
		}
		files = append(files, content.File{Name: name, Text: []byte(text)})
	}
	if r.MultipartForm != nil {
		for _, h := range r.MultipartForm.File["file"] {
			f, err := h.Open()
			if err != nil {
				return nil, formError(err)
			}
			text, err := io.ReadAll(f)
			f.Close()
			if err != nil {
				return nil, formError(err)
			}
			files = append(files, content.File{Name: h.Filename, Text: text})
		}
	}
	switch {
	case len(files) == 0:
		return nil, throughline.Errorf(throughline.Invalid, "no file was sent").WithFix("choose a file that a translator sent back")
	case len(files) > translatorFiles:
		return nil, throughline.Errorf(throughline.TooLarge, "%d files were sent, and %d are taken at once", len(files), translatorFiles).WithFix("take them in in parts")
	}
	return files, nil
}

// saveTexts puts translations into the draft, some hundred things a step.
func (w *Web) saveTexts(rw http.ResponseWriter, r *http.Request, v viewer, t content.Translation) error {
	refused := 0
	for chunk := range slices.Chunk(t.Edits, gridEdits) {
		saved, err := w.Making.Save(r.Context(), v.Caller, content.SaveInput{Edits: chunk})
		if err != nil {
			return err
		}
		refused += len(saved.Conflicts)
	}
	said := toast{Text: "In your draft: " + operate.Plural(len(t.Edits)-refused, "translation", "translations") + " into " + t.To + "."}
	if refused > 0 {
		said.Bad, said.Text = true, said.Text+" "+operate.Plural(refused, "thing", "things")+" had been changed by somebody else meanwhile, and stayed as they are."
	}
	if len(t.Edits) <= gridEdits {
		said.Undo = &undo{URL: "/make/undo", Fields: map[string]string{"next": "/make/copy"}}
	}
	w.toast(rw, r, said)
	http.Redirect(rw, r, "/make/copy?changed=1", http.StatusSeeOther)
	return nil
}
