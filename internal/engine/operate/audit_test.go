package operate_test

import (
	"fmt"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// BenchmarkAudit is the last page of 100,000 rows, and a filter that fits one.
func BenchmarkAudit(b *testing.B) {
	e := enginetest.Open(b, enginetest.Options{})
	const rows = 100_000
	by := throughline.Actor{Kind: throughline.ActorPerson, ID: "ana"}
	for done := 0; done < rows; {
		var batch []throughline.Event
		for range 5000 {
			done++
			key := fmt.Sprintf("bench/%d", done)
			batch = append(batch, e.Core.NewEvent(throughline.EventPieceVersioned, throughline.ResourceVersioned{}, by, key,
				throughline.Object{Type: "Fragment", ID: fmt.Sprintf("piece-%d", done)}))
		}
		if _, err := e.Core.Record.Journal.Append(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	audit := operate.NewAudit(e.Core)
	for name, q := range map[string]operate.AuditQuery{
		"the first page": {}, "the last page": {Before: 60}, "one of them all": {Object: "piece-77"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if found, _, err := audit.Find(b.Context(), q); err != nil || len(found) == 0 {
					b.Fatalf("%d, %v", len(found), err)
				}
			}
		})
	}
}
