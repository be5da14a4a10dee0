package web

import (
	"context"
	"errors"
	"net/http"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
)

// viewer is the person who looks at a page, and what they may do. The zero
// viewer is a stranger.
type viewer struct {
	engine.Caller
	// Name is what colleagues call them, Initials up to two letters.
	Name, Initials string
	// Session is the session's id, which is no secret.
	Session string
}

// Person returns the viewer's resource name, empty for a stranger.
func (v viewer) Person() string { return v.Actor.ID }

// who returns the person who asks; a stranger where nobody is signed in.
func (w *Web) who(r *http.Request) (viewer, error) {
	visit, err := w.Access.Visit(r.Context(), cookieOf(r))
	if err != nil {
		return viewer{}, err
	}
	return viewer{Caller: visit.Caller, Name: visit.Who.Name, Initials: visit.Who.Initials, Session: visit.Session}, nil
}

// whoCan adds to an error about a missing right the name of somebody who can
// give it.
func (w *Web) whoCan(ctx context.Context, err error) error {
	e, ok := errors.AsType[*throughline.Error](err)
	if !ok || e.Code != throughline.Forbidden {
		return err
	}
	o, oerr := w.Access.Ownership(ctx)
	if oerr != nil || o.Name == "" {
		return err
	}
	return e.WithFix("ask %s, who owns this engine, or a steward", o.Name)
}
