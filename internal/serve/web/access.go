package web

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// deviceCookie outlives the session: by it a browser is known as one that its
// person signed in with before.
const (
	deviceCookie = "throughline_device"
	deviceDays   = 180
)

func (w *Web) cookie(r *http.Request, name, value string) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil || w.HTTPS,
	}
}

func cookieOf(r *http.Request) string { return cookieNamed(r, serve.SessionCookie) }

func cookieNamed(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

// origin says where somebody comes from who wants in. Behind a proxy that is the
// last address the proxy has added; what came before it anybody could write. Who
// asks from a public address is no proxy of ours, and is where they are.
func (w *Web) origin(r *http.Request) operate.Origin {
	from := operate.Origin{Agent: agentFamily(r.UserAgent()), Device: cookieNamed(r, deviceCookie)}
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		from.Address = at.Addr().Unmap()
	}
	if near := from.Address.IsLoopback() || from.Address.IsPrivate() || from.Address.IsLinkLocalUnicast(); !w.HTTPS || !near {
		return from
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if at, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1])); err == nil {
		from.Address = at
	}
	return from
}

// agentFamily names a browser and its system, coarsely: enough to know one's own.
func agentFamily(agent string) string {
	find := func(families ...[2]string) string {
		for _, f := range families {
			if strings.Contains(agent, f[0]) {
				return f[1]
			}
		}
		return ""
	}
	browser := find([2]string{"Firefox/", "Firefox"}, [2]string{"Edg", "Edge"}, [2]string{"OPR/", "Opera"}, [2]string{"Chrome/", "Chrome"}, [2]string{"Safari/", "Safari"})
	system := find([2]string{"Android", "Android"}, [2]string{"iPhone", "iPhone"}, [2]string{"iPad", "iPad"}, [2]string{"Windows", "Windows"}, [2]string{"Mac OS X", "macOS"}, [2]string{"Linux", "Linux"})
	switch {
	case browser == "":
		return ""
	case system == "":
		return browser
	}
	return browser + " on " + system
}

// enterAs leaves the cookies of somebody who has come in and goes to a page. The
// session that the browser had before is over: no cookie is used twice.
func (w *Web) enterAs(rw http.ResponseWriter, r *http.Request, in operate.Entered, next string) error {
	if err := w.leaveCookies(rw, r, in); err != nil {
		return err
	}
	http.Redirect(rw, r, next, http.StatusSeeOther)
	return nil
}

func (w *Web) leaveCookies(rw http.ResponseWriter, r *http.Request, in operate.Entered) error {
	if old := cookieOf(r); old != "" && old != in.Cookie {
		if err := w.Access.SignOut(r.Context(), old); err != nil && throughline.CodeOf(err) != throughline.NotFound {
			return err
		}
	}
	c := w.cookie(r, serve.SessionCookie, in.Cookie)
	c.Expires = in.Expires
	http.SetCookie(rw, c)
	if in.Device != "" {
		d := w.cookie(r, deviceCookie, in.Device)
		d.MaxAge = deviceDays * 24 * 60 * 60
		http.SetCookie(rw, d)
	}
	return nil
}

// registerAccess adds the ways in and out.
func (w *Web) registerAccess(p *routes) {
	const before = "whoever uses it is not signed in yet"
	p.open("GET /sign-in", before, w.signInPage)
	p.openForm("POST /sign-in", before, resumeBytes, w.signIn)
	p.open("POST /sign-out", "ending a session needs only its cookie", w.signOut)
	p.open("GET /welcome/{secret}", before, w.welcomePage)
	p.open("POST /welcome/{secret}", before, w.welcome)
	p.open("GET /enter/{secret}", before, w.enter)
	w.registerOIDC(p)
}

// signInPage is the form by which a person comes in.
type signInPage struct {
	shell
	// Person is the name typed before; Problem why it did not work.
	Person string
	// Next is where to go afterwards.
	Next    string
	Problem *serve.Fault
	// Resume is a form that was sent after its session ended, sealed.
	Resume string
	// Says is what to know first; empty for nothing.
	Says string
	// Provider is what else one can sign in with; empty for nothing.
	Provider string
}

func (w *Web) signInPage(rw http.ResponseWriter, r *http.Request, v viewer) error {
	next := localPath(r.URL.Query().Get("next"))
	if v.Person() != "" {
		http.Redirect(rw, r, next, http.StatusSeeOther)
		return nil
	}
	return w.showSignIn(rw, r, http.StatusOK, signInPage{shell: w.shell(r, v, "Sign in"), Next: next})
}

func (w *Web) showSignIn(rw http.ResponseWriter, r *http.Request, status int, page signInPage) error {
	page.Styles = []string{"people.css"}
	page.Provider = w.provider()
	return w.render(rw, r, status, "sign-in", page)
}

func (w *Web) signIn(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	page := signInPage{Person: r.PostFormValue("person"), Next: localPath(r.PostFormValue("next")), Resume: r.PostFormValue("resume")}
	in, err := w.Access.SignIn(r.Context(), page.Person, r.PostFormValue("password"), w.origin(r))
	if err == nil {
		return w.enterOrResume(rw, r, in, page.Next, page.Resume)
	}
	f := serve.FaultOf(err)
	if f.Status >= http.StatusInternalServerError {
		return err
	}
	page.shell, page.Problem = w.shell(r, v, "Sign in"), &f
	return w.showSignIn(rw, r, f.Status, page)
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

// welcomePage is where somebody accepts an invitation, or the engine.
type welcomePage struct {
	shell
	// Invited is who would accept.
	Invited operate.Invitation
	// Problem says why the password did not do.
	Problem *serve.Fault
	// Provider is what they can sign in with instead of a password, and OIDC where
	// that begins.
	Provider, OIDC string
}

func (w *Web) welcomePage(rw http.ResponseWriter, r *http.Request, v viewer) error {
	inv, err := w.Access.Invited(r.Context(), r.PathValue("secret"))
	if w.unfounded(r, err) {
		return w.showFounding(rw, r, v, http.StatusOK, newFounding())
	}
	if err != nil {
		return w.usedLink(rw, r, v, err)
	}
	return w.showWelcome(rw, r, v, http.StatusOK, welcomePage{Invited: inv})
}

// usedLink leads whoever comes with a link that was used to where they sign in.
func (w *Web) usedLink(rw http.ResponseWriter, r *http.Request, v viewer, err error) error {
	if throughline.CodeOf(err) != throughline.Conflict || !wantsPage(r) {
		return err
	}
	if v.Person() != "" {
		w.toast(rw, r, toast{Text: "This link was used already, and you are signed in."})
		http.Redirect(rw, r, w.firstPage(r), http.StatusSeeOther)
		return nil
	}
	f := serve.FaultOf(err)
	page := signInPage{shell: w.secretShell(r, v, "Sign in"), Says: sentence(f.Detail) + ". " + sentence(f.Fix) + ".", Next: "/"}
	return w.showSignIn(rw, r, f.Status, page)
}

func (w *Web) showWelcome(rw http.ResponseWriter, r *http.Request, v viewer, status int, page welcomePage) error {
	page.shell = w.secretShell(r, v, "Welcome")
	page.Styles = []string{"people.css"}
	page.Provider, page.OIDC = w.provider(), "/welcome/"+url.PathEscape(r.PathValue("secret"))+"/oidc"
	return w.render(rw, r, status, "welcome", page)
}

func (w *Web) welcome(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	secret := r.PathValue("secret")
	if _, err := w.Access.Invited(r.Context(), secret); w.unfounded(r, err) {
		return w.found(rw, r, v)
	}
	in, err := w.Access.Accept(r.Context(), secret, r.PostFormValue("password"), w.origin(r))
	if err == nil {
		return w.enterAs(rw, r, in, w.firstPage(r))
	}
	if throughline.CodeOf(err) != throughline.Invalid {
		return w.usedLink(rw, r, v, err)
	}
	inv, ierr := w.Access.Invited(r.Context(), secret)
	if ierr != nil {
		return ierr
	}
	f := serve.FaultOf(err)
	return w.showWelcome(rw, r, v, f.Status, welcomePage{Invited: inv, Problem: &f})
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
	return w.enterAs(rw, r, operate.Entered{Cookie: value, Expires: expires}, "/")
}

// formError is a form that cannot be read.
func formError(err error) error {
	if serve.FaultOf(err).Code == throughline.TooLarge {
		return err
	}
	return throughline.Errorf(throughline.Invalid, "the form cannot be read: %w", err).WithFix("go back and send it again")
}
