// Package email turns MJML into the HTML that mail clients show: nested tables
// for the ones that lay out with tables, conditional comments for Outlook, media
// queries for phones, and the same mail as plain text.
//
// Compile reads a layout once; Fill puts the words of a variant into it as often
// as wanted. Placeholders are those of package markup:
//
//	{{headline}}              the text of a slot, in a text, href, src, alt or title
//	{{token.accent}}          a colour of the brand, in a colour attribute
//	{{#offer}}...{{/offer}}   sections or elements kept only when the slot is filled
//
// A mail is a whole page with conditional comments, which package markup does
// not take, so the filling is done here; what may stand in a text is asked there.
//
// The HTML equals that of mjml 5.4.1 for the tags in docs/mjml.md; the folder
// oracle holds the two against each other. Nothing here fetches or stores
// anything.
package email

import (
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/markup"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// Options say what a layout may refer to.
type Options struct {
	// Verbatim takes braces for text like any other, so that a bare MJML file
	// comes out as the reference would write it, with whatever its author put
	// there. Without it, what could run or load a page is refused too.
	Verbatim bool
	// Slots are what placeholders may name, as Template.Placeholders lists them.
	Slots []string
	// Tokens are the colours that {{token.name}} may name. Where one has a dark
	// value, the page says that it supports dark mode and changes the colour
	// there. Other pages are left as the reference writes them.
	Tokens map[string]Token
}

// Token is a colour of the brand in its modes, each a CSS value.
type Token struct {
	Light string
	Dark  string // "" when it is the same
}

// Layout is a compiled mail. It is safe for concurrent use.
type Layout struct {
	html, text string  // with placeholders
	page, bare []piece // the same, cut for filling
	names      markup.Names
}

// Compile reads MJML. All faults come at once, as throughline.Problems in the
// order of the source, each placed as mjml:line:column.
func Compile(source []byte, opts Options) (*Layout, error) {
	if len(source) > MaxBytes {
		return nil, throughline.Errorf(throughline.TooLarge, "the layout has %d bytes, and %d are allowed", len(source), MaxBytes).
			At("mjml:1:1").WithFix("split the mail; Gmail shows the first 102 kB")
	}
	src := string(source)
	f := &faults{src: src}
	if at := strange(source); at >= 0 {
		f.add(at, "a byte here is no text").WithFix("save the file as UTF-8, and remove control characters")
		return nil, f.err()
	}
	known := words()
	root := parse(src, known, opts.Verbatim, f)
	if root != nil {
		check(root, known, &opts, f)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	d := draw(root, known)
	if d.full {
		return nil, tooLarge()
	}
	l := &Layout{html: d.page(&opts)}
	switch {
	case d.slow:
		return nil, tooSlow()
	case len(l.html) > maxHTML:
		return nil, tooLarge()
	}
	l.text = plain(root, d.head)
	if opts.Verbatim {
		l.page, l.bare = []piece{{text: l.html}}, []piece{{text: l.text}}
		return l, nil
	}
	l.names = markup.NamesOf(opts.Slots)
	l.page, l.bare = pieces(l.html, opts.Tokens), textPieces(l.text)
	return l, nil
}

// strange returns where a byte stands that no text has; -1 when there is none.
func strange(source []byte) int {
	if at := text.FirstInvalid(source); at >= 0 {
		return at
	}
	for i, c := range source {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' {
			return i
		}
	}
	return -1
}

// HTML returns the page with its placeholders as written.
func (l *Layout) HTML() string { return l.html }

// Text returns the mail as plain text with its placeholders as written.
func (l *Layout) Text() string { return l.text }

// Slots returns the slots that the mail shows or asks for, sorted: a slot of the
// template that is not among them is filled for nothing.
func (l *Layout) Slots() []string {
	var used []string
	for _, p := range l.page {
		name, _, _ := strings.Cut(p.text, ".")
		if p.kind != literal && !slices.Contains(used, name) {
			used = append(used, name)
		}
	}
	slices.Sort(used)
	return used
}

// Message is a mail filled with the words of a variant. A mail client shows one
// of the two, so both are sent, as multipart/alternative.
type Message struct {
	HTML string
	Text string
}

// Fill returns the mail with the text by slot; a slot that is absent or "" is
// unfilled. HTML is escaped by where a slot stands, and an address in a slot
// that could run, or that is none, becomes "#".
func (l *Layout) Fill(slots map[string]string) Message {
	filled := l.names.Fill(slots)
	return Message{HTML: fill(l.page, filled, slots), Text: tidy(fill(l.bare, filled, slots))}
}

// draw renders the body and everything that goes into the head.
func draw(root *element, known vocabulary) *drawing {
	d := &drawing{writer: writer{make([]byte, 0, 64<<10)}, words: known, head: readHead(root)}
	for _, child := range root.children {
		if child.tag == "mj-body" {
			d.body(child)
			return d
		}
	}
	return d
}

// tidy joins the blank lines that removed sections leave behind.
func tidy(s string) string {
	for strings.Contains(s, "\n\n\n") {
		s = strings.ReplaceAll(s, "\n\n\n", "\n\n")
	}
	return strings.TrimLeft(s, "\n")
}
