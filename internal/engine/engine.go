// Package engine is what the use cases share: one engine's record, its clock,
// its ids and secrets, the vault that seals what belongs to a recipient, the
// relay from State to Journal, and the projection that pages and policies read.
//
// The use cases themselves are in its subpackages, named after what people do:
// content, live, recipients, operate, evaluate. They do not import each other.
package engine

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// Core is one engine's record and everything a use case needs beside it.
type Core struct {
	Record record.Record
	// Clock tells the time; the same clock everywhere in one process.
	Clock func() time.Time
	// Log takes what a person who runs the engine should know. It never gets a
	// trait, an address or a secret.
	Log *slog.Logger

	identity identity
	vault    *Vault
	relay    *relay
}

// identity is made once, when a record is first opened.
type identity struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	// Secret signs decision ids; Pepper keys the hashes of units and tokens.
	Secret []byte `json:"secret"`
	Pepper []byte `json:"pepper"`
}

// KeyHead is the number of the release in force, in BucketEngine.
const KeyHead = "head"

// The buckets of State that more than one use case reads.
const (
	BucketEngine    = "engine"   // identity, ownership
	BucketHead      = "resource" // Kind/name -> digest of the revision in force
	BucketRevisions = "revision" // digest -> canonical resource
	BucketReleases  = "release"  // %09d -> release
	BucketLive      = "live"     // what is being served
	BucketHolds     = "hold"     // unit hash/placement -> a choice kept for good
	BucketPast      = "past"     // digest of a file that an asset in force had once -> nothing
)

// Open returns the core of the engine kept in the record, which is made when
// the record is empty.
func Open(ctx context.Context, rec record.Record, clock func() time.Time, log *slog.Logger) (*Core, error) {
	c := &Core{Record: rec, Clock: clock, Log: log}
	head, err := rec.Journal.Head(ctx)
	if err != nil {
		return nil, err
	}
	err = rec.State.Update(ctx, func(tx record.Tx) error { return c.openIdentity(tx, head) })
	if err != nil {
		return nil, err
	}
	c.vault = newVault(c)
	c.relay = newRelay(c)
	// A damaged journal takes nothing; what is live is served all the same.
	if err := c.relay.runOnce(ctx); err != nil && throughline.CodeOf(err) != throughline.Corrupt {
		return nil, err
	}
	// The first event says that the engine was made; without it the journal is
	// not this engine's, or is gone.
	if head, err = rec.Journal.Head(ctx); err == nil && head.Seq == 0 {
		err = JournalMissing(0, 1)
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

// JournalMissing is the error of a journal that ends before an event which the
// rest of the record knows.
func JournalMissing(ends, known uint64) error {
	return throughline.Errorf(throughline.Corrupt, "the journal ends at event %d, and the rest of the record knows of event %d: a part of it is missing", ends, known).
		WithFix("restore the latest backup; keep the damaged folder")
}

// openIdentity reads who the engine is, or makes it of an empty record. Half a
// record is refused: going on with it would be another engine's history.
func (c *Core) openIdentity(tx record.Tx, head record.Head) error {
	e, err := tx.Get(BucketEngine, "identity")
	if err == nil {
		return json.Unmarshal(e.Value, &c.identity)
	}
	if throughline.CodeOf(err) != throughline.NotFound {
		return err
	}
	if head.Seq > 0 {
		return throughline.Errorf(throughline.Corrupt, "the journal has %d events, and the state that belongs to them is missing", head.Seq).
			WithFix("restore the latest backup; keep the damaged folder")
	}
	now := c.now()
	id := throughline.NewID(now, random10())
	c.identity = identity{ID: id.String(), Created: now, Secret: RandomBytes(32), Pepper: RandomBytes(32)}
	b, err := json.Marshal(c.identity)
	if err != nil {
		return err
	}
	if _, err := tx.Put(BucketEngine, "identity", b, 0); err != nil {
		return err
	}
	return tx.Outbox(c.NewEvent(throughline.EventEngineCreated, throughline.EngineCreated{}, throughline.Actor{Kind: throughline.ActorSystem}, "engine.created"))
}

// ID returns the engine's id, which is on every event.
func (c *Core) ID() string { return c.identity.ID }

// Secret returns the key that signs decision ids.
func (c *Core) Secret() []byte { return c.identity.Secret }

// Pepper returns the key under which secrets and units are hashed.
func (c *Core) Pepper() []byte { return c.identity.Pepper }

// Vault returns the keeper of recipients' keys.
func (c *Core) Vault() *Vault { return c.vault }

// now is the clock in the record's precision.
func (c *Core) now() time.Time { return c.Clock().UTC().Truncate(time.Microsecond) }

// Now returns the time in UTC with microseconds, as events carry it.
func (c *Core) Now() time.Time { return c.now() }

// NewID returns a new id for now.
func (c *Core) NewID() throughline.ID { return throughline.NewID(c.Clock(), random10()) }

// NewEvent returns an event that happens now. Key may be empty for events that
// cannot come twice.
func (c *Core) NewEvent(t throughline.EventType, payload any, by throughline.Actor, key string, objects ...throughline.Object) throughline.Event {
	now := c.now()
	return throughline.Event{
		ID: c.NewID(), Engine: c.identity.ID, Type: t, Version: 1,
		OccurredAt: now, RecordedAt: now, Actor: by, Objects: objects,
		Source: "engine", Key: key, Data: throughline.EncodeData(payload),
	}
}

// Update runs fn in a transaction of State, which is durable when Update
// returns nil, with the events it left in the outbox. They are relayed to the
// journal at once if that is possible, else by [Core.Relay]: an error means that
// nothing was changed, never that the journal is behind.
func (c *Core) Update(ctx context.Context, fn func(record.Tx) error) error {
	if err := c.Record.State.Update(ctx, fn); err != nil {
		return err
	}
	_ = c.relay.runOnce(context.WithoutCancel(ctx)) // kept as RelayTrouble; what is done is told, though the asker left
	return nil
}

// Relay moves what Update could not, and what other processes left behind, from
// the outbox to the journal, until ctx ends.
func (c *Core) Relay(ctx context.Context) error { return c.relay.run(ctx) }

// RelayNow moves the whole outbox to the journal, for those who need it there
// before they go on.
func (c *Core) RelayNow(ctx context.Context) error { return c.relay.runOnce(ctx) }

// RelayTrouble returns why the outbox could not be moved to the journal last,
// or nil when it could.
func (c *Core) RelayTrouble() error { return c.relay.trouble() }

// RandomBytes returns n bytes nobody can guess.
func RandomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never fails; the process would end first
	return b
}

// RandomText returns n random bytes as text for URLs and headers.
func RandomText(n int) string { return base64.RawURLEncoding.EncodeToString(RandomBytes(n)) }

func random10() (r [10]byte) {
	rand.Read(r[:])
	return r
}

// GetJSON reads one entry of State into v and returns its version.
func GetJSON(r record.Reader, bucket, key string, v any) (version int64, err error) {
	e, err := r.Get(bucket, key)
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(e.Value, v); err != nil {
		return 0, throughline.Errorf(throughline.Corrupt, "state entry %s/%s cannot be read: %w", bucket, key, err)
	}
	return e.Version, nil
}

// EachJSON hands every entry of a bucket, read as a T, to do, by key, until that
// returns an error.
func EachJSON[T any](r record.Reader, bucket string, do func(key string, v T) error) error {
	for e, err := range r.List(bucket, "", "") {
		if err != nil {
			return err
		}
		var v T
		if err := json.Unmarshal(e.Value, &v); err != nil {
			return throughline.Errorf(throughline.Corrupt, "state entry %s/%s cannot be read: %w", bucket, e.Key, err)
		}
		if err := do(e.Key, v); err != nil {
			return err
		}
	}
	return nil
}

// PutJSON writes v as one entry of State.
func PutJSON(tx record.Tx, bucket, key string, v any, ifVersion int64) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = tx.Put(bucket, key, b, ifVersion)
	return err
}
