package decide

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
)

const one = throughline.WeightOne

func TestDistribution(t *testing.T) {
	t.Parallel()
	three := []uint16{0, 1, 2}
	draws := func(d ...[]uint16) throughline.Rankings { return throughline.NewRankings(d) }
	for _, c := range []struct {
		sentence string
		rankings throughline.Rankings
		eligible []uint16
		floor    float64
		want     []uint32
	}{
		{"nothing eligible has no weights", draws([]uint16{0}), nil, 0, nil},
		{"the only candidate gets everything", draws([]uint16{4}), []uint16{2}, 0.02, []uint32{one}},
		{"no draws are uniform to the last part", throughline.Rankings{}, three, 0, []uint32{one/3 + 1, one / 3, one / 3}},
		{"one draw without a floor is always that one", draws([]uint16{1, 0, 2}), three, 0, []uint32{0, one, 0}},
		{"a draw passes over what is not eligible", draws([]uint16{1, 0, 2}), []uint16{0, 2}, 0, []uint32{one, 0}},
		{"draws vote in equal parts", draws([]uint16{0}, []uint16{1}, []uint16{1}, []uint16{1}), []uint16{0, 1}, 0, []uint32{one / 4, 3 * one / 4}},
		{"a draw that lists none spreads evenly", draws([]uint16{9}, []uint16{1}), []uint16{1, 2}, 0, []uint32{3 * one / 4, one / 4}},
		{"a floor of a half halves what draws decide", draws([]uint16{2}), []uint16{1, 2}, 0.5, []uint32{one / 4, 3 * one / 4}},
		{"a floor of one silences the draws", draws([]uint16{2}), []uint16{1, 2}, 1, []uint32{one / 2, one / 2}},
		{"weights follow the order of eligible", draws([]uint16{2}), []uint16{7, 2, 0}, 0, []uint32{0, one, 0}},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, Distribution(c.rankings, c.eligible, c.floor)); diff != "" {
				t.Error("(-want +got)", diff)
			}
		})
	}
}

// TestSharesAgree checks weights against counting each candidate alone and
// against counting votes with fractions.
func TestSharesAgree(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		r, eligible, candidates, floor := randomCase(rng)
		set := newCandidateSet(eligible, candidates)
		s := newShares(r, floorParts(floor))
		m := s.over(set)

		var sum uint64
		for i, w := range m.weights {
			sum += uint64(w)
			if got := weightAlone(s, i, set); got != w {
				t.Fatalf("weight of rank %d is %d counted alone and %d in the distribution", i, got, w)
			}
		}
		if sum != one {
			t.Fatalf("weights sum to %d, want %d", sum, one)
		}
		for i, want := range votesByFractions(r, eligible, floor) {
			got := float64(m.weights[i]) / one
			if d := got - want; d > 2e-5 || d < -2e-5 {
				t.Fatalf("rank %d has propensity %v, votes give %v", i, got, want)
			}
		}
		if floor >= 0.001 && slices.Min(m.weights) == 0 {
			t.Fatal("a candidate has no chance although there is a floor")
		}
	}
}

// TestEveryPositionIsCounted walks all positions of some layouts: the share of
// positions that serve a candidate is its weight, not nearly but exactly.
func TestEveryPositionIsCounted(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for range 3 {
		r, eligible, candidates, floor := randomCase(rng)
		set := newCandidateSet(eligible, candidates)
		m := newShares(r, floorParts(floor)).over(set)
		served := make([]uint32, len(eligible))
		for u := range uint32(one) {
			served[m.at(u)]++
		}
		if diff := cmp.Diff(m.weights, served); diff != "" {
			t.Error("(-weight +served)", diff)
		}
	}
}

// weightAlone counts the positions of rank i by going over them run by run.
func weightAlone(s shares, i int, set *candidateSet) uint32 {
	n := uint32(len(set.list))
	dealt := func(a, b uint32) uint32 { return (b+n-1-uint32(i))/n - (a+n-1-uint32(i))/n }
	w := dealt(s.voted, one)
	for d := range s.draws {
		switch s.vote(d, set) {
		case i:
			w += s.start(d+1) - s.start(d)
		case -1:
			w += dealt(s.start(d), s.start(d+1))
		}
	}
	return w
}

func randomCase(rng *rand.Rand) (r throughline.Rankings, eligible []uint16, candidates int, floor float64) {
	candidates = 1 + rng.IntN(200)
	depth := 1 + rng.IntN(min(16, candidates))
	var draws [][]uint16
	for range rng.IntN(300) {
		d := make([]uint16, depth)
		for k, c := range rng.Perm(candidates)[:depth] {
			d[k] = uint16(c)
		}
		draws = append(draws, d)
	}
	for c := range candidates {
		if rng.IntN(3) > 0 || len(eligible) == 0 && c == candidates-1 {
			eligible = append(eligible, uint16(c))
		}
	}
	floor = []float64{0, 0.001, 0.02, 0.25, 1}[rng.IntN(5)]
	return throughline.NewRankings(draws), eligible, candidates, floor
}

// votesByFractions is the definition of a distribution, written the slow way.
func votesByFractions(r throughline.Rankings, eligible []uint16, floor float64) []float64 {
	n := float64(len(eligible))
	p := make([]float64, len(eligible))
	draws := r.Draws()
	if draws == 0 {
		floor = 1
	}
	for i := range p {
		p[i] = floor / n
	}
	for d := range draws {
		vote := -1
		for k := 0; k < r.Depth && vote < 0; k++ {
			vote = slices.Index(eligible, uint16(r.At(d, k)))
		}
		share := (1 - floor) / float64(draws)
		for i := range p {
			if vote == i {
				p[i] += share
			} else if vote < 0 {
				p[i] += share / n
			}
		}
	}
	return p
}
