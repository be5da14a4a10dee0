// Package assemble fills templates: it finds what fits each slot, enumerates the
// combinations, leaves out those that a constraint forbids, and can say why. It
// does not judge texts, which is for check, and it renders nothing.
package assemble

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/rule"
)

// MaxCombinations is how many fillings of one template on one channel there may
// be before constraints; after them, [throughline.MaxCandidates] may be left.
const MaxCombinations = 2_000_000

// MaxAsked is how often constraints may be asked in all: a constraint is asked
// once for each combination of the slots it reads. At a microsecond or two each,
// it keeps a proof below a minute.
const MaxAsked = 20_000_000

// Input is one template on one channel, and what may fill it.
type Input struct {
	// Template is a resource of the kind Template; Brand its brand.
	Template throughline.Resource
	Brand    *throughline.Brand
	// Channel is the channel's name.
	Channel string
	// Pieces are the fragments and assets there are, and the claims, disclosures
	// and vocabularies they lean on, in any order; other kinds are passed over.
	Pieces []throughline.Resource
	// Address is where recipients reach the engine; empty leaves the addresses of
	// pictures paths.
	Address string
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
	a := throughline.Assembly{Template: in.Template.Metadata.Name, Channel: in.Channel, Slots: c.slots}
	var said int
	a.Total, said = c.combinations()
	if a.Total > MaxCombinations {
		return a, c.tooMany("more than %d combinations, and that is the limit", MaxCombinations)
	}
	if c.asked() > MaxAsked {
		return a, c.askedTooMuch()
	}
	for i, k := range c.template.Constraints {
		count, err := c.grids[i].Failing()
		if err != nil {
			return a, c.placed(i, err)
		}
		if count /= said; count > 0 {
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

// Effort says how many combinations there are, before constraints, and how often
// constraints are asked until it is known which are allowed. Both stop just above
// what [Combine] takes.
func Effort(in Input) (combinations, asked int, err error) {
	c, err := prepare(in)
	if err != nil {
		return 0, 0, err
	}
	combinations, _ = c.combinations()
	return combinations, c.asked(), nil
}

// combinations counts the fillings, and in how many ways disclosures are said in
// them, which the rest decides.
func (c *combiner) combinations() (total, said int) {
	total, said = 1, 1
	for i, s := range c.slots {
		if c.template.Slots[i].Type == throughline.DisclosureText {
			said *= len(s.Choices)
			continue
		}
		total = min(total*len(s.Choices), MaxCombinations+1)
	}
	return total, said
}

// asked is how often constraints are asked, each about what it reads.
func (c *combiner) asked() (n int) {
	for _, g := range c.grids {
		n = min(n+g.Size(), MaxAsked+1)
	}
	return n
}

// combiner is one template being filled.
type combiner struct {
	Input
	template *throughline.Template
	sorted   []throughline.Resource          // what may fill slots, by name
	pieces   map[string]throughline.Resource // the same by name

	claims       map[string]*throughline.Claim
	disclosures  map[string]throughline.Resource
	vocabularies map[string]*throughline.Vocabulary

	slots   []throughline.SnapshotSlot
	choices [][]*rule.Slot // by slot and choice, as constraints see them
	grids   []*rule.Grid   // by constraint
	matches []match        // disclosures that depend on the rest
}

func newCombiner(in Input) (*combiner, error) {
	t, ok := in.Template.Spec.(*throughline.Template)
	if !ok || in.Brand == nil {
		return nil, throughline.Errorf(throughline.Internal, "assemble was not given a template and its brand").At(in.Template.Ref().String())
	}
	c := &combiner{
		Input: in, template: t, pieces: make(map[string]throughline.Resource, len(in.Pieces)),
		claims: map[string]*throughline.Claim{}, disclosures: map[string]throughline.Resource{}, vocabularies: map[string]*throughline.Vocabulary{},
	}
	for _, r := range in.Pieces {
		switch spec := r.Spec.(type) {
		case *throughline.Fragment, *throughline.Asset:
			c.sorted, c.pieces[r.Metadata.Name] = append(c.sorted, r), r
		case *throughline.Claim:
			c.claims[r.Metadata.Name] = spec
		case *throughline.Disclosure:
			c.disclosures[r.Metadata.Name] = r
		case *throughline.Vocabulary:
			c.vocabularies[r.Metadata.Name] = spec
		}
	}
	slices.SortFunc(c.sorted, func(a, b throughline.Resource) int { return cmp.Compare(a.Metadata.Name, b.Metadata.Name) })
	return c, nil
}

func prepare(in Input) (*combiner, error) {
	c, err := newCombiner(in)
	if err != nil {
		return nil, err
	}
	var problems throughline.Problems
	for i := range c.template.Slots {
		problems.Add(c.fill(i))
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return c, c.compile()
}

// slotFill is a slot being filled, as snapshots and as rules see it.
type slotFill struct {
	throughline.SnapshotSlot
	seen []*rule.Slot
}

func (s *slotFill) add(choice throughline.Choice, seen *rule.Slot) {
	s.Choices, s.seen = append(s.Choices, choice), append(s.seen, seen)
}

// fill finds the choices of one slot.
func (c *combiner) fill(slot int) error {
	s := &c.template.Slots[slot]
	out := slotFill{SnapshotSlot: throughline.SnapshotSlot{Name: s.Name, Role: s.Role}}
	var err error
	if s.Type == throughline.DisclosureText {
		err = c.disclose(slot, s, &out)
	} else {
		if !s.Required {
			out.add(throughline.Choice{}, rule.NewSlot("", "", nil))
		}
		for _, r := range c.sorted {
			if p, _ := throughline.PieceOf(r); err == nil && c.misfit(s, r, p) == "" {
				err = c.add(&out, r, p)
			}
		}
	}
	c.slots, c.choices = append(c.slots, out.SnapshotSlot), append(c.choices, out.seen)
	if err == nil && len(out.Choices) == 0 {
		return throughline.Errorf(throughline.Invalid, "nothing fits the required slot %s on the channel %s", s.Name, c.Channel).
			At(c.Template.Ref().String()).WithFix("%s", c.wanted(s))
	}
	if err == nil && len(out.Choices) > math.MaxUint16 { // a filling counts so far
		return throughline.Errorf(throughline.TooLarge, "%d pieces fill the slot %s on the channel %s, at most %d may", len(out.Choices), s.Name, c.Channel, math.MaxUint16).
			At(c.Template.Ref().String()).WithFix("narrow the slot with fill.names or fill.labels")
	}
	return err
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
	for i := range c.matches {
		m, d := &c.matches[i], c.matches[i].of.Spec.(*throughline.Disclosure)
		if d.Synthetic {
			m.synthetic = c.synthetic()
		}
		if d.When == "" {
			continue
		}
		when, err := rule.Compile(env, d.When)
		if err != nil {
			return m.placed(err)
		}
		m.grid = rule.NewGrid(variant, c.choices, nil, when)
	}
	return nil
}

// synthetic tells which choices a trained model made, by slot and choice.
func (c *combiner) synthetic() [][]bool {
	all := make([][]bool, len(c.slots))
	for s := range c.slots {
		for _, choice := range c.slots[s].Choices {
			p, _ := throughline.PieceOf(c.pieces[choice.Piece])
			all[s] = append(all[s], p.Made.Synthetic())
		}
	}
	return all
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
	due := make([]settled, max(1, len(c.slots)))
	for i, g := range c.grids {
		at := max(0, g.Last())
		due[at].constraints = append(due[at].constraints, i)
	}
	for _, m := range c.matches {
		due[m.last()].matches = append(due[m.last()].matches, m)
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

// settled is what can be asked once a slot is filled.
type settled struct {
	constraints []int
	matches     []match
}

func (c *combiner) allowed(due settled, filling []uint16) (bool, error) {
	for _, i := range due.constraints {
		if ok, err := c.grids[i].Holds(filling); err != nil || !ok {
			if err != nil {
				err = c.placed(i, err)
			}
			return false, err
		}
	}
	for _, m := range due.matches {
		if ok, err := m.fits(filling); err != nil || !ok {
			if err != nil {
				err = m.placed(err)
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

func (c *combiner) askedTooMuch() error {
	worst := 0
	for i, g := range c.grids {
		if g.Size() > c.grids[worst].Size() {
			worst = i
		}
	}
	return throughline.Errorf(throughline.TooLarge, "the constraints are asked more than %d times on the channel %s, and that is the limit; %s alone %d times",
		MaxAsked, c.Channel, c.template.Constraints[worst].Name, c.grids[worst].Size()).
		At(c.Template.Ref().String()).WithFix("let constraints read fewer slots, or narrow a slot with fill.names or fill.labels")
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
