package text

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Finder finds things by the words of their names and texts. Words match without
// case and diacritics, by their beginning, and in names also with one slip of
// the finger. The zero Finder is empty. It is not safe for use by several
// goroutines while something is added.
type Finder struct {
	ids    []string // by position; "" for one that was taken out
	places map[string]int32
	words  []word // by text, once sorted
	index  map[string]int
	sorted []int // positions in words, by text
	stale  bool
	gone   int
	scores []int32 // by position, kept between searches
}

// word is one word and the things that have it.
type word struct {
	text  string
	names []int32 // in their name
	texts []int32 // in their text
}

// Found is one thing that fits.
type Found struct {
	ID string
	// Score orders what fits; more is better.
	Score int
}

// The worth of a word that fits, by how it does.
const (
	scoreName, scoreNameStart, scoreNameSlip = 60, 40, 15
	scoreText, scoreTextStart                = 20, 10
	minSlip                                  = 4 // letters a word needs for a slip to be one
)

// Words splits a text into its words as a Finder sees them: folded, without
// punctuation.
func Words(s string) []string {
	return strings.FieldsFunc(Fold(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// Fold returns a text without case and diacritics: Für as fur, Straße as strasse.
func Fold(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	var b strings.Builder
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'ß':
			b.WriteString("ss")
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

// Put adds a thing, or replaces it.
func (f *Finder) Put(id, name string, texts ...string) {
	f.Drop(id)
	if f.places == nil {
		f.places, f.index = map[string]int32{}, map[string]int{}
	}
	at := int32(len(f.ids))
	f.ids, f.places[id] = append(f.ids, id), at
	for _, w := range Words(name) {
		e := f.word(w)
		e.names = appendLast(e.names, at)
	}
	for _, t := range texts {
		for _, w := range Words(t) {
			e := f.word(w)
			e.texts = appendLast(e.texts, at)
		}
	}
}

// Drop takes a thing out; one that is not there is left alone.
func (f *Finder) Drop(id string) {
	if at, ok := f.places[id]; ok {
		f.ids[at] = ""
		delete(f.places, id)
		f.gone++
	}
}

// Len returns how many things there are; Gone how many places are empty, which
// somebody who drops much frees by starting anew.
func (f *Finder) Len() int { return len(f.places) }

// Gone returns how many places are empty.
func (f *Finder) Gone() int { return f.gone }

func (f *Finder) word(s string) *word {
	i, ok := f.index[s]
	if !ok {
		i = len(f.words)
		f.index[s] = i
		f.words, f.stale = append(f.words, word{text: s}), true
	}
	return &f.words[i]
}

func appendLast(list []int32, v int32) []int32 {
	if n := len(list); n > 0 && list[n-1] == v {
		return list
	}
	return append(list, v)
}

// Find returns the things that have every word of the query, the best first, and
// of equals those whose id comes first; at most limit.
func (f *Finder) Find(query string, limit int) []Found {
	asked := Words(query)
	if len(asked) == 0 || len(f.places) == 0 {
		return nil
	}
	f.sort()
	total := make([]int32, len(f.ids))
	for i, w := range asked {
		f.scores = append(f.scores[:0], make([]int32, len(f.ids))...)
		f.score(w)
		for at, s := range f.scores {
			switch {
			case s == 0 || i > 0 && total[at] == 0:
				total[at] = 0
			default:
				total[at] += s
			}
		}
	}
	return f.best(total, limit)
}

func (f *Finder) sort() {
	if !f.stale {
		return
	}
	f.sorted = f.sorted[:0]
	for i := range f.words {
		f.sorted = append(f.sorted, i)
	}
	slices.SortFunc(f.sorted, func(a, b int) int { return cmp.Compare(f.words[a].text, f.words[b].text) })
	f.stale = false
}

// score notes what one word of a query is worth for each thing.
func (f *Finder) score(asked string) {
	from, _ := slices.BinarySearchFunc(f.sorted, asked, func(i int, s string) int { return cmp.Compare(f.words[i].text, s) })
	for _, i := range f.sorted[from:] {
		w := &f.words[i]
		if !strings.HasPrefix(w.text, asked) {
			break
		}
		if w.text == asked {
			f.give(w.names, scoreName)
			f.give(w.texts, scoreText)
			continue
		}
		f.give(w.names, scoreNameStart)
		f.give(w.texts, scoreTextStart)
	}
	if utf8.RuneCountInString(asked) < minSlip {
		return
	}
	for i := range f.words {
		if w := &f.words[i]; len(w.names) > 0 && oneSlip(w.text, asked) {
			f.give(w.names, scoreNameSlip)
		}
	}
}

func (f *Finder) give(places []int32, worth int32) {
	for _, at := range places {
		f.scores[at] = max(f.scores[at], worth)
	}
}

// oneSlip reports whether two words differ by one letter that is wrong, missing,
// extra or swapped with its neighbour. It compares bytes, which is exact for
// words without letters outside ASCII and cautious for others.
func oneSlip(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	if len(a)-len(b) > 1 || a == b {
		return false
	}
	i := 0
	for i < len(b) && a[i] == b[i] {
		i++
	}
	if len(a) > len(b) {
		return a[i+1:] == b[i:]
	}
	if a[i+1:] == b[i+1:] {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

func (f *Finder) best(total []int32, limit int) []Found {
	var found []Found
	worst := int32(0) // of what fills the limit
	order := func(a, b Found) int { return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID)) }
	for at, score := range total {
		if score == 0 || f.ids[at] == "" || score < worst {
			continue
		}
		found = append(found, Found{f.ids[at], int(score)})
		if len(found) >= 4*max(limit, 64) { // sorted now and then, so that a word all have costs little
			slices.SortFunc(found, order)
			found = found[:limit]
			worst = int32(found[limit-1].Score)
		}
	}
	slices.SortFunc(found, order)
	return found[:min(limit, len(found))]
}
