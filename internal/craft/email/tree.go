package email

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// tree is the page's elements as nodes that selectors can be held against, each
// with the bytes of its start tag: what is not changed stays as it was written.
type tree struct {
	src     string
	root    *html.Node
	nodes   []*html.Node // in the order of the page
	tags    map[*html.Node]token
	changed map[*html.Node]bool
	levels  map[*html.Node]int
	depth   int // the deepest level
}

func grow(src string) *tree {
	t := &tree{src: src, root: &html.Node{Type: html.DocumentNode}, tags: map[*html.Node]token{}, levels: map[*html.Node]int{}, changed: map[*html.Node]bool{}}
	s := scanner{src: src, raw: true}
	at := t.root
	for {
		tok, ok := s.next()
		if !ok || t.depth > maxNesting {
			return t
		}
		switch tok.kind {
		case textToken:
			if text := src[tok.start:tok.end]; strings.TrimSpace(text) != "" {
				at.AppendChild(&html.Node{Type: html.TextNode, Data: text})
			}
		case endToken:
			at = leave(at, strings.ToLower(tok.name))
		case startToken:
			at = t.enter(at, tok)
		}
	}
}

func (t *tree) enter(at *html.Node, tok token) *html.Node {
	n := &html.Node{Type: html.ElementNode, Data: strings.ToLower(tok.name)}
	for _, a := range tok.attributes {
		n.Attr = append(n.Attr, html.Attribute{Key: strings.ToLower(a.name), Val: t.src[a.start:a.end]})
	}
	parent := at
	for ends(parent.Data, n.Data) {
		parent = parent.Parent
	}
	parent.AppendChild(n)
	t.nodes = append(t.nodes, n)
	t.tags[n] = tok
	t.levels[n] = t.levels[parent] + 1
	t.depth = max(t.depth, t.levels[n])
	if holdsNothing(n.Data) {
		return parent
	}
	return n
}

// leave returns where one is after an end tag.
func leave(at *html.Node, name string) *html.Node {
	for n := at; n.Parent != nil; n = n.Parent {
		if n.Data == name {
			return n.Parent
		}
	}
	return at
}

// ends reports whether an open element ends where another begins.
func ends(open, next string) bool {
	switch open {
	case "td", "th":
		return next == "td" || next == "th" || next == "tr"
	case "tr", "li", "option":
		return next == open
	case "p":
		return slices.Contains([]string{"p", "div", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr", "pre"}, next)
	}
	return false
}

func holdsNothing(name string) bool {
	switch name {
	case "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr":
		return true
	}
	return false
}

func attributeOf(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// set changes an attribute.
func (t *tree) set(n *html.Node, name, value string) {
	t.changed[n] = true
	for i := range n.Attr {
		if n.Attr[i].Key == name {
			n.Attr[i].Val = value
			return
		}
	}
	n.Attr = append(n.Attr, html.Attribute{Key: name, Val: value})
}

// String writes the page with what was changed.
func (t *tree) String() string {
	var w writer
	at := 0
	for _, n := range t.nodes {
		if !t.changed[n] {
			continue
		}
		tok := t.tags[n]
		w.text(t.src[at:tok.start], "<", tok.name)
		for _, a := range n.Attr {
			w.text(" ", a.Key, `="`, strings.ReplaceAll(a.Val, `"`, "&quot;"), `"`)
		}
		if tok.closed {
			w.text(" /")
		}
		w.text(">")
		at = tok.end
	}
	w.text(t.src[at:])
	return string(w.buf)
}

// decorate gives attributes to what selectors match. It is not done, and ok is
// false, when it would take too long.
func decorate(body string, extras []extra) (decorated string, ok bool) {
	t := grow(body)
	if t.depth > maxNesting {
		return body, false
	}
	steps := 0
	for _, x := range extras {
		if steps += toil(x.selector, t); steps > maxToil {
			return body, false
		}
		match, err := selector(x.selector)
		if err != nil {
			continue // the check has said so
		}
		for _, n := range t.nodes {
			if !match.Match(n) {
				continue
			}
			for _, v := range x.values {
				t.set(n, v.name, v.text)
			}
		}
	}
	return t.String(), true
}
