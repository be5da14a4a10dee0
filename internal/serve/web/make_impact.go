package web

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// impactView is what an edit of a template would do.
type impactView struct {
	// Says is it in a sentence, Problem why it cannot be told in full.
	Says, Problem string
	Health        operate.Health
	// Breaks are what fitted before and does not any more. Version is the lowest
	// that the change may have, "" where it needs no other; Promised says that the
	// template has a version at all.
	Breaks   []string
	Version  string
	Promised bool
	// Touches are the placements, Spaces the combinations by channel.
	Touches []touchView
	Spaces  []spaceView
	// Shown are the channels it looks different on, More those that are not drawn
	// here.
	Shown []redrawnView
	More  []string
	// Marked name the slots that are marked there.
	Marked string
	// Review leads to the draft with this edit alone; Others says what else is in
	// it.
	Review, Others string
}

type touchView struct{ Name, URL, Says string }

// spaceView is how many combinations there are on one channel.
type spaceView struct {
	Channel, Before, After string
	Rules                  []string
	Problem                string
	Changed                bool
}

// redrawnView is one channel before and after.
type redrawnView struct{ Channel, Says, Before, After string }

// drawnAtOnce is how many channels are shown before and after on the page.
const drawnAtOnce = 7

func newImpactView(page *objectPage, s content.Studio, at lookedAt) *impactView {
	i := s.Impact
	v := &impactView{
		Problem: i.Problem, Health: operate.HealthOK, Version: i.Version, Promised: i.Versioned,
		Review: "/draft?only=" + url.QueryEscape(page.Ref.String()),
	}
	switch others := operate.Plural(s.Others, "other change", "other changes") + " of your draft"; {
	case i.Alone:
		v.Others = "Without the " + others + ", of which not all is fit to go live."
	case s.Others > 0:
		v.Others = "With the " + others + " taken as made."
	}
	for _, b := range i.Breaks {
		v.Breaks = append(v.Breaks, sentence(b)+".")
	}
	v.touched(i.Touches)
	for _, c := range i.Combined {
		v.Spaces = append(v.Spaces, newSpaceView(c))
	}
	v.redrawn(page, s, at)
	switch {
	case v.Problem != "" || v.Version != "":
		v.Health = operate.HealthBad
	case len(v.Breaks) > 0 || i.Unproven:
		v.Health = operate.HealthWarn
	}
	v.Says = saysImpact(v, i)
	return v
}

// saysImpact is what an edit does, in a sentence.
func saysImpact(v *impactView, i *content.Impact) string {
	var live, altered, lost, gained int
	for _, t := range i.Touches {
		live, altered, lost, gained = live+t.Live, altered+t.Altered, lost+t.Lost, gained+t.Gained
	}
	var says string
	switch {
	case i.Unproven:
		says = "Your edit has more combinations than are counted on a page: what it does to live variants is told by its draft"
	case len(i.Touches) == 0 && i.Problem != "":
		says = "What your edit does to live variants cannot be told yet"
	case live == 0:
		says = "Your edit changes nothing live, since no placement shows this template"
	case altered+lost+gained == 0:
		says = "Your edit changes none of " + operate.Plural(live, "live variant", "live variants")
	default:
		parts := []string{fmt.Sprintf("Your edit changes %s of %s", operate.SayCount(int64(altered)), operate.Plural(live, "live variant", "live variants"))}
		if altered == 0 {
			parts = []string{"Your edit keeps " + operate.SayCount(int64(live-lost)) + " of " + operate.Plural(live, "live variant", "live variants")}
		}
		if lost > 0 {
			parts = append(parts, operate.SayCount(int64(lost))+" go")
		}
		if gained > 0 {
			parts = append(parts, operate.SayCount(int64(gained))+" come")
		}
		says = andWords(parts)
	}
	if n := len(v.Shown) + len(v.More); n > 0 {
		says += "; it looks different on " + operate.Plural(n, "channel", "channels")
	} else {
		says += "; it looks the same"
	}
	if v.Version != "" {
		says += "; its version has to be raised to " + v.Version
	}
	return says + "."
}

func (v *impactView) touched(all []content.Reach) {
	for _, t := range all {
		var parts []string
		count := func(n int, words string) {
			if n > 0 {
				parts = append(parts, operate.SayCount(int64(n))+" "+words)
			}
		}
		count(t.Altered, "change")
		count(t.Lost, "go")
		count(t.Gained, "come")
		if len(parts) == 0 {
			parts = []string{"all stay as they are"}
		}
		v.Touches = append(v.Touches, touchView{t.Placement, "/placement/" + refEscape(t.Placement), "of " + operate.Plural(t.Live, "live variant", "live variants") + ", " + andWords(parts)})
	}
}

func newSpaceView(c content.Combined) spaceView {
	v := spaceView{Channel: c.Channel, Before: spaceWords(c.Before), After: spaceWords(c.After), Problem: c.Problem}
	if c.Before == nil {
		v.Before = "not drawn"
	}
	if c.After == nil && v.Problem == "" {
		v.After = "no longer drawn"
	}
	v.Changed = v.Before != v.After
	if c.After == nil || c.After.Unproven || c.Before != nil && c.Before.Unproven {
		return v
	}
	for _, e := range c.After.Excluded {
		words := e.Rule + " takes out " + operate.SayCount(int64(e.Count))
		if was := excludedBy(c.Before, e.Rule); c.Before != nil && was != e.Count {
			words += ", and took out " + operate.SayCount(int64(was))
			v.Changed = true
		}
		v.Rules = append(v.Rules, words)
	}
	if c.Before == nil {
		return v
	}
	for _, e := range c.Before.Excluded {
		if !slices.ContainsFunc(c.After.Excluded, func(x throughline.ExcludedCount) bool { return x.Rule == e.Rule }) {
			v.Rules, v.Changed = append(v.Rules, e.Rule+" no longer takes out "+operate.SayCount(int64(e.Count))), true
		}
	}
	return v
}

func spaceWords(s *content.Space) string {
	switch {
	case s == nil:
		return "cannot be told"
	case s.Unproven:
		return operate.SayCount(int64(s.Total)) + " before rules, proven when released"
	case s.Allowed == s.Total:
		return "all " + operate.SayCount(int64(s.Total))
	}
	return operate.SayCount(int64(s.Allowed)) + " of " + operate.SayCount(int64(s.Total))
}

func excludedBy(s *content.Space, rule string) int {
	if s == nil {
		return 0
	}
	for _, e := range s.Excluded {
		if e.Rule == rule {
			return e.Count
		}
	}
	return 0
}

// redrawn shows the channels that look different before and after, each as the
// settings have it.
func (v *impactView) redrawn(page *objectPage, s content.Studio, at lookedAt) {
	for _, r := range s.Impact.Redrawn {
		if len(v.Shown) == drawnAtOnce {
			v.More = append(v.More, r.Channel)
			continue
		}
		at.channel = r.Channel
		q := at.look()
		base := "/look/" + refEscape(page.Ref.Name) + "?"
		one := redrawnView{Channel: r.Channel}
		if len(r.Fields) > 0 {
			one.Says = andWords(r.Fields)
		}
		if r.Is {
			q.Set("mark", "1")
			one.After = base + q.Encode()
		}
		if r.Was {
			q.Set("inforce", "1")
			one.Before = base + q.Encode()
		}
		v.Shown = append(v.Shown, one)
	}
	var marked []string
	for _, slot := range s.Slots {
		if slot.New || slot.Changed {
			marked = append(marked, slot.Name)
		}
	}
	v.Marked = strings.Join(marked, ", ")
}
