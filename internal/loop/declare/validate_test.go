package declare_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

func TestTheWorkspaceIsValid(t *testing.T) {
	if err := declare.Validate(declare.NewSet(mustWorkspace(t))); err != nil {
		t.Error(err)
	}
}

// Each case plants one mistake in a workspace that is otherwise valid.
func TestEveryMistakeBetweenResourcesIsNamedPlacedAndMended(t *testing.T) {
	tests := []struct {
		name     string
		old, new string
	}{
		{"an engine whose owner is nobody", "owner: ada}", "owner: adda}"},
		{"two engines", "kind: Person\nmetadata: {name: ben}\nspec: {name: Ben Ito, discipline: creative, roles: [{role: maker}]}", "kind: Engine\nmetadata: {name: ben}\nspec: {title: B, owner: ada}"},
		{"no engine", "kind: Engine\nmetadata: {name: bakery}\nspec: {title: Corner Bakery, owner: ada}", "kind: Person\nmetadata: {name: eve}\nspec: {name: Eve}"},
		{"an owner who is nobody", "{name: home.hero, owner: ben}", "{name: home.hero, owner: bern}"},
		{"a token that could leave its style", `radius: 6px`, `radius: "6px; background: url(//x)"`},
		{"a term that avoids what it prefers", "avoid: [miracle]", "prefer: Miracle, avoid: [miracle]"},
		{"a language that is none", "supported: [en, de, de-AT]", "supported: [en, de, deutsch-AT]"},
		{"a language written otherwise", "supported: [en, de, de-AT]", "supported: [en, de, de-at]"},
		{"a fallback to an unsupported language", "fallback: {de-AT: [de]}", "fallback: {de-AT: [fr]}"},
		{"a brief for nobody", "audience: regulars\n  goal: order", "audience: reglars\n  goal: order"},
		{"a day that is none", "due: 2026-11-30", "due: 30.11.2026"},
		{"an audience rule that does not compile", "rule: context.visits >= 5", "rule: visits >= 5"},
		{"an audience rule that stops too early", "rule: context.visits >= 5", "rule: context.visits >="},
		{"an audience rule that costs too much", "rule: context.visits >= 5", `rule: "context.a.all(x, context.b.all(y, x != y))"`},
		{"a window in which nothing can happen", "window: 7d", "window: 0s"},
		{"a guardrail without a rule", "forbid: [best ever, guaranteed]", "match: {channels: [web]}"},
		{"a guardrail with two rules", "forbid: [best ever, guaranteed]", "forbid: [best ever]\n  require: [rye]"},
		{"a guardrail for a template that is not there", "match: {templates: [card]}", "match: {templates: [crad]}"},
		{"a guardrail over a slot that is not there", "size(headline.text) + size(cta.text)", "size(headline.text) + size(ctta.text)"},
		{"a guardrail over slots that never meet", "- {name: headline, role: headline, required: true, length: {max: 48}}\n  renderings:\n    - channel: app\n      fields: {title: \"{{headline}}\"}", "- {name: lone, role: headline, required: true}\n  renderings:\n    - channel: app\n      fields: {title: \"{{lone}}\"}\n---\napiVersion: throughline/v1\nkind: Guardrail\nmetadata: {name: far}\nspec: {assert: lone.text != cta.text}"},
		{"a template without its brand", "  brand: corner\n  brief", "  brand: coner\n  brief"},
		{"a slot twice", "- {name: body, role: body", "- {name: headline, role: body"},
		{"a slot with a capital", "- {name: body, role: body", "- {name: Body, role: body"},
		{"a slot with a reserved name", "- {name: body, role: body", "- {name: locale, role: body"},
		{"a length upside down", "length: {min: 4, max: 48}", "length: {min: 48, max: 4}"},
		{"a slot filled by a fragment that is not there", "fill: {labels: {kind: action}}", "fill: {names: [cta-ordr]}"},
		{"a constraint that does not compile", "assert: headline.labels.tone == body.labels.tone", "assert: headline.tone == body.labels.tone"},
		{"a constraint that compares a slot itself", "assert: headline.labels.tone == body.labels.tone", "assert: headline == body"},
		{"a constraint that is no question", "assert: headline.labels.tone == body.labels.tone", "assert: headline.labels.tone"},
		{"a rendering of an unknown slot", "<h2>{{headline}}</h2>", "<h2>{{headlin}}</h2>"},
		{"a rendering of an unknown token", "{{token.radius}}", "{{token.radus}}"},
		{"a rendering that runs code", "<h2>{{headline}}</h2>", "<script>track()</script>"},
		{"a rendering for a channel that is not there", "- channel: web\n      html", "- channel: wbe\n      html"},
		{"fields on a web page", `fields: {title: "{{headline}}"}`, `html: "<p>{{headline}}</p>"`},
		{"a fragment without text", "values: {en: Your usual, de: Wie immer}", "values: {}"},
		{"a fragment with an empty text", "values: {en: Your usual, de: Wie immer}", `values: {en: Your usual, de: ""}`},
		{"a meaning below one", "meaning: 2", "meaning: -2"},
		{"a fragment for an audience that is not there", "audience: regulars, values", "audience: regular, values"},
		{"a fragment for a channel that is not there", "channels: [web]}", "channels: [wep]}"},
		{"a placement on a channel without a rendering", "channel: app\n  template: banner", "channel: web\n  template: banner"},
		{"a placement of a template that is not there", "template: banner", "template: baner"},
		{"a placement with a goal that is not there", "goal: order\n  policy: {floor: 0.05}", "goal: ordr\n  policy: {floor: 0.05}"},
		{"a placement with an empty fallback", "fallback: {headline: hello-rye, cta: cta-order}", "fallback: {}"},
		{"a fallback that leaves a required slot", "fallback: {headline: hello-rye, cta: cta-order}", "fallback: {headline: hello-rye}"},
		{"a fallback of a fragment that is not there", "fallback: {headline: hello-rye, cta: cta-order}", "fallback: {headline: helo-rye, cta: cta-order}"},
		{"a fallback for a slot that is not there", "fallback: {headline: hello-rye, cta: cta-order}", "fallback: {headline: hello-rye, cta: cta-order, hero: loaf}"},
		{"a fallback of another role", "fallback: {headline: hello-rye, cta: cta-order}", "fallback: {headline: cta-order, cta: cta-order}"},
		{"a fallback that not everyone may see", "fallback: {headline: hello-rye, cta: cta-order}", "fallback: {headline: for-regulars, cta: cta-order}"},
		{"a floor above one", "policy: {floor: 0.05}", "policy: {floor: 1.5}"},
		{"exploring without committing", "policy: {floor: 0.05}", "policy: {explore: 100}"},
		{"a fixed policy without a filling", "policy: {kind: fixed, fixed: {headline: new-rye}}", "policy: {kind: fixed}"},
		{"a filling without a fixed policy", "policy: {kind: fixed, fixed: {headline: new-rye}}", "policy: {fixed: {headline: new-rye}}"},
		{"a holdout of everyone", "holdout: {share: 0.1}", "holdout: {share: 1}"},
		{"a control that is not served", "serve: control, ", ""},
		{
			"two people with one e-mail",
			"spec: {name: Ada Kline, discipline: operations, roles: [{role: steward}, {role: approver}]}\n---\napiVersion: throughline/v1\nkind: Person\nmetadata: {name: ben}\nspec: {name: Ben Ito,",
			"spec: {name: Ada Kline, email: team@example.org, roles: [{role: steward}]}\n---\napiVersion: throughline/v1\nkind: Person\nmetadata: {name: ben}\nspec: {name: Ben Ito, email: Team@example.org,",
		},
		{"an e-mail that is none", "spec: {name: Ada Kline,", "spec: {name: Ada Kline, email: Ada at home,"},
		{"a control that is not named", "serve: control, control: {headline: hello-rye, cta: cta-order}", "serve: control"},
	}
	var report strings.Builder
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := declare.Validate(declare.NewSet(mustWorkspace(t, tt.old, tt.new)))
			if err == nil {
				t.Fatal("it was not found")
			}
			fmt.Fprintf(&report, "# %s\n", tt.name)
			for _, p := range err.(throughline.Problems) {
				fmt.Fprintf(&report, "%s [%s]: %s\n", p.Code, field(p), p)
				if p.Place == "" || p.Fix == "" {
					t.Errorf("no place or no fix: %v", p)
				}
			}
		})
	}
	golden(t, "testdata/validate-errors.golden", report.String())
}

// A placement that says nothing at all of a fallback is refused where it is
// written, with its line.
func TestAPlacementWithoutFallbackIsRefused(t *testing.T) {
	_, err := workspace(t, "  fallback: {headline: hello-rye, cta: cta-order}\n", "")
	if err == nil || !strings.Contains(err.Error(), "placements.yaml:5:3: Placement/home.hero has no fallback") {
		t.Error(err)
	}
}
