package web

import (
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

func TestWhatStationsAnswer(t *testing.T) {
	brief := func(title, due string) *throughline.Brief { return &throughline.Brief{Title: title, Due: due} }
	block, warn := throughline.Finding{Severity: throughline.Block}, throughline.Finding{Severity: throughline.Warn}
	for got, want := range map[string]string{
		dueNext([]*throughline.Brief{brief("Late", "2026-01-01"), brief("Second", "2027-02-01"), brief("First", "2027-01-15")}, "2026-11-23"): "3 briefs, the next due 15 January 2027: First",
		dueNext([]*throughline.Brief{brief("Today", "2026-11-23")}, "2026-11-23"):                                                             "1 brief, the next due 23 November 2026: Today",
		dueNext([]*throughline.Brief{brief("Late", "2026-01-01"), brief("Never", "")}, "2026-11-23"):                                          "2 briefs, none of them due from today on",
		dayWords("2027-01-15"):                                     "15 January 2027",
		dayWords("soon"):                                           "soon",
		saysFindings(nil, 407):                                     "nothing to mend: 407 variants were read",
		saysFindings([]throughline.Finding{warn}, 1):               "1 finding worth a look, none in the way of a release; 1 variant was read",
		saysFindings([]throughline.Finding{block, warn, block}, 2): "2 findings in the way of a release, 1 finding worth a look; 2 variants were read",
		saysFindings([]throughline.Finding{{Verdict: throughline.VerdictUnknown}, {Overridden: &throughline.Override{}, Verdict: throughline.VerdictUnknown}}, 2): "1 could not be told, 1 let pass, none in the way of a release; 2 variants were read",
	} {
		if got != want {
			t.Errorf("says %q, want %q", got, want)
		}
	}
}

func TestTheHeaderOfTheLineHasTheTimeOfTheLoop(t *testing.T) {
	n := throughline.Number{Value: 1.94, Low: 1.8, High: 1.98, N: 112, Unit: "seconds", Owner: "ada"}
	lap := func(n throughline.Number) leaf {
		return newLinePage(operate.Line{Figures: []operate.Figure{{Name: operate.FigureReaction, Number: n}}}).Lap
	}
	if lap(n).HTML == "" {
		t.Error("what is measured is not shown")
	}
	if n.Owner = ""; lap(n).HTML != "" {
		t.Error("what nobody answers for is shown")
	}
}
