package engine

import (
	"encoding/json"
	"time"

	"github.com/throughline-engine/throughline"
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
	BucketTokens      = "token"      // name -> service token
	// BucketFeeds counts how often a person's calendar link became another:
	// person -> count. A link of an earlier count no longer works.
	BucketFeeds = "calendar-feed"
	// Links by which somebody outside sees pieces without coming in: what each is,
	// what it holds, and when it was opened, all by the link's id.
	BucketShares      = "share"
	BucketSharePieces = "share-pieces"
	BucketShareOpened = "share-opened"
)

// keyOwnership, in BucketEngine, is who accepted last.
const keyOwnership = "ownership"

// Acceptance is who accepted the engine last, and when; the zero Acceptance when
// nobody has. When another owner is declared, the engine stays theirs until that
// one accepts.
type Acceptance struct {
	Person string    `json:"person"`
	At     time.Time `json:"at"`
}

// Accepted returns who accepted the engine last.
func Accepted(r record.Reader) (last Acceptance, err error) {
	_, err = GetJSON(r, BucketEngine, keyOwnership, &last)
	if throughline.CodeOf(err) == throughline.NotFound {
		return Acceptance{}, nil
	}
	return last, err
}

// Accept keeps that a person accepted the engine.
func Accept(tx record.Tx, last Acceptance) error {
	return PutJSON(tx, BucketEngine, keyOwnership, last, record.AnyVersion)
}

// CloseWaysIn takes from a person every way to come in, their calendar link,
// every link they made for others, which they could still hold, and the keys by
// which a program acts as they may. Keys that only read or write go on, so that no
// site goes dark. Whoever is declared under the name later may be somebody else,
// and begins with an invitation.
func CloseWaysIn(tx record.Tx, person string) error {
	if err := EndWaysIn(tx, person); err != nil {
		return err
	}
	if err := CloseFeed(tx, person); err != nil {
		return err
	}
	if err := closeKeys(tx, person); err != nil {
		return err
	}
	if err := closeShares(tx, person); err != nil {
		return err
	}
	return closeThose(tx, BucketInvitations, person)
}

// closeShares ends every link by which a person let others see pieces.
func closeShares(tx record.Tx, person string) error {
	return EachJSON(tx, BucketShares, func(id string, link struct{ By string }) error {
		if link.By != person {
			return nil
		}
		return DropShare(tx, id)
	})
}

// DropShare forgets a share link, and with it lets its secret open nothing.
func DropShare(tx record.Tx, id string) error {
	for _, bucket := range []string{BucketShares, BucketSharePieces, BucketShareOpened} {
		if err := tx.Delete(bucket, id); err != nil {
			return err
		}
	}
	return nil
}

// closeKeys ends the keys that manage and act for a person.
func closeKeys(tx record.Tx, person string) error {
	for e, err := range tx.List(BucketTokens, "", "") {
		if err != nil {
			return err
		}
		var key struct {
			Scope, CreatedBy string
			AtShell          bool
		}
		if err := json.Unmarshal(e.Value, &key); err != nil {
			return err
		}
		if key.CreatedBy != person || key.AtShell || key.Scope != "manage" {
			continue
		}
		if err := tx.Delete(BucketTokens, e.Key); err != nil {
			return err
		}
	}
	return nil
}

// EndWaysIn takes from a person their password, their linked identities, their
// sessions and the browsers known as theirs: another way takes the place of all.
func EndWaysIn(tx record.Tx, person string) error {
	if err := tx.Delete(BucketCredentials, person); err != nil {
		return err
	}
	for _, bucket := range []string{BucketIdentities, BucketSessions, BucketDevices} {
		if err := closeThose(tx, bucket, person); err != nil {
			return err
		}
	}
	return nil
}

// ForgetBrowsers makes every browser that is known as a person's a stranger.
func ForgetBrowsers(tx record.Tx, person string) error { return closeThose(tx, BucketDevices, person) }

// CloseFeed ends a person's calendar link; they may copy another.
func CloseFeed(tx record.Tx, person string) error {
	var count int
	if _, err := GetJSON(tx, BucketFeeds, person, &count); err != nil && throughline.CodeOf(err) != throughline.NotFound {
		return err
	}
	return PutJSON(tx, BucketFeeds, person, count+1, record.AnyVersion)
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
