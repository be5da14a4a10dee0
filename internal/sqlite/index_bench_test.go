package sqlite

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline/internal/record"
)

// indexRows is how many things the index is measured with: THROUGHLINE_ROWS, or
// 100,000.
func indexRows() int {
	if n, err := strconv.Atoi(os.Getenv("THROUGHLINE_ROWS")); err == nil {
		return n
	}
	return 100_000
}

// indexFolder is THROUGHLINE_INDEX, which keeps what was filled for the next run,
// or a folder that goes with the benchmark.
func indexFolder(b *testing.B) string {
	if dir := os.Getenv("THROUGHLINE_INDEX"); dir != "" {
		return dir
	}
	return b.TempDir()
}

// indexDocs makes things whose words are as uneven as a language's: the word
// number k comes in about one thing of k.
func indexDocs(n, from int) []record.IndexDoc {
	r := rand.New(rand.NewPCG(1, uint64(from)))
	words := rand.NewZipf(r, 1.07, 2, 60_000)
	docs := make([]record.IndexDoc, n)
	for i := range docs {
		text := make([]string, 24)
		for j := range text {
			text[j] = indexWord(words.Uint64())
		}
		id := from + i
		docs[i] = record.IndexDoc{
			Key:  "Asset/" + fmt.Sprintf("picture-%07d", id),
			Name: strings.Join(text[:4], " ") + " " + strconv.Itoa(id),
			Text: strings.Join(text[4:], " "),
			Tags: []string{
				"kind:asset", "role:role" + strconv.Itoa(int(words.Uint64()%12)), "state:live",
				"label:season=" + strconv.Itoa(id%4), "channel:c" + strconv.Itoa(r.IntN(6)), "owner:p" + strconv.Itoa(r.IntN(40)),
				"concept:c" + strconv.Itoa(int(words.Uint64()%400)), "rare:" + strconv.Itoa(id%9973),
			},
			Keys: indexKeys(r),
			Data: []byte(`{"title":"A picture","file":{"name":"a.jpg","type":"image/jpeg"},"role":"hero"}`),
		}
	}
	return docs
}

// indexKeys are those that a picture has, to be found by its copies: of each hash
// three parts of 21 bits, and its own bytes.
func indexKeys(r *rand.Rand) (keys []string) {
	for i := range 6 {
		keys = append(keys, "near:"+strconv.Itoa(i)+strconv.Itoa(r.IntN(1<<21)))
	}
	return append(keys, "same:"+strconv.FormatUint(r.Uint64(), 36))
}

// indexWord spells a number in syllables, the commonest words the shortest.
func indexWord(n uint64) string {
	const syllables = "basolutamerikopedinafugohevijaxewuzyqacilonube"
	out := ""
	for n += 1; n > 0; n /= 23 {
		at := 2 * (n % 23)
		out += syllables[at : at+2]
	}
	return out
}

func BenchmarkIndex(b *testing.B) {
	s, err := Open(b.Context(), indexFolder(b), Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	x := s.Record().Index
	here, err := x.Position(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	from, _ := strconv.Atoi(here)
	put := func() {
		const batch = 2000
		to := strconv.Itoa(from + batch)
		if err := x.Apply(context.Background(), record.IndexChange{From: here, To: to, Put: indexDocs(batch, from)}); err != nil {
			b.Fatal(err)
		}
		from, here = from+batch, to
	}
	first, start := from, time.Now()
	for from < indexRows() {
		put()
	}
	filled := float64(from-first) / time.Since(start).Seconds()
	b.Run("ingest", func(b *testing.B) {
		first, start := from, time.Now()
		for b.Loop() {
			put()
		}
		b.ReportMetric(float64(from-first)/time.Since(start).Seconds(), "rows/s")
		b.ReportMetric(filled, "rows/s-from-empty")
	})
	term := func(words ...uint64) (terms []record.IndexTerm) {
		for _, w := range words {
			terms = append(terms, record.IndexTerm{Words: []string{indexWord(w)}})
		}
		return terms
	}
	var near []string // what a page of 48 cards asks for its copies
	for _, d := range indexDocs(48, indexRows()/2) {
		near = append(near, d.Keys...)
	}
	facets := []string{"kind", "role", "state", "label", "channel", "owner", "concept"}
	for name, q := range map[string]record.IndexQuery{
		"one common term":              {Terms: term(0)},
		"one rare term":                {Terms: term(5000)},
		"two common terms":             {Terms: term(0, 1)},
		"a common and a rare":          {Terms: term(0, 3000)},
		"four terms":                   {Terms: term(3, 40, 8, 90)},
		"prefix of 2":                  {Terms: []record.IndexTerm{{Words: []string{"so"}, Prefix: true}}},
		"prefix of 3":                  {Terms: []record.IndexTerm{{Words: []string{"sol"}, Prefix: true}}},
		"prefix of 5":                  {Terms: []record.IndexTerm{{Words: []string{"soluk"}, Prefix: true}}},
		"prefix of 7 in every name":    {Terms: []record.IndexTerm{{Words: []string{indexWord(40)[:3]}, Prefix: true}}},
		"phrase":                       {Terms: []record.IndexTerm{{Words: []string{indexWord(0), indexWord(1)}}}},
		"one filter":                   {All: [][]string{{"kind:asset"}}},
		"three filters":                {All: [][]string{{"kind:asset"}, {"role:role3"}, {"owner:p7"}}},
		"term and filter":              {Terms: term(0), All: [][]string{{"role:role3"}}},
		"common term, rare filter":     {Terms: term(0), All: [][]string{{"rare:17"}}},
		"common, none fits":            {Terms: term(0, 1, 2), All: [][]string{{"rare:17"}, {"rare:18"}}},
		"two terms and what is absent": {Terms: term(0, 2), All: [][]string{{"kind:asset"}}, None: []string{"label:season=1"}},
		"everything":                   {},
		"copies of 48 cards":           {All: [][]string{near}, Limit: 400},
	} {
		if q.Limit == 0 {
			q.Limit, q.Count, q.Facets = 48, 5000, facets
		}
		b.Run(name, func(b *testing.B) {
			var took []time.Duration
			var page record.IndexPage
			for b.Loop() {
				start := time.Now()
				var err error
				if page, err = x.Find(b.Context(), q); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
			b.ReportMetric(took[len(took)*95/100].Seconds()*1000, "p95-ms")
			b.ReportMetric(float64(max(page.Total, len(page.Hits))), "found")
		})
	}
}
