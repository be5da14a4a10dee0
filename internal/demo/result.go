package demo

import (
	"math"
	"slices"
	"strconv"
	"time"
)

// Result is what a run was worth, by the simulator's own counts. Its JSON is
// one object with exactly these fields, in this order.
type Result struct {
	// Decisions counts the decisions received, Exposures and Outcomes the
	// messages about them, repeats included.
	Decisions int64 `json:"decisions"`
	Exposures int64 `json:"exposures"`
	Outcomes  int64 `json:"outcomes"`
	// Acknowledged counts the messages the engine answered 200 for; Journaled
	// those of them that were found when the journal was read back.
	Acknowledged int64   `json:"acknowledged"`
	Journaled    Measure `json:"journaled"`
	// DecisionsLost counts decision ids received that the journal does not hold.
	DecisionsLost Measure `json:"decisions_lost"`
	// LearnedRate and HoldoutRate are outcomes per first exposure in the two
	// arms over the whole run, learning time included.
	LearnedRate Measure `json:"learned_rate"`
	HoldoutRate Measure `json:"holdout_rate"`
	// OracleRate is the mean true rate of the best eligible filling on the
	// learned arm's first exposures.
	OracleRate Measure `json:"oracle_rate"`
	// SignalToDecision is the 95th percentile of the seconds from the
	// acknowledgement of an outcome to the first decision received that had
	// considered it.
	SignalToDecision Measure `json:"signal_to_decision_p95_s"`
	// ApplyToServed is the 99th percentile of the milliseconds from sending a
	// change to receiving a decision of its release; below 100 changes it is
	// the slowest of them.
	ApplyToServed Measure `json:"apply_to_served_p99_ms"`

	// Failures counts the calls that failed; LastFailure is the last of them.
	Failures    int64 `json:"-"`
	LastFailure error `json:"-"`
	// HoldoutExposures and LearnedExposures are the first exposures under the
	// two rates.
	HoldoutExposures int64 `json:"-"`
	LearnedExposures int64 `json:"-"`
	// Strange counts decisions whose text the workspace does not hold: somebody
	// edited it during the run, and the recipients believed the level they were
	// told.
	Strange int64 `json:"-"`
}

// GapClosed returns how much of the way from the holdout to the oracle the
// policy went: 0 is no better than the holdout, 1 as good as can be.
func (r Result) GapClosed() Measure {
	return (r.LearnedRate - r.HoldoutRate) / (r.OracleRate - r.HoldoutRate)
}

// Measure is a number that may not have been measured: NaN, null in JSON.
// Everything else is rounded to six decimals.
type Measure float64

// Known reports whether there is a number.
func (m Measure) Known() bool { return !math.IsNaN(float64(m)) && !math.IsInf(float64(m), 0) }

// MarshalJSON writes the number, or null.
func (m Measure) MarshalJSON() ([]byte, error) {
	if !m.Known() {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, math.Round(float64(m)*1e6)/1e6, 'f', -1, 64), nil
}

func unknown() Measure { return Measure(math.NaN()) }

// ratio returns a/b, unknown for b = 0.
func ratio(a, b float64) Measure {
	if b == 0 {
		return unknown()
	}
	return Measure(a / b)
}

// nearestRank returns the smallest wait that at least the share p does not
// exceed.
func nearestRank(waits []time.Duration, p float64) (time.Duration, bool) {
	if len(waits) == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(waits))
	return sorted[max(0, int(math.Ceil(p*float64(len(sorted))))-1)], true
}

// quantile returns the p-quantile of waits of which some have not ended, by the
// product-limit estimator of Kaplan and Meier (1958): leaving the open ones out
// would flatter whoever is slow. Where too many are open to reach p, it is the
// longest wait so far.
func quantile(ended, open []time.Duration, p float64) (time.Duration, bool) {
	if len(ended)+len(open) == 0 {
		return 0, false
	}
	ended, open = slices.Sorted(slices.Values(ended)), slices.Sorted(slices.Values(open))
	surviving, left, o := 1.0, len(ended)+len(open), 0
	for _, wait := range ended {
		for o < len(open) && open[o] < wait {
			o++
			left--
		}
		surviving *= 1 - 1/float64(left)
		left--
		if surviving <= 1-p+1e-12 {
			return wait, true
		}
	}
	longest := slices.Concat(ended[max(0, len(ended)-1):], open[max(0, len(open)-1):])
	return slices.Max(longest), true
}
