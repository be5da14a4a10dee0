// Package xliff takes texts out to translators and back, in XLIFF 2.1 (OASIS
// Standard of 2018); files of XLIFF 1.2, to which tools convert, are read too.
//
// What goes out carries what a translator needs to know: where a text is used,
// how long it may be, what it was before. Placeholders and links are inline codes
// that a tool protects. What comes back is never believed: a text counts only if
// its source is still the one there is, its placeholders are all there, and it is
// as long as it may be.
package xliff

import (
	"maps"
	"regexp"
	"strings"
	"unicode"

	"github.com/throughline-engine/throughline"
)

// The limits of a file that comes back.
const (
	MaxBytes    = 10 << 20 // of a file
	maxDepth    = 64       // of elements in each other
	maxElements = 500_000
	maxUnits    = 20_000
	maxProblems = 200
)

// Order is what goes out: texts of one language to be put into another.
type Order struct {
	// From and To are BCP 47 tags.
	From, To string
	// Notes are about all texts.
	Notes []Note
	Texts []Text
	// Personal are the fields that texts may speak of, by name: a placeholder
	// counts for the length of its longest value.
	Personal map[string]throughline.PersonalField
}

// Text is one text to be translated.
type Text struct {
	// Ref is what has it, and one of Kinds; nothing has more than one.
	Ref throughline.Ref
	// Source is the text as it is now.
	Source string
	// Target is the translation there is; Before is the source it was made of,
	// where that is known and another.
	Target, Before string
	// Rich texts have marks.
	Rich bool
	// Length is how long the translation may be; nil for no bound.
	Length *throughline.Length
	Notes  []Note
}

// Note tells a translator something about a text.
type Note struct{ About, Text string }

// Kinds are those that have a text to be translated.
func Kinds() []throughline.Kind {
	return []throughline.Kind{throughline.KindFragment, throughline.KindAsset, throughline.KindClaim, throughline.KindDisclosure}
}

// TextsOf returns the texts of a resource by locale, and the field they are in;
// nil for one that has none to translate.
func TextsOf(r throughline.Resource) (texts map[string]string, field string) {
	switch s := r.Spec.(type) {
	case *throughline.Fragment:
		if s.Type != throughline.Link && s.Type != throughline.Image && s.Type != throughline.List {
			return s.Values, "spec.values"
		}
	case *throughline.Asset:
		return s.Alt, "spec.alt"
	case *throughline.Claim:
		return s.Statements, "spec.statements"
	case *throughline.Disclosure:
		return s.Texts, "spec.texts"
	}
	return nil, ""
}

// Words reports whether a text says something in a language. A number, an address,
// a colour such as #0b62d6 or a placeholder alone is the same in all of them.
func Words(s string) bool {
	s = strings.TrimSpace(placeholders.ReplaceAllString(s, ""))
	if notWords.MatchString(s) {
		return false
	}
	return strings.ContainsFunc(s, unicode.IsLetter)
}

var notWords = regexp.MustCompile(`^(?:#[0-9A-Fa-f]{3,8}|[a-z]+\([0-9.,%/ a-z+-]*\)|https?://\S+|/\S*|[0-9.,]+ ?(?:px|em|rem|pt|%))$`)

// With returns a resource with a text in a locale. The resource it is given stays
// as it is.
func With(r throughline.Resource, locale, text string) throughline.Resource {
	put := func(m map[string]string) map[string]string {
		if m = maps.Clone(m); m == nil {
			m = map[string]string{}
		}
		m[locale] = text
		return m
	}
	switch s := r.Spec.(type) {
	case *throughline.Fragment:
		c := *s
		c.Values, r.Spec = put(s.Values), &c
	case *throughline.Asset:
		c := *s
		c.Alt, r.Spec = put(s.Alt), &c
	case *throughline.Claim:
		c := *s
		c.Statements, r.Spec = put(s.Statements), &c
	case *throughline.Disclosure:
		c := *s
		c.Texts, r.Spec = put(s.Texts), &c
	}
	return r
}

// idOf names a text in a file: an id there may not have a slash, and a name never
// has an underscore.
func idOf(r throughline.Ref) string {
	return string(r.Kind) + ":" + strings.ReplaceAll(r.Name, "/", "_")
}

// refOf reads what idOf wrote.
func refOf(id string) (throughline.Ref, bool) {
	kind, name, ok := strings.Cut(id, ":")
	ref := throughline.Ref{Kind: throughline.Kind(kind), Name: strings.ReplaceAll(name, "_", "/")}
	for _, k := range Kinds() {
		if k == ref.Kind && ok && throughline.ValidName(ref.Name) {
			return ref, true
		}
	}
	return throughline.Ref{}, false
}
