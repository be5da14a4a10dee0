package operate

import (
	"context"
	"crypto/subtle"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

const (
	bucketCredentials = engine.BucketCredentials

	minPassword = 10
	maxPassword = 256

	// Argon2id with the second recommended option of RFC 9106, section 4:
	// 3 passes over 64 MiB, 4 lanes.
	argonTime, argonMemory, argonLanes, argonKey = 3, 64 << 10, 4, 32
)

type credential struct {
	Salt []byte `json:"salt"`
	Hash []byte `json:"hash"`
}

// SignIn lets in who knows a person's password. Name is the person's, or their
// e-mail. It takes the same time whether or not the person exists; one who has
// to wait is told so before any work is done, with the code Exhausted.
func (a *Access) SignIn(ctx context.Context, name, password string, from Origin) (in Entered, err error) {
	person, cred, err := a.credentialOf(ctx, name)
	if err != nil {
		return Entered{}, err
	}
	leave, err := a.enterSignIn(ctx)
	if err != nil {
		return Entered{}, err
	}
	defer leave()
	budgets := a.budgets(name, from)
	if person != "" {
		budgets = a.budgets(person, from)
	}
	if err := a.spend(ctx, budgets); err != nil {
		return Entered{}, err
	}
	if !cred.matches(password) {
		return Entered{}, throughline.Errorf(throughline.Unauthorized, "name and password do not match").
			WithFix("check both; the name is what colleagues see, or the Person's, such as ana, or the e-mail declared for them")
	}
	err = a.core.Record.State.Update(ctx, func(tx record.Tx) error {
		if err := restoreBudgets(tx, budgets); err != nil {
			return err
		}
		in, err = a.open(tx, person, from)
		return err
	})
	return in, err
}

// credentialOf returns who a name is, and what their password is held against.
// For nobody that is a credential that nothing matches.
func (a *Access) credentialOf(ctx context.Context, name string) (person string, cred credential, err error) {
	cred = credential{Salt: make([]byte, 16), Hash: make([]byte, argonKey)}
	err = a.core.Record.State.View(ctx, func(r record.Reader) error {
		found, err := personNamed(r, name)
		if err != nil || found == "" {
			return err
		}
		person = found
		_, err = engine.GetJSON(r, bucketCredentials, person, &cred)
		return ignoreNotFound(err)
	})
	return person, cred, err
}

// personNamed returns the declared person of a name, of what colleagues call them
// or of an e-mail, or "". A name comes first; what has an @ is an e-mail and
// nothing else.
func personNamed(r record.Reader, name string) (string, error) {
	mail := strings.Contains(name, "@")
	if !mail {
		caller, _, err := personIn(r, name)
		if err != nil || !caller.Stranger() {
			return caller.Actor.ID, err
		}
	}
	found := ""
	for res, err := range engine.InForce(r, throughline.KindPerson) {
		if err != nil {
			return "", err
		}
		p := res.Spec.(*throughline.Person)
		if mail && strings.EqualFold(p.Email, name) || !mail && name != "" && strings.EqualFold(p.Name, name) {
			if found != "" { // two have it, so it names neither
				return "", nil
			}
			found = res.Metadata.Name
		}
	}
	return found, nil
}

// matches takes the same time for every password.
func (c credential) matches(password string) bool {
	long := len(password) > maxPassword
	if long {
		password = password[:maxPassword]
	}
	got := argon2.IDKey([]byte(password), c.Salt, argonTime, argonMemory, argonLanes, argonKey)
	return subtle.ConstantTimeCompare(got, c.Hash) == 1 && !long
}

func newCredential(password string) credential {
	salt := engine.RandomBytes(16)
	return credential{salt, argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)}
}

func checkPassword(password string) error {
	if len(password) >= minPassword && len(password) <= maxPassword {
		return nil
	}
	return throughline.Errorf(throughline.Invalid, "a password has %d to %d characters", minPassword, maxPassword).
		WithFix("choose a longer one; a few words are easy to keep")
}

// ChangePassword gives a signed-in person another password, if they know the one
// they have, and ends their other sessions.
func (a *Access) ChangePassword(ctx context.Context, v Visit, old, password string, from Origin) error {
	if err := checkPassword(password); err != nil {
		return err
	}
	person, cred, err := a.credentialOf(ctx, v.Caller.Actor.ID)
	if err != nil {
		return err
	}
	leave, err := a.enterSignIn(ctx)
	if err != nil {
		return err
	}
	defer leave()
	budgets := a.budgets(v.Caller.Actor.ID, from)
	if err := a.spend(ctx, budgets); err != nil {
		return err
	}
	if !cred.matches(old) || person == "" {
		return throughline.Errorf(throughline.Invalid, "that is not your password of today").WithFix("type the one you signed in with; a steward can make you a link for a new one")
	}
	fresh := newCredential(password)
	return a.core.Record.State.Update(ctx, func(tx record.Tx) error {
		if err := restoreBudgets(tx, budgets); err != nil {
			return err
		}
		if err := engine.PutJSON(tx, bucketCredentials, person, fresh, record.AnyVersion); err != nil {
			return err
		}
		return a.endSessions(tx, person, v.Session)
	})
}

// HasPassword reports whether a person can sign in with a password.
func (a *Access) HasPassword(ctx context.Context, person string) (has bool, err error) {
	err = a.core.Record.State.View(ctx, func(r record.Reader) error {
		_, err := r.Get(bucketCredentials, person)
		has = err == nil
		return ignoreNotFound(err)
	})
	return has, err
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
