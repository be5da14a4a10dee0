package report_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/report"
)

// wide publishes home.hero with two slots, so many levels in the first and two
// in the second; candidate c has level c/2 and c%2.
func (j *journal) wide(levels int) {
	c := catalogue(1, first)
	h := &c.Placements[1]
	h.Arms = throughline.Arms{Slots: []string{"headline", "badge"}, Levels: [][]throughline.Level{nil, {"", "new@1"}}}
	h.Variants = nil
	for l := range levels {
		h.Arms.Levels[0] = append(h.Arms.Levels[0], throughline.Level(fmt.Sprintf("h%d@1", l)))
		for b := range 2 {
			h.Arms.Candidates = append(h.Arms.Candidates, []uint16{uint16(l), uint16(b)})
			h.Variants = append(h.Variants, throughline.VariantID(fmt.Sprintf("v%d-%d", l, b)))
		}
	}
	j.add(throughline.EventSnapshotPublished, c, 0, 0)
}

// raw is one delivery as the test knows it, which never saw the code under test.
type raw struct {
	at       time.Time
	arm      throughline.Arm
	filling  []throughline.Level
	outcomes int64
}

// years is a journal of more than a year: bursts and long silences, events that
// come days late, repeats, and an outcome for some; and what was delivered.
func years(r *rand.Rand, n, levels int) (*journal, []raw) {
	j := &journal{}
	j.wide(levels)
	var all []raw
	at := time.Duration(0)
	for q := range uint64(n) {
		switch r.IntN(60) {
		case 0:
			at += time.Duration(r.Int64N(int64(12 * 24 * time.Hour)))
		case 1, 2, 3:
			at += time.Duration(r.Int64N(int64(3 * time.Hour)))
		default:
			at += time.Duration(r.Int64N(int64(20 * time.Second)))
		}
		candidate := int(float64(2*levels) * r.Float64() * r.Float64()) // some much more often
		token := hero(q, uint16(candidate), throughline.Arm(r.IntN(5)/4), 1)
		d := raw{noon.Add(at), token.Arm, []throughline.Level{
			throughline.Level(fmt.Sprintf("h%d@1", candidate/2)), []throughline.Level{"", "new@1"}[candidate%2],
		}, 0}
		if r.IntN(20) == 0 {
			token.Candidate, token.Arm, d.arm = throughline.FallbackCandidate, fallback, fallback
		}
		recorded := at
		if r.IntN(10) == 0 {
			recorded += time.Duration(r.Int64N(int64(3 * 24 * time.Hour)))
		}
		shown := throughline.ExposureConfirmed{Token: token}
		j.add(throughline.EventExposureConfirmed, shown, at, recorded)
		if r.IntN(4) == 0 {
			j.add(throughline.EventExposureConfirmed, shown, at, recorded)
		}
		if r.IntN(5) == 0 {
			d.outcomes = 1
			for range 1 + r.IntN(2) {
				j.add(throughline.EventOutcomeReceived, throughline.OutcomeReceived{Token: token, Name: signedUp}, at+heroWindow/2, recorded+time.Minute)
			}
		}
		all = append(all, d)
	}
	// The journal's order is that of recording.
	slices.SortStableFunc(j.events, func(a, b throughline.Event) int { return a.RecordedAt.Compare(b.RecordedAt) })
	return j, all
}

// recount computes one grain from the deliveries, in no hurry.
func recount(all []raw, step time.Duration, keep int64) report.Course {
	index := func(d raw) int64 { return d.at.UnixMilli() / step.Milliseconds() }
	newest := index(slices.MaxFunc(all, func(a, b raw) int { return a.at.Compare(b.at) }))
	byMoment := map[int64][]raw{}
	for _, d := range all {
		if i := index(d); i > newest-keep {
			byMoment[i] = append(byMoment[i], d)
		}
	}
	c := report.Course{Step: step, Reach: time.Duration(keep) * step}
	moments := make([]int64, 0, len(byMoment))
	for i := range byMoment {
		moments = append(moments, i)
	}
	slices.Sort(moments)
	totals := [2]map[throughline.Level]int64{{}, {}}
	for _, i := range moments {
		var sum [3]report.Tally
		for _, d := range byMoment[i] {
			sum[d.arm].Deliveries++
			sum[d.arm].Outcomes += d.outcomes
			for slot := range totals {
				if d.arm == policy {
					totals[slot][d.filling[slot]]++
				}
			}
		}
		c.At = append(c.At, time.UnixMilli(i*step.Milliseconds()).UTC())
		c.Policy, c.Holdout, c.Fallback = append(c.Policy, sum[policy]), append(c.Holdout, sum[holdout]), append(c.Fallback, sum[fallback])
	}
	for slot, name := range []string{"headline", "badge"} {
		sc := report.SlotCourse{Slot: name}
		for level, n := range totals[slot] {
			v := report.ValueCourse{Level: level, Deliveries: n}
			for k, i := range moments {
				var with int64
				for _, d := range byMoment[i] {
					if d.arm == policy && d.filling[slot] == level {
						with++
					}
				}
				v.Shares = append(v.Shares, float64(with)/float64(max(1, c.Policy[k].Deliveries)))
			}
			sc.Values = append(sc.Values, v)
		}
		c.Slots = append(c.Slots, sc)
	}
	return c
}

// byDeliveries orders the values of every slot alike; the query keeps the order
// in which they were delivered first, which recount does not know.
func byDeliveries(c report.Course, keep int) report.Course {
	for s := range c.Slots {
		v := c.Slots[s].Values
		slices.SortFunc(v, func(a, b report.ValueCourse) int {
			return cmp.Or(cmp.Compare(b.Deliveries, a.Deliveries), cmp.Compare(a.Level, b.Level))
		})
		c.Slots[s].Values = v[:min(keep, len(v))]
	}
	return c
}

func TestSeriesIsWhatTheRawEventsSay(t *testing.T) {
	grains := []struct {
		name string
		step time.Duration
		keep int64
	}{{"minutes", time.Minute, 120}, {"hours", time.Hour, 14 * 24}, {"days", 24 * time.Hour, 400}}
	check := func(t *testing.T, j *journal, all []raw) (differs bool) {
		t.Helper()
		s := fold(t, j.events)
		again := report.NewState()
		if err := again.Unmarshal(bytesOf(t, s)); err != nil {
			t.Fatal(err)
		}
		got, ok := again.Series("home.hero", noon) // of long ago, so that nothing is cut off
		if !ok || len(got) != len(grains) {
			t.Fatalf("%d grains", len(got))
		}
		for i, g := range grains {
			// Of equals at the edge of the eight either may be left out, so only the
			// first five are compared.
			if gocmp.Diff(byDeliveries(recount(all, g.step, g.keep), 5), byDeliveries(got[i], 5), near(1e-12)) != "" {
				differs = true
			}
		}
		return differs
	}
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 43))
		j, all := years(r, 2500, 12)
		if check(t, j, all) {
			t.Errorf("seed %d: the series is not what the events say", seed)
		}
		if lost := slices.Delete(slices.Clone(all), len(all)-40, len(all)-39); !check(t, j, lost) {
			t.Errorf("seed %d: one delivery less was not noticed", seed)
		}
	}
}

func TestSeriesEndsNow(t *testing.T) {
	j := &journal{}
	j.wide(2)
	j.shown(hero(1, 0, policy, 1), time.Minute)
	s := fold(t, j.events)
	for after, want := range map[time.Duration][3]int{
		time.Hour: {1, 1, 1}, 3 * time.Hour: {0, 1, 1}, 15 * 24 * time.Hour: {0, 0, 1}, 401 * 24 * time.Hour: {0, 0, 0},
	} {
		series, _ := s.Series("home.hero", noon.Add(after))
		var got [3]int
		for i, c := range series {
			got[i] = len(c.At)
		}
		if got != want {
			t.Errorf("%v later %v moments are left, want %v", after, got, want)
		}
	}
	if _, ok := s.Series("nowhere", noon); ok {
		t.Error("a placement that nobody declared has a series")
	}
}

func TestSeriesIsBounded(t *testing.T) {
	const levels = 600
	j := &journal{}
	j.wide(levels)
	q := uint64(0)
	show := func(level int, at time.Duration) {
		q++
		j.shown(hero(q, uint16(2*level), policy, 1), at)
	}
	for d := range 400 {
		for range 60 {
			show(int(q)%300, time.Duration(d)*24*time.Hour)
		}
	}
	full := len(bytesOf(t, fold(t, j.events)))
	for d := range 400 {
		for range 60 {
			show(300+int(q)%300, time.Duration(400+d)*24*time.Hour)
		}
	}
	s := fold(t, j.events)
	t.Run("another year with other pieces takes no more room", func(t *testing.T) {
		n := len(bytesOf(t, s))
		t.Logf("%d bytes after a year, %d after two", full, n)
		if n > full*3/2 {
			t.Errorf("%d bytes after a year, %d after two", full, n)
		}
	})
	t.Run("a new piece is told apart, those not served for longest no longer", func(t *testing.T) {
		series, _ := s.Series("home.hero", noon.Add(800*24*time.Hour))
		days := series[2]
		for _, v := range days.Slots[0].Values {
			var level int
			if _, err := fmt.Sscanf(string(v.Level), "h%d@1", &level); err != nil || level < 300 {
				t.Errorf("%s is among the most served, and was not served this year", v.Level)
			}
		}
		if n := len(days.Slots[0].Values); n != 8 {
			t.Errorf("%d values, want 8", n)
		}
	})
}

// BenchmarkSeries asks for the longest course there can be: every moment of every
// grain, with as many levels as are told apart.
func BenchmarkSeries(b *testing.B) {
	const levels = 128
	j := &journal{}
	j.wide(levels)
	q := uint64(0)
	for at, end := time.Duration(0), 400*24*time.Hour; at < end; {
		for l := range levels {
			q++
			j.shown(hero(q, uint16(2*l+int(q%2)), policy, 1), at)
		}
		switch left := end - at; {
		case left > 14*24*time.Hour:
			at += 24 * time.Hour
		case left > 2*time.Hour:
			at += time.Hour
		default:
			at += time.Minute
		}
	}
	s := fold(b, j.events)
	now := noon.Add(400 * 24 * time.Hour)
	moments := 0
	for b.Loop() {
		series, _ := s.Series("home.hero", now)
		moments = len(series[0].At) + len(series[1].At) + len(series[2].At)
	}
	b.ReportMetric(float64(moments), "moments")
	b.ReportMetric(float64(len(bytesOf(b, s))), "B/state")
}
