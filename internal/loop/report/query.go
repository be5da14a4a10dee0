package report

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/throughline-engine/throughline"
)

// Placement is how one placement does.
type Placement struct {
	Name     string
	Owner    string
	Goal     string
	Template string
	Policy   throughline.PolicyKind
	// Live is false for a placement that the latest release no longer has.
	Live bool
	// Total is everything; Arms are its parts, by throughline.Arm.
	Total Tally
	Arms  [3]Arm
	// Uplift is the policy's rate over the holdout's, less 1: 0.31 is 31 % more.
	// With Thin set it has no value and N is 0.
	Uplift throughline.Number
	Thin   *Thin
	// Recent is how many of the policy's latest deliveries the variants' shares
	// rest on.
	Recent int64
	// Variants are those of the latest release, the most served first, then
	// earlier ones that were delivered.
	Variants []Variant
	Curve    Curve
	// Evicted counts decisions forgotten before their window closed because too
	// many were open: outcomes of theirs that came later are missing.
	Evicted uint64
}

// Arm is one part of a placement's traffic.
type Arm struct {
	Tally
	Rate throughline.Number
}

// Variant is one candidate of a placement.
type Variant struct {
	// Key is Arms.Key, the same across releases; ID the variant's in the default
	// locale.
	Key string
	ID  throughline.VariantID
	// Candidate is its position in the latest snapshot; -1 when it is no longer
	// in it.
	Candidate int
	// Levels are what fills its slots, in template order.
	Levels []throughline.Level
	// Total holds all arms; Policy and Holdout are its parts.
	Total, Policy, Holdout Tally
	// Rate is that of Total. Where a policy chose by what it saw, the rates of
	// variants are biased a little downwards; the placement's own are not.
	Rate throughline.Number
	// Share is the part of the policy's deliveries it gets now, Before the part
	// it had at the beginning of the Curve; 0 to 1.
	Share, Before float64
}

// Places returns the names of all placements that were ever live, ascending.
func (s *State) Places() []string {
	names := make([]string, 0, len(s.places))
	for name := range s.places {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Evicted returns how many decisions of all placements were forgotten before
// their window closed; see Placement.
func (s *State) Evicted() uint64 {
	var n uint64
	for _, p := range s.places {
		n += p.trials.Counts().Evicted
	}
	return n
}

// Placement returns how a placement stands, and false for one never released.
func (s *State) Placement(name string, now time.Time) (Placement, bool) {
	p := s.places[name]
	if p == nil {
		return Placement{}, false
	}
	out := Placement{
		Name: name, Owner: p.owner, Goal: p.goal, Template: p.template, Policy: p.policy,
		Live: p.live, Evicted: p.trials.Counts().Evicted,
	}
	for a, t := range p.arms {
		out.Arms[a] = Arm{Tally: exported(t), Rate: rate(t, p.owner, now)}
		out.Total.Deliveries += t.deliveries
		out.Total.Outcomes += t.outcomes
	}
	out.Uplift, out.Thin = p.uplift(now)
	served, recent := p.latest(now)
	out.Recent = recent
	out.Variants = s.variants(p, shares(served, recent), now)
	out.Curve = p.curve(out.Variants, now)
	return out, true
}

func exported(t tally) Tally { return Tally{t.deliveries, t.outcomes} }

// variants returns the placement's candidates, live ones first.
func (s *State) variants(p *placement, share []float64, now time.Time) []Variant {
	var out []Variant
	listed := make([]bool, len(p.candidates))
	if it := s.liveItem(p.name); it != nil {
		for c := range it.keys {
			v := Variant{Key: it.keys[c], ID: throughline.VariantID(it.variants[c]), Candidate: c}
			if i, ok := p.position[v.Key]; ok {
				p.fill(&v, i, share)
				listed[i] = true
			}
			out = append(out, v)
		}
	}
	for i, k := range p.candidates {
		if !listed[i] {
			v := Variant{Key: k.key, ID: throughline.VariantID(k.variant), Candidate: -1}
			p.fill(&v, i, share)
			out = append(out, v)
		}
	}
	for i := range out {
		v := &out[i]
		v.Levels = levels(v.Key)
		v.Rate = rate(tally{v.Total.Deliveries, v.Total.Outcomes}, p.owner, now)
	}
	slices.SortStableFunc(out, func(a, b Variant) int {
		return cmp.Or(
			-cmp.Compare(min(a.Candidate, 0), min(b.Candidate, 0)),
			-cmp.Compare(a.Share, b.Share),
			-cmp.Compare(a.Total.Deliveries, b.Total.Deliveries),
		)
	})
	return out
}

func (s *State) liveItem(name string) *item {
	if c := s.latest(); c != nil {
		return c.item(name)
	}
	return nil
}

func (p *placement) fill(v *Variant, i int, share []float64) {
	c := &p.candidates[i]
	v.Total = exported(c.total())
	v.Policy = exported(c.arms[throughline.ArmPolicy])
	v.Holdout = exported(c.arms[throughline.ArmHoldout])
	if i < len(share) {
		v.Share = share[i]
	}
}

// levels takes a key apart; see throughline.Arms.Key.
func levels(key string) []throughline.Level {
	out := []throughline.Level{""}
	for _, r := range []byte(key) {
		if r == '|' {
			out = append(out, "")
			continue
		}
		out[len(out)-1] += throughline.Level(r)
	}
	return out
}

const (
	// shareOf is how many of the latest deliveries a share is computed from: few
	// enough to follow, enough to be steady. The last half hour is enough when it
	// has a sixth of them; otherwise whole hours are taken, as far back as needed.
	shareOf  = 300
	fineOfIt = shareOf / 6
	// maxMoments and maxSeries bound what a chart can show.
	maxMoments = 120
	maxSeries  = 5
	// youngFor is how long a placement's curve is drawn from the fine blocks:
	// fewer hours than these are no curve.
	youngFor = 6 * hour
)

// latest counts the policy's latest deliveries, by candidate and together.
func (p *placement) latest(now time.Time) ([]int64, int64) {
	if f := p.fine.blocks; len(f) > 0 && now.Sub(time.UnixMilli(f[len(f)-1].index*p.fine.width)) <= keepTick*tick {
		if sum, total := p.served(f); total >= fineOfIt {
			return sum, total
		}
	}
	return p.served(p.hours.blocks)
}

// served sums the last of some blocks until there are enough for a share.
func (p *placement) served(blocks []block) (sum []int64, total int64) {
	sum = make([]int64, len(p.candidates))
	for i := len(blocks) - 1; i >= 0 && total < shareOf; i-- {
		for c, n := range blocks[i].served {
			sum[c] += n
			total += n
		}
	}
	return sum, total
}

func shares(sum []int64, total int64) []float64 {
	out := make([]float64, len(sum))
	for i, n := range sum {
		out[i] = float64(n) / float64(max(total, 1))
	}
	return out
}

// Curve is how a placement went over time, in at most 120 moments: its last half
// hour until it has run for some hours, then its last 30 days.
type Curve struct {
	// At are the beginnings of the moments, ascending; each lasts Step. Moments
	// without a delivery by the policy are left out.
	At   []time.Time
	Step time.Duration
	// Series are the candidates of the latest release that cover the most of the
	// chart, and the one that leads now: who led once stays to be seen. There are
	// at most five; what they leave to 1 went to the others. Each keeps its place
	// in the list for as long as it is in it, so that colours do not jump.
	Series []Series
	// Policy and Holdout are what was delivered in each moment, and what came of
	// it.
	Policy, Holdout []Tally
	// Releases are those that changed the placement's variants.
	Releases []ReleaseMark
}

// Series is one candidate's part of the policy's deliveries in each moment.
type Series struct {
	Key    string
	Shares []float64
}

// ReleaseMark says when a release went live.
type ReleaseMark struct {
	Number int
	At     time.Time
}

// curve draws the placement's course and notes in each variant where it began.
func (p *placement) curve(variants []Variant, now time.Time) Curve {
	s := &p.hours
	if now.Sub(p.hours.start()) < youngFor {
		s = &p.fine
	}
	moments, step := s.moments(now.UnixMilli())
	c := Curve{Step: time.Duration(step) * time.Millisecond}
	for _, m := range p.changed {
		c.Releases = append(c.Releases, ReleaseMark{m.release, time.UnixMilli(m.at).UTC()})
	}
	parts := make([][]float64, len(variants)) // by variant, then moment
	for n, m := range moments {
		c.At = append(c.At, time.UnixMilli(m.index*step).UTC())
		c.Policy = append(c.Policy, exported(m.arms[throughline.ArmPolicy]))
		c.Holdout = append(c.Holdout, exported(m.arms[throughline.ArmHoldout]))
		share := shares(m.served, m.arms[throughline.ArmPolicy].deliveries)
		for i := range variants {
			k, ok := p.position[variants[i].Key]
			if !ok || k >= len(share) {
				k = -1
			}
			part := 0.0
			if k >= 0 {
				part = share[k]
			}
			if n == 0 {
				variants[i].Before = part
			}
			parts[i] = append(parts[i], part)
		}
	}
	for _, i := range seats(variants, parts, len(moments)) {
		c.Series = append(c.Series, Series{Key: variants[i].Key, Shares: parts[i]})
	}
	return c
}

// seats returns which variants a chart draws, by their position. It goes through
// the moments as they came: whoever covers more of the chart so far than
// somebody seated takes exactly that seat, and all others keep theirs.
func seats(variants []Variant, parts [][]float64, moments int) []int {
	if len(variants) == 0 || moments == 0 {
		return nil
	}
	area := make([]float64, len(variants))
	var seated []int
	for n := range moments {
		for i := range variants {
			if variants[i].Candidate >= 0 {
				area[i] += parts[i][n]
			}
		}
		if n == moments-1 && area[0] > 0 {
			area[0] = math.Inf(1) // it leads now
		}
		seated = reseat(seated, largest(area, maxSeries))
	}
	return seated
}

// reseat gives the seats of those who are not in next to those who are new in
// it, in its order.
func reseat(seated, next []int) []int {
	arrived := slices.DeleteFunc(slices.Clone(next), func(i int) bool { return slices.Contains(seated, i) })
	for s, i := range seated {
		if !slices.Contains(next, i) && len(arrived) > 0 {
			seated[s], arrived = arrived[0], arrived[1:]
		}
	}
	return append(seated, arrived...)
}

// largest returns the positions of the n largest values above 0, the largest
// first, ties in their order.
func largest(values []float64, n int) []int {
	var top []int
	for i, v := range values {
		at := len(top)
		for at > 0 && values[top[at-1]] < v {
			at--
		}
		if v > 0 && at < n {
			top = slices.Insert(top, at, i)
			top = top[:min(n, len(top))]
		}
	}
	return top
}

// moments gathers the blocks up to now into at most maxMoments of equal length,
// which it returns in milliseconds, leaving out those in which the policy
// delivered nothing.
func (s *series) moments(now int64) ([]block, int64) {
	if len(s.blocks) == 0 {
		return nil, s.width
	}
	span := s.blocks[len(s.blocks)-1].index - s.blocks[0].index + 1
	per := (span + maxMoments - 1) / maxMoments
	if per > 1 {
		per = (span + maxMoments - 2) / (maxMoments - 1) // the first may be cut
	}
	var out []block
	for i := range s.blocks {
		b := &s.blocks[i]
		if b.arms[throughline.ArmPolicy].deliveries == 0 || b.index*s.width > now {
			continue
		}
		if n := len(out); n == 0 || out[n-1].index != b.index/per {
			out = append(out, block{index: b.index / per})
		}
		m := &out[len(out)-1]
		for a := range m.arms {
			m.arms[a].add(b.arms[a])
		}
		for c, n := range b.served {
			if n > 0 {
				m.serve(c, n)
			}
		}
	}
	return out, per * s.width
}
