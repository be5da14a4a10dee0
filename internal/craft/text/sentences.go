package text

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/throughline-engine/throughline"
)

// Sentences returns the sentences of a text without the white space around them.
// They end where UAX 29 says, and not after an abbreviation of the language, an
// initial, or a German ordinal; a line break ends one, since headings and the
// points of a list have no stop. A language that is not known has no
// abbreviations.
func Sentences(s, language string) []throughline.Span {
	var spans []throughline.Span
	short := abbreviations(language)
	open := false // whether the last may go on
	offset := 0
	for rest, state := s, -1; rest != ""; {
		var part string
		part, rest, state = uniseg.FirstSentenceInString(rest, state)
		start := offset
		offset += len(part)
		trimmed := strings.TrimSpace(part)
		if trimmed == "" {
			open = open && !strings.ContainsAny(part, "\n\u2028\u2029")
			continue
		}
		start += strings.Index(part, trimmed)
		span := throughline.Span{Start: start, End: start + len(trimmed)}
		if open {
			spans[len(spans)-1].End = span.End
		} else {
			spans = append(spans, span)
		}
		last := spans[len(spans)-1]
		open = goesOn(s[last.Start:last.End], language, short) && !strings.ContainsAny(part, "\n\u2028\u2029")
	}
	return spans
}

// goesOn reports whether a stop at the end of a text is one inside a sentence.
func goesOn(s, language string, short []string) bool {
	body, stop := strings.CutSuffix(s, ".")
	if !stop {
		return false
	}
	word := body[strings.LastIndexFunc(body, func(r rune) bool { return unicode.IsSpace(r) || r == '(' || r == '\u00a0' })+1:]
	if word == "" {
		return false
	}
	r, size := utf8.DecodeRuneInString(word)
	if size == len(word) && unicode.IsUpper(r) && r != 'I' { // an initial; I ends English sentences
		return true
	}
	if language == "de" && strings.Trim(word, "0123456789") == "" && len(word) <= 2 {
		return true
	}
	return slices.Contains(short, strings.ToLower(word))
}

// abbreviations are words before whose stop a sentence seldom ends.
func abbreviations(language string) []string {
	words := ""
	switch language {
	case "en":
		words = "mr mrs ms dr prof st vs e.g i.e approx dept est fig inc. jr sr no. mt gen rev hon capt sgt a.m. p.m."
	case "de":
		words = "hr fr dr prof st z.b z b d.h h u.a u a bzw ca evtl ggf inkl exkl zzgl mind max nr str tel usw. vgl abs art bspw sog gem jan feb aug sept okt nov dez"
	case "fr":
		words = "m mm mme mlle dr pr st ste p.ex ex env av boul réf tél n° cf"
	case "es":
		words = "sr sra srta dr dra prof ud uds p.ej ej aprox núm tel av pág"
	case "it":
		words = "sig sig.ra dott prof avv ing es p.es ecc. tel pag n art"
	}
	return strings.Fields(words)
}

// WordSpans returns the words of a text: what UAX 29 takes for one and has a
// letter or a digit.
func WordSpans(s string) []throughline.Span {
	var spans []throughline.Span
	offset := 0
	for rest, state := s, -1; rest != ""; {
		var part string
		part, rest, state = uniseg.FirstWordInString(rest, state)
		if strings.ContainsFunc(part, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			spans = append(spans, throughline.Span{Start: offset, End: offset + len(part)})
		}
		offset += len(part)
	}
	return spans
}

// AllCaps returns the words that are written in capitals alone and have at least
// so many letters: 5 leaves most acronyms be.
func AllCaps(s string, letters int) []throughline.Span {
	var spans []throughline.Span
	for _, w := range WordSpans(s) {
		n := 0
		for _, r := range s[w.Start:w.End] {
			if unicode.IsLetter(r) {
				n++
			}
			if unicode.IsLower(r) || unicode.IsLetter(r) && !unicode.IsUpper(r) {
				n = -1 << 30
			}
		}
		if n >= max(1, letters) {
			spans = append(spans, w)
		}
	}
	return spans
}

// Exclamations returns the places of exclamation marks, full-width ones among
// them. The inverted mark that opens a Spanish exclamation is not one.
func Exclamations(s string) []throughline.Span {
	var spans []throughline.Span
	for i, r := range s {
		if r == '!' || r == '！' || r == '‼' || r == '⁉' {
			spans = append(spans, throughline.Span{Start: i, End: i + utf8.RuneLen(r)})
		}
	}
	return spans
}
