// Package evaluate measures policies where the truth is known: by replaying
// tests whose rates were measured, and in simulated worlds. What is measured is
// what serves: the counts go through loop/learn to rankings and through
// loop/decide to the integer weights by which a live placement would choose.
package evaluate

import (
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/decide"
	"github.com/throughline-engine/throughline/internal/loop/learn"
)

// world is one placement whose true rates are known.
type world struct {
	arms  throughline.Arms
	rates []float64
	// horizon is how many impressions there will be, in equal batches.
	horizon int64
	batches int
}

// ranker is a policy: what it makes of the counts so far.
type ranker func(counts []learn.Count, seed uint64) (throughline.Rankings, error)

// run serves the whole horizon by one policy and tells each batch what it led
// to; the slice is the callee's until it returns. The policy sees a batch when
// it is over, as outcomes of an epoch are seen by the next.
func (w *world) run(rank ranker, floor float64, rng *rand.Rand, batch func(b int, counts []learn.Count) error) error {
	total := make([]learn.Count, len(w.rates))
	now := make([]learn.Count, len(w.rates))
	eligible := make([]uint16, len(w.rates))
	for c := range eligible {
		eligible[c] = uint16(c)
	}
	for b := range w.batches {
		rankings, err := rank(total, rng.Uint64())
		if err != nil {
			return err
		}
		weights := decide.Distribution(rankings, eligible, floor)
		w.serve(weights, w.size(b), rng, now)
		for c, n := range now {
			total[c].Trials += n.Trials
			total[c].Successes += n.Successes
		}
		if err := batch(b, now); err != nil {
			return err
		}
	}
	return nil
}

// size returns how many impressions batch b has.
func (w *world) size(b int) int64 {
	n := int64(w.batches)
	return w.horizon*int64(b+1)/n - w.horizon*int64(b)/n
}

// serve spreads impressions by the weights and lets chance decide the outcomes.
// Given how many are left, each candidate's share of impressions is binomial.
func (w *world) serve(weights []uint32, impressions int64, rng *rand.Rand, counts []learn.Count) {
	left, weightLeft := impressions, uint64(throughline.WeightOne)
	for c, weight := range weights {
		n := left
		if uint64(weight) < weightLeft {
			n = binomial(rng, left, float64(weight)/float64(weightLeft))
		}
		counts[c] = learn.Count{Trials: n, Successes: binomial(rng, n, w.rates[c])}
		left -= n
		weightLeft -= uint64(weight)
	}
}

func binomial(rng *rand.Rand, n int64, p float64) int64 {
	switch {
	case n == 0 || p <= 0:
		return 0
	case p >= 1:
		return n
	}
	return int64(distuv.Binomial{N: float64(n), P: p, Src: rng}.Rand())
}

// policy returns the ranker of one of the engine's own policies.
func policy(p throughline.Policy, arms throughline.Arms) ranker {
	return func(counts []learn.Count, seed uint64) (throughline.Rankings, error) {
		return learn.Rankings(learn.Choice{Policy: p, Arms: arms, Fixed: -1, Counts: counts, Seed: seed})
	}
}
