package style_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/craft/style"
)

// listed writes a rule of so many entries.
func listed(head, entry string, n int) string {
	var b strings.Builder
	b.WriteString(head)
	for i := range n {
		fmt.Fprintf(&b, entry, i, i)
	}
	return b.String()
}

func TestALongListOfSwapsTakesLittle(t *testing.T) {
	r, err := style.Read("own", []byte(listed("extends: substitution\nmessage: \"%s\"\nswap:\n", "  w%d.*z: v%d\n", 2000)))
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := style.Check([]*style.Rule{r}, style.Text{Body: strings.Repeat("w ", 200) + "w7 and z"}).Found
	runtime.ReadMemStats(&after)
	if len(got) != 1 || got[0].Message != "v7" {
		t.Error(got)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 { // with the place of every group
		t.Error("it took", used>>20, "MB")
	}
}

func TestSwapsWithGroups(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ rule, text, want string }{
		"a value takes up a group":             {"swap: {'(\\w+)ise': '${1}ize'}", "realise", "realise: realize"},
		"and a named one":                      {"swap: {'(?P<stem>[a-z)(]+)ise': '${stem}ize'}", "realise", "realise: realize"},
		"a bracket in a class is no group":     {"swap: {'x[(]y': z}\nnonword: true", "x(y", "x(y: z"},
		"nor is one behind a backslash":        {"swap: {'x\\(y': z}\nnonword: true", "x(y", "x(y: z"},
		"nor in a quotation":                   {"swap: {'\\Qx(y\\E': z}\nnonword: true", "x(y", "x(y: z"},
		"of two that fit the longer speaks":    {"swap: {a b: one, 'a': two}", "a b", "a b: one"},
		"a word is whole in any script":        {"swap: {'(ü)b': ueb}", "üb übung", "üb: ueb"},
		"a line begins in the middle of texts": {"swap: {'^(x)y': z}", "a\nxy", "xy: z"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := says(t, "extends: substitution\nmessage: \"%s\"\n"+c.rule, style.Text{Body: c.text}); len(got) != 1 || got[0] != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestPatternsThatAreTooMuch(t *testing.T) {
	t.Parallel()
	for name, rule := range map[string]string{
		"repetitions in one":        "extends: existence\nmessage: m\nraw: ['((a{1,100}){1,90}b){1,90}']",
		"repetitions in many":       listed("extends: substitution\nmessage: m\nswap:\n", "  a%d{1,900}: b%d\n", 1000),
		"in many tokens":            listed("extends: existence\nmessage: m\ntokens:\n", "  - 'a%d{1,900}b%d'\n", 1000),
		"in pairs of spellings":     listed("extends: consistency\nmessage: m\neither:\n", "  a%d{1,900}: b%d\n", 1000),
		"groups that somebody asks": "extends: conditional\nmessage: m\nfirst: a\nsecond: '" + strings.Repeat("(b)", 200) + "'",
		"brackets in a formula":     "extends: metric\nmessage: m\nformula: " + strings.Repeat("(", 500_000) + "words\ncondition: '> 0'",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := style.Read("own", []byte(rule)); err == nil {
				t.Error("it was read")
			} else if len(err.Error()) > 2000 {
				t.Error("the error is as long as the rule:", len(err.Error()))
			}
		})
	}
}

func TestATextThatIsTooLongIsUnknown(t *testing.T) {
	t.Parallel()
	text := style.Text{Body: strings.Repeat("a", 100_000)}
	if got := says(t, "extends: existence\nmessage: m\nraw: ['a(.*z)?']", text); len(got) != 1 || !strings.HasPrefix(got[0], "unknown: ") {
		t.Error(got[:min(3, len(got))])
	}
	r, err := style.Read("own", []byte(listed("extends: existence\nmessage: m\ntokens:\n", "  - 'word%d and %d'\n", 5000)))
	if err != nil {
		t.Fatal(err)
	}
	result := style.Check([]*style.Rule{r}, style.Text{Body: strings.Repeat("words ", 5000)})
	if len(result.Unknown) != 1 {
		t.Errorf("%d instructions on a text of 30,000 bytes: %+v", r.Size(), result)
	}
}
