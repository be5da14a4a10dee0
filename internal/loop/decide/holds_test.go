package decide

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
)

func sticky(kind throughline.Stickiness) func(*throughline.SnapshotPlacement) {
	return func(p *throughline.SnapshotPlacement) { p.Sticky = kind }
}

func at(req throughline.Request, later time.Duration) throughline.Request {
	req.At = req.At.Add(later)
	return req
}

// moved returns how many of the units get another variant from next than from
// held, or another decision id.
func moved(t *testing.T, next *Table, held Held, first []throughline.Decision, later time.Duration) (n int) {
	t.Helper()
	for i, was := range first {
		d := decide(t, next, at(ask(unit(i), everyone()), later), held)
		if d.ID != was.ID || d.Token != was.Token || d.Levels["slot0"] != was.Levels["slot0"] {
			n++
		}
	}
	return n
}

func firsts(t *testing.T, table *Table, held Held, units int) []throughline.Decision {
	t.Helper()
	var first []throughline.Decision
	for i := range units {
		first = append(first, decide(t, table, ask(unit(i), everyone()), held))
	}
	return first
}

func TestStickiness(t *testing.T) {
	t.Parallel()
	const units = 300
	for _, c := range []struct {
		sentence string
		kind     throughline.Stickiness
		later    time.Duration
		moves    bool
	}{
		{"a session holds across an epoch", throughline.StickySession, 29 * time.Minute, false},
		{"a session ends after half an hour without a request", throughline.StickySession, 31 * time.Minute, true},
		{"a recipient's choice holds for a year", throughline.StickyRecipient, 365 * 24 * time.Hour, false},
		{"none chooses anew in every epoch", throughline.StickyNone, time.Second, true},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			s := world(sticky(c.kind))
			held, one := NewHolds(10_000), compile(t, s, learnedEpoch(s, 1))
			first := firsts(t, one, held, units)
			two, err := one.With(learnedEpoch(s, 2))
			if err != nil {
				t.Fatal(err)
			}
			if n := moved(t, two, held, first, c.later); (n > units/2) != c.moves || !c.moves && n > 0 {
				t.Errorf("%d of %d moved", n, units)
			}
		})
	}
	t.Run("each request makes a session last longer", func(t *testing.T) {
		t.Parallel()
		s := world(sticky(throughline.StickySession))
		held, one := NewHolds(10_000), compile(t, s, learnedEpoch(s, 1))
		first := firsts(t, one, held, units)
		two := compile(t, s, learnedEpoch(s, 2))
		for m := 20; m <= 120; m += 20 {
			if n := moved(t, two, held, first, time.Duration(m)*time.Minute); n > 0 {
				t.Fatalf("%d moved after %d minutes", n, m)
			}
		}
	})
	t.Run("a repeat has the first decision's propensities", func(t *testing.T) {
		t.Parallel()
		s := world(sticky(throughline.StickySession))
		held, one := NewHolds(10_000), compile(t, s, learnedEpoch(s, 1))
		first := firsts(t, one, held, units)
		two := compile(t, s, learnedEpoch(s, 2))
		for i, was := range first {
			d := decide(t, two, ask(unit(i), everyone()), held)
			if !d.Held || d.Epoch != 1 || d.AsOf != 0 || was.Held {
				t.Fatalf("held %v, epoch %d, as of %d", d.Held, d.Epoch, d.AsOf)
			}
			if diff := cmp.Diff(was.SlotPropensity, d.SlotPropensity); diff != "" || d.Propensity != was.Propensity {
				t.Fatal(diff)
			}
		}
	})
}

func TestStickinessAcrossReleases(t *testing.T) {
	t.Parallel()
	const units = 400
	type edit = func(*throughline.SnapshotPlacement)
	release := func(t *testing.T, change edit) (*Table, *Holds, []throughline.Decision) {
		s := world(sticky(throughline.StickyRecipient))
		held := NewHolds(10_000)
		first := firsts(t, compile(t, s, learnedEpoch(s, 1)), held, units)
		next := world(func(p *throughline.SnapshotPlacement) {
			p.Sticky = throughline.StickyRecipient
			change(p)
		})
		next.Release++
		return compile(t, next, learnedEpoch(next, 2)), held, first
	}
	t.Run("a new order of candidates and a typo fix move nobody", func(t *testing.T) {
		t.Parallel()
		next, held, first := release(t, func(p *throughline.SnapshotPlacement) {
			rand.New(rand.NewPCG(1, 1)).Shuffle(len(p.Candidates), func(i, j int) {
				p.Candidates[i], p.Candidates[j] = p.Candidates[j], p.Candidates[i]
			})
			p.Slots[0].Choices[0].Digest = throughline.DigestOf([]byte("typo fixed"))
			p.Slots[0].Choices[0].Text = map[string]string{"en": "typo fixed", "de": "behoben", "de-AT": "behoben"}
		})
		if n := moved(t, next, held, first, 0); n > 0 {
			t.Errorf("%d moved", n)
		}
		for i, was := range first {
			if was.Levels["slot0"] == "piece-0-0@1" {
				if d := decide(t, next, ask(unit(i), everyone()), held); d.Values["slot0"] != "typo fixed" || d.Variant == was.Variant {
					t.Fatalf("the held variant shows %q", d.Values["slot0"])
				}
			}
		}
	})
	for _, c := range []struct {
		sentence string
		change   edit
	}{
		{"only those who hold an erased piece are decided anew", func(p *throughline.SnapshotPlacement) {
			var left [][]uint16
			for _, f := range p.Candidates {
				if f[0] != 0 {
					left = append(left, f)
				}
			}
			p.Candidates = left
		}},
		{"a new meaning of a piece lets go of its holds", func(p *throughline.SnapshotPlacement) { p.Slots[0].Choices[0].Level = "piece-0-0@2" }},
		{"a piece that the recipient may no longer see is let go", func(p *throughline.SnapshotPlacement) {
			p.Slots[0].Choices[0].Audience = "retired"
		}},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			t.Parallel()
			next, held, first := release(t, c.change)
			for i, was := range first {
				d := decide(t, next, ask(unit(i), everyone()), held)
				if gone := was.Levels["slot0"] == "piece-0-0@1"; d.Held == gone || d.Levels["slot0"] == "piece-0-0@1" {
					t.Fatalf("held %s: held again %v with %s", was.Levels["slot0"], d.Held, d.Levels["slot0"])
				}
				if again := decide(t, next, ask(unit(i), everyone()), held); !again.Held || again.ID != d.ID {
					t.Fatal("the new decision is not held")
				}
			}
		})
	}
	t.Run("who comes to be held out leaves what the policy gave", func(t *testing.T) {
		t.Parallel()
		next, held, first := release(t, func(p *throughline.SnapshotPlacement) {
			p.Holdout = &throughline.Holdout{Share: 0.5, Serve: throughline.ServeUniform}
		})
		out := 0
		for i := range first {
			if d := decide(t, next, ask(unit(i), everyone()), held); d.Arm == throughline.ArmHoldout {
				out++
			} else if !d.Held {
				t.Fatal("who stays with the policy is not held")
			}
		}
		if out < units/3 {
			t.Errorf("%d of %d are held out", out, units)
		}
	})
	t.Run("a hold restored from token and key alone stands", func(t *testing.T) {
		t.Parallel()
		next, _, first := release(t, func(*throughline.SnapshotPlacement) {})
		old := world(sticky(throughline.StickyRecipient))
		arms := old.Placements[0].Arms()
		restored := NewHolds(10_000)
		for i, was := range first {
			restored.Put(HoldKey{UnitHash(unit(i)), "home"}, Hold{Token: was.Token, Key: arms.Key(int(was.Token.Candidate))}, noon)
		}
		if n := moved(t, next, restored, first, 0); n > 0 {
			t.Errorf("%d moved", n)
		}
		if d := decide(t, next, ask(unit(0), everyone()), restored); d.SlotPropensity != nil {
			t.Error("slot propensities were made up")
		}
	})
}

func TestExplainLeavesHoldsAlone(t *testing.T) {
	t.Parallel()
	s := world(sticky(throughline.StickySession))
	held, table := NewHolds(100), compile(t, s, learnedEpoch(s, 1))
	if _, err := table.Explain(ask("u", nil), held); err != nil {
		t.Fatal(err)
	}
	if n, _ := held.Len(); n != 0 {
		t.Error("explaining held a decision")
	}
	d := decide(t, table, ask("u", nil), held)
	x, err := table.Explain(at(ask("u", nil), 29*time.Minute), held)
	if err != nil || !x.Held || x.DecisionID != d.ID {
		t.Errorf("explained %v as held %v, %v", x.DecisionID, x.Held, err)
	}
	if d := decide(t, table, at(ask("u", nil), 31*time.Minute), held); d.Held {
		t.Error("explaining made the session last longer")
	}
}

func latest(before, now time.Time, held bool) time.Time {
	if held && before.After(now) {
		return before
	}
	return now
}

// TestHoldsAgainstAMap puts and gets at random and compares with a plain map
// and list that do the same the slow way.
func TestHoldsAgainstAMap(t *testing.T) {
	t.Parallel()
	const capacity = 5
	rng := rand.New(rand.NewPCG(5, 6))
	held := NewHolds(capacity * holdShards)
	var order []HoldKey // of one shard, the longest idle first
	values, last := map[HoldKey]uint64{}, map[HoldKey]time.Time{}
	drop := func(key HoldKey) {
		for i, k := range order {
			if k == key {
				order = append(order[:i:i], order[i+1:]...)
			}
		}
	}
	clock, evicted := noon, int64(0)
	for step := range 20_000 {
		clock = clock.Add(time.Duration(rng.IntN(500)) * time.Second)
		now := clock.Add(-time.Duration(rng.IntN(1000)) * time.Second) // requests overtake each other
		key := HoldKey{Unit: holdShards * rng.Uint64N(8), Placement: fmt.Sprint(rng.IntN(2))}
		switch rng.IntN(10) {
		case 0:
			dropped := 0
			for _, placement := range []string{"0", "1"} {
				if _, ok := values[HoldKey{key.Unit, placement}]; ok {
					drop(HoldKey{key.Unit, placement})
					delete(values, HoldKey{key.Unit, placement})
					dropped++
				}
			}
			if got := held.Forget(key.Unit); got != dropped {
				t.Fatalf("step %d: forgot %d, want %d", step, got, dropped)
			}
		case 1, 2, 3:
			if _, ok := values[key]; !ok && len(order) == capacity {
				delete(values, order[0])
				order = order[1:]
				evicted++
			}
			_, there := values[key]
			drop(key)
			order, values[key], last[key] = append(order, key), uint64(step), latest(last[key], now, there)
			held.Put(key, Hold{Token: throughline.Token{Question: uint64(step)}}, now)
		default:
			want, ok := values[key]
			if ok && now.Sub(last[key]) > SessionIdle {
				drop(key)
				delete(values, key)
				want, ok = 0, false
			}
			if ok {
				drop(key)
				order, last[key] = append(order, key), latest(last[key], now, true)
			}
			if got, there := held.Get(key, now, SessionIdle); there != ok || got.Token.Question != want {
				t.Fatalf("step %d: got %d, %v, want %d, %v", step, got.Token.Question, there, want, ok)
			}
		}
		if n, gone := held.Len(); n != len(order) || gone != evicted {
			t.Fatalf("step %d: %d held, %d gave way; want %d, %d", step, n, gone, len(order), evicted)
		}
	}
	if evicted == 0 {
		t.Error("nothing ever gave way")
	}
}

func TestHoldsTogether(t *testing.T) {
	t.Parallel()
	held := NewHolds(256)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(g), 0))
			for range 3000 {
				key := HoldKey{Unit: rng.Uint64N(1000), Placement: "home"}
				if h, ok := held.Get(key, noon, 0); ok && h.Token.Question != key.Unit {
					t.Errorf("unit %d got the hold of %d", key.Unit, h.Token.Question)
				}
				held.Put(key, Hold{Token: throughline.Token{Question: key.Unit}}, noon)
				if rng.IntN(50) == 0 {
					held.Forget(key.Unit)
				}
			}
		})
	}
	all.Wait()
	if n, _ := held.Len(); n > 256 {
		t.Errorf("%d are held, the capacity is 256", n)
	}
}

func TestHoldsPutIfAbsent(t *testing.T) {
	holds, key, at := NewHolds(64), HoldKey{Unit: 1, Placement: "p"}, time.Unix(1, 0)
	for i, want := range []bool{true, false} {
		if put := holds.PutIfAbsent(key, Hold{Key: fmt.Sprint(i)}, at); put != want {
			t.Errorf("put %d: %v", i, put)
		}
	}
	if got, ok := holds.Peek(key, at, 0); !ok || got.Key != "0" {
		t.Errorf("what was there gave way to %+v", got)
	}
}
