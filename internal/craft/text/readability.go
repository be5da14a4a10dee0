package text

import (
	"math"
	"unicode"
	"unicode/utf8"
)

// MinWords is how many words a text needs for its readability to mean anything.
const MinWords = 30

// Metric is a formula for how hard a text is to read.
type Metric string

// The metrics. Words, sentences, syllables and letters are those of Counts.
const (
	// Flesch is reading ease, 0 hard to 100 easy, for English:
	// 206.835 - 1.015 words/sentence - 84.6 syllables/word (Flesch 1948).
	Flesch Metric = "flesch"
	// FleschKincaid is school years, for English: 0.39 words/sentence + 11.8
	// syllables/word - 15.59 (Kincaid and others 1975).
	FleschKincaid Metric = "flesch-kincaid"
	// ARI is school years, for English: 4.71 letters/word + 0.5 words/sentence -
	// 21.43 (Smith and Senter 1967).
	ARI Metric = "ari"
	// GunningFog is school years, for English: 0.4 (words/sentence + 100 words of
	// three syllables or more/words) (Gunning 1952).
	GunningFog Metric = "gunning-fog"
	// ColemanLiau is school years, for English: 5.88 letters/word - 29.6
	// sentences/word - 15.8 (Coleman and Liau 1975).
	ColemanLiau Metric = "coleman-liau"
	// SMOG is school years, for English: 1.043 sqrt(30 words of three syllables or
	// more/sentences) + 3.1291 (McLaughlin 1969).
	SMOG Metric = "smog"
	// LIX is an index, 20 very easy to 60 very hard, for any language with blanks
	// between words: words/sentence + 100 words of more than six letters/words
	// (Björnsson 1968).
	LIX Metric = "lix"
	// Wiener1 is school years, for German, the first Wiener Sachtextformel: 0.1935
	// MS + 0.1672 SL + 0.1297 IW - 0.0327 ES - 0.875 with the percentages of words
	// of three syllables or more (MS), of more than six letters (IW) and of one
	// syllable (ES), and words/sentence (SL) (Bamberger and Vanecek 1984).
	Wiener1 Metric = "wiener-1"
	// Amstad is reading ease for German: 180 - words/sentence - 58.5
	// syllables/word (Amstad 1978).
	Amstad Metric = "amstad"
	// KandelMoles is reading ease for French: 207 - 1.015 words/sentence - 73.6
	// syllables/word (Kandel and Moles 1958).
	KandelMoles Metric = "kandel-moles"
)

// Metrics returns the metrics that are made for a language, the usual one first;
// LIX is for all.
func Metrics(language string) []Metric {
	switch language {
	case "en":
		return []Metric{FleschKincaid, Flesch, ARI, GunningFog, ColemanLiau, SMOG, LIX}
	case "de":
		return []Metric{Wiener1, Amstad, LIX}
	case "fr":
		return []Metric{KandelMoles, LIX}
	}
	return []Metric{LIX}
}

// Ease reports whether more of the metric is easier; of the others more is harder.
func (m Metric) Ease() bool { return m == Flesch || m == Amstad || m == KandelMoles }

// Counts are what the metrics are made of.
type Counts struct {
	Sentences, Words int
	// Letters are letters and digits.
	Letters, Syllables int
	// Long are words of more than six letters, Poly of three syllables or more,
	// Single of one.
	Long, Poly, Single int
}

// Count counts a text in a language, such as "de"; what a word's syllables are
// depends on it.
func Count(s, language string) Counts {
	c := Counts{}
	for _, sentence := range Sentences(s, language) {
		words := c.Words
		c.words(s[sentence.Start:sentence.End], language)
		if c.Words > words {
			c.Sentences++
		}
	}
	return c
}

func (c *Counts) words(s, language string) {
	for _, w := range WordSpans(s) {
		word := s[w.Start:w.End]
		letters := 0
		for _, r := range word {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				letters++
			}
		}
		n := Syllables(word, language)
		c.Words, c.Letters, c.Syllables = c.Words+1, c.Letters+letters, c.Syllables+n
		if utf8.RuneCountInString(word) > 6 && letters > 6 {
			c.Long++
		}
		if n >= 3 {
			c.Poly++
		}
		if n == 1 {
			c.Single++
		}
	}
}

// Score returns the metric of the counts. It is not known below MinWords, where
// one word more or less decides, and for a metric that does not exist.
func (c Counts) Score(m Metric) (score float64, known bool) {
	if c.Words < MinWords || c.Sentences == 0 {
		return 0, false
	}
	score = c.formula(m)
	return score, !math.IsNaN(score)
}

func (c Counts) formula(m Metric) float64 {
	words, sentences := float64(c.Words), float64(c.Sentences)
	length := words / sentences
	syllables, letters := float64(c.Syllables)/words, float64(c.Letters)/words
	poly, long, single := float64(c.Poly)/words, float64(c.Long)/words, float64(c.Single)/words
	switch m {
	case Flesch:
		return 206.835 - 1.015*length - 84.6*syllables
	case FleschKincaid:
		return 0.39*length + 11.8*syllables - 15.59
	case ARI:
		return 4.71*letters + 0.5*length - 21.43
	case GunningFog:
		return 0.4 * (length + 100*poly)
	case ColemanLiau:
		return 5.88*letters - 29.6/length - 15.8
	case SMOG:
		return 1.043*math.Sqrt(30*float64(c.Poly)/sentences) + 3.1291
	case LIX:
		return length + 100*long
	case Wiener1:
		return 19.35*poly + 0.1672*length + 12.97*long - 3.27*single - 0.875
	case Amstad:
		return 180 - length - 58.5*syllables
	case KandelMoles:
		return 207 - 1.015*length - 73.6*syllables
	}
	return math.NaN()
}
