package text

import (
	"slices"
	"strings"
	"unicode"
)

// MinLetters is how many letters a text needs for its language to be guessed.
const MinLetters = 20

// Languages returns the languages that Language tells apart.
func Languages() []string { return []string{"en", "de", "fr", "es", "it"} }

// Language returns which of the Languages a text is most likely in. It counts
// small words that each of them is full of, and knows nothing else: it is not
// known below MinLetters, without two such words, or when two languages have
// nearly as many, and a text in a sixth language mostly is not.
func Language(s string) (language string, known bool) {
	letters := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	if letters < MinLetters {
		return "", false
	}
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) })
	best, second := 0, 0
	for _, candidate := range Languages() {
		list := smallWords(candidate)
		hits := 0
		for _, w := range words {
			if strings.Contains(list, " "+w+" ") {
				hits++
			}
		}
		switch {
		case hits > best:
			language, best, second = candidate, hits, best
		case hits > second:
			second = hits
		}
	}
	if best < 2 || 3*second > 2*best || 12*best < len(words) {
		return "", false
	}
	return language, true
}

// Fit is whether a text is in the language it is said to be in.
type Fit string

// The fits. Unknown is not Same.
const (
	Same    Fit = "same"
	Other   Fit = "other"
	Unknown Fit = "unknown" // the text's language is not known, or the locale's is not among the Languages
)

// FitOf says whether a text can be in the language of a locale, such as de-AT.
func FitOf(s, locale string) Fit {
	want, _, _ := strings.Cut(strings.ToLower(locale), "-")
	got, known := Language(s)
	switch {
	case !known || !slices.Contains(Languages(), want):
		return Unknown
	case got == want:
		return Same
	}
	return Other
}

// smallWords are words that a language is full of and that the others have
// seldom or not, each between blanks.
func smallWords(language string) string {
	switch language {
	case "en":
		return " the and of to is you your for with that this are it be have from not or we our will can at by was but they their an as all more has what when which who how if so out up about into than then only just get "
	case "de":
		return " der die das und ist nicht sie ich mit für auf den dem ein eine einen einer eines im zu von wir ihr ihre ihren sich auch wird werden haben hat bei aus nach wie nur oder aber wenn noch jetzt zum zur sind kann mehr alle über unter unsere unser dein deine uns es als durch bis "
	case "fr":
		return " le les des et est une pour dans vous votre vos nous notre nos avec sur pas plus ce cette ces qui que au aux du par sont ne sans mais ou où tout tous très chez être avoir son sa ses il elle je leur jusqu dès "
	case "es":
		return " el los las y es una para con su sus por que del al se más como pero nuestro nuestra nuestros tu tus usted lo está este esta son ya sin sobre todo todos muy hay cuando desde hasta también o ser sí "
	case "it":
		return " il gli di e è una per con che del della dei delle al alla nel nella si più come ma nostro nostra tuo tua tuoi suo sono questo questa non anche lo dal dalla sul tutti tutto molto ogni ti noi voi da o ed solo "
	}
	return ""
}
