package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// folds is record.Folds. Checkpoints lie in state.db and share its transactions.
type folds struct{ state *state }

var _ record.Folds = folds{}

// Load implements record.Folds.
func (f folds) Load(ctx context.Context, name string) (c record.Checkpoint, err error) {
	err = f.state.reading(ctx, func(in *session) error {
		var seq int64
		err := in.conn.QueryRowContext(ctx, "SELECT version, seq, data FROM fold WHERE name = ?", name).Scan(&c.Version, &seq, &c.Data)
		if errors.Is(err, sql.ErrNoRows) {
			return throughline.Errorf(throughline.NotFound, "there is no checkpoint of %s", name)
		}
		c.Seq = uint64(seq)
		return in.db.failed("read", err)
	})
	return c, err
}

// Save implements record.Folds.
func (f folds) Save(ctx context.Context, name string, c record.Checkpoint) error {
	data := c.Data
	if data == nil {
		data = []byte{}
	}
	return f.state.update(ctx, func(t *tx) error {
		return t.exec(t.session.folded, name, c.Version, int64(c.Seq), data)
	})
}
