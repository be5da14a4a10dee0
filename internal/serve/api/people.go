package api

import (
	"context"
	"net/http"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// InviteBody says who is invited. All but the name and the life is for somebody
// who is not declared yet.
type InviteBody struct {
	Name       string                 `json:"name" doc:"what they sign in as" example:"cleo"`
	Display    string                 `json:"display,omitempty" doc:"what colleagues call them; the name when left out" example:"Cleo Marsh"`
	Email      string                 `json:"email,omitempty" doc:"they may sign in with it too"`
	Discipline throughline.Discipline `json:"discipline,omitempty" enum:"creative,operations,other"`
	Roles      []throughline.Grant    `json:"roles,omitempty" doc:"what they may do; at most what you may"`
	Life       throughline.Duration   `json:"life,omitempty" doc:"how long the link is open, 1d to 7d; 3d when left out"`
}

// invitedLife is how long a link is open where nobody says.
const invitedLife = 3 * 24 * time.Hour

func (b InviteBody) guest() operate.Guest {
	g := operate.Guest{
		Name: b.Name, Life: b.Life.Std(),
		Person: throughline.Person{Name: b.Display, Email: b.Email, Discipline: b.Discipline, Roles: b.Roles},
	}
	if g.Person.Name == "" {
		g.Person.Name = b.Name
	}
	if g.Life == 0 {
		g.Life = invitedLife
	}
	return g
}

// NewInvitation is a one-time link just made. Its path is a secret that is shown
// once.
type NewInvitation struct {
	Person string `json:"person"`
	Path   string `json:"path" doc:"of the link, on the address of the engine"`
	// Release declares them; absent for somebody who was declared before.
	Release   int      `json:"release,omitempty" doc:"the release that declares them"`
	Waits     bool     `json:"waits,omitempty" doc:"the release has to be approved before the link opens"`
	Approvers []string `json:"approvers,omitempty" doc:"who may approve it"`
}

// OpenInvitation is a link that nobody has opened yet, without its secret.
type OpenInvitation struct {
	ID      string    `json:"id"`
	Person  string    `json:"person"`
	By      string    `json:"by,omitempty"`
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Again   bool      `json:"again,omitempty" doc:"for a new password"`
	Awaits  int       `json:"awaits,omitempty" doc:"the release that has to go live before it opens"`
}

func openInvitation(inv operate.Invitation) OpenInvitation {
	return OpenInvitation{inv.ID, inv.Person, inv.By.Person, inv.Created, inv.Expires, inv.Again, inv.Awaits}
}

func (a *API) registerPeople() {
	register(a, engine.RightPeople, http.MethodPost, "/api/v1/invitations", "invite", "Invite somebody by a one-time link",
		func(ctx context.Context, in *struct{ Body InviteBody }) (NewInvitation, error) {
			made, err := a.access.InviteGuest(ctx, serve.CallerOf(ctx), a.content, in.Body.guest())
			if err != nil {
				return NewInvitation{}, err
			}
			return NewInvitation{in.Body.Name, "/welcome/" + made.Secret, made.Release, made.Waits, made.Approvers}, nil
		})
	register(a, engine.RightPeople, http.MethodGet, "/api/v1/invitations", "listInvitations", "The links that are open, without their secrets",
		func(ctx context.Context, _ *struct{}) ([]OpenInvitation, error) {
			open, err := a.access.Invitations(ctx)
			all := make([]OpenInvitation, len(open))
			for i, inv := range open {
				all[i] = openInvitation(inv)
			}
			return all, err
		})
	register(a, engine.RightPeople, http.MethodDelete, "/api/v1/invitations/{id}", "revokeInvitation", "End a link that is open",
		func(ctx context.Context, in *struct {
			ID string `path:"id" doc:"as listInvitations has it" example:"7f3a9c"`
		},
		) (map[string]bool, error) {
			return map[string]bool{"revoked": true}, a.access.RevokeInvitation(ctx, serve.CallerOf(ctx), in.ID)
		})
}
