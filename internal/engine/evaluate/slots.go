package evaluate

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/activate"
	"github.com/throughline-engine/throughline/internal/loop/learn"
)

// SlotsConfig says how many worlds to simulate, and by what chance.
type SlotsConfig struct {
	// Seed is the chance in it: the same seed gives the same result, however
	// many processors share the work.
	Seed uint64
	// Worlds is how many worlds to average over; the default is 20.
	Worlds int
	// Impressions is what each world has; the default is 120,000.
	Impressions int64
	// Batches is how often a policy learns; the default is 60.
	Batches int
	// Progress, which may be nil, is told how many of the worlds are done.
	Progress func(done, total int)
}

// SlotsResult is what each policy earned.
type SlotsResult struct {
	MeanReward Rewards `json:"mean_reward"`
}

// Rewards are outcomes per impression, in expectation given what was served.
type Rewards struct {
	Uniform float64 `json:"uniform"`
	// Independent is Thompson sampling over combinations as if they had nothing
	// in common; PerSlot samples in each slot as if there were no others.
	Independent float64 `json:"independent"`
	PerSlot     float64 `json:"per_slot"`
	Learned     float64 `json:"learned"`
	// Oracle knows the rates and always shows the best.
	Oracle float64 `json:"oracle"`
}

// The simulated worlds. Effects are normal on the logit scale: some for each
// level of a slot, some for each pair of levels in two slots, none beyond.
const (
	slotsRate = 0.02
	slotsMain = 0.25
	slotsPair = 0.2
)

func slotsShape() []int { return []int{4, 4, 3, 3} }

// Slots simulates worlds in which content is made of slots, since one published
// test has too few packages to tell a policy that knows of slots from one that
// does not.
func Slots(ctx context.Context, cfg SlotsConfig) (SlotsResult, error) {
	if cfg.Worlds <= 0 {
		cfg.Worlds = 20
	}
	if cfg.Impressions <= 0 {
		cfg.Impressions = 120_000
	}
	if cfg.Batches <= 0 {
		cfg.Batches = 60
	}
	rewards := make([]Rewards, cfg.Worlds)
	done := 0
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range rewards {
		group.Go(func() (err error) {
			if rewards[i], err = slotWorld(ctx, cfg, uint64(i)); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			if done++; cfg.Progress != nil {
				cfg.Progress(done, cfg.Worlds)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return SlotsResult{}, err
	}
	var r SlotsResult
	for _, w := range rewards {
		r.MeanReward.add(w, 1/float64(cfg.Worlds))
	}
	return r, nil
}

func (r *Rewards) add(o Rewards, weight float64) {
	r.Uniform += o.Uniform * weight
	r.Independent += o.Independent * weight
	r.PerSlot += o.PerSlot * weight
	r.Learned += o.Learned * weight
	r.Oracle += o.Oracle * weight
}

// slotWorld runs every policy in world number i of a seed.
func slotWorld(ctx context.Context, cfg SlotsConfig, i uint64) (Rewards, error) {
	const truth = 0
	w := newSlotWorld(rand.New(rand.NewPCG(cfg.Seed, i<<8|truth)))
	w.horizon, w.batches = cfg.Impressions, cfg.Batches
	r := Rewards{Oracle: slices.Max(w.rates)}
	for n, p := range []struct {
		rank   ranker
		floor  float64
		reward *float64
	}{
		{policy(throughline.Policy{Kind: throughline.Uniform}, w.arms), 0, &r.Uniform},
		{independent, 0, &r.Independent},
		{perSlot(w.arms), 0, &r.PerSlot},
		{policy(throughline.Policy{Kind: throughline.Learned}, w.arms), activate.DefaultFloor, &r.Learned},
	} {
		chance := rand.New(rand.NewPCG(cfg.Seed, i<<8|uint64(n+1)))
		err := w.run(p.rank, p.floor, chance, func(_ int, counts []learn.Count) error {
			for c, k := range counts {
				*p.reward += float64(k.Trials) * w.rates[c] / float64(w.horizon)
			}
			return ctx.Err()
		})
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

// newSlotWorld draws the rates of all combinations.
func newSlotWorld(rng *rand.Rand) *world {
	shape := slotsShape()
	w := &world{}
	main := make([][]float64, len(shape))
	for s, n := range shape {
		w.arms.Slots = append(w.arms.Slots, string(rune('a'+s)))
		levels := make([]throughline.Level, n)
		for l := range levels {
			levels[l] = throughline.Level(string(rune('a'+s)) + string(rune('1'+l)) + "@1")
			main[s] = append(main[s], slotsMain*rng.NormFloat64())
		}
		w.arms.Levels = append(w.arms.Levels, levels)
	}
	pair := map[[4]int]float64{}
	for s := range shape {
		for t := s + 1; t < len(shape); t++ {
			for a := range shape[s] {
				for b := range shape[t] {
					pair[[4]int{s, t, a, b}] = slotsPair * rng.NormFloat64()
				}
			}
		}
	}
	w.arms.Candidates = combinations(shape)
	for _, levels := range w.arms.Candidates {
		logit := math.Log(slotsRate / (1 - slotsRate))
		for s, a := range levels {
			logit += main[s][a]
			for t := s + 1; t < len(levels); t++ {
				logit += pair[[4]int{s, t, int(a), int(levels[t])}]
			}
		}
		w.rates = append(w.rates, 1/(1+math.Exp(-logit)))
	}
	return w
}

// combinations returns all fillings, in lexical order.
func combinations(shape []int) [][]uint16 {
	all := [][]uint16{nil}
	for _, n := range shape {
		var longer [][]uint16
		for _, head := range all {
			for l := range n {
				longer = append(longer, append(slices.Clip(head), uint16(l)))
			}
		}
		all = longer
	}
	return all
}

// The two baselines know nothing of each other's slots, but to be fair they know
// that rates are near 2 %: their prior is Beta(1, 49), which needs half as long
// to overcome as the usual Beta(1, 1) would with so few outcomes.
const (
	priorSuccesses = 1
	priorFailures  = 49
	baselineDraws  = 128
)

func drawRate(n learn.Count, rng *rand.Rand) float64 {
	return distuv.Beta{
		Alpha: priorSuccesses + float64(n.Successes),
		Beta:  priorFailures + float64(n.Trials-n.Successes), Src: rng,
	}.Rand()
}

// independent is Thompson sampling over combinations.
func independent(counts []learn.Count, seed uint64) (throughline.Rankings, error) {
	rng := rand.New(rand.NewPCG(seed, 1))
	draws := make([][]uint16, baselineDraws)
	for d := range draws {
		best, highest := 0, -1.0
		for c, n := range counts {
			if r := drawRate(n, rng); r > highest {
				best, highest = c, r
			}
		}
		draws[d] = []uint16{uint16(best)}
	}
	return throughline.NewRankings(draws), nil
}

// perSlot is Thompson sampling in each slot on its own.
func perSlot(arms throughline.Arms) ranker {
	index := map[string]uint16{}
	for c := range arms.Candidates {
		index[arms.Key(c)] = uint16(c)
	}
	return func(counts []learn.Count, seed uint64) (throughline.Rankings, error) {
		rng := rand.New(rand.NewPCG(seed, 2))
		margins := marginals(arms, counts)
		draws := make([][]uint16, baselineDraws)
		for d := range draws {
			filling := make([]uint16, len(margins))
			for s, levels := range margins {
				highest := -1.0
				for l, n := range levels {
					if r := drawRate(n, rng); r > highest {
						filling[s], highest = uint16(l), r
					}
				}
			}
			key := throughline.Arms{Levels: arms.Levels, Candidates: [][]uint16{filling}}.Key(0)
			draws[d] = []uint16{index[key]}
		}
		return throughline.NewRankings(draws), nil
	}
}

// marginals returns the counts by slot and level.
func marginals(arms throughline.Arms, counts []learn.Count) [][]learn.Count {
	m := make([][]learn.Count, len(arms.Slots))
	for s := range m {
		m[s] = make([]learn.Count, len(arms.Levels[s]))
	}
	for c, n := range counts {
		for s, l := range arms.Candidates[c] {
			m[s][l].Trials += n.Trials
			m[s][l].Successes += n.Successes
		}
	}
	return m
}
