package demo

import (
	"slices"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/rule"
)

// constraint is a template's constraint, ready to judge fillings.
type constraint struct {
	when, assert *rule.Program // when may be nil
}

// allows reports whether a filling may be.
func (c constraint) allows(v *rule.Variant) (bool, error) {
	if c.when != nil {
		if applies, err := c.when.Eval(v); err != nil || !applies {
			return true, err
		}
	}
	return c.assert.Eval(v)
}

// constraints compiles those of a template.
func constraints(t *throughline.Template, slots []string) ([]constraint, error) {
	env := rule.VariantEnv(slots)
	var all []constraint
	for _, declared := range t.Constraints {
		var c constraint
		var err error
		if declared.When != "" {
			if c.when, err = rule.Compile(env, declared.When); err != nil {
				return nil, err
			}
		}
		if c.assert, err = rule.Compile(env, declared.Assert); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// combiner lists the fillings of one template that its constraints allow in
// every language.
type combiner struct {
	rules    []constraint
	locales  throughline.Locales
	options  [][]filling
	variants []*rule.Variant // one for each locale
	vector   []uint16
	found    [][]uint16
}

// combine returns every allowed filling as positions in each slot's options, in
// lexical order.
func combine(t *throughline.Template, p *throughline.Placement, brand *throughline.Brand, options [][]filling) ([][]uint16, error) {
	var slots []string
	for _, s := range t.Slots {
		slots = append(slots, s.Name)
	}
	rules, err := constraints(t, slots)
	if err != nil {
		return nil, err
	}
	c := combiner{rules: rules, locales: brand.Locales, options: options, vector: make([]uint16, len(options))}
	for _, locale := range brand.Locales.All() {
		c.variants = append(c.variants, &rule.Variant{
			Names: slots, Slots: make([]*rule.Slot, len(slots)),
			Locale: locale, Channel: p.Channel, Template: p.Template, Tokens: brand.Values(""),
		})
	}
	err = c.fill(0)
	return c.found, err
}

// fill tries every option in a slot and those after it.
func (c *combiner) fill(slot int) error {
	if slot == len(c.options) {
		ok, err := c.allowed()
		if ok {
			c.found = append(c.found, slices.Clone(c.vector))
		}
		return err
	}
	for i, o := range c.options[slot] {
		c.vector[slot] = uint16(i)
		for _, v := range c.variants {
			v.Slots[slot] = o.shown(c.locales, v.Locale)
		}
		if err := c.fill(slot + 1); err != nil {
			return err
		}
	}
	return nil
}

func (c *combiner) allowed() (bool, error) {
	for _, v := range c.variants {
		for _, r := range c.rules {
			if ok, err := r.allows(v); err != nil || !ok {
				return false, err
			}
		}
	}
	return true, nil
}
