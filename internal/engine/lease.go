package engine

import (
	"context"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

const bucketLeases = "lease" // name -> lease

type lease struct {
	Holder string    `json:"holder"`
	Until  time.Time `json:"until"`
}

// Lease takes or renews the named lease for the holder and reports whether the
// holder has it now. Of all processes on one record at most one holds it.
func (c *Core) Lease(ctx context.Context, name, holder string, ttl time.Duration) (held bool, err error) {
	err = c.Record.State.Update(ctx, func(tx record.Tx) error {
		var l lease
		now := c.now()
		version, err := GetJSON(tx, bucketLeases, name, &l)
		if err != nil && throughline.CodeOf(err) != throughline.NotFound {
			return err
		}
		// A lease that ends later than any given now was given by a clock gone wrong.
		held = l.Holder == holder || now.After(l.Until) || l.Until.After(now.Add(ttl))
		if !held {
			return nil
		}
		return PutJSON(tx, bucketLeases, name, lease{holder, now.Add(ttl)}, version)
	})
	if throughline.CodeOf(err) == throughline.Conflict {
		return false, nil
	}
	return held, err
}

// Leased reports whether the holder has the named lease in one state. What the
// lease guards asks in the transaction that does it: a process that was asleep
// may have lost the lease since it last looked.
func Leased(r record.Reader, name, holder string) (bool, error) {
	var l lease
	_, err := GetJSON(r, bucketLeases, name, &l)
	if throughline.CodeOf(err) == throughline.NotFound {
		return false, nil
	}
	return l.Holder == holder, err
}

// Release gives the lease back, so that another process need not wait for its
// end. One that the holder does not have is left alone.
func (c *Core) Release(ctx context.Context, name, holder string) error {
	return c.Record.State.Update(ctx, func(tx record.Tx) error {
		var l lease
		_, err := GetJSON(tx, bucketLeases, name, &l)
		if throughline.CodeOf(err) == throughline.NotFound || err == nil && l.Holder != holder {
			return nil
		}
		if err != nil {
			return err
		}
		return tx.Delete(bucketLeases, name)
	})
}
