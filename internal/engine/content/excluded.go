package content

import (
	"context"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/assemble"
	"github.com/throughline-engine/throughline/internal/loop/check"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

// Reason is one answer to the question why a filling is missing.
type Reason = assemble.Reason

// Excluded says what keeps one filling from being shown at a placement.
type Excluded struct {
	Placement string              `json:"placement"`
	Template  string              `json:"template"`
	Channel   string              `json:"channel"`
	Filling   throughline.Filling `json:"filling"`
	// Shown is true when nothing does: the filling is among the variants that may
	// be shown, to recipients whom every fragment of it is for.
	Shown bool `json:"shown"`
	// Reasons say what does not fit its slot and which constraints fail.
	Reasons []Reason `json:"reasons,omitempty"`
	// Findings are what the guardrails say of it; they are asked only of a filling
	// without Reasons.
	Findings []throughline.Finding `json:"findings,omitempty"`
}

// Excluded says, of what is in force, why a filling is not among the variants of
// a placement. An optional slot that the filling does not name stays empty.
func (c *Content) Excluded(ctx context.Context, placement string, filling throughline.Filling) (Excluded, error) {
	all, err := c.List(ctx, "")
	if err != nil {
		return Excluded{}, err
	}
	set := declare.NewSet(all)
	p := declare.Spec[*throughline.Placement](set, placement)
	if p == nil {
		return Excluded{}, throughline.Errorf(throughline.NotFound, "there is no Placement/%s", placement).WithFix("throughline get placements lists them")
	}
	x := Excluded{Placement: placement, Template: p.Template, Channel: p.Channel, Filling: filling}
	g := c.groundOf(set, ground{p.Template, p.Channel})
	everything := g.assembly()
	everything.Pieces = set.All() // it may name what fits no slot
	if x.Reasons, err = assemble.Explain(everything, filling); err != nil || len(x.Reasons) > 0 {
		return x, err
	}
	a, err := assemble.Combine(g.assembly())
	if err != nil {
		return x, err
	}
	result, err := check.Run(g.check(alone(a, filling)))
	x.Findings, x.Shown = result.Findings, len(result.Blocked) == 0 && blocking(result.Findings) == nil
	return x, err
}

// alone returns an assembly as if the filling, one of its candidates, were all
// of it.
func alone(a throughline.Assembly, filling throughline.Filling) throughline.Assembly {
	only := a
	only.Slots, only.Candidates, only.Total = nil, [][]uint16{make([]uint16, len(a.Slots))}, 1
	for _, s := range a.Slots {
		for _, choice := range s.Choices {
			if choice.Piece == filling[s.Name] {
				only.Slots = append(only.Slots, throughline.SnapshotSlot{Name: s.Name, Role: s.Role, Choices: []throughline.Choice{choice}})
			}
		}
	}
	return only
}
