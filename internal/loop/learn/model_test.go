package learn_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/learn"
)

// grid is every combination of slots with that many levels.
func grid(levels ...int) throughline.Arms {
	a := throughline.Arms{Candidates: [][]uint16{nil}}
	for s, n := range levels {
		a.Slots = append(a.Slots, string(rune('a'+s)))
		var names []throughline.Level
		var longer [][]uint16
		for l := range n {
			names = append(names, throughline.Level(string(rune('a'+s))+strconv.Itoa(l)))
		}
		for _, head := range a.Candidates {
			for l := range n {
				longer = append(longer, append(slices.Clip(head), uint16(l)))
			}
		}
		a.Levels, a.Candidates = append(a.Levels, names), longer
	}
	return a
}

func fit(t testing.TB, arms throughline.Arms, counts []learn.Count) *learn.Posterior {
	t.Helper()
	p, err := learn.Fit(arms, counts, learn.DefaultPrior())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestFit compares with the maximum of the penalised likelihood as found by
// scipy 1.17 optimize.minimize (BFGS) for the same model with its variances held.
func TestFit(t *testing.T) {
	t.Parallel()
	held := learn.Prior{Main: 0.5, Pair: 0.25, Weight: 1e12, Sharpen: 1}
	counts := []learn.Count{{Trials: 1000, Successes: 20}, {Trials: 800, Successes: 30}, {Trials: 1200, Successes: 15}, {Trials: 500, Successes: 40}}
	p, err := learn.Fit(twoByTwo(), counts, held)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]float64{0.0182095359, 0.0401829581, 0.0157166308, 0.0713647752}, p.Mean(), cmpopts.EquateApprox(0, 1e-7)); d != "" {
		t.Error("(-scipy +got)", d)
	}
}

func TestFit_beliefs(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	t.Run("with much data the rates are those observed", func(t *testing.T) {
		counts := []learn.Count{{1e6, 20_000}, {1e6, 30_000}, {1e6, 25_000}, {1e6, 28_000}}
		for c, rate := range fit(t, twoByTwo(), counts).Mean() {
			if math.Abs(rate/counts[c].Rate()-1) > 0.005 {
				t.Errorf("candidate %d has rate %v, observed %v", c, rate, counts[c].Rate())
			}
		}
	})
	t.Run("with little data they are nearly alike", func(t *testing.T) {
		m := fit(t, twoByTwo(), []learn.Count{{100, 1}, {100, 4}, {100, 2}, {100, 2}}).Mean()
		if r := slices.Max(m) / slices.Min(m); r < 1.001 || r > 1.4 { // observed, a factor of four
			t.Errorf("best and worst differ by a factor of %v", r)
		}
	})
	t.Run("a combination never shown is judged by its levels", func(t *testing.T) {
		m := fit(t, twoByTwo(), []learn.Count{{20_000, 400}, {20_000, 600}, {20_000, 600}, {}}).Mean()
		if m[3] < 0.031 {
			t.Errorf("two levels that each gain have rate %v together", m[3])
		}
	})
	t.Run("what two levels do only together is found", func(t *testing.T) {
		m := fit(t, twoByTwo(), []learn.Count{{200_000, 4000}, {200_000, 4000}, {200_000, 4000}, {200_000, 6000}}).Mean()
		if math.Abs(m[3]-0.03) > 0.001 || math.Abs(m[0]-0.02) > 0.001 {
			t.Errorf("the rates are %v", m)
		}
	})
	t.Run("intervals of effects cover the truth about as often as they say", func(t *testing.T) {
		covered, n := 0, 0
		for range 150 {
			truth, counts := effectsWorld(rng)
			for i, e := range fit(t, grid(4, 3), counts).Effects(0.9) {
				n++
				if e.Interval.Contains(truth[i]) {
					covered++
				}
			}
		}
		if share := float64(covered) / float64(n); share < 0.86 || share > 0.95 {
			t.Errorf("%v of %d intervals cover the truth, want 0.9", share, n)
		}
	})
	t.Run("levels beyond the limit count as average", func(t *testing.T) {
		arms := grid(learn.MaxEffects + 30)
		counts := make([]learn.Count, len(arms.Candidates))
		for c := range counts {
			counts[c] = learn.Count{Trials: int64(1 + c), Successes: int64(c % 2)}
		}
		m := fit(t, arms, counts).Mean()
		if m[0] != m[30] || m[31] == m[32] {
			t.Errorf("the rates of the least shown are %v and %v, of others %v and %v", m[0], m[30], m[31], m[32])
		}
	})
}

// effectsWorld draws a world of two slots from the prior's own scale, and counts
// in it; truth is by level, as a difference from its slot's mean.
func effectsWorld(rng *rand.Rand) (truth []float64, counts []learn.Count) {
	effect := func(n int) []float64 {
		e, mean := make([]float64, n), 0.0
		for i := range e {
			e[i] = 0.2 * rng.NormFloat64()
			mean += e[i] / float64(n)
		}
		for i := range e {
			e[i] -= mean
		}
		return e
	}
	a, b := effect(4), effect(3)
	for i := range a {
		for j := range b {
			rate := 1 / (1 + math.Exp(3.5-a[i]-b[j]))
			n := learn.Count{Trials: 2000}
			for range n.Trials {
				if rng.Float64() < rate {
					n.Successes++
				}
			}
			counts = append(counts, n)
		}
	}
	return append(a, b...), counts
}

func TestFit_refuses(t *testing.T) {
	t.Parallel()
	for sentence, counts := range map[string][]learn.Count{
		"too few counts":                    {{1, 0}},
		"more successes than trials":        {{1, 2}, {}, {}, {}},
		"fewer than no trials":              {{-1, -1}, {}, {}, {}},
		"fewer than no successes":           {{1, -1}, {}, {}, {}},
		"no candidates and no counts, both": nil,
	} {
		t.Run(sentence, func(t *testing.T) {
			arms := twoByTwo()
			if counts == nil {
				arms.Candidates = nil
			}
			if _, err := learn.Fit(arms, counts, learn.DefaultPrior()); throughline.CodeOf(err) != throughline.Invalid {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestFit_extremes(t *testing.T) {
	t.Parallel()
	for sentence, counts := range map[string][]learn.Count{
		"no successes at all":      {{1e9, 0}, {1e9, 0}, {10, 0}, {}},
		"nothing but successes":    {{1e9, 1e9}, {5, 5}, {1, 1}, {}},
		"opposites":                {{1e9, 0}, {1e9, 1e9}, {1, 0}, {1, 1}},
		"one success in a billion": {{1e9, 1}, {1e9, 0}, {1e9, 0}, {1e9, 0}},
	} {
		t.Run(sentence+" give numbers", func(t *testing.T) {
			p := fit(t, twoByTwo(), counts)
			for c, m := range p.Mean() {
				if !(m >= 0 && m <= 1) {
					t.Errorf("candidate %d has rate %v", c, m)
				}
			}
			if r := p.Rank(1, 0, 0); r.Draws() != learn.DefaultDraws {
				t.Errorf("%d draws", r.Draws())
			}
		})
	}
}

func TestRank(t *testing.T) {
	t.Parallel()
	arms := grid(4, 4, 3, 3)
	counts := worldCounts(arms, 20_000)
	p := fit(t, arms, counts)
	r := p.Rank(7, 0, 0)
	t.Run("256 draws list sixteen different candidates each", func(t *testing.T) {
		if r.Draws() != 256 || r.Depth != 16 {
			t.Fatalf("%d draws of %d", r.Draws(), r.Depth)
		}
		for d := range r.Draws() {
			seen := map[int]bool{}
			for k := range r.Depth {
				seen[r.At(d, k)] = true
			}
			if len(seen) != 16 {
				t.Fatalf("draw %d lists %d candidates", d, len(seen))
			}
		}
	})
	t.Run("the same input and seed give the same bytes, another seed others", func(t *testing.T) {
		if again := fit(t, arms, counts).Rank(7, 0, 0); !bytes.Equal(again.Order, r.Order) {
			t.Error("a second fit ranks otherwise")
		}
		if bytes.Equal(p.Rank(8, 0, 0).Order, r.Order) {
			t.Error("another seed ranks the same")
		}
	})
	t.Run("without trials there is no opinion", func(t *testing.T) {
		if n := fit(t, arms, make([]learn.Count, 144)).Rank(7, 0, 0).Draws(); n != 0 {
			t.Errorf("there are %d draws", n)
		}
	})
	t.Run("a winner beyond doubt is first in every draw", func(t *testing.T) {
		r := fit(t, twoByTwo(), []learn.Count{{1e6, 10_000}, {1e6, 10_000}, {1e6, 10_000}, {1e6, 12_000}}).Rank(1, 64, 2)
		for d := range r.Draws() {
			if r.At(d, 0) != 3 {
				t.Fatalf("draw %d prefers %d", d, r.At(d, 0))
			}
		}
	})
	t.Run("draws are as often right as beliefs are wide", func(t *testing.T) {
		// Two candidates, a difference of one standard deviation: unsharpened,
		// the better is first in Phi(1) = 84 % of draws.
		prior := learn.Prior{Main: 100, Pair: 100, Weight: 1e12, Sharpen: 1}
		p, err := learn.Fit(grid(2), []learn.Count{{10_000, 5000}, {10_000, 5071}}, prior)
		if err != nil {
			t.Fatal(err)
		}
		r, better := p.Rank(1, 20_000, 1), 0
		for d := range r.Draws() {
			better += r.At(d, 0)
		}
		if share := float64(better) / 20_000; math.Abs(share-0.842) > 0.01 {
			t.Errorf("the better is first in %v of draws, want 0.842", share)
		}
	})
}

// worldCounts are counts in a world of main effects, the same every time.
func worldCounts(arms throughline.Arms, impressions int64) []learn.Count {
	rng := rand.New(rand.NewPCG(4, 4))
	effects := map[[2]int]float64{}
	counts := make([]learn.Count, len(arms.Candidates))
	for c, levels := range arms.Candidates {
		logit := -3.9
		for s, l := range levels {
			k := [2]int{s, int(l)}
			if _, known := effects[k]; !known {
				effects[k] = 0.25 * rng.NormFloat64()
			}
			logit += effects[k]
		}
		counts[c].Trials = impressions / int64(len(counts))
		for range counts[c].Trials {
			if rng.Float64() < 1/(1+math.Exp(-logit)) {
				counts[c].Successes++
			}
		}
	}
	return counts
}

// BenchmarkFitAndRank is what one placement costs at every epoch.
func BenchmarkFitAndRank(b *testing.B) {
	for _, c := range []struct {
		name  string
		shape []int
	}{{"144_in_4x4x3x3", []int{4, 4, 3, 3}}, {"6_in_one_slot", []int{6}}, {"1000_in_10x10x10", []int{10, 10, 10}}} {
		b.Run(c.name, func(b *testing.B) {
			arms := grid(c.shape...)
			counts := worldCounts(arms, 50_000)
			b.ReportAllocs()
			for b.Loop() {
				fit(b, arms, counts).Rank(1, 0, 0)
			}
		})
	}
}
