package shown

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// maxBeside is how many siblings are looked at, so that a long list with a long
// style sheet does not hold anything up.
const maxBeside = 1000

// parseSelector reads a selector. Ogs tells that it asks for the attributes of
// Outlook.com, which then count as given.
func parseSelector(s string) (sel []compound, ogs, ok bool) {
	var chain []compound
	var then byte
	for s = strings.TrimSpace(s); s != ""; {
		c, rest, ok := parseCompound(s)
		if !ok || len(chain) > 20 {
			return nil, false, false
		}
		kept := c.attrs[:0]
		for _, a := range c.attrs {
			if a.name == "data-ogsc" || a.name == "data-ogsb" {
				ogs = true
				continue
			}
			kept = append(kept, a)
		}
		wrapper := len(kept) < len(c.attrs) && c.tag == "" && c.id == "" && len(c.classes)+len(kept)+len(c.pseudos) == 0
		c.attrs = kept
		c.then = then
		trimmed := strings.TrimLeft(rest, " \t\n\r\f")
		switch {
		case trimmed == "":
			then = 0
		case strings.IndexByte(">+~", trimmed[0]) >= 0:
			then = trimmed[0]
			trimmed = strings.TrimLeft(trimmed[1:], " \t\n\r\f")
		default:
			then = ' '
		}
		s = trimmed
		if wrapper && s != "" { // any element around may carry it
			then = 0
			continue
		}
		chain = append(chain, c)
	}
	if len(chain) == 0 || then != 0 {
		return nil, false, false
	}
	for i, j := 0, len(chain)-1; i < j; i, j = i+1, j-1 {
		chain[i], chain[j] = chain[j], chain[i]
	}
	return chain, ogs, true
}

// parseCompound reads one compound. In chain order, then is how it relates to
// the one before it, which is the next outwards.
func parseCompound(s string) (c compound, rest string, ok bool) {
	start := s
	if strings.HasPrefix(s, "*") {
		s = s[1:]
	} else if n := ident(s); n > 0 {
		c.tag, s = strings.ToLower(s[:n]), s[n:]
	}
	for s != "" {
		switch s[0] {
		case '.', '#':
			n := ident(s[1:])
			if n == 0 {
				return c, s, false
			}
			if s[0] == '.' {
				c.classes = append(c.classes, s[1:1+n])
			} else {
				c.id = s[1 : 1+n]
			}
			s = s[1+n:]
		case '[':
			end := strings.IndexByte(s, ']')
			if end < 0 {
				return c, s, false
			}
			c.attrs = append(c.attrs, parseAttr(s[1:end]))
			s = s[end+1:]
		case ':':
			p, after, ok := parsePseudo(s)
			if !ok {
				return c, s, false
			}
			c.pseudos = append(c.pseudos, p)
			s = after
		default:
			return c, s, len(s) < len(start) && strings.IndexByte(" \t\n\r\f>+~", s[0]) >= 0
		}
	}
	return c, "", len(start) > 0
}

func parseAttr(s string) attrTest {
	i := strings.IndexByte(s, '=')
	if i < 0 {
		return attrTest{name: strings.ToLower(strings.TrimSpace(s))}
	}
	a := attrTest{op: '=', value: strings.Trim(strings.TrimSpace(s[i+1:]), `"'`)}
	name := strings.TrimSpace(s[:i])
	if n := len(name); n > 0 && strings.IndexByte("~|^$*", name[n-1]) >= 0 {
		a.op, name = name[n-1], name[:n-1]
	}
	a.name = strings.ToLower(strings.TrimSpace(name))
	return a
}

func parsePseudo(s string) (p pseudo, rest string, ok bool) {
	element := strings.HasPrefix(s, "::")
	s = strings.TrimLeft(s, ":")
	n := ident(s)
	if n == 0 {
		return p, s, false
	}
	p.name, rest = strings.ToLower(s[:n]), s[n:]
	if strings.HasPrefix(rest, "(") {
		end := until(rest, 1, ")")
		if end == len(rest) {
			return p, s, false
		}
		p.arg, rest = strings.TrimSpace(rest[1:end]), rest[end+1:]
	}
	if p.name == "not" {
		sel, _, ok := parseSelector(p.arg)
		if !ok {
			return p, s, false
		}
		p.not = sel
	}
	if element {
		p.name = "::" + p.name
	}
	return p, rest, true
}

func ident(s string) int {
	for i := 0; i < len(s); i++ {
		b := s[i]
		if b >= 0x80 || b == '-' || b == '_' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' && i > 0 {
			continue
		}
		return i
	}
	return len(s)
}

func specificity(sel []compound, ogs bool) int {
	n := 0
	if ogs {
		n = 1000
	}
	for _, c := range sel {
		if c.id != "" {
			n += 1_000_000
		}
		n += 1000 * (len(c.classes) + len(c.attrs))
		for _, p := range c.pseudos {
			switch {
			case p.not != nil:
				n += specificity(p.not, false)
			case strings.HasPrefix(p.name, "::"):
				n++
			case p.name != "where":
				n += 1000
			}
		}
		if c.tag != "" {
			n++
		}
	}
	return n
}

// matches tells whether an element is what a selector asks for.
func matches(n *html.Node, sel []compound) bool {
	if n == nil || !sel[0].is(n) {
		return false
	}
	if len(sel) == 1 {
		return true
	}
	switch sel[0].then {
	case '>':
		return n.Parent != nil && n.Parent.Type == html.ElementNode && matches(n.Parent, sel[1:])
	case '+':
		p := beside(n)
		return p != nil && matches(p, sel[1:])
	case '~':
		for p, far := beside(n), 0; p != nil && far < maxBeside; p, far = beside(p), far+1 {
			if matches(p, sel[1:]) {
				return true
			}
		}
		return false
	}
	for p := n.Parent; p != nil && p.Type == html.ElementNode; p = p.Parent {
		if matches(p, sel[1:]) {
			return true
		}
	}
	return false
}

func beside(n *html.Node) *html.Node {
	for p := n.PrevSibling; p != nil; p = p.PrevSibling {
		if p.Type == html.ElementNode {
			return p
		}
	}
	return nil
}

func after(n *html.Node) *html.Node {
	for p := n.NextSibling; p != nil; p = p.NextSibling {
		if p.Type == html.ElementNode {
			return p
		}
	}
	return nil
}

func (c *compound) is(n *html.Node) bool {
	if n.Type != html.ElementNode || c.tag != "" && c.tag != n.Data {
		return false
	}
	if c.id != "" {
		if id, _ := attr(n, "id"); id != c.id {
			return false
		}
	}
	if len(c.classes) > 0 {
		has, _ := attr(n, "class")
		for _, want := range c.classes {
			if !hasWord(has, want) {
				return false
			}
		}
	}
	for _, a := range c.attrs {
		if !a.is(n) {
			return false
		}
	}
	for i := range c.pseudos {
		if !c.pseudos[i].is(n) {
			return false
		}
	}
	return true
}

func hasWord(words, want string) bool {
	for w := range strings.FieldsSeq(words) {
		if w == want {
			return true
		}
	}
	return false
}

func (a attrTest) is(n *html.Node) bool {
	if a.name == at {
		return false
	}
	v, ok := attr(n, a.name)
	if !ok {
		return false
	}
	switch a.op {
	case '=':
		return v == a.value
	case '~':
		return hasWord(v, a.value)
	case '|':
		return v == a.value || strings.HasPrefix(v, a.value+"-")
	case '^':
		return a.value != "" && strings.HasPrefix(v, a.value)
	case '$':
		return a.value != "" && strings.HasSuffix(v, a.value)
	case '*':
		return a.value != "" && strings.Contains(v, a.value)
	}
	return true
}

// is answers for a document nobody has touched: nothing is hovered or visited.
func (p *pseudo) is(n *html.Node) bool {
	switch p.name {
	case "link", "any-link":
		_, ok := attr(n, "href")
		return ok && (n.Data == "a" || n.Data == "area")
	case "root":
		return n.Data == "html"
	case "first-child":
		return beside(n) == nil
	case "last-child":
		return after(n) == nil
	case "only-child":
		return beside(n) == nil && after(n) == nil
	case "not":
		return !matches(n, p.not)
	case "nth-child":
		i := 1
		for b := beside(n); b != nil && i < maxBeside; b = beside(b) {
			i++
		}
		return nth(p.arg, i)
	case "checked":
		_, ok := attr(n, "checked")
		return ok
	}
	return false
}

func nth(arg string, i int) bool {
	switch arg = strings.ReplaceAll(strings.ToLower(arg), " ", ""); arg {
	case "odd":
		return i%2 == 1
	case "even":
		return i%2 == 0
	}
	a, b, found := strings.Cut(arg, "n")
	if !found {
		v, err := strconv.Atoi(arg)
		return err == nil && v == i
	}
	step, offset := 1, 0
	switch a {
	case "", "+":
	case "-":
		step = -1
	default:
		step, _ = strconv.Atoi(a)
	}
	if b != "" {
		offset, _ = strconv.Atoi(b)
	}
	if step == 0 {
		return i == offset
	}
	return (i-offset)%step == 0 && (i-offset)/step >= 0
}
