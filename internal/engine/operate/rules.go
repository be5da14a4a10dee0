package operate

import "github.com/throughline-engine/throughline/internal/loop/report"

// Rule is what a rule has said so far: its fires, blocks, overrides and escapes.
type Rule = report.Rule

// Rules returns what every rule has said, the ones that let something escape
// first.
func (o *Operate) Rules() (all []Rule) {
	o.projection.Reported(func(s *report.State) { all = s.Rules() })
	return all
}
