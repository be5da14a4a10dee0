package learn

import (
	"slices"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/trial"
)

// Version is that of the fold and of its saved form: a checkpoint of another
// version is thrown away and the fold rebuilt from the journal.
const Version = 2

// State is what policies learn from: for every placement and goal, how often
// each combination of levels was shown and how often it succeeded. Counts go by
// the levels' names and meanings, not by release, so that correcting a word
// keeps them and changing what a piece means starts afresh.
//
// A State is not safe for use by several goroutines.
type State struct {
	// snapshots say what a token's positions mean, by the first bytes of a
	// snapshot's digest. Old ones stay: a recipient may hold an old decision.
	snapshots map[[8]byte][]*catalogued
	// catalogue holds each distinct placement once, however many snapshots it is
	// in unchanged.
	catalogue map[string]*catalogued
	// current is each placement as the snapshot published last has it.
	current map[string]*catalogued
	tallies map[tallyKey]*tally
	learned uint64
}

// catalogued is one placement of one or more snapshots.
type catalogued struct {
	tallyKey
	window time.Duration
	arms   throughline.Arms
	// tally is where its trials count, and at[c] the position of candidate c
	// in it.
	tally *tally
	at    []int
}

// tallyKey says what is counted together. Another goal counts something else, so
// a placement that is given one starts afresh. An empty event is for sums that
// other systems counted: they name a placement and no goal.
type tallyKey struct{ placement, event string }

// tally is the counts of one placement and goal.
type tally struct {
	trials *trial.Matcher
	// keys are Arms.Key, index their positions, counts by position.
	keys   []string
	index  map[string]int
	counts []Count
}

// NewState returns a state that has seen nothing.
func NewState() *State {
	return &State{
		snapshots: map[[8]byte][]*catalogued{}, catalogue: map[string]*catalogued{},
		current: map[string]*catalogued{}, tallies: map[tallyKey]*tally{},
	}
}

// Learned returns how often a count has changed since the first event: while it
// stands still, so do the policies.
func (s *State) Learned() uint64 { return s.learned }

// Step folds one event into the state. Events that teach nothing are passed
// over. A payload that cannot be read is an error with the code Corrupt, and the
// state is as it was.
func Step(s *State, e throughline.Event) error {
	switch e.Type {
	case throughline.EventSnapshotPublished:
		p, err := throughline.DecodeData[throughline.SnapshotPublished](e)
		if err != nil {
			return err
		}
		return s.publish(e, p)
	case throughline.EventExposureConfirmed:
		p, err := throughline.DecodeData[throughline.ExposureConfirmed](e)
		if err != nil {
			return err
		}
		if c := s.lookup(p.Token); c != nil {
			m := c.tally.trials.Exposure(p.Token.Question, e.OccurredAt, e.RecordedAt)
			s.count(c, p.Token.Candidate, m)
		}
	case throughline.EventOutcomeReceived:
		p, err := throughline.DecodeData[throughline.OutcomeReceived](e)
		if err != nil {
			return err
		}
		if c := s.lookup(p.Token); c != nil && p.Name == c.event {
			m := c.tally.trials.Outcome(p.Token.Question, e.OccurredAt, e.RecordedAt)
			s.count(c, p.Token.Candidate, m)
		}
	case throughline.EventExposureCounted:
		p, err := throughline.DecodeData[throughline.ExposureCounted](e)
		if err != nil {
			return err
		}
		return s.addSums(e, p)
	}
	return nil
}

// lookup returns the placement a policy's token is about. Recipients held out
// and fallbacks teach nothing, nor does a token of nowhere, which report counts.
func (s *State) lookup(t throughline.Token) *catalogued {
	if t.Arm != throughline.ArmPolicy {
		return nil
	}
	placements := s.snapshots[t.Snapshot]
	if int(t.Placement) >= len(placements) || int(t.Candidate) >= len(placements[t.Placement].at) {
		return nil
	}
	return placements[t.Placement]
}

func (s *State) count(c *catalogued, candidate uint16, m trial.Match) {
	n := &c.tally.counts[c.at[candidate]]
	if m.Trial {
		n.Trials++
		s.learned++
	}
	if m.Success {
		n.Successes++
		s.learned++
	}
}

func (s *State) addSums(e throughline.Event, p throughline.ExposureCounted) error {
	if p.Exposures < 0 || p.Outcomes < 0 || p.Outcomes > p.Exposures {
		return throughline.Errorf(throughline.Corrupt, "event %s counts %d outcomes of %d exposures", e.ID, p.Outcomes, p.Exposures)
	}
	t := s.tally(tallyKey{placement: p.Placement})
	n := &t.counts[t.position(p.Key)]
	n.Trials += p.Exposures
	n.Successes += p.Outcomes
	s.learned++
	return nil
}

// publish takes in what the positions in a snapshot's tokens mean.
func (s *State) publish(e throughline.Event, p throughline.SnapshotPublished) error {
	for _, c := range p.Placements {
		if err := checkArms(c.Arms); err != nil {
			return throughline.Errorf(throughline.Corrupt, "event %s, placement %s: %w", e.ID, c.Name, err)
		}
	}
	placements := make([]*catalogued, len(p.Placements))
	for i, c := range p.Placements {
		placements[i] = s.intern(&catalogued{
			tallyKey: tallyKey{c.Name, c.Event}, window: c.Window.Std(), arms: c.Arms,
		})
		s.current[c.Name] = placements[i]
		placements[i].tally.trials.SetWindow(placements[i].window)
	}
	s.snapshots[[8]byte(p.Snapshot[:8])] = placements
	return nil
}

// intern returns the placement in the catalogue that equals c, adding c if there
// is none.
func (s *State) intern(c *catalogued) *catalogued {
	id := string(c.append(nil))
	if known := s.catalogue[id]; known != nil {
		return known
	}
	c.tally = s.tally(c.tallyKey)
	c.at = make([]int, len(c.arms.Candidates))
	for i := range c.at {
		c.at[i] = c.tally.position(c.arms.Key(i))
	}
	s.catalogue[id] = c
	return c
}

func checkArms(a throughline.Arms) error {
	if len(a.Levels) != len(a.Slots) {
		return throughline.Errorf(throughline.Corrupt, "%d slots have %d lists of levels", len(a.Slots), len(a.Levels))
	}
	for c, levels := range a.Candidates {
		if len(levels) != len(a.Slots) {
			return throughline.Errorf(throughline.Corrupt, "candidate %d fills %d of %d slots", c, len(levels), len(a.Slots))
		}
		for slot, l := range levels {
			if int(l) >= len(a.Levels[slot]) {
				return throughline.Errorf(throughline.Corrupt, "candidate %d has level %d of %d", c, l, len(a.Levels[slot]))
			}
		}
	}
	return nil
}

func (s *State) tally(k tallyKey) *tally {
	t := s.tallies[k]
	if t == nil {
		t = &tally{trials: trial.New(0, 0), index: map[string]int{}}
		s.tallies[k] = t
	}
	return t
}

// position returns where a key's counts are, making room if it is new.
func (t *tally) position(key string) int {
	i, known := t.index[key]
	if !known {
		i = len(t.keys)
		t.index[key] = i
		t.keys = append(t.keys, key)
		t.counts = append(t.counts, Count{})
	}
	return i
}

// Counts returns what is known of a placement's candidates, in their order:
// trials for the goal it has now, and sums that other systems counted.
func (s *State) Counts(placement string, arms throughline.Arms) []Count {
	var event string
	if c := s.current[placement]; c != nil {
		event = c.event
	}
	return s.counts(placement, event, arms)
}

func (s *State) counts(placement, event string, arms throughline.Arms) []Count {
	counts := make([]Count, len(arms.Candidates))
	for _, e := range slices.Compact([]string{"", event}) {
		t := s.tallies[tallyKey{placement, e}]
		if t == nil {
			continue
		}
		for c := range counts {
			if i, known := t.index[arms.Key(c)]; known {
				counts[c].Trials += t.counts[i].Trials
				counts[c].Successes += t.counts[i].Successes
			}
		}
	}
	return counts
}

// Epoch returns what the policies of a snapshot, whose digest is given, have to
// say now. Number, through and asOf are those of [throughline.Epoch]; the same
// state, snapshot and seed give the same epoch.
func (s *State) Epoch(number uint32, snapshot *throughline.Snapshot, digest throughline.Digest, through uint64, asOf int64, seed uint64) (throughline.Epoch, error) {
	e := throughline.Epoch{
		Number: number, Snapshot: digest, Through: through, AsOf: asOf,
		Placements: make([]throughline.Rankings, len(snapshot.Placements)),
	}
	for i := range snapshot.Placements {
		p := &snapshot.Placements[i]
		arms := p.Arms()
		var err error
		e.Placements[i], err = Rankings(Choice{
			Policy: p.Policy, Arms: arms, Fixed: p.Fixed,
			Counts: s.counts(p.Name, p.Event, arms),
			Seed:   seed ^ xxhash.Sum64String(p.Name),
		})
		if err != nil {
			return throughline.Epoch{}, throughline.Errorf(throughline.CodeOf(err), "the policy cannot be computed: %w", err).At("Placement/" + p.Name)
		}
	}
	return e, nil
}
