package evaluate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/cespare/xxhash/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/intake"
	"github.com/throughline-engine/throughline/internal/loop/learn"
)

// archive returns the rows of the archive, or skips the test without it.
func archive(t testing.TB, keep func(test string) bool) iter.Seq2[Package, error] {
	t.Helper()
	folder := os.Getenv("THROUGHLINE_DATA")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	file, err := os.Open(filepath.Join(folder, "upworthy", "packages.csv.gz"))
	if err != nil {
		file, err = os.Open(filepath.Join(folder, "upworthy", "packages.csv"))
	}
	if err != nil {
		t.Skip("needs the Upworthy archive: see docs/benchmarks.md")
	}
	t.Cleanup(func() { file.Close() })
	return func(yield func(Package, error) bool) {
		for r, err := range intake.Upworthy(file) {
			if err == nil && !keep(r.Test) {
				continue
			}
			p := Package{
				Line: r.Line, Test: r.Test, Headline: r.Headline, Image: r.Image, Excerpt: r.Excerpt,
				Impressions: r.Impressions, Clicks: r.Clicks, Broken: r.Broken(),
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

func all(string) bool { return true }

// made is an archive of our own: tests of four to six packages, the last fifth
// of the tests without randomisation.
func made(tests int) iter.Seq2[Package, error] {
	rng := rand.New(rand.NewPCG(8, 8))
	return func(yield func(Package, error) bool) {
		for i := range tests {
			broken := i >= tests*4/5
			for k := range 4 + i%3 {
				p := Package{
					Test: fmt.Sprint("t", i), Headline: fmt.Sprint("h", k%3), Image: fmt.Sprint("i", k/3), Excerpt: "e",
					Impressions: 4000 + rng.Int64N(120), Broken: broken,
				}
				if broken && k == 0 {
					p.Impressions *= 2
				}
				p.Clicks = binomial(rng, p.Impressions, 0.015*math.Exp(0.25*rng.NormFloat64()))
				if !yield(p, nil) {
					return
				}
			}
		}
	}
}

// verdict says what a replay falls short of: the share of the way from uniform to
// oracle that learning must go, or the gain in percent, and the alarm's rates.
func verdict(r UpworthyResult, way, gain float64) (faults []string) {
	uniform, learned, oracle := float64(r.Clicks.Uniform), float64(r.Clicks.Learned), float64(r.Clicks.Oracle)
	if g := (learned - uniform) / (oracle - uniform); g < way {
		faults = append(faults, fmt.Sprintf("learned goes %.2f of the way to the oracle, want %.2f", g, way))
	}
	if g := 100 * (learned/uniform - 1); g < gain {
		faults = append(faults, fmt.Sprintf("learned gains %.2f %%, want %.2f", g, gain))
	}
	if s := float64(r.SRMFlaggedInWindow) / float64(max(1, r.TestsInWindow)); s < 0.65 {
		faults = append(faults, fmt.Sprintf("the alarm finds %.2f of the broken tests", s))
	}
	if s := float64(r.SRMFlagged-r.SRMFlaggedInWindow) / float64(max(1, r.Tests)); s > 0.01 {
		faults = append(faults, fmt.Sprintf("the alarm goes off in %.3f of the sound tests", s))
	}
	return faults
}

func mustReplay(t testing.TB, cfg UpworthyConfig) UpworthyResult {
	t.Helper()
	r, err := Upworthy(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestUpworthy_made(t *testing.T) {
	r := mustReplay(t, UpworthyConfig{Packages: made(100), Seed: 1, Shrink: true})
	if faults := verdict(r, 0.4, 5); faults != nil {
		t.Error(faults)
	}
	if r.Tests != 80 || r.Arms != 80*4+27+26*2 || r.TestsInWindow != 20 || r.SRMFlaggedInWindow != 20 {
		t.Errorf("the tests are counted as %+v", r)
	}
	if c := r.Clicks; !(c.Uniform < c.ExploreThenCommit && c.ExploreThenCommit < c.Oracle && c.Learned < c.Oracle) {
		t.Errorf("the policies are out of order: %+v", c)
	}
}

// TestVerdict plants faults: the verdict has to find each.
func TestVerdict(t *testing.T) {
	replayWith := func(change func(ranker) ranker) UpworthyResult {
		cfg := UpworthyConfig{Packages: made(60), Seed: 1, Shrink: true}
		tests, err := collect(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		r := newReplay(cfg, tests)
		r.policy = func(p throughline.Policy, arms throughline.Arms) ranker { return change(policy(p, arms)) }
		if err := r.run(t.Context()); err != nil {
			t.Fatal(err)
		}
		return r.result
	}
	t.Run("a sound learner passes", func(t *testing.T) {
		if faults := verdict(replayWith(func(r ranker) ranker { return r }), 0.4, 5); faults != nil {
			t.Error(faults)
		}
	})
	for sentence, fault := range map[string]func([]learn.Count){
		"a learner that takes failures for successes fails": func(counts []learn.Count) {
			for c := range counts {
				counts[c].Successes = counts[c].Trials - counts[c].Successes
			}
		},
		"a learner that credits its neighbour fails": func(counts []learn.Count) {
			first := counts[0]
			copy(counts, counts[1:])
			counts[len(counts)-1] = first
		},
		"a learner that sees nothing fails": func(counts []learn.Count) { clear(counts) },
	} {
		t.Run(sentence, func(t *testing.T) {
			result := replayWith(func(r ranker) ranker {
				return func(counts []learn.Count, seed uint64) (throughline.Rankings, error) {
					counts = slices.Clone(counts)
					fault(counts)
					return r(counts, seed)
				}
			})
			if verdict(result, 0.4, 5) == nil {
				t.Errorf("the verdict accepts %+v", result.Clicks)
			}
		})
	}
	t.Run("an alarm that never goes off, or always, fails", func(t *testing.T) {
		r := UpworthyResult{Tests: 10, TestsInWindow: 10, Clicks: Clicks{Uniform: 1, Learned: 2, Oracle: 2}}
		if verdict(r, 0, 0) == nil {
			t.Error("silence is accepted")
		}
		r.SRMFlagged, r.SRMFlaggedInWindow = 20, 10
		if verdict(r, 0, 0) == nil {
			t.Error("noise is accepted")
		}
	})
}

// TestUpworthy_archive replays two quarters of the real tests, told apart by a
// hash of their ids. It guards against regressions and is no held-out check: the
// constants of learn.DefaultPrior were chosen with all of these rows in sight.
// BenchmarkUpworthy replays all.
func TestUpworthy_archive(t *testing.T) {
	if testing.Short() {
		t.Skip("replays half of the archive: run without -short")
	}
	for quarter := range uint64(2) {
		r := mustReplay(t, UpworthyConfig{
			Packages: archive(t, func(test string) bool { return xxhash.Sum64String(test)%4 == quarter }),
			Seed:     1, Shrink: true,
		})
		if faults := verdict(r, 0.5, 10.5); faults != nil {
			t.Errorf("quarter %d: %v", quarter, faults)
		}
		if r.Tests == 0 || r.TestsInWindow == 0 {
			t.Errorf("quarter %d holds %+v", quarter, r)
		}
	}
}

func TestUpworthy_sameSeed(t *testing.T) {
	var want, got []Replayed
	replayOn := func(processors int, to *[]Replayed) UpworthyResult {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		r := mustReplay(t, UpworthyConfig{
			Packages: made(70), Seed: 3,
			Journal: func(_ context.Context, r Replayed) error { *to = append(*to, r); return nil },
		})
		r.Seconds = 0
		return r
	}
	if d := cmp.Diff(replayOn(1, &want), replayOn(4, &got)); d != "" {
		t.Error("with more processors the result differs", d)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error("and what is journaled", d)
	}
}

func TestUpworthy_journal(t *testing.T) {
	for kind, clicks := range map[throughline.PolicyKind]func(Clicks) int64{
		"":                            func(c Clicks) int64 { return c.Learned },
		throughline.ExploreThenCommit: func(c Clicks) int64 { return c.ExploreThenCommit },
	} {
		s, last, total := learn.NewState(), 0, int64(0)
		r := mustReplay(t, UpworthyConfig{
			Packages: made(10), Seed: 1, Policy: kind,
			Progress: func(done, total int) { last = 100 * done / total },
			Journal: func(_ context.Context, r Replayed) error {
				for _, c := range r.Counted {
					e := throughline.Event{Type: throughline.EventExposureCounted, Version: 1, Data: throughline.EncodeData(c)}
					if err := learn.Step(s, e); err != nil {
						return err
					}
				}
				for _, n := range s.Counts(r.Placement.Name, r.Placement.Arms) {
					total += n.Successes
				}
				return nil
			},
		})
		if want := clicks(r.Clicks); total != want || last != 100 {
			t.Errorf("%q: folding what was journaled gives %d clicks at %d %%, want %d", kind, total, last, want)
		}
	}
}

func TestUpworthy_placement(t *testing.T) {
	t.Parallel()
	var x test
	for _, p := range []Package{
		{Headline: "a", Image: "1", Excerpt: "e", Impressions: 10, Clicks: 1},
		{Headline: "b", Image: "1", Excerpt: "e", Impressions: 10, Clicks: 2},
		{Headline: "a", Image: "1", Excerpt: "e", Impressions: 30, Clicks: 3},
	} {
		x.add(p)
	}
	p := x.placement()
	want := throughline.Arms{
		Slots:      []string{"headline", "image", "excerpt"},
		Levels:     [][]throughline.Level{{"headline-1@1", "headline-2@1"}, {"image-1@1"}, {"excerpt-1@1"}},
		Candidates: [][]uint16{{0, 0, 0}, {1, 0, 0}},
	}
	if d := cmp.Diff(want, p.Arms); d != "" {
		t.Error("rows that show the same are one candidate (-want +got)", d)
	}
	if len(p.Variants) != 2 || p.Variants[0] == p.Variants[1] {
		t.Errorf("the variants are %v", p.Variants)
	}
	if x.packages[0] != (pack{"a", "1", "e", 40, 4}) || len(x.rows) != 3 {
		t.Errorf("the rows were merged to %+v, the alarm sees %v", x.packages, x.rows)
	}
}

func TestUpworthy_malformed(t *testing.T) {
	t.Parallel()
	bad := throughline.Errorf(throughline.Invalid, "bad row").At("line 7")
	lost := throughline.Errorf(throughline.Unavailable, "cut short")
	with := func(err error) iter.Seq2[Package, error] {
		return func(yield func(Package, error) bool) {
			for p := range made(3) {
				if !yield(p, nil) {
					return
				}
			}
			yield(Package{}, err)
		}
	}
	told := 0
	skip := func(error) error { told++; return nil }
	for _, c := range []struct {
		sentence  string
		rows      iter.Seq2[Package, error]
		malformed func(error) error
		want      error
	}{
		{"a row that cannot be read stops the replay", with(bad), nil, bad},
		{"unless the caller skips it", with(bad), skip, nil},
		{"and a file that ends early always does", with(lost), skip, lost},
	} {
		_, err := Upworthy(t.Context(), UpworthyConfig{Packages: c.rows, Malformed: c.malformed})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", c.sentence, err)
		}
	}
	if told != 1 {
		t.Errorf("%d rows were told", told)
	}
	header := func(yield func(Package, error) bool) { yield(Package{}, bad) }
	_, err := Upworthy(t.Context(), UpworthyConfig{Packages: header, Malformed: func(error) error { return nil }})
	if !errors.Is(err, bad) {
		t.Errorf("a file of which nothing can be read: %v", err)
	}
	_, err = Upworthy(t.Context(), UpworthyConfig{Packages: func(func(Package, error) bool) {}})
	if throughline.CodeOf(err) != throughline.Invalid {
		t.Errorf("a file without tests: %v", err)
	}
}

func TestUpworthy_cancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Upworthy(ctx, UpworthyConfig{Packages: made(500), Progress: func(int, int) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestShrink checks the estimated spread where the truth is known.
func TestShrink(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(2, 2))
	for _, sd := range []float64{0, 0.1, 0.3} {
		var tests []*test
		for range 2000 {
			x := &test{}
			for k := range 5 {
				n := 2000 + rng.Int64N(3000)
				x.add(Package{Headline: fmt.Sprint(k), Impressions: n, Clicks: binomial(rng, n, 0.015*max(0, 1+sd*rng.NormFloat64()))})
			}
			tests = append(tests, x)
		}
		if got := math.Sqrt(spread(tests)); math.Abs(got-sd) > 0.04 {
			t.Errorf("the spread is %v, want %v", got, sd)
		}
	}
	x := &test{}
	x.add(Package{Headline: "a", Impressions: 1000, Clicks: 30})
	x.add(Package{Headline: "b", Impressions: 1000, Clicks: 10})
	// Mean 0.02; truth 0.04*0.0004, chance 0.0196/1000: trust 0.4494.
	want := []float64{0.02 + 0.01*0.4494382, 0.02 - 0.01*0.4494382}
	for i, rate := range x.rates(0.04) {
		if math.Abs(rate-want[i]) > 1e-8 {
			t.Errorf("rate %d is %v, want %v", i, rate, want[i])
		}
	}
	if d := cmp.Diff([]float64{0.03, 0.01}, x.rates(-1)); d != "" {
		t.Error("without shrinking rates are the observed", d)
	}
}

// TestBinomial holds the library's generator to mean and variance in each of the
// ways it works: few trials, few successes, many.
func TestBinomial(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		n int64
		p float64
	}{{20, 0.02}, {60, 0.013}, {300, 0.013}, {5000, 0.4}, {300, 0.9}} {
		const rounds = 50_000
		sum, squares := 0.0, 0.0
		for range rounds {
			x := float64(binomial(rng, c.n, c.p))
			sum += x
			squares += x * x
		}
		mean, want := sum/rounds, float64(c.n)*c.p
		variance := squares/rounds - mean*mean
		if z := (mean - want) / math.Sqrt(want*(1-c.p)/rounds); math.Abs(z) > 4 {
			t.Errorf("%+v: the mean is %v, want %v", c, mean, want)
		}
		if r := variance / (want * (1 - c.p)); math.Abs(r-1) > 0.04 {
			t.Errorf("%+v: the variance is off by a factor of %v", c, r)
		}
	}
}

// BenchmarkUpworthy replays the development set and prints, in percent, what
// each policy gains over uniform, and how much of the way to the oracle that is.
func BenchmarkUpworthy(b *testing.B) {
	for b.Loop() {
		r := mustReplay(b, UpworthyConfig{Packages: archive(b, all), Seed: 1, Shrink: true})
		uniform := float64(r.Clicks.Uniform)
		gain := func(clicks int64) float64 { return 100 * (float64(clicks)/uniform - 1) }
		b.ReportMetric(gain(r.Clicks.Learned), "learned_%")
		b.ReportMetric(gain(r.Clicks.ExploreThenCommit), "explore_then_commit_%")
		b.ReportMetric(gain(r.Clicks.Oracle), "oracle_%")
		b.ReportMetric(100*float64(r.SRMFlaggedInWindow)/float64(r.TestsInWindow), "alarm_inside_%")
		b.ReportMetric(100*float64(r.SRMFlagged-r.SRMFlaggedInWindow)/float64(r.Tests), "alarm_outside_%")
	}
}
