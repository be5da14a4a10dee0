package content_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

// thousand is a template of three slots with ten pieces each, in two languages,
// at one placement.
func thousand() string {
	var b strings.Builder
	b.WriteString(`
apiVersion: throughline/v1
kind: Person
metadata: {name: ana}
spec: {name: Ana Keller}
---
apiVersion: throughline/v1
kind: Engine
metadata: {name: main}
spec: {title: Thousand, owner: ana}
---
apiVersion: throughline/v1
kind: Brand
metadata: {name: house}
spec: {title: House, locales: {default: en, supported: [de]}}
---
apiVersion: throughline/v1
kind: Goal
metadata: {name: signed-up}
spec: {title: Signed up, event: Signed Up, window: 24h}
---
apiVersion: throughline/v1
kind: Channel
metadata: {name: web}
spec: {title: Website, surface: web}
---
apiVersion: throughline/v1
kind: Template
metadata: {name: card}
spec:
  brand: house
  slots:
    - {name: headline, role: headline, required: true, length: {max: 30}}
    - {name: body, role: body, required: true, length: {max: 200}}
    - {name: cta, role: cta, required: true, length: {max: 20}}
  renderings:
    - {channel: web, html: "<h2>{{headline}}</h2><p>{{body}}</p><p>{{cta}}</p>"}
---
apiVersion: throughline/v1
kind: Claim
metadata: {name: fresh}
spec: {title: Fresh, evidence: [{title: Study}]}
---
apiVersion: throughline/v1
kind: Placement
metadata: {name: home}
spec: {channel: web, template: card, goal: signed-up, fallback: {headline: headline-1, body: body-1, cta: cta-1}}
`)
	for _, role := range []string{"headline", "body", "cta"} {
		for i := range 10 {
			more := ""
			if role == "headline" && i == 7 {
				more = ", claims: [fresh]"
			}
			b.WriteString(piece(role, i, "Bake it today", "Heute backen", more))
		}
	}
	return b.String()
}

func piece(role string, i int, en, de, more string) string {
	return fmt.Sprintf("---\napiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: %s-%d}\nspec: {role: %s, values: {en: %q, de: %q}%s}\n", role, i, role, fmt.Sprint(en, " ", i), fmt.Sprint(de, " ", i), more)
}

func TestAPlanSaysWhatItMeans(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, thousand())
	long := strings.Repeat("lang ", 7)
	for name, c := range map[string]struct{ manifest, says string }{
		"another text":                    {piece("headline", 3, "Bake now", "Heute backen", ""), "touches 100 live variants"},
		"a text that is too long":         {piece("headline", 3, "Bake it today", long, ""), "touches 100 live variants, 100 exceed 30 characters in de"},
		"a new piece":                     {piece("cta", 10, "Go", "Los", ""), "touches no live variant, 100 are new"},
		"a piece taken back":              {piece("headline", 3, "Bake it today", "Heute backen", ", withdrawn: wrong"), "touches 100 live variants, 100 of them go"},
		"a piece for another market":      {piece("headline", 3, "Bake it today", "Heute backen", ", validity: {markets: [en]}"), "touches 100 live variants, 100 lose rights cover"},
		"evidence that is gone":           {"apiVersion: throughline/v1\nkind: Claim\nmetadata: {name: fresh}\nspec: {title: Fresh, evidence: [{title: Study, until: 2020-01-01}]}\n", "touches 100 live variants, 100 lose rights cover"},
		"what no variant is made of":      {"apiVersion: throughline/v1\nkind: Brief\nmetadata: {name: b}\nspec: {title: B, want: More, goal: signed-up}\n", "touches no live variant"},
		"a placement that shows it again": {"apiVersion: throughline/v1\nkind: Placement\nmetadata: {name: again}\nspec: {channel: web, template: card, goal: signed-up, fallback: {headline: headline-1, body: body-1, cta: cta-1}}\n", "touches no live variant, 1000 are new"},
	} {
		t.Run(name, func(t *testing.T) {
			plan, err := e.Content.Plan(t.Context(), enginetest.Shell(), change(t, 0, c.manifest))
			if err != nil {
				t.Fatal(err)
			}
			if plan.Means.Says != c.says {
				t.Errorf("it %s; want: it %s", plan.Means.Says, c.says)
			}
		})
	}
	t.Run("and says it again of the release, once that is history", func(t *testing.T) {
		rel := e.Apply(t, piece("headline", 3, "Bake now", "Heute backen", ""))
		e.Apply(t, piece("headline", 4, "Bake now", "Heute backen", ""))
		rev := review(t, e, enginetest.Shell(), content.ReviewInput{Release: rel.Number})
		if got := rev.Plan.Means.Says; got != "touches 100 live variants" {
			t.Errorf("it %s", got)
		}
	})
}

// BenchmarkPlanOneFragment plans another text of one piece where a thousand
// variants are live.
func BenchmarkPlanOneFragment(b *testing.B) {
	e := enginetest.Open(b, enginetest.Options{})
	e.Apply(b, thousand())
	n := 0
	for b.Loop() {
		n++
		resources, err := content.Read(enginetest.Files(piece("headline", 3, fmt.Sprint("Bake ", n), strings.Repeat("lang ", 7), "")))
		if err != nil {
			b.Fatal(err)
		}
		plan, err := e.Content.Plan(b.Context(), enginetest.Shell(), content.Change{Resources: resources})
		if err != nil || plan.Means.Touched != 100 {
			b.Fatal(plan.Means, err)
		}
	}
	b.ReportMetric(1000, "variants")
}
