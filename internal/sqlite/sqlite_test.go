package sqlite

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

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
