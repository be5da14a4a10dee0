package operate

import (
	"context"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// Since is what an engine has promised since a backup was made, and which the
// backup would undo: whom it has forgotten, and which keys it has revoked.
type Since struct {
	forgotten []string
	tokens    map[string]bool // the hashes of those that hold
}

// ReadSince reads the promises of the engine that a backup is to replace. It
// reads State alone: a backup is wanted most when the journal is damaged.
func ReadSince(r record.Reader) (*Since, error) {
	forgotten, err := engine.Suppressions(r)
	if err != nil {
		return nil, err
	}
	tokens, err := tokensIn(r)
	if err != nil {
		return nil, err
	}
	s := &Since{forgotten: forgotten, tokens: map[string]bool{}}
	for _, t := range tokens {
		s.tokens[t.Hash] = true
	}
	return s, nil
}

// Kept says what was kept of the promises.
type Kept struct{ Forgotten, Revoked int }

// Keep applies the promises to a restored engine: whom it forgot is forgotten
// again, and keys revoked since are revoked. With or without promises, nobody
// stays signed in, and neither invitations nor share links hold, because any of
// them may have been ended since the backup.
func (a *Access) Keep(ctx context.Context, by throughline.Actor, s *Since) (Kept, error) {
	err := a.core.Update(ctx, func(tx record.Tx) error {
		if err := clearBucket(tx, bucketSessions); err != nil {
			return err
		}
		for _, bucket := range []string{engine.BucketShares, engine.BucketSharePieces, engine.BucketShareOpened} {
			if err := clearBucket(tx, bucket); err != nil {
				return err
			}
		}
		return clearBucket(tx, bucketInvitations)
	})
	if err != nil || s == nil {
		return Kept{}, err
	}
	if err := a.core.Vault().Suppress(ctx, s.forgotten, by); err != nil {
		return Kept{}, err
	}
	k := Kept{Forgotten: len(s.forgotten)}
	tokens, err := a.readTokens(ctx)
	if err != nil {
		return k, err
	}
	for _, t := range tokens {
		if s.tokens[t.Hash] {
			continue
		}
		if err := a.RevokeToken(ctx, engine.AtShell(by), t.Name); err != nil {
			return k, err
		}
		k.Revoked++
	}
	return k, nil
}
