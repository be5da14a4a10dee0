package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
	"github.com/throughline-engine/throughline/internal/record/recordtest"
)

var updateSaved = flag.Bool("update", false, "save a data folder of the present version to testdata")

// saved is what a folder of some version held, beside its databases.
type saved struct {
	Events  []throughline.Event
	Head    record.Head
	Entries map[string]string // of the bucket "b"
	Outbox  string            // the key of its one event
	Fold    record.Checkpoint
	Blob    string
}

// present is the version of the files that this code writes: the sum of what has
// been added to any of them.
func present() int {
	return len(journalSchema()) + len(stateSchema()) + len(blobSchema()) - 2
}

// TestSavedFolders opens a data folder of every version there has been. Saved
// folders are SQL as text, so that a diff shows what they hold; those of older
// versions are never written again.
func TestSavedFolders(t *testing.T) {
	if *updateSaved {
		saveFolder(t, filepath.Join("testdata", fmt.Sprintf("v%d.txtar", present())))
	}
	files, err := filepath.Glob(filepath.Join("testdata", "v*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != present() {
		t.Fatalf("there are %d versions and %d saved folders: save the new one with -update", present(), len(files))
	}
	for _, file := range files {
		t.Run(filepath.Base(file)+" is brought up to date and holds what it held", func(t *testing.T) {
			dir, want := loadFolder(t, file)
			s := openStore(t, dir, Config{})
			if diff := cmp.Diff(want, contents(t, s), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
			if _, err := s.Record().Journal.Verify(t.Context(), nil); err != nil {
				t.Error(err)
			}
			if r := recordtest.Append(t, s.Record().Journal, eventOf("key of old"), eventOf("key of now")); !r[0].Duplicate || r[1].Duplicate {
				t.Errorf("receipts %+v", r)
			}
			closeStore(t, s)
			closeStore(t, openStore(t, dir, Config{}))
		})
	}
	t.Run("a folder of a later version is refused", func(t *testing.T) {
		dir := t.TempDir()
		closeStore(t, openStore(t, dir, Config{}))
		pool, err := openPool(filepath.Join(dir, "state.db"), 1, []string{"user_version(99)"})
		if err == nil {
			err = errors.Join(pool.PingContext(t.Context()), pool.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), dir, Config{}); throughline.CodeOf(err) != throughline.Conflict || !strings.Contains(err.Error(), "newer") {
			t.Errorf("got %v", err)
		}
	})
}

// contents reads the folder as saved has it.
func contents(t *testing.T, s *Store) (c saved) {
	t.Helper()
	r := s.Record()
	c.Events = recordtest.Read(t, r.Journal, 0)
	c.Head, _ = r.Journal.Head(t.Context())
	c.Entries = map[string]string{}
	err := r.State.View(t.Context(), func(rd record.Reader) error {
		for e, err := range rd.List("b", "", "") {
			if err != nil {
				return err
			}
			c.Entries[e.Key] = string(e.Value)
		}
		return nil
	})
	pending, pendingErr := s.state.Pending(t.Context(), 10)
	fold, foldErr := r.Folds.Load(t.Context(), "learn")
	blob, blobErr := recordtest.GetBlob(t, r.Blobs, throughline.DigestOf([]byte("a blob")))
	if err := errors.Join(err, pendingErr, foldErr, blobErr); err != nil || len(pending) != 1 {
		t.Fatalf("%d events in the outbox, %v", len(pending), err)
	}
	c.Outbox, c.Fold, c.Blob = pending[0].Event.Key, fold, string(blob)
	return c
}

func saveFolder(t *testing.T, file string) {
	t.Helper()
	if _, err := os.Stat(file); err == nil {
		t.Fatalf("%s is there already, and people have such folders: a changed form is another version", file)
	}
	dir := t.TempDir()
	s := openStore(t, dir, Config{})
	r := s.Record()
	recordtest.Append(t, r.Journal, eventOf("key of old"))
	for i := range 3 {
		recordtest.Append(t, r.Journal, recordtest.Events(9, 10*i, 10)...)
	}
	err := r.State.Update(t.Context(), func(tx record.Tx) error {
		_, err := tx.Put("b", "one", []byte("first"), 0)
		_, err2 := tx.Put("b", "two", []byte{}, 0)
		return errors.Join(err, err2, tx.Outbox(eventOf("waiting")))
	})
	if err := errors.Join(err, r.Folds.Save(t.Context(), "learn", record.Checkpoint{Version: 1, Seq: 20, Data: []byte("sums")})); err != nil {
		t.Fatal(err)
	}
	recordtest.PutBlob(t, r.Blobs, []byte("a blob"))
	text, err := json.Marshal(contents(t, s))
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	a := &txtar.Archive{
		Comment: []byte("A data folder as this version wrote it. Never change it: people have such folders.\n"),
		Files:   []txtar.File{{Name: "want.json", Data: append(text, '\n')}},
	}
	for _, name := range []string{"journal.db", "state.db", "blobs.db"} {
		a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(dump(t, filepath.Join(dir, name)))})
	}
	writeGolden(t, file, txtar.Format(a))
}

func loadFolder(t *testing.T, file string) (dir string, want saved) {
	t.Helper()
	a, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for _, f := range a.Files {
		if f.Name == "want.json" {
			if err := json.Unmarshal(f.Data, &want); err != nil {
				t.Fatal(err)
			}
			continue
		}
		onDatabase(t, filepath.Join(dir, f.Name), func(pool *sql.DB) error {
			_, err := pool.ExecContext(t.Context(), string(f.Data))
			return err
		})
	}
	return dir, want
}

func onDatabase(t *testing.T, path string, do func(*sql.DB) error) {
	t.Helper()
	pool, err := openPool(path, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(do(pool), pool.Close()); err != nil {
		t.Fatal(err)
	}
}

// dump returns the statements that make the database anew.
func dump(t *testing.T, path string) string {
	t.Helper()
	var b strings.Builder
	onDatabase(t, path, func(pool *sql.DB) error {
		for _, pragma := range []string{"application_id", "user_version"} {
			var n int
			if err := pool.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&n); err != nil {
				return err
			}
			fmt.Fprintf(&b, "PRAGMA %s = %d;\n", pragma, n)
		}
		tables, err := lines(t.Context(), pool, "SELECT sql || ';' FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid")
		if err != nil {
			return err
		}
		names, err := lines(t.Context(), pool, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")
		if err != nil {
			return err
		}
		for _, table := range tables {
			fmt.Fprintln(&b, table)
		}
		for _, name := range names {
			columns, err := lines(t.Context(), pool, "SELECT group_concat('quote(' || name || ')', ' || '', '' || ') FROM pragma_table_info('"+name+"')")
			if err != nil {
				return err
			}
			rows, err := lines(t.Context(), pool, "SELECT "+columns[0]+" FROM "+name)
			if err != nil {
				return err
			}
			for _, row := range rows {
				fmt.Fprintf(&b, "INSERT INTO %s VALUES (%s);\n", name, row)
			}
		}
		return nil
	})
	return b.String()
}

func lines(ctx context.Context, pool *sql.DB, query string) (all []string, err error) {
	rows, err := pool.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		all = append(all, line)
	}
	return all, rows.Err()
}

func writeGolden(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, data, 0o644)); err != nil {
		t.Fatal(err)
	}
}
