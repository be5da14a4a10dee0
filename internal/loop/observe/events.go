package observe

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"

	"github.com/throughline-engine/throughline"
)

// Sealer knows the recipients of one batch.
type Sealer interface {
	// Subject returns the random id that events about the unit carry, and false
	// for a recipient who was forgotten and may not be recorded.
	Subject(unit string) (throughline.ID, bool)
	// Seal encrypts plain for the unit's subject, bound to the event.
	Seal(unit string, event throughline.ID, plain []byte) []byte
}

// Intake is what making events takes beside the messages.
type Intake struct {
	// Engine is the engine's id.
	Engine string
	// Source names the write key the messages came with. Messages are told
	// apart by source and messageId.
	Source string
	// Secret signs decision ids and keys the hashes in Event.Key.
	Secret []byte
	// NewID makes an id that was never used.
	NewID func() throughline.ID
	// Sealer knows everyone in Batch.Units.
	Sealer Sealer
}

// Result is what became of a batch.
type Result struct {
	// Events are to be appended; the journal keeps one for each Key.
	Events []throughline.Event
	// Rejected are the messages not taken, Batch.Rejected among them, by index.
	Rejected []Reject
	// Suppressed counts the messages about recipients who were forgotten. They
	// leave no trace, and the client is not told which they were.
	Suppressed int
}

// Events makes the events of a batch. A message about a recipient who was
// forgotten is suppressed before anything else of it is looked at; another that
// names a decision this engine did not issue is rejected.
func (b Batch) Events(in Intake) Result {
	r := Result{
		Events:   make([]throughline.Event, 0, len(b.Messages)),
		Rejected: slices.Clone(b.Rejected),
	}
	for i := range b.Messages {
		m := &b.Messages[i]
		unit := m.Unit()
		subject, ok := in.Sealer.Subject(unit)
		if !ok {
			r.Suppressed++
			continue
		}
		typ, data, objects, err := m.payload(in.Secret)
		if err != nil {
			r.Rejected = append(r.Rejected, refuse(m.Index, m.ID, err))
			continue
		}
		id := in.NewID()
		r.Events = append(r.Events, throughline.Event{
			ID: id, Engine: in.Engine, Type: typ, Version: 1,
			OccurredAt: m.OccurredAt, RecordedAt: b.ReceivedAt,
			Actor:   throughline.Actor{Kind: throughline.ActorRecipient},
			Objects: objects,
			Source:  in.Source, Key: m.key(in.Source, in.Secret),
			Subject: subject, Data: data,
			Sealed: in.Sealer.Seal(unit, id, m.personal.json()),
		})
	}
	slices.SortStableFunc(r.Rejected, func(x, y Reject) int { return x.Index - y.Index })
	return r
}

// payload returns what the message is evidence of, without a word about who.
func (m *Message) payload(secret []byte) (throughline.EventType, []byte, []throughline.Object, *throughline.Error) {
	if m.DecisionID == "" {
		signal := throughline.SignalObserved{Kind: string(m.Kind), Name: m.Event}
		return throughline.EventSignalObserved, throughline.EncodeData(signal), nil, nil
	}
	token, err := throughline.OpenDecisionID(secret, m.DecisionID)
	if err != nil {
		return "", nil, nil, throughline.Errorf(throughline.Invalid, "properties.decisionId was not issued by this engine").
			WithFix("send it exactly as the evaluation of this engine returned it, in metadata.decisionId")
	}
	var question [8]byte
	binary.BigEndian.PutUint64(question[:], token.Question)
	about := []throughline.Object{{Type: "decision", ID: hex.EncodeToString(question[:])}}
	if m.Event == ExposureEvent {
		return throughline.EventExposureConfirmed, throughline.EncodeData(throughline.ExposureConfirmed{Token: token}), about, nil
	}
	outcome := throughline.OutcomeReceived{Token: token, Name: m.Event, Value: m.Value}
	return throughline.EventOutcomeReceived, throughline.EncodeData(outcome), about, nil
}

// key tells the message from every other: by source and messageId, or by source
// and content where the client sent none, so that the same bytes sent again are
// the same event. It is a keyed hash because clients put addresses even there.
func (m *Message) key(source string, secret []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("message\x00" + source + "\x00"))
	if m.ID != "" {
		mac.Write([]byte("id\x00" + m.ID))
	} else {
		mac.Write([]byte("content\x00" + string(m.Kind) + "\x00"))
		mac.Write(m.raw)
	}
	var sum [sha256.Size]byte
	return source + "/" + base64.RawURLEncoding.EncodeToString(mac.Sum(sum[:0])[:16])
}

// personal is the part of a message that may say something of a recipient.
type personal struct {
	*wire
	receivedAt    time.Time
	clockReplaced bool
}

// json returns what is sealed: the message as it was sent, with the context of
// its batch and the times it claimed.
func (p *personal) json() []byte {
	b := make([]byte, 0, 256+len(p.Properties)+len(p.Traits)+len(p.Context))
	b = append(b, '{')
	for _, f := range []struct{ name, value string }{
		{"messageId", p.MessageID},
		{"userId", p.UserID},
		{"anonymousId", p.AnonymousID},
		{"groupId", p.GroupID},
		{"previousId", p.PreviousID},
		{"name", p.Name},
	} {
		if f.value != "" {
			b = appendField(b, f.name, quote(f.value))
		}
	}
	for _, f := range []struct {
		name string
		raw  []byte
	}{
		{"timestamp", p.Timestamp.text},
		{"originalTimestamp", p.OriginalTimestamp.text},
		{"sentAt", p.SentAt.text},
		{"properties", p.Properties},
		{"traits", p.Traits},
		{"context", p.Context},
	} {
		if present(f.raw) {
			b = appendField(b, f.name, f.raw)
		}
	}
	if p.clockReplaced {
		b = appendField(b, "clock", []byte(`"replaced"`))
	}
	b = appendField(b, "receivedAt", quote(p.receivedAt.Format(time.RFC3339Nano)))
	return append(b, '}')
}

func appendField(b []byte, name string, raw []byte) []byte {
	if len(b) > 1 {
		b = append(b, ',')
	}
	b = append(b, '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return append(b, raw...)
}

func quote(s string) []byte {
	b, err := json.Marshal(s)
	if err != nil { // a string always has a JSON form
		panic("observe: " + err.Error())
	}
	return b
}
