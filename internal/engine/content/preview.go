package content

import (
	"context"
	"maps"
	"slices"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/markup"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// PreviewInput says what is to be seen before and after.
type PreviewInput struct {
	// Release is the number of a release; 0 means the asker's draft.
	Release int
	// Placement narrows to one; empty means all that change.
	Placement string
	// Locale is in which language; empty means that of the change, or the brand's.
	Locale string
}

// Pair is one filling of a placement as people see it before and after a change.
type Pair struct {
	Placement string              `json:"placement"`
	Title     string              `json:"title"`
	Channel   string              `json:"channel"`
	Surface   throughline.Surface `json:"surface"`
	Template  string              `json:"template"`
	Locale    string              `json:"locale"`
	// Changed is what the pair shows the change of; Filling the fragment by slot.
	Changed throughline.Ref     `json:"changed"`
	Filling throughline.Filling `json:"filling"`
	// Before and After are nil where there is nothing to show.
	Before *Shown `json:"before,omitempty"`
	After  *Shown `json:"after,omitempty"`
	// Problem says why one of the two cannot be shown.
	Problem string `json:"problem,omitempty"`
}

// Shown is a rendering: HTML for the web, fields for an app.
type Shown struct {
	HTML   string            `json:"html,omitempty"`
	Fields map[string]string `json:"fields,omitempty"`
}

// maxPairs is how many pairs are made of one change.
const maxPairs = 24

// Previews renders what a draft or a release changes, before and after, for each
// placement that shows it: each changed piece in the placement's fallback, or the
// fallback itself where its template or brand changes. Of a release that is live
// it shows what it changed then, in today's templates.
func (c *Content) Previews(ctx context.Context, by engine.Caller, in PreviewInput) (pairs []Pair, err error) {
	var before, after declare.Set
	var changes []throughline.Change
	if in.Release > 0 {
		rel, err := c.see(ctx, by, in.Release)
		if err != nil {
			return nil, err
		}
		changes = rel.Changes
		if before, after, err = c.sides(ctx, changes); err != nil {
			return nil, err
		}
	} else if before, after, changes, err = c.draftSides(ctx, by); err != nil {
		return nil, err
	}
	p := previewer{before: before, after: after, in: in}
	for _, ch := range changes {
		p.change(ch)
	}
	return append([]Pair{}, p.pairs...), nil
}

// sides returns what is in force with the changes taken back, and with them.
func (c *Content) sides(ctx context.Context, changes []throughline.Change) (before, after declare.Set, err error) {
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		all, err := c.everything(r)
		if err != nil {
			return err
		}
		apply := func(side func(throughline.Change) throughline.Digest) (declare.Set, error) {
			kept := slices.Clone(all)
			for _, ch := range changes {
				kept = slices.DeleteFunc(kept, func(r throughline.Resource) bool { return r.Ref() == ch.Ref })
				res, err := revisionOrNone(r, side(ch))
				if err != nil {
					return declare.Set{}, err
				}
				if res.Spec != nil {
					kept = append(kept, res)
				}
			}
			return declare.NewSet(kept), nil
		}
		if before, err = apply(func(ch throughline.Change) throughline.Digest { return ch.From }); err != nil {
			return err
		}
		after, err = apply(func(ch throughline.Change) throughline.Digest { return ch.To })
		return err
	})
	return before, after, err
}

// draftSides returns what is in force, and what it would be with the asker's
// draft; what cannot be read or merged stays as it is.
func (c *Content) draftSides(ctx context.Context, by engine.Caller) (before, after declare.Set, changes []throughline.Change, err error) {
	var change Change
	var all []throughline.Resource
	err = c.core.Record.State.View(ctx, func(r record.Reader) error {
		items, err := draftItems(r, draftKey(by.Actor))
		if err != nil || len(items) == 0 {
			return err
		}
		if err := change.take(r, items, nil); err != nil && throughline.CodeOf(err) != throughline.Invalid && throughline.CodeOf(err) != throughline.Conflict {
			return err
		}
		all, err = c.everything(r)
		return err
	})
	if err != nil {
		return before, after, nil, err
	}
	before = declare.NewSet(all)
	after, changes, _, err = declare.Plan(before, change.Resources, declare.Options{Delete: change.Delete})
	if throughline.CodeOf(err) == throughline.Invalid {
		err = nil // the plan says so; what can be seen is shown
	}
	return before, after, changes, err
}

// previewer makes pairs of changes.
type previewer struct {
	before, after declare.Set
	in            PreviewInput
	pairs         []Pair
}

func (p *previewer) change(ch throughline.Change) {
	set := p.after
	if ch.Action == throughline.Delete {
		set = p.before
	}
	for _, r := range set.Of(throughline.KindPlacement) {
		if len(p.pairs) == maxPairs {
			return
		}
		if p.in.Placement == "" || p.in.Placement == r.Metadata.Name {
			p.placement(set, r, ch)
		}
	}
}

// placement adds the pair of one change in one placement, if it shows there.
func (p *previewer) placement(set declare.Set, r throughline.Resource, ch throughline.Change) {
	spec := r.Spec.(*throughline.Placement)
	t := declare.Spec[*throughline.Template](set, spec.Template)
	if t == nil {
		return
	}
	filling := maps.Clone(spec.Fallback)
	switch ch.Ref.Kind {
	case throughline.KindFragment:
		res, _ := set.Get(ch.Ref)
		f, ok := res.Spec.(*throughline.Fragment)
		i := slices.IndexFunc(t.Slots, func(s throughline.Slot) bool { return ok && fills(res, f, s) })
		if i < 0 || len(f.Channels) > 0 && !slices.Contains(f.Channels, spec.Channel) {
			return
		}
		if filling == nil {
			filling = throughline.Filling{}
		}
		filling[t.Slots[i].Name] = ch.Ref.Name
	case throughline.KindTemplate:
		if ch.Ref.Name != spec.Template {
			return
		}
	case throughline.KindBrand:
		if ch.Ref.Name != t.Brand {
			return
		}
	case throughline.KindPlacement:
		if ch.Ref.Name != r.Metadata.Name {
			return
		}
	default:
		return
	}
	p.pair(r, spec, ch, filling)
}

func (p *previewer) pair(r throughline.Resource, spec *throughline.Placement, ch throughline.Change, filling throughline.Filling) {
	pair := Pair{
		Placement: r.Metadata.Name, Title: spec.Title, Channel: spec.Channel, Template: spec.Template,
		Locale: p.in.Locale, Changed: ch.Ref, Filling: filling,
	}
	if pair.Title == "" {
		pair.Title = pair.Placement
	}
	if locales := markets(ch, throughline.Resource{}, throughline.Resource{}); pair.Locale == "" && len(locales) > 0 {
		pair.Locale = locales[0]
	}
	for _, side := range []struct {
		set  declare.Set
		into **Shown
	}{{p.before, &pair.Before}, {p.after, &pair.After}} {
		old, ok := side.set.Get(r.Ref())
		if !ok {
			continue
		}
		mine := filling
		if ch.Ref.Kind == throughline.KindPlacement {
			mine = old.Spec.(*throughline.Placement).Fallback
		}
		shown, err := render(side.set, &pair, old.Spec.(*throughline.Placement), mine)
		if err != nil {
			var problems throughline.Problems
			problems.Add(err)
			pair.Problem = problems[0].Message
			continue
		}
		*side.into = shown
	}
	p.pairs = append(p.pairs, pair)
}

// render shows a filling as a set has it; nil where one of its pieces is not
// there.
func render(set declare.Set, pair *Pair, spec *throughline.Placement, filling throughline.Filling) (*Shown, error) {
	t := declare.Spec[*throughline.Template](set, spec.Template)
	channel := declare.Spec[*throughline.Channel](set, spec.Channel)
	if t == nil || channel == nil {
		return nil, nil
	}
	brand := declare.Spec[*throughline.Brand](set, t.Brand)
	rendering := t.Rendering(spec.Channel)
	if brand == nil || rendering == nil {
		return nil, nil
	}
	pair.Surface = channel.Surface
	if pair.Locale == "" {
		pair.Locale = brand.Locales.Default
	}
	values := map[string]string{}
	names := make([]string, len(t.Slots))
	for i, slot := range t.Slots {
		names[i] = slot.Name
		name := filling[slot.Name]
		if name == "" {
			continue
		}
		f := declare.Spec[*throughline.Fragment](set, name)
		if f == nil {
			return nil, nil
		}
		values[slot.Name], _ = f.Text(brand.Locales, pair.Locale)
	}
	m, err := markup.Compile(*rendering, names, brand.Tokens)
	if err != nil {
		return nil, err
	}
	if rendering.HTML == "" {
		return &Shown{Fields: m.Fields(values)}, nil
	}
	html, err := m.HTML(values)
	return &Shown{HTML: html}, err
}
