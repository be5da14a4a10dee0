// Package observe turns what a client sent into events: exposures, outcomes and
// signals. It speaks Segment's JSON, so clients that a team already runs work
// unchanged; docs/outcomes.md is the contract.
//
// Parse reads a body and says which messages in it are sound. Batch.Events
// verifies the decisions they name and makes the events. Nothing is stored here:
// the caller appends the events and answers only then.
package observe

import (
	"time"

	"github.com/throughline-engine/throughline"
)

// ExposureEvent is the name of the track message that says a recipient saw a
// decision. It carries the product's name so that it cannot meet an event that
// a team already tracks.
const ExposureEvent = "Throughline Exposure"

// The limits, those of Segment's API where it has one.
const (
	// MaxMessageBytes bounds one message as JSON, MaxBatchBytes a whole batch
	// and MaxBatchMessages the messages in it.
	MaxMessageBytes  = 32 << 10
	MaxBatchBytes    = 500 << 10
	MaxBatchMessages = 2500
	// MaxMessageID and MaxName are in characters; ids of recipients have at most
	// throughline.MaxUnit bytes.
	MaxMessageID = 100
	MaxName      = 100
	// MaxDepth is how deep objects and lists may nest in a message.
	MaxDepth = 32

	// MaxAhead and MaxBehind are how far the time a message occurred, corrected
	// for the client's clock, may be from the time it was received. Beyond them
	// the time received is taken instead.
	MaxAhead  = 5 * time.Minute
	MaxBehind = 30 * 24 * time.Hour
)

// Kind is a kind of message.
type Kind string

// The kinds of messages. KindBatch is a body with several.
const (
	Track    Kind = "track"
	Identify Kind = "identify"
	Page     Kind = "page"
	Screen   Kind = "screen"
	Group    Kind = "group"
	Alias    Kind = "alias"

	KindBatch Kind = "batch"
)

// parseKind reads the last part of the path a client posts to: a kind or its
// first letter, batch, b, or import, which older clients say for batch.
func parseKind(s string) (Kind, error) {
	switch s {
	case "import":
		return KindBatch, nil
	}
	for _, k := range []Kind{Track, Identify, Page, Screen, Group, Alias, KindBatch} {
		if s == string(k) || s == string(k[:1]) {
			return k, nil
		}
	}
	return "", throughline.Errorf(throughline.NotFound, "there is no kind of message %q", s).
		WithFix("kinds are track, identify, page, screen, group, alias and batch")
}

// Batch is what one body held.
type Batch struct {
	// Kind is what the path said the body is: KindBatch, or of one message.
	Kind Kind
	// ReceivedAt is when, in UTC with microseconds.
	ReceivedAt time.Time
	// WriteKey is the key in the body, for clients that send it there. It is a
	// secret: never log it.
	WriteKey string
	// Messages are those that are sound, Rejected those that are not, both by
	// their place in the body.
	Messages []Message
	Rejected []Reject
}

// Units returns who the messages are about, each once, in order of appearance.
func (b Batch) Units() []string {
	seen := make(map[string]bool, len(b.Messages))
	var units []string
	for i := range b.Messages {
		if u := b.Messages[i].Unit(); !seen[u] {
			seen[u] = true
			units = append(units, u)
		}
	}
	return units
}

// Message is one sound message.
type Message struct {
	// Index is its place in the batch, from 0.
	Index int
	Kind  Kind
	// ID is the client's messageId; empty when it sent none.
	ID string
	// Event is the name of what was tracked; only track messages have one.
	Event string
	// UserID and AnonymousID say who, at least one of them.
	UserID, AnonymousID string
	// DecisionID is properties.decisionId of a track message, not yet verified.
	DecisionID throughline.DecisionID
	// Value is properties.value of a message with a decision; 0 when absent.
	Value float64
	// OccurredAt is when it happened by the server's clock, UTC, microseconds.
	OccurredAt time.Time
	// ClockReplaced says that the client's times were beyond belief, so that
	// OccurredAt is the time received.
	ClockReplaced bool

	raw      []byte // as it was sent
	personal personal
}

// Unit returns the id of the recipient: userId, or else anonymousId.
func (m *Message) Unit() string {
	if m.UserID != "" {
		return m.UserID
	}
	return m.AnonymousID
}

// Reject says why one message was not taken. Sending it again cannot help.
type Reject struct {
	// Index is the message's place in the batch, from 0.
	Index int `json:"index"`
	// MessageID is the client's, where it could be read.
	MessageID string           `json:"messageId,omitempty"`
	Code      throughline.Code `json:"code"`
	Message   string           `json:"message"`
	Fix       string           `json:"fix,omitempty"`
}

func refuse(index int, messageID string, err *throughline.Error) Reject {
	return Reject{Index: index, MessageID: messageID, Code: err.Code, Message: err.Message, Fix: err.Fix}
}

// Err returns the reject as an error.
func (r Reject) Err() error {
	return &throughline.Error{Code: r.Code, Message: r.Message, Fix: r.Fix}
}
