package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"iter"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// session is a connection to state.db with its statements.
type session struct {
	db   *database
	conn *sql.Conn

	get, list, pending                 *sql.Stmt
	version, setVersion                *sql.Stmt
	put, remove, keep, relayed, folded *sql.Stmt
	save, release, undo                *sql.Stmt
}

func newSession(ctx context.Context, db *database, conn *sql.Conn) (*session, error) {
	s := &session{db: db, conn: conn}
	err := prepare(ctx, db, conn, []statement{
		{&s.get, "SELECT value, version FROM kv WHERE bucket = ? AND key = ?"},
		{&s.list, listFrom},
		{&s.pending, "SELECT id, event FROM outbox ORDER BY id LIMIT ?"},
		{&s.version, "SELECT version FROM counter"},
		{&s.setVersion, "UPDATE counter SET version = ?"},
		{&s.put, "INSERT INTO kv (bucket, key, version, value) VALUES (?, ?, ?, ?) ON CONFLICT (bucket, key) DO UPDATE SET version = excluded.version, value = excluded.value"},
		{&s.remove, "DELETE FROM kv WHERE bucket = ? AND key = ?"},
		{&s.keep, "INSERT INTO outbox (event) VALUES (?)"},
		{&s.relayed, "DELETE FROM outbox WHERE id = ?"},
		{&s.folded, "INSERT INTO fold (name, version, seq, data) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version, seq = excluded.seq, data = excluded.data"},
		{&s.save, "SAVEPOINT one"},
		{&s.release, "RELEASE one"},
		{&s.undo, "ROLLBACK TO one"},
	})
	return s, err
}

// reader is record.Reader over a session in a transaction. Its session is taken
// away when the transaction ends.
type reader struct {
	session *session
	ctx     context.Context // of the View that it serves
}

func (r *reader) live() error {
	if r.session == nil {
		return throughline.Errorf(throughline.Internal, "a transaction was used after it had ended").
			WithFix("keep what is read, not the transaction")
	}
	return nil
}

// Get implements record.Reader.
func (r *reader) Get(bucket, key string) (record.Entry, error) {
	if err := r.live(); err != nil {
		return record.Entry{}, err
	}
	e := record.Entry{Key: key}
	err := r.session.get.QueryRowContext(r.ctx, bucket, key).Scan(&e.Value, &e.Version)
	if errors.Is(err, sql.ErrNoRows) {
		return record.Entry{}, throughline.Errorf(throughline.NotFound, "there is no entry %s/%s", bucket, key)
	}
	if err != nil {
		return record.Entry{}, r.session.db.failed("read", err)
	}
	return e, nil
}

// listFrom begins at the higher of two bounds. Of two that the index could serve
// it takes the first, and goes through everything up to the second: the plus keeps
// the one that only leaves out a single entry from the index.
const listFrom = "SELECT key, value, version FROM kv WHERE bucket = ?1 AND key >= max(?2, ?3) AND +key > ?2 ORDER BY key LIMIT ?4"

// listFirst and listPage are how many entries are fetched at once, at first and
// later: the caller may write to the same transaction while it goes through them,
// and most often wants the few of one prefix.
const (
	listFirst = 16
	listPage  = 256
)

// List implements record.Reader.
func (r *reader) List(bucket, prefix, after string) iter.Seq2[record.Entry, error] {
	return func(yield func(record.Entry, error) bool) {
		for most := listFirst; ; most = listPage {
			page, err := r.page(bucket, prefix, after, most)
			if err != nil {
				yield(record.Entry{}, err)
				return
			}
			for _, e := range page {
				if !strings.HasPrefix(e.Key, prefix) || !yield(e, nil) {
					return
				}
			}
			if len(page) < most {
				return
			}
			after = page[len(page)-1].Key
		}
	}
}

// page returns the next entries from prefix on, which may go beyond it, and at
// most so many.
func (r *reader) page(bucket, prefix, after string, most int) (page []record.Entry, err error) {
	if err := r.live(); err != nil {
		return nil, err
	}
	rows, err := r.session.list.QueryContext(r.ctx, bucket, after, prefix, most)
	if err != nil {
		return nil, r.session.db.failed("read", err)
	}
	defer func() { err = errors.Join(err, r.session.db.failed("read", rows.Close())) }()
	for rows.Next() {
		var e record.Entry
		if err := rows.Scan(&e.Key, &e.Value, &e.Version); err != nil {
			return nil, r.session.db.failed("read", err)
		}
		page = append(page, e)
	}
	return page, r.session.db.failed("read", rows.Err())
}

// tx is record.Tx over the session that writes. What it changes is told to the
// group when it is kept.
type tx struct {
	reader
	group   *group
	buckets []string
	deletes bool
}

func (t *tx) keep() {
	for _, b := range t.buckets {
		t.group.buckets[b] = true
	}
	t.group.deletes = t.group.deletes || t.deletes
}

// exec runs a statement that writes. An error of SQLite breaks the group, even
// if the caller overlooks it.
func (t *tx) exec(stmt *sql.Stmt, args ...any) error {
	_, err := stmt.ExecContext(t.ctx, args...)
	if err != nil {
		t.group.broken = err
	}
	return t.session.db.failed("written", err)
}

// Put implements record.Tx.
func (t *tx) Put(bucket, key string, value []byte, ifVersion int64) (int64, error) {
	if err := t.live(); err != nil {
		return 0, err
	}
	if bucket == "" || key == "" {
		return 0, throughline.Errorf(throughline.Invalid, "an entry needs a bucket and a key, and has %q and %q", bucket, key)
	}
	if ifVersion != record.AnyVersion {
		e, err := t.Get(bucket, key)
		if err != nil && throughline.CodeOf(err) != throughline.NotFound {
			return 0, err
		}
		if e.Version != ifVersion {
			return 0, throughline.Errorf(throughline.Conflict, "the entry %s/%s has version %d, not %d", bucket, key, e.Version, ifVersion).
				WithFix("read it again and repeat the change")
		}
	}
	if value == nil {
		value = []byte{}
	}
	t.group.version++
	if err := t.exec(t.session.put, bucket, key, t.group.version, value); err != nil {
		return 0, err
	}
	t.buckets, t.deletes = append(t.buckets, bucket), true // a replaced value is a deleted one
	return t.group.version, nil
}

// Delete implements record.Tx.
func (t *tx) Delete(bucket, key string) error {
	if err := t.live(); err != nil {
		return err
	}
	if err := t.exec(t.session.remove, bucket, key); err != nil {
		return err
	}
	t.buckets, t.deletes = append(t.buckets, bucket), true
	return nil
}

// Outbox implements record.Tx.
func (t *tx) Outbox(events ...throughline.Event) error {
	if err := t.live(); err != nil {
		return err
	}
	for i := range events {
		if events[i].Key == "" {
			return throughline.Errorf(throughline.Invalid, "event %s of type %s has no key, and the outbox may relay it twice", events[i].ID, events[i].Type).
				WithFix("give it a key that follows from what caused it")
		}
		if err := record.CheckEvent(&events[i]); err != nil {
			return err
		}
		if err := t.exec(t.session.keep, record.Pack(events[i:i+1])); err != nil {
			return err
		}
	}
	return nil
}
