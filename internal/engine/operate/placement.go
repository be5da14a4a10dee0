package operate

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/learn"
	"github.com/throughline-engine/throughline/internal/loop/report"
	"github.com/throughline-engine/throughline/internal/stat"
)

// Placement is what one placement serves, how it does and how that came.
type Placement struct {
	Line PlacementLine `json:"line"`
	// Slots hold what may fill them, Candidates the fillings that compete.
	Slots      []throughline.SnapshotSlot `json:"slots"`
	Candidates [][]uint16                 `json:"candidates"`
	// Variants are all that compete, those served most now first; the line has
	// only the first of them.
	Variants []VariantLine `json:"variants"`
	// Earlier is what was delivered of variants that no longer compete.
	Earlier Tally `json:"earlier"`
	// Effects say what each level does, slot by slot in template order. Slots
	// without a choice have none, and before the first trial there are none.
	Effects []Effect `json:"effects,omitempty"`
	// Courses are how it went by minutes, hours and days, in this order.
	Courses []Course `json:"courses"`
}

// Tally counts deliveries and the outcomes among them.
type Tally struct {
	Deliveries int64 `json:"deliveries"`
	Outcomes   int64 `json:"outcomes"`
}

// Effect is what filling a slot with one level does, by the belief that the
// policy learned draws from. Levels are believed to be alike until trials tell
// otherwise, so an effect of few trials is drawn toward none.
type Effect struct {
	Slot  string            `json:"slot"`
	Level throughline.Level `json:"level"`
	// Text is the level's in the default locale; empty where it leaves the slot
	// unfilled.
	Text string `json:"text,omitempty"`
	// Change is how much it changes the odds of an outcome, compared with the
	// average of its slot's levels: 0.1 is 10 % more. Where outcomes are rare it
	// is nearly the change of the rate. Low and High enclose it with 95 %, as far
	// as the model holds, at one look; N counts trials with the level, sums of
	// other systems included.
	Change throughline.Number `json:"change"`
}

// Course is how a placement went over time, at one grain. Moments in which
// nothing was delivered are left out; all lists have one entry for each of the
// others.
type Course struct {
	// Step is how long a moment lasts: 1m, 1h or 24h. Reach is how far back the
	// moments go: 2 hours, 14 days or 400 days.
	Step  throughline.Duration `json:"step"`
	Reach throughline.Duration `json:"reach"`
	// At are the beginnings of the moments, ascending.
	At []time.Time `json:"at"`
	// Learned, Holdout and Fallback are what was delivered in each moment and what
	// came of it by now: the latest still wait for outcomes until the goal's
	// window has passed.
	Learned  []Rate `json:"learned"`
	Holdout  []Rate `json:"holdout"`
	Fallback []Rate `json:"fallback"`
	// Slots say what the policy filled its deliveries with.
	Slots []SlotCourse `json:"slots,omitempty"`
}

// Rate is outcomes per delivery with its 95 % interval, Wilson's. Without
// deliveries it is unknown: 0, from 0 to 1.
type Rate struct {
	Tally
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// SlotCourse is how the policy's deliveries were shared among what fills a slot.
type SlotCourse struct {
	Slot string `json:"slot"`
	// Values are at most eight; what their shares leave to 1 went to others. Each
	// keeps its place for as long as it is among them.
	Values []ValueCourse `json:"values"`
}

// ValueCourse is one level's part of the deliveries over time.
type ValueCourse struct {
	Level throughline.Level `json:"level"`
	// Text is empty for a level that no longer competes.
	Text string `json:"text,omitempty"`
	// Deliveries are the policy's with it over the whole course.
	Deliveries int64 `json:"deliveries"`
	// Shares are 0 to 1, one for each moment; 0 where the policy delivered
	// nothing.
	Shares []float64 `json:"shares"`
}

// Placement returns one placement of what is live.
func (o *Operate) Placement(ctx context.Context, name string) (Placement, error) {
	d, err := o.declared(ctx)
	if err != nil {
		return Placement{}, err
	}
	p := d.snapshotPlacement(name)
	if p.Name == "" {
		return Placement{}, throughline.Errorf(throughline.NotFound, "there is no placement %q live", name).WithFix("list them with: throughline get Placement")
	}
	now := o.core.Now()
	out := Placement{Slots: p.Slots, Candidates: p.Candidates}
	var stands report.Placement
	var series []report.Course
	o.projection.Reported(func(s *report.State) {
		stands, _ = s.Placement(name, now)
		series, _ = s.Series(name, now)
	})
	out.Line = d.placement(p, stands)
	describePlacement(&out.Line)
	owner := d.person(p.Owner)
	for _, v := range stands.Variants {
		candidate, ok := d.candidates[name][v.Key]
		if !ok {
			out.Earlier.Deliveries += v.Total.Deliveries
			out.Earlier.Outcomes += v.Total.Outcomes
			continue
		}
		out.Variants = append(out.Variants, d.variant(p, candidate, v, owner))
	}
	if len(out.Variants) > 0 && len(out.Line.Variants) > 0 {
		out.Variants[0].Best = out.Line.Variants[0].Best
	}
	texts := textsOf(p)
	for _, c := range series {
		out.Courses = append(out.Courses, courseOf(c, texts))
	}
	out.Effects, err = o.effects(d, p, texts, now)
	return out, err
}

// slotTexts are the texts of a placement's levels in the default locale.
type slotTexts map[[2]string]string // by slot and level

func textsOf(p *throughline.SnapshotPlacement) slotTexts {
	texts := slotTexts{}
	for _, s := range p.Slots {
		for _, c := range s.Choices {
			texts[[2]string{s.Name, string(c.Level)}] = c.Says(p.Locales.Default)
		}
	}
	return texts
}

func courseOf(c report.Course, texts slotTexts) Course {
	out := Course{
		Step: throughline.Duration(c.Step), Reach: throughline.Duration(c.Reach), At: c.At,
		Learned: rates(c.Policy), Holdout: rates(c.Holdout), Fallback: rates(c.Fallback),
	}
	for _, s := range c.Slots {
		slot := SlotCourse{Slot: s.Slot}
		for _, v := range s.Values {
			slot.Values = append(slot.Values, ValueCourse{v.Level, texts[[2]string{s.Slot, string(v.Level)}], v.Deliveries, v.Shares})
		}
		out.Slots = append(out.Slots, slot)
	}
	return out
}

func rates(tallies []report.Tally) []Rate {
	out := make([]Rate, len(tallies))
	for i, t := range tallies {
		interval := stat.Wilson(t.Outcomes, t.Deliveries, confidence)
		out[i] = Rate{Tally: Tally{t.Deliveries, t.Outcomes}, Low: interval.Low, High: interval.High}
		if t.Deliveries > 0 {
			out[i].Value = float64(t.Outcomes) / float64(t.Deliveries)
		}
	}
	return out
}

const (
	confidence = 0.95
	// beliefAge is how old effects may be when they are shown: a belief about a
	// thousand variants takes a tenth of a second to compute.
	beliefAge = 5 * time.Second
)

// beliefs keeps the effects computed last. One at a time is computed, so that
// many readers cost no more than one.
type beliefs struct {
	mu sync.Mutex
	of map[string]belief // by placement
}

type belief struct {
	digest  throughline.Digest // of the snapshot
	at      time.Time
	effects []Effect
}

// effects returns what each level of a placement does.
func (o *Operate) effects(d *declared, p *throughline.SnapshotPlacement, texts slotTexts, now time.Time) ([]Effect, error) {
	o.beliefs.mu.Lock()
	defer o.beliefs.mu.Unlock()
	known := o.beliefs.of[p.Name]
	if age := now.Sub(known.at); known.digest == d.digest && age >= 0 && age < beliefAge {
		return known.effects, nil
	}
	arms := p.Arms()
	var counts []learn.Count
	o.projection.Learned(func(s *learn.State, _ uint64, _ time.Time) { counts = s.Counts(p.Name, arms) })
	trials := trialsByLevel(arms, counts)
	if trials == nil {
		return nil, nil
	}
	posterior, err := learn.Fit(arms, counts, learn.DefaultPrior())
	if err != nil {
		return nil, err
	}
	fresh := belief{digest: d.digest, at: now}
	for _, e := range posterior.Effects(confidence) {
		key := [2]string{e.Slot, string(e.Level)}
		fresh.effects = append(fresh.effects, Effect{
			Slot: e.Slot, Level: e.Level, Text: texts[key],
			Change: throughline.Number{
				Value: math.Expm1(e.Mean), Low: math.Expm1(e.Interval.Low), High: math.Expm1(e.Interval.High),
				Unit: "ratio", N: trials[key], Owner: d.person(p.Owner).Name, AsOf: now,
			},
		})
	}
	if o.beliefs.of == nil {
		o.beliefs.of = map[string]belief{}
	}
	o.beliefs.of[p.Name] = fresh
	return fresh.effects, nil
}

// trialsByLevel sums the candidates' trials by slot and level; nil when there are
// none.
func trialsByLevel(arms throughline.Arms, counts []learn.Count) map[[2]string]int64 {
	var all int64
	trials := map[[2]string]int64{}
	for c, levels := range arms.Candidates {
		all += counts[c].Trials
		for s, l := range levels {
			trials[[2]string{arms.Slots[s], string(arms.Levels[s][l])}] += counts[c].Trials
		}
	}
	if all == 0 {
		return nil
	}
	return trials
}
