package api

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// The OpenFeature Remote Evaluation Protocol 0.3: single-flag evaluation here,
// bulk in ofrep_bulk.go, the event stream in events.go. A
// flag is a placement, its variant the id of the rendering, its value the text
// by slot.

const (
	ofrepBody  = 64 << 10
	maxContext = 64 // keys in a context
)

// The parts of a request that may be wrong, as the places of errors.
const (
	placeParse   = "body"
	placeContext = "context"
	placeKey     = "targetingKey"
)

// ofrepError is the failure body of the protocol.
type ofrepError struct {
	Key          string `json:"key,omitempty"`
	ErrorCode    string `json:"errorCode,omitempty"`
	ErrorDetails string `json:"errorDetails,omitempty"`
}

// validUntil is the header that says until when an answer may be shown without
// asking again. It is none of the body: the same question has the same bytes.
const validUntil = "Throughline-Valid-Until"

func (a *API) evaluateFlag(w http.ResponseWriter, r *http.Request) {
	key := r.PathValue("key")
	w.Header().Set("Cache-Control", "no-store")
	d, err := a.evaluate(w, r, key)
	if err != nil {
		a.refuse(w, r, key, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set(validUntil, d.ValidUntil.UTC().Format(time.RFC3339Nano))
	w.Write(appendEvaluation(make([]byte, 0, 1024), key, &d))
}

func (a *API) evaluate(w http.ResponseWriter, r *http.Request, key string) (throughline.Decision, error) {
	if err := a.mayRead(r); err != nil {
		return throughline.Decision{}, err
	}
	context, err := readContext(w, r)
	if err != nil {
		return throughline.Decision{}, err
	}
	q, err := a.question(context)
	if err != nil {
		return throughline.Decision{}, err
	}
	q.Placement = key
	return a.plane.Decide(r.Context(), q)
}

// question makes a request of a context, out of which it takes who asks and what
// texts may say of them: neither is a trait that rules read or the record keeps.
func (a *API) question(context map[string]any) (throughline.Request, error) {
	person, err := takePerson(context)
	if err != nil {
		return throughline.Request{}, err
	}
	unit, _ := context["targetingKey"].(string)
	delete(context, "targetingKey")
	return throughline.Request{Unit: unit, Context: context, Person: person, At: a.core.Now()}, nil
}

// personKey is where a context may say what texts may say of the recipient.
const personKey = "person"

func takePerson(context map[string]any) (map[string]string, error) {
	said, ok := context[personKey]
	delete(context, personKey)
	if !ok || said == nil {
		return nil, nil
	}
	fields, ok := said.(map[string]any)
	if !ok {
		return nil, throughline.Errorf(throughline.Invalid, "context.person is not an object").
			At(placeContext).WithFix(`send {"first_name": "..."} with the brand's personal fields, or leave it out`)
	}
	person := make(map[string]string, len(fields))
	for name, value := range fields {
		text, ok := value.(string)
		if !ok && value != nil {
			return nil, throughline.Errorf(throughline.Invalid, "context.person.%.64s is not text", name).
				At(placeContext).WithFix("send it as a JSON string, or leave it out")
		}
		person[name] = text
	}
	return person, nil
}

// mayRead lets through whoever has a read key, and everyone where the engine
// says that decisions are public.
func (a *API) mayRead(r *http.Request) error {
	if t := a.plane.Table(); t != nil && t.Snapshot().PublicDecisions {
		return nil
	}
	secret := r.Header.Get("X-API-Key")
	if secret == "" {
		secret, _ = bearer(r)
	}
	_, err := a.access.Authenticate(r.Context(), secret, operate.ScopeRead)
	return err
}

// readContext reads {"context": {...}} strictly enough that a client learns
// which part it got wrong.
func readContext(w http.ResponseWriter, r *http.Request) (map[string]any, error) {
	body, err := readBody(w, r, ofrepBody)
	if err != nil {
		return nil, err
	}
	return parseContext(body)
}

func parseContext(body []byte) (map[string]any, error) {
	var in struct {
		Context map[string]any `json:"context"`
	}
	if err := json.Unmarshal(body, &in); err != nil || !utf8.Valid(body) {
		return nil, throughline.Errorf(throughline.Invalid, "the body is not JSON in UTF-8, or its context is not an object").
			At(placeParse).WithFix(`send {"context": {"targetingKey": "..."}}`)
	}
	if in.Context == nil {
		return nil, throughline.Errorf(throughline.Invalid, "the body has no context").
			At(placeContext).WithFix(`send {"context": {"targetingKey": "..."}}`)
	}
	if len(in.Context) > maxContext {
		return nil, throughline.Errorf(throughline.Invalid, "the context has %d fields; %d are allowed", len(in.Context), maxContext).
			At(placeContext).WithFix("send only the fields that audience rules read")
	}
	switch key := in.Context["targetingKey"].(type) {
	case nil:
		return nil, throughline.Errorf(throughline.Invalid, "the context has no targetingKey").
			At(placeKey).WithFix("send an id of the recipient or session; any stable text will do")
	case string:
		if key == "" {
			return nil, throughline.Errorf(throughline.Invalid, "the targetingKey is empty").
				At(placeKey).WithFix("send an id of the recipient or session; any stable text will do")
		}
	default:
		return nil, throughline.Errorf(throughline.Invalid, "the targetingKey is not text").
			At(placeContext).WithFix("send it as a JSON string")
	}
	return in.Context, nil
}

// refuse answers with an error as the protocol has it, and logs what is the
// engine's own fault.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, key string, err error) {
	a.logInternal(r.Context(), r.Pattern, err)
	writeOFREPError(w, key, err)
}

// writeOFREPError answers as the protocol has it.
func writeOFREPError(w http.ResponseWriter, key string, err error) {
	out := ofrepError{Key: key, ErrorCode: "GENERAL", ErrorDetails: publicText(err)}
	status := http.StatusInternalServerError
	switch throughline.CodeOf(err) {
	case throughline.NotFound:
		status, out.ErrorCode = http.StatusNotFound, "FLAG_NOT_FOUND"
	case throughline.Invalid:
		status, out.ErrorCode = http.StatusBadRequest, ofrepCode(err)
	case throughline.TooLarge:
		status, out.ErrorCode = http.StatusBadRequest, "INVALID_CONTEXT"
	case throughline.Unauthorized:
		status = http.StatusUnauthorized
		w.Header().Set("WWW-Authenticate", `Bearer realm="throughline"`)
	case throughline.Forbidden:
		status = http.StatusForbidden
	case throughline.Exhausted:
		status = http.StatusTooManyRequests
		w.Header().Set("Retry-After", "1")
	default:
		out.Key, out.ErrorCode = "", ""
	}
	writeJSON(w, status, out)
}

// ofrepCode tells the protocol's three ways of a bad request apart by the place
// the error names.
func ofrepCode(err error) string {
	switch placeOf(err) {
	case placeParse:
		return "PARSE_ERROR"
	case placeKey:
		return "TARGETING_KEY_MISSING"
	}
	return "INVALID_CONTEXT"
}

// appendEvaluation writes the success body, the same bytes for the same
// decision. It is by hand because it is the hottest path of the engine: encoding
// a map of any costs more than deciding.
func appendEvaluation(b []byte, key string, d *throughline.Decision) []byte {
	b = append(b, `{"key":`...)
	b = appendText(b, key)
	b = append(b, `,"reason":"`...)
	b = append(b, reason(d)...)
	b = append(b, '"')
	if d.Variant != "" { // without a value the client's own default stands
		b = append(b, `,"variant":`...)
		b = appendText(b, string(d.Variant))
		b = append(b, `,"value":{`...)
		b = appendValues(b, d)
		b = append(b, '}')
	}
	b = append(b, `,"metadata":{"decisionId":"`...)
	b = append(b, d.ID...) // base64url needs no escape
	b = append(b, `","arm":"`...)
	b = append(b, d.Arm.String()...)
	b = append(b, `","propensity":`...)
	b = strconv.AppendFloat(b, d.Propensity, 'g', -1, 64)
	b = append(b, `,"release":`...)
	b = strconv.AppendInt(b, int64(d.Release), 10)
	b = append(b, `,"epoch":`...)
	b = strconv.AppendUint(b, uint64(d.Epoch), 10)
	if d.AsOf != 0 {
		b = append(b, `,"asOf":`...)
		b = strconv.AppendInt(b, d.AsOf, 10)
	}
	b = append(b, `,"locale":`...)
	b = appendText(b, d.Locale)
	return append(appendSlots(b, d), `}}`...)
}

// appendValues writes the text of each slot that is filled, and of a picture its
// words.
func appendValues(b []byte, d *throughline.Decision) []byte {
	first := true
	for _, slot := range d.Slots {
		text, filled := d.Values[slot]
		if !filled {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendText(b, slot)
		b = append(b, ':')
		b = appendText(b, text)
		if !strings.Contains(text, throughline.MediaPath) {
			continue
		}
		if alt, ok := d.Values[slot+throughline.AltSuffix]; ok {
			b = append(b, ',')
			b = appendText(b, slot+throughline.AltSuffix)
			b = append(b, ':')
			b = appendText(b, alt)
		}
	}
	return b
}

// appendSlots writes the level of each slot and its propensity. Metadata is
// flat, so the slot is part of the name.
func appendSlots(b []byte, d *throughline.Decision) []byte {
	for _, slot := range d.Slots {
		if level, ok := d.Levels[slot]; ok {
			b = append(b, `,"level.`...)
			b = append(b, slot...) // the name of a slot needs no escape
			b = append(b, `":`...)
			b = appendText(b, string(level))
		}
		if p, ok := d.SlotPropensity[slot]; ok {
			b = append(b, `,"propensity.`...)
			b = append(b, slot...)
			b = append(b, `":`...)
			b = strconv.AppendFloat(b, p, 'g', -1, 64)
		}
	}
	return b
}

// reason is SPLIT where chance had a part, STATIC where one thing is always
// served, and DISABLED where there is nothing to serve.
func reason(d *throughline.Decision) string {
	if d.Variant == "" {
		return "DISABLED"
	}
	if d.Arm == throughline.ArmFallback || d.Policy == throughline.Fixed && d.Arm == throughline.ArmPolicy {
		return "STATIC"
	}
	return "SPLIT"
}

// appendText writes s as a JSON string.
func appendText(b []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			quoted, err := json.Marshal(s)
			if err != nil { // cannot be for a string
				return append(b, `""`...)
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
