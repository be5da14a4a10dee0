package adcp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/adcp"
)

func harbour(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "harbour.json"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func taken(t testing.TB, data []byte, name string, w adcp.Workspace) adcp.Import {
	t.Helper()
	d, err := adcp.Open("brand.json", data, "")
	if err != nil {
		t.Fatal(err)
	}
	in, err := d.Into(name, w)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func spec(in adcp.Import) *throughline.Brand { return in.Brand.Spec.(*throughline.Brand) }

func TestABrandComesIn(t *testing.T) {
	in := taken(t, harbour(t), "harbour", adcp.Workspace{Assets: []string{"mark"}, Channels: []string{"web", "mail"}})
	want := &throughline.Brand{
		Title:   "Harbour Bakery",
		Locales: throughline.Locales{Default: "en", Supported: []string{"de-AT"}},
		Tokens: map[string]string{
			"primary": "#114b5f", "accent": "#f45b69", "accent-2": "#f6e8ea", "background": "#ffffff", "text": "#0b1b22", "sand": "#e4d6a7",
			"font.primary": `"Harbour Serif", Georgia, serif`, "font.secondary": "Inter, sans-serif",
			"colorway.night.foreground": "#fafafa",
		},
		Voice: "warm, early, exact\nTraits: salty, awake\nDo: Say when it comes out of the oven.\nDon't: Do not shout.",
		Terms: []throughline.Term{
			{Avoid: []string{"artisanal", "epic"}},
			{Avoid: []string{"log in"}, Prefer: "sign in", Why: "it is two things"},
		},
		Logos: []throughline.LogoRule{{Asset: "mark", MinWidth: map[string]int{"web": 96, "mail": 96}, ClearSpace: 0.5, Backgrounds: []string{"background", "sand"}, Severity: throughline.Warn}},
		Colors: &throughline.ColorRules{
			Pairs: []throughline.ColorPair{
				{Front: "text", Back: "background"},
				{Front: "colorway.night.foreground", Back: "primary"},
				{Front: "text", Back: "accent"},
				{Front: "accent", Back: "background", For: throughline.ContrastUI},
			},
			Never: []throughline.TokenPair{{One: "sand", Other: "accent"}},
		},
	}
	if diff := cmp.Diff(want, spec(in)); diff != "" {
		t.Error(diff)
	}
	if len(in.Disclosures) != 1 || in.Disclosures[0].Metadata.Name != "harbour-allergens" || in.Disclosures[0].Spec.(*throughline.Disclosure).Texts["en"] != "May contain nuts." {
		t.Errorf("the disclosures are %+v", in.Disclosures)
	}
	var paths []string
	for _, l := range in.Left {
		paths = append(paths, l.Path)
	}
	left := []string{
		"$.names[2]", "$.url", "$.industries", "$.logos[1]", "$.fonts.primary.files", "$.tone.voice[0]", "$.tagline", "$.disclaimers[1]",
		"$.visual_guidelines.colorways[0].accent",
		"$.visual_guidelines.color_constraints[0].never_pair_with[1]", "$.visual_guidelines.color_constraints[0].forbidden_on[0]", "$.visual_guidelines.color_constraints[0].severity",
		"$.visual_guidelines.logo_usage_rules[1]", "$.visual_guidelines.logo_usage_rules[2]", "$.visual_guidelines.photography",
	}
	if diff := cmp.Diff(left, paths); diff != "" {
		t.Error(diff)
	}
}

func TestImportingAgain(t *testing.T) {
	w := adcp.Workspace{Assets: []string{"mark"}, Channels: []string{"web"}}
	first := taken(t, harbour(t), "harbour", w)
	t.Run("changes nothing", func(t *testing.T) {
		w := w
		w.Brand, w.Disclosures = &first.Brand, first.Disclosures
		again := taken(t, harbour(t), "harbour", w)
		if diff := cmp.Diff(first.Brand, again.Brand); diff != "" {
			t.Error(diff)
		}
		if len(again.Disclosures) > 0 {
			t.Errorf("it would change %v", again.Disclosures)
		}
	})
	t.Run("keeps what the file does not speak of, and names of tokens that come to the same", func(t *testing.T) {
		b := *spec(first)
		b.Tokens = map[string]string{"blue": "#114b5f", "primary": "{blue}", "radius": "4px", "font.primary": "Harbour Serif, Georgia, serif"}
		b.Reading = map[string]throughline.Reading{"en": {Max: 9}}
		b.Terms = append([]throughline.Term{{Avoid: []string{"cheap"}, Severity: throughline.Block}}, b.Terms...)
		before := first.Brand
		before.Spec = &b
		frozen := string(before.Canonical())
		got := spec(taken(t, harbour(t), "harbour", adcp.Workspace{Brand: &before}))
		if got.Tokens["primary"] != "{blue}" || got.Tokens["radius"] != "4px" || got.Tokens["font.primary"] != "Harbour Serif, Georgia, serif" || got.Tokens["sand"] != "#e4d6a7" {
			t.Errorf("the tokens are %v", got.Tokens)
		}
		if len(got.Terms) != 3 || got.Reading["en"].Max != 9 {
			t.Errorf("terms %v, reading %v", got.Terms, got.Reading)
		}
		if string(before.Canonical()) != frozen {
			t.Error("the brand that was there was changed in place")
		}
	})
}

func TestAFileThatIsNotOne(t *testing.T) {
	for _, tt := range []struct{ says, file, id, want string }{
		{"no JSON", `{"id": "a",, }`, "", "brand.json:1:11: this is not JSON"},
		{"cut off", `{"id": "a"`, "", "this is not JSON"},
		{"a field twice", `{"id": "a", "id": "b"}`, "", `brand.json:1:13: there are two fields "id"`},
		{"something behind it", `{} {}`, "", "something follows"},
		{"too deep", strings.Repeat("[", 40), "", "levels deep"},
		{"a list", `[]`, "", "a brand.json is an object"},
		{"empty", ``, "", "this is not JSON"},
		{"a redirect", `{"authoritative_location": "https://x.example/brand.json"}`, "", "declared elsewhere: https://x.example/brand.json"},
		{"a house's domain", `{"house": "x.example"}`, "", "names the house"},
		{"an agent", `{"brand_agent": {"url": "https://x.example", "id": "x"}}`, "", "names an agent"},
		{"nothing of a brand", `{"a": 1}`, "", "neither id and names"},
		{"two brands", `{"house": {"domain": "x.example", "name": "X"}, "brands": [{"id": "a", "names": [{"en": "A"}]}, {"id": "b", "names": [{"en": "B"}]}]}`, "", "--id which is meant: a, b"},
		{"another brand", `{"brands": [{"id": "a", "names": [{"en": "A"}]}]}`, "c", `no brand "c"`},
		{"an id with capitals", `{"id": "Acme", "names": [{"en": "A"}]}`, "", `the id of the brand is "Acme"`},
		{"no name", `{"id": "a", "names": []}`, "", "has no names"},
	} {
		t.Run(tt.says, func(t *testing.T) {
			_, err := adcp.Open("brand.json", []byte(tt.file), tt.id)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
	t.Run("a file without end", func(t *testing.T) {
		_, err := adcp.Open("b", make([]byte, adcp.MaxBytes+1), "")
		if throughline.CodeOf(err) != throughline.TooLarge {
			t.Errorf("got %v", err)
		}
	})
	t.Run("values of the wrong kind are told together, each with its line", func(t *testing.T) {
		d, err := adcp.Open("brand.json", []byte("{\"id\": \"a\", \"names\": [{\"en\": \"A\"}],\n\"colors\": {\"primary\": \"blue\", \"accent\": 3},\n\"fonts\": [],\n\"tone\": 4,\n\"disclaimers\": [{\"context\": \"x\"}]}"), "")
		if err != nil {
			t.Fatal(err)
		}
		_, err = d.Into("a", adcp.Workspace{})
		for _, want := range []string{`brand.json:2:23: $.colors.primary is "blue"`, "brand.json:2:41: $.colors.accent is a number", "brand.json:3:10: $.fonts is a list", "brand.json:4:9: $.tone is a number", "brand.json:5:17: $.disclaimers[0] has no text"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	})
}

func TestOneBrandOfAHouse(t *testing.T) {
	file := []byte(`{"house": {"domain": "x.example", "name": "X"}, "brands": [{"id": "a", "names": [{"en": "A"}], "colors": {"primary": "#000000"}}, {"id": "b_two", "names": [{"de": "B"}], "colors": {"primary": "#FFFFFF"}}]}`)
	d, err := adcp.Open("brand.json", file, "b_two")
	if err != nil {
		t.Fatal(err)
	}
	in, err := d.Into(d.Name(), adcp.Workspace{})
	if err != nil || in.Brand.Metadata.Name != "b-two" || spec(in).Tokens["primary"] != "#ffffff" || spec(in).Locales.Default != "de" {
		t.Fatalf("%+v, %v", in, err)
	}
	if len(in.Left) != 1 || in.Left[0].Path != "$.house" {
		t.Errorf("left %v", in.Left)
	}
}

// brands makes brands of what a brand.json can say, by chance.
func brands(seed uint64) (throughline.Resource, []throughline.Resource) {
	r := rand.New(rand.NewPCG(seed, 7))
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	b := &throughline.Brand{Title: pick("Acme", "Ägypten & Söhne", `"quoted" <b>`, "水"), Tokens: map[string]string{}, Locales: throughline.Locales{Default: pick("en", "de-AT", "pt-BR")}}
	for _, l := range []string{"fr", "zh-Hant-TW", "es-419"} {
		if r.IntN(2) == 0 {
			b.Locales.Supported = append(b.Locales.Supported, l)
		}
	}
	var colors []string
	for i := range 1 + r.IntN(12) {
		name := pick("primary", "text", "color.blue", "paper_2", "a-b") + pick("", ".x", "-9")
		b.Tokens[name] = fmt.Sprintf("#%06x", r.IntN(1<<24))
		if i == 0 || r.IntN(3) > 0 {
			colors = append(colors, name)
		}
	}
	for _, f := range []string{"primary", "mono"} {
		if r.IntN(2) == 0 {
			b.Tokens["font."+f] = pick("Inter", `"Harbour Serif", Georgia, serif`, `"Noto Sans"`, "Inter, Arial")
		}
	}
	for i := range r.IntN(4) {
		b.Voice += []string{"Warm and exact.", "Second line.", "Traits: a, b", "Do: speak.\nDo: listen."}[i] + "\n"
	}
	b.Voice = strings.TrimSpace(b.Voice)
	for range r.IntN(4) {
		b.Terms = append(b.Terms, throughline.Term{Avoid: []string{pick("login", "rock 'n' roll"), pick("log-in", "gratis")}[:1+r.IntN(2)], Prefer: pick("", "sign in"), Why: pick("", "people ask")})
	}
	seen := map[string]bool{}
	b.Terms = slices.DeleteFunc(b.Terms, func(t throughline.Term) bool {
		key := fmt.Sprint(t.Prefer, t.Avoid)
		twice := seen[key]
		seen[key] = true
		return twice
	})
	if len(b.Terms) == 0 {
		b.Terms = nil
	}
	b.Logos = []throughline.LogoRule{{Asset: "mark", MinWidth: map[string]int{"web": 1 + r.IntN(200)}, ClearSpace: float64(r.IntN(8)) / 4, Backgrounds: colors[:r.IntN(2)], Severity: throughline.Severity(pick("", "warn"))}}
	if len(b.Logos[0].Backgrounds) == 0 {
		b.Logos[0].Backgrounds = nil
	}
	if len(colors) > 2 && colors[0] != colors[1] {
		b.Colors = &throughline.ColorRules{Never: []throughline.TokenPair{{One: colors[0], Other: colors[1]}}, Pairs: []throughline.ColorPair{{Front: colors[1], Back: colors[0], For: throughline.ContrastUI}}}
	}
	d := throughline.Resource{
		APIVersion: throughline.APIVersion, Kind: throughline.KindDisclosure, Metadata: throughline.Metadata{Name: "brand-terms"},
		Spec: &throughline.Disclosure{Title: "Terms", Texts: map[string]string{b.Locales.Default: pick("Ends soon.", "Bis 3.")}},
	}
	return throughline.Resource{APIVersion: throughline.APIVersion, Kind: throughline.KindBrand, Metadata: throughline.Metadata{Name: "brand"}, Spec: b}, []throughline.Resource{d}
}

// marks are the logo of those brands.
var marks = []throughline.Resource{{
	Kind: throughline.KindAsset, Metadata: throughline.Metadata{Name: "mark"},
	Spec: &throughline.Asset{Title: "The mark", File: throughline.File{Name: "mark.svg", Type: "image/svg+xml", Width: 320, Height: 80}},
}}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	for seed := range uint64(400) {
		brand, disclosures := brands(seed)
		file, left := adcp.Write(adcp.Export{Brand: brand, Disclosures: disclosures, Logos: marks, Site: "https://engine.example/"})
		if len(left) > 0 {
			t.Fatalf("seed %d: %v is left out of what can be said", seed, left)
		}
		in := taken(t, file, "brand", adcp.Workspace{Assets: []string{"mark"}, Channels: []string{"web"}})
		if diff := cmp.Diff(append(disclosures, brand), in.Resources()); diff != "" {
			t.Fatalf("seed %d:\n%s\n%s", seed, diff, file)
		}
		if len(in.Left) > 0 {
			t.Fatalf("seed %d: not taken over: %v", seed, in.Left)
		}
	}
}

func TestWhatHasNoPlaceIsListed(t *testing.T) {
	brand, disclosures := brands(1)
	b := brand.Spec.(*throughline.Brand)
	b.Tokens["radius"], b.Tokens["veil"], b.Tokens["link"] = "4px", "#00000080", "{primary-9}"
	b.Tokens["primary-9"] = "#123456"
	b.Modes = map[string]map[string]string{"dark": {"link": "#fff"}}
	b.Styles, b.Reading = map[string]string{"x": "y"}, map[string]throughline.Reading{"en": {Max: 3}}
	b.Terms = []throughline.Term{{Avoid: []string{`5" pipe`}}, {Avoid: []string{"x"}, Severity: throughline.Block}}
	disclosures[0].Spec.(*throughline.Disclosure).Markets = []string{"CH"}
	_, left := adcp.Write(adcp.Export{Brand: brand, Disclosures: disclosures})
	var paths []string
	for _, l := range left {
		paths = append(paths, l.Path)
	}
	want := []string{"spec.tokens", "spec.tokens", "spec.modes", "spec.terms[0]", "spec.terms[1]", "spec.logos[0].asset", "Disclosure/brand-terms", "spec.reading", "spec.styles"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Error(diff)
	}
}

// published compiles a schema that AdCP publishes; the test is skipped where it
// is not at hand.
func published(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	folder := os.Getenv("THROUGHLINE_DATA")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	folder = filepath.Join(folder, "adcp", "3.2")
	file, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Skip("needs the JSON Schemas of AdCP 3.2 in adcp/3.2 of THROUGHLINE_DATA: see docs/benchmarks.md")
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft7)
	c.AssertFormat()
	c.UseLoader(loader{folder})
	c.UseRegexpEngine(patterns)
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AddResource("https://adcontextprotocol.org/schemas/3.2.4/"+name, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("https://adcontextprotocol.org/schemas/3.2.4/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// patterns reads the regular expressions of ECMAScript that Go writes otherwise.
func patterns(s string) (jsonschema.Regexp, error) {
	return regexp.Compile(escaped.ReplaceAllString(s, `\x{$1}`))
}

var escaped = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`)

// loader finds what a schema refers to in the folder it came in.
type loader struct{ folder string }

func (l loader) Load(url string) (any, error) {
	parts := strings.SplitN(strings.TrimPrefix(url, "https://adcontextprotocol.org/schemas/"), "/", 2)
	b, err := os.ReadFile(filepath.Join(l.folder, filepath.FromSlash(parts[len(parts)-1])))
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(b))
}

func valid(t *testing.T, s *jsonschema.Schema, file []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(doc)
}

func TestThePublishedSchemaTakesWhatIsWritten(t *testing.T) {
	s := published(t, "brand.json")
	for seed := range uint64(100) {
		brand, disclosures := brands(seed)
		file, _ := adcp.Write(adcp.Export{Brand: brand, Disclosures: disclosures, Logos: marks, Site: "https://engine.example"})
		if err := valid(t, s, file); err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, file)
		}
	}
	t.Run("and not what is wrong", func(t *testing.T) {
		brand, _ := brands(1)
		file, _ := adcp.Write(adcp.Export{Brand: brand})
		if valid(t, s, bytes.Replace(file, []byte(`"id": "brand"`), []byte(`"id": "Brand"`), 1)) == nil {
			t.Error("a brand whose id has a capital is taken")
		}
	})
}

func FuzzOpen(f *testing.F) {
	f.Add(harbour(f))
	f.Add([]byte(`{"house": {}, "brands": [{"id": "a", "names": [{"en_US": "A"}], "logos": [{"url": 1}], "visual_guidelines": {"logo_usage_rules": [{"slots": []}]}}]}`))
	f.Add([]byte(`{"id": "_", "names": [{"x-private": ""}], "tone": {"voice": [], "donts": [{"en": ["Avoid \"a\"."]}]}, "fonts": {"font_urls": []}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := adcp.Open("f", data, "")
		if err != nil {
			return
		}
		w := adcp.Workspace{Assets: []string{"mark"}, Channels: []string{"web"}}
		in, err := d.Into(d.Name(), w)
		if err != nil {
			return
		}
		file, _ := adcp.Write(adcp.Export{Brand: in.Brand, Disclosures: in.Disclosures})
		if !json.Valid(file) {
			t.Fatalf("%q is not JSON", file)
		}
		d, err = adcp.Open("g", file, "")
		if err != nil {
			t.Fatalf("what was written is refused: %v\n%s", err, file)
		}
		w.Brand, w.Disclosures = &in.Brand, in.Disclosures
		again, err := d.Into(in.Brand.Metadata.Name, w)
		if err != nil {
			t.Fatalf("what was written is refused: %v\n%s", err, file)
		}
		if diff := cmp.Diff(in.Brand.Spec.(*throughline.Brand).Tokens, again.Brand.Spec.(*throughline.Brand).Tokens); diff != "" {
			t.Fatalf("%s\n%s", diff, file)
		}
	})
}
