package shown

import (
	"strconv"
	"strings"
)

// decl is a declaration of CSS. Its place is an offset into the text it was
// read from.
type decl struct {
	name, value string
	important   bool
	at          int
}

// rule is a selector with its declarations. In is the modes it is in force in.
type rule struct {
	sel   []compound // the subject first, then outwards
	decls []decl
	spec  int
	order int
	in    uint8
	ogs   bool
}

// compound is what one element must be.
type compound struct {
	tag     string
	id      string
	classes []string
	attrs   []attrTest
	pseudos []pseudo
	// then is how the next compound outwards relates: ' ', '>', '+' or '~'; 0 is none.
	then byte
}

type attrTest struct {
	name, value string
	op          byte // 0 for present, '=', '~', '|', '^', '$', '*'
}

type pseudo struct {
	name string
	arg  string
	not  []compound
}

// The modes a rule can be in force in, as bits.
const (
	inLight   = 1 << Light
	inDark    = 1 << Dark
	inPartial = 1 << Partial
	inAll     = inLight | inDark | inPartial
)

// sheet is every rule of a document, found by what its subject must be.
type sheet struct {
	count                int
	byID, byClass, byTag map[string][]*rule
	rest                 []*rule
	differs              [3]bool // by mode: some rule is in force in it or in the light, not in both
}

func (s *sheet) add(r *rule) {
	if s.byID == nil {
		s.byID, s.byClass, s.byTag = map[string][]*rule{}, map[string][]*rule{}, map[string][]*rule{}
	}
	r.order = s.count
	s.count++
	for m := range s.differs {
		s.differs[m] = s.differs[m] || r.in>>m&1 != r.in&1
	}
	switch c := r.sel[0]; {
	case c.id != "":
		s.byID[c.id] = append(s.byID[c.id], r)
	case len(c.classes) > 0:
		s.byClass[c.classes[0]] = append(s.byClass[c.classes[0]], r)
	case c.tag != "":
		s.byTag[c.tag] = append(s.byTag[c.tag], r)
	default:
		s.rest = append(s.rest, r)
	}
}

// cssReader reads style sheets. What it sees, it tells note: a kind (property,
// selector, at-rule, comment), its words, and the offset.
type cssReader struct {
	width int
	sheet *sheet
	note  func(kind, name, value string, offset int)
	load  func(what string, offset int)
	// doubt is told of a rule about how texts look of which nobody here can say
	// whether it holds.
	doubt func(what string, offset int)
	// asked is what a client has to support for the rules being read to hold, where
	// that decides it: the prelude of an @supports or @container.
	asked string
}

// read takes the rules of css, which starts at an offset of the source.
func (c *cssReader) read(css string, offset int, in uint8, depth int) {
	pos := 0
	for pos < len(css) && c.sheet.count < maxRules {
		pos = c.space(css, pos, offset)
		if pos >= len(css) {
			return
		}
		if strings.HasPrefix(css[pos:], "<!--") || strings.HasPrefix(css[pos:], "-->") {
			pos += 3
			continue
		}
		if css[pos] == '}' || css[pos] == '!' || css[pos] == '-' && pos+1 == len(css) {
			pos++
			continue
		}
		end := until(css, pos, "{;}")
		prelude := strings.TrimSpace(uncomment(css[pos:end]))
		if end == len(css) || css[end] != '{' {
			if strings.HasPrefix(prelude, "@") {
				c.statement(prelude, offset+pos)
			}
			pos = end + 1
			continue
		}
		closing := until(css, end+1, "}")
		body := css[end+1 : min(closing, len(css))]
		if strings.HasPrefix(prelude, "@") {
			c.block(prelude, body, offset+pos, offset+end+1, in, depth)
		} else {
			c.rule(prelude, body, offset+pos, offset+end+1, in)
		}
		pos = closing + 1
	}
}

func (c *cssReader) space(css string, pos, offset int) int {
	for pos < len(css) {
		switch {
		case strings.IndexByte(" \t\n\r\f;", css[pos]) >= 0:
			pos++
		case strings.HasPrefix(css[pos:], "/*"):
			c.note("comment", "", "", offset+pos)
			i := strings.Index(css[pos+2:], "*/")
			if i < 0 {
				return len(css)
			}
			pos += i + 4
		default:
			return pos
		}
	}
	return pos
}

func (c *cssReader) statement(prelude string, offset int) {
	name, rest, _ := strings.Cut(prelude[1:], " ")
	name = strings.ToLower(name)
	c.note("at", name, rest, offset)
	if name == "import" {
		c.load(shorten(prelude), offset)
	}
}

func (c *cssReader) block(prelude, body string, offset, inner int, in uint8, depth int) {
	name, rest, _ := strings.Cut(prelude[1:], " ")
	if i := strings.IndexByte(name, '('); i > 0 {
		name, rest = name[:i], name[i:]+" "+rest
	}
	name = strings.ToLower(name)
	c.note("at", name, strings.ToLower(rest), offset)
	if depth > 8 {
		return
	}
	switch name {
	case "media":
		var m uint8
		if mediaMatches(rest, c.width, false) {
			m |= inLight | inPartial
		}
		if mediaMatches(rest, c.width, true) {
			m |= inDark
		}
		// Rules out of force are read all the same, for the features they use.
		c.read(body, inner, in&m, depth+1)
	case "supports", "layer", "container":
		if name == "container" || strings.Contains(rest, "not") {
			in = 0
		}
		was := c.asked
		if name != "layer" {
			c.asked = "@" + name + " " + rest
		}
		c.read(body, inner, in, depth+1)
		c.asked = was
	case "font-face":
		for _, d := range declarations(body) {
			if d.name == "src" && strings.Contains(d.value, "url(") {
				c.load("@font-face "+shorten(d.value), inner+d.at)
			}
		}
	}
}

func (c *cssReader) rule(prelude, body string, offset, inner int, in uint8) {
	decls := declarations(body)
	for _, d := range decls {
		c.note("property", d.name, d.value, inner+d.at)
		if d.important {
			c.note("at", "important", "", inner+d.at)
		}
	}
	if strings.Contains(body, "{") {
		c.note("at", "nesting", "", inner)
	}
	if i := strings.Index(body, "/*"); i >= 0 {
		c.note("comment", "", "", inner+i)
	}
	parts := splitTop(prelude, ',')
	if len(parts) > 1 {
		c.note("selector", ",", "", offset)
	}
	for _, p := range parts {
		p = strings.TrimSpace(p)
		c.note("selector", p, "", offset)
		sel, ogs, ok := parseSelector(p)
		if c.asked != "" || !ok || !judged(sel) {
			if paints(decls, body) {
				c.doubt(strings.TrimSpace(c.asked+" "+p), offset)
			}
		}
		if !ok || in == 0 && !ogs {
			continue
		}
		r := &rule{sel: sel, decls: decls, spec: specificity(sel, ogs), in: in, ogs: ogs}
		if ogs {
			if r.in &= inPartial; r.in == 0 {
				continue
			}
		}
		c.sheet.add(r)
	}
}

// judged reports whether it can be said of every element if a selector asks for it.
func judged(sel []compound) bool {
	for i := range sel {
		for _, p := range sel[i].pseudos {
			switch p.name {
			case "link", "any-link", "root", "first-child", "last-child", "only-child", "nth-child", "checked":
			case "hover", "focus", "focus-within", "focus-visible", "active", "visited", "target": // nobody has touched it
			case "not":
				if !judged(p.not) {
					return false
				}
			default:
				if !strings.HasPrefix(p.name, "::") {
					return false
				}
			}
		}
	}
	return true
}

// paints reports whether a rule is about how texts look. Of rules inside it that
// are not read, their words tell.
func paints(decls []decl, body string) bool {
	for _, d := range decls {
		switch d.name {
		case "color", "background", "background-color", "background-image", "opacity", "display", "visibility", "font-size", "font-weight", "font":
			return true
		}
	}
	return strings.Contains(body, "{") && (strings.Contains(body, "color") || strings.Contains(body, "background"))
}

// declarations reads the inside of a rule or of a style attribute.
func declarations(css string) []decl {
	var out []decl
	for pos := 0; pos < len(css); {
		end := until(css, pos, ";{}")
		text := css[pos:end]
		offset := pos
		pos = end + 1
		if end < len(css) && css[end] == '{' { // nested: not ours
			pos = until(css, end+1, "}") + 1
			continue
		}
		if strings.Contains(text, "/*") {
			text = uncomment(text)
		}
		name, value, ok := strings.Cut(text, ":")
		if !ok {
			continue
		}
		trimmed := strings.TrimLeft(name, " \t\r\n\f")
		offset += len(name) - len(trimmed)
		d := decl{name: strings.TrimSpace(trimmed), value: strings.TrimSpace(value), at: offset}
		if !strings.HasPrefix(d.name, "--") {
			d.name = strings.ToLower(d.name)
		}
		if i := strings.LastIndexByte(d.value, '!'); i >= 0 && strings.EqualFold(strings.TrimSpace(d.value[i+1:]), "important") {
			d.value, d.important = strings.TrimSpace(d.value[:i]), true
		}
		if d.name != "" && d.value != "" && !strings.ContainsAny(d.name, " \n\t") {
			out = append(out, d)
		}
	}
	return out
}

// until returns the offset of the next of some bytes that is not in a string,
// in brackets or in a comment, or the length.
func until(s string, pos int, stops string) int {
	depth := 0
	for i := pos; i < len(s); i++ {
		switch b := s[i]; {
		case b == '\\':
			i++
		case b == '"' || b == '\'':
			for i++; i < len(s) && s[i] != b && s[i] != '\n'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		case b == '/' && i+1 < len(s) && s[i+1] == '*':
			n := strings.Index(s[i+2:], "*/")
			if n < 0 {
				return len(s)
			}
			i += n + 3
		case depth == 0 && strings.IndexByte(stops, b) >= 0:
			return i
		case b == '(' || b == '[' || b == '{':
			depth++
		case b == ')' || b == ']' || b == '}':
			depth = max(0, depth-1)
		}
	}
	return len(s)
}

func splitTop(s string, sep byte) []string {
	if strings.IndexByte(s, sep) < 0 {
		return []string{s}
	}
	var out []string
	for pos := 0; pos <= len(s); {
		end := until(s, pos, string(sep))
		out = append(out, s[pos:end])
		pos = end + 1
	}
	return out
}

func uncomment(s string) string {
	for {
		i := strings.Index(s, "/*")
		if i < 0 {
			return s
		}
		j := strings.Index(s[i+2:], "*/")
		if j < 0 {
			return s[:i]
		}
		s = s[:i] + " " + s[i+2+j+2:]
	}
}

// mediaMatches evaluates a list of media queries for a screen of a width.
func mediaMatches(list string, width int, dark bool) bool {
	list = strings.ToLower(strings.TrimSpace(list))
	if list == "" {
		return true
	}
	for _, q := range splitTop(list, ',') {
		if queryMatches(strings.TrimSpace(q), width, dark) {
			return true
		}
	}
	return false
}

func queryMatches(q string, width int, dark bool) bool {
	not := strings.HasPrefix(q, "not ")
	q = strings.TrimPrefix(strings.TrimPrefix(q, "not "), "only ")
	ok := true
	for _, part := range strings.Split(q, " and ") {
		for _, p := range strings.Split(strings.ReplaceAll(part, ")and", ") and"), " and ") {
			ok = ok && partMatches(strings.TrimSpace(p), width, dark)
		}
	}
	return ok != not
}

func partMatches(p string, width int, dark bool) bool {
	if !strings.HasPrefix(p, "(") {
		return p == "all" || p == "screen"
	}
	name, value, _ := strings.Cut(strings.Trim(p, "()"), ":")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	n, _ := strconv.ParseFloat(strings.TrimRight(value, "pxemr"), 64)
	if strings.HasSuffix(value, "em") {
		n *= 16
	}
	switch name {
	case "prefers-color-scheme":
		return dark == (value == "dark")
	case "max-width", "max-device-width":
		return float64(width) <= n
	case "min-width", "min-device-width":
		return float64(width) >= n
	case "prefers-reduced-motion":
		return value == "no-preference"
	case "orientation":
		return value == "landscape"
	case "hover":
		return value != "none"
	case "color", "width":
		return value == ""
	}
	return false
}

func shorten(s string) string {
	s = fold(s)
	if r := []rune(s); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return s
}
