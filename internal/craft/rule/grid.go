package rule

import "slices"

// Grid asks a rule over the fillings of slots with choices. It answers each
// combination of the slots the rule reads once and remembers it: a rule over two
// slots of a template with six costs as much as those two have combinations. It
// is not safe for concurrent use.
type Grid struct {
	variant *Variant
	choices [][]*Slot
	when    *Program // nil when the rule always applies
	assert  *Program
	reads   []int // positions of the slots read, ascending
	size    int   // combinations of those slots
	known   []int8
}

const (
	unknown int8 = iota
	holds
	fails
)

// remembered is the most answers a grid keeps; beyond it every question is
// asked anew.
const remembered = 1 << 22

// NewGrid prepares a rule over choices, one list for each of the variant's
// slots, none empty. With when, the rule holds wherever when is not true. The
// grid changes the variant's Slots while it asks.
func NewGrid(v *Variant, choices [][]*Slot, when, assert *Program) *Grid {
	g := &Grid{variant: v, choices: choices, when: when, assert: assert, size: 1}
	read := assert.vars
	if when != nil {
		read = append(slices.Clone(read), when.vars...)
	}
	for i, name := range v.Names {
		if slices.Contains(read, name) {
			g.reads = append(g.reads, i)
			g.size = min(g.size*len(choices[i]), remembered+1)
		}
	}
	if g.size <= remembered {
		g.known = make([]int8, g.size)
	}
	return g
}

// Size is how many combinations the slots that the rule reads have, counted to
// just above what a grid remembers.
func (g *Grid) Size() int { return g.size }

// Last returns the position of the last slot the rule reads, -1 when it reads
// none: from there on the answer cannot change.
func (g *Grid) Last() int {
	if len(g.reads) == 0 {
		return -1
	}
	return g.reads[len(g.reads)-1]
}

// Holds answers for a filling, given as positions in the choices. Only the
// positions up to Last are looked at.
func (g *Grid) Holds(filling []uint16) (bool, error) {
	at := 0
	for _, s := range g.reads {
		at = at*len(g.choices[s]) + int(filling[s])
	}
	if g.known != nil && g.known[at] != unknown {
		return g.known[at] == holds, nil
	}
	for _, s := range g.reads {
		g.variant.Slots[s] = g.choices[s][filling[s]]
	}
	ok, err := g.ask()
	if err != nil {
		return false, err
	}
	if g.known != nil {
		g.known[at] = fails
		if ok {
			g.known[at] = holds
		}
	}
	return ok, nil
}

func (g *Grid) ask() (bool, error) {
	if g.when != nil {
		if applies, err := g.when.Eval(g.variant); err != nil || !applies {
			return err == nil, err
		}
	}
	return g.assert.Eval(g.variant)
}

// Failing counts, of all fillings of all slots, those for which the rule fails.
func (g *Grid) Failing() (int, error) {
	others := 1
	for i := range g.choices {
		if !slices.Contains(g.reads, i) {
			others *= len(g.choices[i])
		}
	}
	failing := 0
	filling := make([]uint16, len(g.choices))
	for more := true; more; more = g.next(filling) {
		ok, err := g.Holds(filling)
		if err != nil {
			return 0, err
		}
		if !ok {
			failing += others
		}
	}
	return failing, nil
}

// next moves to the next combination of the slots read; false after the last.
func (g *Grid) next(filling []uint16) bool {
	for i := len(g.reads) - 1; i >= 0; i-- {
		s := g.reads[i]
		if filling[s]++; int(filling[s]) < len(g.choices[s]) {
			return true
		}
		filling[s] = 0
	}
	return false
}
