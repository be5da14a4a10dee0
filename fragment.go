package throughline

// Fragment is a piece of copy: what fills a slot, in every language it exists in.
type Fragment struct {
	Title string `json:"title,omitempty"`
	// Role is what the fragment is for; it fits slots of the same role.
	Role string `json:"role"`
	// Brief names the Brief it was made for.
	Brief string `json:"brief,omitempty"`
	// Type is the form of the texts; the default is text.
	Type SlotType `json:"type,omitempty"`
	// Values is the text by locale.
	Values map[string]string `json:"values,omitempty"`
	// Items name the Fragments that a list is made of, in order; only for the
	// type list, which has no text of its own.
	Items []string `json:"items,omitempty"`
	// Meaning numbers what the fragment says. A typo fix keeps it; saying
	// something else raises it, and learning starts afresh. The default is 1.
	Meaning int `json:"meaning,omitempty"`
	// Audience names the Audience that may see it; empty means everyone.
	Audience string `json:"audience,omitempty"`
	// Channels are the channels it may appear on; empty means all.
	Channels []string `json:"channels,omitempty"`
	// Claims name the Claims that the text makes.
	Claims []string `json:"claims,omitempty"`
	// Validity is when and where it may be shown; the zero value is always and
	// everywhere.
	Validity Validity `json:"validity,omitzero"`
	// Provenance says how it was made.
	Provenance *Provenance `json:"provenance,omitempty"`
	// Withdrawn says why it may not be shown any more; empty means it may.
	Withdrawn string `json:"withdrawn,omitempty"`
}

// Kind returns KindFragment.
func (*Fragment) Kind() Kind { return KindFragment }

// Text returns the fragment's text for a locale by the brand's fallbacks, and
// the locale it was found in; both are empty when there is none.
func (f *Fragment) Text(l Locales, locale string) (text, found string) {
	return l.find(f.Values, locale)
}
