package shown_test

import (
	"image"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline/internal/craft/contrast"
	"github.com/throughline-engine/throughline/internal/craft/shown"
)

func read(t *testing.T, html string, slots map[string]string) shown.Shown {
	t.Helper()
	s, err := shown.Read([]byte(html), shown.Options{Slots: slots})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// told are the rules and what was got, a ? before what is unknown.
func told(issues []shown.Issue) []string {
	out := []string{}
	for _, i := range issues {
		s := i.Rule + ": " + i.Got
		if i.Unknown {
			s = "? " + s
		}
		out = append(out, s)
	}
	return out
}

func same(t *testing.T, issues []shown.Issue, want ...string) {
	t.Helper()
	for _, i := range issues {
		if i.Fix == "" || i.Want == "" {
			t.Errorf("%s says not what to do: %+v", i.Rule, i)
		}
	}
	if want == nil {
		want = []string{}
	}
	if d := cmp.Diff(want, told(issues)); d != "" {
		t.Error(d)
	}
}

func TestContrasts(t *testing.T) {
	tests := []struct {
		name, html string
		modes      []shown.Mode
		want       []string
	}{
		{"black on white is enough in every mode", `<p>Words</p>`, nil, nil},
		{"grey on white is too little", `<p style="color:#777">Words</p>`, []shown.Mode{shown.Light}, []string{"contrast.light: 4.47 for #777777 on #ffffff, light"}},
		{"large text needs less", `<p style="color:#777;font-size:24px">Words</p>`, []shown.Mode{shown.Light}, nil},
		{"bold text is large sooner", `<p style="color:#777;font:bold 19px Arial">Words</p>`, []shown.Mode{shown.Light}, nil},
		{"what is nested stands on what is around it", `<table bgcolor="#222222"><tr><td><b style="color:#333">Words</b></td></tr></table>`, []shown.Mode{shown.Light}, []string{"contrast.light: 1.25 for #333333 on #222222, light"}},
		{"opacity is counted", `<div style="opacity:.3"><p>Words</p></div>`, []shown.Mode{shown.Light}, []string{"contrast.light: 2.10 for #0000004d on #ffffff, light"}},
		{"over a picture is unknown", `<div style="background:#fff url(a.png)"><p>Words</p></div>`, []shown.Mode{shown.Light}, []string{"? contrast.light: text over a.png"}},
		{"a colour that cannot be worked out is unknown", `<p style="color:color-mix(in srgb, red, blue)">Words</p>`, []shown.Mode{shown.Light}, []string{"? contrast.light: the colour color-mix(in srgb, red, blue) cannot be worked out"}},
		{
			"a rule that asks for what is inside is not passed over", `<html><head><style>p:has(b) { color:#fff } :is(.a, .b) p { background:#fff } @supports (color: lab(0 0 0)) { p { color:#eee } } p:hover { color:#fff } p:has(b) { margin:0 }</style></head><body><p style="background:#fff">Words</p></body></html>`,
			[]shown.Mode{shown.Light},
			[]string{"? contrast.rule: whether the rule p:has(b) holds", "? contrast.rule: whether the rule :is(.a, .b) p holds", "? contrast.rule: whether the rule @supports (color: lab(0 0 0)) p holds", "contrast.light: 1.16 for #eeeeee on #ffffff, light"},
		},
		{"hidden text is left out", `<div style="display:none;color:#fff">Words</div>`, nil, nil},
		{
			"a rule for the dark counts in the dark",
			`<html><head><style>@media (prefers-color-scheme: dark) { .a { background:#111 !important } }</style></head><body><p class="a" style="background:#fff;color:#000">Words</p></body></html>`,
			[]shown.Mode{shown.Light, shown.Dark},
			[]string{"contrast.dark: 1.11 for #000000 on #111111, dark"},
		},
		{
			"what is set for Outlook.com is not turned again",
			`<html><head><style>[data-ogsb] .a { background-color:#333 !important } [data-ogsc] .a { color:#444 !important }</style></head><body><p class="a" style="background:#fff;color:#000">Words</p></body></html>`,
			[]shown.Mode{shown.Light, shown.Partial},
			[]string{"contrast.partial: 1.29 for #444444 on #333333, partly inverted"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { same(t, shown.Contrasts(read(t, tt.html, nil), tt.modes...), tt.want...) })
	}
}

func TestContrasts_overPictures(t *testing.T) {
	fill := func(share float64) image.Image { // so much of it is light, and the rest dark
		img := image.NewGray(image.Rect(0, 0, 20, 20))
		for i := range img.Pix {
			if i < int(share*400) {
				img.Pix[i] = 0xee
			}
		}
		return img
	}
	for name, c := range map[string]struct {
		light float64
		want  []string
	}{
		"white on what is dark everywhere is read":          {0, nil},
		"white on what is light everywhere is not":          {1, []string{"contrast.light: #ffffff over lake.png, light: under 4.5 on 100 % of it, 1.16 at worst on #eeeeee"}},
		"where half is light it depends, and is not passed": {0.4, []string{"? contrast.light: #ffffff over lake.png, light: under 4.5 on 40 % of it, 1.16 at worst on #eeeeee"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := shown.Read([]byte(`<div style="background:#000 url(lake.png)"><p style="color:#fff">Words</p></div>`), shown.Options{Open: func(address string) image.Image {
				if address != "lake.png" {
					t.Errorf("it asks for %q", address)
				}
				return fill(c.light)
			}})
			if err != nil {
				t.Fatal(err)
			}
			same(t, shown.Contrasts(s, shown.Light), c.want...)
		})
	}
}

func TestContrasts_sayWhereAndWhose(t *testing.T) {
	s := read(t, "<p>\n\n  <b style='color:#ccc'>  A word</b></p>", map[string]string{"headline": "A  word", "other": "wor"})
	got := shown.Contrasts(s, shown.Light)
	if len(got) != 1 || got[0].Line != 3 || got[0].Column != 27 || got[0].Slot != "headline" {
		t.Errorf("it says %+v", got)
	}
}

func TestLinks(t *testing.T) {
	rules := shown.LinkRules{Hosts: []string{"example.com"}, Lower: true, Params: []shown.Param{{Key: "utm_source", Values: []string{"mail"}, Required: true}, {Key: "utm_campaign"}}}
	tests := []struct {
		name, href string
		want       []string
	}{
		{"what keeps to the rules", "https://www.example.com/a?utm_source=mail&utm_campaign=spring", nil},
		{"a number to call", "tel:+43123", nil},
		{"nothing", "", []string{"link.empty: an empty href"}},
		{"a hash", "#", []string{"link.empty: #"}},
		{"plain http", "http://example.com/?utm_source=mail", []string{"link.https: http://example.com/?utm_source=mail"}},
		{"another host", "https://example.com.evil.test/", []string{"link.host: example.com.evil.test"}},
		{"what is none", "https://exa mple.com/%zz", []string{"link.parse: https://exa mple.com/%zz"}},
		{"a placeholder that nobody filled", "https://{{host}}/", []string{"? link.parse: https://{{host}}/"}},
		{"two question marks", "https://example.com/?utm_source=mail?b=1", []string{"link.query: https://example.com/?utm_source=mail?b=1", "link.utm: utm_source=mail?b=1"}},
		{"no source", "https://example.com/", []string{"link.utm: no utm_source"}},
		{"another source", "https://example.com/?utm_source=fax", []string{"link.utm: utm_source=fax"}},
		{"capitals", "https://example.com/?utm_source=mail&utm_campaign=Spring", []string{"link.utm: utm_campaign=Spring"}},
		{"a parameter nobody knows", "https://example.com/?utm_source=mail&utm_mood=good", []string{"link.utm: utm_mood"}},
		{"a person's address", "https://example.com/?utm_source=mail&who=ana.lopez%40gmail.com", []string{"link.personal: personal data in who"}},
		{"a person's name", "https://example.com/?utm_source=mail&firstname=Ana", []string{"link.personal: personal data in firstname"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			same(t, shown.Links(read(t, `<a href="`+tt.href+`">The blue chair</a>`, nil), rules), tt.want...)
		})
	}
	t.Run("words that say nothing", func(t *testing.T) {
		s := read(t, `<a href="https://a.test/">Click here »</a><a href="https://a.test/"><img src="b.png" alt="A chair"></a><a href="https://a.test/"> </a>`, nil)
		same(t, shown.Links(s, shown.LinkRules{}), "link.text: Click here »", "link.text: a link without words")
	})
}

func TestSafety(t *testing.T) {
	for html, want := range map[string]string{
		`<script>x()</script>`:                                "safety.script: <script>",
		`<p onclick="x()">a</p>`:                              "safety.handler: onclick=x()",
		"<a href=\"java\tscript:x()\">a</a>":                  "safety.address: href=java script:x()",
		`<a href="&#106;avascript:x()">a</a>`:                 "safety.address: href=javascript:x()",
		`<iframe src="https://a.test"></iframe>`:              "safety.frame: <iframe>",
		`<form></form>`:                                       "safety.form: <form>",
		`<link rel="stylesheet" href="a.css">`:                "safety.style: <link> a.css",
		`<style>@import url("a.css");</style>`:                `safety.style: @import url("a.css")`,
		`<meta http-equiv="Refresh" content="0;url=a">`:       "safety.refresh: <meta http-equiv=refresh>",
		`<svg><a xlink:href="javascript:x()">a</a></svg>`:     "safety.address: href=javascript:x()",
		`<object data="a.swf"></object>`:                      "safety.object: <object>",
		`<base href="https://a.test/">`:                       "safety.base: <base>",
		`<style>@font-face{font-family:A;src:url(a)}</style>`: "safety.style: @font-face url(a)",
	} {
		same(t, shown.Safety(read(t, html, nil)), want)
	}
	same(t, shown.Safety(read(t, `<!--[if mso]><script></script><![endif]--><a href="https://a.test/">a</a>`, nil)))
}

func TestAccessibility(t *testing.T) {
	same(t, shown.Accessibility(read(t, `<!doctype html><html lang="en"><head><title>T</title></head><body><h1>A</h1><h2>B</h2><img src="a.png" alt=""><table role="presentation"><tr><td>a</td></tr></table><table><tr><th>a</th></tr></table></body></html>`, nil)))
	same(t, shown.Accessibility(read(t, `<html><body><h1>A</h1><h3>B</h3><h4></h4><img src="a.png"><img src="x/hero-2.png" alt="hero-2"><img src="b" alt="b.JPG"><a href="x"><img src="c" alt=""></a><table><tr><td>a</td></tr></table><a href="y" style="display:inline-block;font-size:12px;padding:2px">Go</a></body></html>`, nil)),
		"access.alt: no alt", "access.alt: hero-2", "access.alt: b.JPG", "access.alt: a link with nothing but a picture, which says nothing",
		"access.lang: no lang", "access.title: no title", "access.heading: h3 after h1", "access.heading: an empty h4",
		"access.table: a table without headers or a role", "access.target: 18 px high")
}

func TestSize(t *testing.T) {
	s := read(t, "<p>"+strings.Repeat("a", shown.GmailClip)+"</p>", nil)
	same(t, shown.Size(s, shown.GmailClip), "size: 102407 bytes")
	same(t, shown.Size(s, 102_407))
}

func TestMail(t *testing.T) {
	whole := shown.Mail{Subject: "S", Preheader: "P", Text: "T", Address: "Mole 1, 1010 Vienna"}
	s := read(t, `<p>Mole 1,  1010 Vienna. <a href="https://a.test/u">Unsubscribe</a></p>`, nil)
	same(t, whole.Structure(s))
	same(t, shown.Mail{}.Structure(read(t, `<p>Words</p><img src="a.png" width="600" height="400"><img src="b">`, nil)),
		"mail.subject: no subject", "mail.preheader: no preheader", "mail.text: no plain text part", "mail.unsubscribe: no way to unsubscribe",
		"? mail.address: the sender's address is not known", "mail.pictures: 48000")
}

func TestLogos(t *testing.T) {
	logo := shown.Logo{Src: "logo.png", MinWidth: 100, Clear: 0.5, Grounds: []contrast.Color{contrast.RGB(255, 255, 255)}}
	img := `<img src="https://a.test/logo.png" width="120" height="40" style="width:120px;height:40px">`
	tests := []struct {
		name, html string
		want       []string
	}{
		{"a mail without it", `<img src="other.png">`, nil},
		{"enough of all", `<table><tr><td style="padding:20px">` + img + `</td></tr></table>`, nil},
		{"what faces it counts", `<table><tr><td style="padding:12px 20px">` + img + `</td></tr><tr><td style="padding:8px">Words</td></tr></table><p style="margin:0"></p>`, []string{"logo.space: 12 px above"}},
		{"too near", `<table><tr><td style="padding:20px 20px 4px">` + img + `</td></tr><tr><td>Words</td></tr></table>`, []string{"logo.space: 4 px below"}},
		{"padding in percent is unknown", `<table><tr><td style="padding:10%">` + img + `</td></tr></table>`, []string{"? logo.space: space that cannot be told above, right, below, left"}},
		{"what cannot be told is on top of what can", `<div style="padding:20px;margin:0 auto">` + img + `</div>`, nil},
		{"as wide as its place is as wide as its attribute says", `<div style="padding:20px"><img src="logo.png" width="90" style="width:100%;height:30px"></div>`, []string{"logo.size: 90 px wide"}},
		{"too small", `<div style="padding:20px"><img src="logo.png" width="80" height="30"></div>`, []string{"logo.size: 80 px wide"}},
		{"no sizes", `<div style="padding:20px"><img src="logo.png"></div>`, []string{"? logo.size: a width that cannot be told", "? logo.space: a height that cannot be told"}},
		{"on another ground", `<div style="background:#eee;padding:20px">` + img + `</div>`, []string{"logo.ground: #eeeeee"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { same(t, shown.Logos(read(t, tt.html, nil), logo), tt.want...) })
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`<style>@media (a){.b>c:not(d){color:var(--x,red)}}</style><p style="font:1em/2 a;background:url(x) red">a`)
	f.Add("<table><a href=#><img src=data:image/png;base64,x>{{a}}<!--@9-->")
	f.Fuzz(func(t *testing.T, html string) {
		s, err := shown.Read([]byte(html), shown.Options{Slots: map[string]string{"a": "b"}})
		if err != nil {
			return
		}
		for _, x := range s.Texts {
			if x.Line < 1 || x.Column < 1 || x.Start < 0 || x.End < x.Start || x.End > len(html) {
				t.Fatalf("a text stands at %+v", x.Place)
			}
		}
		shown.Contrasts(s)
		shown.Links(s, shown.LinkRules{Hosts: []string{"a"}})
		shown.Accessibility(s)
		shown.Logos(s, shown.Logo{Src: "x", Clear: 1})
		shown.Mail{}.Structure(s)
	})
}
