package style_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/throughline-engine/throughline/internal/craft/style"
)

// alert is what Vale says of a text, and what we do.
type alert struct {
	Check, Severity, Message, Match string
	Line                            int
	Span                            [2]int // characters of the line from 1, both ends in it
}

func corpus(t testing.TB) (rules, texts map[string][]byte) {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("testdata", "corpus.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	rules, texts = map[string][]byte{}, map[string][]byte{}
	for _, f := range a.Files {
		kind, name, _ := strings.Cut(f.Name, "/")
		if kind == "rules" {
			rules["Own."+strings.TrimSuffix(name, ".yml")] = f.Data
		} else {
			texts[name] = f.Data
		}
	}
	return rules, texts
}

// TestVale holds the rules of the corpus against its texts and compares with
// what Vale 3.21.0 said of them. With THROUGHLINE_VALE as the path of Vale it
// asks anew, and with -update keeps the answer.
func TestVale_saysTheSame(t *testing.T) {
	rules, texts := corpus(t)
	golden := filepath.Join("testdata", "vale.json")
	if vale := os.Getenv("THROUGHLINE_VALE"); vale != "" {
		said, err := json.MarshalIndent(ask(t, vale, rules, texts), "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(golden, append(said, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if kept, err := os.ReadFile(golden); err != nil || string(kept) != string(said)+"\n" {
			t.Errorf("what Vale says is not what is kept (%v); run with -update", err)
		}
	}
	kept, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	var want map[string][]alert
	if err := json.Unmarshal(kept, &want); err != nil {
		t.Fatal(err)
	}
	total := 0
	for name, body := range texts {
		got, unknown := ours(t, rules, string(body))
		want[name] = slices.DeleteFunc(want[name], func(a alert) bool { return slices.Contains(unknown, a.Check) }) // a few words have a grade there
		total += len(got)
		for i, a := range want[name] { // Vale does not always find the place again
			if i < len(got) && (a.Line == 0 || a.Match == "") {
				want[name][i].Line, want[name][i].Span, want[name][i].Match = got[i].Line, got[i].Span, got[i].Match
			}
		}
		if diff := gocmp.Diff(want[name], got); diff != "" {
			t.Errorf("%s: %s (-vale +ours)\n%s", name, body, diff)
		}
	}
	if total < 40 {
		t.Errorf("only %d findings were compared", total)
	}
	t.Logf("%d rules, %d texts, %d findings", len(rules), len(texts), total)
}

// TestVale_theComparisonCatchesFaults plants rules that differ from what Vale was
// asked with.
func TestVale_theComparisonCatchesFaults(t *testing.T) {
	kept, err := os.ReadFile(filepath.Join("testdata", "vale.json"))
	if err != nil {
		t.Fatal(err)
	}
	for rule, change := range map[string][2]string{
		"Own.Hype": {"ignorecase: true", "ignorecase: false"}, "Own.Umlaut": {"extends: existence", "extends: existence\nnonword: true"}, "Own.Long": {"max: 12", "max: 13"},
		"Own.Kept": {"  - Free Willy\n", ""}, "Own.Acronym": {"exceptions:\n  - HTML\n", ""}, "Own.Title": {"$title", "$lower"},
	} {
		rules, texts := corpus(t)
		rules[rule] = []byte(strings.Replace(string(rules[rule]), change[0], change[1], 1))
		var want map[string][]alert
		if err := json.Unmarshal(kept, &want); err != nil {
			t.Fatal(err)
		}
		caught := false
		for name, body := range texts {
			got, _ := ours(t, rules, string(body))
			of := func(alerts []alert) (of []string) {
				for _, a := range alerts {
					if a.Check == rule {
						of = append(of, a.Match)
					}
				}
				return of
			}
			caught = caught || !slices.Equal(of(got), of(want[name]))
		}
		if !caught {
			t.Errorf("%s with %q for %q is not caught", rule, change[1], change[0])
		}
	}
}

func ours(t *testing.T, sources map[string][]byte, body string) (alerts []alert, unknown []string) {
	body = strings.TrimSuffix(body, "\n")
	var rules []*style.Rule
	for name, data := range sources {
		r, err := style.Read(name, data)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, r)
	}
	result := style.Check(rules, style.Text{Body: body, Language: "en"})
	for _, u := range result.Unknown {
		unknown = append(unknown, u.Rule)
	}
	for _, f := range result.Found {
		start := utf8.RuneCountInString(body[:f.Span.Start])
		match := body[f.Span.Start:f.Span.End]
		alerts = append(alerts, alert{f.Rule, string(f.Level), f.Message, match, 1, [2]int{start + 1, start + utf8.RuneCountInString(match)}})
	}
	return sorted(alerts), unknown
}

func sorted(alerts []alert) []alert {
	slices.SortFunc(alerts, func(a, b alert) int {
		return cmp.Or(cmp.Compare(a.Check, b.Check), cmp.Compare(a.Span[0], b.Span[0]))
	})
	return alerts
}

// ask runs Vale on the texts.
func ask(t *testing.T, vale string, rules, texts map[string][]byte) map[string][]alert {
	t.Helper()
	folder := t.TempDir()
	write := func(name string, data []byte) {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(".vale.ini", []byte("StylesPath = styles\nMinAlertLevel = suggestion\n[*]\nBasedOnStyles = Own\n"))
	for name, data := range rules {
		write(filepath.Join("styles", strings.Replace(name, ".", "/", 1)+".yml"), data)
	}
	all := map[string][]alert{}
	for name, data := range texts {
		write(name, bytes.TrimSuffix(data, []byte("\n")))
		c := exec.Command(vale, "--output=JSON", "--no-exit", name)
		c.Dir = folder
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		var said map[string][]alert
		if err := json.Unmarshal(out, &said); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		if alerts := said[name]; len(alerts) > 0 {
			all[name] = sorted(alerts)
		}
	}
	return all
}
