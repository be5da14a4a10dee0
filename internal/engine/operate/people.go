package operate

import (
	"context"
	"crypto/subtle"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

const (
	bucketCredentials = "credential" // person -> credential
	bucketSessions    = "session"    // secret hash -> session
	bucketInvitations = "invitation" // secret hash -> invitation
	keyOwnership      = "ownership"  // in BucketEngine

	sessionLife    = 14 * 24 * time.Hour
	invitationLife = 24 * time.Hour
	minPassword    = 10
	maxPassword    = 256

	// Argon2id with the second recommended option of RFC 9106, section 4:
	// 3 passes over 64 MiB, 4 lanes.
	argonTime, argonMemory, argonLanes, argonKey = 3, 64 << 10, 4, 32
)

type credential struct {
	Salt []byte `json:"salt"`
	Hash []byte `json:"hash"`
}

type session struct {
	Person  string    `json:"person"`
	Expires time.Time `json:"expires"`
}

type invitation struct {
	Expires time.Time `json:"expires"`
}

// Ownership says who answers for the engine, and whether they said yes.
type Ownership struct {
	// Person is the owner's resource name, empty before an Engine is declared.
	Person string `json:"person"`
	// Name is what colleagues call them.
	Name       string    `json:"name"`
	Initials   string    `json:"initials"`
	Accepted   bool      `json:"accepted"`
	AcceptedAt time.Time `json:"acceptedAt,omitzero"`
	// Engine is the title of the engine.
	Engine string `json:"engine"`
}

type accepted struct {
	Person string    `json:"person"`
	At     time.Time `json:"at"`
}

// Ownership returns who answers for the engine. Acceptance is of one person:
// when the declared owner changes, it is open again.
func (a *Access) Ownership(ctx context.Context) (o Ownership, err error) {
	err = a.core.Record.State.View(ctx, func(r record.Reader) error {
		o, err = ownership(a.core, r)
		return err
	})
	return o, err
}

func ownership(core *engine.Core, r record.Reader) (Ownership, error) {
	owner, err := core.Owner(r)
	if err != nil {
		return Ownership{}, err
	}
	o := Ownership{Engine: owner.EngineTitle, Person: owner.Person, Name: owner.Name, Initials: owner.Initials}
	var acc accepted
	if _, err := engine.GetJSON(r, engine.BucketEngine, keyOwnership, &acc); err != nil && throughline.CodeOf(err) != throughline.NotFound {
		return o, err
	}
	if acc.Person == o.Person && o.Person != "" {
		o.Accepted, o.AcceptedAt = true, acc.At
	}
	return o, nil
}

// InviteOwner makes the secret of a one-time link by which the declared owner
// sets a password and accepts. It lasts a day, and ends the one before.
func (a *Access) InviteOwner(ctx context.Context) (secret string, err error) {
	secret = engine.RandomText(32)
	err = a.core.Update(ctx, func(tx record.Tx) error {
		if err := clearBucket(tx, bucketInvitations); err != nil {
			return err
		}
		inv := invitation{Expires: a.core.Now().Add(invitationLife)}
		return engine.PutJSON(tx, bucketInvitations, a.hash("invitation", secret), inv, 0)
	})
	return secret, err
}

// Invited returns who would accept with the secret. A secret that was used,
// has expired or never was is NotFound.
func (a *Access) Invited(ctx context.Context, secret string) (o Ownership, err error) {
	err = a.core.Record.State.View(ctx, func(r record.Reader) error {
		o, err = a.invited(r, secret)
		return err
	})
	return o, err
}

func (a *Access) invited(r record.Reader, secret string) (Ownership, error) {
	var inv invitation
	_, err := engine.GetJSON(r, bucketInvitations, a.hash("invitation", secret), &inv)
	if throughline.CodeOf(err) == throughline.NotFound || err == nil && a.core.Now().After(inv.Expires) {
		return Ownership{}, throughline.Errorf(throughline.NotFound, "this link was used already, or has expired").
			WithFix("restart the engine: it prints a new one until somebody has accepted")
	}
	if err != nil {
		return Ownership{}, err
	}
	o, err := ownership(a.core, r)
	if err == nil && o.Person == "" {
		err = throughline.Errorf(throughline.Conflict, "no engine is declared yet, so there is nothing to own").
			WithFix("run: throughline init, then throughline apply, and open this link again")
	}
	return o, err
}

// Accept sets the owner's password, records the acceptance and signs them in.
// The link works once.
func (a *Access) Accept(ctx context.Context, secret, password string) (cookie string, expires time.Time, err error) {
	if len(password) < minPassword || len(password) > maxPassword {
		return "", time.Time{}, throughline.Errorf(throughline.Invalid, "a password has %d to %d characters", minPassword, maxPassword).WithFix("choose a longer one; a few words are easy to keep")
	}
	if _, err := a.Invited(ctx, secret); err != nil { // before anything that costs
		return "", time.Time{}, err
	}
	leave, err := a.enterSignIn(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	cred := newCredential(password)
	leave()
	cookie = engine.RandomText(32)
	now := a.core.Now()
	expires = now.Add(sessionLife)
	err = a.core.Update(ctx, func(tx record.Tx) error {
		o, err := a.invited(tx, secret)
		if err != nil {
			return err
		}
		if err := clearBucket(tx, bucketInvitations); err != nil {
			return err
		}
		if err := engine.PutJSON(tx, bucketCredentials, o.Person, cred, record.AnyVersion); err != nil {
			return err
		}
		if err := a.putSession(tx, cookie, session{o.Person, expires}); err != nil {
			return err
		}
		return a.accept(tx, o.Person, now)
	})
	return cookie, expires, err
}

// AcceptFor records that a person has accepted without asking: the example
// owner of the demo, who exists only there.
func (a *Access) AcceptFor(ctx context.Context, person string) error {
	return a.core.Update(ctx, func(tx record.Tx) error { return a.accept(tx, person, a.core.Now()) })
}

func (a *Access) accept(tx record.Tx, person string, at time.Time) error {
	if err := engine.PutJSON(tx, engine.BucketEngine, keyOwnership, accepted{person, at}, record.AnyVersion); err != nil {
		return err
	}
	by := throughline.Actor{Kind: throughline.ActorPerson, ID: person}
	payload := throughline.OwnerAccepted{Person: person, Role: "owner"}
	return tx.Outbox(a.core.NewEvent(throughline.EventOwnerAccepted, payload, by, "accept/"+a.core.NewID().String()))
}

// SignIn returns a session cookie for a person's name and password. It takes
// the same time whether or not the person exists.
func (a *Access) SignIn(ctx context.Context, person, password string) (cookie string, expires time.Time, err error) {
	leave, err := a.enterSignIn(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	defer leave()
	cred := credential{Salt: make([]byte, 16), Hash: make([]byte, argonKey)}
	err = a.core.Record.State.View(ctx, func(r record.Reader) error {
		works, err := worksHere(r, person)
		if err != nil || !works {
			return err
		}
		_, err = engine.GetJSON(r, bucketCredentials, person, &cred)
		if throughline.CodeOf(err) == throughline.NotFound {
			return nil
		}
		return err
	})
	if err != nil {
		return "", time.Time{}, err
	}
	got := argon2.IDKey([]byte(password), cred.Salt, argonTime, argonMemory, argonLanes, argonKey)
	if len(password) > maxPassword || subtle.ConstantTimeCompare(got, cred.Hash) != 1 {
		return "", time.Time{}, throughline.Errorf(throughline.Unauthorized, "name and password do not match").WithFix("check both; the owner's name is the Person's, such as ana")
	}
	cookie = engine.RandomText(32)
	expires = a.core.Now().Add(sessionLife)
	err = a.core.Update(ctx, func(tx record.Tx) error {
		return a.putSession(tx, cookie, session{person, expires})
	})
	return cookie, expires, err
}

// enterSignIn waits for the right to hash a password, which takes 64 MiB.
func (a *Access) enterSignIn(ctx context.Context) (leave func(), err error) {
	select {
	case a.signingIn <- struct{}{}:
		return func() { <-a.signingIn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// worksHere reports whether a person is declared: one who is not may not sign
// in, and their sessions are over.
func worksHere(r record.Reader, person string) (bool, error) {
	if !throughline.ValidName(person) {
		return false, nil
	}
	_, err := engine.Resource(r, throughline.Ref{Kind: throughline.KindPerson, Name: person})
	if throughline.CodeOf(err) == throughline.NotFound {
		return false, nil
	}
	return err == nil, err
}

func newCredential(password string) credential {
	salt := engine.RandomBytes(16)
	return credential{salt, argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)}
}

// putSession keeps a session, and takes out those that are over.
func (a *Access) putSession(tx record.Tx, cookie string, s session) error {
	for e, err := range tx.List(bucketSessions, "", "") {
		if err != nil {
			return err
		}
		var old session
		if _, err := engine.GetJSON(tx, bucketSessions, e.Key, &old); err != nil {
			return err
		}
		if a.core.Now().Before(old.Expires) {
			continue
		}
		if err := tx.Delete(bucketSessions, e.Key); err != nil {
			return err
		}
	}
	return engine.PutJSON(tx, bucketSessions, a.hash("session", cookie), s, 0)
}

// StartSession signs a person in without a password, for the demo's one-time
// link.
func (a *Access) StartSession(ctx context.Context, person string) (cookie string, expires time.Time, err error) {
	cookie, expires = engine.RandomText(32), a.core.Now().Add(sessionLife)
	err = a.core.Update(ctx, func(tx record.Tx) error {
		return a.putSession(tx, cookie, session{person, expires})
	})
	return cookie, expires, err
}

// SignOut ends a session.
func (a *Access) SignOut(ctx context.Context, cookie string) error {
	return a.core.Record.State.Update(ctx, func(tx record.Tx) error {
		return tx.Delete(bucketSessions, a.hash("session", cookie))
	})
}

func clearBucket(tx record.Tx, bucket string) error {
	for e, err := range tx.List(bucket, "", "") {
		if err != nil {
			return err
		}
		if err := tx.Delete(bucket, e.Key); err != nil {
			return err
		}
	}
	return nil
}
