package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// SampleRatioAlarm is the probability below which a split is called broken. It
// is that strict because every test is watched and an alarm stops work.
//
// Source: Fabijan et al., Diagnosing Sample Ratio Mismatch in Online Controlled
// Experiments, KDD 2019.
const SampleRatioAlarm = 0.001

// SampleRatio returns the probability that counts as far from what was expected
// as these, or farther, come up by chance: Pearson's chi-square test. Expected
// are the counts that the split should have led to, up to a common factor: equal
// numbers, or sums of the propensities with which each was served. Cells where
// nothing is expected and nothing was seen are left out; something seen where
// nothing is expected has probability 0. With less than two cells, or nothing
// seen, there is no split to judge and the result is 1. It panics when the
// slices differ in length.
func SampleRatio(observed []int64, expected []float64) float64 {
	if len(observed) != len(expected) {
		panic("stat: observed and expected counts differ in number")
	}
	var seen, due float64
	for i, o := range observed {
		seen += float64(o)
		due += expected[i]
	}
	if seen == 0 {
		return 1
	}
	cells, chi2 := 0, 0.0
	for i, o := range observed {
		if expected[i] <= 0 {
			if o > 0 {
				return 0
			}
			continue
		}
		e := expected[i] * seen / due
		chi2 += (float64(o) - e) * (float64(o) - e) / e
		cells++
	}
	if cells < 2 {
		return 1
	}
	return ChiSquareTail(chi2, cells-1)
}

// ChiSquareTail returns the probability that a chi-square variable with df >= 1
// degrees of freedom exceeds x.
func ChiSquareTail(x float64, df int) float64 {
	if !(x > 0) {
		return 1
	}
	if math.IsInf(x, 1) {
		return 0
	}
	return distuv.ChiSquared{K: float64(df)}.Survival(x)
}
