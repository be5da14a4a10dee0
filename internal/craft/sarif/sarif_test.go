package sarif_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/craft/sarif"
)

func report(line int) sarif.Report {
	return sarif.Report{
		Tool: "t", Rules: []sarif.Rule{{ID: "a#length", Name: "alt text", Says: "Lengths.", Help: "Shorten."}},
		Results: []sarif.Result{
			{Rule: "a#length", Level: sarif.Error, Message: "too long", File: "copy/über uns.yaml", Region: sarif.Region{Line: line, Column: 2}, Object: "Fragment/a", Identity: "en"},
			{Rule: "a#length", Level: sarif.Error, Message: "too long", File: "copy/über uns.yaml", Region: sarif.Region{Line: line + 1}, Object: "Fragment/a", Identity: "en"},
			{Rule: "b", Level: sarif.Note, Message: "let pass", Object: "Fragment/b", Suppressed: "agreed"},
			{Rule: "b", Level: sarif.Note, Message: "elsewhere", File: "/tmp/x.yaml"},
		},
	}
}

type read struct {
	Runs []struct {
		Tool struct {
			Driver struct{ Rules []struct{ ID, Name string } }
		}
		Results []struct {
			RuleID              string
			RuleIndex           int
			Message             struct{ Text string }
			PartialFingerprints map[string]string
			Suppressions        []struct{ Justification string }
			Locations           []struct {
				PhysicalLocation *struct {
					ArtifactLocation struct{ URI, URIBaseID string }
					Region           *struct{ StartLine int }
				}
			}
		}
	}
}

func parsed(t *testing.T, r sarif.Report) (out read) {
	t.Helper()
	if err := json.Unmarshal(sarif.Write(r), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWrite(t *testing.T) {
	t.Parallel()
	run := parsed(t, report(3)).Runs[0]
	t.Run("a rule that only a result names is there, and each result finds its own", func(t *testing.T) {
		for _, r := range run.Results {
			if got := run.Tool.Driver.Rules[r.RuleIndex].ID; got != r.RuleID {
				t.Errorf("result of %s points at %s", r.RuleID, got)
			}
		}
		if run.Tool.Driver.Rules[0].Name != "AltText" {
			t.Errorf("the name is %q", run.Tool.Driver.Rules[0].Name)
		}
	})
	t.Run("a result that moved has the fingerprint it had, and two alike have two", func(t *testing.T) {
		moved := parsed(t, report(30)).Runs[0]
		seen := map[string]bool{}
		for i, r := range run.Results {
			for name, print := range r.PartialFingerprints {
				if moved.Results[i].PartialFingerprints[name] != print || seen[print] {
					t.Errorf("result %d has %s, moved %s", i, print, moved.Results[i].PartialFingerprints[name])
				}
				seen[print] = true
			}
		}
	})
	t.Run("a path is a relative address, escaped, and an absolute one a file's", func(t *testing.T) {
		at := run.Results[0].Locations[0].PhysicalLocation.ArtifactLocation
		if at.URI != "copy/%C3%BCber%20uns.yaml" || at.URIBaseID == "" {
			t.Errorf("%+v", at)
		}
		if at := run.Results[3].Locations[0].PhysicalLocation; at.ArtifactLocation.URI != "file:///tmp/x.yaml" || at.Region != nil {
			t.Errorf("%+v", at)
		}
	})
	t.Run("what is let pass says why, and has no file where there is none", func(t *testing.T) {
		r := run.Results[2]
		if len(r.Suppressions) != 1 || r.Suppressions[0].Justification != "agreed" || r.Locations[0].PhysicalLocation != nil || !strings.HasSuffix(r.Message.Text, ".") {
			t.Errorf("%+v", r)
		}
	})
}
