package style

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// matcher finds a pattern in a text, as whole words or anywhere.
//
// In RE2 a word boundary knows ASCII alone, and in the format's own engine all
// of Unicode. So there are three expressions: one with \b, for texts where that
// is the same, and for others two that take the characters beside a match, at
// the start of a text and further on.
type matcher struct {
	plain, first, next *regexp.Regexp
	words              bool
}

// The limits of what patterns cost. Looking for one takes as many steps for each
// byte of a text as its program is long.
const (
	maxProgram = 1 << 18   // instructions of one rule
	maxGroups  = 100       // whose places are kept
	maxText    = 64 << 10  // bytes of a text that patterns look at
	maxSteps   = 400 << 20 // of all rules on one text
	maxMatches = 5000      // of one pattern in a text: each may look at all of the rest
)

// compile makes a matcher of a pattern, whose groups catch nothing. It is told where it stands, for errors.
func (r *reader) compile(pattern string, words, ignoreCase bool, at *yaml.Node) *matcher {
	if len(pattern) > maxPattern {
		r.problem(at, "the patterns of the rule %s have %d characters together, and %d are allowed", r.name, len(pattern), maxPattern).WithFix("split it into several rules")
		return nil
	}
	return r.grouped(uncaptured(pattern), words, ignoreCase, at)
}

// grouped is compile for a pattern whose groups somebody asks for. Keeping the places
// of groups costs as much as there are, for every byte and every alternative.
func (r *reader) grouped(pattern string, words, ignoreCase bool, at *yaml.Node) *matcher {
	pattern = widen(pattern)
	flags := "(?m)"
	if ignoreCase {
		flags = "(?mi)"
	}
	r.rule.program += programOf(flags + "(?:" + pattern + ")")
	if !words {
		return &matcher{plain: r.regexp(flags+"(?:"+pattern+")", at)}
	}
	m := &matcher{words: true, plain: r.regexp(flags+`\b(?:`+pattern+`)\b`, at)}
	if m.plain != nil {
		const inWord = `\pL\pN\pM_`
		after := `(?:` + pattern + `))(?:[^` + inWord + `]|\z)`
		m.first, m.next = r.regexp(flags+`(?:\A|[^`+inWord+`])(`+after, at), r.regexp(flags+`[^`+inWord+`](`+after, at)
	}
	return m
}

// programOf returns how many instructions an expression comes to; 0 where it is none.
func programOf(expression string) int {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return 0
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return 0
	}
	return len(program.Inst)
}

// uncaptured makes the groups of a pattern such as catch nothing.
func uncaptured(pattern string) string {
	var out strings.Builder
	for i := 0; i < len(pattern); i++ {
		rest := pattern[i:]
		switch n := classLen(rest); {
		case strings.HasPrefix(rest, `\Q`):
			end := strings.Index(rest, `\E`)
			if end < 0 {
				end = len(rest) - 1
			}
			out.WriteString(rest[:end+1])
			i += end
		case n > 0:
			out.WriteString(rest[:n])
			i += n - 1
		case rest[0] == '\\' && len(rest) > 1:
			out.WriteString(rest[:2])
			i++
		case strings.HasPrefix(rest, "(?P<"), strings.HasPrefix(rest, "(?<") && len(rest) > 3 && rest[3] != '=' && rest[3] != '!':
			end := strings.IndexByte(rest, '>')
			if end < 0 {
				out.WriteString(rest) // which is no expression, and told so
				return out.String()
			}
			out.WriteString("(?:")
			i += end
		case rest[0] == '(' && !strings.HasPrefix(rest, "(?"):
			out.WriteString("(?:")
		default:
			out.WriteByte(rest[0])
		}
	}
	return out.String()
}

// classLen returns how long the class in brackets is with which a pattern begins; 0
// for none. A bracket that comes first is itself.
func classLen(pattern string) int {
	if !strings.HasPrefix(pattern, "[") {
		return 0
	}
	i := 1
	if strings.HasPrefix(pattern[i:], "^") {
		i++
	}
	if strings.HasPrefix(pattern[i:], "]") {
		i++
	}
	for ; i < len(pattern); i++ {
		switch {
		case pattern[i] == '\\':
			i++
		case strings.HasPrefix(pattern[i:], "[:"):
			if end := strings.Index(pattern[i:], ":]"); end > 0 {
				i += end + 1
			}
		case pattern[i] == ']':
			return i + 1
		}
	}
	return len(pattern)
}

// widen gives the classes \w and \s all of Unicode, as in the format's engine. A
// \b that a pattern brings itself stays that of ASCII.
func widen(pattern string) string {
	const wordly, blank = `\pL\pN\pM_`, `\s\v\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}`
	var out strings.Builder
	class := false
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		if c != '\\' || i+1 == len(pattern) {
			if c == '[' && !class {
				class = true
				if strings.HasPrefix(pattern[i+1:], "^]") || strings.HasPrefix(pattern[i+1:], "]") { // a bracket that comes first is itself
					n := strings.IndexByte(pattern[i:], ']') + 1
					out.WriteString(pattern[i : i+n])
					i += n - 1
					continue
				}
			} else if c == ']' {
				class = false
			}
			out.WriteByte(c)
			continue
		}
		i++
		switch wide := map[byte]string{'w': wordly, 's': blank}[pattern[i]]; {
		case wide != "" && class:
			out.WriteString(wide)
		case wide != "":
			out.WriteString("[" + wide + "]")
		case pattern[i] == 'W' && !class:
			out.WriteString("[^" + wordly + "]")
		case pattern[i] == 'S' && !class:
			out.WriteString("[^" + blank + "]")
		default:
			out.WriteString(pattern[i-1 : i+1])
		}
	}
	return out.String()
}

// regexp compiles an expression, and says what RE2 does not have.
func (r *reader) regexp(expression string, at *yaml.Node) *regexp.Regexp {
	r.rule.size += programOf(expression)
	if r.rule.size > maxProgram {
		if !r.full {
			r.problem(at, "the patterns of the rule %s are too large once their repetitions are written out", r.name).WithFix("repeat less, or split it into several rules")
		}
		r.full = true
		return nil
	}
	re, err := regexp.Compile(expression)
	if err == nil {
		return re
	}
	says, fix := "is no regular expression", "correct it; in single quotes a backslash is one"
	if e, ok := err.(*syntax.Error); ok {
		says += ": " + string(e.Code) + " at " + e.Expr
		switch {
		case e.Code == syntax.ErrInvalidPerlOp && strings.HasPrefix(e.Expr, "(?"), strings.Contains(e.Expr, "(?=") || strings.Contains(e.Expr, "(?!") || strings.Contains(e.Expr, "(?<"):
			says, fix = "needs look-around ("+shorten(e.Expr)+"), which RE2 does not have", "say what should be found, and put what should not into exceptions"
		case e.Code == syntax.ErrInvalidEscape && len(e.Expr) == 2 && e.Expr[1] >= '1' && e.Expr[1] <= '9':
			says, fix = "refers back to a group ("+e.Expr+"), which RE2 does not do", "write the repetition out, or extend repetition"
		case e.Code == syntax.ErrLarge:
			says, fix = "is too large once its repetitions are written out", "repeat less"
		}
	}
	r.problem(at, "a pattern of the rule %s %s", r.name, shorten(says)).WithFix("%s", fix)
	return nil
}

// find returns the places of the pattern with its groups, as
// regexp.FindAllStringSubmatchIndex does. Empty matches are left out.
func (m *matcher) find(s string) [][]int {
	if m == nil || m.plain == nil {
		return nil
	}
	var all [][]int
	if !m.words || ascii(s) {
		for _, at := range m.plain.FindAllStringSubmatchIndex(s, maxMatches) {
			if at[1] > at[0] {
				all = append(all, at)
			}
		}
		return all
	}
	for from, n := 0, 0; from < len(s) && n < maxMatches; n++ {
		re, start := m.first, from
		if from > 0 {
			_, size := utf8.DecodeLastRuneInString(s[:from])
			re, start = m.next, from-size
		}
		at := re.FindStringSubmatchIndex(s[start:])
		if at == nil {
			break
		}
		at = at[2:] // the first group is the match
		for i := range at {
			if at[i] >= 0 {
				at[i] += start
			}
		}
		if at[1] <= at[0] {
			_, size := utf8.DecodeRuneInString(s[max(at[1], from):])
			from = max(at[1], from) + max(1, size)
			continue
		}
		if boundary(s, at[0]) && boundary(s, at[1]) {
			all = append(all, at)
		}
		from = at[1]
	}
	return all
}

// finds reports whether the pattern is in the text.
func (m *matcher) finds(s string) bool { return len(m.find(s)) > 0 }

// boundary reports whether a word begins or ends at an offset.
func boundary(s string, at int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:at])
	after, _ := utf8.DecodeRuneInString(s[at:])
	return (at > 0 && inWord(before)) != (at < len(s) && inWord(after))
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) || r == '_'
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// exceptions are words and phrases that a rule leaves be: a match that holds one
// of them, and one inside a phrase.
type exceptions struct {
	words, phrases *matcher
	list           []string
}

func (r *reader) exceptions() exceptions {
	var e exceptions
	var words, phrases []string
	var at *yaml.Node
	for _, x := range r.list("exceptions") {
		at = x.node
		e.list = append(e.list, x.text)
		words = append(words, "(?:"+x.text+")")
		if strings.ContainsAny(x.text, " \t") || strings.Contains(x.text, `\s`) {
			phrases = append(phrases, "(?:"+x.text+")")
		}
	}
	if len(words) > 0 {
		e.words = r.compile(longestFirst(words), true, false, at)
	}
	if len(phrases) > 0 {
		e.phrases = r.compile(longestFirst(phrases), true, false, at)
	}
	return e
}

// over returns what tells whether a match of a text is excepted. Phrases are
// looked for once.
func (e exceptions) over(s string) func(start, end int) bool {
	phrases := e.phrases.find(s)
	return func(start, end int) bool {
		if e.words.finds(s[start:end]) {
			return true
		}
		for len(phrases) > 0 && phrases[0][1] < start { // matches come in order
			phrases = phrases[1:]
		}
		for _, at := range phrases {
			if at[0] > start {
				break
			}
			if end <= at[1] {
				return true
			}
		}
		return false
	}
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 120 {
		return string(r[:120]) + "…"
	}
	return s
}
