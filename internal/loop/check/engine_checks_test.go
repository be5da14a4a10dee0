package check_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/assemble"
	"github.com/throughline-engine/throughline/internal/loop/check"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

// shore is a brand with a bit of everything and nothing wrong.
const shore = `apiVersion: throughline/v1
kind: Person
metadata: {name: ana}
spec: {name: Ana, roles: [{role: steward}]}
---
apiVersion: throughline/v1
kind: Engine
metadata: {name: shore}
spec: {title: Shore, owner: ana}
---
apiVersion: throughline/v1
kind: Brand
metadata: {name: shore}
spec:
  title: Shore
  tokens: {ink: "#1a2b3c", paper: "#ffffff"}
  modes: {dark: {ink: "#f0f4f8", paper: "#10181f"}}
  colors: {pairs: [{front: ink, back: paper}]}
  styles: {shore.Water: "extends: existence\nmessage: \"Say lake, not '%s'\"\nlevel: error\nignorecase: true\ntokens: [aquatic area]\n"}
  terms: [{avoid: [guaranteed], severity: block, unlessClaim: true}]
  reading: {en: {max: 8, sentenceWords: 20}}
  personal: {first_name: {fallback: you, max: 14}}
  locales: {default: en, supported: [en, de]}
---
apiVersion: throughline/v1
kind: Channel
metadata: {name: ads}
spec: {surface: app, fields: {title: {required: true, length: {max: 40}}, both: {length: {max: 70}}, picture: {picture: {aspect_ratio: "16:9"}}}}
---
apiVersion: throughline/v1
kind: Claim
metadata: {name: clean}
spec: {title: Clean, covers: [100 % clean], evidence: [{title: Report, until: 2026-12-31}], disclosures: [tested]}
---
apiVersion: throughline/v1
kind: Disclosure
metadata: {name: tested}
spec: {title: Tested, texts: {en: Tested weekly., de: Wöchentlich geprüft.}}
---
apiVersion: throughline/v1
kind: Disclosure
metadata: {name: made-by-model}
spec: {title: Made by a model, texts: {en: The picture was made by software., de: Das Bild hat ein Programm gemacht.}, synthetic: true}
---
apiVersion: throughline/v1
kind: Template
metadata: {name: poster}
spec:
  brand: shore
  slots:
    - {name: title, role: title, required: true, length: {max: 40}}
    - {name: body, role: body, type: richtext, required: true, marks: [bold, link]}
    - {name: hero, role: hero, type: image, required: true}
    - {name: legal, role: legal, type: disclosure, requires: [tested, made-by-model]}
  renderings:
    - {channel: ads, fields: {title: "{{title}}", both: "{{title}}: {{body}}", picture: "{{hero}}"}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: hello}
spec: {role: title, values: {en: "Morning, {{person.first_name}}", de: "Morgen, {{person.first_name}}"}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: water}
spec: {role: body, type: richtext, values: {en: "Water that is **100 % clean**.", de: "Das Wasser ist 100 % clean."}, claims: [clean]}
---
apiVersion: throughline/v1
kind: Asset
metadata: {name: lake}
spec:
  role: hero
  file: {name: lake.jpg, digest: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, type: image/jpeg, bytes: 9000, width: 1600, height: 900}
  alt: {en: A lake at dawn, de: Ein See am Morgen}
  rights: [{holder: Bo, until: 2026-12-31}]
---
apiVersion: throughline/v1
kind: GuardrailSet
metadata: {name: strict}
spec: {title: Strict, checks: [{use: locales}]}
`

var today = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// onShore is the poster on the channel ads, after edits.
func onShore(t testing.TB, edits ...string) check.Input {
	t.Helper()
	source := shore
	for i := 0; i < len(edits); i += 2 {
		if !strings.Contains(source, edits[i]) {
			t.Fatalf("the shore does not hold %q", edits[i])
		}
		source = strings.Replace(source, edits[i], edits[i+1], 1)
	}
	all, err := declare.Decode("shore", []byte(source))
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
		Template: get(throughline.KindTemplate, "poster"), Channel: get(throughline.KindChannel, "ads"), Brand: get(throughline.KindBrand, "shore"),
		Guardrails: set.Of(throughline.KindGuardrail), Sets: set.Of(throughline.KindGuardrailSet), Pieces: set.All(), At: today,
	}
	in.Assembly, err = assemble.Combine(assemble.Input{
		Template: in.Template, Channel: "ads", Brand: in.Brand.Spec.(*throughline.Brand), Pieces: in.Pieces,
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func findings(t testing.TB, in check.Input) []throughline.Finding {
	t.Helper()
	return append(check.Look(in.Brand, in.Sets, in.At), run(t, in).Findings...)
}

func TestNothingIsWrongOnTheShore(t *testing.T) {
	if got := findings(t, onShore(t)); len(got) > 0 {
		t.Error(got)
	}
}

func TestEveryCheckFires(t *testing.T) {
	for _, c := range []struct {
		sentence         string
		rule, want, seen string // the rule, its verdict, and a part of what it saw
		edits            []string
	}{
		{"a text too long with the longest name", "Template/poster#length", "block", "with the longest personal fields", []string{"Morning, {{person.first_name}}", "A quiet morning at the lake, {{person.first_name}}"}},
		{"a placeholder of no field", "Brand/shore#markup", "block", "{{person.frist_name}}", []string{"Morning, {{person.first_name}}", "Morning, {{person.frist_name}}"}},
		{"a placeholder that is not closed", "Brand/shore#markup", "block", "{{person", []string{"Morning, {{person.first_name}}", "Morning, {{person"}},
		{"a word the brand refuses", "Brand/shore#terms", "block", "Guaranteed", []string{"Morning, {{", "Guaranteed, {{"}},
		{"a rule of style", "Brand/shore#style.shore.Water", "block", "Aquatic area", []string{"Morning, {{", "Aquatic area, {{"}},
		{"a sentence too long", "Brand/shore#readability", "warn", "a sentence of 21 words", []string{"Water that is **100 % clean**.", "Water that is **100 % clean** " + strings.Repeat("and ", 15) + "so."}},
		{"a claim without cover", "Brand/shore#claims", "warn", `"best"`, []string{"Water that", "The best water that"}},
		{"a claim without evidence", "Claim/clean", "block", "has no evidence", []string{"evidence: [{title: Report, until: 2026-12-31}], ", ""}},
		{"a claim whose evidence ended", "Claim/clean", "warn", "has no evidence any more since 2026-02-01", []string{"{title: Report, until: 2026-12-31}", "{title: Report, until: 2026-01-31}"}},
		{"a claim that was withdrawn", "Claim/clean", "block", "is withdrawn: the report was wrong", []string{"disclosures: [tested]", "withdrawn: the report was wrong"}},
		{"a claim without its disclosure", "Claim/clean#disclosures", "block", "without Disclosure/tested", []string{"requires: [tested, ", "requires: ["}},
		{"a disclosure that is not translated", "Brand/shore#disclosures", "block", "a text in en", []string{", de: Wöchentlich geprüft.", ""}},
		{"a low contrast", "Brand/shore#contrast", "block", "ink on paper in the first mode: 2.84", []string{`{ink: "#1a2b3c"`, `{ink: "#999999"`}},
		{"a low contrast in dark mode", "Brand/shore#contrast", "block", "ink on paper in the mode dark", []string{`{ink: "#f0f4f8"`, `{ink: "#30383f"`}},
		{"a colour that cannot be measured", "Brand/shore#contrast", "unknown", "no colour that can be measured", []string{`{ink: "#1a2b3c"`, `{ink: "currentcolor"`}},
		{"a picture of another shape than the channel takes", "Channel/ads#picture", "block", "is 1600 x 1000 pixels", []string{"height: 900", "height: 1000"}},
		{"a picture without words", "Brand/shore#alt-text", "block", "a picture without words", []string{"  alt: {en: A lake at dawn, de: Ein See am Morgen}\n", ""}},
		{"a picture whose words are its file", "Brand/shore#alt-text", "block", "the name of the file", []string{"en: A lake at dawn", "en: lake.jpg"}},
		{"a picture with a speech", "Brand/shore#alt-text", "warn", "130 characters", []string{"en: A lake at dawn", "en: " + strings.Repeat("A lake at d", 11) + "awn it is"}},
		{"a film that only who hears it understands", "Brand/shore#alt-text", "warn", "captions missing in en, de", film("")},
		{"a film with captions in one language", "Brand/shore#alt-text", "warn", "captions missing in de", film("captions: {en: said}")},
		{"a film without captions, where a set asks", "Brand/shore#alt-text", "block", "captions missing in en, de", append(film(""), "{use: locales}", "{use: alt-text}")},
		{"rights that ended", "Brand/shore#rights", "warn", "ended 2026-05-01", []string{"{holder: Bo, until: 2026-12-31}", "{holder: Bo, until: 2026-04-30}"}},
		{"a language that is missing", "Brand/shore#locales", "warn", "no text in de", []string{`, de: "Morgen, {{person.first_name}}"`, ""}},
		{"a language under another's name", "Brand/shore#locales", "warn", "reads like de", []string{"Water that is **100 % clean**.", "Das Wasser hier ist 100 % clean und nicht nur am Morgen."}},
		{"an address of a person", "Brand/shore#personal-data", "warn", "one email", []string{"Water that is", "Ask bo.berg@shore-lake.ch. Water that is"}},
		{"a mark that the slot does not allow", "Template/poster#marks", "block", "italic", []string{"Water that is", "*Water* that is"}},
		{"a heading in a rich text", "Template/poster#marks", "block", "a heading", []string{"Water that is", "# Water\\n\\nthat is"}},
		{"something made by a model and not said", "Brand/shore#ai-label", "warn", "made by a trained model", []string{"requires: [tested, made-by-model]", "requires: [tested]", "rights: [", "provenance: {digitalSourceType: trainedAlgorithmicMedia}\n  rights: ["}},
		{"a field of two slots that is too long together", "Channel/ads#both", "block", "characters in the field both", []string{"Water that is", "Water, cold and deep and still, that is"}},
		{"a field that the rendering lacks", "Channel/ads#title", "block", "no field title", []string{`title: "{{title}}", `, ""}},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			var said []string
			for _, f := range findings(t, onShore(t, c.edits...)) {
				if f.Rule == c.rule && string(f.Verdict) == c.want && strings.Contains(f.Got, c.seen) && f.Want != "" && f.Fix != "" {
					return
				}
				said = append(said, f.Rule+" "+string(f.Verdict)+": "+f.Got)
			}
			t.Errorf("nothing says %s %s: %s in\n%s", c.rule, c.want, c.seen, strings.Join(said, "\n"))
		})
	}
}

func TestATextFullOfFaultsIsToldOfInPart(t *testing.T) {
	of := func(in check.Input) (claims, people, blocks int) {
		for _, f := range findings(t, in) {
			switch {
			case strings.HasSuffix(f.Rule, "#claims"):
				claims++
			case strings.HasSuffix(f.Rule, "#personal-data") && f.Severity == throughline.Block:
				blocks++
			case strings.HasSuffix(f.Rule, "#personal-data"):
				people++
			}
		}
		return claims, people, blocks
	}
	claims, people, blocks := of(onShore(t, "Water that", strings.Repeat("The best, ana@lake.ch, ", 3000)+"DE89 3704 0044 0532 0130 00 water that"))
	if claims != 100 || people != 100 {
		t.Errorf("of 3000 each there are %d claims and %d addresses", claims, people)
	}
	if blocks != 1 {
		t.Errorf("the one that blocks is told of %d times", blocks)
	}
}

func TestASetSettlesAChecksSeverityAndGate(t *testing.T) {
	bad := []string{"Water that", "The best water that"}
	with := func(checks string) []throughline.Finding {
		return slices.DeleteFunc(findings(t, onShore(t, append(bad, "{use: locales}", checks)...)), func(f throughline.Finding) bool { return f.Rule != "Brand/shore#claims" })
	}
	if f := with("{use: claims, severity: block}"); len(f) == 0 || f[0].Severity != throughline.Block || f[0].Stage != throughline.StageAssemble {
		t.Error(f)
	}
	if f := with("{use: claims, severity: block, stages: [activate]}"); len(f) == 0 || f[0].Stage != throughline.StageActivate {
		t.Error(f)
	}
	if f := with("{use: claims, stages: [observe]}"); len(f) != 0 {
		t.Error("a check for a later gate speaks now:", f)
	}
	if f := with("{use: claims}"); len(f) != 1 {
		t.Error("figures are claimed, and what is covered is not:", f)
	}
}

func TestAnOverrideLetsOneFindingPassForATime(t *testing.T) {
	over := func(until string) check.Result {
		return run(t, onShore(t, "checks: [{use: locales}]", "overrides: [{rule: 'Brand/shore#terms', object: Fragment/hello, reason: an old slogan, until: "+until+"}]", "Morning, {{", "Guaranteed, {{"))
	}
	r := over("2026-06-30")
	f := r.Findings[slices.IndexFunc(r.Findings, func(f throughline.Finding) bool { return f.Rule == "Brand/shore#terms" })]
	if f.Severity != throughline.Info || f.Overridden == nil || f.Overridden.Reason != "an old slogan" || len(r.Blocked) > 0 {
		t.Errorf("%+v, %v", f, r.Blocked)
	}
	if r := over("2026-05-31"); len(r.Blocked) == 0 {
		t.Error("an override that ended still stands")
	}
}

func TestWhatAPlacementReliesOnHoldsAlways(t *testing.T) {
	in := onShore(t)
	placement := throughline.Resource{Kind: throughline.KindPlacement, Metadata: throughline.Metadata{Name: "home"}, Spec: &throughline.Placement{
		Template: "poster", Channel: "ads", Fallback: throughline.Filling{"title": "hello", "body": "water", "hero": "lake"},
	}}
	said := func(at time.Time) (all []string) {
		for _, f := range check.Relied(placement, in.Assembly, nil, at) {
			all = append(all, string(f.Verdict)+" "+f.Slot+": "+f.Got)
		}
		return all
	}
	want := []string{"warn body: Fragment/water, which ends 2027-01-01, in fallback", "warn hero: Asset/lake, which ends 2027-01-01, in fallback"}
	if diff := cmp.Diff(want, said(today)); diff != "" {
		t.Error(diff)
	}
	want = []string{"block body: Fragment/water, which ended 2027-01-01, in fallback", "block hero: Asset/lake, which ended 2027-01-01, in fallback"}
	if diff := cmp.Diff(want, said(today.AddDate(1, 0, 0))); diff != "" {
		t.Error(diff)
	}
}
