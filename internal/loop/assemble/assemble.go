// Package assemble fills templates: it finds what fits each slot, enumerates the
// combinations, leaves out those that a constraint forbids, and can say why. It
// does not judge texts, which is for check, and it renders nothing.
package assemble

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/rule"
)

// MaxCombinations is how many fillings of one template on one channel there may
// be before constraints; after them, [throughline.MaxCandidates] may be left.
const MaxCombinations = 2_000_000

// Input is one template on one channel, and what may fill it.
type Input struct {
	// Template is a resource of the kind Template; Brand its brand.
	Template throughline.Resource
	Brand    *throughline.Brand
	// Channel is the channel's name.
	Channel string
	// Fragments are all there are, in any order; other kinds are passed over.
	Fragments []throughline.Resource
}

// Combine returns every way to fill the template on the channel that breaks no
// constraint. Constraints are asked about the texts in the brand's default
// locale. Too many combinations are an error with the code TooLarge; a required
// slot that nothing fits, and constraints that leave nothing, are Invalid.
func Combine(in Input) (throughline.Assembly, error) {
	c, err := prepare(in)
	if err != nil {
		return throughline.Assembly{}, err
	}
	a := throughline.Assembly{Template: in.Template.Metadata.Name, Channel: in.Channel, Slots: c.slots, Total: 1}
	for _, s := range c.slots {
		a.Total = min(a.Total*len(s.Choices), MaxCombinations+1)
	}
	if a.Total > MaxCombinations {
		return a, c.tooMany("more than %d combinations, and that is the limit", MaxCombinations)
	}
	for i, k := range c.template.Constraints {
		count, err := c.grids[i].Failing()
		if err != nil {
			return a, c.placed(i, err)
		}
		if count > 0 {
			a.Excluded = append(a.Excluded, throughline.ExcludedCount{Rule: k.Name, Why: k.Why, Count: count})
		}
	}
	if a.Candidates, err = c.enumerate(); err != nil {
		return a, err
	}
	if len(a.Candidates) == 0 {
		return a, c.nothingLeft(a)
	}
	return a, nil
}

// combiner is one template being filled.
type combiner struct {
	Input
	template *throughline.Template
	slots    []throughline.SnapshotSlot
	choices  [][]*rule.Slot // by slot and choice, as constraints see them
	grids    []*rule.Grid   // by constraint
}

func prepare(in Input) (*combiner, error) {
	t, ok := in.Template.Spec.(*throughline.Template)
	if !ok || in.Brand == nil {
		return nil, throughline.Errorf(throughline.Internal, "assemble was not given a template and its brand").At(in.Template.Ref().String())
	}
	c := &combiner{Input: in, template: t}
	sorted := slices.Clone(in.Fragments)
	slices.SortFunc(sorted, func(a, b throughline.Resource) int { return cmp.Compare(a.Metadata.Name, b.Metadata.Name) })
	c.Fragments = sorted
	var problems throughline.Problems
	for i := range t.Slots {
		problems.Add(c.fill(&t.Slots[i]))
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return c, c.compile()
}

// fill finds the choices of one slot.
func (c *combiner) fill(s *throughline.Slot) error {
	slot := throughline.SnapshotSlot{Name: s.Name, Role: s.Role}
	var seen []*rule.Slot
	if !s.Required {
		slot.Choices = append(slot.Choices, throughline.Choice{})
		seen = append(seen, rule.NewSlot("", "", nil))
	}
	for _, r := range c.Fragments {
		f, ok := r.Spec.(*throughline.Fragment)
		if !ok || c.misfit(s, r, f) != "" {
			continue
		}
		choice := throughline.Choice{
			Fragment: r.Metadata.Name, Level: throughline.LevelOf(r.Metadata.Name, f), Digest: r.Digest(),
			Audience: f.Audience, Text: map[string]string{},
		}
		for _, locale := range c.Brand.Locales.All() {
			choice.Text[locale], _ = f.Text(c.Brand.Locales, locale)
		}
		slot.Choices = append(slot.Choices, choice)
		seen = append(seen, rule.NewSlot(r.Metadata.Name, f.Values[c.Brand.Locales.Default], r.Metadata.Labels))
	}
	c.slots, c.choices = append(c.slots, slot), append(c.choices, seen)
	if len(slot.Choices) == 0 {
		return throughline.Errorf(throughline.Invalid, "nothing fits the required slot %s on the channel %s", s.Name, c.Channel).
			At(c.Template.Ref().String()).WithFix("%s", c.wanted(s))
	}
	return nil
}

// wanted says what a fragment needs to fit a slot.
func (c *combiner) wanted(s *throughline.Slot) string {
	fix := fmt.Sprintf("declare a fragment with the role %s and a text in %s", s.Role, c.Brand.Locales.Default)
	if s.Fill != nil && len(s.Fill.Names) > 0 {
		fix += ", named " + strings.Join(s.Fill.Names, " or ")
	}
	if s.Fill != nil && len(s.Fill.Labels) > 0 {
		fix += ", with the labels " + labels(s.Fill.Labels)
	}
	return fix
}

func (c *combiner) compile() error {
	names := make([]string, len(c.slots))
	for i, s := range c.slots {
		names[i] = s.Name
	}
	env := rule.VariantEnv(names)
	variant := &rule.Variant{
		Names: names, Slots: make([]*rule.Slot, len(names)),
		Locale: c.Brand.Locales.Default, Channel: c.Channel, Template: c.Template.Metadata.Name, Tokens: c.Brand.Values(""),
	}
	for i, k := range c.template.Constraints {
		var when *rule.Program
		var err error
		if k.When != "" {
			if when, err = rule.Compile(env, k.When); err != nil {
				return c.placed(i, err)
			}
		}
		assert, err := rule.Compile(env, k.Assert)
		if err != nil {
			return c.placed(i, err)
		}
		c.grids = append(c.grids, rule.NewGrid(variant, c.choices, when, assert))
	}
	return nil
}

// placed adds the constraint to what the rule said.
func (c *combiner) placed(constraint int, err error) error {
	var found throughline.Problems
	found.Add(err)
	return found[0].At(fmt.Sprintf("%s constraint %s", c.Template.Ref(), c.template.Constraints[constraint].Name))
}

// enumerate lists, in lexical order, the fillings that break no constraint. A
// constraint is asked as soon as the last slot it reads is filled, so what it
// forbids is cut off whole.
func (c *combiner) enumerate() ([][]uint16, error) {
	due := make([][]int, max(1, len(c.slots))) // constraints by the slot that settles them
	for i, g := range c.grids {
		at := max(0, g.Last())
		due[at] = append(due[at], i)
	}
	var all [][]uint16
	filling := make([]uint16, len(c.slots))
	var descend func(slot int) error
	descend = func(slot int) error {
		if slot == len(c.slots) {
			if len(all) == throughline.MaxCandidates {
				return c.tooMany("more than %d variants that break no constraint, and that is the limit", throughline.MaxCandidates)
			}
			all = append(all, slices.Clone(filling))
			return nil
		}
		for choice := range c.slots[slot].Choices {
			filling[slot] = uint16(choice)
			ok, err := c.allowed(due[slot], filling)
			if err == nil && ok {
				err = descend(slot + 1)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	err := descend(0)
	return all, err
}

func (c *combiner) allowed(due []int, filling []uint16) (bool, error) {
	for _, i := range due {
		if ok, err := c.grids[i].Holds(filling); err != nil || !ok {
			if err != nil {
				err = c.placed(i, err)
			}
			return false, err
		}
	}
	return true, nil
}

func (c *combiner) tooMany(format string, args ...any) error {
	var sizes []string
	for _, s := range c.slots {
		sizes = append(sizes, fmt.Sprintf("%s %d", s.Name, len(s.Choices)))
	}
	return throughline.Errorf(throughline.TooLarge, "the template has on the channel %s %s: %s", c.Channel, fmt.Sprintf(format, args...), strings.Join(sizes, " x ")).
		At(c.Template.Ref().String()).WithFix("narrow a slot with fill.names or fill.labels, add a constraint, or split the template")
}

func (c *combiner) nothingLeft(a throughline.Assembly) error {
	worst := throughline.ExcludedCount{}
	for _, e := range a.Excluded {
		if e.Count > worst.Count {
			worst = e
		}
	}
	e := throughline.Errorf(throughline.Invalid, "every combination is excluded on the channel %s: of %d, the constraint %s alone excludes %d", c.Channel, a.Total, worst.Rule, worst.Count).
		At(c.Template.Ref().String()).WithFix("relax the constraint %s, or add fragments that satisfy it", worst.Rule)
	if worst.Count == 0 {
		e.WithFix("declare fragments for its slots")
	}
	return e
}

// labels writes labels as people read them: kind: action, tone: warm.
func labels(l map[string]string) string {
	var all []string
	for k, v := range l {
		all = append(all, k+": "+v)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
