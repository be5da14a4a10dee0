package demo

import (
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
)

// site is one placement as its visitors know it, read from the declared
// resources and not from the engine: what the engine assembles, checks and
// serves is what is under test.
type site struct {
	index      int
	name       string
	event      string              // what a visitor who likes it does
	surface    throughline.Surface // web or app, as recipients have it
	gate       mask                // the audience that gets more than the fallback
	slots      []slot
	candidates [][]uint16 // positions in each slot's choices

	// base is the true rate of an even mix, spread scales preferences, and
	// intercept makes the two fit.
	base, spread, intercept float64
}

// slot is one place and what the workspace lets fill it.
type slot struct {
	name    string
	choices []choice
	byText  map[string]uint16 // every text of every choice, in every language
	settled bool              // what it says follows from the market
}

// choice is one filling of a slot; the zero choice leaves it empty.
type choice struct {
	level throughline.Level
	gate  mask
}

// mask is a set of audiences, one bit each in order of name.
type mask uint64

// has reports whether a person in the audiences m may pass the gate.
func (m mask) has(gate mask) bool { return m&gate == gate }

// eligible lists the candidates that somebody in the audiences m may see.
func (s *site) eligible(m mask) []int {
	if !m.has(s.gate) {
		return nil
	}
	var list []int
	for c, vector := range s.candidates {
		if s.mayFill(vector, m) {
			list = append(list, c)
		}
	}
	return list
}

func (s *site) mayFill(vector []uint16, m mask) bool {
	for i, choice := range vector {
		if !m.has(s.slots[i].choices[choice].gate) {
			return false
		}
	}
	return true
}

// levels returns the levels of a candidate, by slot.
func (s *site) levels(vector []uint16) []throughline.Level {
	levels := make([]throughline.Level, len(vector))
	for i, choice := range vector {
		levels[i] = s.slots[i].choices[choice].level
	}
	return levels
}

// read says what a person saw. It goes by the text on the screen; only where
// the workspace does not hold that text (somebody edited it meanwhile) it
// believes the level the answer names, and reports the answer as strange.
func (s *site) read(a answer) (levels []throughline.Level, strange bool) {
	levels = make([]throughline.Level, len(s.slots))
	for i, sl := range s.slots {
		text, filled := a.Value[sl.name]
		if !filled || text == "" || sl.settled {
			continue
		}
		if c, ok := sl.byText[seen(text)]; ok {
			levels[i] = sl.choices[c].level
			continue
		}
		levels[i], strange = throughline.Level(a.text(levelPrefix+sl.name)), true
	}
	return levels, strange
}

// seen is a text as the workspace holds it: of a picture the path, whatever
// host the engine serves it from.
func seen(text string) string {
	if !strings.HasPrefix(text, "http") {
		return text
	}
	if i := strings.Index(text, throughline.MediaPath); i > 0 {
		return text[i:]
	}
	return text
}

// device is where a recipient meets a surface: mail and ads beside the web, what
// comes by phone beside the app.
func device(s throughline.Surface) throughline.Surface {
	if s == throughline.Push || s == throughline.SMS {
		return throughline.App
	}
	if s == throughline.Email || s == throughline.Display || s == throughline.Feed {
		return throughline.Web
	}
	return s
}

// catalogue is the declared resources by kind and name.
type catalogue map[throughline.Kind]map[string]throughline.Resource

func newCatalogue(resources []throughline.Resource) catalogue {
	c := make(catalogue)
	for _, r := range resources {
		if c[r.Kind] == nil {
			c[r.Kind] = make(map[string]throughline.Resource)
		}
		c[r.Kind][r.Metadata.Name] = r
	}
	return c
}

// names lists the resources of a kind, ascending.
func (c catalogue) names(k throughline.Kind) []string {
	names := make([]string, 0, len(c[k]))
	for name := range c[k] {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// spec returns the named resource's spec; the error names who asked for it.
func spec[T throughline.Spec](c catalogue, name string, asker throughline.Ref) (T, error) {
	var zero T
	r, ok := c[zero.Kind()][name]
	if !ok {
		return zero, throughline.Errorf(throughline.Invalid, "%s %q is not in the workspace", zero.Kind(), name).
			At(asker.String()).WithFix("hand the simulator every resource that was applied")
	}
	return r.Spec.(T), nil
}
