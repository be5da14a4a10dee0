package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"strings"
	"time"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// pruneSlices is into how many slices of the key space a day's pruning is cut.
// Keys are hashes, so slices are alike; one every 21 seconds is a few thousand
// rows when ten million keys are remembered.
const pruneSlices = 4096

func dayOf(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }

// remembering inserts so many keys with one statement, which costs a fraction of
// as many statements.
type remembering struct {
	keys int
	stmt *sql.Stmt
	args []any // room for the statement's arguments
}

// rememberings returns them, the largest first.
func rememberings() []remembering {
	var all []remembering
	for _, keys := range []int{64, 8, 1} {
		all = append(all, remembering{keys: keys, args: make([]any, 2*keys)})
	}
	return all
}

// text fails as a whole when one of the keys is there already.
func (r *remembering) text() string {
	return "INSERT INTO seen (key16, day) VALUES (?, ?)" + strings.Repeat(", (?, ?)", r.keys-1)
}

// run reports false, and changes nothing, if one of the keys was there already.
func (r *remembering) run(ctx context.Context, keys []key16, day int64) (fresh bool, err error) {
	for i := range keys {
		r.args[2*i], r.args[2*i+1] = keys[i][:], day
	}
	_, err = r.stmt.ExecContext(ctx, r.args...)
	if e, ok := errors.AsType[*driver.Error](err); ok && e.Code()&0xff == codes.SQLITE_CONSTRAINT {
		return false, nil
	}
	return true, err
}

// knownKeys remembers the keys of the group and reports for each, in order,
// whether it was remembered before, by an earlier event of the group too.
func (j *journal) knownKeys(ctx context.Context, group []*appending) (known []bool, err error) {
	var keys []key16
	for _, a := range group {
		keys = append(keys, a.keys...)
	}
	day := dayOf(j.cfg.Clock())
	known = make([]bool, 0, len(keys))
	one := &j.remember[len(j.remember)-1]
	for len(keys) > 0 {
		r := one
		for i := range j.remember {
			if j.remember[i].keys <= len(keys) {
				r = &j.remember[i]
				break
			}
		}
		some := keys[:r.keys]
		keys = keys[r.keys:]
		fresh, err := r.run(ctx, some, day)
		if err != nil {
			return nil, err
		}
		if fresh || r == one {
			for range some {
				known = append(known, !fresh)
			}
			continue
		}
		for i := range some { // one of them is known: find out which
			fresh, err := one.run(ctx, some[i:i+1], day)
			if err != nil {
				return nil, err
			}
			known = append(known, !fresh)
		}
	}
	return known, nil
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
