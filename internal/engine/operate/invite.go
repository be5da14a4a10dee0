package operate

import (
	"context"
	"slices"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

const (
	bucketInvitations = engine.BucketInvitations

	// How long a link may be open; the owner's own is open for the shortest.
	shortestInvitation = 24 * time.Hour
	longestInvitation  = 7 * 24 * time.Hour
)

type invitation struct {
	// Person is empty in the owner's link, which is whoever is declared when it
	// is opened.
	Person  string    `json:"person,omitempty"`
	By      string    `json:"by,omitempty"`
	Created time.Time `json:"created,omitzero"`
	Expires time.Time `json:"expires"`
	// Awaits is the release that declares the person, of one made before it went
	// live.
	Awaits int `json:"awaits,omitempty"`
	// Limits are those of the key it was made with: its link never gives more.
	Limits []throughline.Grant `json:"limits,omitempty"`
	// Used is when somebody accepted.
	Used time.Time `json:"used,omitzero"`
}

// Invitation is a one-time link, by which a person sets a password or links
// another way to sign in.
type Invitation struct {
	ID     string
	Person string
	// Name and Initials are how colleagues see them, Engine what it is called.
	Name     string
	Initials string
	Engine   string
	// Owns says that accepting makes them the engine's owner.
	Owns bool
	// Again is for somebody who had been in before: a new password.
	Again bool
	// Awaits is the release that has to go live before the link opens: it declares
	// the person. It is zero once they are declared.
	Awaits int
	// By is who made it.
	By      Owner
	Created time.Time
	Expires time.Time
}

// InviteOwner makes the secret of a one-time link by which the declared owner
// sets a password and accepts. It lasts a day, and ends the one before.
func (a *Access) InviteOwner(ctx context.Context) (secret string, err error) {
	secret = engine.RandomText(32)
	err = a.core.Update(ctx, func(tx record.Tx) error { return a.putInvitation(tx, secret, invitation{}, shortestInvitation) })
	return secret, err
}

// Invite makes the secret of a one-time link for a declared person, to come in
// for the first time or with a new password. It lasts a day to a week, and ends
// the one before. Nobody invites who may more than they do: the link could be
// theirs.
func (a *Access) Invite(ctx context.Context, by engine.Caller, person string, life time.Duration) (secret string, err error) {
	return a.invite(ctx, by, invitation{Person: person}, life)
}

// checkLife refuses a link that would be open for too long or too short a time.
func checkLife(life time.Duration) error {
	if life < shortestInvitation || life > longestInvitation {
		return throughline.Errorf(throughline.Invalid, "a link lasts a day to a week").WithFix("choose 1d to 7d").At("life")
	}
	return nil
}

// invite keeps an invitation. One that awaits a release opens once it is live, and
// only if whoever made it may make one for that person then.
func (a *Access) invite(ctx context.Context, by engine.Caller, inv invitation, life time.Duration) (secret string, err error) {
	if err := checkLife(life); err != nil {
		return "", err
	}
	person := inv.Person
	if inv.By = by.Actor.ID; by.Actor.Kind == throughline.ActorService { // a key's links are its person's
		inv.By = by.Actor.OnBehalfOf
	}
	inv.Limits = by.Limits
	if err := by.Need(engine.RightPeople); err != nil {
		return "", err
	}
	secret = engine.RandomText(32)
	err = a.core.Update(ctx, func(tx record.Tx) error {
		o, err := ownership(a.core, tx)
		if err != nil {
			return err
		}
		guest, _, err := personIn(tx, person)
		if err != nil {
			return err
		}
		if guest.Stranger() && inv.Awaits == 0 {
			return throughline.Errorf(throughline.NotFound, "there is no Person/%s", person).WithFix("declare the person first; the page for people does so when it invites")
		}
		if err := mayInvite(by, guest, o); err != nil {
			return err
		}
		if err := a.putInvitation(tx, secret, inv, life); err != nil {
			return err
		}
		_, err = tx.Get(bucketCredentials, person)
		if ignoreNotFound(err) != nil {
			return err
		}
		payload := throughline.PersonInvited{Person: person, Reset: err == nil}
		return tx.Outbox(a.core.NewEvent(throughline.EventPersonInvited, payload, by.Actor, "invite/"+a.core.NewID().String()))
	})
	return secret, err
}

// mayInvite refuses a link for somebody who may more than who asks for it.
func mayInvite(by, guest engine.Caller, o Ownership) error {
	if by.Owner && len(by.Limits) == 0 {
		return nil
	}
	if guest.Owner || o.Person == guest.Actor.ID {
		return throughline.Errorf(throughline.Forbidden, "only the owner makes links for the owner").WithFix("ask the owner, or whoever runs the engine: throughline serve --invite")
	}
	for _, g := range guest.Grants {
		if !by.MayGrant(g) {
			return throughline.Errorf(throughline.Forbidden, "%s has the role %s further than you have it, and a link could be used by you", guest.Actor.ID, g.Role).
				WithFix("ask the owner to make the link")
		}
	}
	return nil
}

// putInvitation keeps an invitation, ends those before for the same person, and
// takes out what is long over.
func (a *Access) putInvitation(tx record.Tx, secret string, inv invitation, life time.Duration) error {
	inv.Created = a.core.Now()
	inv.Expires = inv.Created.Add(life)
	err := a.eachInvitation(tx, func(id string, old invitation) error {
		open := old.Used.IsZero()
		if open && old.Person == inv.Person || !open && inv.Created.Sub(old.Used) > longestInvitation || inv.Created.Sub(old.Expires) > longestInvitation {
			return tx.Delete(bucketInvitations, id)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return engine.PutJSON(tx, bucketInvitations, a.hash("invitation", secret), inv, 0)
}

func (a *Access) eachInvitation(r record.Reader, do func(id string, inv invitation) error) error {
	return engine.EachJSON(r, bucketInvitations, do)
}

// Invitations returns the links that are still open, the newest first.
func (a *Access) Invitations(ctx context.Context) (all []Invitation, err error) {
	now := a.core.Now()
	err = a.core.Record.State.View(ctx, func(r record.Reader) error {
		all = nil
		return a.eachInvitation(r, func(id string, inv invitation) error {
			if !inv.Used.IsZero() || now.After(inv.Expires) || inv.Person == "" {
				return nil
			}
			shown, err := a.describeInvitation(r, id, inv)
			if throughline.CodeOf(err) == throughline.NotFound {
				return nil
			}
			all = append(all, shown)
			return err
		})
	})
	slices.SortFunc(all, func(x, y Invitation) int { return y.Created.Compare(x.Created) })
	return all, err
}

// RevokeInvitation ends a link by its id.
func (a *Access) RevokeInvitation(ctx context.Context, by engine.Caller, id string) error {
	if err := by.Need(engine.RightPeople); err != nil {
		return err
	}
	return a.core.Update(ctx, func(tx record.Tx) error {
		var inv invitation
		if _, err := engine.GetJSON(tx, bucketInvitations, id, &inv); err != nil {
			if throughline.CodeOf(err) == throughline.NotFound {
				return throughline.Errorf(throughline.NotFound, "that link is over already").WithFix("look at the list again")
			}
			return err
		}
		if err := tx.Delete(bucketInvitations, id); err != nil {
			return err
		}
		payload := throughline.AccessChanged{Person: inv.Person, Scopes: []string{"invitation"}}
		return tx.Outbox(a.core.NewEvent(throughline.EventAccessRevoked, payload, by.Actor, "uninvite/"+a.core.NewID().String()))
	})
}

// Invited returns who would accept with the secret. A secret that has expired or
// never was is NotFound; one that was used is a Conflict.
func (a *Access) Invited(ctx context.Context, secret string) (inv Invitation, err error) {
	err = a.core.Record.State.View(ctx, func(r record.Reader) error {
		inv, err = a.invited(r, secret)
		return err
	})
	return inv, err
}

func (a *Access) invited(r record.Reader, secret string) (Invitation, error) {
	id := a.hash("invitation", secret)
	var inv invitation
	_, err := engine.GetJSON(r, bucketInvitations, id, &inv)
	if throughline.CodeOf(err) == throughline.NotFound || err == nil && a.core.Now().After(inv.Expires) {
		return Invitation{}, throughline.Errorf(throughline.NotFound, "this link has expired, or another took its place").
			WithFix("ask who sent it for a new one; an engine that nobody has accepted yet prints one when it starts")
	}
	if err != nil {
		return Invitation{}, err
	}
	if !inv.Used.IsZero() {
		return Invitation{}, throughline.Errorf(throughline.Conflict, "this link was used already").WithFix("sign in with your name and password")
	}
	shown, err := a.describeInvitation(r, id, inv)
	if err == nil && shown.Awaits > 0 {
		return Invitation{}, throughline.Errorf(throughline.Conflict, "this link does not open yet: release %d, which declares you, waits to be approved", shown.Awaits).
			WithFix("open it again once it is, or ask who sent it")
	}
	return shown, err
}

func (a *Access) describeInvitation(r record.Reader, id string, inv invitation) (Invitation, error) {
	o, err := ownership(a.core, r)
	if err != nil {
		return Invitation{}, err
	}
	if o.Person == "" {
		return Invitation{}, throughline.Errorf(throughline.Conflict, "no engine is declared yet, so there is nothing to own").
			WithFix("run: throughline init, then throughline apply, and open this link again")
	}
	out := Invitation{ID: id, Person: inv.Person, Engine: o.Engine, Created: inv.Created, Expires: inv.Expires}
	if inv.Person == "" {
		out.Person = o.Person
	}
	guest, who, err := personIn(r, out.Person)
	if err != nil {
		return Invitation{}, err
	}
	if guest.Stranger() && inv.Awaits > 0 {
		out.Name, out.Awaits = inv.Person, inv.Awaits
	} else if guest.Stranger() {
		return Invitation{}, throughline.Errorf(throughline.NotFound, "whom this link is for is not declared any longer").WithFix("ask who sent it")
	}
	if out.Awaits == 0 {
		out.Name, out.Initials, out.Owns = who.Name, who.Initials, out.Person == o.Person
	}
	if _, err := r.Get(bucketCredentials, out.Person); err == nil {
		out.Again = true
	} else if ignoreNotFound(err) != nil {
		return Invitation{}, err
	}
	by, maker, err := personIn(r, inv.By)
	if err != nil {
		return Invitation{}, err
	}
	if !by.Stranger() {
		out.By = maker
		by.Limits = inv.Limits
		if err := mayInvite(by, guest, o); err != nil {
			return Invitation{}, throughline.Errorf(throughline.NotFound, "this link no longer holds: who made it may not make it today").
				WithFix("ask the owner for a new one")
		}
	}
	return out, nil
}

// Accept sets a password by a one-time link and signs the person in; the owner's
// link records that they accept the engine. The link works once, and every way by
// which they came in before ends: another may hold it.
func (a *Access) Accept(ctx context.Context, secret, password string, from Origin) (in Entered, err error) {
	if err := checkPassword(password); err != nil {
		return Entered{}, err
	}
	if _, err := a.Invited(ctx, secret); err != nil { // before anything that costs
		return Entered{}, err
	}
	leave, err := a.enterSignIn(ctx)
	if err != nil {
		return Entered{}, err
	}
	cred := newCredential(password)
	leave()
	return a.acceptWith(ctx, secret, "password", from, func(tx record.Tx, person string) error {
		return engine.PutJSON(tx, bucketCredentials, person, cred, record.AnyVersion)
	})
}

// acceptWith uses up a link: keep stores the way by which the person signs in
// from now on.
func (a *Access) acceptWith(ctx context.Context, secret, way string, from Origin, keep func(record.Tx, string) error) (in Entered, err error) {
	now := a.core.Now()
	err = a.core.Update(ctx, func(tx record.Tx) error {
		inv, err := a.invited(tx, secret)
		if err != nil {
			return err
		}
		if err := a.useUp(tx, inv.ID, now); err != nil {
			return err
		}
		if err := engine.EndWaysIn(tx, inv.Person); err != nil {
			return err
		}
		if err := keep(tx, inv.Person); err != nil {
			return err
		}
		if in, err = a.open(tx, inv.Person, from); err != nil {
			return err
		}
		by := throughline.Actor{Kind: throughline.ActorPerson, ID: inv.Person}
		payload := throughline.PersonInvited{Person: inv.Person, Reset: inv.Again, By: way}
		if err := tx.Outbox(a.core.NewEvent(throughline.EventPersonAccepted, payload, by, "accepted/"+inv.ID)); err != nil {
			return err
		}
		if !inv.Owns {
			return nil
		}
		return a.accept(tx, inv.Person, now)
	})
	return in, err
}

// useUp keeps of a link that it was used, until it would be over anyway.
func (a *Access) useUp(tx record.Tx, id string, now time.Time) error {
	var inv invitation
	version, err := engine.GetJSON(tx, bucketInvitations, id, &inv)
	if err != nil {
		return err
	}
	inv.Used = now
	return engine.PutJSON(tx, bucketInvitations, id, inv, version)
}
