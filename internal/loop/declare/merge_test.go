package declare_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

func one(t testing.TB, manifest string) throughline.Resource {
	t.Helper()
	r, err := declare.DecodeOne("test.yaml", []byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t testing.TB, spec string) throughline.Resource {
	return one(t, "{apiVersion: throughline/v1, kind: Fragment, metadata: {name: hello}, spec: "+spec+"}")
}

func card(t testing.TB, slots string) throughline.Resource {
	return one(t, "{apiVersion: throughline/v1, kind: Template, metadata: {name: card}, spec: {brand: house, renderings: [{channel: web, html: x}], slots: ["+slots+"]}}")
}

func TestMerge(t *testing.T) {
	t.Parallel()
	const a, b = "{name: a, role: headline}", "{name: b, role: cta}"
	for name, c := range map[string]struct {
		base, theirs, mine, want throughline.Resource
		conflicts                []declare.Conflict
	}{
		"two languages changed by two people are both kept": {
			base:   text(t, "{role: cta, values: {en: Go, de: Los}}"),
			theirs: text(t, "{role: cta, values: {en: Start, de: Los}}"),
			mine:   text(t, "{role: cta, values: {en: Go, de: Anfangen}}"),
			want:   text(t, "{role: cta, values: {en: Start, de: Anfangen}}"),
		},
		"one language changed by both is a conflict, where mine stands": {
			base:      text(t, "{role: cta, values: {en: Go}}"),
			theirs:    text(t, "{role: cta, values: {en: Start}}"),
			mine:      text(t, "{role: cta, values: {en: Begin}}"),
			want:      text(t, "{role: cta, values: {en: Begin}}"),
			conflicts: []declare.Conflict{{Path: "spec.values.en", Base: `"Go"`, Theirs: `"Start"`, Mine: `"Begin"`}},
		},
		"the same change by both is none": {
			base: text(t, "{role: cta, values: {en: Go}}"), theirs: text(t, "{role: cta, values: {en: Start}}"),
			mine: text(t, "{role: cta, values: {en: Start}}"), want: text(t, "{role: cta, values: {en: Start}}"),
		},
		"two slots changed by two people are both kept": {
			base: card(t, a+","+b), theirs: card(t, "{name: a, role: title},"+b), mine: card(t, a+",{name: b, role: button}"),
			want: card(t, "{name: a, role: title},{name: b, role: button}"),
		},
		"slots that both added stand beside each other": {
			base: card(t, a), theirs: card(t, a+",{name: c, role: body}"), mine: card(t, a+","+b),
			want: card(t, a+",{name: c, role: body},"+b),
		},
		"an order that only mine changed is kept": {
			base: card(t, a+","+b), theirs: card(t, "{name: a, role: title},"+b), mine: card(t, b+","+a),
			want: card(t, b+",{name: a, role: title}"),
		},
		"a slot that one removed and the other changed is a conflict": {
			base: card(t, a+","+b), theirs: card(t, a), mine: card(t, a+",{name: b, role: button}"),
			want:      card(t, a+",{name: b, role: button}"),
			conflicts: []declare.Conflict{{Path: "spec.slots[b]", Base: `{"name":"b","role":"cta"}`, Mine: `{"name":"b","role":"button"}`}},
		},
		"other lists are one value": {
			base: text(t, "{role: cta, values: {en: Go}, channels: [web]}"), theirs: text(t, "{role: cta, values: {en: Go}, channels: [web, app]}"),
			mine: text(t, "{role: cta, values: {en: Go}, channels: [mail]}"), want: text(t, "{role: cta, values: {en: Go}, channels: [mail]}"),
			conflicts: []declare.Conflict{{Path: "spec.channels", Base: `["web"]`, Theirs: `["web","app"]`, Mine: `["mail"]`}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, conflicts := declare.Merge(c.base, c.theirs, c.mine)
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.conflicts, conflicts); d != "" {
				t.Error(d)
			}
		})
	}
	t.Run("what one deleted and the other changed is a conflict of the whole", func(t *testing.T) {
		t.Parallel()
		base, mine := text(t, "{role: cta, values: {en: Go}}"), text(t, "{role: cta, values: {en: Begin}}")
		got, conflicts := declare.Merge(base, throughline.Resource{}, mine)
		if got.Digest() != mine.Digest() || len(conflicts) != 1 || conflicts[0].Path != "" || conflicts[0].Theirs != "" {
			t.Errorf("%v", conflicts)
		}
		if got, conflicts := declare.Merge(base, base, throughline.Resource{}); got.Spec != nil || conflicts != nil {
			t.Error("a deletion of what nobody changed stays one")
		}
	})
}

// edits are changes to a template that touch nothing of each other.
func edits() []func(*throughline.Template) {
	all := []func(*throughline.Template){
		func(s *throughline.Template) { s.Title = "Another" },
		func(s *throughline.Template) { s.Brief = "visit" },
		func(s *throughline.Template) { s.Brand = "other" },
		func(s *throughline.Template) { s.Renderings[0].HTML = "<b>{{s0}}</b>" },
		func(s *throughline.Template) { s.Renderings[1].Fields["title"] = "{{s1}}" },
		func(s *throughline.Template) {
			s.Constraints = append(s.Constraints, throughline.Constraint{Name: "new", Assert: "true"})
		},
		func(s *throughline.Template) { s.Constraints[0].Why = "because" },
	}
	for i := range 6 {
		all = append(all,
			func(s *throughline.Template) { s.Slots[i].Role = "changed" },
			func(s *throughline.Template) { s.Slots[i].Length = &throughline.Length{Max: 10 + i} })
	}
	return all
}

func wide() throughline.Resource {
	spec := &throughline.Template{
		Brand: "house", Constraints: []throughline.Constraint{{Name: "first", Assert: "true"}},
		Renderings: []throughline.Rendering{{Channel: "web", HTML: "x"}, {Channel: "app", Fields: map[string]string{"title": "x"}}},
	}
	for i := range 6 {
		spec.Slots = append(spec.Slots, throughline.Slot{Name: fmt.Sprintf("s%d", i), Role: "body"})
	}
	return throughline.Resource{APIVersion: throughline.APIVersion, Kind: throughline.KindTemplate, Metadata: throughline.Metadata{Name: "card"}, Spec: spec}
}

func edited(chosen []func(*throughline.Template)) throughline.Resource {
	r := wide()
	for _, edit := range chosen {
		edit(r.Spec.(*throughline.Template))
	}
	return r
}

func TestMergeHoldsForAnyEdits(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		all := edits()
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		cut, end := random.IntN(len(all)), random.IntN(len(all))
		cut, end = min(cut, end), max(cut, end)
		base, theirs, mine := wide(), edited(all[:cut]), edited(all[cut:end])

		if got, conflicts := declare.Merge(base, base, mine); got.Digest() != mine.Digest() || conflicts != nil {
			t.Fatal("what only mine changed is not mine")
		}
		if got, conflicts := declare.Merge(base, theirs, base); got.Digest() != theirs.Digest() || conflicts != nil {
			t.Fatal("what only they changed is not theirs")
		}
		one, conflicts := declare.Merge(base, theirs, mine)
		other, back := declare.Merge(base, mine, theirs)
		if len(conflicts)+len(back) > 0 || one.Digest() != other.Digest() {
			t.Fatalf("edits apart from each other do not commute: %v, %v", conflicts, back)
		}
		if want := edited(slices.Concat(all[:cut], all[cut:end])); one.Digest() != want.Digest() {
			t.Fatalf("the merge is not both edits:\n%s\n%s", one.Canonical(), want.Canonical())
		}
	}
}
