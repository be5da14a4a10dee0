package contrast_test

import (
	"encoding/json"
	"image"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/contrast"
)

// judged is testdata/colors.json, which tools/oracle/colors.mjs writes.
type judged struct {
	By     string `json:"by"`
	Colors []struct {
		Space      contrast.Space `json:"space"`
		Components []float64      `json:"components"`
		Inside     bool           `json:"inside"`
		RGB        [3]float64     `json:"rgb"`
	} `json:"colors"`
	Pairs []struct {
		A     string  `json:"a"`
		B     string  `json:"b"`
		Ratio float64 `json:"ratio"`
	} `json:"pairs"`
	Dark []struct {
		From string     `json:"from"`
		To   [3]float64 `json:"to"`
	} `json:"dark"`
}

func oracle(t *testing.T) judged {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "colors.json"))
	if err != nil {
		t.Fatal(err)
	}
	var j judged
	if err := json.Unmarshal(b, &j); err != nil {
		t.Fatal(err)
	}
	if len(j.Colors) < 600 || len(j.Pairs) < 30 || len(j.Dark) < 30 {
		t.Fatalf("%d colours, %d pairs and %d darkened judge nothing", len(j.Colors), len(j.Pairs), len(j.Dark))
	}
	return j
}

func parse(t *testing.T, s string) contrast.Color {
	t.Helper()
	c, err := contrast.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// off is the largest difference of a component, in steps of a byte.
func off(c contrast.Color, want [3]float64) float64 {
	return 255 * max(math.Abs(c.R-want[0]), math.Abs(c.G-want[1]), math.Abs(c.B-want[2]))
}

func TestFrom_isWhatAnotherImplementationSays(t *testing.T) {
	seen := map[contrast.Space]int{}
	for _, tt := range oracle(t).Colors {
		got, err := contrast.From(tt.Space, tt.Components, 1)
		if err != nil {
			t.Fatal(err)
		}
		limit := 0.05
		if !tt.Inside {
			limit = 1 // two searches by halves end near each other
		}
		if d := off(got, tt.RGB); d > limit {
			t.Errorf("%s %v is %v, want %v: %.2f steps off", tt.Space, tt.Components, got, tt.RGB, d)
		}
		seen[tt.Space]++
	}
	for _, s := range contrast.Spaces() {
		if seen[s] == 0 {
			t.Errorf("no colour in %s was judged", s)
		}
	}
}

func TestFrom_theJudgeCatchesAWrongSpace(t *testing.T) {
	caught := 0
	for _, tt := range oracle(t).Colors {
		if tt.Space != contrast.DisplayP3 {
			continue
		}
		wrong, err := contrast.From(contrast.SRGB, tt.Components, 1)
		if err != nil {
			t.Fatal(err)
		}
		if off(wrong, tt.RGB) > 1 {
			caught++
		}
	}
	if caught < 40 {
		t.Errorf("reading display-p3 as srgb was caught %d times", caught)
	}
}

func TestFrom_refuses(t *testing.T) {
	tests := []struct {
		name       string
		space      contrast.Space
		components []float64
		alpha      float64
		says       string
	}{
		{"a space that is none", "cmyk", []float64{0, 0, 0}, 1, `no colour space "cmyk"`},
		{"two components", contrast.SRGB, []float64{0, 0}, 1, "2 components"},
		{"a lightness over 100", contrast.HSL, []float64{0, 0, 101}, 1, "goes from 0 to 100"},
		{"an oklch lightness in percent", contrast.OKLCH, []float64{60, 0.1, 20}, 1, "goes from 0 to 1"},
		{"bytes as srgb", contrast.SRGB, []float64{255, 0, 0}, 1, "component 1"},
		{"an endless component", contrast.Lab, []float64{50, math.Inf(1), 0}, 1, "component 2"},
		{"an alpha over 1", contrast.SRGB, []float64{0, 0, 0}, 2, "alpha"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := contrast.From(tt.space, tt.components, tt.alpha)
			if throughline.CodeOf(err) != throughline.Invalid || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("says %v, want %q", err, tt.says)
			}
		})
	}
}

func TestParse(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"three digits", "#07f", "#0077ff"},
		{"four digits", "#07f8", "#0077ff88"},
		{"eight digits", "#0077FF80", "#0077ff80"},
		{"a name whatever its case", "RebeccaPurple", "#663399"},
		{"a name that begins another", "aqua", "#00ffff"},
		{"the last name", "yellowgreen", "#9acd32"},
		{"transparent", "transparent", "#00000000"},
		{"bytes with commas", "rgb(255, 99, 71)", "#ff6347"},
		{"bytes with an opacity", "rgba(0,0,0,.5)", "#00000080"},
		{"percentages", "rgb(100% 0% 50%)", "#ff0080"},
		{"what is beyond a byte is the byte", "rgb(300 -5 0)", "#ff0000"},
		{"a hue below zero", "hsl(-120 100% 25%)", "#000080"},
		{"saturation beyond all", "hsl(120deg, 120%, 50%)", "#00ff00"},
		{"whiteness", "hwb(194 0% 0%)", "#00c3ff"},
		{"nothing as zero", "hsl(none 0% 50%)", "#808080"},
		// The values of the examples in CSS Color 4, sections 9 and 10.
		{"lab", "lab(29.2345% 39.3825 20.0664)", "#7d2329"},
		{"lch", "lch(52.2345% 72.2 56.2)", "#c65d06"},
		{"oklab", "oklab(40.101% 0.1147 0.0453)", "#7d2329"},
		{"oklch", "oklch(59.686% 0.15619 49.7694)", "#c65d06"},
		{"a space by name", "color(display-p3 0 0 0 / 40%)", "#00000066"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := parse(t, tt.in).Hex(); got != tt.want {
				t.Errorf("%s is %s, want %s", tt.in, got, tt.want)
			}
		})
	}
	for _, bad := range []string{
		"", "#", "#12", "#12345", "#ggg", "blurple", "ffffff", "ffebcd", "rgb(1,2)", "rgb(a,b,c)", "rgb(1 2 3", "rgb(1 2 3)x", "var(--a)", "currentcolor",
		"color(srgb 1 2)", "color(hsl 1 2 3)", "srgb(1 2 3)", "hsl(50% 1% 1%)", "rgb(0x1 2 3)", "rgb(1_0 2 3)", "rgb(inf 2 3)", "rgb(1 2 3 4 5)", strings.Repeat("#", 500),
	} {
		if c, err := contrast.Parse(bad); throughline.CodeOf(err) != throughline.Invalid {
			t.Errorf("%q is read as %v, %v", bad, c, err)
		}
	}
}

func TestRatio(t *testing.T) {
	// Published: W3C's understanding documents and the figures that checkers of
	// the web agree on, cut to two decimals as they print them.
	for _, tt := range []struct {
		text, ground string
		want         float64
	}{
		{"#000", "#fff", 21},
		{"#fff", "#fff", 1},
		{"#767676", "#fff", 4.54},
		{"#777", "#fff", 4.47}, // 4.478, which does not reach 4.5 however it is rounded
		{"#949494", "#fff", 3.03},
		{"#959595", "#fff", 2.99},
		{"#f00", "#fff", 3.99},
		{"#0000ff", "#fff", 8.59},
		{"rgba(0,0,0,.5)", "#fff", 3.97},
	} {
		got := contrast.Ratio(parse(t, tt.text), parse(t, tt.ground))
		if math.Abs(math.Floor(got*100)/100-tt.want) > 0.011 {
			t.Errorf("%s on %s has %.3f, want %.2f", tt.text, tt.ground, got, tt.want)
		}
	}
	for _, p := range oracle(t).Pairs {
		if got := contrast.Ratio(parse(t, p.A), parse(t, p.B)); math.Abs(got-p.Ratio) > 0.002*p.Ratio {
			t.Errorf("%s on %s has %.4f, want %.4f", p.A, p.B, got, p.Ratio)
		}
	}
	if contrast.Ratio(parse(t, "#777"), parse(t, "#fff")) >= contrast.Text.Needs() {
		t.Error("#777 on white is taken for enough")
	}
	if contrast.Ratio(parse(t, "#767676"), parse(t, "#fff")) < contrast.Text.Needs() {
		t.Error("#767676 on white is taken for too little")
	}
}

func TestUseOf(t *testing.T) {
	for _, tt := range []struct {
		px   float64
		bold bool
		want contrast.Use
	}{{16, false, contrast.Text}, {23.9, false, contrast.Text}, {24, false, contrast.Large}, {18.6, true, contrast.Text}, {18.67, true, contrast.Large}} {
		if got := contrast.UseOf(tt.px, tt.bold); got != tt.want {
			t.Errorf("%g px, bold %v: %s", tt.px, tt.bold, got)
		}
	}
	if contrast.Large.Needs() != 3 || contrast.UI.Needs() != 3 || contrast.Use("").Needs() != 4.5 {
		t.Error("the limits are not those of WCAG 2.2 AA")
	}
}

func TestOver(t *testing.T) {
	half := parse(t, "rgba(255,0,0,.5)")
	if got := half.Over(parse(t, "#00f")).Hex(); got != "#800080" {
		t.Errorf("half red over blue is %s", got)
	}
	if got := half.Over(contrast.Color{}); math.Abs(got.A-.5) > 1e-9 || got.Hex() != "#ff000080" {
		t.Errorf("half red over nothing is %s", got.Hex())
	}
	if got := half.CSS(); got != "rgba(255, 0, 0, 0.5)" {
		t.Errorf("half red is written %s", got)
	}
}

func TestInvert(t *testing.T) {
	tests := []struct {
		name               string
		how                contrast.Inversion
		text, ground       string
		wantText, wantBack string
	}{
		{"white becomes the grey of the reading pane and black white", contrast.Full, "#000", "#fff", "#ffffff", "#333333"},
		{"a dark design becomes light where all is turned", contrast.Full, "#fff", "#111111", "#333333", "#f3f3f3"},
		{"a dark design stays where only light grounds are turned", contrast.Partial, "#fff", "#111111", "#ffffff", "#111111"},
		{"light text on a light ground stays light", contrast.Partial, "#eeeeee", "#fff", "#eeeeee", "#333333"},
		{"an unknown way leaves all", "none", "#000", "#fff", "#000000", "#ffffff"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, ground := contrast.Invert(parse(t, tt.text), parse(t, tt.ground), tt.how)
			if text.Hex() != tt.wantText || ground.Hex() != tt.wantBack {
				t.Errorf("%s on %s, want %s on %s", text.Hex(), ground.Hex(), tt.wantText, tt.wantBack)
			}
		})
	}
	for _, d := range oracle(t).Dark {
		_, got := contrast.Invert(parse(t, "#000"), parse(t, d.From), contrast.Full)
		if n := off(got, [3]float64{d.To[0] / 255, d.To[1] / 255, d.To[2] / 255}); n > 1.5 {
			t.Errorf("%s becomes %s, want %v", d.From, got.Hex(), d.To)
		}
	}
	t.Run("a pair that reads well can be lost by inversion", func(t *testing.T) {
		text, ground := parse(t, "#ffffff"), parse(t, "#767676")
		if contrast.Ratio(text, ground) < 4.5 {
			t.Fatal("the pair is no good to begin with")
		}
		if got := contrast.Ratio(contrast.Invert(text, ground, contrast.Full)); got >= 4.5 {
			t.Errorf("the ratio is still %.2f", got)
		}
	})
}

func TestWorstOver(t *testing.T) {
	white, black := contrast.RGB(255, 255, 255), contrast.RGB(0, 0, 0)
	picture := image.NewNRGBA(image.Rect(10, 10, 210, 110))
	for y := 10; y < 110; y++ {
		for x := 10; x < 210; x++ {
			picture.Set(x, y, color.White)
		}
	}
	t.Run("on white alone black has all the contrast there is", func(t *testing.T) {
		w, err := contrast.WorstOver(picture, picture.Bounds(), black, white, 4.5)
		if err != nil || math.Abs(w.Ratio-21) > 1e-9 || w.Below != 0 || w.Samples != 200*100 {
			t.Errorf("%+v, %v", w, err)
		}
	})
	t.Run("one dark pixel is found, and is a small share", func(t *testing.T) {
		picture.Set(57, 93, color.NRGBA{40, 40, 40, 255})
		w, err := contrast.WorstOver(picture, picture.Bounds(), black, white, 4.5)
		if err != nil || w.At != image.Pt(57, 93) || w.Ratio > 2 || w.Below != 1.0/20000 || w.Under.Hex() != "#282828" {
			t.Errorf("%+v, %v", w, err)
		}
	})
	t.Run("outside the box nothing counts", func(t *testing.T) {
		w, err := contrast.WorstOver(picture, image.Rect(60, 10, 210, 110), black, white, 4.5)
		if err != nil || w.Below != 0 {
			t.Errorf("%+v, %v", w, err)
		}
	})
	t.Run("where the picture lets through, its ground is seen", func(t *testing.T) {
		clear := image.NewNRGBA(image.Rect(0, 0, 4, 4))
		if w, err := contrast.WorstOver(clear, clear.Bounds(), white, black, 4.5); err != nil || math.Abs(w.Ratio-21) > 1e-9 {
			t.Errorf("%+v, %v", w, err)
		}
		if w, err := contrast.WorstOver(clear, clear.Bounds(), white, white, 4.5); err != nil || w.Below != 1 {
			t.Errorf("%+v, %v", w, err)
		}
	})
	t.Run("a large box costs no more than the samples", func(t *testing.T) {
		for _, box := range []image.Rectangle{image.Rect(0, 0, 50000, 50000), image.Rect(0, 0, 1, 3000000), image.Rect(0, 0, 4000, 3000)} {
			w, err := contrast.WorstOver(image.NewUniform(color.White), box, black, white, 4.5)
			if err != nil || w.Samples > contrast.MaxSamples || w.Samples < contrast.MaxSamples/3 {
				t.Errorf("%v: %d samples, %v", box, w.Samples, err)
			}
		}
	})
	for _, box := range []image.Rectangle{{}, image.Rect(0, 0, 20, 20), image.Rect(200, 100, 211, 110)} {
		if _, err := contrast.WorstOver(picture, box, black, white, 4.5); throughline.CodeOf(err) != throughline.Invalid {
			t.Errorf("the box %v is accepted", box)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"#fff", "tomato", "rgb(1 2 3 / 4%)", "color(display-p3 1 0 none)", "oklch(60% 0.3 20)", "hsl(1e300 1% 1%)", "lab(50% 9e9 -9e9)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := contrast.Parse(s)
		if err != nil {
			return
		}
		for _, v := range []float64{c.R, c.G, c.B, c.A} {
			if !(v >= 0 && v <= 1) {
				t.Fatalf("%q is %v", s, c)
			}
		}
		again, err := contrast.Parse(c.Hex())
		if err != nil || again.Hex() != c.Hex() {
			t.Fatalf("%q is %s, which is read as %v, %v", s, c.Hex(), again, err)
		}
		if r := contrast.Ratio(c, again); !(r >= 1 && r <= 21.001) {
			t.Fatalf("%q has a ratio of %g", s, r)
		}
	})
}
