package throughline

// Guardrail is a check as data: what people, automation and the engine read and
// enforce alike.
type Guardrail struct {
	Title string `json:"title,omitempty"`
	// Severity says what a failure does; the default is block.
	Severity Severity `json:"severity,omitempty"`
	// Match says where the guardrail applies; the zero value is everywhere.
	Match Match `json:"match,omitzero"`
	// Exactly one of the following is set.

	// Forbid lists words or phrases that may not appear. Matching ignores case
	// and keeps to whole words.
	Forbid []string `json:"forbid,omitempty"`
	// Require lists words or phrases of which at least one must appear.
	Require []string `json:"require,omitempty"`
	// Length bounds the text of a slot.
	Length *Length `json:"length,omitempty"`
	// Assert is a CEL expression over the slots of a variant, as in a
	// template's constraints, and over locale and channel.
	Assert string `json:"assert,omitempty"`

	// Fix tells the person what to do when it fails.
	Fix string `json:"fix,omitempty"`
}

// Kind returns KindGuardrail.
func (*Guardrail) Kind() Kind { return KindGuardrail }

// Match narrows where a guardrail applies; an empty list matches everything.
type Match struct {
	Templates []string `json:"templates,omitempty"`
	Channels  []string `json:"channels,omitempty"`
	Roles     []string `json:"roles,omitempty"`
	Locales   []string `json:"locales,omitempty"`
}

// Severity is what a failed check does.
type Severity string

// The severities, the gravest first.
const (
	Block Severity = "block" // it does not go live
	Warn  Severity = "warn"  // somebody should look
	Info  Severity = "info"  // worth knowing
)

// Stage is the gate at which a guardrail spoke.
type Stage string

// The stages of the loop that check.
const (
	StageDeclare  Stage = "declare"
	StageAssemble Stage = "assemble"
	StageActivate Stage = "activate"
	StageDecide   Stage = "decide"
	StageObserve  Stage = "observe"
)

// Finding is what a guardrail said about one place.
type Finding struct {
	// Rule is the guardrail: Guardrail/no-hype, Template/card#length, Brand/acme#terms.
	Rule     string   `json:"rule"`
	Stage    Stage    `json:"stage"`
	Severity Severity `json:"severity"`
	// Object is what it is about, usually a Fragment or a Template.
	Object Ref `json:"object"`
	// Template, Slot, Channel and Locale narrow the place; each may be empty.
	Template string `json:"template,omitempty"`
	Slot     string `json:"slot,omitempty"`
	Channel  string `json:"channel,omitempty"`
	Locale   string `json:"locale,omitempty"`
	// Span is the part of the text it is about.
	Span *Span `json:"span,omitempty"`
	// Got and Want say what is there and what should be.
	Got  string `json:"got"`
	Want string `json:"want"`
	Fix  string `json:"fix,omitempty"`
	// Variants counts the combinations a cross-slot rule fails for; 0 for a
	// rule about one text.
	Variants int `json:"variants,omitempty"`
}

// Field returns the field of Object that the finding is about, such as
// spec.values.en, or "" when it is about more than one.
func (f Finding) Field() string {
	if f.Object.Kind == KindFragment && f.Locale != "" {
		return "spec.values." + f.Locale
	}
	return ""
}

// Span is a half-open range of bytes in a text.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}
