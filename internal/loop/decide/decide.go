package decide

import (
	"time"
	"unicode/utf8"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/rule"
)

// Decide answers a request. Held, which may be nil, is asked for an earlier
// decision where the placement is sticky, and told of a new one.
//
// A placement that does not exist is an error with the code NotFound that names
// the nearest, and a request without a unit one with the code Invalid; anything
// else is answered, with the fallback if need be. A holdout that serves a control
// and a fixed policy serve uniformly over what is eligible where their filling
// is not eligible for the request.
func (t *Table) Decide(req throughline.Request, held Held) (throughline.Decision, error) {
	var c consideration
	if err := t.consider(&c, req); err != nil {
		return throughline.Decision{}, err
	}
	key, idle, sticky := c.holding()
	if sticky && held != nil {
		if h, ok := held.Get(key, req.At, idle); ok {
			if d, ok := t.hold(&c, h); ok {
				return d, nil
			}
		}
	}
	d, slots := t.choose(&c, req)
	if sticky && held != nil {
		held.Put(key, Hold{Token: d.Token, Key: c.placement.keys[d.Token.Candidate], Slots: slots}, req.At)
	}
	return d, nil
}

// consideration is what a request comes to before anything is chosen.
type consideration struct {
	placement *placement
	// bits are the audiences that match, of those that matter here.
	bits      uint64
	signature signature
	view      *view
	unit      uint64
	person    map[string]string
	at        time.Time
	// eligible is nil where the request gets the fallback.
	eligible *eligible
	arm      throughline.Arm
}

// consider finds what may be served and which arm the request belongs to.
func (t *Table) consider(c *consideration, req throughline.Request) error {
	p, err := t.placement(req.Placement)
	if err != nil {
		return err
	}
	switch {
	case req.Unit == "":
		return throughline.Errorf(throughline.Invalid, "the request does not say who it is for").
			WithFix("send a targeting key: any stable id of the recipient that is not a name or an address")
	case len(req.Unit) > throughline.MaxUnit:
		return throughline.Errorf(throughline.Invalid, "the targeting key has %d bytes, at most %d are allowed", len(req.Unit), throughline.MaxUnit).
			WithFix("send a short id, or a hash of the long one")
	case !utf8.ValidString(req.Unit):
		return throughline.Errorf(throughline.Invalid, "the targeting key is not UTF-8").WithFix("send it as text, such as hexadecimal digits")
	}
	c.placement, c.view, c.unit, c.person = p, p.view(req.Locale()), UnitHash(req.Unit), req.Person
	c.bits = t.matching(p.audience|p.pieces, req.Context)
	c.signature = signature{audiences: c.bits & p.pieces, span: p.limits.span(req.At), spent: t.current[p.index].spent}
	if len(p.limits.markets) > 0 {
		c.signature.markets = p.limits.in(req.Market())
	}
	c.arm, c.at = throughline.ArmFallback, req.At
	if p.audience&^c.bits != 0 {
		return nil
	}
	e := p.eligible(c.signature)
	if len(e.set.list) == 0 {
		return nil
	}
	c.eligible, c.arm = e, throughline.ArmPolicy
	if p.heldOut > 0 && p.holdoutPlace(c.unit) < p.heldOut {
		c.arm = throughline.ArmHoldout
	}
	return nil
}

// holdoutPlace returns a unit's place in the holdout's hash, below 2^32.
func (p *placement) holdoutPlace(unit uint64) uint64 { return chance(p.holdoutSalt, unit, 0) >> 32 }

// matching evaluates the rules among wanted, each once. A rule that runs into
// its cost limit does not match.
func (t *Table) matching(wanted uint64, context map[string]any) (bits uint64) {
	for i := 0; wanted != 0; i, wanted = i+1, wanted>>1 {
		if wanted&1 == 0 {
			continue
		}
		if ok, err := t.static.rules[i].Eval(rule.Context(context)); ok && err == nil {
			bits |= 1 << i
		}
	}
	return bits
}

// choose decides anew. The slot weights are nil for a fallback.
func (t *Table) choose(c *consideration, req throughline.Request) (throughline.Decision, []uint32) {
	p := c.placement
	token := throughline.Token{
		Snapshot: t.static.short, Epoch: t.number, Placement: p.index, Locale: c.view.position,
		Arm: c.arm, Question: t.question(req),
	}
	if c.arm == throughline.ArmFallback {
		token.Candidate, token.Weight = throughline.FallbackCandidate, throughline.WeightOne
		if !p.open(p.Fallback, c.signature) {
			return t.decision(c, token, c.view.nothing), nil
		}
		return t.decision(c, token, c.view.fallback), nil
	}
	from := t.distribution(c)
	i := from.at(position(chance(p.choiceSalt, c.unit, t.number)))
	token.Candidate, token.Weight = from.set.list[i], from.weights[i]
	d := t.decision(c, token, c.view.rendering(token.Candidate))
	slots := from.slotsOf(i)
	d.SlotPropensity = slots.byName
	return d, slots.weights
}

// distribution returns what the request's arm is served from.
func (t *Table) distribution(c *consideration) *served {
	if c.arm == throughline.ArmPolicy {
		return t.policy(c.placement, c.eligible)
	}
	return c.eligible.holdout
}

// decision dresses a token as a decision.
func (t *Table) decision(c *consideration, token throughline.Token, r *rendering) throughline.Decision {
	p := c.placement
	return throughline.Decision{
		ID: token.Sign(t.static.key), Token: token, Placement: p.Name,
		Variant: r.variant, Locale: r.locale, Slots: p.slotNames, Values: r.valuesFor(c.person), Levels: r.levels,
		Arm: token.Arm, Policy: p.Policy.Kind, Sticky: p.Sticky, Propensity: token.Propensity(),
		Snapshot: t.static.digest, Release: t.static.snapshot.Release, Epoch: token.Epoch, AsOf: t.asOf,
		ValidUntil: c.validUntil(),
	}
}

// validUntil returns until when what is decided may be shown without asking
// again.
func (c *consideration) validUntil() time.Time {
	until := c.at.Add(throughline.MaxValid)
	if end := c.placement.limits.until(c.at); !end.IsZero() && end.Before(until) {
		return end
	}
	return until
}

// hold lets an earlier decision stand if its variant, known by its levels, is
// still a candidate and eligible, and the recipient still in the same arm.
func (t *Table) hold(c *consideration, h Hold) (throughline.Decision, bool) {
	p := c.placement
	candidate, ok := h.Token.Candidate, true
	if h.Token.Snapshot != t.static.short {
		candidate, ok = p.byKey[h.Key]
	}
	if !ok || h.Token.Arm != c.arm || c.eligible.set.find(int(candidate)) < 0 {
		return throughline.Decision{}, false
	}
	d := t.decision(c, h.Token, c.view.rendering(candidate))
	d.Held, d.SlotPropensity = true, p.slotPropensity(h.Slots)
	if h.Token.Epoch != t.number {
		d.AsOf = 0
	}
	return d, true
}
