package live_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

// gallery is a placement of pictures: one for all times, one more as given.
func gallery(second string) string {
	picture := func(name, digit, more string) string {
		return "---\napiVersion: throughline/v1\nkind: Asset\nmetadata: {name: " + name + "}\nspec: {role: picture, alt: {en: " + name + "}, file: {name: a.jpg, digest: " +
			strings.Repeat(digit, 64) + ", type: image/jpeg, bytes: 900, width: 1600, height: 900}" + more + "}\n"
	}
	return `apiVersion: throughline/v1
kind: Template
metadata: {name: wall}
spec:
  brand: house
  slots: [{name: picture, role: picture, type: image, required: true}]
  renderings: [{channel: web, html: '<img src="{{picture.w480}}" alt="{{picture.alt}}">'}]
---
apiVersion: throughline/v1
kind: Placement
metadata: {name: home.wall}
spec: {channel: web, template: wall, goal: signed-up, policy: {kind: uniform}, sticky: none, fallback: {picture: always}}
` + picture("always", "a", "") + picture("sometimes", "b", second)
}

// seen returns which pictures a hundred visitors see, and one decision of the
// second.
func seen(t *testing.T, e *enginetest.Engine, context map[string]any) (names map[string]int, of throughline.Decision) {
	t.Helper()
	names = map[string]int{}
	for i := range 100 {
		d := e.Decide(t, "home.wall", fmt.Sprint("visitor-", i), context)
		names[d.Values["picture"+throughline.AltSuffix]]++
		if d.Values["picture.alt"] == "sometimes" {
			of = d
		}
	}
	return names, of
}

func TestAPictureIsShownWithItsAddressAndWords(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Run(t)
	e.Declare(t, gallery(""))
	names, d := seen(t, e, nil)
	if names["always"] == 0 || names["sometimes"] == 0 || d.Values["picture"] != "/media/sometimes/bbbbbbbbbbbbbbbb/w1200.jpeg" {
		t.Errorf("%v, %v", names, d.Values)
	}
}

func TestNothingWithdrawnIsShownWithinASecond(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Run(t)
	e.Declare(t, gallery(""))
	if names, _ := seen(t, e, nil); names["sometimes"] == 0 {
		t.Fatal(names)
	}
	r, err := e.Content.Get(t.Context(), throughline.Ref{Kind: throughline.KindAsset, Name: "sometimes"})
	if err != nil {
		t.Fatal(err)
	}
	spec := *r.Spec.(*throughline.Asset)
	spec.Withdrawn = "the model asked for it"
	r.Spec = &spec
	rel, err := e.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Resources: []throughline.Resource{r}})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	e.Serves(t, rel.Number)
	t.Logf("%v after the release was live, decisions knew", time.Since(began))
	if names, _ := seen(t, e, nil); names["sometimes"] != 0 || names["always"] != 100 {
		t.Errorf("%v", names)
	}
}

func TestRightsEndWithoutARelease(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(noon)
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	e.Run(t)
	e.Declare(t, gallery(`, rights: [{holder: Bo, until: "2026-05-04T18:00:00Z"}, {holder: Cy, markets: [CH]}]`))
	swiss := map[string]any{"country": "CH"}
	if names, _ := seen(t, e, swiss); names["sometimes"] == 0 {
		t.Errorf("while all rights hold: %v", names)
	}
	if names, _ := seen(t, e, map[string]any{"country": "FR"}); names["sometimes"] != 0 {
		t.Errorf("in a market that nobody granted: %v", names)
	}
	clock.Turn(6 * time.Hour)
	names, _ := seen(t, e, swiss)
	if names["sometimes"] != 0 || names["always"] != 100 {
		t.Errorf("after the end: %v", names)
	}
}

func TestACapEndsExposures(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Run(t)
	e.Declare(t, gallery(`, rights: [{holder: Bo, impressions: 3}]`))
	_, d := seen(t, e, nil)
	for i := range 3 { // the same picture to the same visitor is shown each time
		e.Observe(t, "track", strings.Replace(exposure(d.ID), `"e-`, fmt.Sprintf(`"e%d-`, i), 1))
	}
	enginetest.Eventually(t, "the cap is reached", func() bool {
		names, _ := seen(t, e, nil)
		return names["sometimes"] == 0
	})
	x, err := e.Plane.Ask(throughline.Request{Placement: "home.wall", Unit: "visitor-1", At: e.Core.Now()})
	if err != nil || len(x.Excluded) != 1 || x.Excluded[0].Reason != "Asset/sometimes was shown as often as its rights allow" {
		t.Errorf("%+v, %v", x.Excluded, err)
	}
}
