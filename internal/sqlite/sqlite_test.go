package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
	"github.com/throughline-engine/throughline/internal/record/recordtest"
)

func openStore(t *testing.T, dir string, cfg Config) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func closeStore(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestRecord(t *testing.T) {
	stores := map[record.Record]*Store{}
	open := func(t *testing.T, dir string) record.Record {
		s := openStore(t, dir, Config{})
		stores[s.Record()] = s
		return s.Record()
	}
	recordtest.Run(t, func(t *testing.T) record.Record { return open(t, t.TempDir()) })
	recordtest.RunLasting(t, recordtest.Lasting{
		Open: func(t *testing.T) record.Record { return open(t, t.TempDir()) },
		Reopen: func(t *testing.T, r record.Record) record.Record {
			if err := stores[r].Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, folderOf(r))
		},
		DamageBatch: func(t *testing.T, r record.Record, seq uint64) {
			meddle(t, folderOf(r), "journal.db", "UPDATE batch SET block = CAST(substr(block, 1, 40) || CASE substr(block, 41, 1) WHEN x'00' THEN x'01' ELSE x'00' END || substr(block, 42) AS BLOB) WHERE ? BETWEEN first AND last", seq)
		},
		LoseBatch: func(t *testing.T, r record.Record, seq uint64) {
			meddle(t, folderOf(r), "journal.db", "DELETE FROM batch WHERE ? BETWEEN first AND last", seq)
		},
		DamageBlob: func(t *testing.T, r record.Record, d [32]byte) {
			path := r.Blobs.(*blobs).path(d)
			if data, err := os.ReadFile(path); err == nil {
				data[len(data)/2] ^= 1
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			meddle(t, folderOf(r), "blobs.db", "UPDATE blob SET data = CAST(substr(data, 2) || x'00' AS BLOB) WHERE digest = ?", d[:])
		},
	})
}

func folderOf(r record.Record) string { return r.Journal.(*journal).db.dir }

// meddle changes a database behind the store's back, as no engine does.
func meddle(t *testing.T, dir, name, query string, args ...any) {
	t.Helper()
	pool, err := openPool(filepath.Join(dir, name), 1, []string{"busy_timeout(5000)"})
	if err != nil {
		t.Fatal(err)
	}
	defer func(pool *sql.DB) {
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	}(pool)
	result, err := pool.ExecContext(t.Context(), query, args...)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		t.Fatalf("changed %d rows, %v", n, err)
	}
}

func TestClose(t *testing.T) {
	t.Run("a closed store has copied its logs back and left nothing open", func(t *testing.T) {
		dir := t.TempDir()
		s := openStore(t, dir, Config{})
		recordtest.Append(t, s.Record().Journal, recordtest.Events(1, 0, 1)...)
		if err := s.Record().State.View(t.Context(), func(record.Reader) error { return nil }); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
		var got []string
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if diff := cmp.Diff([]string{"LOCK", "blobs", "blobs.db", "index.db", "journal.db", "notes", "state.db"}, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("calls after Close are Unavailable", func(t *testing.T) {
		s := openStore(t, t.TempDir(), Config{})
		closeStore(t, s)
		r := s.Record()
		_, appending := r.Journal.Append(t.Context(), recordtest.Events(1, 0, 1))
		_, getting := r.Blobs.Get(t.Context(), throughline.Digest{})
		_, verifying := r.Journal.Verify(t.Context(), nil)
		_, loading := r.Folds.Load(t.Context(), "learn")
		if verifying != nil { // an empty journal needs no file to be verified
			t.Error(verifying)
		}
		for i, err := range []error{
			appending, getting, loading, r.Journal.Wait(t.Context(), 0),
			r.State.Update(t.Context(), func(record.Tx) error { return nil }),
			r.State.View(t.Context(), func(record.Reader) error { return nil }),
			s.Scrub(t.Context()),
		} {
			if throughline.CodeOf(err) != throughline.Unavailable {
				t.Errorf("call %d: %v", i, err)
			}
		}
	})
	t.Run("Close lets appends under way finish", func(t *testing.T) {
		dir := t.TempDir()
		s := openStore(t, dir, Config{})
		var mu sync.Mutex
		acknowledged := 0
		var all sync.WaitGroup
		for w := range 8 {
			all.Go(func() {
				for i := 0; ; i++ {
					_, err := s.Record().Journal.Append(t.Context(), recordtest.Events(uint64(w), i, 1))
					if err != nil {
						return
					}
					mu.Lock()
					acknowledged++
					mu.Unlock()
				}
			})
		}
		if err := s.Record().Journal.Wait(t.Context(), 50); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
		all.Wait()
		again := openStore(t, dir, Config{})
		if got := len(recordtest.Read(t, again.Record().Journal, 0)); got != acknowledged {
			t.Errorf("%d events are there, %d were acknowledged", got, acknowledged)
		}
	})
}

func TestLock(t *testing.T) {
	dir := t.TempDir()
	held := func(want bool) {
		t.Helper()
		if got, err := Locked(dir); err != nil || got != want {
			t.Errorf("locked %v, %v, want %v", got, err, want)
		}
	}
	held(false)
	s := openStore(t, dir, Config{})
	held(true)
	t.Run("a folder in use is refused with its name, the pid and the fix", func(t *testing.T) {
		_, err := Open(t.Context(), dir, Config{})
		if throughline.CodeOf(err) != throughline.Conflict {
			t.Fatalf("got %v", err)
		}
		for _, want := range []string{dir, fmt.Sprint("pid ", os.Getpid()), "stop that process"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
	})
	closeStore(t, s)
	held(false)
	t.Run("a folder that is not there is not locked, and not made", func(t *testing.T) {
		absent := filepath.Join(dir, "absent")
		if locked, err := Locked(absent); locked || err != nil {
			t.Errorf("locked %v, %v", locked, err)
		}
		if _, err := os.Stat(absent); !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	})
	t.Run("a file in place of the folder is refused", func(t *testing.T) {
		file := filepath.Join(dir, "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), file, Config{}); throughline.CodeOf(err) != throughline.Unavailable {
			t.Errorf("got %v", err)
		}
	})
}

func TestAFolderInTheIndexsPlaceIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "index.db"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), dir, Config{})
	if throughline.CodeOf(err) != throughline.Unavailable || !strings.Contains(fmt.Sprint(err), "move it away") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "index.db")); err != nil {
		t.Error(err)
	}
}
