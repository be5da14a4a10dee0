package media

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

const (
	// KeepUnnamed is for how long a file is kept that nothing names, unless Config
	// says otherwise.
	KeepUnnamed = 30 * 24 * time.Hour

	sweepLease = "sweep"
	sweepFirst = 10 * time.Minute // after a start: others have more to do
	sweepEvery = 6 * time.Hour
	sweepBatch = 500 // entries that one transaction changes
)

// Run deletes now and then what nothing names any more, until ctx ends. Of all
// processes on one record one does it.
func (m *Media) Run(ctx context.Context) error {
	holder := engine.RandomText(12)
	for wait := sweepFirst; ; wait = sweepEvery {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		held, err := m.core.Lease(ctx, sweepLease, holder, sweepEvery/2)
		if err == nil && held {
			_, err = m.Sweep(ctx)
		}
		if err != nil && ctx.Err() == nil {
			m.core.Log.Warn("files that nothing names were not swept", "error", err)
		}
	}
}

// Sweep deletes the files, and what was rendered of them, that were taken in and
// that for Config.Keep neither a revision nor a draft names. A revision keeps a file
// for good, also one that was replaced: what was shown once can be shown again. It
// returns what it deleted, and adds it to the sum that Status shows.
func (m *Media) Sweep(ctx context.Context) (engine.Swept, error) {
	var swept engine.Swept
	if m.config.Keep < 0 || len(m.config.NamedIn) == 0 {
		return swept, nil
	}
	old, fresh, err := m.unnamed(ctx)
	if err != nil {
		return swept, err
	}
	for part := range slices.Chunk(fresh, sweepBatch) { // from versions that did not note it
		if err := m.change(ctx, part, func(s *stored) { s.Taken = m.core.Now() }); err != nil {
			return swept, err
		}
	}
	if len(old) == 0 {
		return swept, nil
	}
	kept, err := m.named(ctx, old)
	if err != nil {
		return swept, err
	}
	for part := range slices.Chunk(kept, sweepBatch) {
		if err := m.change(ctx, part, func(s *stored) { s.Named, s.Doomed = true, false }); err != nil {
			return swept, err
		}
	}
	for d := range old {
		n, err := m.delete(ctx, d)
		if throughline.CodeOf(err) == throughline.Unavailable {
			break // a backup counts on what is there; the next sweep goes on
		}
		if err != nil {
			return swept, err
		}
		if n >= 0 {
			swept.Files, swept.Bytes = swept.Files+1, swept.Bytes+n
		}
	}
	return swept, m.count(ctx, swept)
}

// unnamed returns the files that may have nobody who names them, and those of which
// nothing tells when they came.
func (m *Media) unnamed(ctx context.Context) (old map[throughline.Digest]bool, fresh []throughline.Digest, err error) {
	old = map[throughline.Digest]bool{}
	before := m.core.Now().Add(-m.config.Keep)
	err = m.core.Record.State.View(ctx, func(r record.Reader) error {
		for e, err := range r.List(bucketFiles, "", "") {
			if err != nil {
				return err
			}
			var s stored
			if err := json.Unmarshal(e.Value, &s); err != nil {
				return throughline.Errorf(throughline.Corrupt, "what is kept of the file %s cannot be read: %w", e.Key, err)
			}
			switch {
			case s.Named:
			case s.Taken.IsZero():
				fresh = append(fresh, s.File.Digest)
			case s.Doomed, s.Taken.Before(before):
				old[s.File.Digest] = true
			}
		}
		return nil
	})
	return old, fresh, err
}

// named takes out of old what a draft names, and also what a revision does, which it
// returns: revisions are for good. Any digest that stands anywhere in a value names
// a file, so that no kind of thing can be forgotten here.
func (m *Media) named(ctx context.Context, old map[throughline.Digest]bool) (kept []throughline.Digest, err error) {
	err = m.core.Record.State.View(ctx, func(r record.Reader) error {
		for _, bucket := range m.config.NamedIn {
			for e, err := range r.List(bucket, "", "") {
				if err != nil {
					return err
				}
				for d := range digests(e.Value) {
					if !old[d] {
						continue
					}
					delete(old, d)
					if bucket == engine.BucketRevisions {
						kept = append(kept, d)
					}
				}
			}
		}
		return nil
	})
	return kept, err
}

// digests yields whatever in a value has the form of a digest.
func digests(value []byte) func(yield func(throughline.Digest) bool) {
	const long = 2 * len(throughline.Digest{})
	return func(yield func(throughline.Digest) bool) {
		run := 0
		for i, c := range value {
			if c >= '0' && c <= '9' || c >= 'a' && c <= 'f' {
				run++
			} else {
				run = 0
			}
			if run < long {
				continue
			}
			if d, err := throughline.ParseDigest(string(value[i+1-long : i+1])); err == nil && !yield(d) {
				return
			}
		}
	}
}

// change changes what is kept of files.
func (m *Media) change(ctx context.Context, files []throughline.Digest, how func(*stored)) error {
	return m.core.Record.State.Update(ctx, func(tx record.Tx) error {
		for _, d := range files {
			var s stored
			if _, err := engine.GetJSON(tx, bucketFiles, d.String(), &s); err != nil {
				if throughline.CodeOf(err) == throughline.NotFound {
					continue
				}
				return err
			}
			how(&s)
			if err := engine.PutJSON(tx, bucketFiles, d.String(), s, record.AnyVersion); err != nil {
				return err
			}
		}
		return nil
	})
}

// delete deletes a file that nothing names and returns its bytes, or -1 where
// somebody took it in again. It is doomed first: until its entry is gone, taking it
// in waits, so that no bytes go that were put a moment ago. An entry outlives its
// bytes, so that none are left that nothing knows of.
func (m *Media) delete(ctx context.Context, d throughline.Digest) (int64, error) {
	var s stored
	before := m.core.Now().Add(-m.config.Keep)
	if err := m.change(ctx, []throughline.Digest{d}, func(now *stored) {
		now.Doomed = now.Doomed || !now.Named && now.Taken.Before(before)
		s = *now
	}); err != nil || !s.Doomed {
		return -1, err
	}
	renditions, err := m.renditions(ctx, d)
	if err != nil {
		return -1, err
	}
	for _, r := range append(renditions, d) {
		if err := m.core.Record.Blobs.Delete(ctx, r); err != nil {
			return -1, m.spare(ctx, d, err)
		}
	}
	return int64(s.File.Bytes), m.core.Record.State.Update(ctx, func(tx record.Tx) error {
		var keys []string
		for e, err := range tx.List(bucketRenditions, d.String()+"/", "") {
			if err != nil {
				return err
			}
			keys = append(keys, e.Key)
		}
		for _, key := range keys {
			if err := tx.Delete(bucketRenditions, key); err != nil {
				return err
			}
		}
		for _, bucket := range []string{engine.BucketPrints, engine.BucketGrounds} {
			if err := tx.Delete(bucket, d.String()); err != nil {
				return err
			}
		}
		return tx.Delete(bucketFiles, d.String())
	})
}

// spare lets a file be taken in again that could not be deleted, and returns why. Its
// bytes are the last to go, so that they are still there.
func (m *Media) spare(ctx context.Context, d throughline.Digest, why error) error {
	if err := m.change(ctx, []throughline.Digest{d}, func(s *stored) { s.Doomed = false }); err != nil {
		return err
	}
	return why
}

// renditions returns the bytes that were rendered of a file, except those that are a
// file of their own: somebody took a rendition in.
func (m *Media) renditions(ctx context.Context, d throughline.Digest) (all []throughline.Digest, err error) {
	err = m.core.Record.State.View(ctx, func(r record.Reader) error {
		for e, err := range r.List(bucketRenditions, d.String()+"/", "") {
			if err != nil {
				return err
			}
			var was made
			if err := json.Unmarshal(e.Value, &was); err != nil {
				return throughline.Errorf(throughline.Corrupt, "what is kept of the rendition %s cannot be read: %w", e.Key, err)
			}
			_, err := r.Get(bucketFiles, was.Digest.String())
			switch throughline.CodeOf(err) {
			case throughline.NotFound:
				all = append(all, was.Digest)
			case "":
			default:
				return err
			}
		}
		return nil
	})
	return all, err
}

// count adds what was deleted to the sum.
func (m *Media) count(ctx context.Context, s engine.Swept) error {
	if s.Files == 0 {
		return nil
	}
	m.core.Log.Info("files that nothing named were deleted", "files", s.Files, "bytes", s.Bytes, "kept", m.config.Keep)
	return m.core.Record.State.Update(ctx, func(tx record.Tx) error {
		sum, err := engine.SweptOf(tx)
		if err != nil {
			return err
		}
		sum.Files, sum.Bytes, sum.At = sum.Files+s.Files, sum.Bytes+s.Bytes, m.core.Now()
		return engine.PutSwept(tx, sum)
	})
}
