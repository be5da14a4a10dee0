package content

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

func TestReadQuery(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	narrower := func(c string) []string { return []string{c, "v#shoe"} }
	for name, c := range map[string]struct {
		q    string
		want asked
	}{
		"words are folded, and the last is a beginning": {"Für Straß", asked{terms: []record.IndexTerm{{Words: []string{"fur"}}, {Words: []string{"strass"}, Prefix: true}}}},
		"a blank behind the last ends it":               {"calm ", asked{terms: []record.IndexTerm{{Words: []string{"calm"}}}}},
		"quotation marks make a phrase":                 {`"by the sea"`, asked{terms: []record.IndexTerm{{Words: []string{"by", "the", "sea"}}}}},
		"scripts without blanks are cut in twos":        {"手机壳 ", asked{terms: []record.IndexTerm{{Words: []string{"手机", "机壳"}}}}},
		"one sign of them is a beginning":               {"手 ", asked{terms: []record.IndexTerm{{Words: []string{"手"}, Prefix: true}}}},
		"a filter is a tag":                             {"role:Hero", asked{all: [][]string{{"role:hero"}}}},
		"its opposite is left out, of all pieces":       {"-role:hero", asked{all: [][]string{{"kind:asset", "kind:fragment"}}, none: []string{"role:hero"}}},
		"a channel is also that of pieces for all":      {"channel:email", asked{all: [][]string{{"channel:email", "channel:*"}}}},
		"a concept is also what is narrower":            {"concept:thing", asked{all: [][]string{{"concept:thing", "concept:v#shoe"}}}},
		"what is missing is left out":                   {"kind:asset missing:de", asked{all: [][]string{{"kind:asset"}}, none: []string{"locale:de"}}},
		"an end is a span of days":                      {"expires<2d", asked{all: [][]string{{"until:20261129", "until:20261130", "until:20261201"}}}},
		"what is no filter is words":                    {"https://example.com ", asked{terms: []record.IndexTerm{{Words: []string{"https", "example", "com"}}}}},
		"a draft is asked for apart":                    {"state:draft", asked{drafts: true}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readQuery(c.q, now, narrower)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(asked{})); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, q := range []string{"state:gone", "expires<soon", "expires<-1d", strings.Repeat("a ", 300), strings.Repeat("x", 401)} {
		t.Run("refused with a fix: "+q[:min(len(q), 20)], func(t *testing.T) {
			if _, err := readQuery(q, now, narrower); err == nil {
				t.Error("it was taken")
			}
		})
	}
}

func TestDaysBetween(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	t.Run("every day of a span is in exactly one of its tags, and no other day", func(t *testing.T) {
		for _, c := range [][2]string{{"2025-12-30", "2028-02-02"}, {"2026-01-01", "2026-12-31"}, {"2026-02-27", "2026-03-01"}, {"2026-05-05", "2026-05-05"}} {
			from, to := day(c[0]), day(c[1])
			tags := map[string]bool{}
			for _, tag := range daysBetween(from, to) {
				tags[tag] = true
			}
			for d := from.AddDate(-1, 0, 0); d.Before(to.AddDate(1, 0, 0)); d = d.AddDate(0, 0, 1) {
				n := 0
				for _, tag := range untilTags(d) {
					if tags[tag] {
						n++
					}
				}
				want := 1
				if d.Before(from) || d.After(to) {
					want = 0
				}
				if n != want {
					t.Fatalf("%s: %v is in %d tags", c, d, n)
				}
			}
		}
	})
}

func FuzzReadQuery(f *testing.F) {
	for _, s := range []string{`"a b" c`, "role:hero -state:live", "expires<30d 手机", `"`, "concept:", ":::"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, q string) {
		a, err := readQuery(q, now, func(c string) []string { return []string{c} })
		if err != nil {
			return
		}
		if len(a.none) > 0 && len(a.terms)+len(a.all) == 0 {
			t.Error("a question only of what is left out")
		}
		for _, term := range a.terms {
			for _, w := range term.Words {
				if w == "" || strings.ContainsAny(w, " \"") {
					t.Errorf("%q is no word", w)
				}
			}
		}
	})
}

func TestLooksAreKept(t *testing.T) {
	for name, l := range map[string]looks{
		"of a picture": {same: []uint64{1, 1 << 63}, print: &engine.Print{P: 7, D: 1 << 60}},
		"of a text":    {same: []uint64{5}, locale: "de-at", words: []uint32{1, 2, 1 << 31}},
		"of nothing":   {},
	} {
		t.Run("what the index keeps "+name+" reads back as it was", func(t *testing.T) {
			if diff := cmp.Diff(l, looksFrom(l.bytes()), cmp.AllowUnexported(looks{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// FuzzLooksFrom reads what a damaged index might hold.
func FuzzLooksFrom(f *testing.F) {
	f.Add(looks{same: []uint64{1}, locale: "en", words: []uint32{4, 5}}.bytes())
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		l := looksFrom(b)
		if len(l.same) > len(b) || len(l.words) > len(b) || len(l.locale) > len(b) {
			t.Errorf("%d bytes became %d, %d and %d", len(b), len(l.same), len(l.words), len(l.locale))
		}
	})
}

func TestDoFor(t *testing.T) {
	all := throughline.Locales{Default: "en", Supported: []string{"de-CH", "en-GB", "rm"}, Fallback: map[string][]string{"rm": {"de-CH"}}}
	for locale, want := range map[string][]string{"de-CH": {"de-CH", "de"}, "en-GB": {"en-GB", "en"}, "rm": {"rm", "de-CH"}, "en": {"en"}} {
		t.Run("a text does for "+locale, func(t *testing.T) {
			if diff := cmp.Diff(want, doFor(all, locale)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWishSlots(t *testing.T) {
	w := wish{name: "b", brief: &throughline.Brief{}, slots: []wishSlot{{throughline.Slot{Role: "scene", Fill: &throughline.Fill{Names: []string{"hut"}}}, "letter"}}}
	for name, want := range map[string][]string{"hut": {"was made for this brief", "fills a slot of letter"}, "tower": {"was made for this brief"}} {
		t.Run("only what a slot takes fills it: "+name, func(t *testing.T) {
			var f fit
			res := throughline.Resource{Kind: throughline.KindFragment, Metadata: throughline.Metadata{Name: name}, Spec: &throughline.Fragment{Role: "scene", Brief: "b"}}
			if !w.judge(&f, res) {
				t.Fatal("it does not fit")
			}
			if diff := cmp.Diff(want, f.why); diff != "" {
				t.Error(diff)
			}
		})
	}
}
