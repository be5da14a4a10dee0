package api

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// manageMux is where huma registers the management API: every route behind the
// gate, with the right that stands in needs while it is registered. What huma
// adds by itself, the API's own description, takes RightRead.
type manageMux struct {
	api   *API
	mux   *serve.Mux
	needs engine.Right
	// body is how many bytes a request has at most; 0 is manageBody.
	body int64
}

// HandleFunc adds a route behind the gate.
func (m *manageMux) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	m.mux.Handle(serve.Route{Pattern: pattern, Right: m.needs}, m.api.gate(m.needs, cmp.Or(m.body, manageBody), h))
}

// ServeHTTP is what huma calls when it is asked in-process; nobody does.
func (m *manageMux) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.mux.ServeHTTP(w, r) }

// gate lets through who has the right: a person's session, a key with the scope
// manage, or a caller in the same process. It tells the handlers who it is.
func (a *API) gate(needs engine.Right, body int64, next http.HandlerFunc) http.Handler {
	protect := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		by := serve.CallerOf(r.Context())
		if by.Stranger() {
			var err error
			if by, err = a.caller(r, protect); err != nil {
				a.problem(w, r, err)
				return
			}
		}
		if err := by.Need(needs); err != nil {
			a.problem(w, r, err)
			return
		}
		// The server's own request stays as it is: it must find the end of a body
		// that was too long to be read.
		limited := r.WithContext(serve.WithCaller(r.Context(), by))
		limited.Body = http.MaxBytesReader(w, r.Body, body)
		next(w, limited)
	})
}

// caller returns who sends a request: by key, or else by session, which only
// pages of this engine may use to change something.
func (a *API) caller(r *http.Request, protect *http.CrossOriginProtection) (engine.Caller, error) {
	secret, byKey := bearer(r)
	cookie, err := r.Cookie(serve.SessionCookie)
	if byKey || err != nil {
		token, err := a.access.Authenticate(r.Context(), secret, operate.ScopeManage)
		if err != nil {
			return engine.Caller{}, err
		}
		return a.access.CallerOf(r.Context(), token)
	}
	visit, err := a.access.Visit(r.Context(), cookie.Value)
	if err != nil {
		return engine.Caller{}, err
	}
	if visit.Caller.Stranger() {
		return engine.Caller{}, throughline.Errorf(throughline.Unauthorized, "the session is over").WithFix("sign in again, or send a key with the scope manage")
	}
	if err := protect.Check(r); err != nil {
		return engine.Caller{}, throughline.Errorf(throughline.Forbidden, "the request comes from another site").WithFix("send it from the engine's own pages, or with a key")
	}
	return visit.Caller, nil
}

// bearer returns the secret of an Authorization header of that scheme, which is
// the same in upper and lower case.
func bearer(r *http.Request) (secret string, ok bool) {
	const scheme = "Bearer "
	h := r.Header.Get("Authorization")
	if len(h) < len(scheme) || !strings.EqualFold(h[:len(scheme)], scheme) {
		return "", false
	}
	return h[len(scheme):], true
}

// by returns who a management request is by.
func by(ctx context.Context) throughline.Actor { return serve.CallerOf(ctx).Actor }
