package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/assemble"
	"github.com/throughline-engine/throughline/internal/loop/check"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

// space is a template of five slots with ten pieces each: eight rules about one
// text, and three between slots, two of them constraints.
func space(b testing.TB) (assemble.Input, check.Input) {
	b.Helper()
	var m strings.Builder
	m.WriteString(`apiVersion: throughline/v1
kind: Brand
metadata: {name: wide}
spec:
  title: Wide
  tokens: {ink: "#1a2b3c"}
  terms: [{avoid: [cheap], severity: block}]
  reading: {en: {max: 12, sentenceWords: 30}}
  locales: {default: en}
---
apiVersion: throughline/v1
kind: Channel
metadata: {name: web}
spec: {surface: web, limits: {role0: {max: 60}}}
---
apiVersion: throughline/v1
kind: Template
metadata: {name: card}
spec:
  brand: wide
  slots:
`)
	for s := range 5 {
		fmt.Fprintf(&m, "    - {name: slot%d, role: role%d, required: true, length: {max: 80}}\n", s, s)
	}
	m.WriteString(`  constraints:
    - {name: one-tone, assert: 'slot0.labels.tone == "warm" || slot1.labels.tone == "warm"'}
    - {name: warm-end, assert: 'slot2.labels.tone == "warm" || slot4.labels.tone == "warm"'}
  renderings:
    - {channel: web, html: '<p>{{slot0}} {{slot1}} {{slot2}} {{slot3}} {{slot4}}</p>'}
`)
	for i, rule := range []string{
		"{forbid: [hype]}", "{forbid: [miracle]}", "{length: {max: 90}}", "{severity: warn, require: [lake]}", "{severity: warn, length: {min: 5}}", "{forbid: [never]}",
		"{forbid: [ever]}", "{length: {max: 100}}", `{assert: 'slot3.name != "piece-3-4" || slot4.name != "piece-4-7"'}`,
	} {
		fmt.Fprintf(&m, "---\napiVersion: throughline/v1\nkind: Guardrail\nmetadata: {name: rule-%d}\nspec: %s\n", i, rule)
	}
	for s := range 5 {
		for p := range 10 {
			fmt.Fprintf(&m, "---\napiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: piece-%d-%d, labels: {tone: %s}}\nspec: {role: role%d, values: {en: The lake is open today in lane %d of %d.}}\n",
				s, p, []string{"warm", "dry"}[p%2], s, s, p)
		}
	}
	all, err := declare.Decode("space", []byte(m.String()))
	if err != nil {
		b.Fatal(err)
	}
	set := declare.NewSet(all)
	get := func(kind throughline.Kind, name string) throughline.Resource {
		r, _ := set.Get(throughline.Ref{Kind: kind, Name: name})
		return r
	}
	in := assemble.Input{Template: get(throughline.KindTemplate, "card"), Brand: declare.Spec[*throughline.Brand](set, "wide"), Channel: "web", Pieces: set.All()}
	return in, check.Input{
		Template: in.Template, Channel: get(throughline.KindChannel, "web"), Brand: get(throughline.KindBrand, "wide"),
		Guardrails: set.Of(throughline.KindGuardrail), Pieces: set.All(), At: today,
	}
}

func TestTheWholeSpaceIsProven(t *testing.T) {
	in, checked := space(t)
	a, err := assemble.Combine(in)
	if err != nil {
		t.Fatal(err)
	}
	// Each constraint takes out those pairs that are dry twice.
	if a.Total != 100_000 || len(a.Candidates) != 100_000*3/4*3/4 || a.Excluded[0].Count != 25_000 || a.Excluded[1].Count != 25_000 {
		t.Errorf("%d of %d, without %v", len(a.Candidates), a.Total, a.Excluded)
	}
	checked.Assembly = a
	r := run(t, checked)
	want := 0
	for _, c := range a.Candidates {
		if c[3] == 4 && c[4] == 7 {
			want++
		}
	}
	if len(r.Blocked) != want || want == 0 {
		t.Errorf("%d are blocked, want %d", len(r.Blocked), want)
	}
}

func TestAMemoryChangesNothingButTheWork(t *testing.T) {
	in, checked := space(t)
	a, err := assemble.Combine(in)
	if err != nil {
		t.Fatal(err)
	}
	checked.Assembly = a
	want := run(t, checked)
	checked.Memory = new(check.Memory)
	for range 2 {
		if diff := cmp.Diff(want, run(t, checked)); diff != "" {
			t.Fatal(diff)
		}
	}
	if asked, missed := checked.Memory.Asked(); asked != 100 || missed != 50 {
		t.Errorf("%d verdicts were asked for and %d found anew", asked, missed)
	}
	// Another text, another rule and another minute are other questions.
	piece := a.Slots[0].Choices[0]
	piece.Digest[0]++
	a.Slots[0].Choices[0] = piece
	run(t, checked)
	if _, missed := checked.Memory.Asked(); missed != 51 {
		t.Errorf("a change of one piece found %d verdicts anew", missed-50)
	}
	checked.At = checked.At.Add(time.Minute)
	run(t, checked)
	if _, missed := checked.Memory.Asked(); missed != 101 {
		t.Errorf("after a minute, %d verdicts were found anew", missed-51)
	}
}

// BenchmarkProof assembles and checks 100,000 combinations, every one of them.
func BenchmarkProof(b *testing.B) {
	in, checked := space(b)
	for b.Loop() {
		a, err := assemble.Combine(in)
		if err != nil {
			b.Fatal(err)
		}
		checked.Assembly = a
		run(b, checked)
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/proof")
}
