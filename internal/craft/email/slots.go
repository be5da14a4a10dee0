package email

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/markup"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// place is a placeholder in HTML and what surrounds it.
type place struct {
	start, end int
	inside     string // between the braces
	where      where
	before     string // of an address, what stands before
}

type where uint8

const (
	inText    where = iota
	inValue         // an attribute that people read
	inAddress       // an attribute that is fetched or opened, and url() in a style
	inStyle         // a style, or an attribute that takes a colour
	nowhere         // where nothing may be filled
)

// places visits each placeholder of HTML, also those in what only Outlook reads.
func places(src string, visit func(place)) {
	each(src, 0, visit)
}

func each(src string, offset int, visit func(place)) {
	s := scanner{src: src, raw: true}
	for {
		t, ok := s.next()
		if !ok {
			return
		}
		whole := src[t.start:t.end]
		if !strings.Contains(whole, "{{") {
			continue
		}
		switch t.kind {
		case textToken:
			w := inText
			if t.name == "style" || t.name == "script" {
				w = nowhere
			}
			in(whole, offset+t.start, w, visit)
		case startToken:
			eachAttribute(src, t, offset, visit)
		case commentToken:
			if inner, at := conditional(whole); at > 0 {
				each(inner, offset+t.start+at, visit)
			} else {
				in(whole, offset+t.start, nowhere, visit)
			}
		default:
			in(whole, offset+t.start, nowhere, visit)
		}
	}
}

// conditional returns what stands in a conditional comment and where; 0 when
// the comment is none, or only begins or ends one.
func conditional(comment string) (inner string, at int) {
	if !strings.HasPrefix(comment, "<!--[if") || strings.HasSuffix(comment, "<!-->") {
		return "", 0
	}
	begin := strings.Index(comment, "]>")
	end := strings.LastIndex(comment, "<![endif]")
	if begin < 0 || end < begin+2 {
		return "", 0
	}
	return comment[begin+2 : end], begin + 2
}

func eachAttribute(src string, t token, offset int, visit func(place)) {
	at := t.start
	for _, a := range t.attributes {
		in(src[at:a.start], offset+at, nowhere, visit)
		w := nowhere
		if a.quote != 0 {
			w = meaning(a.name)
		}
		if w == inStyle {
			inStyles(src[a.start:a.end], offset+a.start, visit)
		} else {
			in(src[a.start:a.end], offset+a.start, w, visit)
		}
		at = a.end
	}
	in(src[at:t.end], offset+at, nowhere, visit)
}

// meaning returns what a placeholder in an attribute of HTML becomes.
func meaning(attribute string) where {
	switch strings.ToLower(attribute) {
	case "href", "src", "background":
		return inAddress
	case "alt", "title", "aria-label":
		return inValue
	case "style", "bgcolor", "color":
		return inStyle
	}
	return nowhere
}

// in visits the placeholders of one stretch.
func in(s string, offset int, w where, visit func(place)) {
	for at := 0; ; {
		i := strings.Index(s[at:], "{{")
		if i < 0 {
			return
		}
		start := at + i
		end := strings.Index(s[start:], "}}")
		if end < 0 {
			return
		}
		at = start + end + 2
		visit(place{start: offset + start, end: offset + at, inside: s[start+2 : at-2], where: w, before: s[:start]})
	}
}

// inStyles visits those of a style, where a slot is an address in url('...').
func inStyles(s string, offset int, visit func(place)) {
	in(s, offset, inStyle, func(p place) {
		if i := strings.LastIndex(p.before, "url("); i >= 0 && !strings.Contains(p.before[i:], ")") {
			p.where, p.before = inAddress, strings.TrimLeft(p.before[i+len("url("):], `'"`)
		}
		visit(p)
	})
}

// placed checks the placeholders in an attribute of MJML.
func (c *checker) placed(e *element, a *attr, v value) {
	switch {
	case a.is == colour:
		name, ok := strings.CutPrefix(v.text, "{{token.")
		if name, ended := strings.CutSuffix(name, "}}"); !ok || !ended || strings.ContainsAny(name, "{}") {
			c.add(v.at, "%s of <%s> is %q", v.name, e.tag, clip(v.text)).WithFix("a colour is a token alone, such as {{token.accent}}")
		} else {
			c.name(v.at, "token."+name)
		}
	case a.name == "href" && e.tag != "mj-font", a.name == "src", a.name == "background-url", a.name == "alt", a.name == "title":
		c.inAttribute(e, a, v)
	default:
		c.add(v.at, "a placeholder stands in %s of <%s>, on which the layout depends", v.name, e.tag).
			WithFix("write the value; placeholders may stand in texts, href, src, alt, title, background-url and colours")
	}
}

func (c *checker) inAttribute(e *element, a *attr, v value) {
	address := a.name != "alt" && a.name != "title"
	found := 0
	in(v.text, 0, inValue, func(p place) {
		found++
		switch {
		case strings.HasPrefix(p.inside, "#") || strings.HasPrefix(p.inside, "/"):
			c.add(v.at, "{{%s}} stands in %s of <%s>", clip(p.inside), v.name, e.tag).WithFix("put whole elements between {{#slot}} and {{/slot}}")
			return
		case strings.HasPrefix(p.inside, "token."):
			c.add(v.at, "{{%s}} stands in %s of <%s>, which is no colour", clip(p.inside), v.name, e.tag).WithFix("use a slot")
			return
		case address && !begins(v.text, p):
			c.add(v.at, "%s of <%s> joins a placeholder to other text at its start", v.name, e.tag).
				WithFix("let the placeholder be the start of the address, or put it after a /, ? or #")
		}
		c.name(v.at, p.inside)
	})
	if found != strings.Count(v.text, "{{") {
		c.add(v.at, "a placeholder in %s of <%s> is not closed", v.name, e.tag).WithFix("end it with }}")
	}
}

// begins reports whether a placeholder cannot become part of an address's scheme
// together with what stands next to it.
func begins(value string, p place) bool {
	before := p.before
	if strings.HasPrefix(before, "{{") { // a slot that begins the address is looked at on its own
		before = before[strings.Index(before, "}}")+len("}}"):]
	}
	if p.before != "" {
		return strings.ContainsAny(before, "/?#")
	}
	rest := value[p.end:]
	return rest == "" || strings.ContainsAny(rest[:1], "/?#")
}

// name checks that the template has the slot, or the brand the token.
func (c *checker) name(at int, inside string) {
	have, what, name := c.opts.Slots, "slot", inside
	if token, ok := strings.CutPrefix(inside, "token."); ok {
		have, what, name = slices.Sorted(maps.Keys(c.light)), "token", token
		if t, ok := c.opts.Tokens[name]; ok {
			c.token(at, name, t)
			return
		}
	}
	if slices.Contains(have, name) {
		return
	}
	fix := fmt.Sprintf("the %ss are %s", what, strings.Join(markup.Own(have), ", "))
	if len(have) == 0 {
		fix = fmt.Sprintf("there are no %ss", what)
	}
	if near := text.Nearest(name, have); near != "" {
		fix = fmt.Sprintf("did you mean %s? %s", near, fix)
	}
	c.add(at, "there is no %s %q", what, clip(name)).WithFix("%s", fix)
}

// token checks that the token's colours cannot end the style they stand in.
func (c *checker) token(at int, name string, t Token) {
	for _, value := range []string{t.Light, t.Dark} {
		if value == "" && t.Light != "" {
			continue // no dark colour
		}
		if err, ok := markup.CheckToken(name, value).(*throughline.Error); ok {
			c.add(at, "%s", err.Message).WithFix("%s", err.Fix)
		}
	}
}

// filled checks HTML that is filled. What may stand in a rendering and where is
// asked of package markup; what it allows beyond mails is refused here.
func (c *checker) filled(e *element) {
	_, err := markup.Compile(throughline.Rendering{HTML: e.content}, c.opts.Slots, c.light)
	var problems throughline.Problems
	problems.Add(err)
	for _, p := range problems {
		c.add(e.contentAt+offsetOf(e.content, p.Place), "%s", p.Message).WithFix("%s", p.Fix).Code = p.Code
	}
	if len(problems) > 0 {
		return
	}
	places(e.content, func(p place) {
		token := strings.HasPrefix(p.inside, "token.")
		switch {
		case p.where == nowhere,
			p.where == inStyle && !token,
			(p.where == inAddress || p.where == inValue) && token:
			c.add(e.contentAt+p.start, "{{%s}} stands where nothing is filled", p.inside).
				WithFix(`put slots into texts and into href="", src="", alt="" and title="", and tokens into style=""`)
		case p.where == inText && token:
			c.add(e.contentAt+p.start, "{{%s}} stands in a text", p.inside).WithFix("put it into a style or a colour attribute")
		}
	})
}

// offsetOf turns "html:2:5" into a byte offset of src; 0 when the place is none.
func offsetOf(src, place string) int {
	var line, column int
	if _, err := fmt.Sscanf(place, "html:%d:%d", &line, &column); err != nil {
		return 0
	}
	at := 0
	for ; line > 1; line-- {
		i := strings.IndexByte(src[at:], '\n')
		if i < 0 {
			return at
		}
		at += i + 1
	}
	for i := range src[at:] {
		if column--; column == 0 {
			return at + i
		}
	}
	return at
}
