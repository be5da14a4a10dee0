package content_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

func TestStory(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Run(t)
	const claim = `apiVersion: throughline/v1
kind: Claim
metadata: {name: less-work}
spec: {title: Less work, covers: [something else], evidence: [{title: Study of May, url: "https://example.com/study", until: "2999-12-31"}]}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: headline-else}
spec: {role: headline, claims: [less-work], validity: {until: "2999-06-30"}, provenance: {digitalSourceType: trainedAlgorithmicMedia}, values: {en: Something else}}
`
	e.Declare(t, claim)
	d := e.Decide(t, "home.hero", "visitor", map[string]any{"locale": "en"})
	for n := 0; d.Levels["headline"] != "headline-else@1" && n < 200; n++ {
		d = e.Decide(t, "home.hero", fmt.Sprint("visitor-", n), map[string]any{"locale": "en"})
	}
	piece := func(t *testing.T) (found struct {
		open   bool
		claims string
	},
	) {
		t.Helper()
		s, err := e.Content.Story(t.Context(), enginetest.Shell(), d.Variant)
		if err != nil {
			t.Fatal(err)
		}
		if s.Template.Ref.Name == "" || len(s.Template.Revisions) == 0 || s.Brand.Ref.Name != "house" || len(s.Places) == 0 || s.Release == 0 {
			t.Errorf("%+v", s)
		}
		for _, p := range s.Pieces {
			if p.Ref.Name != "headline-else" {
				continue
			}
			if p.Slot != "headline" || p.Bounds == nil || p.Bounds.Until == 0 || p.Provenance == nil || len(p.Revisions) == 0 || p.Revisions[0].Release != s.Template.Revisions[0].Release+1 {
				t.Errorf("%+v", p)
			}
			found.open = p.Open
			for _, c := range p.Claims {
				found.claims += c.Title + " by " + c.Evidence[0].Title
			}
		}
		return found
	}
	t.Run("a live variant says what lets each piece be shown", func(t *testing.T) {
		if got := piece(t); !got.open || got.claims != "Less work by Study of May" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("where the evidence has ended, it says that it is not shown", func(t *testing.T) {
		e.Serves(t, e.Apply(t, strings.Replace(claim, `until: "2999-12-31"`, `until: "2020-12-31"`, 1)).Number)
		if got := piece(t); got.open {
			t.Errorf("%+v", got)
		}
	})
	t.Run("a variant that is not live is refused with where to find one", func(t *testing.T) {
		_, err := e.Content.Story(t.Context(), enginetest.Shell(), "00000000000000000000")
		var problems throughline.Problems
		problems.Add(err)
		if throughline.CodeOf(err) != throughline.NotFound || problems[0].Fix == "" {
			t.Error(err)
		}
	})
}
