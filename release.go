package throughline

import "time"

// Release is a set of revisions that goes live together.
type Release struct {
	// Number counts the engine's releases from 1.
	Number int `json:"number"`
	// State is where it stands.
	State ReleaseState `json:"state"`
	// Author made it; Message says why.
	Author  Actor  `json:"author"`
	Message string `json:"message,omitempty"`
	// CreatedAt is when it was proposed; applying proposes and approves at once.
	CreatedAt time.Time `json:"createdAt"`
	// After is the release that was in force before it went live: numbers are
	// given when a release is proposed, so it need not be the number before.
	After int `json:"after,omitempty"`
	// RollsBack is the number of the release it undoes, Ends that of the release
	// whose end it is; 0 for none.
	RollsBack int `json:"rollsBack,omitempty"`
	Ends      int `json:"ends,omitempty"`
	// Schedule says when it goes live and ends; nil for at once and for good.
	Schedule *Schedule `json:"schedule,omitempty"`
	// ApprovedBy let it go live. SelfApproved is true where that was the author,
	// because nobody else may.
	ApprovedBy   *Actor    `json:"approvedBy,omitempty"`
	ApprovedAt   time.Time `json:"approvedAt,omitzero"`
	SelfApproved bool      `json:"selfApproved,omitempty"`
	// LiveAt is when it went live, EndedAt when it ended or was withdrawn.
	LiveAt  time.Time `json:"liveAt,omitzero"`
	EndedAt time.Time `json:"endedAt,omitzero"`
	// EndedBy withdrew, returned or rolled it back; nil where its time was over.
	// Returned is true where it went back to its author, and Reason says why.
	EndedBy  *Actor `json:"endedBy,omitempty"`
	Returned bool   `json:"returned,omitempty"`
	Reason   string `json:"reason,omitempty"`
	// Trouble is what keeps it from going live or from ending; nil for nothing.
	Trouble *Trouble `json:"trouble,omitempty"`
	// Changes by kind and name.
	Changes []Change `json:"changes"`
	// Touches names the placements whose variants it changes.
	Touches []string `json:"touches,omitempty"`
	// Risk is computed from the changes.
	Risk Risk `json:"risk"`
	// Findings are those of the checks it passed.
	Findings []Finding `json:"findings,omitempty"`
	// Snapshot is what it made.
	Snapshot Digest `json:"snapshot"`
}

// ReleaseState is where a release stands.
type ReleaseState string

// The states of a release.
const (
	ReleaseProposed   ReleaseState = "proposed"   // waits for somebody to approve it
	ReleaseApproved   ReleaseState = "approved"   // waits for its go-live
	ReleaseLive       ReleaseState = "live"       // in force
	ReleaseSuperseded ReleaseState = "superseded" // was live; a later one is
	ReleaseRolledBack ReleaseState = "rolled back"
	ReleaseEnded      ReleaseState = "ended"     // its end came, and what was before is back
	ReleaseWithdrawn  ReleaseState = "withdrawn" // never went live
)

// ReleaseStates returns every state, in the order of a release's life.
func ReleaseStates() []ReleaseState {
	return []ReleaseState{ReleaseProposed, ReleaseApproved, ReleaseLive, ReleaseSuperseded, ReleaseRolledBack, ReleaseEnded, ReleaseWithdrawn}
}

// Schedule is when a release goes live, when it ends and until when it is
// secret: times on the wall of one zone, as people say them, and the instants
// they come to.
type Schedule struct {
	// Zone is an IANA time zone such as Europe/Zurich.
	Zone string `json:"zone"`
	// GoLive, End and Embargo are 2006-01-02T15:04 in the zone; each may be empty.
	GoLive  string `json:"goLive,omitempty"`
	End     string `json:"end,omitempty"`
	Embargo string `json:"embargo,omitempty"`
	// GoLiveAt, EndAt and EmbargoAt are the instants, which the engine computes.
	// A time the clocks skip is read with the offset before the jump, a time they
	// pass twice is the first of the two (RFC 5545, section 3.3.5).
	GoLiveAt  time.Time `json:"goLiveAt,omitzero"`
	EndAt     time.Time `json:"endAt,omitzero"`
	EmbargoAt time.Time `json:"embargoAt,omitzero"`
}

// IsZero reports whether nothing is scheduled.
func (s Schedule) IsZero() bool { return s.GoLive == "" && s.End == "" && s.Embargo == "" }

// Trouble is what stands in a release's way, with a name and a fix.
type Trouble struct {
	Message string `json:"message"`
	Fix     string `json:"fix,omitempty"`
	// Object and Field are what it is about, as far as it is about one.
	Object Ref    `json:"object,omitzero"`
	Field  string `json:"field,omitempty"`
	// At is when it was met, with which release in force.
	At   time.Time `json:"at"`
	Head int       `json:"head"`
}

// Change is one resource that a release creates, updates or deletes.
type Change struct {
	Ref Ref `json:"ref"`
	// Action is what happens to it.
	Action Action `json:"action"`
	// From and To are the digests before and after; zero where there is none.
	From Digest `json:"from,omitzero"`
	To   Digest `json:"to,omitzero"`
	// Fields are what differs, as a path with the value before and after.
	Fields []FieldChange `json:"fields,omitempty"`
}

// Action is what a change does.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Delete Action = "delete"
)

// FieldChange is one field that differs, values as JSON.
type FieldChange struct {
	Path string `json:"path"` // spec.values.en
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// Risk is how much may go wrong, and the reasons in words.
type Risk struct {
	Level   RiskLevel `json:"level"`
	Reasons []string  `json:"reasons,omitempty"`
}

// RiskLevel orders risks.
type RiskLevel string

// The risk levels, the smallest first.
const (
	RiskLow      RiskLevel = "low"
	RiskMedium   RiskLevel = "medium"
	RiskHigh     RiskLevel = "high"
	RiskCritical RiskLevel = "critical"
)

// Plan is what applying a set of resources would do.
type Plan struct {
	// Base is the number of the release it was computed against; 0 before the
	// first. An apply that names it fails if another release came in between; one
	// that names none is planned again on top of that release.
	Base    int      `json:"base"`
	Changes []Change `json:"changes"`
	// Unchanged counts the resources given that are already as declared.
	Unchanged int  `json:"unchanged"`
	Risk      Risk `json:"risk"`
	// Touches are the placements whose variants change.
	Touches []Touch `json:"touches,omitempty"`
	// Findings are all that the checks say of the result; one that blocks stops
	// the release.
	Findings []Finding `json:"findings,omitempty"`
	// Means counts what it comes to.
	Means Meaning `json:"means,omitzero"`
}

// Meaning is what a plan comes to for the variants that are live, counted at each
// placement.
type Meaning struct {
	// Says is all of it in words that complete a sentence: touches 412 live
	// variants, 3 lose rights cover. It speaks of nothing that is zero.
	Says string `json:"says"`
	// Touched counts the live variants that change, go, or may be shown less; Gone
	// are those of them that go, and New those that come.
	Touched int `json:"touched"`
	Gone    int `json:"gone,omitempty"`
	New     int `json:"new,omitempty"`
	// Uncovered counts the live variants that may be shown now and could not be any
	// more in some language: rights, validity or evidence do not cover them.
	Uncovered int `json:"uncovered,omitempty"`
	// Exceed counts the variants that are longer than they may be and were not
	// before, live or new.
	Exceed []Excess `json:"exceed,omitempty"`
}

// Excess counts the variants that are too long in one language.
type Excess struct {
	// Limit is what they exceed, such as 30 characters.
	Limit    string `json:"limit"`
	Locale   string `json:"locale"`
	Variants int    `json:"variants"`
}

// Touch says what a plan does to one placement.
type Touch struct {
	Placement string `json:"placement"`
	Owner     string `json:"owner"`
	// Before and After count the variants that may be served, Changed those of
	// After that were not served before.
	Before  int `json:"before"`
	After   int `json:"after"`
	Changed int `json:"changed"`
	// Excluded counts, by rule, the combinations that may not be served.
	Excluded map[string]int `json:"excluded,omitempty"`
}
