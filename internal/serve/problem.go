package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

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

// errMethod is the cause of an error whose whole fault is the method: HTTP has a
// status for it, and the engine has no code, because only doors know methods.
var errMethod = errors.New("the method is not allowed")

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

// FaultOf returns what a stranger may see of an error. Of what is wrong with the
// engine itself that is a fixed sentence: its own words may name files, and are
// in the log.
func FaultOf(err error) Fault {
	return faultOf(err, func(e *throughline.Error) Fault {
		switch e.Code {
		case throughline.Unavailable:
			return Fault{Detail: "the engine cannot do this now; its log says why", Fix: "try again in a moment"}
		case throughline.Corrupt:
			return Fault{Detail: "a part of the engine's record is damaged; its log says which", Fix: "whoever runs the engine can ask throughline verify"}
		}
		return said(e)
	})
}

// OperatorFaultOf returns what someone who manages the engine may see of an
// error: its own words, and nothing of its cause.
func OperatorFaultOf(err error) Fault { return faultOf(err, said) }

// The limits of what an error says: what somebody sent may be in its words, and
// many megabytes long, or wrong in as many places.
const (
	mostSaid   = 2000 // bytes of one part
	mostFaults = 500
)

func said(e *throughline.Error) Fault {
	f := Fault{Detail: short(e.Message), Place: short(e.Place), Fix: short(e.Fix), Field: short(e.Field)}
	if e.Object.Kind != "" {
		f.Object = short(e.Object.String())
	}
	return f
}

// short cuts a text that is too long to be read, between two characters.
func short(s string) string {
	if len(s) <= mostSaid {
		return s
	}
	end := mostSaid
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

// faultOf words each Error as told, but for defects, of which nobody sees more
// than that there is one.
func faultOf(err error, word func(*throughline.Error) Fault) Fault {
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		err = throughline.Errorf(throughline.TooLarge, "the request is longer than %d bytes", big.Limit).WithFix("send less at once")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = throughline.Errorf(throughline.Unavailable, "the engine did not answer in time").WithFix("try again in a moment")
		word = said
	}
	if all, ok := errors.AsType[throughline.Problems](err); ok && len(all) > 0 {
		f := faultOf(all[0], word)
		if len(all) == 1 {
			return f
		}
		for _, e := range all[:min(len(all), mostFaults)] {
			f.Errors = append(f.Errors, faultOf(e, word))
		}
		if more := len(all) - mostFaults; more > 0 {
			f.Errors = append(f.Errors, Fault{Title: f.Title, Status: f.Status, Code: f.Code, Detail: fmt.Sprintf("%d more problems are not told here", more), Fix: "mend these first"})
		}
		return f
	}
	e, ok := errors.AsType[*throughline.Error](err)
	if !ok || e.Code == throughline.Internal {
		e = throughline.Errorf(throughline.Internal, "the engine made a mistake; it is in its log")
		word = said
	}
	f := word(e)
	f.Code, f.Status = e.Code, Status(e.Code)
	if errors.Is(err, errMethod) {
		f.Status = http.StatusMethodNotAllowed
	}
	f.Title = http.StatusText(f.Status)
	return f
}

// Problem answers with an error as application/problem+json. Who may come back
// later is told when.
func Problem(w http.ResponseWriter, err error) { Refuse(w, FaultOf(err)) }

// Refuse answers with a fault, as Problem does with an error.
func Refuse(w http.ResponseWriter, f Fault) {
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
