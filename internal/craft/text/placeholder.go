package text

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/throughline-engine/throughline"
)

// Placeholder is where a text speaks of its recipient: {{person.first_name}}.
type Placeholder struct {
	Span throughline.Span
	// Name is what stands between the braces, and Field the name of the field of the
	// recipient; "" where it names none, or the braces are not closed.
	Name, Field string
}

// Placeholders finds every {{...}} in a text.
func Placeholders(s string) (all []Placeholder) {
	for at := 0; ; {
		i := strings.Index(s[at:], "{{")
		if i < 0 {
			return all
		}
		start := at + i
		length := strings.Index(s[start:], "}}")
		if length < 0 {
			return append(all, Placeholder{Span: throughline.Span{Start: start, End: len(s)}})
		}
		at = start + length + 2
		p := Placeholder{Span: throughline.Span{Start: start, End: at}, Name: strings.TrimSpace(s[start+2 : at-2])}
		if field, ok := strings.CutPrefix(p.Name, "person."); ok {
			p.Field = field
		}
		all = append(all, p)
	}
}

// Speak puts what say returns in the place of each placeholder that names one of
// the fields. One that names none stays as it is.
func Speak(s string, fields map[string]throughline.PersonalField, say func(name string, f throughline.PersonalField) string) string {
	found := Placeholders(s)
	if len(found) == 0 {
		return s
	}
	var out strings.Builder
	at := 0
	for _, p := range found {
		f, ok := fields[p.Field]
		if !ok {
			continue
		}
		out.WriteString(s[at:p.Span.Start])
		out.WriteString(say(p.Field, f))
		at = p.Span.End
	}
	return out.String() + s[at:]
}

// Address fills a text for a recipient of whom the values are known, by field. What
// is not known, is longer than its field may be, or could be read as anything but
// a name gives way to the field's fallback: who types their own name decides
// neither where a link leads nor how a message looks.
func Address(s string, fields map[string]throughline.PersonalField, known map[string]string) string {
	return Speak(s, fields, func(name string, f throughline.PersonalField) string {
		value := strings.TrimSpace(known[name])
		if value == "" || !speakable(value) || f.Max > 0 && Measure(value, throughline.Grapheme) > f.Max {
			return f.Fallback
		}
		return value
	})
}

// domain is what programs make a link of on their own.
var domain = regexp.MustCompile(`[\pL\pN]{2,}\.[\pL\pN]{2,}`)

// speakable reports whether a value is made of what names, places and numbers are
// made of, and of no sign that markup, addresses or the direction of writing are.
func speakable(s string) bool {
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.L, unicode.M, unicode.N), strings.ContainsRune(" .,'’&+-–·€$£%", r):
		default:
			return false
		}
	}
	return !domain.MatchString(s)
}
