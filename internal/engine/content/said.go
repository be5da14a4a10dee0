package content

import (
	"context"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
)

// Said returns what keeps the caller's draft from being released, and, when
// nothing does, what the checks say of what would then be in force. Without a
// draft they are the findings of what is in force.
func (c *Content) Said(ctx context.Context, by engine.Caller) (throughline.Problems, []throughline.Finding, error) {
	g, err := c.Glance(ctx, by)
	if err != nil {
		return nil, nil, err
	}
	if g.Items == 0 {
		findings, err := c.Check(ctx, by, Change{})
		return nil, findings, err
	}
	problems, err := c.Problems(ctx, by)
	if err != nil {
		return nil, nil, err
	}
	plan, err := c.PlanDraft(ctx, by)
	if err != nil && len(problems) > 0 {
		return problems, nil, nil
	}
	if err != nil {
		problems.Add(err)
		return problems, nil, nil
	}
	return problems, plan.Findings, nil
}
