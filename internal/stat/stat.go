// Package stat is the statistics behind what the engine says in numbers:
// intervals for rates and their differences, intervals that stay valid however
// often they are looked at, an alarm for splits that are not what was meant,
// and latencies kept in a small histogram. Functions are pure, take counts, and
// name where their formula was published.
package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Interval is a range of values, Low <= High.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Contains reports whether v lies in the interval, its ends included.
func (i Interval) Contains(v float64) bool { return i.Low <= v && v <= i.High }

// Width returns High - Low.
func (i Interval) Width() float64 { return i.High - i.Low }

// everything is the interval of those who know nothing.
var everything = Interval{Low: math.Inf(-1), High: math.Inf(1)}

// twoSided returns the standard normal quantile that leaves (1-confidence)/2 on
// each side.
func twoSided(confidence float64) float64 {
	return distuv.UnitNormal.Quantile(0.5 + confidence/2)
}
