package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"time"
	_ "time/tzdata" // releases are scheduled in zones that the machine may not know

	"github.com/throughline-engine/throughline/internal/craft/image"
	"github.com/throughline-engine/throughline/internal/craft/mailclient"
	"github.com/throughline-engine/throughline/internal/encode"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/engine/media"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/engine/recipients"
	"github.com/throughline-engine/throughline/internal/engine/share"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/api"
	"github.com/throughline-engine/throughline/internal/serve/web"
	"github.com/throughline-engine/throughline/internal/sqlite"
)

// process is one engine opened in this process: the only place where adapters
// meet use cases and use cases meet doors.
type process struct {
	store    *sqlite.Store
	core     *engine.Core
	content  *content.Content
	schedule *content.Schedule
	plane    *live.Plane
	operate  *operate.Operate
	access   *operate.Access
	audit    *operate.Audit
	media    *media.Media
	watch    *watcher // nil where no folder is watched
	mux      *serve.Mux
	handler  http.Handler
	web      *web.Web
	api      *api.API
	// link is the secret of the demo's link, which signs in its example owner;
	// empty elsewhere.
	link string
	// proof is how commands know the engine again; nil before it has left them a
	// key.
	proof atomic.Pointer[proof]
}

// openProcess takes the data folder, which must be free, and starts its engine
// up to the point of serving.
func openProcess(ctx context.Context, folder string, log *slog.Logger, simulated bool) (*process, error) {
	store, err := sqlite.Open(ctx, folder, sqlite.Config{})
	if err != nil {
		return nil, err
	}
	p, err := wire(ctx, store, log, simulated)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return p, nil
}

func wire(ctx context.Context, store *sqlite.Store, log *slog.Logger, simulated bool) (*process, error) {
	core, err := engine.Open(ctx, store.Record(), time.Now, log)
	if err != nil {
		return nil, err
	}
	projection := engine.NewProjection(core)
	p := &process{store: store, core: core, content: content.New(core), access: operate.NewAccess(core), audit: operate.NewAudit(core)}
	if p.schedule, err = content.NewSchedule(p.content, content.ScheduleConfig{}); err != nil {
		return nil, err
	}
	p.plane = live.New(core, projection, live.Config{Notes: store.Notes()})
	if err := p.plane.Start(ctx); err != nil {
		return nil, err
	}
	p.operate = operate.New(operate.Config{
		Core: core, Projection: projection, Access: p.access, Plane: p.plane, Store: store, Simulated: simulated,
	})
	facts, err := mailFacts()
	if err != nil {
		return nil, err
	}
	p.content.KnowClients(facts)
	pictures := encode.Find(ctx, exec.LookPath)
	files := media.New(core, media.Config{Encode: func(ctx context.Context, p *image.Picture, s image.Spec, n image.Notice) (image.Rendition, error) {
		made, err := pictures.Render(ctx, p, s, n)
		return made.Rendition, err
	}, NamedIn: content.NamesFiles(), Waiting: p.content.Waiting})
	p.media = files
	links := share.New(core, p.content)
	mux := serve.NewMux()
	p.mux = mux
	p.api = api.Mount(mux, api.Config{
		Core: core, Content: p.content, Plane: p.plane, Operate: p.operate, Access: p.access,
		Recipients: recipients.New(core, store, p.plane), Media: files, Shares: links, Log: log,
	})
	doors := web.Config{People: p.access, Staff: p.content, Audit: p.audit, Library: p.content, Shelf: p.content, Counts: p.operate, Making: p.content, Releases: p.content, Feeds: p.access, Lines: p.operate, Previews: p.operate, Access: p.access, Log: log}
	doors.Shares, doors.Files = links, files
	doors.Sight = &web.Sight{
		Stands: p.operate, Decisions: p.plane, Exclusions: p.content, Stories: p.content,
		Journal: operate.NewJournal(core), Lookup: operate.NewLookup(core),
	}
	doors.Described = p.api.OpenAPI
	doors.Begin, doors.Decider = beginnings{p.content, p.media}, p.plane
	if simulated {
		doors.Enter, doors.Captions = p.enter, true
	}
	if p.web, err = web.New(doors); err != nil {
		return nil, err
	}
	p.web.Register(mux)
	p.handler = serve.Log(log, serve.Secure(serve.Exact(mux)))
	return p, nil
}

// mailFacts reads what mail clients support from the folder that the environment
// names; nil where it names none.
func mailFacts() (*mailclient.Facts, error) {
	folder := os.Getenv(mailclient.Setting)
	if folder == "" {
		return nil, nil
	}
	return mailclient.Load(os.DirFS(folder))
}

func (p *process) close() error {
	return errors.Join(p.plane.Close(context.Background()), p.store.Close())
}
