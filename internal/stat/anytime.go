package stat

import "math"

// Sample is what an interval for a mean needs of measurements.
type Sample struct {
	// N is how many there are.
	N int64
	// Mean and Variance are those of the measurements.
	Mean, Variance float64
}

// AnytimeMean returns an interval for the mean that stays valid however often it
// is looked at: with the given confidence, all the intervals of one growing
// sample contain the mean at once, as the sample becomes large. It is narrowest
// around tightest measurements, which is chosen beforehand; a sample a tenth of
// that or ten times it costs little. Fewer than two measurements give an
// interval without ends.
//
// Source: Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, arXiv:2103.06476,
// theorem 2.2, with rho chosen as in their section on tuning.
func AnytimeMean(s Sample, confidence float64, tightest int64) Interval {
	if s.N < 2 {
		return everything
	}
	half := math.Sqrt(s.Variance) * anytimeRadius(float64(s.N), 1-confidence, float64(tightest))
	return Interval{Low: s.Mean - half, High: s.Mean + half}
}

// AnytimeDifference returns such an interval for the mean of a minus the mean of
// b, when chance put each unit in a or b with odds that never change, as a
// holdout does. Tightest counts both samples together.
//
// The units of both are one sequence, in which the difference of means behaves
// as a mean of variance N(Va/Na + Vb/Nb), N = Na + Nb.
func AnytimeDifference(a, b Sample, confidence float64, tightest int64) Interval {
	if a.N < 2 || b.N < 2 {
		return everything
	}
	n := a.N + b.N
	joint := Sample{
		N: n, Mean: a.Mean - b.Mean,
		Variance: float64(n) * (a.Variance/float64(a.N) + b.Variance/float64(b.N)),
	}
	return AnytimeMean(joint, confidence, tightest)
}

// anytimeRadius is half the width of the interval in standard deviations of one
// measurement.
func anytimeRadius(n, alpha, tightest float64) float64 {
	log := -2 * math.Log(alpha)
	rho2 := (log + math.Log(log+1)) / max(1, tightest)
	grown := n*rho2 + 1
	return math.Sqrt(2 * grown / (n * n * rho2) * math.Log(math.Sqrt(grown)/alpha))
}
