package web

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestALongToastIsCutBetweenCharacters(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"Saved.", 6, "Saved."},
		{"Gespräche", 8, "Gespr…"},
		{"Gespräche", 10, "Gespräche"},
		{strings.Repeat("語", 5), 12, "語語語…"},
	} {
		got := shortened(c.text, c.most)
		if got != c.want || !utf8.ValidString(got) || len(got) > c.most {
			t.Errorf("shortened(%q, %d) is %q, want %q", c.text, c.most, got, c.want)
		}
	}
}
