package report

import (
	"fmt"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/trial"
)

// placement is what became of one placement's decisions, across releases, for as
// long as it is measured in the same way.
type placement struct {
	name     string
	owner    string
	goal     string
	template string
	policy   throughline.PolicyKind
	slots    []string
	live     bool
	// measure is how it is measured; start counts how often that changed, and
	// with it everything below began anew.
	measure string
	start   int
	// changed are the latest releases that changed its variants, oldest first.
	changed []mark

	trials *trial.Matcher
	arms   [arms]tally
	// candidates are those delivered at least once, in that order. Keys stay the
	// same across releases as long as no piece changes its meaning.
	candidates []candidate
	position   map[string]int // by key

	// hours and fine count what is served by candidate.
	hours  series
	fine   series
	course course
}

// mark is a release and when it went live.
type mark struct {
	release int
	at      int64
}

// arms counts policy, holdout and fallback.
const arms = 3

// tally counts trials and the successes among them.
type tally struct{ deliveries, outcomes int64 }

func (t *tally) add(more tally) {
	t.deliveries += more.deliveries
	t.outcomes += more.outcomes
}

// candidate is one filling.
type candidate struct {
	key     string
	filling []throughline.Level // the key, taken apart
	variant string              // the id it had last, in the default locale
	arms    [arms]tally
}

func (c *candidate) total() (t tally) {
	for _, a := range c.arms {
		t.add(a)
	}
	return t
}

const (
	hour     = time.Hour
	keepHour = 30 * 24
	tick     = 10 * time.Second
	keepTick = 180 // half an hour
)

func newPlacement(name string) *placement {
	p := &placement{name: name}
	p.clear()
	return p
}

// clear forgets every number.
func (p *placement) clear() {
	p.trials = trial.New(0, 0)
	p.arms = [arms]tally{}
	p.candidates, p.position = nil, map[string]int{}
	p.hours = series{width: hour.Milliseconds(), keep: keepHour}
	p.fine = series{width: tick.Milliseconds(), keep: keepTick}
	p.course = newCourse()
}

// measureOf returns what two sets of numbers must have in common to be added:
// the outcome that counts, and who is held out from what.
func measureOf(c *throughline.CataloguedPlacement) string {
	if c.Holdout == nil {
		return c.Event
	}
	h := c.Holdout
	return fmt.Sprint(c.Event, "\x00", h.Share, h.Scope, h.Serve, h.Control) // maps print in order
}

// republish takes what a new snapshot says of the placement. Numbers of another
// goal, or of a holdout drawn in another way, are no numbers of this one: they
// begin anew.
func (p *placement) republish(c *throughline.CataloguedPlacement, m mark, changed bool) {
	p.owner, p.goal, p.template, p.policy = c.Owner, c.Goal, c.Template, c.Policy.Kind
	p.slots = c.Arms.Slots
	if m := measureOf(c); m != p.measure {
		if p.measure != "" {
			p.start++
			p.clear()
		}
		p.measure = m
	}
	p.trials.SetWindow(c.Window.Std())
	if changed {
		p.changed = lastN(append(p.changed, m), keepTouched)
	}
}

// learns reports whether outcomes change how the placement chooses.
func (p *placement) learns() bool {
	return p.policy == throughline.Learned || p.policy == throughline.ExploreThenCommit
}

// candidate returns the position of a key, which is new when it was never
// delivered.
func (p *placement) candidate(key, variant string) int {
	i, ok := p.position[key]
	if !ok {
		i = len(p.candidates)
		p.position[key] = i
		p.candidates = append(p.candidates, candidate{key: key, filling: levels(key)})
	}
	if variant != "" {
		p.candidates[i].variant = variant
	}
	return i
}

// none stands for a fallback, which is no candidate.
const none = -1

// resolve returns the position of a token's candidate, or none.
func (p *placement) resolve(it *item, t throughline.Token) int {
	if t.Candidate == throughline.FallbackCandidate || t.Arm == throughline.ArmFallback {
		return none
	}
	known := &it.known[t.Candidate]
	if *known == 0 {
		*known = int32(p.candidate(it.keys[t.Candidate], it.variants[t.Candidate])) + 1
	}
	return int(*known) - 1
}

func (p *placement) delivered(it *item, t throughline.Token, at, n int64) {
	p.add(p.resolve(it, t), t.Arm, at, tally{deliveries: n})
}

func (p *placement) succeeded(it *item, t throughline.Token, at, n int64) {
	p.add(p.resolve(it, t), t.Arm, at, tally{outcomes: n})
}

// add counts for an arm and a candidate, in total and in the blocks of the
// moment of delivery.
func (p *placement) add(candidate int, arm throughline.Arm, at int64, t tally) {
	p.arms[arm].add(t)
	var filling []throughline.Level
	if candidate != none {
		p.candidates[candidate].arms[arm].add(t)
		filling = p.candidates[candidate].filling
	}
	p.course.add(at, arm, t, p.slots, filling)
	for _, s := range []*series{&p.hours, &p.fine} {
		b := s.block(at)
		if b == nil {
			continue
		}
		b.arms[arm].add(t)
		if candidate != none && arm == throughline.ArmPolicy && t.deliveries > 0 {
			b.serve(candidate, t.deliveries)
		}
	}
}
