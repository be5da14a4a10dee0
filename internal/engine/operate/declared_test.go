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
