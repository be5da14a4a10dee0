package content_test

import (
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

const guarded = `
apiVersion: throughline/v1
kind: Guardrail
metadata: {name: not-both}
spec:
  title: Not both in one
  match: {templates: [card]}
  assert: '!(headline.name == "headline-long" && cta.name == "cta-see")'
---
apiVersion: throughline/v1
kind: Template
metadata: {name: card}
spec:
  brand: house
  slots:
    - {name: headline, role: headline, required: true, length: {max: 50}}
    - {name: cta, role: cta, required: true, length: {max: 20}}
  constraints:
    - {name: apart, assert: '!(headline.name == "headline-short" && cta.name == "cta-see")', why: They say the same}
  renderings:
    - {channel: web, html: "<h2>{{headline}}</h2><p>{{cta}}</p>"}
---
apiVersion: throughline/v1
kind: Placement
metadata: {name: members.only}
spec:
  channel: web
  template: card
  audience: members
  goal: signed-up
  fallback: {headline: headline-long, cta: cta-try}
`

func TestExcludedSaysWhatStandsInTheWay(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Run(t)
	e.Declare(t, guarded)
	for _, tt := range []struct {
		name, headline, cta string
		why                 string // empty when it is shown
	}{
		{"nothing, and it is shown", "headline-long", "cta-try", ""},
		{"a constraint, with the reason its author gave", "headline-short", "cta-see", "They say the same"},
		{"a guardrail between slots", "headline-long", "cta-see", "Guardrail/not-both"},
		{"a fragment of another role", "cta-try", "cta-see", "the slot takes headline"},
		{"a fragment that is not there", "headline-new", "cta-try", "there is no piece headline-new"},
		{"a required slot that is empty", "", "cta-try", "required and not filled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x, err := e.Content.Excluded(t.Context(), "home.hero", throughline.Filling{"headline": tt.headline, "cta": tt.cta})
			if err != nil {
				t.Fatal(err)
			}
			said := ""
			for _, r := range x.Reasons {
				said += r.Why + "\n"
			}
			for _, f := range x.Findings {
				said += f.Rule + "\n"
			}
			if x.Shown != (tt.why == "") || !strings.Contains(said, tt.why) {
				t.Errorf("shown %v, said %q, want %q", x.Shown, said, tt.why)
			}
		})
	}
	t.Run("a placement that is not there is not found", func(t *testing.T) {
		if _, err := e.Content.Excluded(t.Context(), "none", nil); throughline.CodeOf(err) != throughline.NotFound {
			t.Error(err)
		}
	})
}
