package text_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

func at(s string, spans []throughline.Span) []string {
	var parts []string
	for _, span := range spans {
		parts = append(parts, s[span.Start:span.End])
	}
	return parts
}

func TestMeasureSMS(t *testing.T) {
	a := strings.Repeat
	tests := []struct {
		name    string
		s       string
		unicode bool
		units   int
		parts   int
		left    int
	}{
		{"nothing is no message", "", false, 0, 0, 160},
		{"160 letters are one", a("a", 160), false, 160, 1, 0},
		{"161 are two of 153", a("a", 161), false, 161, 2, 306 - 161},
		{"306 fill two", a("a", 306), false, 306, 2, 0},
		{"307 are three", a("a", 307), false, 307, 3, 152},
		{"umlauts and the at sign are in the alphabet", "äöüÄÖÜß@£", false, 9, 1, 151},
		{"the euro sign takes two", a("€", 80), false, 160, 1, 0},
		{"a sign of two is not cut by a segment", a("a", 152) + "€" + a("a", 10), false, 164, 2, 153 - 12},
		{"an acute c makes it Unicode", a("a", 69) + "ć", true, 70, 1, 0},
		{"71 in Unicode are two of 67", a("ć", 71), true, 71, 2, 134 - 71},
		{"a curly apostrophe makes it Unicode", "it’s", true, 4, 1, 66},
		{"an emoji takes two units", a("a", 68) + "😀", true, 70, 1, 0},
		{"an emoji is not cut by a segment", a("a", 66) + "😀" + a("a", 10), true, 78, 2, 67 - 12},
		{"the grave accent alone is not in the alphabet", "`", true, 1, 1, 69},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := text.MeasureSMS(tt.s)
			if m.Unicode != tt.unicode || m.Units != tt.units || m.Segments != tt.parts || m.Left != tt.left {
				t.Errorf("%+v", m)
			}
		})
	}
	for s, want := range map[string]int{a("a", 160): 160, a("€", 80): 160, a("ć", 70): 160, a("ć", 71): 162, a("ć", 134): 306, a("ć", 135): 308, "": 0} {
		if got := text.Measure(s, throughline.GSM7); got != want {
			t.Errorf("%d characters take %d septets, want %d", len([]rune(s)), got, want)
		}
	}
	if m := text.MeasureSMS("ok ć é"); len(m.Foreign) != 1 || m.Foreign[0].Start != 3 || m.Foreign[0].End != 5 {
		t.Errorf("what is outside: %v", m.Foreign)
	}
}

func TestSentences(t *testing.T) {
	tests := []struct {
		name, language, s string
		want              []string
	}{
		{"a stop ends one", "en", "It rains. We bake!  Do you?", []string{"It rains.", "We bake!", "Do you?"}},
		{"a title does not", "en", "Ask Dr. Meier or Mr. T. Smith. He knows.", []string{"Ask Dr. Meier or Mr. T. Smith.", "He knows."}},
		{"a number does not", "en", "It costs 3.50 today. Really.", []string{"It costs 3.50 today.", "Really."}},
		{"I ends an English one", "en", "So do I. You too.", []string{"So do I.", "You too."}},
		{"a line break does", "en", "Fresh bread\nBaked at six", []string{"Fresh bread", "Baked at six"}},
		{"a German ordinal does not", "de", "Am 3. Mai backen wir. Bis dann.", []string{"Am 3. Mai backen wir.", "Bis dann."}},
		{"German abbreviations do not", "de", "Brot, z. B. Roggen, kostet ca. Drei Euro. Gut.", []string{"Brot, z. B. Roggen, kostet ca. Drei Euro.", "Gut."}},
		{"French abbreviations do not", "fr", "Voyez M. Dupont. Il sait.", []string{"Voyez M. Dupont.", "Il sait."}},
		{"a full-width stop does", "ja", "雨です。焼きます。", []string{"雨です。", "焼きます。"}},
		{"nothing has none", "en", " \n ", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, at(tt.s, text.Sentences(tt.s, tt.language))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLoudWords(t *testing.T) {
	s := "BUY our FRESH bread at the NASA café, GRÜSSE! B2B ÉTÉ iPHONE"
	if diff := cmp.Diff([]string{"FRESH", "GRÜSSE"}, at(s, text.AllCaps(s, 5))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"BUY", "FRESH", "NASA", "GRÜSSE", "ÉTÉ"}, at(s, text.AllCaps(s, 3))); diff != "" {
		t.Error(diff)
	}
	if got := at("¡Hola! Now!! 今！", text.Exclamations("¡Hola! Now!! 今！")); len(got) != 4 {
		t.Error(got)
	}
}

// The syllables are those of dictionaries: where they divide the word.
func TestSyllables(t *testing.T) {
	tests := map[string]string{
		"en": "the:1 bread:1 oven:2 fire:1 table:2 little:2 makes:1 baked:1 wanted:2 called:1 boxes:2 houses:2 wishes:2 people:2 science:2 quiet:2 radio:3 period:3 million:2 nation:2 " +
			"decision:3 special:2 delicious:3 idea:3 area:3 create:2 creation:3 react:2 usually:4 every:2 being:2 going:2 flying:2 beautiful:3 evening:2 something:2 hopefully:3 safely:2 " +
			"free:1 bakery:3 guarantee:3 information:4 university:5 opportunity:5 different:3 family:3 delivery:4 you:1 year:1 yes:1 yellow:2 rhythm:1 organisation:5 available:4 " +
			"simple:2 candles:2 handled:2 moved:1 added:2 management:3 careless:2 useful:2 statement:2 tourism:3 museum:3 video:3 business:2 media:3 client:2 order:2 customers:3",
		"de": "Brot:1 Bäcker:2 heute:2 Feuer:2 Bäckerei:3 Theater:3 Qualität:3 Information:5 kaufen:2 Angebot:3 frisch:1 Häuser:2 Zeitung:2 Universität:5 einfach:2 Museum:3 Idee:2 ideal:3 " +
			"kostenlos:3 Versandkosten:4 Geschenkgutschein:4 Euro:2 Maschine:3 Bier:1 See:1 Boot:1 quer:1 bequem:2 Reaktion:4 neue:2 bauen:2 Eier:2 Donaudampfschiff:4",
		"fr": "pain:1 boulangerie:4 belle:1 le:1 maison:2 gratuit:2 attention:3 offre:1 aujourd:2 naïf:2 créer:2 qualité:3 livraison:3 eau:1 oiseau:2 chaque:1 langue:1 nouvelles:2 beauté:2 université:5 magasin:3",
		"es": "pan:1 panadería:5 agua:2 aire:2 poeta:3 queso:2 guerra:2 cigüeña:3 muy:1 ciudad:2 país:2 oferta:3 aéreo:4 gratis:2 envío:3 hoy:1 universidad:5 también:2 leer:2",
		"it": "pane:2 panetteria:5 acqua:2 storia:2 giorno:2 poesia:4 aereo:4 gratis:2 offerta:3 bottiglia:3 città:2 qualità:3 famiglia:3 paese:3 guida:2 piazza:2",
		"pl": "chleb:1 dobry:2",
	}
	for language, words := range tests {
		list := strings.Fields(words)
		wrong := 0
		for _, w := range list {
			word, n, _ := strings.Cut(w, ":")
			if got := text.Syllables(word, language); got != int(n[0]-'0') {
				wrong++
				t.Logf("%s: %s has %d syllables, and the rules say %d", language, word, n[0]-'0', got)
			}
		}
		if wrong*20 > len(list) {
			t.Errorf("%s: %d of %d words are wrong", language, wrong, len(list))
		}
	}
}

func TestScore_isWhatTheFormulasGive(t *testing.T) {
	// 3 sentences, 40 words, 60 syllables, 200 letters, 8 long, 5 of three
	// syllables or more and 25 of one: worked out by hand.
	c := text.Counts{Sentences: 3, Words: 40, Letters: 200, Syllables: 60, Long: 8, Poly: 5, Single: 25}
	for m, want := range map[text.Metric]float64{
		text.Flesch:        206.835 - 1.015*40/3 - 84.6*1.5,
		text.FleschKincaid: 7.31,
		text.ARI:           8.7867,
		text.GunningFog:    10.3333,
		text.ColemanLiau:   11.38,
		text.SMOG:          10.5043,
		text.LIX:           33.3333,
		text.Wiener1:       4.3237,
		text.Amstad:        78.9167,
		text.KandelMoles:   83.0667,
	} {
		if got, known := c.Score(m); !known || math.Abs(got-want) > 0.01 {
			t.Errorf("%s is %.4f, want %.4f", m, got, want)
		}
	}
	if _, known := c.Score("none"); known {
		t.Error("a metric that does not exist is known")
	}
	c.Words = text.MinWords - 1
	if _, known := c.Score(text.LIX); known {
		t.Error("29 words are enough")
	}
}

// The Gettysburg Address is graded at 9 to 13 wherever it is used as an example; the nursery rhyme at
// the reading of a child.
func TestScore_ofKnownTexts(t *testing.T) {
	hard := "Four score and seven years ago our fathers brought forth on this continent, a new nation, conceived in Liberty, and dedicated to the proposition that all men are created equal. " +
		"Now we are engaged in a great civil war, testing whether that nation, or any nation so conceived and so dedicated, can long endure. We are met on a great battle-field of that war. " +
		"We have come to dedicate a portion of that field, as a final resting place for those who here gave their lives that that nation might live. It is altogether fitting and proper that we should do this."
	easy := "Mary had a little lamb, its fleece was white as snow. And everywhere that Mary went, the lamb was sure to go. It followed her to school one day. That was against the rules. It made the children laugh and play, to see a lamb at school."
	grade := func(s string) float64 {
		g, known := text.Count(s, "en").Score(text.FleschKincaid)
		if !known {
			t.Fatalf("unknown: %+v", text.Count(s, "en"))
		}
		return g
	}
	if g := grade(hard); g < 8 || g > 12 {
		t.Errorf("the address has a grade of %.1f", g)
	}
	if g := grade(easy); g > 4 {
		t.Errorf("the rhyme has a grade of %.1f", g)
	}
	c := text.Count(hard, "en")
	if c.Sentences != 5 || c.Words != 103 {
		t.Errorf("%+v", c)
	}
	for language, first := range map[string]text.Metric{"en": text.FleschKincaid, "de": text.Wiener1, "fr": text.KandelMoles, "sv": text.LIX} {
		if got := text.Metrics(language); got[0] != first || got[len(got)-1] != text.LIX {
			t.Errorf("%s: %v", language, got)
		}
	}
	if !text.Amstad.Ease() || text.LIX.Ease() {
		t.Error("which way a metric goes is wrong")
	}
}

func TestLanguage(t *testing.T) {
	tests := []struct{ s, want string }{
		{"The bread is fresh and we bake it for you every day.", "en"},
		{"Das Brot ist frisch, und wir backen es jeden Tag für Sie.", "de"},
		{"Le pain est frais et nous le cuisons pour vous chaque jour.", "fr"},
		{"El pan es fresco y lo horneamos para usted todos los días.", "es"},
		{"Il pane è fresco e lo prepariamo per voi ogni giorno.", "it"},
		{"Jetzt neu: unser Sommerangebot für alle Kunden", "de"},
		{"Sale", ""},
		{"SUPER SALE WEEKEND BLACK FRIDAY", ""},
		{"Broodjes worden hier elke ochtend vers gebakken voor iedereen", ""},
		{"", ""},
	}
	for _, tt := range tests {
		if got, known := text.Language(tt.s); got != tt.want || known != (tt.want != "") {
			t.Errorf("%q is %q, %v; want %q", tt.s, got, known, tt.want)
		}
	}
	for _, tt := range []struct {
		s, locale string
		want      text.Fit
	}{
		{"Das Brot ist frisch, und wir backen es jeden Tag.", "de-AT", text.Same},
		{"Das Brot ist frisch, und wir backen es jeden Tag.", "en", text.Other},
		{"Das Brot ist frisch, und wir backen es jeden Tag.", "nl", text.Unknown},
		{"Brot", "en", text.Unknown},
	} {
		if got := text.FitOf(tt.s, tt.locale); got != tt.want {
			t.Errorf("%q in %s: %s, want %s", tt.s, tt.locale, got, tt.want)
		}
	}
}
