package content

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/email"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// LookInput says how a template is looked at.
type LookInput struct {
	Template, Channel, Audience, Locale string
	// Data names one of DataSets; empty is DataReal.
	Data string
	// Dark asks for the brand's dark colours.
	Dark bool
	// InForce shows it as it is in force, and not as the caller's draft has it.
	InForce bool
	// Mark marks the slots that the draft changes.
	Mark bool
}

// Look draws a template with some data. Where it cannot be drawn, the Sample says
// why.
func (c *Content) Look(ctx context.Context, by engine.Caller, in LookInput) (Sample, error) {
	if err := by.Need(engine.RightRead); err != nil {
		return Sample{}, err
	}
	if !slices.ContainsFunc(DataSets(), func(d Data) bool { return d.Name == in.Data || in.Data == "" }) {
		return Sample{}, throughline.Errorf(throughline.NotFound, "there is no data named %q", in.Data).WithFix("%s is what people see, %s what breaks layouts", DataReal, DataNasty)
	}
	var s studioSets
	err := c.core.Record.State.View(ctx, func(r record.Reader) (err error) {
		s, err = c.studioSets(r, by, in.Template)
		return err
	})
	if err != nil {
		return Sample{}, err
	}
	set := s.next
	if in.InForce {
		set = s.base
	}
	t := declare.Spec[*throughline.Template](set, in.Template)
	if t == nil {
		return Sample{Problem: "There is no such template yet, or your draft of it cannot be read."}, nil
	}
	sample := Sample{Title: in.Template + " on " + in.Channel, Locale: in.Locale}
	var changed []string
	if in.Mark {
		changed = changedSlots(declare.Spec[*throughline.Template](s.base, in.Template), declare.Spec[*throughline.Template](s.next, in.Template))
	}
	return sample, sample.look(set, t, in, changed)
}

// look draws a template; what is wrong with it is the sample's Problem.
func (s *Sample) look(set declare.Set, t *throughline.Template, in LookInput, changed []string) error {
	brand := declare.Spec[*throughline.Brand](set, t.Brand)
	rendering := t.Rendering(in.Channel)
	switch {
	case brand == nil:
		s.Problem = "It has no brand yet, and so neither colours nor languages."
		return nil
	case rendering == nil:
		s.Problem = "It has no rendering for the channel " + in.Channel + " yet."
		return nil
	}
	if in.Locale == "" {
		in.Locale = brand.Locales.Default
	}
	s.Locale = in.Locale
	if in.Dark && rendering.MJML == "" {
		dark := *brand
		dark.Tokens = brand.Values("dark")
		brand = &dark
	}
	if faults := renderingFaults(*rendering, t.Placeholders(), brand); len(faults) > 0 {
		s.Problem = faultSays(faults[0])
		return nil
	}
	drawn, err := email.CompileRendering(*rendering, t.Placeholders(), brand)
	if err != nil {
		return err
	}
	slots := studioValues(set, t, brand, studioFilling(set, in.Template, t, in), in)
	for i, slot := range slots {
		if !slices.Contains(changed, slot.Slot) {
			slots[i].Before = slot.After
		}
	}
	shown, err := face{drawn}.draw(slots, len(changed) > 0, func(s ComparedSlot) (string, string) { return s.After, s.isAlt })
	if err != nil {
		s.Problem = firstProblem(err)
		return nil
	}
	if shown.HTML == "" && !slices.ContainsFunc(slices.Collect(maps.Values(shown.Fields)), func(text string) bool { return text != "" }) {
		s.Problem = "Nothing fills the slots that it shows here yet."
		return nil
	}
	if rendering.MJML != "" {
		shown.HTML = inMode(shown.HTML, in.Dark)
	}
	s.Shown = shown
	return nil
}

// firstProblem says what is wrong first, and where.
func firstProblem(err error) string {
	var problems throughline.Problems
	problems.Add(err)
	if p := problems[0]; p.Place != "" {
		return p.Place + ": " + p.Message + "."
	}
	return problems[0].Message + "."
}

// faultSays says what keeps a rendering from being drawn, and in which line.
func faultSays(f RenderingFault) string {
	if f.Line == 0 {
		return f.Part + ": " + f.Text + "."
	}
	return fmt.Sprintf("%s, line %d: %s.", f.Part, f.Line, f.Text)
}

// inMode makes a mail show the colours of one mode, whatever whoever looks at it
// has set.
func inMode(html string, dark bool) string {
	to := "not all"
	if dark {
		to = "all"
	}
	return strings.ReplaceAll(html, "(prefers-color-scheme:dark)", to)
}

// changedSlots names the slots that a template asks for differently than before.
func changedSlots(before, after *throughline.Template) (names []string) {
	if before == nil || after == nil {
		return nil
	}
	for _, slot := range after.Slots {
		if was, _ := before.Slot(slot.Name); was == nil || !sameSlot(*was, slot) {
			names = append(names, slot.Name)
		}
	}
	return names
}

// unlike names the channels on which a template is drawn differently, and for
// fields which.
func unlike(name string, s studioSets) (all []Redrawn) {
	before, after := declare.Spec[*throughline.Template](s.base, name), declare.Spec[*throughline.Template](s.next, name)
	channels := map[string]bool{}
	for _, t := range []*throughline.Template{before, after} {
		for _, r := range t.Renderings {
			channels[r.Channel] = true
		}
	}
	for _, channel := range slices.Sorted(maps.Keys(channels)) {
		one := Redrawn{Channel: channel, Was: before.Rendering(channel) != nil, Is: after.Rendering(channel) != nil}
		in := LookInput{Template: name, Channel: channel}
		var old, now Sample
		if old.look(s.base, before, in, nil) != nil || now.look(s.next, after, in, nil) != nil {
			continue
		}
		if one.Was && one.Is && !one.differs(old.Shown, now.Shown) {
			continue
		}
		all = append(all, one)
	}
	return all
}

// differs compares two renderings, and notes the fields that do.
func (r *Redrawn) differs(old, now *Shown) bool {
	if old == nil || now == nil {
		return old != now
	}
	for _, name := range slices.Sorted(maps.Keys(now.Fields)) {
		if was, had := old.Fields[name]; !had || was != now.Fields[name] {
			r.Fields = append(r.Fields, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(old.Fields)) {
		if _, has := now.Fields[name]; !has {
			r.Fields = append(r.Fields, name)
		}
	}
	return old.HTML != now.HTML || len(r.Fields) > 0
}
