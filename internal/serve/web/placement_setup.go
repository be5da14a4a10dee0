package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
)

// setupParts are the fields of a placement that its page changes in place: how
// it chooses, and for whom.
func setupParts() []string {
	return []string{"spec.policy", "spec.holdout", "spec.sticky", "spec.goal", "spec.audience", "spec.fallback"}
}

// setupForm changes the set-up of a placement where it is read. It is a part of
// the form of the placement, saved and merged as that is.
type setupForm struct {
	Save, Base, Next string
	Parts            []string
	Fields           []*formField
	// Top is what is wrong with no field that is here.
	Top []said
	// Whole is the whole form; Close the page without this one.
	Whole, Close string
	// Cannot says why it cannot be changed here; empty where it can.
	Cannot string
	// Drafted says that the viewer's draft changes the placement already.
	Drafted bool
}

// setupForm makes the form of a placement's set-up, as the viewer's draft has it.
func (w *Web) setupForm(ctx context.Context, v viewer, name string) (*setupForm, error) {
	ref := throughline.Ref{Kind: throughline.KindPlacement, Name: name}
	f := &setupForm{Save: saveURL(ref), Whole: editURL(ref), Close: w.placementURL(name), Parts: setupParts()}
	f.Next = f.Close + "?change=1#set-up"
	var can bool
	if can, f.Cannot = w.mayChange(ctx, v, ref); !can {
		return f, nil
	}
	o, err := w.Making.Object(ctx, v.Caller, ref)
	if err != nil {
		return nil, err
	}
	page := objectPage{Ref: ref}
	if err := page.state(o); err != nil {
		return nil, err
	}
	f.Base, f.Drafted = page.Base, page.Changed
	value, readable := page.value()
	switch {
	case page.Clash != nil:
		f.Cannot = "Somebody changed the same as you: choose between the two in the whole form."
	case page.Deleted:
		f.Cannot = "Your draft deletes this placement."
	case !readable:
		f.Cannot = "Your draft of it cannot be read yet: mend it in the whole form."
	}
	if f.Cannot != "" {
		return f, nil
	}
	m, err := w.formMaker(ctx, v, ref.Kind, value)
	if err != nil {
		return nil, err
	}
	for _, one := range m.form(content.SchemaOf(ref.Kind)) {
		if slices.Contains(f.Parts, one.Path) {
			f.Fields = append(f.Fields, one)
		}
	}
	slices.SortStableFunc(f.Fields, func(a, b *formField) int {
		return slices.Index(f.Parts, a.Path) - slices.Index(f.Parts, b.Path)
	})
	all, err := w.saidOf(ctx, v, o)
	for _, s := range all {
		here := slices.ContainsFunc(f.Parts, func(part string) bool { return strings.HasPrefix(s.Path, part) })
		if rest := m.place(s.Path, s.Text, s.Wrong); rest != "" || !here {
			f.Top = append(f.Top, s)
		}
	}
	return f, err
}

// withSetup adds the form to the page of a placement, where it is asked for.
func (p *placementPage) withSetup(w *Web, r *http.Request, v viewer, name string) (err error) {
	if p.Form == "" {
		return nil
	}
	p.Edit = w.placementURL(name) + "?change=1#set-up"
	if !r.URL.Query().Has("change") || w.Making == nil {
		return nil
	}
	p.Styles = append(p.Styles, "make.css")
	p.Change, err = w.setupForm(r.Context(), v, name)
	return err
}

// withParts is what a form of some fields wants of a whole object: those fields
// as they were sent, and the rest as it is.
func withParts(old, sent content.Value, parts []string) content.Value {
	spec, _ := old.Get("spec")
	sentSpec, _ := sent.Get("spec")
	fields := slices.Clone(spec.Fields)
	for _, part := range parts {
		name, ok := strings.CutPrefix(part, "spec.")
		if !ok {
			continue
		}
		at := slices.IndexFunc(fields, func(f content.Field) bool { return f.Name == name })
		value, given := sentSpec.Get(name)
		switch {
		case given && at >= 0:
			fields[at].Value = value
		case given:
			fields = append(fields, content.Field{Name: name, Value: value})
		case at >= 0:
			fields = slices.Delete(fields, at, at+1)
		}
	}
	out := content.Value{Shape: old.Shape, Fields: slices.Clone(old.Fields)}
	for i := range out.Fields {
		if out.Fields[i].Name == "spec" {
			out.Fields[i].Value.Fields = fields
		}
	}
	return out
}
