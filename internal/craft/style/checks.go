package style

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/throughline-engine/throughline/internal/craft/text"
)

// longestFirst joins alternatives so that of two that begin alike the longer is
// tried first.
func longestFirst(patterns []string) string {
	sorted := slices.Clone(patterns)
	slices.SortStableFunc(sorted, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return strings.Join(sorted, "|")
}

// existence finds tokens that should not be there.
func (r *reader) existence() {
	nonword, ignore, last := r.yes("nonword"), r.yes("ignorecase"), r.yes("append")
	except := r.exceptions()
	var tokens []string
	node := r.get("tokens")
	for _, t := range r.list("tokens") {
		if r.compile(t.text, false, false, t.node) != nil {
			tokens = append(tokens, t.text)
		}
	}
	raw := ""
	for _, t := range r.list("raw") {
		raw += t.text
		node = t.node
	}
	if len(tokens) == 0 && raw == "" {
		r.problem(r.root, "the rule %s has no tokens", r.name).WithFix("list what should be found under tokens")
		return
	}
	if len(r.problems) > 0 {
		return
	}
	words := !nonword && len(tokens) > 0
	pattern := strings.Join(tokens, "|")
	if raw != "" && len(tokens) > 0 { // what is raw stands outside the word boundaries
		inner := "(?:" + pattern + ")"
		if words {
			inner = `\b` + inner + `\b`
		}
		pattern, words = raw+inner, false
		if last {
			pattern = inner + raw
		}
	} else if raw != "" {
		pattern = raw
	}
	m := r.compile(pattern, words, ignore, node)
	r.rule.check = func(run *run) {
		excepted := except.over(run.text)
		for _, at := range m.find(run.text) {
			if !excepted(at[0], at[1]) {
				run.add(at[0], at[1], nil, run.text[at[0]:at[1]])
			}
		}
	}
}

// swap is one pattern of a substitution.
type swap struct {
	key, value string
	pattern    *regexp.Regexp // the key as a whole, for values that take up its groups
	same       *regexp.Regexp // what the value describes; nil for a plain text
}

// substitution finds what should be written otherwise.
func (r *reader) substitution() {
	nonword, ignore, capitalize := r.yes("nonword"), r.yes("ignorecase"), r.yes("capitalize")
	except := r.exceptions()
	if n := r.get("pos"); n != nil {
		r.problem(n, "the rule %s has pos, which needs the part of speech of each word", r.name).WithFix("remove it")
	}
	pairs := r.pairs("swap")
	if len(pairs) == 0 {
		r.problem(r.root, "the rule %s has no swap", r.name).WithFix("write swap: with pattern: replacement on each line")
		return
	}
	slices.SortStableFunc(pairs, func(a, b entry) int { return cmp.Compare(len(b.text), len(a.text)) })
	var swaps []swap
	var patterns []string
	for _, p := range pairs {
		flags := "(?m)"
		if ignore {
			flags = "(?mi)"
		}
		re := r.regexp(flags+`\A(?:`+widen(p.text)+`)\z`, p.node)
		if re == nil {
			continue
		}
		s := swap{key: p.text, value: p.value, pattern: re}
		if strings.ContainsFunc(p.value, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) && c != ' ' && c != '-' }) {
			s.same, _ = regexp.Compile("^(?:" + p.value + ")$") // a value that is no pattern is a text
		}
		swaps, patterns = append(swaps, s), append(patterns, "(?:"+p.text+")")
	}
	if len(r.problems) > 0 {
		return
	}
	m := r.compile(strings.Join(patterns, "|"), !nonword, ignore, r.get("swap"))
	message := r.rule.message
	if r.rule.replace { // the replacements bring their own quotes
		for _, spec := range []string{"'%s'", `"%s"`} {
			if strings.Count(message, spec) == 2 {
				message = strings.Replace(message, spec, "%s", 1)
			}
		}
	}
	r.rule.message = message
	r.rule.check = func(run *run) {
		excepted := except.over(run.text)
		which := map[string]int{} // by what was found, because looking for it costs
		for _, at := range m.find(run.text) {
			seen := run.text[at[0]:at[1]]
			i, known := which[seen]
			if !known {
				i = slices.IndexFunc(swaps, func(s swap) bool { return s.pattern.MatchString(seen) })
				which[seen] = i
			}
			if i < 0 || excepted(at[0], at[1]) {
				continue
			}
			run.substitute(swaps[i], at[0], at[1], capitalize)
		}
	}
}

func (r *run) substitute(s swap, start, end int, capitalize bool) {
	seen := r.text[start:end]
	value := s.value
	if strings.Contains(value, "$") {
		if at := s.pattern.FindStringSubmatchIndex(seen); at != nil {
			value = string(s.pattern.ExpandString(nil, value, seen, at))
		}
	}
	options := []string{value}
	if r.replace {
		options = alternatives(value)
	}
	if capitalize && upperFirst(seen) == seen {
		for i := range options {
			options[i] = upperFirst(options[i])
		}
	}
	if slices.Contains(options, seen) || !r.replace && s.same != nil && s.same.MatchString(seen) {
		return
	}
	says := options[0]
	if r.replace {
		says = sentenceOf(options)
	}
	r.add(start, end, options, says, seen)
}

// alternatives splits replacements at | that no backslash stands before.
func alternatives(s string) []string {
	var all []string
	for part := range strings.SplitSeq(strings.ReplaceAll(s, `\|`, "\x00"), "|") {
		if part != "" {
			all = append(all, strings.ReplaceAll(part, "\x00", "|"))
		}
	}
	if len(all) == 0 {
		return []string{s}
	}
	return all
}

// sentenceOf writes 'a', 'b', or 'c'.
func sentenceOf(options []string) string {
	quoted := make([]string, len(options))
	for i, o := range options {
		quoted[i] = "'" + o + "'"
	}
	switch n := len(quoted); n {
	case 1:
		return quoted[0]
	case 2:
		return quoted[0] + " or " + quoted[1]
	default:
		return strings.Join(quoted[:n-1], ", ") + ", or " + quoted[n-1]
	}
}

func upperFirst(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}

// occurrence counts a token and bounds how often it may be there.
func (r *reader) occurrence() {
	ignore := r.yes("ignorecase")
	most, least := int(r.number("max", 0)), int(r.number("min", 0))
	token := r.text("token", "")
	if token == "" || most == 0 && least == 0 {
		r.problem(r.root, "the rule %s counts nothing", r.name).WithFix("write token, and max or min")
		return
	}
	m := r.compile(token, false, ignore, r.get("token"))
	r.rule.check = func(run *run) {
		found := m.find(run.text)
		n := len(found)
		if (most == 0 || n <= most) && n >= least {
			return
		}
		start, end := 0, len(run.text)
		if n > 0 {
			start, end = found[0][0], found[0][1]
		} else if w := text.WordSpans(run.text); len(w) > 0 {
			start, end = w[0].Start, w[0].End
		}
		run.add(start, end, nil, strconv.Itoa(n))
	}
}

// repetition finds a token that follows itself.
func (r *reader) repetition() {
	ignore, alpha, most := r.yes("ignorecase"), r.yes("alpha"), int(r.number("max", 0))
	except := r.exceptions()
	var tokens []string
	for _, t := range r.list("tokens") {
		tokens = append(tokens, t.text)
	}
	if len(tokens) == 0 {
		r.problem(r.root, "the rule %s has no tokens", r.name).WithFix(`list what may not be repeated under tokens, such as '[^\s]+'`)
		return
	}
	m := r.compile(strings.Join(tokens, "|"), false, ignore, r.get("tokens"))
	r.rule.check = func(run *run) {
		excepted := except.over(run.text)
		before, start, count := "", 0, 0
		for _, at := range m.find(run.text) {
			now := strings.TrimSpace(run.text[at[0]:at[1]])
			same := now != "" && (now == before || ignore && strings.EqualFold(now, before)) &&
				(!alpha || !strings.ContainsFunc(now, func(c rune) bool { return !unicode.IsLetter(c) }))
			if !same {
				count = 0
			} else if count++; count > most && len(text.Sentences(run.text[start:at[1]], run.language)) == 1 && !excepted(start, at[1]) {
				run.add(start, at[1], nil, now)
				count = 0
			}
			before, start = now, at[0]
		}
	}
}

// consistency finds two spellings of which a text should keep to one.
func (r *reader) consistency() {
	nonword, ignore := r.yes("nonword"), r.yes("ignorecase")
	type either struct{ one, other *matcher }
	var all []either
	for _, p := range r.pairs("either") {
		all = append(all, either{r.compile(p.text, !nonword, ignore, p.node), r.compile(p.value, !nonword, ignore, p.node)})
	}
	if len(all) == 0 {
		r.problem(r.root, "the rule %s has no either", r.name).WithFix("write either: with one: other on each line")
		return
	}
	r.rule.check = func(run *run) {
		for _, e := range all {
			one, other := e.one.find(run.text), e.other.find(run.text)
			if len(one) == 0 || len(other) == 0 {
				continue
			}
			late := one[0] // the spelling that came second
			if other[0][0] > late[0] {
				late = other[0]
			}
			run.add(late[0], late[1], nil, run.text[late[0]:late[1]])
		}
	}
}

// conditional wants, wherever the first pattern is, the second too; with a group
// in the second, each first must be what the group caught somewhere.
func (r *reader) conditional() {
	ignore := r.yes("ignorecase")
	if n := r.get("in"); n != nil {
		r.problem(n, "the rule %s looks into another part of a file (in), which a text here does not have", r.name).WithFix("remove it")
	}
	except := r.exceptions()
	first, second := r.compile(r.text("first", ""), false, ignore, r.get("first")), r.grouped(r.text("second", ""), false, ignore, r.get("second"))
	if r.get("first") == nil || r.get("second") == nil {
		r.problem(r.root, "the rule %s needs first and second", r.name).WithFix("write both patterns")
	}
	if len(r.problems) > 0 {
		return
	}
	groups := second.plain.NumSubexp() > 0
	if second.plain.NumSubexp() > maxGroups {
		r.problem(r.get("second"), "the rule %s has more than %d groups", r.name, maxGroups).WithFix("write (?: where a group need not be kept")
		return
	}
	r.rule.check = func(run *run) {
		excepted := except.over(run.text)
		defined := map[string]bool{}
		consequents := second.find(run.text)
		if !groups && len(consequents) > 0 {
			return
		}
		for _, at := range consequents {
			for i := 2; i+1 < len(at); i += 2 {
				if at[i] >= 0 {
					defined[run.text[at[i]:at[i+1]]] = true
				}
			}
		}
		for _, at := range first.find(run.text) {
			if s := run.text[at[0]:at[1]]; !defined[s] && !excepted(at[0], at[1]) {
				run.add(at[0], at[1], nil, s)
			}
		}
	}
}
