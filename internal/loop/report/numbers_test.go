package report_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/report"
	"github.com/throughline-engine/throughline/internal/stat"
)

// counts folds so many deliveries and outcomes of the two arms.
func counts(t *testing.T, policyN, policyK, holdoutN, holdoutK int) report.Placement {
	t.Helper()
	j := &journal{}
	j.release(1, first, 0)
	q := uint64(0)
	for _, a := range []struct {
		arm  throughline.Arm
		n, k int
	}{{policy, policyN, policyK}, {holdout, holdoutN, holdoutK}} {
		for i := range a.n {
			q++
			j.shown(hero(q, 0, a.arm, 1), time.Second)
			if i < a.k {
				j.reached(hero(q, 0, a.arm, 1), signedUp, time.Second)
			}
		}
	}
	p, _ := fold(t, j.events).Placement("home.hero", noon.Add(100*time.Second))
	return p
}

func TestUplift(t *testing.T) {
	t.Run("it is the policy's rate over the holdout's, less one", func(t *testing.T) {
		p := counts(t, 10_000, 1500, 2000, 200)
		u := p.Uplift
		if p.Thin != nil || math.Abs(u.Value-0.5) > 1e-12 || u.N != 12_000 || u.Owner != "Mara Lind" {
			t.Fatalf("uplift %+v, thin %+v, want 0.5 of 12000", u, p.Thin)
		}
		// Fieller's interval at one look is about 0.31 to 0.74; one that holds at
		// every look is wider, and still tells this uplift from none.
		if !(0 < u.Low && u.Low < 0.31 && 0.74 < u.High && u.High < 1.2) {
			t.Errorf("the interval is %v to %v", u.Low, u.High)
		}
	})
	t.Run("one outcome short it is refused, with the deliveries that are missing", func(t *testing.T) {
		p := counts(t, 10_000, 1500, 980, 49)
		want := &report.Thin{Arm: holdout, Have: 49, Need: 50, Unit: "outcomes", Deliveries: 20, Remaining: 2 * time.Second}
		if diff := cmp.Diff(want, p.Thin); diff != "" {
			t.Error(diff)
		}
		if p.Uplift.N != 0 {
			t.Errorf("uplift %+v", p.Uplift)
		}
	})
	t.Run("the policy can be the thin one", func(t *testing.T) {
		if p := counts(t, 400, 60, 2000, 200); p.Thin == nil || p.Thin.Arm != policy || p.Thin.Unit != "deliveries" || p.Thin.Deliveries != 100 {
			t.Errorf("thin %+v", p.Thin)
		}
	})
}

// TestUpliftHoldsAtEveryLook watches placements whose policy is no better than
// the holdout, and asks at many looks whether the interval excludes that. It
// must in at most one of twenty placements. The same watch over an interval made
// for one look must find that one wrong, or the watch proves nothing.
func TestUpliftHoldsAtEveryLook(t *testing.T) {
	const placements, looks, each = 200, 40, 500
	r := rand.New(rand.NewPCG(7, 8))
	var wrong, planted int
	for range placements {
		var a, b stat.Proportion
		var every, one bool
		for range looks {
			for range each {
				a.N++
				if r.Float64() < 0.1 {
					a.Successes++
				}
				if r.IntN(4) == 0 {
					b.N++
					if r.Float64() < 0.1 {
						b.Successes++
					}
				}
			}
			if b.Successes < report.MinOutcomes {
				continue
			}
			every = every || !report.Relative(a, b).Contains(0)
			// Wald's test of the difference at one look.
			far := 1.96 * math.Sqrt(a.Sample().Variance/float64(a.N)+b.Sample().Variance/float64(b.N))
			one = one || math.Abs(a.Rate()-b.Rate()) > far
		}
		if every {
			wrong++
		}
		if one {
			planted++
		}
	}
	t.Logf("false alarms in %d placements at %d looks: %d, with an interval for one look %d", placements, looks, wrong, planted)
	if wrong > placements/20 {
		t.Errorf("%d of %d placements showed an uplift that is not there", wrong, placements)
	}
	if planted <= placements/10 {
		t.Errorf("the watch finds only %d of %d wrong with an interval that peeking breaks", planted, placements)
	}
}
