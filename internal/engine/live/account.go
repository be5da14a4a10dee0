package live

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// Notes are a few kilobytes of one process that outlive it however it ends, as
// a file does once it is written to, synced or not. A power cut may take what
// was written last. Bytes never written read as zero, or as the end of it.
type Notes interface {
	io.ReaderAt
	io.WriterAt
}

// account counts the decisions asked for and those settled, which are in the
// journal, so that the next process on the same notes knows how many records
// the end of this one lost. It counts from when the notes were first written.
//
// The notes hold the settlement, then one number for each share of the asked.
// Both are written in place as they stand, so that a write that failed is made
// good by the next.
type account struct {
	notes  Notes
	shares [accountShares]share

	// The rest is the recorder's alone, but for the atomics.
	settled settlement
	lost    atomic.Uint64
	// failed is why the notes could not be written last; nil when they could.
	failed atomic.Pointer[error]
}

// share is a part of the asked, so that requests at the same time do not wait
// for each other.
type share struct {
	mu    sync.Mutex
	asked uint64
	_     [48]byte // a cache line of its own
}

// settlement says how many decisions were settled, and which batch is on its
// way: whether it arrived is decided after a kill by looking for its event.
type settlement struct {
	// Settled decisions are in the journal, their repeats included.
	Settled uint64
	// Next is Settled once the batch has arrived.
	Next uint64
	// After is the head of the journal before the batch; Event the first of its
	// events that the journal cannot take for a repeat, or zero.
	After uint64
	Event throughline.ID
}

const (
	accountShares  = 64
	settlementSize = 64 // padded, so that it grows without moving the shares
)

// open goes on with what the process before counted, and settles the batch
// that was on its way when it ended.
func (a *account) open(ctx context.Context, journal record.Journal) error {
	if a.notes == nil {
		return nil
	}
	var b [settlementSize + 8*accountShares]byte
	if n, err := a.notes.ReadAt(b[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return throughline.Errorf(throughline.Unavailable, "the count of decisions cannot be read after %d bytes: %w", n, err)
	}
	a.settled.read(b[:])
	var asked uint64
	for i := range a.shares {
		a.shares[i].asked = binary.LittleEndian.Uint64(b[settlementSize+8*i:])
		asked += a.shares[i].asked
	}
	if err := a.settle(ctx, journal); err != nil {
		return err
	}
	a.lost.Store(asked - min(asked, a.settled.Settled)) // a power cut may have taken the last of the asked
	return nil
}

func (a *account) settle(ctx context.Context, journal record.Journal) error {
	s := &a.settled
	if s.Next <= s.Settled || s.Event.IsZero() {
		return nil
	}
	for batch, err := range journal.Read(ctx, s.After) {
		if throughline.CodeOf(err) == throughline.Corrupt {
			return nil // following the journal reports it
		}
		if err != nil {
			return err
		}
		for i := range batch {
			if batch[i].ID == s.Event {
				s.Settled = s.Next
				return nil
			}
		}
	}
	return nil
}

// ask counts one decision more, before it is answered.
func (a *account) ask(unit uint64) {
	if a.notes == nil {
		return
	}
	i := unit % accountShares
	s := &a.shares[i]
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], s.asked)
	a.write(b[:], settlementSize+8*int64(i))
}

// sending notes that a batch of events goes to the journal now. Those with a
// key may be there already.
func (a *account) sending(events []throughline.Event, after uint64) {
	a.settled.Next, a.settled.After, a.settled.Event = a.settled.Settled+uint64(len(events)), after, throughline.ID{}
	for i := range events {
		if events[i].Key == "" {
			a.settled.Event = events[i].ID
			break
		}
	}
	if a.settled.Event.IsZero() && len(events) > 0 {
		a.settled.Event = events[0].ID
	}
	a.keep()
}

// sent notes that the batch arrived.
func (a *account) sent() {
	a.settled.Settled = a.settled.Next
	a.keep()
}

func (a *account) keep() {
	if a.notes == nil {
		return
	}
	var b [settlementSize]byte
	a.settled.append(b[:0])
	a.write(b[:], 0)
}

func (a *account) write(b []byte, at int64) {
	_, err := a.notes.WriteAt(b, at)
	switch {
	case err != nil:
		a.failed.Store(&err)
	case a.failed.Load() != nil:
		a.failed.Store(nil)
	}
}

// trouble returns why the count may be wrong after a kill, or nil.
func (a *account) trouble() error {
	if err := a.failed.Load(); err != nil {
		return throughline.Errorf(throughline.Unavailable, "decisions are not counted on disk, so that a kill would lose some uncounted: %w", *err)
	}
	return nil
}

func (s *settlement) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, s.Settled)
	b = binary.LittleEndian.AppendUint64(b, s.Next)
	b = binary.LittleEndian.AppendUint64(b, s.After)
	return append(b, s.Event[:]...)
}

func (s *settlement) read(b []byte) {
	s.Settled = binary.LittleEndian.Uint64(b)
	s.Next = binary.LittleEndian.Uint64(b[8:])
	s.After = binary.LittleEndian.Uint64(b[16:])
	s.Event = throughline.ID(b[24:40])
}
