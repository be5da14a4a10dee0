package email

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
)

func options() Options {
	return Options{
		Slots: []string{"headline", "body", "image", "alt", "link", "offer"},
		Tokens: map[string]Token{
			"accent": {Light: "#8a4b08", Dark: "#f0a860"}, "paper": {Light: "#fffaf2", Dark: "#1c1712"}, "line": {Light: "#cccccc"}, "rule.fine": {Light: "#ddd", Dark: "#333"},
		},
	}
}

// template is a mail with a placeholder in each place that may hold one.
const template = `<mjml lang="en">
<mj-head><mj-title>{{headline}}</mj-title><mj-preview>{{body}}</mj-preview></mj-head>
<mj-body background-color="{{token.paper}}">
<mj-section background-url="{{image}}" background-color="{{token.paper}}"><mj-column>
<mj-text color="{{token.accent}}"><h1>{{headline}}</h1> <a href="https://example.com/?q={{headline}}" style="color:{{token.accent}}" title="{{alt}}">{{#body}}{{body}}{{/body}}</a></mj-text>
{{#image}}<mj-image src="{{image}}" alt="{{alt}}" href="{{link}}" title="{{alt}}" />{{/image}}
<mj-divider border-color="{{token.rule.fine}}" /><mj-button href="{{link}}" background-color="{{token.accent}}">{{headline}}</mj-button>
</mj-column></mj-section>
{{#offer}}<mj-section><mj-column><mj-text>{{offer}}</mj-text></mj-column></mj-section>{{/offer}}
</mj-body></mjml>`

func TestFaults(t *testing.T) {
	body := func(s string) string { return "<mjml><mj-body>\n" + s + "\n</mj-body></mjml>" }
	column := func(s string) string {
		return body("<mj-section><mj-column>\n" + s + "\n</mj-column></mj-section>")
	}
	for says, c := range map[string]struct{ src, want string }{
		"nothing is no mail":   {"", "mjml:1:1: there is no <mjml>"},
		"a mail is mjml":       {"<html></html>", "mjml:1:1: the source starts with <html>"},
		"a mail has a body":    {"<mjml></mjml>", "mjml:1:1: <mjml> has no <mj-body>"},
		"and one":              {"<mjml><mj-body></mj-body>\n<mj-body></mj-body></mjml>", "mjml:2:1: there is a second <mj-body>"},
		"a tag is one of MJML": {column("<mj-tekst>a</mj-tekst>"), "mjml:3:1: there is no tag <mj-tekst> in MJML (did you mean <mj-text>?)"},
		"a tag that is not drawn says what to use":            {column("<mj-carousel></mj-carousel>"), "mjml:3:1: <mj-carousel> is not supported (use mj-image; few mail clients turn pictures)"},
		"a menu's sign is no tag":                             {column(`<mj-navbar ico-open="<script src=x>"></mj-navbar>`), "ico-open of <mj-navbar> holds a tag"},
		"no base runs":                                        {column(`<mj-navbar base-url="javascript:"></mj-navbar>`), "base-url of <mj-navbar> is an address that could run"},
		"nothing is fetched":                                  {body(`<mj-include path="a.mjml" />`), "mjml:2:1: <mj-include> is not supported"},
		"an attribute is one of the tag":                      {column(`<mj-text colour="red">a</mj-text>`), "mjml:3:10: <mj-text> has no attribute colour (did you mean color?"},
		"a value is one of the attribute":                     {column(`<mj-image src="a" width="wide" />`), `mjml:3:19: width of <mj-image> is "wide" (write 10px)`},
		"a colour is a colour":                                {column(`<mj-text color="redd">a</mj-text>`), "mjml:3:10: color of <mj-text> is \"redd\""},
		"a class is declared":                                 {column(`<mj-text mj-class="big">a</mj-text>`), `there is no mj-class "big"`},
		"a tag stands where it may":                           {body("<mj-text>a</mj-text>"), "mjml:2:1: <mj-text> stands in <mj-body> (it may stand in mj-column, mj-hero)"},
		"a tag is closed":                                     {"<mjml><mj-body>\n<mj-section></mj-body></mjml>", "mjml:2:1: <mj-section> is not closed before </mj-body>"},
		"a text is closed":                                    {"<mjml><mj-body><mj-section><mj-column>\n<mj-text>a", "mjml:2:1: <mj-text> is never closed"},
		"a text is closed by its own tag":                     {column("<mj-text>a</mj-button>"), "mjml:3:11: </mj-button> stands in the text of <mj-text>"},
		"a comment is closed":                                 {body("<!-- a"), "mjml:2:1: a comment is never closed"},
		"a quote is closed":                                   {column(`<mj-text color="red>a</mj-text>`), "is never closed"},
		"what is closed is open":                              {body("</mj-section>"), "mjml:2:1: </mj-section> closes nothing"},
		"an attribute stands once":                            {column(`<mj-text color="red" color="blue">a</mj-text>`), "mjml:3:22: <mj-text> has color twice"},
		"a value stands in quotes":                            {column(`<mj-text color=red>a</mj-text>`), `the value of color of <mj-text> stands in no quotes (write color="red")`},
		"an attribute has a value":                            {column(`<mj-text color>a</mj-text>`), "the attribute color of <mj-text> has no value"},
		"a value is no comment":                               {column(`<mj-text css-class="a--` + `>">a</mj-text>`), "would begin or end a comment"},
		"no text is lost":                                     {body("<mj-section>Rye</mj-section>"), `mjml:2:13: the text "Rye" stands directly in <mj-section>`},
		"a tag in a text is not read":                         {column("<mj-text><mj-button>a</mj-button></mj-text>"), "mjml:3:10: <mj-button> stands in the text of <mj-text>"},
		"defaults have no text":                               {"<mjml><mj-head><mj-attributes><mj-text>a</mj-text></mj-attributes></mj-head><mj-body></mj-body></mjml>", "sets defaults, and has text in it"},
		"a class has a name":                                  {"<mjml><mj-head><mj-attributes><mj-class /></mj-attributes></mj-head><mj-body></mj-body></mjml>", "<mj-class> has no name"},
		"a path is a selector":                                {`<mjml><mj-head><mj-html-attributes><mj-selector path=":::"></mj-selector></mj-html-attributes></mj-head><mj-body></mj-body></mjml>`, "is no CSS selector"},
		"an attribute that is added runs nothing":             {`<mjml><mj-head><mj-html-attributes><mj-selector path="a"><mj-html-attribute name="onclick">x</mj-html-attribute></mj-selector></mj-html-attributes></mj-head><mj-body></mj-body></mjml>`, "cannot be an attribute of a mail"},
		"a slot is one of the template":                       {column("<mj-text>{{headlin}}</mj-text>"), `mjml:3:10: there is no slot "headlin" (did you mean headline?`},
		"a token is one of the brand":                         {column(`<mj-text color="{{token.acent}}">a</mj-text>`), `there is no token "acent" (did you mean accent?`},
		"a width is no placeholder":                           {column(`<mj-image src="a" width="{{image}}" />`), "mjml:3:19: a placeholder stands in width of <mj-image>, on which the layout depends"},
		"nor is a class":                                      {column(`<mj-text css-class="{{headline}}">a</mj-text>`), "a placeholder stands in css-class of <mj-text>"},
		"a colour is a token alone":                           {column(`<mj-text color="{{headline}}">a</mj-text>`), "a colour is a token alone"},
		"an address is no token":                              {column(`<mj-button href="{{token.accent}}">a</mj-button>`), "which is no colour"},
		"a placeholder is not glued to a scheme":              {column(`<mj-button href="java{{link}}">a</mj-button>`), "joins a placeholder to other text at its start"},
		"nor followed by more of it":                          {column(`<mj-button href="{{link}}script:x">a</mj-button>`), "joins a placeholder to other text at its start"},
		"a placeholder stands in no comment":                  {column("<!-- {{headline}} -->"), "mjml:3:6: a placeholder stands in a comment"},
		"nor in a style sheet":                                {"<mjml><mj-head><mj-style>a{color:{{token.accent}}}</mj-style></mj-head><mj-body></mj-body></mjml>", "a placeholder stands in <mj-style>"},
		"nor where HTML has no text":                          {column("<mj-text><b class=\"{{headline}}\">a</b></mj-text>"), "mjml:3:20: {{headline}} stands where nothing is filled"},
		"nor without quotes":                                  {column("<mj-text><a href={{link}}>a</a></mj-text>"), "{{link}} stands where nothing is filled"},
		"a slot is no colour of a style":                      {column("<mj-text><b style=\"color:{{headline}}\">a</b></mj-text>"), "{{headline}} stands where nothing is filled"},
		"an address runs nothing":                             {column(`<mj-button href="java&#115;cript:x">a</mj-button>`), "href of <mj-button> is an address that could run"},
		"nor does one that is added":                          {`<mjml><mj-head><mj-html-attributes><mj-selector path="a"><mj-html-attribute name="href">javascript:x</mj-html-attribute></mj-selector></mj-html-attributes></mj-head><mj-body></mj-body></mjml>`, "href is an address that could run"},
		"the head runs nothing":                               {"<mjml><mj-head><mj-raw>\n<script>x</script></mj-raw></mj-head><mj-body></mj-body></mjml>", "mjml:2:1: <script> may not stand in the head"},
		"a text runs nothing":                                 {column("<mj-text><b onclick=\"x\">a</b></mj-text>"), "is an event handler"},
		"and loads nothing":                                   {column("<mj-raw><tr><td>\n<iframe src=\"/x\"></iframe></td></tr></mj-raw>"), "mjml:4:1: <iframe> may not stand in a rendering"},
		"what may be left out is whole":                       {body("<mj-section>{{#body}}<mj-column></mj-column>{{/body}}</mj-section>"), "{{#body}} stands in <mj-section>"},
		"what begins ends":                                    {column("{{#body}}<mj-text>a</mj-text>"), "mjml:3:1: {{#body}} is never closed in <mj-column> (end it with {{/body}})"},
		"what ends began":                                     {column("<mj-text>a</mj-text>{{/body}}"), "{{/body}} closes nothing in <mj-column>"},
		"a title is text":                                     {"<mjml><mj-head><mj-title><b>a</b></mj-title></mj-head><mj-body></mj-body></mjml>", "<mj-title> holds a tag"},
		"a source is text":                                    {"<mjml>\x00</mjml>", "mjml:1:7: a byte here is no text"},
		"nesting has an end":                                  {strings.Repeat("<a>", 30), "deep in each other"},
		"values have an end":                                  {column(`<mj-text css-class="` + strings.Repeat("a", 9000) + `">a</mj-text>`), "and 8192 are allowed"},
		"fonts have an end":                                   {"<mjml><mj-head>" + strings.Repeat(`<mj-font name="a" href="/a" />`, 51) + "</mj-head><mj-body></mj-body></mjml>", "there are 51 fonts"},
		"selectors have an end":                               {`<mjml><mj-head><mj-style inline="inline">` + strings.Repeat("div ", 60) + "{color:red}</mj-style></mj-head><mj-body><mj-raw>" + strings.Repeat("<div>", 5000) + strings.Repeat("</div>", 5000) + "</mj-raw></mj-body></mjml>", "take too long on this mail"},
		"so have declarations":                                {`<mjml><mj-head><mj-style inline="inline">div{` + strings.Repeat("a:b;", 8000) + "}</mj-style></mj-head><mj-body><mj-raw>" + strings.Repeat("<div></div>", 5000) + "</mj-raw></mj-body></mjml>", "take too long on this mail"},
		"a mail does not grow without end":                    {"<mjml><mj-head><mj-attributes><mj-all css-class=\"" + strings.Repeat("a ", 4000) + "\" /></mj-attributes></mj-head><mj-body><mj-section><mj-column>" + strings.Repeat("<mj-divider />", 2000) + "</mj-column></mj-section></mj-body></mjml>", "the mail grows beyond"},
		"a token that ends the style it stands in is refused": {column(`<mj-text color="{{token.bad}}">a</mj-text>`), "the token bad cannot stand in a style"},
	} {
		t.Run(says, func(t *testing.T) {
			o := options()
			o.Tokens["bad"] = Token{Light: "red;} body{", Dark: "red"}
			_, err := Compile([]byte(c.src), o)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v\nhas no %q", err, c.want)
			}
		})
	}
}

func TestAllFaultsComeAtOnceAndInOrder(t *testing.T) {
	_, err := Compile([]byte("<mjml><mj-body>\n<mj-text>a</mj-text>\n<mj-section padding=\"x\">\n<mj-column wide=\"1\"></mj-column></mj-section></mj-body></mjml>"), options())
	var places []string
	for _, p := range err.(throughline.Problems) {
		if p.Fix == "" {
			t.Errorf("%v has no fix", p)
		}
		places = append(places, p.Place)
	}
	if diff := cmp.Diff([]string{"mjml:2:1", "mjml:3:13", "mjml:4:12"}, places); diff != "" {
		t.Error(diff)
	}
}

func TestFill(t *testing.T) {
	l := mustCompile(t, template, options())
	if diff := cmp.Diff([]string{"alt", "body", "headline", "image", "link", "offer"}, l.Slots()); diff != "" {
		t.Error(diff)
	}
	filled := l.Fill(map[string]string{
		"headline": `Rye & "spelt"`, "body": "a <b> 'c'", "image": "https://example.com/a b.png?x=1&y='2')", "alt": `two "loaves"`, "link": "javascript:alert(1)",
	})
	for says, want := range map[string]string{
		"a text is escaped":                         "<h1>Rye &amp; &#34;spelt&#34;</h1>",
		"so is a text in an attribute":              `alt="two &#34;loaves&#34;"`,
		"and the title":                             "<title>Rye &amp; &#34;spelt&#34;</title>",
		"a query is encoded":                        "https://example.com/?q=Rye%20%26%20%22spelt%22",
		"an address is":                             `src="https://example.com/a%20b.png?x=1&amp;y=%272%27%29"`,
		"also in a style":                           "url('https://example.com/a%20b.png?x=1&amp;y=%272%27%29')",
		"and in what Outlook reads":                 `<v:fill origin="0.5, 0" position="0.5, 0" src="https://example.com/a%20b.png?x=1&amp;y=%272%27%29"`,
		"an address that runs is none":              `<a href="#"`,
		"a token is its light colour":               "color:#8a4b08;",
		"what is filled stays":                      "<img",
		"a body in a part that may be left out too": "a &lt;b&gt; &#39;c&#39;</a>",
	} {
		if !strings.Contains(filled.HTML, want) {
			t.Errorf("%s: no %s in\n%s", says, want, filled.HTML)
		}
	}
	if strings.Contains(filled.HTML, "{{") || strings.Contains(filled.Text, "{{") {
		t.Error("a placeholder is left")
	}
	bare := l.Fill(nil)
	if strings.Contains(bare.HTML, "<img") {
		t.Error("an unfilled picture is shown")
	}
	if n, m := strings.Count(filled.HTML, "max-width:600px"), strings.Count(bare.HTML, "max-width:600px"); n != 1 || m != 1 {
		t.Error("an unfilled section is shown", n, m)
	}
	if got := l.Fill(map[string]string{"offer": "Two for one"}); !strings.Contains(got.HTML, "Two for one") || strings.Count(got.HTML, "max-width:600px") != 2 {
		t.Error("a filled section is left out")
	}
}

func TestDarkMode(t *testing.T) {
	l := mustCompile(t, template, options())
	page := l.Fill(nil).HTML
	for says, want := range map[string]string{
		"the page says that it can":                  `<meta name="color-scheme" content="light dark">`,
		"also to older clients":                      `<meta name="supported-color-schemes" content="light dark">`,
		"a ground has a dark colour":                 "@media (prefers-color-scheme:dark) {\n.dark-background-color-accent { background-color:#f0a860 !important; }",
		"so has a text":                              ".dark-color-accent { color:#f0a860 !important; }",
		"Outlook.com is told for texts":              "[data-ogsc] .dark-color-accent { color:#f0a860 !important; }",
		"and for grounds":                            "[data-ogsb] .dark-background-color-paper { background-color:#1c1712 !important; }",
		"a border has one":                           "[data-ogsc] .dark-border-top-color-rule_fine { border-top-color:#333 !important; }",
		"an author's own style in a text is changed": `<a class="dark-color-accent" href="https://example.com/?q="`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s: no %s in\n%s", says, want, page)
		}
	}
	only := options()
	for name, token := range only.Tokens {
		token.Dark = ""
		only.Tokens[name] = token
	}
	if page := mustCompile(t, template, only).Fill(nil).HTML; strings.Contains(page, "dark") || strings.Contains(page, "color-scheme") {
		t.Error("without dark colours the page speaks of dark mode")
	}
	plain := mustCompile(t, `<mjml><mj-body><mj-section background-color="{{token.line}}"></mj-section></mj-body></mjml>`, options()).Fill(nil).HTML
	if strings.Contains(plain, "color-scheme") {
		t.Error("a page whose tokens have no dark colour speaks of dark mode")
	}
}

// What a placeholder stands for changes nothing else: a layout with placeholders
// filled with plain words is the layout with the words in their place.
func TestFillingEqualsWriting(t *testing.T) {
	values := map[string]string{"headline": "Rye", "body": "Warm", "image": "/a.png", "alt": "Loaf", "link": "/b", "offer": "Two"}
	words := template
	for name, v := range values {
		words = strings.NewReplacer("{{"+name+"}}", v, "{{#"+name+"}}", "", "{{/"+name+"}}", "").Replace(words)
	}
	only := options()
	for name, token := range only.Tokens {
		words = strings.ReplaceAll(words, "{{token."+name+"}}", token.Light)
		only.Tokens[name] = Token{Light: longColour(token.Light)}
	}
	filled := again.ReplaceAllString(mustCompile(t, template, only).Fill(values).HTML, "") // what may be left out is not joined with what Outlook reads before it
	if diff := differ(mustCompile(t, words).HTML(), filled); diff != "" {
		t.Error(diff)
	}
}

func TestText(t *testing.T) {
	sources := layouts(t)
	sources = append(sources, oracleCase{Name: "layouts/template.mjml", MJML: template})
	for _, c := range sources {
		o := Options{Verbatim: true}
		if strings.Contains(c.Name, "template") {
			o = options()
		}
		got := mustCompile(t, c.MJML, o).Text()
		file := filepath.Join("testdata", "text", strings.TrimSuffix(filepath.Base(c.Name), ".mjml")+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: %s", c.Name, diff)
		}
	}
}

func FuzzParse(f *testing.F) {
	for i, c := range corpus(*seed) {
		if i%16 == 0 {
			f.Add(c.MJML)
		}
	}
	f.Add(template)
	f.Add("<mjml><mj-body><!-- <mj-text>a</mj-text> --" + "></mj-body></mjml>{{#")
	f.Fuzz(func(t *testing.T, src string) {
		faults := &faults{src: src}
		root := parse(src, words(), false, faults)
		var visit func(e *element, depth int)
		visit = func(e *element, depth int) {
			if depth > maxDepth {
				t.Fatal("the tree is too deep")
			}
			if e.at < 0 || e.at >= len(src) {
				t.Fatalf("<%s> stands at %d of %d", e.tag, e.at, len(src))
			}
			if e.content != "" && !e.comment && !strings.HasPrefix(src[e.contentAt:], e.content) {
				t.Fatalf("%q does not stand at %d", e.content, e.contentAt)
			}
			for _, child := range e.children {
				visit(child, depth+1)
			}
		}
		if root != nil {
			visit(root, 0)
		} else if faults.err() == nil {
			t.Fatal("neither a tree nor a fault")
		}
	})
}

func FuzzCompile(f *testing.F) {
	hostile := []string{`"><script>x</script>`, "javascript:alert(1)", `' onload='x`, "--" + "><b>", "]]>", "')};a{b:url('", "\x00<"}
	f.Add(template, hostile[0])
	for i, c := range corpus(*seed) {
		if i%12 == 0 {
			f.Add(c.MJML, hostile[i/12%len(hostile)])
		}
	}
	for _, c := range layouts(f) {
		f.Add(c.MJML, hostile[0])
	}
	f.Fuzz(func(t *testing.T, src, value string) {
		if l, err := Compile([]byte(src), Options{Verbatim: true}); err == nil && len(l.HTML()) > maxHTML {
			t.Fatal("the page is too large")
		}
		l, err := Compile([]byte(src), options())
		if err != nil {
			for _, p := range err.(throughline.Problems) {
				if p.Place == "" || p.Message == "" {
					t.Fatalf("%v says not where", p)
				}
			}
			return
		}
		all := func(v string) Message {
			m := map[string]string{}
			for _, s := range options().Slots {
				m[s] = v
			}
			return l.Fill(m)
		}
		if value == "" {
			value = "x"
		}
		if a, b := skeletonOf(all("x").HTML), skeletonOf(all(value).HTML); a != b {
			t.Fatalf("%q: the text %q changes the page:\n%s", src, value, cmp.Diff(a, b))
		}
	})
}

// skeletonOf lists a page's tags and the names of their attributes, also of what
// only Outlook reads.
func skeletonOf(page string) string {
	var out strings.Builder
	var walk func(src string)
	walk = func(src string) {
		s := scanner{src: src, raw: true}
		for {
			t, ok := s.next()
			if !ok {
				return
			}
			switch t.kind {
			case textToken:
				continue
			case commentToken:
				if inner, at := conditional(src[t.start:t.end]); at > 0 {
					walk(inner)
				}
			}
			fmt.Fprint(&out, t.kind, t.name)
			for _, a := range t.attributes {
				fmt.Fprint(&out, " ", a.name)
				if v := strings.ToLower(src[a.start:a.end]); meaning(a.name) == inAddress && strings.HasPrefix(strings.TrimSpace(v), "javascript:") {
					fmt.Fprint(&out, v)
				}
			}
			out.WriteByte('\n')
		}
	}
	walk(page)
	return out.String()
}
