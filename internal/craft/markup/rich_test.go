package markup_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/markup"
)

func TestRichTexts(t *testing.T) {
	for _, c := range []struct{ sentence, in, html, plain string }{
		{"marks are drawn", "Swim **early**, *slowly*.", "<p>Swim <strong>early</strong>, <em>slowly</em>.</p>", "Swim early, slowly."},
		{"points are bullets", "- a\n- b", "<ul><li>a</li><li>b</li></ul>", "- a\n- b"},
		{"a link keeps its address in plain text", "[Hours](/hours)", `<p><a href="/hours">Hours</a></p>`, "Hours (/hours)"},
		{"a link that runs something is its text", "[x](javascript:alert(1)) [y](//evil.example) [z](data:text/html,x)", "<p>x y z</p>", "x y z"},
		{"HTML is text", "<b onclick=x>hi</b>", "<p>&lt;b onclick=x&gt;hi&lt;/b&gt;</p>", "<b onclick=x>hi</b>"},
		{"a block of HTML is text", "<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>", "<script>alert(1)</script>"},
		{"entities are characters, and escaped again", "a &lt;b&gt; \\*c\\*", "<p>a &lt;b&gt; *c*</p>", "a <b> *c*"},
		{"a picture is its words", "![lake](https://x.example/a.png)", "<p>lake</p>", "lake"},
		{"nothing is nothing", "", "", ""},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			if diff := cmp.Diff(c.html, markup.Rich(c.in)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.plain, markup.Plain(c.in)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMarksAreNamed(t *testing.T) {
	got := markup.Marks("**a** *b* [c](/c)\n\n- d\n\n# e")
	want := []throughline.Mark{throughline.Bold, throughline.Italic, throughline.LinkMark, throughline.Bullets, markup.Beyond}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatFollowsFromASlot(t *testing.T) {
	spec := &throughline.Template{Slots: []throughline.Slot{
		{Name: "hero", Type: throughline.Image}, {Name: "body", Type: throughline.RichText}, {Name: "cards", Type: throughline.List},
	}}
	m, err := markup.Compile(throughline.Rendering{
		HTML:   `{{#hero}}<img src="{{hero.w640}}" alt="{{hero.alt}}">{{/hero}}<div title="{{body}}">{{body.html}}</div>{{#cards.1}}<i>{{cards.1}}</i>{{/cards.1}}{{#cards.3}}<i>{{cards.3}}</i>{{/cards.3}}`,
		Fields: map[string]string{"body": "{{body}}", "all": "{{cards}}"},
	}, spec.Placeholders(), nil)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{
		"hero": "https://x.example/media/lake/00/w1200.jpeg", "hero.alt": "A lake", "body": "**Now**", "cards": "one\ntwo",
		"body.html": "<script>", "body.html.html": "<script>", // nobody hands in HTML
	}
	got, err := m.HTML(values)
	want := `<img src="https://x.example/media/lake/00/w640.jpeg" alt="A lake"><div title="Now"><p><strong>Now</strong></p></div><i>one</i>`
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	if diff := cmp.Diff(map[string]string{"body": "Now", "all": "one\ntwo"}, m.Fields(values)); diff != "" {
		t.Error(diff)
	}
}

func FuzzRich(f *testing.F) {
	for _, s := range []string{"**a** [b](https://c.example \"t\")", "<x>", "> - # a\n1. b", "[a]: javascript:x\n[a]", "<https://a.example?x=\">", "a\\\nb", "&#0;"} {
		f.Add(s)
	}
	allowed := map[string]bool{"p": true, "strong": true, "em": true, "a": true, "ul": true, "li": true, "br": true}
	f.Fuzz(func(t *testing.T, s string) {
		markup.Plain(s)
		z := html.NewTokenizer(strings.NewReader(markup.Rich(s)))
		for z.Next() != html.ErrorToken {
			token := z.Token()
			if token.Type == html.TextToken {
				continue
			}
			if !allowed[token.Data] {
				t.Fatalf("%q draws %s", s, token)
			}
			for _, a := range token.Attr {
				if token.Data != "a" || a.Key != "href" || strings.HasPrefix(strings.ToLower(a.Val), "javascript") {
					t.Fatalf("%q draws %s", s, token)
				}
			}
		}
	})
}

func TestMarkdownThatNestsWithoutEnd(t *testing.T) {
	t.Parallel()
	for sign, beyond := range map[string]string{">": ">", "> ": "> ", "- ": "- ", "* > ": "* > "} {
		got := markup.Plain(strings.Repeat(sign, 100) + "calm")
		if !strings.HasSuffix(got, strings.Repeat(beyond, 10)+"calm") {
			t.Errorf("%q a hundred times says %q", sign, got)
		}
	}
	for source, want := range map[string]string{"> > - a\n- b": "- a\n- b", strings.Repeat("-", 80) + "\ncalm": "calm", strings.Repeat("*", 2) + "calm**": "calm"} {
		if got := markup.Plain(source); got != want {
			t.Errorf("%q says %q, want %q", source, got, want)
		}
	}
}

func TestALongRichTextIsNoMarkdown(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("[a](", 100_000) + "<b>"
	if got := markup.Plain(long); got != long {
		t.Errorf("%.40q", got)
	}
	if got := markup.Rich(long); !strings.HasPrefix(got, "<p>[a](") || !strings.HasSuffix(got, "&lt;b&gt;</p>") {
		t.Errorf("%.40q", got)
	}
	if got := markup.Marks(long); len(got) != 1 || got[0] != markup.Beyond {
		t.Error(got)
	}
}
