package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestBootstrapIsItsOwnDistribution holds it against every resample that there is:
// four clusters can be drawn in 256 ways.
func TestBootstrapIsItsOwnDistribution(t *testing.T) {
	seen, reused := []float64{100, 400, 50, 900}, []float64{20, 300, 40, 100}
	ratio := func(drawn []int) (float64, bool) {
		var a, b float64
		for _, c := range drawn {
			a, b = a+reused[c], b+seen[c]
		}
		return a / b, true
	}
	var all []float64
	for n := range 256 {
		v, _ := ratio([]int{n & 3, n >> 2 & 3, n >> 4 & 3, n >> 6 & 3})
		all = append(all, v)
	}
	slices.Sort(all)
	got, ok := Bootstrap(4, 200_000, 1, 0.9, ratio)
	low, high := all[12], all[243] // a step of the distribution stands where a twentieth is cut off
	if !ok || math.Abs(got.Low-low) > 1e-3 || math.Abs(got.High-high) > 1e-3 {
		t.Errorf("got %v, want [%v, %v]", got, low, high)
	}
	again, _ := Bootstrap(4, 200, 1, 0.9, ratio)
	if same, _ := Bootstrap(4, 200, 1, 0.9, ratio); same != again {
		t.Error("the same seed draws otherwise")
	}
	if _, ok := Bootstrap(4, 200, 1, 0.9, func(drawn []int) (float64, bool) { return 0, drawn[0] == 0 }); ok {
		t.Error("a statistic that can seldom be told has an interval")
	}
}

// TestLeavingOutTheUnfinishedMakesThemLookFast is the case of a team that begins
// pieces over four weeks, each of which takes 10 days in the middle: whoever counts
// those that are done says less than seven.
func TestLeavingOutTheUnfinishedMakesThemLookFast(t *testing.T) {
	const weeks, pieces = 28, 20_000
	rng := rand.New(rand.NewPCG(1, 28))
	var of []Duration
	var done []float64
	for range pieces {
		began, takes := weeks*rng.Float64(), 10*math.Exp(0.9*rng.NormFloat64())
		if began+takes <= weeks {
			of, done = append(of, Duration{takes, 1}), append(done, takes)
		} else {
			of = append(of, Duration{weeks - began, 0})
		}
	}
	slices.Sort(done)
	completed := done[len(done)/2]
	all, in, ok := Survival(of, 0.95).TimeUntil(0.5)
	t.Logf("the done alone say %.1f days, all say %.1f %v", completed, all, in)
	if !ok || math.Abs(completed-6.7) > 0.25 || math.Abs(all-10) > 0.25 || !in.Contains(10) {
		t.Errorf("the done alone say %.2f, all say %.2f %v", completed, all, in)
	}
}
