package live_test

import (
	"math"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

func TestExplainTellsThenAndToday(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Run(t)
	first := e.Declare(t)
	d := e.Decide(t, "home/side", "v", map[string]any{"plan": "free"})
	e.Recorded(t, 1)
	second := e.Apply(t, enginetest.Headline("Changed"), `
apiVersion: throughline/v1
kind: Fragment
metadata: {name: headline-long}
spec: {role: headline, brief: visit, audience: members, values: {en: "For members"}}
---
apiVersion: throughline/v1
kind: Placement
metadata: {name: members.only}
spec:
  channel: web
  template: card
  audience: members
  goal: signed-up
  fallback: {headline: headline-short, cta: cta-see}
`)
	e.Serves(t, second.Number)
	a, err := e.Plane.Explain(t.Context(), d.ID)
	if err != nil || a.Why == nil || a.Today == nil {
		t.Fatalf("%+v, %v", a, err)
	}
	t.Run("then is what was decided, with its versions", func(t *testing.T) {
		if !a.Same || a.Release != first.Number || a.Snapshot != d.Snapshot || a.Why.Variant != d.Variant || a.Epoch != d.Epoch {
			t.Errorf("%+v, decided %+v", a, d)
		}
	})
	t.Run("then lists every variant with its text and chance", func(t *testing.T) {
		sum := 0.0
		for _, o := range a.Why.Options {
			sum += o.Propensity
			if o.Values["headline"] == "" || o.Values["cta"] == "" {
				t.Errorf("%+v has no text", o)
			}
		}
		if len(a.Why.Options) != 4 || len(a.Why.Excluded) != 0 || math.Abs(sum-1) > 1e-12 {
			t.Errorf("%d options of together %v, %d excluded", len(a.Why.Options), sum, len(a.Why.Excluded))
		}
	})
	t.Run("today is under the rules and texts of today", func(t *testing.T) {
		now := a.Today
		if now.Release != second.Number || now.Snapshot == a.Snapshot || len(now.Options) != 2 || now.Values["headline"] != "Changed" {
			t.Errorf("%+v", now)
		}
		if len(now.Excluded) != 2 || now.Excluded[0].Reason != "audience members of Fragment/headline-long does not match" {
			t.Errorf("excluded: %+v", now.Excluded)
		}
	})
	t.Run("a placement that is gone has no today, and the answer says so", func(t *testing.T) {
		side := e.Decide(t, "home/side", "w", nil)
		e.Recorded(t, 2)
		rel := drop(t, e, "home/side")
		e.Serves(t, rel)
		a, err := e.Plane.Explain(t.Context(), side.ID)
		if err != nil || a.Why == nil || a.Today != nil || len(a.Notes) != 1 {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

// drop deletes a placement and returns the release that did.
func drop(t *testing.T, e *enginetest.Engine, placement string) int {
	t.Helper()
	rel, err := e.Content.Apply(t.Context(), enginetest.Shell(), content.Change{
		Delete: []throughline.Ref{{Kind: throughline.KindPlacement, Name: placement}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return rel.Number
}
