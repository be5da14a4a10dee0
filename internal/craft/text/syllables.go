package text

import (
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Syllables returns how many syllables a word has, at least 1, by rules for the
// language: en, de, fr, es or it; other languages count each run of vowels. Rules
// are right for most words and not for all: English spelling is not its sound.
func Syllables(word, language string) int {
	w := norm.NFC.String(strings.ToLower(word))
	n := 0
	switch language {
	case "en":
		n = syllablesEN(w)
	case "de":
		n = syllablesDE(w)
	case "fr":
		n = syllablesFR(w)
	case "es":
		n = syllablesES(w)
	case "it":
		n = syllablesIT(w)
	default:
		n = runs(w, "aeiouyäöüáéíóúàèìòùâêîôûåæøœëïõãıőű")
	}
	return max(1, n)
}

// runs counts the runs of letters of a set.
func runs(w, vowels string) int {
	n, inside := 0, false
	for _, r := range w {
		is := strings.ContainsRune(vowels, r)
		if is && !inside {
			n++
		}
		inside = is
	}
	return n
}

// count counts the syllables of a word as its vowels, of which two that stand
// together are one when joined says so.
func count(w, vowels string, joined func(a, b rune) bool) int {
	n := 0
	var last rune
	alone := false // whether last is a vowel that may still join
	for _, r := range w {
		if !strings.ContainsRune(vowels, r) {
			last, alone = r, false
			continue
		}
		if alone && joined(last, r) {
			alone = false // three vowels are two syllables at least
			last = r
			continue
		}
		n++
		last, alone = r, true
	}
	return n
}

// syllablesEN counts vowels, of which those that stand together are one unless
// English speaks them apart, less what is silent at the end.
func syllablesEN(w string) int {
	w = strings.TrimSuffix(strings.TrimSuffix(w, "'s"), "’s")
	if w == "" {
		return 0
	}
	for _, whole := range []struct {
		part string
		as   string // with a consonant between vowels that are spoken apart
	}{
		{"science", "sahence"},
		{"client", "clahent"},
		{"quiet", "qahet"},
		{"diet", "dahet"},
		{"create", "crehate"},
		{"creati", "crehati"},
		{"react", "rehact"},
		{"idea", "ideha"},
		{"area", "areha"},
		{"poet", "pohet"},
		{"poem", "pohem"},
		{"being", "behing"},
		{"going", "gohing"},
		{"doing", "dohing"},
		{"variet", "varihet"},
		{"societ", "socihet"},
		{"anxiet", "anxihet"},
		{"museum", "musehum"},
		{"usua", "usuha"},
		{"annua", "annuha"},
		{"actua", "actuha"},
		{"manua", "manuha"},
		{"virtua", "virtuha"},
		{"situa", "situha"},
		{"video", "videho"},
		{"geo", "geho"},
		{"fuel", "fuhel"},
		{"cruel", "cruhel"},
		{"ruin", "ruhin"},
		{"dual", "duhal"},
		{"ying", "yhing"},
		{"ism", "isem"},
		{"europea", "europeha"},
		{"real", "rehal"},
		{"every", "evry"},
		{"business", "bisness"},
	} {
		w = strings.ReplaceAll(w, whole.part, whole.as)
	}
	if rest, ok := strings.CutPrefix(w, "y"); ok && rest != "" && strings.ContainsRune("aeiou", rune(rest[0])) {
		w = rest // a consonant there
	}
	letters := []rune(w)
	vowel := func(i int) bool {
		return i >= 0 && strings.ContainsRune("aeiouyéèêëàâïîôöûüá", letters[i])
	}
	n := 0
	for i, r := range letters {
		apart := i > 1 && letters[i-1] == 'i' && strings.ContainsRune("aou", r) && !vowel(i-2) && !strings.ContainsRune("tcsgxhln", letters[i-2])
		if vowel(i) && (!vowel(i-1) || apart) {
			n++
		}
	}
	return n - silentEN(w)
}

// silentEN returns how many vowels at the end of an English word are not spoken.
func silentEN(w string) int {
	consonant := func(at int) bool { return at >= 0 && !strings.ContainsRune("aeiouy", rune(w[at])) }
	k := len(w)
	switch {
	case strings.HasSuffix(w, "e"):
		if strings.HasSuffix(w, "le") && consonant(k-3) || !consonant(k-2) {
			return 0
		}
		return 1
	case strings.HasSuffix(w, "es"):
		if k > 3 && consonant(k-3) && !strings.ContainsAny(w[k-3:k-2], "sxzcg") && !strings.HasSuffix(w, "shes") && !strings.HasSuffix(w, "ches") && !(strings.HasSuffix(w, "les") && consonant(k-4)) {
			return 1
		}
	case strings.HasSuffix(w, "ed"):
		if k > 3 && consonant(k-3) && !strings.ContainsAny(w[k-3:k-2], "td") && !(strings.HasSuffix(w, "led") && consonant(k-4) && w[k-4] != 'l') {
			return 1
		}
	}
	for _, silent := range []string{"eless", "ement", "ements", "eful", "ely", "ething", "ewhere", "eline", "epage", "ebook"} {
		if at := strings.LastIndex(w, silent); at > 1 && consonant(at-1) && !strings.HasSuffix(w[:at], "l") {
			return 1
		}
	}
	return 0
}

func syllablesDE(w string) int {
	w = strings.ReplaceAll(w, "qu", "q")
	return count(w, "aeiouyäöüéèáà", func(a, b rune) bool {
		switch string([]rune{a, b}) {
		case "ei", "ai", "au", "eu", "äu", "ie", "aa", "ee", "oo", "ey", "ay", "oi", "ou", "ui":
			return true
		}
		return false
	})
}

func syllablesFR(w string) int {
	w = strings.ReplaceAll(strings.ReplaceAll(w, "qu", "q"), "gu", "g")
	n := 0
	inside := false
	for _, r := range w {
		is := strings.ContainsRune("aeiouyàâäéèêëîïôöùûüœæ", r)
		if is && (!inside || r == 'ï' || r == 'ë' || r == 'é') {
			n++
		}
		inside = is
	}
	silent := strings.HasSuffix(w, "e") || strings.HasSuffix(w, "es")
	if stem := strings.TrimSuffix(strings.TrimSuffix(w, "s"), "e"); silent && n > 1 && stem != "" {
		if last := []rune(stem); !strings.ContainsRune("aeiouyàâäéèêëîïôöùûüœæ", last[len(last)-1]) {
			n--
		}
	}
	return n
}

func syllablesES(w string) int {
	for _, silent := range []string{"que", "qui", "qué", "quí", "gue", "gui", "gué", "guí"} {
		w = strings.ReplaceAll(w, silent, silent[:1]+silent[2:])
	}
	if strings.HasSuffix(w, "y") {
		w = strings.TrimSuffix(w, "y") + "i"
	}
	return count(w, "aeiouáéíóúü", func(a, b rune) bool {
		strong := "aeoáéó"
		return !strings.ContainsRune("íú", a) && !strings.ContainsRune("íú", b) && !(strings.ContainsRune(strong, a) && strings.ContainsRune(strong, b))
	})
}

func syllablesIT(w string) int {
	w = strings.ReplaceAll(w, "qu", "q")
	for _, stressed := range []string{"eria", "sia"} { // panetteria, poesia
		if strings.HasSuffix(w, stressed) {
			w = strings.TrimSuffix(w, "a") + "ha"
		}
	}
	for _, soft := range []string{"cia", "cio", "ciu", "gia", "gio", "giu", "glia", "glio", "sciu"} {
		w = strings.ReplaceAll(w, soft, strings.Replace(soft, "i", "", 1))
	}
	return count(w, "aeiouàèéìíòóùú", func(a, b rune) bool {
		strong := "aeoàèéòó"
		return !strings.ContainsRune("ìíùú", a) && !strings.ContainsRune("ìí", b) && !(strings.ContainsRune(strong, a) && strings.ContainsRune(strong, b))
	})
}
