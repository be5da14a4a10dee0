package decide

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// small is a world that fits on a page: two slots of three and two.
func small(change func(*throughline.SnapshotPlacement)) *throughline.Snapshot {
	return world(func(p *throughline.SnapshotPlacement) {
		p.Slots = p.Slots[:2]
		p.Slots[0].Choices, p.Slots[1].Choices = p.Slots[0].Choices[:3], []throughline.Choice{{}, p.Slots[1].Choices[2]}
		p.Candidates = times(times([][]uint16{{}}, 3), 2)
		p.Fallback = []uint16{0, 0}
		p.Holdout = &throughline.Holdout{Share: 0.25, Serve: throughline.ServeUniform, Scope: throughline.ScopePlacement}
		change(p)
	})
}

func TestExplain(t *testing.T) {
	t.Parallel()
	same := func(*throughline.SnapshotPlacement) {}
	forPro := func(p *throughline.SnapshotPlacement) { p.Audience = "pro" }
	for _, c := range []struct {
		golden  string
		change  func(*throughline.SnapshotPlacement)
		unit    string
		context map[string]any
		held    bool
	}{
		{"policy", same, unit(0), map[string]any{"plan": "pro", "visits": 9, "device": "desk"}, false},
		{"holdout", same, unit(1), map[string]any{"plan": "free", "device": "phone"}, false},
		{"held", sticky(throughline.StickySession), unit(0), everyone(), true},
		{"fallback", forPro, unit(1), map[string]any{"plan": "free", "visits": 9}, false},
	} {
		t.Run("explained as in "+c.golden+".golden", func(t *testing.T) {
			t.Parallel()
			s := small(c.change)
			table := compile(t, s, learnedEpoch(s, 12))
			held, req := NewHolds(10), ask(c.unit, c.context)
			if c.held {
				decide(t, table, req, held)
			}
			x, err := table.Explain(req, held)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(x, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, c.golden, append(got, '\n'))
		})
	}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error("(-want +got)", diff)
	}
}

func TestExplanationAgreesWithDecision(t *testing.T) {
	t.Parallel()
	s := world(func(p *throughline.SnapshotPlacement) {
		p.Holdout = &throughline.Holdout{Share: 0.3, Serve: throughline.ServeUniform}
	})
	table := compile(t, s, learnedEpoch(s, 1))
	for i := range 300 {
		req := ask(unit(i), map[string]any{"device": []string{"phone", "desk"}[i%2]})
		d := decide(t, table, req, nil)
		x, err := table.Explain(req, nil)
		if err != nil {
			t.Fatal(err)
		}
		if x.DecisionID != d.ID || x.Variant != d.Variant || x.Holdout.HeldOut != (d.Arm == throughline.ArmHoldout) {
			t.Fatalf("decided %+v, explained %+v", d.Token, x.Decision.Token)
		}
		sum, chosen := 0.0, 0
		for _, o := range x.Options {
			sum += o.Propensity
			if o.Chosen {
				chosen++
				if o.Candidate != int(d.Token.Candidate) || o.Propensity != d.Propensity {
					t.Fatalf("chosen %+v, decided candidate %d with %v", o, d.Token.Candidate, d.Propensity)
				}
			}
		}
		if chosen != 1 || math.Abs(sum-1) > 1e-12 {
			t.Fatalf("%d options are chosen, propensities sum to %v", chosen, sum)
		}
	}
}

func TestVariant(t *testing.T) {
	t.Parallel()
	s := world(nil)
	table := compile(t, s, nil)
	p := &s.Placements[0]
	t.Run("every candidate is found in every locale, and its key with it", func(t *testing.T) {
		t.Parallel()
		for c, filling := range p.Candidates {
			for _, locale := range p.Locales.All() {
				found := table.Variant(p.VariantID(filling, locale))
				if len(found) == 0 {
					t.Fatalf("candidate %d in %s is found as %+v", c, locale, found)
				}
				for _, r := range found {
					if r.Candidate != c || r.Locale != locale || len(r.Values) != 4 || table.Key(r.Placement, r.Candidate) != p.Arms().Key(c) {
						t.Fatalf("candidate %d in %s is found as %+v", c, locale, r)
					}
				}
			}
		}
	})
	t.Run("a fallback that is no candidate is found as such", func(t *testing.T) {
		t.Parallel()
		s := world(func(p *throughline.SnapshotPlacement) { p.Candidates = p.Candidates[5:] })
		found := compile(t, s, nil).Variant(s.Placements[0].VariantID([]uint16{0, 0, 0, 0}, "de"))
		if len(found) != 1 || found[0].Candidate != throughline.FallbackCandidate || found[0].Locale != "de" {
			t.Errorf("found %+v", found)
		}
	})
	t.Run("what is not there is not found", func(t *testing.T) {
		t.Parallel()
		if found := table.Variant("0123456789"); found != nil || table.Key("home", 999) != "" || table.Key("away", 0) != "" {
			t.Errorf("found %+v", found)
		}
	})
}
