package mailclient_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/mailclient"
	"github.com/throughline-engine/throughline/internal/craft/shown"
)

const radius = `---
title: "border-radius"
category: css
last_test_date: "2020-01-31"
stats: {
	outlook: {
		windows: {
			"2007": "y",
			"2019": "n #1",
			"2016": "y",
		},
		ios: { "2019-02": "y" }
	}
	gmail: {
		ios: { "2019-02": "a #1 #2", "2021-10": "a #2" },
		android: { "2021-10": "u" }
	}
}
notes_by_num: {
	"1": "Corners stay \"square\".",
	"2": "Partial. No slash."
}
---
`

func facts(t *testing.T) *mailclient.Facts {
	t.Helper()
	f, err := mailclient.Load(fstest.MapFS{"css-border-radius.md": {Data: []byte(radius)}, "_template.md": {Data: []byte("none")}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestOf_isTheNewestVersion(t *testing.T) {
	f := facts(t)
	for client, want := range map[string]mailclient.Fact{
		"outlook.windows": {Support: mailclient.No, Version: "2019", Tested: "2020-01-31", Notes: []string{`Corners stay "square".`}},
		"gmail.ios":       {Support: mailclient.Partly, Version: "2021-10", Tested: "2021-10", Notes: []string{"Partial. No slash."}},
		"outlook.ios":     {Support: mailclient.Yes, Version: "2019-02", Tested: "2019-02"},
		"gmail.android":   {Support: mailclient.Unknown, Version: "2021-10", Tested: "2021-10"},
		"gmail.amiga":     {Support: mailclient.Unknown},
	} {
		if d := cmp.Diff(want, f.Of("css-border-radius", client)); d != "" {
			t.Errorf("%s: %s", client, d)
		}
	}
}

func TestCheck(t *testing.T) {
	used := []shown.Feature{{Name: "css-border-radius", Place: shown.Place{Line: 3, Column: 5}}, {Name: "css-new-thing"}}
	var got []string
	for _, i := range mailclient.Check(facts(t), used, []string{"outlook.windows", "outlook.ios", "gmail.ios", "gmail.amiga"}) {
		if i.Unknown != (i.Rule == "client.unknown") || i.Fix == "" {
			t.Errorf("%+v", i)
		}
		got = append(got, i.Rule+": "+i.Got)
	}
	want := []string{
		"client.unknown: no facts about gmail.amiga",
		`client.no: border-radius: not shown by outlook.windows (tested 2020-01-31: Corners stay "square".)`,
		"client.partly: border-radius: shown in part by gmail.ios (tested 2021-10: Partial. No slash.)",
		"client.unknown: css-new-thing: nobody tested it in outlook.windows; outlook.ios; gmail.ios",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if got := mailclient.Check(facts(t), used, nil); len(got) != 0 {
		t.Errorf("for nobody it says %v", got)
	}
	none := mailclient.Check(nil, used, []string{"gmail.ios"})
	if len(none) != 1 || !none[0].Unknown || !strings.Contains(none[0].Fix, mailclient.Setting) {
		t.Errorf("without facts it says %v", none)
	}
}

func TestParse_refuses(t *testing.T) {
	for in, says := range map[string]string{
		"":                         "x.md:1",
		"---\ntitle: a\n---\n":     "no stats",
		"---\nstats: {\n a: {\n":   "x.md:4",
		"---\nstats: {\n \"a\n}\n": "no closing quote",
		"---\nstats: { a b }\n":    "no colon",
		"---\nstats: " + strings.Repeat("{a:", 50): "deep",
	} {
		_, err := mailclient.Parse("x.md", []byte(in))
		if throughline.CodeOf(err) != throughline.Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", in, err, says)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(radius)
	f.Add("---\nstats: {a:{b:{c:d}}}")
	f.Fuzz(func(t *testing.T, s string) {
		feature, err := mailclient.Parse("x.md", []byte(s))
		if err != nil && throughline.CodeOf(err) != throughline.Invalid {
			t.Fatal(err)
		}
		for client, fact := range feature.Clients {
			if !slices.Contains([]mailclient.Support{mailclient.Yes, mailclient.Partly, mailclient.No, mailclient.Unknown}, fact.Support) {
				t.Fatalf("%s has support %q", client, fact.Support)
			}
		}
	})
}

// published is the folder of caniemail, where it is.
func published(t *testing.T) *mailclient.Facts {
	t.Helper()
	data := os.Getenv("THROUGHLINE_DATA")
	if data == "" {
		data = "../../../../shared/data"
	}
	folder := filepath.Join(data, "caniemail/_features")
	if _, err := os.Stat(folder); err != nil {
		t.Skip("needs caniemail's _features in caniemail of THROUGHLINE_DATA: see docs/benchmarks.md")
	}
	f, err := mailclient.Load(os.DirFS(folder))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestLoad_readsAllThatIsPublished(t *testing.T) {
	f := published(t)
	cells := 0
	support := map[mailclient.Support]int{}
	for _, name := range f.Features() {
		for _, c := range f.Clients() {
			fact := f.Of(name, c)
			support[fact.Support]++
			if fact.Version != "" {
				cells++
				if len(fact.Tested) < 7 {
					t.Errorf("%s in %s has no date: %+v", name, c, fact)
				}
			}
		}
	}
	t.Logf("%d features, %d clients, %d facts: %v", len(f.Features()), len(f.Clients()), cells, support)
	if len(f.Features()) < 300 || len(f.Clients()) < 40 || cells < 9000 {
		t.Error("that is not all")
	}
}

func TestDetectable_areFeaturesOfCaniemail(t *testing.T) {
	f := published(t)
	all := f.Features()
	n := 0
	for _, d := range shown.Detectable() {
		if !slices.Contains(all, d) {
			t.Errorf("caniemail has no %s", d)
			continue
		}
		n++
	}
	t.Logf("%d of %d features are detected", n, len(all))
	if n < 150 {
		t.Errorf("%d features are too few", n)
	}
}
