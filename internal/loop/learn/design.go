package learn

import (
	"cmp"
	"slices"

	"github.com/throughline-engine/throughline"
)

// MaxEffects is how many effects one model keeps. Beyond it pairs of slots are
// left out, those with most combinations first, and then the levels with fewest
// trials, which count as average until they have more.
const MaxEffects = 768

// design says which effects act on which candidate. Effect 0 is the intercept
// and acts on all.
type design struct {
	arms    throughline.Arms
	effects int
	groups  []group
	// rows are, for each candidate, the effects that act on it, ascending.
	rows [][]uint16
	// main[slot][level] is the effect of a level, 0 where it has none.
	main [][]uint16
}

// group is a run of effects that share a prior variance: those of one slot, or
// those of all combinations of two slots.
type group struct {
	from, to int
	pair     bool
	// slots are one or, in a pair, two.
	slots [2]int
	// levels are, for each effect of a pair, the two levels.
	levels [][2]uint16
}

func newDesign(arms throughline.Arms, counts []Count) *design {
	d := &design{arms: arms, effects: 1, rows: make([][]uint16, len(arms.Candidates))}
	for c := range d.rows {
		d.rows[c] = append(make([]uint16, 0, 1+len(arms.Slots)), 0)
	}
	d.addMains(counts)
	for _, p := range d.pairs() {
		if d.effects+len(p.levels) > MaxEffects {
			break
		}
		d.addPair(p)
	}
	return d
}

// addMains gives an effect to each level of every slot where candidates differ.
func (d *design) addMains(counts []Count) {
	kept := d.keptLevels(counts)
	d.main = make([][]uint16, len(d.arms.Slots))
	for s := range d.arms.Slots {
		d.main[s] = make([]uint16, len(d.arms.Levels[s]))
		g := group{from: d.effects, slots: [2]int{s, s}}
		for l, keep := range kept[s] {
			if keep {
				d.main[s][l] = uint16(d.effects)
				d.effects++
			}
		}
		g.to = d.effects
		if g.to == g.from {
			continue
		}
		d.groups = append(d.groups, g)
		for c, levels := range d.arms.Candidates {
			if e := d.main[s][levels[s]]; e > 0 {
				d.rows[c] = append(d.rows[c], e)
			}
		}
	}
}

// keptLevels says which levels have an effect: those that are in some but not
// in all candidates and, where that is more than fit, have most trials.
func (d *design) keptLevels(counts []Count) [][]bool {
	type use struct {
		slot, level, candidates int
		trials                  int64
	}
	var uses []use
	kept := make([][]bool, len(d.arms.Slots))
	for s, levels := range d.arms.Levels {
		kept[s] = make([]bool, len(levels))
		of := make([]use, len(levels))
		for c, chosen := range d.arms.Candidates {
			u := &of[chosen[s]]
			u.candidates++
			u.trials += counts[c].Trials
		}
		for l, u := range of {
			if u.candidates > 0 && u.candidates < len(d.arms.Candidates) {
				uses = append(uses, use{s, l, u.candidates, u.trials})
			}
		}
	}
	if len(uses) > MaxEffects-1 {
		slices.SortStableFunc(uses, func(a, b use) int { return cmp.Compare(b.trials, a.trials) })
		uses = uses[:MaxEffects-1]
	}
	for _, u := range uses {
		kept[u.slot][u.level] = true
	}
	return kept
}

// pairs returns the pairs of slots whose combinations can be told from their
// levels, the smallest first.
func (d *design) pairs() []group {
	var found []group
	for s := range d.arms.Slots {
		for t := s + 1; t < len(d.arms.Slots); t++ {
			if levels := d.combinations(s, t); len(levels) > 0 {
				found = append(found, group{pair: true, slots: [2]int{s, t}, levels: levels})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b group) int { return cmp.Compare(len(a.levels), len(b.levels)) })
	return found
}

// combinations returns the combinations of two slots' levels that candidates
// have, ascending, or nil if effects of the levels alone explain any rates.
//
// Think of levels as points and of combinations as lines between them: effects
// of the levels fit one rate for each line of a forest, and a forest over p
// points in k parts has p-k lines. Every line more can show an interaction.
func (d *design) combinations(s, t int) [][2]uint16 {
	seen := map[[2]uint16]bool{}
	for _, levels := range d.arms.Candidates {
		seen[[2]uint16{levels[s], levels[t]}] = true
	}
	all := make([][2]uint16, 0, len(seen))
	for c := range seen {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b [2]uint16) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	offset := len(d.arms.Levels[s])
	parent := make([]int, offset+len(d.arms.Levels[t]))
	for i := range parent {
		parent[i] = i
	}
	root := func(i int) int {
		for parent[i] != i {
			i = parent[i]
		}
		return i
	}
	forest := 0
	for _, c := range all {
		if a, b := root(int(c[0])), root(offset+int(c[1])); a != b {
			parent[a] = b
			forest++
		}
	}
	if len(all) == forest {
		return nil
	}
	return all
}

func (d *design) addPair(g group) {
	index := make(map[[2]uint16]uint16, len(g.levels))
	g.from = d.effects
	for _, levels := range g.levels {
		index[levels] = uint16(d.effects)
		d.effects++
	}
	g.to = d.effects
	d.groups = append(d.groups, g)
	for c, levels := range d.arms.Candidates {
		d.rows[c] = append(d.rows[c], index[[2]uint16{levels[g.slots[0]], levels[g.slots[1]]}])
	}
}

// logit returns the log odds of candidate c under the given effects.
func (d *design) logit(c int, effects []float64) float64 {
	sum := 0.0
	for _, e := range d.rows[c] {
		sum += effects[e]
	}
	return sum
}
