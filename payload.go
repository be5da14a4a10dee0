package throughline

import (
	"encoding/json"
	"time"
)

// The payloads say what Event.Data holds, by type. Those of decisions,
// exposures and outcomes start with the Token's fixed bytes because they are
// many; the others are JSON because people read them.

// DecisionMade is the payload of decision.made. The context of the request is
// in Event.Sealed, as JSON.
type DecisionMade struct{ Token Token }

// ExposureConfirmed is the payload of exposure.confirmed.
type ExposureConfirmed struct{ Token Token }

// OutcomeReceived is the payload of outcome.received. Other properties the
// client sent are in Event.Sealed, as JSON.
type OutcomeReceived struct {
	Token Token
	// Name is the tracked event's name, which a Goal refers to.
	Name string
	// Value is what the client said the outcome is worth; 0 when it said nothing.
	Value float64
}

// ExposureCounted is the payload of exposure.counted: exposures and outcomes of
// one variant known only as sums, as other systems export them.
type ExposureCounted struct {
	Placement string `json:"placement"`
	// Key is Arms.Key of the candidate.
	Key       string `json:"key"`
	Exposures int64  `json:"exposures"`
	Outcomes  int64  `json:"outcomes"`
	// Batch counts the epochs of the placement, from 0.
	Batch int `json:"batch"`
}

// EngineCreated is the payload of engine.created.
type EngineCreated struct {
	Title string `json:"title"`
}

// OwnerAccepted is the payload of stewardship.accepted.
type OwnerAccepted struct {
	Person string `json:"person"`
	Role   string `json:"role"`
}

// AccessChanged is the payload of access.granted and access.revoked.
type AccessChanged struct {
	// Token is the name of a service token; Person that of a person.
	Token  string   `json:"token,omitempty"`
	Person string   `json:"person,omitempty"`
	Scopes []string `json:"scopes,omitempty"`
}

// AccessRefused is the payload of access.refused: somebody tried passwords and
// has to wait. It counts; it names nobody and no address.
type AccessRefused struct {
	// Budget says whose attempts they were: person, address or device.
	Budget string `json:"budget"`
	// Key is a keyed hash, by which attempts of one origin are seen as one.
	Key string `json:"key"`
	// Failures is how many there were without a success.
	Failures int `json:"failures"`
}

// PersonInvited is the payload of person.invited and person.accepted.
type PersonInvited struct {
	Person string `json:"person"`
	// Reset is true for somebody who had been in before: a new password.
	Reset bool `json:"reset,omitempty"`
	// By is how they came in: password or oidc; of an acceptance only.
	By string `json:"by,omitempty"`
}

// ShareChanged is the payload of share.made, share.extended, share.ended and
// share.opened, of which the last is the first opening on a day. It names neither
// for whom the link is nor who held it: the journal forgets nothing.
type ShareChanged struct {
	// Share is the id of the link, and no part of its secret.
	Share string `json:"share"`
	// Pieces is how many it holds, Originals that their files as they came are among
	// what may be taken.
	Pieces    int  `json:"pieces"`
	Originals bool `json:"originals,omitempty"`
	// Until is when it is over.
	Until time.Time `json:"until"`
}

// ResourceVersioned is the payload of piece.versioned, template.versioned and
// resource.versioned.
type ResourceVersioned struct {
	Change  Change `json:"change"`
	Release int    `json:"release"`
}

// ReleasePublished is the payload of release.published and release.rolled_back.
type ReleasePublished struct {
	// Release has neither its changes nor its findings: each change has an event
	// of its own, before this one. Journals from before Counts have the changes.
	Release Release `json:"release"`
	// Counts is how many resources it changed, by kind and action.
	Counts map[Kind]map[Action]int `json:"counts,omitempty"`
}

// Changed returns how many resources the release changed.
func (p ReleasePublished) Changed() (n int) {
	for _, actions := range p.Counts {
		for _, count := range actions {
			n += count
		}
	}
	return max(n, len(p.Release.Changes))
}

// ReleaseMoved is the payload of release.proposed, release.approved,
// release.returned, release.withdrawn, release.scheduled and release.ended. It
// has nothing of what the release changes or says: that may still be secret.
type ReleaseMoved struct {
	Release int          `json:"release"`
	State   ReleaseState `json:"state"`
	Author  Actor        `json:"author"`
	// Changes counts the resources it changes; Risk is how much may go wrong.
	Changes  int       `json:"changes"`
	Risk     RiskLevel `json:"risk"`
	Schedule *Schedule `json:"schedule,omitempty"`
	// SelfApproved is true where nobody but the author could approve it.
	SelfApproved bool `json:"selfApproved,omitempty"`
	// By is the release that took its place when it ended; 0 otherwise.
	By int `json:"by,omitempty"`
}

// GuardrailSpoke is the payload of guardrail.evaluated, of a release that went
// live, and of guardrail.blocked, of a change that did not. It counts only what
// was not said of the release before.
type GuardrailSpoke struct {
	// Release is the one that went live; 0 for a change that was refused.
	Release int         `json:"release,omitempty"`
	Rules   []RuleSpoke `json:"rules"`
}

// RuleSpoke counts what one rule said.
type RuleSpoke struct {
	Rule string `json:"rule"`
	// Findings are all there were, Blocking those that stood in the way, and
	// Overridden those that an override let pass.
	Findings   int `json:"findings"`
	Blocking   int `json:"blocking,omitempty"`
	Overridden int `json:"overridden,omitempty"`
}

// SnapshotPublished is the payload of snapshot.published. It carries what
// learning and reporting need of the snapshot, so that the journal alone can
// rebuild them.
type SnapshotPublished struct {
	Snapshot   Digest                `json:"snapshot"`
	Release    int                   `json:"release"`
	Placements []CataloguedPlacement `json:"placements"`
	// Ends says when pieces may not be shown any more, in Unix milliseconds, and
	// Withdrawn names those that may not be shown at all.
	Ends      map[string]int64 `json:"ends,omitempty"`
	Withdrawn []string         `json:"withdrawn,omitempty"`
}

// CataloguedPlacement is one placement of a published snapshot.
type CataloguedPlacement struct {
	Name     string   `json:"name"`
	Owner    string   `json:"owner"`
	Template string   `json:"template,omitempty"`
	Goal     string   `json:"goal"`
	Event    string   `json:"event"`
	Window   Duration `json:"window"`
	Arms     Arms     `json:"arms"`
	// Variants are the ids by candidate in the default locale.
	Variants []VariantID `json:"variants"`
	// Fallback names what the fallback is made of, as Arms.Key does.
	Fallback string `json:"fallback,omitempty"`
	Policy   Policy `json:"policy"`
	// Holdout is nil where nobody is held out.
	Holdout *Holdout `json:"holdout,omitempty"`
}

// EpochPublished is the payload of policy.state_published.
type EpochPublished struct {
	Epoch    Digest `json:"epoch"`
	Number   uint32 `json:"number"`
	Snapshot Digest `json:"snapshot"`
	Through  uint64 `json:"through"`
}

// SignalObserved is the payload of signal.observed: a tracked event that names
// no decision. What it says of the recipient is in Event.Sealed.
type SignalObserved struct {
	Kind string `json:"kind"` // track, identify, page, screen, group, alias
	Name string `json:"name,omitempty"`
}

// SubjectErased is the payload of subject.erased; Event.Subject says whose key
// was destroyed. It is empty: whatever led from that subject to a unit would
// undo the erasure.
type SubjectErased struct{}

// ImportBatch is the payload of import.batch.
type ImportBatch struct {
	Source  string `json:"source"`
	Rows    int    `json:"rows"`
	Skipped int    `json:"skipped"`
}

// EncodeData returns the payload's bytes for Event.Data.
func EncodeData(payload any) []byte {
	switch p := payload.(type) {
	case DecisionMade:
		return p.Token.Bytes()
	case ExposureConfirmed:
		return p.Token.Bytes()
	case OutcomeReceived:
		return append(p.Token.Bytes(), mustJSON(outcomeTail{p.Name, p.Value})...)
	}
	return mustJSON(payload)
}

type outcomeTail struct {
	Name  string  `json:"name"`
	Value float64 `json:"value,omitempty"`
}

// DecodeData reads a payload of type T from an event. The type and version of
// the event are the caller's to check.
func DecodeData[T any](e Event) (T, error) {
	var v T
	var err error
	switch p := any(&v).(type) {
	case *DecisionMade:
		p.Token, err = ParseToken(e.Data)
	case *ExposureConfirmed:
		p.Token, err = ParseToken(e.Data)
	case *OutcomeReceived:
		if len(e.Data) < tokenBytes {
			return v, Errorf(Corrupt, "event %s: the outcome is cut short", e.ID)
		}
		if p.Token, err = ParseToken(e.Data[:tokenBytes]); err == nil {
			var tail outcomeTail
			err = json.Unmarshal(e.Data[tokenBytes:], &tail)
			p.Name, p.Value = tail.Name, tail.Value
		}
	default:
		err = json.Unmarshal(e.Data, &v)
	}
	if err != nil {
		return v, Errorf(Corrupt, "event %s of type %s cannot be read: %w", e.ID, e.Type, err)
	}
	return v, nil
}
