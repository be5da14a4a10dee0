package throughline

import (
	"slices"
	"strings"
)

// Brand is how everything of one sender looks and sounds.
type Brand struct {
	Title string `json:"title"`
	// Tokens are design values by name, such as accent: "#0b62d6". A value may
	// name another token, whole or in part: "{blue}". Renderings read them as
	// {{token.accent}}.
	Tokens map[string]string `json:"tokens,omitempty"`
	// Modes are the values that differ in a mode, such as dark, by mode and name.
	Modes map[string]map[string]string `json:"modes,omitempty"`
	// TokenNotes keep what a token file says of a token beside its value, by name.
	TokenNotes map[string]TokenNote `json:"tokenNotes,omitempty"`
	// PostalAddress is the sender's, as it has to stand in every mail.
	PostalAddress string `json:"postalAddress,omitempty"`
	// Voice is a sentence or two for people who write.
	Voice string `json:"voice,omitempty"`
	// Terms are words the brand asks for or refuses; each works as a guardrail.
	Terms []Term `json:"terms,omitempty"`
	// Reading bounds how hard texts may be to read, by language.
	Reading map[string]Reading `json:"reading,omitempty"`
	// Styles are rules of style in the format of Vale, each as YAML, by name.
	Styles map[string]string `json:"styles,omitempty"`
	// Personal are the fields of a recipient that texts may speak of, by name:
	// {{person.first_name}}.
	Personal map[string]PersonalField `json:"personal,omitempty"`
	// Logos say how each logo may stand.
	Logos []LogoRule `json:"logos,omitempty"`
	// Links say where links may lead and what they carry.
	Links *LinkRules `json:"links,omitempty"`
	// Colors say which pairs of colours may meet.
	Colors *ColorRules `json:"colors,omitempty"`
	// Locales are the languages it speaks.
	Locales Locales `json:"locales"`
}

// Kind returns KindBrand.
func (*Brand) Kind() Kind { return KindBrand }

// TokenNote is what a DTCG file says of a token beside its value.
type TokenNote struct {
	// Type is the token's $type, such as color or dimension.
	Type        string `json:"type,omitempty"`
	Description string `json:"description,omitempty"`
	// Deprecated says why the token should no longer be used, and what to use.
	Deprecated string `json:"deprecated,omitempty"`
}

// Reading bounds how hard texts of one language may be to read.
type Reading struct {
	// Metric is the formula; the default suits the language.
	Metric ReadingMetric `json:"metric,omitempty"`
	// Max is the hardest that may be, in the metric's own scale: school years,
	// or for lix and the flesch family their index.
	Max float64 `json:"max"`
	// SentenceWords is how many words a sentence may have; 0 for no bound.
	SentenceWords int `json:"sentenceWords,omitempty"`
}

// ReadingMetric is a formula for how hard a text is to read.
type ReadingMetric string

// The reading metrics.
const (
	FleschKincaid ReadingMetric = "flesch-kincaid" // school years, English
	ARI           ReadingMetric = "ari"            // school years, English
	LIX           ReadingMetric = "lix"            // index, any language with spaces
	Wiener        ReadingMetric = "wiener-1"       // school years, German
)

// PersonalField is something known of a recipient that a text may speak of.
type PersonalField struct {
	// Fallback stands where nothing is known.
	Fallback string `json:"fallback"`
	// Max is the longest value, in graphemes: what lengths are measured with.
	Max int `json:"max"`
	// Example is a plausible value for previews.
	Example string `json:"example,omitempty"`
}

// LogoRule says how a logo may stand.
type LogoRule struct {
	// Asset names the logo.
	Asset string `json:"asset"`
	// MinWidth is how wide it is at least, in CSS pixels, by channel.
	MinWidth map[string]int `json:"minWidth,omitempty"`
	// ClearSpace is the empty space around it, as a part of its height.
	ClearSpace float64 `json:"clearSpace,omitempty"`
	// Backgrounds are the tokens it may stand on; empty allows all.
	Backgrounds []string `json:"backgrounds,omitempty"`
	// Severity says what a breach does; the default is block.
	Severity Severity `json:"severity,omitempty"`
}

// LinkRules say where links may lead and what they carry.
type LinkRules struct {
	// Hosts are where links may lead, subdomains included; empty allows any.
	Hosts []string `json:"hosts,omitempty"`
	// Params are the parameters that links to the hosts carry. Where there are any,
	// no other utm_ parameter may stand, and their values are in lower case.
	Params []LinkParam `json:"params,omitempty"`
	// Except are the paths of links that need no parameter, such as the way out of a
	// mailing list; each with everything below it.
	Except []string `json:"except,omitempty"`
	// Severity says what a breach does; the default is warn.
	Severity Severity `json:"severity,omitempty"`
}

// LinkParam is a parameter in the address of a link.
type LinkParam struct {
	Name string `json:"name"`
	// Values are those it may have; empty allows any.
	Values []string `json:"values,omitempty"`
	// Required says that every link to the hosts carries it.
	Required bool `json:"required,omitempty"`
	// Channels are where the parameter is asked for; empty is everywhere.
	Channels []string `json:"channels,omitempty"`
}

// ColorRules say which colours may meet.
type ColorRules struct {
	// Pairs are the colours that meet, and what stands there.
	Pairs []ColorPair `json:"pairs,omitempty"`
	// Never are tokens that may not meet, two in each.
	Never []TokenPair `json:"never,omitempty"`
}

// TokenPair is two tokens.
type TokenPair struct {
	One   string `json:"one"`
	Other string `json:"other"`
}

// ColorPair is a colour on another.
type ColorPair struct {
	// Front and Back are names of tokens.
	Front string `json:"front"`
	Back  string `json:"back"`
	// For is what stands there, and so how much contrast it needs: text 4.5,
	// large 3, ui 3 (WCAG 2.2, 1.4.3 and 1.4.11). The default is text.
	For ContrastUse `json:"for,omitempty"`
}

// ContrastUse is what a pair of colours is for.
type ContrastUse string

// The uses of a pair of colours.
const (
	ContrastText  ContrastUse = "text"  // text of the usual size
	ContrastLarge ContrastUse = "large" // text of at least 24 px, or 18.7 px and bold
	ContrastUI    ContrastUse = "ui"    // borders, icons, states
)

// Values returns every token's value in a mode, with the names of other tokens
// replaced by their values. A name that leads nowhere or in a circle stays as it
// is written; declaring such a token is refused. The empty mode is the first.
func (b *Brand) Values(mode string) map[string]string {
	values := make(map[string]string, len(b.Tokens))
	for name := range b.Tokens {
		values[name] = b.value(mode, "{"+name+"}", nil)
	}
	return values
}

// value writes out the tokens that a value names. On the way are those that are
// being written out.
func (b *Brand) value(mode, value string, onTheWay []string) string {
	var out strings.Builder
	for {
		before, rest, ok := strings.Cut(value, "{")
		name, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			out.WriteString(value)
			return out.String()
		}
		out.WriteString(before)
		written, known := b.Modes[mode][name]
		if !known {
			written, known = b.Tokens[name]
		}
		if !known || slices.Contains(onTheWay, name) {
			out.WriteString("{" + name + "}")
		} else {
			out.WriteString(b.value(mode, written, append(slices.Clone(onTheWay), name)))
		}
		value = after
	}
}

// Term is a rule about words: refuse some, or ask for one instead of others.
type Term struct {
	// Prefer is the word to use; empty when the others are simply refused.
	Prefer string `json:"prefer,omitempty"`
	// Avoid are the words it replaces. Matching ignores case and keeps to whole words.
	Avoid []string `json:"avoid"`
	// Severity says what a use does; the default is warn.
	Severity Severity `json:"severity,omitempty"`
	// UnlessClaim lets the words stand in a piece that makes a Claim.
	UnlessClaim bool `json:"unlessClaim,omitempty"`
	// Why is shown to the person who used the word.
	Why string `json:"why,omitempty"`
}

// Locales are BCP 47 tags and where to look when a value is missing.
type Locales struct {
	// Default is the locale everything falls back to.
	Default string `json:"default"`
	// Supported are the locales content is made in; Default is always one.
	Supported []string `json:"supported,omitempty"`
	// Fallback names, for a locale, the ones to try before Default.
	Fallback map[string][]string `json:"fallback,omitempty"`
}

// All returns the supported locales, the default first, each once.
func (l Locales) All() []string {
	all := []string{l.Default}
	for _, s := range l.Supported {
		if s != l.Default {
			all = append(all, s)
		}
	}
	return all
}

// Chain returns the locales to try for one asked for, in order, each once:
// itself, its fallbacks, its language alone, the default.
func (l Locales) Chain(asked string) []string {
	var chain []string
	add := func(s string) {
		for _, have := range chain {
			if have == s {
				return
			}
		}
		if s != "" {
			chain = append(chain, s)
		}
	}
	add(asked)
	for _, s := range l.Fallback[asked] {
		add(s)
	}
	for i := 0; i < len(asked); i++ {
		if asked[i] == '-' {
			add(asked[:i])
			break
		}
	}
	add(l.Default)
	return chain
}

// find returns what there is for a locale or the first it falls back to, and
// where it was found.
func (l Locales) find(values map[string]string, locale string) (text, found string) {
	for _, c := range l.Chain(locale) {
		if s, ok := values[c]; ok {
			return s, c
		}
	}
	return "", ""
}
