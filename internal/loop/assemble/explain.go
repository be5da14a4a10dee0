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
	t, ok := in.Template.Spec.(*throughline.Template)
	if !ok || in.Brand == nil {
		return nil, throughline.Errorf(throughline.Internal, "assemble was not given a template and its brand").At(in.Template.Ref().String())
	}
	c := &combiner{Input: in, template: t}
	reasons := c.unknownSlots(filling)
	for i := range t.Slots {
		if why := c.unfit(&t.Slots[i], filling[t.Slots[i].Name]); why != "" {
			reasons = append(reasons, Reason{Slot: t.Slots[i].Name, Why: why})
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
	r, f := c.find(name)
	if f == nil {
		return "there is no Fragment/" + name
	}
	return c.misfit(s, r, f)
}

func (c *combiner) find(name string) (throughline.Resource, *throughline.Fragment) {
	for _, r := range c.Fragments {
		if f, ok := r.Spec.(*throughline.Fragment); ok && r.Metadata.Name == name {
			return r, f
		}
	}
	return throughline.Resource{}, nil
}

// misfit says why a fragment may not fill a slot on the channel, or "".
func (c *combiner) misfit(s *throughline.Slot, r throughline.Resource, f *throughline.Fragment) string {
	name := r.Metadata.Name
	if f.Role != s.Role {
		return fmt.Sprintf("%s has the role %s, and the slot takes %s", name, f.Role, s.Role)
	}
	if s.Fill != nil {
		if len(s.Fill.Names) > 0 && !slices.Contains(s.Fill.Names, name) {
			return fmt.Sprintf("the slot takes only %s", strings.Join(s.Fill.Names, ", "))
		}
		for _, k := range slices.Sorted(maps.Keys(s.Fill.Labels)) {
			if have, ok := r.Metadata.Labels[k]; !ok || have != s.Fill.Labels[k] {
				return fmt.Sprintf("the slot takes fragments labelled %s: %s, and %s is not", k, s.Fill.Labels[k], name)
			}
		}
	}
	if len(f.Channels) > 0 && !slices.Contains(f.Channels, c.Channel) {
		return fmt.Sprintf("%s may appear on %s, and not on %s", name, strings.Join(f.Channels, ", "), c.Channel)
	}
	if f.Withdrawn != "" {
		return fmt.Sprintf("%s is withdrawn: %s", name, f.Withdrawn)
	}
	if f.Values[c.Brand.Locales.Default] == "" {
		return fmt.Sprintf("%s has no text in %s, the default language", name, c.Brand.Locales.Default)
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
		if r, f := c.find(filling[s.Name]); f != nil {
			slot = rule.NewSlot(filling[s.Name], f.Values[c.Brand.Locales.Default], r.Metadata.Labels)
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
