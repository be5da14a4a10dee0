package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// groupUpdates is how many updates share a transaction at most.
const groupUpdates = 256

// state is record.State, record.Outbox and what folds are kept with.
//
// Updates that come at the same time share one transaction, each in a savepoint
// of its own. Each runs in its caller's goroutine while it holds turn; the last
// in the queue commits for all, and nobody returns before.
type state struct {
	db       *database
	sessions chan *session // nil entries are made when first taken
	watchers watchers

	closed  atomic.Bool  // set under turn
	waiting atomic.Int64 // calls that will take turn and leave again
	turn    sync.Mutex
	writer  *session // what is below is turn's
	open    *group
	deleted bool // bytes may be left for scrub to find
}

var (
	_ record.State  = (*state)(nil)
	_ record.Outbox = (*state)(nil)
)

// group is one transaction and the updates in it.
type group struct {
	updates int
	version int64           // the last given
	buckets map[string]bool // changed
	deletes bool
	broken  error // of SQLite: the whole transaction is lost
	done    chan struct{}
	err     error // once done is closed
}

func openState(ctx context.Context, dir string, cfg Config) (*state, error) {
	db, err := openDatabase(ctx, dir, "state.db", stateSchema(), cfg, secureDelete)
	if err != nil {
		return nil, err
	}
	s := &state{db: db, sessions: make(chan *session, readers), deleted: true}
	for range readers {
		s.sessions <- nil
	}
	if s.writer, err = newSession(ctx, db, db.write); err != nil {
		return nil, errors.Join(err, db.close())
	}
	s.watchers.start(s.changedElsewhere)
	return s, nil
}

// View implements record.State.
func (s *state) View(ctx context.Context, fn func(record.Reader) error) error {
	return s.reading(ctx, func(in *session) error {
		if _, err := in.conn.ExecContext(ctx, "BEGIN"); err != nil {
			return s.db.failed("read", err)
		}
		r := &reader{session: in, ctx: ctx}
		defer func() {
			r.session = nil
			// Nothing was written: ending the read cannot lose anything.
			_, _ = in.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		}()
		return fn(r)
	})
}

// reading lends a connection that reads.
func (s *state) reading(ctx context.Context, fn func(*session) error) error {
	var in *session
	select {
	case in = <-s.sessions:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { s.sessions <- in }()
	if s.closed.Load() {
		return closed(s.db.dir)
	}
	if in == nil {
		conn, err := s.db.read.Conn(ctx)
		if err != nil {
			return s.db.failed("read", err)
		}
		made, err := newSession(ctx, s.db, conn)
		if err != nil {
			return errors.Join(err, conn.Close())
		}
		in = made
	}
	return fn(in)
}

// Update implements record.State. Fn must not call Update, which would wait for
// itself.
func (s *state) Update(ctx context.Context, fn func(record.Tx) error) error {
	return s.update(ctx, func(t *tx) error { return fn(t) })
}

func (s *state) update(ctx context.Context, fn func(*tx) error) error {
	g, err := s.join(ctx, fn)
	if g == nil {
		return err
	}
	<-g.done
	if g.err != nil {
		return g.err
	}
	return err
}

// join takes its turn, runs fn in the open group or a new one, and commits the
// group unless somebody else waits to do so. It returns the group, nil when it
// never got to run, and fn's error.
func (s *state) join(ctx context.Context, fn func(*tx) error) (g *group, err error) {
	s.waiting.Add(1)
	s.turn.Lock()
	s.waiting.Add(-1)
	defer s.turn.Unlock()
	defer func() {
		// Also when fn panics, and when this caller had nothing to add: others
		// may count on it to commit.
		if s.open != nil && (s.waiting.Load() == 0 || s.open.updates >= groupUpdates || s.open.broken != nil) {
			s.finish(s.open)
		}
	}()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.closed.Load() {
		return nil, closed(s.db.dir)
	}
	if s.open == nil {
		if s.open, err = s.begin(); err != nil {
			return nil, s.db.failed("written", err)
		}
	}
	return s.open, s.inSavepoint(s.open, fn)
}

func (s *state) begin() (*group, error) {
	ctx := context.Background()
	if _, err := s.db.write.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	g := &group{buckets: map[string]bool{}, done: make(chan struct{})}
	if err := s.writer.version.QueryRowContext(ctx).Scan(&g.version); err != nil {
		_, _ = s.db.write.ExecContext(ctx, "ROLLBACK") // the first error says why
		return nil, err
	}
	return g, nil
}

func (s *state) inSavepoint(g *group, fn func(*tx) error) (err error) {
	g.updates++
	ctx := context.Background()
	if _, err := s.writer.save.ExecContext(ctx); err != nil {
		g.broken = err
		return err
	}
	t := &tx{reader: reader{session: s.writer, ctx: ctx}, group: g}
	kept := false
	defer func() {
		t.session = nil
		if kept || g.broken != nil {
			return
		}
		if _, err := s.writer.undo.ExecContext(ctx); err != nil {
			g.broken = err
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	if g.broken != nil {
		return g.broken
	}
	if _, err := s.writer.release.ExecContext(ctx); err != nil {
		g.broken = err
		return err
	}
	kept = true
	t.keep()
	return nil
}

// finish commits the group, or rolls it back if it is broken, and lets everyone
// in it return.
func (s *state) finish(g *group) {
	ctx := context.Background()
	s.open = nil
	err := g.broken
	if err == nil && len(g.buckets) > 0 {
		_, err = s.writer.setVersion.ExecContext(ctx, g.version)
	}
	if err == nil {
		_, err = s.db.write.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		// SQLite has rolled back by itself after some errors, and then says so.
		_, _ = s.db.write.ExecContext(ctx, "ROLLBACK")
		g.err = s.db.failed("written", err)
	} else {
		s.deleted = s.deleted || g.deletes
		s.watchers.tell(g.buckets)
	}
	close(g.done)
}

// Watch implements record.State.
func (s *state) Watch(ctx context.Context, bucket string) <-chan struct{} {
	return s.watchers.add(ctx, bucket)
}

// changedElsewhere returns a number that moves when another process has changed
// the file: asked on the connection that writes, it leaves out our own changes.
func (s *state) changedElsewhere() (version int64, err error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.closed.Load() {
		return 0, closed(s.db.dir)
	}
	err = s.db.write.QueryRowContext(context.Background(), "PRAGMA data_version").Scan(&version)
	return version, err
}

// scrub rewrites the file if anything was deleted, and empties the log.
func (s *state) scrub(ctx context.Context) error {
	s.waiting.Add(1)
	s.turn.Lock()
	s.waiting.Add(-1)
	defer s.turn.Unlock()
	if s.closed.Load() {
		return closed(s.db.dir)
	}
	if s.open != nil {
		s.finish(s.open)
	}
	if s.deleted {
		if _, err := s.db.write.ExecContext(ctx, "VACUUM"); err != nil {
			return s.db.failed("cleaned", err)
		}
	}
	if err := s.db.truncateLog(ctx); err != nil {
		return err
	}
	s.deleted = false
	return nil
}

func (s *state) close() error {
	s.watchers.stop()
	s.turn.Lock()
	defer s.turn.Unlock()
	s.closed.Store(true)
	if s.open != nil {
		s.finish(s.open)
	}
	var conns []*sql.Conn
	for range readers { // views in progress end first
		if in := <-s.sessions; in != nil {
			conns = append(conns, in.conn)
		}
	}
	errs := []error{s.db.finalize()}
	for _, conn := range conns {
		errs = append(errs, conn.Close())
	}
	for range readers { // for those who come later and find it closed
		s.sessions <- nil
	}
	return errors.Join(append(errs, s.db.close())...)
}

// Pending implements record.Outbox.
func (s *state) Pending(ctx context.Context, limit int) (pending []record.OutboxEvent, err error) {
	err = s.reading(ctx, func(in *session) error {
		rows, err := in.pending.QueryContext(ctx, limit)
		if err != nil {
			return s.db.failed("read", err)
		}
		defer func() { _ = rows.Close() }() // its error is that of Err
		for rows.Next() {
			var o record.OutboxEvent
			var block []byte
			if err := rows.Scan(&o.ID, &block); err != nil {
				return s.db.failed("read", err)
			}
			events, err := record.Unpack(0, block)
			if err != nil || len(events) != 1 {
				return throughline.Errorf(throughline.Corrupt, "event %d of the outbox cannot be read: %w", o.ID, err)
			}
			o.Event = events[0]
			pending = append(pending, o)
		}
		return s.db.failed("read", rows.Err())
	})
	return pending, err
}

// Done implements record.Outbox.
func (s *state) Done(ctx context.Context, ids []int64) error {
	return s.update(ctx, func(t *tx) error {
		for _, id := range ids {
			if err := t.exec(t.session.relayed, id); err != nil {
				return err
			}
		}
		return nil
	})
}
