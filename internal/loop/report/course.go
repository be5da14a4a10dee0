package report

import (
	"slices"
	"time"

	"github.com/throughline-engine/throughline"
)

// course is how a placement went over time, at three grains: fine for what just
// happened, coarse for the long run. Each grain counts every event for itself, by
// the moment of delivery, so none is derived from another and an outcome that
// comes a day late still reaches the hours and the days.
//
// Its size is bounded: by the moments that the grains keep, and by maxValues
// counters in each.
type course struct {
	minutes, hours, days series // served by value
	values               []value
	index                map[slotLevel]int // of values
}

// value is a level that the policy delivered in a slot.
type value struct {
	slotLevel
	latest int64 // when it was delivered last, Unix milliseconds
}

type slotLevel struct {
	slot  string
	level throughline.Level
}

const (
	minute     = time.Minute
	keepMinute = 2 * 60 // two hours
	keepCourse = 14 * 24
	day        = 24 * time.Hour
	keepDay    = 400

	// maxValues bounds how many levels of one placement are told apart. A new one
	// takes the place of the one delivered longest ago, if that was more than
	// restless ago; what is not told apart counts among the others.
	maxValues = 256
	restless  = hour
)

func newCourse() course {
	return course{
		minutes: series{width: minute.Milliseconds(), keep: keepMinute},
		hours:   series{width: hour.Milliseconds(), keep: keepCourse},
		days:    series{width: day.Milliseconds(), keep: keepDay},
		index:   map[slotLevel]int{},
	}
}

func (c *course) grains() []*series { return []*series{&c.minutes, &c.hours, &c.days} }

// add counts for an arm. Filling is what a candidate put in the slots; nil for
// no candidate.
func (c *course) add(at int64, arm throughline.Arm, t tally, slots []string, filling []throughline.Level) {
	var positions []int
	if arm == throughline.ArmPolicy && t.deliveries > 0 && len(filling) == len(slots) {
		for s, slot := range slots {
			if i := c.position(slotLevel{slot, filling[s]}, at); i != none {
				positions = append(positions, i)
			}
		}
	}
	for _, g := range c.grains() {
		b := g.block(at)
		if b == nil {
			continue
		}
		b.arms[arm].add(t)
		for _, i := range positions {
			b.serve(i, t.deliveries)
		}
	}
}

// position returns that of a value delivered at a moment, or none where there is
// no room for it.
func (c *course) position(v slotLevel, at int64) int {
	if i, ok := c.index[v]; ok {
		c.values[i].latest = max(c.values[i].latest, at)
		return i
	}
	i := len(c.values)
	if i < maxValues {
		c.values = append(c.values, value{v, at})
	} else {
		if i = c.idlest(); at-c.values[i].latest <= restless.Milliseconds() {
			return none
		}
		c.forget(i)
		c.values[i] = value{v, at}
	}
	c.index[v] = i
	return i
}

// idlest returns the value delivered longest ago, the earlier of equals.
func (c *course) idlest() int {
	oldest := 0
	for i, v := range c.values {
		if v.latest < c.values[oldest].latest {
			oldest = i
		}
	}
	return oldest
}

// forget makes a value one of the others.
func (c *course) forget(i int) {
	delete(c.index, c.values[i].slotLevel)
	for _, g := range c.grains() {
		for b := range g.blocks {
			if served := g.blocks[b].served; i < len(served) {
				served[i] = 0
			}
		}
	}
}

// Course is how a placement went over time, at one grain.
type Course struct {
	// Step is how long a moment lasts: a minute, an hour or a day of UTC. Moments
	// go back by Reach from the latest delivery: two hours, 14 days or 400 days.
	Step, Reach time.Duration
	// At are the beginnings of the moments, ascending. Those in which nothing was
	// delivered are left out.
	At []time.Time
	// Policy, Holdout and Fallback are what was delivered in each moment, and what
	// came of it, whenever it came: the latest moments still wait for outcomes.
	Policy, Holdout, Fallback []Tally
	// Slots say what the policy filled its deliveries with, in template order;
	// slots that the template no longer has come last.
	Slots []SlotCourse
}

// SlotCourse is how the policy's deliveries were shared among what may fill a
// slot. Values are at most eight, those delivered most over the whole course, in
// the order in which they were delivered first; what they leave to 1 went to
// others.
type SlotCourse struct {
	Slot   string
	Values []ValueCourse
}

// ValueCourse is one level's part.
type ValueCourse struct {
	// Level is empty where the slot was left unfilled.
	Level throughline.Level
	// Deliveries are the policy's with it, over the whole course.
	Deliveries int64
	// Shares are its part of the policy's deliveries, 0 to 1, in each moment; 0
	// where the policy delivered nothing.
	Shares []float64
}

// maxSlotValues is how many values a chart of one slot can show.
const maxSlotValues = 8

// Series returns how a placement went by minutes, by hours and by days, and false
// for one never released.
func (s *State) Series(name string, now time.Time) ([]Course, bool) {
	p := s.places[name]
	if p == nil {
		return nil, false
	}
	var out []Course
	for _, g := range p.course.grains() {
		out = append(out, p.along(g, now.UnixMilli()))
	}
	return out, true
}

// along returns the course of one grain, as far as it reaches back from now.
func (p *placement) along(g *series, now int64) Course {
	c := Course{
		Step:  time.Duration(g.width) * time.Millisecond,
		Reach: time.Duration(g.width*g.keep) * time.Millisecond,
	}
	blocks := g.blocks
	for len(blocks) > 0 && blocks[0].index <= now/g.width-g.keep {
		blocks = blocks[1:]
	}
	for _, b := range blocks {
		c.At = append(c.At, time.UnixMilli(b.index*g.width).UTC())
		c.Policy = append(c.Policy, exported(b.arms[throughline.ArmPolicy]))
		c.Holdout = append(c.Holdout, exported(b.arms[throughline.ArmHoldout]))
		c.Fallback = append(c.Fallback, exported(b.arms[throughline.ArmFallback]))
	}
	c.Slots = p.slotCourses(blocks)
	return c
}

// slotCourses shares the blocks' deliveries among the values of each slot.
func (p *placement) slotCourses(blocks []block) []SlotCourse {
	total := make([]int64, len(p.course.values))
	for _, b := range blocks {
		for i, n := range b.served {
			total[i] += n
		}
	}
	bySlot := map[string][]int{}
	slots := slices.Clone(p.slots)
	for i, v := range p.course.values {
		if total[i] == 0 {
			continue
		}
		if !slices.Contains(slots, v.slot) {
			slots = append(slots, v.slot)
		}
		bySlot[v.slot] = append(bySlot[v.slot], i)
	}
	var out []SlotCourse
	for _, slot := range slots {
		sc := SlotCourse{Slot: slot}
		for _, i := range most(bySlot[slot], total, maxSlotValues) {
			sc.Values = append(sc.Values, ValueCourse{p.course.values[i].level, total[i], sharesOf(blocks, i)})
		}
		if len(sc.Values) > 0 {
			out = append(out, sc)
		}
	}
	return out
}

// most returns the n positions with the largest totals, ascending.
func most(positions []int, total []int64, n int) []int {
	ranked := slices.Clone(positions)
	slices.SortStableFunc(ranked, func(a, b int) int { return int(max(-1, min(1, total[b]-total[a]))) })
	ranked = ranked[:min(n, len(ranked))]
	slices.Sort(ranked)
	return ranked
}

// sharesOf returns one value's part of each block's deliveries by the policy.
func sharesOf(blocks []block, i int) []float64 {
	out := make([]float64, len(blocks))
	for k, b := range blocks {
		if n := b.arms[throughline.ArmPolicy].deliveries; n > 0 && i < len(b.served) {
			out[k] = float64(b.served[i]) / float64(n)
		}
	}
	return out
}

func (c *course) code(k *coder) {
	list(k, &c.values, func(v *value) {
		text(k, &v.slot)
		text(k, &v.level)
		num(k, &v.latest)
	})
	if k.reading {
		for i, v := range c.values {
			c.index[v.slotLevel] = i
		}
	}
	for _, g := range c.grains() {
		g.code(k)
	}
}

// sound reports whether positions read back point at something.
func (c *course) sound() bool {
	for _, g := range c.grains() {
		if !g.sound(len(c.values)) {
			return false
		}
	}
	return len(c.index) == len(c.values) && len(c.values) <= maxValues
}
