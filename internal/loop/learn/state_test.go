package learn_test

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/learn"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

const window = 30 * time.Minute

// twoByTwo is two slots with two levels each, all four combinations.
func twoByTwo() throughline.Arms {
	return throughline.Arms{
		Slots:      []string{"headline", "cta"},
		Levels:     [][]throughline.Level{{"hello@1", "welcome@1"}, {"buy@1", "shop@1"}},
		Candidates: [][]uint16{{0, 0}, {0, 1}, {1, 0}, {1, 1}},
	}
}

// history makes events of one engine, one second apart.
type history struct {
	events []throughline.Event
}

func (h *history) add(typ throughline.EventType, at time.Duration, payload any) {
	h.events = append(h.events, throughline.Event{
		Type: typ, Version: 1, OccurredAt: noon.Add(at),
		RecordedAt: noon.Add(time.Duration(len(h.events)) * time.Second), Data: throughline.EncodeData(payload),
	})
}

func (h *history) publish(digest string, placements ...throughline.CataloguedPlacement) throughline.Digest {
	d := throughline.DigestOf([]byte(digest))
	h.add(throughline.EventSnapshotPublished, 0, throughline.SnapshotPublished{Snapshot: d, Placements: placements})
	return d
}

func home(event string, arms throughline.Arms) throughline.CataloguedPlacement {
	return throughline.CataloguedPlacement{Name: "home", Event: event, Window: throughline.Duration(window), Arms: arms}
}

func token(d throughline.Digest, candidate uint16, question uint64) throughline.Token {
	return throughline.Token{Snapshot: [8]byte(d[:8]), Candidate: candidate, Question: question}
}

func (h *history) shown(at time.Duration, t throughline.Token) {
	h.add(throughline.EventExposureConfirmed, at, throughline.ExposureConfirmed{Token: t})
}

func (h *history) reached(at time.Duration, name string, t throughline.Token) {
	h.add(throughline.EventOutcomeReceived, at, throughline.OutcomeReceived{Token: t, Name: name})
}

func fold(t *testing.T, s *learn.State, events ...throughline.Event) *learn.State {
	t.Helper()
	for _, e := range events {
		if err := learn.Step(s, e); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestStep(t *testing.T) {
	t.Parallel()
	const m = time.Minute
	type counts = []learn.Count
	for _, c := range []struct {
		sentence string
		tell     func(h *history, d throughline.Digest)
		want     counts
	}{
		{"a decision that was shown is a trial, and one with the goal's outcome a success", func(h *history, d throughline.Digest) {
			h.shown(0, token(d, 2, 1))
			h.shown(0, token(d, 2, 2))
			h.reached(m, "bought", token(d, 2, 1))
		}, counts{{}, {}, {Trials: 2, Successes: 1}, {}}},
		{"what comes twice counts once", func(h *history, d throughline.Digest) {
			for range 2 {
				h.shown(0, token(d, 0, 1))
				h.reached(m, "bought", token(d, 0, 1))
			}
		}, counts{{Trials: 1, Successes: 1}, {}, {}, {}}},
		{"another outcome than the goal's does not count", func(h *history, d throughline.Digest) {
			h.shown(0, token(d, 0, 1))
			h.reached(m, "scrolled", token(d, 0, 1))
		}, counts{{Trials: 1}, {}, {}, {}}},
		{"an outcome that comes before its exposure waits for it", func(h *history, d throughline.Digest) {
			h.reached(m, "bought", token(d, 3, 1))
			h.shown(0, token(d, 3, 1))
		}, counts{{}, {}, {}, {Trials: 1, Successes: 1}}},
		{"an outcome after the window does not count", func(h *history, d throughline.Digest) {
			h.shown(0, token(d, 0, 1))
			h.reached(window+m, "bought", token(d, 0, 1))
		}, counts{{Trials: 1}, {}, {}, {}}},
		{"recipients held out and fallbacks teach nothing", func(h *history, d throughline.Digest) {
			for _, arm := range []throughline.Arm{throughline.ArmHoldout, throughline.ArmFallback} {
				k := token(d, 0, uint64(arm))
				k.Arm = arm
				h.shown(0, k)
				h.reached(m, "bought", k)
			}
		}, make(counts, 4)},
		{"sums of another system are added", func(h *history, d throughline.Digest) {
			h.shown(0, token(d, 1, 1))
			h.add(throughline.EventExposureCounted, 0, throughline.ExposureCounted{
				Placement: "home", Key: twoByTwo().Key(1), Exposures: 100, Outcomes: 7,
			})
		}, counts{{}, {Trials: 101, Successes: 7}, {}, {}}},
		{"a second release with the same levels goes on counting, and tokens of both are understood", func(h *history, first throughline.Digest) {
			arms := twoByTwo()
			arms.Candidates = [][]uint16{{1, 1}, {0, 0}} // other positions
			second := h.publish("second", home("bought", arms))
			h.shown(0, token(first, 3, 1))
			h.shown(0, token(second, 0, 2))
			h.reached(m, "bought", token(first, 3, 1))
		}, counts{{}, {}, {}, {Trials: 2, Successes: 1}}},
		{"a level that means something else starts afresh", func(h *history, first throughline.Digest) {
			h.shown(0, token(first, 0, 1))
			arms := twoByTwo()
			arms.Levels[0][0] = "hello@2"
			second := h.publish("second", home("bought", arms))
			h.shown(0, token(second, 0, 2))
			h.shown(0, token(second, 2, 3))
		}, counts{{Trials: 1}, {}, {Trials: 1}, {}}},
		{"another goal starts afresh", func(h *history, first throughline.Digest) {
			h.shown(0, token(first, 0, 1))
			h.publish("second", home("subscribed", twoByTwo()))
		}, make(counts, 4)},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			var h history
			c.tell(&h, h.publish("first", home("bought", twoByTwo())))
			s := fold(t, learn.NewState(), h.events...)
			if d := cmp.Diff(c.want, s.Counts("home", twoByTwo())); d != "" {
				t.Error("(-want +got)", d)
			}
		})
	}
}

func TestStep_strange(t *testing.T) {
	t.Parallel()
	t.Run("a token of nowhere teaches nothing", func(t *testing.T) {
		var h history
		d := h.publish("first", home("bought", twoByTwo()))
		h.shown(0, token(throughline.DigestOf(nil), 0, 1))
		h.shown(0, token(d, 4, 2))
		lost := token(d, 0, 3)
		lost.Placement = 1
		h.reached(0, "bought", lost)
		if s := fold(t, learn.NewState(), h.events...); s.Learned() != 0 {
			t.Errorf("%d learned, want 0", s.Learned())
		}
	})
	broken := twoByTwo()
	broken.Candidates[1][0] = 7
	for sentence, e := range map[string]throughline.Event{
		"a payload cut short is corrupt":            {Type: throughline.EventExposureConfirmed, Data: []byte{1, 2}},
		"a candidate with a level of none is too":   {Type: throughline.EventSnapshotPublished, Data: throughline.EncodeData(throughline.SnapshotPublished{Placements: []throughline.CataloguedPlacement{home("x", broken)}})},
		"and more outcomes than exposures are also": {Type: throughline.EventExposureCounted, Data: []byte(`{"placement":"home","key":"a","exposures":1,"outcomes":2}`)},
	} {
		t.Run(sentence, func(t *testing.T) {
			s := learn.NewState()
			if err := learn.Step(s, e); throughline.CodeOf(err) != throughline.Corrupt {
				t.Errorf("got %v", err)
			}
			want, _ := learn.NewState().Marshal()
			if got, _ := s.Marshal(); !bytes.Equal(got, want) {
				t.Error("the state has changed")
			}
		})
	}
}

// randomHistory is a few hundred decisions with repeated and late messages, all
// recorded within the window.
func randomHistory(rng *rand.Rand) (published, messages []throughline.Event) {
	var h history
	one := h.publish("one", home("bought", twoByTwo()))
	two := h.publish("two", home("bought", twoByTwo()))
	published = h.events
	var g history
	for q := range uint64(300) {
		k := token([]throughline.Digest{one, two}[rng.IntN(2)], uint16(rng.IntN(4)), q)
		at := time.Duration(rng.Int64N(int64(20 * time.Minute)))
		for range 1 + rng.IntN(2) {
			g.shown(at, k)
		}
		for range rng.IntN(3) {
			g.reached(at+time.Duration(rng.Int64N(int64(2*window))), "bought", k)
		}
	}
	for i := range g.events {
		g.events[i].RecordedAt = noon.Add(time.Duration(i) * time.Second)
	}
	return published, g.events
}

func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		published, messages := randomHistory(rng)
		want := fold(t, fold(t, learn.NewState(), published...), messages...).Counts("home", twoByTwo())
		if n := want[0]; n.Trials < 40 || n.Successes == 0 || n.Successes == n.Trials {
			t.Fatalf("the events are not worth testing with: %+v", want)
		}
		for range 4 {
			rng.Shuffle(len(messages), func(i, j int) {
				messages[i], messages[j] = messages[j], messages[i]
				messages[i].RecordedAt, messages[j].RecordedAt = messages[j].RecordedAt, messages[i].RecordedAt
			})
			again := append(messages, messages[rng.IntN(len(messages))]) // and one comes twice
			got := fold(t, fold(t, learn.NewState(), published...), again...).Counts("home", twoByTwo())
			if d := cmp.Diff(want, got); d != "" {
				t.Fatal("in another order (-want +got)", d)
			}
		}
	}
}

func TestCheckpoint(t *testing.T) {
	t.Parallel()
	published, messages := randomHistory(rand.New(rand.NewPCG(3, 4)))
	var tail history
	tail.publish("three", home("subscribed", twoByTwo()), throughline.CataloguedPlacement{Name: "basket", Event: "bought", Arms: twoByTwo()})
	tail.add(throughline.EventExposureCounted, 0, throughline.ExposureCounted{Placement: "new", Key: "k", Exposures: 3, Outcomes: 1})
	events := append(append(published, messages...), tail.events...)
	whole, _ := fold(t, learn.NewState(), events...).Marshal()
	for _, cut := range []int{0, 1, 2, 3, len(events) / 2, len(events) - 1, len(events)} {
		saved, _ := fold(t, learn.NewState(), events[:cut]...).Marshal()
		s := learn.NewState()
		if err := s.Unmarshal(saved); err != nil {
			t.Fatal(err)
		}
		if got, _ := fold(t, s, events[cut:]...).Marshal(); !bytes.Equal(got, whole) {
			t.Errorf("from a checkpoint at %d of %d the bytes differ", cut, len(events))
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	t.Run("a thousand releases that change nothing take one catalogue", func(t *testing.T) {
		var h history
		for i := range 1000 {
			h.publish(string(rune(i)), home("bought", twoByTwo()))
		}
		b, _ := fold(t, learn.NewState(), h.events...).Marshal()
		if perRelease := len(b) / 1000; perRelease > 11 {
			t.Errorf("a release takes %d bytes", perRelease)
		}
	})
	t.Run("decisions are forgotten when their window is over", func(t *testing.T) {
		var h history
		d := h.publish("first", home("bought", twoByTwo()))
		for q := range uint64(20_000) {
			h.shown(time.Duration(q)*time.Second, token(d, uint16(q%4), q))
		}
		s := fold(t, learn.NewState(), h.events...)
		b, _ := s.Marshal()
		if len(b) > 6000*20 { // an hour and a half of one decision a second
			t.Errorf("the state has %d bytes", len(b))
		}
	})
}

func FuzzUnmarshal(f *testing.F) {
	published, messages := randomHistory(rand.New(rand.NewPCG(5, 6)))
	s := learn.NewState()
	for _, e := range append(published, messages[:40]...) {
		if err := learn.Step(s, e); err != nil {
			f.Fatal(err)
		}
	}
	saved, _ := s.Marshal()
	f.Add(saved)
	empty, _ := learn.NewState().Marshal()
	f.Add(empty)
	f.Fuzz(func(t *testing.T, b []byte) {
		s := learn.NewState()
		if err := s.Unmarshal(b); err != nil {
			if throughline.CodeOf(err) != throughline.Corrupt {
				t.Fatalf("the code is %s, want corrupt", throughline.CodeOf(err))
			}
			return
		}
		if again, _ := s.Marshal(); !bytes.Equal(again, b) {
			t.Fatal("the bytes that were read are written differently")
		}
		for _, e := range messages[:10] {
			if err := learn.Step(s, e); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestEpoch(t *testing.T) {
	t.Parallel()
	arms := twoByTwo()
	choices := func(levels []throughline.Level) (c []throughline.Choice) {
		for _, l := range levels {
			c = append(c, throughline.Choice{Level: l})
		}
		return c
	}
	placement := func(name string, p throughline.Policy, fixed int) throughline.SnapshotPlacement {
		return throughline.SnapshotPlacement{
			Name: name, Event: "bought", Policy: p, Fixed: fixed, Candidates: arms.Candidates,
			Slots: []throughline.SnapshotSlot{{Name: "headline", Choices: choices(arms.Levels[0])}, {Name: "cta", Choices: choices(arms.Levels[1])}},
		}
	}
	snapshot := &throughline.Snapshot{Placements: []throughline.SnapshotPlacement{
		placement("commit", throughline.Policy{Kind: throughline.ExploreThenCommit, Explore: 100}, -1),
		placement("fixed", throughline.Policy{Kind: throughline.Fixed}, 2),
		placement("learned", throughline.Policy{Kind: throughline.Learned}, -1),
		placement("new", throughline.Policy{Kind: throughline.Learned}, -1),
		placement("uniform", throughline.Policy{Kind: throughline.Uniform}, -1),
	}}
	var h history
	for _, name := range []string{"commit", "learned", "uniform"} {
		for c, outcomes := range []int64{20, 30, 25, 90} {
			h.add(throughline.EventExposureCounted, 0, throughline.ExposureCounted{Placement: name, Key: arms.Key(c), Exposures: 1000, Outcomes: outcomes})
		}
	}
	s := fold(t, learn.NewState(), h.events...)
	digest := throughline.DigestOf([]byte("s"))
	e, err := s.Epoch(7, snapshot, digest, 12, 34, 5)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := s.Epoch(7, snapshot, digest, 12, 34, 5)
	if e.Number != 7 || e.Snapshot != digest || e.Through != 12 || e.AsOf != 34 || !bytes.Equal(e.Encode(), again.Encode()) {
		t.Errorf("the epoch is %d, %v, %d, %d, or another the second time", e.Number, e.Snapshot, e.Through, e.AsOf)
	}
	draws := func(i int) (n, first int) {
		r := e.Placements[i]
		if r.Draws() == 0 {
			return 0, -1
		}
		return r.Draws(), r.At(0, 0)
	}
	for i, want := range [][2]int{{1, 3}, {1, 2}, {learn.DefaultDraws, 3}, {0, -1}, {0, -1}} {
		if n, first := draws(i); n != want[0] || first != want[1] {
			t.Errorf("placement %s has %d draws, the first for %d; want %d and %d", snapshot.Placements[i].Name, n, first, want[0], want[1])
		}
	}
	t.Run("explore-then-commit has no opinion before enough was explored", func(t *testing.T) {
		snapshot.Placements[0].Policy.Explore = 4001
		e, err := s.Epoch(7, snapshot, digest, 12, 34, 5)
		if err != nil || e.Placements[0].Draws() != 0 {
			t.Errorf("it has %d draws (%v)", e.Placements[0].Draws(), err)
		}
	})
	t.Run("an unknown policy is an error that names the placement", func(t *testing.T) {
		snapshot.Placements[1].Policy.Kind = "greedy"
		_, err := s.Epoch(7, snapshot, digest, 12, 34, 5)
		if err == nil || throughline.CodeOf(err) != throughline.Invalid || !bytes.Contains([]byte(err.Error()), []byte("Placement/fixed")) {
			t.Errorf("got %v", err)
		}
	})
}
