package email

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// maxRules bounds the rules of inline styles, each of which is held against
// each element.
const maxRules = 500

// maxToil bounds what selectors cost, in steps: a few seconds at the very worst.
const maxToil = 500_000_000

// maxNesting bounds how deep the elements of a page stand in each other where
// selectors are held against them.
const maxNesting = 500

// selector reads a group of CSS selectors. Those that look into what an element
// holds are none of CSS as mail clients know it, and have no bound.
func selector(s string) (cascadia.SelectorGroup, error) {
	for _, inward := range []string{":has", ":contains", ":matches"} {
		if strings.Contains(s, inward) {
			s = ""
		}
	}
	if len(s) > 500 {
		s = ""
	}
	return cascadia.ParseGroup(s)
}

// toil is the most steps that holding a selector against a page can take: each
// descent may begin at every ancestor, each count goes through all siblings.
func toil(selector string, t *tree) int {
	steps := len(t.nodes)
	for i, part := range strings.FieldsFunc(selector, func(r rune) bool { return strings.ContainsRune(" \t\r\n\f~", r) }) {
		if i > 0 && part != ">" && part != "+" {
			steps *= max(t.depth, 1)
		}
		if steps > maxToil {
			return maxToil + 1
		}
	}
	if strings.Contains(selector, ":nth") || strings.Contains(selector, "-of-type") || strings.Contains(selector, "~") {
		steps *= max(len(t.nodes), 1)
	}
	return steps
}

// rule is one selector of a style sheet with its declarations.
type rule struct {
	text         string
	match        cascadia.Sel
	weight       weight
	declarations []declaration
}

// declaration is one line of a style.
type declaration struct {
	property, value string
	important       bool
	number          int // in its source
}

// weight is CSS specificity: the style attribute, ids, classes, elements.
type weight [4]int

// inline moves the rules of a style sheet into style attributes, for clients
// that drop style sheets. Widths, heights and what tables have attributes for go
// there too. It is not done, and ok is false, when it would take too long.
func inline(page, css string) (inlined string, ok bool) {
	t := grow(page)
	if t.depth > maxNesting {
		return page, false
	}
	steps := 0
	looks := map[*html.Node]*look{}
	var order []*html.Node
	for i, r := range rules(css) {
		if steps += toil(r.text, t); steps > maxToil {
			return page, false
		}
		for _, n := range t.nodes {
			if unseen(n.Data) || !r.match.Match(n) {
				continue
			}
			l := looks[n]
			if l == nil {
				l = &look{}
				l.add(declarations(attributeOf(n, "style"), 0), weight{1, 0, 0, 0}, -1)
				looks[n] = l
				order = append(order, n)
			}
			if steps += len(r.declarations) * (len(r.declarations) + len(l.held)); steps > maxToil {
				return page, false
			}
			l.add(r.declarations, r.weight, i)
		}
	}
	for _, n := range order {
		looks[n].write(t, n)
	}
	return t.String(), true
}

// unseen reports whether an element is never shown.
func unseen(name string) bool {
	switch name {
	case "head", "title", "base", "link", "style", "meta", "script", "noscript":
		return true
	}
	return false
}

// look is what an element's style becomes.
type look struct {
	held []styled
}

// styled is a declaration with where it comes from.
type styled struct {
	declaration
	weight weight
	source int
}

func (s styled) compare(o styled) int {
	a, b := s.weight, o.weight
	if s.important {
		a[0] += 2
	}
	if o.important {
		b[0] += 2
	}
	return cmp.Or(slices.Compare(a[:], b[:]), cmp.Compare(s.number, o.number))
}

// add takes declarations over. A heavier one stays; of the same source both stay,
// since the first may be there for clients that do not read the second.
func (l *look) add(all []declaration, w weight, source int) {
	for _, d := range all {
		s := styled{d, w, source}
		i := slices.IndexFunc(l.held, func(h styled) bool { return h.property == d.property })
		last := i
		for j := i; j >= 0 && j < len(l.held); j++ {
			if l.held[j].property == d.property {
				last = j
			}
		}
		switch {
		case i < 0:
			l.held = append(l.held, s)
		case l.held[last].compare(s) > 0:
		case l.held[last].source == source:
			l.held = append(l.held, s)
		default:
			l.held = slices.DeleteFunc(l.held, func(h styled) bool { return h.property == d.property })
			l.held = append(l.held, s)
		}
	}
}

// write puts the style and the attributes it stands for on the element.
func (l *look) write(t *tree, n *html.Node) {
	sorted := slices.Clone(l.held)
	slices.SortStableFunc(sorted, styled.compare)
	var parts []string
	for _, s := range sorted {
		if s.property != "content" {
			parts = append(parts, s.property+": "+strings.ReplaceAll(s.value, `"`, "'")+";")
		}
	}
	if len(parts) > 0 {
		t.set(n, "style", strings.Join(parts, " "))
	}
	winner := map[string]string{}
	for _, s := range l.held {
		winner[s.property] = s.value
	}
	table := slices.Contains([]string{"table", "th", "tr", "td", "caption", "colgroup", "col", "thead", "tbody", "tfoot"}, n.Data)
	if slices.Contains([]string{"table", "td", "th", "img"}, n.Data) {
		for _, side := range []string{"width", "height"} {
			switch v := winner[side]; {
			case strings.Contains(v, "px") || strings.Contains(v, "auto"):
				t.set(n, side, strings.Replace(v, "px", "", 1))
			case table && strings.Contains(v, "%"):
				t.set(n, side, v)
			}
		}
	}
	if !table {
		return
	}
	for _, pair := range [][2]string{{"background-color", "bgcolor"}, {"background-image", "background"}, {"text-align", "align"}, {"vertical-align", "valign"}} {
		v, ok := winner[pair[0]]
		if !ok || strings.Contains(strings.ToLower(v), "-gradient(") {
			continue
		}
		if pair[1] == "background" {
			v = unquoted(v)
		}
		t.set(n, pair[1], v)
	}
}

// unquoted takes the address out of url('...').
func unquoted(v string) string {
	inner, ok := strings.CutPrefix(v, "url(")
	if !ok {
		return v
	}
	return strings.Trim(strings.TrimSuffix(inner, ")"), `"'`)
}

var cssComments = regexp.MustCompile(`(?s)/\*.*?\*/`)

// rules reads a style sheet. What stands in @media and the like cannot be
// inlined, and is left out.
func rules(css string) (all []rule) {
	css = cssComments.ReplaceAllString(css, " ")
	for number := 0; len(all) < maxRules; {
		open := strings.IndexAny(css, "{;")
		if open < 0 {
			return all
		}
		if css[open] == ';' { // @import
			css = css[open+1:]
			continue
		}
		head := strings.TrimSpace(css[:open])
		end := blockEnd(css, open)
		inner := css[open+1 : end]
		css = css[min(end+1, len(css)):]
		if strings.HasPrefix(head, "@") {
			continue
		}
		found := declarations(inner, number)
		number += len(found)
		for _, one := range apart(head, ',') {
			if r, ok := newRule(one, found); ok {
				all = append(all, r)
			}
		}
	}
	return all
}

// blockEnd returns where the block that opens at a brace closes.
func blockEnd(css string, open int) int {
	depth := 0
	for i := open; i < len(css); i++ {
		switch css[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(css)
}

func newRule(text string, found []declaration) (rule, bool) {
	for _, pseudo := range []string{":hover", ":active", ":focus", ":visited", ":link", ":before", ":after"} {
		if strings.Contains(text, pseudo) {
			return rule{}, false
		}
	}
	group, err := selector(strings.TrimSpace(text))
	if err != nil || len(group) != 1 || len(found) == 0 {
		return rule{}, false
	}
	s := group[0].Specificity()
	pseudos := strings.Count(text, ":") // which the reference weighs as elements
	return rule{text: strings.TrimSpace(text), match: group[0], weight: weight{0, s[0], s[1] - pseudos, s[2] + pseudos}, declarations: found}, true
}

// declarations reads what stands in a style attribute or in a rule.
func declarations(style string, number int) (all []declaration) {
	for _, part := range apart(style, ';') {
		property, value, ok := strings.Cut(part, ":")
		property, value = strings.TrimSpace(property), strings.TrimSpace(value)
		if !ok || property == "" || value == "" {
			continue
		}
		plain, important := strings.CutSuffix(value, "!important")
		all = append(all, declaration{property, strings.TrimSpace(plain), important, number})
		number++
	}
	return all
}

// apart splits at a byte that stands in no quotes and no brackets.
func apart(s string, at byte) (parts []string) {
	depth, start := 0, 0
	var quote byte
	for i := range len(s) {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == at && depth <= 0:
			parts = append(parts, s[start:i])
			start = i + 1
		}
	}
	return append(parts, s[start:])
}
