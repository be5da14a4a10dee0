package markup

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html"

	"github.com/throughline-engine/throughline"
)

// refused are the elements a rendering may not hold, and why.
func refused(element string) string {
	switch element {
	case "script", "noscript":
		return "a rendering does not run code"
	case "iframe", "frame", "frameset", "object", "embed", "applet", "portal", "fencedframe":
		return "a rendering does not load other pages"
	case "base", "meta", "link":
		return "a rendering does not change the page it stands in"
	case "form":
		return "a rendering does not send what people type"
	case "html", "head", "body":
		return "a rendering is a part of a page"
	case "animate", "animatemotion", "animatetransform", "set", "foreignobject", "math", "use":
		return "its attributes can be turned into code"
	case "plaintext", "xmp", "noembed", "noframes", "listing", "template", "image":
		return "browsers do not agree on what is inside it"
	}
	return ""
}

// address reports whether an attribute holds one address.
func address(attribute string) bool {
	switch attribute {
	case "href", "src", "xlink:href", "poster", "action", "cite", "background", "longdesc", "data", "usemap", "manifest", "ping":
		return true
	}
	return false
}

// Placeholders are inspected as runs of the same length, so that offsets stay
// those of the source: a letter, as text would be, then bytes that no source may
// hold.
const (
	inValue   = "\x01"
	inSection = "\x02"
)

// inspector looks at the HTML as a browser would cut it.
type inspector struct {
	scanner
	at     int             // the offset of the current token
	told   map[string]bool // elements already refused
	strays int             // of < that begin no tag
}

// maxStrays bounds the < that begin no tag: escaping looks from each of them
// through all that follows, so that many hold up every release.
const maxStrays = 100

// stray counts the < of what is no tag.
func (in *inspector) stray(raw string) {
	before := in.strays
	in.strays += strings.Count(raw, "<")
	if before <= maxStrays && in.strays > maxStrays {
		in.problem(in.at, throughline.TooLarge, "more than %d < begin no tag", maxStrays).WithFix("write &lt;")
	}
}

// inspect refuses what a rendering may not hold, and placeholders where no text
// belongs.
func inspect(src string, pieces []piece) throughline.Problems {
	in := inspector{scanner: scanner{place: "html", src: src}}
	if i := strings.IndexFunc(src, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' && r != '\r' }); i >= 0 {
		in.problem(i, throughline.Invalid, "there is a control character").WithFix("remove it")
		return in.problems
	}
	marked := []byte(src)
	for _, p := range pieces {
		fill := inValue
		if p.kind == open || p.kind == closing {
			fill = inSection
		}
		if p.kind != literal {
			copy(marked[p.start:p.end], "z"+strings.Repeat(fill, p.end-p.start-1))
		}
	}
	z := html.NewTokenizer(bytes.NewReader(marked))
	for {
		tt := z.Next()
		if tt == html.ErrorToken {
			if z.Err() != io.EOF {
				in.problem(in.at, throughline.Invalid, "this is not HTML: %v", z.Err()).WithFix("look at the tags around here")
			}
			break
		}
		raw := len(z.Raw())
		in.token(tt, z)
		in.at += raw
	}
	if in.at < len(marked) {
		in.problem(in.at, throughline.Invalid, "a tag is not closed").WithFix("end it with >")
	}
	return in.problems
}

func (in *inspector) token(tt html.TokenType, z *html.Tokenizer) {
	raw := string(z.Raw())
	if tt == html.TextToken || tt == html.CommentToken && !strings.HasPrefix(raw, "<!--") {
		in.stray(raw)
	}
	switch tt {
	case html.TextToken:
		if i := strings.Index(raw, "<"); i >= 0 && strings.ContainsAny(raw, inValue+inSection) {
			in.problem(in.at+i, throughline.Invalid, "a < stands in a text with placeholders").WithFix("write &lt;")
		}
	case html.CommentToken, html.DoctypeToken:
		if strings.ContainsAny(raw, inValue+inSection) {
			in.problem(in.at, throughline.Invalid, "a placeholder stands in a comment").WithFix("move it out, or remove the comment")
		}
	default:
		in.tag(z, raw)
	}
}

func (in *inspector) tag(z *html.Tokenizer, raw string) {
	element, more := z.TagName()
	name := string(element)
	if strings.ContainsAny(name, inValue+inSection) {
		in.problem(in.at, throughline.Invalid, "a placeholder stands where an element's name belongs").WithFix("write the name; put the placeholder into its text")
		return
	}
	if strings.Contains(raw, inSection) {
		in.problem(in.at, throughline.Invalid, "a section begins or ends inside <%s>", name).WithFix("put whole elements between {{#slot}} and {{/slot}}")
		return
	}
	if why := refused(name); why != "" && !in.told[name] {
		if in.told == nil {
			in.told = map[string]bool{}
		}
		in.told[name] = true
		in.problem(in.at, throughline.Invalid, "<%s> may not stand in a rendering: %s", name, why).WithFix("remove it")
	}
	seen := map[string]bool{}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		if seen[string(key)] {
			in.problem(in.at, throughline.Invalid, "<%s> has %s twice", name, key).WithFix("keep one")
		}
		seen[string(key)] = true
		in.attribute(name, string(key), string(value))
	}
}

func (in *inspector) attribute(element, key, value string) {
	where := fmt.Sprintf("%s of <%s>", key, element)
	switch {
	case strings.ContainsAny(key, inValue):
		in.problem(in.at, throughline.Invalid, "a placeholder stands where an attribute's name belongs in <%s>", element).WithFix(`write name="{{slot}}"`)
		return
	case strings.ContainsAny(key, "\"'<`"):
		in.problem(in.at, throughline.Invalid, "<%s> has a stray quote", element).WithFix(`write name="value"`)
		return
	case strings.HasPrefix(key, "on"):
		in.problem(in.at, throughline.Invalid, "%s is an event handler", where).WithFix("remove it: a rendering does not run code")
	case key == "srcdoc" || key == "formaction" || key == "http-equiv" || key == "is" || key == "nonce":
		in.problem(in.at, throughline.Invalid, "%s may not stand in a rendering", where).WithFix("remove it")
	}
	if scheme := dangerous(value); scheme != "" {
		in.problem(in.at, throughline.Invalid, "%s starts with %s", where, scheme).WithFix("use an https address or a path")
	}
	if address(key) && !placed(value) {
		in.problem(in.at, throughline.Invalid, "%s joins a placeholder to other text at its start", where).
			WithFix("let the placeholder be the start of the address, or put it after a /, ? or #")
	}
}

// dangerous returns the scheme of an address that would run.
func dangerous(value string) string {
	squeezed := strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToLower(value))
	for _, scheme := range []string{"javascript:", "vbscript:", "data:", "blob:", "filesystem:"} {
		if strings.HasPrefix(squeezed, scheme) && !strings.HasPrefix(squeezed, "data:image/") {
			return scheme
		}
	}
	return ""
}

// placed reports whether no placeholder can become part of an address's scheme
// together with what stands next to it.
func placed(value string) bool {
	first := strings.Index(value, "z"+inValue)
	if first < 0 {
		return true
	}
	if first > 0 {
		return strings.ContainsAny(value[:first], "/?#")
	}
	rest := strings.TrimLeft(value[1:], inValue)
	return rest == "" || strings.ContainsAny(rest[:1], "/?#")
}
