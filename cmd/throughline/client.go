package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/api"
	"github.com/throughline-engine/throughline/internal/sqlite"
)

// client speaks the management API of one engine, wherever it runs.
type client struct {
	base  string
	key   string
	http  *http.Client
	close func() error
}

// The files that a serving engine leaves in its data folder for commands.
const (
	addressFile = "address" // where it listens
	keyFile     = "cli.key" // a key with the scope manage, mode 0600
)

// here stands for the address of an engine that this command opened itself.
const here = "http://engine"

// connect finds the engine: by --url, the one that runs on the data folder, or,
// when none does, by opening the folder in this process. It makes no folder: a
// command in the wrong place should say so, and not answer for an empty engine.
func (s *shell) connect() (*client, error) {
	return s.connectOr(func() (*client, error) {
		return nil, throughline.Errorf(throughline.NotFound, "there is no data folder at %s", s.Data).
			WithFix("run it where the engine's data folder is, or name it with --data; serve and apply make one")
	})
}

// connectOrCreate is connect for what an engine may begin with.
func (s *shell) connectOrCreate() (*client, error) {
	return s.connectOr(func() (*client, error) {
		s.notef("There was no data folder; it is %s now.\n", s.Data)
		return s.openHere(s.Data)
	})
}

// connectOrEmpty is connect for what can be asked before there is an engine: of
// an empty one, which is gone when it is closed.
func (s *shell) connectOrEmpty() (*client, error) {
	return s.connectOr(func() (*client, error) {
		folder, err := os.MkdirTemp("", "throughline-empty-")
		if err != nil {
			return nil, throughline.Errorf(throughline.Unavailable, "no temporary folder can be made: %w", err)
		}
		engine, err := s.openHere(folder)
		if err != nil {
			return nil, errors.Join(err, os.RemoveAll(folder))
		}
		s.notef("There is no data folder at %s, so this is about an engine that has nothing yet.\n", s.Data)
		closeEngine := engine.close
		engine.close = func() error { return errors.Join(closeEngine(), os.RemoveAll(folder)) }
		return engine, nil
	})
}

// connectOr is connect with what to do where there is no data folder.
func (s *shell) connectOr(absent func() (*client, error)) (*client, error) {
	if s.URL != "" {
		return &client{strings.TrimSuffix(s.URL, "/"), s.Key, &http.Client{}, func() error { return nil }}, nil
	}
	running, err := sqlite.Locked(s.Data)
	if err != nil {
		return nil, err
	}
	if running {
		return connectRunning(s.ctx, s.Data)
	}
	exists, err := sqlite.Exists(s.Data)
	if err != nil {
		return nil, err
	}
	if !exists {
		return absent()
	}
	return s.openHere(s.Data)
}

func connectRunning(ctx context.Context, folder string) (*client, error) {
	address, err := os.ReadFile(filepath.Join(folder, addressFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, throughline.Errorf(throughline.Conflict, "another command is using the data folder %s", folder).WithFix("wait until it is done")
	}
	if err != nil {
		return nil, throughline.Errorf(throughline.Unavailable, "the engine's address cannot be read: %w", err)
	}
	key, err := os.ReadFile(filepath.Join(folder, keyFile))
	if err != nil {
		return nil, throughline.Errorf(throughline.Forbidden, "an engine runs on %s, and its key cannot be read: %w", folder, err).
			WithFix("run the command as the user who started the engine, or use --url and --key")
	}
	known := proof{strings.TrimSpace(string(key)), strings.TrimSpace(string(address))}
	if err := proved(ctx, known); err != nil {
		return nil, err
	}
	return &client{known.address, known.key, &http.Client{}, func() error { return nil }}, nil
}

// openHere serves the API of a data folder to this command alone. Changes are by
// the operating-system user.
func (s *shell) openHere(folder string) (*client, error) {
	p, err := openProcess(s.ctx, folder, slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn})), false)
	if err != nil {
		return nil, err
	}
	return &client{here, "", &http.Client{Transport: inProcess{p.handler, engine.AtShell(atShell())}}, p.close}, nil
}

// atShell is who types the commands, as the operating system knows them.
func atShell() throughline.Actor {
	return throughline.Actor{Kind: throughline.ActorPerson, ID: "os/" + osUser()}
}

func osUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// inProcess is an http.RoundTripper that calls a handler instead of a network.
type inProcess struct {
	handler http.Handler
	by      engine.Caller
}

// RoundTrip returns as soon as the handler has answered its status; the body
// follows as it is written, so that progress is seen.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	body, pipe := io.Pipe()
	w := &pipeWriter{header: http.Header{}, body: pipe, started: make(chan struct{})}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	go func() {
		defer func() { // a server of net/http does the same for a handler that panics
			if v := recover(); v != nil {
				w.WriteHeader(http.StatusInternalServerError)
				pipe.CloseWithError(throughline.Errorf(throughline.Internal, "the engine made a mistake: %v", v))
			}
		}()
		t.handler.ServeHTTP(w, r.WithContext(serve.WithCaller(r.Context(), t.by)))
		w.WriteHeader(http.StatusOK)
		pipe.Close()
	}()
	select {
	case <-w.started:
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	return &http.Response{
		StatusCode: w.status, Header: w.sent, Body: body, Request: r,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: -1,
	}, nil
}

type pipeWriter struct {
	header, sent http.Header
	status       int
	body         *io.PipeWriter
	started      chan struct{}
}

func (w *pipeWriter) Header() http.Header { return w.header }

func (w *pipeWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
		close(w.started)
	}
}

func (w *pipeWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

// Flush is what progress asks for; every write has left already.
func (w *pipeWriter) Flush() {}

// call sends in as JSON and reads the answer into out; either may be nil.
func (c *client) call(ctx context.Context, method, path string, in, out any) error {
	res, err := c.send(ctx, method, path, in)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if out == nil {
		// An engine in this process has answered in full before it is closed.
		_, err := io.Copy(io.Discard, res.Body)
		return err
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return throughline.Errorf(throughline.Unavailable, "the engine's answer cannot be read: %w", err)
	}
	return nil
}

func (c *client) send(ctx context.Context, method, path string, in any) (*http.Response, error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, throughline.Errorf(throughline.Invalid, "%q is not an address: %w", c.base, err)
	}
	r.Header.Set("Content-Type", "application/json")
	if c.key != "" {
		r.Header.Set("Authorization", "Bearer "+c.key)
	}
	res, err := c.http.Do(r)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, throughline.Errorf(throughline.Unavailable, "the engine at %s does not answer: %w", c.base, err).WithFix("start it with: throughline serve")
	}
	if res.StatusCode >= 400 {
		defer res.Body.Close()
		return nil, readProblem(res)
	}
	return res, nil
}

// readProblem turns the API's error back into what it was.
func readProblem(res *http.Response) error {
	var f serve.Fault
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<20)).Decode(&f); err != nil || f.Detail == "" {
		return throughline.Errorf(throughline.Unavailable, "the engine answered %s", res.Status)
	}
	return faultError(f)
}

func faultError(f serve.Fault) error {
	if len(f.Errors) == 0 {
		object, _ := throughline.ParseRef(f.Object) // empty when it is about none
		return &throughline.Error{Code: f.Code, Message: f.Detail, Place: f.Place, Object: object, Field: f.Field, Fix: f.Fix}
	}
	var problems throughline.Problems
	for _, each := range f.Errors {
		problems.Add(faultError(each))
	}
	return problems
}

// long runs work that reports its progress, shows it on err, and reads the
// result into out.
func (s *shell) long(c *client, path string, in, out any, what string) error {
	res, err := c.send(s.ctx, http.MethodPost, path, in)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	bar := newBar(s.err, what)
	defer bar.end()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var step api.Step
		if err := json.Unmarshal(lines.Bytes(), &step); err != nil {
			return throughline.Errorf(throughline.Unavailable, "the engine's answer cannot be read: %w", err)
		}
		switch {
		case step.Error != nil:
			return faultError(step.Error.Fault)
		case step.Result != nil:
			return json.Unmarshal(step.Result, out)
		}
		bar.show(step.Done, step.Of)
	}
	return throughline.Errorf(throughline.Unavailable, "the engine went away in the middle").WithFix("look at its log, start it again, and repeat the command")
}

// bar shows progress on one line of a terminal; elsewhere it stays quiet.
type bar struct {
	w     io.Writer
	what  string
	last  time.Time
	shown bool
}

func newBar(w io.Writer, what string) *bar {
	if f, ok := w.(*os.File); !ok || !isTerminal(f) {
		w = io.Discard
	}
	return &bar{w: w, what: what}
}

func (b *bar) show(done, of uint64) {
	if now := time.Now(); now.Sub(b.last) >= 100*time.Millisecond || done == of {
		b.last, b.shown = now, true
		if of == 0 {
			fmt.Fprintf(b.w, "\r%s %d", b.what, done)
			return
		}
		const width = 30
		full := int(min(width, width*done/of))
		fmt.Fprintf(b.w, "\r%s %s%s %3d %%", b.what, strings.Repeat("━", full), strings.Repeat("·", width-full), 100*done/of)
	}
}

func (b *bar) end() {
	if b.shown {
		fmt.Fprintln(b.w)
	}
}
