package operate

import (
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/report"
)

func TestAReleaseSaysWhoMadeIt(t *testing.T) {
	d := &declared{people: map[string]Owner{"ada": {"ada", "Ada Kowalska", "AK"}}}
	for want, by := range map[string]throughline.Actor{
		"Ada Kowalska":                              {Kind: throughline.ActorPerson, ID: "ada"},
		"Ada Kowalska, from a shell":                {Kind: throughline.ActorPerson, ID: "os/ada"},
		"root, from a shell":                        {Kind: throughline.ActorPerson, ID: "os/root"},
		"service ci on behalf of Ada Kowalska":      {Kind: throughline.ActorService, ID: "ci", OnBehalfOf: "ada"},
		"agent scout":                               {Kind: throughline.ActorAgent, ID: "scout"},
		"system":                                    {Kind: throughline.ActorSystem},
		"service ci on behalf of ben, from a shell": {Kind: throughline.ActorService, ID: "ci", OnBehalfOf: "os/ben"},
	} {
		if got := d.release(report.Release{Author: by}).By.Name; got != want {
			t.Errorf("%+v is said as %q, want %q", by, got, want)
		}
	}
}

func TestNumbersOfAnotherSnapshotFindTheirVariantsByKey(t *testing.T) {
	choice := func(fragment string) throughline.Choice {
		return throughline.Choice{Piece: fragment, Level: throughline.Level(fragment + "@1"), Text: map[string]string{"en": fragment}}
	}
	s := &throughline.Snapshot{Placements: []throughline.SnapshotPlacement{{
		Name: "home", Locales: throughline.Locales{Default: "en"},
		Slots:      []throughline.SnapshotSlot{{Name: "headline", Choices: []throughline.Choice{choice("a"), choice("b")}}},
		Candidates: [][]uint16{{0}, {1}},
	}}}
	d := newDeclared(s, throughline.Digest{1}, nil)
	line := d.placement(&s.Placements[0], report.Placement{Variants: []report.Variant{
		{Key: "new@1", Candidate: 0}, {Key: "b@1", Candidate: 5, Share: 1},
	}})
	if len(line.Variants) != 1 || line.Variants[0].Label != "B" || line.Variants[0].Slots[0].Text != "b" {
		t.Errorf("the line has %+v, want only B", line.Variants)
	}
}
