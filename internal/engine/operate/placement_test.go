package operate_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// TestPlacementShowsWhatWasPlanted serves people one of whose headlines is three
// times as good as the other, while both calls to action are alike: every
// combination is tried to a rhythm of its own, so that chance plants nothing.
func TestPlacementShowsWhatWasPlanted(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Run(t)
	e.Declare(t)
	const people = 1200
	shown := map[throughline.Arm]int64{}
	shownWith, reachedWith := map[throughline.Level]int64{}, map[throughline.Level]int64{}
	tried := map[[2]throughline.Level]int{}
	var outcomes int64
	var events []throughline.Event
	for i := range people {
		d := e.Decide(t, "home.hero", fmt.Sprint("visitor-", i), nil)
		shown[d.Arm]++
		events = append(events, e.Core.NewEvent(throughline.EventExposureConfirmed, throughline.ExposureConfirmed{Token: d.Token}, throughline.Actor{}, fmt.Sprint("x", i)))
		if d.Arm == throughline.ArmPolicy {
			shownWith[d.Levels["headline"]]++
		}
		every := 10
		if d.Levels["headline"] == "headline-short@1" {
			every = 3
		}
		pair := [2]throughline.Level{d.Levels["headline"], d.Levels["cta"]}
		if tried[pair]++; tried[pair]%every == 0 {
			outcomes++
			if d.Arm == throughline.ArmPolicy {
				reachedWith[d.Levels["headline"]]++
			}
			events = append(events, e.Core.NewEvent(throughline.EventOutcomeReceived, throughline.OutcomeReceived{Token: d.Token, Name: "Signed Up"}, throughline.Actor{}, fmt.Sprint("o", i)))
		}
	}
	if _, err := e.Core.Record.Journal.Append(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	head, err := e.Core.Record.Journal.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	enginetest.Eventually(t, "all is folded", func() bool { return e.Projection.Seq() >= head.Seq })
	p, err := e.Operate.Placement(t.Context(), "home.hero")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the effects find the better headline, and nothing in the call to action", func(t *testing.T) {
		effects := map[throughline.Level]operate.Effect{}
		for _, f := range p.Effects {
			effects[f.Level] = f
		}
		short, long := effects["headline-short@1"], effects["headline-long@1"]
		if short.Slot != "headline" || short.Text != "Less work" || short.Change.Low <= 0 || long.Change.High >= 0 {
			t.Errorf("headline-short changes %+v, headline-long %+v", short, long)
		}
		if short.Change.N != shownWith["headline-short@1"] || short.Change.Owner != "Ana Keller" {
			t.Errorf("headline-short has %+v, want n = %d", short.Change, shownWith["headline-short@1"])
		}
		// The square root of the ratio of the odds lies on each side of their mean;
		// less for being drawn toward none.
		odds := func(l throughline.Level) float64 {
			return float64(reachedWith[l]) / float64(shownWith[l]-reachedWith[l])
		}
		most := math.Sqrt(odds("headline-short@1")/odds("headline-long@1")) - 1
		if v := short.Change.Value; v < 0.5 || v > most {
			t.Errorf("headline-short changes the odds by %v, want from 0.5 to %v", v, most)
		}
		if try := effects["cta-try@1"].Change; try.Low > 0 || try.High < 0 {
			t.Errorf("cta-try changes %+v", try)
		}
	})
	t.Run("every grain of the course counts every delivery and outcome", func(t *testing.T) {
		if len(p.Courses) != 3 || p.Courses[0].Step.Std() != time.Minute || p.Courses[2].Step.Std() != 24*time.Hour {
			t.Fatalf("%d courses", len(p.Courses))
		}
		for _, c := range p.Courses {
			got, reached := map[throughline.Arm]int64{}, int64(0)
			for i := range c.At {
				for arm, r := range []operate.Rate{c.Learned[i], c.Holdout[i], c.Fallback[i]} {
					got[throughline.Arm(arm)] += r.Deliveries
					reached += r.Outcomes
					if r.Low > r.Value || r.Value > r.High {
						t.Errorf("%v is outside its interval: %+v", c.Step, r)
					}
				}
				for _, s := range c.Slots {
					sum := 0.0
					for _, v := range s.Values {
						sum += v.Shares[i]
					}
					if c.Learned[i].Deliveries > 0 && math.Abs(sum-1) > 1e-9 {
						t.Errorf("the shares of slot %s sum to %v", s.Slot, sum)
					}
				}
			}
			for arm, n := range shown {
				if got[arm] != n {
					t.Errorf("%v counts %d of %d deliveries of the %s", c.Step, got[arm], n, arm)
				}
			}
			if reached != outcomes {
				t.Errorf("%v counts %d of %d outcomes", c.Step, reached, outcomes)
			}
		}
	})
	t.Run("all variants are there, with the state in words", func(t *testing.T) {
		if len(p.Variants) != 4 || p.Earlier != (operate.Tally{}) || p.Line.State == "" {
			t.Errorf("%d variants, earlier %+v, state %q", len(p.Variants), p.Earlier, p.Line.State)
		}
	})
	t.Run("one that is not live is not found", func(t *testing.T) {
		_, err := e.Operate.Placement(t.Context(), "nowhere")
		want(t, err, throughline.NotFound)
	})
}
