package text_test

import (
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline/internal/craft/text"
)

// TestALongTextIsReadOnce reads texts of which every part speaks: where each looks at
// all others, or at the whole text, it takes minutes.
func TestALongTextIsReadOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		part string
		find func(string) int
	}{
		"figures":     {"1 ", func(s string) int { return len(text.ClaimTriggers(s, "en")) }},
		"shares":      {"1 %, 2 ", func(s string) int { return len(text.ClaimTriggers(s, "en")) }},
		"phrases":     {"feel free, best ", func(s string) int { return len(text.ClaimTriggers(s, "en")) }},
		"addresses":   {"a@b.ch ", func(s string) int { return len(text.Personal(s)) }},
		"in a link":   {"https://a.ch/a@b.ch ", func(s string) int { return len(text.Personal(s)) }},
		"phones":      {"+41 79 555 12 34, ", func(s string) int { return len(text.Personal(s)) }},
		"terms":       {"calm sea ", func(s string) int { return len(text.NewTerms([]string{"calm", "calm sea", "sea"}).Find(s)) }},
		"sentences":   {"Calm. ", func(s string) int { return len(text.Sentences(s, "en")) }},
		"exclamation": {"Calm! ", func(s string) int { return len(text.Exclamations(s)) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := make(chan int, 1)
			go func() { n <- c.find(strings.Repeat(c.part, 1_000_000/len(c.part))) }()
			select {
			case n := <-n:
				if n < 1_000_000/len(c.part)/2 {
					t.Error("only", n)
				}
			case <-time.After(time.Minute):
				t.Error("it goes on and on")
			}
		})
	}
}

func TestSharesAndFigures(t *testing.T) {
	t.Parallel()
	var got []string
	s := "1 and 2 % and 3 and 40 percent of 5, feel free, free"
	for _, f := range text.ClaimTriggers(s, "en") {
		got = append(got, string(f.Trigger)+" "+s[f.Span.Start:f.Span.End])
	}
	if want := "number 1|percent 2 %|number 3|percent 40 percent|number 5|free free"; strings.Join(got, "|") != want {
		t.Errorf("%q", got)
	}
}
