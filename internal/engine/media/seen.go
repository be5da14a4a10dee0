package media

import (
	"context"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// bucketSeen keeps what became of the files of watched folders: the digest of
// their place -> seen.
const bucketSeen = "watched"

type seen struct {
	Mark   string    `json:"mark"`
	Became string    `json:"became"`
	At     time.Time `json:"at"`
}

// Seen reports whether a file at a place was dealt with, as its mark tells it from
// others that lay there.
func (m *Media) Seen(ctx context.Context, place, mark string) (was bool, err error) {
	err = m.core.Record.State.View(ctx, func(r record.Reader) error {
		var s seen
		_, err := engine.GetJSON(r, bucketSeen, seenKey(place), &s)
		if throughline.CodeOf(err) == throughline.NotFound {
			return nil
		}
		was = s.Mark == mark
		return err
	})
	return was, err
}

// See remembers that a file at a place was dealt with, and what became of it.
func (m *Media) See(ctx context.Context, place, mark, became string) error {
	return m.core.Record.State.Update(ctx, func(tx record.Tx) error {
		return engine.PutJSON(tx, bucketSeen, seenKey(place), seen{mark, became, m.core.Now()}, record.AnyVersion)
	})
}

func seenKey(place string) string { return throughline.DigestOf([]byte(place)).String() }
