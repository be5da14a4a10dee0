package text_test

import (
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/craft/text"
)

// BenchmarkSense looks at a text of a mail in each of the ways of this package.
func BenchmarkSense(b *testing.B) {
	s := strings.Repeat("Our rye bread is back this Friday, baked to be warm when you come, and 20 % less. ", 12)
	mail := clean()
	for name, look := range map[string]func(){
		"personal": func() { text.Personal(s) }, "claims": func() { text.ClaimTriggers(s, "en") }, "spam": func() { text.SpamSigns(mail) },
		"readability": func() { text.Count(s, "en") }, "language": func() { text.Language(s) }, "sms": func() { text.MeasureSMS(s) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				look()
			}
		})
	}
}
