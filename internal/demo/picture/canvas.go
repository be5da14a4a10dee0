package picture

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// point is a place on the canvas, or a distance; y grows downwards.
type point struct{ x, y float64 }

// shape is closed outlines that are filled as one.
type shape [][]point

// canvas is a picture in units of its own: h is 900 whatever the size, and w
// follows from the aspect.
type canvas struct {
	img   *image.RGBA
	w, h  float64
	scale float64 // pixels a unit
	chance
}

func newCanvas(width, height int) *canvas {
	return &canvas{
		img: image.NewRGBA(image.Rect(0, 0, width, height)), scale: float64(height) / logicalHeight,
		w: logicalHeight * float64(width) / float64(height), h: logicalHeight, chance: 1,
	}
}

// fill paints a shape.
func (c *canvas) fill(paint rgba, s shape) {
	bounds := s.bounds(c.scale).Intersect(c.img.Bounds())
	if bounds.Empty() {
		return
	}
	r := vector.NewRasterizer(bounds.Dx(), bounds.Dy())
	left, top := float64(bounds.Min.X), float64(bounds.Min.Y)
	for _, outline := range s {
		for i, p := range outline {
			x, y := float32(p.x*c.scale-left), float32(p.y*c.scale-top)
			if i == 0 {
				r.MoveTo(x, y)
			} else {
				r.LineTo(x, y)
			}
		}
		r.ClosePath()
	}
	r.DrawOp = draw.Over
	r.Draw(c.img, bounds, image.NewUniform(paint), image.Point{})
}

// ground paints the whole canvas.
func (c *canvas) ground(paint rgba) { c.fill(paint, rect(0, 0, c.w, c.h)) }

// bands paints stripes from one height to another, one paint after the other.
func (c *canvas) bands(from, to float64, paints ...rgba) {
	step := (to - from) / float64(len(paints))
	for i, p := range paints {
		// Each reaches to the end, so that no seam shows between two.
		c.fill(p, rect(0, from+float64(i)*step, c.w, to-from-float64(i)*step))
	}
}

// bounds is the part of the picture that a shape may touch.
func (s shape) bounds(scale float64) image.Rectangle {
	low, high := point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, outline := range s {
		for _, p := range outline {
			low = point{min(low.x, p.x), min(low.y, p.y)}
			high = point{max(high.x, p.x), max(high.y, p.y)}
		}
	}
	if low.x > high.x {
		return image.Rectangle{}
	}
	return image.Rect(int(math.Floor(low.x*scale)), int(math.Floor(low.y*scale)), int(math.Ceil(high.x*scale))+1, int(math.Ceil(high.y*scale))+1)
}

func rect(x, y, w, h float64) shape {
	return shape{{{x, y}, {x, y + h}, {x + w, y + h}, {x + w, y}}}
}

func poly(points ...point) shape { return shape{points} }

func circle(x, y, r float64) shape { return ellipse(x, y, r, r) }

func ellipse(x, y, rx, ry float64) shape {
	outline := make([]point, samplesPerFullCircle)
	for i := range outline {
		sin, cos := math.Sincos(-2 * math.Pi * float64(i) / samplesPerFullCircle)
		outline[i] = point{x + rx*cos, y + ry*sin}
	}
	return shape{outline}
}

// rounded is a rectangle with round corners.
func rounded(x, y, w, h, r float64) shape {
	var outline []point
	for corner, at := range []point{{x + w - r, y + r}, {x + r, y + r}, {x + r, y + h - r}, {x + w - r, y + h - r}} {
		for i := range samplesPerCurve + 1 {
			sin, cos := math.Sincos(-math.Pi / 2 * (float64(corner) + float64(i)/samplesPerCurve))
			outline = append(outline, point{at.x + r*cos, at.y + r*sin})
		}
	}
	return shape{outline}
}

// curve is a smooth line through points (a Catmull-Rom spline).
func curve(points ...point) []point { return spline(points, false) }

// blob is a smooth closed outline through points.
func blob(points ...point) shape { return shape{spline(points, true)} }

func spline(p []point, closed bool) []point {
	n := len(p)
	at := func(i int) point {
		if closed {
			return p[(i%n+n)%n]
		}
		return p[min(max(i, 0), n-1)]
	}
	segments := n - 1
	if closed {
		segments = n
	}
	var out []point
	for i := range segments {
		a, b, c, d := at(i-1), at(i), at(i+1), at(i+2)
		for k := range samplesPerCurve {
			t := float64(k) / samplesPerCurve
			out = append(out, point{catmull(a.x, b.x, c.x, d.x, t), catmull(a.y, b.y, c.y, d.y, t)})
		}
	}
	if !closed {
		out = append(out, p[n-1])
	}
	return out
}

func catmull(a, b, c, d, t float64) float64 {
	return 0.5 * (2*b + (c-a)*t + (2*a-5*b+4*c-d)*t*t + (3*b-a-3*c+d)*t*t*t)
}

// stroke is a line of a width with round ends. Its parts all turn the same way,
// so that where they overlap they do not cancel each other out.
func stroke(width float64, line ...point) shape {
	var s shape
	for i, p := range line {
		s = append(s, circle(p.x, p.y, width/2)...)
		if i == 0 {
			continue
		}
		from := line[i-1]
		dx, dy := p.x-from.x, p.y-from.y
		length := math.Hypot(dx, dy)
		if length == 0 {
			continue
		}
		nx, ny := -dy/length*width/2, dx/length*width/2
		s = append(s, []point{{from.x + nx, from.y + ny}, {p.x + nx, p.y + ny}, {p.x - nx, p.y - ny}, {from.x - nx, from.y - ny}})
	}
	return s
}

// taper is a line that is thick at its start and thin at its end.
func taper(from, to float64, line ...point) shape {
	var s shape
	for i, p := range line {
		width := from + (to-from)*float64(i)/float64(max(1, len(line)-1))
		s = append(s, circle(p.x, p.y, width/2)...)
		if i > 0 {
			s = append(s, stroke(width, line[i-1], p)...)
		}
	}
	return s
}

// below is everything under a wavy line.
func (c *canvas) below(y, height, length, phase float64) shape {
	outline := []point{{c.w + 10, c.h + 10}}
	for x := c.w + 10; x >= -10; x -= 6 {
		outline = append(outline, point{x, y + height*math.Sin(2*math.Pi*x/length+phase)})
	}
	return shape{append(outline, point{-10, c.h + 10})}
}

// under is everything below a line.
func (c *canvas) under(line []point) shape {
	outline := append([]point{{-10, c.h + 10}}, line...)
	return shape{append(outline, point{c.w + 10, c.h + 10})}
}

// turned is a shape turned about a point, clockwise in degrees.
func (s shape) turned(about point, degrees float64) shape {
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	return s.each(func(p point) point {
		x, y := p.x-about.x, p.y-about.y
		return point{about.x + x*cos - y*sin, about.y + x*sin + y*cos}
	})
}

func (s shape) each(move func(point) point) shape {
	out := make(shape, len(s))
	for i, outline := range s {
		out[i] = make([]point, len(outline))
		for j, p := range outline {
			out[i][j] = move(p)
		}
	}
	return out
}

// chance is a generator of numbers that look random and are always the same.
type chance uint64

// next returns a number from low up to high.
func (n *chance) next(low, high float64) float64 {
	*n = *n*6364136223846793005 + 1442695040888963407
	return low + (high-low)*float64(*n>>40)/float64(1<<24)
}
