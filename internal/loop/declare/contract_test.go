package declare_test

import (
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

const contract = `apiVersion: throughline/v1
kind: Template
metadata: {name: card}
spec:
  version: 1.2.0
  brand: acme
  slots:
    - {name: headline, role: headline, required: true, length: {max: 60}, fill: {names: [a, b]}}
    - {name: body, role: body, type: richtext, marks: [bold, link]}
    - {name: hero, role: hero, type: image, picture: {aspect_ratio: "16:9", min_width: 600, formats: [image/png, image/jpeg]}}
    - {name: cards, role: item, type: list, items: {min: 1, max: 4}}
  constraints:
    - {name: tone, assert: "headline.labels.tone == body.labels.tone"}
  renderings:
    - {channel: web, html: "<h2>{{headline}}</h2>"}
    - {channel: app, fields: {title: "{{headline}}"}}
`

// Each change is one line of the contract, and what Semantic Versioning says of
// it: it breaks what fitted before, or it does not.
func TestAVersionPromisesWhatFits(t *testing.T) {
	for name, c := range map[string]struct {
		old, new string
		breaks   bool
	}{
		"a slot goes":                     {"    - {name: cards, role: item, type: list, items: {min: 1, max: 4}}\n", "", true},
		"a slot is renamed":               {"name: cards", "name: items", true},
		"a slot changes its type":         {"type: richtext, marks: [bold, link]", "type: text", true},
		"a slot changes its role":         {"role: hero", "role: picture", true},
		"a slot becomes required":         {"name: body, role: body", "name: body, role: body, required: true", true},
		"a slot is no longer required":    {"required: true, ", "", false},
		"a required slot comes":           {"  constraints:", "    - {name: cta, role: cta, required: true}\n  constraints:", true},
		"an optional slot comes":          {"  constraints:", "    - {name: cta, role: cta}\n  constraints:", false},
		"a length falls":                  {"max: 60", "max: 40", true},
		"a length grows":                  {"max: 60", "max: 80", false},
		"a length goes":                   {"length: {max: 60}, ", "", false},
		"a least length comes":            {"{max: 60}", "{min: 5, max: 60}", true},
		"a length is counted otherwise":   {"{max: 60}", "{max: 60, unit: utf16}", true},
		"a mark goes":                     {"[bold, link]", "[bold]", true},
		"a mark comes":                    {"[bold, link]", "[bold, link, italic]", false},
		"fewer pieces may fill":           {"names: [a, b]", "names: [a]", true},
		"more pieces may fill":            {"names: [a, b]", "names: [a, b, c]", false},
		"pieces need a label":             {"fill: {names: [a, b]}", "fill: {names: [a, b], labels: {tone: warm}}", true},
		"pictures have to be larger":      {"min_width: 600", "min_width: 1200", true},
		"pictures may be smaller":         {"min_width: 600", "min_width: 300", false},
		"a format goes":                   {"[image/png, image/jpeg]", "[image/png]", true},
		"lists have to be shorter":        {"max: 4}", "max: 3}", true},
		"lists may be longer":             {"max: 4}", "max: 6}", false},
		"a constraint says something new": {"headline.labels.tone == body.labels.tone", "headline.labels.tone != body.labels.tone", true},
		"a constraint goes":               {"  constraints:\n    - {name: tone, assert: \"headline.labels.tone == body.labels.tone\"}\n", "", false},
		"a channel goes":                  {"    - {channel: app, fields: {title: \"{{headline}}\"}}\n", "", true},
		"a channel comes":                 {"  renderings:\n", "  renderings:\n    - {channel: mail, fields: {subject: \"{{headline}}\"}, html: x}\n", false},
		"it looks different":              {"<h2>{{headline}}</h2>", "<h1>{{headline}}</h1>", false},
		"another brand":                   {"brand: acme", "brand: other", true},
	} {
		t.Run(name, func(t *testing.T) {
			changed := strings.Replace(contract, c.old, c.new, 1)
			if changed == contract {
				t.Fatal("nothing is changed")
			}
			for version, promises := range map[string]bool{"1.2.0": true, "1.2.1": true, "1.3.0": true, "2.0.0": false} {
				err := replanned(t, contract, strings.Replace(changed, "1.2.0", version, 1))
				if refused := throughline.CodeOf(err) == throughline.Invalid; refused != (c.breaks && promises) {
					t.Errorf("as %s: %v", version, err)
				}
			}
		})
	}
}

func TestVersionsRise(t *testing.T) {
	at := func(v string) string { return strings.Replace(contract, "  version: 1.2.0\n", v, 1) }
	narrow := func(s string) string { return strings.Replace(s, "max: 60", "max: 40", 1) }
	for name, c := range map[string]struct {
		before, after string
		code          throughline.Code
	}{
		"a version that falls is refused":                    {at("  version: 1.2.0\n"), at("  version: 1.1.9\n"), throughline.Invalid},
		"one that is taken away is refused":                  {at("  version: 1.2.0\n"), at(""), throughline.Invalid},
		"without one nothing is promised":                    {at(""), narrow(at("")), ""},
		"the first one may be any":                           {at(""), narrow(at("  version: 0.1.0\n")), ""},
		"before 1.0.0 the second number is the one":          {at("  version: 0.3.0\n"), narrow(at("  version: 0.3.1\n")), throughline.Invalid},
		"and raised it lets break":                           {at("  version: 0.3.0\n"), narrow(at("  version: 0.4.0\n")), ""},
		"numbers are compared as numbers and not as letters": {at("  version: 9.0.0\n"), narrow(at("  version: 10.0.0\n")), ""},
	} {
		t.Run(name, func(t *testing.T) {
			if err := replanned(t, c.before, c.after); throughline.CodeOf(err) != c.code {
				t.Error(err)
			}
		})
	}
}

// replanned is what planning one revision of a template over another says.
func replanned(t *testing.T, before, after string) error {
	t.Helper()
	read := func(text string) throughline.Resource {
		t.Helper()
		r, err := declare.DecodeOne("template.yaml", []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	_, _, _, err := declare.Plan(declare.NewSet([]throughline.Resource{read(before)}), []throughline.Resource{read(after)}, declare.Options{})
	return err
}

func TestNextVersion(t *testing.T) {
	template := func(version string, most int) *throughline.Template {
		return &throughline.Template{Version: version, Slots: []throughline.Slot{{Name: "cta", Role: "cta", Length: &throughline.Length{Max: most}}}}
	}
	for _, c := range []struct {
		says          string
		before, after *throughline.Template
		want          string
	}{
		{"a change that breaks raises the first number", template("1.2.3", 20), template("1.2.3", 10), "2.0.0"},
		{"before 1.0.0, the second", template("0.4.1", 20), template("0.4.2", 10), "0.5.0"},
		{"one that is raised already is enough", template("1.2.3", 20), template("2.0.0", 10), ""},
		{"one that breaks nothing needs none", template("1.2.3", 20), template("1.2.3", 30), ""},
		{"without a version nothing is promised", template("", 20), template("", 10), ""},
		{"one that cannot be read is told what it has to be", template("1.2.3", 20), template("two", 10), "2.0.0"},
	} {
		t.Run(c.says, func(t *testing.T) {
			if got := declare.NextVersion(c.before, c.after); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
