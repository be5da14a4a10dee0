// Package report folds the journal into what people look at: how each placement
// does against its holdout and where its traffic goes, how fast the line runs
// and how fast it reacts, and where a variant came from.
//
// State is computed by Step from events alone, in integers, so that the same
// events give the same bytes wherever and whenever they are folded. Numbers
// with intervals are computed when asked for, and one that the data do not
// support is refused with what is missing. It remembers a bounded amount: trials
// for their window (package trial), days for 400 days and what is finer for less,
// and the latest releases. What tokens point into it keeps for
// good, as a recipient may hold an old one, each distinct placement once.
//
// Intervals take trials for independent, while chance holds out recipients: who
// comes often gives trials that resemble each other, and the true interval is
// wider than the one shown. docs/outcomes.md says by how much and what to do.
package report

import (
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
)

// Version is that of this fold: a checkpoint of another version is rebuilt from
// the journal.
const Version = 8

// State is what the journal adds up to. It is not safe for concurrent use.
type State struct {
	// now is the latest recorded time seen, in Unix milliseconds, as all times
	// here are.
	now     int64
	paces   map[string]*pace
	shelf   []*catalogue // of the snapshots, oldest first
	places  map[string]*placement
	content content
	ledger  ledger
	signals reaction
	applies applies
	// shown is how often each piece was shown, by name.
	shown map[string]int64
	// rules is what each rule has said, closings what may not be shown any more.
	rules    map[string]*ruleCount
	closings map[string]closing
	// ending is when the next piece ends of which the rule has not spoken; 0 for
	// none.
	ending int64
	// unplaced counts events whose token names a snapshot or candidate that the
	// state does not know.
	unplaced int64
}

// NewState returns the state before the first event.
func NewState() *State {
	return &State{
		paces:   map[string]*pace{},
		places:  map[string]*placement{},
		content: newContent(),
		ledger:  newLedger(),
		shown:   map[string]int64{},
		rules:   map[string]*ruleCount{}, closings: map[string]closing{},
	}
}

// Step folds one event. Events come in the order of the journal. An error means
// that the event's payload is corrupt.
func Step(s *State, e throughline.Event) error {
	recorded := e.RecordedAt.UnixMilli()
	s.now = max(s.now, recorded)
	s.pace(string(e.Type)).add(recorded)
	s.ledger.sweep(s.now)
	switch e.Type {
	case throughline.EventDecisionMade:
		return s.decided(e)
	case throughline.EventExposureConfirmed:
		return s.exposed(e)
	case throughline.EventOutcomeReceived:
		return s.reached(e)
	case throughline.EventExposureCounted:
		return s.counted(e)
	case throughline.EventSnapshotPublished:
		return s.catalogued(e)
	case throughline.EventEpochPublished:
		return s.learned(e)
	case throughline.EventReleasePublished, throughline.EventReleaseRolledBack:
		return s.released(e)
	case throughline.EventPieceVersioned, throughline.EventTemplateVersioned, throughline.EventResourceVersioned:
		return s.versioned(e)
	case throughline.EventGuardrailFired, throughline.EventGuardrailBlocked:
		return s.spoke(e)
	}
	return nil
}

// decided takes a decision: it proves which release and which epoch are served,
// and that the record holds it.
func (s *State) decided(e throughline.Event) error {
	d, err := throughline.DecodeData[throughline.DecisionMade](e)
	if err != nil {
		return err
	}
	s.leftOut(e.OccurredAt)
	if !s.ledger.decided(d.Token.Question, s.now) {
		return nil
	}
	at := e.OccurredAt.UnixMilli()
	s.signals.used(d.Token.Epoch, at)
	s.applies.served(s.catalogue(d.Token.Snapshot), d.Token.Snapshot, at)
	return nil
}

func (s *State) exposed(e throughline.Event) error {
	x, err := throughline.DecodeData[throughline.ExposureConfirmed](e)
	if err != nil {
		return err
	}
	p, item := s.locate(x.Token)
	if item == nil {
		return nil
	}
	s.show(item, x.Token.Candidate, e.OccurredAt)
	m := p.trials.Exposure(x.Token.Question, e.OccurredAt, e.RecordedAt)
	if m.Trial {
		p.delivered(item, x.Token, m.At.UnixMilli(), 1)
		s.pace(paceDelivery).add(e.RecordedAt.UnixMilli())
		s.ledger.exposed(x.Token, s.now)
	}
	if m.Success {
		s.succeeded(p, item, x.Token, m.At, e)
	}
	return nil
}

// show counts what a candidate is made of as shown once more. Every exposure
// counts, also one that repeats a trial: rights are granted by the showing.
func (s *State) show(it *item, candidate uint16, at time.Time) {
	key := it.fallback
	if candidate != throughline.FallbackCandidate {
		key = it.keys[candidate]
	}
	for level := range strings.SplitSeq(key, "|") {
		if name, _, ok := strings.Cut(level, "@"); ok {
			s.shown[name]++
			s.escaped(name, at)
		}
	}
}

// Shown returns how often a piece was shown, in all placements and since the
// first event.
func (s *State) Shown(piece string) int64 { return s.shown[piece] }

func (s *State) reached(e throughline.Event) error {
	o, err := throughline.DecodeData[throughline.OutcomeReceived](e)
	if err != nil {
		return err
	}
	p, item := s.locate(o.Token)
	if item == nil {
		return nil
	}
	if o.Name != item.event {
		return nil
	}
	if m := p.trials.Outcome(o.Token.Question, e.OccurredAt, e.RecordedAt); m.Success {
		s.succeeded(p, item, o.Token, m.At, e)
	}
	return nil
}

// succeeded counts an outcome, in the block of its delivery. If a policy learns
// from it, it starts the clock that stops when what was learned is served; of recipients
// held out nothing is learned.
func (s *State) succeeded(p *placement, item *item, t throughline.Token, delivered time.Time, e throughline.Event) {
	p.succeeded(item, t, delivered.UnixMilli(), 1)
	s.pace(paceOutcome).add(e.RecordedAt.UnixMilli())
	if t.Arm == throughline.ArmPolicy && p.learns() {
		s.signals.wait(e.Seq, e.RecordedAt.UnixMilli())
	}
}

// counted takes exposures and outcomes known only as sums.
func (s *State) counted(e throughline.Event) error {
	c, err := throughline.DecodeData[throughline.ExposureCounted](e)
	if err != nil {
		return err
	}
	p := s.places[c.Placement]
	if p == nil || c.Exposures < 0 || c.Outcomes < 0 {
		s.unplaced++
		return nil
	}
	p.add(p.candidate(c.Key, ""), throughline.ArmPolicy, e.OccurredAt.UnixMilli(), tally{c.Exposures, c.Outcomes})
	s.pace(paceDelivery).addMany(e.RecordedAt.UnixMilli(), c.Exposures)
	s.pace(paceOutcome).addMany(e.RecordedAt.UnixMilli(), c.Outcomes)
	return nil
}

func (s *State) learned(e throughline.Event) error {
	p, err := throughline.DecodeData[throughline.EpochPublished](e)
	if err != nil {
		return err
	}
	published := epoch{p.Number, p.Through, e.RecordedAt.UnixMilli()}
	s.signals.published(published)
	s.applies.published(s.catalogue([8]byte(p.Snapshot[:8])), published)
	return nil
}

// epoch is one publication of what the policies learned.
type epoch struct {
	number uint32
	// through is the last event it has learned from.
	through uint64
	at      int64 // when it was recorded
}

const keepReleases = 100

// The things that come at a pace and are not event types.
const (
	paceDelivery = "delivery"
	paceOutcome  = "outcome"
	paceVariant  = "variant"
	paceKind     = "kind/"
)

func (s *State) pace(what string) *pace {
	p := s.paces[what]
	if p == nil {
		p = new(pace)
		s.paces[what] = p
	}
	return p
}
