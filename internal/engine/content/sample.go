package content

import (
	"context"
	"maps"
	"slices"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/email"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// Sample is how one resource looks at one placement, as somebody's draft has
// both. What a change does to what is live is a Review.
type Sample struct {
	Title, Locale string
	// Shown is nil where there is nothing to show; Problem says why, where that is
	// known.
	Shown   *Shown
	Problem string
}

// Sample renders a resource in one placement as the caller's draft has both: a
// fragment in the placement's fallback, anything else as the fallback itself. It
// reads only what the rendering is made of.
func (c *Content) Sample(ctx context.Context, by engine.Caller, ref throughline.Ref, placement, locale string) (Sample, error) {
	if err := by.Need(engine.RightRead); err != nil {
		return Sample{}, err
	}
	s := sampler{person: draftKey(by.Actor), have: map[throughline.Ref]throughline.Resource{}}
	err := c.core.Record.State.View(ctx, func(r record.Reader) error {
		s.reader = r
		return s.read(ref, placement)
	})
	if err != nil {
		return Sample{}, err
	}
	set := declare.NewSet(slices.Collect(maps.Values(s.have)))
	p := declare.Spec[*throughline.Placement](set, placement)
	if p == nil {
		return Sample{}, notShown(ref, placement)
	}
	filling, ok := sampleFilling(set, ref, placement, p)
	if !ok {
		return Sample{}, notShown(ref, placement)
	}
	sample := Sample{Title: p.Title, Locale: locale}
	if sample.Title == "" {
		sample.Title = placement
	}
	if err := sample.draw(set, p, filling); err != nil {
		var problems throughline.Problems
		problems.Add(err)
		sample.Problem = problems[0].Message
	}
	return sample, nil
}

func notShown(ref throughline.Ref, placement string) error {
	return throughline.Errorf(throughline.NotFound, "Placement/%s does not show %s", placement, ref).WithFix("look at another placement")
}

// sampleFilling returns what fills the slots of a placement's template to show a
// resource, and false where it does not show there.
func sampleFilling(set declare.Set, ref throughline.Ref, placement string, p *throughline.Placement) (throughline.Filling, bool) {
	t := declare.Spec[*throughline.Template](set, p.Template)
	if t == nil {
		return nil, false
	}
	switch ref.Kind {
	case throughline.KindFragment, throughline.KindAsset:
		res, _ := set.Get(ref)
		piece, ok := throughline.PieceOf(res)
		i := slices.IndexFunc(t.Slots, func(s throughline.Slot) bool { return ok && fills(piece, s) })
		if i < 0 || len(piece.Channels) > 0 && !slices.Contains(piece.Channels, p.Channel) {
			return nil, false
		}
		filling := throughline.Filling{}
		maps.Copy(filling, p.Fallback)
		filling[t.Slots[i].Name] = ref.Name
		return filling, true
	case throughline.KindTemplate:
		return p.Fallback, ref.Name == p.Template
	case throughline.KindBrand:
		return p.Fallback, ref.Name == t.Brand
	case throughline.KindPlacement:
		return p.Fallback, ref.Name == placement
	}
	return nil, false
}

// draw renders a filling; nothing where one of its pieces is not there.
func (s *Sample) draw(set declare.Set, p *throughline.Placement, filling throughline.Filling) error {
	t := declare.Spec[*throughline.Template](set, p.Template)
	brand := declare.Spec[*throughline.Brand](set, t.Brand)
	rendering := t.Rendering(p.Channel)
	if brand == nil || rendering == nil || declare.Spec[*throughline.Channel](set, p.Channel) == nil {
		return nil
	}
	if s.Locale == "" {
		s.Locale = brand.Locales.Default
	}
	values, ok := sampleValues(set, t, brand.Locales, filling, s.Locale)
	if !ok {
		return nil
	}
	for slot, said := range values {
		values[slot] = personal(said, brand, false)
	}
	m, err := email.CompileRendering(*rendering, t.Placeholders(), brand)
	if err != nil {
		return err
	}
	if rendering.HTML == "" && rendering.MJML == "" {
		s.Shown = &Shown{Fields: m.Fields(values)}
		return nil
	}
	html, err := m.HTML(values)
	s.Shown = &Shown{HTML: html}
	return err
}

// sampleValues are what the slots say, and false where a piece is not there.
func sampleValues(set declare.Set, t *throughline.Template, l throughline.Locales, filling throughline.Filling, locale string) (map[string]string, bool) {
	values := map[string]string{}
	for _, slot := range t.Slots {
		name := filling[slot.Name]
		if name == "" {
			continue
		}
		p, ok := set.Piece(name)
		if !ok {
			return nil, false
		}
		switch res, _ := set.Get(p.Ref); spec := res.Spec.(type) {
		case *throughline.Fragment:
			values[slot.Name], _ = spec.Text(l, locale)
		case *throughline.Asset:
			values[slot.Name] = spec.File.SlotAddress(name)
			values[slot.Name+throughline.AltSuffix], _ = spec.AltText(l, locale)
		}
	}
	return values, true
}

// sampler reads what one rendering is made of.
type sampler struct {
	reader record.Reader
	person string
	have   map[throughline.Ref]throughline.Resource
}

func (s *sampler) read(ref throughline.Ref, placement string) error {
	if _, err := s.get(ref); err != nil {
		return err
	}
	res, err := s.get(throughline.Ref{Kind: throughline.KindPlacement, Name: placement})
	p, ok := res.Spec.(*throughline.Placement)
	if err != nil || !ok {
		return err
	}
	if _, err := s.get(throughline.Ref{Kind: throughline.KindChannel, Name: p.Channel}); err != nil {
		return err
	}
	if res, err = s.get(throughline.Ref{Kind: throughline.KindTemplate, Name: p.Template}); err != nil {
		return err
	}
	if t, ok := res.Spec.(*throughline.Template); ok {
		if _, err := s.get(throughline.Ref{Kind: throughline.KindBrand, Name: t.Brand}); err != nil {
			return err
		}
	}
	for _, name := range p.Fallback {
		for _, kind := range []throughline.Kind{throughline.KindFragment, throughline.KindAsset} {
			if _, err := s.get(throughline.Ref{Kind: kind, Name: name}); err != nil {
				return err
			}
		}
	}
	return nil
}

// get reads a resource as the draft has it; the zero Resource where there is
// none.
func (s *sampler) get(ref throughline.Ref) (throughline.Resource, error) {
	item, err := readItem(s.reader, s.person, ref)
	if err != nil {
		return throughline.Resource{}, err
	}
	var res throughline.Resource
	if item != nil && item.Text == "" {
		if err := item.compare(s.reader); err != nil {
			return res, err
		}
		res = item.settled()
	} else if res, err = resourceOrNone(s.reader, ref); err != nil {
		return res, err
	}
	if res.Spec != nil {
		s.have[ref] = res
	}
	return res, nil
}
