package stat

import (
	"sort"

	"gonum.org/v1/gonum/stat/distuv"
)

// QuantileRanks returns the places, from 1, of the two order statistics of n
// measurements that enclose the q-quantile with at least the given confidence,
// whatever the measurements' distribution. Each side misses with at most half
// of what confidence leaves. It is false when n is too small for that: a 95th
// percentile at 95 % takes 72 measurements.
//
// Source: W. J. Conover, Practical Nonparametric Statistics, 3rd ed., section
// 3.2; H. A. David and H. N. Nagaraja, Order Statistics, 3rd ed., section 7.1.
func QuantileRanks(n int64, q, confidence float64) (low, high int64, ok bool) {
	if n <= 0 || !(q > 0 && q < 1) {
		return 0, 0, false
	}
	miss := (1 - confidence) / 2
	below := distuv.Binomial{N: float64(n), P: q}
	// The number of measurements below the quantile is binomial. P(below < k)
	// grows with k: low is the last k where it is at most miss, high the first
	// where P(below >= k) is.
	first := sort.Search(int(n)+1, func(k int) bool { return less(below, k+1) > miss })
	last := sort.Search(int(n)+1, func(k int) bool { return 1-less(below, k) <= miss })
	low, high = int64(first), int64(last)
	return low, high, low >= 1 && high <= n
}

// less returns P(X < k).
func less(x distuv.Binomial, k int) float64 {
	if k <= 0 {
		return 0
	}
	return x.CDF(float64(k - 1))
}

// Quantile returns the q-quantile of measurements sorted ascending, as the
// smallest that at least a share q do not exceed, and its interval. The interval
// is false when there are too few of them.
func Quantile(sorted []float64, q, confidence float64) (value float64, i Interval, ok bool) {
	if len(sorted) == 0 {
		return 0, Interval{}, false
	}
	value = sorted[rankOf(int64(len(sorted)), q)-1]
	low, high, ok := QuantileRanks(int64(len(sorted)), q, confidence)
	if !ok {
		return value, Interval{}, false
	}
	return value, Interval{Low: sorted[low-1], High: sorted[high-1]}, true
}

// rankOf returns ceil(q*n), at least 1 and at most n.
func rankOf(n int64, q float64) int64 {
	r := int64(q * float64(n))
	if float64(r) < q*float64(n) {
		r++
	}
	return min(max(r, 1), n)
}
