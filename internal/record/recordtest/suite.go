package recordtest

import (
	"testing"

	"github.com/throughline-engine/throughline/internal/record"
)

// Run checks that an adapter keeps the rules of the ports. Open returns an
// empty record, which the test's cleanup closes.
func Run(t *testing.T, open func(t *testing.T) record.Record) {
	t.Run("Journal", func(t *testing.T) { runJournal(t, open) })
	t.Run("State", func(t *testing.T) { runState(t, open) })
	t.Run("Outbox", func(t *testing.T) { runOutbox(t, open) })
	t.Run("Folds", func(t *testing.T) { runFolds(t, open) })
	t.Run("Blobs", func(t *testing.T) { runBlobs(t, open) })
	t.Run("Index", func(t *testing.T) { runIndex(t, open) })
}

// Lasting is an adapter that keeps its record when it is closed, and whose
// stored bytes a test can damage.
type Lasting struct {
	// Open returns an empty record.
	Open func(t *testing.T) record.Record
	// Reopen closes the record and opens what it has kept.
	Reopen func(t *testing.T, r record.Record) record.Record
	// DamageBatch changes one byte of the block of the batch that holds the
	// event; LoseBatch removes that batch; DamageBlob changes one byte.
	DamageBatch func(t *testing.T, r record.Record, seq uint64)
	LoseBatch   func(t *testing.T, r record.Record, seq uint64)
	DamageBlob  func(t *testing.T, r record.Record, digest [32]byte)
}

// RunLasting checks what outlives a process, and that damage is never passed on.
func RunLasting(t *testing.T, a Lasting) {
	t.Run("what was kept is there again", func(t *testing.T) { runReopen(t, a) })
	t.Run("damage is found", func(t *testing.T) { runDamage(t, a) })
}
