package stat

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Line is a straight line through points in time.
type Line struct {
	Intercept, Slope float64
	// Error is the standard error of the slope, Interval where the slope lies.
	Error    float64
	Interval Interval
}

// Trend fits a line by least squares through points that follow each other in time.
// Neighbours are alike, which a usual standard error does not know and so is too
// sure; this one counts how alike they are up to lag points apart. A lag below 0 is
// chosen by the number of points. It is false for fewer than three points, or where x
// does not vary.
//
// Source: W. K. Newey and K. D. West, Econometrica 55 (1987), 703-708, with the
// Bartlett kernel, without prewhitening or a correction for few points; for the lag
// their Review of Economic Studies 61 (1994), 631-653: 4 (n/100)^(2/9), rounded down.
// The interval is of Student's t with n-2 degrees of freedom. It equals NeweyWest of
// R's package sandwich.
func Trend(x, y []float64, lag int, confidence float64) (Line, bool) {
	n := len(x)
	if n < 3 || len(y) != n {
		return Line{}, false
	}
	var mx, my float64
	for i := range x {
		mx += x[i] / float64(n)
		my += y[i] / float64(n)
	}
	var sxx, sxy float64
	for i := range x {
		sxx += (x[i] - mx) * (x[i] - mx)
		sxy += (x[i] - mx) * (y[i] - my)
	}
	if sxx == 0 {
		return Line{}, false
	}
	l := Line{Slope: sxy / sxx}
	l.Intercept = my - l.Slope*mx
	if lag < 0 {
		lag = int(4 * math.Pow(float64(n)/100, 2.0/9))
	}
	// With x from its mean, the slope's part of the sandwich stands alone.
	score := make([]float64, n)
	for i := range x {
		score[i] = (x[i] - mx) * (y[i] - l.Intercept - l.Slope*x[i])
	}
	var meat float64
	for k := 0; k <= min(lag, n-1); k++ {
		var sum float64
		for i := k; i < n; i++ {
			sum += score[i] * score[i-k]
		}
		weight := 1 - float64(k)/float64(lag+1)
		if k > 0 {
			weight *= 2
		}
		meat += weight * sum
	}
	l.Error = math.Sqrt(max(0, meat)) / sxx
	half := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(n - 2)}.Quantile(0.5+confidence/2) * l.Error
	l.Interval = Interval{Low: l.Slope - half, High: l.Slope + half}
	return l, true
}
