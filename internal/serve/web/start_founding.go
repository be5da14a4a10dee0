package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// Founding is a new engine and the person who is to own it, as they typed it.
type Founding struct {
	Engine, Name string
	Email        string // may be empty
}

// First is a first placement, as it was typed.
type First struct {
	Title    string
	Surface  string // web or app
	Headline string
	Other    string // the second headline
	Button   string
	Link     string
}

// Beginnings declares what the guided start asks for, each as a release. Their
// errors with the code Invalid are shown above the form.
type Beginnings interface {
	// Found declares an engine and its owner-to-be, who has not accepted yet. It
	// asks no right: only who holds the engine's first link comes here.
	Found(ctx context.Context, f Founding) error
	// Blank declares a first placement and what it leans on.
	Blank(ctx context.Context, by engine.Caller, f First) error
	// Example declares the example workspace.
	Example(ctx context.Context, by engine.Caller) error
}

// Decider makes decisions, as the doors for programs do.
type Decider interface {
	// Decide returns an error with the code NotFound for a placement that is not
	// live.
	Decide(ctx context.Context, req throughline.Request) (throughline.Decision, error)
}

// foundingPage is where an engine gets its name and its owner.
type foundingPage struct {
	shell
	Fields  []field
	Problem *serve.Fault
}

func newFounding() foundingPage {
	return foundingPage{Fields: foundingFields(Founding{Engine: "My engine"})}
}

func foundingFields(f Founding) []field {
	return []field{
		{Name: "engine", Label: "What is the engine called?", Value: f.Engine, Required: true, Max: 80, Hint: "The name of your company or team does well. It can be changed.", Autocomplete: "organization"},
		{Name: "name", Label: "Who are you?", Value: f.Name, Required: true, Max: 80, Hint: "Your name stands on what nobody else answers for.", Autocomplete: "name"},
		{Name: "email", Label: "E-mail", Value: f.Email, Max: 200, Hint: "To sign in with, besides your name. Nothing is sent to it.", Autocomplete: "email"},
		{Name: "password", Label: "Choose a password", Kind: "password", Required: true, Max: 256, Hint: "At least ten characters. A few words are easy to keep.", Autocomplete: "new-password"},
	}
}

// unfounded reports whether an invitation holds and only lacks an engine to own.
func (w *Web) unfounded(r *http.Request, err error) bool {
	if w.Begin == nil || throughline.CodeOf(err) != throughline.Conflict {
		return false
	}
	o, err := w.Access.Ownership(r.Context())
	return err == nil && o.Person == ""
}

func (w *Web) showFounding(rw http.ResponseWriter, r *http.Request, v viewer, status int, page foundingPage) error {
	page.shell = w.secretShell(r, v, "Begin")
	page.Styles = []string{"start.css"}
	return w.render(rw, r, status, "start-founding", page)
}

// found declares the engine and makes who asks its owner. What stops between the
// two is continued by the same link, which then asks for the password alone.
func (w *Web) found(rw http.ResponseWriter, r *http.Request, v viewer) error {
	f := Founding{
		Engine: strings.TrimSpace(r.PostFormValue("engine")), Name: strings.TrimSpace(r.PostFormValue("name")),
		Email: strings.TrimSpace(r.PostFormValue("email")),
	}
	password := r.PostFormValue("password")
	err := operate.CheckPassword(password)
	if err == nil {
		err = w.Begin.Found(r.Context(), f)
	}
	if fault := serve.FaultOf(err); err != nil && fault.Status < http.StatusInternalServerError {
		return w.showFounding(rw, r, v, fault.Status, foundingPage{Fields: foundingFields(f), Problem: &fault})
	}
	if err != nil {
		return err
	}
	in, err := w.Access.Accept(r.Context(), r.PathValue("secret"), password, w.origin(r))
	if err != nil {
		return err
	}
	return w.enterAs(rw, r, in, "/start")
}

// firstPage is where somebody goes who has just accepted: to the guided start
// while nothing is decided here yet.
func (w *Web) firstPage(r *http.Request) string {
	if w.Begin == nil || w.Library == nil {
		return "/"
	}
	placements, err := w.Library.List(r.Context(), throughline.KindPlacement)
	if err != nil || len(placements) > 0 {
		return "/"
	}
	return "/start"
}
