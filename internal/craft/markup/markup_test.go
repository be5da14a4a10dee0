package markup_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/markup"
)

func slots() []string { return []string{"headline", "body", "image", "link"} }

func tokens() map[string]string {
	return map[string]string{"accent": "#8a4b08", "font": `"Helvetica Neue", serif`, "shade": "rgb(1 2 3 / 50%)", "bad": "red; background: url(//evil)"}
}

func TestHTML(t *testing.T) {
	values := map[string]string{"headline": `5 < 6 & "so"`, "link": "javascript:alert(1)", "image": "/a b.jpg?x=1&y=2"}
	tests := []struct{ name, in, want string }{
		{"text is escaped", `<h2>{{headline}}</h2>`, `<h2>5 &lt; 6 &amp; &#34;so&#34;</h2>`},
		{"an attribute is escaped", `<p title="{{headline}}">x</p>`, `<p title="5 &lt; 6 &amp; &#34;so&#34;">x</p>`},
		{"an address that would run is replaced", `<a href="{{link}}">x</a>`, `<a href="#ZgotmplZ">x</a>`},
		{"an address is encoded", `<img src="{{image}}" alt="">`, `<img src="/a%20b.jpg?x=1&amp;y=2" alt="">`},
		{"a query is encoded", `<a href="/s?q={{headline}}">x</a>`, `<a href="/s?q=5%20%3c%206%20%26%20%22so%22">x</a>`},
		{"a token stands in a style", `<p style="color: {{token.accent}}">x</p>`, `<p style="color: #8a4b08">x</p>`},
		{"a token with quotes stays inside the attribute", `<p style="font: {{token.font}}">x</p>`, `<p style="font: &#34;Helvetica Neue&#34;, serif">x</p>`},
		{"a token with a function stands in a style element", `<style>p{color:{{token.shade}}}</style>`, `<style>p{color:rgb(1 2 3 / 50%)}</style>`},
		{"a text in a style cannot leave it", `<p style="color: {{headline}}">x</p>`, `<p style="color: ZgotmplZ">x</p>`},
		{"a section of a filled slot is kept", `a{{#headline}}<b>b</b>{{/headline}}`, `a<b>b</b>`},
		{"a section of an unfilled slot is not", `a{{#body}}<b>{{body}}</b>{{/body}}c`, `ac`},
		{"sections nest", `{{#headline}}1{{#body}}2{{/body}}3{{/headline}}`, `13`},
		{"an unfilled slot is nothing", `<p>{{body}}</p>`, `<p></p>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := markup.Compile(throughline.Rendering{HTML: tt.in}, slots(), tokens())
			if err != nil {
				t.Fatal(err)
			}
			got, err := m.HTML(values)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFieldsArePlainText(t *testing.T) {
	r := throughline.Rendering{Fields: map[string]string{"title": "{{headline}}!", "more": "{{#body}}and {{body}}{{/body}}", "color": "{{token.accent}}"}}
	m, err := markup.Compile(r, slots(), tokens())
	if err != nil {
		t.Fatal(err)
	}
	got := m.Fields(map[string]string{"headline": "5 < 6"})
	if diff := cmp.Diff(map[string]string{"title": "5 < 6!", "more": "", "color": "#8a4b08"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestRefusedRenderings(t *testing.T) {
	tests := []struct{ in, want string }{
		{"<p>\n {{headlin}}</p>", `html:2:2: there is no slot "headlin" (did you mean headline?`},
		{"<p>{{ headline }}</p>", "write {{headline}}"},
		{"<p>{{token.acent}}</p>", "did you mean accent?"},
		{`<p style="color: {{token.bad}}">x</p>`, "cannot stand in a style"},
		{"<p>{{headline</p>", "html:1:4: a placeholder is not closed"},
		{"<p>{{if .X}}</p>", "there is no slot"},
		{"{{#body}}x", "never closed"},
		{"x{{/body}}", "closes nothing"},
		{"{{#body}}{{#image}}{{/body}}{{/image}}", "close {{#image}} first"},
		{"<script>alert(1)</script>", "<script> may not stand"},
		{"<p>\n<ScRiPt>x</ScRiPt>", "html:2:1: <script>"},
		{`<img src="/x" onerror="x()">`, "onerror of <img> is an event handler"},
		{`<svg/onload=x>`, "event handler"},
		{`<iframe src="/x"></iframe>`, "<iframe> may not stand"},
		{`<object data="/x"></object>`, "<object> may not stand"},
		{`<base href="/">`, "<base> may not stand"},
		{`<meta charset="x">`, "<meta> may not stand"},
		{`<form action="/x"></form>`, "<form> may not stand"},
		{`<a href="java&#x0A;script:x()">x</a>`, "starts with javascript:"},
		{`<a href="java{{headline}}">x</a>`, "joins a placeholder"},
		{`<a href="{{headline}}{{body}}">x</a>`, "joins a placeholder"},
		{`<{{headline}}>x`, "element's name"},
		{`<p {{headline}}="x">y</p>`, "attribute's name"},
		{`<img {{#body}}alt="x"{{/body}}>`, "a section begins or ends inside <img>"},
		{`<!-- {{headline}} -->`, "in a comment"},
		{`<p title="{{headline}}>x</p>`, "not closed"},
		{`<p title="x`, "not closed"},
		{"<p>\x01</p>", "control character"},
		{strings.Repeat("x", markup.MaxBytes+1), "bytes"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%.40s", tt.in), func(t *testing.T) {
			_, err := markup.Compile(throughline.Rendering{HTML: tt.in}, slots(), tokens())
			if err == nil {
				t.Fatal("it compiled")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v\nwant %q", err, tt.want)
			}
			for _, p := range err.(throughline.Problems) {
				if p.Place == "" || p.Fix == "" {
					t.Errorf("no place or no fix: %v", p)
				}
			}
		})
	}
}

func TestCheckToken(t *testing.T) {
	for _, good := range []string{"#0b62d6", "12px", "Georgia, serif", `"Helvetica Neue"`, "rgb(1, 2, 3)", "1px solid #ccc", "calc(1px + 2%)", "50%", "oklch(60% 0.1 200 / 0.5)"} {
		if err := markup.CheckToken("a", good); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "red;", "url(x)", "URL (x)", `"open`, "calc(1px", ")", "</style>", "a\\62", "@import", "a/*b", "a: b", "x\ny", "!important", strings.Repeat("a", 300)} {
		if err := markup.CheckToken("a", bad); err == nil {
			t.Errorf("%q was let through", bad)
		}
	}
}

// shape lists a page's elements and attribute names: what a text in a slot must
// never change.
func shape(t *testing.T, page string) (shape []string) {
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return shape
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			name, more := z.TagName()
			shape = append(shape, string(name))
			if string(name) == "script" {
				t.Fatalf("a script in %q", page)
			}
			for more {
				var key, value []byte
				key, value, more = z.TagAttr()
				shape = append(shape, string(name)+"."+string(key))
				if strings.HasPrefix(string(key), "on") {
					t.Fatalf("an event handler in %q", page)
				}
				if k := string(key); (k == "href" || k == "src") && strings.HasPrefix(strings.ToLower(strings.TrimSpace(string(value))), "javascript:") {
					t.Fatalf("a script address in %q", page)
				}
			}
		}
	}
}

// Each < that begins no tag costs a look at all that follows; a hundred thousand
// of them took the engine a quarter of a minute, at every release from then on.
func TestStrayAngleBracketsAreFew(t *testing.T) {
	for says, c := range map[string]struct {
		src  string
		code throughline.Code
	}{
		"some are text":    {strings.Repeat("1 < 2 ", 100), ""},
		"many are refused": {strings.Repeat("<", 101), throughline.TooLarge},
		"also as what browsers take for comments": {strings.Repeat("<?>", 101), throughline.TooLarge},
		"and what is only begun":                  {strings.Repeat("</>", 101), throughline.TooLarge},
		"tags are not counted":                    {strings.Repeat("<b>x</b>", 1000), ""},
		"nor is what comments hold":               {"<!--" + strings.Repeat("<b>", 1000) + "-->", ""},
	} {
		t.Run(says, func(t *testing.T) {
			if _, err := markup.Compile(throughline.Rendering{HTML: c.src}, slots(), tokens()); throughline.CodeOf(err) != c.code {
				t.Error(err)
			}
		})
	}
}

func FuzzCompile(f *testing.F) {
	hostile := []string{`"><script>x</script>`, `javascript:alert(1)`, `' onload='x`, `--></style><script>`, `script:x`, "`${x}`", `*/}body{`, `&#x22;`}
	for i, s := range []string{
		`<h2 class='{{headline}}'>{{headline}}</h2>`, `<a href={{link}}>x</a>`, `<a href="/x/{{link}}">x</a>`, `<style>p{color:{{headline}}}</style>`,
		`<textarea>{{headline}}</textarea>`, `<p style='background:url("{{image}}")'>`, `{{#body}}<b>{{body}}</b>{{/body}}`, `<title>{{headline}}</title>`, `<img srcset="{{image}} 2x">`, `a<{{headline}}`,
	} {
		f.Add(s, hostile[i%len(hostile)])
	}
	f.Fuzz(func(t *testing.T, src, value string) {
		m, err := markup.Compile(throughline.Rendering{HTML: src, Fields: map[string]string{"f": src}}, slots(), tokens())
		if err != nil {
			return
		}
		fill := func(v string) string {
			all := map[string]string{}
			for _, s := range slots() {
				all[s] = v
			}
			m.Fields(all)
			page, err := m.HTML(all)
			if err != nil {
				t.Fatalf("%q with %q: %v", src, v, err)
			}
			return page
		}
		if value == "" {
			value = "x"
		}
		plain, filled := fill("x"), fill(value)
		if diff := cmp.Diff(shape(t, plain), shape(t, filled)); diff != "" {
			t.Fatalf("%q: the text %q changes the page:\n%s\n%s", src, value, filled, diff)
		}
	})
}

func BenchmarkHTML(b *testing.B) {
	m, err := markup.Compile(throughline.Rendering{HTML: `<section style="color: {{token.accent}}"><h2>{{headline}}</h2>{{#body}}<p>{{body}}</p>{{/body}}<a href="{{link}}">x</a></section>`}, slots(), map[string]string{"accent": "#8a4b08"})
	if err != nil {
		b.Fatal(err)
	}
	values := map[string]string{"headline": "Rye, still warm", "body": "Out of the oven at six.", "link": "/order"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.HTML(values); err != nil {
			b.Fatal(err)
		}
	}
}
