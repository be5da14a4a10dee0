package learn

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"github.com/throughline-engine/throughline"
)

// Choice is a placement's policy and what it needs to know to choose.
type Choice struct {
	// Policy is the placement's, with its defaults filled in.
	Policy throughline.Policy
	Arms   throughline.Arms
	// Fixed is the candidate that the policy fixed serves, or -1.
	Fixed int
	// Counts has one entry for each candidate.
	Counts []Count
	// Prior is what the policy learned expects; zero means DefaultPrior.
	Prior Prior
	// Seed is the chance in it.
	Seed uint64
}

// Rankings returns what the policy has to say now:
//
//   - learned: draws from the belief, or none before the first trial;
//   - uniform: no draws, which serves every eligible candidate alike;
//   - explore-then-commit: no draws until Policy.Explore trials are in, then one
//     that ranks candidates by their rate so far, those never tried last;
//   - fixed: one draw with the fixed candidate alone.
//
// An unknown policy, counts that do not fit or a fixed candidate that does not
// exist are an error with the code Invalid.
func Rankings(c Choice) (throughline.Rankings, error) {
	switch c.Policy.Kind {
	case throughline.Learned:
		if len(c.Arms.Candidates) == 1 {
			return throughline.Rankings{}, nil // nothing to learn
		}
		prior := c.Prior
		if prior == (Prior{}) {
			prior = DefaultPrior()
		}
		belief, err := Fit(c.Arms, c.Counts, prior)
		if err != nil {
			return throughline.Rankings{}, err
		}
		return belief.Rank(c.Seed, 0, 0), nil
	case throughline.Uniform:
		return throughline.Rankings{}, nil
	case throughline.ExploreThenCommit:
		return commit(c), nil
	case throughline.Fixed:
		if c.Fixed < 0 || c.Fixed >= len(c.Arms.Candidates) {
			return throughline.Rankings{}, throughline.Errorf(throughline.Invalid, "the fixed candidate %d is none of %d", c.Fixed, len(c.Arms.Candidates))
		}
		return throughline.NewRankings([][]uint16{{uint16(c.Fixed)}}), nil
	}
	return throughline.Rankings{}, throughline.Errorf(throughline.Invalid, "there is no policy %q", c.Policy.Kind).
		WithFix("use learned, uniform, explore-then-commit or fixed")
}

// commit ranks by rate once enough was explored. Equal rates are ordered by
// chance, so that with no success yet nobody is favoured for its place in a list.
func commit(c Choice) throughline.Rankings {
	var trials int64
	for _, n := range c.Counts {
		trials += n.Trials
	}
	if trials < int64(c.Policy.Explore) || trials == 0 {
		return throughline.Rankings{}
	}
	rng := rand.New(rand.NewPCG(c.Seed, 0x636f6d6d6974)) // "commit"
	order := make([]uint16, len(c.Counts))
	for place, candidate := range rng.Perm(len(order)) {
		order[place] = uint16(candidate)
	}
	rate := func(i uint16) float64 {
		if c.Counts[i].Trials == 0 {
			return -1
		}
		return c.Counts[i].Rate()
	}
	slices.SortStableFunc(order, func(a, b uint16) int { return cmp.Compare(rate(b), rate(a)) })
	return throughline.NewRankings([][]uint16{order[:min(DefaultDepth, len(order))]})
}
