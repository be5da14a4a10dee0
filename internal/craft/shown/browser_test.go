package shown_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/throughline-engine/throughline/internal/craft/contrast"
	"github.com/throughline-engine/throughline/internal/craft/email"
	"github.com/throughline-engine/throughline/internal/craft/shown"
)

// document is one that is judged by a browser and by us.
type document struct{ name, html string }

// layouts are the mails of craft/email.
func layouts(t testing.TB) []document {
	t.Helper()
	files, err := filepath.Glob("../email/testdata/layouts/*.mjml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d layouts, %v", len(files), err)
	}
	var out []document
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		l, err := email.Compile(b, email.Options{Verbatim: true})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, document{filepath.Base(f), l.HTML()})
	}
	return out
}

// postmark are mails that somebody else wrote, where they are.
func postmark(t testing.TB) []document {
	t.Helper()
	data := os.Getenv("THROUGHLINE_DATA")
	if data == "" {
		data = "../../../../shared/data"
	}
	files, _ := filepath.Glob(filepath.Join(data, "postmark-templates/templates/*/*/content.html"))
	if len(files) == 0 {
		t.Log("without Postmark's templates in postmark-templates of THROUGHLINE_DATA: see docs/benchmarks.md")
	}
	var out []document
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, document{strings.TrimPrefix(f, data), string(b)})
	}
	return out
}

type judged struct {
	Text    string   `json:"text"`
	Color   string   `json:"color"`
	Size    float64  `json:"size"`
	Weight  int      `json:"weight"`
	Grounds []string `json:"grounds"`
	Picture bool     `json:"picture"`
	Hidden  bool     `json:"hidden"`
}

// judge asks Chromium.
func judge(t *testing.T, docs []document, dark bool) [][]judged {
	t.Helper()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("needs chromium on PATH, which Debian's package of that name brings")
	}
	script, err := os.ReadFile("testdata/judge.js")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, d := range docs {
		all = append(all, d.html)
	}
	b, err := json.Marshal(all) // which escapes "<"
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	page := filepath.Join(folder, "page.html")
	source := "<!doctype html><html style='color-scheme:light dark'><meta charset=utf-8><body><script>const docs=" + string(b) + ";\n" + string(script) + "</script></body></html>"
	if err := os.WriteFile(page, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	scheme := 1
	if dark {
		scheme = 0
	}
	cmd := exec.CommandContext(t.Context(), browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND",
		"--user-data-dir="+filepath.Join(folder, "profile"), "--virtual-time-budget=30000",
		fmt.Sprintf("--blink-settings=preferredColorScheme=%d", scheme), "--dump-dom", "file://"+page)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	_, after, ok := strings.Cut(string(out), `<pre id="judged">`)
	if !ok {
		t.Fatalf("chromium judged nothing: %.500s", out)
	}
	text, _, _ := strings.Cut(after, "</pre>")
	var got [][]judged
	if err := json.Unmarshal([]byte(html.UnescapeString(text)), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// tally is what agreed.
type tally struct {
	texts, same int
	off         []string
}

func (y *tally) differ(format string, args ...any) {
	y.off = append(y.off, fmt.Sprintf(format, args...))
}

// compare holds what we read against what a browser computed.
func compare(t *testing.T, docs []document, want [][]judged, m shown.Mode) tally {
	t.Helper()
	var y tally
	for i, d := range docs {
		s, err := shown.Read([]byte(d.html), shown.Options{Width: 800})
		if err != nil {
			t.Fatal(err)
		}
		y.texts += max(len(want[i]), len(s.Texts))
		if len(s.Texts) != len(want[i]) {
			y.differ("%s: %d texts, want %d", d.name, len(s.Texts), len(want[i]))
			continue
		}
		for j, w := range want[i] {
			if why := unlike(t, s.Texts[j], w, m); why != "" {
				y.differ("%s: %.40q: %s", d.name, w.Text, why)
				continue
			}
			y.same++
		}
	}
	return y
}

func unlike(t *testing.T, got shown.Text, want judged, m shown.Mode) string {
	t.Helper()
	l := got.Looks[m]
	ground := contrast.Color{}
	for _, g := range want.Grounds {
		ground = ground.Over(parse(t, g))
	}
	switch {
	case got.Text != want.Text:
		return fmt.Sprintf("text %q", got.Text)
	case l.Color.Hex() != parse(t, want.Color).Hex():
		return fmt.Sprintf("color %s, want %s", l.Color.Hex(), want.Color)
	case math.Abs(l.Size-want.Size) > 0.05:
		return fmt.Sprintf("size %g, want %g", l.Size, want.Size)
	case l.Weight != want.Weight:
		return fmt.Sprintf("weight %d, want %d", l.Weight, want.Weight)
	case (l.Picture != "") != want.Picture:
		return fmt.Sprintf("picture %q, want %v", l.Picture, want.Picture)
	case !want.Picture && l.Ground.Hex() != ground.Hex():
		return fmt.Sprintf("ground %s, want %s", l.Ground.Hex(), ground.Hex())
	case m == shown.Light && got.Hidden != want.Hidden:
		return fmt.Sprintf("hidden %v, want %v", got.Hidden, want.Hidden)
	}
	return ""
}

func parse(t testing.TB, s string) contrast.Color {
	t.Helper()
	c, err := contrast.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRead_isWhatABrowserComputes(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	docs := append(layouts(t), postmark(t)...)
	for _, m := range []shown.Mode{shown.Light, shown.Dark} {
		want := judge(t, docs, m == shown.Dark)
		if len(want) != len(docs) {
			t.Fatalf("%d of %d documents were judged", len(want), len(docs))
		}
		y := compare(t, docs, want, m)
		t.Logf("%s: %d of %d texts in %d documents are as Chromium computes them", m, y.same, y.texts, len(docs))
		for i, o := range y.off {
			if i < 20 {
				t.Errorf("%s: %s", m, o)
			}
		}
		if y.texts < 400 {
			t.Errorf("%d texts judge nothing", y.texts)
		}
		// A judge who lets a planted fault through has not judged.
		want[0][0].Color, want[1][0].Size, want[2][0].Grounds = "rgb(1, 2, 3)", 99, []string{"rgb(4, 5, 6)"}
		if z := compare(t, docs, want, m); z.same != y.same-3 {
			t.Errorf("%s: of three planted faults %d were caught", m, y.same-z.same)
		}
	}
}
