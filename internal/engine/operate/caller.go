package operate

import (
	"context"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/record"
)

// CallerOf returns who a service token acts for, and what it may do: at most
// what its creator may today. One made at the shell may do everything.
func (a *Access) CallerOf(ctx context.Context, t Token) (engine.Caller, error) {
	caller := engine.Caller{Actor: t.Actor(), Limits: t.Limits}
	if t.AtShell {
		caller.Owner, caller.Shell = true, true
		return caller, nil
	}
	err := a.core.Record.State.View(ctx, func(r record.Reader) error {
		maker, _, err := personIn(r, t.CreatedBy)
		caller.Grants = maker.Grants
		if maker.Owner { // a service never owns; it does what a steward may
			caller.Grants = []throughline.Grant{{Role: throughline.Steward}}
		}
		return err
	})
	return caller, err
}

// personIn returns what a person may do in one state of the record. Somebody who
// is not declared, or no longer, is a stranger.
func personIn(r record.Reader, name string) (engine.Caller, Owner, error) {
	if !throughline.ValidName(name) {
		return engine.Caller{}, Owner{}, nil
	}
	res, err := engine.Resource(r, throughline.Ref{Kind: throughline.KindPerson, Name: name})
	if throughline.CodeOf(err) == throughline.NotFound {
		return engine.Caller{}, Owner{}, nil
	}
	if err != nil {
		return engine.Caller{}, Owner{}, err
	}
	person := res.Spec.(*throughline.Person)
	owns, err := owns(r, name)
	caller := engine.Caller{
		Actor: throughline.Actor{Kind: throughline.ActorPerson, ID: name},
		Owner: owns, Grants: person.Roles,
	}
	return caller, Owner{name, person.Name, person.Initials()}, err
}

// owns reports whether a person is the owner who accepted last. When another is
// declared, the engine stays theirs until that one accepts.
func owns(r record.Reader, person string) (bool, error) {
	last, err := engine.Accepted(r)
	return last.Person == person, err
}
