package content

import (
	"cmp"
	"context"
	"slices"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// spoken counts by rule what findings say that was not said before.
func spoken(before, now []throughline.Finding) []throughline.RuleSpoke {
	said := make(map[string]bool, len(before))
	for _, f := range before {
		said[place(f)] = true
	}
	rules := map[string]*throughline.RuleSpoke{}
	for _, f := range now {
		if said[place(f)] {
			continue
		}
		r := rules[f.Rule]
		if r == nil {
			r = &throughline.RuleSpoke{Rule: f.Rule}
			rules[f.Rule] = r
		}
		r.Findings++
		if f.Severity == throughline.Block {
			r.Blocking++
		}
		if f.Overridden != nil {
			r.Overridden++
		}
	}
	var all []throughline.RuleSpoke
	for _, r := range rules {
		all = append(all, *r)
	}
	slices.SortFunc(all, func(a, b throughline.RuleSpoke) int { return cmp.Compare(a.Rule, b.Rule) })
	return all
}

// place is what makes a finding the same as one before: an override that came or
// ended makes it another.
func place(f throughline.Finding) string {
	over := ""
	if f.Overridden != nil {
		over = "overridden"
	}
	return f.Rule + "\x00" + f.Object.String() + "\x00" + f.Slot + "\x00" + f.Channel + "\x00" + f.Locale + "\x00" + f.Got + "\x00" + over
}

// refused notes which rules kept a change from going live.
func (c *Content) refused(ctx context.Context, by engine.Caller, p prepared) error {
	var said throughline.GuardrailSpoke
	for _, r := range spoken(p.head.Findings, p.plan.Findings) {
		if r.Blocking > 0 {
			said.Rules = append(said.Rules, r)
		}
	}
	if len(said.Rules) == 0 {
		return nil
	}
	id := c.core.NewID()
	return c.core.Update(ctx, func(tx record.Tx) error {
		return tx.Outbox(c.core.NewEvent(throughline.EventGuardrailBlocked, said, by.Actor, "guardrails/refused/"+id.String()))
	})
}

// withdrawn names the pieces that may not be shown any more, by name.
func withdrawn(declared declare.Set) (names []string) {
	for _, kind := range []throughline.Kind{throughline.KindFragment, throughline.KindAsset} {
		for r := range declared.Each(kind) {
			if p, _ := throughline.PieceOf(r); p.Withdrawn != "" {
				names = append(names, p.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}
