// Package api is the door for machines: OFREP for decisions, the Segment
// tracking API for exposures and outcomes, and the management API under
// /api/v1, which the command line itself uses.
//
// It translates; every rule is in the use cases behind it.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/engine/recipients"
	"github.com/throughline-engine/throughline/internal/serve"
)

// Config is what the door opens on to. Every field is required.
type Config struct {
	Core       *engine.Core
	Content    *content.Content
	Plane      *live.Plane
	Operate    *operate.Operate
	Access     *operate.Access
	Recipients *recipients.Recipients
	Log        *slog.Logger
	// Version is the build's, for the OpenAPI document.
	Version string
}

// API is the door.
type API struct {
	core       *engine.Core
	content    *content.Content
	plane      *live.Plane
	operate    *operate.Operate
	access     *operate.Access
	recipients *recipients.Recipients
	log        *slog.Logger
	huma       huma.API

	keyless chan struct{} // see mayTrack
	// unavailable is the second in which a refusal for want of the record was
	// last logged.
	unavailable atomic.Int64
}

// Mount adds the door's routes to the mux.
func Mount(mux *http.ServeMux, c Config) *API {
	a := &API{
		core: c.Core, content: c.Content, plane: c.Plane, operate: c.Operate,
		access: c.Access, recipients: c.Recipients, log: c.Log,
		keyless: make(chan struct{}, keyless),
	}
	mux.HandleFunc("POST /ofrep/v1/evaluate/flags/{key}", anyOrigin(a.evaluateFlag))
	mux.HandleFunc("POST /v1/{kind}", anyOrigin(a.track))
	mux.HandleFunc("OPTIONS /ofrep/", anyOrigin(preflight))
	mux.HandleFunc("OPTIONS /v1/", anyOrigin(preflight))
	mux.HandleFunc("GET /healthz", a.health)

	manage := http.NewServeMux()
	a.huma = humago.New(manage, a.openapi(c.Version))
	a.registerContent()
	a.registerLive()
	a.registerOperate()
	manage.HandleFunc("/api/v1/", func(w http.ResponseWriter, r *http.Request) {
		a.problem(w, r, throughline.Errorf(throughline.NotFound, "there is nothing at %s %s", r.Method, r.URL.Path).
			WithFix("the routes are in /api/v1/openapi.yaml"))
	})
	mux.Handle("/api/v1/", a.signedIn(manage))
	return a
}

func (a *API) openapi(version string) huma.Config {
	c := huma.DefaultConfig("Throughline", version)
	c.OpenAPIPath = "/api/v1/openapi"
	c.DocsPath = ""
	c.SchemasPath = ""
	c.CreateHooks = nil // no $schema links in bodies
	c.Transformers = []huma.Transformer{ownForm}
	c.Info.Description = "The management API of one engine. Every call needs a key with the scope manage, or a signed-in person."
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"key": {Type: "http", Scheme: "bearer"}}
	c.Security = []map[string][]string{{"key": {}}}
	return c
}

// health says whether the process serves decisions; it needs no key and tells
// nothing else.
func (a *API) health(w http.ResponseWriter, _ *http.Request) {
	status := http.StatusOK
	if !a.plane.Ready() {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, map[string]bool{"ready": a.plane.Ready()})
}

type actorKey struct{}

// WithActor returns a context in which requests are by the actor. Only a caller
// in the same process can make one: a command that opened the record itself.
func WithActor(ctx context.Context, by throughline.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, by)
}

// signedIn lets through a person's session, a key with the scope manage, or a
// caller in the same process, and tells the handlers who it is.
func (a *API) signedIn(next http.Handler) http.Handler {
	protect := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := r.Context().Value(actorKey{}).(throughline.Actor); ok {
			next.ServeHTTP(w, r)
			return
		}
		by, err := a.actor(r)
		if err == nil && by.Kind == throughline.ActorPerson {
			if cerr := protect.Check(r); cerr != nil {
				err = throughline.Errorf(throughline.Forbidden, "the request comes from another site").WithFix("send it from the engine's own pages, or with a key")
			}
		}
		if err != nil {
			a.problem(w, r, err)
			return
		}
		// The server's own request stays as it is: it must find the end of a body
		// that was too long to be read.
		limited := r.WithContext(WithActor(r.Context(), by))
		limited.Body = http.MaxBytesReader(w, r.Body, manageBody)
		next.ServeHTTP(w, limited)
		r.Pattern = limited.Pattern // the log names the route
	})
}

func (a *API) actor(r *http.Request) (throughline.Actor, error) {
	if secret, ok := bearer(r); ok {
		token, err := a.access.Authenticate(r.Context(), secret, operate.ScopeManage)
		return token.Actor(), err
	}
	if cookie, err := r.Cookie(serve.SessionCookie); err == nil {
		person, ok, err := a.access.Who(r.Context(), cookie.Value)
		if err != nil || ok {
			return throughline.Actor{Kind: throughline.ActorPerson, ID: person}, err
		}
	}
	_, err := a.access.Authenticate(r.Context(), "", operate.ScopeManage)
	return throughline.Actor{}, err
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
func by(ctx context.Context) throughline.Actor {
	actor, _ := ctx.Value(actorKey{}).(throughline.Actor)
	return actor
}
