package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/serve"
)

// Problem is an error as the management API answers it.
type Problem struct{ serve.Fault }

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType returns that of RFC 9457 for JSON.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// asProblem is an error as someone who manages the engine may see it.
func asProblem(err error) *Problem { return &Problem{serve.OperatorFaultOf(err)} }

// problem answers with an error, and logs what is the engine's own fault.
func (a *API) problem(w http.ResponseWriter, r *http.Request, err error) {
	a.logInternal(r.Context(), r.Pattern, err)
	serve.Problem(w, err)
}

func (a *API) logInternal(ctx context.Context, route string, err error) {
	if ctx.Err() != nil {
		return // whoever asked has left
	}
	switch throughline.CodeOf(err) {
	case throughline.Unavailable: // a full disk refuses everybody; once a second says so
		now := a.core.Clock().Unix()
		if a.unavailable.Swap(now) == now {
			return
		}
		fallthrough
	case throughline.Internal, throughline.Corrupt:
		a.log.ErrorContext(ctx, "a request failed", "route", route, "error", err)
	}
}

// publicText is what a stranger may read of an error, on one line.
func publicText(err error) string {
	f := serve.FaultOf(err)
	if f.Fix == "" {
		return f.Detail
	}
	return f.Detail + "; " + f.Fix
}

func placeOf(err error) string {
	if e, ok := errors.AsType[*throughline.Error](err); ok {
		return e.Place
	}
	return ""
}

// readBody reads a body of at most limit bytes, also one sent as gzip, which
// may not grow beyond the limit either. The declared content type is not looked
// at: real clients send JSON under others.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body := http.MaxBytesReader(w, r.Body, limit)
	if r.Header.Get("Content-Encoding") != "gzip" {
		return readAll(body, r.ContentLength, limit)
	}
	z, err := gzip.NewReader(body)
	if err != nil {
		return nil, throughline.Errorf(throughline.Invalid, "the body says it is gzip, and is not").WithFix("send plain JSON, or compress it")
	}
	return readAll(io.LimitReader(z, limit+1), -1, limit)
}

// firstRead is how much memory a body gets before any of it has come.
const firstRead = 8 << 10

func readAll(r io.Reader, size, limit int64) ([]byte, error) {
	var buf bytes.Buffer
	if size > 0 { // what a client announces is not yet sent
		buf.Grow(int(min(size, firstRead)) + bytes.MinRead)
	}
	_, err := buf.ReadFrom(r)
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok || int64(buf.Len()) > limit {
		if big != nil {
			limit = big.Limit
		}
		return nil, throughline.Errorf(throughline.TooLarge, "the body is longer than %d bytes", limit).WithFix("send less at once")
	}
	if err != nil {
		return nil, throughline.Errorf(throughline.Invalid, "the body ended early: %w", err).WithFix("send it again")
	}
	return buf.Bytes(), nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}
