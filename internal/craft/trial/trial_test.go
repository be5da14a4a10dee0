package trial_test

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/trial"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

const window = 30 * time.Minute

// event is one call of a Matcher, times as offsets from noon.
type event struct {
	outcome            bool
	question           uint64
	occurred, recorded time.Duration
}

func shown(q uint64, occurred, recorded time.Duration) event {
	return event{false, q, occurred, recorded}
}

func reached(q uint64, occurred, recorded time.Duration) event {
	return event{true, q, occurred, recorded}
}

func feed(m *trial.Matcher, events ...event) (matches []trial.Match) {
	for _, e := range events {
		call := m.Exposure
		if e.outcome {
			call = m.Outcome
		}
		matches = append(matches, call(e.question, noon.Add(e.occurred), noon.Add(e.recorded)))
	}
	return matches
}

func TestMatcher(t *testing.T) {
	const m = time.Minute
	at := func(d time.Duration) time.Time { return noon.Add(d) }
	tests := []struct {
		name   string
		events []event
		want   []trial.Match
	}{
		{
			"an exposure begins a trial and an outcome makes it a success",
			[]event{shown(1, 0, 0), reached(1, m, m)},
			[]trial.Match{{Trial: true, At: at(0)}, {Success: true, At: at(0)}},
		},
		{
			"a repeated exposure is not another trial and a repeated outcome not another success",
			[]event{shown(1, 0, 0), shown(1, m, m), reached(1, 2*m, 2*m), reached(1, 3*m, 3*m), shown(1, 4*m, 4*m)},
			[]trial.Match{{Trial: true, At: at(0)}, {At: at(0)}, {Success: true, At: at(0)}, {At: at(0)}, {At: at(0)}},
		},
		{
			"an outcome recorded before its exposure counts when the exposure comes",
			[]event{reached(1, m, m), shown(1, 0, 2*m)},
			[]trial.Match{{}, {Trial: true, Success: true, At: at(0)}},
		},
		{
			"an outcome at the very end of the window counts, a millisecond later it does not",
			[]event{shown(1, 0, 0), shown(2, 0, 0), reached(1, window, window), reached(2, window+time.Millisecond, window)},
			[]trial.Match{{Trial: true, At: at(0)}, {Trial: true, At: at(0)}, {Success: true, At: at(0)}, {At: at(0)}},
		},
		{
			"an outcome inside the window counts although it arrives after it",
			[]event{shown(1, 0, 0), reached(1, m, window+trial.Late)},
			[]trial.Match{{Trial: true, At: at(0)}, {Success: true, At: at(0)}},
		},
		{
			"the window runs from the last time the recipient saw it",
			[]event{shown(1, 0, 0), shown(1, 20*m, 20*m), reached(1, 45*m, 45*m)},
			[]trial.Match{{Trial: true, At: at(0)}, {At: at(0)}, {Success: true, At: at(0)}},
		},
		{
			"events of a phone that was offline for days are joined",
			[]event{shown(9, 0, 0), shown(1, -72*time.Hour, m), reached(1, -72*time.Hour+m, m)},
			[]trial.Match{{Trial: true, At: at(0)}, {Trial: true, At: at(-72 * time.Hour)}, {Success: true, At: at(-72 * time.Hour)}},
		},
		{
			"a decision shown again after it was forgotten is a new trial",
			[]event{shown(1, 0, 0), shown(1, 2*time.Hour, 2*time.Hour)},
			[]trial.Match{{Trial: true, At: at(0)}, {Trial: true, At: at(2 * time.Hour)}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, feed(trial.New(window, 0), tt.events...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCounts(t *testing.T) {
	t.Run("forgotten outcomes without an exposure are counted", func(t *testing.T) {
		m := trial.New(window, 0)
		feed(m, reached(1, 0, 0), shown(2, 0, 0), shown(3, 3*time.Hour, 3*time.Hour))
		want := trial.Counts{Trials: 2, Unshown: 1}
		if diff := cmp.Diff(want, m.Counts()); diff != "" {
			t.Error(diff)
		}
		if m.Open() != 1 {
			t.Errorf("%d decisions are remembered, want 1", m.Open())
		}
	})
	t.Run("beyond the limit the oldest is forgotten and that is counted", func(t *testing.T) {
		m := trial.New(window, 2)
		feed(m, shown(1, 0, 0), shown(2, 0, 0), shown(3, 0, 0), reached(1, 0, 0), reached(3, 0, 0))
		want := trial.Counts{Trials: 3, Successes: 1, Evicted: 2}
		if diff := cmp.Diff(want, m.Counts()); diff != "" {
			t.Error(diff)
		}
	})
}

// randomEvents are a thousand exposures and outcomes, some repeated, all within
// the window of each other.
func randomEvents(r *rand.Rand) []event {
	var events []event
	for q := range uint64(400) {
		for range 1 + r.IntN(2) {
			events = append(events, shown(q, time.Duration(r.Int64N(int64(window))), 0))
		}
		for range r.IntN(3) {
			events = append(events, reached(q, time.Duration(r.Int64N(int64(3*window))), 0))
		}
	}
	return events
}

func TestOrderDoesNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		events := randomEvents(r)
		var want trial.Counts
		for i := range 4 {
			m := trial.New(window, 0)
			feed(m, events...)
			if i == 0 {
				want = m.Counts()
			}
			if diff := cmp.Diff(want, m.Counts()); diff != "" {
				t.Fatalf("in another order the totals differ: %s", diff)
			}
			r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
			events = append(events, events[r.IntN(len(events))]) // and one arrives twice
		}
		if want.Trials != 400 || want.Successes == 0 || want.Successes == 400 {
			t.Fatalf("the events are not worth testing with: %+v", want)
		}
	}
}

func TestCheckpoint(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	events := randomEvents(r)
	r.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	for i := range events {
		events[i].recorded = time.Duration(i) * 15 * time.Second
	}
	whole := trial.New(window, 150)
	feed(whole, events...)
	if c := whole.Counts(); c.Evicted == 0 || c.Unshown == 0 {
		t.Fatalf("nothing was forgotten: %+v", c)
	}
	want, _ := whole.AppendBinary(nil)
	for _, cut := range []int{0, 1, 250, 500, len(events)} {
		first := trial.New(window, 150)
		feed(first, events[:cut]...)
		saved, _ := first.AppendBinary(nil)
		rest := trial.New(time.Second, 150)
		if err := rest.UnmarshalBinary(saved); err != nil {
			t.Fatal(err)
		}
		feed(rest, events[cut:]...)
		if got, _ := rest.AppendBinary(nil); !bytes.Equal(got, want) {
			t.Errorf("cut at %d, the state differs from that of the whole", cut)
		}
	}
}

func FuzzUnmarshalBinary(f *testing.F) {
	m := trial.New(window, 0)
	feed(m, shown(1, 0, 0), reached(2, 0, time.Minute), shown(1, time.Minute, time.Minute))
	saved, _ := m.AppendBinary(nil)
	f.Add(saved)
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 15})
	f.Fuzz(func(t *testing.T, b []byte) {
		m := trial.New(window, 0)
		if err := m.UnmarshalBinary(b); err != nil {
			if throughline.CodeOf(err) != throughline.Corrupt {
				t.Fatalf("the code is %s, want corrupt", throughline.CodeOf(err))
			}
			return
		}
		feed(m, shown(1, 0, 0), reached(1, 0, 0))
	})
}

func BenchmarkMatcher(b *testing.B) {
	m := trial.New(window, 1<<17)
	var q uint64
	b.ReportAllocs()
	for b.Loop() {
		q++
		at := noon.Add(time.Duration(q) * time.Millisecond)
		m.Exposure(q*0x9e3779b97f4a7c15, at, at)
		if q%8 == 0 {
			m.Outcome((q-100)*0x9e3779b97f4a7c15, at, at)
		}
	}
}
