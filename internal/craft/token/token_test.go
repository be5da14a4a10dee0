package token_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/markup"
	"github.com/throughline-engine/throughline/internal/craft/token"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func read(t testing.TB, name, src string) *token.File {
	t.Helper()
	f, err := token.Read(name, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func resolve(t testing.TB, mode string, files ...*token.File) *token.Set {
	t.Helper()
	s, err := token.Resolve(token.Mode{Name: mode, Files: files})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// css returns the CSS of a token, or what went wrong.
func css(s *token.Set, path string) string {
	tok, ok := s.Token(path)
	if !ok {
		return "absent"
	}
	return tok.Value.CSS()
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s has changed (-want +got):\n%s", path, diff)
	}
}

func harbour(t testing.TB) *token.File {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", "harbour.json5"))
	if err != nil {
		t.Fatal(err)
	}
	return read(t, "harbour.json5", string(src))
}

func TestHarbour_isWrittenAsItWasRead(t *testing.T) {
	f := harbour(t)
	golden(t, "harbour.json", f.JSON())
	again := read(t, "harbour.json", string(f.JSON()))
	if diff := cmp.Diff(string(f.JSON()), string(again.JSON())); diff != "" {
		t.Errorf("written twice, it differs:\n%s", diff)
	}
	for _, mode := range []string{"light", "dark", "print"} {
		one, two := resolve(t, mode, f), resolve(t, mode, again)
		if diff := cmp.Diff(string(one.JSON()), string(two.JSON())); diff != "" {
			t.Errorf("in %s, what was written resolves otherwise:\n%s", mode, diff)
		}
		golden(t, "harbour."+mode+".json", one.JSON())
		resolve(t, mode, read(t, "resolved.json", string(one.JSON())))
	}
	if diff := cmp.Diff([]string{"dark", "print"}, f.Modes()); diff != "" {
		t.Error(diff)
	}
}

func TestHarbour_isFlat(t *testing.T) {
	for _, mode := range []string{"light", "dark"} {
		flat, err := resolve(t, mode, harbour(t)).Flat()
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		for _, name := range sortedKeys(flat) {
			fmt.Fprintf(&out, "%s: %s\n", name, flat[name])
			if err := markup.CheckToken(name, flat[name]); err != nil && name != "wide" {
				t.Error(err)
			}
		}
		golden(t, "harbour."+mode+".flat", []byte(out.String()))
	}
}

func TestFlatten_isReadAgain(t *testing.T) {
	f := harbour(t)
	light, dark := resolve(t, "light", f), resolve(t, "dark", f)
	flat, err := token.Flatten(light, dark)
	if err != nil {
		t.Fatal(err)
	}
	if flat.Values["text.body"] != "{palette.ink}" || flat.Modes["dark"]["text.body"] != "{palette.foam}" || flat.Values["text.accent"] != "{palette.tide}" {
		t.Errorf("aliases are lost: %v", flat)
	}
	if _, differs := flat.Modes["dark"]["sky"]; differs || flat.Modes["dark"]["line.plain"] == "" {
		t.Errorf("what differs in the dark is %v", flat.Modes["dark"])
	}
	if flat.Notes["palette.signal"].Deprecated != "use {palette.tide.$root}" || flat.Notes["text.body"].Description != "Running text" {
		t.Errorf("notes are lost: %v", flat.Notes)
	}
	golden(t, "harbour.flat.json", flat.JSON())
	again := read(t, "flat.json", string(flat.JSON()))
	for _, s := range []*token.Set{light, dark} {
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
}

func TestFlatJSON_guessesTypesThatNobodyNoted(t *testing.T) {
	flat := token.Flat{Values: map[string]string{"accent": "#0b62d6", "gap": "12px", "none": "0", "quick": "0.2s", "ratio": "1.5", "font": "Georgia, serif", "link": "{accent}", "a": "1px", "a.b": "2px"}}
	got, err := resolve(t, "", read(t, "flat.json", string(flat.JSON()))).Flat()
	if err != nil {
		t.Fatal(err)
	}
	want := maps.Clone(flat.Values)
	want["link"] = "#0b62d6"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFlatten_tellsWhatOnlyAModeHas(t *testing.T) {
	light := resolve(t, "light", read(t, "l", `{a: {$type: 'number', $value: 1}}`))
	dark := resolve(t, "dark", read(t, "d", `{a: {$type: 'number', $value: 1}, b: {$type: 'number', $value: 1}}`))
	if _, err := token.Flatten(light, dark); err == nil || !strings.Contains(err.Error(), "d:1:35: the token b is in the mode dark and not in light") {
		t.Error(err)
	}
}

func TestResolve_whatATokenIs(t *testing.T) {
	s := resolve(t, "dark", harbour(t))
	for path, want := range map[string]string{
		"text.body":    "#fdfcf9",
		"text.accent":  "rgba(15, 116, 197, 0.8)",
		"quiet.body":   "#fdfcf9",
		"quiet.accent": "rgba(18, 23, 38, 0.12)",
		"space.same":   "8px",
		"space.none":   "0",
		"line.plain":   "1px solid #fdfcf9",
		"line.dashed":  "8px dashed rgba(15, 116, 197, 0.8)",
		"font.title":   "600 2.5rem/1.2 Libre Caslon Text, Georgia, serif",
		"motion.fade":  "120ms cubic-bezier(0.3, 0, 0.2, 1)",
		"wide":         "(min-width: 2.5rem)",
		"from.pointer": "#1280ff",
		"depth.low":    "0 1px 2px 0 rgba(18, 23, 38, 0.2)",
		"depth.high":   "0 1px 2px 0 rgba(18, 23, 38, 0.2), inset 0 8px 2.5rem 0 rgba(0, 0, 0, 0.251)",
		"palette.ink":  "#121726",
		"from.nowhere": "absent",
		"palette.mist": "rgba(18, 23, 38, 0.12)",
		"palette.foam": "#fdfcf9",
		"font.bold":    "600",
		"motion.ease":  "cubic-bezier(0.3, 0, 0.2, 1)",
		"space.large":  "2.5rem",
		"line.dashes":  "dashed",
		"motion.quick": "120ms",
		"font.tight":   "1",
		"palette.tide": "absent",
	} {
		if got := css(s, path); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	body, _ := s.Token("text.body")
	if body.Description != "Running text" || !slices.Equal(body.Aliases, []string{"palette.foam"}) || !strings.HasPrefix(body.Place, "harbour.json5:18:5") {
		t.Errorf("%+v", body)
	}
	var kept map[string]any
	if err := json.Unmarshal(body.Extensions, &kept); err != nil || kept["com.example.note"] == nil {
		t.Errorf("the extensions are %s, %v", body.Extensions, err)
	}
	signal, _ := s.Token("palette.signal")
	if c, ok := signal.Value.(token.Color); !signal.Deprecated || signal.Instead == "" || !ok || !math.IsNaN(c.Components[2]) {
		t.Errorf("%+v", signal)
	}
	if s.Mode() != "dark" {
		t.Error(s.Mode())
	}
}

func TestResolve_laterFilesTakeThePlaceOfEarlier(t *testing.T) {
	base := read(t, "base.json", `{"c": {"$type": "color", "a": {"$value": "#111111"}, "b": {"$value": "{c.a}"}}}`)
	dark := read(t, "dark.json", `{"c": {"a": {"$value": "#eeeeee"}}}`)
	if got := css(resolve(t, "light", base), "c.b"); got != "#111111" {
		t.Error(got)
	}
	if got := css(resolve(t, "dark", base, dark), "c.b"); got != "#eeeeee" {
		t.Error(got)
	}
}

func TestResolve_theFirstOverrideThatATokenHasCounts(t *testing.T) {
	f := read(t, "f.json", `{"$type": "number", "n": {"$value": 1, "$extensions": {"x.overrides": {"dark": 2, "dark-soft": 3}}}, "m": {"$value": 1, "$extensions": {"x.overrides": {"dark": 2}}}}`)
	s, err := token.Resolve(token.Mode{Name: "soft", Overrides: []string{"dark-soft", "dark"}, Files: []*token.File{f}})
	if err != nil || css(s, "n") != "3" || css(s, "m") != "2" {
		t.Errorf("n is %s and m %s, %v", css(s, "n"), css(s, "m"), err)
	}
}

func TestRead_json5(t *testing.T) {
	value := func(literal string) string { return `{t: {$type: 'custom', $value: ` + literal + `}}` }
	for literal, want := range map[string]string{
		`'a'`:                 "a",
		`"\x41\u00e9\n\'"`:    "Aé\n'",
		`"\ud83d\ude00"`:      "😀",
		`"\ud83d"`:            "\ufffd",
		"'two \\\nlines'":     "two lines",
		"'two \\\r\nlines'":   "two lines",
		`.5`:                  "0.5",
		`5.`:                  "5",
		`+1e2`:                "100",
		`-0x10`:               "-16",
		`-0`:                  "0",
		`true`:                "true",
		"/* a */ 1 // b":      "",
		"/* a */ 1 // b\n":    "1",
		"1,":                  "1",
		"1, $description: ''": "1",
	} {
		f, err := token.Read("f", []byte(value(literal)))
		if want == "" {
			if err == nil {
				t.Errorf("%s: the comment took nothing away", literal)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", literal, err)
			continue
		}
		if got := css(resolve(t, "", f), "t"); got != want {
			t.Errorf("%s is %q, want %q", literal, got, want)
		}
	}
}

func TestRead_refuses(t *testing.T) {
	tests := []struct{ name, src, says string }{
		{"nothing", "", "f:1:1: the file ends where a value belongs"},
		{"what is not an object", "[1]", "a list and not an object"},
		{"an object that does not end", "{a: {", `f:1:6: the file ends before "}"`},
		{"two values", "{} {}", "f:1:4: something follows"},
		{"a comment that does not end", "{ /* }", "f:1:3: a comment does not end"},
		{"a text that does not end", "{a: 'b\n'}", "f:1:5: a text does not end on its line"},
		{"a missing comma", "{\n  a: {$value: 1}\n  b: {$value: 2}}", `f:3:3: a comma or "}" belongs here`},
		{"two commas", "{a: {$value: [1,,2]}}", "f:1:17"},
		{"a word without quotes", "{a: {$value: red}}", `"red" stands without quotes`},
		{"an endless number", "{a: {$value: -Infinity}}", "is not a number"},
		{"no number", "{a: {$value: NaN}}", "NaN is not a value of a token"},
		{"a number too large", "{a: {$value: 1e999}}", "is not a number"},
		{"an octal number", "{a: {$value: 010}}", "is not a number"},
		{"an escape that is none", `{a: {$value: "\xZZ"}}`, "hexadecimal"},
		{"bytes that are not text", "{a: \xff}", "f:1:5: this is not UTF-8"},
		{"too deep", strings.Repeat("{a:", 100), "nested more than 64 deep"},
		{"a name with a dot", `{"a.b": {$value: 1}}`, `"a.b" cannot be the name`},
		{"a name with a brace", `{"{a}": {$value: 1}}`, "cannot be the name"},
		{"a value beside tokens", `{a: 1}`, "a is a number and neither a token nor a group"},
		{"a property the format has not", `{a: {$values: 1}}`, `a has a property "$values"`},
		{"a token in a token", `{a: {$value: 1, b: {$value: 2}}}`, "the token a holds another token, b"},
		{"a type that is none", `{a: {$type: 3, $value: 1}}`, "the $type of a is a number"},
		{"a description that is a list", `{a: {$description: [], $value: 1}}`, "$description of a is a list"},
		{"extending itself", `{a: {$extends: "{a}"}}`, "one holds the other"},
		{"extending what holds it", `{a: {b: {$extends: "{a}"}}}`, "one holds the other"},
		{"both a value and a reference", `{a: {$value: 1, $ref: "#/b"}}`, "both $value and $ref"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := token.Read("f", []byte(tt.src))
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "f:1:") && !strings.Contains(err.Error(), "f:3:") || !strings.HasSuffix(err.Error(), ")") {
				t.Errorf("says %v, want %q with a place and a fix", err, tt.says)
			}
		})
	}
	if _, err := token.Read("f", make([]byte, token.MaxBytes+1)); throughline.CodeOf(err) != throughline.TooLarge {
		t.Errorf("a large file: %v", err)
	}
}

func TestRead_aNameThatStandsTwiceIsNoted(t *testing.T) {
	f := read(t, "f", "{a: {$type: 'number', $value: 1,\n$value: 2}}")
	if n := f.Notes(); len(n) != 1 || n[0].Place != "f:2:1" || css(resolve(t, "", f), "a") != "2" {
		t.Errorf("%v, a is %s", n, css(resolve(t, "", f), "a"))
	}
}

func TestResolve_refuses(t *testing.T) {
	tests := []struct{ name, src, says string }{
		{"an alias that leads nowhere", "{c: {$type: 'color', accent: {$value: '#fff'},\n text: {$value: '{c.acent}'}}}", "f:2:17: the token c.text refers to c.acent, which is not there (did you mean c.accent?)"},
		{"an alias of a group", `{c: {$type: 'color', a: {b: {$value: '#fff'}}, d: {$value: '{c.a}'}}}`, "c.a, which is a group"},
		{"an alias of a group with a root", `{c: {$type: 'color', a: {$root: {$value: '#fff'}}, d: {$value: '{c.a}'}}}`, "write {c.a.$root}"},
		{"an alias of itself", `{a: {$type: 'color', $value: '{a}'}}`, "a refers to itself: a → a"},
		{"a circle of three", `{$type: 'color', a: {$value: '{b}'}, b: {$value: '{c}'}, c: {$value: '{a}'}}`, "itself: a → b → c → a"},
		{"a circle through a part", `{a: {$type: 'border', $value: {color: '{b}', width: '1px', style: 'solid'}}, b: {$type: 'color', $value: '{a}'}}`, "refers to itself"},
		{"a circle of pointers", `{a: {$type: 'cubicBezier', $value: [{$ref: '#/a/$value/0'}, 0, 0, 0]}}`, "by JSON pointers"},
		{"a pointer beyond a list", `{a: {$type: 'cubicBezier', $value: [0, 0, 0, 0]}, b: {$type: 'number', $value: {$ref: '#/a/$value/4'}}}`, "points to 4 in a, which is not there"},
		{"no type", `{a: {$value: 1}}`, "the token a has no type"},
		{"a length where a colour belongs", `{a: {$type: 'dimension', $value: '1px'}, b: {$type: 'color', $value: '{a}'}}`, "refers to a, which is a dimension, where a color belongs"},
		{"a colour where a length belongs, in a part", `{a: {$type: 'color', $value: '#fff'}, b: {$type: 'border', $value: {color: '{a}', width: '{a}', style: 'solid'}}}`, "which is a color, where a dimension belongs"},
		{"a colour that is none", `{a: {$type: 'color', $value: 'blurple'}}`, `"blurple", and a color is wanted there`},
		{"a colour out of range", `{a: {$type: 'color', $value: {colorSpace: 'oklch', components: [60, 0.1, 20]}}}`, "goes from 0 to 1"},
		{"a colour space that is none", `{a: {$type: 'color', $value: {colorSpace: 'cmyk', components: [0, 0, 0]}}}`, "no colour space"},
		{"a hex with opacity", `{a: {$type: 'color', $value: {colorSpace: 'srgb', components: [0, 0, 0], hex: '#00000080'}}}`, "the hex of a"},
		{"a length without a unit", `{a: {$type: 'dimension', $value: 16}}`, "16, and a dimension is wanted"},
		{"a length in a unit of its own", `{a: {$type: 'dimension', $value: {value: 1, unit: 'parsec'}}}`, "px, rem"},
		{"a weight beyond all", `{a: {$type: 'fontWeight', $value: 1001}}`, "1001, and a fontWeight"},
		{"an easing of three", `{a: {$type: 'cubicBezier', $value: [0, 0, 1]}}`, "[x1, y1, x2, y2]"},
		{"an easing that goes back in time", `{a: {$type: 'cubicBezier', $value: [2, 0, 1, 1]}}`, "each x from 0 to 1"},
		{"a line style that is none", `{a: {$type: 'strokeStyle', $value: 'wavy'}}`, "solid, dashed"},
		{"a border without a width", `{a: {$type: 'border', $value: {color: '#fff', style: 'solid'}}}`, "has no width"},
		{"a shadow with a spelling", `{a: {$type: 'shadow', $value: {colour: '#fff'}}}`, `has no "colour"`},
		{"an alpha beside a length", `{a: {$type: 'dimension', $value: '1px', alpha: 0.5}}`, "has an alpha, and is no colour"},
		{"an alpha beyond 1", `{a: {$type: 'color', $value: '#fff', alpha: 50}}`, "the alpha of a is 50"},
		{"an alias in a text that does not close", `{a: {$type: 'x', $value: 'calc({b'}}`, "is not closed"},
		{"a group that extends none", `{a: {$extends: '{b}'}}`, "extends b, which is no group"},
		{"groups that extend each other", `{a: {$extends: '{b}'}, b: {$extends: '{a}'}}`, "extends itself by way of others"},
		{"a mode's value that is not of the type", `{a: {$type: 'number', $value: 1, $extensions: {'x.overrides': {dark: '#fff'}}}}`, `"#fff", and a number is wanted`},
		{"shadows that double", doubling(), "more than 100 parts"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := token.Resolve(token.Mode{Name: "dark", Files: []*token.File{read(t, "f", tt.src)}})
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.Contains(err.Error(), "f:") || !strings.HasSuffix(err.Error(), ")") {
				t.Errorf("says %v, want %q with a place and a fix", err, tt.says)
			}
			if strings.Count(fmt.Sprint(err), "\n") > 0 && !strings.Contains(tt.name, "circle") {
				t.Errorf("one fault is told more than once:\n%v", err)
			}
		})
	}
}

// doubling is shadows of which each holds the one before twice.
func doubling() string {
	layer := `{color: '#000', offsetX: 0, offsetY: 0, blur: 0}`
	var b strings.Builder
	b.WriteString("{$type: 'shadow', s0: {$value: [" + layer + "]}")
	for i := 1; i <= 7; i++ {
		fmt.Fprintf(&b, ", s%d: {$value: ['{s%d}', '{s%d}']}", i, i-1, i-1)
	}
	return b.String() + "}"
}

func TestResolve_aTokenInsideATokenOfAnotherFile(t *testing.T) {
	_, err := token.Resolve(token.Mode{Files: []*token.File{
		read(t, "one", `{a: {$type: 'number', $value: 1}}`), read(t, "two", `{a: {b: {$type: 'number', $value: 1}}}`),
	}})
	if err == nil || !strings.Contains(err.Error(), "two:1:6: the token a.b stands inside the token a of one:1:2") {
		t.Error(err)
	}
}

func TestResolve_aLongChainIsRefusedAndAnHonestOneIsNot(t *testing.T) {
	chain := func(n int) *token.File {
		var b strings.Builder
		b.WriteString("{$type: 'number', t0000: {$value: 1}")
		for i := 1; i <= n; i++ {
			fmt.Fprintf(&b, ", t%04d: {$value: '{t%04d}'}", n-i+1, (n-i+2)%(n+1))
		}
		return read(t, "f", b.String()+"}")
	}
	if got := css(resolve(t, "", chain(150)), "t0001"); got != "1" {
		t.Error(got)
	}
	if _, err := token.Resolve(token.Mode{Files: []*token.File{chain(1000)}}); err == nil || !strings.Contains(err.Error(), "aliases follow each other") {
		t.Error(err)
	}
}

func TestResolve_fewOfManyProblemsAreTold(t *testing.T) {
	var b strings.Builder
	b.WriteString("{$type: 'number'")
	for i := range 5000 {
		b.WriteString(", t" + strconv.Itoa(i) + ": {$value: '{nowhere}'}")
	}
	_, err := token.Resolve(token.Mode{Files: []*token.File{read(t, "f", b.String()+"}")}})
	if problems, ok := err.(throughline.Problems); !ok || len(problems) != 50 {
		t.Errorf("%d problems", len(problems))
	}
}

// Each of these took half a minute when the column of every token was counted
// from the start of its line.
func TestRead_largeFilesOfOneLineEnd(t *testing.T) {
	var ring, bad strings.Builder
	ring.WriteString("{$type: 'number'")
	bad.WriteString("{")
	for i := range 49_000 {
		fmt.Fprintf(&ring, ", t%d: {$value: '{t%d}'}", i, (i+7)%49_000)
		fmt.Fprintf(&bad, "b%d: 1, ", i)
	}
	if _, err := token.Resolve(token.Mode{Files: []*token.File{read(t, "f", ring.String()+"}")}}); err == nil || !strings.Contains(err.Error(), "aliases follow each other") {
		t.Error("a ring of 49,000 aliases is resolved")
	}
	if _, err := token.Read("f", []byte(bad.String()+"}")); err == nil || !strings.Contains(err.Error(), "f:1:2: b0") || !strings.Contains(err.Error(), "f:1:9: b1 ") {
		t.Error("49,000 numbers are tokens")
	}
}

func TestFlat_refusesTwoTokensOfOneName(t *testing.T) {
	s := resolve(t, "", read(t, "f", `{$type: 'number', bgColor: {$value: 1}, "bg-color": {$value: 2}}`))
	if _, err := s.Flat(); throughline.CodeOf(err) != throughline.Conflict || !strings.Contains(err.Error(), "both be called bg-color") {
		t.Error(err)
	}
	s = resolve(t, "", read(t, "f", `{$type: 'number', bgColor: {$value: 1, $description: 'new'}, "bg-color": {$value: '{bgColor}', $deprecated: true}}`))
	if flat, err := token.Flatten(s); err != nil || flat.Values["bg-color"] != "1" || flat.Notes["bg-color"].Description != "new" {
		t.Errorf("%v, %v", flat, err)
	}
}

func TestFlatName(t *testing.T) {
	for path, want := range map[string]string{
		"bgColor.default": "bg-color.default", "a.$root": "a", "Blue 500": "blue-500", "HTMLText": "htmltext", "size.2xl": "size.2xl", "gr\u00fcn": "gr-n",
	} {
		if got := token.FlatName(path); got != want {
			t.Errorf("%s is called %s, want %s", path, got, want)
		}
	}
}
