package own

import (
	"slices"
	"testing"

	"github.com/throughline-engine/throughline"
)

// workspace is some things, each declared as Kind/name and its owner.
type workspace map[throughline.Ref]throughline.Resource

func (w workspace) add(name, owner string, spec throughline.Spec) {
	r := throughline.Resource{Kind: spec.Kind(), Metadata: throughline.Metadata{Name: name, Owner: owner}, Spec: spec}
	w[r.Ref()] = r
}

func (w workspace) owners() *Owners {
	of := func(kind throughline.Kind) []throughline.Resource {
		var all []throughline.Resource
		for _, r := range w {
			if r.Kind == kind {
				all = append(all, r)
			}
		}
		return all
	}
	return New(slices.Values(of(throughline.KindEngine)), slices.Values(of(throughline.KindStewardship)), func(ref throughline.Ref) (throughline.Resource, bool) {
		r, ok := w[ref]
		return r, ok
	})
}

func TestThereIsAlwaysSomebodyWhoAnswers(t *testing.T) {
	w := workspace{}
	w.add("shop", "", &throughline.Engine{Owner: "ana", Deputy: "dan"})
	w.add("spring", "cho", &throughline.Brief{})
	w.add("autumn", "", &throughline.Brief{})
	w.add("all-mail", "", &throughline.Stewardship{Kinds: []throughline.Kind{throughline.KindTemplate, throughline.KindPlacement}, Names: []string{"mail.*"}, Person: "ben", Deputy: "cho"})
	w.add("winter-mail", "", &throughline.Stewardship{Kinds: []throughline.Kind{throughline.KindTemplate}, Names: []string{"mail.winter.*", "mail.exact"}, Person: "eva"})
	w.add("briefs", "", &throughline.Stewardship{Kinds: []throughline.Kind{throughline.KindBrief}, Names: []string{"aut*"}, Person: "fay"})
	owners := w.owners()
	brief := func(name string) throughline.Ref { return throughline.Ref{Kind: throughline.KindBrief, Name: name} }
	for name, tt := range map[string]struct {
		thing, owner string
		spec         throughline.Spec
		want         Answer
	}{
		"its own owner comes first":                     {"mail.letter", "gus", &throughline.Template{Brief: "spring"}, Answer{Person: "gus", By: ByOwner}},
		"then the steward of such things":               {"mail.letter", "", &throughline.Template{Brief: "spring"}, Answer{Person: "ben", Deputy: "cho", By: BySteward, Stewardship: "all-mail"}},
		"of whom the one of fewer things is nearer":     {"mail.winter.one", "", &throughline.Template{}, Answer{Person: "eva", By: BySteward, Stewardship: "winter-mail"}},
		"and one who is of a whole name is the nearest": {"mail.exact", "", &throughline.Template{}, Answer{Person: "eva", By: BySteward, Stewardship: "winter-mail"}},
		"another kind is not theirs":                    {"mail.winter.one", "", &throughline.Placement{}, Answer{Person: "ben", Deputy: "cho", By: BySteward, Stewardship: "all-mail"}},
		"then the owner of its brief":                   {"hello", "", &throughline.Fragment{Brief: "spring"}, Answer{Person: "cho", By: ByParent, From: brief("spring")}},
		"or the brief's steward":                        {"hello", "", &throughline.Fragment{Brief: "autumn"}, Answer{Person: "fay", By: ByParent, Stewardship: "briefs", From: brief("autumn")}},
		"and otherwise the engine's owner":              {"hello", "", &throughline.Fragment{}, Answer{Person: "ana", Deputy: "dan", By: ByEngine}},
		"also of what came from something that is gone": {"hello", "", &throughline.Fragment{Brief: "gone"}, Answer{Person: "ana", Deputy: "dan", By: ByEngine}},
		"and of people":                                 {"ben", "", &throughline.Person{}, Answer{Person: "ana", Deputy: "dan", By: ByEngine}},
	} {
		t.Run(name, func(t *testing.T) {
			r := throughline.Resource{Kind: tt.spec.Kind(), Metadata: throughline.Metadata{Name: tt.thing, Owner: tt.owner}, Spec: tt.spec}
			if got := owners.Of(r); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	t.Run("a thing that came from itself has an owner too", func(t *testing.T) {
		loop := workspace{}
		loop.add("shop", "", &throughline.Engine{Owner: "ana"})
		loop.add("round", "", &throughline.Placement{Template: "round"})
		owners := New(slices.Values([]throughline.Resource{loop[throughline.Ref{Kind: throughline.KindEngine, Name: "shop"}]}), slices.Values([]throughline.Resource{}),
			func(throughline.Ref) (throughline.Resource, bool) {
				return loop[throughline.Ref{Kind: throughline.KindPlacement, Name: "round"}], true
			})
		if got := owners.Of(loop[throughline.Ref{Kind: throughline.KindPlacement, Name: "round"}]); got.Person != "ana" {
			t.Errorf("got %+v", got)
		}
	})
}
