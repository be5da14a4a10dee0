package token_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/token"
)

const base = `{
  // a palette, and what it is for
  "color": {
    "$type": "color",
    "blue": {"$value": {"colorSpace": "srgb", "components": [0.0431, 0.3843, 0.8392], "hex": "#0b62d6"}, "$description": "the house blue"},
    "paper": {"$value": "#ffffff"},
    "accent": {"$value": "{color.blue}"},
    "old": {"$value": "#000000", "$deprecated": "use accent"}
  },
  "space": {"small": {"$type": "dimension", "$value": {"value": 8, "unit": "px"}}},
  "shadow": {"card": {"$type": "shadow", "$value": {"color": "#00000040", "offsetX": {"value": 0, "unit": "px"}, "offsetY": {"value": 2, "unit": "px"}, "blur": {"value": 4, "unit": "px"}, "spread": {"value": 0, "unit": "px"}}}}
}`

const dark = `{"color": {"$type": "color", "paper": {"$value": "#101418"}, "accent": {"$value": "#6ea8fe"}}}`

func twoModes(t testing.TB) []token.Mode {
	light := fileOf(t, "base.tokens.json", base)
	return []token.Mode{{Name: "light", Files: []*token.File{light}}, {Name: "dark", Files: []*token.File{light, fileOf(t, "dark.tokens.json", dark)}}}
}

func TestTokensComeIntoABrand(t *testing.T) {
	b := &throughline.Brand{
		Tokens:     map[string]string{"radius": "12px", "gone": "#111111"},
		TokenNotes: map[string]throughline.TokenNote{"gone": {Type: "color"}, "radius": {Description: "of cards"}},
	}
	if err := token.Into(b, twoModes(t)); err != nil {
		t.Fatal(err)
	}
	t.Run("values, names of others, and what was written by hand", func(t *testing.T) {
		want := map[string]string{
			"color.blue": "#0b62d6", "color.paper": "#ffffff", "color.accent": "{color.blue}", "color.old": "#000000",
			"space.small": "8px", "shadow.card": "0 2px 4px 0 rgba(0, 0, 0, 0.25)", "radius": "12px",
		}
		got := map[string]string{}
		for name, value := range b.Tokens {
			got[name] = value
		}
		got["shadow.card"], want["shadow.card"] = "", "" // its words are the package's own
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("of another mode only what differs", func(t *testing.T) {
		want := map[string]map[string]string{"dark": {"color.paper": "#101418", "color.accent": "#6ea8fe"}}
		if diff := cmp.Diff(want, b.Modes); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("written out they are the values of the files", func(t *testing.T) {
		if light, dark := b.Values("")["color.accent"], b.Values("dark")["color.accent"]; light != "#0b62d6" || dark != "#6ea8fe" {
			t.Errorf("light %s, dark %s", light, dark)
		}
	})
	t.Run("notes stay with them", func(t *testing.T) {
		if n := b.TokenNotes["color.blue"]; n.Type != "color" || n.Description != "the house blue" {
			t.Errorf("%+v", n)
		}
		if n := b.TokenNotes["color.old"]; n.Deprecated != "use accent" {
			t.Errorf("%+v", n)
		}
	})
	t.Run("what an import brought and the files no longer have is gone", func(t *testing.T) {
		if _, ok := b.Tokens["gone"]; ok {
			t.Error("it is still there")
		}
	})
	t.Run("the same files again change nothing", func(t *testing.T) {
		before := throughline.Resource{Kind: throughline.KindBrand, Spec: b}.Digest()
		if err := token.Into(b, twoModes(t)); err != nil {
			t.Fatal(err)
		}
		if after := (throughline.Resource{Kind: throughline.KindBrand, Spec: b}).Digest(); after != before {
			t.Error("the brand differs")
		}
	})
}

func TestWhatIsWrongLeavesTheBrand(t *testing.T) {
	for name, modes := range map[string][]token.Mode{
		"an alias in a circle": {{Name: "light", Files: []*token.File{fileOf(t, "a.json", `{"a": {"$type": "color", "$value": "{b}"}, "b": {"$type": "color", "$value": "{a}"}}`)}}},
		"a token that only one mode has": {
			{Name: "light", Files: []*token.File{fileOf(t, "l.json", `{"a": {"$type": "color", "$value": "#fff"}}`)}},
			{Name: "dark", Files: []*token.File{fileOf(t, "d.json", `{"b": {"$type": "color", "$value": "#000"}}`)}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := &throughline.Brand{Tokens: map[string]string{"x": "1px"}}
			err := token.Into(b, modes)
			if throughline.CodeOf(err) != throughline.Invalid || !strings.Contains(err.Error(), ".json:") || len(b.Tokens) != 1 {
				t.Errorf("%v; the brand is %v", err, b.Tokens)
			}
		})
	}
}

func TestABrandIsWrittenAsAFileAndReadAgain(t *testing.T) {
	b := &throughline.Brand{
		Tokens: map[string]string{
			"ink": "#12303a", "water": "#0f6272", "accent": "{water}", "radius": "12px", "fast": "200ms", "sans": "system-ui,sans-serif",
			"ease": "cubic-bezier(0.3, 0, 0.2, 1)", "line": "1.4", "ring": "0 0 0 2px #0f6272", "water.deep": "#0a4450",
		},
		Modes: map[string]map[string]string{"dark": {"ink": "#f4fafa", "accent": "#66d9ef"}},
	}
	out := token.Export(b)
	f := fileOf(t, "out.tokens.json", string(out))
	if got := f.Modes(); len(got) != 1 || got[0] != "dark" {
		t.Errorf("modes %v", got)
	}
	var again throughline.Brand
	modes := []token.Mode{{Name: "light", Files: []*token.File{f}}, {Name: "dark", Files: []*token.File{f}}}
	if err := token.Into(&again, modes); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, mode := range []string{"", "dark"} {
		if diff := cmp.Diff(b.Values(mode), again.Values(mode)); diff != "" {
			t.Errorf("mode %q: %s\n%s", mode, diff, out)
		}
	}
	if again.Tokens["accent"] != "{water}" {
		t.Errorf("the name of another became %s", again.Tokens["accent"])
	}
}

// Primer is a design system of others: all of its tokens come into a brand.
func TestPrimerComesIntoABrand(t *testing.T) {
	files := map[string]*token.File{}
	for path, text := range primerFiles(t) {
		files[path] = fileOf(t, path, string(text))
	}
	var b throughline.Brand
	modes := []token.Mode{primerMode(t, files, "light"), primerMode(t, files, "dark")}
	if err := token.Into(&b, modes); err != nil {
		t.Fatal(err)
	}
	for i, mode := range []string{"", "dark"} {
		set, err := token.Resolve(modes[i])
		if err != nil {
			t.Fatal(err)
		}
		want, err := set.Flat()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, b.Values(mode)); diff != "" || len(want) < 500 {
			t.Errorf("%d tokens of the mode %q: %.400s", len(want), mode, diff)
		}
	}
}

func fileOf(t testing.TB, name, text string) *token.File {
	t.Helper()
	f, err := token.Read(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}
