package operate

import (
	"time"

	"github.com/throughline-engine/throughline"
)

// Line is how an engine stands at one moment: what the home page shows and the
// command line prints. Describe fills in its sentences.
type Line struct {
	// Owner answers for the engine; Owner.Engine is what the engine is called.
	Owner Ownership `json:"owner"`
	// AsOf is the moment everything here is true of.
	AsOf time.Time `json:"asOf"`
	// Simulated says that the recipients are made up, as in the demo.
	Simulated bool `json:"simulated,omitempty"`
	// Sentence answers, in words, whether things are well and whose they are.
	Sentence string `json:"sentence"`
	// Notes are what a reader would ask next, a sentence each; at most three
	// are shown.
	Notes []string `json:"notes,omitempty"`
	// Stations are the seven of the loop, in its order; empty before the first
	// release.
	Stations []Station `json:"stations"`
	// Figures are the engine's headline numbers, at most four.
	Figures []Figure `json:"figures,omitempty"`
	// Release is what is live; nil before the first.
	Release *ReleaseLine `json:"release,omitempty"`
	// Placements by name.
	Placements []PlacementLine `json:"placements"`
	// Unheard are outcomes that no goal knows.
	Unheard Unheard `json:"unheard,omitzero"`
}

// Health is whether somebody should look. It is always shown with a word or a
// shape, never as a colour alone.
type Health string

// The healths. The zero value says that there is nothing to judge yet.
const (
	HealthNone Health = ""
	HealthOK   Health = "ok"
	HealthWarn Health = "warn"
	HealthBad  Health = "bad"
)

// Rank orders healths, the gravest highest.
func (h Health) Rank() int {
	switch h {
	case HealthOK:
		return 1
	case HealthWarn:
		return 2
	case HealthBad:
		return 3
	}
	return 0
}

// Health returns the gravest of the line's parts.
func (l Line) Health() Health {
	gravest := HealthNone
	look := func(h Health) {
		if h.Rank() > gravest.Rank() {
			gravest = h
		}
	}
	for _, s := range l.Stations {
		look(s.Health)
	}
	for _, p := range l.Placements {
		look(p.Health)
	}
	return gravest
}

// Owner is the person who answers for a part of the engine.
type Owner struct {
	// Person is the resource name, Name what colleagues see.
	Person string `json:"person"`
	Name   string `json:"name"`
	// Initials are up to two letters.
	Initials string `json:"initials"`
}

// Stage is a station of the loop.
type Stage string

// The stations, in the order of the line.
const (
	StageBrief   Stage = "Brief"
	StageMake    Stage = "Make"
	StageCheck   Stage = "Check"
	StageRelease Stage = "Release"
	StageDecide  Stage = "Decide"
	StageDeliver Stage = "Deliver"
	StageLearn   Stage = "Learn"
)

// Stages returns the stations in the order of the line.
func Stages() []Stage {
	return []Stage{StageBrief, StageMake, StageCheck, StageRelease, StageDecide, StageDeliver, StageLearn}
}

// Station is one stage of the loop, as it is now.
type Station struct {
	Name Stage `json:"name"`
	// Count is how many there are, of what Unit says: 41 decisions.
	Count int64 `json:"count"`
	// Unit is a plural noun.
	Unit string `json:"unit"`
	// Latest is when something last happened here; zero when nothing has.
	Latest time.Time `json:"latest,omitzero"`
	// PerSecond is the throughput over the last minute.
	PerSecond float64 `json:"perSecond"`
	Owner     Owner   `json:"owner"`
	Health    Health  `json:"health"`
	// Note says, in a few words, what is wrong or worth knowing; may be empty.
	Note string `json:"note,omitempty"`
}

// FigureReaction is the name of the loop's own time: from an outcome to the first
// decision that it changed.
const FigureReaction = "Outcome to changed decision"

// Figure is one headline number of the engine.
type Figure struct {
	// Name is what people call it: Outcome to changed decision.
	Name string `json:"name"`
	// Number is the value with its doubt. A number without an owner is not
	// shown.
	Number throughline.Number `json:"number"`
	Owner  Owner              `json:"owner"`
	// What says what the value is, where neither the name nor the way it is said
	// does: p95.
	What string `json:"what,omitempty"`
	// Recent are earlier values, the oldest first, for a line of 60 points at
	// most; empty draws none.
	Recent []float64 `json:"recent,omitempty"`
}

// ReleaseLine is the release that is live.
type ReleaseLine struct {
	Number  int                   `json:"number"`
	Message string                `json:"message,omitempty"`
	By      Owner                 `json:"by"`
	Since   time.Time             `json:"since"`
	Risk    throughline.RiskLevel `json:"risk"`
	// Changes counts the resources it changed.
	Changes int `json:"changes"`
}

// PlacementLine is one placement: what it shows, to how many, and what it
// earns by choosing.
type PlacementLine struct {
	Name    string `json:"name"`
	Title   string `json:"title,omitempty"`
	Channel string `json:"channel"`
	// Surface says how its variants look.
	Surface throughline.Surface `json:"surface"`
	Owner   Owner               `json:"owner"`
	Health  Health              `json:"health"`
	// State is a sentence that says how it stands; Describe writes it.
	State  string                 `json:"state"`
	Policy throughline.PolicyKind `json:"policy"`
	Sticky throughline.Stickiness `json:"sticky"`
	// Goal is the title of the outcome that counts, Window how long after an
	// exposure it does.
	Goal   string               `json:"goal"`
	Window throughline.Duration `json:"window"`
	// HoldoutShare is the part of recipients held out, 0 for none; HoldoutServes
	// what they get.
	HoldoutShare  float64                  `json:"holdoutShare,omitempty"`
	HoldoutServes throughline.HoldoutServe `json:"holdoutServes,omitempty"`
	// Recent is how many of the policy's latest deliveries the variants' shares
	// rest on. Below MinShown shares are not shown as such, and nobody leads.
	Recent int64 `json:"recent"`
	// Variants are those most served now, the most first; Total counts all that
	// compete.
	Variants []VariantLine `json:"variants"`
	Total    int           `json:"total"`
	// Deliveries counts confirmed exposures since the placement went live.
	Deliveries int64 `json:"deliveries"`
	// Learned is the rate of outcomes per delivery where the policy chose,
	// Holdout where it did not.
	Learned throughline.Number `json:"learned"`
	Holdout throughline.Number `json:"holdout"`
	// Uplift is Learned over Holdout, less 1: 0.31 is 31 % more. Its interval
	// holds whenever it is read.
	Uplift throughline.Number `json:"uplift"`
	// Thin says what is missing before Uplift may be shown; nil when nothing is.
	Thin *Thin `json:"thin,omitempty"`
	// Allocation is where the traffic went.
	Allocation Allocation `json:"allocation"`
}

// MinShown is how many deliveries by the policy its shares of traffic need
// before they say something: below it, one recipient more or less moves them by
// more than two percent of the whole.
const MinShown = 50

// Best returns the variant that is served most to people who are not held out,
// and false when no variant has been marked as such.
func (p PlacementLine) Best() (VariantLine, bool) {
	for _, v := range p.Variants {
		if v.Best {
			return v, true
		}
	}
	return VariantLine{}, false
}

// Thin says how far data are from enough.
type Thin struct {
	// Arm is the part of the traffic that lacks most: holdout or policy.
	Arm string `json:"arm,omitempty"`
	// Have and Need count what Unit says: 34 of 50 outcomes.
	Have int64  `json:"have"`
	Need int64  `json:"need"`
	Unit string `json:"unit"`
	// Remaining is about how long the rest takes at today's pace; 0 for unknown.
	Remaining time.Duration `json:"remaining,omitempty"`
}

// Share returns the part that is there, 0 to 1.
func (t Thin) Share() float64 {
	if t.Need <= 0 {
		return 0
	}
	return min(1, float64(t.Have)/float64(t.Need))
}

// VariantLine is one variant of a placement.
type VariantLine struct {
	ID throughline.VariantID `json:"id"`
	// Label is short and stays with the variant while the release is live; see
	// VariantLabel.
	Label string `json:"label"`
	// Slots are what fills it, in template order.
	Slots []SlotLine `json:"slots"`
	// Share is the part of the policy's traffic it gets now, 0 to 1; Before what
	// it got when the placement's Allocation begins.
	Share  float64 `json:"share"`
	Before float64 `json:"before"`
	// Rate is its outcomes per delivery, holdout included.
	Rate       throughline.Number `json:"rate"`
	Deliveries int64              `json:"deliveries"`
	// Best marks the one that the policy serves most.
	Best bool `json:"best,omitempty"`
}

// SlotLine is what fills one slot of a variant.
type SlotLine struct {
	Slot  string            `json:"slot"`
	Level throughline.Level `json:"level"`
	Text  string            `json:"text"`
}

// VariantLabel returns the label of candidate i: A to Z, then AA, AB and on.
func VariantLabel(i int) string {
	label := ""
	for i++; i > 0; i = (i - 1) / 26 {
		label = string(rune('A'+(i-1)%26)) + label
	}
	return label
}

// Allocation is how a placement's traffic was shared over time.
type Allocation struct {
	// At are the moments, ascending, at most 120.
	At []time.Time `json:"at,omitempty"`
	// Series are at most five variants, by label; what they leave to 1 went to
	// the others.
	Series []Share `json:"series,omitempty"`
	// Releases are the moments at which a release changed the placement.
	Releases []ReleaseMark `json:"releases,omitempty"`
}

// Share is one variant's part of the traffic over time.
type Share struct {
	Label string `json:"label"`
	// Values are 0 to 1, one for each moment of the Allocation.
	Values []float64 `json:"values"`
}

// ReleaseMark says when a release went live.
type ReleaseMark struct {
	Number int       `json:"number"`
	At     time.Time `json:"at"`
}

// Preview is how one variant looks where it is served.
type Preview struct {
	// Title names it for people who cannot see it.
	Title   string              `json:"title"`
	Surface throughline.Surface `json:"surface"`
	Locale  string              `json:"locale"`
	// HTML is the rendering's markup, when the surface is the web.
	HTML string `json:"html,omitempty"`
	// Fields are the rendering's texts by name, when it is an app.
	Fields map[string]string `json:"fields,omitempty"`
}
