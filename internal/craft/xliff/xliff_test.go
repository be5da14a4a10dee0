package xliff_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/xliff"
)

func fragment(name string) throughline.Ref {
	return throughline.Ref{Kind: throughline.KindFragment, Name: name}
}

// order is a small one with every form of text.
func order() xliff.Order {
	return xliff.Order{
		From: "en", To: "de",
		Personal: map[string]throughline.PersonalField{"first_name": {Fallback: "you", Max: 12}},
		Texts: []xliff.Text{
			{
				Ref: fragment("hello/first"), Source: "Hello {{person.first_name}}, <now> & \"here\"", Length: &throughline.Length{Max: 40},
				Notes: []xliff.Note{{"role", "headline"}, {"voice", "warm & <exact>"}},
			},
			{Ref: fragment("body"), Source: "**Eight** lanes, *one* [ticket](https://lido.example/t?a=1&b=2).\n\n- at seven\n- at eight", Rich: true},
			{Ref: fragment("old"), Source: "Swim at seven", Before: "Swim at six", Target: "Schwimmen um sechs"},
			{Ref: throughline.Ref{Kind: throughline.KindAsset, Name: "lanes"}, Source: "Eight\tlanes"},
			{Ref: throughline.Ref{Kind: throughline.KindClaim, Name: "hourly"}, Source: "Every hour.", Length: &throughline.Length{Min: 2, Max: 20, Unit: throughline.UTF16}},
			{Ref: throughline.Ref{Kind: throughline.KindDisclosure, Name: "watch"}, Source: "Supervised."},
		},
	}
}

var (
	segments = regexp.MustCompile(`(?s)<segment id="s1"><source>(.*?)</source></segment>`)
	units    = regexp.MustCompile(`(?s)<unit id="([^"]*)".*?</unit>`)
)

// translated answers a file as a translator might: with what do makes of the
// inside of each source.
func translated(file []byte, do func(id, source string) string) []byte {
	return units.ReplaceAllFunc(file, func(u []byte) []byte {
		id := string(units.FindSubmatch(u)[1])
		return segments.ReplaceAllFunc(u, func(s []byte) []byte {
			source := string(segments.FindSubmatch(s)[1])
			return []byte(`<segment id="s1" state="translated"><source>` + source + `</source><target>` + do(id, source) + `</target></segment>`)
		})
	})
}

func checked(t testing.TB, file []byte, o xliff.Order) xliff.Checked {
	t.Helper()
	f, err := xliff.Read("back.xlf", file)
	if err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	c, err := f.Check(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhatGoesOut(t *testing.T) {
	file := string(xliff.Write(order()))
	for says, want := range map[string]string{
		"names its languages":                       `version="2.1" srcLang="en" trgLang="de"`,
		"protects placeholders and says their size": `<ph id="1" dataRef="d1" canCopy="no" canDelete="no" disp="{{person.first_name}}" slr:sizeInfo="12"/>`,
		"keeps their words":                         `<data id="d1">{{person.first_name}}</data>`,
		"bounds a length":                           `<unit id="Fragment:hello_first" name="Fragment/hello/first" slr:sizeRestriction="40">`,
		"bounds a length in UTF-16":                 `slr:storageRestriction="2,20"`,
		"says it in words":                          `<note id="n3" category="length">at most 40 characters</note>`,
		"makes marks codes":                         `<pc id="1" dataRefStart="d1" dataRefEnd="d1" type="fmt" subType="xlf:b">Eight</pc>`,
		"protects addresses":                        `canCopy="no" canDelete="no" type="link" dispEnd="](https://lido.example/t?a=1&amp;b=2)">ticket</pc>`,
		"makes signs of items codes":                `<ph id="4" dataRef="d5" equiv="- "/>at seven`,
		"brings what was":                           `<source>Swim at six</source><target>Schwimmen um sechs</target></mtc:match>`,
	} {
		if !strings.Contains(file, want) {
			t.Errorf("it %s: there is no %s in\n%s", says, want, file)
		}
	}
}

func TestWhatComesBackIsWhatWasSaid(t *testing.T) {
	o := order()
	c := checked(t, translated(xliff.Write(o), func(_, source string) string { return "«" + source + "»" }), o)
	if len(c.Problems) > 0 {
		t.Fatal(c.Problems)
	}
	for i, got := range c.Taken {
		if want := "«" + o.Texts[i].Source + "»"; got.Text != want || got.Ref != o.Texts[i].Ref {
			t.Errorf("%s is %q, want %q", got.Ref, got.Text, want)
		}
	}
	t.Run("an untouched file changes nothing", func(t *testing.T) {
		if c := checked(t, xliff.Write(o), o); c.Open != len(o.Texts) || len(c.Taken)+len(c.Problems) > 0 {
			t.Errorf("%+v", c)
		}
	})
	t.Run("codes may change places, and segments be cut", func(t *testing.T) {
		file := translated(xliff.Write(o), func(id, source string) string {
			if id != "Fragment:hello_first" {
				return source
			}
			return `<ph id="1" dataRef="d1"/>, hallo`
		})
		c := checked(t, file, o)
		if len(c.Problems) > 0 || c.Taken[0].Text != "{{person.first_name}}, hallo" {
			t.Errorf("%+v", c)
		}
		cut := strings.Replace(string(xliff.Write(o)), `<segment id="s1"><source>Supervised.</source></segment>`,
			`<segment id="s1"><source>Super</source><target order="3">en</target></segment><ignorable><source>vi</source><target order="2"> </target></ignorable><segment id="s2"><source>sed.</source><target order="1">Acht<mrk id="m1" type="term">geb</mrk></target></segment>`, 1)
		if c := checked(t, []byte(cut), o); len(c.Taken) != 1 || c.Taken[0].Text != "Achtgeb en" {
			t.Errorf("%+v", c)
		}
	})
}

func TestWhatIsNotTaken(t *testing.T) {
	o := order()
	back := func(id, target string) []byte {
		return translated(xliff.Write(o), func(is, source string) string {
			if is == id {
				return target
			}
			return ""
		})
	}
	now := order()
	now.Texts[5].Source = "Supervised from eight."
	gone := order()
	gone.Texts = gone.Texts[:5]
	for _, tt := range []struct {
		says string
		file []byte
		o    xliff.Order
		want string
	}{
		{"a lost placeholder", back("Fragment:hello_first", "Hallo"), o, "back.xlf:5: the translation of Fragment/hello/first has lost {{person.first_name}}"},
		{"one that stands twice", back("Fragment:hello_first", `<ph id="1" dataRef="d1"/><ph id="1" dataRef="d1"/>`), o, "{{person.first_name}} 2 times, and its source 1 times"},
		{"another one", back("Fragment:body", "{{person.email}} **x**"), o, "has lost https://lido.example/t?a=1&b=2"},
		{"one that was not there", back("Disclosure:watch", "{{person.email}}"), o, "has {{person.email}}, which its source has not"},
		{"a code of nowhere", back("Disclosure:watch", `<ph id="9"/>`), o, "has a code that its source has not"},
		{"too long at its longest", back("Fragment:hello_first", `Herzlich willkommen am Wasser, <ph id="1" dataRef="d1"/>`), o, "has 43 characters, and 40 may be (shorten it by 3)"},
		{"too long in UTF-16", back("Claim:hourly", "😀😀😀😀😀😀😀😀😀😀😀"), o, "has 22 UTF-16 units, and 20 may be"},
		{"too short", back("Claim:hourly", "x"), o, "2 are asked for"},
		{"a source that changed", back("Disclosure:watch", "Beaufsichtigt."), now, "another text in en now"},
		{"what is gone", back("Disclosure:watch", "Beaufsichtigt."), gone, "is not there any more"},
		{"a part", []byte(strings.Replace(string(back("Disclosure:watch", "Be")), "Supervised.</source><target>Be</target></segment>", "Super</source><target>Be</target></segment><segment><source>vised.</source></segment>", 1)), o, "only a part"},
		{"another language on the target", []byte(strings.Replace(string(back("Disclosure:watch", "Surveillé")), "<target>Sur", `<target xml:lang="fr">Sur`, 1)), o, "is in fr, and not in de"},
		{"an id of others", []byte(strings.Replace(string(back("Disclosure:watch", "x")), "Disclosure:watch", "seg-17", 1)), o, `"seg-17" is no text of ours`},
		{"a text twice", []byte(strings.Replace(string(back("Disclosure:watch", "x")), `"Claim:hourly"`, `"Disclosure:watch"`, 1)), o, "is on line"},
	} {
		t.Run(tt.says, func(t *testing.T) {
			c := checked(t, tt.file, tt.o)
			if !strings.Contains(c.Problems.Error(), tt.want) {
				t.Errorf("got %v, want %s", c.Problems, tt.want)
			}
		})
	}
	for says, tt := range map[string]struct{ from, to, want string }{
		"another language":   {`trgLang="de"`, `trgLang="fr"`, "the file is in fr, and not in de"},
		"no language":        {`trgLang="de"`, ``, "does not say into which language"},
		"another source":     {`srcLang="en"`, `srcLang="fr"`, "is translated from fr"},
		"a language of old":  {`trgLang="de"`, `trgLang="DE_de"`, "the file is in de-DE"},
		"what is no XLIFF":   {`<xliff `, `<xlif `, "this is not XML"},
		"what is not closed": {`</xliff>`, ``, "this is not XML"},
		"a document type":    {`<xliff `, `<!DOCTYPE x [<!ENTITY a "b">]><xliff `, "document type"},
		"an entity":          {`Supervised.`, `&a;`, "this is not XML"},
		"two roots":          {`</xliff>`, `</xliff><a></a>`, "something follows"},
		"no source":          {`<source>Supervised.</source>`, ``, "has no source"},
		"something else":     {`urn:oasis:names:tc:xliff:document:2.0`, `urn:x`, "not XLIFF 2.1 or 1.2"},
		"Latin-1":            {`Supervised.`, "\xe4", "not UTF-8"},
	} {
		t.Run("as a whole: "+says, func(t *testing.T) {
			f, err := xliff.Read("back.xlf", []byte(strings.Replace(string(xliff.Write(o)), tt.from, tt.to, 1)))
			if err == nil {
				_, err = f.Check(o)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "back.xlf:") {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	t.Run("as a whole: what is too deep or too large", func(t *testing.T) {
		for _, file := range []string{strings.Repeat("<a>", 100), strings.Repeat(" ", xliff.MaxBytes+1)} {
			if _, err := xliff.Read("x", []byte(file)); throughline.CodeOf(err) != throughline.TooLarge {
				t.Errorf("got %v", err)
			}
		}
	})
}

func TestAFileOfVersion1IsRead(t *testing.T) {
	o := order()
	file := `<?xml version="1.0"?><xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file source-language="en" target-language="de" datatype="plaintext" original="throughline"><body><group>
<trans-unit id="1" resname="Fragment:hello_first"><source>Hello <ph id="1">{{person.first_name}}</ph>, &lt;now&gt; &amp; "here"</source><target>Hallo <ph id="1">{{person.first_name}}</ph></target></trans-unit>
<trans-unit id="Fragment:body"><source><g id="1">Eight</g> lanes, <bpt id="2">*</bpt>one<ept id="2">*</ept> <bx id="3"/>ticket<ex id="3"/>.

<x id="4"/>at seven
<x id="5"/>at eight</source><target state="translated"><g id="1">Acht</g> <bx id="3"/>Bahnen<ex id="3"/></target></trans-unit>
<trans-unit id="Asset:lanes"><source>Eight	lanes</source><target state="needs-translation">Eight	lanes</target></trans-unit>
</group></body></file></xliff>`
	c := checked(t, []byte(file), o)
	want := []xliff.Translated{
		{Ref: o.Texts[0].Ref, Text: "Hallo {{person.first_name}}", Line: 3},
		{Ref: o.Texts[1].Ref, Text: "**Acht** [Bahnen](https://lido.example/t?a=1&b=2)", Line: 4},
	}
	if diff := cmp.Diff(want, c.Taken); diff != "" || len(c.Problems) > 0 || c.Open != 1 {
		t.Error(diff, c.Problems, c.Open)
	}
}

func TestWhatHasNoWordsStaysHere(t *testing.T) {
	for text, want := range map[string]bool{
		"Swim at seven": true, "水": true, "Hello {{person.first_name}}": true, "#one": true, "5 minutes": true, "https://lido.example and more": true,
		"#8f3b1f": false, "rgba(0, 0, 0, 0.5)": false, "{{person.first_name}}": false, "12,50": false, "12 px": false, "https://lido.example/t": false, "/tickets": false, "  ": false,
	} {
		if xliff.Words(text) != want {
			t.Errorf("%q goes out: %v", text, !want)
		}
	}
}

// written makes texts by chance out of what is hard to keep.
func written(r *rand.Rand) string {
	words := []string{
		"lanes", " ", "\n", "\r\n", "**", "*", "_", "[", "](", ")", "{{person.first_name}}", "{{ x | y }}", "{{", "}}", "- ", "1. ", "**b**", "*i*", "[a](b)", "**[a **b](c)**",
		"<b>", "&amp;", "\"", "]]>", "😀", "e\u0301", "שלום", "\u0001", "\t", "\ufffe", "水",
	}
	var b strings.Builder
	for range 1 + r.IntN(12) {
		b.WriteString(words[r.IntN(len(words))])
	}
	return b.String()
}

func TestRoundTripOfTextsByChance(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		o := xliff.Order{From: "en", To: "pt-BR"}
		for i := range 1 + r.IntN(4) {
			o.Texts = append(o.Texts, xliff.Text{Ref: fragment(fmt.Sprintf("f%d", i)), Source: written(r), Rich: r.IntN(2) == 0})
		}
		c := checked(t, translated(xliff.Write(o), func(_, source string) string { return "»" + source + "«" }), o)
		if len(c.Problems) > 0 || len(c.Taken) != len(o.Texts) {
			t.Fatalf("seed %d: %v of %+v", seed, c.Problems, o.Texts)
		}
		for i, got := range c.Taken {
			if got.Text != "»"+o.Texts[i].Source+"«" {
				t.Fatalf("seed %d: %q became %q", seed, o.Texts[i].Source, got.Text)
			}
		}
	}
}

func TestEveryTextHasAPlace(t *testing.T) {
	for _, spec := range []throughline.Spec{&throughline.Fragment{}, &throughline.Asset{}, &throughline.Claim{}, &throughline.Disclosure{}} {
		r := throughline.Resource{Kind: spec.Kind(), Spec: spec}
		with := xliff.With(r, "de", "x")
		if texts, _ := xliff.TextsOf(with); texts["de"] != "x" {
			t.Errorf("%s has no text", r.Kind)
		}
		if texts, _ := xliff.TextsOf(r); texts != nil {
			t.Errorf("the %s that was given is changed", r.Kind)
		}
	}
}

func FuzzRead(f *testing.F) {
	o := order()
	f.Add(xliff.Write(o))
	f.Add(translated(xliff.Write(o), func(_, source string) string { return "«" + source + "»" }))
	f.Add([]byte(`<xliff xmlns="urn:oasis:names:tc:xliff:document:1.2"><file source-language="en" target-language="de"><body><trans-unit id="Fragment:body"><source><g id="1">x</g></source><target/></trans-unit></body></file></xliff>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := xliff.Read("f", data)
		if err != nil {
			return
		}
		c, err := file.Check(o)
		if err != nil {
			return
		}
		for _, taken := range c.Taken {
			for _, text := range o.Texts {
				const p = "{{person.first_name}}"
				if text.Ref == taken.Ref && (strings.Count(text.Source, p) != strings.Count(taken.Text, p) || strings.Count(text.Source, "{{") != strings.Count(taken.Text, "{{") && len(text.Ref.Name) > 0 && strings.Contains(taken.Text, "}}") && complete.MatchString(strings.ReplaceAll(taken.Text, p, ""))) {
					t.Fatalf("%q was taken for %q", taken.Text, text.Source)
				}
			}
		}
	})
}

var complete = regexp.MustCompile(`\{\{[^{}\n]+\}\}`)
