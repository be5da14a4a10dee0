package report

import (
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
)

// Station is one stage of the loop, as counts.
type Station struct {
	Name string
	// Count is how many there are, of what Unit says.
	Count int64
	Unit  string
	// Latest is when something last happened here; zero for never.
	Latest time.Time
	// LastMinute and LastHour count what came.
	LastMinute, LastHour int64
}

// PerSecond is the throughput over the last minute.
func (s Station) PerSecond() float64 { return float64(s.LastMinute) / 60 }

// Stations returns the seven stages in the order of the line: Brief, Make,
// Check, Release, Decide, Deliver, Learn.
func (s *State) Stations(now time.Time) []Station {
	var variants int64
	if c := s.latest(); c != nil {
		for i := range c.items {
			variants += int64(len(c.items[i].keys))
		}
	}
	kind := func(k throughline.Kind) string { return paceKind + string(k) }
	at := func(name, unit string, count int64, paces ...string) Station {
		st := Station{Name: name, Count: count, Unit: unit}
		for _, what := range paces {
			p := s.paces[what]
			if p == nil {
				continue
			}
			st.LastMinute += p.lastMinute(now.UnixMilli())
			st.LastHour += p.lastHour(now.UnixMilli())
			if latest := time.UnixMilli(p.latest).UTC(); latest.After(st.Latest) {
				st.Latest = latest
			}
		}
		return st
	}
	return []Station{
		at("Brief", "briefs", s.content.kinds[throughline.KindBrief], kind(throughline.KindBrief)),
		at("Make", "pieces", s.content.kinds[throughline.KindFragment], kind(throughline.KindFragment), kind(throughline.KindTemplate)),
		at("Check", "variants", variants, paceVariant),
		at("Release", "releases", s.content.total, string(throughline.EventReleasePublished), string(throughline.EventReleaseRolledBack)),
		at("Decide", "decisions", s.ledger.made, string(throughline.EventDecisionMade)),
		at("Deliver", "deliveries", s.total(paceDelivery), paceDelivery),
		at("Learn", "outcomes", s.total(paceOutcome), paceOutcome),
	}
}

func (s *State) total(what string) int64 {
	if p := s.paces[what]; p != nil {
		return p.total
	}
	return 0
}

// Loop is how fast and how completely the line runs.
type Loop struct {
	// Reaction is the time from recording an outcome that a policy learns from to
	// the publication of the first epoch that has learned from it, in seconds. If
	// a decision made from an older epoch follows that publication, it goes on
	// until the first decision made from one that has learned: somebody was
	// served what was stale. It is measured at the first decision that tells
	// which of the two; until then the outcome is in Waiting. Time in which
	// nobody asks is not counted.
	Reaction Quantiles
	// Waiting counts those outcomes, Oldest says for how long the first has
	// waited. More than 65,536 are not measured.
	Waiting int
	Oldest  time.Duration
	// Apply is the time from a release to the publication of the first epoch of
	// its snapshot, in milliseconds. If a decision made from an older snapshot
	// follows that, it goes on until the first decision made from this one.
	Apply Quantiles
	// Decisions counts those in the journal. Lost ones are known only from an
	// exposure whose decision did not come within a minute; of Unknown ones the
	// record may have been forgotten here.
	Decisions, Lost, Unknown int64
	// Unplaced counts events about a snapshot that the journal does not tell of.
	Unplaced int64
}

// Loop returns the measures of the whole line, for which owner answers.
func (s *State) Loop(owner string, now time.Time) Loop {
	l := Loop{
		Reaction:  quantiles(&s.signals.hist, "s", 1000, owner, now),
		Waiting:   len(s.signals.waiting),
		Apply:     quantiles(&s.applies.hist, "ms", 1, owner, now),
		Decisions: s.ledger.made, Lost: s.ledger.lost, Unknown: s.ledger.unknown,
		Unplaced: s.unplaced,
	}
	if l.Waiting > 0 {
		l.Oldest = max(0, now.Sub(time.UnixMilli(s.signals.waiting[0].at)))
	}
	return l
}

// Pace is how often events of one type come.
type Pace struct {
	Type                 throughline.EventType
	Total                int64
	Latest               time.Time
	LastMinute, LastHour int64
}

// Paces returns those of the event types that ever came, by type.
func (s *State) Paces(now time.Time) []Pace {
	var out []Pace
	for what, p := range s.paces {
		if !strings.Contains(what, ".") { // deliveries, outcomes and kinds are no event types
			continue
		}
		out = append(out, Pace{
			Type: throughline.EventType(what), Total: p.total, Latest: time.UnixMilli(p.latest).UTC(),
			LastMinute: p.lastMinute(now.UnixMilli()), LastHour: p.lastHour(now.UnixMilli()),
		})
	}
	slices.SortFunc(out, func(a, b Pace) int { return strings.Compare(string(a.Type), string(b.Type)) })
	return out
}

// Releases returns the latest releases, the newest first.
func (s *State) Releases() []Release {
	out := slices.Clone(s.content.releases)
	slices.Reverse(out)
	return out
}

// Epochs returns the latest epochs, the newest first.
func (s *State) Epochs() []Epoch {
	out := slices.Clone(s.epochs)
	slices.Reverse(out)
	return out
}
