package main

import (
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

type explainCmd struct {
	Decision  throughline.DecisionID `arg:"" optional:"" help:"A decision id or a variant id, as an evaluation returned it."`
	Placement string                 `help:"Without a decision: the placement to ask."`
	Unit      string                 `help:"Without a decision: the targeting key to ask for."`
	Context   map[string]string      `help:"Without a decision: what is known of the recipient, such as plan=member." placeholder:"KEY=VALUE"`
	Variant   map[string]string      `help:"Instead of a unit: a combination by slot, to learn why it is not shown." placeholder:"SLOT=FRAGMENT"`
	JSON      bool                   `help:"Print one line of JSON."`
}

// Run explains a decision that was made, or one that would be made now.
func (c *explainCmd) Run(s *shell) error {
	if (c.Decision == "") == (c.Placement == "") {
		return throughline.Errorf(throughline.Invalid, "name a decision or a variant, or a placement and a unit").
			WithFix("throughline explain DECISION, or throughline explain --placement home.hero --unit visitor-1")
	}
	if len(c.Variant) > 0 && (c.Placement == "" || c.Unit != "") {
		return throughline.Errorf(throughline.Invalid, "a combination is asked after with a placement and without a unit").
			WithFix("throughline explain --placement home.hero --variant headline=hello --variant cta=try")
	}
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	if isVariant(string(c.Decision)) {
		return c.story(s, engine)
	}
	if c.Decision != "" {
		return c.decision(s, engine)
	}
	if len(c.Variant) > 0 {
		return c.excluded(s, engine)
	}
	in := api.AskBody{Placement: c.Placement, Unit: c.Unit, Context: map[string]any{}}
	for k, v := range c.Context {
		in.Context[k] = plainValue(v)
	}
	var why live.Explanation
	if err := engine.call(s.ctx, http.MethodPost, "/api/v1/ask", in, &why); err != nil {
		return err
	}
	if c.JSON {
		return s.printJSON(why)
	}
	s.printWhy(why)
	return nil
}

// excluded says why a combination is not shown.
func (c *explainCmd) excluded(s *shell, engine *client) error {
	var x content.Excluded
	in := api.ExcludedBody{Placement: c.Placement, Filling: c.Variant}
	if err := engine.call(s.ctx, http.MethodPost, "/api/v1/excluded", in, &x); err != nil {
		return err
	}
	switch {
	case c.JSON:
		return s.printJSON(x)
	case x.Shown:
		s.printf("It is among the variants of %s: nothing excludes it.\n", x.Placement)
	default:
		s.printf("It is not among the variants of %s:\n", x.Placement)
	}
	for _, r := range x.Reasons {
		where := "slot " + r.Slot
		if r.Rule != "" {
			where = "constraint " + r.Rule
		}
		s.printf("  %s: %s\n", where, r.Why)
	}
	for _, f := range x.Findings {
		s.printf("  %s %s: %s\n", f.Severity, f.Rule, says(f))
	}
	return nil
}

func (c *explainCmd) decision(s *shell, engine *client) error {
	var a live.Answer
	if err := engine.call(s.ctx, http.MethodGet, "/api/v1/decisions/"+url.PathEscape(string(c.Decision)), nil, &a); err != nil {
		return err
	}
	if c.JSON {
		return s.printJSON(a)
	}
	s.printf("Decision for %s (owner %s), %s arm, propensity %.4f, release %d, epoch %d\n", a.Placement, a.Owner, a.Arm, a.Propensity, a.Release, a.Epoch)
	for _, note := range a.Notes {
		s.printf("%s\n", note)
	}
	if a.Why != nil {
		s.printWhy(*a.Why)
		if a.Same {
			s.printf("Decided again from the record: the same.\n")
		} else {
			s.printf("Decided again from the record: NOT the same.\n")
		}
	}
	if a.Today != nil {
		s.printf("Asked today, release %d, epoch %d: %s\n", a.Today.Release, a.Today.Epoch, a.Today.Reason)
		for _, slot := range slices.Sorted(maps.Keys(a.Today.Levels)) {
			s.printf("  %-12s %-32s %s\n", slot, a.Today.Levels[slot], a.Today.Values[slot])
		}
	}
	return nil
}
