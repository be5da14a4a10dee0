package check_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/assemble"
	"github.com/throughline-engine/throughline/internal/loop/check"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// input is the example workspace's card on a channel, after edits of its text,
// each a pair of old and new, and with more manifests appended.
func input(t testing.TB, channel, more string, edits ...string) check.Input {
	t.Helper()
	archive, err := txtar.ParseFile("../declare/testdata/workspace.txtar")
	if err != nil {
		t.Fatal(err)
	}
	source := more
	for _, f := range archive.Files {
		source = string(f.Data) + "---\n" + source
	}
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(source, edits[i]) {
			t.Fatalf("the workspace does not hold %q", edits[i])
		}
		source = strings.Replace(source, edits[i], edits[i+1], 1)
	}
	all, err := declare.Decode("workspace", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	set := declare.NewSet(all)
	if err := declare.Validate(set); err != nil {
		t.Fatal(err)
	}
	get := func(kind throughline.Kind, name string) throughline.Resource {
		r, _ := set.Get(throughline.Ref{Kind: kind, Name: name})
		return r
	}
	in := check.Input{
		Template: get(throughline.KindTemplate, "card"), Channel: get(throughline.KindChannel, channel), Brand: get(throughline.KindBrand, "corner"),
		Guardrails: set.Of(throughline.KindGuardrail), Pieces: set.All(), Sets: set.Of(throughline.KindGuardrailSet),
	}
	in.Assembly, err = assemble.Combine(assemble.Input{
		Template: in.Template, Channel: channel, Brand: in.Brand.Spec.(*throughline.Brand), Pieces: in.Pieces,
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func run(t testing.TB, in check.Input) check.Result {
	t.Helper()
	r, err := check.Run(in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func rail(name, spec string) string {
	return "apiVersion: throughline/v1\nkind: Guardrail\nmetadata: {name: " + name + "}\nspec: " + spec + "\n"
}

func TestTheWorkspaceIsClean(t *testing.T) {
	for _, channel := range []string{"web", "app"} {
		if r := run(t, input(t, channel, "")); len(r.Findings)+len(r.Blocked) > 0 {
			t.Errorf("%s: %+v", channel, r)
		}
	}
}

// Each case plants one fault; what is found, and which candidates may not go
// live, is compared with what a reader of the case would expect.
func TestPlantedFaultsAreFound(t *testing.T) {
	tests := []struct {
		name    string
		channel string
		more    string
		edits   []string
		blocked func(filling map[string]string) bool
	}{
		{
			"a fragment longer than its slot", "web", "",
			[]string{"Rye, still warm", "Rye, still warm from an oven that has burned since 1911"},
			func(f map[string]string) bool { return f["headline"] == "hello-rye" },
		},
		{
			"a fragment shorter than its slot", "web", "",
			[]string{"de: Wie immer", "de: Wie"},
			func(f map[string]string) bool { return f["headline"] == "for-regulars" },
		},
		{
			"a fragment longer than its channel allows", "app", "",
			[]string{"Rye, still warm", "Rye, still warm from an old oven, today only"},
			func(f map[string]string) bool { return f["headline"] == "hello-rye" },
		},
		{"a fragment longer than another channel allows", "web", "", []string{"Rye, still warm", "Rye, still warm from an old oven, today only"}, nil},
		{"a word the brand would rather not use", "web", "", []string{"Your usual", "Your usual and CHEAP"}, nil},
		{
			"a word the brand refuses", "web", "",
			[]string{"Your usual", "A miracle"},
			func(f map[string]string) bool { return f["headline"] == "for-regulars" },
		},
		{
			"a forbidden phrase, twice", "web", "",
			[]string{"Out of the oven at six, every morning.", "Best ever. The best  ever."},
			func(f map[string]string) bool { return f["body"] == "body-oven" },
		},
		{
			"a text in a language that falls back", "web", "",
			[]string{"Jeden Morgen um sechs aus dem Ofen.", "Guaranteed um sechs."},
			func(f map[string]string) bool { return f["body"] == "body-oven" },
		},
		{
			"a picture that is no address", "web", "",
			[]string{"/img/loaf.jpg", "http://example.com/loaf.jpg"},
			func(f map[string]string) bool { return f["image"] == "loaf" },
		},
		{
			"a picture on another host by two slashes", "web", "",
			[]string{"/img/loaf.jpg", "//evil.example/loaf.jpg"},
			func(f map[string]string) bool { return f["image"] == "loaf" },
		},
		{
			"a required word that is missing", "web", rail("says-rye", "{require: [rye], match: {roles: [headline], locales: [en]}, fix: Name the bread.}"), nil,
			func(f map[string]string) bool { return f["headline"] == "for-regulars" },
		},
		{"a required word in roles that the template lacks", "web", rail("says-rye", "{require: [rye], match: {roles: [legal]}}"), nil, nil},
		{"a guardrail of another channel", "web", rail("app-only", "{forbid: [order], match: {channels: [app]}}"), nil, nil},
		{"a guardrail of another template", "web", rail("banner-only", "{forbid: [order], match: {templates: [banner]}}"), nil, nil},
		{"a length that only warns", "web", rail("brief", "{severity: warn, length: {max: 10}, match: {roles: [cta]}}"), nil, nil},
		{"a rule between slots that warns", "web", "", []string{"cta.text) <= 60", "cta.text) <= 23"}, nil},
		{
			"a rule between slots that blocks", "web", rail("no-pair", `{assert: 'headline.name != "new-rye" || cta.name != "cta-order"'}`), nil,
			func(f map[string]string) bool { return f["headline"] == "new-rye" && f["cta"] == "cta-order" },
		},
		{
			"a rule between slots in one language", "web", rail("du", `{assert: '!cta.text.contains("Laib")', match: {locales: [de]}}`), nil,
			func(f map[string]string) bool { return f["cta"] == "cta-reserve" },
		},
	}
	var report strings.Builder
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := input(t, tt.channel, tt.more, tt.edits...)
			r := run(t, in)
			fmt.Fprintf(&report, "# %s: %d of %d blocked\n", tt.name, len(r.Blocked), len(in.Assembly.Candidates))
			for _, f := range r.Findings {
				report.WriteString(line(f))
			}
			if diff := cmp.Diff(expected(in, tt.blocked), r.Blocked); diff != "" {
				t.Error("blocked", diff)
			}
			again := run(t, in)
			if diff := cmp.Diff(r, again); diff != "" {
				t.Error("a second run differs", diff)
			}
		})
	}
	golden(t, "testdata/findings.golden", report.String())
}

// expected lists the candidates that a sentence about fillings is true of.
func expected(in check.Input, blocked func(map[string]string) bool) (all []int) {
	for i, c := range in.Assembly.Candidates {
		filling := map[string]string{}
		for s, k := range c {
			filling[in.Assembly.Slots[s].Name] = in.Assembly.Slots[s].Choices[k].Piece
		}
		if blocked != nil && blocked(filling) {
			all = append(all, i)
		}
	}
	return all
}

func line(f throughline.Finding) string {
	s := fmt.Sprintf("%s %s at %s: %s", f.Severity, f.Rule, f.Stage, f.Object)
	for _, part := range []string{f.Slot, f.Channel, f.Locale} {
		s += " " + part
	}
	if f.Span != nil {
		s += fmt.Sprintf(" [%d:%d]", f.Span.Start, f.Span.End)
	}
	s += fmt.Sprintf(": got %s, want %s (%s)", f.Got, f.Want, f.Fix)
	if f.Variants > 0 {
		s += fmt.Sprintf(" in %d variants", f.Variants)
	}
	return s + "\n"
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (rewrite with -update):\n%s", file, diff)
	}
}

func TestARuleOfAnotherTemplatesSlotsIsPassedOver(t *testing.T) {
	// lone is a slot of banner only, so the rule is about banner.
	in := input(t, "web", rail("far", "{assert: 'lone.text != \"x\"'}"), "- {name: headline, role: headline, required: true, length: {max: 48}}\n  renderings:\n    - channel: app\n      fields: {title: \"{{headline}}\"}", "- {name: lone, role: headline, required: true}\n  renderings:\n    - channel: app\n      fields: {title: \"{{lone}}\"}",
		"fixed: {headline: new-rye}", "fixed: {lone: new-rye}", "fallback: {headline: hello-rye}\n", "fallback: {lone: hello-rye}\n")
	if r := run(t, in); len(r.Findings) > 0 {
		t.Error(r.Findings)
	}
}

// made is a card with n candidates of four slots, and six guardrails.
func made(b *testing.B, sizes [4]int) check.Input {
	in := input(b, "web", rail("short", "{length: {max: 200}}")+"---\n"+rail("pairs", `{severity: warn, assert: 'size(headline.text) + size(cta.text) < 400'}`))
	spec := *in.Template.Spec.(*throughline.Template)
	spec.Constraints = nil
	in.Template.Spec = &spec
	in.Pieces = nil
	for i, role := range []string{"headline", "body", "image", "cta"} {
		for k := range sizes[i] {
			text := map[string]string{"en": fmt.Sprintf("Text %d, warm", k), "de": fmt.Sprintf("Text %d, wärmer", k)}
			if role == "image" {
				text = map[string]string{"en": fmt.Sprintf("/img/%d.jpg", k)}
			}
			in.Pieces = append(in.Pieces, throughline.Resource{
				Kind: throughline.KindFragment, Metadata: throughline.Metadata{Name: fmt.Sprintf("%s-%d", role, k), Labels: map[string]string{"kind": "action"}},
				Spec: &throughline.Fragment{Role: role, Values: text},
			})
		}
	}
	var err error
	in.Assembly, err = assemble.Combine(assemble.Input{Template: in.Template, Channel: "web", Brand: in.Brand.Spec.(*throughline.Brand), Pieces: in.Pieces})
	if err != nil {
		b.Fatal(err)
	}
	return in
}

// BenchmarkRun shows that the cost follows the texts, not the combinations.
func BenchmarkRun(b *testing.B) {
	for _, sizes := range [][4]int{{5, 4, 9, 5}, {15, 3, 14, 15}} {
		in := made(b, sizes)
		b.Run(fmt.Sprintf("%d candidates", len(in.Assembly.Candidates)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				run(b, in)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(in.Assembly.Candidates)), "ns/candidate")
		})
	}
}
