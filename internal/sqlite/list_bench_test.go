package sqlite

import (
	"fmt"
	"testing"
	"time"

	"github.com/throughline-engine/throughline/internal/record"
)

// BenchmarkListPrefix lists the few entries of a prefix at the end of a bucket of
// many, and prints the ratio to as few at its beginning: 1 where only they are read.
func BenchmarkListPrefix(b *testing.B) {
	s, err := Open(b.Context(), b.TempDir(), Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	const many = 50_000
	err = s.Record().State.Update(b.Context(), func(tx record.Tx) error {
		for i := range many {
			if _, err := tx.Put("thing", fmt.Sprintf("%06d 1", i), []byte("it"), record.AnyVersion); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	list := func(i int) time.Duration {
		began := time.Now()
		err := s.Record().State.View(b.Context(), func(r record.Reader) error {
			for _, err := range r.List("thing", fmt.Sprintf("%06d ", i), "") {
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	var first, last time.Duration
	for b.Loop() {
		first += list(0)
		last += list(many - 1)
	}
	b.ReportMetric(float64(last)/float64(first), "ratio")
}
