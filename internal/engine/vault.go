package engine

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"sync"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// Vault keeps one random id and one key for each recipient, and seals what
// belongs to the recipient under that key. Destroying the key erases all of it
// at once, wherever copies lie.
//
// A unit (the id a client uses for someone) is found again only through a keyed
// hash, so State does not hold it either.
type Vault struct {
	core *Core

	mu    sync.Mutex
	cache map[string]*subject // by unit hash; bounded by cacheLimit
	// erasures counts those this process knows of: what was read before one is
	// not cached after it.
	erasures int
}

// subject is a recipient the engine may record.
type subject struct {
	ID  throughline.ID `json:"id"`
	Key []byte         `json:"key"`
	// suppressed recipients were forgotten: nothing about them is recorded.
	suppressed bool
}

const (
	bucketSubjects   = "subject"     // unit hash -> subject
	bucketSubjectIDs = "subject-id"  // subject id -> unit hash
	bucketSuppressed = "suppression" // unit hash -> when

	// cacheLimit bounds the subjects kept in memory, about 300 bytes each. Their
	// ciphers, five times as large, are made when they are needed.
	cacheLimit = 50_000
)

func newVault(c *Core) *Vault { return &Vault{core: c, cache: map[string]*subject{}} }

// UnitHash is the only trace of a unit in State: what is kept of a recipient
// goes under it.
func (v *Vault) UnitHash(unit string) string {
	mac := hmac.New(sha256.New, v.core.identity.Pepper)
	mac.Write([]byte("unit\x00"))
	mac.Write([]byte(unit))
	return hex.EncodeToString(mac.Sum(nil)[:20])
}

// Sealer seals for the recipients of one batch.
type Sealer struct{ subjects map[string]*subject }

// Subject returns the id that events about the unit carry, and false for a
// recipient who was forgotten and may not be recorded.
func (s Sealer) Subject(unit string) (throughline.ID, bool) {
	sub := s.subjects[unit]
	if sub == nil || sub.suppressed {
		return throughline.ID{}, false
	}
	return sub.ID, true
}

// Seal encrypts plain for the unit's subject, bound to the event that carries
// it. It returns nil for a recipient who was forgotten.
func (s Sealer) Seal(unit string, event throughline.ID, plain []byte) []byte {
	sub := s.subjects[unit]
	if sub == nil || sub.suppressed || len(plain) == 0 {
		return nil
	}
	aead, err := sub.cipher()
	if err != nil {
		return nil // never: the key was tried when it was read
	}
	nonce := RandomBytes(aead.NonceSize())
	return aead.Seal(nonce, nonce, plain, event[:])
}

// Admit returns a sealer for the units, making a subject for each that is new.
// New subjects are durable before it returns.
func (v *Vault) Admit(ctx context.Context, units []string) (Sealer, error) {
	s := Sealer{subjects: make(map[string]*subject, len(units))}
	missing := map[string]string{} // hash -> unit
	v.mu.Lock()
	before := v.erasures
	for _, u := range units {
		h := v.UnitHash(u)
		if sub, ok := v.cache[h]; ok {
			s.subjects[u] = sub
		} else {
			missing[h] = u
		}
	}
	v.mu.Unlock()
	if len(missing) == 0 {
		return s, nil
	}
	found, err := v.load(ctx, missing)
	if err != nil {
		return Sealer{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for h, sub := range found {
		s.subjects[missing[h]] = sub
		if v.erasures != before {
			continue
		}
		if len(v.cache) >= cacheLimit {
			clear(v.cache)
		}
		v.cache[h] = sub
	}
	return s, nil
}

// Follow forgets whom other processes on the record forget, until ctx ends.
func (v *Vault) Follow(ctx context.Context) error {
	changes := v.core.Record.State.Watch(ctx, bucketSuppressed)
	for watching := true; watching; _, watching = <-changes { // once before: somebody may be forgotten already
		v.uncache()
	}
	return ctx.Err()
}

// uncache makes every recipient be looked up again.
func (v *Vault) uncache() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.erasures++
	clear(v.cache)
}

// load reads the subjects of the hashes, and creates those that do not exist in
// one transaction.
func (v *Vault) load(ctx context.Context, missing map[string]string) (map[string]*subject, error) {
	found := map[string]*subject{}
	err := v.core.Record.State.View(ctx, func(r record.Reader) error {
		for h := range missing {
			sub, err := v.read(r, h)
			if err != nil {
				return err
			}
			if sub != nil {
				found[h] = sub
			}
		}
		return nil
	})
	if err != nil || len(found) == len(missing) {
		return found, err
	}
	known := found
	err = v.core.Record.State.Update(ctx, func(tx record.Tx) error {
		found = maps.Clone(known) // what an attempt made that was rolled back has no key in State
		for h := range missing {
			if found[h] != nil {
				continue
			}
			sub, err := v.read(tx, h) // another process may have been faster
			if err != nil {
				return err
			}
			if sub == nil {
				if sub, err = v.create(tx, h); err != nil {
					return err
				}
			}
			found[h] = sub
		}
		return nil
	})
	return found, err
}

func (v *Vault) read(r record.Reader, hash string) (*subject, error) {
	suppressed, err := Suppressed(r, hash)
	if err != nil || suppressed {
		return &subject{suppressed: true}, err
	}
	sub := new(subject)
	_, err = GetJSON(r, bucketSubjects, hash, sub)
	if throughline.CodeOf(err) == throughline.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	_, err = sub.cipher()
	return sub, err
}

// Suppressed reports whether the unit of the hash was forgotten.
func Suppressed(r record.Reader, hash string) (bool, error) {
	_, err := r.Get(bucketSuppressed, hash)
	if throughline.CodeOf(err) == throughline.NotFound {
		return false, nil
	}
	return err == nil, err
}

// Find returns the subject of a unit, zero for one never recorded, and whether it
// was forgotten. It makes none.
func (v *Vault) Find(ctx context.Context, unit string) (id throughline.ID, suppressed bool, err error) {
	err = v.core.Record.State.View(ctx, func(r record.Reader) error {
		sub, err := v.read(r, v.UnitHash(unit))
		if err == nil && sub != nil {
			id, suppressed = sub.ID, sub.suppressed
		}
		return err
	})
	return id, suppressed, err
}

func (v *Vault) create(tx record.Tx, hash string) (*subject, error) {
	sub := &subject{ID: v.core.NewID(), Key: RandomBytes(32)}
	if err := PutJSON(tx, bucketSubjects, hash, sub, 0); err != nil {
		return nil, err
	}
	if _, err := tx.Put(bucketSubjectIDs, sub.ID.String(), []byte(hash), 0); err != nil {
		return nil, err
	}
	return sub, nil
}

// cipher returns what seals under the subject's key, about 1.4 kB.
func (s *subject) cipher() (cipher.AEAD, error) {
	block, err := aes.NewCipher(s.Key)
	if err != nil {
		return nil, throughline.Errorf(throughline.Corrupt, "the key of subject %s cannot be used: %w", s.ID, err)
	}
	return cipher.NewGCM(block)
}

// Reveal returns what was sealed in an event, and false when the recipient was
// forgotten.
func (v *Vault) Reveal(ctx context.Context, e throughline.Event) ([]byte, bool, error) {
	if len(e.Sealed) == 0 {
		return nil, true, nil
	}
	plain, err := v.RevealAll(ctx, []throughline.Event{e})
	if err != nil {
		return nil, false, err
	}
	return plain[0], plain[0] != nil, nil
}

// RevealAll returns what was sealed in each event; nil where nothing was, or
// where the recipient was forgotten.
func (v *Vault) RevealAll(ctx context.Context, events []throughline.Event) ([][]byte, error) {
	subjects := map[throughline.ID]*subject{} // nil for one who was forgotten
	plain := make([][]byte, len(events))
	return plain, v.core.Record.State.View(ctx, func(r record.Reader) error {
		for i := range events {
			e := &events[i]
			if len(e.Sealed) == 0 {
				continue
			}
			sub, ok := subjects[e.Subject]
			if !ok {
				var err error
				if sub, err = v.bySubject(r, e.Subject); err != nil {
					return err
				}
				subjects[e.Subject] = sub
			}
			if sub == nil {
				continue
			}
			var err error
			if plain[i], err = sub.reveal(e); err != nil {
				return err
			}
		}
		return nil
	})
}

// bySubject finds a recipient by the id that events carry; nil for one who was
// forgotten.
func (v *Vault) bySubject(r record.Reader, id throughline.ID) (*subject, error) {
	hash, err := r.Get(bucketSubjectIDs, id.String())
	if throughline.CodeOf(err) == throughline.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sub, err := v.read(r, string(hash.Value))
	if err != nil || sub == nil || sub.suppressed {
		return nil, err
	}
	return sub, nil
}

func (s *subject) reveal(e *throughline.Event) ([]byte, error) {
	aead, err := s.cipher()
	if err != nil {
		return nil, err
	}
	n := aead.NonceSize()
	if len(e.Sealed) < n {
		return nil, throughline.Errorf(throughline.Corrupt, "event %s: what it seals is cut short", e.ID)
	}
	plain, err := aead.Open(nil, e.Sealed[:n], e.Sealed[n:], e.ID[:])
	if err != nil {
		return nil, throughline.Errorf(throughline.Corrupt, "event %s: what it seals does not match its key: %w", e.ID, err)
	}
	return plain, nil
}

// Forget destroys the unit's key and suppresses the unit. It reports the
// subject that was erased, or false when the engine never recorded the unit.
// Either way nothing is recorded of it from now on.
func (v *Vault) Forget(ctx context.Context, unit string, by throughline.Actor) (throughline.ID, bool, error) {
	hash := v.UnitHash(unit)
	var id throughline.ID
	err := v.core.Update(ctx, func(tx record.Tx) error {
		var err error
		id, err = v.erase(tx, hash, by)
		return err
	})
	v.uncache()
	return id, !id.IsZero(), err
}

func (v *Vault) erase(tx record.Tx, hash string, by throughline.Actor) (throughline.ID, error) {
	when, err := json.Marshal(v.core.now())
	if err != nil {
		return throughline.ID{}, err
	}
	if _, err := tx.Put(bucketSuppressed, hash, when, record.AnyVersion); err != nil {
		return throughline.ID{}, err
	}
	var sub subject
	_, err = GetJSON(tx, bucketSubjects, hash, &sub)
	if throughline.CodeOf(err) == throughline.NotFound {
		return throughline.ID{}, nil
	}
	if err != nil {
		return throughline.ID{}, err
	}
	for e, err := range tx.List(BucketHolds, hash+"/", "") {
		if err != nil {
			return throughline.ID{}, err
		}
		if err := tx.Delete(BucketHolds, e.Key); err != nil {
			return throughline.ID{}, err
		}
	}
	if err := tx.Delete(bucketSubjects, hash); err != nil {
		return throughline.ID{}, err
	}
	if err := tx.Delete(bucketSubjectIDs, sub.ID.String()); err != nil {
		return throughline.ID{}, err
	}
	e := v.core.NewEvent(throughline.EventSubjectErased, throughline.SubjectErased{}, by, "erase/"+sub.ID.String())
	e.Subject = sub.ID
	return sub.ID, tx.Outbox(e)
}

// Suppressions returns the hashes of every forgotten unit, which a restore
// applies again.
func Suppressions(r record.Reader) ([]string, error) {
	var hashes []string
	for e, err := range r.List(bucketSuppressed, "", "") {
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, e.Key)
	}
	return hashes, nil
}

// Suppress erases the units of the hashes again, as after a restore.
func (v *Vault) Suppress(ctx context.Context, hashes []string, by throughline.Actor) error {
	defer v.uncache()
	return v.core.Update(ctx, func(tx record.Tx) error {
		for _, h := range hashes {
			if _, err := v.erase(tx, h, by); err != nil {
				return err
			}
		}
		return nil
	})
}
