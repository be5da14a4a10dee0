package throughline

// Placement is a named point where content is asked for.
type Placement struct {
	Title string `json:"title,omitempty"`
	// Channel names the Channel it is on.
	Channel string `json:"channel"`
	// Template names the Template whose variants compete here.
	Template string `json:"template"`
	// Brief names the Brief it serves.
	Brief string `json:"brief,omitempty"`
	// Audience names the Audience that gets anything but the fallback; empty
	// means everyone.
	Audience string `json:"audience,omitempty"`
	// Goal names the Goal its outcomes are.
	Goal string `json:"goal"`
	// Policy is how it chooses.
	Policy Policy `json:"policy,omitzero"`
	// Holdout keeps a share away from the policy so that its worth can be told.
	Holdout *Holdout `json:"holdout,omitempty"`
	// Sticky is for how long the first choice is kept; the default is session.
	Sticky Stickiness `json:"sticky,omitempty"`
	// Fallback is what is shown when nothing is eligible. Every required slot
	// is filled, with fragments that everyone may see.
	Fallback Filling `json:"fallback"`
}

// Kind returns KindPlacement.
func (*Placement) Kind() Kind { return KindPlacement }

// Filling maps a slot's name to the name of the fragment that fills it.
type Filling map[string]string

// Policy is how a placement chooses among eligible variants.
type Policy struct {
	// Kind is the way of choosing; the default is learned.
	Kind PolicyKind `json:"kind,omitempty"`
	// Floor is the share spread evenly over eligible variants whatever was
	// learned, so that every propensity stays above zero: 0.001 to 1, default 0.02.
	Floor float64 `json:"floor,omitempty"`
	// Explore is how many exposures explore-then-commit spends before it
	// commits; the default is 1000.
	Explore int `json:"explore,omitempty"`
	// Fixed is the filling that the policy fixed always serves.
	Fixed Filling `json:"fixed,omitempty"`
}

// PolicyKind is a way of choosing.
type PolicyKind string

// The policies.
const (
	Learned           PolicyKind = "learned"             // posterior sampling over slots
	Uniform           PolicyKind = "uniform"             // every eligible variant alike
	ExploreThenCommit PolicyKind = "explore-then-commit" // uniform, then the best so far
	Fixed             PolicyKind = "fixed"               // always one filling
)

// Holdout is the share of recipients who get no benefit of the policy, by a
// hash that does not change.
type Holdout struct {
	// Share is the part of recipients held out, above 0 and at most 0.5.
	Share float64 `json:"share"`
	// Serve is what they get; the default is uniform.
	Serve HoldoutServe `json:"serve,omitempty"`
	// Scope says who shares one holdout: placement (default) draws anew for
	// each placement, engine keeps a recipient out everywhere.
	Scope HoldoutScope `json:"scope,omitempty"`
	// Control is the filling served when Serve is control.
	Control Filling `json:"control,omitempty"`
}

// HoldoutServe is what a held-out recipient gets.
type HoldoutServe string

// What a holdout serves.
const (
	ServeUniform HoldoutServe = "uniform" // every eligible variant alike
	ServeControl HoldoutServe = "control" // one named filling
)

// HoldoutScope says who shares a holdout.
type HoldoutScope string

// The holdout scopes.
const (
	ScopePlacement HoldoutScope = "placement"
	ScopeEngine    HoldoutScope = "engine"
)

// Stickiness is for how long a first choice is kept.
type Stickiness string

// The kinds of stickiness.
const (
	StickySession   Stickiness = "session"   // 30 minutes without a request end it
	StickyRecipient Stickiness = "recipient" // as long as the variant is live
	StickyNone      Stickiness = "none"      // every epoch chooses anew
)
