package demo

import (
	"maps"
	"math"
	"slices"
)

// scored are the likings of what people in some audiences may see, and how many
// people those are.
type scored struct {
	weight  float64
	likings []float64
}

// calibrate sets a placement's spread and intercept so that an even mix has the
// drawn base rate and the best filling the drawn multiple of it. Without it a
// seed could make a world where every card is alike, or one where a card sells
// to everybody.
func (t *Truth) calibrate(s *site) {
	rng := t.draw("placement", s.name)
	s.base = lowestBase + (highestBase-lowestBase)*rng.Float64()
	lift := lowestLift + (highestLift-lowestLift)*rng.Float64()
	groups := t.score(s)
	if len(groups) == 0 { // the census met nobody who may see anything
		s.spread, s.intercept = mainSize, math.Log(s.base/(1-s.base))
		return
	}
	low, high := 0.0, steepest
	for range bisections {
		s.spread = (low + high) / 2
		s.intercept = interceptFor(groups, s.spread, s.base)
		if bestRate(groups, s.spread, s.intercept) < lift*s.base {
			low = s.spread
		} else {
			high = s.spread
		}
	}
	if bestRate(groups, steepest, interceptFor(groups, steepest, s.base)) <= s.base*1.001 {
		s.spread, s.intercept = 0, interceptFor(groups, 0, s.base) // nothing to choose from
	}
}

// score likes every eligible candidate on behalf of everybody in the census.
func (t *Truth) score(s *site) []scored {
	var groups []scored
	var total float64
	census := t.census[s.surface]
	for _, m := range slices.Sorted(maps.Keys(census)) {
		weight, eligible := census[m], s.eligible(m)
		if len(eligible) == 0 {
			continue
		}
		g := scored{weight: weight}
		for _, c := range eligible {
			g.likings = append(g.likings, t.liking(s, s.levels(s.candidates[c]), m))
		}
		groups, total = append(groups, g), total+weight
	}
	for i := range groups {
		groups[i].weight /= total
	}
	return groups
}

// interceptFor bisects for the intercept at which an even mix has the rate base.
func interceptFor(groups []scored, spread, base float64) float64 {
	low, high := -60.0, 60.0
	for range bisections {
		mid := (low + high) / 2
		if evenRate(groups, spread, mid) < base {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}

func evenRate(groups []scored, spread, intercept float64) float64 {
	var rate float64
	for _, g := range groups {
		for _, liking := range g.likings {
			rate += g.weight * logistic(intercept+spread*liking) / float64(len(g.likings))
		}
	}
	return rate
}

func bestRate(groups []scored, spread, intercept float64) float64 {
	var rate float64
	for _, g := range groups {
		best := 0.0
		for _, liking := range g.likings {
			best = max(best, logistic(intercept+spread*liking))
		}
		rate += g.weight * best
	}
	return rate
}
