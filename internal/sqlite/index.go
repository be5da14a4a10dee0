package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// index is record.Index: a full-text index without content beside the things it
// finds. Tags are words of it, so that a filter and a word are joined as two
// lists of numbers and no row is read that does not fit.
type index struct {
	db   *database
	turn sync.Mutex
}

var _ record.Index = (*index)(nil)

// indexFile is made again from State when it is gone or damaged.
const indexFile = "index.db"

func indexSchema() migrations {
	return migrations{`
CREATE TABLE doc (
	id   INTEGER PRIMARY KEY AUTOINCREMENT,
	key  TEXT NOT NULL UNIQUE,
	tags TEXT NOT NULL,
	data BLOB NOT NULL
) STRICT;
CREATE VIRTUAL TABLE word USING fts5(
	name, body, tags,
	content = '', contentless_delete = 1, prefix = '2 3',
	tokenize = 'unicode61 remove_diacritics 0'
);
CREATE TABLE position (
	one  INTEGER PRIMARY KEY CHECK (one = 1),
	here TEXT NOT NULL
) STRICT;
INSERT INTO position VALUES (1, '');
-- Words are gathered in memory before they are written: fewer, larger pieces.
INSERT INTO word(word, rank) VALUES ('hashsize', 16777216);`, `
-- What is put later has the lower number, so that the newest first is the order in
-- which FTS5 reads fastest. The numbers of what there was go the other way.
INSERT INTO word(word) VALUES ('delete-all');
DROP TABLE doc;
CREATE TABLE doc (
	id   INTEGER PRIMARY KEY,
	key  TEXT NOT NULL UNIQUE,
	tags TEXT NOT NULL,
	data BLOB NOT NULL
) STRICT;
UPDATE position SET here = '';`}
}

// openIndex opens the index. One that cannot be read, or was made by a newer
// Throughline, is thrown away: an empty one is filled again.
func openIndex(ctx context.Context, dir string, cfg Config) (*index, error) {
	const relaxed = "synchronous(NORMAL)" // what a power cut takes is put again
	path := (&database{dir: dir, name: indexFile}).path()
	if info, err := os.Stat(path); err == nil && info.IsDir() { // somebody else's: it is not thrown away
		return nil, throughline.Errorf(throughline.Unavailable, "%s is a folder, and the engine keeps a file there", path).WithFix("move it away; the index is made again")
	}
	db, err := openDatabase(ctx, dir, indexFile, indexSchema(), cfg, relaxed)
	if code := throughline.CodeOf(err); code == throughline.Corrupt || code == throughline.Conflict {
		for _, end := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(path + end); err != nil && !errors.Is(err, os.ErrNotExist) {
				return nil, folderError(dir, "does not let the index be made again", err)
			}
		}
		db, err = openDatabase(ctx, dir, indexFile, indexSchema(), cfg, relaxed)
	}
	if err != nil {
		return nil, err
	}
	return &index{db: db}, nil
}

// Position implements record.Index.
func (x *index) Position(ctx context.Context) (here string, err error) {
	err = x.db.read.QueryRowContext(ctx, "SELECT here FROM position").Scan(&here)
	return here, x.db.failed("read", err)
}

// Apply implements record.Index.
func (x *index) Apply(ctx context.Context, change record.IndexChange) error {
	x.turn.Lock()
	defer x.turn.Unlock()
	if x.db.closing.Load() {
		return closed(x.db.dir)
	}
	tx, err := x.db.write.BeginTx(ctx, nil)
	if err != nil {
		return x.db.failed("written", err)
	}
	if err := x.apply(ctx, tx, change); err != nil {
		return errors.Join(x.db.failed("written", err), tx.Rollback())
	}
	return x.db.failed("written", tx.Commit())
}

func (x *index) apply(ctx context.Context, tx *sql.Tx, change record.IndexChange) error {
	moved, err := tx.ExecContext(ctx, "UPDATE position SET here = ? WHERE here = ?", change.To, change.From)
	if err != nil {
		return err
	}
	if n, err := moved.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, throughline.Errorf(throughline.Conflict, "the index does not stand at %q any more", change.From).WithFix("read its position and go on from there"))
	}
	if change.Clear {
		if _, err := tx.ExecContext(ctx, "INSERT INTO word(word) VALUES ('delete-all'); DELETE FROM doc"); err != nil {
			return err
		}
	}
	for _, key := range change.Delete {
		if _, err := tx.ExecContext(ctx, "DELETE FROM word WHERE rowid = (SELECT id FROM doc WHERE key = ?)", key); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM doc WHERE key = ?", key); err != nil {
			return err
		}
	}
	return x.put(ctx, tx, change)
}

// put writes the rows before the words, and the words by ascending number: anything
// else makes FTS5 write what it gathers, one small piece a thing.
func (x *index) put(ctx context.Context, tx *sql.Tx, change record.IndexChange) (err error) {
	var was, drop, forget, doc, words *sql.Stmt
	for _, s := range []statement{
		{&was, "SELECT id FROM doc WHERE key = ?"},
		{&drop, "DELETE FROM word WHERE rowid = ?"},
		{&forget, "DELETE FROM doc WHERE id = ?"},
		{&doc, "INSERT INTO doc (id, key, tags, data) VALUES (?, ?, ?, ?)"},
		{&words, "INSERT INTO word (rowid, name, body, tags) VALUES (?, ?, ?, ?)"},
	} {
		if *s.stmt, err = tx.PrepareContext(ctx, s.text); err != nil {
			return err
		}
	}
	var lowest int64
	if err := tx.QueryRowContext(ctx, "SELECT coalesce(min(id), 0) FROM doc").Scan(&lowest); err != nil {
		return err
	}
	ids := make([]int64, len(change.Put))
	at := map[string]int{} // the last of each key is what counts
	for i, d := range change.Put {
		at[d.Key] = i
	}
	for i, d := range change.Put {
		if at[d.Key] != i {
			continue
		}
		var old int64
		switch err := was.QueryRowContext(ctx, d.Key).Scan(&old); {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		default:
			_, dropErr := drop.ExecContext(ctx, old)
			_, forgetErr := forget.ExecContext(ctx, old)
			if err := errors.Join(dropErr, forgetErr); err != nil {
				return err
			}
		}
		lowest--
		ids[i] = lowest
		if _, err := doc.ExecContext(ctx, lowest, d.Key, strings.Join(d.Tags, tagEnd), notNil(d.Data)); err != nil {
			return err
		}
	}
	for i, d := range slices.Backward(change.Put) {
		if ids[i] == 0 {
			continue
		}
		if _, err := words.ExecContext(ctx, ids[i], d.Name, d.Text, tagTokens(d.Tags, d.Keys)); err != nil {
			return err
		}
	}
	return nil
}

func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// tagEnd separates tags in a row.
const tagEnd = "\x1f"

// tagStart begins the word of every tag.
const tagStart = "zz"

// tagTokens are the words that tags are in the index.
func tagTokens(lists ...[]string) string {
	var b strings.Builder
	for _, tags := range lists {
		for _, tag := range tags {
			b.WriteString(tagToken(tag))
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// tagToken is the word that a tag is in the index, whatever letters it has.
func tagToken(tag string) string {
	return tagStart + strconv.FormatUint(xxhash.Sum64String(tag), 36)
}
