package assemble

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/rule"
)

// Reason is one answer to the question why a filling is missing.
type Reason struct {
	// Slot is where it lies; empty for a constraint between slots.
	Slot string `json:"slot,omitempty"`
	// Rule is the constraint; empty when the fragment does not fit the slot.
	Rule string `json:"rule,omitempty"`
	// Why says it in words.
	Why string `json:"why"`
}

// Explain says why a filling is not among the candidates of the template on the
// channel: what does not fit its slot, and which constraints fail. No reasons
// mean that it is one of them.
func Explain(in Input, filling throughline.Filling) ([]Reason, error) {
	c, err := newCombiner(in)
	if err != nil {
		return nil, err
	}
	reasons := c.unknownSlots(filling)
	for i := range c.template.Slots {
		s := &c.template.Slots[i]
		if s.Type == throughline.DisclosureText {
			continue // it says what it must
		}
		if why := c.unfit(s, filling[s.Name]); why != "" {
			reasons = append(reasons, Reason{Slot: s.Name, Why: why})
		}
	}
	broken, err := c.broken(filling)
	return append(reasons, broken...), err
}

func (c *combiner) unknownSlots(filling throughline.Filling) (reasons []Reason) {
	for _, name := range slices.Sorted(maps.Keys(filling)) {
		if slot, _ := c.template.Slot(name); slot == nil {
			reasons = append(reasons, Reason{Slot: name, Why: "the template has no such slot"})
		}
	}
	return reasons
}

// unfit says why the named fragment does not fit the slot, or "".
func (c *combiner) unfit(s *throughline.Slot, name string) string {
	if name == "" {
		if s.Required {
			return "the slot is required and not filled"
		}
		return ""
	}
	r, ok := c.pieces[name]
	if !ok {
		return "there is no piece " + name
	}
	p, _ := throughline.PieceOf(r)
	return c.misfit(s, r, p)
}

// words are what rules read of a piece: its text, or the picture in words.
func (c *combiner) words(r throughline.Resource) string {
	switch spec := r.Spec.(type) {
	case *throughline.Asset:
		words, _ := spec.AltText(c.Brand.Locales, c.Brand.Locales.Default)
		return words
	case *throughline.Fragment:
		return c.text(spec, c.Brand.Locales.Default)
	}
	return ""
}

// broken lists the constraints that the filling breaks.
func (c *combiner) broken(filling throughline.Filling) ([]Reason, error) {
	v := &rule.Variant{
		Locale: c.Brand.Locales.Default, Channel: c.Channel, Template: c.Template.Metadata.Name, Tokens: c.Brand.Values(""),
	}
	for _, s := range c.template.Slots {
		slot := rule.NewSlot("", "", nil)
		if r, ok := c.pieces[filling[s.Name]]; ok {
			slot = rule.NewSlot(filling[s.Name], c.words(r), r.Metadata.Labels)
		}
		v.Names, v.Slots = append(v.Names, s.Name), append(v.Slots, slot)
	}
	env := rule.VariantEnv(v.Names)
	var reasons []Reason
	for i, k := range c.template.Constraints {
		if k.When != "" {
			when, err := rule.Compile(env, k.When)
			if err != nil {
				return reasons, c.placed(i, err)
			}
			if applies, err := when.Eval(v); err != nil || !applies {
				continue
			}
		}
		assert, err := rule.Compile(env, k.Assert)
		if err != nil {
			return reasons, c.placed(i, err)
		}
		if holds, err := assert.Eval(v); err != nil {
			return reasons, c.placed(i, err)
		} else if !holds {
			reasons = append(reasons, Reason{Rule: k.Name, Why: because(k.Why, assert.Explain(v))})
		}
	}
	return reasons, nil
}

// because joins the author's reason with what the rule found.
func because(why string, clauses []rule.Clause) string {
	var found []string
	for _, c := range clauses {
		if !c.True {
			found = append(found, fmt.Sprintf("%s fails: %s", c.Text, c.Why))
		}
	}
	if why != "" {
		found = append([]string{strings.TrimSuffix(why, ".")}, found...)
	}
	return strings.Join(found, "; ")
}
