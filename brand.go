package throughline

// Brand is how everything of one sender looks and sounds.
type Brand struct {
	Title string `json:"title"`
	// Tokens are design values by name, such as accent: "#0b62d6". Renderings
	// read them as {{token.accent}}.
	Tokens map[string]string `json:"tokens,omitempty"`
	// Voice is a sentence or two for people who write.
	Voice string `json:"voice,omitempty"`
	// Terms are words the brand asks for or refuses; each works as a guardrail.
	Terms []Term `json:"terms,omitempty"`
	// Locales are the languages it speaks.
	Locales Locales `json:"locales"`
}

// Kind returns KindBrand.
func (*Brand) Kind() Kind { return KindBrand }

// Term is a rule about words: refuse some, or ask for one instead of others.
type Term struct {
	// Prefer is the word to use; empty when the others are simply refused.
	Prefer string `json:"prefer,omitempty"`
	// Avoid are the words it replaces. Matching ignores case and keeps to whole words.
	Avoid []string `json:"avoid"`
	// Severity says what a use does; the default is warn.
	Severity Severity `json:"severity,omitempty"`
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
