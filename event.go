package throughline

import (
	"encoding/base32"
	"time"
)

// Event is one fact about what happened. It holds no personal data in the
// clear: what belongs to a recipient is in Sealed, under that recipient's key.
type Event struct {
	// ID is unique in the engine's record.
	ID ID
	// Engine is the id of the engine it happened in.
	Engine string
	// Type and Version say how to read Data.
	Type    EventType
	Version int
	// OccurredAt is when it happened, RecordedAt when the record took it; both
	// in UTC with microseconds.
	OccurredAt, RecordedAt time.Time
	// Actor did it.
	Actor Actor
	// Objects are what it is about.
	Objects []Object
	// Cause is the event that led to this one; zero when there is none.
	Cause ID
	// Trace joins the events of one request; Source names the door or system.
	Trace, Source string
	// Key makes the event unique: the journal keeps one event a key. Empty for
	// events that cannot come twice.
	Key string
	// Subject is the random id of the recipient it is about; zero for none.
	Subject ID
	// Data is the payload; Sealed the part that names or describes the subject.
	Data, Sealed []byte
	// Seq is the event's place in the journal, from 1. The journal sets it.
	Seq uint64
}

// Actor is who did something.
type Actor struct {
	Kind ActorKind `json:"kind"`
	// ID is a person's, agent's or token's name; never a recipient's.
	ID string `json:"id,omitempty"`
	// Team is the actor's team at the time; OnBehalfOf the person an agent or
	// token acts for.
	Team       string `json:"team,omitempty"`
	OnBehalfOf string `json:"onBehalfOf,omitempty"`
}

// ActorKind is the kind of an actor.
type ActorKind string

// The kinds of actors.
const (
	ActorPerson    ActorKind = "person"
	ActorAgent     ActorKind = "agent"
	ActorService   ActorKind = "service"   // a token
	ActorSystem    ActorKind = "system"    // the engine itself
	ActorRecipient ActorKind = "recipient" // ID stays empty
)

// Object is a thing an event is about, in the shape of OCEL 2.0.
type Object struct {
	Type      string `json:"type"`
	ID        string `json:"id"`
	Version   string `json:"version,omitempty"`
	Qualifier string `json:"qualifier,omitempty"`
}

// EventType says what happened.
type EventType string

// The event types of the spine. Each names its payload in payload.go.
const (
	EventEngineCreated     EventType = "engine.created"
	EventOwnerAccepted     EventType = "stewardship.accepted"
	EventAccessGranted     EventType = "access.granted"
	EventAccessRevoked     EventType = "access.revoked"
	EventAccessRefused     EventType = "access.refused"
	EventPersonInvited     EventType = "person.invited"
	EventPersonAccepted    EventType = "person.accepted"
	EventShareMade         EventType = "share.made"
	EventShareExtended     EventType = "share.extended"
	EventShareEnded        EventType = "share.ended"
	EventShareOpened       EventType = "share.opened"
	EventPieceVersioned    EventType = "piece.versioned"
	EventTemplateVersioned EventType = "template.versioned"
	EventResourceVersioned EventType = "resource.versioned"
	EventReleaseProposed   EventType = "release.proposed"
	EventReleaseApproved   EventType = "release.approved"
	EventReleaseReturned   EventType = "release.returned"
	EventReleaseWithdrawn  EventType = "release.withdrawn"
	EventReleaseScheduled  EventType = "release.scheduled"
	EventReleaseEnded      EventType = "release.ended"
	EventReleasePublished  EventType = "release.published"
	EventReleaseRolledBack EventType = "release.rolled_back"
	EventGuardrailFired    EventType = "guardrail.evaluated"
	EventGuardrailBlocked  EventType = "guardrail.blocked"
	EventSnapshotPublished EventType = "snapshot.published"
	EventEpochPublished    EventType = "policy.state_published"
	EventDecisionMade      EventType = "decision.made"
	EventExposureConfirmed EventType = "exposure.confirmed"
	EventExposureCounted   EventType = "exposure.counted"
	EventOutcomeReceived   EventType = "outcome.received"
	EventSignalObserved    EventType = "signal.observed"
	EventSubjectErased     EventType = "subject.erased"
	EventImportBatch       EventType = "import.batch"
)

// ID is a ULID: 48 bits of Unix milliseconds, then 80 random bits. Ids sort by
// time.
type ID [16]byte

// NewID returns the id for a moment and ten random bytes.
func NewID(at time.Time, random [10]byte) ID {
	var id ID
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (40 - 8*i))
	}
	copy(id[6:], random[:])
	return id
}

var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// String returns 26 characters of Crockford's base 32. They are the 16 bytes
// taken left to right, so ids also sort as text.
func (id ID) String() string { return crockford.EncodeToString(id[:]) }

// ParseID reads what String wrote.
func ParseID(s string) (ID, error) {
	var id ID
	b, err := crockford.DecodeString(s)
	if err != nil || len(b) != len(id) {
		return id, Errorf(Invalid, "%q is not an id", s).WithFix("an id is 26 characters, as the engine prints them")
	}
	copy(id[:], b)
	return id, nil
}

// IsZero reports whether the id was never set.
func (id ID) IsZero() bool { return id == ID{} }

// Time returns the moment in the id.
func (id ID) Time() time.Time {
	var ms int64
	for i := range 6 {
		ms = ms<<8 | int64(id[i])
	}
	return time.UnixMilli(ms).UTC()
}

// MarshalText writes the text form; a zero id is empty.
func (id ID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return nil, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText reads the text form.
func (id *ID) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*id = ID{}
		return nil
	}
	*id, err = ParseID(string(b))
	return err
}
