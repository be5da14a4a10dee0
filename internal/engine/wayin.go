package engine

import (
	"encoding/json"

	"github.com/throughline-engine/throughline/internal/record"
)

// Buckets of the ways by which a person comes in. The use cases of access write
// them; they are named here because a person's removal, which is a release, must
// close every one.
const (
	BucketCredentials = "credential" // person -> a password's hash
	BucketSessions    = "session"    // secret hash -> session
	BucketIdentities  = "identity"   // hash of issuer and subject -> whose it is
	BucketDevices     = "device"     // secret hash -> browser of a person
	BucketInvitations = "invitation" // secret hash -> one-time link
)

// CloseWaysIn takes from a person every way to come in, and every link they made
// for others, which they could still hold. Whoever is declared under
// the name later may be somebody else, and begins with an invitation.
func CloseWaysIn(tx record.Tx, person string) error {
	if err := tx.Delete(BucketCredentials, person); err != nil {
		return err
	}
	for _, bucket := range []string{BucketSessions, BucketIdentities, BucketDevices, BucketInvitations} {
		if err := closeThose(tx, bucket, person); err != nil {
			return err
		}
	}
	return nil
}

func closeThose(tx record.Tx, bucket, person string) error {
	for e, err := range tx.List(bucket, "", "") {
		if err != nil {
			return err
		}
		var way struct{ Person, By string }
		if err := json.Unmarshal(e.Value, &way); err != nil {
			return err
		}
		if way.Person != person && way.By != person {
			continue
		}
		if err := tx.Delete(bucket, e.Key); err != nil {
			return err
		}
	}
	return nil
}
