package observe

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/throughline-engine/throughline"
)

// Parse reads the body of a request whose path ended in kind, received at that
// time. The kind is that of a message or its first letter, batch, b, or import;
// another is NotFound. A body that is not JSON or is over a limit as a whole is
// an error; a message that is wrong by itself is in Batch.Rejected, and the
// others are taken. Slices of body are kept: the caller must not change it.
func Parse(body []byte, kind string, receivedAt time.Time) (Batch, error) {
	k, err := parseKind(kind)
	if err != nil {
		return Batch{}, err
	}
	b := Batch{Kind: k, ReceivedAt: receivedAt.UTC().Truncate(time.Microsecond)}
	if k == KindBatch {
		err = b.parseBatch(body)
	} else {
		err = b.parseOne(body, k)
	}
	if err != nil {
		return Batch{}, err
	}
	return b, nil
}

// envelope is what surrounds messages.
type envelope struct {
	Batch    []json.RawMessage `json:"batch"`
	WriteKey string            `json:"writeKey"`
	SentAt   stamp             `json:"sentAt"`
	Context  json.RawMessage   `json:"context"`
}

func (b *Batch) parseOne(body []byte, kind Kind) error {
	if len(body) > MaxMessageBytes {
		return tooLarge("message", len(body), MaxMessageBytes)
	}
	var env struct {
		WriteKey string `json:"writeKey"`
	}
	if err := decode(body, &env); err != nil {
		return err
	}
	b.WriteKey = env.WriteKey
	b.add(0, body, kind, &envelope{})
	return nil
}

func (b *Batch) parseBatch(body []byte) error {
	if len(body) > MaxBatchBytes {
		return tooLarge("batch", len(body), MaxBatchBytes)
	}
	var env envelope
	if err := decode(body, &env); err != nil {
		return err
	}
	if env.Batch == nil {
		return throughline.Errorf(throughline.Invalid, "the body has no batch").
			WithFix(`send {"batch":[...]}, or one message to /v1/track`)
	}
	if len(env.Batch) > MaxBatchMessages {
		return throughline.Errorf(throughline.TooLarge, "the batch has %d messages, and at most %d are taken", len(env.Batch), MaxBatchMessages).
			WithFix("send several smaller batches")
	}
	if err := checkContext(env.Context); err != nil {
		return err
	}
	b.WriteKey = env.WriteKey
	b.Messages = make([]Message, 0, len(env.Batch))
	for i, raw := range env.Batch {
		b.add(i, raw, "", &env)
	}
	return nil
}

// add parses one message and files it under Messages or Rejected.
func (b *Batch) add(index int, raw []byte, kind Kind, env *envelope) {
	w := new(wire)
	m, err := w.message(raw, kind, env, b.ReceivedAt)
	if err != nil {
		id := w.MessageID
		if utf8.RuneCountInString(id) > MaxMessageID {
			id = ""
		}
		b.Rejected = append(b.Rejected, refuse(index, id, err))
		return
	}
	m.Index = index
	b.Messages = append(b.Messages, m)
}

// wire is a message as clients send it. What is not named here is let through
// unread.
type wire struct {
	Type              string          `json:"type"`
	MessageID         string          `json:"messageId"`
	UserID            string          `json:"userId"`
	AnonymousID       string          `json:"anonymousId"`
	GroupID           string          `json:"groupId"`
	PreviousID        string          `json:"previousId"`
	Event             string          `json:"event"`
	Name              string          `json:"name"`
	Timestamp         stamp           `json:"timestamp"`
	OriginalTimestamp stamp           `json:"originalTimestamp"`
	SentAt            stamp           `json:"sentAt"`
	Properties        json.RawMessage `json:"properties"`
	Traits            json.RawMessage `json:"traits"`
	Context           json.RawMessage `json:"context"`
}

func (w *wire) message(raw []byte, kind Kind, env *envelope, received time.Time) (Message, *throughline.Error) {
	if len(raw) > MaxMessageBytes {
		return Message{}, tooLarge("message", len(raw), MaxMessageBytes)
	}
	if err := checkText(raw); err != nil {
		return Message{}, err
	}
	if err := decode(raw, w); err != nil {
		return Message{}, err
	}
	if kind == "" {
		var err error
		if kind, err = parseKind(w.Type); err != nil || kind == KindBatch {
			return Message{}, throughline.Errorf(throughline.Invalid, "type is %q", clip(w.Type)).
				WithFix("type is track, identify, page, screen, group or alias")
		}
	}
	if err := w.check(kind); err != nil {
		return Message{}, err
	}
	m := Message{Kind: kind, ID: w.MessageID, UserID: w.UserID, AnonymousID: w.AnonymousID, raw: raw}
	if kind == Track {
		m.Event = w.Event
		if err := m.readProperties(w.Properties); err != nil {
			return Message{}, err
		}
	}
	context, err := mergeContext(env.Context, w.Context)
	if err != nil {
		return Message{}, err
	}
	w.Context = context
	m.setTime(w, env, received)
	m.personal = personal{wire: w, clockReplaced: m.ClockReplaced, receivedAt: received}
	return m, nil
}

// check holds the fields against their limits and against what the kind needs.
func (w *wire) check(kind Kind) *throughline.Error {
	if utf8.RuneCountInString(w.MessageID) > MaxMessageID {
		return throughline.Errorf(throughline.Invalid, "messageId has more than %d characters", MaxMessageID).
			WithFix("send a shorter one, such as a UUID")
	}
	if len(w.UserID) > throughline.MaxUnit || len(w.AnonymousID) > throughline.MaxUnit {
		return throughline.Errorf(throughline.Invalid, "userId or anonymousId has more than %d bytes", throughline.MaxUnit).
			WithFix("send the id that was the targetingKey of the evaluation")
	}
	if w.UserID == "" && w.AnonymousID == "" {
		return throughline.Errorf(throughline.Invalid, "the message says of nobody: userId and anonymousId are missing").
			WithFix("send the id that was the targetingKey of the evaluation as userId or anonymousId")
	}
	switch {
	case kind == Alias && (w.UserID == "" || w.PreviousID == ""):
		return throughline.Errorf(throughline.Invalid, "an alias message needs userId and previousId").WithFix("send both")
	case kind == Group && w.GroupID == "":
		return throughline.Errorf(throughline.Invalid, "a group message needs groupId").WithFix("send it")
	case kind == Track:
		return checkName(w.Event)
	}
	return nil
}

// checkName bounds what goes into the journal in the clear.
func checkName(name string) *throughline.Error {
	if name == "" {
		return throughline.Errorf(throughline.Invalid, "a track message needs event, the name of what happened").
			WithFix(`send "event": %q for what was seen, or the goal's event for what was reached`, ExposureEvent)
	}
	if utf8.RuneCountInString(name) > MaxName || strings.ContainsFunc(name, isControl) {
		return throughline.Errorf(throughline.Invalid, "event has more than %d characters or a control character", MaxName).
			WithFix("send a fixed name such as Order Completed, and details as properties")
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// readProperties takes from a track message's properties what concerns a
// decision.
func (m *Message) readProperties(raw json.RawMessage) *throughline.Error {
	if !present(raw) {
		return m.checkExposure()
	}
	var p struct {
		DecisionID *string         `json:"decisionId"`
		Value      json.RawMessage `json:"value"`
	}
	if err := decode(raw, &p); err != nil {
		err.Message = "properties: " + err.Message
		return err
	}
	if p.DecisionID == nil {
		return m.checkExposure()
	}
	if *p.DecisionID == "" {
		return throughline.Errorf(throughline.Invalid, "properties.decisionId is empty").
			WithFix("send it as the evaluation returned it, or leave it out")
	}
	m.DecisionID = throughline.DecisionID(*p.DecisionID)
	if present(p.Value) {
		// Only of a message that names a decision is the value ours to judge.
		if err := json.Unmarshal(p.Value, &m.Value); err != nil {
			return throughline.Errorf(throughline.Invalid, "properties.value is not a number within the range of a double").
				WithFix("send a plain number, such as 19.9")
		}
	}
	return m.checkExposure()
}

// checkExposure refuses what was plainly meant to be an exposure and is not one,
// so that a slip of the pen does not become an outcome.
func (m *Message) checkExposure() *throughline.Error {
	switch {
	case m.Event == ExposureEvent && m.DecisionID == "":
		return throughline.Errorf(throughline.Invalid, "an exposure must name its decision").
			WithFix("send the evaluation's decisionId as properties.decisionId")
	case m.DecisionID != "" && m.Event != ExposureEvent && strings.EqualFold(m.Event, ExposureEvent):
		return throughline.Errorf(throughline.Invalid, "event is %q, which is neither an exposure nor an outcome", m.Event).
			WithFix("write %q", ExposureEvent)
	}
	return nil
}

// mergeContext returns the batch's context with the message's own laid over it.
func mergeContext(batch, own json.RawMessage) (json.RawMessage, *throughline.Error) {
	if !present(own) {
		return batch, nil
	}
	if err := checkObject("context", own); err != nil || !present(batch) {
		return own, err
	}
	var merged map[string]json.RawMessage
	if err := decode(batch, &merged); err != nil {
		return nil, err
	}
	if err := decode(own, &merged); err != nil {
		return nil, err
	}
	b, err := json.Marshal(merged)
	if err != nil { // parts of valid JSON
		return nil, throughline.Errorf(throughline.Internal, "context: %w", err)
	}
	return b, nil
}

func checkContext(raw json.RawMessage) *throughline.Error {
	if !present(raw) {
		return nil
	}
	if err := checkText(raw); err != nil {
		return err
	}
	return checkObject("context", raw)
}

func checkObject(name string, raw json.RawMessage) *throughline.Error {
	if raw[0] != '{' {
		return throughline.Errorf(throughline.Invalid, "%s is not an object", name).WithFix("send an object, or leave it out")
	}
	return nil
}

func present(raw json.RawMessage) bool { return len(raw) > 0 && !bytes.Equal(raw, []byte("null")) }

// checkText looks for what encoding/json lets pass: invalid UTF-8 and nesting
// that other readers of the same bytes could choke on.
func checkText(raw []byte) *throughline.Error {
	if !utf8.Valid(raw) {
		return throughline.Errorf(throughline.Invalid, "the message is not valid UTF-8").WithFix("encode it as UTF-8")
	}
	depth, quoted := 0, false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		}
		if depth > MaxDepth {
			return throughline.Errorf(throughline.Invalid, "the message nests deeper than %d levels", MaxDepth).WithFix("flatten it")
		}
	}
	return nil
}

// decode reads JSON into v and says in the client's words what is wrong.
func decode(raw []byte, v any) *throughline.Error {
	err := json.Unmarshal(raw, v)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*throughline.Error](err); ok {
		return e
	}
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		what := t.Field
		if what == "" {
			what = "the message"
		}
		return throughline.Errorf(throughline.Invalid, "%s is of the type %s, which is not what it must be", what, t.Value).
			WithFix("send %s as docs/outcomes.md says", what)
	}
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		return throughline.Errorf(throughline.Invalid, "the body is not JSON: %v at byte %d", s, s.Offset).WithFix("send one JSON object")
	}
	return throughline.Errorf(throughline.Invalid, "the body is not JSON").WithFix("send one JSON object")
}

func tooLarge(what string, got, limit int) *throughline.Error {
	return throughline.Errorf(throughline.TooLarge, "the %s has %d bytes, and at most %d are taken", what, got, limit).
		WithFix("send less in each %s", what)
}

// clip keeps what a stranger wrote short enough to print.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "..."
}
