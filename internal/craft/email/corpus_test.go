package email

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// corpus is what the reference is asked, the same for the same seed: every attribute
// of every tag alone and with others, set in place and by each way round, every
// tag in every place, trees at random, and what has to be refused.
func corpus(seed uint64) []oracleCase {
	g := &generator{rng: rand.New(rand.NewPCG(4, seed))}
	g.alone()
	g.together()
	g.inherited()
	g.gutters()
	g.heads()
	g.styled()
	g.odd()
	g.trees(700)
	g.refused()
	return g.cases
}

type generator struct {
	rng   *rand.Rand
	cases []oracleCase
}

func (g *generator) add(kind, mjml string) {
	g.cases = append(g.cases, oracleCase{Name: fmt.Sprintf("%s/%04d", kind, len(g.cases)), MJML: mjml})
}

func (g *generator) pick(of ...string) string { return of[g.rng.IntN(len(of))] }

// drawn are the tags of the body, in the order of tags.txt.
func drawn() []string {
	return []string{
		"mj-body", "mj-wrapper", "mj-section", "mj-group", "mj-column", "mj-hero", "mj-text", "mj-button",
		"mj-image", "mj-divider", "mj-spacer", "mj-table", "mj-social", "mj-social-element", "mj-navbar", "mj-navbar-link",
		"mj-accordion", "mj-accordion-element", "mj-accordion-title", "mj-accordion-text",
	}
}

// values returns what an attribute is set to: something usual first, then the
// edges of its type.
func (a *attr) values() []string {
	switch a.is {
	case colour:
		return []string{"#0b62d6", "#abc", "rgba(11, 98, 214, 0.5)", "teal"}
	case wholeNumber:
		return []string{"4", "0"}
	case trueFalse:
		return []string{"true", "false"}
	case oneOf:
		return a.words
	case length, signedLength:
		return a.lengthValues()
	}
	return textValues(a.name)
}

func (a *attr) lengthValues() (all []string) {
	for _, u := range a.units {
		switch u {
		case "px":
			all = append(all, "24px", "7.5px", "240px")
		case "%":
			all = append(all, "40%", "33.33%")
		case "em":
			all = append(all, ".2em")
		case "auto":
			all = append(all, "auto")
		case "number":
			all = append(all, "1.6")
		}
	}
	if a.is == signedLength {
		all = append(all, "-1px")
	}
	if a.most > 1 {
		all = append(all, "8px 16px", "4px 8px 12px", "1px 2px 3px 4px", "10px 0", "0 5%")
	}
	return append(all, "0")
}

func textValues(name string) []string {
	switch {
	case strings.HasSuffix(name, "radius"):
		return []string{"6px", "50%", "4px 0 0 4px"}
	case strings.Contains(name, "border"):
		return []string{"2px solid #cc3300", "none", "dashed 3px red"}
	}
	switch name {
	case "background-size":
		return []string{"cover", "contain", "auto", "50%", "120px 80px"}
	case "background-position":
		return []string{"top center", "left", "bottom", "center left", "top right", "20% 30%", "right bottom", "a b c"}
	case "background-position-x":
		return []string{"left", "25%", "12px"}
	case "background-position-y":
		return []string{"bottom", "75%", "12px"}
	case "font-family":
		return []string{"Georgia, serif", "Lato, Arial", "'Open Sans', Helvetica", "roboto"}
	case "font-weight":
		return []string{"bold", "300"}
	case "font-style":
		return []string{"italic", "normal"}
	case "text-decoration":
		return []string{"underline", "none"}
	case "text-transform":
		return []string{"uppercase", "none"}
	case "mode":
		return []string{"fluid-height", "fixed-height"}
	case "hamburger":
		return []string{"hamburger", "no"}
	case "ico-open", "ico-close":
		return []string{"&#9776;", "Menu"}
	case "base-url":
		return []string{"https://example.com"}
	case "icon-wrapped-url", "icon-unwrapped-url":
		return []string{"/plus.png"}
	case "href", "background-url", "src":
		return []string{"https://example.com/a?b=1&amp;c=2", "/rye.png", ""}
	case "srcset":
		return []string{"/rye.png 1x, /rye-2.png 2x"}
	case "sizes":
		return []string{"(max-width: 480px) 100vw, 320px"}
	case "name":
		return []string{"facebook", "x-noshare", "instagram", "unheard-of"}
	case "alt", "title":
		return []string{"Two loaves &amp; a knife", ""}
	case "target":
		return []string{"_self", "_blank"}
	case "rel":
		return []string{"nofollow"}
	case "usemap":
		return []string{"#map"}
	}
	return []string{"first", "second words"}
}

// start writes a start tag without its end.
func start(tag string, attributes ...string) string {
	var out strings.Builder
	out.WriteString("<" + tag)
	for i := 0; i < len(attributes); i += 2 {
		fmt.Fprintf(&out, " %s=\"%s\"", attributes[i], attributes[i+1])
	}
	return out.String()
}

// inner is what stands in a tag when it is looked at.
func inner(tag string) string {
	switch tag {
	case "mj-body", "mj-wrapper":
		return "<mj-section><mj-column><mj-text>Rye</mj-text></mj-column></mj-section><mj-section><mj-column><mj-text>Spelt</mj-text></mj-column></mj-section>"
	case "mj-section":
		return "<mj-column><mj-text>Rye</mj-text></mj-column><mj-column><mj-image src=\"/a.png\" /></mj-column><mj-column><mj-divider /></mj-column>"
	case "mj-group":
		return "<mj-column><mj-text>Rye</mj-text></mj-column><mj-column><mj-image src=\"/a.png\" /></mj-column>"
	case "mj-column", "mj-hero":
		return "<mj-text>Rye</mj-text><mj-image src=\"/a.png\" /><mj-button href=\"/b\">Order</mj-button><mj-divider />"
	case "mj-text":
		return "Rye <b>today</b> <i>only</i>, <a href=\"/c\">order</a><br/>now"
	case "mj-button":
		return "Order <b>now</b>"
	case "mj-table":
		return "<tr><td>Rye</td> <td>4.20</td></tr>"
	case "mj-social":
		return "<mj-social-element name=\"facebook\" href=\"/f\">Like</mj-social-element><mj-social-element name=\"web\" />"
	case "mj-navbar":
		return "<mj-navbar-link href=\"/a\">Rye</mj-navbar-link><mj-navbar-link href=\"/b\" css-class=\"on\">Spelt</mj-navbar-link>"
	case "mj-accordion":
		return "<mj-accordion-element css-class=\"f\"><mj-accordion-title css-class=\"t\">Rye</mj-accordion-title><mj-accordion-text>Warm</mj-accordion-text></mj-accordion-element><mj-accordion-element><mj-accordion-title>Spelt</mj-accordion-title></mj-accordion-element>"
	case "mj-accordion-element":
		return "<mj-accordion-title font-family=\"Lato\">Rye</mj-accordion-title><!-- c --><mj-accordion-text>Warm <b>x</b></mj-accordion-text>"
	case "mj-navbar-link":
		return "Rye <b>now</b>"
	case "mj-social-element":
		return "Like <b>us</b>"
	}
	return ""
}

// around puts a tag where it may stand, and closes it.
func around(tag, opened string) string {
	s := opened + ">" + inner(tag) + "</" + tag + ">"
	switch tag {
	case "mj-social-element":
		s, tag = "<mj-social>"+s+"</mj-social>", "mj-social"
	case "mj-navbar-link":
		s, tag = `<mj-navbar hamburger="hamburger">`+s+"</mj-navbar>", "mj-navbar"
	case "mj-accordion-title", "mj-accordion-text":
		s = "<mj-accordion-element>" + s + "</mj-accordion-element>"
		fallthrough
	case "mj-accordion-element":
		s, tag = "<mj-accordion>"+s+"</mj-accordion>", "mj-accordion"
	}
	switch tag {
	case "mj-text", "mj-button", "mj-image", "mj-divider", "mj-spacer", "mj-table", "mj-social", "mj-navbar", "mj-accordion":
		s = "<mj-column>" + s + "</mj-column>"
		fallthrough
	case "mj-column", "mj-group":
		s = "<mj-section>" + s + "</mj-section>"
		fallthrough
	case "mj-wrapper", "mj-section", "mj-hero":
		s = "<mj-body>" + s + "</mj-body>"
	}
	return "<mjml>" + s + "</mjml>"
}

func (g *generator) alone() {
	for _, tag := range drawn() {
		g.add("bare", around(tag, "<"+tag))
		g.add("class", around(tag, start(tag, "css-class", "one two")))
		for _, a := range words()[tag].attributes {
			for _, v := range a.values() {
				g.add("alone", around(tag, start(tag, a.name, v)))
			}
		}
	}
	for _, mode := range []string{"horizontal", "vertical"} {
		for _, name := range []string{"facebook", "twitter", "x", "google", "pinterest", "linkedin", "instagram", "web", "snapchat", "youtube", "tumblr", "github", "xing", "vimeo", "medium", "soundcloud", "dribbble", "dribbble-noshare"} {
			g.add("network", `<mjml><mj-body><mj-section><mj-column>`+start("mj-social", "mode", mode)+`>`+start("mj-social-element", "name", name, "href", "https://example.com/a")+`>Us</mj-social-element></mj-social></mj-column></mj-section></mj-body></mjml>`)
		}
	}
}

// some returns n attributes of a tag with values.
func (g *generator) some(tag string, n int) (attributes []string) {
	all := slices.Clone(words()[tag].attributes)
	g.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, a := range all[:min(n, len(all))] {
		attributes = append(attributes, a.name, g.pick(a.values()...))
	}
	if g.rng.IntN(4) == 0 {
		attributes = append(attributes, "css-class", g.pick("one", "two three"))
	}
	return attributes
}

// together covers each pair of attributes of a tag with rows of many.
func (g *generator) together() {
	for _, tag := range drawn() {
		attributes := words()[tag].attributes
		missing := map[[2]string]bool{}
		for i, a := range attributes {
			for _, b := range attributes[i+1:] {
				missing[[2]string{a.name, b.name}] = true
			}
		}
		for rows := 0; len(missing) > 0 || rows < 16; rows++ {
			row := g.some(tag, max(2, len(attributes)*2/3))
			for i := 0; i < len(row); i += 2 {
				for j := 0; j < len(row); j += 2 {
					delete(missing, [2]string{row[i], row[j]})
				}
			}
			g.add("together", around(tag, start(tag, row...)))
		}
		for range 12 {
			g.add("few", around(tag, start(tag, g.some(tag, 3)...)))
		}
	}
}

// inherited sets attributes by mj-all, by tag, by class and by the class around.
func (g *generator) inherited() {
	for _, tag := range drawn() {
		for range 4 {
			page := around(tag, start(tag, append([]string{"mj-class", "quiet loud"}, g.some(tag, 2)...)...))
			head := "<mj-head><mj-attributes>" +
				start("mj-all", g.some(tag, 2)...) + " />" +
				start(tag, g.some(tag, 3)...) + " />" +
				start(tag, g.some(tag, 1)...) + " />" +
				start("mj-class", unnamed(g.some(tag, 2))...) + ` name="quiet">` + start("mj-text", g.some("mj-text", 2)...) + " />" + start("mj-image", g.some("mj-image", 2)...) + " /></mj-class>" +
				start("mj-class", append([]string{"name", "loud", "css-class", "shout"}, unnamed(drop(g.some(tag, 2), "css-class"))...)...) + " />" +
				"</mj-attributes></mj-head>"
			g.add("inherited", strings.Replace(page, "<mjml>", "<mjml>"+head, 1))
		}
	}
	for range 40 {
		tag := g.pick(drawn()...)
		page := around("mj-wrapper", start("mj-wrapper"))
		head := "<mj-head><mj-attributes>" + start("mj-all", g.some(tag, 4)...) + " /></mj-attributes></mj-head>"
		g.add("all", strings.Replace(page, "<mjml>", "<mjml>"+head, 1))
	}
}

// unnamed drops the attribute that names a class.
func unnamed(attributes []string) []string { return drop(attributes, "name") }

func drop(attributes []string, name string) (kept []string) {
	for i := 0; i < len(attributes); i += 2 {
		if attributes[i] != name {
			kept = append(kept, attributes[i], attributes[i+1])
		}
	}
	return kept
}

// gutters lays columns out side by side with a space between.
func (g *generator) gutters() {
	for _, gutter := range []string{"20px", "15px", "4%", "2.5%", "0"} {
		for _, direction := range []string{"ltr", "rtl"} {
			for n := 1; n <= 4; n++ {
				for _, width := range []string{"", "140px", "25%"} {
					s := start("mj-section", "gutter", gutter, "direction", direction) + ">"
					columns := ""
					for i := range n {
						opened := "<mj-column"
						if width != "" && i != 1 {
							opened = start("mj-column", "width", width)
						}
						columns += opened + "><mj-image src=\"/a.png\" /></mj-column>"
					}
					g.add("gutter", "<mjml><mj-body>"+s+columns+"</mj-section></mj-body></mjml>")
					if width != "25%" {
						g.add("gutter", "<mjml><mj-body>"+s+start("mj-group", "direction", direction)+">"+columns+"</mj-group></mj-section></mj-body></mjml>")
					}
				}
			}
		}
	}
}

func (g *generator) heads() {
	body := "<mj-body><mj-section><mj-column><mj-text font-family=\"Inter, Lato\">Rye</mj-text><mj-image src=\"/a.png\" /></mj-column></mj-section></mj-body>"
	for _, head := range []string{
		"", "<mj-title>Rye &amp; spelt</mj-title>", "<mj-preview>Out of the oven at six</mj-preview>", "<mj-title></mj-title>",
		`<mj-breakpoint width="600px" />`, `<mj-breakpoint width="320px"></mj-breakpoint>`,
		`<mj-font name="Inter" href="https://example.com/inter.css" />`,
		`<mj-font name="Lato" href="https://example.com/lato.css" />`,
		`<mj-font name="Unused" href="https://example.com/unused.css" />`,
		"<mj-style>.a { color: red } @media (max-width:480px) { .a { color: blue !important } }</mj-style><mj-style>b{color:green}</mj-style>",
		`<mj-raw><meta name="format-detection" content="telephone=no"></mj-raw><!-- seen --><mj-raw><!-- two --></mj-raw>`,
		"<mj-attributes><!-- none --></mj-attributes>",
		`<mj-title>All</mj-title><mj-preview>Now</mj-preview><mj-breakpoint width="500px" /><mj-style>i{color:red}</mj-style><mj-attributes><mj-all font-family="Ubuntu" /></mj-attributes>`,
	} {
		for _, root := range []string{"<mjml>", `<mjml lang="de" dir="ltr">`, `<mjml lang="ar" dir="rtl" owa="desktop">`} {
			g.add("head", root+"<mj-head>"+head+"</mj-head>"+body+"</mjml>")
		}
	}
	for _, raw := range []string{
		`<mj-raw position="file-start"><!-- first --></mj-raw>`,
		`<mj-raw position="file-start">{% set x %}</mj-raw><mj-raw>lost</mj-raw>`, "<!-- outside -->",
	} {
		g.add("head", "<mjml>"+raw+body+"</mjml>")
	}
	for _, raw := range []string{
		"<mj-raw><p>x</p></mj-raw>", "<!-- c -->", "<mj-raw></mj-raw>",
		"<mj-raw><!--[if mso]>\n  <table>\n   <tr><td>   Outlook  only   </td></tr>  </table>\n<![endif]--></mj-raw>",
		"<mj-raw><!--[if !mso]><!--><p>all but Outlook</p><!--<![endif]--></mj-raw>",
	} {
		for _, place := range []string{
			"%s<mj-section><mj-column><mj-text>a</mj-text></mj-column></mj-section>",
			"<mj-wrapper gap=\"10px\">%s<mj-section><mj-column><mj-text>a</mj-text></mj-column></mj-section></mj-wrapper>",
			"<mj-section gutter=\"20px\">%s<mj-column><mj-text>a</mj-text></mj-column><mj-column></mj-column></mj-section>",
			"<mj-section><mj-group>%s<mj-column><mj-text>a</mj-text></mj-column><mj-column></mj-column></mj-group></mj-section>",
			"<mj-section><mj-column><mj-text>a</mj-text>%s</mj-column></mj-section>",
			"<mj-hero><mj-text>a</mj-text>%s<mj-text>b</mj-text></mj-hero>",
			"<mj-section><mj-column><mj-social>%s<mj-social-element name=\"web\" /></mj-social></mj-column></mj-section>",
		} {
			if strings.Contains(raw, "!mso") && !strings.HasPrefix(place, "<mj-section><mj-column><mj-text>") {
				continue // the reference joins the end with the table that follows
			}
			if strings.HasPrefix(place, "<mj-section><mj-column>") && strings.Contains(raw, "<p>") {
				raw = "<mj-raw><tr><td>x</td></tr></mj-raw>"
			}
			g.add("raw", "<mjml><mj-body>"+fmt.Sprintf(place, raw)+"</mj-body></mjml>")
		}
	}
}

// styled moves style sheets and attributes into the elements.
func (g *generator) styled() {
	body := `<mj-body css-class="page"><mj-section css-class="offer"><mj-column css-class="left"><mj-text css-class="big">Rye <b class="x">today</b></mj-text>` +
		`<mj-image css-class="pic" src="/a.png" width="120px" /><mj-table><tr><td class="cell" style="color:red">a</td><td>b</td></tr></mj-table><mj-button css-class="go" href="/b">Order</mj-button></mj-column></mj-section></mj-body>`
	for _, css := range []string{
		".offer { background-color: #eee; }", ".big div { color: red; font-size: 20px !important }", ".pic img { width: 50%; height: 40px; border: 1px solid }",
		"td.cell { width: 30px; text-align: right; background-color: rgb(1,2,3); vertical-align: top }", "a:hover { color: red } a { color: blue }",
		".x, .cell { color: green; padding: 1px } b { color: pink !important; padding-left: 3px }", "table { border-spacing: 2px; width: 90% } .offer table { width: 80px }",
		"@media (max-width: 480px) { .big { color: red } } .big { color: blue }", "/* note */ .go td { background: url('/x.png') no-repeat; background-image: url(/y.png) }",
		".left > table > tbody > tr > td { padding: 0 }", "div div { letter-spacing: 1px } #none { color: red }", ".big div{color:red}.big div{color:blue}", "p::before { content: 'x' } .big{}",
		"td:first-child { color: #123 } td { color: #456 }", "[role=article] { margin: 0 } body { margin: 3px }", ".x { font-family: Lato, sans-serif }",
	} {
		g.add("inline", `<mjml><mj-head><mj-style inline="inline">`+css+`</mj-style><mj-style>.kept{color:red}</mj-style></mj-head>`+body+"</mjml>")
	}
	for _, selectors := range []string{
		`<mj-selector path=".big div"><mj-html-attribute name="data-id">42</mj-html-attribute><mj-html-attribute name="class">seen twice</mj-html-attribute></mj-selector>`,
		`<mj-selector path=".go td, .pic img"><mj-html-attribute name="data-kind"> a b </mj-html-attribute></mj-selector>`,
		`<mj-selector path="a"><mj-html-attribute name="rel">nofollow</mj-html-attribute></mj-selector><mj-selector path=".offer"><mj-html-attribute name="id"></mj-html-attribute></mj-selector>`,
		`<mj-selector path=".nothing"><mj-html-attribute name="id">x</mj-html-attribute></mj-selector>`,
	} {
		g.add("attributes", "<mjml><mj-head><mj-html-attributes>"+selectors+"</mj-html-attributes></mj-head>"+body+"</mjml>")
		g.add("attributes", `<mjml><mj-head><mj-style inline="inline">a { color: red }</mj-style><mj-html-attributes>`+selectors+"</mj-html-attributes></mj-head>"+body+"</mjml>")
	}
}

// odd is what authors write that no generator thinks of.
func (g *generator) odd() {
	text := func(s string) string {
		return "<mj-section><mj-column><mj-text>" + s + "</mj-text></mj-column></mj-section>"
	}
	bodies := []string{
		text("<p>one<p>two"), text("a < b &amp; 5 > 3 &lt;i&gt;"), text("<!-- note --> seen <!-- </mj-text> -->"), text("<BR>up<Br/>down<br >"),
		text("<ul><li>a<li>b</ul>"), text("<style>.a > b { color: red }</style>x"), text("\n\t <b> a </b>\n <i>\n b</i> c \n"), text("<table><tr><td>1</td></tr></table> after"),
		text("&nbsp;\u00a0a\u00a0 "), text("<!--[if mso]> <b>  a  </b>   <i>b</i> <![endif]-->"), text("x <!--[if !mso]><!--> <b>y</b> <!--<![endif]--> z"),
		text("<img src='/a.png' alt=a> <a href=/b title='\"q\"'>c</a>"), text("<h1 class='t'>T</h1>\n<p style=\"color:red;  margin : 0\">P</p>"), text(""), text("   "),
		"<mj-section><mj-column><mj-text /><mj-button /><mj-table /><mj-social /></mj-column></mj-section>", "<mj-section />", "<mj-section><mj-column /></mj-section>",
		"<mj-wrapper />", "<mj-hero />", "<mj-section><mj-group /></mj-section>", "<mj-wrapper><!-- only --></mj-wrapper>", "",
		`<mj-section css-class=" a  b "><mj-column css-class="c "><mj-text css-class=" d">x</mj-text></mj-column></mj-section>`,
		`<mj-section padding="10px 20px "><mj-column padding="5px "><mj-button inner-padding="4px 8px " width="120px">x</mj-button></mj-column></mj-section>`,
		"<mj-section><mj-column><mj-text font-family=\"Lato,\n    Arial\">x</mj-text></mj-column></mj-section>", "<mj-section\n  padding=\"3px\"\n><mj-column\n></mj-column\n></mj-section >",
		"<mj-section><mj-column width='10px'><mj-image src='a' padding='40px' /><mj-divider padding='30px' /></mj-column></mj-section>",
		"<mj-section padding='0 400px'><mj-column><mj-image src='a' /></mj-column></mj-section>",
		"<mj-section><mj-column width='0'><mj-image src='a' /></mj-column><mj-column><mj-text>a</mj-text></mj-column></mj-section>",
		"<mj-section><mj-column><mj-table><thead><tr><th>a</th></tr></thead><!-- x --><tr><td>b</td></tr></mj-table></mj-column></mj-section>",
		"<mj-section><mj-column><mj-image src='a' width='99999px' height='12px' /></mj-column></mj-section>",
		"<mj-section><mj-column><mj-button href='#' width='50%'>  a <i> b </i> </mj-button><mj-button href=''>b</mj-button></mj-column></mj-section>",
		"<mj-section><mj-column><mj-image src='a' href='/x' alt='' title='t' /> <mj-image /></mj-column></mj-section>",
		"<mj-section><mj-column><mj-navbar base-url='https://example.com/shop' hamburger='hamburger' align='right'><mj-navbar-link href='/a'>A</mj-navbar-link><!-- c --><mj-navbar-link href='#b' name='b'> <i>B</i> </mj-navbar-link></mj-navbar><mj-image src='a'/><mj-navbar/></mj-column></mj-section>",
		"<mj-section><mj-column><mj-accordion font-family='Lato'><mj-accordion-element/><mj-accordion-element font-family='Roboto'><mj-accordion-text>x</mj-accordion-text></mj-accordion-element><!-- c --></mj-accordion><mj-accordion/></mj-column></mj-section>",
		"<mj-section border='10px solid'><mj-column border='5px solid' inner-border='3px solid' padding='1px'><mj-image src='a' /></mj-column></mj-section>",
		"<mj-section border-left='10px solid' border-right='none' padding-left='5%'><mj-column border-left='4px solid'><mj-image src='a' border='9px' /></mj-column></mj-section>",
		"<mj-section>" + strings.Repeat("<mj-column><mj-text>x</mj-text></mj-column>", 7) + "</mj-section>",
		"<mj-section><mj-group width='70%'><mj-column width='30px'><mj-image src='a'/></mj-column><mj-column><mj-image src='a'/></mj-column></mj-group><mj-column width='30%'/></mj-section>",
		"<mj-wrapper gap='12px' background-color='#eee'><mj-section background-color='#fff'/><mj-section full-width='full-width' background-color='#abc'/><mj-hero/></mj-wrapper>",
		"<mj-wrapper full-width='full-width' background-url='/x' padding='10px 5%'><mj-section background-url='/y' full-width='full-width'/></mj-wrapper>",
		"<mj-section><mj-column><mj-social mode='vertical'><!-- c --><mj-social-element css-class='z' name='x' icon-position='right'>a</mj-social-element></mj-social></mj-column></mj-section>",
		"<mj-section><mj-column><mj-social><mj-social-element icon-size='30%' icon-height='20px' href='/a'>a</mj-social-element></mj-social></mj-column></mj-section>",
		"<!--[if mso]><p>x</p><![endif]--><mj-section/>", "<mj-section/><!--[if mso | IE]><p>x</p><![endif]-->",
		"<mj-raw><!--[if mso]><table><tr><td></mj-raw>" + "<mj-raw>  <b> a </b>   <i>b</i>  </mj-raw><mj-raw></td></tr></table><![endif]--></mj-raw>",
	}
	heads := []string{
		"", `<mj-head><mj-style inline="inline">p { margin: 0 } b, .t { color: red } li { padding: 1px } td { color: blue }</mj-style></mj-head>`,
		`<mj-head><mj-attributes><mj-all padding="7px" css-class="all" color="#abc" border="1px solid" align="right" width="90%" /></mj-attributes></mj-head>`,
	}
	for _, body := range bodies {
		for _, head := range heads {
			g.add("odd", "<mjml>"+head+"<mj-body>"+body+"</mj-body></mjml>")
		}
	}
}

// trees are whole mails at random.
func (g *generator) trees(n int) {
	padded := slices.DeleteFunc(drawn(), func(tag string) bool { return words()[tag].types["padding"] == nil })
	for range n {
		var out strings.Builder
		out.WriteString("<mjml>")
		if g.rng.IntN(3) == 0 {
			out.WriteString("<mj-head>" + g.pick("<mj-title>Rye</mj-title>", "<mj-preview>Rye</mj-preview>", `<mj-breakpoint width="520px" />`, "<mj-style>b{color:red}</mj-style>") +
				"<mj-attributes>" + start(g.pick(padded...), "padding", "3px") + " /></mj-attributes></mj-head>")
		}
		out.WriteString(start("mj-body", g.few("mj-body")...) + ">")
		for range 1 + g.rng.IntN(3) {
			g.block(&out, true)
		}
		out.WriteString("</mj-body></mjml>")
		g.add("tree", out.String())
	}
}

func (g *generator) few(tag string) []string {
	if g.rng.IntN(2) == 0 {
		return nil
	}
	return g.some(tag, 1+g.rng.IntN(4))
}

func (g *generator) block(out *strings.Builder, wrap bool) {
	switch n := g.rng.IntN(8); {
	case n == 0:
		out.WriteString(g.pick("<!-- here -->", "<mj-raw><p>raw</p></mj-raw>"))
	case n == 1:
		out.WriteString(start("mj-hero", g.few("mj-hero")...) + ">")
		g.contents(out)
		out.WriteString("</mj-hero>")
	case n <= 3 && wrap:
		out.WriteString(start("mj-wrapper", g.few("mj-wrapper")...) + ">")
		for range 1 + g.rng.IntN(3) {
			g.block(out, false)
		}
		out.WriteString("</mj-wrapper>")
	default:
		out.WriteString(start("mj-section", g.few("mj-section")...) + ">")
		for range g.rng.IntN(4) {
			if g.rng.IntN(5) == 0 {
				out.WriteString(start("mj-group", g.few("mj-group")...) + ">")
				for range 1 + g.rng.IntN(3) {
					g.column(out)
				}
				out.WriteString("</mj-group>")
				continue
			}
			g.column(out)
		}
		out.WriteString("</mj-section>")
	}
}

func (g *generator) column(out *strings.Builder) {
	out.WriteString(start("mj-column", g.few("mj-column")...) + ">")
	g.contents(out)
	out.WriteString("</mj-column>")
}

func (g *generator) contents(out *strings.Builder) {
	for range g.rng.IntN(4) {
		tag := g.pick("mj-text", "mj-button", "mj-image", "mj-divider", "mj-spacer", "mj-table", "mj-social", "mj-navbar", "mj-accordion")
		out.WriteString(start(tag, g.few(tag)...) + ">" + inner(tag) + "</" + tag + ">")
		if g.rng.IntN(12) == 0 {
			out.WriteString("<!-- between -->")
		}
	}
}

// refused is what the reference's strict validation complains of.
func (g *generator) refused() {
	for _, tag := range drawn() {
		for _, a := range words()[tag].attributes {
			switch a.is {
			case colour:
				g.add("refused", around(tag, start(tag, a.name, "reddish")))
			case length, signedLength:
				g.add("refused", around(tag, start(tag, a.name, "10furlongs")))
				g.add("refused", around(tag, start(tag, a.name, "1px 2px 3px 4px 5px")))
			case oneOf:
				g.add("refused", around(tag, start(tag, a.name, "sideways")))
			case trueFalse:
				g.add("refused", around(tag, start(tag, a.name, "maybe")))
			}
		}
		g.add("refused", around(tag, start(tag, "unheard-of", "1")))
	}
	for _, body := range []string{
		"<mj-text>a</mj-text>", "<mj-column></mj-column>", "<mj-section><mj-text>a</mj-text></mj-section>", "<mj-wrapper><mj-column></mj-column></mj-wrapper>",
		"<mj-section><mj-column><mj-section></mj-section></mj-column></mj-section>", "<mj-section><mj-column><mj-unheard></mj-unheard></mj-column></mj-section>",
		"<mj-section><mj-group><mj-text>a</mj-text></mj-group></mj-section>", "<mj-hero><mj-section></mj-section></mj-hero>", "<mj-wrapper><mj-wrapper></mj-wrapper></mj-wrapper>",
	} {
		g.add("refused", "<mjml><mj-body>"+body+"</mj-body></mjml>")
	}
}
