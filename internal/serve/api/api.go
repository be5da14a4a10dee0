// Package api is the door for machines: OFREP for decisions, the Segment
// tracking API for exposures and outcomes, and the management API under
// /api/v1, which the command line itself uses.
//
// It translates; every rule is in the use cases behind it.
package api

import (
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/engine/media"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/engine/recipients"
	"github.com/throughline-engine/throughline/internal/engine/share"
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
	Media      *media.Media
	Shares     *share.Shares
	Log        *slog.Logger
}

// API is the door.
type API struct {
	core       *engine.Core
	content    *content.Content
	plane      *live.Plane
	operate    *operate.Operate
	access     *operate.Access
	recipients *recipients.Recipients
	media      *media.Media
	shares     *share.Shares
	log        *slog.Logger
	huma       huma.API
	manage     *manageMux

	keyless chan struct{} // see mayTrack
	// unavailable is the second in which a refusal for want of the record was
	// last logged.
	unavailable atomic.Int64
	streams     *serve.Streams // see stream
	closing     sync.Once
	renderer    *operate.Renderer
	closed      chan struct{}
	// documentJSON writes the document, once.
	documentJSON func() []byte
}

// Mount adds the door's routes to the mux.
func Mount(mux *serve.Mux, c Config) *API {
	a := &API{
		core: c.Core, content: c.Content, plane: c.Plane, operate: c.Operate,
		access: c.Access, recipients: c.Recipients, media: c.Media, shares: c.Shares, log: c.Log,
		keyless:  make(chan struct{}, keyless),
		renderer: c.Operate.Renderer(),
		streams:  serve.NewStreams(maxStreams, addressStreams), closed: make(chan struct{}),
	}
	const byKey, preflights = "the handler looks at the key itself", "a browser asks it before it sends a key"
	open := func(pattern, why string, h http.HandlerFunc) { mux.Handle(serve.Route{Pattern: pattern, Open: why}, h) }
	open("POST /ofrep/v1/evaluate/flags/{key}", byKey, anyOrigin(a.evaluateFlag))
	open("POST /ofrep/v1/evaluate/flags", byKey, anyOrigin(a.evaluateFlags))
	open("GET "+streamPath, "the address carries a ticket, because browsers send no key", anyOrigin(a.stream))
	open("POST /v1/render/{key}", byKey, anyOrigin(a.draw))
	open("GET /throughline.js", "pages of any site load it", serveModule())
	open("POST /v1/{kind}", byKey, anyOrigin(a.track))
	open("OPTIONS /ofrep/", preflights, anyOrigin(preflight))
	open("OPTIONS /v1/", preflights, anyOrigin(preflight))
	open("GET /media/{asset}/{digest}/{rendition}", "recipients see what is in force", a.serveMedia)
	const ofProgram = "it describes the program, and nothing of this engine"
	var asYAML func() []byte
	a.documentJSON, asYAML = a.written()
	open("GET /openapi.json", ofProgram, serveDocument("application/openapi+json", a.OpenAPI))
	open("GET /openapi.yaml", ofProgram, serveDocument("application/openapi+yaml", asYAML))
	open("GET /healthz", "it tells only whether the process is ready", a.health)

	a.manage = &manageMux{api: a, mux: mux, needs: engine.RightRead}
	a.huma = humago.New(a.manage, openapi())
	a.registerContent()
	a.registerTranslate()
	a.registerDrafts()
	a.registerReleases()
	a.registerObjects()
	a.registerLive()
	a.registerFiles()
	a.registerOperate()
	a.registerPeople()
	a.registerShares()
	a.describeDoors()
	a.describe(mux.Routes())
	a.manage.needs = engine.Member
	a.manage.HandleFunc("/api/v1/", func(w http.ResponseWriter, r *http.Request) {
		a.problem(w, r, mux.Missing(w, r, throughline.Errorf(throughline.NotFound, "there is nothing at %s %s", r.Method, r.URL.Path).
			WithFix("the routes are in /openapi.yaml")))
	})
	return a
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
