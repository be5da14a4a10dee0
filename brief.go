package throughline

// Brief is what is wanted, for whom, why and by when: the root of the lineage
// of every piece made for it.
type Brief struct {
	Title string `json:"title"`
	// Want is the result asked for, in words.
	Want string `json:"want,omitempty"`
	// Why is the reason it is worth making.
	Why string `json:"why,omitempty"`
	// Audience names the Audience it is for; empty means everyone.
	Audience string `json:"audience,omitempty"`
	// Goal names the Goal it is measured by.
	Goal string `json:"goal,omitempty"`
	// Due is the day it should be live, YYYY-MM-DD.
	Due string `json:"due,omitempty"`
}

// Kind returns KindBrief.
func (*Brief) Kind() Kind { return KindBrief }

// Audience is a rule over recipients and the moment of the request.
type Audience struct {
	Title string `json:"title,omitempty"`
	// Rule is a CEL expression of type bool over context, a map of what the
	// request says of the recipient: context.plan == "pro". A field the request
	// does not carry makes the rule false, never an error.
	Rule string `json:"rule"`
}

// Kind returns KindAudience.
func (*Audience) Kind() Kind { return KindAudience }

// Goal is an outcome that counts.
type Goal struct {
	Title string `json:"title,omitempty"`
	// Event is the name of the tracked event that reaches the goal.
	Event string `json:"event"`
	// Window is how long after the exposure an outcome still counts, such as
	// 30m, 24h or 7d.
	Window Duration `json:"window"`
	// Value is the worth of reaching the goal once, in the engine's currency.
	Value float64 `json:"value,omitempty"`
}

// Kind returns KindGoal.
func (*Goal) Kind() Kind { return KindGoal }
