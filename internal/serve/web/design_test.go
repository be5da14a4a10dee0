package web

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"testing"
)

// The colours are judged from the style sheet itself: contrast by WCAG 2.2, and
// whether series can be told apart by people who see fewer colours.

type colour struct{ l, c, h float64 }

var token = regexp.MustCompile(`--([a-z0-9-]+): light-dark\(oklch\(([0-9.]+) ([0-9.]+) ([0-9.]+)\), oklch\(([0-9.]+) ([0-9.]+) ([0-9.]+)\)\)`)

// tokens returns the colours of the light and the dark theme by name.
func tokens(t testing.TB) (themes [2]map[string]colour) {
	t.Helper()
	sheet, err := assetFiles.ReadFile("assets/throughline.css")
	if err != nil {
		t.Fatal(err)
	}
	themes = [2]map[string]colour{{}, {}}
	for _, m := range token.FindAllStringSubmatch(string(sheet), -1) {
		var n [6]float64
		for i := range n {
			if n[i], err = strconv.ParseFloat(m[i+2], 64); err != nil {
				t.Fatal(err)
			}
		}
		themes[0][m[1]] = colour{n[0], n[1], n[2]}
		themes[1][m[1]] = colour{n[3], n[4], n[5]}
	}
	if len(themes[0]) < 20 {
		t.Fatalf("only %d tokens were read", len(themes[0]))
	}
	return themes
}

// linear returns the colour in linear sRGB, cut to what a screen can show. The
// matrices are those of Ottosson's OKLab.
func (c colour) linear() [3]float64 {
	a, b := c.c*math.Cos(c.h*math.Pi/180), c.c*math.Sin(c.h*math.Pi/180)
	l := math.Pow(c.l+0.3963377774*a+0.2158037573*b, 3)
	m := math.Pow(c.l-0.1055613458*a-0.0638541728*b, 3)
	s := math.Pow(c.l-0.0894841775*a-1.2914855480*b, 3)
	out := [3]float64{
		4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s,
	}
	for i := range out {
		out[i] = max(0, min(1, out[i]))
	}
	return out
}

func oklab(c [3]float64) [3]float64 {
	l := math.Cbrt(0.4122214708*c[0] + 0.5363325363*c[1] + 0.0514459929*c[2])
	m := math.Cbrt(0.2119034982*c[0] + 0.6806995451*c[1] + 0.1073969566*c[2])
	s := math.Cbrt(0.0883024619*c[0] + 0.2817188376*c[1] + 0.6299787005*c[2])
	return [3]float64{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

func contrast(a, b colour) float64 {
	lum := func(c colour) float64 {
		v := c.linear()
		return 0.2126*v[0] + 0.7152*v[1] + 0.0722*v[2]
	}
	x, y := lum(a), lum(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestTheMeasureOfContrastKnowsBlackOnWhite(t *testing.T) {
	white, black, grey := colour{1, 0, 0}, colour{0, 0, 0}, colour{0.5999, 0, 0}
	if got := contrast(white, black); math.Abs(got-21) > 0.01 {
		t.Errorf("black on white is %.2f, want 21", got)
	}
	if got := contrast(white, grey); math.Abs(got-3.95) > 0.1 { // #808080 on white is 3.95
		t.Errorf("mid grey on white is %.2f, want 3.95", got)
	}
}

func TestContrast(t *testing.T) {
	pairs := []struct {
		front, back string
		least       float64
	}{
		{"text", "surface", 7},
		{"text", "raised", 7},
		{"text", "sunken", 7},
		{"soft", "surface", 4.5},
		{"soft", "raised", 4.5},
		{"soft", "sunken", 4.5},
		{"text", "warn-surface", 4.5},
		{"text", "bad-surface", 4.5},
		{"text", "flash", 4.5},
		{"soft", "flash", 4.5},
		{"act", "surface", 4.5},
		{"act", "raised", 4.5},
		{"on-act", "act", 4.5},
		{"surface", "text", 4.5},
		{"line", "surface", 3},
		{"line", "raised", 3},
		{"ok", "surface", 3},
		{"warn", "surface", 3},
		{"bad", "surface", 3},
		{"warn", "warn-surface", 3},
		{"bad", "bad-surface", 3},
		{"series-1", "surface", 3},
		{"series-2", "surface", 3},
		{"series-3", "surface", 3},
		{"series-4", "surface", 3},
		{"series-5", "surface", 3},
		{"series-6", "surface", 3},
		{"series-holdout", "surface", 3},
		{"series-1", "series-others", 2},
		{"surface", "bad", 3},
	}
	for i, theme := range tokens(t) {
		for _, p := range pairs {
			front, ok := theme[p.front]
			back, ok2 := theme[p.back]
			if !ok || !ok2 {
				t.Fatalf("no token %s or %s", p.front, p.back)
			}
			if got := contrast(front, back); got < p.least {
				t.Errorf("%s theme: %s on %s is %.2f, at least %.1f", []string{"light", "dark"}[i], p.front, p.back, got, p.least)
			}
		}
	}
}

// sights are how people see: with all cones, without the long, the middle or
// the short ones. Matrices for linear RGB by Machado, Oliveira and Fernandes
// (2009), severity 1.
var sights = map[string][3][3]float64{
	"all cones":    {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protanopia":   {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deuteranopia": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritanopia":   {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// apart is how far two colours are for a sight, in OKLab: 0.02 is just seen
// side by side.
func apart(a, b colour, sight [3][3]float64) float64 {
	see := func(c colour) [3]float64 {
		in := c.linear()
		var out [3]float64
		for i := range out {
			out[i] = max(0, min(1, sight[i][0]*in[0]+sight[i][1]*in[1]+sight[i][2]*in[2]))
		}
		return oklab(out)
	}
	x, y := see(a), see(b)
	return math.Hypot(math.Hypot(x[0]-y[0], x[1]-y[1]), x[2]-y[2])
}

func TestSeriesCanBeToldApartByEverybody(t *testing.T) {
	const least = 0.08 // four times what is just seen
	names := []string{"series-1", "series-2", "series-3", "series-4", "series-5", "series-6", "series-holdout"}
	for i, theme := range tokens(t) {
		for name, sight := range sights {
			for a := range names {
				for b := range a {
					if got := apart(theme[names[a]], theme[names[b]], sight); got < least {
						t.Errorf("theme %d, %s: %s and %s are %.3f apart, at least %.2f", i, name, names[a], names[b], got, least)
					}
				}
			}
		}
	}
	red, green := colour{0.6, 0.15, 29}, colour{0.6, 0.15, 130} // the pair that this test must refuse
	if got := apart(red, green, sights["deuteranopia"]); got >= least {
		t.Errorf("a red and a green of one lightness are %s apart without middle cones: the test cannot fail", fmt.Sprintf("%.3f", got))
	}
}
