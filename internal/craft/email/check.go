package email

import (
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// checker holds a tree against the vocabulary.
type checker struct {
	*faults
	words   vocabulary
	opts    *Options
	light   map[string]string // the tokens' light colours, which stand for all modes
	classes map[string]bool   // names of mj-class
}

func check(root *element, words vocabulary, opts *Options, f *faults) {
	c := checker{faults: f, words: words, opts: opts, light: map[string]string{}, classes: map[string]bool{}}
	for name, t := range opts.Tokens {
		c.light[name] = t.Light
	}
	if root.tag != "mjml" {
		f.add(root.at, "the source starts with <%s>", clip(root.tag)).WithFix("wrap it in <mjml>")
		return
	}
	c.collect(root)
	c.once(root)
	c.element(root, nil)
}

// collect notes the classes that mj-attributes declares.
func (c *checker) collect(e *element) {
	for _, child := range e.children {
		switch child.tag {
		case "mj-head", "mj-attributes":
			c.collect(child)
		case "mj-class":
			if name, ok := child.attr("name"); ok {
				c.classes[name] = true
			}
		}
	}
}

// once checks what a mail has one of.
func (c *checker) once(root *element) {
	var seen []string
	for _, child := range root.children {
		if child.tag != "mj-body" && child.tag != "mj-head" {
			continue
		}
		if slices.Contains(seen, child.tag) {
			c.add(child.at, "there is a second <%s>", child.tag).WithFix("join the two")
		}
		seen = append(seen, child.tag)
	}
	if fonts := c.fonts(root); fonts > 50 {
		c.add(root.at, "there are %d fonts, and 50 are allowed", fonts).WithFix("remove those that no text uses")
	}
	if !slices.Contains(seen, "mj-body") {
		c.add(root.at, "<mjml> has no <mj-body>").WithFix("put the sections into <mj-body>")
	}
}

func (c *checker) fonts(root *element) (n int) {
	for _, head := range root.children {
		for _, e := range head.children {
			if e.tag == "mj-font" {
				n++
			}
		}
	}
	return n
}

func (c *checker) element(e, parent *element) {
	if e.comment {
		c.aside(e)
		return
	}
	if e.block {
		c.block(e, parent)
		return
	}
	t := c.words[e.tag]
	if t == nil {
		c.unknown(e)
		return
	}
	c.parent(e, parent, t)
	for _, v := range e.names {
		c.attribute(e, t, v)
	}
	c.needs(e)
	if t.content {
		c.content(e, parent)
	}
	for _, child := range e.children {
		c.element(child, e)
	}
	c.balanced(e)
}

func (c *checker) unknown(e *element) {
	if fix := later(e.tag); fix != "" {
		c.add(e.at, "<%s> is not supported", e.tag).WithFix("%s", fix)
		return
	}
	known := make([]string, 0, len(c.words))
	for name := range c.words {
		known = append(known, name)
	}
	slices.Sort(known)
	err := c.add(e.at, "there is no tag <%s> in MJML", clip(e.tag)).WithFix("put HTML into <mj-text> or <mj-raw>")
	if near := text.Nearest(e.tag, known); near != "" {
		err.WithFix("did you mean <%s>?", near)
	}
}

// parent checks where an element stands. In mj-attributes and mj-class tags
// stand for the defaults that they set.
func (c *checker) parent(e, parent *element, t *tag) {
	if parent == nil {
		return
	}
	if defining(parent) {
		switch {
		case t.body() && len(e.children) > 0:
			c.add(e.children[0].at, "<%s> in <%s> sets defaults, and has elements in it", e.tag, parent.tag).WithFix("remove them")
		case t.body(), slices.Contains(t.in, parent.tag):
		default:
			c.add(e.at, "<%s> has no defaults to set", e.tag).WithFix("remove it from <%s>", parent.tag)
		}
		return
	}
	if !slices.Contains(t.in, parent.tag) {
		c.add(e.at, "<%s> stands in <%s>", e.tag, parent.tag).WithFix("it may stand in %s", strings.Join(t.in, ", "))
	}
}

func defining(e *element) bool {
	return e != nil && (e.tag == "mj-attributes" || e.tag == "mj-class")
}

// attribute checks one attribute's name and value.
func (c *checker) attribute(e *element, t *tag, v value) {
	a := c.known(e, t, v.name)
	if a == nil {
		return
	}
	if !c.opts.Verbatim && strings.Contains(v.text, "{{") {
		c.placed(e, a, v)
		return
	}
	if v.name == "mj-class" {
		c.classed(e, v)
		return
	}
	if !c.opts.Verbatim && (v.name == "ico-open" || v.name == "ico-close") && strings.Contains(v.text, "<") {
		c.add(v.at, "%s of <%s> holds a tag", v.name, e.tag).WithFix("write a sign or a word")
		return
	}
	if c.runs(e.tag, v.name, v.text) {
		c.add(v.at, "%s of <%s> is an address that could run: %q", v.name, e.tag, clip(v.text)).WithFix("use an https address or a path")
		return
	}
	if a.name == "position" && v.text != "file-start" || !a.accepts(v.text) {
		c.add(v.at, "%s of <%s> is %q", v.name, e.tag, clip(v.text)).WithFix("write %s", a.expects())
	}
}

// runs reports whether an attribute is an address that mail clients should not
// follow. A bare file is its author's own.
func (c *checker) runs(tag, name, text string) bool {
	if c.opts.Verbatim || meaning(name) != inAddress && name != "background-url" && name != "base-url" && !strings.HasSuffix(name, "wrapped-url") {
		return false
	}
	address := strings.TrimSpace(html.UnescapeString(text))
	return !opens(address) && (name == "href" || !strings.HasPrefix(address, "data:image/"))
}

func (c *checker) classed(e *element, v value) {
	names := strings.Fields(v.text)
	if len(names) > 20 {
		c.add(v.at, "<%s> has more than 20 classes", e.tag).WithFix("remove some")
	}
	for _, name := range names {
		if !c.classes[name] {
			c.add(v.at, "there is no mj-class %q", clip(name)).WithFix(`declare <mj-class name="%s"/> in <mj-attributes>, or use css-class for the style sheet`, clip(name))
		}
	}
}

// known returns the attribute's type, and notes when the tag has no such one.
// mj-all and mj-class may set what any tag has.
func (c *checker) known(e *element, t *tag, name string) *attr {
	if a := t.types[name]; a != nil {
		return a
	}
	if t.body() && (name == "css-class" || name == "mj-class") || name == "css-class" && (e.tag == "mj-all" || e.tag == "mj-class") {
		return &attr{name: name, is: anyText}
	}
	var have []string
	for _, a := range t.attributes {
		have = append(have, a.name)
	}
	if e.tag == "mj-all" || e.tag == "mj-class" {
		if a := c.any(name); a != nil {
			return a
		}
	}
	at := e.at
	for _, v := range e.names {
		if v.name == name {
			at = v.at
		}
	}
	fix := "it has none"
	if len(have) > 0 {
		fix = "it has " + strings.Join(have, ", ")
	}
	if near := text.Nearest(name, have); near != "" {
		fix = "did you mean " + near + "? " + fix
	}
	c.add(at, "<%s> has no attribute %s", e.tag, clip(name)).WithFix("%s", fix)
	return nil
}

// any returns the widest type that a drawn tag gives to the attribute.
func (c *checker) any(name string) *attr {
	var found *attr
	for _, t := range c.words {
		if a := t.types[name]; a != nil && t.body() {
			if found != nil && found.told != a.told {
				return &attr{name: name, is: anyText}
			}
			found = a
		}
	}
	return found
}

// needs checks attributes without which a tag means nothing.
func (c *checker) needs(e *element) {
	var names []string
	switch e.tag {
	case "mj-font":
		names = []string{"name", "href"}
	case "mj-class", "mj-html-attribute":
		names = []string{"name"}
	case "mj-selector":
		names = []string{"path"}
	case "mj-breakpoint":
		names = []string{"width"}
	}
	for _, name := range names {
		if v, _ := e.attr(name); v == "" {
			c.add(e.at, "<%s> has no %s", e.tag, name).WithFix(`write <%s %s="...">`, e.tag, name)
		}
	}
	switch path, _ := e.attr("path"); {
	case e.tag == "mj-selector" && path != "":
		if _, err := selector(path); err != nil {
			c.add(e.at, "the path %q is no CSS selector", clip(path)).WithFix("write one such as .offer a")
		}
	case e.tag == "mj-html-attribute":
		c.extra(e)
	}
}

// extra checks an attribute that is added to the page.
func (c *checker) extra(e *element) {
	name, _ := e.attr("name")
	switch {
	case strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-0123456789:") != "", strings.HasPrefix(name, "on"),
		name == "srcdoc", name == "formaction", name == "http-equiv", name == "xlink:href":
		c.add(e.at, "%q cannot be an attribute of a mail", clip(name)).WithFix("use lower-case letters, and nothing that runs")
	case c.runs(e.tag, name, e.content):
		c.add(e.contentAt, "%s is an address that could run: %q", name, clip(e.content)).WithFix("use an https address or a path")
	}
}

// content checks the text in a tag.
func (c *checker) content(e, parent *element) {
	switch e.tag {
	case "mj-title", "mj-html-attribute":
		if i := strings.IndexByte(e.content, '<'); i >= 0 {
			c.add(e.contentAt+i, "<%s> holds a tag, and is plain text", e.tag).WithFix("write &lt; for <")
		}
	case "mj-style":
		if inline, ok := e.attr("inline"); ok && inline != "inline" {
			c.add(e.at, `inline of <mj-style> is %q`, clip(inline)).WithFix(`write inline="inline", or leave it out`)
		}
		if strings.Contains(e.content, "</") {
			c.add(e.contentAt, "<mj-style> holds a tag").WithFix("remove it")
		}
	}
	if defining(parent) && e.content != "" {
		c.add(e.contentAt, "<%s> in <%s> sets defaults, and has text in it", e.tag, parent.tag).WithFix("remove the text")
	}
	if c.opts.Verbatim {
		return
	}
	inHead := e.tag == "mj-raw" && parent != nil && (parent.tag == "mj-head" || parent.tag == "mjml")
	if inHead {
		c.bare(e)
	}
	switch {
	case inHead, e.tag == "mj-style", e.tag == "mj-html-attribute":
		if i := strings.Index(e.content, "{{"); i >= 0 {
			c.add(e.contentAt+i, "a placeholder stands in <%s>, where nothing is filled", e.tag).WithFix("put it into a text, or into href, src, alt, title or a colour")
		}
	default:
		c.filled(e)
	}
}

// bare checks HTML of the head: what describes the page, and nothing that runs.
func (c *checker) bare(e *element) {
	s := scanner{src: e.content, raw: true}
	for {
		t, ok := s.next()
		if !ok {
			return
		}
		if t.kind != startToken {
			continue
		}
		switch tag := strings.ToLower(t.name); tag {
		case "meta", "style", "link", "title":
		default:
			c.add(e.contentAt+t.start, "<%s> may not stand in the head of a mail", clip(t.name)).WithFix("put it into the body, or remove it")
		}
		for _, a := range t.attributes {
			if n := strings.ToLower(a.name); n == "http-equiv" || strings.HasPrefix(n, "on") {
				c.add(e.contentAt+t.start, "%s of <%s> may not stand in a mail", clip(a.name), t.name).WithFix("remove it")
			}
		}
	}
}

// aside checks a comment, which goes into the page as it is.
func (c *checker) aside(e *element) {
	if i := strings.Index(e.content, "{{"); i >= 0 && !c.opts.Verbatim {
		c.add(e.at+i, "a placeholder stands in a comment").WithFix("move it out, or remove the comment")
	}
}

// block checks {{#slot}} and {{/slot}} between elements.
func (c *checker) block(e, parent *element) {
	switch parent.tag {
	case "mj-body", "mj-wrapper", "mj-column", "mj-hero":
	default:
		c.add(e.at, "%s stands in <%s>", e.content, parent.tag).
			WithFix("a part that may be left out is whole sections in mj-body or mj-wrapper, or whole elements in mj-column or mj-hero")
	}
	c.name(e.at, strings.TrimSuffix(strings.TrimLeft(e.content, "{#/"), "}}"))
}

// balanced checks that each {{#slot}} ends in the element it began in.
func (c *checker) balanced(e *element) {
	var open []*element
	for _, child := range e.children {
		switch {
		case !child.block:
		case child.content[2] == '#':
			open = append(open, child)
		case len(open) > 0 && open[len(open)-1].content[3:] == child.content[3:]:
			open = open[:len(open)-1]
		default:
			c.add(child.at, "%s closes nothing in <%s>", child.content, e.tag).WithFix("remove it, or open it before, in the same element")
		}
	}
	for _, child := range open {
		c.add(child.at, "%s is never closed in <%s>", child.content, e.tag).WithFix("end it with {{/%s", child.content[3:])
	}
}

// tooSlow is the fault of style sheets whose selectors are many or wide.
func tooSlow() error {
	return throughline.Errorf(throughline.TooLarge, "the selectors of mj-style or mj-html-attributes take too long on this mail").At("mjml:1:1").
		WithFix("use fewer, with classes instead of elements in elements")
}

// tooLarge is the fault of a mail that grew beyond all bounds.
func tooLarge() error {
	return throughline.Errorf(throughline.TooLarge, "the mail grows beyond %d bytes", maxHTML).At("mjml:1:1").
		WithFix("split it; Gmail shows the first 102 kB")
}
