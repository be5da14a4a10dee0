package content

import (
	"context"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/email"
	"github.com/throughline-engine/throughline/internal/craft/text"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/assemble"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// RenderInput says what of a template is drawn, and how.
type RenderInput struct {
	Template string
	// Channel may be empty where the template is drawn for one only, Locale for the
	// brand's default.
	Channel, Locale string
	// Variant is one that is live, in the language of its id. Without it Pieces say
	// what fills some slots, and the rest is as a placement falls back to.
	Variant throughline.VariantID
	Pieces  throughline.Filling
	// Dark asks for the brand's dark colours, whatever the reader has set.
	Dark bool
}

// RenderedTemplate is one filling of a template as recipients get it.
type RenderedTemplate struct {
	Template string              `json:"template"`
	Channel  string              `json:"channel"`
	Surface  throughline.Surface `json:"surface"`
	Locale   string              `json:"locale"`
	// Filling has the piece in each slot that is filled.
	Filling throughline.Filling `json:"filling"`
	// HTML is the page or the mail, Text the mail as plain text, Fields what the
	// channel shows beside it or instead of it: of a mail its subject.
	HTML   string            `json:"html,omitempty"`
	Text   string            `json:"text,omitempty"`
	Fields map[string]string `json:"fields,omitempty"`
}

// Render draws a template of what is in force, or of what it would be after a
// change. It draws only what the template allows.
func (c *Content) Render(ctx context.Context, by engine.Caller, change Change, in RenderInput) (RenderedTemplate, error) {
	if err := by.Need(engine.RightRead); err != nil {
		return RenderedTemplate{}, err
	}
	set, err := c.asChanged(ctx, change)
	if err != nil {
		return RenderedTemplate{}, err
	}
	t := declare.Spec[*throughline.Template](set, in.Template)
	if t == nil {
		return RenderedTemplate{}, throughline.Errorf(throughline.NotFound, "there is no Template/%s", in.Template).WithFix("%s", oneOf("templates", in.Template, namesOf(set, throughline.KindTemplate)))
	}
	asked := in
	if in.Variant != "" {
		if err := c.findVariant(set, &in); err != nil {
			return RenderedTemplate{}, err
		}
		if asked.Locale != "" {
			in.Locale = asked.Locale
		}
	}
	if err := in.settle(set, t); err != nil {
		return RenderedTemplate{}, err
	}
	with := c.groundOf(set, ground{in.Template, in.Channel})
	a, err := assemble.Combine(with.assembly())
	if err != nil {
		return RenderedTemplate{}, err
	}
	candidate, err := in.pick(with, a, t)
	if err != nil {
		return RenderedTemplate{}, err
	}
	return in.draw(with, a, candidate, t)
}

// asChanged returns everything declared after a change.
func (c *Content) asChanged(ctx context.Context, change Change) (set declare.Set, err error) {
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		set, err = c.declared(r)
		return err
	})
	if err != nil || len(change.Resources)+len(change.Delete) == 0 {
		return set, err
	}
	set, _, _, err = declare.Plan(set, change.Resources, declare.Options{Delete: change.Delete, Prune: change.Prune})
	if err != nil {
		return set, err
	}
	return set, validate(set)
}

// settle fills in what was not asked for, and refuses what there is not.
func (in *RenderInput) settle(set declare.Set, t *throughline.Template) error {
	var channels []string
	for _, r := range t.Renderings {
		channels = append(channels, r.Channel)
	}
	if in.Channel == "" && len(channels) == 1 {
		in.Channel = channels[0]
	}
	if t.Rendering(in.Channel) == nil {
		if in.Channel == "" {
			return throughline.Errorf(throughline.Invalid, "Template/%s is drawn for several channels", in.Template).WithFix("name one of %s", strings.Join(channels, ", "))
		}
		return throughline.Errorf(throughline.NotFound, "Template/%s is not drawn for the channel %q", in.Template, in.Channel).WithFix("%s", oneOf("its channels", in.Channel, channels))
	}
	locales := declare.Spec[*throughline.Brand](set, t.Brand).Locales
	if in.Locale == "" {
		in.Locale = locales.Default
	}
	if all := locales.All(); !slices.Contains(all, in.Locale) {
		return throughline.Errorf(throughline.NotFound, "Brand/%s does not speak %q", t.Brand, in.Locale).WithFix("%s", oneOf("its languages", in.Locale, all))
	}
	for name := range in.Pieces {
		if slot, _ := t.Slot(name); slot == nil {
			var slots []string
			for _, s := range t.Slots {
				slots = append(slots, s.Name)
			}
			return throughline.Errorf(throughline.NotFound, "Template/%s has no slot %q", in.Template, name).WithFix("%s", oneOf("its slots", name, slots))
		}
	}
	return nil
}

// findVariant turns the id of a variant into what fills its slots.
func (c *Content) findVariant(set declare.Set, in *RenderInput) error {
	b, err := c.build(0, onlyShowing(set, in.Template))
	if err != nil {
		return err
	}
	if b.snapshot != nil {
		for i := range b.snapshot.Placements {
			p := &b.snapshot.Placements[i]
			for _, filling := range append(slices.Clone(p.Candidates), p.Fallback) {
				for _, locale := range p.Locales.All() {
					if p.VariantID(filling, locale) == in.Variant {
						in.Channel, in.Locale, in.Pieces = p.Channel, locale, fillingOf(p.Slots, filling)
						return nil
					}
				}
			}
		}
	}
	return throughline.Errorf(throughline.NotFound, "no variant of Template/%s has the id %q", in.Template, in.Variant).
		WithFix("an evaluation names it in its field variant; or say what fills the slots, as SLOT=PIECE,SLOT=PIECE")
}

// fillingOf names what fills each slot; an empty name is an empty slot.
func fillingOf(slots []throughline.SnapshotSlot, positions []uint16) throughline.Filling {
	out := throughline.Filling{}
	for s, i := range positions {
		if c := slots[s].Choices[i]; c.Kind != throughline.KindDisclosure { // says what it must
			out[slots[s].Name] = c.Piece
		}
	}
	return out
}

// pick returns the candidate that has the pieces asked for and otherwise most of
// what a placement falls back to.
func (in *RenderInput) pick(with resources, a throughline.Assembly, t *throughline.Template) ([]uint16, error) {
	for _, s := range a.Slots {
		name, asked := in.Pieces[s.Name]
		if !asked || slices.ContainsFunc(s.Choices, func(c throughline.Choice) bool { return c.Piece == name }) {
			continue
		}
		return nil, in.misfit(with, s, name)
	}
	usual := studioFilling(with.set, in.Template, t, LookInput{Channel: in.Channel})
	var best []uint16
	most := -1
	for _, candidate := range a.Candidates {
		alike := 0
		for s, i := range candidate {
			name, slot := a.Slots[s].Choices[i].Piece, a.Slots[s].Name
			if want, asked := in.Pieces[slot]; asked && want != name {
				alike = -1
				break
			}
			if usual[slot] == name {
				alike++
			}
		}
		if alike > most {
			most, best = alike, candidate
		}
	}
	if best != nil {
		return best, nil
	}
	return nil, in.excluded(with, usual)
}

// misfit says why a piece cannot fill a slot, and what can.
func (in *RenderInput) misfit(with resources, s throughline.SnapshotSlot, name string) error {
	var fit []string
	for _, c := range s.Choices {
		if c.Piece != "" {
			fit = append(fit, c.Piece)
		}
	}
	why := "does not fit it"
	whole := with.assembly()
	whole.Pieces = with.set.All() // it may name what fits no slot
	if reasons, err := assemble.Explain(whole, throughline.Filling{s.Name: name}); err == nil {
		for _, r := range reasons {
			if r.Slot == s.Name {
				why = r.Why
			}
		}
	}
	return throughline.Errorf(throughline.NotFound, "the slot %s of Template/%s on %s cannot have %q: %s", s.Name, in.Template, in.Channel, name, why).
		WithFix("%s", oneOf("what fits", name, fit))
}

// excluded says what keeps the pieces asked for from being a variant.
func (in *RenderInput) excluded(with resources, usual throughline.Filling) error {
	filling := throughline.Filling{}
	for slot, name := range usual {
		filling[slot] = name
	}
	for slot, name := range in.Pieces {
		filling[slot] = name
	}
	why := "a constraint of the template excludes every combination with them"
	if reasons, err := assemble.Explain(with.assembly(), filling); err == nil && len(reasons) > 0 {
		var all []string
		for _, r := range reasons {
			where := "constraint " + r.Rule
			if r.Slot != "" {
				where = "slot " + r.Slot
			}
			all = append(all, where+": "+r.Why)
		}
		why = strings.Join(all, "; ")
	}
	return throughline.Errorf(throughline.Invalid, "Template/%s on %s allows no variant with these pieces: %s", in.Template, in.Channel, why).WithFix("name other pieces, or change what excludes them")
}

// draw fills the template with a candidate.
func (in *RenderInput) draw(with resources, a throughline.Assembly, candidate []uint16, t *throughline.Template) (RenderedTemplate, error) {
	out := RenderedTemplate{Template: in.Template, Channel: in.Channel, Locale: in.Locale, Filling: throughline.Filling{}}
	out.Surface = with.channel.Spec.(*throughline.Channel).Surface
	values := map[string]string{}
	brand, rendering := with.brand.Spec.(*throughline.Brand), t.Rendering(in.Channel)
	for s, i := range candidate {
		c, slot := a.Slots[s].Choices[i], a.Slots[s].Name
		if c.Piece == "" {
			continue
		}
		if c.Text[in.Locale] == "" && c.Kind != throughline.KindDisclosure { // one may be for other markets only
			return out, throughline.Errorf(throughline.NotFound, "%s in the slot %s has no text in %s", c.Ref(), slot, in.Locale).
				In(c.Ref(), "spec.values."+in.Locale).WithFix("translate it, or name another piece")
		}
		out.Filling[slot], values[slot] = c.Piece, personal(c.Text[in.Locale], brand, false)
		if alt := c.Alt[in.Locale]; alt != "" {
			values[slot+throughline.AltSuffix] = alt
		}
	}
	if in.Dark && rendering.MJML == "" {
		dark := *brand
		dark.Tokens = brand.Values("dark")
		brand = &dark
	}
	m, err := email.CompileRendering(*rendering, t.Placeholders(), brand)
	if err != nil {
		return out, err
	}
	if out.HTML, err = m.HTML(values); err != nil {
		return out, err
	}
	out.Text, out.Fields = m.Text(values), m.Fields(values)
	if in.Dark && rendering.MJML != "" {
		out.HTML = inMode(out.HTML, true)
	}
	return out, nil
}

// namesOf returns the names of one kind, ascending.
func namesOf(set declare.Set, kind throughline.Kind) (names []string) {
	for res := range set.Each(kind) {
		names = append(names, res.Metadata.Name)
	}
	return names
}

// toldNames is how many names a fix lists.
const toldNames = 12

// oneOf says what there is instead of something that there is not.
func oneOf(what, asked string, there []string) string {
	if len(there) == 0 {
		return "there are none yet; declare one"
	}
	fix := what + " are "
	if near := text.Nearest(asked, there); near != "" {
		fix = "did you mean " + near + "? " + fix
	}
	if more := len(there) - toldNames; more > 0 {
		return fix + strings.Join(there[:toldNames], ", ") + " and others"
	}
	return fix + strings.Join(there, ", ")
}
