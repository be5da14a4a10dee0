package report

import (
	"slices"
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
	// exposure whose decision did not come within a minute. One shown so late that
	// its record may have been forgotten here is not among them.
	Decisions, Lost int64
	// Unplaced counts events about a snapshot that the journal does not tell of.
	Unplaced int64
}

// Loop returns the measures of the whole line, for which owner answers.
func (s *State) Loop(owner string, now time.Time) Loop {
	l := Loop{
		Reaction:  quantiles(&s.signals.hist, "s", 1000, owner, now),
		Waiting:   len(s.signals.waiting),
		Apply:     quantiles(&s.applies.hist, "ms", 1, owner, now),
		Decisions: s.ledger.made, Lost: s.ledger.lost,
		Unplaced: s.unplaced,
	}
	if l.Waiting > 0 {
		l.Oldest = max(0, now.Sub(time.UnixMilli(s.signals.waiting[0].at)))
	}
	return l
}

// Releases returns the latest releases, the newest first.
func (s *State) Releases() []Release {
	out := slices.Clone(s.content.releases)
	slices.Reverse(out)
	return out
}
