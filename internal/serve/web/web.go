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
	"encoding/json"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
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
	// Rules returns what every rule has said, those that let something escape
	// first.
	Rules() []operate.Rule
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
	// SignIn lets in who knows a person's password.
	SignIn(ctx context.Context, name, password string, from operate.Origin) (operate.Entered, error)
	// Visit returns whose session a cookie is, and what they may do; a stranger's
	// for one that does not hold.
	Visit(ctx context.Context, cookie string) (operate.Visit, error)
	// SignOut ends a session.
	SignOut(ctx context.Context, cookie string) error
	// Ownership says who answers for the engine.
	Ownership(ctx context.Context) (operate.Ownership, error)
	// Invited returns who would accept with a one-time secret, or an error: NotFound
	// for one that does not work, Conflict for one that was used.
	Invited(ctx context.Context, secret string) (operate.Invitation, error)
	// Accept sets a password by a one-time secret and signs the person in.
	Accept(ctx context.Context, secret, password string, from operate.Origin) (operate.Entered, error)
	// Whose returns the person of a session that may be over already, or "".
	Whose(ctx context.Context, cookie string) (string, error)
	// Seal encloses what a browser keeps for the engine.
	Seal(purpose string, plain []byte) (string, error)
	// Unseal opens it again, or returns an error with the code Invalid.
	Unseal(purpose, sealed string) ([]byte, error)
}

// Staff declares people, and takes them out: as releases, like everything.
type Staff interface {
	operate.Staff
	// Apply makes a release of a change.
	Apply(ctx context.Context, by engine.Caller, change content.Change) (throughline.Release, error)
}

// Library is what is declared, as far as who asks may see it.
type Library interface {
	// Objects returns some resources of one kind by name, from a cursor on.
	Objects(ctx context.Context, by engine.Caller, q content.ObjectQuery) (content.ObjectPage, error)
	// Search finds resources and releases by name and text, the best first.
	Search(ctx context.Context, by engine.Caller, query string, limit int) ([]content.Hit, error)
	// Check returns what the guardrails say of what is in force.
	Check(ctx context.Context, by engine.Caller, change content.Change) ([]throughline.Finding, error)
	// List returns every resource of a kind, by name.
	List(ctx context.Context, kind throughline.Kind) ([]throughline.Resource, error)
}

// personStreams is how many live pages one person may have open.
const personStreams = 24

// Config is what the door needs.
type Config struct {
	Lines    LineSource
	Previews Previews
	Access   Access
	// People is who works with the engine, and what their pages do; Sign is another
	// way to sign in than by password. Either may be nil.
	People *operate.Access
	Sign   *operate.Provider
	Audit  *operate.Audit
	// Staff declares people and what they may do.
	Staff Staff
	// Library is what the search and the stations read; nil finds pages alone.
	Library Library
	// Shelf finds pieces, and Counts says how they do; nil have no library and no
	// numbers.
	Shelf  Shelf
	Counts PieceCounts
	// Files takes files in; nil has no page for it.
	Files Files
	// Shares are the links by which people outside see pieces; nil has none.
	Shares Shares
	// Releases are what goes live and how; Feeds the links that calendars read.
	Releases Releases
	Feeds    Feeds
	// Making is what the pages that change content do it with; nil has no such
	// pages.
	Making Making
	// Sight is what the pages of placements, variants, decisions and the journal
	// read; nil leaves those pages out.
	Sight *Sight
	// Begin declares what the guided start asks for, Decider makes its first
	// decision; without the first there is no guided start.
	Begin   Beginnings
	Decider Decider
	// Described returns the OpenAPI document of the doors for programs, as JSON;
	// nil has no pages about them.
	Described func() []byte
	// Log takes what goes wrong; never a trait or a secret.
	Log *slog.Logger
	// Enter signs in whoever holds a one-time link of the demo and returns their
	// cookie; nil when there are no such links.
	Enter func(ctx context.Context, secret string) (cookie string, expires time.Time, err error)
	// Captions walk whoever looks through the loop; the demo has them.
	Captions bool
	// HTTPS says that people reach the door over TLS though this process does
	// not speak it, so that cookies are marked Secure. With TLS here they are.
	HTTPS bool
	// PublicURL is how people reach the door, without a path; empty is as they ask.
	PublicURL string
	// Streams is how many pages may be live at once; the default is 256. One
	// person may have personStreams of them.
	Streams int
}

// Web is the door for people.
type Web struct {
	Config
	assets  *assets
	pages   map[string]*template.Template
	streams *serve.Streams
	closed  chan struct{}
	close   sync.Once
	words   *glossary
	// objects are the kinds that have a page each, commands what the palette
	// offers by name: Register fills both.
	objects  map[throughline.Kind]bool
	commands []command
	glance   glance
	seen     seen
	// routed are the patterns registered, so that pages lead only where there is
	// something.
	routed map[string]bool
	ruled  ruledOut
}

// The limits of the door's own routes.
const (
	formBytes = 64 << 10
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
	words := newGlossary(throughline.Glossary())
	pages, err := parsePages(words)
	if err != nil {
		return nil, err
	}
	return &Web{
		Config: c, assets: assets, pages: pages, words: words,
		streams: serve.NewStreams(c.Streams, personStreams), closed: make(chan struct{}),
	}, nil
}

// Close ends every live stream, so that a server can shut down.
func (w *Web) Close() { w.close.Do(func() { close(w.closed) }) }

// Register adds the door's routes to the mux. What no other route takes is the
// door's "not found".
func (w *Web) Register(mux *serve.Mux) {
	p := &routes{Web: w, mux: mux}
	w.objects, w.routed = make(map[throughline.Kind]bool), make(map[string]bool)
	w.registerFrame(p)
	w.registerAccess(p)
	w.registerPeople(p)
	w.registerStations(p)
	w.registerSearch(p)
	w.registerLibrary(p)
	w.registerShares(p)
	w.registerReleases(p)
	w.registerMake(p)
	w.registerSight(p)
	w.registerStart(p)
	w.registerAPI(p)
	w.registerCaptions(p)
	for _, r := range mux.Routes() {
		w.routed[r.Pattern] = true
	}
}

// registerFrame adds what every page leans on, and the home page.
func (w *Web) registerFrame(p *routes) {
	p.page("GET /{$}", engine.RightRead, w.line)
	p.raw("GET /line/events", engine.RightRead, w.live(w.lineLeaves))
	p.page("GET /preview/{placement}/{variant}", engine.RightRead, w.preview)
	p.page("GET /design", engine.RightRead, w.design)
	p.open("POST /theme", "a choice of colours is nobody's secret", w.theme)
	p.file("GET /assets/{version}/{file...}", "styles and scripts hold no data", w.assets)
	p.open("/", "what is not there is not there for anybody", func(rw http.ResponseWriter, r *http.Request, _ viewer) error {
		return p.mux.Missing(rw, r, noPage())
	})
}

// render writes a page whole or not at all.
func (w *Web) render(rw http.ResponseWriter, r *http.Request, status int, page string, data any) error {
	var body bytes.Buffer
	if err := w.pages[page].ExecuteTemplate(&body, "layout", data); err != nil {
		return throughline.Errorf(throughline.Internal, "page %s cannot be written: %w", page, err)
	}
	w.dropToast(rw, r)
	return writeHTML(rw, r, status, w.words.define(body.Bytes()))
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

// answerJSON answers a script, whole or not at all.
func answerJSON(rw http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return throughline.Errorf(throughline.Internal, "an answer cannot be written: %w", err)
	}
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Cache-Control", "no-store")
	rw.Write(body) // a reader who left cannot be told
	return nil
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
