package operate

import (
	"context"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
)

// Staff declares people: as releases, like everything.
type Staff interface {
	// Get returns the resource in force, or an error with the code NotFound.
	Get(ctx context.Context, ref throughline.Ref) (throughline.Resource, error)
	// Declare makes a release of one resource.
	Declare(ctx context.Context, by engine.Caller, res throughline.Resource, message string) (throughline.Release, error)
	// Approvers names who may approve a release that waits.
	Approvers(ctx context.Context, by engine.Caller, release int) ([]string, error)
}

// Guest is who is invited.
type Guest struct {
	// Name is what they sign in as.
	Name string
	// Person is what is declared of them where nobody has; it is not looked at
	// for somebody who is declared already.
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
		var rel throughline.Release
		if rel, err = DeclarePerson(ctx, staff, by, g.Name, g.Person, "invite "+g.Name); err == nil {
			in.Release, in.Waits = rel.Number, rel.State == throughline.ReleaseProposed
		}
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
