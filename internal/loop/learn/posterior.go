package learn

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/stat"
)

// The size of the rankings in an epoch. With 256 draws a candidate's share of
// the choices is known to within three percentage points. Sixteen places are
// enough unless an audience rules out all of a draw's sixteen best, and then the
// draw abstains.
const (
	DefaultDraws = 256
	DefaultDepth = 16
)

// Rank draws from the belief and ranks the candidates by each draw, best first:
// Thompson sampling, its chance kept so that whoever serves a candidate can say
// how likely that was. Draws and depth of 0 mean the defaults; depth is cut to
// the number of candidates. The same seed gives the same rankings. A belief
// without any trial has no draws, and is served evenly.
func (p *Posterior) Rank(seed uint64, draws, depth int) throughline.Rankings {
	if p.trials == 0 {
		return throughline.Rankings{}
	}
	if draws <= 0 {
		draws = DefaultDraws
	}
	if depth <= 0 {
		depth = DefaultDepth
	}
	candidates := len(p.design.rows)
	depth = min(depth, candidates)
	rng := rand.New(rand.NewPCG(seed, 0x7468726f756768)) // "through"
	var upper mat.TriDense
	p.factor.UTo(&upper)
	ranked := make([][]uint16, 0, draws)
	const together = 32 // keeps many candidates' scores in the cache
	scores := make([]float64, together*candidates)
	for left := draws; left > 0; left -= together {
		n := min(together, left)
		effects := p.draw(rng, &upper, n)
		p.score(effects, scores)
		for d := range n {
			ranked = append(ranked, best(scores[d*candidates:(d+1)*candidates], depth))
		}
	}
	return throughline.NewRankings(ranked)
}

// draw returns n draws of all effects, one to a column. With the precision
// written as U'U, the solution of Ux = z has the posterior's covariance when z
// is standard normal.
func (p *Posterior) draw(rng *rand.Rand, upper *mat.TriDense, n int) *mat.Dense {
	z := make([]float64, p.design.effects*n)
	for i := range z {
		z[i] = rng.NormFloat64()
	}
	x := mat.NewDense(p.design.effects, n, nil)
	// The error only says that the factor is badly conditioned; x is there.
	_ = upper.SolveTo(x, false, mat.NewDense(p.design.effects, n, z))
	sharpen := p.sharpen
	if sharpen <= 0 {
		sharpen = 1
	}
	x.Apply(func(e, _ int, v float64) float64 { return p.mode[e] + v/sharpen }, x)
	return x
}

// score fills in the log odds of every candidate, draw after draw.
func (p *Posterior) score(effects *mat.Dense, scores []float64) {
	raw := effects.RawMatrix()
	candidates := len(p.design.rows)
	for c, row := range p.design.rows {
		for d := range raw.Cols {
			sum := 0.0
			for _, e := range row {
				sum += raw.Data[int(e)*raw.Stride+d]
			}
			scores[d*candidates+c] = sum
		}
	}
}

// best returns the positions of the highest scores, highest first; of equals the
// earlier.
func best(scores []float64, depth int) []uint16 {
	top := make([]uint16, 0, depth)
	for c, s := range scores {
		k := len(top)
		for k > 0 && scores[top[k-1]] < s {
			k--
		}
		if k == depth {
			continue
		}
		if len(top) < depth {
			top = append(top, 0)
		}
		copy(top[k+1:], top[k:])
		top[k] = uint16(c)
	}
	return top
}

// Mean returns each candidate's rate at the most plausible effects, 0 to 1.
func (p *Posterior) Mean() []float64 {
	m := make([]float64, len(p.design.rows))
	for c := range m {
		m[c] = 1 / (1 + math.Exp(-p.design.logit(c, p.mode)))
	}
	return m
}

// Effect is what one level does, compared with the average level of its slot.
type Effect struct {
	Slot  string            `json:"slot"`
	Level throughline.Level `json:"level"`
	// Mean is on the logit scale: where outcomes are rare, exp(Mean)-1 is the
	// relative change of the rate.
	Mean float64 `json:"mean"`
	// Interval encloses it with the confidence asked for, as far as the model
	// holds. It is that of the belief itself, not of its sharpened draws.
	Interval stat.Interval `json:"interval"`
}

// Effects returns the effect of every level in use, slot by slot, with what it
// does in an average pair. A slot without a choice has none.
func (p *Posterior) Effects(confidence float64) []Effect {
	z := math.Sqrt2 * math.Erfinv(confidence)
	var all []Effect
	for _, g := range p.design.groups {
		if g.pair {
			continue
		}
		s := g.slots[0]
		contrasts := p.contrasts(s)
		for l, e := range p.design.main[s] {
			if e == 0 {
				continue
			}
			mean, sd := p.project(contrasts[l])
			all = append(all, Effect{
				Slot: p.design.arms.Slots[s], Level: p.design.arms.Levels[s][l], Mean: mean,
				Interval: stat.Interval{Low: mean - z*sd, High: mean + z*sd},
			})
		}
	}
	return all
}

// contrasts returns, for each level of a slot that has an effect, the weights by
// which effects add up to what it does beyond the slot's average.
func (p *Posterior) contrasts(slot int) map[int][]float64 {
	d := p.design
	own := map[int][]float64{}
	for l, e := range d.main[slot] {
		if e == 0 {
			continue
		}
		w := make([]float64, d.effects)
		w[e] = 1
		for _, g := range d.groups {
			if g.pair && (g.slots[0] == slot || g.slots[1] == slot) {
				g.average(w, slot, uint16(l))
			}
		}
		own[l] = w
	}
	mean := make([]float64, d.effects)
	for _, w := range own {
		for e, v := range w {
			mean[e] += v / float64(len(own))
		}
	}
	for _, w := range own {
		for e := range w {
			w[e] -= mean[e]
		}
	}
	return own
}

// average sets the weights of the pair's effects that a level takes part in, so
// that they sum to one.
func (g group) average(w []float64, slot int, level uint16) {
	side := 0
	if g.slots[1] == slot {
		side = 1
	}
	n := 0
	for _, levels := range g.levels {
		if levels[side] == level {
			n++
		}
	}
	for i, levels := range g.levels {
		if levels[side] == level {
			w[g.from+i] = 1 / float64(n)
		}
	}
}

// project returns mean and standard deviation of a weighted sum of effects.
func (p *Posterior) project(weights []float64) (mean, sd float64) {
	w := mat.NewVecDense(len(weights), weights)
	var x mat.VecDense
	_ = p.factor.SolveVecTo(&x, w) // an error only says badly conditioned
	return mat.Dot(w, mat.NewVecDense(len(p.mode), p.mode)), math.Sqrt(max(0, mat.Dot(w, &x)))
}
