package email

import (
	"strings"

	"github.com/throughline-engine/throughline"
)

// The bounds of a source. They are far above what a mail client shows and far
// below what would hold up a release.
const (
	MaxBytes      = 512 << 10 // of MJML
	maxHTML       = 4 << 20   // of what comes of it
	maxElements   = 10_000
	maxDepth      = 24
	maxAttributes = 60
	maxValue      = 8 << 10
)

// element is a tag of the source with what stands in it. A comment is an mj-raw
// of its own, and so is {{#slot}} or {{/slot}} between two sections.
type element struct {
	tag       string
	at        int
	names     []value // attributes as written
	content   string  // of a tag with content, and of a comment
	contentAt int
	children  []*element
	block     bool // {{#slot}} or {{/slot}}, which content holds
	comment   bool
}

// value is an attribute as written.
type value struct {
	name, text string
	at         int
}

func (e *element) attr(name string) (string, bool) {
	for _, v := range e.names {
		if v.name == name {
			return v.text, true
		}
	}
	return "", false
}

// parser builds the tree of a source and notes what is wrong with its syntax.
type parser struct {
	*faults
	scanner
	words    vocabulary
	verbatim bool
	open     []*element
	root     *element
	elements int
}

func parse(src string, words vocabulary, verbatim bool, f *faults) *element {
	p := parser{faults: f, scanner: scanner{src: src}, words: words, verbatim: verbatim}
	for p.step() {
		if p.elements > maxElements {
			f.add(p.at, "there are more than %d elements", maxElements).WithFix("split the mail")
			return p.root
		}
	}
	for _, e := range p.open {
		f.add(e.at, "<%s> is never closed", e.tag).WithFix("end it with </%s>", e.tag)
	}
	if p.root == nil && len(f.list) == 0 {
		f.add(0, "there is no <mjml>").WithFix("wrap the mail in <mjml><mj-body>...</mj-body></mjml>")
	}
	return p.root
}

// step takes one token; it reports whether there is more.
func (p *parser) step() bool {
	t, ok := p.next()
	if !ok {
		return false
	}
	if t.broken {
		what, fix := "a tag", "end it with >, and close every quote"
		if t.kind == commentToken {
			what, fix = "a comment", "end it with -->"
		}
		p.add(t.start, "%s is never closed", what).WithFix("%s", fix)
		return false
	}
	switch t.kind {
	case startToken:
		return p.start(t)
	case endToken:
		p.end(t)
	case textToken:
		p.text(t)
	case commentToken:
		p.child(&element{tag: "mj-raw", at: t.start, content: p.scanner.src[t.start:t.end], comment: true})
	case otherToken:
		if p.root != nil {
			p.add(t.start, "%.20q does not belong into MJML", p.scanner.src[t.start:t.end]).WithFix("put it into <mj-raw>, or remove it")
		}
	}
	return true
}

// child hangs an element under the innermost open one.
func (p *parser) child(e *element) {
	if n := len(p.open); n > 0 {
		p.elements++
		p.open[n-1].children = append(p.open[n-1].children, e)
	}
}

func (p *parser) start(t token) bool {
	e := &element{tag: t.name, at: t.start, names: p.attributes(t)}
	switch {
	case len(p.open) > 0:
		p.child(e)
	case p.root != nil:
		p.add(t.start, "<%s> stands after </mjml>", t.name).WithFix("move it inside, or remove it")
	default:
		p.root = e
	}
	if len(p.open) >= maxDepth {
		p.add(t.start, "elements stand more than %d deep in each other", maxDepth).WithFix("no tag needs as much; look for one that is not closed")
		return false
	}
	if t.closed {
		return true
	}
	if tag := p.words[t.name]; tag != nil && tag.content {
		return p.content(e)
	}
	p.open = append(p.open, e)
	return true
}

// attributes reads those of a tag.
func (p *parser) attributes(t token) []value {
	if len(t.attributes) > maxAttributes {
		p.add(t.start, "<%s> has more than %d attributes", t.name, maxAttributes).WithFix("remove some")
		return nil
	}
	values := make([]value, 0, len(t.attributes))
	for _, a := range t.attributes {
		v := value{name: a.name, at: a.at}
		raw := p.scanner.src[a.start:a.end]
		switch {
		case !a.valued:
			p.add(a.at, "the attribute %s of <%s> has no value", clip(a.name), t.name).WithFix(`write name="value"`)
			continue
		case a.quote == 0:
			p.add(a.at, "the value of %s of <%s> stands in no quotes", clip(a.name), t.name).WithFix(`write %s="%s"`, clip(a.name), clip(raw))
			continue
		case len(raw) > maxValue:
			p.add(a.at, "the value of %s of <%s> has %d bytes, and %d are allowed", clip(a.name), t.name, len(raw), maxValue).WithFix("shorten it").Code = throughline.TooLarge
			continue
		case strings.Contains(raw, "--"+">") || strings.Contains(raw, "<!--"):
			p.add(a.at, "the value of %s of <%s> would begin or end a comment", clip(a.name), t.name).WithFix("write &gt; for >")
			continue
		case strings.Contains(raw, "</"):
			p.add(a.at, "the value of %s of <%s> holds a tag", clip(a.name), t.name).WithFix("close the quote before it, or write &lt; for <")
			continue
		}
		v.text = strings.ReplaceAll(raw, `"`, "&quot;") // the page has all values in double quotes
		for _, have := range values {
			if have.name == v.name {
				p.add(a.at, "<%s> has %s twice", t.name, clip(a.name)).WithFix("keep one")
			}
		}
		values = append(values, v)
	}
	return values
}

// content reads up to the end of a tag whose inside is not MJML.
func (p *parser) content(e *element) bool {
	inner := scanner{src: p.scanner.src, at: p.at, raw: true}
	for {
		t, ok := inner.next()
		if !ok || t.broken {
			p.add(e.at, "<%s> is never closed", e.tag).WithFix("end it with </%s>, and close each tag and comment in it", e.tag)
			p.open = nil
			return false
		}
		switch {
		case t.kind == endToken && t.name == e.tag:
			e.content, e.contentAt = p.scanner.src[p.at:t.start], p.at
			lead := len(e.content) - len(strings.TrimLeft(e.content, blank))
			e.content, e.contentAt = strings.Trim(e.content, blank), e.contentAt+lead
			p.at = t.end
			return true
		case t.kind == startToken && strings.HasPrefix(t.name, "mj-"):
			p.add(t.start, "<%s> stands in the text of <%s>, where it is not read as MJML", clip(t.name), e.tag).WithFix("end it with </%s> before", e.tag)
		case t.kind == endToken && strings.HasPrefix(t.name, "mj-"):
			p.add(t.start, "</%s> stands in the text of <%s>", clip(t.name), e.tag).WithFix("end it with </%s> before", e.tag)
			p.at = t.start
			return true
		}
	}
}

// blank is what the reference trims from both ends of a text.
const blank = " \t\r\n\f\v\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"

func (p *parser) end(t token) {
	n := len(p.open)
	if n > 0 && p.open[n-1].tag == t.name {
		p.open = p.open[:n-1]
		return
	}
	for i := n - 1; i >= 0; i-- {
		if p.open[i].tag != t.name {
			continue
		}
		for _, e := range p.open[i+1:] {
			p.add(e.at, "<%s> is not closed before </%s>", e.tag, t.name).WithFix("end it with </%s>", e.tag)
		}
		p.open = p.open[:i]
		return
	}
	p.add(t.start, "</%s> closes nothing", clip(t.name)).WithFix("remove it, or open <%s> before", clip(t.name))
}

// text takes what stands between tags: {{#slot}} and {{/slot}} or nothing.
func (p *parser) text(t token) {
	for at := t.start; at < t.end; {
		rest := p.scanner.src[at:t.end]
		if trimmed := strings.TrimLeft(rest, blank); len(trimmed) < len(rest) {
			at += len(rest) - len(trimmed)
			continue
		}
		end := strings.Index(rest, "}}")
		if !p.verbatim && len(p.open) > 0 && end > 3 && (strings.HasPrefix(rest, "{{#") || strings.HasPrefix(rest, "{{/")) {
			p.child(&element{tag: "mj-raw", at: at, content: rest[:end+2], contentAt: at, block: true})
			at += end + 2
			continue
		}
		where, fix := "between tags", "put it into <mj-text>, or into <mj-raw> if it is HTML"
		if n := len(p.open); n > 0 {
			where = "directly in <" + p.open[n-1].tag + ">"
		}
		p.add(at, "the text %q stands %s, where it would be lost", clip(strings.Trim(rest, blank)), where).WithFix("%s", fix)
		return
	}
}

// clip shortens what a message quotes.
func clip(s string) string {
	for i := range s {
		if i > 40 {
			return s[:i] + "..."
		}
	}
	return s
}
