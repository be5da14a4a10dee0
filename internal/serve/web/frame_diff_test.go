package web

import (
	"html"
	"regexp"
	"strings"
	"testing"
)

func TestDiffText(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"", "", ""},
		{"same", "same", "same"},
		{"", "new", "<ins>new</ins>"},
		{"old", "", "<del>old</del>"},
		{"Shop the sale", "Shop our sale", "Shop <del>the</del><ins>our</ins> sale"},
		{"a <b> c", "a <i> c", "a &lt;<del>b</del><ins>i</ins>&gt; c"},
		{"Größe M", "Größe L", "Größe <del>M</del><ins>L</ins>"},
	} {
		if got := string(diffText(c.before, c.after)); got != c.want {
			t.Errorf("%q to %q is %s, want %s", c.before, c.after, got, c.want)
		}
	}
}

// FuzzDiffText holds a diff to its meaning: without what came it is the text
// before, without what went the text after.
func FuzzDiffText(f *testing.F) {
	f.Add("Shop the sale", "Shop our sale, now")
	f.Add("<ins>a</ins>", "a & b")
	tags := regexp.MustCompile(`</?(ins|del)>`)
	came, went := regexp.MustCompile(`<ins>[^<]*</ins>`), regexp.MustCompile(`<del>[^<]*</del>`)
	f.Fuzz(func(t *testing.T, before, after string) {
		before, after = strings.ToValidUTF8(strings.ReplaceAll(before, "\x00", ""), ""), strings.ToValidUTF8(strings.ReplaceAll(after, "\x00", ""), "")
		diff := string(diffText(before, after))
		if got := html.UnescapeString(tags.ReplaceAllString(came.ReplaceAllString(diff, ""), "")); got != html.UnescapeString(html.EscapeString(before)) {
			t.Errorf("before is %q, want %q", got, before)
		}
		if got := html.UnescapeString(tags.ReplaceAllString(went.ReplaceAllString(diff, ""), "")); got != html.UnescapeString(html.EscapeString(after)) {
			t.Errorf("after is %q, want %q", got, after)
		}
	})
}
