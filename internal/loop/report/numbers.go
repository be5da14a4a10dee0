package report

import (
	"math"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/stat"
)

// When an uplift is thin. Below these counts an interval for a ratio of two
// rates is too wide to act on and its approximation too rough to trust, so no
// number is given: only what is missing.
const (
	// MinOutcomes is how many outcomes each of the two arms needs.
	MinOutcomes = 50
	// MinDeliveries is how many deliveries each of them needs.
	MinDeliveries = 500

	confidence = 0.95
	// tightest is the number of deliveries in both arms around which the uplift's
	// interval is narrowest: some days of a small placement.
	tightest = 20_000
	// maxUplift stands for an upper end that the data do not give.
	maxUplift = 100
)

// Tally counts deliveries and the outcomes among them.
type Tally struct {
	Deliveries, Outcomes int64
}

// Thin says what an uplift lacks.
type Thin struct {
	// Arm lacks most.
	Arm throughline.Arm
	// Have and Need count what Unit says: outcomes or deliveries.
	Have, Need int64
	Unit       string
	// Deliveries is about how many more the arm needs at its rate so far; 0 when
	// that cannot be told because it has no outcome yet.
	Deliveries int64
	// Remaining is about how long that takes at the pace of the last ten
	// minutes; 0 for unknown.
	Remaining time.Duration
}

// rate returns outcomes per delivery with its Wilson interval.
func rate(t tally, owner string, now time.Time) throughline.Number {
	n := throughline.Number{Unit: "ratio", N: t.deliveries, Owner: owner, AsOf: now}
	if t.deliveries == 0 {
		return n
	}
	n.Value = float64(t.outcomes) / float64(t.deliveries)
	i := stat.Wilson(t.outcomes, t.deliveries, confidence)
	n.Low, n.High = i.Low, i.High
	return n
}

// uplift returns how much better the policy does than the holdout, relative to
// the holdout, or what is missing before that can be said. N counts the
// deliveries of both arms. Its interval holds at every look: however often it is
// read, the chance that it is ever wrong is 5 %.
func (p *placement) uplift(now time.Time) (throughline.Number, *Thin) {
	policy, holdout := p.arms[throughline.ArmPolicy], p.arms[throughline.ArmHoldout]
	n := throughline.Number{Unit: "ratio", Owner: p.owner, AsOf: now}
	for _, arm := range []throughline.Arm{throughline.ArmHoldout, throughline.ArmPolicy} {
		if thin := p.thin(arm, now); thin != nil {
			return n, thin
		}
	}
	n.N = policy.deliveries + holdout.deliveries
	n.Value = ratio(policy)/ratio(holdout) - 1
	i := relative(policy.proportion(), holdout.proportion())
	n.Low, n.High = i.Low, i.High
	return n, nil
}

// relative returns the interval for the rate of a over that of b, less 1, that
// holds at every look: all u for which the rates of a and of (1+u) times b may
// be the same. It is Fieller's way to the interval of a ratio (E. C. Fieller,
// JRSS B 16 (1954), 175-185), over an anytime-valid interval for a difference.
// An end that the data do not give is -1 below and maxUplift above.
func relative(a, b stat.Proportion) stat.Interval {
	same := func(u float64) bool {
		s := b.Sample()
		s.Mean, s.Variance = (1+u)*s.Mean, (1+u)*(1+u)*s.Variance
		return stat.AnytimeDifference(a.Sample(), s, confidence, tightest).Contains(0)
	}
	estimate := a.Rate()/b.Rate() - 1
	return stat.Interval{Low: edge(estimate, -1, same), High: edge(estimate, maxUplift, same)}
}

// edge returns where in changes from true, which it is at inside, to false on the
// way to limit; limit when it does not.
func edge(inside, limit float64, in func(float64) bool) float64 {
	if in(limit) {
		return limit
	}
	outside := limit
	for range 60 { // halves the distance to less than a double can tell
		middle := inside + (outside-inside)/2
		if in(middle) {
			inside = middle
		} else {
			outside = middle
		}
	}
	return inside
}

func (t tally) proportion() stat.Proportion {
	return stat.Proportion{Successes: t.outcomes, N: t.deliveries}
}

func ratio(t tally) float64 { return float64(t.outcomes) / float64(t.deliveries) }

// thin returns what an arm lacks, or nil.
func (p *placement) thin(arm throughline.Arm, now time.Time) *Thin {
	t := p.arms[arm]
	if t.outcomes >= MinOutcomes && t.deliveries >= MinDeliveries {
		return nil
	}
	thin := &Thin{Arm: arm, Have: t.outcomes, Need: MinOutcomes, Unit: "outcomes"}
	if t.outcomes >= MinOutcomes {
		thin.Have, thin.Need, thin.Unit = t.deliveries, MinDeliveries, "deliveries"
	}
	missing := max(0, MinDeliveries-t.deliveries)
	if t.outcomes > 0 {
		atRate := math.Ceil(float64(MinOutcomes-t.outcomes) / ratio(t))
		thin.Deliveries = max(missing, int64(atRate))
	}
	const lately = 10 * time.Minute
	recent := p.fine.since(now.Add(-lately).UnixMilli())
	pace := recent[arm].deliveries
	if thin.Deliveries > 0 && pace > 0 {
		span := min(lately, now.Sub(p.fine.start()))
		thin.Remaining = time.Duration(float64(span) * float64(thin.Deliveries) / float64(pace)).Truncate(time.Second)
	}
	return thin
}

// since sums the blocks that begin at or after a moment, by arm.
func (s *series) since(at int64) (sum [arms]tally) {
	for i := len(s.blocks) - 1; i >= 0 && s.blocks[i].index*s.width >= at; i-- {
		for a := range sum {
			sum[a].add(s.blocks[i].arms[a])
		}
	}
	return sum
}

// start returns when the first block kept begins; the zero time when there is
// none.
func (s *series) start() time.Time {
	if len(s.blocks) == 0 {
		return time.Time{}
	}
	return time.UnixMilli(s.blocks[0].index * s.width).UTC()
}

// Quantiles are two points in the upper tail of a distribution of durations.
// The interval of each is that of its order statistics; while there are too few
// measurements for one of 95 %, it reaches from the smallest to the largest
// seen. Of fewer than MinMeasured, both are the slowest and have no interval:
// Low and High are its value.
type Quantiles struct {
	P95, P99 throughline.Number
}

// MinMeasured is how many measurements a quantile needs: of fewer than 20, the
// 95th percentile is the largest.
const MinMeasured = 20

// quantiles returns those of a histogram of milliseconds, in a unit of so many.
func quantiles(h *stat.Histogram, unit string, ms float64, owner string, now time.Time) Quantiles {
	at := func(q float64) throughline.Number {
		n := throughline.Number{Unit: unit, N: int64(h.Count()), Owner: owner, AsOf: now}
		if n.N == 0 {
			return n
		}
		if n.N < MinMeasured {
			n.Value = h.Quantile(1) / ms
			n.Low, n.High = n.Value, n.Value
			return n
		}
		i, ok := h.QuantileInterval(q, confidence)
		if !ok {
			i = stat.Interval{Low: h.Quantile(0), High: h.Quantile(1)}
		}
		n.Value, n.Low, n.High = h.Quantile(q)/ms, i.Low/ms, i.High/ms
		return n
	}
	return Quantiles{at(0.95), at(0.99)}
}
