package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// The limits of one transaction of the journal.
const (
	groupEvents = 64 << 10
	groupBytes  = 16 << 20
)

// journal is record.Journal. One goroutine, write, owns the connection that
// writes; appends hand themselves over to it and wait.
type journal struct {
	db  *database
	cfg Config

	queue   chan *appending // unbuffered: who is received is answered
	quit    chan struct{}
	stopped chan struct{}

	insert, remember, advance *sql.Stmt // on db.write
	slice                     int       // of the key space to prune next

	mu    sync.Mutex
	head  record.Head
	moved chan struct{} // closed when head moves
}

var _ record.Journal = (*journal)(nil)

// appending is one call of Append.
type appending struct {
	events   []throughline.Event
	keys     []key16 // one for each event that has a Key, in order
	bytes    int
	receipts []record.Receipt
	err      error
	done     chan struct{}
}

// key16 stands for a Key: a shorter hash that never collides by chance.
type key16 [16]byte

func hashKey(key string) key16 {
	sum := sha256.Sum256([]byte(key))
	return key16(sum[:16])
}

func openJournal(ctx context.Context, dir string, cfg Config) (*journal, error) {
	db, err := openDatabase(ctx, dir, "journal.db", journalSchema(), cfg)
	if err != nil {
		return nil, err
	}
	j := &journal{
		db: db, cfg: cfg,
		queue: make(chan *appending), quit: make(chan struct{}), stopped: make(chan struct{}),
		slice: rand.IntN(pruneSlices), moved: make(chan struct{}),
	}
	if err := errors.Join(j.prepare(ctx), j.resume(ctx)); err != nil {
		return nil, errors.Join(err, db.close())
	}
	go j.run()
	return j, nil
}

func (j *journal) prepare(ctx context.Context) error {
	return prepare(ctx, j.db, j.db.write, []statement{
		{&j.insert, "INSERT INTO batch (first, last, crc, prev, hash, block) VALUES (?, ?, ?, ?, ?, ?)"},
		{&j.remember, "INSERT INTO seen (key16, day) VALUES (?, ?) ON CONFLICT DO NOTHING"},
		{&j.advance, "UPDATE head SET seq = ?, hash = ?"},
	})
}

// resume finds the end of the chain and refuses to continue a damaged one.
func (j *journal) resume(ctx context.Context) error {
	head, err := storedHead(ctx, j.db)
	if err != nil {
		return err
	}
	last, err := lastBatch(ctx, j.db)
	if err != nil {
		return err
	}
	if last != nil {
		if err := last.Follows(record.Head{Seq: last.First - 1, Hash: last.Prev}); err != nil {
			return err
		}
	} else {
		last = &record.Batch{}
	}
	if last.Head() != head {
		return throughline.Errorf(throughline.Corrupt, "the journal in %s ends at event %d and should end at event %d with another hash", j.db.path(), last.Last, head.Seq).
			WithFix("restore the latest backup; keep the damaged folder")
	}
	j.head = head
	return nil
}

// Append implements record.Journal.
func (j *journal) Append(ctx context.Context, events []throughline.Event) ([]record.Receipt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(events) == 0 {
		return nil, nil
	}
	a := &appending{events: events, done: make(chan struct{})}
	for i := range events {
		if err := record.CheckEvent(&events[i]); err != nil {
			return nil, err
		}
		a.bytes += record.Size(&events[i])
		if events[i].Key != "" {
			a.keys = append(a.keys, hashKey(events[i].Key))
		}
	}
	select {
	case j.queue <- a:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-j.quit:
		return nil, closed(j.db.dir)
	}
	// From here the events are the writer's until it answers, which takes one
	// transaction: returning earlier would let the caller change them.
	<-a.done
	return a.receipts, a.err
}

// run is the writer.
func (j *journal) run() {
	defer close(j.stopped)
	prune := time.NewTicker(24 * time.Hour / pruneSlices)
	defer prune.Stop()
	for {
		select {
		case a := <-j.queue:
			j.commit(j.gather(a))
		case <-prune.C:
			// What fails now is tried again tomorrow, and no append waits for it.
			_ = j.pruneNext()
		case <-j.quit:
			return
		}
	}
}

// gather returns the append and all others that wait to be taken.
func (j *journal) gather(a *appending) []*appending {
	runtime.Gosched() // those answered just now may have more to append
	group, events, bytes := []*appending{a}, len(a.events), a.bytes
	for events < groupEvents && bytes < groupBytes {
		select {
		case a := <-j.queue:
			group, events, bytes = append(group, a), events+len(a.events), bytes+a.bytes
		default:
			return group
		}
	}
	return group
}

// commit writes the group and answers everyone in it.
func (j *journal) commit(group []*appending) {
	head, err := j.write(group)
	if err != nil {
		err = j.db.failed("written", err)
	} else {
		j.moveTo(head)
	}
	for _, a := range group {
		if err != nil {
			a.receipts, a.err = nil, err
		}
		close(a.done)
	}
}

// write puts the group into one transaction and returns the new head.
func (j *journal) write(group []*appending) (record.Head, error) {
	head := j.current()
	// Once begun, a transaction is not given up because one caller lost patience.
	ctx := context.Background()
	if _, err := j.db.write.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return head, err
	}
	next, err := j.writeGroup(ctx, head, group)
	if err == nil {
		_, err = j.db.write.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		// SQLite has rolled back by itself after some errors, and then says so.
		_, _ = j.db.write.ExecContext(ctx, "ROLLBACK")
		return head, err
	}
	return next, nil
}

func (j *journal) writeGroup(ctx context.Context, head record.Head, group []*appending) (record.Head, error) {
	fresh, err := j.receive(ctx, head.Seq, group)
	if err != nil || len(fresh) == 0 {
		return head, err
	}
	for _, run := range record.Split(fresh) {
		b := record.Link(head, len(run), record.Pack(run))
		if _, err := j.insert.ExecContext(ctx, int64(b.First), int64(b.Last), int64(b.CRC), b.Prev[:], b.Hash[:], b.Block); err != nil {
			return head, err
		}
		head = b.Head()
	}
	_, err = j.advance.ExecContext(ctx, int64(head.Seq), head.Hash[:])
	return head, err
}

// receive gives every event of the group its receipt, and returns those that
// are new. Keys of the same group are in seen by then, so they count too.
func (j *journal) receive(ctx context.Context, seq uint64, group []*appending) ([]throughline.Event, error) {
	day := dayOf(j.cfg.Clock())
	count := 0
	for _, a := range group {
		count += len(a.events)
	}
	fresh := make([]throughline.Event, 0, count)
	for _, a := range group {
		a.receipts = make([]record.Receipt, len(a.events))
		keys := a.keys
		for i := range a.events {
			if a.events[i].Key != "" {
				known, err := j.known(ctx, keys[0], day)
				if err != nil {
					return nil, err
				}
				keys = keys[1:]
				if known {
					a.receipts[i].Duplicate = true
					continue
				}
			}
			seq++
			a.receipts[i].Seq = seq
			fresh = append(fresh, a.events[i])
		}
	}
	return fresh, nil
}

func (j *journal) current() record.Head {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.head
}

func (j *journal) moveTo(head record.Head) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if head == j.head {
		return
	}
	j.head = head
	close(j.moved)
	j.moved = make(chan struct{})
}

// scrub empties the log. The journal deletes nothing that is about anybody; its
// log is emptied so that no file is left out.
func (j *journal) scrub(ctx context.Context) error { return j.db.truncateLog(ctx) }

func (j *journal) close() error {
	close(j.quit)
	<-j.stopped
	return j.db.close()
}
