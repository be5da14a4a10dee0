package declare_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

// planned plans the edited workspace on top of the plain one.
func planned(t *testing.T, opts declare.Options, edits ...string) ([]throughline.Change, int, error) {
	t.Helper()
	_, changes, unchanged, err := declare.Plan(declare.NewSet(mustWorkspace(t)), mustWorkspace(t, edits...), opts)
	return changes, unchanged, err
}

func TestPlanListsWhatDiffers(t *testing.T) {
	tests := []struct {
		name   string
		edits  []string
		ref    string
		fields []throughline.FieldChange
		level  throughline.RiskLevel
		reason string
	}{
		{
			"a text by its language",
			[]string{"Rye, still warm", "Rye, still hot"},
			"Fragment/hello-rye",
			[]throughline.FieldChange{{Path: "spec.values.en", From: `"Rye, still warm"`, To: `"Rye, still hot"`}},
			throughline.RiskLow, "changes the text of Fragment/hello-rye",
		},
		{
			"a language that is new",
			[]string{"{en: Your usual, de: Wie immer}", "{en: Your usual}"},
			"Fragment/for-regulars",
			[]throughline.FieldChange{{Path: "spec.values.de", From: `"Wie immer"`}},
			throughline.RiskLow, "changes the text of",
		},
		{
			"a slot by its name",
			[]string{"length: {min: 4, max: 48}", "length: {min: 4, max: 40}"},
			"Template/card",
			[]throughline.FieldChange{{Path: "spec.slots[headline].length.max", From: "48", To: "40"}},
			throughline.RiskMedium, "changes Template/card, which 2 placements use",
		},
		{
			"a list of words as one value",
			[]string{"forbid: [best ever, guaranteed]", "forbid: [best ever]"},
			"Guardrail/no-hype",
			[]throughline.FieldChange{{Path: "spec.forbid", From: `["best ever","guaranteed"]`, To: `["best ever"]`}},
			throughline.RiskMedium, "changes Guardrail/no-hype",
		},
		{
			"a placement's holdout",
			[]string{"holdout: {share: 0.1}", "holdout: {share: 0.2}"},
			"Placement/home.hero",
			[]throughline.FieldChange{{Path: "spec.holdout.share", From: "0.1", To: "0.2"}},
			throughline.RiskMedium, "changes the holdout of Placement/home.hero",
		},
		{
			"who owns the engine",
			[]string{"owner: ada}", "owner: ben}"},
			"Engine/bakery",
			[]throughline.FieldChange{{Path: "spec.owner", From: `"ada"`, To: `"ben"`}},
			throughline.RiskHigh, "hands to another owner Engine/bakery",
		},
		{
			"who may ask for decisions",
			[]string{"owner: ada}", "owner: ada, publicDecisions: true}"},
			"Engine/bakery",
			[]throughline.FieldChange{{Path: "spec.publicDecisions", To: "true"}},
			throughline.RiskHigh, "changes who may ask for decisions of Engine/bakery",
		},
		{
			"a channel's limits",
			[]string{"headline: {max: 40}", "headline: {max: 30}"},
			"Channel/app",
			[]throughline.FieldChange{{Path: "spec.limits.headline.max", From: "40", To: "30"}},
			throughline.RiskHigh, "changes the channel of Channel/app",
		},
		{
			"a higher meaning",
			[]string{"meaning: 2", "meaning: 3"},
			"Fragment/new-rye",
			[]throughline.FieldChange{{Path: "spec.meaning", From: "2", To: "3"}},
			throughline.RiskLow, "starts learning afresh for",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			changes, unchanged, err := planned(t, declare.Options{}, tt.edits...)
			if err != nil || len(changes) != 1 {
				t.Fatal(changes, err)
			}
			c := changes[0]
			if c.Ref.String() != tt.ref || c.Action != throughline.Update || c.From == c.To || unchanged != len(mustWorkspace(t))-1 {
				t.Errorf("%+v, %d unchanged", c, unchanged)
			}
			if diff := cmp.Diff(tt.fields, c.Fields); diff != "" {
				t.Error(diff)
			}
			before := declare.NewSet(mustWorkspace(t))
			risk := declare.Risk(before, before, changes)
			if risk.Level != tt.level || len(risk.Reasons) != 1 || !strings.Contains(risk.Reasons[0], tt.reason) {
				t.Errorf("risk %+v; want %s because it %s", risk, tt.level, tt.reason)
			}
		})
	}
}

func TestPlanOfNothingNewIsEmpty(t *testing.T) {
	changes, unchanged, err := planned(t, declare.Options{Prune: true})
	if err != nil || len(changes) != 0 || unchanged != len(mustWorkspace(t)) {
		t.Error(changes, unchanged, err)
	}
}

func TestAFirstReleaseIsALowRisk(t *testing.T) {
	next, changes, _, err := declare.Plan(declare.Set{}, mustWorkspace(t), declare.Options{})
	if err != nil || len(changes) != next.Len() {
		t.Fatal(changes, err)
	}
	if risk := declare.Risk(declare.Set{}, next, changes); risk.Level != throughline.RiskLow {
		t.Error(risk)
	}
}

func TestPlanMovingASlotSaysSo(t *testing.T) {
	line := "    - {name: image, role: image, type: image}\n"
	body := "    - {name: body, role: body, length: {max: 120}}\n"
	changes, _, err := planned(t, declare.Options{}, body+line, line+body)
	if err != nil || len(changes) != 1 {
		t.Fatal(changes, err)
	}
	want := []throughline.FieldChange{{Path: "spec.slots order", To: `["headline","image","body","cta"]`}}
	if diff := cmp.Diff(want, changes[0].Fields); diff != "" {
		t.Error(diff)
	}
}

func TestPlanDeletes(t *testing.T) {
	all := mustWorkspace(t)
	current := declare.NewSet(all)
	plain := throughline.Ref{Kind: throughline.KindFragment, Name: "cta-plain"}
	var without []throughline.Resource
	for _, r := range all {
		if r.Ref() != plain {
			without = append(without, r)
		}
	}
	t.Run("nothing that is only not mentioned", func(t *testing.T) {
		next, changes, _, err := declare.Plan(current, without, declare.Options{})
		if err != nil || len(changes) != 0 || next.Len() != current.Len() {
			t.Error(changes, err)
		}
	})
	for name, opts := range map[string]declare.Options{"what it is told to": {Delete: []throughline.Ref{plain}}, "what is not mentioned when it prunes": {Prune: true}} {
		t.Run(name, func(t *testing.T) {
			next, changes, _, err := declare.Plan(current, without, opts)
			if err != nil || len(changes) != 1 || changes[0].Action != throughline.Delete || changes[0].Ref != plain {
				t.Fatal(changes, err)
			}
			if _, ok := next.Get(plain); ok {
				t.Error("it is still there")
			}
			if risk := declare.Risk(current, next, changes); risk.Level != throughline.RiskHigh {
				t.Error(risk)
			}
		})
	}
	t.Run("nothing that is not there", func(t *testing.T) {
		_, _, _, err := declare.Plan(current, nil, declare.Options{Delete: []throughline.Ref{{Kind: throughline.KindFragment, Name: "cta-plane"}}})
		if throughline.CodeOf(err) != throughline.NotFound || !strings.Contains(err.Error(), "did you mean cta-plain?") {
			t.Error(err)
		}
	})
}

func TestPlanRefusesAMeaningThatFalls(t *testing.T) {
	_, _, err := planned(t, declare.Options{}, "meaning: 2, ", "")
	if err == nil || !strings.Contains(err.Error(), "the meaning falls from 2 to 1") {
		t.Error(err)
	}
}

func TestPlanRefusesAResourceTwice(t *testing.T) {
	all := mustWorkspace(t)
	_, _, _, err := declare.Plan(declare.Set{}, append(all, all[0]), declare.Options{})
	if err == nil || !strings.Contains(err.Error(), "declared twice") {
		t.Error(err)
	}
}

// Whatever differs between two fragments is listed: applying the field changes
// to the one gives the other.
func TestFieldChangesAreComplete(t *testing.T) {
	f := func(title string, values, labels map[string]string) throughline.Resource {
		return throughline.Resource{
			APIVersion: throughline.APIVersion, Kind: throughline.KindFragment,
			Metadata: throughline.Metadata{Name: "a", Labels: labels}, Spec: &throughline.Fragment{Title: title, Role: "r", Values: values},
		}
	}
	before := f("old", map[string]string{"en": "a", "de": "b"}, nil)
	after := f("", map[string]string{"en": "c", "fr": "d"}, map[string]string{"tone": "warm"})
	_, changes, _, err := declare.Plan(declare.NewSet([]throughline.Resource{before}), []throughline.Resource{after}, declare.Options{})
	if err != nil {
		t.Fatal(err)
	}
	doc := map[string]any{}
	if err := json.Unmarshal(before.Canonical(), &doc); err != nil {
		t.Fatal(err)
	}
	for _, c := range changes[0].Fields {
		place, names := doc, strings.Split(c.Path, ".")
		for _, n := range names[:len(names)-1] {
			place = place[n].(map[string]any)
		}
		last := names[len(names)-1]
		delete(place, last)
		if c.To != "" {
			var v any
			if err := json.Unmarshal([]byte(c.To), &v); err != nil {
				t.Fatal(err)
			}
			place[last] = v
		}
	}
	got, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	var back throughline.Resource
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(after, back); diff != "" {
		t.Error(diff)
	}
}
