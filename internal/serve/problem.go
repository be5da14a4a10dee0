package serve

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/throughline-engine/throughline"
)

// Status returns the HTTP status of a code.
func Status(c throughline.Code) int {
	switch c {
	case "":
		return http.StatusOK
	case throughline.Invalid:
		return http.StatusBadRequest
	case throughline.NotFound:
		return http.StatusNotFound
	case throughline.Conflict:
		return http.StatusConflict
	case throughline.Unauthorized:
		return http.StatusUnauthorized
	case throughline.Forbidden:
		return http.StatusForbidden
	case throughline.TooLarge:
		return http.StatusRequestEntityTooLarge
	case throughline.Exhausted:
		return http.StatusTooManyRequests
	case throughline.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// Fault is an error as a stranger may see it, in the shape of RFC 9457.
type Fault struct {
	// Title is the kind in words, Status the HTTP status, Code the stable name.
	Title  string           `json:"title"`
	Status int              `json:"status"`
	Code   throughline.Code `json:"code"`
	// Detail says what happened, Place where, Fix what to do about it.
	Detail string `json:"detail"`
	Place  string `json:"place,omitempty"`
	Fix    string `json:"fix,omitempty"`
	// Object is the resource it is about, as Kind/name, and Field the field in it,
	// such as spec.values.en; both are empty when it is about none.
	Object string `json:"object,omitempty"`
	Field  string `json:"field,omitempty"`
	// Errors are all the failures of one input, when there are several.
	Errors []Fault `json:"errors,omitempty"`
}

// FaultOf returns what a stranger may see of an error. Of one that is no
// throughline.Error, and of a defect, that is nothing but its being there.
func FaultOf(err error) Fault {
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		err = throughline.Errorf(throughline.TooLarge, "the request is longer than %d bytes", big.Limit).WithFix("send less at once")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = throughline.Errorf(throughline.Unavailable, "the engine did not answer in time").WithFix("try again in a moment")
	}
	if all, ok := errors.AsType[throughline.Problems](err); ok && len(all) > 1 {
		f := FaultOf(all[0])
		for _, e := range all {
			f.Errors = append(f.Errors, FaultOf(e))
		}
		return f
	}
	code := throughline.CodeOf(err)
	f := Fault{Status: Status(code), Code: code}
	f.Title = http.StatusText(f.Status)
	e, ok := errors.AsType[*throughline.Error](err)
	if all, several := errors.AsType[throughline.Problems](err); several && len(all) == 1 {
		e, ok = all[0], true
	}
	if !ok || code == throughline.Internal {
		f.Detail = "the engine made a mistake; it is in its log"
		return f
	}
	f.Detail, f.Place, f.Fix, f.Field = e.Message, e.Place, e.Fix, e.Field
	if e.Object.Kind != "" {
		f.Object = e.Object.String()
	}
	return f
}

// Problem answers with an error as application/problem+json. Who may come back
// later is told when.
func Problem(w http.ResponseWriter, err error) {
	f := FaultOf(err)
	body, merr := json.Marshal(f)
	if merr != nil { // Fault is strings and numbers
		body = []byte(`{"status":500,"code":"internal"}`)
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if f.Status == http.StatusRequestEntityTooLarge {
		h.Set("Connection", "close") // what is left of the body is no request
	}
	if f.Status == http.StatusTooManyRequests || f.Status == http.StatusServiceUnavailable {
		h.Set("Retry-After", "1")
	}
	w.WriteHeader(f.Status)
	w.Write(append(body, '\n')) // a client that left cannot be told
}
