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

// GuardrailSet is guardrails that belong together: some of one's own, some that
// the engine brings, and what was let pass in spite of them.
type GuardrailSet struct {
	Title string `json:"title"`
	// Match says where the set applies, beside what each guardrail says itself.
	Match Match `json:"match,omitzero"`
	// Guardrails names those of the set.
	Guardrails []string `json:"guardrails,omitempty"`
	// Checks set the engine's own checks.
	Checks []CheckRule `json:"checks,omitempty"`
	// Overrides let single findings pass, for a reason and for a time.
	Overrides []Override `json:"overrides,omitempty"`
}

// Kind returns KindGuardrailSet.
func (*GuardrailSet) Kind() Kind { return KindGuardrailSet }

// CheckRule sets one of the engine's own checks.
type CheckRule struct {
	Use CheckName `json:"use"`
	// Severity says what a failure does; empty leaves the check's own.
	Severity Severity `json:"severity,omitempty"`
	// Stages are the gates at which it speaks; empty leaves the check's own.
	Stages []Stage `json:"stages,omitempty"`
}

// CheckName is one of the checks that the engine brings.
type CheckName string

// The engine's own checks.
const (
	CheckLength      CheckName = "length"        // lengths, with the longest personal fields
	CheckTerms       CheckName = "terms"         // the brand's words
	CheckStyle       CheckName = "style"         // the brand's rules of style
	CheckReadability CheckName = "readability"   // how hard a text is to read
	CheckClaims      CheckName = "claims"        // what is claimed, and the evidence for it
	CheckDisclosures CheckName = "disclosures"   // what a market asks to be said
	CheckContrast    CheckName = "contrast"      // colours that meet
	CheckLogo        CheckName = "logo"          // size, clear space and ground of a logo
	CheckPicture     CheckName = "picture"       // size, aspect, format
	CheckAltText     CheckName = "alt-text"      // words for pictures
	CheckRights      CheckName = "rights"        // what was granted, where and until when
	CheckLocales     CheckName = "locales"       // languages that are missing
	CheckLinks       CheckName = "links"         // addresses and their parameters
	CheckMarkup      CheckName = "markup"        // HTML that could run or load something
	CheckClients     CheckName = "mail-clients"  // what mail clients support
	CheckBytes       CheckName = "bytes"         // HTML that a client would cut off
	CheckMail        CheckName = "mail"          // the way out, the plain text, the subject
	CheckSpam        CheckName = "spam"          // heuristics of what filters dislike
	CheckPersonal    CheckName = "personal-data" // what names a person
	CheckAILabel     CheckName = "ai-label"      // what a model made and does not say so
)

// CheckNames returns every check, in the order in which docs/contract.md has them.
func CheckNames() []CheckName {
	return []CheckName{
		CheckLength, CheckTerms, CheckStyle, CheckReadability, CheckClaims, CheckDisclosures, CheckContrast, CheckLogo,
		CheckPicture, CheckAltText, CheckRights, CheckLocales, CheckLinks, CheckMarkup, CheckClients, CheckBytes, CheckMail,
		CheckSpam, CheckPersonal, CheckAILabel,
	}
}

// Override lets a finding pass. It ends by itself, and is counted.
type Override struct {
	// Rule is the finding's: Guardrail/no-hype, Brand/acme#terms.
	Rule string `json:"rule"`
	// Object is what the finding is about, as Kind/name.
	Object string `json:"object"`
	// Reason says why it may pass.
	Reason string `json:"reason"`
	// Until is when it must be looked at again.
	Until Moment `json:"until"`
}

// Match narrows where a guardrail applies; an empty list matches everything.
type Match struct {
	Templates []string `json:"templates,omitempty"`
	Channels  []string `json:"channels,omitempty"`
	Roles     []string `json:"roles,omitempty"`
	Locales   []string `json:"locales,omitempty"`
}

// Verdict is what a check came to. Unknown never passes for pass.
type Verdict string

// The verdicts.
const (
	VerdictPass    Verdict = "pass"
	VerdictWarn    Verdict = "warn"
	VerdictBlock   Verdict = "block"
	VerdictUnknown Verdict = "unknown" // it could not be told
)

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
	// Verdict is what the check came to here. Unknown is not pass: it could not be
	// told, and Got says why.
	Verdict Verdict `json:"verdict,omitempty"`
	// Overridden is why it may pass all the same, and until when.
	Overridden *Override `json:"overridden,omitempty"`
}

// Field returns the field of Object that the finding is about, such as
// spec.values.en, or "" when it is about more than one.
func (f Finding) Field() string {
	switch {
	case f.Locale == "":
	case f.Object.Kind == KindFragment:
		return "spec.values." + f.Locale
	case f.Object.Kind == KindAsset:
		return "spec.alt." + f.Locale
	case f.Object.Kind == KindDisclosure:
		return "spec.texts." + f.Locale
	}
	return ""
}

// Span is a half-open range of bytes in a text.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}
