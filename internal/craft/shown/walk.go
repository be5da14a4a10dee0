package shown

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// walk takes a node and what is in it. Link is the index of the link around it.
func (r *reader) walk(n *html.Node, parent looks, link int) {
	for c := n.FirstChild; c != nil && r.err == nil; c = c.NextSibling {
		switch c.Type {
		case html.CommentNode:
			if strings.HasPrefix(c.Data, "@") {
				if v, err := strconv.Atoi(c.Data[1:]); err == nil && v >= 0 && v < len(r.source) {
					r.before = v
					continue
				}
			}
			r.use("html-comments", r.place(r.before, r.before, ""))
		case html.DoctypeNode:
			r.use("html-doctype", r.place(0, 0, ""))
		case html.TextNode:
			r.text(c, &parent, link)
		case html.ElementNode:
			r.element(c, &parent, link)
		}
	}
}

func (r *reader) text(n *html.Node, in *looks, link int) {
	said := fold(n.Data)
	if said == "" || n.Parent == nil || byItself(n.Parent.Data) != nil && n.Parent.Data != "button" && in[Light].none && isMeta(n.Parent.Data) {
		return
	}
	start := r.before
	for start < len(r.source) && strings.IndexByte(" \t\r\n\f", r.source[start]) >= 0 {
		start++
	}
	end := start
	for end < len(r.source) && r.source[end] != '<' {
		end++
	}
	s := &in[Light]
	r.shown.Texts = append(r.shown.Texts, Text{
		Place: r.place(start, end, said), Text: said, Element: n.Parent.Data, Link: link,
		Hidden: s.none || s.unseen || s.opacity == 0 || s.size == 0, Looks: in.seen(),
	})
	if link >= 0 {
		l := &r.shown.Links[link]
		l.Text = fold(l.Text + " " + said)
	}
}

// isMeta tells the elements whose text is never shown.
func isMeta(tag string) bool {
	switch tag {
	case "head", "script", "style", "title", "template", "noembed", "datalist":
		return true
	}
	return false
}

func (r *reader) element(n *html.Node, parent *looks, link int) {
	l := r.cascade(n, parent)
	if s := &l[Light]; s.pad != [4]float64{} || s.gap != [4]float64{} {
		r.rooms[n] = room{s.pad, s.gap}
	}
	r.markup(n)
	r.structure(n)
	r.danger(n)
	switch n.Data {
	case "a", "area":
		if href, ok := attr(n, "href"); ok {
			link = len(r.shown.Links)
			label, _ := attr(n, "aria-label")
			r.shown.Links = append(r.shown.Links, Link{
				Place: r.placeOf(n, href), Href: strings.TrimSpace(href), Text: fold(label), Height: height(n, &l[Light]),
			})
		}
	case "img":
		r.picture(n, &l, link)
	}
	r.walk(n, l, link)
}

func (r *reader) picture(n *html.Node, l *looks, link int) {
	src, _ := attr(n, "src")
	alt, has := attr(n, "alt")
	s := &l[Light]
	p := Picture{
		Place: r.placeOf(n, src), Src: src, Alt: alt, HasAlt: has, Width: pixelsWide(n, s), Height: max(0, s.height),
		Ground: l.seen(), Link: link, Hidden: s.none || s.unseen || s.opacity == 0,
	}
	r.pending = append(r.pending, pending{n, len(r.shown.Pictures)})
	if link >= 0 && strings.TrimSpace(alt) != "" {
		k := &r.shown.Links[link]
		k.Text = fold(k.Text + " " + alt)
	}
	r.shown.Pictures = append(r.shown.Pictures, p)
}

// pixelsWide is how wide a picture is. One that fills a part of its place is as wide
// as its attribute says, which is for clients that know no such parts.
func pixelsWide(n *html.Node, s *style) float64 {
	if s.width >= 0 {
		return s.width
	}
	said, _ := attr(n, "width")
	return max(0, s.length(legacyLength(said)))
}

// height is that of a link that stands as a block of its own.
func height(n *html.Node, s *style) float64 {
	block := strings.Contains(s.display, "block") || s.own.A > 0
	if !block {
		return 0
	}
	if s.height > 0 {
		return s.height
	}
	if s.pad[0] < 0 || s.pad[2] < 0 || s.size == 0 {
		return -1
	}
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && d.Data == "img" {
			return -1
		}
	}
	line := s.line
	if line == 0 {
		line = 1.15 * s.size
	}
	return line + s.pad[0] + s.pad[2]
}

func (r *reader) structure(n *html.Node) {
	st := &r.shown.Structure
	switch n.Data {
	case "html":
		st.Lang, _ = attr(n, "lang")
		st.Lang = strings.TrimSpace(st.Lang)
	case "title":
		if st.Title == "" && around(n, "svg") == nil {
			st.Title = fold(words(n))
		}
	case "h1", "h2", "h3", "h4", "h5", "h6":
		said := fold(words(n))
		st.Headings = append(st.Headings, Heading{Place: r.placeOf(n, said), Level: int(n.Data[1] - '0'), Text: said})
	case "table":
		role, _ := attr(n, "role")
		if role == "presentation" || role == "none" || hasHeader(n) {
			return
		}
		st.Tables = append(st.Tables, r.placeOf(n, ""))
	}
}

func words(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
			b.WriteByte(' ')
		}
		if d.Type == html.ElementNode && d.Data == "img" {
			alt, _ := attr(d, "alt")
			b.WriteString(alt)
		}
	}
	return b.String()
}

// hasHeader looks at the first rows only: a table of data has its headers there.
func hasHeader(table *html.Node) bool {
	seen := 0
	for d := range table.Descendants() {
		if d.Type == html.ElementNode && d.Data == "th" {
			return true
		}
		if seen++; seen > 100 {
			return false
		}
	}
	return false
}

func (r *reader) risk(what, got string, offset int) {
	r.shown.Risks = append(r.shown.Risks, Risk{Place: r.place(offset, offset, ""), What: what, Got: shorten(got)})
}

// danger notes what could run, load another page or send something.
func (r *reader) danger(n *html.Node) {
	start, _ := spot(n)
	switch n.Data {
	case "script":
		r.risk("script", "<script>", start)
	case "iframe", "frame", "frameset", "portal":
		r.risk("frame", "<"+n.Data+">", start)
	case "form", "input", "button", "select", "textarea":
		r.risk("form", "<"+n.Data+">", start)
	case "object", "embed", "applet":
		r.risk("object", "<"+n.Data+">", start)
	case "base":
		r.risk("base", "<base>", start)
	case "link":
		if rel, _ := attr(n, "rel"); strings.Contains(strings.ToLower(rel), "stylesheet") {
			href, _ := attr(n, "href")
			r.risk("style", "<link> "+href, start)
		}
	case "meta":
		if e, _ := attr(n, "http-equiv"); strings.EqualFold(strings.TrimSpace(e), "refresh") {
			r.risk("refresh", "<meta http-equiv=refresh>", start)
		}
	}
	for _, a := range n.Attr {
		key := strings.ToLower(a.Key)
		switch {
		case len(key) > 2 && strings.HasPrefix(key, "on"):
			r.risk("handler", key+"="+a.Val, start)
		case key == "srcdoc":
			r.risk("frame", "srcdoc", start)
		case runs(a.Val, key):
			r.risk("address", key+"="+a.Val, start)
		case key == "style" && (strings.Contains(a.Val, "expression(") || strings.Contains(strings.ToLower(a.Val), "javascript:") || strings.Contains(a.Val, "-moz-binding")):
			r.risk("address", "style="+a.Val, start)
		}
	}
}

// runs tells an address that a browser would run. White space and control
// characters in a scheme are ignored by browsers, so they are here.
func runs(v, key string) bool {
	switch key {
	case "href", "src", "action", "formaction", "background", "poster", "data", "cite", "longdesc", "from", "to", "values":
	default:
		return false
	}
	v = strings.Map(func(c rune) rune {
		if c <= ' ' {
			return -1
		}
		return c
	}, v)
	v = strings.ToLower(v[:min(len(v), 40)])
	return strings.HasPrefix(v, "javascript:") || strings.HasPrefix(v, "vbscript:") || strings.HasPrefix(v, "data:text/html") ||
		strings.HasPrefix(v, "data:application") || strings.HasPrefix(v, "data:image/svg") && key == "href"
}
