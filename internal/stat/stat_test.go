package stat_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/throughline-engine/throughline/internal/stat"
)

func near(margin float64) cmp.Option { return cmpopts.EquateApprox(0, margin) }

// TestWilson holds the four examples of Newcombe, Statistics in Medicine 17
// (1998), 857-872, table I (method 3), to its four decimals, and further digits
// from statsmodels 0.14 proportion_confint(method="wilson").
func TestWilson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sentence   string
		s, n       int64
		confidence float64
		want       stat.Interval
	}{
		{"81 of 263", 81, 263, 0.95, stat.Interval{Low: 0.2552885199, High: 0.366209577}},
		{"15 of 148", 15, 148, 0.95, stat.Interval{Low: 0.06238639953, High: 0.1604872417}},
		{"0 of 20 begins at 0", 0, 20, 0.95, stat.Interval{Low: 0, High: 0.1611251581}},
		{"1 of 29", 1, 29, 0.95, stat.Interval{Low: 0.006113214293, High: 0.1717552188}},
		{"all of 29 ends at 1", 29, 29, 0.95, stat.Interval{Low: 0.8830302015, High: 1}},
		{"33 million trials", 434079, 33150077, 0.95, stat.Interval{Low: 0.01305571736, High: 0.01313311294}},
		{"99 % is wider", 15, 148, 0.99, stat.Interval{Low: 0.05364486961, High: 0.1832673501}},
		{"no trials say nothing", 0, 0, 0.95, stat.Interval{Low: 0, High: 1}},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, stat.Wilson(c.s, c.n, c.confidence), near(1e-9)); d != "" {
				t.Error("(-want +got)", d)
			}
		})
	}
}

// TestAnytime compares with the formula of the paper computed in Python.
func TestAnytime(t *testing.T) {
	t.Parallel()
	half := stat.Sample{N: 1000, Mean: 0.5, Variance: 0.25}
	a := stat.Proportion{Successes: 1200, N: 50_000}.Sample()
	b := stat.Proportion{Successes: 900, N: 45_000}.Sample()
	one := stat.Sample{N: 1}
	all := stat.Interval{Low: math.Inf(-1), High: math.Inf(1)}
	for _, c := range []struct {
		sentence  string
		got, want stat.Interval
	}{
		{"a thousand coins", stat.AnytimeMean(half, 0.95, 5000), stat.Interval{Low: 0.446812264967, High: 0.553187735033}},
		{"a measured mean", stat.AnytimeMean(stat.Sample{N: 200, Mean: 2, Variance: 9}, 0.9, 100), stat.Interval{Low: 1.40793358248, High: 2.59206641752}},
		{"two rates", stat.AnytimeDifference(a, b, 0.95, 5000), stat.Interval{Low: 0.000834083222936, High: 0.00716591677706}},
		{"one measurement says nothing", stat.AnytimeMean(one, 0.95, 5000), all},
		{"nor does one on one side", stat.AnytimeDifference(one, half, 0.95, 5000), all},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, c.got, near(1e-11)); d != "" {
				t.Error("(-want +got)", d)
			}
		})
	}
}

// farApart reports whether two rates differ by more than chance explains at one
// look: Wald's test at 5 %.
func farApart(a, b stat.Proportion) bool {
	va, vb := a.Sample().Variance/float64(a.N), b.Sample().Variance/float64(b.N)
	return math.Abs(a.Rate()-b.Rate()) > 1.96*math.Sqrt(va+vb)
}

// TestAnytimeSurvivesPeeking looks at null experiments again and again. An
// interval for one look, planted as the fault, is wrong far more often than it
// says; the anytime interval is not.
func TestAnytimeSurvivesPeeking(t *testing.T) {
	t.Parallel()
	const rounds, looks, step, rate = 400, 60, 500, 0.05
	rng := rand.New(rand.NewPCG(7, 11))
	anytime, once := 0, 0
	for range rounds {
		var a, b stat.Proportion
		var missed, missedOnce bool
		for range looks {
			for range step {
				side := &a
				if rng.Float64() < 0.5 {
					side = &b
				}
				side.N++
				if rng.Float64() < rate {
					side.Successes++
				}
			}
			missed = missed || !stat.AnytimeDifference(a.Sample(), b.Sample(), 0.95, 5000).Contains(0)
			missedOnce = missedOnce || farApart(a, b)
		}
		if missed {
			anytime++
		}
		if missedOnce {
			once++
		}
	}
	if limit := rounds * 5 / 100; anytime > limit {
		t.Errorf("the anytime interval left out the truth in %d of %d experiments, at most %d may", anytime, rounds, limit)
	}
	if once < rounds*20/100 {
		t.Errorf("the interval for one look left out the truth in only %d of %d experiments: this test would not notice a fault", once, rounds)
	}
}

// TestSampleRatio holds Mendel's peas (chi-square 0.470, p 0.925, in any
// textbook) and values of scipy 1.17 stats.chisquare.
func TestSampleRatio(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sentence string
		observed []int64
		expected []float64
		want     float64
	}{
		{"Mendel's peas in 9:3:3:1", []int64{315, 101, 108, 32}, []float64{9, 3, 3, 1}, 0.925425895103616},
		{"five arms that were meant to be equal", []int64{821, 781, 802, 845, 702}, []float64{1, 1, 1, 1, 1}, 0.00444134352549},
		{"expected counts need not add up", []int64{90, 60, 104, 95}, []float64{80.3, 70.1, 99.9, 98.7}, 0.40192771561},
		{"what was seen where nothing is expected cannot be chance", []int64{5, 1}, []float64{1, 0}, 0},
		{"an empty cell is no cell", []int64{5, 7, 0}, []float64{1, 1, 0}, 0.563702861650773},
		{"one cell has no split", []int64{9}, []float64{1}, 1},
		{"nothing seen is no split", []int64{0, 0}, []float64{1, 1}, 1},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, stat.SampleRatio(c.observed, c.expected), near(1e-12)); d != "" {
				t.Error("(-want +got)", d)
			}
		})
	}
}

// TestChiSquareTail holds the critical values of every statistics book and
// scipy 1.17 stats.chi2.sf.
func TestChiSquareTail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		x    float64
		df   int
		want float64
	}{
		{3.841458820694124, 1, 0.05},
		{10.827566170662733, 1, 0.001},
		{16.26623619623813, 3, 0.001},
		{16.918977604620448, 9, 0.05},
		{2.5, 4, 0.6446357929},
		{100, 5, 5.285148361e-20},
		{0, 3, 1},
		{math.Inf(1), 3, 0},
	} {
		got := stat.ChiSquareTail(c.x, c.df)
		if math.Abs(got-c.want) > 1e-9*c.want {
			t.Errorf("the tail of %v with %d degrees is %v, want %v", c.x, c.df, got, c.want)
		}
	}
}

// TestQuantileRanks holds the tabled ranks for the median (2 and 9 of 10, 6 and
// 15 of 20: Conover, table A3) and binomial tails of scipy 1.17.
func TestQuantileRanks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n         int64
		q         float64
		low, high int64
		ok        bool
	}{
		{10, 0.5, 2, 9, true},
		{20, 0.5, 6, 15, true},
		{100, 0.5, 40, 61, true},
		{100, 0.95, 90, 100, true},
		{1000, 0.95, 936, 964, true},
		{59, 0.95, 52, 60, false},
		{0, 0.5, 0, 0, false},
		{10, 1, 0, 0, false},
	} {
		low, high, ok := stat.QuantileRanks(c.n, c.q, 0.95)
		if low != c.low || high != c.high || ok != c.ok {
			t.Errorf("of %d, the %v-quantile lies in %d to %d (%v), want %d to %d (%v)", c.n, c.q, low, high, ok, c.low, c.high, c.ok)
		}
	}
	if _, _, ok := stat.QuantileRanks(71, 0.95, 0.95); ok {
		t.Error("71 measurements bound the 95th percentile")
	}
	if _, _, ok := stat.QuantileRanks(72, 0.95, 0.95); !ok {
		t.Error("72 measurements do not bound the 95th percentile")
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	ten := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	v, i, ok := stat.Quantile(ten, 0.5, 0.95)
	if v != 5 || i != (stat.Interval{Low: 2, High: 9}) || !ok {
		t.Errorf("the median of 1 to 10 is %v in %v (%v)", v, i, ok)
	}
	if v, _, ok := stat.Quantile(ten, 0.95, 0.95); v != 10 || ok {
		t.Errorf("ten measurements bound the 95th percentile %v", v)
	}
}

func TestHistogram(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 9))
	values := make([]float64, 20_000)
	for i := range values {
		values[i] = math.Exp(rng.NormFloat64()*3 - 5) // latencies over many doublings
	}
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	var h stat.Histogram
	for _, v := range values {
		h.Add(v)
	}
	t.Run("quantiles are as near as stated", func(t *testing.T) {
		for _, q := range []float64{0, 0.01, 0.5, 0.95, 0.99, 1} {
			want, wantIn, ok := stat.Quantile(sorted, q, 0.95)
			got := h.Quantile(q)
			if math.Abs(got-want) > stat.HistogramError*want {
				t.Errorf("the %v-quantile is %v, want %v", q, got, want)
			}
			in, hok := h.QuantileInterval(q, 0.95)
			if ok != hok || math.Abs(in.Low-wantIn.Low) > stat.HistogramError*wantIn.Low {
				t.Errorf("the interval of the %v-quantile is %v (%v), want %v (%v)", q, in, hok, wantIn, ok)
			}
		}
	})
	t.Run("order does not matter to the last byte", func(t *testing.T) {
		rng.Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
		var other stat.Histogram
		for _, v := range values {
			other.Add(v)
		}
		want, _ := h.MarshalBinary()
		got, _ := other.MarshalBinary()
		if !bytes.Equal(want, got) || other.Count() != h.Count() {
			t.Error("the bytes differ")
		}
	})
	t.Run("what is not above zero counts as zero", func(t *testing.T) {
		var z stat.Histogram
		for _, v := range []float64{0, -1, math.NaN(), math.Inf(-1), 4} {
			z.Add(v)
		}
		if z.Count() != 5 || z.Quantile(0.8) != 0 || math.Abs(z.Quantile(1)-4) > 4*stat.HistogramError {
			t.Errorf("%d values, 0.8: %v, 1: %v", z.Count(), z.Quantile(0.8), z.Quantile(1))
		}
	})
	t.Run("an empty one answers 0", func(t *testing.T) {
		var e stat.Histogram
		if e.Quantile(0.5) != 0 {
			t.Error("it does not")
		}
	})
}

func FuzzHistogramUnmarshal(f *testing.F) {
	var h stat.Histogram
	h.Add(0)
	h.Add(1.5)
	h.AddN(math.MaxFloat64, 3)
	saved, _ := h.MarshalBinary()
	f.Add(saved)
	f.Add([]byte{1})
	f.Add([]byte{1, 0, 1, 0xc0, 0xff, 0x07, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		var h stat.Histogram
		if err := h.UnmarshalBinary(b); err != nil {
			return
		}
		again, _ := h.MarshalBinary()
		if !bytes.Equal(again, b) {
			t.Fatalf("%x was read and is written %x", b, again)
		}
	})
}

func BenchmarkHistogramAdd(b *testing.B) {
	var h stat.Histogram
	v := 1e-4
	for b.Loop() {
		h.Add(v)
		v *= 1.0001
		if v > 10 {
			v = 1e-4
		}
	}
}
