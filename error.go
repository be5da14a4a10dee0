package throughline

import (
	"errors"
	"fmt"
	"strings"
)

// Code says what kind of failure an error is, so that a door can choose a
// status and a program can branch without reading prose.
type Code string

// The codes. Each is stable: clients may compare them.
const (
	Invalid      Code = "invalid"      // the input is wrong; sending it again cannot help
	NotFound     Code = "not_found"    // the named thing does not exist
	Conflict     Code = "conflict"     // somebody else changed it first, or it stands in the way
	Unauthorized Code = "unauthorized" // nobody is signed in, or the key is unknown
	Forbidden    Code = "forbidden"    // signed in, and not allowed
	TooLarge     Code = "too_large"    // over a limit on size or cost
	Exhausted    Code = "exhausted"    // too much at once; try again later
	Unavailable  Code = "unavailable"  // a part the engine needs does not answer
	Corrupt      Code = "corrupt"      // stored bytes do not match their checksum
	Internal     Code = "internal"     // a defect in the engine
)

// Error is a failure with everything a person needs to mend it.
type Error struct {
	Code    Code   // what kind
	Message string // what happened, naming the thing; a full sentence without a stop
	Place   string // where: "brand.yaml:12:3", "Placement/home.hero", a URL; may be empty
	Object  Ref    // the resource it is about; zero when it is about none
	Field   string // the field of Object, or of the input: "spec.values.en", "spec.slots[2].role"; may be empty
	Fix     string // what to do about it; may be empty
	Err     error  // the cause, for logs; never shown to a stranger
}

// Errorf returns an Error with a code and a message. One %w verb sets the cause,
// as in fmt.Errorf, and the cause stays out of the message: it may hold paths or
// what another system said. The message of a cause that is an Error was written
// to be shown, and is.
func Errorf(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	e := &Error{Code: code, Message: err.Error(), Err: errors.Unwrap(err)}
	switch cause := e.Err.(type) {
	case nil:
	case *Error:
		e.Message = strings.Replace(e.Message, cause.Error(), cause.Message, 1)
	default:
		said, last := strings.CutSuffix(e.Message, ": "+cause.Error())
		if !last {
			said = strings.Replace(said, cause.Error(), "something unexpected", 1)
		}
		e.Message = said
	}
	return e
}

// At sets the place and returns the error.
func (e *Error) At(place string) *Error {
	e.Place = place
	return e
}

// In sets the resource and its field and returns the error.
func (e *Error) In(object Ref, field string) *Error {
	e.Object, e.Field = object, field
	return e
}

// WithFix sets the fix and returns the error.
func (e *Error) WithFix(format string, args ...any) *Error {
	e.Fix = fmt.Sprintf(format, args...)
	return e
}

// Detail returns the message and the cause, for logs and for whoever runs the
// program: a stranger is shown the Message alone.
func (e *Error) Detail() string {
	switch cause := e.Err.(type) {
	case nil:
		return e.Message
	case *Error: // its message is in ours
		return e.Message + strings.TrimPrefix(cause.Detail(), cause.Message)
	default:
		return e.Message + ": " + cause.Error()
	}
}

// Error returns place, message, cause and fix on one line, for logs.
func (e *Error) Error() string {
	s := e.Detail()
	if e.Place != "" {
		s = e.Place + ": " + s
	}
	if e.Fix != "" {
		s += " (" + e.Fix + ")"
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// CodeOf returns the code of the first Error in err's chain, Internal for any
// other error, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	if p, ok := errors.AsType[Problems](err); ok && len(p) > 0 {
		return p[0].Code
	}
	return Internal
}

// Problems are all the failures of one input, reported at once.
type Problems []*Error

// Error returns one problem per line.
func (p Problems) Error() string {
	var s string
	for i, e := range p {
		if i > 0 {
			s += "\n"
		}
		s += e.Error()
	}
	return s
}

// Add appends the failures in err, whether one Error, Problems or something else.
func (p *Problems) Add(err error) {
	if err == nil {
		return
	}
	if more, ok := errors.AsType[Problems](err); ok {
		*p = append(*p, more...)
		return
	}
	if e, ok := errors.AsType[*Error](err); ok {
		*p = append(*p, e)
		return
	}
	*p = append(*p, Errorf(Internal, "%w", err))
}

// Err returns the problems as an error, or nil when there are none.
func (p Problems) Err() error {
	if len(p) == 0 {
		return nil
	}
	return p
}
