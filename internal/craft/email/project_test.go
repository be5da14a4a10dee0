package email

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// projections of a page: what most clients show, what Outlook shows, and the
// style sheets. Two pages are alike when all three are.
type projections struct{ common, outlook, styles string }

func project(page string) projections {
	page = menuID.ReplaceAllString(page, `$1="menu"`)
	opened := openConditionals(page)
	return projections{common: outline(page, false), outlook: outline(opened, true), styles: sheets(opened)}
}

// menuID is drawn at random by the reference.
var menuID = regexp.MustCompile(`\b(id|for)="[0-9a-f]{16}"`)

// differ returns the first line in which two pages differ, "" when they are alike.
func differ(want, got string) string {
	w, g := project(want), project(got)
	for _, one := range []struct{ name, want, got string }{
		{"common", w.common, g.common},
		{"outlook", w.outlook, g.outlook},
		{"styles", w.styles, g.styles},
	} {
		if one.want == one.got {
			continue
		}
		a, b := strings.Split(one.want, "\n"), strings.Split(one.got, "\n")
		for i := range max(len(a), len(b)) {
			var x, y string
			if i < len(a) {
				x = a[i]
			}
			if i < len(b) {
				y = b[i]
			}
			if x != y {
				return fmt.Sprintf("%s, line %d:\n want %s\n got  %s", one.name, i, x, y)
			}
		}
	}
	return ""
}

var hidden = regexp.MustCompile(`(?s)<!--(\[if [^\]]+\])>(.*?)<!\[endif\]-->`)

// openConditionals turns what only Outlook reads into what all do, between two
// comments. What all but Outlook read is no comment anyway.
func openConditionals(page string) string {
	return hidden.ReplaceAllStringFunc(page, func(s string) string {
		m := hidden.FindStringSubmatch(s)
		if strings.HasPrefix(m[2], "<!--") {
			return s
		}
		return "<!--" + m[1] + "-->" + m[2] + "<!--[endif]-->"
	})
}

// outline prints a tree, one node a line.
func outline(page string, comments bool) string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return "no HTML: " + err.Error()
	}
	prune(doc, comments)
	blanks(doc)
	var out strings.Builder
	printNode(&out, doc, 0)
	return out.String()
}

// prune takes comments away and joins the texts around them.
func prune(n *html.Node, comments bool) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == html.CommentNode && !(comments && (strings.HasPrefix(c.Data, "[if") || strings.Contains(c.Data, "[endif]"))) {
			n.RemoveChild(c)
		} else if prev := c.PrevSibling; c.Type == html.TextNode && prev != nil && prev.Type == html.TextNode {
			prev.Data += c.Data
			n.RemoveChild(c)
		} else {
			prune(c, comments)
		}
		c = next
	}
}

var run = regexp.MustCompile(`[ \t\r\n\f]+`)

// blanks makes runs of blanks one, and takes those away that no client shows.
func blanks(n *html.Node) {
	for c := n.FirstChild; c != nil; {
		next := c.NextSibling
		if c.Type == html.TextNode && n.Data != "style" {
			c.Data = run.ReplaceAllString(c.Data, " ")
			if edge(c.PrevSibling, n) {
				c.Data = strings.TrimPrefix(c.Data, " ")
			}
			if edge(c.NextSibling, n) {
				c.Data = strings.TrimSuffix(c.Data, " ")
			}
			if c.Data == "" {
				n.RemoveChild(c)
			}
		} else {
			blanks(c)
		}
		c = next
	}
}

// edge reports whether a blank next to the sibling is at the end of a line.
func edge(sibling, parent *html.Node) bool {
	if sibling == nil {
		return !flows(parent)
	}
	return !flows(sibling)
}

func flows(n *html.Node) bool {
	switch n.Type {
	case html.TextNode:
		return true
	case html.ElementNode:
	default:
		return false
	}
	for _, a := range n.Attr {
		if a.Key == "style" && (strings.Contains(a.Val, "display:inline") || strings.Contains(a.Val, "display: inline")) {
			return true
		}
	}
	return slices.Contains([]string{"a", "b", "strong", "i", "em", "u", "s", "small", "span", "sub", "sup", "img", "br", "code", "font"}, n.Data)
}

func printNode(out *strings.Builder, n *html.Node, depth int) {
	indent := strings.Repeat(" ", depth)
	switch n.Type {
	case html.TextNode:
		fmt.Fprintf(out, "%s%q\n", indent, n.Data)
	case html.CommentNode:
		fmt.Fprintf(out, "%s<!--%s-->\n", indent, run.ReplaceAllString(n.Data, ""))
	case html.DoctypeNode:
		fmt.Fprintf(out, "%s<!doctype %s>\n", indent, n.Data)
	case html.ElementNode:
		var attrs []string
		for _, a := range n.Attr {
			key, value := a.Key, run.ReplaceAllString(strings.TrimSpace(a.Val), " ")
			if a.Namespace != "" {
				key = a.Namespace + ":" + key
			}
			if key == "style" {
				value = oneStyle(value)
			}
			attrs = append(attrs, fmt.Sprintf(" %s=%q", key, value))
		}
		slices.Sort(attrs)
		fmt.Fprintf(out, "%s<%s%s>\n", indent, n.Data, strings.Join(attrs, ""))
		if n.Data == "style" {
			return
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		printNode(out, c, depth+1)
	}
}

// oneStyle writes a style in one way, in its order.
func oneStyle(s string) string {
	var parts []string
	for _, d := range apart(s, ';') {
		if property, value, ok := strings.Cut(d, ":"); ok {
			parts = append(parts, strings.TrimSpace(property)+":"+strings.TrimSpace(value))
		}
	}
	return strings.Join(parts, ";")
}

var tight = regexp.MustCompile(`\s*([{};,>]|:\s)\s*`)

// sheets lists the rules of all style sheets.
func sheets(page string) string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return "no HTML: " + err.Error()
	}
	var out strings.Builder
	for n := range doc.Descendants() {
		switch {
		case n.Type == html.CommentNode && (strings.HasPrefix(n.Data, "[if") || strings.Contains(n.Data, "[endif]")):
			fmt.Fprintln(&out, run.ReplaceAllString(n.Data, ""))
		case n.Type == html.ElementNode && n.Data == "style":
			fmt.Fprintln(&out, "<style>", n.Attr)
			if n.FirstChild != nil {
				css := tight.ReplaceAllString(run.ReplaceAllString(strings.TrimSpace(n.FirstChild.Data), " "), "$1")
				fmt.Fprintln(&out, strings.ReplaceAll(strings.ReplaceAll(css, ": ", ":"), "}", "}\n"))
			}
		}
	}
	return out.String()
}

// What the comparison is for, it must find.
func TestTheComparisonFindsFaults(t *testing.T) {
	page := mustCompile(t, `<mjml><mj-head><mj-style>.a{color:red}.b{color:blue}</mj-style></mj-head><mj-body><mj-section><mj-column><mj-text>Rye <b>today</b> <i>only</i></mj-text><mj-divider /></mj-column></mj-section></mj-body></mjml>`).HTML()
	for says, c := range map[string]struct{ from, to string }{
		"two declarations are swapped":      {"font-size:13px;line-height:1;", "line-height:1;font-size:13px;"},
		"a declaration is lost":             {"text-align:left;color:#000000;", "color:#000000;"},
		"a table for Outlook is lost":       {`<tr><td style="height:0;line-height:0;">&nbsp;</td></tr>`, ""},
		"a condition is another":            {"<!--[if mso | IE]><table border", "<!--[if mso]><table border"},
		"an attribute for Outlook is lost":  {` width="600"`, ""},
		"a blank between words is lost":     {"</b> <i>", "</b><i>"},
		"a blank in a text is lost":         {"Rye <b>", "Rye<b>"},
		"an attribute is lost":              {` role="article"`, ""},
		"a rule is lost":                    {".a{color:red}", ""},
		"two rules are swapped":             {".a{color:red}.b{color:blue}", ".b{color:blue}.a{color:red}"},
		"a condition of a style is another": {"(min-width:480px)", "(min-width:481px)"},
		"a word is another":                 {"today", "Today"},
		"an element is another":             {"<p style", "<div style"},
	} {
		t.Run(says, func(t *testing.T) {
			if !strings.Contains(page, c.from) {
				t.Fatalf("the page has no %q:\n%s", c.from, page)
			}
			if differ(page, strings.Replace(page, c.from, c.to, 1)) == "" {
				t.Error("nothing was found")
			}
		})
	}
	for says, c := range map[string]struct{ from, to string }{
		"the order of attributes does not count": {`border="0" cellpadding="0"`, `cellpadding="0" border="0"`},
		"blanks between blocks do not count":     {"</tr>", "\n  </tr>\n"},
		"other comments do not count":            {"<tbody>", "<!-- x --><tbody>"},
		"blanks in a style do not count":         {"font-size:13px;", "font-size: 13px; "},
	} {
		t.Run(says, func(t *testing.T) {
			if diff := differ(page, strings.Replace(page, c.from, c.to, 1)); diff != "" || !strings.Contains(page, c.from) {
				t.Error(diff)
			}
		})
	}
}
