package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
)

// Rule is what a rule has said so far, at every gate: of what was to go live, of
// what decisions left out, and of what was shown.
type Rule struct {
	Rule string `json:"rule"`
	// Fires counts its findings, Blocks those that kept a change from going live,
	// and Overrides those that went live all the same: of its fires, the share that
	// people thought wrong. What decisions leave out is a finding for each piece.
	Fires     int64 `json:"fires"`
	Blocks    int64 `json:"blocks"`
	Overrides int64 `json:"overrides"`
	// Escapes counts exposures that should not have been.
	Escapes int64 `json:"escapes"`
	// Latest is when it last spoke.
	Latest time.Time `json:"latest"`
}

// The rules that decisions and exposures are held against, whatever was declared.
const (
	RuleWithdrawn = "withdrawn" // shown though it was withdrawn
	RuleEnded     = "ended"     // shown though rights, validity or evidence had ended
)

// ruleCount is a Rule as it is kept.
type ruleCount struct{ fires, blocks, overrides, escapes, latest int64 }

func (r *ruleCount) code(c *coder) {
	nums(c, &r.fires, &r.blocks, &r.overrides, &r.escapes, &r.latest)
}

// closing is when a piece stopped to be allowed, in Unix milliseconds; 0 is never.
// Until the rule has spoken of its end, it is open.
type closing struct {
	withdrawn, end int64
	open           bool
}

func (s *State) rule(name string, at time.Time) *ruleCount {
	r := s.rules[name]
	if r == nil {
		r = &ruleCount{}
		s.rules[name] = r
	}
	r.latest = max(r.latest, at.UnixMilli())
	return r
}

// spoke takes what guardrails said of a change.
func (s *State) spoke(e throughline.Event) error {
	p, err := throughline.DecodeData[throughline.GuardrailSpoke](e)
	if err != nil {
		return err
	}
	for _, said := range p.Rules {
		r := s.rule(said.Rule, e.OccurredAt)
		r.fires += int64(said.Findings)
		r.blocks += int64(said.Blocking)
		r.overrides += int64(said.Overridden)
	}
	return nil
}

// close takes which pieces may not be shown any more, and from when.
func (s *State) close(p throughline.SnapshotPublished, at time.Time) {
	before := s.closings
	s.closings = make(map[string]closing, len(p.Ends)+len(p.Withdrawn))
	for name, end := range p.Ends {
		b := before[name]
		s.closings[name] = closing{end: end, open: b.open || b.end != end}
	}
	for _, name := range p.Withdrawn {
		c := s.closings[name]
		if c.withdrawn = before[name].withdrawn; c.withdrawn == 0 {
			c.withdrawn = at.UnixMilli()
			s.rule(RuleWithdrawn, at).fires++
		}
		s.closings[name] = c
	}
	s.nextEnd()
}

// nextEnd finds when the first piece ends of which the rule has not spoken.
func (s *State) nextEnd() {
	s.ending = 0
	for _, c := range s.closings {
		if c.open && (s.ending == 0 || c.end < s.ending) {
			s.ending = c.end
		}
	}
}

// leftOut takes that a decision was made: pieces that had ended by then were left
// out of it, and are counted once each.
func (s *State) leftOut(at time.Time) {
	ms := at.UnixMilli()
	if s.ending == 0 || ms < s.ending {
		return
	}
	for name, c := range s.closings {
		if c.open && ms >= c.end {
			c.open = false
			s.closings[name] = c
			s.rule(RuleEnded, at).fires++
		}
	}
	s.nextEnd()
}

// escaped holds an exposure against what may be shown: after a piece's end, or
// after it was withdrawn and everything served before had to be asked for again.
func (s *State) escaped(piece string, at time.Time) {
	c, closes := s.closings[piece]
	if !closes {
		return
	}
	ms := at.UnixMilli()
	if c.end != 0 && ms >= c.end {
		s.rule(RuleEnded, at).escapes++
	}
	if c.withdrawn != 0 && ms > c.withdrawn+throughline.MaxValid.Milliseconds() {
		s.rule(RuleWithdrawn, at).escapes++
	}
}

// Rules returns what every rule has said, those that spoke most first.
func (s *State) Rules() []Rule {
	all := make([]Rule, 0, len(s.rules))
	for name, r := range s.rules {
		all = append(all, Rule{name, r.fires, r.blocks, r.overrides, r.escapes, time.UnixMilli(r.latest).UTC()})
	}
	slices.SortFunc(all, func(a, b Rule) int {
		return cmp.Or(cmp.Compare(b.Escapes, a.Escapes), cmp.Compare(b.Fires, a.Fires), strings.Compare(a.Rule, b.Rule))
	})
	return all
}
