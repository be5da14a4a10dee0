package throughline

import "encoding/json"

// Engine is one workspace and its record. A process serves exactly one, and
// exactly one person, who accepted, answers for it.
type Engine struct {
	// Title is what people call the workspace.
	Title string `json:"title"`
	// Owner names the one Person who is accountable for the engine.
	Owner string `json:"owner"`
	// Deputy names a Person who acts while the owner is away. Accountability stays with
	// the owner.
	Deputy string `json:"deputy,omitempty"`
	// Address is where recipients reach the engine, such as
	// https://content.example.com: the addresses of pictures begin with it. Empty
	// leaves them paths.
	Address string `json:"address,omitempty"`
	// PublicDecisions lets anyone ask for decisions without a read key.
	PublicDecisions bool `json:"publicDecisions,omitempty"`
	// Releases says whether a release goes live at once or waits to be approved;
	// the default is automatic.
	Releases ReleaseMode `json:"releases,omitempty"`
}

// Kind returns KindEngine.
func (*Engine) Kind() Kind { return KindEngine }

// ReleaseMode is what lets a release go live.
type ReleaseMode string

// The release modes.
const (
	Automatic ReleaseMode = "automatic" // the checks are enough
	Approved  ReleaseMode = "approved"  // somebody who is not the author approves it
)

// Person is someone who works with the engine.
type Person struct {
	// Name is what colleagues see.
	Name string `json:"name"`
	// Email is an address by which they may sign in, besides their name.
	Email string `json:"email,omitempty"`
	// Discipline is the craft the person comes from.
	Discipline Discipline `json:"discipline,omitempty"`
	// Roles say what the person may do; the engine's owner may do everything.
	Roles []Grant `json:"roles,omitempty"`
}

// Kind returns KindPerson.
func (*Person) Kind() Kind { return KindPerson }

// Initials returns up to two letters for the corner of a chart.
func (p *Person) Initials() string {
	var first, last rune
	start := true
	for _, r := range p.Name {
		if start && r != ' ' {
			if first == 0 {
				first = r
			} else {
				last = r
			}
		}
		start = r == ' '
	}
	if last == 0 {
		return string(first)
	}
	return string([]rune{first, last})
}

// Discipline is the craft a person comes from.
type Discipline string

// The disciplines.
const (
	Creative   Discipline = "creative"
	Operations Discipline = "operations"
	Other      Discipline = "other"
)

// Grant is a role, everywhere or within limits. Every limit that is set must
// hold.
type Grant struct {
	Role Role `json:"role"`
	// Markets are languages (de), regions (CH) or both (de-CH).
	Markets []string `json:"markets,omitempty"`
	// Brands are names of Brands.
	Brands []string `json:"brands,omitempty"`
	// Kinds are the kinds of resources it is about.
	Kinds []Kind `json:"kinds,omitempty"`
}

// UnmarshalJSON reads a grant, or a bare role as revisions before Grant had it.
func (g *Grant) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*g = Grant{}
		return json.Unmarshal(b, &g.Role)
	}
	type plain Grant
	return json.Unmarshal(b, (*plain)(g))
}

// Role is what a person may do. Ownership is not a role: it is Engine.Owner.
type Role string

// The roles, the widest first.
const (
	Steward  Role = "steward"  // answers for a kind of thing
	Maker    Role = "maker"    // makes and changes content
	Operator Role = "operator" // runs releases, placements, backups
	Approver Role = "approver" // lets a release go live
	Viewer   Role = "viewer"   // reads
)

// Roles returns every role, the widest first.
func Roles() []Role { return []Role{Steward, Maker, Operator, Approver, Viewer} }
