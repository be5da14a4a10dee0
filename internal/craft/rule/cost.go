package rule

import (
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"

	"github.com/throughline-engine/throughline"
)

// sizes tells the estimate how large the inputs may be. The doors refuse
// contexts beyond these; a longer text makes a rule dearer but not wrong.
type sizes struct{}

const (
	maxText    = 2_000 // characters of one text
	maxEntries = 64    // entries of a map, items of a list
)

// EstimateSize returns the size of what comes from outside the rule, or nil for
// what the language can tell by itself.
func (sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	if len(n.Path()) == 0 || n.Type() == nil {
		return nil
	}
	text := cost.SizeEstimate{Max: maxText}
	switch n.Type().Kind() {
	case types.MapKind, types.ListKind:
		return &cost.SizeEstimate{Max: maxEntries, Key: &text, Elem: &text}
	case types.StringKind:
		return &text
	case types.DynKind:
		// A text or a list of texts: what it is compared with decides.
		return &cost.SizeEstimate{Max: maxEntries, Key: &text, Elem: &cost.SizeEstimate{Max: maxEntries}}
	}
	return nil
}

// EstimateCallCost leaves every function at the language's own estimate.
func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

func (p *Program) tooCostly() error {
	return throughline.Errorf(throughline.TooLarge, "the rule may cost %s units, and %d are allowed: %s", units(p.cost), p.env.limit, short(p.text)).
		WithFix("loop once instead of inside another loop, compare instead of matching a pattern, or split the rule")
}
