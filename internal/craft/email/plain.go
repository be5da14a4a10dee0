package email

import (
	"strings"

	"golang.org/x/net/html"
)

// plainText builds the mail for people who read no HTML: words, links with their
// addresses, what pictures show, and nothing of the layout.
type plainText struct {
	out   strings.Builder
	lines int // line ends at the end of out
}

func plain(root *element, _ *head) string {
	var p plainText
	for _, e := range root.children {
		if e.tag == "mj-body" {
			p.elements(e)
		}
	}
	return strings.TrimSpace(p.out.String()) + "\n"
}

// ends writes line ends until there are n.
func (p *plainText) end(n int) {
	if p.out.Len() == 0 {
		return
	}
	for ; p.lines < n; p.lines++ {
		p.out.WriteByte('\n')
	}
}

func (p *plainText) write(s string) {
	if s == "" {
		return
	}
	p.out.WriteString(s)
	p.lines = 0
}

func (p *plainText) elements(e *element) {
	for _, child := range e.children {
		switch {
		case child.block:
			p.end(2)
			p.write(child.content)
			p.end(2)
		case child.comment:
		default:
			p.element(child)
		}
	}
}

func (p *plainText) element(e *element) {
	href, _ := e.attr("href")
	switch e.tag {
	case "mj-text", "mj-table", "mj-raw", "mj-accordion-title", "mj-accordion-text":
		p.end(2)
		p.write(textOf(e.content))
		p.end(2)
	case "mj-button", "mj-social-element", "mj-navbar-link":
		words := textOf(e.content)
		if name, _ := e.attr("name"); words == "" && e.tag == "mj-social-element" {
			words = strings.TrimSuffix(name, "-noshare")
		}
		gap := 2
		if e.tag != "mj-button" {
			gap = 1
		}
		p.end(gap)
		p.write(linked(words, unescaped(href)))
		p.end(gap)
	case "mj-image":
		if alt, _ := e.attr("alt"); alt != "" {
			p.end(2)
			p.write(linked("["+unescaped(alt)+"]", unescaped(href)))
			p.end(2)
		}
	case "mj-divider":
		p.end(2)
		p.write("----------")
		p.end(2)
	default:
		p.elements(e)
	}
}

// linked writes an address behind what it is called.
func linked(words, href string) string {
	switch {
	case href == "" || href == "#" || href == words:
		return words
	case strings.HasPrefix(href, "mailto:") && href[len("mailto:"):] == words:
		return words
	case words == "":
		return href
	}
	return words + ": " + href
}

func unescaped(s string) string { return html.UnescapeString(s) }

// textOf returns the words of HTML.
func textOf(content string) string {
	r := reader{s: scanner{src: content, raw: true}}
	for {
		t, ok := r.s.next()
		if !ok {
			break
		}
		switch whole := content[t.start:t.end]; t.kind {
		case textToken:
			if t.name == "" {
				r.words(unescaped(whole))
			}
		case startToken:
			r.start(content, t)
		case endToken:
			r.end(strings.ToLower(t.name))
		}
	}
	return strings.Trim(r.out.String(), " \n")
}

// reader turns HTML into lines.
type reader struct {
	s     scanner
	out   strings.Builder
	blank bool // a blank is due before the next word
	lines int  // line ends at the end of out
	cells int  // of the current row
	links []link
}

type link struct {
	href  string
	start int // of its words in out
}

func (r *reader) words(s string) {
	fields := strings.Fields(s)
	if len(fields) == 0 {
		r.blank = true
		return
	}
	r.blank = r.blank || strings.TrimLeft(s, " \t\r\n") != s
	for _, f := range fields {
		if r.blank && r.lines == 0 && r.out.Len() > 0 {
			r.out.WriteByte(' ')
		}
		r.out.WriteString(f)
		r.blank, r.lines = true, 0
	}
	r.blank = strings.TrimRight(s, " \t\r\n") != s
}

// line ends the line, and leaves one free when n is 2.
func (r *reader) line(n int) {
	if n == 0 || r.out.Len() == 0 {
		return
	}
	for ; r.lines < n; r.lines++ {
		r.out.WriteByte('\n')
	}
	r.blank = false
}

func (r *reader) start(content string, t token) {
	switch tag := strings.ToLower(t.name); tag {
	case "br":
		r.lines++
		r.out.WriteByte('\n')
		r.blank = false
	case "li":
		r.line(1)
		r.words("- ")
	case "td", "th":
		if r.cells > 0 {
			r.words(" ")
			r.out.WriteString("  ")
			r.blank = false
		}
		r.cells++
	case "tr":
		r.line(1)
		r.cells = 0
	case "img":
		if alt := valueOf(content, t, "alt"); alt != "" {
			r.words("[" + alt + "]")
		}
	case "a":
		r.links = append(r.links, link{valueOf(content, t, "href"), r.out.Len()})
	default:
		r.line(gapOf(tag))
	}
}

func (r *reader) end(tag string) {
	if tag == "a" && len(r.links) > 0 {
		l := r.links[len(r.links)-1]
		r.links = r.links[:len(r.links)-1]
		said := strings.TrimSpace(r.out.String()[l.start:])
		if l.href != "" && l.href != "#" && l.href != said && l.href != "mailto:"+said {
			blank := r.blank
			r.blank = true
			r.words("(" + l.href + ")")
			r.blank = blank
		}
		return
	}
	r.line(gapOf(tag))
}

// gapOf is how many line ends stand before and behind an element.
func gapOf(tag string) int {
	switch tag {
	case "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "blockquote", "pre", "hr":
		return 2
	case "div", "tr", "li", "dt", "dd", "section", "header", "footer":
		return 1
	}
	return 0
}

func valueOf(content string, t token, name string) string {
	for _, a := range t.attributes {
		if strings.EqualFold(a.name, name) {
			return unescaped(content[a.start:a.end])
		}
	}
	return ""
}
