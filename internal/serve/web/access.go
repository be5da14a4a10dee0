package web

import (
	"net/http"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

func (w *Web) cookie(r *http.Request, name, value string) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil || w.HTTPS,
	}
}

func cookieOf(r *http.Request) string {
	c, err := r.Cookie(serve.SessionCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// enterAs leaves the session's cookie and goes to a page.
func (w *Web) enterAs(rw http.ResponseWriter, r *http.Request, value string, expires time.Time, next string) {
	c := w.cookie(r, serve.SessionCookie, value)
	c.Expires = expires
	http.SetCookie(rw, c)
	http.Redirect(rw, r, next, http.StatusSeeOther)
}

// registerAccess adds the ways in and out.
func (w *Web) registerAccess(p *routes) {
	const before = "whoever uses it is not signed in yet"
	p.open("GET /sign-in", before, w.signInPage)
	p.open("POST /sign-in", before, w.signIn)
	p.open("POST /sign-out", "ending a session needs only its cookie", w.signOut)
	p.open("GET /welcome/{secret}", before, w.welcomePage)
	p.open("POST /welcome/{secret}", before, w.welcome)
	p.open("GET /enter/{secret}", before, w.enter)
}

// signInPage is the form by which a person comes in.
type signInPage struct {
	shell
	// Person is the name typed before; Problem why it did not work.
	Person string
	// Next is where to go afterwards.
	Next    string
	Problem *serve.Fault
}

func (w *Web) signInPage(rw http.ResponseWriter, r *http.Request, v viewer) error {
	next := localPath(r.URL.Query().Get("next"))
	s := w.shell(r, v, "Sign in")
	if v.Person() != "" {
		http.Redirect(rw, r, next, http.StatusSeeOther)
		return nil
	}
	return w.render(rw, r, http.StatusOK, "sign-in", signInPage{shell: s, Next: next})
}

func (w *Web) signIn(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	person, next := r.PostFormValue("person"), localPath(r.PostFormValue("next"))
	value, expires, err := w.Access.SignIn(r.Context(), person, r.PostFormValue("password"))
	if err == nil {
		w.enterAs(rw, r, value, expires, next)
		return nil
	}
	f := serve.FaultOf(err)
	if f.Status >= http.StatusInternalServerError {
		return err
	}
	return w.render(rw, r, f.Status, "sign-in", signInPage{shell: w.shell(r, v, "Sign in"), Person: person, Next: next, Problem: &f})
}

func (w *Web) signOut(rw http.ResponseWriter, r *http.Request, _ viewer) error {
	if err := w.Access.SignOut(r.Context(), cookieOf(r)); err != nil && throughline.CodeOf(err) != throughline.NotFound {
		return err
	}
	c := w.cookie(r, serve.SessionCookie, "")
	c.MaxAge = -1
	http.SetCookie(rw, c)
	http.Redirect(rw, r, "/sign-in", http.StatusSeeOther)
	return nil
}

// welcomePage is where the first person accepts the engine.
type welcomePage struct {
	shell
	// Invited is who would accept.
	Invited operate.Ownership
	// Problem says why the password did not do.
	Problem *serve.Fault
}

func (w *Web) welcomePage(rw http.ResponseWriter, r *http.Request, v viewer) error {
	o, err := w.Access.Invited(r.Context(), r.PathValue("secret"))
	if err != nil {
		return err
	}
	return w.render(rw, r, http.StatusOK, "welcome", welcomePage{shell: w.secretShell(r, v, "Welcome"), Invited: o})
}

func (w *Web) welcome(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	secret := r.PathValue("secret")
	value, expires, err := w.Access.Accept(r.Context(), secret, r.PostFormValue("password"))
	if err == nil {
		w.enterAs(rw, r, value, expires, "/")
		return nil
	}
	if throughline.CodeOf(err) != throughline.Invalid {
		return err
	}
	o, ierr := w.Access.Invited(r.Context(), secret)
	if ierr != nil {
		return ierr
	}
	f := serve.FaultOf(err)
	return w.render(rw, r, f.Status, "welcome", welcomePage{shell: w.secretShell(r, v, "Welcome"), Invited: o, Problem: &f})
}

// secretShell is a shell that does not repeat the page's address, which holds a
// secret.
func (w *Web) secretShell(r *http.Request, v viewer, title string) shell {
	s := w.shell(r, v, title)
	s.Path = ""
	return s
}

// enter is the demo's one-time link.
func (w *Web) enter(rw http.ResponseWriter, r *http.Request, _ viewer) error {
	if w.Enter == nil {
		return noPage()
	}
	value, expires, err := w.Enter(r.Context(), r.PathValue("secret"))
	if err != nil {
		return err
	}
	w.enterAs(rw, r, value, expires, "/")
	return nil
}

// formError is a form that cannot be read.
func formError(err error) error {
	if serve.FaultOf(err).Code == throughline.TooLarge {
		return err
	}
	return throughline.Errorf(throughline.Invalid, "the form cannot be read: %w", err).WithFix("go back and send it again")
}
