package declare_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

func TestSetWith(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	some := func(n int) (all []throughline.Resource) {
		for range n {
			kind := []throughline.Kind{throughline.KindFragment, throughline.KindBrief, throughline.KindAudience}[random.IntN(3)]
			res := throughline.Resource{APIVersion: throughline.APIVersion, Kind: kind, Metadata: throughline.Metadata{Name: fmt.Sprint(random.IntN(30)), Owner: fmt.Sprint(random.Int())}, Spec: throughline.NewSpec(kind)}
			all = append(all, res)
		}
		return all
	}
	for range 300 {
		before, put := declare.NewSet(some(random.IntN(40))), some(random.IntN(12))
		var gone []throughline.Ref
		left := map[throughline.Ref]bool{}
		for _, r := range some(random.IntN(12)) {
			gone = append(gone, r.Ref())
			left[r.Ref()] = true
		}
		var plain []throughline.Resource
		for _, r := range before.All() {
			if !left[r.Ref()] {
				plain = append(plain, r)
			}
		}
		want, got := declare.NewSet(append(plain, put...)), before.With(put, gone...)
		if diff := cmp.Diff(want.All(), got.All()); diff != "" || got.Len() != want.Len() {
			t.Fatalf("a set with others is not the set of both:\n%s", diff)
		}
		for _, kind := range throughline.Kinds() {
			n := 0
			for _, r := range got.All() {
				if held, ok := got.Get(r.Ref()); !ok || held.Metadata.Owner != r.Metadata.Owner {
					t.Fatalf("%s is found as %+v", r.Ref(), held)
				}
				if r.Kind == kind {
					n++
				}
			}
			if of := got.Of(kind); len(of) != n {
				t.Fatalf("%d of %s, want %d", len(of), kind, n)
			}
		}
	}
}
