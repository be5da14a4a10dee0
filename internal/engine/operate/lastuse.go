package operate

import (
	"context"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// bucketLastUse keeps the last day a token was used: name -> lastUse. Nothing is
// kept of where a request came from.
const bucketLastUse = "token-used"

// lastUse is a day in UTC, such as 2026-05-04.
type lastUse struct {
	Day string `json:"day"`
}

// waitingUses is how many tokens may wait for their day to be written; of more
// the next request tells again.
const waitingUses = 64

// use notes that a token let a request in. It waits for nothing: the first of a
// day leaves word for Run, and the others find that said already.
func (a *Access) use(name string) {
	day := a.core.Now().UTC().Format(time.DateOnly)
	if said, ok := a.usedOn.Load(name); ok && said == day {
		return
	}
	select {
	case a.uses <- name:
		a.usedOn.Store(name, day)
	default:
	}
}

// Run writes down on which day each token was last used, until ctx ends. Without
// it nobody learns of today's.
func (a *Access) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case name := <-a.uses:
			if err := a.keepUse(ctx, name); err != nil && ctx.Err() == nil {
				a.usedOn.Delete(name) // the next request tells again
				a.core.Log.Warn("the day a token was last used is not written down", "token", name, "error", err)
			}
		}
	}
}

func (a *Access) keepUse(ctx context.Context, name string) error {
	day := a.core.Now().UTC().Format(time.DateOnly)
	return a.core.Update(ctx, func(tx record.Tx) error {
		if _, err := tx.Get(engine.BucketTokens, name); err != nil {
			return ignoreNotFound(err) // revoked meanwhile
		}
		return engine.PutJSON(tx, bucketLastUse, name, lastUse{day}, record.AnyVersion)
	})
}

// forgetUse drops what is known of a token's use: another of the same name begins
// anew.
func (a *Access) forgetUse(tx record.Tx, name string) error {
	a.usedOn.Delete(name)
	_, err := tx.Get(bucketLastUse, name)
	if err == nil {
		return tx.Delete(bucketLastUse, name)
	}
	return ignoreNotFound(err)
}

// lastUsed fills in when each token was last used.
func lastUsed(r record.Reader, tokens []storedToken) error {
	for i := range tokens {
		var last lastUse
		_, err := engine.GetJSON(r, bucketLastUse, tokens[i].Name, &last)
		if throughline.CodeOf(err) == throughline.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		tokens[i].LastUsed = last.Day
	}
	return nil
}
