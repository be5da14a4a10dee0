package xliff

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
)

// mark is what a part of a text is.
type mark uint8

const (
	plain       mark = iota
	placeholder      // {{person.first_name}}
	bold
	italic
	link
	bullet // the sign that begins an item
)

// part is a stretch of a text: words, a code that stands alone, or a pair of
// codes with parts between them. Written one after the other, parts are the text.
type part struct {
	mark        mark
	id          string // of a code, counted from 1
	open, close string // what a code is in the text; close only of a pair
	text        string // of words
	parts       []part // within a pair
}

const (
	placeholderForm = `(\{\{[^{}\n]+\}\})`
	boldForm        = `(\*\*[^\s*](?:[^*\n]*[^\s*])?\*\*)`
	italicForm      = `(\*[^\s*](?:[^*\n]*[^\s*])?\*)`
	linkForm        = `(\[[^\[\]\n]+\]\([^()\s]+\))`
	bulletForm      = `(?m:^)( {0,3}(?:[-*+]|[0-9]{1,3}\.) +)`
)

// The groups of each are marks in their order.
var (
	placeholders = regexp.MustCompile(placeholderForm)
	within       = regexp.MustCompile(placeholderForm + `|` + boldForm + `|` + italicForm + `|` + linkForm)
	blocks       = regexp.MustCompile(placeholderForm + `|` + boldForm + `|` + italicForm + `|` + linkForm + `|` + bulletForm)
)

// parse splits a text into words and codes. In a rich text marks are codes, too;
// signs that are no pair stay words.
func parse(s string, rich bool) []part {
	form := placeholders
	if rich {
		form = blocks
	}
	parts := split(s, form)
	n := 0
	number(parts, &n)
	return parts
}

func number(parts []part, n *int) {
	for i := range parts {
		if parts[i].mark != plain {
			*n++
			parts[i].id = strconv.Itoa(*n)
		}
		number(parts[i].parts, n)
	}
}

// split cuts a text at what the groups of a form find.
func split(s string, form *regexp.Regexp) (parts []part) {
	from := 0
	for _, m := range form.FindAllStringSubmatchIndex(s, -1) {
		if m[0] > from {
			parts = append(parts, part{text: s[from:m[0]]})
		}
		for group := 1; group < len(m)/2; group++ {
			if m[2*group] >= 0 {
				parts = append(parts, code(mark(group), s[m[0]:m[1]]))
			}
		}
		from = m[1]
	}
	if from < len(s) {
		parts = append(parts, part{text: s[from:]})
	}
	return parts
}

// code takes what a form found apart.
func code(is mark, s string) part {
	p := part{mark: is, open: s}
	var cut, end int
	switch is {
	case bold:
		cut, end = 2, len(s)-2
	case italic:
		cut, end = 1, len(s)-1
	case link:
		cut, end = 1, strings.Index(s, "](")
	default:
		return p
	}
	p.open, p.close, p.parts = s[:cut], s[end:], split(s[cut:end], within)
	return p
}

// codes returns the codes of parts by their id.
func codes(parts []part) map[string]part {
	all := map[string]part{}
	var walk func([]part)
	walk = func(parts []part) {
		for _, p := range parts {
			if p.mark != plain {
				all[p.id] = p
			}
			walk(p.parts)
		}
	}
	walk(parts)
	return all
}

// kept counts what a translation must have as the source has it: placeholders,
// and the addresses of links.
func kept(s string, rich bool) map[string]int {
	n := map[string]int{}
	for _, p := range codes(parse(s, rich)) {
		switch p.mark {
		case placeholder:
			n[p.open]++
		case link:
			n[strings.TrimSuffix(strings.TrimPrefix(p.close, "]("), ")")]++
		default: // emphasis is the translator's
		}
	}
	return n
}

// longest writes a text as it is at its longest: each field of a recipient with
// as many characters as it may have.
func longest(s string, personal map[string]throughline.PersonalField) string {
	return placeholders.ReplaceAllStringFunc(s, func(p string) string {
		if most := mostOf(p, personal); most > 0 {
			return strings.Repeat("m", most)
		}
		return p
	})
}

// mostOf is how long a placeholder may become; 0 where that is not known.
func mostOf(placeholder string, personal map[string]throughline.PersonalField) int {
	const far = 1000
	name := strings.TrimSpace(strings.Trim(placeholder, "{}"))
	return min(personal[strings.TrimPrefix(name, "person.")].Max, far)
}
