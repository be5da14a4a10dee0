package content_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

// other is a second brand with a template of its own, and people with limits.
const other = `
apiVersion: throughline/v1
kind: Brand
metadata: {name: other}
spec: {title: Other, locales: {default: en}}
---
apiVersion: throughline/v1
kind: Template
metadata: {name: banner}
spec:
  brand: other
  slots: [{name: claim, role: claim, required: true}]
  renderings: [{channel: web, html: "<p>{{claim}}</p>"}]
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: claim-one}
spec: {role: claim, values: {en: One, de: Eins}}
---
apiVersion: throughline/v1
kind: Person
metadata: {name: otto}
spec: {name: Otto Other, roles: [{role: maker, brands: [other]}]}
`

func TestWhoMayChangeWhat(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	e.Apply(t, other)
	grant := func(g throughline.Grant) engine.Caller { return enginetest.Person("x", g) }
	maker, brandOther := throughline.Maker, []string{"other"}
	claim := func(values string) string {
		return "apiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: claim-one}\nspec: {role: claim, values: " + values + "}"
	}
	for name, c := range map[string]struct {
		by       engine.Caller
		manifest string
		want     throughline.Code
	}{
		"a maker changes text":                                     {grant(throughline.Grant{Role: maker}), claim("{en: Two, de: Eins}"), ""},
		"a viewer changes nothing":                                 {grant(throughline.Grant{Role: throughline.Viewer}), claim("{en: Two, de: Eins}"), throughline.Forbidden},
		"a stranger is not signed in":                              {engine.Caller{}, claim("{en: Two, de: Eins}"), throughline.Unauthorized},
		"a maker of a brand changes what its templates use":        {grant(throughline.Grant{Role: maker, Brands: brandOther}), claim("{en: Two, de: Eins}"), ""},
		"a maker of a brand does not change another's":             {grant(throughline.Grant{Role: maker, Brands: brandOther}), enginetest.Headline("No"), throughline.Forbidden},
		"a maker of a brand makes what nobody uses yet":            {grant(throughline.Grant{Role: maker, Brands: brandOther}), strings.ReplaceAll(claim("{en: A}"), "claim", "unheard"), ""},
		"a maker of a market changes its language":                 {grant(throughline.Grant{Role: maker, Markets: []string{"de"}}), claim("{en: One, de: Zwei}"), ""},
		"a maker of a market does not change another language":     {grant(throughline.Grant{Role: maker, Markets: []string{"de"}}), claim("{en: Two, de: Eins}"), throughline.Forbidden},
		"a maker of a market does not change more than texts":      {grant(throughline.Grant{Role: maker, Markets: []string{"de"}}), claim("{en: One, de: Eins}, meaning: 2"), throughline.Forbidden},
		"a maker does not change how content is served":            {grant(throughline.Grant{Role: maker}), strings.Replace(goal, "24h", "48h", 1), throughline.Forbidden},
		"an operator does":                                         {grant(throughline.Grant{Role: throughline.Operator}), strings.Replace(goal, "24h", "48h", 1), ""},
		"a steward does not change the engine":                     {grant(throughline.Grant{Role: throughline.Steward}), enginetest.PublicEngine, throughline.Forbidden},
		"a maker of a kind changes that":                           {grant(throughline.Grant{Role: maker, Kinds: []throughline.Kind{throughline.KindFragment}}), claim("{en: Two, de: Eins}"), ""},
		"a guardrail for every template is about every brand":      {grant(throughline.Grant{Role: maker, Brands: brandOther}), guardrail(""), throughline.Forbidden},
		"a guardrail for the templates of one brand is about that": {grant(throughline.Grant{Role: maker, Brands: brandOther}), guardrail(", match: {templates: [banner]}"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			rel, err := e.Content.Apply(t.Context(), c.by, change(t, 0, c.manifest))
			if throughline.CodeOf(err) != c.want {
				t.Fatalf("%v", err)
			}
			if err == nil {
				if _, err := e.Content.Rollback(t.Context(), enginetest.Shell(), rel.Number); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	t.Run("a refusal names the right, what it is over, and who has it", func(t *testing.T) {
		_, err := e.Content.Apply(t.Context(), grant(throughline.Grant{Role: throughline.Viewer}), change(t, 0, claim("{en: One, de: Zwei}")))
		for _, part := range []string{"Fragment/claim-one", "the right make", "the brand other", "the market de", "Otto Other", "Ana Keller"} {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%v lacks %s", err, part)
			}
		}
	})
}

const goal = `
apiVersion: throughline/v1
kind: Goal
metadata: {name: signed-up}
spec: {title: Signed up, event: Signed Up, window: 24h}
`

func guardrail(match string) string {
	return "apiVersion: throughline/v1\nkind: Guardrail\nmetadata: {name: calm}\nspec: {severity: warn, forbid: [shouting]" + match + "}"
}

func TestSearchAndObjects(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, enginetest.Workspace)
	viewer := enginetest.Person("vic", throughline.Grant{Role: throughline.Viewer})
	search := func(t *testing.T, by engine.Caller, query string) []content.Hit {
		t.Helper()
		hits, err := e.Content.Search(t.Context(), by, query, 20)
		if err != nil {
			t.Fatal(err)
		}
		return hits
	}
	t.Run("an object is found by its name, its text and with a slip", func(t *testing.T) {
		if hits := search(t, viewer, "headline-sh"); len(hits) == 0 || hits[0].Ref != short || hits[0].Where != "" {
			t.Errorf("%+v", hits)
		}
		if hits := search(t, viewer, "less work"); len(hits) != 1 || hits[0].Where != "spec.values.en" || hits[0].Snippet != "Less work" {
			t.Errorf("%+v", hits)
		}
		if hits := search(t, viewer, "haedline"); len(hits) < 2 {
			t.Errorf("%+v", hits)
		}
	})
	t.Run("a release changes what is found, and what is only in a draft is its author's", func(t *testing.T) {
		e.Apply(t, enginetest.Headline("Zebra crossing"))
		if len(search(t, viewer, "zebra")) != 1 || len(search(t, viewer, "less work")) != 0 {
			t.Error("the index did not follow")
		}
		save(t, e, mia(), content.Edit{Ref: short, Base: inForce(t, e, short).Digest(), Resource: english("Platypus")})
		if hits := search(t, mia(), "platypus"); len(hits) != 1 || !hits[0].Mine {
			t.Errorf("%+v", hits)
		}
		if hits := search(t, enginetest.Shell(), "platypus"); len(hits) != 0 {
			t.Errorf("%+v", hits)
		}
	})
	t.Run("an object leads to its neighbours and its past", func(t *testing.T) {
		o, err := e.Content.Object(t.Context(), mia(), short)
		if err != nil || o.Draft == nil || len(o.History) != 2 || o.History[0].Release != 2 || o.History[0].Fields[0] != "spec.values.en" {
			t.Fatalf("%+v, %v", o, err)
		}
		if len(o.Lineage.Briefs) != 1 || len(o.Lineage.Templates) != 1 || len(o.Lineage.Placements) != 4 || len(o.UsedBy) == 0 || o.OwnerName != "Ana Keller" || !o.Inherited {
			t.Errorf("%+v", o)
		}
		first, err := e.Content.Revision(t.Context(), viewer, short, o.History[1].Digest)
		if err != nil || valueOf(&first, "en") != "Less work" {
			t.Errorf("%v", err)
		}
		if _, err := e.Content.Revision(t.Context(), viewer, short, o.Draft.Digest); throughline.CodeOf(err) != throughline.NotFound {
			t.Errorf("a draft's revision is shown: %v", err)
		}
	})
	t.Run("a list is read page by page, each thing once", func(t *testing.T) {
		var names []string
		for cursor := ""; ; {
			page, err := e.Content.Objects(t.Context(), mia(), content.ObjectQuery{Kind: throughline.KindFragment, Limit: 3, Cursor: cursor})
			if err != nil || page.Total != 4 {
				t.Fatalf("%+v, %v", page, err)
			}
			for _, row := range page.Rows {
				names = append(names, row.Ref.Name)
			}
			if cursor = page.Next; cursor == "" {
				break
			}
		}
		if fmt.Sprint(names) != "[cta-see cta-try headline-long headline-short]" {
			t.Error(names)
		}
	})
	t.Run("a draft is seen before and after, as people see it", func(t *testing.T) {
		rev, err := e.Content.Review(t.Context(), mia(), content.ReviewInput{Draft: true})
		i := slices.IndexFunc(rev.Touched, func(at content.Touched) bool { return at.Placement == "home.hero" })
		if err != nil || i < 0 || len(rev.Touched[i].Pairs) == 0 {
			t.Fatalf("%+v, %v", rev.Touched, err)
		}
		if pair := rev.Touched[i].Pairs[0]; !strings.Contains(pair.Before.HTML, "Zebra") || !strings.Contains(pair.After.HTML, "Platypus") {
			t.Errorf("%+v", pair)
		}
	})
}
