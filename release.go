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
	// CreatedAt is when it was applied.
	CreatedAt time.Time `json:"createdAt"`
	// RollsBack is the number of the release it undoes; 0 for none.
	RollsBack int `json:"rollsBack,omitempty"`
	// Changes by kind and name.
	Changes []Change `json:"changes"`
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
	ReleaseLive       ReleaseState = "live"
	ReleaseSuperseded ReleaseState = "superseded"
	ReleaseRolledBack ReleaseState = "rolled back"
)

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
