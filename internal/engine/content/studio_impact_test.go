package content_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

// TestWhatAnEditDoesIsBounded looks at a template of almost two million
// combinations, of which one constraint leaves few.
func TestWhatAnEditDoesIsBounded(t *testing.T) {
	t.Parallel()
	const total = 130 * 130 * 118
	manifests := enginetest.Workspace + `---
apiVersion: throughline/v1
kind: Placement
metadata: {name: wide}
spec:
  title: Wide
  template: wide
  channel: web
  goal: signed-up
  fallback: {a: a-1, b: b-1, c: c-1}
`
	var pieces strings.Builder
	for _, slot := range []struct {
		role string
		n    int
	}{{"a", 130}, {"b", 130}, {"c", 118}} {
		for i := range slot.n {
			fmt.Fprintf(&pieces, "---\napiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: %s-%d, labels: {n: \"%d\"}}\nspec: {role: %s, values: {en: Text %d}}\n", slot.role, i, i, slot.role, i)
		}
	}
	wide := func(further string) string {
		return `
apiVersion: throughline/v1
kind: Template
metadata: {name: wide}
spec:
  title: Wide
  brand: house
  slots: [{name: a, role: a, required: true}, {name: b, role: b, required: true}, {name: c, role: c, required: true}]
  constraints:
    - {name: first, assert: 'a.labels.n == "1" && b.labels.n == "1"', why: Only these.}
` + further + `  renderings: [{channel: web, html: "<p>{{a}} {{b}} {{c}}</p>"}]
`
	}
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, manifests+pieces.String()+"---"+wide(""))
	look := func(t *testing.T, text string) *content.Impact {
		t.Helper()
		ref := throughline.Ref{Kind: throughline.KindTemplate, Name: "wide"}
		seen, err := e.Content.Object(t.Context(), enginetest.Shell(), ref)
		if err != nil {
			t.Fatal(err)
		}
		base := seen.Digest
		if seen.Draft != nil {
			base = seen.Draft.Digest
		}
		if _, err := e.Content.Save(t.Context(), enginetest.Shell(), content.SaveInput{Edits: []content.Edit{{Ref: ref, Base: base, Text: text}}}); err != nil {
			t.Fatal(err)
		}
		s, err := e.Content.Studio(t.Context(), enginetest.Shell(), content.StudioInput{Template: "wide", Whole: true})
		if err != nil || s.Impact == nil || len(s.Impact.Combined) != 1 {
			t.Fatalf("%+v, %v", s.Impact, err)
		}
		return s.Impact
	}
	t.Run("what asks little is counted whole", func(t *testing.T) {
		got := look(t, wide("    - {name: second, assert: 'c.labels.n != \"7\"', why: Not seven.}\n"))
		if after := got.Combined[0].After; got.Unproven || after == nil || after.Total != total || after.Allowed != 117 || len(got.Touches) != 1 {
			t.Errorf("%+v, %+v", got, after)
		}
	})
	t.Run("what asks much is said to be unproven, and no placement is guessed at", func(t *testing.T) {
		all := "    - {name: second, assert: 'a.text != b.text || b.text != c.text', why: Not alike.}\n    - {name: third, assert: 'a.text != c.text || b.text != c.text', why: Not alike.}\n"
		got := look(t, wide(all))
		if after := got.Combined[0].After; !got.Unproven || after == nil || !after.Unproven || after.Total != total || len(got.Touches) != 0 {
			t.Errorf("%+v, %+v", got, after)
		}
	})
}
