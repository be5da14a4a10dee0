package decide

import (
	"fmt"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/rule"
)

// Explanation says why a request is answered as it is. It holds nothing of the
// unit and of the context only what the reasons quote.
type Explanation struct {
	// Decision is the answer; the fields below repeat what of it is shown.
	Decision throughline.Decision `json:"-"`

	DecisionID throughline.DecisionID       `json:"decisionId"`
	Placement  string                       `json:"placement"`
	Owner      string                       `json:"owner"`
	Variant    throughline.VariantID        `json:"variant,omitempty"`
	Locale     string                       `json:"locale,omitempty"`
	Values     map[string]string            `json:"values,omitempty"`
	Levels     map[string]throughline.Level `json:"levels,omitempty"`
	Arm        throughline.Arm              `json:"arm"`
	Propensity float64                      `json:"propensity"`
	// SlotPropensity is missing for a held decision of which only the token was
	// left.
	SlotPropensity map[string]float64 `json:"slotPropensity,omitempty"`
	Held           bool               `json:"held,omitempty"`
	// Reason is a sentence that sums it up.
	Reason string `json:"reason"`

	// Policy, Sticky and Holdout are in force at the placement.
	Policy  throughline.Policy     `json:"policy"`
	Sticky  throughline.Stickiness `json:"sticky"`
	Holdout *HoldoutPlace          `json:"holdout,omitempty"`
	// Audiences are the rules that mattered and whether they matched.
	Audiences []AudienceAnswer `json:"audiences,omitempty"`
	// Options are the eligible candidates with the chance of each in this arm.
	Options []Option `json:"options,omitempty"`
	// Excluded are the other candidates.
	Excluded []throughline.Exclusion `json:"excluded,omitempty"`

	Snapshot throughline.Digest `json:"snapshot"`
	Release  int                `json:"release"`
	Epoch    uint32             `json:"epoch"`
	// AsOf is the Unix time in milliseconds up to which every outcome recorded
	// was considered; 0 when the decision is of an earlier epoch.
	AsOf int64 `json:"asOf,omitempty"`
}

// HoldoutPlace is where a unit falls in the holdout's hash. It never changes.
type HoldoutPlace struct {
	throughline.Holdout
	// Place is from 0 to 1; below Share the unit is held out.
	Place   float64 `json:"place"`
	HeldOut bool    `json:"heldOut"`
}

// AudienceAnswer is one audience rule and what became of it.
type AudienceAnswer struct {
	Name    string `json:"name"`
	Rule    string `json:"rule"`
	Matches bool   `json:"matches"`
	// Why says of each clause that did not hold what stood in the way.
	Why []string `json:"why,omitempty"`
}

// Option is one eligible candidate.
type Option struct {
	Candidate int `json:"candidate"`
	// Variant is its id in the locale of the request, Values its text by slot.
	Variant    throughline.VariantID        `json:"variant"`
	Levels     map[string]throughline.Level `json:"levels"`
	Values     map[string]string            `json:"values"`
	Propensity float64                      `json:"propensity"`
	Chosen     bool                         `json:"chosen,omitempty"`
}

// Explain decides a request and says why. It is told of earlier decisions and
// tells of none: explaining changes nothing. Errors are those of Decide.
//
// It also replays: on the table of a token's snapshot and epoch, and with nothing
// held, the request that the token was given for gets the same token again. A
// token that was held when its request came is of an earlier request; replay that
// one.
func (t *Table) Explain(req throughline.Request, held Held) (Explanation, error) {
	var c consideration
	if err := t.consider(&c, req); err != nil {
		return Explanation{}, err
	}
	d, ok := t.peek(&c, req, held)
	if !ok {
		d, _ = t.choose(&c, req)
	}
	p := c.placement
	x := Explanation{
		Decision: d, DecisionID: d.ID, Placement: p.Name, Owner: p.Owner,
		Variant: d.Variant, Locale: d.Locale, Values: d.Values, Levels: d.Levels,
		Arm: d.Arm, Propensity: d.Propensity, SlotPropensity: d.SlotPropensity, Held: d.Held,
		Policy: p.Policy, Sticky: p.Sticky, Audiences: t.audiences(&c, req),
		Snapshot: d.Snapshot, Release: d.Release, Epoch: d.Epoch, AsOf: d.AsOf,
	}
	if p.Holdout != nil {
		place := p.holdoutPlace(c.unit)
		x.Holdout = &HoldoutPlace{Holdout: *p.Holdout, Place: float64(place) / (1 << 32), HeldOut: place < p.heldOut}
	}
	if c.eligible != nil {
		x.Options = t.options(&c, d)
	}
	x.Excluded = t.excluded(&c)
	x.Reason = t.reason(&c, &x)
	return x, nil
}

func (t *Table) peek(c *consideration, req throughline.Request, held Held) (throughline.Decision, bool) {
	key, idle, sticky := c.holding()
	if !sticky || held == nil {
		return throughline.Decision{}, false
	}
	h, ok := held.Peek(key, req.At, idle)
	if !ok {
		return throughline.Decision{}, false
	}
	return t.hold(c, h)
}

func (t *Table) audiences(c *consideration, req throughline.Request) []AudienceAnswer {
	var answers []AudienceAnswer
	for i, a := range t.static.snapshot.Audiences {
		bit := uint64(1) << i
		if (c.placement.audience|c.placement.pieces)&bit == 0 {
			continue
		}
		answer := AudienceAnswer{Name: a.Name, Rule: a.Rule, Matches: c.bits&bit != 0}
		if !answer.Matches {
			for _, clause := range t.static.rules[i].Explain(rule.Context(req.Context)) {
				if !clause.True {
					answer.Why = append(answer.Why, clause.Why)
				}
			}
		}
		answers = append(answers, answer)
	}
	return answers
}

func (t *Table) options(c *consideration, d throughline.Decision) []Option {
	from := t.distribution(c)
	options := make([]Option, len(from.set.list))
	for i, candidate := range from.set.list {
		r := c.view.rendering(candidate)
		options[i] = Option{
			Candidate: int(candidate), Variant: r.variant, Levels: r.levels, Values: r.values,
			Propensity: float64(from.weights[i]) / throughline.WeightOne, Chosen: r.variant == d.Variant,
		}
	}
	return options
}

// excluded says of each candidate that is not eligible what stands in its way.
func (t *Table) excluded(c *consideration) []throughline.Exclusion {
	p := c.placement
	var out []throughline.Exclusion
	for i := range p.Candidates {
		reason := "audience " + p.Audience + " of the placement does not match"
		if p.audience&^c.bits == 0 {
			if reason = c.against(p.Candidates[i]); reason == "" {
				continue
			}
		}
		levels := make(map[string]throughline.Level, len(p.Slots))
		for s, choice := range p.Candidates[i] {
			levels[p.Slots[s].Name] = p.Slots[s].Choices[choice].Level
		}
		out = append(out, throughline.Exclusion{Candidate: i, Levels: levels, Reason: reason})
	}
	return out
}

// against returns what stands in the way of a filling, or "".
func (c *consideration) against(filling []uint16) string {
	var why []string
	for s, i := range filling {
		if closed := c.placement.closed(s, int(i), c.signature); closed != "" {
			why = append(why, closed)
		}
	}
	return strings.Join(why, "; ")
}

func (t *Table) reason(c *consideration, x *Explanation) string {
	p := c.placement
	chance := fmt.Sprintf("with a chance of %.4g among %d eligible variants", x.Propensity, len(x.Options))
	switch {
	case x.Variant == "":
		return fmt.Sprintf("Nothing, because %s, and that is the fallback.", c.against(p.Fallback))
	case p.audience&^c.bits != 0:
		return fmt.Sprintf("The fallback, because audience %s does not match.", p.Audience)
	case c.eligible == nil:
		return fmt.Sprintf("The fallback, because none of %d variants is eligible.", len(p.Candidates))
	case x.Held:
		return fmt.Sprintf("The variant given in epoch %d, which is held (%s).", x.Epoch, p.Sticky)
	case x.Arm == throughline.ArmHoldout && x.Propensity == 1 && p.Holdout.Serve == throughline.ServeControl:
		return "Held out from the policy: the control."
	case x.Arm == throughline.ArmHoldout:
		return "Held out from the policy: drawn evenly, " + chance + "."
	case p.Policy.Kind == throughline.Learned && t.current[p.index].rankings.Draws() == 0:
		return "The policy learned has no opinion yet: drawn evenly, " + chance + "."
	}
	return fmt.Sprintf("The policy %s drew it %s.", p.Policy.Kind, chance)
}
