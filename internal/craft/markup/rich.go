package markup

import (
	"html"
	"slices"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"

	"github.com/throughline-engine/throughline"
)

// Rich draws a rich text, which is Markdown, as HTML: paragraphs, and of the
// marks bold, italic, links and bullets. What else Markdown has stands there as
// text, and HTML in it is escaped. A link that does not lead to https, mailto,
// tel or a path is only its text.
func Rich(markdown string) string {
	d := richDrawer{source: shallow(markdown)}
	d.block(parse(d.source))
	return d.out.String()
}

// Plain returns what a rich text says without its marks: a line for each
// paragraph and point, and the address of a link behind it in parentheses.
func Plain(markdown string) string {
	d := plainDrawer{source: shallow(markdown)}
	d.block(parse(d.source), "")
	return strings.TrimSpace(d.out.String())
}

// Beyond is what a rich text uses that is no mark.
const Beyond throughline.Mark = "other"

// Marks returns the marks that a rich text uses, each once, and Beyond where it
// uses what none stands for: headings, quotes, code, pictures, HTML, numbered
// lists, lines, and a text too long to be read so.
func Marks(markdown string) []throughline.Mark {
	var used []throughline.Mark
	add := func(m throughline.Mark) {
		if !slices.Contains(used, m) {
			used = append(used, m)
		}
	}
	if len(markdown) > richMost {
		return []throughline.Mark{Beyond}
	}
	walk(parse(shallow(markdown)), func(n ast.Node) {
		switch n := n.(type) {
		case *ast.Document, *ast.Paragraph, *ast.TextBlock, *ast.Text, *ast.String, *ast.ListItem:
		case *ast.Emphasis:
			add(map[bool]throughline.Mark{true: throughline.Bold, false: throughline.Italic}[n.Level == 2])
		case *ast.Link, *ast.AutoLink:
			add(throughline.LinkMark)
		case *ast.List:
			add(map[bool]throughline.Mark{true: Beyond, false: throughline.Bullets}[n.IsOrdered()])
		default:
			add(Beyond)
		}
	})
	return used
}

// richMost is how many bytes of a rich text are read as Markdown. What is longer is
// text: the parser looks at all that follows for some signs.
const richMost = 64 << 10

func parse(source []byte) ast.Node {
	if len(source) > richMost {
		all, line := ast.NewDocument(), ast.NewParagraph()
		line.AppendChild(line, ast.NewRawTextSegment(text.NewSegment(0, len(source))))
		all.AppendChild(all, line)
		return all
	}
	return goldmark.DefaultParser().Parse(text.NewReader(source))
}

// nestMost is how many quotes and points may begin in one line inside each other: the
// parser looks at all of them again for each.
const nestMost = 64

// shallow returns a rich text in which what begins deeper is text.
func shallow(markdown string) []byte {
	var out strings.Builder
	for line := range strings.Lines(markdown) {
		end := deepest(line)
		out.WriteString(line[:end])
		if end < len(line) {
			out.WriteString("\\")
		}
		out.WriteString(line[end:])
	}
	return []byte(out.String())
}

// deepest returns where in a line the quotes and points that it begins with are too
// many, or its length.
func deepest(line string) int {
	n := 0
	for i := range len(line) {
		switch c := line[i]; {
		case c == ' ' || c == '\t' || c >= '0' && c <= '9':
			continue
		case c == '>':
		case strings.IndexByte("-+*.)", c) >= 0 && i+1 < len(line) && (line[i+1] == ' ' || line[i+1] == '\t'):
		default:
			return len(line)
		}
		if n++; n > nestMost {
			return i
		}
	}
	return len(line)
}

func walk(n ast.Node, visit func(ast.Node)) {
	visit(n)
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		walk(c, visit)
	}
}

// richDrawer writes HTML.
type richDrawer struct {
	source []byte
	out    strings.Builder
}

func (d *richDrawer) children(n ast.Node, draw func(ast.Node)) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		draw(c)
	}
}

func (d *richDrawer) within(tag string, n ast.Node, draw func(ast.Node)) {
	d.out.WriteString("<" + tag + ">")
	d.children(n, draw)
	d.out.WriteString("</" + tag + ">")
}

func (d *richDrawer) block(n ast.Node) {
	switch n := n.(type) {
	case *ast.Document, *ast.Blockquote:
		d.children(n, d.block)
	case *ast.Paragraph, *ast.Heading:
		d.within("p", n, d.inline)
	case *ast.TextBlock:
		d.children(n, d.inline)
	case *ast.List:
		d.within("ul", n, d.block)
	case *ast.ListItem:
		d.within("li", n, d.block)
	case *ast.ThematicBreak:
	default: // code and HTML
		d.out.WriteString("<p>" + html.EscapeString(raw(n, d.source)) + "</p>")
	}
}

func (d *richDrawer) inline(n ast.Node) {
	switch n := n.(type) {
	case *ast.Emphasis:
		d.within(map[bool]string{true: "strong", false: "em"}[n.Level == 2], n, d.inline)
	case *ast.Link:
		d.link(string(n.Destination), func() { d.children(n, d.inline) })
	case *ast.AutoLink:
		label := string(n.Label(d.source))
		address := string(n.URL(d.source))
		if n.AutoLinkType == ast.AutoLinkEmail {
			address = "mailto:" + address
		}
		d.link(address, func() { d.out.WriteString(html.EscapeString(label)) })
	case *ast.Text:
		d.out.WriteString(html.EscapeString(unescape(n.Segment.Value(d.source), n.IsRaw())))
		if n.HardLineBreak() {
			d.out.WriteString("<br>")
		} else if n.SoftLineBreak() {
			d.out.WriteString(" ")
		}
	case *ast.String:
		d.out.WriteString(html.EscapeString(string(n.Value)))
	case *ast.RawHTML:
		d.out.WriteString(html.EscapeString(string(n.Segments.Value(d.source))))
	default: // code, pictures
		d.children(n, d.inline)
	}
}

func (d *richDrawer) link(address string, label func()) {
	if !followable(address) {
		label()
		return
	}
	d.out.WriteString(`<a href="` + html.EscapeString(address) + `">`)
	label()
	d.out.WriteString("</a>")
}

// followable reports whether an address leads somewhere and runs nothing.
func followable(address string) bool {
	if strings.HasPrefix(address, "/") {
		return !strings.HasPrefix(address, "//") && !strings.HasPrefix(address, "/\\")
	}
	lower := strings.ToLower(address)
	return slices.ContainsFunc([]string{"https://", "mailto:", "tel:"}, func(scheme string) bool { return strings.HasPrefix(lower, scheme) })
}

// unescape resolves what Markdown writes with backslashes and entities.
func unescape(b []byte, raw bool) string {
	if raw {
		return string(b)
	}
	return string(util.ResolveEntityNames(util.ResolveNumericReferences(util.UnescapePunctuations(b))))
}

// raw returns the source of a block that has lines of its own.
func raw(n ast.Node, source []byte) string {
	var out strings.Builder
	for i := range n.Lines().Len() {
		line := n.Lines().At(i)
		out.Write(line.Value(source))
	}
	return out.String()
}

// plainDrawer writes text.
type plainDrawer struct {
	source []byte
	out    strings.Builder
}

func (d *plainDrawer) block(n ast.Node, bullet string) {
	switch n := n.(type) {
	case *ast.Document, *ast.Blockquote, *ast.List:
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			d.block(c, bullet)
		}
	case *ast.ListItem:
		bullet = "- "
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			d.block(c, bullet)
			bullet = "  "
		}
	case *ast.ThematicBreak:
	case *ast.Paragraph, *ast.Heading, *ast.TextBlock:
		d.out.WriteString(bullet)
		d.inline(n)
		d.out.WriteString("\n")
	default:
		d.out.WriteString(raw(n, d.source) + "\n")
	}
}

func (d *plainDrawer) inline(parent ast.Node) {
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		switch n := n.(type) {
		case *ast.Text:
			d.out.WriteString(unescape(n.Segment.Value(d.source), n.IsRaw()))
			if n.HardLineBreak() {
				d.out.WriteString("\n")
			} else if n.SoftLineBreak() {
				d.out.WriteString(" ")
			}
		case *ast.String:
			d.out.WriteString(string(n.Value))
		case *ast.RawHTML:
			d.out.WriteString(string(n.Segments.Value(d.source)))
		case *ast.AutoLink:
			d.out.WriteString(string(n.Label(d.source)))
		case *ast.Link:
			d.inline(n)
			if address := string(n.Destination); followable(address) {
				d.out.WriteString(" (" + address + ")")
			}
		default:
			d.inline(n)
		}
	}
}
