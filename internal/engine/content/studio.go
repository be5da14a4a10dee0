package content

import (
	"cmp"
	"context"
	"slices"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/email"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// StudioInput says which template is looked at.
type StudioInput struct {
	Template string
	// Whole asks for what an edit would do even where that takes a while.
	Whole bool
}

// Studio is a template as people who make one look at it: what its slots ask for
// and what may fill them, where it is drawn and what is wrong there, who uses it,
// and what the caller's edit of it would do.
type Studio struct {
	// Template is as the caller's draft has it, Before as it is in force, nil for
	// a new one.
	Template, Before *throughline.Template
	// Locales are the brand's; Audiences name who may see more than everyone does.
	Locales, Audiences []string
	// Personal are the fields of a recipient that texts may speak of.
	Personal []string
	// Dark says that the brand has colours of its own for the dark.
	Dark     bool
	Slots    []StudioSlot
	Channels []StudioChannel
	Used     []StudioUse
	// Impact is what the edit does; nil where there is none, or where Later says
	// that it takes so long that it has to be asked for.
	Impact *Impact
	Later  bool
	// Others counts what else is in the draft, which is taken as it is there.
	Others int
}

// StudioSlot is one slot of a template, and what there is for it.
type StudioSlot struct {
	throughline.Slot
	// Tighter are the channels that allow less than the slot itself.
	Tighter []ChannelLimit
	// Pieces counts what may fill it anywhere.
	Pieces int
	// New and Changed say what the draft makes of it.
	New, Changed bool
}

// ChannelLimit is how long a slot's text may be on a channel.
type ChannelLimit struct {
	Channel string
	throughline.Length
}

// StudioChannel is one channel that a template is drawn for.
type StudioChannel struct {
	Name, Title string
	Surface     throughline.Surface
	// At is the position of its rendering in the template.
	At int
	// Faults are what keeps it from being drawn.
	Faults []RenderingFault
}

// RenderingFault is one thing that is wrong in the source of a rendering.
type RenderingFault struct {
	// Part is html, mjml or fields.name; Line and Column count from 1, and are 0
	// where the place is not known. Source is the line.
	Part         string
	Line, Column int
	Source       string
	Text, Fix    string
}

// StudioUse is a placement that shows a template.
type StudioUse struct {
	Name, Title, Channel string
	// Live counts its variants.
	Live int
}

// Studio returns how a template stands, as the caller's draft has it.
func (c *Content) Studio(ctx context.Context, by engine.Caller, in StudioInput) (Studio, error) {
	var out Studio
	if err := by.Need(engine.RightRead); err != nil {
		return out, err
	}
	var s studioSets
	var head throughline.Release
	err := c.core.Record.State.View(ctx, func(r record.Reader) (err error) {
		if head, err = headRelease(r); err != nil {
			return err
		}
		s, err = c.studioSets(r, by, in.Template)
		return err
	})
	if err != nil {
		return out, err
	}
	live, err := c.liveSnapshot(ctx, head, s.inForce)
	if err != nil {
		return out, err
	}
	out.Before, out.Others = declare.Spec[*throughline.Template](s.base, in.Template), s.others
	out.Template = cmp.Or(declare.Spec[*throughline.Template](s.next, in.Template), out.Before)
	if out.Template == nil {
		return out, nil // what is typed cannot be read yet
	}
	out.fill(s.next)
	for i := range live.Placements {
		if p := &live.Placements[i]; p.Template == in.Template {
			out.Used = append(out.Used, StudioUse{p.Name, p.Title, p.Channel, len(p.Candidates)})
		}
	}
	if !s.edited || out.Before == nil {
		return out, nil
	}
	if out.Later = !in.Whole && (out.combinations() > studioAtOnce || s.next.Len() > studioThings); out.Later {
		return out, nil
	}
	out.Impact, err = c.impact(in.Template, head, s)
	return out, err
}

// What a page looks at without being asked to.
const (
	studioAtOnce = 20_000
	studioThings = 2_000
)

// studioSets are everything declared with and without an edit of a template.
type studioSets struct {
	// base has the rest of the draft, next the edit too.
	inForce, base, next declare.Set
	others              int
	edited              bool
}

// studioSets reads what is in force and what the caller's draft makes of it. What
// cannot be read or joined yet is left as it is in force.
func (c *Content) studioSets(r record.Reader, by engine.Caller, name string) (s studioSets, err error) {
	if s.inForce, err = c.declared(r); err != nil {
		return s, err
	}
	s.base = s.inForce
	items, err := draftItems(r, draftKey(by.Actor))
	if err != nil {
		return s, err
	}
	ref := throughline.Ref{Kind: throughline.KindTemplate, Name: name}
	var put []throughline.Resource
	var gone []throughline.Ref
	var own *throughline.Resource
	for _, item := range items {
		if err := item.compare(r); err != nil {
			return s, err
		}
		if item.Text != "" || len(item.Conflicts) > 0 {
			continue
		}
		wanted := item.settled()
		switch {
		case item.Ref == ref && wanted.Spec != nil:
			own = &wanted
			continue
		case item.Ref == ref:
			continue
		case wanted.Spec != nil:
			put = append(put, wanted)
		default:
			gone = append(gone, item.Ref)
		}
		s.others++
	}
	if s.others > 0 {
		s.base = s.inForce.With(put, gone...)
	}
	s.next = s.base
	if own != nil {
		was, had := s.base.Get(ref)
		s.edited = !had || was.Digest() != own.Digest()
		s.next = s.base.With([]throughline.Resource{*own})
	}
	return s, nil
}

// fill lays out a template with what there is for it.
func (s *Studio) fill(set declare.Set) {
	brand := declare.Spec[*throughline.Brand](set, s.Template.Brand)
	if brand != nil {
		s.Locales, s.Dark = brand.Locales.All(), len(brand.Modes["dark"]) > 0
		for name := range brand.Personal {
			s.Personal = append(s.Personal, name)
		}
		slices.Sort(s.Personal)
	}
	for i, r := range s.Template.Renderings {
		at := StudioChannel{Name: r.Channel, At: i, Faults: renderingFaults(r, s.Template.Placeholders(), brand)}
		if ch := declare.Spec[*throughline.Channel](set, r.Channel); ch != nil {
			at.Title, at.Surface = ch.Title, ch.Surface
		}
		s.Channels = append(s.Channels, at)
	}
	for _, slot := range s.Template.Slots {
		one := StudioSlot{Slot: slot, Tighter: tighterOn(set, s.Template, slot)}
		for _, p := range fillers(set, slot) {
			one.Pieces++
			if p.Audience != "" && !slices.Contains(s.Audiences, p.Audience) {
				s.Audiences = append(s.Audiences, p.Audience)
			}
		}
		if s.Before != nil {
			was, _ := s.Before.Slot(slot.Name)
			one.New, one.Changed = was == nil, was != nil && !sameSlot(*was, slot)
		}
		s.Slots = append(s.Slots, one)
	}
	slices.Sort(s.Audiences)
}

func sameSlot(a, b throughline.Slot) bool {
	wrap := func(s throughline.Slot) throughline.Resource {
		return throughline.Resource{Kind: throughline.KindTemplate, Spec: &throughline.Template{Slots: []throughline.Slot{s}}}
	}
	return wrap(a).Digest() == wrap(b).Digest()
}

// tighterOn returns the channels of a template whose limit for a slot holds more
// tightly than the slot's own, or counts in another unit.
func tighterOn(set declare.Set, t *throughline.Template, slot throughline.Slot) (all []ChannelLimit) {
	own := throughline.Length{}
	if slot.Length != nil {
		own = *slot.Length
	}
	for _, r := range t.Renderings {
		ch := declare.Spec[*throughline.Channel](set, r.Channel)
		if ch == nil {
			continue
		}
		l, ok := ch.Limits[slot.Role]
		if !ok || l.Max == 0 {
			continue
		}
		alike := cmp.Or(l.Unit, throughline.Grapheme) == cmp.Or(own.Unit, throughline.Grapheme)
		if own.Max == 0 || !alike || l.Max < own.Max {
			all = append(all, ChannelLimit{r.Channel, l})
		}
	}
	return all
}

// combinations says how many fillings a template may have, before any rule.
func (s *Studio) combinations() int {
	n := 1
	for _, slot := range s.Slots {
		choices := slot.Pieces
		if !slot.Required {
			choices++
		}
		if n *= max(1, choices); n > studioAtOnce {
			break
		}
	}
	return n
}

// renderingFaults says what keeps a rendering from being drawn, each with the
// line it is in.
func renderingFaults(r throughline.Rendering, slots []string, brand *throughline.Brand) (all []RenderingFault) {
	if brand == nil {
		return nil
	}
	_, err := email.CompileRendering(r, slots, brand)
	var problems throughline.Problems
	problems.Add(err)
	for _, p := range problems {
		all = append(all, newFault(r, p))
	}
	return all
}
