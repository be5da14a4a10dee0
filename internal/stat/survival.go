package stat

import (
	"cmp"
	"math"
	"slices"
)

// Duration is how long one thing took.
type Duration struct {
	// Time is from its start to its end, or to when it was last looked at; at least 0,
	// in any unit.
	Time float64
	// Cause is what ended it, from 1 on; 0 while it goes on, which says that it takes
	// longer than Time.
	Cause int
}

// Step is what is estimated from a time on.
type Step struct {
	Time float64
	// Value is the share, Interval where it lies.
	Value    float64
	Interval Interval
	// AtRisk were still going on just before, Ended is how many of them ended then.
	AtRisk, Ended int
}

// Curve is an estimate over time, a step for each time at which something ended,
// ascending.
type Curve []Step

// At returns the estimate at a time; before the first step it is start.
func (c Curve) At(time, start float64) float64 {
	i, found := slices.BinarySearchFunc(c, time, func(s Step, t float64) int { return cmp.Compare(s.Time, t) })
	if found {
		return c[i].Value
	}
	if i == 0 {
		return start
	}
	return c[i-1].Value
}

// Survival estimates which share goes on longer than a time, from all that began,
// also what has not ended: what is left out because it is slow would make the rest
// look fast. Whatever ended a thing counts. The interval is that of the logarithm of
// the cumulative hazard; where all have ended it is that of the step before.
//
// Source: E. L. Kaplan and P. Meier, JASA 53 (1958), 457-481; M. Greenwood (1926);
// for the interval J. D. Kalbfleisch and R. L. Prentice, The Statistical Analysis of
// Failure Time Data, 2nd ed., section 1.4. It equals survfit of R's package survival
// with conf.type = "log-log".
func Survival(of []Duration, confidence float64) Curve {
	z := twoSided(confidence)
	var curve Curve
	share, variance := 1.0, 0.0
	interval := Interval{Low: 0, High: 1}
	for _, at := range moments(of) {
		ended := at.ended()
		if ended == 0 {
			continue
		}
		share *= 1 - float64(ended)/float64(at.risk)
		variance += float64(ended) / (float64(at.risk) * float64(at.risk-ended))
		if share > 0 {
			spread := z * math.Sqrt(variance) / math.Log(share)
			interval = Interval{Low: math.Pow(share, math.Exp(-spread)), High: math.Pow(share, math.Exp(spread))}
		}
		curve = append(curve, Step{at.time, share, interval, at.risk, ended})
	}
	return curve
}

// TimeUntil returns by when a share has ended, and the interval of that: where the
// curve of what goes on, and each end of its intervals, comes down to what is left.
// Where the curve stands exactly there for a while, it is the middle of that. It is
// false where the curve never comes down so far; the interval ends in +Inf where its
// upper end does not.
//
// Source: R. Brookmeyer and J. Crowley, Biometrics 38 (1982), 29-41.
func (c Curve) TimeUntil(share float64) (time float64, i Interval, ok bool) {
	left := 1 - share
	cross := func(of func(Step) float64) float64 {
		const close = 1e-9 // what is left is a product of rounded shares
		for k, s := range c {
			v := of(s)
			if v < left-close {
				return s.Time
			}
			if v <= left+close {
				if k+1 < len(c) {
					return (s.Time + c[k+1].Time) / 2
				}
				return s.Time
			}
		}
		return math.Inf(1)
	}
	time = cross(func(s Step) float64 { return s.Value })
	i = Interval{
		Low:  cross(func(s Step) float64 { return s.Interval.Low }),
		High: cross(func(s Step) float64 { return s.Interval.High }),
	}
	return time, i, !math.IsInf(time, 1)
}

// Incidence estimates which share has ended by one cause until a time, while others
// end by other causes: what was given up never comes live, and counts as neither
// live nor waiting. The steps have no interval; resample what the durations are of.
//
// Source: O. O. Aalen and S. Johansen, Scandinavian Journal of Statistics 5 (1978),
// 141-150. It equals the state probabilities of survfit of R's package survival.
func Incidence(of []Duration, cause int) Curve {
	var curve Curve
	going, share := 1.0, 0.0
	for _, at := range moments(of) {
		share += going * float64(at.by[cause]) / float64(at.risk)
		going *= 1 - float64(at.ended())/float64(at.risk)
		if at.by[cause] > 0 {
			curve = append(curve, Step{Time: at.time, Value: share, AtRisk: at.risk, Ended: at.by[cause]})
		}
	}
	return curve
}

// TimeOf returns when a share has ended by the cause of an Incidence; false where
// that many never do, in what was seen.
func (c Curve) TimeOf(share float64) (time float64, ok bool) {
	for _, s := range c {
		if s.Value >= share-1e-9 {
			return s.Time, true
		}
	}
	return 0, false
}

// moment is a time at which something ended or was last looked at.
type moment struct {
	time float64
	risk int
	by   map[int]int // how many, by cause
}

func (m moment) ended() (n int) {
	for cause, k := range m.by {
		if cause != 0 {
			n += k
		}
	}
	return n
}

// moments returns them ascending. What was last looked at when something else ended
// still went on then.
func moments(of []Duration) (all []moment) {
	sorted := slices.SortedFunc(slices.Values(of), func(a, b Duration) int { return cmp.Compare(a.Time, b.Time) })
	for i, d := range sorted {
		if i == 0 || d.Time != sorted[i-1].Time {
			all = append(all, moment{time: d.Time, risk: len(sorted) - i, by: map[int]int{}})
		}
		all[len(all)-1].by[d.Cause]++
	}
	return all
}
