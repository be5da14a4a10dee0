package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// What the form of an object may ask for, beside what rearranges its lists.
const (
	doSave    = "save"
	doYAML    = "yaml"
	doDelete  = "delete"
	doDiscard = "discard"
	doSettle  = "settle"
)

// savedAnswer is what a script learns of a save.
type savedAnswer struct {
	Base    string `json:"base"`
	Items   int    `json:"items"`
	Version int64  `json:"version"`
	Undo    string `json:"undo"`
	Redo    string `json:"redo"`
	// Sentence says what was saved; empty for nothing.
	Sentence string `json:"sentence"`
	// Merged says that somebody else's change is in what is saved now, which the
	// page does not show yet; Clash that both changed the same, and nothing was
	// saved.
	Merged bool `json:"merged,omitempty"`
	Clash  bool `json:"clash,omitempty"`
	// Text says that it is kept as text that cannot be read yet.
	Text bool `json:"text,omitempty"`
}

// saveObject takes the form of an object: it goes into the viewer's draft.
func (w *Web) saveObject(rw http.ResponseWriter, r *http.Request, v viewer) error {
	ref, err := askedRef(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	o, err := w.Making.Object(r.Context(), v.Caller, ref)
	if throughline.CodeOf(err) == throughline.NotFound {
		o, err = content.Object{Ref: ref, Title: ref.Name}, nil // deleted meanwhile, or new: what was typed is kept all the same
	}
	if err != nil {
		return err
	}
	if r.PostForm.Get("do") == doDiscard {
		return w.discard(rw, r, v, o)
	}
	edit, err := editOf(r.PostForm, o)
	if err != nil {
		return err
	}
	saved, err := w.Making.Save(r.Context(), v.Caller, content.SaveInput{Edits: []content.Edit{edit}})
	if err != nil {
		return err
	}
	if !wantsPage(r) {
		return w.answerSaved(rw, r, v, edit, saved)
	}
	if len(saved.Conflicts) > 0 {
		return w.clashPage(rw, r, v, o, saved.Conflicts[0])
	}
	return w.afterSave(rw, r, o, edit, saved)
}

// editOf reads what a form wants of an object.
func editOf(form url.Values, o content.Object) (content.Edit, error) {
	edit := content.Edit{Ref: o.Ref}
	var err error
	if base := form.Get("base"); base != "" {
		if edit.Base, err = throughline.ParseDigest(base); err != nil {
			return edit, throughline.Errorf(throughline.Invalid, "the form does not say what it began from: %w", err).WithFix("reload the page")
		}
	}
	if o.Draft != nil && o.Draft.Merged != nil && len(o.Draft.Conflicts) == 0 {
		edit.Onto = o.Draft.InForce // the form shows both joined
	}
	switch do := form.Get("do"); {
	case do == doDelete:
		edit.Deleted, edit.Base = true, throughline.Digest{}
		if o.Draft != nil {
			edit.Base = o.Draft.Digest
		} else {
			edit.Base = o.Digest
		}
		return edit, nil
	case do == doSettle:
		return settled(form, o)
	case form.Has("yaml"):
		edit.Text = lines(form.Get("yaml"))
	default:
		err = formEdit(form, o, &edit)
	}
	if err != nil {
		return edit, err
	}
	if res, err := content.DecodeOne(o.Ref.String(), []byte(edit.Text)); err == nil && res.Ref() == o.Ref {
		edit.Resource, edit.Text = &res, ""
	}
	return edit, nil
}

// formEdit reads the fields of a form as the text of the object.
func formEdit(form url.Values, o content.Object, edit *content.Edit) error {
	s := content.SchemaOf(o.Ref.Kind)
	old := valueOf(o)
	read := func() (content.Value, error) {
		sent, err := resourceOf(form, o.Ref, s, old)
		if err == nil && form.Has("part") {
			sent = withParts(old, sent, form["part"])
		}
		return sent, err
	}
	if form.Has("part") && !old.Fits(s) {
		return throughline.Errorf(throughline.Conflict, "%s is gone, or your draft of it cannot be read, so that a part of it cannot be changed", o.Ref).WithFix("open its whole form")
	}
	value, err := read()
	if err != nil {
		return err
	}
	if do := form.Get("do"); do != "" && do != doSave {
		rearrange(&value, do)
		if !value.Fits(s) { // no button of ours asked for that
			if value, err = read(); err != nil {
				return err
			}
		}
	}
	if edit.Text, err = value.Write(s); err != nil {
		return throughline.Errorf(throughline.Invalid, "the form cannot be written as YAML: %w", err).WithFix("take out characters that cannot be typed")
	}
	return nil
}

// valueOf is what the form was made from.
func valueOf(o content.Object) content.Value {
	var p objectPage
	if err := p.state(o); err != nil {
		return content.Value{}
	}
	v, err := content.ParseValue(p.YAML)
	if err != nil {
		return content.Value{}
	}
	return v
}

// answerSaved tells a script what became of its save.
func (w *Web) answerSaved(rw http.ResponseWriter, r *http.Request, v viewer, edit content.Edit, saved content.Saved) error {
	g, err := w.Making.Glance(r.Context(), v.Caller)
	if err != nil {
		return err
	}
	a := savedAnswer{Items: g.Items, Version: g.Version, Undo: g.Undo, Redo: g.Redo, Sentence: saved.Sentence, Clash: len(saved.Conflicts) > 0}
	if len(saved.Items) > 0 {
		item := saved.Items[0]
		a.Base, a.Text = item.Digest.String(), item.Text != ""
		a.Merged = edit.Resource != nil && item.Resource != nil && edit.Resource.Digest() != item.Resource.Digest()
	}
	return answerJSON(rw, a)
}

// afterSave goes back to the page, and says what happened.
func (w *Web) afterSave(rw http.ResponseWriter, r *http.Request, o content.Object, edit content.Edit, saved content.Saved) error {
	to := editURL(o.Ref)
	if r.PostForm.Has("yaml") {
		to += "?as=yaml"
	}
	if next := r.PostForm.Get("next"); next != "" {
		to = localPath(next)
	}
	if _, path, moved := strings.Cut(r.PostForm.Get("do"), " "); moved && saved.Sentence != "" {
		to += "#at-f-" + idForm.Replace(path)
	}
	undoing := &undo{URL: "/make/undo", Fields: map[string]string{"next": editURL(o.Ref)}}
	switch {
	case saved.Sentence == "":
		w.toast(rw, r, toast{Text: "Nothing changed: this is what is saved already."})
	case edit.Deleted && o.Resource == nil:
		to = listURL(o.Ref.Kind)
		w.toast(rw, r, toast{Text: o.Ref.String() + " is gone from your draft.", Undo: undoing})
	case edit.Deleted:
		w.toast(rw, r, toast{Text: "The " + strings.ToLower(string(o.Ref.Kind)) + " " + o.Ref.Name + " is deleted with your next release.", Undo: undoing})
	case edit.Text != "":
		w.toast(rw, r, toast{Text: "Kept as you typed it. It cannot be released before it is mended.", Undo: undoing})
	default:
		text := "Saved in your draft: " + saved.Sentence + "."
		if item := saved.Items[0]; edit.Resource != nil && item.Resource != nil && item.Resource.Digest() != edit.Resource.Digest() {
			text = "Saved, and joined with what changed meanwhile: " + saved.Sentence + "."
		}
		w.toast(rw, r, toast{Text: text, Undo: undoing})
	}
	http.Redirect(rw, r, to, http.StatusSeeOther)
	return nil
}

// discard takes what the draft makes of an object out of it.
func (w *Web) discard(rw http.ResponseWriter, r *http.Request, v viewer, o content.Object) error {
	if _, err := w.Making.Discard(r.Context(), v.Caller, o.Ref); err != nil {
		return err
	}
	to := editURL(o.Ref)
	if o.Resource == nil {
		to = listURL(o.Ref.Kind)
	}
	w.toast(rw, r, toast{Text: "Your changes of " + o.Ref.String() + " are discarded.", Undo: &undo{URL: "/make/undo", Fields: map[string]string{"next": editURL(o.Ref)}}})
	http.Redirect(rw, r, to, http.StatusSeeOther)
	return nil
}

// undo takes back the last step of the draft, or does it again.
func (w *Web) undo(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	step, verb := w.Making.Undo, "Undone"
	before, err := w.Making.Glance(r.Context(), v.Caller)
	if err != nil {
		return err
	}
	what := before.Undo
	if r.PostForm.Get("do") == "redo" {
		step, verb, what = w.Making.Redo, "Done again", before.Redo
	}
	if _, err := step(r.Context(), v.Caller); err != nil {
		return err
	}
	if !wantsPage(r) {
		g, err := w.Making.Glance(r.Context(), v.Caller)
		if err != nil {
			return err
		}
		return answerJSON(rw, g)
	}
	w.toast(rw, r, toast{Text: verb + ": " + what + "."})
	http.Redirect(rw, r, localPath(r.PostForm.Get("next")), http.StatusSeeOther)
	return nil
}

// clash is what two people, or two windows of one, changed differently.
type clash struct {
	// Who made the other change, in words.
	Who    string
	Fields []clashField
	// Mine is what was typed, with what the other changed elsewhere joined; Base
	// and Onto identify what it is saved over.
	Mine, Base, Onto string
	// Gone says that the other deleted it.
	Gone bool
}

// clashField is one field to choose.
type clashField struct {
	Path, Base, Theirs, Mine string
}

// newClash is that of a draft with what was released meanwhile.
func newClash(o content.Object) *clash {
	c := &clash{Who: "what was released meanwhile", Base: o.Draft.Digest.String(), Onto: o.Draft.InForce.String(), Gone: o.Resource == nil}
	if o.Draft.InForce.IsZero() {
		c.Onto = ""
	}
	if len(o.History) > 0 {
		c.Who = fmt.Sprintf("release %d by %s", o.History[0].Release, o.History[0].Author.ID)
	}
	if o.Draft.Merged != nil {
		c.Mine, _ = content.YAML(*o.Draft.Merged) // what was merged can be written
	}
	for _, f := range o.Draft.Conflicts {
		c.Fields = append(c.Fields, clashField{f.Path, said1(f.Base), said1(f.Theirs), said1(f.Mine)})
	}
	return c
}

// clashPage shows a save that was not made: what was typed is in it.
func (w *Web) clashPage(rw http.ResponseWriter, r *http.Request, v viewer, o content.Object, conflict content.ItemConflict) error {
	page, err := w.newObjectPage(r, v, o)
	if err != nil {
		return err
	}
	page.Path = page.FormURL
	page.Clash = &clash{Who: "another window of yours, or what was released meanwhile", Base: conflict.Theirs.String(), Gone: conflict.Current == nil}
	if conflict.Theirs.IsZero() {
		page.Clash.Base = ""
	}
	if conflict.Merged != nil {
		if page.Clash.Mine, err = content.YAML(*conflict.Merged); err != nil {
			return err
		}
	}
	for _, f := range conflict.Fields {
		page.Clash.Fields = append(page.Clash.Fields, clashField{f.Path, said1(f.Base), said1(f.Theirs), said1(f.Mine)})
	}
	return w.render(rw, r, http.StatusConflict, "make-object", page)
}

// said1 is a value of a conflict as people read it.
func said1(value string) string {
	var s string
	if json.Unmarshal([]byte(value), &s) == nil {
		return s
	}
	return value
}

// settled reads what was chosen of a clash: for each field theirs or mine.
func settled(form url.Values, o content.Object) (content.Edit, error) {
	edit := content.Edit{Ref: o.Ref}
	for name, into := range map[string]*throughline.Digest{"base": &edit.Base, "onto": &edit.Onto} {
		if text := form.Get(name); text != "" {
			var err error
			if *into, err = throughline.ParseDigest(text); err != nil {
				return edit, err
			}
		}
	}
	theirs := form["theirs"]
	current := o.Resource
	if edit.Onto.IsZero() && o.Draft != nil {
		current = o.Draft.Resource
	}
	if slices.Contains(theirs, "") {
		return whole(edit, current)
	}
	mine, err := content.DecodeOne(o.Ref.String(), []byte(form.Get("mine")))
	if err != nil {
		return edit, err
	}
	if current != nil {
		if mine, err = content.Take(mine, *current, theirs); err != nil {
			return edit, err
		}
	}
	edit.Resource = &mine
	return edit, nil
}

// whole takes theirs as it is, be it gone.
func whole(edit content.Edit, current *throughline.Resource) (content.Edit, error) {
	edit.Resource, edit.Deleted = current, current == nil
	return edit, nil
}

// newThing is the page on which something new is named.
type newThing struct {
	shell
	Kind          throughline.Kind
	Does          string
	Name          string
	Problem       string
	Says, Example string
	// Fits is what already fits the brief of the piece; nil for what is no piece.
	Fits *libraryFits
}

func (w *Web) newPage(rw http.ResponseWriter, r *http.Request, v viewer) error {
	ref, err := askedRef(r)
	if err != nil {
		return err
	}
	return w.askName(rw, r, v, ref.Kind, r.URL.Query().Get("name"), nil)
}

func (w *Web) askName(rw http.ResponseWriter, r *http.Request, v viewer, kind throughline.Kind, name string, problem error) error {
	if err := v.Need(engine.RightToChange(kind)); err != nil {
		return w.whoCan(r.Context(), err)
	}
	s := content.SchemaOf(kind)
	page := newThing{shell: w.shell(r, v, "New "+strings.ToLower(string(kind)), crumb{Name: kindPlural(kind), URL: listURL(kind)}), Kind: kind, Name: name, Does: newURL(kind), Says: s.Description}
	page.Station, page.Styles = stationOf(kind), []string{"make.css", "library.css"}
	_, page.Example = exampleOf(kind)
	fits, err := w.fitsBefore(r, v, kind)
	if err != nil {
		return err
	}
	page.Fits = fits
	status := http.StatusOK
	if e, ok := problem.(*throughline.Error); ok {
		page.Problem, status = sentence(e.Message)+". "+sentence(e.Fix)+".", http.StatusUnprocessableEntity
	}
	return w.render(rw, r, status, "make-new", page)
}

// newObject puts something new into the draft: empty, or the example.
func (w *Web) newObject(rw http.ResponseWriter, r *http.Request, v viewer) error {
	ref, err := askedRef(r)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	ref.Name = strings.TrimSpace(r.PostForm.Get("name"))
	if !throughline.ValidName(ref.Name) {
		err := throughline.Errorf(throughline.Invalid, "%q cannot be a name", ref.Name).WithFix(`write lower-case letters, digits, "-", "." and "/", such as spring-offer`)
		return w.askName(rw, r, v, ref.Kind, ref.Name, err)
	}
	if _, err := w.Making.Object(r.Context(), v.Caller, ref); err == nil {
		err := throughline.Errorf(throughline.Conflict, "there is a %s of this name", ref.Kind).WithFix("choose another, or change the one there is")
		return w.askName(rw, r, v, ref.Kind, ref.Name, err)
	}
	text, err := w.newText(r, v, ref, r.PostForm.Get("do") == "example")
	if err != nil {
		return err
	}
	if _, err := w.Making.Save(r.Context(), v.Caller, content.SaveInput{Edits: []content.Edit{{Ref: ref, Text: text}}}); err != nil {
		return err
	}
	w.toast(rw, r, toast{Text: ref.String() + " is in your draft. Nobody else sees it before it is released.", Undo: &undo{URL: "/make/undo", Fields: map[string]string{"next": newURL(ref.Kind)}}})
	http.Redirect(rw, r, editURL(ref), http.StatusSeeOther)
	return nil
}

// newText is what something new begins as.
func (w *Web) newText(r *http.Request, v viewer, ref throughline.Ref, example bool) (string, error) {
	s := content.SchemaOf(ref.Kind)
	value := content.Value{}
	for _, f := range []struct{ name, text string }{{"apiVersion", throughline.APIVersion}, {"kind", string(ref.Kind)}} {
		value.Field(f.name).Text = f.text
	}
	value.Field("metadata").Field("name").Text = ref.Name
	spec := value.Field("spec")
	spec.Shape = content.Group
	if example {
		text, _ := exampleOf(ref.Kind)
		of, err := content.ParseValue(text)
		if err != nil {
			return "", throughline.Errorf(throughline.Internal, "the example of %s cannot be read: %w", ref.Kind, err)
		}
		*spec = of
	}
	if brief := r.PostForm.Get("brief"); throughline.ValidName(brief) && s.Properties.Get("spec").Properties.Get("brief") != nil {
		spec.Field("brief").Text = brief
	}
	// What there is only one of is filled in.
	for _, p := range s.Properties.Get("spec").Properties {
		if p.Schema.Ref == "" || !slices.Contains(s.Properties.Get("spec").Required, p.Name) {
			continue
		}
		names, err := w.Making.Names(r.Context(), v.Caller, p.Schema.Ref)
		if err != nil {
			return "", err
		}
		if at := spec.Field(p.Name); len(names) > 0 && !slices.ContainsFunc(names, func(n content.Name) bool { return n.Name == at.Text }) {
			at.Text = names[0].Name
		}
	}
	return value.Write(s)
}

// nameList answers a field with what may be referred to.
func (w *Web) nameList(rw http.ResponseWriter, r *http.Request, v viewer) error {
	const most = 50
	q := r.URL.Query()
	all, err := w.Making.Names(r.Context(), v.Caller, throughline.Kind(q.Get("kind")))
	if err != nil {
		return err
	}
	found := []string{}
	for _, n := range all {
		if len(found) < most && strings.Contains(n.Name, strings.ToLower(q.Get("q"))) && (q.Get("role") == "" || n.Role == q.Get("role")) {
			found = append(found, n.Name)
		}
	}
	return answerJSON(rw, found)
}

// Count is how many changes the draft has, in words.
func (b draftBar) Count() string { return operate.Plural(b.Draft.Items, "change", "changes") }
