package web

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"time"

	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/serve"
)

// The rhythm of a live page.
const (
	streamPace  = time.Second      // at most one message in it
	streamIdle  = 5 * time.Second  // ages move on even when nothing happens
	streamWrite = 10 * time.Second // a reader slower than this is dropped
)

// change is one message to a live page.
type change struct {
	// Leaves are the contents that differ from what was sent before, by key.
	Leaves map[string]template.HTML `json:"leaves"`
	// Structure names what is on the page; another one asks for a reload.
	Structure string `json:"structure"`
}

// reading reads a live page again: its leaves, and what names its structure.
type reading func(r *http.Request, v viewer) (leaves, string, error)

// live streams what changes on a page, as server-sent events. The first message
// holds every leaf, so that a page that reconnects is whole. The stream ends when
// the session does.
func (w *Web) live(read reading) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		v, err := w.who(r)
		if err != nil {
			serve.Problem(rw, err)
			return
		}
		leave, err := w.streams.Enter(cmp.Or(v.Person(), w.origin(r).Address.String()))
		if err != nil {
			serve.Problem(rw, err)
			return
		}
		defer leave()
		if err := w.stream(rw, r, read); err != nil {
			w.Log.ErrorContext(r.Context(), "stream ended", "route", r.Pattern, "error", err)
		}
	}
}

// lineLeaves reads The Line.
func (w *Web) lineLeaves(r *http.Request, _ viewer) (leaves, string, error) {
	l, err := w.Lines.Line(r.Context())
	if err != nil {
		return nil, "", err
	}
	page := newLinePage(l)
	return page.leaves, page.Structure, nil
}

func (w *Web) stream(rw http.ResponseWriter, r *http.Request, read reading) error {
	ctx := r.Context()
	rc := http.NewResponseController(rw)
	if err := rc.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) { // a stream outlives the server's time to read a request
		return err
	}
	sent := make(leaves)
	for first := true; ; first = false {
		changed := w.Lines.Changed()
		msg, err := w.changes(r, read, sent)
		if err != nil {
			return endStream(ctx, rw, first, err)
		}
		if first {
			startStream(rw)
		}
		if first || len(msg.Leaves) > 0 {
			if err := writeChange(rw, rc, msg); err != nil {
				return nil // the reader left
			}
		}
		if !w.pause(ctx, changed) {
			return nil
		}
	}
}

// endStream answers with the error when nothing was sent yet. A stream that ran
// just ends: the page asks again and is answered then.
func endStream(ctx context.Context, rw http.ResponseWriter, first bool, err error) error {
	if first {
		serve.Problem(rw, err)
	}
	if ctx.Err() != nil || serve.FaultOf(err).Status < http.StatusInternalServerError {
		return nil
	}
	return err
}

func startStream(rw http.ResponseWriter) {
	h := rw.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies must not hold messages back
	fmt.Fprint(rw, "retry: 2000\n\n")
}

// changes returns the leaves that differ from those sent, and notes them. Whoever
// may no longer read is sent nothing.
func (w *Web) changes(r *http.Request, read reading, sent leaves) (change, error) {
	v, err := w.who(r)
	if err != nil {
		return change{}, err
	}
	if err := v.Need(engine.RightRead); err != nil {
		return change{}, err
	}
	now, structure, err := read(r, v)
	if err != nil {
		return change{}, err
	}
	msg := change{Leaves: make(map[string]template.HTML), Structure: structure}
	for key, html := range now {
		if was, ok := sent[key]; !ok || was != html {
			msg.Leaves[key] = html
			sent[key] = html
		}
	}
	return msg, nil
}

func writeChange(rw http.ResponseWriter, rc *http.ResponseController, msg change) error {
	b, err := json.Marshal(msg)
	if err != nil {
		return err
	}
	if err := rc.SetWriteDeadline(time.Now().Add(streamWrite)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	if _, err := fmt.Fprintf(rw, "event: change\ndata: %s\n\n", b); err != nil {
		return err
	}
	return rc.Flush()
}

// pause waits for news, and never less than the pace. It returns false when
// there is no one left to tell.
func (w *Web) pause(ctx context.Context, changed <-chan struct{}) bool {
	pace, idle := time.NewTimer(streamPace), time.NewTimer(streamIdle)
	defer pace.Stop()
	defer idle.Stop()
	for _, wait := range []<-chan time.Time{pace.C, idle.C} {
		news := changed
		if wait == pace.C {
			news = nil
		}
		select {
		case <-wait:
		case <-news:
		case <-w.closed:
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}
