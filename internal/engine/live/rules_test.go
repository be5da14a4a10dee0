package live_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// strict has a rule for every gate at which something is to go live: colours when
// they are declared, words when they are assembled, lengths when they activate.
const strict = `
apiVersion: throughline/v1
kind: Brand
metadata: {name: house}
spec:
  title: House
  locales: {default: en}
  tokens: {ink: "#999999", paper: "#ffffff"}
  colors: {pairs: [{front: ink, back: paper}]}
  terms: [{avoid: [see], prefer: look}]
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: cta-go}
spec: {role: cta, brief: visit, values: {en: "Go on"}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: headline-new}
spec: {role: headline, brief: visit, values: {en: "Something new"}}
---
apiVersion: throughline/v1
kind: GuardrailSet
metadata: {name: rules}
spec:
  title: Rules
  checks: [{use: contrast, severity: warn}]
  overrides:
    - {rule: "Brand/house#terms", object: Fragment/cta-see, reason: It stays for now., until: "2030-01-31"}
`

func TestRulesAreCountedAtEveryGate(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC))
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	e.Run(t)
	e.Declare(t)
	said := func(t *testing.T, want operate.Rule) {
		t.Helper()
		var got operate.Rule
		enginetest.Eventually(t, "the rule is counted", func() bool {
			for _, got = range e.Operate.Rules() {
				if got.Rule == want.Rule {
					got.Latest = time.Time{}
					return got.Fires >= want.Fires && got.Escapes >= want.Escapes
				}
			}
			return false
		})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	t.Run("declare: colours that meet badly in light, dark and inverted", func(t *testing.T) {
		e.Serves(t, e.Apply(t, strict).Number)
		said(t, operate.Rule{Rule: "Brand/house#contrast", Fires: 3})
	})
	t.Run("assemble: a word that an override lets pass", func(t *testing.T) {
		said(t, operate.Rule{Rule: "Brand/house#terms", Fires: 1, Overrides: 1})
	})
	t.Run("activate: a text that is too long keeps a change out", func(t *testing.T) {
		long := throughline.Resource{
			APIVersion: throughline.APIVersion, Kind: throughline.KindFragment, Metadata: throughline.Metadata{Name: "cta-try"},
			Spec: &throughline.Fragment{Role: "cta", Brief: "visit", Values: map[string]string{"en": "Try it without any obligation"}},
		}
		_, err := e.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Resources: []throughline.Resource{long}})
		if err == nil {
			t.Fatal("it went live")
		}
		said(t, operate.Rule{Rule: "Template/card#length", Fires: 1, Blocks: 1})
	})
	var before throughline.Decision // shows what is withdrawn later, and nothing that ends
	for i := 0; before.Values["cta"] != "Go on" || before.Values["headline"] != "Less work"; i++ {
		if i == 1000 {
			t.Fatal("a thousand visitors, and none is shown it")
		}
		before = e.Decide(t, "home/side", fmt.Sprint("visitor-", i), nil)
	}
	t.Run("decide: what is withdrawn and what has ended is left out, once a piece", func(t *testing.T) {
		rel := e.Apply(t, `
apiVersion: throughline/v1
kind: Fragment
metadata: {name: cta-go}
spec: {role: cta, brief: visit, withdrawn: legal said so, values: {en: "Go on"}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: headline-new}
spec: {role: headline, brief: visit, validity: {until: "2026-05-04T13:00:00Z"}, values: {en: "Something new"}}
`)
		e.Serves(t, rel.Number)
		said(t, operate.Rule{Rule: "withdrawn", Fires: 1})
		clock.Turn(2 * time.Hour)
		for range 2 {
			if d := e.Decide(t, "home/side", "v", nil); d.Values["headline"] == "Something new" || d.Values["cta"] == "Go on" {
				t.Errorf("it is shown: %v", d.Values)
			}
		}
		said(t, operate.Rule{Rule: "ended", Fires: 1})
	})
	t.Run("observe: an exposure of it all the same is an escape", func(t *testing.T) {
		e.Observe(t, "track", exposure(before.ID))
		said(t, operate.Rule{Rule: "withdrawn", Fires: 1, Escapes: 1})
	})
}
