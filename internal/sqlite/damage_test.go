package sqlite

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
	"github.com/throughline-engine/throughline/internal/record/recordtest"
)

// TestFlippedByte changes one byte of the closed journal.db at random places
// within the packed events. Whatever it hits, no event may read differently.
func TestFlippedByte(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Config{})
	for i := range 20 {
		recordtest.Append(t, s.Record().Journal, recordtest.Events(1, 50*i, 50)...)
	}
	want := map[uint64]throughline.ID{}
	var payloads [][]byte
	for _, e := range recordtest.Read(t, s.Record().Journal, 0) {
		want[e.Seq] = e.ID
		payloads = append(payloads, bytes.Clone(e.Sealed))
	}
	closeStore(t, s)
	path := filepath.Join(dir, "journal.db")
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(7, 7))
	tested := 0
	for range 25 {
		payload := payloads[r.IntN(len(payloads))]
		at := bytes.Index(sound, payload)
		if at < 0 {
			continue // it lies on two pages
		}
		at += r.IntN(len(payload))
		flipped := bytes.Clone(sound)
		flipped[at] ^= 1 << r.IntN(8)
		if err := os.WriteFile(path, flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		err := readDamaged(t, dir, want)
		if throughline.CodeOf(err) != throughline.Corrupt || !strings.Contains(err.Error(), "batch ") {
			t.Errorf("byte %d: %v", at, err)
		}
		tested++
	}
	if tested < 15 {
		t.Errorf("only %d bytes were tried", tested)
	}
}

// readDamaged returns the first error of opening, reading or verifying.
func readDamaged(t *testing.T, dir string, want map[uint64]throughline.ID) error {
	t.Helper()
	s, err := Open(t.Context(), dir, Config{})
	if err != nil {
		return err
	}
	defer closeStore(t, s)
	for events, err := range s.Record().Journal.Read(t.Context(), 0) {
		if err != nil {
			return err
		}
		for _, e := range events {
			if want[e.Seq] != e.ID {
				t.Errorf("event %d reads differently", e.Seq)
			}
		}
	}
	_, err = s.Record().Journal.Verify(t.Context(), nil)
	return err
}

// TestLostTail simulates a power cut: the files as they were at some moment, but
// of the log only what had been synced for certain and a random part of the rest,
// the last of it garbled. What was acknowledged before that must be there.
func TestLostTail(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Config{})
	r := rand.New(rand.NewPCG(3, 3))
	type mark struct {
		events int
		synced int64
	}
	var marks []mark
	log := filepath.Join(dir, "journal.db-wal")
	for i := range 30 {
		recordtest.Append(t, s.Record().Journal, recordtest.Events(1, 7*i, 7)...)
		info, err := os.Stat(log)
		if err != nil {
			t.Fatal(err)
		}
		marks = append(marks, mark{7 * (i + 1), info.Size()})
	}
	for range 20 {
		m := marks[r.IntN(len(marks))]
		left := t.TempDir()
		for _, name := range []string{"journal.db", "state.db", "blobs.db"} {
			copyTo(t, filepath.Join(dir, name), filepath.Join(left, name))
		}
		data, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		tail := data[m.synced : m.synced+r.Int64N(int64(len(data))-m.synced+1)]
		for i := len(tail) / 2; i < len(tail); i++ {
			tail[i] = byte(r.Uint32())
		}
		if err := os.WriteFile(filepath.Join(left, "journal.db-wal"), data[:m.synced+int64(len(tail))], 0o600); err != nil {
			t.Fatal(err)
		}
		after := openStore(t, left, Config{})
		head, err := after.Record().Journal.Verify(t.Context(), nil)
		if err != nil || head.Seq < uint64(m.events) || head.Seq%7 != 0 {
			t.Errorf("%d events of %d acknowledged are there: %v", head.Seq, m.events, err)
		}
		recordtest.Append(t, after.Record().Journal, recordtest.Events(2, 0, 1)...)
		closeStore(t, after)
	}
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Config{MaxPages: 60})
	j, state := s.Record().Journal, s.Record().State
	acknowledged := 0
	fill := func(t *testing.T) error {
		for range 1000 {
			receipts, err := j.Append(t.Context(), recordtest.Events(1, acknowledged, 10))
			if err != nil {
				return err
			}
			acknowledged += len(receipts)
		}
		return nil
	}
	t.Run("an append on a full disk is Unavailable, with the folder and the fix", func(t *testing.T) {
		err := fill(t)
		if throughline.CodeOf(err) != throughline.Unavailable || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "free some space") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("so is an update of State, and the others in its transaction", func(t *testing.T) {
		var err error
		for i := 0; err == nil && i < 1000; i++ {
			err = state.Update(t.Context(), func(tx record.Tx) error {
				_, err := tx.Put("b", fmt.Sprint(i), make([]byte, 10_000), 0)
				_ = err // an update that overlooks it must not be told that all is well
				return nil
			})
		}
		if throughline.CodeOf(err) != throughline.Unavailable {
			t.Errorf("got %v", err)
		}
	})
	t.Run("what was acknowledged is there, and no more", func(t *testing.T) {
		head, err := j.Verify(t.Context(), nil)
		if err != nil || head.Seq != uint64(acknowledged) {
			t.Errorf("head %d, acknowledged %d, %v", head.Seq, acknowledged, err)
		}
	})
	t.Run("with space again the store goes on by itself", func(t *testing.T) {
		for _, db := range []*database{s.journal.db, s.state.db} {
			if _, err := db.write.ExecContext(t.Context(), "PRAGMA max_page_count(100000)"); err != nil {
				t.Fatal(err)
			}
		}
		before := acknowledged
		recordtest.Append(t, j, recordtest.Events(1, acknowledged, 10)...)
		err := state.Update(t.Context(), func(tx record.Tx) error {
			_, err := tx.Put("b", "after", nil, 0)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		if got := recordtest.Read(t, j, 0); len(got) != before+10 {
			t.Errorf("%d events, want %d", len(got), before+10)
		}
	})
}

// TestScrub looks for deleted bytes in every file of the folder.
func TestScrub(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Config{})
	const entries = 600
	planted := func(i int) []byte { return fmt.Appendf(nil, "planted-trait-%05d", i) }
	r := rand.New(rand.NewPCG(5, 5))
	for i := range entries { // keys in no order, so that pages split and move their cells
		err := s.state.Update(t.Context(), func(tx record.Tx) error {
			value := append(bytes.Repeat([]byte{'.'}, r.IntN(600)), planted(i)...)
			_, err := tx.Put("b", fmt.Sprintf("%08x/%d", r.Uint32(), i), value, 0)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	small := recordtest.PutBlob(t, s.blobs, planted(-1))
	large := recordtest.PutBlob(t, s.blobs, bytes.Repeat(planted(-2), 10_000))
	if found := search(t, dir, planted(0)); len(found) == 0 {
		t.Fatal("the search does not find what is there: it proves nothing")
	}
	err := s.state.Update(t.Context(), func(tx record.Tx) error {
		for e, err := range tx.List("b", "", "") {
			var i int
			if _, scanErr := fmt.Sscanf(e.Key[9:], "%d", &i); err != nil || scanErr != nil {
				return fmt.Errorf("%w, %w", err, scanErr)
			}
			if i%3 == 0 {
				if err := tx.Delete("b", e.Key); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []throughline.Digest{small, large} {
		if err := s.blobs.Delete(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Run("no deleted byte is left in any file", func(t *testing.T) {
		for i := -2; i < entries; i++ {
			if i%3 != 0 && i >= 0 {
				continue
			}
			if found := search(t, dir, planted(i)); len(found) > 0 {
				t.Errorf("%s is still in %v", planted(i), found)
			}
		}
	})
	t.Run("what was not deleted is still there", func(t *testing.T) {
		if found := search(t, dir, planted(1)); len(found) == 0 {
			t.Error("it is gone")
		}
	})
}

// search returns the files of the folder that hold the bytes.
func search(t *testing.T, dir string, what []byte) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		data, err := io.ReadAll(f)
		if bytes.Contains(data, what) {
			found = append(found, filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestPruneKeys(t *testing.T) {
	now := recordtest.Moment
	s := openStore(t, t.TempDir(), Config{Clock: func() time.Time { return now }, KeyWindow: 48 * time.Hour})
	appendKey := func(key string) (duplicate bool) {
		t.Helper()
		return recordtest.Append(t, s.Record().Journal, eventOf(key))[0].Duplicate
	}
	// The writer sleeps between appends, so its pruning may be run from here.
	prune := func() {
		t.Helper()
		for range pruneSlices {
			if err := s.journal.pruneNext(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 200 {
		if appendKey(fmt.Sprint("old ", i)) {
			t.Fatal("a new key is known")
		}
	}
	now = now.Add(30 * time.Hour)
	appendKey("young")
	prune()
	t.Run("within the window keys are known", func(t *testing.T) {
		if !appendKey("old 7") || !appendKey("young") {
			t.Error("one is forgotten")
		}
	})
	now = now.Add(48 * time.Hour)
	prune()
	t.Run("beyond it they are forgotten, and only they", func(t *testing.T) {
		var left int
		if err := s.journal.db.read.QueryRowContext(t.Context(), "SELECT count(*) FROM seen").Scan(&left); err != nil || left != 1 {
			t.Errorf("%d keys are left, %v", left, err)
		}
		if appendKey("old 7") || !appendKey("young") {
			t.Error("the wrong one is forgotten")
		}
	})
}

func TestManyKeys(t *testing.T) {
	s := openStore(t, t.TempDir(), Config{})
	var events []throughline.Event
	for i := range 500 {
		events = append(events, eventOf(fmt.Sprint(i)))
	}
	recordtest.Append(t, s.Record().Journal, events[100:103]...)
	for i, r := range recordtest.Append(t, s.Record().Journal, append(events, events[:10]...)...) {
		if want := i >= 100 && i < 103 || i >= 500; r.Duplicate != want {
			t.Errorf("event %d: %+v", i, r)
		}
	}
}

func TestWatch_anotherProcess(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Config{})
	told := s.Record().State.Watch(t.Context(), "b")
	time.Sleep(2 * pollInterval) // the poll has looked once, at files of a real file system
	meddle(t, dir, "state.db", "INSERT INTO kv VALUES ('b', 'k', 1, x'')")
	select {
	case <-told:
	case <-time.After(20 * pollInterval):
		t.Error("nobody was told of a change by another process")
	}
}

func TestPragmas(t *testing.T) {
	s := openStore(t, t.TempDir(), Config{})
	for _, db := range []*database{s.journal.db, s.state.db, s.blobs.db} {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "secure_delete": "1"} {
			if pragma == "secure_delete" && db == s.journal.db {
				continue // it deletes nothing but hashes
			}
			var got string
			if err := db.write.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s: %s is %s, want %s (%v)", db.name, pragma, got, want, err)
			}
		}
	}
}
