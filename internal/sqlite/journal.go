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

	// packedByCaller is how many events a caller packs itself, in the time in
	// which the writer waits for the disk. More would hold up other callers.
	packedByCaller = 64
)

// copyBackBytes is after how many bytes of blocks the log is copied back into
// the file, beside the writer. What the writer's own connection must copy when
// the log is at its limit is then short.
const copyBackBytes = 4 << 20

// journal is record.Journal. One goroutine, run, owns the connection that
// writes; appends join a group that it takes as a whole, and wait.
type journal struct {
	db  *database
	cfg Config

	queueing sync.Mutex
	queue    []*appendGroup // the last one still grows
	quitting bool           // nobody joins any more
	packers  sync.Pool      // of *record.Packer
	pending  chan struct{}  // holds one when queue has something
	quit     chan struct{}
	stopped  chan struct{}

	// What follows is run's.
	insert, advance *sql.Stmt
	remember        []remembering
	slice           int // of the key space to prune next
	written         int // bytes since the log was last copied back

	// damage is why nothing may be appended; nil when all is well. It is found
	// as the journal is opened.
	damage error

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
}

// appendGroup is what goes into one transaction. Its fields belong to the queue
// until run takes it, and to its appends once done is closed.
type appendGroup struct {
	// packed were packed into blocks, and last into packer, as they joined;
	// whether others may be written is not known before.
	packed []*appending
	blocks []packedBlock
	packer *record.Packer
	others []*appending

	events, bytes int
	err           error
	done          chan struct{}
}

// packedBlock is a block and how many events it holds.
type packedBlock struct {
	count int
	bytes []byte
}

// add packs an append whose events are written whatever the journal holds.
func (g *appendGroup) add(a *appending) {
	g.packed = append(g.packed, a)
	for i := range a.events {
		g.packer.Add(&a.events[i])
		if g.packer.Full() {
			g.seal()
		}
	}
}

// seal ends the block that grows.
func (g *appendGroup) seal() {
	if n := g.packer.Len(); n > 0 {
		g.blocks = append(g.blocks, packedBlock{n, g.packer.Block()})
	}
}

func (g *appendGroup) full() bool { return g.events >= groupEvents || g.bytes >= groupBytes }

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
		pending: make(chan struct{}, 1), quit: make(chan struct{}), stopped: make(chan struct{}),
		slice: rand.IntN(pruneSlices), moved: make(chan struct{}),
		packers: sync.Pool{New: func() any { return new(record.Packer) }},
	}
	if err := errors.Join(j.prepare(ctx), j.resume(ctx)); err != nil {
		return nil, errors.Join(err, db.close())
	}
	go j.run()
	return j, nil
}

func (j *journal) prepare(ctx context.Context) error {
	j.remember = rememberings()
	list := []statement{
		{&j.insert, "INSERT INTO batch (first, last, crc, prev, hash, block) VALUES (?, ?, ?, ?, ?, ?)"},
		{&j.advance, "UPDATE head SET seq = ?, hash = ?"},
	}
	for i := range j.remember {
		list = append(list, statement{&j.remember[i].stmt, j.remember[i].text()})
	}
	return prepare(ctx, j.db, j.db.write, list)
}

// resume finds the end of the chain. One that is damaged there is not continued:
// what was written after it could not be proved to follow what is lost. It is
// read up to the damage, and the engine serves on from that.
func (j *journal) resume(ctx context.Context) error {
	head, err := storedHead(ctx, j.db)
	if err = j.damaged(err); err != nil {
		return err
	}
	last, err := lastBatch(ctx, j.db)
	if err = j.damaged(err); err != nil {
		return err
	}
	j.head = head
	if last == nil {
		last = &record.Batch{}
	} else if err := last.Proves(record.Head{Seq: last.First - 1, Hash: last.Prev}); err != nil {
		return j.damaged(err)
	}
	if last.Last > head.Seq {
		j.head = last.Head() // it is sound, and the head is not
	}
	if last.Head() != head && j.damage == nil {
		return j.damaged(throughline.Errorf(throughline.Corrupt, "the journal ends at event %d and should end at event %d with another hash", last.Last, head.Seq))
	}
	return nil
}

// damaged keeps an error that says the end of the journal is damaged, and passes
// on others.
func (j *journal) damaged(err error) error {
	if throughline.CodeOf(err) != throughline.Corrupt {
		return err
	}
	if j.damage == nil {
		j.damage = throughline.Errorf(throughline.Corrupt, "the end of the journal is damaged, so nothing is added to it: %w", err).
			WithFix("decisions go on as before the damage; see what is left with throughline verify, then stop the engine and run throughline restore with the latest backup")
	}
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
	a := &appending{events: events}
	for i := range events {
		if err := record.CheckEvent(&events[i]); err != nil {
			return nil, err
		}
		a.bytes += record.Size(&events[i])
		if events[i].Key != "" {
			a.keys = append(a.keys, hashKey(events[i].Key))
		}
	}
	g, err := j.join(a)
	if err != nil {
		return nil, err
	}
	// From here the events are the writer's until it answers, which takes one
	// transaction: returning earlier would let the caller change them.
	<-g.done
	if g.err != nil {
		return nil, g.err
	}
	return a.receipts, nil
}

// join puts the append into the group that is to be written next.
func (j *journal) join(a *appending) (*appendGroup, error) {
	j.queueing.Lock()
	defer j.queueing.Unlock()
	if j.quitting {
		return nil, closed(j.db.dir)
	}
	if j.damage != nil {
		return nil, j.damage
	}
	if n := len(j.queue); n == 0 || j.queue[n-1].full() {
		j.queue = append(j.queue, &appendGroup{done: make(chan struct{}), packer: j.packers.Get().(*record.Packer)})
		j.wake()
	}
	g := j.queue[len(j.queue)-1]
	g.events, g.bytes = g.events+len(a.events), g.bytes+a.bytes
	if len(a.keys) == 0 && len(a.events) <= packedByCaller {
		g.add(a)
	} else {
		g.others = append(g.others, a)
	}
	return g, nil
}

func (j *journal) wake() {
	select {
	case j.pending <- struct{}{}:
	default: // run will look anyway
	}
}

// next takes the first group off the queue; nil when there is none.
func (j *journal) next() *appendGroup {
	j.queueing.Lock()
	defer j.queueing.Unlock()
	if len(j.queue) == 0 {
		return nil
	}
	g := j.queue[0]
	j.queue = j.queue[1:]
	return g
}

// run is the writer.
func (j *journal) run() {
	defer close(j.stopped)
	prune := time.NewTicker(24 * time.Hour / pruneSlices)
	defer prune.Stop()
	for {
		select {
		case <-j.pending:
			j.drain()
		case <-prune.C:
			// What fails now is tried again tomorrow, and no append waits for it.
			_ = j.pruneNext()
		case <-j.quit:
			j.drain()
			return
		}
	}
}

// drain writes groups until none is left.
func (j *journal) drain() {
	for {
		// Those answered just now may have more to append: let them join.
		runtime.Gosched()
		g := j.next()
		if g == nil {
			return
		}
		head, err := j.write(g)
		if err == nil {
			j.moveTo(head)
		}
		g.err = j.db.failed("written", err)
		close(g.done)
	}
}

// write puts the group into one transaction and returns the new head.
func (j *journal) write(group *appendGroup) (record.Head, error) {
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
		j.db.copyBackSoon() // on a full disk, an emptied log is room to go on
		return head, err
	}
	j.packers.Put(group.packer)
	if j.written >= copyBackBytes {
		j.written = 0
		j.db.copyBackSoon()
	}
	return next, nil
}

func (j *journal) writeGroup(ctx context.Context, start record.Head, g *appendGroup) (record.Head, error) {
	known, err := j.knownKeys(ctx, g.others)
	if err != nil {
		return start, err
	}
	g.seal()
	seq := start.Seq
	for _, a := range g.packed {
		seq = a.number(seq)
	}
	for _, a := range g.others {
		fresh := a.events
		if len(a.keys) > 0 {
			fresh, known = a.withoutDuplicates(known)
		}
		seq = a.number(seq)
		for i := range fresh {
			g.packer.Add(&fresh[i])
			if g.packer.Full() {
				g.seal()
			}
		}
	}
	g.seal()
	head := start
	for _, b := range g.blocks {
		if head, err = j.writeBatch(ctx, head, b); err != nil {
			return head, err
		}
	}
	if head == start {
		return head, nil
	}
	_, err = j.advance.ExecContext(ctx, int64(head.Seq), head.Hash[:])
	return head, err
}

// withoutDuplicates returns the events that are new, and marks the others in
// the receipts; known starts with a word on each of the append's keys.
func (a *appending) withoutDuplicates(known []bool) (fresh []throughline.Event, rest []bool) {
	a.receipts = make([]record.Receipt, len(a.events))
	fresh = make([]throughline.Event, 0, len(a.events))
	for i := range a.events {
		if a.events[i].Key != "" {
			a.receipts[i].Duplicate, known = known[0], known[1:]
		}
		if !a.receipts[i].Duplicate {
			fresh = append(fresh, a.events[i])
		}
	}
	return fresh, known
}

// number gives the events that are no duplicates the numbers after seq.
func (a *appending) number(seq uint64) uint64 {
	if a.receipts == nil {
		a.receipts = make([]record.Receipt, len(a.events))
	}
	for i := range a.receipts {
		if !a.receipts[i].Duplicate {
			seq++
			a.receipts[i].Seq = seq
		}
	}
	return seq
}

// writeBatch writes one block and returns the head after it.
func (j *journal) writeBatch(ctx context.Context, head record.Head, block packedBlock) (record.Head, error) {
	b := record.Link(head, block.count, block.bytes)
	j.written += len(b.Block)
	_, err := j.insert.ExecContext(ctx, int64(b.First), int64(b.Last), int64(b.CRC), b.Prev[:], b.Hash[:], b.Block)
	return b.Head(), err
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
	j.queueing.Lock()
	j.quitting = true
	j.queueing.Unlock()
	close(j.quit)
	<-j.stopped
	return j.db.close()
}
