package operate

import (
	"context"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/stat"
)

// Stand is how one placement stands: its line, and what only its own page shows.
type Stand struct {
	Line PlacementLine `json:"line"`
	// AsOf is the moment everything here is true of.
	AsOf time.Time `json:"asOf"`
	// Template is what its variants fill, Brief what it serves, Audience who gets
	// more than the fallback; the last two may be empty.
	Template string              `json:"template"`
	Brief    string              `json:"brief,omitempty"`
	Audience string              `json:"audience,omitempty"`
	Locales  throughline.Locales `json:"locales"`
	// Release and Snapshot are what is live.
	Release  int                `json:"release"`
	Snapshot throughline.Digest `json:"snapshot"`
	// Floor is the share that the policy spreads evenly, whatever was learned.
	Floor float64 `json:"floor,omitempty"`
	// Rates is the rate against the holdout's over time.
	Rates Rates `json:"rates"`
	// Effects are what each piece does in its slot; empty before the first trial.
	Effects []Effect `json:"effects,omitempty"`
	// Variants are those asked for, of Line.Total.
	Variants []VariantLine `json:"variants"`
}

// Rates are the rates of policy and holdout over time, in few enough moments for
// each to have something to say.
type Rates struct {
	// At are the beginnings of the moments, ascending; Until is the last one's end.
	At    []time.Time `json:"at,omitempty"`
	Until time.Time   `json:"until,omitzero"`
	// Policy and Holdout have one rate for each moment, with its interval; N is 0
	// where nothing was delivered.
	Policy  []throughline.Number `json:"policy,omitempty"`
	Holdout []throughline.Number `json:"holdout,omitempty"`
}

// Stand returns how a placement stands, with the variants from position after
// on, at most limit, the most served first. One that is not live is NotFound.
func (o *Operate) Stand(ctx context.Context, name string, after, limit int) (Stand, error) {
	d, err := o.declared(ctx)
	if err != nil {
		return Stand{}, err
	}
	whole, err := o.Placement(ctx, name)
	if err != nil {
		return Stand{}, err
	}
	p := d.snapshotPlacement(name)
	after = min(max(after, 0), len(whole.Variants))
	s := Stand{
		Line: whole.Line, AsOf: o.core.Now(), Template: p.Template, Brief: d.briefs[name], Audience: p.Audience,
		Locales: p.Locales, Release: d.snapshot.Release, Snapshot: d.digest, Floor: p.Policy.Floor,
		Effects: whole.Effects, Variants: whole.Variants[after:min(len(whole.Variants), after+limit)],
	}
	s.Rates = ratesOver(whole.Courses, s.Line.Owner.Name, s.AsOf)
	return s, nil
}

// moments is how many moments the rates over time have at most: more would each
// rest on too little.
const moments = 16

// ratesOver gathers the moments of the finest course that has a few of them, and
// reaches back as far as there is something, into few.
func ratesOver(courses []Course, owner string, now time.Time) Rates {
	r := Rates{}
	var c Course
	for _, next := range courses {
		if len(c.At) > 0 && (len(next.At) < 3 || !next.At[0].Before(c.At[0].Add(-time.Duration(next.Step)))) {
			break
		}
		c = next
	}
	if len(c.At) == 0 {
		return r
	}
	r.Until = c.At[len(c.At)-1].Add(time.Duration(c.Step))
	per := (len(c.At) + moments - 1) / moments
	for i := 0; i < len(c.At); i += per {
		to := min(len(c.At), i+per)
		r.At = append(r.At, c.At[i])
		r.Policy = append(r.Policy, rateOf(c.Learned[i:to], owner, now))
		r.Holdout = append(r.Holdout, rateOf(c.Holdout[i:to], owner, now))
	}
	return r
}

// rateOf is the rate of some moments together, with its Wilson interval.
func rateOf(parts []Rate, owner string, now time.Time) throughline.Number {
	n := throughline.Number{Unit: "ratio", Owner: owner, AsOf: now}
	outcomes := int64(0)
	for _, p := range parts {
		n.N += p.Deliveries
		outcomes += p.Outcomes
	}
	if n.N == 0 {
		return n
	}
	outcomes = min(outcomes, n.N)
	i := stat.Wilson(outcomes, n.N, confidence)
	n.Value, n.Low, n.High = float64(outcomes)/float64(n.N), i.Low, i.High
	return n
}
