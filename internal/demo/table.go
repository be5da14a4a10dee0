package demo

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/throughline-engine/throughline"
)

// String returns the truth as text for a terminal: for each placement the rate
// of an even mix, the best filling for each kind of visitor, and by what each
// level multiplies the odds of an outcome, next to its slot's average and before
// pairs and audiences change it.
func (t *Truth) String() string {
	var b strings.Builder
	b.WriteString("What the simulated recipients really like. The engine is never told.\n")
	for _, s := range t.sites {
		fmt.Fprintf(&b, "\n%s: %d fillings; an even mix does %s\n", s.name, len(s.candidates), percent(s.base))
		t.writeBest(&b, s)
		t.writeLevels(&b, s)
	}
	return b.String()
}

func (t *Truth) writeBest(b *strings.Builder, s *site) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	census := t.census[s.surface]
	for _, m := range slices.SortedFunc(maps.Keys(census), func(x, y mask) int {
		return cmp.Or(cmp.Compare(census[y], census[x]), cmp.Compare(x, y))
	}) {
		r := t.ratesOf(s, m)
		if r.bestOf < 0 {
			continue
		}
		levels := s.levels(s.candidates[r.bestOf])
		fmt.Fprintf(w, "  best for %s\t%s\t%s\n", t.describe(m), percent(r.best), strings.Trim(strings.ReplaceAll(key(levels), "|", "  "), " "))
	}
	w.Flush()
}

func (t *Truth) writeLevels(b *strings.Builder, s *site) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, sl := range s.slots {
		choices := slices.Clone(sl.choices)
		var mean float64
		for _, c := range choices {
			mean += t.main(s, sl.name, c.level) / float64(len(choices))
		}
		odds := func(c choice) float64 {
			return math.Exp(s.spread * (t.main(s, sl.name, c.level) - mean))
		}
		slices.SortFunc(choices, func(x, y choice) int { return cmp.Compare(odds(y), odds(x)) })
		fmt.Fprintf(w, "  %s", sl.name)
		for _, c := range choices {
			fmt.Fprintf(w, "\t%s ×%.2f", cmp.Or(c.level, "(empty)"), odds(c))
		}
		fmt.Fprintln(w)
	}
	w.Flush()
}

// describe names the audiences of a mask.
func (t *Truth) describe(m mask) string {
	var names []string
	for i, a := range t.audiences {
		if m.has(1 << i) {
			names = append(names, a.name)
		}
	}
	if len(names) == 0 {
		return "nobody in particular"
	}
	return strings.Join(names, " + ")
}

// main is how well everybody alike likes a level.
func (t *Truth) main(s *site, slot string, level throughline.Level) float64 {
	return mainSize * t.draw("main", s.name, slot, string(level)).NormFloat64()
}

func percent(rate float64) string { return fmt.Sprintf("%.1f %%", 100*rate) }
