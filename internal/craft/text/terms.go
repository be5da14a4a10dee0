package text

import (
	"slices"
	"strings"

	"github.com/rivo/uniseg"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/throughline-engine/throughline"
)

// Terms are words and phrases to look for in texts. A term is found whatever
// its case, in composed or decomposed letters, with straight or curly
// apostrophes and any amount of white space between its words; it is not found
// inside a longer word. Words end where UAX 29 says, so "log" is a word of
// "log-in" and none of "blog". Terms are safe for concurrent use.
type Terms struct {
	words  []string
	folded []string
}

// Match is one place where a term stands.
type Match struct {
	// Term is the position in the words given to NewTerms.
	Term int
	// Span is where it stands, in bytes of the text searched.
	Span throughline.Span
}

// NewTerms prepares the words for searching. Blank words never match.
func NewTerms(words []string) *Terms {
	t := &Terms{words: slices.Clone(words), folded: make([]string, len(words))}
	for i, w := range words {
		t.folded[i] = fold(strings.TrimSpace(w)).text
	}
	return t
}

// Word returns the word at a position, as it was given.
func (t *Terms) Word(i int) string { return t.words[i] }

// Find returns every place where a term stands, by start, then by term.
func (t *Terms) Find(s string) []Match {
	if len(t.words) == 0 || s == "" {
		return nil
	}
	f := fold(s)
	var found []Match
	var edges []bool
	for i, term := range t.folded {
		for from := 0; term != ""; {
			at := strings.Index(f.text[from:], term)
			if at < 0 {
				break
			}
			at += from
			from = at + 1
			span, whole := f.span(at, at+len(term))
			if !whole {
				continue
			}
			if edges == nil {
				edges = wordEdges(s)
			}
			if edges[span.Start] && edges[span.End] {
				found = append(found, Match{i, span})
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Match) int {
		if a.Span.Start != b.Span.Start {
			return a.Span.Start - b.Span.Start
		}
		return a.Term - b.Term
	})
	return found
}

// wordEdges marks the byte offsets at which a word of UAX 29 starts or ends.
func wordEdges(s string) []bool {
	edges := make([]bool, len(s)+1)
	edges[0] = true
	for rest, state := s, -1; rest != ""; {
		_, rest, state = uniseg.FirstWordInString(rest, state)
		edges[len(s)-len(rest)] = true
	}
	return edges
}

// folding is a text in the form in which terms are compared, and where each of
// its bytes comes from.
type folding struct {
	text string
	// start and end are, for each byte of text, the range of the original's
	// grapheme cluster; nil when every byte stands for itself.
	start, end []int
}

// fold brings each grapheme cluster to its composed, case-folded form and each
// run of white space to one blank. Going cluster by cluster keeps the way back:
// a fold may be longer (ß) or shorter than what it came from.
func fold(s string) folding {
	if isASCII(s) && !strings.Contains(s, "  ") {
		return folding{text: strings.ToLower(s)}
	}
	var f folding
	var out strings.Builder
	caser := cases.Fold()
	offset, blank := 0, false
	for rest, state := s, -1; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		key := caser.String(norm.NFC.String(cluster))
		if strings.TrimSpace(key) == "" {
			key = " "
		}
		if key == "’" {
			key = "'"
		}
		switch {
		case key == " " && blank:
			f.end[len(f.end)-1] = offset + len(cluster)
		default:
			out.WriteString(key)
			for range len(key) {
				f.start, f.end = append(f.start, offset), append(f.end, offset+len(cluster))
			}
		}
		blank = key == " "
		offset += len(cluster)
	}
	f.text = out.String()
	return f
}

// span maps a range of the folded text to the original. It is not whole when it
// starts or ends inside a cluster.
func (f folding) span(from, to int) (s throughline.Span, whole bool) {
	if f.start == nil {
		return throughline.Span{Start: from, End: to}, true
	}
	s = throughline.Span{Start: f.start[from], End: f.end[to-1]}
	whole = (from == 0 || f.start[from-1] != s.Start) && (to == len(f.text) || f.end[to] != s.End)
	return s, whole
}
