package throughline_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
)

func TestRefsStandByKindAndThenByName(t *testing.T) {
	want := []throughline.Ref{
		{Kind: "Slogan", Name: "b"}, // a kind that does not exist stands first
		{Kind: "Verse", Name: "a"},
		{Kind: throughline.KindPerson, Name: "b"},
		{Kind: throughline.KindBrand, Name: "a"},
		{Kind: throughline.KindAudience, Name: "z"},
		{Kind: throughline.KindFragment, Name: "a"},
		{Kind: throughline.KindFragment, Name: "a.b"},
		{Kind: throughline.KindFragment, Name: "b"},
		{Kind: throughline.KindPlacement, Name: "a"},
	}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, throughline.Ref.Compare)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for i, a := range want {
		for j, b := range want {
			if got := a.Compare(b); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%s and %s compare as %d", a, b, got)
			}
		}
	}
}
