package web

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// leastDrawn is how many deliveries a moment needs for its rate to be drawn.
const leastDrawn = 10

// ratesChart draws the rate where the policy chose against the holdout's over
// time, each as a line in the band of its intervals, from zero.
func ratesChart(r operate.Rates) template.HTML {
	s := newPlot(ratesLabel(r))
	lines := []struct {
		name, class string
		n           []throughline.Number
	}{{"holdout", "sh", r.Holdout}, {"policy", "s1", r.Policy}}
	drawn := 0
	for _, n := range r.Policy {
		if n.N >= leastDrawn && n.Owner != "" {
			drawn++
		}
	}
	if drawn < 2 {
		return s.waits("drawn as soon as two moments have " + strconv.Itoa(leastDrawn) + " deliveries")
	}
	top := ratesTop(r)
	from, span := r.At[0], r.Until.Sub(r.At[0])
	x := func(t time.Time) float64 { return areaRight * float64(t.Sub(from)) / float64(max(1, span)) }
	y := func(v float64) float64 { return areaBottom - (areaBottom-areaTop)*max(0, min(1, v/top)) }
	ends := map[string]float64{}
	s.stretched(func() {
		s.line("axis", 0, areaTop, areaRight, areaTop)
		s.line("axis", 0, areaBottom, areaRight, areaBottom)
		for _, l := range lines {
			var at []float64
			var n []throughline.Number
			for i, v := range l.n {
				if v.N >= leastDrawn && v.Owner != "" {
					end := r.Until
					if i+1 < len(r.At) {
						end = r.At[i+1]
					}
					at, n = append(at, (x(r.At[i])+x(end))/2), append(n, v)
				}
			}
			if len(n) > 0 {
				rateBand(s, l.class, at, n, y)
				ends[l.name] = y(n[len(n)-1].Value)
			}
		}
	})
	s.beside(func() {
		s.over("c-note", 0, areaTop-5, "start", strconv.FormatFloat(100*top, 'f', -1, 64)+"\u202f%")
		s.over("c-note", 0, areaBottom-4, "start", "0")
		labelEnds(s, ends)
		s.over("c-note", 0, areaHeight-4, "start", clockFor(from, span))
		s.over("c-note", areaRight, areaHeight-4, "end", clockFor(r.Until, span))
	})
	return s.end()
}

// ratesTop is where the scale of rates ends: it takes in every rate and the
// tighter intervals, and cuts those of a few cases.
func ratesTop(r operate.Rates) float64 {
	var shown []throughline.Number
	for _, all := range [][]throughline.Number{r.Policy, r.Holdout} {
		for _, n := range all {
			if n.N >= leastDrawn {
				n.High = min(n.High, 3*n.Value+0.001)
				shown = append(shown, n)
			}
		}
	}
	return axisTop(shown...)
}

func rateBand(s *svg, class string, at []float64, n []throughline.Number, y func(float64) float64) {
	s.addf(`<path class="doubt %s" d="`, class)
	for i := range n {
		s.addf("%s%s %s", verbAt(i), px(at[i]), px(y(n[i].High)))
	}
	for i := len(n) - 1; i >= 0; i-- {
		s.addf("L%s %s", px(at[i]), px(y(n[i].Low)))
	}
	s.addf(`Z"/><path class="course %s" d="`, class)
	for i := range n {
		s.addf("%s%s %s", verbAt(i), px(at[i]), px(y(n[i].Value)))
	}
	s.WriteString(`"/>`)
	for i := range n { // a line of no length with round ends: a dot that nothing stretches
		s.addf(`<path class="point %s" d="M%s %sh0"/>`, class, px(at[i]), px(y(n[i].Value)))
	}
}

func verbAt(i int) string {
	if i == 0 {
		return "M"
	}
	return "L"
}

// labelEnds names both lines beside their ends, apart from each other.
func labelEnds(s *svg, ends map[string]float64) {
	policy, hasPolicy := ends["policy"]
	holdout, hasHoldout := ends["holdout"]
	if hasPolicy && hasHoldout && math.Abs(policy-holdout) < bandLabel {
		middle, half := (policy+holdout)/2, bandLabel/2.0
		if policy <= holdout {
			policy, holdout = middle-half, middle+half
		} else {
			policy, holdout = middle+half, middle-half
		}
	}
	write := func(name, class string, at float64) {
		at = max(areaTop+5, min(areaBottom-4, at))
		s.endLabel(class, at, name)
	}
	if hasPolicy {
		write("policy", "s1", policy)
	}
	if hasHoldout {
		write("holdout", "sh", holdout)
	}
}

func ratesLabel(r operate.Rates) string {
	if len(r.Policy) == 0 {
		return "Rate over time: not enough yet"
	}
	last := len(r.Policy) - 1
	return fmt.Sprintf("Rate over time, policy from %s to %s, holdout from %s to %s",
		operate.SayRatio(r.Policy[0]), operate.SayRatio(r.Policy[last]), operate.SayRatio(r.Holdout[0]), operate.SayRatio(r.Holdout[last]))
}

// The effect chart's measures in pixels: a row of its own in a table.
const (
	effectWidth  = 240
	effectHeight = 20
)

// effectScale is how far to either side a row of effects is drawn: it takes in
// every effect and most intervals.
func effectScale(all []operate.Effect) float64 {
	reach := 0.05
	for _, e := range all {
		reach = max(reach, math.Abs(e.Change.Value)*1.25, min(math.Abs(e.Change.High), 3*math.Abs(e.Change.Value)+0.1), min(math.Abs(e.Change.Low), 3*math.Abs(e.Change.Value)+0.1))
	}
	for _, step := range []float64{0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5} {
		if reach <= step {
			return step
		}
	}
	return math.Ceil(reach)
}

// effectRow draws one effect as a dot with its whisker beside the slot's average.
func effectRow(e operate.Effect, scale float64) template.HTML {
	s := new(svg)
	s.addf(`<svg class="chart effect" viewBox="0 0 %d %d" width="%d" height="%d" aria-hidden="true">`, effectWidth, effectHeight, effectWidth, effectHeight)
	x := func(v float64) float64 { return effectWidth/2 + (effectWidth/2-6)*max(-1, min(1, v/scale)) }
	s.line("axis", effectWidth/2, 0, effectWidth/2, effectHeight)
	if e.Change.Owner == "" {
		return s.end()
	}
	class := "s1"
	if e.Change.Low < 0 && e.Change.High > 0 {
		class = "sh"
	}
	s.line("whisker "+class, x(e.Change.Low), effectHeight/2, x(e.Change.High), effectHeight/2)
	s.addf(`<circle class="dot %s" cx="%s" cy="%d" r="4"/>`, class, px(x(e.Change.Value)), effectHeight/2)
	return s.end()
}
