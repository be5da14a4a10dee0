package throughline

// Vocabulary is words that mean one thing, after SKOS (w3.org/TR/skos-reference):
// what assets show, what slots are for.
type Vocabulary struct {
	Title string `json:"title"`
	// URI is the address of the concept scheme, where it has one.
	URI string `json:"uri,omitempty"`
	// Concepts in the order people read them.
	Concepts []Concept `json:"concepts"`
}

// Kind returns KindVocabulary.
func (*Vocabulary) Kind() Kind { return KindVocabulary }

// Concept returns the concept of that name, or nil.
func (v *Vocabulary) Concept(name string) *Concept {
	for i := range v.Concepts {
		if v.Concepts[i].Name == name {
			return &v.Concepts[i]
		}
	}
	return nil
}

// Within reports whether a concept is another, or narrower over any number of
// steps.
func (v *Vocabulary) Within(name, of string) bool {
	seen := map[string]bool{}
	for next := []string{name}; len(next) > 0; next = next[1:] {
		if next[0] == of {
			return true
		}
		if c := v.Concept(next[0]); c != nil && !seen[c.Name] {
			seen[c.Name] = true
			next = append(next, c.Broader...)
		}
	}
	return false
}

// Concept is one meaning with the words for it.
type Concept struct {
	// Name is unique in the vocabulary: lower-case letters, digits and "-".
	Name string `json:"name"`
	// PrefLabel is the word for it, by locale.
	PrefLabel map[string]string `json:"prefLabel,omitempty"`
	// AltLabel are other words for it, by locale.
	AltLabel map[string][]string `json:"altLabel,omitempty"`
	// Definition says what is meant, by locale.
	Definition map[string]string `json:"definition,omitempty"`
	// Broader names the concepts it is one of, Related others that are near.
	Broader []string `json:"broader,omitempty"`
	Related []string `json:"related,omitempty"`
	// ExactMatch are addresses of the same concept elsewhere.
	ExactMatch []string `json:"exactMatch,omitempty"`
}
