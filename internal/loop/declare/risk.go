package declare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
)

// Risk returns how much may go wrong with the changes from one set to the next,
// and why in words, the gravest reasons first. Words that people read are a low
// risk; what decides who sees what, and what may not be said, is a medium one;
// taking away, handing over and opening up are high. What is new is never more
// than medium, and a first release is low: nothing is live that could break.
func Risk(before, after Set, changes []throughline.Change) throughline.Risk {
	if before.Len() == 0 {
		return throughline.Risk{Level: throughline.RiskLow, Reasons: []string{"it is the first release, and nothing is live yet"}}
	}
	r := reasons{after: after}
	for _, c := range changes {
		switch c.Action {
		case throughline.Delete:
			r.add(throughline.RiskHigh, "deletes", c.Ref)
		case throughline.Create:
			r.created(c.Ref)
		case throughline.Update:
			r.updated(c)
		}
	}
	return r.risk()
}

// reasons are grouped, so that a hundred changed texts are one line.
type reasons struct {
	after  Set
	order  []reason
	groups map[reason][]throughline.Ref
}

type reason struct {
	level throughline.RiskLevel
	what  string
}

func (r *reasons) add(level throughline.RiskLevel, what string, ref throughline.Ref) {
	if r.groups == nil {
		r.groups = map[reason][]throughline.Ref{}
	}
	key := reason{level, what}
	if len(r.groups[key]) == 0 {
		r.order = append(r.order, key)
	}
	if refs := r.groups[key]; len(refs) == 0 || refs[len(refs)-1] != ref {
		r.groups[key] = append(refs, ref)
	}
}

func (r *reasons) risk() throughline.Risk {
	risk := throughline.Risk{Level: throughline.RiskLow}
	levels := []throughline.RiskLevel{throughline.RiskHigh, throughline.RiskMedium, throughline.RiskLow}
	for i := len(levels) - 1; i >= 0; i-- {
		for _, key := range r.order {
			if key.level == levels[i] {
				risk.Level = levels[i]
			}
		}
	}
	for _, level := range levels {
		for _, key := range r.order {
			if key.level == level {
				risk.Reasons = append(risk.Reasons, key.what+" "+names(r.groups[key])+r.reach(r.groups[key]))
			}
		}
	}
	return risk
}

// reach says how many placements show what changed.
func (r *reasons) reach(refs []throughline.Ref) string {
	count := 0
	for _, p := range r.after.Of(throughline.KindPlacement) {
		spec := p.Spec.(*throughline.Placement)
		if slices.ContainsFunc(refs, func(ref throughline.Ref) bool {
			return ref == throughline.Ref{Kind: throughline.KindTemplate, Name: spec.Template} ||
				ref == throughline.Ref{Kind: throughline.KindAudience, Name: spec.Audience} ||
				ref == throughline.Ref{Kind: throughline.KindGoal, Name: spec.Goal} ||
				ref == throughline.Ref{Kind: throughline.KindChannel, Name: spec.Channel}
		}) {
			count++
		}
	}
	switch count {
	case 0:
		return ""
	case 1:
		return ", which 1 placement uses"
	}
	return fmt.Sprintf(", which %d placements use", count)
}

// names lists refs for a sentence, at most three.
func names(refs []throughline.Ref) string {
	const most = 3
	var all []string
	for _, ref := range refs[:min(len(refs), most)] {
		all = append(all, ref.String())
	}
	s := strings.Join(all, ", ")
	if more := len(refs) - most; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

func (r *reasons) created(ref throughline.Ref) {
	switch ref.Kind {
	case throughline.KindFragment:
		r.add(throughline.RiskLow, "adds the text", ref)
	case throughline.KindGuardrail:
		r.add(throughline.RiskMedium, "adds the rule", ref)
	case throughline.KindPlacement:
		r.add(throughline.RiskMedium, "opens", ref)
	default:
		r.add(throughline.RiskLow, "adds", ref)
	}
}

func (r *reasons) updated(c throughline.Change) {
	for _, f := range c.Fields {
		level, what := weigh(c.Ref.Kind, f.Path)
		r.add(level, what, c.Ref)
	}
	if len(c.Fields) == 0 {
		r.add(throughline.RiskLow, "changes", c.Ref)
	}
}

// weigh says how much is at stake when one field of a kind changes.
func weigh(kind throughline.Kind, path string) (throughline.RiskLevel, string) {
	in := func(prefix string) bool { return strings.HasPrefix(path, "spec."+prefix) }
	switch {
	case in("title") || in("voice") || strings.HasPrefix(path, "metadata."):
		return throughline.RiskLow, "renames or refiles"
	case kind == throughline.KindEngine && in("owner"):
		return throughline.RiskHigh, "hands to another owner"
	case kind == throughline.KindEngine && in("publicDecisions"):
		return throughline.RiskHigh, "changes who may ask for decisions of"
	case kind == throughline.KindChannel, kind == throughline.KindPlacement && in("channel"):
		return throughline.RiskHigh, "changes the channel of"
	case kind == throughline.KindPlacement:
		return weighPlacement(in)
	case kind == throughline.KindFragment:
		return weighFragment(in)
	case kind == throughline.KindPerson || kind == throughline.KindBrief:
		return throughline.RiskLow, "changes"
	}
	return throughline.RiskMedium, "changes"
}

func weighPlacement(in func(string) bool) (throughline.RiskLevel, string) {
	for _, field := range []string{"policy", "holdout", "audience", "goal", "template", "fallback", "sticky"} {
		if in(field) {
			return throughline.RiskMedium, "changes the " + field + " of"
		}
	}
	return throughline.RiskLow, "changes"
}

func weighFragment(in func(string) bool) (throughline.RiskLevel, string) {
	switch {
	case in("values"):
		return throughline.RiskLow, "changes the text of"
	case in("meaning"):
		return throughline.RiskLow, "starts learning afresh for"
	case in("audience") || in("channels") || in("role"):
		return throughline.RiskMedium, "changes who sees"
	}
	return throughline.RiskLow, "changes"
}
