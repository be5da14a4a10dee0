package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
	"github.com/throughline-engine/throughline/internal/record/recordtest"
)

// refer puts a blob, then an event, then an entry of State that names both: the
// order in which an engine does it.
func refer(ctx context.Context, s *Store, i int) error {
	r := s.Record()
	d, _, err := r.Blobs.Put(ctx, strings.NewReader(fmt.Sprintf("%*d", 1+i%3*50_000, i)))
	if err != nil {
		return err
	}
	receipts, err := r.Journal.Append(ctx, recordtest.Events(1, i, 1))
	if err != nil {
		return err
	}
	return r.State.Update(ctx, func(tx record.Tx) error {
		_, err := tx.Put("refers", fmt.Sprintf("%06d", i), fmt.Appendf(nil, "%s %d", d, receipts[0].Seq), 0)
		return err
	})
}

// checkReferences fails unless everything State names is there, and returns how
// many entries it has.
func checkReferences(t *testing.T, s *Store) (entries int) {
	t.Helper()
	r := s.Record()
	head, err := r.Journal.Verify(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	err = r.State.View(t.Context(), func(rd record.Reader) error {
		for e, err := range rd.List("refers", "", "") {
			if err != nil {
				return err
			}
			entries++
			var hexDigest string
			var seq uint64
			if _, err := fmt.Sscan(string(e.Value), &hexDigest, &seq); err != nil {
				return err
			}
			d, err := throughline.ParseDigest(hexDigest)
			if err != nil {
				return err
			}
			if _, err := recordtest.GetBlob(t, r.Blobs, d); err != nil || seq > head.Seq {
				t.Errorf("entry %s names blob %s (%v) and event %d of %d", e.Key, d.Short(), err, seq, head.Seq)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestBackup(t *testing.T) {
	s := openStore(t, t.TempDir(), Config{})
	for i := range 20 {
		if err := refer(t.Context(), s, i); err != nil {
			t.Fatal(err)
		}
	}
	backup, restored := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "restored")
	stop := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := 20; ; i++ {
			select {
			case <-stop:
				return
			default:
				if err := refer(t.Context(), s, i); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	var done, of uint64
	err := s.Backup(t.Context(), backup, func(d, o uint64) { done, of = d, o })
	close(stop)
	writing.Wait()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("progress ends near its total", func(t *testing.T) {
		if done == 0 || done > of {
			t.Errorf("told %d of %d", done, of)
		}
	})
	t.Run("a backup made while others write restores to a record without loose ends", func(t *testing.T) {
		if err := Restore(t.Context(), backup, restored); err != nil {
			t.Fatal(err)
		}
		r := openStore(t, restored, Config{})
		if n := checkReferences(t, r); n < 20 {
			t.Errorf("%d entries, want at least 20", n)
		}
		if err := refer(t.Context(), r, 1_000_000); err != nil {
			t.Error(err)
		}
	})
	refused := []struct {
		sentence string
		call     func() error
		want     throughline.Code
	}{
		{"a backup into a folder with files is refused", func() error { return s.Backup(t.Context(), backup, nil) }, throughline.Conflict},
		{"a restore over files is refused", func() error { return Restore(t.Context(), backup, restored) }, throughline.Conflict},
		{"a restore from a folder without a backup is refused", func() error { return Restore(t.Context(), t.TempDir(), t.TempDir()) }, throughline.Invalid},
		{"a restore from a folder that is not there is refused", func() error { return Restore(t.Context(), "nowhere", t.TempDir()) }, throughline.Invalid},
	}
	for _, tt := range refused {
		t.Run(tt.sentence, func(t *testing.T) {
			if err := tt.call(); throughline.CodeOf(err) != tt.want {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("a backup that is given up leaves nothing", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		dest := filepath.Join(t.TempDir(), "b")
		if err := s.Backup(ctx, dest, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if left, err := filepath.Glob(dest + "*"); err != nil || len(left) > 0 {
			t.Errorf("it left %v, %v", left, err)
		}
	})
	t.Run("a stranger's folder of a name like ours is left alone", func(t *testing.T) {
		dest := filepath.Join(t.TempDir(), "b")
		stranger := filepath.Join(dest+partial, "precious")
		if err := os.MkdirAll(stranger, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := s.Backup(t.Context(), dest, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(stranger); err != nil {
			t.Error(err)
		}
	})
	t.Run("a backup inside the data folder is refused", func(t *testing.T) {
		if err := s.Backup(t.Context(), filepath.Join(s.dir, "b"), nil); throughline.CodeOf(err) != throughline.Invalid {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a damaged backup is not restored", func(t *testing.T) {
		meddle(t, backup, "journal.db", "UPDATE batch SET crc = crc + 1 WHERE first = 3")
		dest := filepath.Join(t.TempDir(), "r")
		if err := Restore(t.Context(), backup, dest); throughline.CodeOf(err) != throughline.Corrupt {
			t.Errorf("got %v", err)
		}
		if _, err := os.Stat(dest); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("it left %s: %v", dest, err)
		}
	})
	t.Run("a damaged journal is not backed up", func(t *testing.T) {
		meddle(t, s.dir, "journal.db", "DELETE FROM batch WHERE first = 3")
		if err := s.Backup(t.Context(), filepath.Join(t.TempDir(), "b"), nil); throughline.CodeOf(err) != throughline.Corrupt {
			t.Errorf("got %v", err)
		}
	})
}

func TestDeleteDuringBackup(t *testing.T) {
	s := openStore(t, t.TempDir(), Config{})
	for i := range 4 {
		if err := refer(t.Context(), s, i); err != nil {
			t.Fatal(err)
		}
	}
	parent := t.TempDir()
	dest := filepath.Join(parent, "backup")
	copied := func(name string) bool {
		found, err := filepath.Glob(filepath.Join(parent, "*", name))
		if err != nil {
			t.Error(err)
		}
		return len(found) > 0
	}
	var during, after []error
	err := s.Backup(t.Context(), dest, func(uint64, uint64) {
		err := s.blobs.Delete(t.Context(), throughline.Digest{1})
		switch {
		case copied("journal.db"):
			after = append(after, err)
		case copied("state.db"):
			during = append(during, err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("while a backup copies blobs a deletion is Unavailable and does not wait", func(t *testing.T) {
		for _, err := range during {
			if throughline.CodeOf(err) != throughline.Unavailable {
				t.Errorf("got %v", err)
			}
		}
		if len(during) == 0 {
			t.Error("nobody tried")
		}
	})
	t.Run("while it copies the journal, blobs are deleted again", func(t *testing.T) {
		if err := errors.Join(after...); err != nil || len(after) == 0 {
			t.Errorf("%d tried: %v", len(after), err)
		}
	})
}

func TestRestoreOfAStrangeBackup(t *testing.T) {
	s := openStore(t, t.TempDir(), Config{})
	blob := recordtest.PutBlob(t, s.blobs, bytes.Repeat([]byte("x"), 2*smallBlob)).String()
	backup := filepath.Join(t.TempDir(), "backup")
	if err := s.Backup(t.Context(), backup, nil); err != nil {
		t.Fatal(err)
	}
	shelves := filepath.Join(backup, blobFolder)
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.WriteFile(elsewhere, []byte("not yours"), 0o600); err != nil {
		t.Fatal(err)
	}
	write := func(parts ...string) func() error {
		return func() error {
			path := filepath.Join(append([]string{shelves}, parts...)...)
			return errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("x"), 0o600))
		}
	}
	other := throughline.DigestOf([]byte("x")).String()
	for sentence, plant := range map[string]struct {
		path string // what is taken away again
		make func() error
	}{
		"a folder that no digest begins with": {"zz", write("zz", other)},
		"a longer folder":                     {"abc", write("abc", other)},
		"a folder in capitals":                {"AB", write("AB", other)},
		"a file beside the folders":           {"file", write("file")},
		"a file that is no digest":            {blob[:2] + "/run.sh", write(blob[:2], "run.sh")},
		"a digest in the folder of another":   {"00", write("00", other)},
		"a folder in place of a blob":         {other[:2], write(other[:2], other, "deep")},
		"a folder that is a link to another":  {"11", func() error { return os.Symlink(filepath.Dir(elsewhere), filepath.Join(shelves, "11")) }},
		"a blob that is a link to a file elsewhere": {other[:2], func() error {
			return errors.Join(os.Mkdir(filepath.Join(shelves, other[:2]), 0o700), os.Symlink(elsewhere, filepath.Join(shelves, other[:2], other)))
		}},
	} {
		t.Run(sentence+" is refused", func(t *testing.T) {
			if err := plant.make(); err != nil {
				t.Fatal(err)
			}
			dest := filepath.Join(t.TempDir(), "restored")
			if err := Restore(t.Context(), backup, dest); throughline.CodeOf(err) != throughline.Invalid {
				t.Errorf("got %v", err)
			}
			if _, err := os.Stat(dest); !errors.Is(err, os.ErrNotExist) {
				t.Error("it is restored all the same")
			}
			if err := os.RemoveAll(filepath.Join(shelves, plant.path)); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Run("without them it is restored", func(t *testing.T) {
		if err := Restore(t.Context(), backup, filepath.Join(t.TempDir(), "restored")); err != nil {
			t.Error(err)
		}
	})
}
