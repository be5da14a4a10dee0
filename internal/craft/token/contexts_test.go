package token_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline/internal/craft/token"
)

// folder holds the files of a resolver.
type folder map[string]string

func (f folder) open(name string) ([]byte, error) {
	text, ok := f[name]
	if !ok {
		return nil, fmt.Errorf("%s: %w", name, os.ErrNotExist)
	}
	return []byte(text), nil
}

func shore() folder {
	return folder{
		"base.tokens.json":        `{"lake": {"$type": "color", "$value": "#106070"}, "snow": {"$type": "color", "$value": "#ffffff"}}`,
		"theme/light.tokens.json": `{"ink": {"$type": "color", "$value": "{lake}"}, "paper": {"$type": "color", "$value": "{snow}"}}`,
		"theme/dark.tokens.json":  `{"ink": {"$type": "color", "$value": "{snow}"}, "paper": {"$type": "color", "$value": "#001018"}}`,
	}
}

const shoreResolver = `{
  "name": "Shore", "version": "2025.10",
  "sets": {
    "base": {"sources": [{"$ref": "base.tokens.json"}, {"gap": {"$type": "dimension", "$value": {"value": 8, "unit": "px"}}}]},
    "all": {"sources": [{"$ref": "#/sets/base"}]}
  },
  "modifiers": {
    "theme": {"default": "light", "contexts": {"light": [{"$ref": "theme/light.tokens.json"}], "dark": [{"$ref": "theme/dark.tokens.json"}]}},
    "density": {"contexts": {"normal": [], "dense": [{"gap": {"$type": "dimension", "$value": {"value": 4, "unit": "px"}}}]}}
  },
  "resolutionOrder": [{"$ref": "#/sets/all"}, {"$ref": "#/modifiers/theme"}, {"$ref": "#/modifiers/density"}]
}`

func TestModesOfAResolver(t *testing.T) {
	modes, err := token.Modes("shore.resolver.json", []byte(shoreResolver), "light", shore().open)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]map[string]string{}
	for _, m := range modes {
		set, err := token.Resolve(m)
		if err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
		if got[m.Name], err = set.Flat(); err != nil {
			t.Fatal(err)
		}
	}
	with := func(ink, paper, gap string) map[string]string {
		return map[string]string{"lake": "#106070", "snow": "#ffffff", "ink": ink, "paper": paper, "gap": gap}
	}
	want := map[string]map[string]string{
		"light": with("#106070", "#ffffff", "8px"), "dark": with("#ffffff", "#001018", "8px"), "dense": with("#106070", "#ffffff", "4px"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestResolversThatCannotBeRead(t *testing.T) {
	change := func(old, now string) string { return strings.Replace(shoreResolver, old, now, 1) }
	for name, c := range map[string]struct{ doc, says string }{
		"another version":             {change("2025.10", "2024.1"), "shore.resolver.json:2:31: the resolver is not of the version 2025.10"},
		"no order":                    {change("resolutionOrder", "order"), "the resolver has no order"},
		"a set that there is not":     {change("#/sets/all", "#/sets/al"), "there is no #/sets/al"},
		"a set that holds itself":     {change("#/sets/base", "#/sets/all"), "in a circle"},
		"a file that is missing":      {change("base.tokens.json", "bass.tokens.json"), "shore.resolver.json:4:35: the file bass.tokens.json cannot be read"},
		"a file above the folder":     {change("base.tokens.json", "theme/../../secret.json"), "is no file below the resolver's folder"},
		"a file by its address":       {change("base.tokens.json", "https://example.com/a.json"), "is no file below the resolver's folder"},
		"a default that is not":       {change(`"default": "light"`, `"default": "dusk"`), `the modifier has no context "dusk"`},
		"a modifier as a source":      {change("#/sets/base", "#/modifiers/theme"), "a source may be a set"},
		"a source that is a text":     {change(`{"$ref": "base.tokens.json"}`, `"base.tokens.json"`), "a source is a text"},
		"no object":                   {"[]", "is a list and not an object"},
		"a pointer to somewhere":      {change("#/sets/all", "#/name"), "is no part of the resolver"},
		"an alias that leads nowhere": {change(`"$value": {"value": 8, "unit": "px"}`, `"$value": "{nobody}"`), "nobody"},
	} {
		t.Run(name, func(t *testing.T) {
			modes, err := token.Modes("shore.resolver.json", []byte(c.doc), "light", shore().open)
			for _, m := range modes {
				if err == nil {
					_, err = token.Resolve(m)
				}
			}
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("it says %v, and not %s", err, c.says)
			}
		})
	}
}

func FuzzModes(f *testing.F) {
	f.Add(shoreResolver)
	f.Add(`{version:"2025.10",sets:{a:{sources:[{$ref:"#/sets/a"}]}},resolutionOrder:[{$ref:"#/sets/a"}]}`)
	f.Add(`{version:"2025.10",sets:{a:{sources:[{$ref:"#/sets/b"},{$ref:"#/sets/b"}]},b:{sources:[]}},resolutionOrder:[{$ref:"#/sets/a"}]}`)
	f.Fuzz(func(t *testing.T, doc string) {
		modes, err := token.Modes("a.resolver.json", []byte(doc), "light", shore().open)
		if err == nil && len(modes) == 0 {
			t.Error("no mode and no error")
		}
	})
}
