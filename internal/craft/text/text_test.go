package text_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

func TestMeasure(t *testing.T) {
	tests := []struct {
		name                   string
		s                      string
		grapheme, width, utf16 int
	}{
		{"nothing is nothing", "", 0, 0, 0},
		{"ASCII is one each", "Shop now", 8, 8, 8},
		{"a decomposed accent is no character of its own", "e\u0301", 1, 1, 2},
		{"a family is one character and two columns", "👨‍👩‍👧", 1, 2, 8},
		{"a flag is one character", "🇩🇪", 1, 2, 4},
		{"wide characters are two columns", "日本語", 3, 6, 3},
		{"a line break of two bytes is one character", "a\r\nb", 3, 2, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := []int{text.Measure(tt.s, ""), text.Measure(tt.s, throughline.Grapheme), text.Measure(tt.s, throughline.Width), text.Measure(tt.s, throughline.UTF16)}
			if diff := cmp.Diff([]int{tt.grapheme, tt.grapheme, tt.width, tt.utf16}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTerms(t *testing.T) {
	tests := []struct {
		name  string
		terms []string
		in    string
		want  []string // the text at each span
	}{
		{"a word is found whatever its case", []string{"free"}, "Free! Get it FREE.", []string{"Free", "FREE"}},
		{"a word inside another is not", []string{"log"}, "our blog and its logs", nil},
		{"a hyphen ends a word", []string{"log"}, "log-in", []string{"log"}},
		{"a phrase spans any white space", []string{"log in"}, "Log\u00a0\n in here", []string{"Log\u00a0\n in"}},
		{"a curly apostrophe is a straight one", []string{"don't"}, "You don’t", []string{"don’t"}},
		{"letters compare composed", []string{"café"}, "CAFE\u0301 au lait", []string{"CAFE\u0301"}},
		{"ß is ss", []string{"strasse"}, "Große Straße", []string{"Straße"}},
		{"Greek final sigma is sigma", []string{"ΛΟΓΟΣ"}, "ο λόγος λογος", []string{"λογος"}},
		{"the Turkish dotted capital is a letter of its own", []string{"indirim"}, "İndirim", nil},
		{"a percentage is a term", []string{"100%"}, "100% sure", []string{"100%"}},
		{"a span counts bytes after wide letters", []string{"now"}, "日本 now", []string{"now"}},
		{"an apostrophe does not end a word", []string{"can"}, "can't", nil},
		{"a blank term is in nothing", []string{" ", ""}, "a b", nil},
		{"an ideograph stands alone", []string{"免费"}, "全部免费了", []string{"免费"}},
		{"overlapping terms are all found", []string{"new york", "york"}, "New York", []string{"New York", "York"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, m := range text.NewTerms(tt.terms).Find(tt.in) {
				got = append(got, tt.in[m.Span.Start:m.Span.End])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInvalidBytesHaveAPosition(t *testing.T) {
	b := []byte("añ\nb\xffc")
	at := text.FirstInvalid(b)
	if line, column := text.Position(b, at); at != 5 || line != 2 || column != 2 {
		t.Errorf("offset %d, line %d, column %d; want 5, 2, 2", at, line, column)
	}
	if at := text.FirstInvalid([]byte("fine \uFFFD")); at != -1 {
		t.Errorf("a written replacement character is valid text, got %d", at)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"headline", "body", "cta", "image", "en"}
	for word, want := range map[string]string{"headlien": "headline", "cat": "cta", "bdy": "body", "e": "en", "zzz": "", "imagination": "", "": ""} {
		if got := text.Nearest(word, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func FuzzTerms(f *testing.F) {
	f.Add("free", "It is FREE")
	f.Add("e\u0301", "é e\u0301")
	f.Add("a b", "A  \t B\xff")
	f.Fuzz(func(t *testing.T, term, s string) {
		for _, m := range text.NewTerms([]string{term}).Find(s) {
			if m.Span.Start < 0 || m.Span.End > len(s) || m.Span.Start >= m.Span.End {
				t.Fatalf("%q in %q: span %v", term, s, m.Span)
			}
			if utf8.ValidString(s) && !utf8.ValidString(s[m.Span.Start:m.Span.End]) {
				t.Fatalf("%q in %q: the span %v cuts a character", term, s, m.Span)
			}
		}
		if clean := strings.TrimSpace(term); clean != "" && utf8.ValidString(term) && clean == term {
			if len(text.NewTerms([]string{term}).Find(term)) == 0 {
				t.Fatalf("%q is not found in itself", term)
			}
		}
	})
}
