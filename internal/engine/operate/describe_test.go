package operate_test

import (
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

var ada = operate.Owner{Person: "ada", Name: "Ada Kowalska", Initials: "AK"}

// placement learns, and earns so much more than its holdout.
func placement(name string, low, uplift, high float64) operate.PlacementLine {
	return operate.PlacementLine{
		Name: name, Owner: ada, Policy: throughline.Learned, Total: 2, Deliveries: 1000,
		Uplift:   throughline.Number{Value: uplift, Low: low, High: high, N: 1000, Owner: "ada"},
		Variants: []operate.VariantLine{{Label: "A", Share: 0.03}, {Label: "B", Share: 0.97, Best: true}},
	}
}

func with(p operate.PlacementLine, change func(*operate.PlacementLine)) operate.PlacementLine {
	change(&p)
	return p
}

func TestEveryPlacementSaysHowItStands(t *testing.T) {
	for name, c := range map[string]struct {
		p      operate.PlacementLine
		state  string
		health operate.Health
	}{
		"a gain":                             {placement("p", 0.12, 0.31, 0.52), "Choosing pays: +31 % [+12, +52] against the holdout; variant B gets 97 % of the traffic.", operate.HealthOK},
		"a loss":                             {placement("p", -0.14, -0.08, -0.02), "Choosing does harm here: −8 % [−14, −2] against the holdout; variant B gets 97 % of the traffic.", operate.HealthBad},
		"no difference":                      {placement("p", -0.05, 0.04, 0.15), "No difference shown yet: +4 % [−5, +15] against the holdout; variant B gets 97 % of the traffic.", operate.HealthOK},
		"a gain touching nothing is no gain": {placement("p", 0, 0.1, 0.2), "No difference shown yet: +10 % [0, +20] against the holdout; variant B gets 97 % of the traffic.", operate.HealthOK},
		"thin data": {with(placement("p", -0.9, -0.5, -0.1), func(p *operate.PlacementLine) {
			p.Thin = &operate.Thin{Arm: "holdout", Have: 34, Need: 85, Unit: "outcomes", Remaining: 3 * time.Hour}
		}), "Learning, too early to compare; holdout: 34 of 85 outcomes, comparison possible in about 3 h; variant B gets 97 % of the traffic.", operate.HealthOK},
		"no holdout": {with(placement("p", 0, 0, 0), func(p *operate.PlacementLine) { p.Uplift = throughline.Number{} }), "Learning without a holdout, so what it is worth cannot be told; variant B gets 97 % of the traffic.", operate.HealthOK},
		"fixed":      {with(placement("p", 0, 0, 0), func(p *operate.PlacementLine) { p.Policy = throughline.Fixed }), "Always serves one variant; nothing is learned here.", operate.HealthOK},
		"uniform":    {with(placement("p", 0, 0, 0), func(p *operate.PlacementLine) { p.Policy = throughline.Uniform }), "Serves its 2 variants alike, to compare them.", operate.HealthOK},
		"silent":     {with(placement("p", 0, 0, 0), func(p *operate.PlacementLine) { p.Deliveries = 0 }), "Nothing delivered yet: no exposure has been confirmed.", operate.HealthNone},
	} {
		t.Run(name, func(t *testing.T) {
			l := operate.Line{Placements: []operate.PlacementLine{c.p}}
			operate.Describe(&l)
			if got := plain(l.Placements[0].State); got != c.state {
				t.Errorf("state %q, want %q", got, c.state)
			}
			if got := l.Placements[0].Health; got != c.health {
				t.Errorf("health %q, want %q", got, c.health)
			}
		})
	}
}

func TestTheLineAnswersWhetherThingsAreWellAndWhose(t *testing.T) {
	accepted := operate.Ownership{Person: "ada", Name: "Ada Kowalska", Accepted: true}
	gain, loss := placement("home.hero", 0.12, 0.31, 0.52), placement("app.banner", -0.3, -0.2, -0.1)
	even, silent := placement("foot", -0.1, 0, 0.1), with(gain, func(p *operate.PlacementLine) { p.Deliveries = 0 })
	learns := with(gain, func(p *operate.PlacementLine) { p.Thin = &operate.Thin{Have: 1, Need: 50, Unit: "outcomes"} })
	check := operate.Station{Name: operate.StageCheck, Owner: ada, Health: operate.HealthWarn, Note: "two pieces wait for legal"}
	for name, c := range map[string]struct {
		l    operate.Line
		want string
	}{
		"nothing":                       {operate.Line{}, "Nothing runs yet: there is no placement. Nobody is named as its owner."},
		"not accepted":                  {operate.Line{Owner: operate.Ownership{Person: "ada", Name: "Ada Kowalska"}}, "Nothing runs yet: there is no placement. Ada Kowalska is named as its owner and has not accepted yet."},
		"one gain":                      {operate.Line{Owner: accepted, Placements: []operate.PlacementLine{gain}}, "All is well: 1 placement beats its holdout. Ada Kowalska answers for it."},
		"a gain of two":                 {operate.Line{Owner: accepted, Placements: []operate.PlacementLine{gain, even}}, "All is well: 1 of 2 placements beats its holdout, 1 shows no difference yet. Ada Kowalska answers for it."},
		"two gains of three":            {operate.Line{Owner: accepted, Placements: []operate.PlacementLine{gain, gain, even}}, "All is well: 2 of 3 placements beat their holdouts, 1 shows no difference yet. Ada Kowalska answers for it."},
		"a gain, and the others learn":  {operate.Line{Owner: accepted, Placements: []operate.PlacementLine{gain, learns, learns, silent}}, "All is well: 1 of 4 placements beats its holdout, 2 still learn, 1 has no delivery yet. Ada Kowalska answers for it."},
		"asked, and nothing delivered":  {operate.Line{Owner: accepted, Stations: []operate.Station{{Name: operate.StageDecide, Count: 1}}, Placements: []operate.PlacementLine{silent}}, "Ready: 1 placement is live and asked for, and no delivery confirmed yet. Ada Kowalska answers for it."},
		"no gain":                       {operate.Line{Owner: accepted, Placements: []operate.PlacementLine{even}}, "All is well: 1 placement is served. Ada Kowalska answers for it."},
		"nothing asked":                 {operate.Line{Owner: accepted, Placements: []operate.PlacementLine{silent, silent}}, "Ready: 2 placements are live, and nothing asked for yet. Ada Kowalska answers for it."},
		"a warning":                     {operate.Line{Owner: accepted, Stations: []operate.Station{check}, Placements: []operate.PlacementLine{gain}}, "One thing needs a look: Check, two pieces wait for legal (AK). Ada Kowalska answers for it."},
		"a loss comes before a warning": {operate.Line{Owner: accepted, Stations: []operate.Station{check}, Placements: []operate.PlacementLine{loss}}, "2 things need action: app.banner does worse than its holdout (AK); Check, two pieces wait for legal (AK). Ada Kowalska answers for it."},
	} {
		t.Run(name, func(t *testing.T) {
			operate.Describe(&c.l)
			if c.l.Sentence != c.want {
				t.Errorf("got %q, want %q", c.l.Sentence, c.want)
			}
		})
	}
	t.Run("the next note says when a comparison can be made, not what it will show", func(t *testing.T) {
		soon := with(gain, func(p *operate.PlacementLine) { p.Thin = &operate.Thin{Remaining: 7 * time.Second} })
		l := operate.Line{Placements: []operate.PlacementLine{soon}}
		operate.Describe(&l)
		if len(l.Notes) != 1 || plain(l.Notes[0]) != "Next comparison: home.hero, possible in about 7 s." {
			t.Errorf("notes are %q", l.Notes)
		}
	})
	t.Run("what somebody wrote stays", func(t *testing.T) {
		l := operate.Line{Sentence: "Mine.", Notes: []string{}, Placements: []operate.PlacementLine{with(gain, func(p *operate.PlacementLine) { p.State = "Also mine." })}}
		operate.Describe(&l)
		if l.Sentence != "Mine." || len(l.Notes) != 0 || l.Placements[0].State != "Also mine." {
			t.Errorf("got %q %q %q", l.Sentence, l.Notes, l.Placements[0].State)
		}
	})
}
