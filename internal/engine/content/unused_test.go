package content_test

import (
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

func TestWhatNothingShowsYetIsCheckedAllTheSame(t *testing.T) {
	const (
		brand = `apiVersion: throughline/v1
kind: Engine
metadata: {name: shore}
spec: {title: Shore, owner: ana}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: ana}
spec: {name: Ana, discipline: creative}
---
apiVersion: throughline/v1
kind: Brand
metadata: {name: shore}
spec:
  title: Shore
  locales: {default: en}
  tokens: {ink: "#203040", paper: "#ffffff", sun: "#ffcc00"}
  links: {hosts: [shore.example], params: [{name: utm_campaign, required: true}], severity: block}
  colors: {never: [{one: sun, other: paper}]}
---
apiVersion: throughline/v1
kind: Channel
metadata: {name: web}
spec: {surface: web}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: title}
spec: {role: title, values: {en: A quiet morning}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: door}
spec: {role: door, values: {en: "https://shore.example/a?utm_campaign=May"}}
`
		template = `apiVersion: throughline/v1
kind: Template
metadata: {name: card}
spec:
  title: Card
  brand: shore
  slots: [{name: title, role: title, required: true}, {name: door, role: door, type: link}]
  renderings: [{channel: web, html: '<p style="color:%COLOR%;background:#fff">{{title}} <a style="color:#203040" href="%LINK%">Opening times</a> {{#door}}<a style="color:#203040" href="{{door}}">Come in</a>{{/door}}</p>'}]
`
		picture = `apiVersion: throughline/v1
kind: Asset
metadata: {name: lake}
spec: {title: Lake, role: picture, %ALT%file: {name: lake.jpg, digest: "1111111111111111111111111111111111111111111111111111111111111111", type: image/jpeg, bytes: 10, width: 100, height: 100}}
`
	)
	fill := strings.NewReplacer("%COLOR%", "#203040", "%LINK%", "https://shore.example/?utm_campaign=spring", "%ALT%", "alt: {en: The lake at seven}, ")
	check := func(t *testing.T, manifest string) (rules []string) {
		t.Helper()
		resources, err := content.Read(enginetest.Files(brand, fill.Replace(manifest)))
		if err != nil {
			t.Fatal(err)
		}
		findings, err := content.CheckAlone(resources, time.Now, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			if f.Severity == throughline.Block || f.Verdict == throughline.VerdictBlock {
				t.Errorf("it blocks, and nothing shows it: %+v", f)
			}
			rules = append(rules, f.Rule+" on "+f.Object.String()+": "+f.Got)
		}
		return rules
	}
	links := func(t *testing.T, manifest string) string { return strings.Join(check(t, manifest), "\n") }
	capital := "Brand/shore#links on Fragment/door: utm_campaign=May"
	for _, c := range []struct{ name, manifest, want string }{
		{"the address of a piece is told of with the piece", template, capital},
		{"a host that is not the brand's", strings.Replace(template, "%LINK%", "https://shore.evil.example/", 1), "Brand/shore#links on Template/card: shore.evil.example"},
		{"a parameter that is missing", strings.Replace(template, "%LINK%", "https://shore.example/", 1), "Brand/shore#links on Template/card: no utm_campaign"},
		{"colours that may not meet", strings.Replace(template, "%COLOR%", "#ffcc00", 1), "Brand/shore#contrast on Template/card: sun meets paper, light"},
		{"copy that no slot takes", picture, `no slot of any template takes the role "title"`},
		{"a picture without words", strings.Replace(picture, "%ALT%", "", 1), "Asset/lake#alt-text on Asset/lake: a picture without words"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := links(t, c.manifest); !strings.Contains(got, c.want) {
				t.Errorf("it says\n%s\nand not %s", got, c.want)
			}
		})
	}
	t.Run("what is right is not told of", func(t *testing.T) {
		if got := links(t, picture); strings.Contains(got, "Asset/lake") {
			t.Errorf("of a picture with words it says %s", got)
		}
		if got := links(t, template); strings.Contains(got, "Template/card") || strings.Contains(got, "no slot") || strings.Count(got, capital) != 1 {
			t.Errorf("of the template it says %s", got)
		}
	})
}
