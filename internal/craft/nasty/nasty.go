// Package nasty makes the texts that break a layout: the longest that a slot
// allows, words without a place to break, scripts that are wide or run the other
// way, marks upon marks, markup that must stay text. They are made of a slot's
// bounds and nothing else, so that two people who look at the same template see
// the same.
package nasty

import (
	"strings"

	"github.com/rivo/uniseg"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// Kind is one way in which a text is nasty.
type Kind string

// The kinds.
const (
	Longest  Kind = "longest"  // words of wide letters, as long as may be
	Word     Kind = "word"     // one word, with no place to break
	RTL      Kind = "rtl"      // Arabic and Hebrew with digits and Latin between
	Wide     Kind = "wide"     // Chinese, Japanese and Korean, two columns each
	Marks    Kind = "marks"    // letters with several combining marks
	Emoji    Kind = "emoji"    // emoji of many code points
	Markup   Kind = "markup"   // what looks like HTML and placeholders
	Empty    Kind = "empty"    // nothing: what is optional stays unfilled
	Personal Kind = "personal" // a plain text that names people at their longest
)

// Kinds returns all kinds, the most common trouble first.
func Kinds() []Kind {
	return []Kind{Longest, Word, RTL, Wide, Marks, Emoji, Markup, Empty, Personal}
}

// Says returns what a kind is, in a few words.
func (k Kind) Says() string {
	return map[Kind]string{
		Longest: "the longest allowed", Word: "one unbreakable word", RTL: "right to left", Wide: "Chinese, Japanese, Korean",
		Marks: "combining marks", Emoji: "emoji", Markup: "looks like HTML", Empty: "optional slots empty", Personal: "the longest names",
	}[k]
}

// of is what the texts of a kind are made of, over and over.
func of(k Kind) string {
	switch k {
	case Word:
		return "Donaudampfschifffahrtsgesellschaftskapitänsmütze"
	case RTL:
		return "مرحبا بالعالم 2026 (v1.2) שלום עולם, 50% off! אבג "
	case Wide:
		return "全角文字は幅を取り한국어도그렇다中文亦然，"
	case Marks:
		return "Ą̊́ẻ̦̈ q̃̇ố̱ z̧̆̌Ậ̃ n̐̂ "
	case Emoji:
		return "👩🏽‍🚀🏳️‍🌈👨‍👩‍👧‍👦🇩🇪❤️‍🔥1️⃣"
	case Markup:
		return `<b>5 > 3 && "x"</b> {{slot}} &amp; <script>'"</script> `
	}
	return "Wommmelmangrüße MAXWWW wägbare Mammutwürmer WWQ "
}

const (
	// Unbounded is how many characters a text has where nothing bounds it.
	Unbounded = 400
	// most is the longest text that is made, whatever a bound allows.
	most = 5000
)

// Text returns the longest text of a kind that keeps every bound, each in its own
// unit; without one it has Unbounded characters. It is valid UTF-8, one line, and
// cut only between characters as readers see them. Empty gives "".
func Text(k Kind, bounds ...throughline.Length) string {
	if k == Empty {
		return ""
	}
	limit, bounded := most, false
	for _, b := range bounds {
		if b.Max > 0 { // a character is at least one of every unit
			limit, bounded = min(limit, b.Max), true
		}
	}
	if !bounded {
		limit = Unbounded
	}
	return fill(characters(of(k), limit), bounds)
}

// Person returns the longest value that a field of a recipient may have, in words
// or in one.
func Person(f throughline.PersonalField) string {
	if f.Max <= 0 {
		return f.Fallback
	}
	return Text(Word, throughline.Length{Max: f.Max})
}

// Address returns a long address that leads nowhere.
func Address() string {
	return "https://example.com/" + strings.Repeat("a-long-path/", 12) + "?q=" + strings.Repeat("x", 60) + "#end"
}

// characters returns n of them, from a text that is said over and over.
func characters(source string, n int) []string {
	all := make([]string, 0, n)
	for len(all) < n {
		for rest, state := source, -1; rest != "" && len(all) < n; {
			var one string
			one, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
			all = append(all, one)
		}
	}
	return all
}

// fill joins as many of the characters as keep every bound. A text ends in a dot
// rather than in a space, which nobody would see, and with as many as still fit
// where a wide character left room.
func fill(all []string, bounds []throughline.Length) string {
	low, high := 0, len(all)
	for low < high {
		mid := (low + high + 1) / 2
		if keeps(strings.Join(all[:mid], ""), bounds) {
			low = mid
		} else {
			high = mid - 1
		}
	}
	out := strings.TrimRight(strings.Join(all[:low], ""), " ")
	for keeps(out+".", bounds) && uniseg.GraphemeClusterCount(out) < len(all) {
		out += "."
	}
	return out
}

func keeps(s string, bounds []throughline.Length) bool {
	for _, b := range bounds {
		if b.Max > 0 && text.Measure(s, b.Unit) > b.Max {
			return false
		}
	}
	return true
}
