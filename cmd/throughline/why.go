package main

import (
	"maps"
	"slices"
	"strconv"

	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// shownOptions is how many alternatives an explanation lists.
const shownOptions = 8

func (s *shell) printWhy(e live.Explanation) {
	s.printf("%s\n", e.Reason)
	for _, slot := range slices.Sorted(maps.Keys(e.Levels)) {
		s.printf("  %-12s %-32s %s\n", slot, e.Levels[slot], e.Values[slot])
	}
	for _, a := range e.Audiences {
		says := "matches"
		if !a.Matches {
			says = "does not match"
		}
		s.printf("  Audience/%s %s: %s\n", a.Name, says, a.Rule)
		for _, why := range a.Why {
			s.printf("    %s\n", why)
		}
	}
	options := slices.Clone(e.Options)
	slices.SortStableFunc(options, func(a, b live.Option) int {
		switch {
		case a.Propensity > b.Propensity:
			return -1
		case a.Propensity < b.Propensity:
			return 1
		}
		return 0
	})
	s.printf("%s eligible", operate.Plural(len(options), "variant was", "variants were"))
	if len(options) > shownOptions {
		s.printf(", the likeliest %d of them", shownOptions)
	}
	s.printf(":\n")
	for _, o := range options[:min(shownOptions, len(options))] {
		mark := " "
		if o.Chosen {
			mark = "*"
		}
		s.printf("%s %6.2f %%  %s", mark, 100*o.Propensity, o.Variant)
		for _, slot := range slices.Sorted(maps.Keys(o.Levels)) {
			s.printf("  %s", o.Levels[slot])
		}
		s.printf("\n")
	}
	reasons := map[string]int{}
	for _, x := range e.Excluded {
		reasons[x.Reason]++
	}
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		s.printf("%s not eligible: %s\n", operate.Plural(reasons[reason], "variant was", "variants were"), reason)
	}
}

// plainValue reads what somebody typed as the JSON value it looks like.
func plainValue(text string) any {
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		return n
	}
	if b, err := strconv.ParseBool(text); err == nil {
		return b
	}
	return text
}
