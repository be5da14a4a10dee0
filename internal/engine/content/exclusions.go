package content

import (
	"context"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/assemble"
	"github.com/throughline-engine/throughline/internal/loop/check"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

// Exclusions say what keeps combinations of pieces from competing at a placement.
type Exclusions struct {
	// Total is how many combinations there are before any rule.
	Total int `json:"total"`
	// Rules are those that take some out, in the template's order and then the
	// guardrails. A combination that breaks several counts for each.
	Rules []RuleExclusion `json:"rules"`
}

// RuleExclusion is one rule and what it takes out.
type RuleExclusion struct {
	// Rule is the constraint, or the guardrail's name.
	Rule string `json:"rule"`
	// Why says it in words.
	Why   string `json:"why,omitempty"`
	Count int    `json:"count"`
	// Guardrail is true for one that checks texts; false for a constraint.
	Guardrail bool `json:"guardrail,omitempty"`
	// Example is a combination that it takes out; nil when none was come upon soon.
	Example throughline.Filling `json:"example,omitempty"`
}

// examples is how many combinations are tried for an example of each rule.
const examples = 400

// Exclusions returns, of what is in force, what keeps combinations from competing
// at a placement, each rule with a count and an example.
func (c *Content) Exclusions(ctx context.Context, placement string) (x Exclusions, err error) {
	all, err := c.List(ctx, "")
	if err != nil {
		return x, err
	}
	set := declare.NewSet(all)
	p := declare.Spec[*throughline.Placement](set, placement)
	if p == nil {
		return x, throughline.Errorf(throughline.NotFound, "there is no Placement/%s", placement).WithFix("throughline get placements lists them")
	}
	g := c.groundOf(set, ground{p.Template, p.Channel})
	a, err := assemble.Combine(g.assembly())
	if err != nil {
		return x, err
	}
	x.Total = a.Total
	for _, e := range a.Excluded {
		if e.Count > 0 {
			x.Rules = append(x.Rules, RuleExclusion{Rule: e.Rule, Why: e.Why, Count: e.Count})
		}
	}
	if err := x.exemplify(g.assembly(), a); err != nil {
		return x, err
	}
	result, err := check.Run(g.check(a))
	if err != nil || len(result.Blocked) == 0 {
		return x, err
	}
	return x, x.block(g, a, result)
}

// exemplify looks for a combination that each rule takes out.
func (x *Exclusions) exemplify(in assemble.Input, a throughline.Assembly) error {
	missing := len(x.Rules)
	at := make([]int, len(a.Slots))
	for n := 0; n < examples && missing > 0; n++ {
		reasons, err := assemble.Explain(in, fillingAt(a, at))
		if err != nil {
			return err
		}
		for _, r := range reasons {
			for i := range x.Rules {
				if rule := &x.Rules[i]; rule.Rule == r.Rule && rule.Example == nil {
					rule.Example = fillingAt(a, at)
					missing--
				}
			}
		}
		if !advance(at, a) {
			return nil
		}
	}
	return nil
}

// block adds the guardrails that keep combinations out, which the first blocked
// one is an example of.
func (x *Exclusions) block(g resources, a throughline.Assembly, result check.Result) error {
	filling := throughline.Filling{}
	for s, choice := range a.Candidates[result.Blocked[0]] {
		filling[a.Slots[s].Name] = a.Slots[s].Choices[choice].Piece
	}
	one, err := check.Run(g.check(alone(a, filling)))
	if err != nil {
		return err
	}
	rule := RuleExclusion{Rule: "guardrails", Count: len(result.Blocked), Guardrail: true, Example: filling}
	for _, f := range one.Findings {
		if f.Severity == throughline.Block {
			rule.Rule, rule.Why = f.Rule, f.Got+", want "+f.Want
			break
		}
	}
	x.Rules = append(x.Rules, rule)
	return nil
}

func fillingAt(a throughline.Assembly, at []int) throughline.Filling {
	f := throughline.Filling{}
	for s, choice := range at {
		if name := a.Slots[s].Choices[choice].Piece; name != "" {
			f[a.Slots[s].Name] = name
		}
	}
	return f
}

// advance moves to the next combination, and reports whether there was one.
func advance(at []int, a throughline.Assembly) bool {
	for s := len(at) - 1; s >= 0; s-- {
		if at[s]++; at[s] < len(a.Slots[s].Choices) {
			return true
		}
		at[s] = 0
	}
	return false
}
