package report_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/report"
)

const (
	policy   = throughline.ArmPolicy
	holdout  = throughline.ArmHoldout
	fallback = throughline.ArmFallback
)

// story is a journal short enough to count by hand.
func story() *journal {
	const s = time.Second
	j := &journal{}
	j.release(1, first, 0,
		change(throughline.Create, throughline.KindBrief, "spring"),
		change(throughline.Create, throughline.KindTemplate, "hero"),
		change(throughline.Create, throughline.KindFragment, "hello"),
		change(throughline.Create, throughline.KindFragment, "hi"))
	a, b, c, d := hero(1, 0, policy, 100), hero(2, 1, policy, 100), hero(3, 0, holdout, 100), hero(4, throughline.FallbackCandidate, fallback, 100)
	j.decided(a, 1*s) // applied to served: 1 s
	j.decided(b, 2*s)
	j.decided(c, 3*s)
	j.decided(d, 4*s)
	j.shown(a, 5*s)
	j.shown(a, 6*s) // again
	j.shown(b, 7*s)
	j.shown(c, 8*s)
	j.shown(d, 9*s)
	j.reached(a, signedUp, 10*s)
	heard := j.last()
	j.reached(a, signedUp, 11*s)                  // again
	j.reached(b, "Scrolled", 12*s)                // not the goal
	j.reached(hero(9, 0, policy, 100), "x", 13*s) // of a decision never shown
	j.add(throughline.EventEpochPublished, throughline.EpochPublished{Number: 200, Snapshot: first, Through: heard}, 14*s, 14*s)
	j.decided(hero(5, 1, policy, 100), 15*s)   // still from the old epoch
	j.decided(hero(6, 1, policy, 200), 16*s)   // the outcome took 6 s
	j.shown(hero(7, 1, policy, 200), 17*s)     // its decision was never journaled
	j.reached(b, signedUp, 7*s+heroWindow+1*s) // too late
	return j
}

func TestPlacement(t *testing.T) {
	s := fold(t, story().events)
	now := noon.Add(time.Minute)
	p, ok := s.Placement("home.hero", now)
	if !ok {
		t.Fatal("home.hero is not there")
	}
	t.Run("each delivery and each outcome counts once, by arm", func(t *testing.T) {
		want := map[throughline.Arm]report.Tally{policy: {Deliveries: 3, Outcomes: 1}, holdout: {Deliveries: 1}, fallback: {Deliveries: 1}}
		for arm, tally := range want {
			if diff := cmp.Diff(tally, p.Arms[arm].Tally); diff != "" {
				t.Errorf("%s: %s", arm, diff)
			}
		}
		if diff := cmp.Diff(report.Tally{Deliveries: 5, Outcomes: 1}, p.Total); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("every number has its owner, its n and its interval", func(t *testing.T) {
		// Wilson's interval for 1 in 3, from R's prop.test(1, 3, correct = FALSE).
		want := throughline.Number{Value: 1. / 3, Low: 0.0614919, High: 0.7923404, Unit: "ratio", N: 3, Owner: "Mara Lind", AsOf: now}
		if diff := cmp.Diff(want, p.Arms[policy].Rate, near(1e-6)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("variants are those of the release, the most served first", func(t *testing.T) {
		var got []string
		for _, v := range p.Variants {
			got = append(got, fmt.Sprintf("%s %s %d %v %d/%d", v.ID, v.Key, v.Candidate, v.Levels, v.Total.Outcomes, v.Total.Deliveries))
		}
		want := []string{"v1 hi@2| 1 [hi@2 ] 0/2", "v0 hello@1| 0 [hello@1 ] 1/2", "v2 hi@2|new@1 2 [hi@2 new@1] 0/0"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]float64{2. / 3, 1. / 3, 0}, []float64{p.Variants[0].Share, p.Variants[1].Share, p.Variants[2].Share}); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("the curve follows the policy's deliveries in blocks of ten seconds", func(t *testing.T) {
		want := report.Curve{
			At: []time.Time{noon, noon.Add(10 * time.Second)}, Step: 10 * time.Second,
			Series: []report.Series{
				{Key: "hi@2|", Shares: []float64{0.5, 1}}, {Key: "hello@1|", Shares: []float64{0.5, 0}},
			},
			Policy:   []report.Tally{{Deliveries: 2, Outcomes: 1}, {Deliveries: 1}},
			Holdout:  []report.Tally{{Deliveries: 1}, {}},
			Releases: []report.ReleaseMark{{Number: 1, At: noon}},
		}
		if diff := cmp.Diff(want, p.Curve); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("an uplift from three deliveries is refused, and it says what is missing", func(t *testing.T) {
		want := &report.Thin{Arm: holdout, Have: 0, Need: report.MinOutcomes, Unit: "outcomes"}
		if diff := cmp.Diff(want, p.Thin); diff != "" {
			t.Error(diff)
		}
		if p.Uplift.N != 0 || p.Uplift.Value != 0 {
			t.Errorf("the uplift is %+v", p.Uplift)
		}
	})
	t.Run("a placement that nobody declared is not there", func(t *testing.T) {
		if _, ok := s.Placement("nowhere", now); ok {
			t.Error("it is")
		}
	})
}

func near(tolerance float64) cmp.Option {
	return cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= tolerance })
}

func TestLoop(t *testing.T) {
	j := story()
	s := fold(t, j.events)
	l := s.Loop("Ada", noon.Add(time.Minute))
	t.Run("an outcome whose answer somebody did not get waits for the first decision that knows it", func(t *testing.T) {
		if l.Reaction.P95.N != 1 || math.Abs(l.Reaction.P95.Value-6) > 0.1 || l.Reaction.P95.Owner != "Ada" || l.Reaction.P95.Unit != "s" {
			t.Errorf("p95 is %+v, want 6 s of n 1", l.Reaction.P95)
		}
		if l.Waiting != 0 {
			t.Errorf("%d outcomes wait", l.Waiting)
		}
	})
	t.Run("a release is applied at the latest when a decision is made from it", func(t *testing.T) {
		if l.Apply.P99.N != 1 || math.Abs(l.Apply.P99.Value-1000) > 8 {
			t.Errorf("p99 is %+v, want 1000 ms of n 1", l.Apply.P99)
		}
	})
	t.Run("a decision known only from its exposure counts as lost after a minute", func(t *testing.T) {
		if l.Decisions != 6 || l.Lost != 1 {
			t.Errorf("%d made and %d lost, want 6 and 1", l.Decisions, l.Lost)
		}
		for after, want := range map[time.Duration]int64{time.Minute: 0, 61 * time.Second: 1} {
			k := &journal{}
			k.release(1, first, 0)
			k.shown(hero(1, 0, policy, 1), 0)
			k.add(throughline.EventSignalObserved, throughline.SignalObserved{}, after, after)
			k.decided(hero(1, 0, policy, 1), after)
			if got := fold(t, k.events).Loop("Ada", noon).Lost; got != want {
				t.Errorf("when it comes after %v, %d are lost, want %d", after, got, want)
			}
		}
	})
	t.Run("a decision recorded before the release or epoch it was made from still stops the clock", func(t *testing.T) {
		k := &journal{}
		k.decided(hero(1, 0, policy, 100), 2*time.Second)
		k.add(throughline.EventReleasePublished, throughline.ReleasePublished{Release: throughline.Release{Number: 1}}, 0, 3*time.Second)
		k.add(throughline.EventSnapshotPublished, catalogue(1, first), 3*time.Second, 3*time.Second)
		k.shown(hero(1, 0, policy, 100), 4*time.Second)
		k.reached(hero(1, 0, policy, 100), signedUp, 5*time.Second)
		through := k.last()
		k.decided(hero(2, 0, policy, 200), 9*time.Second)
		k.add(throughline.EventEpochPublished, throughline.EpochPublished{Number: 200, Through: through}, 11*time.Second, 11*time.Second)
		l := fold(t, k.events).Loop("Ada", noon)
		if math.Abs(l.Apply.P99.Value-2000) > 16 || math.Abs(l.Reaction.P95.Value-4) > 0.04 {
			t.Errorf("apply took %v ms and reaction %v s, want 2000 and 4", l.Apply.P99.Value, l.Reaction.P95.Value)
		}
	})
	t.Run("an outcome of someone held out waits for nothing", func(t *testing.T) {
		k := &journal{}
		k.release(1, first, 0)
		k.shown(hero(1, 0, holdout, 100), 0)
		k.reached(hero(1, 0, holdout, 100), signedUp, 5*time.Second)
		if l := fold(t, k.events).Loop("Ada", noon); l.Waiting != 0 {
			t.Errorf("%d wait", l.Waiting)
		}
	})
	t.Run("an outcome that nothing has answered yet is shown as waiting", func(t *testing.T) {
		k := &journal{}
		k.release(1, first, 0)
		k.shown(hero(1, 0, policy, 100), 0)
		k.reached(hero(1, 0, policy, 100), signedUp, 5*time.Second)
		l := fold(t, k.events).Loop("Ada", noon.Add(time.Minute))
		if l.Waiting != 1 || l.Oldest != 55*time.Second || l.Reaction.P95.N != 0 {
			t.Errorf("%+v, want one waiting for 55 s", l)
		}
	})
}

// TestClocks tells each story of one outcome at 5 s, answered by an epoch at 8 s,
// and of a second release at 20 s, whose first epoch comes at 22 s.
func TestClocks(t *testing.T) {
	const s = time.Second
	type step struct {
		release int
		epoch   uint32
		at      time.Duration
	}
	from := func(question uint64, st step) throughline.Token {
		tok := hero(question, 0, policy, st.epoch)
		if st.release == 2 {
			copy(tok.Snapshot[:], second[:])
		}
		return tok
	}
	for story, c := range map[string]struct {
		asked           []step
		reaction, apply float64 // seconds; 0 for not measured
	}{
		"nobody asks, and nothing is told":                {nil, 0, 0},
		"asked late, both count to their publication":     {[]step{{2, 300, 3600 * s}}, 3, 2},
		"old ones before the publication count nothing":   {[]step{{1, 100, 7 * s}, {1, 200, 21 * s}, {2, 300, 60 * s}}, 3, 2},
		"an old epoch served afterwards lets it go on":    {[]step{{1, 100, 9 * s}, {1, 200, 11 * s}}, 6, 0},
		"an old snapshot served afterwards lets it go on": {[]step{{1, 200, 10 * s}, {1, 200, 24 * s}, {2, 300, 30 * s}}, 3, 10},
		"one served sooner than the journal told ends it": {[]step{{1, 200, 7 * s}, {2, 300, 21 * s}}, 2, 1},
	} {
		t.Run(story, func(t *testing.T) {
			k := &journal{}
			k.release(1, first, 0)
			k.decided(hero(1, 0, policy, 100), 0) // the first release took no time
			k.shown(hero(1, 0, policy, 100), 0)
			k.reached(hero(1, 0, policy, 100), signedUp, 5*s)
			through, told := k.last(), 0
			ask := func(until time.Duration) {
				for ; told < len(c.asked) && c.asked[told].at < until; told++ {
					k.decided(from(uint64(10+told), c.asked[told]), c.asked[told].at)
				}
			}
			ask(8 * s)
			k.add(throughline.EventEpochPublished, throughline.EpochPublished{Number: 200, Snapshot: first, Through: through}, 8*s, 8*s)
			ask(20 * s)
			k.release(2, second, 20*s)
			ask(22 * s)
			k.add(throughline.EventEpochPublished, throughline.EpochPublished{Number: 300, Snapshot: second, Through: through}, 22*s, 22*s)
			ask(24 * time.Hour)
			l := fold(t, k.events).Loop("Ada", noon)
			var reaction, apply float64
			if l.Reaction.P95.N == 1 {
				reaction = l.Reaction.P95.Value
			}
			if l.Apply.P99.N == 2 {
				apply = l.Apply.P99.Value / 1000
			}
			if math.Abs(reaction-c.reaction) > 0.05 || math.Abs(apply-c.apply) > 0.1 {
				t.Errorf("reaction %.2f s and apply %.2f s, want %v and %v", reaction, apply, c.reaction, c.apply)
			}
		})
	}
}

func TestFewMeasurementsAreTheirSlowest(t *testing.T) {
	for n, quantile := range map[int]bool{report.MinMeasured - 1: false, report.MinMeasured: true} {
		k := &journal{}
		k.release(1, first, 0)
		for i := range n {
			k.shown(hero(uint64(i), 0, policy, 1), 0)
			k.reached(hero(uint64(i), 0, policy, 1), signedUp, time.Duration(i)*time.Second)
		}
		k.decided(hero(99, 0, policy, 9), 60*time.Second)
		k.add(throughline.EventEpochPublished, throughline.EpochPublished{Number: 9, Through: k.last()}, 60*time.Second, 60*time.Second)
		got := fold(t, k.events).Loop("Ada", noon).Reaction.P95
		if got.N != int64(n) || (got.Low < got.High) != quantile || !quantile && math.Abs(got.Value-60) > 0.6 {
			t.Errorf("of %d: %+v", n, got)
		}
	}
}

func TestStations(t *testing.T) {
	j := story()
	s := fold(t, j.events[:len(j.events)-1]) // the last is half an hour later
	got := s.Stations(noon.Add(30 * time.Second))
	at := func(d time.Duration) time.Time { return noon.Add(d * time.Second) }
	want := []report.Station{
		{Name: "Brief", Count: 1, Unit: "briefs", Latest: at(0), LastMinute: 1, LastHour: 1},
		{Name: "Make", Count: 2, Unit: "pieces", Latest: at(0), LastMinute: 3, LastHour: 3},
		{Name: "Check", Count: 4, Unit: "variants", Latest: at(0), LastMinute: 4, LastHour: 4},
		{Name: "Release", Count: 1, Unit: "releases", Latest: at(0), LastMinute: 1, LastHour: 1},
		{Name: "Decide", Count: 6, Unit: "decisions", Latest: at(16), LastMinute: 6, LastHour: 6},
		{Name: "Deliver", Count: 5, Unit: "deliveries", Latest: at(17), LastMinute: 5, LastHour: 5},
		{Name: "Learn", Count: 1, Unit: "outcomes", Latest: at(10), LastMinute: 1, LastHour: 1},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	t.Run("a minute later nothing has come within the minute", func(t *testing.T) {
		for _, st := range s.Stations(noon.Add(90 * time.Second)) {
			if st.LastMinute != 0 || st.LastHour == 0 || st.PerSecond() != 0 {
				t.Errorf("%+v", st)
			}
		}
	})
}

func TestJournalFromBeforeCounts(t *testing.T) {
	now, before := journal{}, journal{listed: true}
	for _, j := range []*journal{&now, &before} {
		j.release(1, first, 0, change(throughline.Create, throughline.KindFragment, "hi"), change(throughline.Create, throughline.KindBrief, "spring"))
		j.release(2, second, time.Minute, change(throughline.Delete, throughline.KindBrief, "spring"))
	}
	if !bytes.Equal(bytesOf(t, fold(t, now.events)), bytesOf(t, fold(t, before.events))) {
		t.Error("a journal whose releases list their changes folds into something else")
	}
}

func TestLineage(t *testing.T) {
	j := story()
	j.release(2, second, time.Minute, change(throughline.Update, throughline.KindFragment, "hi"), change(throughline.Delete, throughline.KindBrief, "spring"))
	s := fold(t, j.events)
	now := noon.Add(time.Hour)
	l, ok := s.Lineage("v1", now)
	if !ok {
		t.Fatal("v1 is not there")
	}
	l.Places[0].Rate = throughline.Number{} // TestPlacement looks at rates
	want := report.Lineage{
		Variant: "v1", Template: "hero", TemplateReleases: []int{1},
		Pieces: []report.Piece{{Slot: "headline", Level: "hi@2", Fragment: "hi", Releases: []int{1, 2}}, {Slot: "badge"}},
		Places: []report.Place{{Placement: "home.hero", Key: "hi@2|", Live: true, Tally: report.Tally{Deliveries: 2}}},
		Total:  report.Tally{Deliveries: 2},
	}
	if diff := cmp.Diff(want, l); diff != "" {
		t.Error(diff)
	}
	if _, ok := s.Lineage("v2", now); ok {
		t.Error("v2 was never delivered and is no longer live, yet has a lineage")
	}
	if got := s.Releases(); len(got) != 2 || got[0].Number != 2 || got[0].Changes != 2 || got[0].Author.ID != "mara" || got[0].Risk != throughline.RiskLow {
		t.Errorf("releases %+v", got)
	}
	p, _ := s.Placement("home.hero", now)
	if len(p.Curve.Releases) != 2 || len(p.Variants) != 2 {
		t.Errorf("the placement has the releases %v and %d variants, want two of each", p.Curve.Releases, len(p.Variants))
	}
	if n := s.Stations(now)[0].Count; n != 0 {
		t.Errorf("%d briefs, want 0 after the only one was deleted", n)
	}
}

func TestCounted(t *testing.T) {
	j := &journal{}
	j.release(1, first, 0)
	for batch := range 3 {
		j.add(throughline.EventExposureCounted, throughline.ExposureCounted{Placement: "app.card", Key: "hello@1", Exposures: 1000, Outcomes: 20, Batch: batch}, 0, 0)
	}
	j.add(throughline.EventExposureCounted, throughline.ExposureCounted{Placement: "nowhere", Exposures: 1}, 0, 0)
	s := fold(t, j.events)
	p, _ := s.Placement("app.card", noon)
	want := report.Tally{Deliveries: 3000, Outcomes: 60}
	if p.Total != want || p.Variants[0].Total != want {
		t.Errorf("total %+v, want %+v", p.Total, want)
	}
	if n := s.Loop("", noon).Unplaced; n != 1 {
		t.Errorf("%d unplaced, want 1", n)
	}
}

func TestCheckpoint(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	j := randomJournal(r, 3000)
	whole := bytesOf(t, fold(t, j.events))
	t.Run("the same events give the same bytes", func(t *testing.T) {
		if !bytes.Equal(whole, bytesOf(t, fold(t, j.events))) {
			t.Error("they do not")
		}
	})
	t.Run("a checkpoint and the rest equal the whole, wherever it is cut", func(t *testing.T) {
		for _, cut := range []int{0, 1, 2, 3, 100, r.IntN(len(j.events)), r.IntN(len(j.events)), len(j.events)} {
			s := report.NewState()
			if err := s.Unmarshal(bytesOf(t, fold(t, j.events[:cut]))); err != nil {
				t.Fatal(err)
			}
			for _, e := range j.events[cut:] {
				if err := report.Step(s, e); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(whole, bytesOf(t, s)) {
				t.Errorf("cut at %d, they differ", cut)
			}
		}
	})
	t.Run("no field is left out of a checkpoint", func(t *testing.T) {
		for _, cut := range []int{500, 1500, len(j.events)} {
			s, read := fold(t, j.events[:cut]), report.NewState()
			report.Strain(s)
			if err := read.Unmarshal(bytesOf(t, s)); err != nil {
				t.Fatal(err)
			}
			if diff := report.Difference(s, read); diff != "" {
				t.Error(diff)
			}
		}
	})
	t.Run("a checkpoint cut short or of another version is corrupt, and the state stays", func(t *testing.T) {
		s := fold(t, j.events[:50])
		before := bytesOf(t, s)
		for _, bad := range [][]byte{nil, whole[:len(whole)/2], whole[:len(whole)-1], append([]byte{9}, whole...), append(bytes.Clone(whole), 0)} {
			if err := s.Unmarshal(bad); throughline.CodeOf(err) != throughline.Corrupt {
				t.Errorf("%d bytes: %v, want corrupt", len(bad), err)
			}
		}
		if !bytes.Equal(before, bytesOf(t, s)) {
			t.Error("the state changed")
		}
	})
	t.Run("the story is worth folding", func(t *testing.T) {
		s := fold(t, j.events)
		p, _ := s.Placement("home.hero", noon.Add(time.Hour))
		l := s.Loop("", noon)
		if p.Arms[policy].Outcomes == 0 || p.Arms[holdout].Outcomes == 0 || p.Arms[fallback].Deliveries == 0 ||
			l.Lost == 0 || l.Unplaced == 0 || l.Reaction.P95.N == 0 || l.Apply.P99.N != 2 {
			t.Errorf("%+v %+v", p.Arms, l)
		}
	})
}

func TestOrderDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	j := &journal{}
	for q := range uint64(300) {
		token := hero(q, uint16(q%3), throughline.Arm(q%2), 1)
		at := time.Duration(r.Int64N(int64(heroWindow)))
		j.decided(token, at)
		for range 1 + r.IntN(2) {
			j.shown(token, at)
		}
		for range r.IntN(3) {
			j.reached(token, signedUp, at+time.Duration(r.Int64N(int64(2*heroWindow))))
		}
	}
	totals := func(events []throughline.Event) []any {
		k := &journal{}
		k.release(1, first, 0)
		for i, e := range events {
			e.RecordedAt = noon.Add(time.Duration(i) * time.Second / 10) // all within the window
			k.events = append(k.events, e)
		}
		p, _ := fold(t, k.events).Placement("home.hero", noon)
		out := []any{p.Arms[policy].Tally, p.Arms[holdout].Tally}
		for _, v := range p.Variants {
			out = append(out, v.Key, v.Total)
		}
		return out
	}
	want := totals(j.events)
	for range 20 {
		events := append([]throughline.Event(nil), j.events...)
		for range 50 {
			events = append(events, events[r.IntN(len(events))])
		}
		r.Shuffle(len(events), func(a, b int) { events[a], events[b] = events[b], events[a] })
		if diff := cmp.Diff(want, totals(events)); diff != "" {
			t.Fatalf("in another order and with repeats the totals differ: %s", diff)
		}
	}
}

// TestWhoLedOnceStaysInTheCurve serves eight variants one after the other, the
// later the more.
func TestWhoLedOnceStaysInTheCurve(t *testing.T) {
	const variants = 8
	k := &journal{}
	published := catalogue(1, first)
	h := &published.Placements[1]
	h.Arms.Slots, h.Arms.Levels, h.Arms.Candidates, h.Variants = []string{"headline"}, [][]throughline.Level{nil}, nil, nil
	for v := range variants {
		h.Arms.Levels[0] = append(h.Arms.Levels[0], throughline.Level(fmt.Sprint("h", v)))
		h.Arms.Candidates = append(h.Arms.Candidates, []uint16{uint16(v)})
		h.Variants = append(h.Variants, throughline.VariantID(fmt.Sprint("v", v)))
	}
	k.add(throughline.EventSnapshotPublished, published, 0, 0)
	asked := uint64(0)
	seats := map[string]int{}
	for v := range variants {
		for moment := range v + 1 {
			at := time.Duration(10*(10*v+moment)) * time.Second
			asked++
			k.shown(hero(asked, uint16(v), policy, 1), at)
		}
		p, _ := fold(t, k.events).Placement("home.hero", noon.Add(time.Duration(v+1)*100*time.Second))
		keys := map[string]bool{}
		for seat, s := range p.Curve.Series {
			keys[s.Key] = true
			if before, ok := seats[s.Key]; ok && before != seat {
				t.Errorf("%s moved from seat %d to %d", s.Key, before, seat)
			}
			seats[s.Key] = seat
		}
		for i := max(0, v-4); i <= v; i++ { // the five that were served most
			if !keys[fmt.Sprint("h", i)] {
				t.Errorf("after variant %d led, variant %d is not drawn: %v", v, i, keys)
			}
		}
	}
}

func TestCurveBecomesHourly(t *testing.T) {
	j := &journal{}
	j.release(1, first, 0)
	for i := range 40 * 24 {
		at := time.Duration(i) * time.Hour
		j.shown(hero(uint64(i), uint16(i%2), policy, 1), at)
	}
	now := 40 * 24 * time.Hour
	p, _ := fold(t, j.events).Placement("home.hero", noon.Add(now))
	if n := len(p.Curve.At); n == 0 || n > 120 {
		t.Errorf("%d moments, want 1 to 120", n)
	}
	if p.Curve.Step < 6*time.Hour || p.Curve.At[0].Before(noon.Add(now-31*24*time.Hour)) {
		t.Errorf("the curve begins at %v in steps of %v, want 30 days ago in steps of some hours", p.Curve.At[0], p.Curve.Step)
	}
	if p.Total.Deliveries != 960 {
		t.Errorf("%d deliveries, want all 960 although only 30 days have blocks", p.Total.Deliveries)
	}
}

func TestCorruptPayload(t *testing.T) {
	for _, typ := range []throughline.EventType{
		throughline.EventDecisionMade, throughline.EventExposureConfirmed, throughline.EventOutcomeReceived,
		throughline.EventExposureCounted, throughline.EventSnapshotPublished, throughline.EventEpochPublished, throughline.EventReleasePublished, throughline.EventPieceVersioned,
	} {
		err := report.Step(report.NewState(), throughline.Event{Type: typ, Data: []byte("{")})
		if throughline.CodeOf(err) != throughline.Corrupt {
			t.Errorf("%s: %v, want corrupt", typ, err)
		}
	}
	bad := catalogue(1, first)
	bad.Placements[0].Arms.Candidates[0][0] = 7
	err := report.Step(report.NewState(), throughline.Event{Type: throughline.EventSnapshotPublished, Data: throughline.EncodeData(bad)})
	if throughline.CodeOf(err) != throughline.Corrupt {
		t.Errorf("a catalogue that points outside itself: %v, want corrupt", err)
	}
}

func FuzzUnmarshal(f *testing.F) {
	f.Add(bytesOf(f, fold(f, story().events)))
	f.Add([]byte{2})
	f.Fuzz(func(t *testing.T, b []byte) {
		s := report.NewState()
		if s.Unmarshal(b) != nil {
			return
		}
		for _, e := range story().events {
			if err := report.Step(s, e); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range s.Places() {
			s.Placement(name, noon)
		}
		s.Stations(noon)
		s.Loop("", noon)
	})
}

// BenchmarkFold folds what a busy engine journals: decisions, exposures of most
// and outcomes of a tenth. Run it with -benchtime=1000000x for a million.
func BenchmarkFold(b *testing.B) {
	j := &journal{}
	for i := range 4096 {
		t := hero(uint64(i), uint16(i%3), throughline.Arm(min(i%10, 1)^1), 100)
		j.decided(t, 0)
		j.shown(t, 0)
		if i%10 == 0 {
			j.reached(t, signedUp, 0)
		}
	}
	start := &journal{}
	start.release(1, first, 0)
	s := fold(b, start.events)
	n, round := 0, byte(0)
	b.ReportAllocs()
	for b.Loop() {
		e := &j.events[n%len(j.events)]
		if n%len(j.events) == 0 {
			round++
		}
		// The same events come round as other decisions, at another time.
		e.Data[23], e.Data[24] = round, byte(n/len(j.events)>>8)
		e.Seq = uint64(n)
		e.RecordedAt = noon.Add(time.Duration(n) * 50 * time.Microsecond)
		e.OccurredAt = e.RecordedAt
		if err := report.Step(s, *e); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkMarshal writes a state that remembers a hundred thousand open trials.
func BenchmarkMarshal(b *testing.B) {
	j := &journal{}
	j.release(1, first, 0)
	for i := range 100_000 {
		t := hero(rand.Uint64(), uint16(i%3), policy, 100)
		j.decided(t, 0)
		j.shown(t, 0)
	}
	s := fold(b, j.events)
	b.ResetTimer()
	var size int
	for b.Loop() {
		size = len(bytesOf(b, s))
	}
	b.ReportMetric(float64(size)/100_000, "B/trial")
}
