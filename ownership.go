package throughline

import (
	"slices"
	"strings"
)

// Team is people who work together. What is counted by people is counted by team.
type Team struct {
	// Title is what people call the team.
	Title string `json:"title"`
	// People are the names of Persons. Nobody is in two teams.
	People []string `json:"people"`
}

// Kind returns KindTeam.
func (*Team) Kind() Kind { return KindTeam }

// Stewardship says who answers for some things, instead of the engine's owner.
type Stewardship struct {
	// Title says what it is about.
	Title string `json:"title"`
	// Kinds are the kinds of things it is about, at least one.
	Kinds []Kind `json:"kinds"`
	// Names are which of them, as names or as beginnings of names before a *, such as
	// mail.*; none stands for all. Of several that fit, the longest counts.
	Names []string `json:"names,omitempty"`
	// Person is the Person who answers for them, Deputy another who acts while that
	// one is away.
	Person string `json:"person"`
	Deputy string `json:"deputy,omitempty"`
}

// Kind returns KindStewardship.
func (*Stewardship) Kind() Kind { return KindStewardship }

// Patterns are its Names, or the one that fits all.
func (s *Stewardship) Patterns() []string {
	if len(s.Names) == 0 {
		return []string{"*"}
	}
	return s.Names
}

// Fit returns how long the longest pattern is that fits a thing, a whole name being
// longer than any beginning of it; false where none does.
func (s *Stewardship) Fit(ref Ref) (length int, ok bool) {
	if !slices.Contains(s.Kinds, ref.Kind) {
		return 0, false
	}
	length = -1
	for _, p := range s.Patterns() {
		begin, open := strings.CutSuffix(p, "*")
		switch {
		case open && strings.HasPrefix(ref.Name, begin):
			length = max(length, len(begin))
		case p == ref.Name:
			length = max(length, len(p)+1)
		}
	}
	return length, length >= 0
}
