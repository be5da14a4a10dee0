package demo

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"sync"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/rule"
)

// What the simulated world is like. Preferences are logistic: the log-odds of
// an outcome are a placement's intercept plus, for every slot, how well its
// level is liked, for some pairs of levels how well they go together, and for
// some levels how much more or less one audience likes them.
const (
	// The true rate of an even mix lies between these, by placement.
	lowestBase, highestBase = 0.045, 0.08
	// The best eligible filling does this many times as well as an even mix:
	// more than most single headlines, about what a whole card can do.
	lowestLift, highestLift = 2.4, 2.9
	// Relative sizes (standard deviations) and how many pairs and tilts exist.
	mainSize             = 1.0
	pairSize, pairShare  = 0.6, 0.15
	tiltSize, tiltShare  = 0.4, 0.2
	censusSize           = 2048
	steepest, bisections = 12.0, 28
)

// Truth is what the simulated recipients really like. It is drawn from the seed
// and the names in the workspace alone, so the same seed is the same world
// whatever the engine does; the engine never sees it.
type Truth struct {
	seed      uint64
	sites     []*site
	audiences []crowd
	census    map[throughline.Surface]map[mask]float64 // share of people by audiences

	mu    sync.Mutex
	rates map[siteMask]*rates
}

// crowd is an audience and its rule.
type crowd struct {
	name string
	rule *rule.Program
}

type siteMask struct {
	site int
	mask mask
}

// rates are the true rates of one placement for people in the same audiences.
type rates struct {
	eligible []int
	byLevels map[string]float64 // every candidate, eligible or not, by its levels
	best     float64            // of the eligible; 0 where nothing is
	bestOf   int
	even     float64 // the mean of the eligible
}

// NewTruth draws what people like in a workspace. The resources are all that
// was applied, decoded.
func NewTruth(seed uint64, resources []throughline.Resource) (*Truth, error) {
	c := newCatalogue(resources)
	t := &Truth{seed: seed, rates: make(map[siteMask]*rates)}
	bits, err := t.gather(c)
	if err != nil {
		return nil, err
	}
	if t.sites, err = (surveyor{c, bits}).sites(); err != nil {
		return nil, err
	}
	if len(t.sites) == 0 {
		return nil, throughline.Errorf(throughline.Invalid, "the workspace has no placement").
			WithFix("hand the simulator every resource that was applied")
	}
	t.takeCensus()
	for _, s := range t.sites {
		t.calibrate(s)
	}
	return t, nil
}

// gather compiles the audience rules and gives each audience its bit.
func (t *Truth) gather(c catalogue) (map[string]mask, error) {
	bits, env := make(map[string]mask), rule.AudienceEnv()
	for i, name := range c.names(throughline.KindAudience) {
		program, err := rule.Compile(env, c[throughline.KindAudience][name].Spec.(*throughline.Audience).Rule)
		if err != nil {
			return nil, throughline.Errorf(throughline.CodeOf(err), "the audience cannot be asked: %w", err).At("Audience/" + name)
		}
		t.audiences = append(t.audiences, crowd{name, program})
		bits[name] = 1 << i
	}
	if len(bits) > throughline.MaxAudiences {
		return nil, throughline.Errorf(throughline.TooLarge, "the workspace has %d audiences", len(bits)).
			WithFix("an engine has at most %d", throughline.MaxAudiences)
	}
	return bits, nil
}

// audiencesOf returns the audiences a person is in.
func (t *Truth) audiencesOf(r Recipient) mask {
	var m mask
	context := rule.Context(r.context())
	for i, a := range t.audiences {
		if in, err := a.rule.Eval(context); err == nil && in {
			m |= 1 << i
		}
	}
	return m
}

// takeCensus asks many people which audiences they are in.
func (t *Truth) takeCensus() {
	t.census = make(map[throughline.Surface]map[mask]float64)
	for n := range censusSize {
		r := recipient(t.seed, n)
		if t.census[r.Surface] == nil {
			t.census[r.Surface] = make(map[mask]float64)
		}
		t.census[r.Surface][t.audiencesOf(r)]++
	}
}

// draw returns the seed's generator for a thing of that name. Drawing by name
// keeps a preference the same when other pieces come and go.
func (t *Truth) draw(name ...string) *rand.Rand {
	h := fnv.New64a()
	for _, s := range name {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return rand.New(rand.NewPCG(t.seed, h.Sum64()))
}

// sparse draws an effect that exists for a share of names only.
func (t *Truth) sparse(size, share float64, name ...string) float64 {
	rng := t.draw(name...)
	if rng.Float64() >= share {
		return 0
	}
	return size * rng.NormFloat64()
}

// liking is how well people in the audiences m like a filling, before a
// placement's spread and intercept.
func (t *Truth) liking(s *site, levels []throughline.Level, m mask) float64 {
	var sum float64
	for i, level := range levels {
		slot := s.slots[i].name
		sum += t.main(s, slot, level)
		for j := range i {
			sum += t.sparse(pairSize, pairShare, "pair", s.name, s.slots[j].name, string(levels[j]), slot, string(level))
		}
		for a, crowd := range t.audiences {
			if m.has(1 << a) {
				sum += t.sparse(tiltSize, tiltShare, "tilt", s.name, crowd.name, slot, string(level))
			}
		}
	}
	return sum
}

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// rate is the true probability that a person reacts to a filling, and the
// highest that any eligible filling would have had; 0 where none is.
func (t *Truth) rate(s *site, levels []throughline.Level, m mask) (own, best float64) {
	r := t.ratesOf(s, m)
	own, known := r.byLevels[key(levels)]
	if !known {
		own = logistic(s.intercept + s.spread*t.liking(s, levels, m))
	}
	if r.best > 0 {
		best = max(r.best, own)
	}
	return own, best
}

func (t *Truth) ratesOf(s *site, m mask) *rates {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := siteMask{s.index, m}
	if r, ok := t.rates[at]; ok {
		return r
	}
	r := t.work(s, m)
	t.rates[at] = r
	return r
}

// work computes what ratesOf keeps.
func (t *Truth) work(s *site, m mask) *rates {
	r := &rates{eligible: s.eligible(m), byLevels: make(map[string]float64, len(s.candidates)), bestOf: -1}
	for _, vector := range s.candidates {
		levels := s.levels(vector)
		r.byLevels[key(levels)] = logistic(s.intercept + s.spread*t.liking(s, levels, m))
	}
	for _, c := range r.eligible {
		p := r.byLevels[key(s.levels(s.candidates[c]))]
		r.even += p / float64(len(r.eligible))
		if p > r.best {
			r.best, r.bestOf = p, c
		}
	}
	return r
}

// key joins levels as Arms.Key does.
func key(levels []throughline.Level) string {
	var b []byte
	for i, l := range levels {
		if i > 0 {
			b = append(b, '|')
		}
		b = append(b, l...)
	}
	return string(b)
}
