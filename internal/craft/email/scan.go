package email

import "strings"

// token is a stretch of MJML or HTML.
type token struct {
	kind       tokenKind
	start, end int    // bytes of the source, end exclusive
	name       string // of a tag, and of the element whose text is no HTML
	attributes []span
	closed     bool // <tag/>
	broken     bool // the source ends inside it
}

type tokenKind uint8

const (
	textToken tokenKind = iota
	startToken
	endToken
	commentToken
	otherToken // <!doctype>, <?xml?>, <![CDATA[
)

// span is an attribute in the source.
type span struct {
	name       string
	at         int // where the name starts
	start, end int // the value without its quotes; equal when there is none
	quote      byte
	valued     bool // there was an = sign
}

// scanner cuts MJML or HTML into tokens, as browsers do where they agree.
type scanner struct {
	src string
	at  int
	raw bool // skip what stands in <style>, <script>, <textarea> and <title> as text
	in  string
}

// next returns the next token; ok is false at the end.
func (s *scanner) next() (t token, ok bool) {
	if s.at >= len(s.src) {
		return token{}, false
	}
	start := s.at
	if s.in != "" {
		in := s.in
		s.at, s.in = closing(s.src, start, in), ""
		if s.at > start {
			return token{kind: textToken, start: start, end: s.at, name: in}, true
		}
	}
	switch rest := s.src[start:]; {
	case strings.HasPrefix(rest, "<!--"):
		return s.comment(start), true
	case strings.HasPrefix(rest, "<!"), strings.HasPrefix(rest, "<?"):
		t = token{kind: otherToken, start: start}
		s.until(&t, strings.IndexByte(rest, '>'), 1)
		return t, true
	case strings.HasPrefix(rest, "</") && len(rest) > 2 && letter(rest[2]):
		t = token{kind: endToken, start: start, name: name(rest[2:])}
		s.until(&t, strings.IndexByte(rest, '>'), 1)
		return t, true
	case len(rest) > 1 && rest[0] == '<' && letter(rest[1]):
		return s.tag(start), true
	}
	s.at = len(s.src)
	if i := strings.IndexByte(s.src[start+1:], '<'); i >= 0 {
		s.at = start + 1 + i
	}
	return token{kind: textToken, start: start, end: s.at}, true
}

func (s *scanner) until(t *token, i, length int) {
	if t.broken = i < 0; t.broken {
		t.end = len(s.src)
	} else {
		t.end = t.start + i + length
	}
	s.at = t.end
}

// comment reads from <!--. A browser ends it at the first -->, also at <!-->.
func (s *scanner) comment(start int) token {
	t := token{kind: commentToken, start: start}
	rest := s.src[start:]
	i := strings.Index(rest[2:], "-->")
	if i >= 0 {
		i += 2
	}
	s.until(&t, i, 3)
	return t
}

func (s *scanner) tag(start int) token {
	t := token{kind: startToken, start: start, name: name(s.src[start+1:])}
	at := start + 1 + len(t.name)
	for {
		at = skipBlank(s.src, at)
		switch {
		case at >= len(s.src):
			t.broken, t.end = true, len(s.src)
			s.at = t.end
			return t
		case s.src[at] == '>':
			t.end = at + 1
			s.at = t.end
			if s.raw && isRaw(t.name) && !t.closed {
				s.in = strings.ToLower(t.name)
			}
			return t
		case s.src[at] == '/':
			at++
			t.closed = at < len(s.src) && s.src[at] == '>'
		default:
			var a span
			a, at = attribute(s.src, at)
			t.attributes = append(t.attributes, a)
		}
	}
}

// attribute reads name="value" and returns where it ends.
func attribute(src string, at int) (span, int) {
	a := span{at: at}
	end := at + 1 // whatever stands there is a name, so that the scan goes on
	for end < len(src) && !strings.ContainsRune(" \t\r\n\f/>=", rune(src[end])) {
		end++
	}
	a.name = src[at:end]
	a.start, a.end = end, end
	next := skipBlank(src, end)
	if next >= len(src) || src[next] != '=' {
		return a, end
	}
	a.valued = true
	next = skipBlank(src, next+1)
	a.start, a.end = next, next
	if next < len(src) && (src[next] == '"' || src[next] == '\'') {
		a.quote = src[next]
		a.start = next + 1
		i := strings.IndexByte(src[a.start:], a.quote)
		if i < 0 {
			a.end = len(src)
			return a, len(src)
		}
		a.end = a.start + i
		return a, a.end + 1
	}
	for a.end < len(src) && !strings.ContainsRune(" \t\r\n\f>", rune(src[a.end])) {
		a.end++
	}
	return a, a.end
}

// closing returns where </name starts, or the end of the source.
func closing(src string, at int, name string) int {
	for i := at; ; i += 2 {
		n := strings.Index(src[i:], "</")
		if n < 0 {
			return len(src)
		}
		i += n
		if len(src) >= i+2+len(name) && strings.EqualFold(src[i+2:i+2+len(name)], name) {
			return i
		}
	}
}

// isRaw reports whether browsers take what stands in an element for text.
func isRaw(tag string) bool {
	switch strings.ToLower(tag) {
	case "style", "script", "textarea", "title":
		return true
	}
	return false
}

func name(s string) string {
	if i := strings.IndexAny(s, " \t\r\n\f/>"); i >= 0 {
		return s[:i]
	}
	return s
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func skipBlank(s string, at int) int {
	for at < len(s) && strings.IndexByte(" \t\r\n\f", s[at]) >= 0 {
		at++
	}
	return at
}
