package web

import (
	"encoding/xml"
	"errors"
	"html/template"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// wellFormed reads an image as XML, which also refuses NaN and Inf as numbers.
func wellFormed(t testing.TB, image template.HTML) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(string(image)))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v in %s", err, image)
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			if a.Name.Local != "aria-label" && (strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf")) {
				t.Fatalf("%s=%q in %s", a.Name.Local, a.Value, image)
			}
		}
	}
}

func allocation(moments int, series ...operate.Share) operate.Allocation {
	a := operate.Allocation{Series: series}
	for i := range moments {
		a.At = append(a.At, time.Unix(int64(60*i), 0).UTC())
	}
	return a
}

func TestAllocationChart(t *testing.T) {
	nan := math.NaN()
	for name, a := range map[string]operate.Allocation{
		"nothing":                 {},
		"one moment":              allocation(1, operate.Share{Label: "A", Values: []float64{1}}),
		"all at one moment":       {At: []time.Time{{}, {}}, Series: []operate.Share{{Label: "A", Values: []float64{1, 1}}}},
		"values missing":          allocation(3, operate.Share{Label: "A", Values: []float64{1}}),
		"not numbers":             allocation(2, operate.Share{Label: "A", Values: []float64{nan, math.Inf(1)}}, operate.Share{Label: "B", Values: []float64{-4, 9}}),
		"more series than colour": allocation(2, make([]operate.Share, 9)...),
		"labels that are markup":  allocation(2, operate.Share{Label: `<b>"&`, Values: []float64{0.5, 0.5}}),
	} {
		t.Run(name, func(t *testing.T) {
			a.Releases = []operate.ReleaseMark{{Number: 3, At: time.Unix(30, 0)}, {Number: 9, At: time.Unix(1e9, 0)}}
			wellFormed(t, allocationChart(a, 300))
		})
	}
	t.Run("bands are stacked to the whole", func(t *testing.T) {
		a := allocation(2, operate.Share{Label: "A", Values: []float64{0.5, 0.1}}, operate.Share{Label: "B", Values: []float64{0.25, 0.9}}, operate.Share{Label: "C", Values: []float64{0.5, 0}})
		want := [][]float64{{0.5, 0.1}, {0.75, 1}, {1, 1}}
		if diff := cmp.Diff(want, stack(a)); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("only bands high enough are labelled, the rest is others", func(t *testing.T) {
		image := string(allocationChart(allocation(2, operate.Share{Label: "A", Values: []float64{0.5, 0.7}}, operate.Share{Label: "B", Values: []float64{0.1, 0.02}}), 300))
		for label, want := range map[string]bool{">A 70": true, ">B 2": false, ">others 28": true} {
			if strings.Contains(image, label) != want {
				t.Errorf("label %q: %t, want %t", label, !want, want)
			}
		}
	})
	t.Run("many moments are thinned, the first and last stay", func(t *testing.T) {
		got := thin(120, 48)
		if len(got) != 48 || got[0] != 0 || got[47] != 119 {
			t.Errorf("picked %v", got)
		}
		for i := 1; i < len(got); i++ {
			if got[i] <= got[i-1] {
				t.Fatalf("picked %v", got)
			}
		}
	})
}

func TestRateChart(t *testing.T) {
	measured := throughline.Number{Value: 0.05, Low: 0.04, High: 0.06, N: 100, Unit: "ratio", Owner: "ada"}
	wild := throughline.Number{Value: math.NaN(), Low: math.Inf(-1), High: math.Inf(1), N: 1, Unit: "ratio", Owner: "ada"}
	for _, pair := range [][2]throughline.Number{{measured, measured}, {{}, {}}, {measured, {}}, {wild, measured}, {wild, wild}} {
		wellFormed(t, rateChart(pair[0], pair[1], false))
		wellFormed(t, rateChart(pair[0], pair[1], true))
	}
	image := string(rateChart(measured, throughline.Number{}, false))
	if !strings.Contains(image, "no delivery yet") || !strings.Contains(image, ">0<") {
		t.Errorf("a rate without data, or zero, is not drawn: %s", image)
	}
	for high, want := range map[float64]float64{0.0005: 0.0005, 0.054: 0.06, 0.06: 0.06, 0.11: 0.15, 0.97: 1, 1: 1, 3: 1, 0: 1} {
		if got := axisTop(throughline.Number{High: high, N: 1}); math.Abs(got-want) > 1e-9 {
			t.Errorf("a scale for %g ends at %g, want %g", high, got, want)
		}
	}
}

// A chart of time is as wide as its column: only what stands for data is
// stretched, so that no text is.
func TestChartsFillTheirColumn(t *testing.T) {
	at := []time.Time{time.Unix(0, 0), time.Unix(60, 0)}
	n := []throughline.Number{{Value: 0.1, Low: 0.05, High: 0.2, N: 50, Owner: "ada"}, {Value: 0.2, Low: 0.1, High: 0.3, N: 50, Owner: "ada"}}
	for name, image := range map[string]template.HTML{
		"shares":         allocationChart(allocation(2, operate.Share{Label: "A", Values: []float64{0.5, 0.7}}), 300),
		"rates":          ratesChart(operate.Rates{At: at, Until: time.Unix(120, 0), Policy: n, Holdout: n}),
		"shares, empty":  allocationChart(operate.Allocation{}, 0),
		"rates, too few": ratesChart(operate.Rates{At: at, Until: time.Unix(120, 0), Policy: make([]throughline.Number, 2), Holdout: make([]throughline.Number, 2)}),
	} {
		t.Run(name, func(t *testing.T) {
			wellFormed(t, image)
			if !strings.HasPrefix(string(image), `<svg class="chart area" width="100%"`) {
				t.Errorf("it has a width of its own: %.80s", image)
			}
			_, rest, _ := strings.Cut(string(image), `preserveAspectRatio="none"`)
			if stretched, _, _ := strings.Cut(rest, "</svg>"); strings.Contains(stretched, "<text") || strings.Contains(stretched, "<circle") {
				t.Errorf("what is stretched holds a text or a dot: %s", stretched)
			}
			if name == "rates" && !strings.Contains(string(image), ">0</text>") {
				t.Error("the scale does not say that it begins at zero")
			}
		})
	}
}

func TestSparkAndBar(t *testing.T) {
	for _, values := range [][]float64{nil, {1}, {1, 1, 1}, {0, 5, -5}} {
		wellFormed(t, spark(values))
	}
	for share, want := range map[float64]string{-1: `width="0"`, 0.25: `width="25"`, 7: `width="100"`} {
		if got := string(bar(share, "s1")); !strings.Contains(got, want) {
			t.Errorf("a share of %g is drawn as %s", share, got)
		}
	}
}
