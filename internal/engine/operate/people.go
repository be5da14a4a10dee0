package operate

import (
	"context"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

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
	// Resource is the name it is declared by.
	Resource string `json:"resource,omitempty"`
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
	o := Ownership{Engine: owner.EngineTitle, Resource: owner.Engine, Person: owner.Person, Name: owner.Name, Initials: owner.Initials}
	last, err := engine.Accepted(r)
	if err != nil {
		return o, err
	}
	if last.Person == o.Person && o.Person != "" {
		o.Accepted, o.AcceptedAt = true, last.At
	}
	return o, nil
}

// AcceptFor records that a person has accepted without asking: the example
// owner of the demo, who exists only there.
func (a *Access) AcceptFor(ctx context.Context, person string) error {
	return a.core.Update(ctx, func(tx record.Tx) error { return a.accept(tx, person, a.core.Now()) })
}

func (a *Access) accept(tx record.Tx, person string, at time.Time) error {
	if err := engine.Accept(tx, engine.Acceptance{Person: person, At: at}); err != nil {
		return err
	}
	by := throughline.Actor{Kind: throughline.ActorPerson, ID: person}
	payload := throughline.OwnerAccepted{Person: person, Role: "owner"}
	return tx.Outbox(a.core.NewEvent(throughline.EventOwnerAccepted, payload, by, "accept/"+a.core.NewID().String()))
}
