package sqlite

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record/recordtest"
)

// TestFlippedByteInTheLastBatch changes one byte after the other of the batch
// that ends the journal, and of the head that names it.
func TestFlippedByteInTheLastBatch(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Config{})
	for i := range 3 {
		recordtest.Append(t, s.Record().Journal, recordtest.Events(1, i, 1)...)
	}
	last, err := lastBatch(t.Context(), s.journal.db)
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	path := filepath.Join(dir, "journal.db")
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	// A row is a few small numbers, then the columns one after the other.
	row := bytes.Index(sound, slices.Concat(last.Prev[:], last.Hash[:], last.Block))
	head := bytes.Index(sound, last.Hash[:])
	if head == row+len(last.Prev) {
		head = bytes.Index(sound[row+64:], last.Hash[:]) + row + 64
	}
	if row < 0 || head < 0 {
		t.Fatal("the batch is not found in the file")
	}
	regions := []struct {
		sentence   string
		from, upTo int
		harmless   bool // some of its bytes may mean nothing
	}{
		{"in the header of its row", row - 24, row, true},
		{"in the link to the batch before", row, row + 32, false},
		{"in its hash", row + 32, row + 64, false},
		{"in its block", row + 64, row + 64 + len(last.Block), false},
		{"in the number of the head", head - 1, head, false},
		{"in the hash of the head", head, head + 32, false},
	}
	for _, region := range regions {
		t.Run("a byte changed "+region.sentence+" leaves all before it, and takes nothing more", func(t *testing.T) {
			damaged := 0
			for at := region.from; at < region.upTo; at += 1 + (region.upTo-region.from)/40 {
				bits := []int{at % 8}
				if region.harmless {
					bits = []int{0, 1, 2, 3, 4, 5, 6, 7}
				}
				for _, bit := range bits {
					flipped := bytes.Clone(sound)
					flipped[at] ^= 1 << bit
					if err := os.WriteFile(path, flipped, 0o600); err != nil {
						t.Fatal(err)
					}
					if damagedTail(t, dir, at-region.from) {
						damaged++
					} else if !region.harmless {
						t.Errorf("byte %d: nobody noticed", at-region.from)
					}
				}
			}
			if damaged == 0 {
				t.Error("no damage was done")
			}
		})
	}
}

// damagedTail opens the journal and checks that it is whole, or stops before its
// last event and says so at every turn. It reports which.
func damagedTail(t *testing.T, dir string, at int) bool {
	t.Helper()
	j, err := openJournal(t.Context(), dir, Config{}.withDefaults())
	if err != nil {
		t.Errorf("byte %d: it does not open: %v", at, err)
		return true
	}
	defer func() {
		if err := j.close(); err != nil {
			t.Error(err)
		}
	}()
	var last uint64
	var readErr error
	for events, err := range j.Read(t.Context(), 0) {
		if readErr = err; err == nil {
			last = events[len(events)-1].Seq
		}
	}
	_, verifyErr := j.Verify(t.Context(), nil)
	if readErr == nil && verifyErr == nil && last == 3 {
		return false
	}
	_, appendErr := j.Append(t.Context(), recordtest.Events(9, 0, 1))
	for what, err := range map[string]error{"reading": readErr, "verifying": verifyErr, "appending": appendErr} {
		if throughline.CodeOf(err) != throughline.Corrupt {
			t.Errorf("byte %d: %s ends with %v", at, what, err)
		}
	}
	if appendErr == nil || !strings.Contains(appendErr.Error(), "throughline restore") {
		t.Errorf("byte %d: no fix in %v", at, appendErr)
	}
	if last < 2 {
		t.Errorf("byte %d: of the events before only %d are read", at, last)
	}
	return true
}
