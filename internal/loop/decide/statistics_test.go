package decide

import (
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/throughline-engine/throughline"
)

// chiSquare returns the p-value of counts against propensities, cells with few
// expected cases pooled.
func chiSquare(counts map[uint16]int, propensity map[uint16]float64, n int) float64 {
	var x, expectedRest, rest float64
	cells := 0
	seen := 0
	for c, p := range propensity {
		expected := p * float64(n)
		seen += counts[c]
		if expected < 10 {
			expectedRest += expected
			rest += float64(counts[c])
			continue
		}
		x += (float64(counts[c]) - expected) * (float64(counts[c]) - expected) / expected
		cells++
	}
	if expectedRest > 0 {
		x += (rest - expectedRest) * (rest - expectedRest) / expectedRest
		cells++
	}
	if seen != n || cells < 2 {
		return 0
	}
	return 1 - distuv.ChiSquared{K: float64(cells - 1)}.CDF(x)
}

// distributionOf asks the explanation for the chance of each candidate, for a
// unit in the given arm.
func distributionOf(t *testing.T, table *Table, context map[string]any, arm throughline.Arm) map[uint16]float64 {
	t.Helper()
	for i := range 10_000 {
		x, err := table.Explain(ask(unit(i), context), nil)
		if err != nil {
			t.Fatal(err)
		}
		if x.Arm != arm {
			continue
		}
		p := map[uint16]float64{}
		for _, o := range x.Options {
			p[uint16(o.Candidate)] = o.Propensity
		}
		return p
	}
	t.Fatalf("nobody is in arm %s", arm)
	return nil
}

const significant = 1e-4 // by chance once in 10,000 seeds; these are fixed

func TestServedFrequencies(t *testing.T) {
	t.Parallel()
	s := world(func(p *throughline.SnapshotPlacement) {
		p.Holdout = &throughline.Holdout{Share: 0.1, Serve: throughline.ServeUniform}
	})
	t.Run("before the first epoch", func(t *testing.T) {
		t.Parallel()
		checkFrequencies(t, compile(t, s, nil), 100_000)
	})
	t.Run("with learned rankings", func(t *testing.T) {
		t.Parallel()
		checkFrequencies(t, compile(t, s, learnedEpoch(s, 9)), 200_000)
	})
}

func checkFrequencies(t *testing.T, table *Table, units int) {
	t.Helper()
	context := everyone()
	counts := map[throughline.Arm]map[uint16]int{throughline.ArmPolicy: {}, throughline.ArmHoldout: {}}
	total := map[throughline.Arm]int{}
	weights := map[throughline.Arm]float64{}
	for i := range units {
		d := decide(t, table, ask(unit(i), context), nil)
		counts[d.Arm][d.Token.Candidate]++
		total[d.Arm]++
		weights[d.Arm] += 1 / d.Propensity
	}
	for _, arm := range []throughline.Arm{throughline.ArmPolicy, throughline.ArmHoldout} {
		name, _ := arm.MarshalText()
		p := distributionOf(t, table, context, arm)
		t.Run(string(name)+" serves each variant as often as its propensity says", func(t *testing.T) {
			if got := chiSquare(counts[arm], p, total[arm]); got < significant {
				t.Errorf("p = %.2g", got)
			}
		})
		t.Run(string(name)+" has a mean importance weight of one", func(t *testing.T) {
			// E[(1/p) / k] is 1 and its variance is sum(1/p)/k² - 1.
			k, second := float64(len(p)), 0.0
			for _, q := range p {
				second += 1 / q
			}
			mean := weights[arm] / k / float64(total[arm])
			sd := math.Sqrt(max(0, second/k/k-1) / float64(total[arm]))
			if math.Abs(mean-1) > 4*sd+1e-5 { // even weights differ by one part at most
				t.Errorf("mean weight %.4f, standard error %.4f", mean, sd)
			}
		})
	}
	t.Run("the holdout has its share", func(t *testing.T) {
		share, sd := float64(total[throughline.ArmHoldout])/float64(units), math.Sqrt(0.1*0.9/float64(units))
		if math.Abs(share-0.1) > 4*sd {
			t.Errorf("share %.4f, want 0.1 within %.4f", share, 4*sd)
		}
	})
	t.Run("a distribution that is off is found out", func(t *testing.T) {
		if table.Epoch() == 0 {
			t.Skip("all propensities are the same")
		}
		p := distributionOf(t, table, context, throughline.ArmPolicy)
		low, high := uint16(0), uint16(0)
		for c := range p {
			if p[c] < p[low] {
				low = c
			}
			if p[c] > p[high] {
				high = c
			}
		}
		p[low], p[high] = p[high], p[low]
		if got := chiSquare(counts[throughline.ArmPolicy], p, total[throughline.ArmPolicy]); got > significant {
			t.Errorf("two propensities were swapped and p = %.2g", got)
		}
	})
}

func TestSlotPropensities(t *testing.T) {
	t.Parallel()
	s := world(nil)
	for _, epoch := range []*throughline.Epoch{nil, learnedEpoch(s, 4)} {
		table := compile(t, s, epoch)
		for _, context := range []map[string]any{nil, everyone()} {
			p := distributionOf(t, table, context, throughline.ArmPolicy)
			bySlot := make([]map[throughline.Level]float64, 4)
			for k := range bySlot {
				bySlot[k] = map[throughline.Level]float64{}
			}
			for c, q := range p {
				for k, choice := range s.Placements[0].Candidates[c] {
					bySlot[k][s.Placements[0].Slots[k].Choices[choice].Level] += q
				}
			}
			seen := make([]map[throughline.Level]float64, 4)
			for k := range seen {
				seen[k] = map[throughline.Level]float64{}
			}
			for i := range 3000 {
				d := decide(t, table, ask(unit(i), context), nil)
				for k := range seen {
					slot := fmt.Sprintf("slot%d", k)
					level := d.Levels[slot]
					seen[k][level] = d.SlotPropensity[slot]
					if want := bySlot[k][level]; math.Abs(d.SlotPropensity[slot]-want) > 1e-12 {
						t.Fatalf("%s of %s is %v, its candidates sum to %v", level, slot, d.SlotPropensity[slot], want)
					}
				}
			}
			for k := range seen {
				sum := 0.0
				for _, q := range seen[k] {
					sum += q
				}
				if len(seen[k]) != len(bySlot[k]) || math.Abs(sum-1) > 1e-12 {
					t.Errorf("slot %d: %d of %d levels seen, propensities sum to %v", k, len(seen[k]), len(bySlot[k]), sum)
				}
			}
		}
	}
}

func TestHoldoutNeverMoves(t *testing.T) {
	t.Parallel()
	const units = 20_000
	holdout := func(share float64, scope throughline.HoldoutScope) func(*throughline.SnapshotPlacement) {
		return func(p *throughline.SnapshotPlacement) {
			p.Holdout = &throughline.Holdout{Share: share, Serve: throughline.ServeUniform, Scope: scope}
		}
	}
	out := func(t *testing.T, s *throughline.Snapshot, e *throughline.Epoch, placement string) []bool {
		table := compile(t, s, e)
		is := make([]bool, units)
		for i := range is {
			req := ask(unit(i), nil)
			req.Placement = placement
			is[i] = decide(t, table, req, nil).Arm == throughline.ArmHoldout
		}
		return is
	}
	both := func(a, b []bool) (n int) {
		for i := range a {
			if a[i] && b[i] {
				n++
			}
		}
		return n
	}
	s := world(holdout(0.1, throughline.ScopePlacement))
	before := out(t, s, nil, "home")
	share := both(before, before)
	t.Run("it is the same in every epoch and release", func(t *testing.T) {
		t.Parallel()
		later := world(holdout(0.1, throughline.ScopePlacement))
		later.Release, later.Placements[0].Slots[0].Choices[0].Text["en"] = 99, "reworded"
		after := out(t, later, learnedEpoch(later, 77), "home")
		if n := both(before, after); n != share || both(after, after) != share {
			t.Errorf("%d were held out, of those %d still are", share, n)
		}
	})
	t.Run("a larger share keeps everybody it had", func(t *testing.T) {
		t.Parallel()
		if n := both(before, out(t, world(holdout(0.3, throughline.ScopePlacement)), nil, "home")); n != share {
			t.Errorf("of %d held out, %d stayed", share, n)
		}
	})
	two := func(scope throughline.HoldoutScope) *throughline.Snapshot {
		s := world(holdout(0.1, scope))
		second := world(holdout(0.1, scope)).Placements[0]
		second.Name = "inbox"
		s.Placements = append(s.Placements, second)
		return s
	}
	t.Run("placements hold out independently", func(t *testing.T) {
		t.Parallel()
		s := two(throughline.ScopePlacement)
		n := float64(both(out(t, s, nil, "home"), out(t, s, nil, "inbox")))
		if want, sd := 0.01*units, math.Sqrt(0.01*units); math.Abs(n-want) > 4*sd {
			t.Errorf("%v are held out of both, by chance it would be %v", n, want)
		}
	})
	t.Run("the scope engine holds the same people out everywhere", func(t *testing.T) {
		t.Parallel()
		s := two(throughline.ScopeEngine)
		home, inbox := out(t, s, nil, "home"), out(t, s, nil, "inbox")
		if n := both(home, inbox); n != both(home, home) || n != both(inbox, inbox) {
			t.Errorf("%d and %d are held out, %d of both", both(home, home), both(inbox, inbox), n)
		}
	})
}

// TestBeyondTheCap asks with more signatures than are kept, on a table that has
// kept none and on one whose cap is used up by others.
func TestBeyondTheCap(t *testing.T) {
	t.Parallel()
	const audiences = 8
	s := world(func(p *throughline.SnapshotPlacement) {
		p.Sticky = throughline.StickyNone
		p.Holdout = &throughline.Holdout{Share: 0.2, Serve: throughline.ServeUniform}
	})
	s.Audiences = nil
	for a := range audiences {
		name := fmt.Sprintf("a%d", a)
		s.Audiences = append(s.Audiences, throughline.SnapshotAudience{Name: name, Rule: fmt.Sprintf("context.f%d == true", a)})
		s.Placements[0].Slots[a/4].Choices[a%4].Audience = name
	}
	s.Placements[0].Slots[0].Choices = append(s.Placements[0].Slots[0].Choices, piece("open-0"))
	s.Placements[0].Slots[1].Choices = append(s.Placements[0].Slots[1].Choices, piece("open-1"))
	s.Placements[0].Candidates = times(times(times(times([][]uint16{{}}, 5), 5), 3), 2)
	epoch := learnedEpoch(s, 6)
	context := func(mask int) map[string]any {
		m := map[string]any{}
		for a := range audiences {
			m[fmt.Sprintf("f%d", a)] = mask>>a&1 == 1
		}
		return m
	}
	full := compile(t, s, epoch)
	for mask := range 1 << audiences {
		decide(t, full, ask("u", context(mask)), nil)
	}
	if n := len(*full.static.placements[0].sets.Load()); n != signatureCap {
		t.Fatalf("%d sets are kept, want %d", n, signatureCap)
	}
	beyond := 0
	for mask := 1<<audiences - 1; mask >= 0; mask-- {
		fresh := compile(t, s, epoch)
		for i := range 8 {
			req := ask(unit(100*mask+i), context(mask))
			a, b := decide(t, full, req, nil), decide(t, fresh, req, nil)
			c := decide(t, fresh, req, nil) // now from the cache
			if a.ID != b.ID || a.Variant != b.Variant || a.ID != c.ID {
				t.Fatalf("signature %b: beyond the cap %+v, below it %+v", mask, a.Token, b.Token)
			}
			for slot, p := range a.SlotPropensity {
				if b.SlotPropensity[slot] != p || c.SlotPropensity[slot] != p {
					t.Fatalf("signature %b: slot %s has %v, %v, %v", mask, slot, p, b.SlotPropensity[slot], c.SlotPropensity[slot])
				}
			}
		}
		p := full.static.placements[0]
		if _, kept := (*p.sets.Load())[signature{audiences: full.matching(p.pieces, context(mask))}]; !kept {
			beyond++
		}
	}
	if beyond != 1<<audiences-signatureCap {
		t.Errorf("%d signatures were beyond the cap", beyond)
	}
}
