package operate

import (
	"fmt"
	"strings"

	"github.com/throughline-engine/throughline"
)

// Describe writes the line's sentences from its numbers: the answer, the notes
// and the state of every placement. It also judges the health of placements
// that have none. What somebody wrote already stays.
func Describe(l *Line) {
	for i := range l.Placements {
		describePlacement(&l.Placements[i])
	}
	if l.Sentence == "" {
		l.Sentence = l.answer() + " " + l.whose()
	}
	if l.Notes == nil {
		l.Notes = l.notes()
	}
}

func describePlacement(p *PlacementLine) {
	if p.Health == HealthNone {
		p.Health = p.judge()
	}
	if p.State == "" {
		p.State = p.describe()
	}
}

// judge says how a placement does. Only a loss that the interval excludes from
// being chance is bad: too little data is no fault.
func (p PlacementLine) judge() Health {
	switch {
	case p.Deliveries == 0:
		return HealthNone
	case p.Thin == nil && p.Uplift.N > 0 && p.Uplift.High < 0:
		return HealthBad
	}
	return HealthOK
}

func (p PlacementLine) describe() string {
	best, ok := p.Best()
	gets := ""
	if ok {
		gets = fmt.Sprintf("; variant %s gets %s of the traffic", best.Label, SayShare(best.Share))
	}
	switch {
	case p.Deliveries == 0:
		return "Nothing delivered yet: no exposure has been confirmed."
	case p.Policy == throughline.Fixed:
		return "Always serves one variant; nothing is learned here."
	case p.Policy == throughline.Uniform:
		return fmt.Sprintf("Serves its %s alike, to compare them.", Plural(p.Total, "variant", "variants"))
	case p.Thin != nil:
		return p.Thin.describe() + gets + "."
	case p.Uplift.N == 0:
		return "Learning without a holdout, so what it is worth cannot be told" + gets + "."
	case p.Uplift.Low > 0:
		return fmt.Sprintf("Choosing pays: %s against the holdout%s.", SayChange(p.Uplift), gets)
	case p.Uplift.High < 0:
		return fmt.Sprintf("Choosing does harm here: %s against the holdout%s.", SayChange(p.Uplift), gets)
	}
	return fmt.Sprintf("No difference shown yet: %s against the holdout%s.", SayChange(p.Uplift), gets)
}

func (t Thin) describe() string {
	return "Learning, too early to compare; " + SayThin(t)
}

// answer says whether things are well.
func (l Line) answer() string {
	if len(l.Placements) == 0 {
		return "Nothing runs yet: there is no placement."
	}
	if troubles := l.troubles(); len(troubles) > 0 {
		return fmt.Sprintf("%s: %s.", needsALook(l.Health(), len(troubles)), strings.Join(troubles[:min(2, len(troubles))], "; "))
	}
	var wins, thin, even, silent int64
	for _, p := range l.Placements {
		switch {
		case p.Deliveries == 0:
			silent++
		case p.Thin != nil:
			thin++
		case p.Uplift.N > 0 && p.Uplift.Low > 0:
			wins++
		case p.Uplift.N > 0:
			even++
		}
	}
	n := int64(len(l.Placements))
	switch {
	case silent == n && l.decided():
		return fmt.Sprintf("Ready: %s and asked for, and no delivery confirmed yet.", Plural(n, "placement is live", "placements are live"))
	case silent == n:
		return fmt.Sprintf("Ready: %s, and nothing asked for yet.", Plural(n, "placement is live", "placements are live"))
	case wins == n:
		return fmt.Sprintf("All is well: %s.", Plural(n, "placement beats its holdout", "placements beat their holdouts"))
	case wins == 1:
		return fmt.Sprintf("All is well: 1 of %d placements beats its holdout%s.", n, others(thin, even, silent))
	case wins > 0:
		return fmt.Sprintf("All is well: %d of %d placements beat their holdouts%s.", wins, n, others(thin, even, silent))
	case thin > 0:
		return fmt.Sprintf("All is well: %s, too early to say what it is worth.", Plural(thin, "placement learns", "placements learn"))
	}
	return fmt.Sprintf("All is well: %s.", Plural(n, "placement is served", "placements are served"))
}

// others says what the placements do that do not win.
func others(thin, even, silent int64) string {
	s := ""
	for _, part := range []struct {
		n         int64
		one, many string
	}{
		{thin, "still learns", "still learn"},
		{even, "shows no difference yet", "show no difference yet"},
		{silent, "has no delivery yet", "have no delivery yet"},
	} {
		switch {
		case part.n == 1:
			s += ", 1 " + part.one
		case part.n > 1:
			s += ", " + SayCount(part.n) + " " + part.many
		}
	}
	return s
}

// decided reports whether any decision was made.
func (l Line) decided() bool {
	for _, s := range l.Stations {
		if s.Name == StageDecide && s.Count > 0 {
			return true
		}
	}
	return false
}

func needsALook(h Health, n int) string {
	verb := "a look"
	if h == HealthBad {
		verb = "action"
	}
	if n == 1 {
		return "One thing needs " + verb
	}
	return fmt.Sprintf("%d things need %s", n, verb)
}

// troubles are the parts of the line that are not well, the gravest first.
func (l Line) troubles() []string {
	var bad, warn []string
	add := func(h Health, what string) {
		switch h {
		case HealthBad:
			bad = append(bad, what)
		case HealthWarn:
			warn = append(warn, what)
		}
	}
	for _, s := range l.Stations {
		add(s.Health, strings.TrimSuffix(fmt.Sprintf("%s, %s (%s)", s.Name, s.Note, s.Owner.Initials), "."))
	}
	for _, p := range l.Placements {
		what := p.Name + " needs attention"
		if p.Uplift.N > 0 && p.Uplift.High < 0 {
			what = fmt.Sprintf("%s does worse than its holdout", p.Name)
		}
		add(p.Health, fmt.Sprintf("%s (%s)", what, p.Owner.Initials))
	}
	return append(bad, warn...)
}

// whose says who answers for it.
func (l Line) whose() string {
	switch {
	case l.Owner.Person == "":
		return "Nobody is named as its owner."
	case !l.Owner.Accepted:
		return fmt.Sprintf("%s is named as its owner and has not accepted yet.", l.Owner.Name)
	}
	return l.Owner.Name + " answers for it."
}

func (l Line) notes() []string {
	var notes []string
	var best *PlacementLine
	for i, p := range l.Placements {
		if p.Thin == nil && p.Uplift.N > 0 && p.Uplift.Low > 0 && (best == nil || p.Uplift.Low > best.Uplift.Low) {
			best = &l.Placements[i]
		}
	}
	if best != nil {
		notes = append(notes, fmt.Sprintf("Most is won on %s: %s.", best.Name, SayChange(best.Uplift)))
	}
	var next *PlacementLine
	for i, p := range l.Placements {
		if p.Thin != nil && p.Thin.Remaining > 0 && (next == nil || p.Thin.Remaining < next.Thin.Remaining) {
			next = &l.Placements[i]
		}
	}
	if next != nil {
		notes = append(notes, fmt.Sprintf("Next comparison: %s, possible in about %s.", next.Name, SaySpan(next.Thin.Remaining)))
	}
	return notes
}
