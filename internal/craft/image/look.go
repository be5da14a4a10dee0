package image

import (
	"cmp"
	"image"
	"image/color"
	"math"
	"slices"

	"github.com/throughline-engine/throughline/internal/craft/contrast"
)

// Swatch is a colour that takes a share of a picture.
type Swatch struct {
	Color contrast.Color
	Share float64 // from 0 to 1
}

// Swatches returns up to n colours that a picture is mostly of, largest share
// first, read as sRGB at 128 pixels. Colours that few can tell apart are one, and
// what is more than half transparent counts for nothing.
func (p *Picture) Swatches(n int) []Swatch {
	type box struct{ r, g, b, n float64 }
	boxes := map[[3]uint8]*box{}
	total := 0.0
	eachPixel(p.Image(128, 128), func(r, g, b uint8) {
		key := [3]uint8{r >> 4, g >> 4, b >> 4}
		if boxes[key] == nil {
			boxes[key] = &box{}
		}
		boxes[key].r += float64(r)
		boxes[key].g += float64(g)
		boxes[key].b += float64(b)
		boxes[key].n++
		total++
	})
	var all []box
	for _, b := range boxes {
		all = append(all, box{b.r / b.n, b.g / b.n, b.b / b.n, b.n})
	}
	slices.SortFunc(all, func(a, b box) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.r, b.r), cmp.Compare(a.g, b.g), cmp.Compare(a.b, b.b))
	})
	const apart = 48 // of 441 in all
	var merged []box
	for _, b := range all {
		i := slices.IndexFunc(merged, func(m box) bool {
			return math.Hypot(math.Hypot(m.r-b.r, m.g-b.g), m.b-b.b) < apart
		})
		if i < 0 {
			merged = append(merged, b)
			continue
		}
		merged[i].n += b.n
	}
	slices.SortStableFunc(merged, func(a, b box) int { return cmp.Compare(b.n, a.n) })
	var out []Swatch
	for _, m := range merged[:min(n, len(merged))] {
		out = append(out, Swatch{contrast.RGB(uint8(m.r+.5), uint8(m.g+.5), uint8(m.b+.5)), m.n / total})
	}
	return out
}

// eachPixel visits the colours of what is at least half opaque.
func eachPixel(m image.Image, visit func(r, g, b uint8)) {
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA); c.A >= 128 {
				visit(c.R, c.G, c.B)
			}
		}
	}
}

// Light is how light the cells of a grid over a picture are, as relative
// luminance from 0 to 1 (WCAG 2.2), transparency on white.
type Light struct {
	Cols, Rows      int
	Darkest, Lights []float64 // by row: the least and the greatest of each cell
}

// Light measures a picture in cols x rows cells of 8 x 8 samples. A cell is at
// least one sample.
func (p *Picture) Light(cols, rows int) Light {
	cols, rows = max(1, min(cols, 64)), max(1, min(rows, 64))
	const samples = 8
	m := p.sized(frame{0, 0, 1, 1}, cols*samples, rows*samples)
	g := Light{Cols: cols, Rows: rows, Darkest: make([]float64, cols*rows), Lights: make([]float64, cols*rows)}
	for i := range g.Darkest {
		g.Darkest[i] = 1
	}
	back := contrast.RGB(255, 255, 255)
	for y := range rows * samples {
		for x := range cols * samples {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			l := contrast.RGB(c.R, c.G, c.B).WithAlpha(float64(c.A) / 255).Over(back).Luminance()
			i := y/samples*cols + x/samples
			g.Darkest[i], g.Lights[i] = min(g.Darkest[i], l), max(g.Lights[i], l)
		}
	}
	return g
}

// Best returns where a text of a colour reads best in a box of w x h cells: the
// box, in cells, and the least contrast ratio inside it. The box is empty when it
// does not fit.
func (g Light) Best(text contrast.Color, w, h int) (box image.Rectangle, ratio float64) {
	ink := text.Luminance()
	for y := 0; y+h <= g.Rows && w > 0 && h > 0; y++ {
		for x := 0; x+w <= g.Cols; x++ {
			worst := math.Inf(1)
			for i := y; i < y+h; i++ {
				for j := x; j < x+w; j++ {
					worst = min(worst, against(ink, g.Darkest[i*g.Cols+j], g.Lights[i*g.Cols+j]))
				}
			}
			if worst > ratio {
				box, ratio = image.Rect(x, y, x+w, y+h), worst
			}
		}
	}
	return box, ratio
}

// against returns the least contrast ratio of a luminance with a range of them:
// 1 where it lies in it.
func against(ink, low, high float64) float64 {
	switch {
	case ink > high:
		return (ink + .05) / (high + .05)
	case ink < low:
		return (low + .05) / (ink + .05)
	}
	return 1
}
