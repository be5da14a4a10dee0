// Package record is the ports behind which the engine keeps everything:
// Journal (what happened), State (what is), Folds (what was computed from what
// happened) and Blobs (files by their digest), and beside them an Index, which finds
// things by their words and can be made again from State. One machine and a fleet differ
// only in the adapters behind them, so nothing here assumes one process.
//
// It holds the ports, the binary form of events that every adapter shares, and
// recordtest, the suite every adapter passes. It stores nothing itself.
package record

import (
	"context"
	"io"
	"iter"

	"github.com/throughline-engine/throughline"
)

// Record is one engine's ports.
type Record struct {
	Journal Journal
	State   State
	Folds   Folds
	Blobs   Blobs
	// Index is made from the others, and made again where it is lost.
	Index Index
}

// Journal is the append-only list of events: the truth about what happened.
type Journal interface {
	// Append makes the events durable, in order, and returns one receipt each.
	// It returns only when they would survive a power cut; an error means that
	// none of them is promised. An event whose Key was appended in the last seven
	// days is not appended again: its receipt says so. Adapters may remember keys
	// for longer, and none promises it. Appends from many goroutines are grouped
	// into one write. To a journal that is damaged where it ends nothing is
	// appended: that is an error with the code Corrupt.
	Append(ctx context.Context, events []throughline.Event) ([]Receipt, error)
	// Read yields the events after seq in order, in the batches they were
	// written in, up to the head at the time of the call. A batch whose checksum,
	// number or link does not fit yields an error with the code Corrupt, and
	// reading ends; a journal known to be damaged where it ends yields it there.
	// The slice is the caller's until the next iteration.
	Read(ctx context.Context, after uint64) iter.Seq2[[]throughline.Event, error]
	// Head returns the last event's number and the hash of the chain up to it.
	Head(ctx context.Context) (Head, error)
	// Wait returns when the head is beyond after, or with the context's error.
	Wait(ctx context.Context, after uint64) error
	// Verify reads the whole chain and returns its head, or an error with the
	// code Corrupt that names the first batch that does not fit. Progress, which
	// may be nil, is told the number reached now and then.
	Verify(ctx context.Context, progress func(seq uint64)) (Head, error)
}

// Receipt says what became of one appended event.
type Receipt struct {
	// Seq is its number in the journal; for a duplicate, 0.
	Seq uint64
	// Duplicate is true when the journal remembered an event of the same key.
	Duplicate bool
}

// Head is the end of the journal.
type Head struct {
	Seq  uint64             `json:"seq"`
	Hash throughline.Digest `json:"hash"`
}

// State is what is: buckets of keys and values under transactions.
type State interface {
	// View runs fn on one consistent state.
	View(ctx context.Context, fn func(Reader) error) error
	// Update runs fn in a transaction that is durable when Update returns nil.
	// Updates are serialised; fn may run again after a conflict, so it changes
	// nothing but the transaction.
	Update(ctx context.Context, fn func(Tx) error) error
	// Watch returns a channel that receives after updates to the bucket, by this
	// process or another. Several updates may arrive as one. The channel is closed when
	// ctx ends.
	Watch(ctx context.Context, bucket string) <-chan struct{}
}

// Reader reads one consistent state.
type Reader interface {
	// Get returns the entry, or an error with the code NotFound.
	Get(bucket, key string) (Entry, error)
	// List yields the entries whose key starts with prefix and is greater than
	// after, ascending by key.
	List(bucket, prefix, after string) iter.Seq2[Entry, error]
}

// Tx changes the state.
type Tx interface {
	Reader
	// Put writes the value. With ifVersion AnyVersion it always does; otherwise the entry
	// must have that version, 0 meaning that it must not exist, or Put returns an
	// error with the code Conflict. It returns the new version.
	Put(bucket, key string, value []byte, ifVersion int64) (int64, error)
	// Delete removes the entry and its bytes; one that does not exist is no
	// error.
	Delete(bucket, key string) error
	// Outbox keeps the event with the transaction, to be relayed to the journal
	// after it commits. The event needs a Key.
	Outbox(events ...throughline.Event) error
}

// AnyVersion tells Put to write whatever is there.
const AnyVersion int64 = -1

// Entry is one value and its version, which grows with every write.
type Entry struct {
	Key     string
	Value   []byte
	Version int64
}

// Outbox is the other end of Tx.Outbox. Adapters of State implement it.
type Outbox interface {
	// Pending returns the oldest events kept, at most limit.
	Pending(ctx context.Context, limit int) ([]OutboxEvent, error)
	// Done removes those relayed.
	Done(ctx context.Context, ids []int64) error
}

// OutboxEvent is one event waiting to be relayed.
type OutboxEvent struct {
	ID    int64
	Event throughline.Event
}

// Folds keeps checkpoints of pure steps over the journal.
type Folds interface {
	// Load returns the checkpoint, or an error with the code NotFound.
	Load(ctx context.Context, name string) (Checkpoint, error)
	// Save replaces it.
	Save(ctx context.Context, name string, c Checkpoint) error
}

// Checkpoint is a fold's state at one place in the journal.
type Checkpoint struct {
	// Version is that of the fold's code: another version is rebuilt.
	Version int
	// Seq is the last event folded.
	Seq  uint64
	Data []byte
}

// Blobs keeps bytes by their digest.
type Blobs interface {
	// Put stores what it reads and returns its digest and size. It is durable
	// on return; the same bytes twice are stored once.
	Put(ctx context.Context, r io.Reader) (throughline.Digest, int64, error)
	// Get opens the bytes, or returns an error with the code NotFound. Bytes
	// that no longer match their digest are an error with the code Corrupt at
	// the end of reading.
	Get(ctx context.Context, d throughline.Digest) (io.ReadCloser, error)
	// At opens the bytes to be read at any place, or returns an error with the code
	// NotFound. What is read is not held against the digest: whoever reads all of it
	// can do so.
	At(ctx context.Context, d throughline.Digest) (Bytes, error)
	// Delete removes them; a digest that is not there is no error. An adapter may
	// answer Unavailable for a while, in which a backup counts on what is there.
	Delete(ctx context.Context, d throughline.Digest) error
}

// Bytes are a blob that is read where its reader wants to, a part at a time. What
// was opened stays readable when it is deleted, or its reading fails.
type Bytes interface {
	io.ReaderAt
	io.Closer
	// Size is how many there are.
	Size() int64
}
