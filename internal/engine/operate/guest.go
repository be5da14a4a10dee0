package operate

import (
	"context"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// Staff declares people: as releases, like everything.
type Staff interface {
	// Get returns the resource in force, or an error with the code NotFound.
	Get(ctx context.Context, ref throughline.Ref) (throughline.Resource, error)
	// Declare makes a release of one resource.
	Declare(ctx context.Context, by engine.Caller, res throughline.Resource, message string) (throughline.Release, error)
	// Approvers names who may approve a release that waits.
	Approvers(ctx context.Context, by engine.Caller, release int) ([]string, error)
	// ReleaseHead returns a release without what it changes, or NotFound.
	ReleaseHead(ctx context.Context, by engine.Caller, number int) (throughline.Release, error)
}

// Guest is who is invited.
type Guest struct {
	// Name is what they sign in as.
	Name string
	// Person is what is declared of them where nobody has; it is not looked at
	// for somebody who is declared already, or waits to be.
	Person throughline.Person
	// Life is how long the link is open.
	Life time.Duration
}

// Invited is a one-time link, and what it waits for.
type Invited struct {
	// Secret is the end of the link, after /welcome/. It is not kept.
	Secret string
	// Release declares them; zero for somebody who was declared before.
	Release int
	// Waits says that the release has to be approved first, by one of Approvers;
	// until then the link does not open.
	Waits     bool
	Approvers []string
}

// InviteGuest makes a link for somebody, whom it declares first where nobody has.
func (a *Access) InviteGuest(ctx context.Context, by engine.Caller, staff Staff, g Guest) (in Invited, err error) {
	if err := by.Need(engine.RightPeople); err != nil {
		return in, err
	}
	_, err = staff.Get(ctx, throughline.Ref{Kind: throughline.KindPerson, Name: g.Name})
	if throughline.CodeOf(err) == throughline.NotFound {
		if err := checkLife(g.Life); err != nil { // before anything is declared
			return in, err
		}
		in.Release, in.Waits, err = a.declare(ctx, by, staff, g)
	}
	if err != nil {
		return in, err
	}
	if !in.Waits {
		in.Secret, err = a.Invite(ctx, by, g.Name, g.Life)
		return in, err
	}
	if in.Approvers, err = staff.Approvers(ctx, by, in.Release); err != nil {
		return in, err
	}
	in.Secret, err = a.invite(ctx, by, invitation{Person: g.Name, Awaits: in.Release}, g.Life)
	return in, err
}

// declare makes a release that declares a guest, unless one waits already for
// whom somebody invited before.
func (a *Access) declare(ctx context.Context, by engine.Caller, staff Staff, g Guest) (release int, waits bool, err error) {
	var before []int
	err = a.core.Record.State.View(ctx, func(r record.Reader) error {
		before = nil
		return a.eachInvitation(r, func(_ string, inv invitation) error {
			if inv.Person == g.Name && inv.Awaits > 0 {
				before = append(before, inv.Awaits)
			}
			return nil
		})
	})
	if err != nil {
		return 0, false, err
	}
	for _, number := range before {
		rel, err := staff.ReleaseHead(ctx, by, number)
		if err == nil && rel.State == throughline.ReleaseProposed {
			return number, true, nil
		}
		if ignoreNotFound(err) != nil {
			return 0, false, err
		}
	}
	rel, err := DeclarePerson(ctx, staff, by, g.Name, g.Person, "invite "+g.Name)
	return rel.Number, rel.State == throughline.ReleaseProposed, err
}

// DeclarePerson makes a release of a person, after a look at whether the caller
// gives no more than they have.
func DeclarePerson(ctx context.Context, staff Staff, by engine.Caller, name string, p throughline.Person, message string) (throughline.Release, error) {
	if p.Name == "" {
		return throughline.Release{}, throughline.Errorf(throughline.Invalid, "a person needs a name").WithFix("write what colleagues call them")
	}
	for _, g := range p.Roles {
		if !by.MayGrant(g) {
			return throughline.Release{}, throughline.Errorf(throughline.Forbidden, "you cannot give the role %s: nobody gives more than they have", SayGrant(g)).WithFix("give less, or ask the owner")
		}
	}
	res := throughline.Resource{APIVersion: throughline.APIVersion, Kind: throughline.KindPerson, Metadata: throughline.Metadata{Name: name}, Spec: &p}
	return staff.Declare(ctx, by, res, message)
}
