package content

import (
	"slices"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/assemble"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

// Impact is what an edit of a template would do if it went live now, with the rest
// of the draft as it is there.
type Impact struct {
	// Problem says why the rest cannot be told: the draft is not sound yet.
	Problem string
	// Alone says that the rest of the draft is left out, because something of it is
	// not sound yet.
	Alone bool
	// Unproven says that there are too many combinations to ask about on a page, so
	// that Touches is not told: a plan proves them.
	Unproven bool
	// Touches are the placements that show it.
	Touches []Reach
	// Combined says for each channel how many combinations there are.
	Combined []Combined
	// Breaks say what fitted before and does not any more; Version is the lowest
	// that the change may have, "" where it needs no other. Versioned says that
	// the template has one.
	Breaks    []string
	Version   string
	Versioned bool
	// Redrawn are the channels on which it looks different.
	Redrawn []Redrawn
}

// Reach is what an edit does at one placement.
type Reach struct {
	Placement string
	// Live counts the variants before; Altered of them keep their pieces and
	// become others, since they are drawn or built differently, and Lost go.
	// Gained come.
	Live, Altered, Lost, Gained int
}

// Combined is how many combinations of pieces a template has on a channel.
type Combined struct {
	Channel string
	// Before is nil for a channel that is new, After for one that is gone or that
	// cannot be told, and Problem then says why.
	Before, After *Space
	Problem       string
}

// Space is a space of combinations.
type Space struct {
	Total, Allowed int
	// Unproven says that only Total is told: which are allowed takes more asking
	// than a page waits for.
	Unproven bool
	// Excluded are the rules that take some out, those of the template and then
	// guardrails. A combination that breaks several
	// counts for each.
	Excluded []throughline.ExcludedCount
}

// Redrawn is a channel on which a template looks different.
type Redrawn struct {
	Channel string
	Was, Is bool
	// Fields are those that differ, where the channel shows fields.
	Fields []string
}

// impactAsked is how often constraints are asked for a page, which is some seconds.
const impactAsked = 2_000_000

// effort is how often constraints may still be asked.
type effort int

// impact compares a template with and without an edit.
func (c *Content) impact(name string, head throughline.Release, s studioSets) (*Impact, error) {
	before, after := declare.Spec[*throughline.Template](s.base, name), declare.Spec[*throughline.Template](s.next, name)
	out := &Impact{
		Breaks: declare.Breaking(before, after), Version: declare.NextVersion(before, after),
		Versioned: before.Version != "", Redrawn: unlike(name, s),
	}
	if err := validate(s.next); err != nil {
		alone := s.alone(name)
		if s.others == 0 || validate(alone.next) != nil {
			out.Problem = firstProblem(err)
			return out, nil
		}
		s, out.Alone = alone, true
	}
	left := effort(impactAsked)
	for _, t := range []*throughline.Template{before, after} {
		for _, r := range t.Renderings {
			if slices.ContainsFunc(out.Combined, func(c Combined) bool { return c.Channel == r.Channel }) {
				continue
			}
			one := Combined{Channel: r.Channel}
			if before.Rendering(r.Channel) != nil {
				one.Before, _ = c.space(s.base, ground{name, r.Channel}, &left)
			}
			if after.Rendering(r.Channel) != nil {
				one.After, one.Problem = c.space(s.next, ground{name, r.Channel}, &left)
			}
			out.Unproven = out.Unproven || one.Before != nil && one.Before.Unproven || one.After != nil && one.After.Unproven
			out.Combined = append(out.Combined, one)
		}
	}
	if out.Unproven {
		return out, nil
	}
	return out, c.reach(name, head, s, out)
}

// alone leaves out the rest of the draft.
func (s studioSets) alone(name string) studioSets {
	own, _ := s.next.Get(throughline.Ref{Kind: throughline.KindTemplate, Name: name})
	return studioSets{inForce: s.inForce, base: s.inForce, next: s.inForce.With([]throughline.Resource{own}), edited: true}
}

// space counts the combinations of a template on a channel, or says why it cannot.
func (c *Content) space(set declare.Set, g ground, left *effort) (*Space, string) {
	if _, ok := set.Get(throughline.Ref{Kind: throughline.KindChannel, Name: g.channel}); !ok {
		return nil, "there is no channel " + g.channel
	}
	total, asked, err := assemble.Effort(c.groundOf(set, g).assembly())
	if err != nil {
		return nil, firstProblem(err)
	}
	if total <= assemble.MaxCombinations && effort(asked) > *left {
		return &Space{Total: total, Unproven: true}, ""
	}
	*left -= effort(asked)
	a, result, err := c.assembleAndCheck(set, g)
	if err != nil {
		return nil, firstProblem(err)
	}
	out := &Space{Total: a.Total, Allowed: len(a.Candidates) - len(result.Blocked)}
	for _, e := range a.Excluded {
		if e.Count > 0 {
			out.Excluded = append(out.Excluded, e)
		}
	}
	for _, f := range result.Findings {
		if f.Variants > 0 && f.Severity == throughline.Block {
			out.Excluded = append(out.Excluded, throughline.ExcludedCount{Rule: f.Rule, Why: f.Fix, Count: f.Variants})
		}
	}
	return out, ""
}

// reach compares the variants at the placements that show the template.
func (c *Content) reach(name string, head throughline.Release, s studioSets, out *Impact) error {
	old, err := c.build(head.Number, onlyShowing(s.base, name))
	if err != nil {
		return nil // what was in force is sound; the rest of the draft may not be
	}
	now, err := c.build(head.Number, onlyShowing(s.next, name))
	if err != nil || now.snapshot == nil || old.snapshot == nil {
		if out.Problem = "Something keeps it from going live."; err != nil {
			out.Problem = firstProblem(err)
		}
		return nil
	}
	for i := range old.snapshot.Placements {
		p := &old.snapshot.Placements[i]
		v := view{old: p, now: placementIn(now.snapshot, p.Name)}
		v.match()
		out.Touches = append(out.Touches, Reach{p.Name, len(p.Candidates), len(v.altered), len(v.lost), len(v.gained)})
	}
	return nil
}

// onlyShowing leaves out the placements that show other templates.
func onlyShowing(set declare.Set, template string) declare.Set {
	var gone []throughline.Ref
	for res := range set.Each(throughline.KindPlacement) {
		if res.Spec.(*throughline.Placement).Template != template {
			gone = append(gone, res.Ref())
		}
	}
	return set.With(nil, gone...)
}
