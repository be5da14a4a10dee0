package style_test

import (
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/craft/style"
)

// BenchmarkCheck holds a text of a mail against the rules of the corpus.
func BenchmarkCheck(b *testing.B) {
	sources, _ := corpus(b)
	var rules []*style.Rule
	for name, data := range sources {
		r, err := style.Read(name, data)
		if err != nil {
			b.Fatal(err)
		}
		rules = append(rules, r)
	}
	text := style.Text{Body: strings.Repeat("Our rye bread is back this Friday, baked in order to be warm when you come. ", 12), Language: "en"}
	b.ReportAllocs()
	for b.Loop() {
		style.Check(rules, text)
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(rules)), "µs/rule")
}
