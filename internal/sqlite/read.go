package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"iter"

	driver "modernc.org/sqlite"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// A read fetches so much at once and then lets go of the database: a slow
// consumer must not keep the log from being copied back.
const (
	fetchBatches = 256
	fetchBytes   = 4 << 20
)

const selectBatch = "SELECT first, last, crc, prev, hash, block FROM batch "

// Read implements record.Journal.
func (j *journal) Read(ctx context.Context, after uint64) iter.Seq2[[]throughline.Event, error] {
	end := j.current()
	return func(yield func([]throughline.Event, error) bool) {
		if after >= end.Seq {
			if j.damage != nil {
				yield(nil, j.damage)
			}
			return
		}
		start, err := startOf(ctx, j.db, after)
		if err != nil {
			yield(nil, err)
			return
		}
		for b, err := range chain(ctx, j.db, start, end) {
			if err == nil {
				err = b.Follows(start)
			}
			if err != nil {
				yield(nil, j.ended(err))
				return
			}
			start = b.Head()
			events, err := b.Events(j.cfg.Upcasters)
			if err != nil {
				yield(nil, err)
				return
			}
			if after >= b.Last { // the batch that holds the next event is not there
				continue
			}
			if after >= b.First { // begun in the middle of a batch
				events = events[after-b.First+1:]
			}
			if !yield(events, nil) {
				return
			}
		}
		if j.damage != nil {
			yield(nil, j.damage)
		}
	}
}

// ended is what a reader is told of an error: where the end of the journal is
// known to be damaged, that, which says what to do.
func (j *journal) ended(err error) error {
	if j.damage != nil && throughline.CodeOf(err) == throughline.Corrupt {
		return j.damage
	}
	return err
}

// Head implements record.Journal.
func (j *journal) Head(context.Context) (record.Head, error) { return j.current(), nil }

// Wait implements record.Journal.
func (j *journal) Wait(ctx context.Context, after uint64) error {
	for {
		j.mu.Lock()
		head, moved := j.head, j.moved
		j.mu.Unlock()
		if head.Seq > after {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		case <-j.quit:
			return closed(j.db.dir)
		}
	}
}

// Verify implements record.Journal.
func (j *journal) Verify(ctx context.Context, progress func(seq uint64)) (record.Head, error) {
	head, err := verify(ctx, j.db, j.current(), progress)
	if err == nil {
		err = j.damage
	}
	return head, err
}

// verify proves every batch up to end.
func verify(ctx context.Context, db *database, end record.Head, progress func(seq uint64)) (record.Head, error) {
	var head record.Head
	for b, err := range chain(ctx, db, head, end) {
		if err != nil {
			return head, err
		}
		if err := b.Proves(head); err != nil {
			return head, err
		}
		if _, err := b.Events(nil); err != nil {
			return head, err
		}
		head = b.Head()
		if progress != nil {
			progress(head.Seq)
		}
	}
	return head, nil
}

// chain yields the batches after start up to end, unchecked, and an error if
// they stop before end or lead to another hash.
func chain(ctx context.Context, db *database, start, end record.Head) iter.Seq2[*record.Batch, error] {
	return func(yield func(*record.Batch, error) bool) {
		at := start
		for at.Seq < end.Seq {
			batches, err := fetch(ctx, db, at.Seq, end.Seq)
			if err == nil && len(batches) == 0 {
				err = missing(at.Seq+1, end.Seq)
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range batches {
				if !yield(&batches[i], nil) {
					return
				}
			}
			at = batches[len(batches)-1].Head()
		}
		if at != end {
			yield(nil, throughline.Errorf(throughline.Corrupt, "the batch that ends at event %d of the journal is not the one that was written there", end.Seq).
				WithFix("stop the engine and restore the latest backup; keep the damaged folder"))
		}
	}
}

func missing(from, to uint64) error {
	return throughline.Errorf(throughline.Corrupt, "events %d to %d of the journal are missing", from, to).
		WithFix("stop the engine and restore the latest backup; keep the damaged folder")
}

// fetch returns some batches whose first event is after one and not after the
// other.
func fetch(ctx context.Context, db *database, after, upTo uint64) (batches []record.Batch, err error) {
	rows, err := db.read.QueryContext(ctx, selectBatch+"WHERE first > ? AND first <= ? ORDER BY first LIMIT ?", int64(after), int64(upTo), fetchBatches)
	if err != nil {
		return nil, db.failed("read", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	size := 0
	for size < fetchBytes && rows.Next() {
		b, err := scanBatch(rows)
		if err != nil {
			return whole(batches, db.failed("read", err))
		}
		size += len(b.Block)
		batches = append(batches, *b)
	}
	return whole(batches, db.failed("read", rows.Err()))
}

// whole gives up what was fetched before an error only if there is nothing: the
// next fetch begins with what is damaged.
func whole(batches []record.Batch, err error) ([]record.Batch, error) {
	if len(batches) > 0 && throughline.CodeOf(err) == throughline.Corrupt {
		return batches, nil
	}
	return batches, err
}

func scanBatch(row interface{ Scan(...any) error }) (*record.Batch, error) {
	var first, last, crc int64
	var prev, hash []byte
	var b record.Batch
	if err := row.Scan(&first, &last, &crc, &prev, &hash, &b.Block); err != nil {
		return nil, unscannable("a batch", err)
	}
	b.First, b.Last, b.CRC = uint64(first), uint64(last), uint32(crc)
	if len(prev) != len(b.Prev) || len(hash) != len(b.Hash) || crc != int64(b.CRC) {
		return nil, throughline.Errorf(throughline.Corrupt, "%s of the journal is stored in a form nobody wrote", &b).
			WithFix("stop the engine and restore the latest backup; keep the damaged folder")
	}
	b.Prev, b.Hash = throughline.Digest(prev), throughline.Digest(hash)
	return &b, nil
}

// startOf returns the head of the chain before the batch that holds the event
// after the given one.
func startOf(ctx context.Context, db *database, after uint64) (record.Head, error) {
	var seq int64
	var hash []byte
	row := db.read.QueryRowContext(ctx, `SELECT last, hash FROM batch
		WHERE first < (SELECT max(first) FROM batch WHERE first <= ?) ORDER BY first DESC LIMIT 1`, int64(after)+1)
	switch err := row.Scan(&seq, &hash); {
	case errors.Is(err, sql.ErrNoRows):
		return record.Head{}, nil
	case err != nil:
		return record.Head{}, db.failed("read", err)
	}
	return headOf(seq, hash)
}

func storedHead(ctx context.Context, db *database) (record.Head, error) {
	var seq int64
	var hash []byte
	if err := db.write.QueryRowContext(ctx, "SELECT seq, hash FROM head").Scan(&seq, &hash); err != nil {
		return record.Head{}, db.failed("read", unscannable("the head", err))
	}
	return headOf(seq, hash)
}

// unscannable turns the error of a column that has another type than was written
// into one with the code Corrupt, and passes on others.
func unscannable(what string, err error) error {
	_, bySQLite := errors.AsType[*driver.Error](err)
	if bySQLite || errors.Is(err, sql.ErrNoRows) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrConnDone) {
		return err
	}
	return throughline.Errorf(throughline.Corrupt, "%s of the journal is stored in a form nobody wrote: %w", what, err).
		WithFix("stop the engine and restore the latest backup; keep the damaged folder")
}

func headOf(seq int64, hash []byte) (record.Head, error) {
	h := record.Head{Seq: uint64(seq)}
	if len(hash) != len(h.Hash) || seq < 0 {
		return record.Head{}, throughline.Errorf(throughline.Corrupt, "the journal's head is stored in a form nobody wrote").
			WithFix("restore the latest backup; keep the damaged folder")
	}
	h.Hash = throughline.Digest(hash)
	return h, nil
}

// lastBatch returns the last batch, or nil when there is none.
func lastBatch(ctx context.Context, db *database) (*record.Batch, error) {
	b, err := scanBatch(db.write.QueryRowContext(ctx, selectBatch+"ORDER BY first DESC LIMIT 1"))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return b, db.failed("read", err)
}
