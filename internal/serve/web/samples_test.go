package web_test

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// noon is when every sample was taken.
var noon = time.Date(2026, 11, 23, 14, 2, 11, 0, time.UTC)

var (
	ada = operate.Owner{Person: "ada", Name: "Ada Kowalska", Initials: "AK"}
	cem = operate.Owner{Person: "cem", Name: "Cem Maras", Initials: "CM"}
	bia = operate.Owner{Person: "bia", Name: "Bia Ito", Initials: "BI"}
)

// samples are lines in every state that the page must carry, by name.
func samples() map[string]operate.Line {
	described := map[string]operate.Line{
		"empty": emptyLine(),
		"full":  fullLine(),
		"thin":  lineOf(thinPlacement("home.hero", 4)),
		"one":   lineOf(learning("home.hero", 2, 0.31)),
		"bad":   badLine(),
		"wide":  lineOf(learning("home.hero", 24, 0.2), learning("app.banner", 24, -0.001)),
		"many":  lineOf(forty()...),
		"long":  longLine(),
		"first": lineOf(firstDelivery("home.hero")),
		"ready": lineOf(silent("home.hero")),
	}
	for name, l := range described {
		operate.Describe(&l)
		described[name] = l
	}
	return described
}

func ownership() operate.Ownership {
	return operate.Ownership{Person: "ada", Name: "Ada Kowalska", Initials: "AK", Accepted: true, AcceptedAt: noon.Add(-time.Hour), Engine: "Nordlys"}
}

func emptyLine() operate.Line {
	o := ownership()
	o.Accepted = false
	return operate.Line{Owner: o, AsOf: noon}
}

func lineOf(placements ...operate.PlacementLine) operate.Line {
	return operate.Line{
		Owner: ownership(), AsOf: noon, Stations: stations(), Figures: figures(), Placements: placements,
		Release: &operate.ReleaseLine{Number: 12, Message: "Softer winter headlines", By: cem, Since: noon.Add(-3 * time.Hour), Risk: throughline.RiskLow, Changes: 3},
	}
}

func fullLine() operate.Line {
	app := learning("app.banner", 3, 0.12)
	app.Surface, app.Channel, app.Owner, app.Title = throughline.App, "app", cem, "Banner in the app"
	l := lineOf(
		learning("home.hero", 4, 0.31), app, thinPlacement("checkout.note", 4), silent("newsletter.top"),
	)
	l.Placements[0].Title = "Hero of the home page"
	l.Simulated = true
	return l
}

func badLine() operate.Line {
	l := lineOf(learning("home.hero", 4, -0.22), learning("app.banner", 3, 0.12))
	l.Stations[2].Health, l.Stations[2].Note = operate.HealthWarn, "two pieces wait for legal, 2 d"
	l.Stations[6].Health, l.Stations[6].Note = operate.HealthBad, "no new epoch for 4 min"
	return l
}

func forty() []operate.PlacementLine {
	var all []operate.PlacementLine
	for i := range 40 {
		p := learning(fmt.Sprintf("shop/aisle-%02d.teaser", i+1), 2+i%7, float64(i%9-2)/12)
		if i%5 == 3 {
			p = thinPlacement(p.Name, 3)
		}
		all = append(all, p)
	}
	return all
}

func longLine() operate.Line {
	name := "autumn-campaign/" + strings.Repeat("very-long-", 6) + "name"
	p := learning(name, 5, 0.4)
	p.Title = "A title that somebody wrote on a Friday afternoon and that goes on and on until it has said everything there is to say"
	p.Goal = "Subscription to the newsletter, confirmed by a second message, and not cancelled the same day"
	p.Owner = operate.Owner{Person: "w", Name: "Wolfeschlegelsteinhausenbergerdorff the Younger", Initials: "WY"}
	p.Variants[0].Slots[0].Text = "مرحبا بكم في موسم الأضواء الدافئة"
	p.Variants[1].Slots[0].Text = strings.Repeat("Donaudampfschifffahrtsgesellschaft", 4)
	l := lineOf(p)
	l.Owner.Name, l.Owner.Engine = p.Owner.Name, "The engine of the department of long and carefully chosen names"
	l.Stations[0].Note = "a note with more words than the station is wide, which wraps"
	return l
}

func stations() []operate.Station {
	at := func(ago time.Duration) time.Time { return noon.Add(-ago) }
	return []operate.Station{
		{Name: operate.StageBrief, Count: 4, Unit: "briefs", Latest: at(26 * time.Hour), PerSecond: 2.0 / 86400, Owner: ada, Health: operate.HealthOK},
		{Name: operate.StageMake, Count: 144, Unit: "variants", Latest: at(3 * time.Hour), PerSecond: 11.0 / 86400, Owner: cem, Health: operate.HealthOK},
		{Name: operate.StageCheck, Count: 2, Unit: "findings", Latest: at(3 * time.Hour), PerSecond: 40.0 / 3600, Owner: bia, Health: operate.HealthOK},
		{Name: operate.StageRelease, Count: 12, Unit: "releases", Latest: at(3 * time.Hour), PerSecond: 1.0 / 86400, Owner: cem, Health: operate.HealthOK},
		{Name: operate.StageDecide, Count: 184203, Unit: "decisions", Latest: at(0), PerSecond: 41, Owner: ada, Health: operate.HealthOK},
		{Name: operate.StageDeliver, Count: 171940, Unit: "deliveries", Latest: at(0), PerSecond: 38.2, Owner: ada, Health: operate.HealthOK},
		{Name: operate.StageLearn, Count: 9120, Unit: "outcomes", Latest: at(6 * time.Second), PerSecond: 1.9, Owner: ada, Health: operate.HealthOK},
	}
}

func figures() []operate.Figure {
	return []operate.Figure{
		{Name: "Outcome to changed decision", What: "p95", Owner: ada, Number: number(4.1, 3.8, 4.6, "s", 1204), Recent: wave(30, 4, 0.6)},
		{Name: "Apply to served", Owner: cem, Number: number(212, 190, 261, "ms", 12), Recent: wave(12, 230, 40)},
		{Name: "Rate where the policy chose", Owner: ada, Number: number(0.0518, 0.0502, 0.0534, "ratio", 154_746), Recent: wave(40, 0.05, 0.004)},
		{Name: "Traffic held out", Owner: ada, Number: number(0.1, 0.0986, 0.1015, "ratio", 171_940)},
	}
}

func number(v, low, high float64, unit string, n int64) throughline.Number {
	return throughline.Number{Value: v, Low: low, High: high, Unit: unit, N: n, Owner: "ada", AsOf: noon}
}

func wave(n int, mid, by float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = mid + by*math.Sin(float64(i)/3) + by*0.4*math.Cos(float64(i)*1.7)
	}
	return out
}

func rate(v float64, n int64) throughline.Number {
	half := 1.96 * math.Sqrt(v*(1-v)/float64(n))
	return number(v, max(0, v-half), v+half, "ratio", n)
}

var headlines = []string{
	"Warm light for long evenings", "Winter, gently lit", "The lamp that knows when it is five o'clock",
	"Read more by a better light", "Light up the dark half of the year", "Three lamps, one calm room",
}

// learning is a placement whose variants have drifted towards the second one,
// and whose choices earn so much more than its holdout.
func learning(name string, variants int, uplift float64) operate.PlacementLine {
	const holdout = 0.039
	half := 0.08 + 0.1*math.Abs(uplift)
	p := operate.PlacementLine{
		Name: name, Channel: "web", Surface: throughline.Web, Owner: ada,
		Policy: throughline.Learned, Sticky: throughline.StickySession, Goal: "Purchase", Window: throughline.Duration(24 * time.Hour),
		HoldoutShare: 0.1, HoldoutServes: throughline.ServeUniform, Total: variants, Deliveries: 18_204, Recent: 300,
		Learned: rate(holdout*(1+uplift), 16_384), Holdout: rate(holdout, 1_820),
		Uplift: number(uplift, uplift-half, uplift+half*1.1, "ratio", 18_204),
	}
	const points = 90
	for i := range points {
		p.Allocation.At = append(p.Allocation.At, noon.Add(time.Duration(i-points+1)*2*time.Minute))
	}
	p.Allocation.Releases = []operate.ReleaseMark{{Number: 12, At: noon.Add(-2 * time.Hour)}}
	even := 1 / float64(variants)
	for i := range variants {
		v := operate.VariantLine{
			ID: throughline.VariantID(fmt.Sprintf("%s-%02d", strings.ReplaceAll(name, "/", "-"), i)), Label: operate.VariantLabel(i), Before: even,
			Slots: []operate.SlotLine{
				{Slot: "headline", Level: throughline.Level(fmt.Sprintf("headline-%d@1", i)), Text: headlines[i%len(headlines)]},
				{Slot: "body", Level: "body-calm@2", Text: "Dimmed to the hour, made of glass and oak."},
				{Slot: "cta", Level: throughline.Level(fmt.Sprintf("cta-%d@1", i%2)), Text: []string{"See the lamps", ""}[i%2]},
			},
		}
		values := make([]float64, points)
		for k := range points {
			values[k] = drift(i, variants, float64(k)/points)
		}
		v.Share = values[points-1]
		v.Deliveries = int64(16_384 * (v.Share + even) / 2)
		v.Rate = rate(holdout*(1+uplift*[]float64{0.2, 1.1, -0.6}[i%3]), max(1, v.Deliveries))
		v.Best = i == 1
		p.Variants = append(p.Variants, v)
		if i < 5 {
			p.Allocation.Series = append(p.Allocation.Series, operate.Share{Label: v.Label, Values: values})
		}
	}
	p.Variants[0], p.Variants[1] = p.Variants[1], p.Variants[0]
	return p
}

// drift is the share of variant i when a part t of the time has passed.
func drift(i, of int, t float64) float64 {
	even := 1 / float64(of)
	lead := 1 / (1 + math.Exp(-9*(t-0.35))) * 0.9
	wobble := 0.02 * math.Sin(20*t+float64(i)) * (1 - t)
	if i == 1 {
		return min(1, even*(1-lead)+lead*0.97+wobble)
	}
	return max(0, (1-(even*(1-lead)+lead*0.97))/float64(of-1)+wobble/float64(of))
}

func thinPlacement(name string, variants int) operate.PlacementLine {
	p := learning(name, variants, 0.05)
	p.Deliveries, p.Learned, p.Holdout = 412, rate(14.0/371, 371), rate(1.0/41, 41)
	p.Uplift = throughline.Number{}
	p.Thin = &operate.Thin{Arm: "holdout", Have: 34, Need: 85, Unit: "outcomes", Remaining: 3*time.Hour + 10*time.Minute}
	p.Owner = cem
	for i := range p.Variants {
		p.Variants[i].Share = 1 / float64(variants)
		p.Variants[i].Rate = rate(0.1, 20)
		p.Variants[i].Deliveries = 20
		p.Variants[i].Best = false
	}
	p.Allocation.At = p.Allocation.At[:12]
	for i := range p.Allocation.Series {
		p.Allocation.Series[i].Values = p.Allocation.Series[i].Values[:12]
	}
	return p
}

func silent(name string) operate.PlacementLine {
	p := learning(name, 2, 0)
	p.Deliveries, p.Recent, p.Learned, p.Holdout, p.Uplift = 0, 0, throughline.Number{}, throughline.Number{}, throughline.Number{}
	p.Allocation = operate.Allocation{}
	for i := range p.Variants {
		p.Variants[i].Share, p.Variants[i].Deliveries, p.Variants[i].Rate, p.Variants[i].Best = 0.5, 0, throughline.Number{}, false
	}
	return p
}

// firstDelivery is a placement of which one person has seen one variant, and
// reacted.
func firstDelivery(name string) operate.PlacementLine {
	p := silent(name)
	p.Deliveries, p.Recent, p.Learned = 1, 1, rate(1, 1)
	p.Thin = &operate.Thin{Arm: "holdout", Need: 50, Unit: "outcomes"}
	p.Variants[0].Share, p.Variants[0].Deliveries, p.Variants[0].Rate = 1, 1, rate(1, 1)
	p.Variants[1].Share = 0
	p.Allocation = operate.Allocation{At: []time.Time{noon}, Series: []operate.Share{{Label: p.Variants[0].Label, Values: []float64{1}}}}
	return p
}
