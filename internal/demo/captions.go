package demo

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// Opening is what the demo says before it starts.
type Opening struct {
	// URL is the page's address, SignIn the one-time link that opens it.
	URL, SignIn string
	// Owner is the example's owner, Folder where its record is kept.
	Owner, Folder string
	// Rate is the most decisions asked for in a second; Duration 0 runs until
	// it is stopped.
	Rate     float64
	Duration time.Duration
}

// String returns the text for a terminal.
func (o Opening) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Heron Lido, an example workspace owned by %s.\n", cmp.Or(o.Owner, "Mira Aldous"))
	fmt.Fprintf(&b, "The traffic is simulated: nobody real is behind it. Its recipients ask for up to %.0f decisions a second\n", o.Rate)
	b.WriteString("through the same doors as everybody else, and the engine does not know what they like.\n\n")
	if o.URL != "" {
		fmt.Fprintf(&b, "  page     %s\n", o.URL)
	}
	if o.SignIn != "" {
		fmt.Fprintf(&b, "  sign in  %s  (as %s)\n", o.SignIn, o.Owner)
	}
	if o.Folder != "" {
		fmt.Fprintf(&b, "  record   %s  (temporary)\n", o.Folder)
	}
	if o.Duration > 0 {
		fmt.Fprintf(&b, "  ends     by itself in %s, or with Ctrl-C\n", o.Duration)
	} else {
		b.WriteString("  stop     Ctrl-C\n")
	}
	b.WriteString("  truth    start with --truth to see what the recipients really like\n")
	return b.String()
}

// Line returns the run so far on one line, for progress.
func (r Result) Line() string {
	return fmt.Sprintf("%d decisions  %d outcomes  learned %s  holdout %s  best possible %s",
		r.Decisions, r.Outcomes, r.LearnedRate.percent(), r.HoldoutRate.percent(), r.OracleRate.percent())
}

// Summary returns the run in a few sentences, for its end.
func (r Result) Summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Simulated recipients received %d decisions, saw %d and reacted %d times.\n", r.Decisions, r.Exposures, r.Outcomes)
	fmt.Fprintf(&b, "Learned: %s of %d first exposures.  Holdout: %s of %d.  The best possible was %s",
		r.LearnedRate.percent(), r.LearnedExposures, r.HoldoutRate.percent(), r.HoldoutExposures, r.OracleRate.percent())
	if closed := r.GapClosed(); closed.Known() {
		fmt.Fprintf(&b, "; %.0f %% of the gap is closed", 100*float64(closed))
	}
	b.WriteString(".\n")
	if r.SignalToDecision.Known() {
		fmt.Fprintf(&b, "An outcome changed a decision within %.1f s (95 of 100).\n", float64(r.SignalToDecision))
	}
	if r.ApplyToServed.Known() {
		fmt.Fprintf(&b, "A changed text was served within %.0f ms (99 of 100).\n", float64(r.ApplyToServed))
	}
	if r.Journaled.Known() {
		fmt.Fprintf(&b, "Of %d messages the engine acknowledged, its journal holds %.0f; of its decisions, %.0f are missing.\n",
			r.Acknowledged, float64(r.Journaled), float64(r.DecisionsLost))
	}
	if r.Failures > 0 {
		fmt.Fprintf(&b, "%d calls failed; the last: %v\n", r.Failures, r.LastFailure)
	}
	return b.String()
}

func (m Measure) percent() string {
	if !m.Known() {
		return "not yet known"
	}
	return fmt.Sprintf("%.2f %%", 100*float64(m))
}
