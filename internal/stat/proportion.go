package stat

import "math"

// Wilson returns the score interval for a rate of successes in n trials at a
// confidence between 0 and 1, 0.95 say. It stays within 0 and 1 and is sensible
// for few successes and for none; of no trials it is 0 to 1.
//
// Source: E. B. Wilson, JASA 22 (1927), 209-212.
func Wilson(successes, n int64, confidence float64) Interval {
	if n <= 0 {
		return Interval{Low: 0, High: 1}
	}
	z := twoSided(confidence)
	size := float64(n)
	p := float64(successes) / size
	centre := p + z*z/(2*size)
	half := z * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	scale := 1 + z*z/size
	i := Interval{Low: (centre - half) / scale, High: (centre + half) / scale}
	if successes == 0 {
		i.Low = 0 // exact; the difference above leaves a rounding error
	}
	if successes == n {
		i.High = 1
	}
	return i
}

// Proportion is successes in trials, 0 <= Successes <= N.
type Proportion struct {
	Successes int64 `json:"successes"`
	N         int64 `json:"n"`
}

// Rate returns Successes / N, and 0 of no trials.
func (p Proportion) Rate() float64 {
	if p.N <= 0 {
		return 0
	}
	return float64(p.Successes) / float64(p.N)
}

// Sample returns the proportion as a sample of zeros and ones.
func (p Proportion) Sample() Sample {
	r := p.Rate()
	return Sample{N: p.N, Mean: r, Variance: r * (1 - r)}
}
