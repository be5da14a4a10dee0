// Package sqlite keeps an engine's record in one folder of one machine: the
// ports of package record over SQLite databases, without cgo.
//
//	LOCK         held by the process that has the folder open
//	journal.db   batches of packed events, the head of their chain, keys seen
//	state.db     buckets, the outbox, checkpoints of folds
//	blobs.db     blobs up to 64 KiB
//	blobs/       larger blobs, one file each
//	index.db     the words of what is declared, made again from state.db when lost
//	notes        what a process leaves to the next, never synced
//
// The databases are in WAL mode with synchronous=FULL: what is acknowledged
// survives a power cut. Every database has one connection that writes, and
// concurrent writers share its transactions and so the cost of the sync.
// Readers have their own connections and never wait for a writer.
package sqlite

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/throughline-engine/throughline/internal/record"
)

// Config is how a store works. The zero Config is complete.
type Config struct {
	// KeyWindow is how long the journal remembers the key of an event at least;
	// the default is seven days.
	KeyWindow time.Duration
	// Clock dates remembered keys; the default is time.Now.
	Clock func() time.Time
	// Upcasters bring events up to date as they are read.
	Upcasters record.Upcasters
	// MaxPages limits each database to so many pages of 4 KiB, after which it
	// behaves as on a full disk. 0, the default, is no limit. It is for tests.
	MaxPages int
}

func (c Config) withDefaults() Config {
	if c.KeyWindow <= 0 {
		c.KeyWindow = 7 * 24 * time.Hour
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	return c
}

// Store is the record in one folder. Its methods may be called from any
// goroutine until Close.
type Store struct {
	dir     string
	lock    *folderLock
	journal *journal
	state   *state
	blobs   *blobs
	index   *index
	notes   *os.File
	close   func() error
}

// Open opens the record in the folder, which is made if need be, and brings the
// form of its files up to date. A folder that another process has open is an
// error with the code Conflict; one whose files are damaged, Corrupt. A journal
// that is damaged where it ends opens all the same: it is read up to there, and
// appends are errors with the code Corrupt.
func Open(ctx context.Context, dir string, cfg Config) (*Store, error) {
	cfg = cfg.withDefaults()
	if err := makeFolder(dir); err != nil {
		return nil, folderError(dir, "cannot be made", err)
	}
	lock, err := takeLock(ctx, dir, time.Now())
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, lock: lock}
	s.close = sync.OnceValue(s.closeAll)
	if err := s.open(ctx, cfg); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, cfg Config) (err error) {
	if s.journal, err = openJournal(ctx, s.dir, cfg); err != nil {
		return err
	}
	if s.state, err = openState(ctx, s.dir, cfg); err != nil {
		return err
	}
	if s.blobs, err = openBlobs(ctx, s.dir, cfg); err != nil {
		return err
	}
	if s.index, err = openIndex(ctx, s.dir, cfg); err != nil {
		return err
	}
	if s.notes, err = openNotes(s.dir); err != nil {
		return err
	}
	if err := syncFolder(s.dir); err != nil {
		return folderError(s.dir, "cannot be synced", err)
	}
	return nil
}

// ReadState runs fn on the State of a folder that is not in use, whatever has
// become of the rest of its record.
func ReadState(ctx context.Context, dir string, fn func(record.Reader) error) error {
	lock, err := takeLock(ctx, dir, time.Now())
	if err != nil {
		return err
	}
	s, err := openState(ctx, dir, Config{}.withDefaults())
	if err != nil {
		return errors.Join(err, lock.release())
	}
	return errors.Join(s.View(ctx, fn), s.close(), lock.release())
}

// Record returns the ports.
func (s *Store) Record() record.Record {
	return record.Record{Journal: s.journal, State: s.state, Folds: folds{s.state}, Blobs: s.blobs, Index: s.index}
}

// Close finishes what has been handed over, closes the files and gives the
// folder free. Calls of the ports that come later are errors with the code
// Unavailable; another Close returns what the first did.
func (s *Store) Close() error { return s.close() }

func (s *Store) closeAll() error {
	var errs []error
	if s.journal != nil {
		errs = append(errs, s.journal.close())
	}
	if s.state != nil {
		errs = append(errs, s.state.close())
	}
	if s.blobs != nil {
		errs = append(errs, s.blobs.close())
	}
	if s.index != nil {
		errs = append(errs, s.index.db.close())
	}
	if s.notes != nil {
		errs = append(errs, s.notes.Close())
	}
	return errors.Join(append(errs, s.lock.release())...)
}

// Scrub takes the last traces of what was deleted out of every file of the
// folder. Deleted bytes are zeroed in their place at once, but older copies stay
// in the write-ahead log and in the free parts of pages that SQLite has split
// since; Scrub rewrites the databases that had deletions and empties the logs.
// It waits for reads in progress, at most busyTimeout for each database.
func (s *Store) Scrub(ctx context.Context) error {
	if err := s.state.scrub(ctx); err != nil {
		return err
	}
	if err := s.blobs.scrub(ctx); err != nil {
		return err
	}
	return s.journal.scrub(ctx)
}

// makeFolder makes a folder that only its owner can enter: it holds keys.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700) // one that was there may be open to others
}

// syncFolder makes the names in a folder durable.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
