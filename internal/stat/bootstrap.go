package stat

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Resamples is how often Bootstrap draws where nobody says otherwise.
const Resamples = 2000

// Bootstrap returns the interval of a statistic by drawing whole clusters anew, with
// replacement, as many as there are: exposures of one brief share its luck, so it is
// briefs that are drawn. statistic is given which clusters were drawn, each from 0 to
// clusters-1, and is false where it cannot be told of them. The same seed draws the
// same. It is false where the statistic could be told of fewer than nine draws in ten.
//
// Source: B. Efron, Annals of Statistics 7 (1979), 1-26; A. C. Davison and D. V.
// Hinkley, Bootstrap Methods and their Application, sections 3.8 and 5.2 (percentiles).
func Bootstrap(clusters, resamples int, seed uint64, confidence float64, statistic func(drawn []int) (float64, bool)) (Interval, bool) {
	if clusters < 2 || resamples < 1 {
		return everything, false
	}
	rng := rand.New(rand.NewPCG(seed, uint64(clusters)))
	drawn, values := make([]int, clusters), make([]float64, 0, resamples)
	for range resamples {
		for i := range drawn {
			drawn[i] = rng.IntN(clusters)
		}
		if v, ok := statistic(drawn); ok && !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values)*10 < resamples*9 {
		return everything, false
	}
	slices.Sort(values)
	miss := (1 - confidence) / 2
	return Interval{Low: between(values, miss), High: between(values, 1-miss)}, true
}

// between returns the q-quantile of sorted values, on the line between the two that
// are nearest: type 7 of R. J. Hyndman and Y. Fan, The American Statistician 50
// (1996), 361-365.
func between(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	below := int(at)
	if below+1 >= len(sorted) || sorted[below] == sorted[below+1] { // also where both are infinite
		return sorted[below]
	}
	return sorted[below] + (at-float64(below))*(sorted[below+1]-sorted[below])
}
