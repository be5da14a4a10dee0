// Package serve is what the doors share: the headers every answer carries, the
// limits every request obeys, how an error becomes an answer, and the access
// log.
//
// The command wraps the mux of all doors once, the log outermost:
//
//	serve.Log(log, serve.Secure(serve.Exact(mux)))
//
// and each door limits what its own routes read and how long they take. None of
// the wrappers around the mux copies the request, so that the log sees the
// pattern that matched.
package serve

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
)

// Policy is the Content-Security-Policy of everything that is not a rendering
// of content: our own scripts, styles and frames, and nothing inline.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; " +
	"connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// SessionCookie names the cookie of a signed-in person, which every door knows.
const SessionCookie = "throughline_session"

// Secure sets the headers that keep an answer from being read as something
// else, framed by strangers, or named in a Referer. A handler may replace them.
func Secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", Policy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		next.ServeHTTP(w, r)
	})
}

// LimitBody refuses to read more than so many bytes of a request. A request
// that announces more is answered with 413 at once; a read beyond the limit
// fails with an http.MaxBytesError, which Problem turns into the same answer.
func LimitBody(bytes int64, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > bytes {
			Problem(w, &http.MaxBytesError{Limit: bytes})
			return
		}
		whole := r.Body
		defer func() { r.Body = whole }() // the server must find the end of its own
		r.Body = http.MaxBytesReader(w, whole, bytes)
		next.ServeHTTP(w, r)
	})
}

// Exact answers 404 where http.ServeMux would redirect to a tidier path: there
// are clients that take a redirect for delivery.
func Exact(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := r.URL.EscapedPath()
		tidy := path.Clean(asked)
		if tidy != asked && tidy+"/" != asked {
			Problem(w, throughline.Errorf(throughline.NotFound, "there is nothing at such a path").WithFix("write it without empty parts and dots"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Timeout gives a handler so long to read its request and write its answer:
// the context ends, and so do reads and writes of the connection.
func Timeout(d time.Duration, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), d)
		defer cancel()
		rc := http.NewResponseController(w)
		end := time.Now().Add(d) // deadlines of a connection are wall time
		if err := errors.Join(rc.SetReadDeadline(end), rc.SetWriteDeadline(end)); err != nil && !errors.Is(err, http.ErrNotSupported) {
			Problem(w, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Log writes a line a request: method, the route that matched, status, bytes
// and duration. It names the route and never the path, the query, a header or
// an address, because these carry secrets and traits. Failures of the engine
// are errors, everything else is debug. A handler that panics is logged with the
// route and where it was, never with what it says, and answered as a defect.
func Log(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		seen := &recorder{ResponseWriter: w, status: http.StatusOK}
		aborted := survive(log, seen, r, next)
		level := slog.LevelDebug
		if seen.status >= http.StatusInternalServerError {
			level = slog.LevelError
		}
		log.LogAttrs(r.Context(), level, "request",
			slog.String("method", r.Method), slog.String("route", r.Pattern),
			slog.Int("status", seen.status), slog.Int64("bytes", seen.bytes),
			slog.Duration("took", time.Since(start)))
		if aborted {
			panic(http.ErrAbortHandler) // the server closes the connection, and says no more
		}
	})
}

// survive calls the handler. One that panics before it has answered becomes a
// failure; of one in the middle of its answer the client must see that it ends
// too early, and survive reports that.
func survive(log *slog.Logger, w *recorder, r *http.Request, next http.Handler) (aborted bool) {
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if v == http.ErrAbortHandler { // a handler's own way to end an answer
			aborted = true
			return
		}
		log.LogAttrs(r.Context(), slog.LevelError, "a handler panicked",
			slog.String("method", r.Method), slog.String("route", r.Pattern), slog.String("at", panickedAt()))
		if aborted = w.wrote; !aborted {
			Problem(w, throughline.Errorf(throughline.Internal, "a handler panicked"))
		}
	}()
	next.ServeHTTP(w, r)
	return false
}

// panickedAt names the functions and lines of the goroutine that panics, without
// their arguments.
func panickedAt() string {
	var at []string
	pcs := make([]uintptr, 32)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(4, pcs)])
	for range 8 {
		f, more := frames.Next()
		at = append(at, f.Function+":"+strconv.Itoa(f.Line))
		if !more {
			break
		}
	}
	return strings.Join(at, " < ")
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	wrote  bool
}

func (w *recorder) WriteHeader(status int) {
	if !w.wrote {
		w.status, w.wrote = status, status >= http.StatusOK
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	w.wrote = true
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach flushing and deadlines.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
