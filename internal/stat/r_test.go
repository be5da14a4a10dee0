package stat

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// toldByR is testdata/r.json, which oracle/oracle.R writes. null is NaN.
type toldByR struct {
	Versions string
	Survival map[string]struct {
		Time, Status, At, Share, Low, High []*float64
		Quantile, QuantileLow              []*float64
		QuantileHigh                       []*float64
	}
	Incidence map[string]struct{ Time, Cause, At, First, Second []*float64 }
	Trend     map[string]struct {
		X, Y                    []*float64
		Lag                     int
		Slope, Error, Low, High []*float64
	}
	Poisson struct{ Events, Low, High []*float64 }
}

func askR(t *testing.T) (r toldByR) {
	t.Helper()
	data, err := os.ReadFile("testdata/r.json")
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil || r.Versions == "" {
		t.Fatal(r.Versions, err)
	}
	return r
}

// numbers are those of R, NaN where R has none.
func numbers(of []*float64) []float64 {
	all := make([]float64, len(of))
	for i, v := range of {
		if all[i] = math.NaN(); v != nil {
			all[i] = *v
		}
	}
	return all
}

// same reports whether two numbers are equal to five digits; R has no number where
// we have none, or +Inf.
func same(got, want float64) bool {
	if math.IsNaN(want) {
		return math.IsNaN(got) || math.IsInf(got, 1)
	}
	return math.Abs(got-want) <= 1e-5*max(1e-3, math.Abs(want))
}

func durations(times, causes []float64) (all []Duration) {
	for i := range times {
		all = append(all, Duration{times[i], int(causes[i])})
	}
	return all
}

func TestSurvivalIsThatOfR(t *testing.T) {
	r := askR(t)
	for name, want := range r.Survival {
		t.Run(name, func(t *testing.T) {
			got := Survival(durations(numbers(want.Time), numbers(want.Status)), 0.95)
			at, share, low, high := numbers(want.At), numbers(want.Share), numbers(want.Low), numbers(want.High)
			if len(got) != len(at) {
				t.Fatalf("%d steps, want %d", len(got), len(at))
			}
			for i, s := range got {
				all := same(s.Time, at[i]) && same(s.Value, share[i])
				if share[i] > 0 {
					all = all && same(s.Interval.Low, low[i]) && same(s.Interval.High, high[i])
				}
				if !all {
					t.Errorf("got %+v, want %v: %v [%v, %v]", s, at[i], share[i], low[i], high[i])
				}
			}
			middle, first, last := numbers(want.Quantile), numbers(want.QuantileLow), numbers(want.QuantileHigh)
			for i, q := range []float64{0.25, 0.5, 0.8} {
				time, in, ok := got.TimeUntil(q)
				if !same(time, middle[i]) || !same(in.Low, first[i]) || !same(in.High, last[i]) || ok != !math.IsNaN(middle[i]) {
					t.Errorf("%v of them by %v %v, want %v [%v, %v]", q, time, in, middle[i], first[i], last[i])
				}
			}
		})
	}
	if same(10.001, 10) || same(1, math.NaN()) {
		t.Error("what differs in the fourth digit is taken for the same")
	}
}

func TestIncidenceIsThatOfR(t *testing.T) {
	for name, want := range askR(t).Incidence {
		t.Run(name, func(t *testing.T) {
			of := durations(numbers(want.Time), numbers(want.Cause))
			first, second := Incidence(of, 1), Incidence(of, 2)
			at, one, two := numbers(want.At), numbers(want.First), numbers(want.Second)
			for i := range at {
				if !same(first.At(at[i], 0), one[i]) || !same(second.At(at[i], 0), two[i]) {
					t.Errorf("at %v got %v and %v, want %v and %v", at[i], first.At(at[i], 0), second.At(at[i], 0), one[i], two[i])
				}
			}
		})
	}
}

func TestTrendIsThatOfR(t *testing.T) {
	for name, want := range askR(t).Trend {
		t.Run(name, func(t *testing.T) {
			got, ok := Trend(numbers(want.X), numbers(want.Y), want.Lag, 0.95)
			slope, err, low, high := numbers(want.Slope)[0], numbers(want.Error)[0], numbers(want.Low)[0], numbers(want.High)[0]
			if !ok || !same(got.Slope, slope) || !same(got.Error, err) || !same(got.Interval.Low, low) || !same(got.Interval.High, high) {
				t.Errorf("got %+v, want %v ± %v [%v, %v]", got, slope, err, low, high)
			}
		})
	}
	t.Run("points that all stand at one time have no trend", func(t *testing.T) {
		if l, ok := Trend([]float64{1, 1, 1}, []float64{1, 2, 3}, 0, 0.95); ok {
			t.Error(l)
		}
	})
}

func TestPoissonIsThatOfR(t *testing.T) {
	want := askR(t).Poisson
	events, low, high := numbers(want.Events), numbers(want.Low), numbers(want.High)
	for i, k := range events {
		if got := Poisson(int64(k), 0.95); !same(got.Low, low[i]) || !same(got.High, high[i]) {
			t.Errorf("%v events: %v, want [%v, %v]", k, got, low[i], high[i])
		}
	}
}
