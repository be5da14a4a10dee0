package throughline

import "time"

// Claim is something that content may say because there is evidence for it.
type Claim struct {
	Title string `json:"title"`
	// Statements are the sentences as they were approved, by locale.
	Statements map[string]string `json:"statements,omitempty"`
	// Covers are the words and figures that the claim stands behind, such as
	// "30 %" or "clinically tested". Matching ignores case.
	Covers []string `json:"covers,omitempty"`
	// Evidence is what shows that it is true; without any it covers nothing.
	Evidence []Evidence `json:"evidence,omitempty"`
	// Validity is when and where it may be made.
	Validity Validity `json:"validity,omitzero"`
	// Disclosures name what must be said beside it.
	Disclosures []string `json:"disclosures,omitempty"`
	// Withdrawn says why it may not be made any more; empty means it may.
	Withdrawn string `json:"withdrawn,omitempty"`
}

// Kind returns KindClaim.
func (*Claim) Kind() Kind { return KindClaim }

// Evident returns when the last of a claim's evidence stops to count; the zero
// time for never.
func (c *Claim) Evident() (time.Time, error) {
	var last time.Time
	for _, e := range c.Evidence {
		until, err := e.Until.Ends()
		if err != nil || until.IsZero() {
			return time.Time{}, err
		}
		if until.After(last) {
			last = until
		}
	}
	return last, nil
}

// Evidence is what shows that a claim is true.
type Evidence struct {
	// Title is what it is: a study, a price list, a certificate.
	Title string `json:"title"`
	// URL is where it is to be found.
	URL string `json:"url,omitempty"`
	// Until is when it stops to count; empty is never.
	Until Moment `json:"until,omitempty"`
}

// Disclosure is what must be said in some markets.
type Disclosure struct {
	Title string `json:"title"`
	// Texts are the words by locale.
	Texts map[string]string `json:"texts"`
	// Markets are where it must stand: languages (de), regions (CH) or both
	// (de-CH); empty means everywhere.
	Markets []string `json:"markets,omitempty"`
	// Synthetic asks for it exactly where a piece of the variant was made by a
	// trained model, wholly or in part.
	Synthetic bool `json:"synthetic,omitempty"`
	// When is a rule over the slots of a variant that says when it must stand;
	// empty means always.
	When string `json:"when,omitempty"`
	// MinFontSize is how large it is at least, in CSS pixels; 0 for no bound.
	MinFontSize int `json:"minFontSize,omitempty"`
}

// Text returns the words for a locale by the brand's fallbacks, and the locale
// they were found in; both are empty when there are none.
func (d *Disclosure) Text(l Locales, locale string) (text, found string) {
	return l.find(d.Texts, locale)
}

// Kind returns KindDisclosure.
func (*Disclosure) Kind() Kind { return KindDisclosure }
