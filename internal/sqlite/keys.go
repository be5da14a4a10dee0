package sqlite

import (
	"context"
	"encoding/binary"
	"time"
)

// pruneSlices is into how many slices of the key space a day's pruning is cut.
// Keys are hashes, so slices are alike; one every 21 seconds is a few thousand
// rows when ten million keys are remembered.
const pruneSlices = 4096

func dayOf(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }

// known remembers the key and reports whether it was remembered before.
func (j *journal) known(ctx context.Context, k key16, day int64) (bool, error) {
	result, err := j.remember.ExecContext(ctx, k[:], day)
	if err != nil {
		return false, err
	}
	added, err := result.RowsAffected()
	return added == 0, err
}

// pruneNext forgets the keys of one slice that are older than the window. Going
// through the primary key needs no index on the day, which would double what
// every append writes.
func (j *journal) pruneNext() error {
	from, to := sliceBounds(j.slice)
	j.slice = (j.slice + 1) % pruneSlices
	oldest := dayOf(j.cfg.Clock().Add(-j.cfg.KeyWindow))
	query, args := "DELETE FROM seen WHERE key16 >= ? AND day < ?", []any{from, oldest}
	if to != nil {
		query, args = query+" AND key16 < ?", append(args, to)
	}
	_, err := j.db.write.ExecContext(context.Background(), query, args...)
	return err
}

// sliceBounds returns the first key of the slice and of the one after it, nil
// after the last.
func sliceBounds(slice int) (from, to []byte) {
	const width = 1 << 16 / pruneSlices
	from = binary.BigEndian.AppendUint16(nil, uint16(slice*width))
	if slice+1 < pruneSlices {
		to = binary.BigEndian.AppendUint16(nil, uint16((slice+1)*width))
	}
	return from, to
}
