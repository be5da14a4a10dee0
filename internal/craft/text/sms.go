package text

import (
	"strings"
	"unicode/utf8"

	"github.com/throughline-engine/throughline"
)

// The alphabet of GSM 7 bit (3GPP TS 23.038, 6.2.1) without its escape, and the
// characters of its extension table (6.2.1.1), which take two septets.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmExtended = "\f^{}\\[~]|€"
)

// SMS is what a text takes as a short message.
type SMS struct {
	// Unicode says that a character outside the GSM alphabet makes the whole
	// message UCS-2, which holds less than half.
	Unicode bool
	// Units are septets, or UTF-16 code units when Unicode.
	Units int
	// Segments are the messages it is sent, and billed, as; a text without
	// characters is none.
	Segments int
	// Left is how many units still fit into the last segment.
	Left int
	// Foreign are the places of the characters that make it Unicode.
	Foreign []throughline.Span
}

// MeasureSMS returns what a text takes as a short message: 160 septets alone and
// 153 in each of several, or 70 and 67 UTF-16 code units (3GPP TS 23.040). No
// segment ends inside a character.
func MeasureSMS(s string) SMS {
	m := SMS{Foreign: foreign(s)}
	m.Unicode = len(m.Foreign) > 0
	alone, each := 160, 153
	if m.Unicode {
		alone, each = 70, 67
	}
	last, segments := 0, 0 // of the segments it would be cut into
	for _, r := range s {
		n := septets(r)
		if m.Unicode {
			n = utf16Units(r)
		}
		m.Units += n
		if segments == 0 || last+n > each {
			last, segments = 0, segments+1
		}
		last += n
	}
	switch {
	case m.Units == 0:
		m.Left = alone
	case m.Units <= alone:
		m.Segments, m.Left = 1, alone-m.Units
	default:
		m.Segments, m.Left = segments, each-last
	}
	return m
}

// foreign returns the places of characters outside the GSM alphabet.
func foreign(s string) []throughline.Span {
	var spans []throughline.Span
	for i, r := range s {
		if septets(r) == 0 {
			_, size := utf8.DecodeRuneInString(s[i:])
			spans = append(spans, throughline.Span{Start: i, End: i + size})
		}
	}
	return spans
}

// septets returns what a character takes in GSM 7 bit, or 0 when it is outside.
func septets(r rune) int {
	switch {
	case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == ' ':
		return 1
	case r == utf8.RuneError: // strings.ContainsRune takes it for any invalid byte
		return 0
	case strings.ContainsRune(gsmBasic, r):
		return 1
	case strings.ContainsRune(gsmExtended, r):
		return 2
	}
	return 0
}

func utf16Units(r rune) int {
	if r > 0xffff {
		return 2
	}
	return 1
}
