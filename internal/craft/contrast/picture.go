package contrast

import (
	"image"
	"math"

	"github.com/throughline-engine/throughline"
)

// MaxSamples is how many pixels of a picture are looked at, at most.
const MaxSamples = 1 << 16

// Worst is how a text reads over a picture.
type Worst struct {
	// Ratio is the least contrast ratio of any sample.
	Ratio float64
	// At is the sample, in the coordinates of the picture, and Under its colour
	// over the ground.
	At    image.Point
	Under Color
	// Below is the share of the samples, from 0 to 1, whose ratio is under what
	// was needed: one stray pixel is not a line of text.
	Below float64
	// Samples is how many pixels were looked at.
	Samples int
}

// WorstOver returns how a text reads inside a box of a picture that lies on a
// ground. A box with at most MaxSamples pixels is looked at whole; in a larger
// one the samples are an even grid, so that a line thinner than the grid may
// fall between. It refuses a box that does not lie in the picture.
func WorstOver(picture image.Image, box image.Rectangle, text, ground Color, needs float64) (Worst, error) {
	bounds := picture.Bounds()
	if box.Empty() || !box.In(bounds) {
		return Worst{}, throughline.Errorf(throughline.Invalid, "the text box %v does not lie in the picture %v", box, bounds).
			WithFix("measure the box in pixels of the picture")
	}
	step := stride(box.Dx(), box.Dy())
	worst := Worst{Ratio: math.Inf(1)}
	below := 0
	for y := box.Min.Y + offset(box.Dy(), step); y < box.Max.Y; y += step {
		for x := box.Min.X + offset(box.Dx(), step); x < box.Max.X; x += step {
			under := pixel(picture, x, y).Over(ground)
			ratio := Ratio(text, under)
			worst.Samples++
			if ratio < needs {
				below++
			}
			if ratio < worst.Ratio {
				worst.Ratio, worst.At, worst.Under = ratio, image.Pt(x, y), under
			}
		}
	}
	worst.Below = float64(below) / float64(worst.Samples)
	return worst, nil
}

// stride returns the least step that keeps a grid within MaxSamples.
func stride(width, height int) int {
	step := max(1, int(math.Sqrt(float64(width)*float64(height)/MaxSamples)))
	for (width+step-1)/step*((height+step-1)/step) > MaxSamples {
		step += max(1, step/8)
	}
	return step
}

// offset centres a grid: what the last step leaves over is halved.
func offset(length, step int) int { return (length - 1) % step / 2 }

// pixel returns a pixel without the premultiplication of image/color.
func pixel(picture image.Image, x, y int) Color {
	r, g, b, a := picture.At(x, y).RGBA()
	if a == 0 {
		return Color{}
	}
	full := float64(a)
	return Color{float64(r) / full, float64(g) / full, float64(b) / full, full / 0xffff}
}
