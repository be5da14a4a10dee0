// Package text measures and searches what people write: how long a text is in
// the unit a channel counts, where a word stands in it, and whether its bytes
// are text at all. It knows nothing of brands or guardrails; package check
// gives its answers a meaning.
package text

import (
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"github.com/throughline-engine/throughline"
)

// Measure returns the length of s in the unit; the empty unit is grapheme.
// Graphemes are the user-perceived characters of UAX 29, width is columns by
// UAX 11 with wide characters as two, utf16 is code units as JavaScript counts.
// gsm7 is the septets that a text takes in a short message, 7 bits each, so that
// 160 are one message whatever it says: where Unicode is needed each UTF-16 code
// unit takes 16 bits, and 70 of them 160 septets (MeasureSMS tells the rest).
func Measure(s string, unit throughline.LengthUnit) int {
	switch unit {
	case throughline.Width:
		return uniseg.StringWidth(s)
	case throughline.UTF16:
		n := 0
		for _, r := range s {
			n++
			if r > 0xffff {
				n++
			}
		}
		return n
	case throughline.GSM7:
		m := MeasureSMS(s)
		if m.Unicode {
			return m.Units * 16 / 7
		}
		return m.Units
	}
	if isASCII(s) {
		return len(s)
	}
	return uniseg.GraphemeClusterCount(s)
}

// isASCII reports whether s holds only printable ASCII, where a byte is a
// grapheme. CR LF is one grapheme, so control characters take the long way.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf || s[i] < ' ' {
			return false
		}
	}
	return true
}

// Unit returns the words for n of the unit: "1 character", "12 columns".
func Unit(n int, unit throughline.LengthUnit) string {
	one, many := "character", "characters"
	switch unit {
	case throughline.Width:
		one, many = "column", "columns"
	case throughline.UTF16:
		one, many = "UTF-16 unit", "UTF-16 units"
	case throughline.GSM7:
		one, many = "SMS character", "SMS characters"
	}
	if n == 1 {
		return one
	}
	return many
}

// FirstInvalid returns the offset of the first byte that is not valid UTF-8, or
// -1 when all of it is.
func FirstInvalid(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return -1
}

// Position returns the line and the column, both from 1, of a byte offset. A
// column counts characters, as editors do.
func Position(b []byte, offset int) (line, column int) {
	line, column = 1, 1
	for i := 0; i < min(offset, len(b)); {
		r, size := utf8.DecodeRune(b[i:])
		i += size
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	return line, column
}
