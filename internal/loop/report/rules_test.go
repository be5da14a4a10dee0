package report

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
)

func TestRulesAreCountedAndEscapesSeen(t *testing.T) {
	at := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	event := func(kind throughline.EventType, after time.Duration, payload any) throughline.Event {
		return throughline.Event{Type: kind, OccurredAt: at.Add(after), RecordedAt: at.Add(after), Data: throughline.EncodeData(payload)}
	}
	s := NewState()
	step := func(e throughline.Event) {
		t.Helper()
		if err := Step(s, e); err != nil {
			t.Fatal(err)
		}
	}
	placed := []throughline.CataloguedPlacement{{
		Name: "home", Event: "x", Window: throughline.Duration(time.Hour),
		Arms: throughline.Arms{
			Slots: []string{"a", "b"}, Levels: [][]throughline.Level{{"one@1", "two@1"}, {"", "end@3"}}, Candidates: [][]uint16{{0, 0}, {1, 1}},
		},
		Fallback: "one@1||",
	}}
	snapshot := throughline.DigestOf([]byte("s"))
	publish := func(after time.Duration, withdrawn ...string) {
		step(event(throughline.EventSnapshotPublished, after, throughline.SnapshotPublished{
			Snapshot: snapshot, Release: 1, Placements: placed, Ends: map[string]int64{"end": at.Add(time.Hour).UnixMilli()}, Withdrawn: withdrawn,
		}))
	}
	question := uint64(0)
	expose := func(after time.Duration, candidate uint16) {
		question++
		token := throughline.Token{Snapshot: [8]byte(snapshot[:8]), Candidate: candidate, Weight: throughline.WeightOne, Question: question}
		step(event(throughline.EventExposureConfirmed, after, throughline.ExposureConfirmed{Token: token}))
	}
	publish(0)
	expose(time.Minute, 1)
	expose(time.Minute, throughline.FallbackCandidate)
	publish(2*time.Minute, "one")
	expose(2*time.Minute+30*time.Second, 0) // shown before anybody had to ask again
	expose(4*time.Minute, 0)                // an escape
	publish(5*time.Minute, "one")           // still withdrawn since then
	expose(6*time.Minute, throughline.FallbackCandidate)
	expose(2*time.Hour, 1) // its second piece has ended
	decide := func(after time.Duration) {
		question++
		token := throughline.Token{Snapshot: [8]byte(snapshot[:8]), Weight: throughline.WeightOne, Question: question}
		step(event(throughline.EventDecisionMade, after, throughline.DecisionMade{Token: token}))
	}
	decide(59 * time.Minute)
	decide(2 * time.Hour) // leaves out what has ended, which is told once
	decide(2*time.Hour + time.Second)
	step(event(throughline.EventGuardrailFired, 3*time.Hour, throughline.GuardrailSpoke{
		Release: 2, Rules: []throughline.RuleSpoke{{Rule: "Guardrail/a", Findings: 3, Overridden: 1}},
	}))
	step(event(throughline.EventGuardrailBlocked, 4*time.Hour, throughline.GuardrailSpoke{
		Rules: []throughline.RuleSpoke{{Rule: "Guardrail/a", Findings: 2, Blocking: 2}},
	}))
	want := []Rule{
		{Rule: RuleWithdrawn, Fires: 1, Escapes: 2, Latest: at.Add(6 * time.Minute)},
		{Rule: RuleEnded, Fires: 1, Escapes: 1, Latest: at.Add(2 * time.Hour)},
		{Rule: "Guardrail/a", Fires: 5, Blocks: 2, Overrides: 1, Latest: at.Add(4 * time.Hour)},
	}
	if diff := cmp.Diff(want, s.Rules()); diff != "" {
		t.Error(diff)
	}
	if s.Shown("one") != 4 || s.Shown("end") != 2 || s.Shown("nothing") != 0 {
		t.Errorf("shown %d, %d", s.Shown("one"), s.Shown("end"))
	}
	b, err := s.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again := NewState()
	if err := again.Unmarshal(b); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, again.Rules()); diff != "" || again.Shown("one") != 4 {
		t.Error("what is read back differs", diff)
	}
}
