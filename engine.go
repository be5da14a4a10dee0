package throughline

// Engine is one workspace and its record. A process serves exactly one, and
// exactly one person, who accepted, answers for it.
type Engine struct {
	// Title is what people call the workspace.
	Title string `json:"title"`
	// Owner names the one Person who is accountable for the engine.
	Owner string `json:"owner"`
	// PublicDecisions lets anyone ask for decisions without a read key.
	PublicDecisions bool `json:"publicDecisions,omitempty"`
}

// Kind returns KindEngine.
func (*Engine) Kind() Kind { return KindEngine }

// Person is someone who works with the engine.
type Person struct {
	// Name is what colleagues see.
	Name string `json:"name"`
	// Discipline is the craft the person comes from.
	Discipline Discipline `json:"discipline,omitempty"`
	// Roles say what the person may do; the engine's owner may do everything.
	Roles []Role `json:"roles,omitempty"`
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
