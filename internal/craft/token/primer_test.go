package token_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline/internal/craft/contrast"
	"github.com/throughline-engine/throughline/internal/craft/markup"
	"github.com/throughline-engine/throughline/internal/craft/token"
)

// primerFiles reads the 61 token files of Primer by their path below src/tokens.
func primerFiles(tb testing.TB) map[string][]byte {
	tb.Helper()
	folder := os.Getenv("THROUGHLINE_DATA")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	folder = filepath.Join(folder, "design-tokens", "primer", "src", "tokens")
	files := map[string][]byte{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".json5") {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		tb.Skip("needs Primer's token files: see docs/benchmarks.md")
	}
	return files
}

// primerMode returns a theme of Primer: which files it has and which overrides
// count, as its documentation says.
func primerMode(tb testing.TB, files map[string]*token.File, name string) token.Mode {
	tb.Helper()
	base, _, _ := strings.Cut(name, "-")
	m := token.Mode{Name: name, Overrides: []string{name, base}}
	if strings.Contains(name, "colorblind") {
		m.Overrides[0] = strings.Replace(name, "colorblind", "protanopia-deuteranopia", 1)
	}
	add := func(match func(string) bool) {
		for _, path := range sortedKeys(files) {
			if match(path) {
				m.Files = append(m.Files, files[path])
			}
		}
	}
	add(func(p string) bool {
		return strings.HasPrefix(p, "base/") && !strings.HasPrefix(p, "base/color/")
	})
	colors := "base/color/" + base + "/"
	add(func(p string) bool { return p == colors+base+".json5" || p == colors+"display-"+base+".json5" })
	if strings.Contains(name, "dimmed") {
		add(func(p string) bool { return p == colors+"dark.dimmed.json5" })
	}
	if strings.HasSuffix(name, "high-contrast") && !strings.Contains(name, "dimmed") {
		add(func(p string) bool { return p == colors+base+".high-contrast.json5" })
	}
	add(func(p string) bool {
		return !strings.HasPrefix(p, "base/") && !strings.Contains(p, "size-fine") && !strings.Contains(p, "size-coarse")
	})
	return m
}

func TestPrimer_resolvesCompletely(t *testing.T) {
	sources := primerFiles(t)
	if len(sources) != 61 {
		t.Fatalf("there are %d files, want 61", len(sources))
	}
	files := map[string]*token.File{}
	written := 0
	for path, data := range sources {
		f, err := token.Read(path, data)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = f
		written += f.Len()
	}
	oracle := primerOracle(t)
	for _, name := range []string{
		"light", "dark", "light-high-contrast", "dark-high-contrast", "dark-dimmed", "dark-dimmed-high-contrast", "light-colorblind", "dark-colorblind",
		"light-tritanopia", "dark-tritanopia", "light-colorblind-high-contrast", "dark-colorblind-high-contrast", "light-tritanopia-high-contrast", "dark-tritanopia-high-contrast",
	} {
		t.Run(name, func(t *testing.T) {
			m := primerMode(t, files, name)
			set, err := token.Resolve(m)
			if err != nil {
				t.Fatal(err)
			}
			aliases, types := 0, map[token.Type]int{}
			for _, tok := range set.Tokens() {
				types[tok.Type]++
				if len(tok.Aliases) > 0 {
					aliases++
				}
				if tok.Value.CSS() == "" || strings.ContainsAny(tok.Value.CSS(), "{}") {
					t.Errorf("%s is %q", tok.Path, tok.Value.CSS())
				}
			}
			if len(set.Tokens()) < 1400 || aliases < 500 {
				t.Errorf("%d tokens, %d of them aliases: that is not Primer", len(set.Tokens()), aliases)
			}
			t.Logf("%d files with %d tokens, %d in the mode, %d of them aliases; %v", len(files), written, len(set.Tokens()), aliases, types)
			again, err := token.Read("again.json", set.JSON())
			if err != nil {
				t.Fatal(err)
			}
			if set, err = token.Resolve(token.Mode{Name: name, Files: []*token.File{again}}); err != nil || len(set.JSON()) == 0 {
				t.Fatal(err)
			}
			if oracle == nil {
				return
			}
			for _, d := range comparePrimer(t, set, oracle[name]) {
				t.Error(d)
			}
			other := map[string]string{"light": "dark", "dark": "light"}[strings.SplitN(name, "-", 2)[0]]
			if planted := comparePrimer(t, set, oracle[other]); len(planted) < 300 {
				t.Errorf("held against %s, only %d tokens differ", other, len(planted))
			}
		})
	}
}

func TestPrimer_isKeptAsABrandKeepsIt(t *testing.T) {
	files := map[string]*token.File{}
	for path, data := range primerFiles(t) {
		files[path] = read(t, path, string(data))
	}
	var sets []*token.Set
	for _, name := range []string{"light", "dark"} {
		s, err := token.Resolve(primerMode(t, files, name))
		if err != nil {
			t.Fatal(err)
		}
		sets = append(sets, s)
	}
	flat, err := token.Flatten(sets[0], sets[1])
	if err != nil {
		t.Fatal(err)
	}
	again := read(t, "flat.json", string(flat.JSON()))
	for _, s := range sets {
		want, err := s.Flat()
		if err != nil {
			t.Fatal(err)
		}
		got, err := resolve(t, s.Mode(), again).Flat()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: what was written is read otherwise (-want +got):\n%s", s.Mode(), diff)
		}
	}
	unfit := 0
	for name, value := range flat.Values {
		if _, alias := strings.CutPrefix(value, "{"); !alias && markup.CheckToken(name, value) != nil {
			unfit++
		}
	}
	t.Logf("%d names, %d differ in the dark, %d cannot stand in a rendering", len(flat.Values), len(flat.Modes["dark"]), unfit)
}

// primerOracle reads what tools/oracle/primer.mjs wrote: by theme, the CSS of
// each token by its name.
func primerOracle(t *testing.T) map[string]map[string]string {
	path := os.Getenv("THROUGHLINE_PRIMER")
	if path == "" {
		t.Log("not compared with Primer's own build: THROUGHLINE_PRIMER does not say where it is (tools/oracle/primer.mjs)")
		return nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var themes map[string]map[string]string
	if err := json.Unmarshal(b, &themes); err != nil {
		t.Fatal(err)
	}
	return themes
}

// comparePrimer returns what differs from Primer's own build.
func comparePrimer(t *testing.T, set *token.Set, want map[string]string) (differ []string) {
	note := func(format string, args ...any) { differ = append(differ, fmt.Sprintf(format, args...)) }
	colors, shadows, others, apart := 0, 0, 0, 0.0
	for _, tok := range set.Tokens() {
		name := strings.ReplaceAll(strings.TrimSuffix(tok.Path, ".$root"), ".", "-")
		is, ok := want[name]
		if !ok {
			continue
		}
		switch v := tok.Value.(type) {
		case token.Color:
			colors++
			if got := v.SRGB.Hex(); got != is {
				note("%s is %s, want %s", tok.Path, got, is)
			}
			if v.Hex != "" {
				apart = max(apart, between(t, v))
			}
		case token.Shadow:
			shadows++
			if got := shadowHex(v); got != is {
				note("%s is %s, want %s", tok.Path, got, is)
			}
		case token.Number, token.CubicBezier, token.Duration, token.FontWeight, token.Transition:
			others++
			if got := v.CSS(); got != is {
				note("%s is %s, want %s", tok.Path, got, is)
			}
		}
	}
	t.Logf("compared %d colours, %d shadows, %d numbers, easings, times and weights; hex and components are at most %.1f steps apart", colors, shadows, others, apart)
	if colors < 1000 {
		t.Errorf("only %d colours were compared", colors)
	}
	return differ
}

// between is how far the colour that a file writes in hexadecimal is from its
// components, in steps of a byte.
func between(t *testing.T, c token.Color) float64 {
	hex, err := contrast.Parse(c.Hex)
	if err != nil {
		t.Fatal(err)
	}
	return 255 * max(math.Abs(hex.R-c.SRGB.R), math.Abs(hex.G-c.SRGB.G), math.Abs(hex.B-c.SRGB.B))
}

// shadowHex writes a shadow as Primer's build does, opacity in hexadecimal.
func shadowHex(s token.Shadow) string {
	layers := make([]string, len(s))
	for i, l := range s {
		layers[i] = strings.Join([]string{l.OffsetX.CSS(), l.OffsetY.CSS(), l.Blur.CSS(), l.Spread.CSS(), l.Color.SRGB.Hex()}, " ")
		if l.Inset {
			layers[i] = "inset " + layers[i]
		}
	}
	return strings.Join(layers, ", ")
}

func BenchmarkPrimer(b *testing.B) {
	sources := primerFiles(b)
	var size int
	for _, s := range sources {
		size += len(s)
	}
	b.SetBytes(int64(size))
	for b.Loop() {
		files := map[string]*token.File{}
		for path, data := range sources {
			f, err := token.Read(path, data)
			if err != nil {
				b.Fatal(err)
			}
			files[path] = f
		}
		for _, name := range []string{"light", "dark"} {
			if _, err := token.Resolve(primerMode(b, files, name)); err != nil {
				b.Fatal(err)
			}
		}
	}
}
