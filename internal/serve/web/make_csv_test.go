package web

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
)

func TestTablesAsOthersWriteThem(t *testing.T) {
	for _, c := range []struct {
		says, text string
		sep        byte
		want       [][]string
	}{
		{"a byte order mark is passed over", "\ufeffname,en\r\na,b\r\n", ',', [][]string{{"name", "en"}, {"a", "b"}}},
		{"a quoted cell keeps separators, quotes and line ends", "a,\"b, \"\"c\"\"\r\nd\"\nx,y", ',', [][]string{{"a", "b, \"c\"\r\nd"}, {"x", "y"}}},
		{"semicolons separate where a comma is the decimal point", "name;en\na;b,5\n", ';', [][]string{{"name", "en"}, {"a", "b,5"}}},
		{"tabs separate too", "a\t\tb\n", '\t', [][]string{{"a", "", "b"}}},
		{"blank lines are no rows", "a,b\n\n\r\nc,d", ',', [][]string{{"a", "b"}, {"c", "d"}}},
		{"an old Mac ends rows with CR", "a,b\rc,d\r", ',', [][]string{{"a", "b"}, {"c", "d"}}},
		{"a quote inside a cell is part of it", "5\" wide,b\n", ',', [][]string{{`5" wide`, "b"}}},
		{"an empty quoted cell is empty", "\"\",b\n", ',', [][]string{{"", "b"}}},
	} {
		t.Run(c.says, func(t *testing.T) {
			rows, err := parseCSV(c.text, c.sep)
			if err != nil {
				t.Fatal(err)
			}
			if got := separatorOf(c.text); len(c.want[0]) > 1 && got != c.sep {
				t.Errorf("the separator is taken for %q", got)
			}
			var got [][]string
			for _, r := range rows {
				got = append(got, r.Cells)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestBrokenTablesNameTheirLine(t *testing.T) {
	for text, place := range map[string]string{
		"a,b\nc,\"d\ne\nf": "line 2",
		"a\n\"b\"c,d\n":    "line 2",
		"\"a\n\nb\"x":      "line 3",
	} {
		_, err := parseCSV(text, ',')
		e, ok := err.(*throughline.Error)
		if !ok || e.Place != place {
			t.Errorf("%q: %v, want a problem at %s", text, err, place)
		}
	}
}

func TestNoCellIsAFormula(t *testing.T) {
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+49 30": "'+49 30", "-5 %": "'-5 %", "@you": "'@you", "\tx": "'\tx", "\rx": "'\rx", "'=1": "''=1",
		"＝1": "'＝1", "it's": "it's", "'twas": "'twas", "": "", "a=b": "a=b",
	} {
		if got := disarm(text); got != want {
			t.Errorf("%q goes out as %q, want %q", text, got, want)
		}
		if back := arm(disarm(text)); back != text {
			t.Errorf("%q comes back as %q", text, back)
		}
	}
}

// FuzzCSV holds what is read and written to three rules: reading never panics,
// what is written reads as it was, and no cell goes out as a formula.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"name,en\r\na,b\r\n", "\ufeffa;\"b\"\"\n\"", "=cmd|' /c calc'!A1\t'x", "\"", "a,b\rc", "''=x,'twas\n"} {
		f.Add(s, byte(','))
		f.Add(s, byte('\t'))
	}
	f.Fuzz(func(t *testing.T, s string, sep byte) {
		if !slices.Contains([]byte(",;\t"), sep) {
			sep = separatorOf(s)
		}
		parsed, err := parseCSV(s, sep)
		if err != nil {
			return
		}
		var rows [][]string
		for _, r := range parsed {
			if r.Line < 1 || r.Line > strings.Count(s, "\n")+strings.Count(s, "\r")+1 {
				t.Fatalf("a row of %q is on line %d", s, r.Line)
			}
			var out []string
			for _, c := range r.Cells {
				out = append(out, disarm(c))
				if first := strings.TrimLeft(out[len(out)-1], "'"); formula(first) && out[len(out)-1][0] != '\'' {
					t.Fatalf("%q goes out as a formula", c)
				}
			}
			rows = append(rows, out)
		}
		var text strings.Builder
		text.WriteString("\ufeff")
		writeCSV(&text, rows, sep)
		again, err := parseCSV(text.String(), sep)
		if err != nil || len(again) != len(parsed) {
			t.Fatalf("%q is written as %q, which reads as %d rows, %v", s, text.String(), len(again), err)
		}
		for i, r := range again {
			for j, c := range r.Cells {
				if arm(c) != parsed[i].Cells[j] {
					t.Fatalf("row %d, cell %d: %q came back as %q", i, j, parsed[i].Cells[j], arm(c))
				}
			}
		}
	})
}
