package web

import (
	"encoding/json"
	"net/http"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// flowCookie binds a provider's answer to the browser that asked.
const (
	flowCookie  = "throughline_flow"
	flowPurpose = "oidc"
	flowPath    = "/sign-in/oidc"
)

// provider is the name of what else one can sign in with, empty for nothing.
func (w *Web) provider() string {
	if w.Sign == nil {
		return ""
	}
	return w.Sign.Title()
}

func (w *Web) registerOIDC(p *routes) {
	const before = "whoever uses it is not signed in yet"
	p.open("POST /sign-in/oidc", before, w.beginOIDC)
	p.open("GET /sign-in/oidc", before, w.finishOIDC)
	p.open("POST /welcome/{secret}/oidc", before, w.beginOIDC)
}

// beginOIDC sends somebody to the provider, from the sign-in page or from a
// one-time link.
func (w *Web) beginOIDC(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if w.Sign == nil {
		return noPage()
	}
	if err := r.ParseForm(); err != nil {
		return formError(err)
	}
	flow := operate.Flow{Next: localPath(r.PostFormValue("next")), Invitation: r.PathValue("secret")}
	if flow.Invitation != "" {
		if _, err := w.Access.Invited(r.Context(), flow.Invitation); err != nil {
			return w.usedLink(rw, r, v, err)
		}
	}
	to, flow, err := w.Sign.Begin(r.Context(), w.redirectURL(r), flow)
	if err != nil {
		return w.notThisWay(rw, r, v, err)
	}
	b, err := json.Marshal(flow)
	if err != nil {
		return err
	}
	sealed, err := w.Access.Seal(flowPurpose, b)
	if err != nil {
		return err
	}
	c := w.cookie(r, flowCookie, sealed)
	c.Path, c.MaxAge = flowPath, 600
	http.SetCookie(rw, c)
	// The page's policy lets forms lead nowhere but here, so the way to the
	// provider is a page and not an answer to the form.
	rw.Header().Set("Refresh", "0; url="+to)
	return w.render(rw, r, http.StatusOK, "leaving", leavingPage{shell: w.secretShell(r, v, "Sign in"), To: to, Provider: w.provider()})
}

// leavingPage says that somebody is on the way to the provider.
type leavingPage struct {
	shell
	To, Provider string
}

// finishOIDC takes the provider's answer.
func (w *Web) finishOIDC(rw http.ResponseWriter, r *http.Request, v viewer) error {
	if w.Sign == nil {
		return noPage()
	}
	c := w.cookie(r, flowCookie, "")
	c.Path, c.MaxAge = flowPath, -1
	http.SetCookie(rw, c)
	var flow operate.Flow
	b, err := w.Access.Unseal(flowPurpose, cookieNamed(r, flowCookie))
	if err == nil {
		err = json.Unmarshal(b, &flow)
	}
	if err != nil {
		return w.notThisWay(rw, r, v, throughline.Errorf(throughline.Invalid, "this answer does not belong to a sign-in that began in this browser").WithFix("sign in again from the start"))
	}
	who, err := w.Sign.Finish(r.Context(), w.redirectURL(r), flow, r.URL.Query())
	if err != nil {
		return w.notThisWay(rw, r, v, err)
	}
	in, err := w.enterWith(r, flow, who)
	if err != nil {
		return w.notThisWay(rw, r, v, err)
	}
	return w.enterAs(rw, r, in, localPath(flow.Next))
}

func (w *Web) enterWith(r *http.Request, flow operate.Flow, who operate.Identity) (operate.Entered, error) {
	if flow.Invitation != "" {
		return w.People.AcceptAs(r.Context(), flow.Invitation, who, w.origin(r))
	}
	return w.People.SignInAs(r.Context(), w.Sign, who, w.origin(r))
}

// notThisWay shows the sign-in page with what went wrong at the provider: the
// password still works.
func (w *Web) notThisWay(rw http.ResponseWriter, r *http.Request, v viewer, err error) error {
	f := serve.FaultOf(err)
	w.Log.WarnContext(r.Context(), "the sign-in provider did not let somebody in", "error", err)
	if f.Status == http.StatusInternalServerError {
		return err
	}
	return w.showSignIn(rw, r, f.Status, signInPage{shell: w.secretShell(r, v, "Sign in"), Next: "/", Problem: &f})
}

// redirectURL is where the provider sends people back to.
func (w *Web) redirectURL(r *http.Request) string { return w.publicURL(r) + flowPath }

// publicURL is how people reach the door: as configured, or as they asked.
func (w *Web) publicURL(r *http.Request) string {
	switch {
	case w.PublicURL != "":
		return w.PublicURL
	case r.TLS != nil || w.HTTPS:
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
