// Package enginetest opens a whole engine on a folder of its own for a test: the
// real record, use cases and data plane, wired as the command wires them, with
// a clock to turn, a log to read and ports to plant faults in.
package enginetest

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/live"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/engine/recipients"
	"github.com/throughline-engine/throughline/internal/record"
	"github.com/throughline-engine/throughline/internal/sqlite"
)

// Options say how a test's engine differs from the usual. The zero Options is
// the usual.
type Options struct {
	// Folder is the data folder; empty makes a new one.
	Folder string
	// Clock tells the time; nil is the machine's.
	Clock func() time.Time
	// Live tunes the data plane.
	Live live.Config
	// Wrap stands between the engine and its record, to plant faults.
	Wrap func(record.Record) record.Record
}

// Engine is one engine in this process. Close is called when the test ends.
type Engine struct {
	*Process
	Folder string
	Store  *sqlite.Store
	close  func()
}

// Process is what one process makes of a record. Several can share one.
type Process struct {
	Core       *engine.Core
	Projection *engine.Projection
	Content    *content.Content
	Plane      *live.Plane
	Operate    *operate.Operate
	Access     *operate.Access
	Recipients *recipients.Recipients
	// Log has everything that was logged, debug included.
	Log *Log
}

// Open opens an engine and starts its plane, which serves what is live and
// follows nothing before Run.
func Open(t testing.TB, o Options) *Engine {
	t.Helper()
	if o.Folder == "" {
		o.Folder = t.TempDir()
	}
	store, err := sqlite.Open(t.Context(), o.Folder, sqlite.Config{})
	if err != nil {
		t.Fatal(err)
	}
	rec := store.Record()
	if o.Wrap != nil {
		rec = o.Wrap(rec)
	}
	if o.Live.Notes == nil {
		o.Live.Notes = store.Notes()
	}
	e := &Engine{Folder: o.Folder, Store: store}
	e.close = sync.OnceFunc(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(e.Close)
	e.Process = Join(t, rec, store, o)
	return e
}

// Close gives the folder free, as the end of the process would.
func (e *Engine) Close() { e.close() }

// Join opens a process on a record that may have others.
func Join(t testing.TB, rec record.Record, store *sqlite.Store, o Options) *Process {
	t.Helper()
	if o.Clock == nil {
		o.Clock = time.Now
	}
	p := &Process{Log: &Log{}}
	var err error
	p.Core, err = engine.Open(t.Context(), rec, o.Clock, slog.New(slog.NewTextHandler(p.Log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	p.Projection = engine.NewProjection(p.Core)
	p.Content, p.Access = content.New(p.Core), operate.NewAccess(p.Core)
	p.Plane = live.New(p.Core, p.Projection, o.Live)
	if err := p.Plane.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.Operate = operate.New(operate.Config{Core: p.Core, Projection: p.Projection, Access: p.Access, Plane: p.Plane, Store: store})
	p.Recipients = recipients.New(p.Core, store, p.Plane)
	return p
}

// Run runs the data plane until the test ends or stop is called, which returns
// when all that was decided is journaled.
func (p *Process) Run(t testing.TB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Plane.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the plane ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// Ana is the owner of Workspace.
func Ana() throughline.Actor { return throughline.Actor{Kind: throughline.ActorPerson, ID: "ana"} }

// Shell is Ana with the data folder in her hands.
func Shell() engine.Caller { return engine.AtShell(Ana()) }

// Person is somebody signed in with the roles given, who owns nothing.
func Person(name string, grants ...throughline.Grant) engine.Caller {
	return engine.Caller{Actor: throughline.Actor{Kind: throughline.ActorPerson, ID: name}, Grants: grants}
}

// Apply makes a release of manifests.
func (p *Process) Apply(t testing.TB, manifests ...string) throughline.Release {
	t.Helper()
	resources, err := content.Read(Files(manifests...))
	if err != nil {
		t.Fatal(err)
	}
	rel, err := p.Content.Apply(t.Context(), Shell(), content.Change{Resources: resources})
	if err != nil {
		t.Fatal(err)
	}
	return rel
}

// Declare applies Workspace and more, and waits until it is served. The plane
// must run.
func (p *Process) Declare(t testing.TB, more ...string) throughline.Release {
	t.Helper()
	rel := p.Apply(t, Workspace)
	for _, m := range more {
		rel = p.Apply(t, m)
	}
	p.Serves(t, rel.Number)
	return rel
}

// Serves waits until decisions are made from a release.
func (p *Process) Serves(t testing.TB, release int) {
	t.Helper()
	Eventually(t, "the release is served", func() bool {
		table := p.Plane.Table()
		return table != nil && table.Release() == release
	})
}

// Decide asks for a decision.
func (p *Process) Decide(t testing.TB, placement, unit string, context map[string]any) throughline.Decision {
	t.Helper()
	d, err := p.Plane.Decide(t.Context(), throughline.Request{Placement: placement, Unit: unit, Context: context, At: p.Core.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Observe sends one message, or a batch, as a client does.
func (p *Process) Observe(t testing.TB, kind, body string) live.Taken {
	t.Helper()
	taken, err := p.Plane.Observe(t.Context(), live.Incoming{
		Body: []byte(body), Kind: kind, ReceivedAt: p.Core.Now(),
		Source: func(string) (string, error) { return "test", nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

// Recorded waits until so many decisions of this process are journaled.
func (p *Process) Recorded(t testing.TB, decisions int64) {
	t.Helper()
	Eventually(t, "the decisions are journaled", func() bool {
		recorded, _ := p.Plane.Recorded()
		return recorded >= decisions
	})
}

// Events reads the whole journal.
func (p *Process) Events(t testing.TB) []throughline.Event {
	t.Helper()
	var all []throughline.Event
	for batch, err := range p.Core.Record.Journal.Read(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, batch...)
	}
	return all
}

// Eventually waits for what another goroutine does, at most ten seconds.
func Eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after ten seconds it is not so that %s", what)
		}
	}
}

// Log keeps what is written to it.
type Log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write adds a line.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

// String returns everything written so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// Clock is a clock that stands until it is turned.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock returns a clock that shows a moment.
func NewClock(at time.Time) *Clock { return &Clock{at: at} }

// Now returns what it shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Turn sets it forward, or back.
func (c *Clock) Turn(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}
