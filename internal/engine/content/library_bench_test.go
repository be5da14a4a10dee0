package content_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

// shelfWord is the word number n of a language whose commonest words are short.
func shelfWord(n uint64) string {
	out := "w"
	for n++; n > 0; n /= 20 {
		out += string("bcdfghklmnprstvwxzaj"[n%20]) + string("aeiou"[n%5])
	}
	return out
}

// shelfPieces are fragments in two languages whose words are as uneven as those of
// a language.
func shelfPieces(from, n int) (all []throughline.Resource) {
	r := rand.New(rand.NewPCG(7, uint64(from)))
	zipf := rand.NewZipf(r, 1.07, 2, 60_000)
	say := func() string {
		words := make([]string, 12)
		for i := range words {
			words[i] = shelfWord(zipf.Uint64())
		}
		return strings.Join(words, " ")
	}
	for i := range n {
		res := shelfFragment(fmt.Sprintf("piece-%07d", from+i), throughline.Fragment{Role: fmt.Sprintf("shelf-%d", zipf.Uint64()%12), Values: map[string]string{"en": say(), "de": say()}})
		res.Metadata.Labels = map[string]string{"season": strconv.Itoa(i % 4)}
		all = append(all, res)
	}
	return all
}

// BenchmarkLibrary measures the library as its page asks it: with the cards, what
// is alike, and what fits a brief. THROUGHLINE_ROWS says with how many pieces;
// without it there are 20,000, because each is declared first.
func BenchmarkLibrary(b *testing.B) {
	rows := 20_000
	if n, err := strconv.Atoi(os.Getenv("THROUGHLINE_ROWS")); err == nil {
		rows = n
	}
	e := enginetest.Open(b, enginetest.Options{})
	e.Apply(b, enginetest.Workspace)
	apply := func(some ...throughline.Resource) {
		if _, err := e.Content.Apply(b.Context(), enginetest.Shell(), content.Change{Resources: some}); err != nil {
			b.Fatal(err)
		}
	}
	ask := func(q content.LibraryQuery) content.LibraryPage {
		q.Limit = 48
		page, err := e.Content.Library(b.Context(), enginetest.Shell(), q)
		if err != nil {
			b.Fatal(err)
		}
		return page
	}
	apply(throughline.Resource{APIVersion: throughline.APIVersion, Kind: throughline.KindBrief, Metadata: throughline.Metadata{Name: "shelf"}, Spec: &throughline.Brief{
		Title: shelfWord(40) + " " + shelfWord(900), Want: shelfWord(3) + " " + shelfWord(5000), Why: shelfWord(17) + " " + shelfWord(70), Goal: "signed-up",
	}})
	ask(content.LibraryQuery{})
	apply(shelfPieces(0, rows)...)
	if _, err := e.Content.Names(b.Context(), enginetest.Shell(), throughline.KindBrief); err != nil { // what pages know of the release is not measured here
		b.Fatal(err)
	}
	start := time.Now()
	for ask(content.LibraryQuery{Text: "nothing-has-this"}).Behind {
	}
	put := float64(rows) / time.Since(start).Seconds()
	for name, q := range map[string]content.LibraryQuery{
		"everything":         {},
		"one common term":    {Text: shelfWord(0) + " "},
		"two terms":          {Text: shelfWord(0) + " " + shelfWord(60) + " "},
		"prefix":             {Text: shelfWord(200)[:3]},
		"term and filters":   {Text: shelfWord(1) + " role:shelf-3 label:season=2"},
		"what fits a brief":  {Brief: "shelf"},
		"may be shown today": {Text: "state:live"},
	} {
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				ask(q)
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
			b.ReportMetric(took[len(took)*95/100].Seconds()*1000, "p95-ms")
			b.ReportMetric(put, "put/s")
		})
	}
}
