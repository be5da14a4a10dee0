package web

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// Charts are SVG written here, in pixels, coloured by classes of the style
// sheet. Each is labelled where the reader looks, has its data in a table
// beside it, and keeps its size whatever the data.

// svg collects an image.
type svg struct{ strings.Builder }

// newSVG starts an image of so many pixels. Label says what it shows to who
// cannot see it.
func newSVG(class string, width, height int, label string) *svg {
	s := new(svg)
	s.addf(`<svg class="%s" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s">`,
		class, width, height, width, height, template.HTMLEscapeString(label))
	return s
}

// newPlot starts an image that is as wide as its column. What of it stands for
// data is drawn by stretched, labels by atEnd and share: text keeps its size.
func newPlot(label string) *svg {
	s := new(svg)
	s.addf(`<svg class="chart area" width="100%%" height="%d" role="img" aria-label="%s">`, areaHeight, template.HTMLEscapeString(label))
	return s
}

// stretched draws in a plot areaRight wide, whatever its width on the page. The
// style sheet leaves room for the labels beside it.
func (s *svg) stretched(draw func()) {
	s.addf(`<svg class="plot" width="76%%" height="%d" viewBox="0 0 %d %d" preserveAspectRatio="none">`, areaHeight, areaRight, areaHeight)
	draw()
	s.WriteString("</svg>")
}

// beside draws labels over a plot and right of it, in pixels from its top.
func (s *svg) beside(draw func()) {
	s.addf(`<svg class="plot" width="76%%" height="%d">`, areaHeight)
	draw()
	s.WriteString("</svg>")
}

// over writes a label at a place of the plot's areaRight.
func (s *svg) over(class string, x, y float64, anchor, text string) {
	s.addf(`<text class="%s" x="%s%%" y="%s" text-anchor="%s">%s</text>`, class, px(100*x/areaRight), px(y), anchor, template.HTMLEscapeString(text))
}

// endLabel names what ends at a height, in its colour, right of the plot.
func (s *svg) endLabel(class string, y float64, text string) {
	s.addf(`<svg x="100%%" class="plot-end"><rect class="%s" x="5" y="%s" width="3" height="10"/>`, class, px(y-5))
	s.text("c-label", 13, y+4, "start", text)
	s.WriteString("</svg>")
}

// waits is an empty plot that says what it waits for.
func (s *svg) waits(says string) template.HTML {
	s.stretched(func() {
		s.addf(`<rect class="plot-empty" x="0.5" y="%d.5" width="%d" height="%d"/>`, areaTop, areaRight-1, areaBottom-areaTop-1)
	})
	s.beside(func() { s.over("c-note", areaRight/2, (areaTop+areaBottom)/2+4, "middle", says) })
	return s.end()
}

func (s *svg) addf(format string, args ...any) { fmt.Fprintf(&s.Builder, format, args...) }

// text writes a label; anchor is start, middle or end.
func (s *svg) text(class string, x, y float64, anchor, text string) {
	s.addf(`<text class="%s" x="%s" y="%s" text-anchor="%s">%s</text>`, class, px(x), px(y), anchor, template.HTMLEscapeString(text))
}

func (s *svg) line(class string, x1, y1, x2, y2 float64) {
	s.addf(`<path class="%s" d="M%s %sL%s %s"/>`, class, px(x1), px(y1), px(x2), px(y2))
}

func (s *svg) end() template.HTML {
	s.WriteString("</svg>")
	return template.HTML(s.String())
}

// px writes a coordinate to a tenth of a pixel. What is not a number is drawn at
// the edge: one bad value must not take the picture with it.
func px(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0
	}
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

// The allocation chart's measures in pixels.
const (
	chartWidth  = 376 // of charts that do not stretch
	areaHeight  = 148
	areaTop     = 16
	areaBottom  = 128
	areaRight   = 284 // labels stand right of it
	areaPoints  = 48  // more are thinned out: they would not be seen
	bandLabel   = 13  // the least height of a band that is labelled
	others      = "others"
	maxSeries   = 5
	seriesClass = "s%d" // s2 to s6; s1 is what is learned, sh the holdout, s0 the others
)

// seriesOf returns the style class of each label that has a series of its own.
func seriesOf(a operate.Allocation) map[string]string {
	classes := make(map[string]string)
	for i, s := range a.Series {
		if i < maxSeries {
			classes[s.Label] = fmt.Sprintf(seriesClass, i+2)
		}
	}
	return classes
}

// allocationChart draws how traffic was shared over time, stacked to the whole,
// once there are enough deliveries to share.
func allocationChart(a operate.Allocation, deliveries int64) template.HTML {
	if deliveries < operate.MinShown {
		a.At = nil
	}
	s := newPlot(allocationLabel(a))
	if len(a.At) < 2 {
		return s.waits(notDrawn(deliveries))
	}
	from, span := a.At[0], a.At[len(a.At)-1].Sub(a.At[0])
	x := func(t time.Time) float64 {
		return areaRight * max(0, min(1, float64(t.Sub(from))/float64(max(1, span))))
	}
	picked := thin(len(a.At), areaPoints)
	tops := stack(a)
	s.stretched(func() {
		s.addf(`<rect class="s0" x="0" y="%d" width="%d" height="%d"/>`, areaTop, areaRight, areaBottom-areaTop)
		for k := len(tops) - 1; k >= 0; k-- { // from the top down, each over the one before
			s.addf(`<path class="band `+seriesClass+`" d="M0 %d`, k+2, areaBottom)
			for _, i := range picked {
				s.addf("L%s %s", px(x(a.At[i])), px(areaY(tops[k][i])))
			}
			s.addf(`V%dH0Z"/>`, areaBottom)
		}
		for _, m := range seenReleases(a) {
			s.line("mark", x(m.At), areaTop-4, x(m.At), areaBottom)
		}
	})
	s.beside(func() {
		for _, m := range seenReleases(a) {
			s.over("c-note", max(12, min(areaRight-12, x(m.At))), areaTop-6, "middle", fmt.Sprintf("r%d", m.Number))
		}
		labelBands(s, a, tops)
		s.over("c-note", 0, areaHeight-4, "start", clockFor(from, span))
		s.over("c-note", areaRight, areaHeight-4, "end", clockFor(a.At[len(a.At)-1], span))
	})
	return s.end()
}

// seenReleases are those that went live while the chart lasts.
func seenReleases(a operate.Allocation) []operate.ReleaseMark {
	var out []operate.ReleaseMark
	for _, m := range a.Releases {
		if !m.At.Before(a.At[0]) && !m.At.After(a.At[len(a.At)-1]) {
			out = append(out, m)
		}
	}
	return out
}

// notDrawn says what a chart of so many deliveries waits for.
func notDrawn(deliveries int64) string {
	if deliveries < operate.MinShown {
		return fmt.Sprintf("drawn from %d deliveries on, %s so far", operate.MinShown, operate.SayCount(deliveries))
	}
	return "drawn as soon as there are two moments"
}

// labelBands writes each variant's share now beside the end of its band, where
// the band is high enough to be meant.
func labelBands(s *svg, a operate.Allocation, tops [][]float64) {
	last := len(a.At) - 1
	below := 0.0
	write := func(label, class string, top float64) {
		if (top-below)*(areaBottom-areaTop) >= bandLabel {
			y := areaY((below + top) / 2)
			s.endLabel(class, y, label+" "+operate.SayShare(top-below))
		}
		below = top
	}
	for k := range tops {
		write(a.Series[k].Label, fmt.Sprintf(seriesClass, k+2), tops[k][last])
	}
	write(others, "s0", 1)
}

func areaY(share float64) float64 {
	return areaBottom - share*(areaBottom-areaTop)
}

// stack returns, for each series, the sum of it and those before it. Shares
// that are missing, not numbers or beyond the whole are cut to it.
func stack(a operate.Allocation) [][]float64 {
	tops := make([][]float64, min(maxSeries, len(a.Series)))
	for k := range tops {
		tops[k] = make([]float64, len(a.At))
		for i := range a.At {
			v := 0.0
			if k > 0 {
				v = tops[k-1][i]
			}
			if i < len(a.Series[k].Values) && a.Series[k].Values[i] > 0 {
				v += a.Series[k].Values[i]
			}
			tops[k][i] = min(1, v)
		}
	}
	return tops
}

func allocationLabel(a operate.Allocation) string {
	if len(a.At) < 2 {
		return "Share of traffic by variant over time: not enough yet"
	}
	var parts []string
	for i, s := range a.Series {
		if i < maxSeries && len(s.Values) == len(a.At) {
			parts = append(parts, fmt.Sprintf("%s from %s to %s", s.Label, operate.SayShare(s.Values[0]), operate.SayShare(s.Values[len(s.Values)-1])))
		}
	}
	return "Share of traffic by variant over time: " + strings.Join(parts, ", ")
}

// thin returns at most n indexes of so many, evenly, with the first and last.
func thin(of, n int) []int {
	n = min(of, n)
	out := make([]int, n)
	for i := range out {
		out[i] = i * (of - 1) / max(1, n-1)
	}
	return out
}

// clockFor writes a moment as finely as a span of time deserves.
func clockFor(t time.Time, span time.Duration) string {
	switch {
	case span < 10*time.Minute:
		return t.Format("15:04:05")
	case span < 36*time.Hour:
		return t.Format("15:04")
	}
	return t.Format("2 Jan")
}

// The rate chart's measures in pixels.
const (
	rateRow   = 28
	rateLeft  = 64
	rateRight = 236
)

// rateChart draws the rates of what was learned and of the holdout on one scale
// from zero, each as a dot with its interval. Provisional ones are dashed.
func rateChart(learned, holdout throughline.Number, provisional bool) template.HTML {
	rows := []struct {
		name, class string
		n           throughline.Number
	}{{"learned", "s1", learned}, {"holdout", "sh", holdout}}
	height := len(rows)*rateRow + 18
	s := newSVG("chart rates", chartWidth, height, fmt.Sprintf("Rate learned %s, holdout %s", operate.SayRatio(learned), operate.SayRatio(holdout)))
	top := axisTop(learned, holdout)
	x := func(v float64) float64 { return rateLeft + (rateRight-rateLeft)*max(0, min(1, v/top)) }
	axis := float64(len(rows) * rateRow)
	s.line("axis", rateLeft, 0, rateLeft, axis)
	s.line("axis", rateLeft, axis, rateRight, axis)
	s.text("c-note", rateLeft, axis+14, "middle", "0")
	if learned.N > 0 || holdout.N > 0 {
		s.line("axis", rateRight, axis-3, rateRight, axis)
		s.text("c-note", rateRight, axis+14, "middle", strconv.FormatFloat(100*top, 'f', -1, 64)+"\u202f%")
	}
	for i, r := range rows {
		y := float64(i*rateRow) + rateRow/2
		s.text("c-label", 0, y+4, "start", r.name)
		if r.n.N == 0 {
			s.text("c-note", rateLeft+8, y+4, "start", "no delivery yet")
			continue
		}
		class := "whisker " + r.class
		if provisional {
			class += " provisional"
		}
		s.line(class, x(r.n.Low), y, x(r.n.High), y)
		s.addf(`<circle class="dot %s" cx="%s" cy="%s" r="4"/>`, r.class, px(x(r.n.Value)), px(y))
		s.text("c-value", rateRight+12, y+4, "start", rateWords(r.n, provisional))
	}
	return s.end()
}

// rateWords gives the cases where data are thin, and the rate where not.
func rateWords(n throughline.Number, provisional bool) string {
	if provisional {
		return operate.SayCases(n)
	}
	return operate.SayRatio(n)
}

// axisTop returns the end of a scale from zero that takes both intervals in, a
// round number.
func axisTop(numbers ...throughline.Number) float64 {
	high := 0.0
	for _, n := range numbers {
		if n.N > 0 && n.High > high && !math.IsInf(n.High, 0) {
			high = n.High
		}
	}
	if high <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(high)))
	for _, step := range []float64{1, 1.5, 2, 3, 4, 5, 6, 8} {
		if high <= step*power {
			return min(1, math.Round(step*power*1e9)/1e9)
		}
	}
	return min(1, math.Round(10*power*1e9)/1e9)
}

// spark draws the course of a number, without scale: its value stands beside.
func spark(values []float64) template.HTML {
	const width, height = 72, 20
	s := new(svg)
	s.addf(`<svg class="spark" viewBox="0 0 %d %d" width="%d" height="%d" aria-hidden="true">`, width, height, width, height)
	if len(values) < 2 {
		return s.end()
	}
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	s.WriteString(`<path class="trace" d="`)
	for i, v := range values {
		verb := "L"
		if i == 0 {
			verb = "M"
		}
		y := height / 2.0
		if high > low {
			y = height - 3 - (v-low)/(high-low)*(height-6)
		}
		s.addf("%s%s %s", verb, px(2+float64(i)*(width-4)/float64(len(values)-1)), px(y))
	}
	s.WriteString(`"/>`)
	return s.end()
}

// bar draws a share of the whole.
func bar(share float64, class string) template.HTML {
	return template.HTML(fmt.Sprintf(
		`<svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4"/><rect class="%s" width="%s" height="4"/></svg>`,
		class, px(100*max(0, min(1, share)))))
}
