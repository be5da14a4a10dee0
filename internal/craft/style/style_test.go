package style_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/style"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// says returns what one rule says of a text, each as "place: message".
func says(t *testing.T, rule string, text style.Text) []string {
	t.Helper()
	r, err := style.Read("own", []byte(rule))
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	result := style.Check([]*style.Rule{r}, text)
	for _, f := range result.Found {
		all = append(all, text.Body[f.Span.Start:f.Span.End]+": "+f.Message)
	}
	for _, u := range result.Unknown {
		all = append(all, "unknown: "+u.Why)
	}
	return all
}

func TestCheck(t *testing.T) {
	long := strings.Repeat("Rye bread is baked here every day. ", 6)
	tests := []struct {
		name, rule string
		text       style.Text
		want       []string
	}{
		{"a word in another letter's company is whole", "extends: existence\nmessage: \"%s\"\ntokens: [über]", style.Text{Body: "über, Überall, darüber"}, []string{"über: über"}},
		{"a letter with an accent ends no word", "extends: existence\nmessage: \"%s\"\ntokens: [caf]", style.Text{Body: "café caf"}, []string{"caf: caf"}},
		{"a word that follows itself is found twice", "extends: existence\nmessage: \"%s\"\ntokens: [schön]", style.Text{Body: "schön schön"}, []string{"schön: schön", "schön: schön"}},
		{"headings are left to rules for headings", "extends: existence\nmessage: no\nscope: heading\ntokens: [bread]", style.Text{Body: "bread"}, nil},
		{"and found there, whatever their level", "extends: existence\nmessage: no\nscope: heading\ntokens: [bread]", style.Text{Body: "bread", Scope: "heading.h2"}, []string{"bread: no"}},
		{"a scope may be ruled out", "extends: existence\nmessage: no\nscope: ~heading\ntokens: [bread]", style.Text{Body: "bread", Scope: "heading"}, nil},
		{"of two scopes joined both must hold", "extends: existence\nmessage: no\nscope: heading & ~heading.h1\ntokens: [bread]", style.Text{Body: "bread", Scope: "heading.h1"}, nil},
		{"of a list of scopes one is enough", "extends: existence\nmessage: no\nscope: [heading, list]\ntokens: [bread]", style.Text{Body: "bread", Scope: "list"}, []string{"bread: no"}},
		{"a sentence is one by its language", "extends: occurrence\nmessage: \"%d\"\nscope: sentence\nmax: 4\ntoken: '\\w+'", style.Text{Body: "Am 3. Mai backen wir. Gut.", Language: "de"}, []string{"Am: 5"}},
		{"a share is no verb", "extends: existence\nmessage: \"100%% of '%s'\"\ntokens: [rye]", style.Text{Body: "rye"}, []string{"rye: 100% of 'rye'"}},
		{"values may be named by number", "extends: substitution\nmessage: \"not %[2]s but %[1]s\"\nswap: {a: b}", style.Text{Body: "a"}, []string{"a: not a but b"}},
		{"a value that is missing stays empty", "extends: existence\nmessage: \"%s %s.\"\ntokens: [rye]", style.Text{Body: "rye"}, []string{"rye: rye ."}},
		{"what is right already is left", "extends: substitution\nmessage: \"%s\"\nignorecase: true\nswap: {github: GitHub}", style.Text{Body: "GitHub Github"}, []string{"Github: GitHub"}},
		{"a readability needs words", "extends: readability\nmessage: \"%s\"\ngrade: 1\nmetrics: [Flesch-Kincaid]", style.Text{Body: "Rye."}, []string{"unknown: the text has 1 words, and a measure needs 30"}},
		{"and speaks when there are", "extends: metric\nmessage: \"%s\"\nformula: math.sqrt(words + 7) - 7 * 1.0\ncondition: '>= 0'", style.Text{Body: long}, []string{long + ": 0.00"}},
		{"a division by zero is unknown", "extends: metric\nmessage: \"%s\"\nformula: words / list\ncondition: '> 0'", style.Text{Body: long}, nil},
		{"an empty text has nothing", "extends: occurrence\nmessage: \"%d\"\nmin: 1\ntoken: x", style.Text{Body: " \n"}, nil},
		{"a title in Chicago style", "extends: capitalization\nmessage: \"%s -> %s\"\nmatch: $title\nstyle: Chicago\nthreshold: 1", style.Text{Body: "Bread From the Oven"}, []string{"Bread From the Oven: Bread From the Oven -> Bread from the Oven"}},
		{"a sentence after a word that begins anew", "extends: capitalization\nmessage: \"%s -> %s\"\nmatch: $sentence\nthreshold: 1\nindicators: [':']", style.Text{Body: "News: Rye is back"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if strings.Contains(tt.name, "division") {
				if _, err := style.Read("own", []byte(tt.rule)); err == nil || !strings.Contains(err.Error(), "divides by zero") {
					t.Errorf("says %v", err)
				}
				return
			}
			if diff := cmp.Diff(tt.want, says(t, tt.rule, tt.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRead_refuses(t *testing.T) {
	tests := []struct{ name, rule, says string }{
		{"a script", "extends: script\nmessage: x\nscript: |\n  x", "own:1:10: the rule own extends script, which is not done here: it runs a program"},
		{"a sequence", "message: x\nextends: sequence", "own:2:10: the rule own extends sequence, which is not done here: it needs the part of speech"},
		{"a spelling", "message: x\nextends: spelling", "it needs a dictionary"},
		{"a rule of another rule", "message: x\nextends: Google.We", "extends the rule Google.We"},
		{"an extension point that is none", "message: x\nextends: existance", `"existance", which the format does not have`},
		{"no extension point", "message: x", "does not say what it extends"},
		{"no message", "extends: existence\ntokens: [a]", "has no message"},
		{"a level that is none", "extends: existence\nmessage: x\nlevel: fatal\ntokens: [a]", `own:3:8: the level of own is "fatal"`},
		{"a key that is none", "extends: existence\nmessage: x\ntokens: [a]\nignoreCase: true", `own:4:1: a rule that extends existence has no key "ignoreCase" (did you mean ignorecase?)`},
		{"a key of another kind", "extends: existence\nmessage: x\ntokens: [a]\nswap: {a: b}", `has no key "swap"`},
		{"a key that stands twice", "extends: existence\nmessage: x\ntokens: [a]\ntokens: [b]", "tokens"},
		{"a scope that is none", "extends: existence\nmessage: x\nscope: footer\ntokens: [a]", `own:3:8: the rule own has the scope "footer"`},
		{"look-ahead", "extends: existence\nmessage: x\ntokens:\n  - a\n  - 'foo(?!bar)'", "own:5:5: a pattern of the rule own needs look-around ((?!), which RE2 does not have"},
		{"look-behind", "extends: substitution\nmessage: x\nswap:\n  '(?<=a)b': c", "own:4:3: a pattern of the rule own needs look-around"},
		{"a reference back", "extends: existence\nmessage: x\ntokens: ['(a)\\1']", `refers back to a group (\1)`},
		{"a pattern that does not close", "extends: existence\nmessage: x\ntokens: ['(a']", "is no regular expression: missing closing )"},
		{"a repetition beyond all", "extends: existence\nmessage: x\ntokens: ['(a{1000}){1000}']", "pattern of the rule own"},
		{"no tokens", "extends: existence\nmessage: x", "has no tokens"},
		{"tokens that are a map", "extends: existence\nmessage: x\ntokens: {a: b}", "tokens of the rule own is no list"},
		{"a swap without a value that is a text", "extends: substitution\nmessage: x\nswap: {a: [b]}", "holds something that is no text"},
		{"a metric that is none", "extends: readability\nmessage: x\ngrade: 8\nmetrics: [Fog]", `own:4:11: the rule own has the metric "Fog"`},
		{"a formula with a call", "extends: metric\nmessage: x\nformula: os.Exit(1)\ncondition: '> 1'", "only functions of math are called"},
		{"a formula with a text", "extends: metric\nmessage: x\nformula: '\"a\"'\ncondition: '> 1'", "only arithmetic is done"},
		{"a condition that compares nothing", "extends: metric\nmessage: x\nformula: words\ncondition: '+ 1'", "compares nothing"},
		{"a look into another part", "extends: conditional\nmessage: x\nfirst: a\nsecond: b\nin: x", "looks into another part"},
		{"a part of speech", "extends: substitution\nmessage: x\npos: NN\nswap: {a: b}", "has pos"},
		{"what is not YAML", "a: [", "is not YAML"},
		{"what is not a map", "- a", "is no map of keys"},
		{"bytes that are not text", "extends: \xff", "own:1:10: this is not UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := style.Read("own", []byte(tt.rule))
			if err == nil || !strings.Contains(err.Error(), tt.says) || !strings.HasPrefix(err.Error(), "own") || !strings.HasSuffix(err.Error(), ")") {
				t.Errorf("says %v, want %q with a place and a fix", err, tt.says)
			}
		})
	}
	if _, err := style.Read("own", make([]byte, style.MaxBytes+1)); throughline.CodeOf(err) != throughline.TooLarge {
		t.Errorf("a large rule: %v", err)
	}
}

func TestRead_knowsWhatItRead(t *testing.T) {
	r, err := style.Read("acme.Hype", []byte("extends: existence\nmessage: x\nlevel: error\nlink: https://brand.example/hype\nlimit: 1\ntokens: [a]"))
	if err != nil || r.Name() != "acme.Hype" || r.Kind() != "existence" || r.Level() != style.Error {
		t.Fatalf("%+v, %v", r, err)
	}
	got := style.Check([]*style.Rule{r}, style.Text{Body: "a a"}).Found
	if len(got) != 1 || got[0].Link != "https://brand.example/hype" || got[0].Rule != "acme.Hype" {
		t.Errorf("%+v", got)
	}
	if r, err = style.Read("x", []byte("extends: substitution\nmessage: \"%s\"\naction: {name: replace}\nswap: {\"lots of\": many|much}")); err != nil {
		t.Fatal(err)
	}
	if got = style.Check([]*style.Rule{r}, style.Text{Body: "lots of rye"}).Found; len(got) != 1 || !cmp.Equal(got[0].Instead, []string{"many", "much"}) || got[0].Message != "'many' or 'much'" || got[0].Level != style.Warning {
		t.Errorf("%+v", got)
	}
}

func FuzzRead(f *testing.F) {
	for _, rule := range []string{
		"extends: existence\nmessage: \"%s\"\ntokens: [a, '\\w+', '[^]x]']\nexceptions: [a b]", "extends: substitution\nmessage: \"%s %s\"\nswap: {'(a)b': $1}",
		"extends: occurrence\nmessage: \"%d\"\nmax: 1\ntoken: a", "extends: repetition\nmessage: \"%s\"\ntokens: ['\\S+']", "extends: consistency\nmessage: \"%s\"\neither: {a: b}",
		"extends: conditional\nmessage: \"%s\"\nfirst: a\nsecond: (b)", "extends: capitalization\nmessage: \"%s %s\"\nmatch: $title", "extends: metric\nmessage: \"%s\"\nformula: words\ncondition: '> 0'",
		"extends: capitalization\nmessage: \"%s\"\nmatch: $sentence\nprefix: 'a+'", "a: &x [*x]",
	} {
		f.Add([]byte(rule), "a ab é Ä a a. This this! ")
	}
	f.Fuzz(func(t *testing.T, rule []byte, body string) {
		r, err := style.Read("own", rule)
		if err != nil {
			if !strings.Contains(fmt.Sprint(err), "own") {
				t.Fatalf("%q: %v has no place", rule, err)
			}
			return
		}
		for _, found := range style.Check([]*style.Rule{r}, style.Text{Body: body, Language: "en"}).Found {
			s := found.Span
			if s.Start < 0 || s.Start > s.End || s.End > len(body) || utf8.ValidString(body) && !utf8.ValidString(body[s.Start:s.End]) {
				t.Fatalf("%q on %q: the span %v", rule, body, s)
			}
		}
	})
}
