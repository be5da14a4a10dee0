package evaluate

import (
	"cmp"
	"context"
	"iter"
	"math/rand/v2"
	"runtime"
	"time"

	"github.com/cespare/xxhash/v2"
	"golang.org/x/sync/errgroup"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/activate"
	"github.com/throughline-engine/throughline/internal/loop/learn"
)

// UpworthyConfig says what to replay and how.
type UpworthyConfig struct {
	// Packages are the rows of the archive, in the file's order. An error with
	// the code Invalid is one unreadable row; any other ends the replay.
	Packages iter.Seq2[Package, error]
	// Malformed is told of each unreadable row and returns nil to skip it or an
	// error to stop; without it the first one stops the replay.
	Malformed func(error) error
	// Seed is the chance in it: the same seed gives the same result, however
	// many processors share the work.
	Seed uint64
	// Shrink takes true rates to be nearer to their test's mean than observed
	// ones, as they are; without it every policy that chooses looks too good.
	Shrink bool
	// Batches is how often a policy learns in each test; the default is 50.
	Batches int
	// Policy is the one whose batches Journal gets; the default is learned.
	Policy throughline.PolicyKind
	// Journal, which may be nil, gets each test that was replayed, in the file's
	// order and one at a time.
	Journal func(context.Context, Replayed) error
	// Progress, which may be nil, is told how many of the tests are done.
	Progress func(done, total int)
}

// Replayed is one test as the engine would have lived it.
type Replayed struct {
	// Placement is what the test became.
	Placement throughline.CataloguedPlacement
	// Counted are the batches, candidate by candidate, without those that were
	// not shown.
	Counted []throughline.ExposureCounted
}

// UpworthyResult is what came of a replay. Tests, Arms, Impressions and Clicks
// are about the tests whose visitors were assigned at random.
type UpworthyResult struct {
	Tests       int    `json:"tests"`
	Arms        int    `json:"arms"`
	Impressions int64  `json:"impressions"`
	Clicks      Clicks `json:"clicks"`
	// SRMFlagged counts all tests that set off the sample-ratio alarm,
	// SRMFlaggedInWindow those in the weeks without randomisation, of which
	// there are TestsInWindow.
	SRMFlagged         int `json:"srm_flagged"`
	SRMFlaggedInWindow int `json:"srm_flagged_in_window"`
	TestsInWindow      int `json:"tests_in_window"`
	// Seconds is how long it took.
	Seconds float64 `json:"seconds"`
}

// Clicks is what each policy earned on the same impressions.
type Clicks struct {
	Uniform           int64 `json:"uniform"`
	ExploreThenCommit int64 `json:"explore_then_commit"`
	Learned           int64 `json:"learned"`
	// Oracle knows the rates and always shows the best.
	Oracle int64 `json:"oracle"`
}

func (c *Clicks) add(o Clicks) {
	c.Uniform += o.Uniform
	c.ExploreThenCommit += o.ExploreThenCommit
	c.Learned += o.Learned
	c.Oracle += o.Oracle
}

// exploreShare is the part of a test's impressions that explore-then-commit
// spends on exploring: a common choice, not the best one for every file.
const exploreShare = 0.2

// Upworthy replays the tests of the Upworthy Research Archive: each becomes a
// placement, gets the impressions it had in equal batches, and clicks at the
// rates that were observed. Tests in which randomisation was broken only count
// for the alarm.
func Upworthy(ctx context.Context, cfg UpworthyConfig) (UpworthyResult, error) {
	began := time.Now()
	tests, err := collect(ctx, cfg)
	if err != nil {
		return UpworthyResult{}, err
	}
	r := newReplay(cfg, tests)
	if err := r.run(ctx); err != nil {
		return UpworthyResult{}, err
	}
	r.result.Seconds = time.Since(began).Seconds()
	return r.result, nil
}

// collect groups the rows by test, in the order in which tests begin.
func collect(ctx context.Context, cfg UpworthyConfig) ([]*test, error) {
	var tests []*test
	byID := map[string]*test{}
	var unread error
	for p, err := range cfg.Packages {
		if err == nil {
			t := byID[p.Test]
			if t == nil {
				t = &test{id: p.Test}
				byID[p.Test] = t
				tests = append(tests, t)
			}
			t.add(p)
			continue
		}
		unread = cmp.Or(unread, err)
		if throughline.CodeOf(err) == throughline.Invalid && cfg.Malformed != nil {
			err = cfg.Malformed(err)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(tests) == 0 && unread != nil {
		return nil, unread // the header, most likely
	}
	if len(tests) == 0 {
		return nil, throughline.Errorf(throughline.Invalid, "the file has no tests").
			WithFix("use a file of packages as the Upworthy Research Archive has it")
	}
	return tests, ctx.Err()
}

// replay is a run over many tests.
type replay struct {
	cfg    UpworthyConfig
	tests  []*test // those to replay
	spread float64
	// policy makes the policies that are replayed.
	policy func(throughline.Policy, throughline.Arms) ranker
	result UpworthyResult
}

func newReplay(cfg UpworthyConfig, tests []*test) *replay {
	if cfg.Batches <= 0 {
		cfg.Batches = 50
	}
	if cfg.Policy == "" {
		cfg.Policy = throughline.Learned
	}
	r := &replay{cfg: cfg, spread: -1, policy: policy}
	if cfg.Shrink {
		r.spread = spread(tests)
	}
	for _, t := range tests {
		flagged := t.flagged()
		if flagged {
			r.result.SRMFlagged++
		}
		if t.broken {
			r.result.TestsInWindow++
			if flagged {
				r.result.SRMFlaggedInWindow++
			}
			continue
		}
		r.tests = append(r.tests, t)
		r.result.Tests++
		r.result.Arms += len(t.packages)
		r.result.Impressions += t.impressions
	}
	return r
}

// run replays the tests, some at a time on all processors, and hands them over
// in order.
func (r *replay) run(ctx context.Context) error {
	const together = 64
	for from := 0; from < len(r.tests); from += together {
		part := r.tests[from:min(from+together, len(r.tests))]
		outcomes := make([]outcome, len(part))
		group, groupCtx := errgroup.WithContext(ctx)
		group.SetLimit(runtime.GOMAXPROCS(0))
		for i, t := range part {
			group.Go(func() (err error) {
				if err := groupCtx.Err(); err != nil {
					return err
				}
				outcomes[i], err = r.replay(t)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		for i := range outcomes {
			r.result.Clicks.add(outcomes[i].clicks)
			if r.cfg.Journal == nil {
				continue
			}
			if err := r.cfg.Journal(ctx, outcomes[i].replayed); err != nil {
				return err
			}
		}
		if r.cfg.Progress != nil {
			r.cfg.Progress(from+len(part), len(r.tests))
		}
	}
	return nil
}

// outcome is what came of one test.
type outcome struct {
	clicks   Clicks
	replayed Replayed
}

// replay serves one test by every policy.
func (r *replay) replay(t *test) (outcome, error) {
	placement := t.placement()
	w := &world{arms: placement.Arms, rates: t.rates(r.spread), horizon: t.impressions, batches: r.cfg.Batches}
	o := outcome{replayed: Replayed{Placement: placement}}
	policies := []struct {
		policy throughline.Policy
		clicks *int64
	}{
		{throughline.Policy{Kind: throughline.Uniform}, &o.clicks.Uniform},
		{throughline.Policy{Kind: throughline.ExploreThenCommit, Explore: int(exploreShare * float64(t.impressions))}, &o.clicks.ExploreThenCommit},
		{throughline.Policy{Kind: throughline.Learned, Floor: activate.DefaultFloor}, &o.clicks.Learned},
	}
	for _, p := range policies {
		journaled := r.cfg.Journal != nil && p.policy.Kind == r.cfg.Policy
		if journaled {
			o.replayed.Placement.Policy = p.policy
		}
		err := w.run(r.policy(p.policy, w.arms), p.policy.Floor, r.chance(t, string(p.policy.Kind)), func(b int, counts []learn.Count) error {
			for c, n := range counts {
				*p.clicks += n.Successes
				if journaled && n.Trials > 0 {
					o.replayed.Counted = append(o.replayed.Counted, throughline.ExposureCounted{
						Placement: placement.Name, Key: placement.Arms.Key(c),
						Exposures: n.Trials, Outcomes: n.Successes, Batch: b,
					})
				}
			}
			return nil
		})
		if err != nil {
			return o, err
		}
	}
	best := 0.0
	for _, rate := range w.rates {
		best = max(best, rate)
	}
	o.clicks.Oracle = binomial(r.chance(t, "oracle"), w.horizon, best)
	return o, nil
}

// chance returns the random numbers of one policy in one test, which depend on
// neither the other tests nor who computes them.
func (r *replay) chance(t *test, policy string) *rand.Rand {
	return rand.New(rand.NewPCG(r.cfg.Seed, xxhash.Sum64String(policy+"\x00"+t.id)))
}
