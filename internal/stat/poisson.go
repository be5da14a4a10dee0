package stat

import "gonum.org/v1/gonum/stat/distuv"

// Poisson returns the exact interval of the mean of a count of independent rare
// events, of 0 events too: learnings in a week, causes in a month.
//
// Source: F. Garwood, Biometrika 28 (1936), 437-442.
func Poisson(events int64, confidence float64) Interval {
	miss := (1 - confidence) / 2
	k := float64(max(events, 0))
	i := Interval{High: distuv.Gamma{Alpha: k + 1, Beta: 1}.Quantile(1 - miss)}
	if k > 0 {
		i.Low = distuv.Gamma{Alpha: k, Beta: 1}.Quantile(miss)
	}
	return i
}
