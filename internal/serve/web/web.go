// Package web is the door for people: pages rendered on the server, each from
// one typed struct, with a design system of our own below them.
//
// A page is complete without scripts. Where it is live, every place that may
// change is a leaf with a key; the page and its event stream are written from
// the same leaves, so they cannot disagree.
//
// docs/pages.md says for each page which question it answers.
package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
)

// LineSource is where The Line comes from.
type LineSource interface {
	// Line returns the engine as it stands. It is asked up to once a second for
	// each open page, so it should answer from memory.
	Line(ctx context.Context) (operate.Line, error)
	// Changed returns a channel that is closed when Line next has something
	// new to say.
	Changed() <-chan struct{}
}

// Previews renders variants as people see them.
type Previews interface {
	// Preview returns how a variant looks in its placement, or an error with
	// the code NotFound.
	Preview(ctx context.Context, placement, variant string) (operate.Preview, error)
}

// Access knows who may come in. Its errors are shown: Unauthorized, Invalid and
// NotFound with their message, everything else as a failure.
type Access interface {
	// SignIn returns a session cookie's value for a person's name and password.
	SignIn(ctx context.Context, person, password string) (cookie string, expires time.Time, err error)
	// Who returns the person of a cookie, and false for one that does not hold.
	Who(ctx context.Context, cookie string) (person string, ok bool, err error)
	// SignOut ends a session.
	SignOut(ctx context.Context, cookie string) error
	// Ownership says who answers for the engine.
	Ownership(ctx context.Context) (operate.Ownership, error)
	// Invited returns who would accept with a one-time secret, or an error with
	// the code NotFound for one that no longer works.
	Invited(ctx context.Context, secret string) (operate.Ownership, error)
	// Accept sets the owner's password, records that they accept, and signs them
	// in.
	Accept(ctx context.Context, secret, password string) (cookie string, expires time.Time, err error)
}

// Config is what the door needs.
type Config struct {
	Lines    LineSource
	Previews Previews
	Access   Access
	// Log takes what goes wrong; never a trait or a secret.
	Log *slog.Logger
	// Enter signs in whoever holds a one-time link of the demo and returns their
	// cookie; nil when there are no such links.
	Enter func(ctx context.Context, secret string) (cookie string, expires time.Time, err error)
	// HTTPS says that people reach the door over TLS though this process does
	// not speak it, so that cookies are marked Secure. With TLS here they are.
	HTTPS bool
	// Streams is how many pages may be live at once; the default is 256.
	Streams int
}

// Web is the door for people.
type Web struct {
	Config
	assets  *assets
	pages   map[string]*template.Template
	streams chan struct{}
	closed  chan struct{}
	close   sync.Once
}

// The limits of the door's own routes.
const (
	formBytes = 16 << 10
	pageTime  = 10 * time.Second
)

// New returns the door. It fails only when a template of its own does not parse.
func New(c Config) (*Web, error) {
	if c.Streams == 0 {
		c.Streams = 256
	}
	assets, err := loadAssets()
	if err != nil {
		return nil, err
	}
	pages, err := parsePages()
	if err != nil {
		return nil, err
	}
	return &Web{
		Config: c, assets: assets, pages: pages,
		streams: make(chan struct{}, c.Streams), closed: make(chan struct{}),
	}, nil
}

// Close ends every live stream, so that a server can shut down.
func (w *Web) Close() { w.close.Do(func() { close(w.closed) }) }

// Register adds the door's routes to the mux. What no other route takes is the
// door's "not found".
func (w *Web) Register(mux *http.ServeMux) {
	page := func(pattern string, h func(http.ResponseWriter, *http.Request) error) {
		mux.Handle(pattern, w.guard(serve.Timeout(pageTime, w.answer(h))))
	}
	page("GET /{$}", w.signedIn(w.line))
	page("GET /sign-in", w.signInPage)
	page("POST /sign-in", w.signIn)
	page("POST /sign-out", w.signOut)
	page("GET /welcome/{secret}", w.welcomePage)
	page("POST /welcome/{secret}", w.welcome)
	page("GET /enter/{secret}", w.enter)
	page("POST /theme", w.theme)
	page("GET /preview/{placement}/{variant}", w.signedIn(w.preview))
	page("/", func(http.ResponseWriter, *http.Request) error { return noPage() })
	mux.Handle("GET /line/events", w.guard(http.HandlerFunc(w.events)))
	mux.Handle("GET /assets/{version}/{file...}", w.guard(w.assets))
}

func noPage() error {
	return throughline.Errorf(throughline.NotFound, "there is no such page").
		WithFix("the address may be mistyped, or what it named is gone; start again from The Line")
}

// guard is what every route of the door passes: headers, a small body, and no
// change asked for by another site.
func (w *Web) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(w.answer(func(http.ResponseWriter, *http.Request) error {
		return throughline.Errorf(throughline.Forbidden, "another site asked for this change").
			WithFix("go to the page yourself and try again")
	}))
	return serve.Secure(serve.LimitBody(formBytes, cross.Handler(next)))
}

// answer turns a handler that returns its error into one that shows it.
func (w *Web) answer(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if err := h(rw, r); err != nil {
			w.fail(rw, r, err)
		}
	})
}

// fail shows an error: as a page to people, as a problem to programs.
func (w *Web) fail(rw http.ResponseWriter, r *http.Request, err error) {
	f := serve.FaultOf(err)
	if f.Status >= http.StatusInternalServerError && !errors.Is(err, context.Canceled) {
		w.Log.LogAttrs(r.Context(), slog.LevelError, "page failed", slog.String("route", r.Pattern), slog.Any("error", err))
	}
	if !strings.Contains(r.Header.Get("Accept"), "text/html") {
		serve.Problem(rw, err)
		return
	}
	s := w.shell(r, f.Title)
	if err := w.render(rw, r, f.Status, "error", errorPage{shell: s, Fault: f, Said: sayFault(f)}); err != nil {
		serve.Problem(rw, err)
	}
}

// errorPage says what went wrong and what to do about it.
type errorPage struct {
	shell
	Fault serve.Fault
	// Said is the headline.
	Said string
}

func sayFault(f serve.Fault) string {
	switch f.Status {
	case http.StatusNotFound:
		return "There is nothing here."
	case http.StatusForbidden:
		return "You may not do this."
	case http.StatusUnauthorized:
		return "Sign in first."
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return "Not now, please try again in a moment."
	case http.StatusInternalServerError:
		return "This page broke. What was saved is safe."
	}
	return "That did not work."
}

// render writes a page whole or not at all.
func (w *Web) render(rw http.ResponseWriter, r *http.Request, status int, page string, data any) error {
	var body bytes.Buffer
	if err := w.pages[page].ExecuteTemplate(&body, "layout", data); err != nil {
		return throughline.Errorf(throughline.Internal, "page %s cannot be written: %w", page, err)
	}
	return writeHTML(rw, r, status, body.Bytes())
}

// writeHTML answers with a document, compressed where the reader takes it. No
// page holds a secret beside what the reader sent, so its length gives nothing
// away.
func writeHTML(rw http.ResponseWriter, r *http.Request, status int, body []byte) error {
	h := rw.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Encoding")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	if !acceptsGzip(r) {
		rw.WriteHeader(status)
		rw.Write(body) // a reader who left cannot be told
		return nil
	}
	h.Set("Content-Encoding", "gzip")
	rw.WriteHeader(status)
	return compress(rw, body)
}

func acceptsGzip(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept-Encoding"), "gzip")
}

func compress(w io.Writer, b []byte) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return err
	}
	z.Write(b) // a reader who left cannot be told
	z.Close()
	return nil
}
