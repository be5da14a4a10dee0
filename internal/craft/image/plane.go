package image

import (
	"math"
	"slices"
)

// plane is a grid of samples of one byte, or of pixels of four.
type plane struct {
	pix    []uint8
	w, h   int
	stride int
	step   int     // bytes of a sample: 1 or 4
	ew, eh float64 // the extent in samples: half of an odd number for chroma
}

func newPlane(w, h, step int) plane {
	return plane{make([]uint8, w*h*step), w, h, w * step, step, float64(w), float64(h)}
}

func (p plane) row(y int) []uint8 { return p.pix[y*p.stride:][: p.w*p.step : p.w*p.step] }

// half returns the plane at half its size, each sample the mean of four.
func (p plane) half() plane {
	out := newPlane((p.w+1)/2, (p.h+1)/2, p.step)
	out.ew, out.eh = p.ew/2, p.eh/2
	for y := range out.h {
		above, below := p.row(2*y), p.row(min(2*y+1, p.h-1))
		if p.step == 1 {
			halve(out.row(y), above, below)
		} else {
			halvePixels(out.row(y), above, below)
		}
	}
	return out
}

func halve(out, above, below []uint8) {
	pairs := len(above) / 2
	above, below = above[:len(above):len(above)], below[:len(above):len(above)]
	for x := range pairs {
		a, b := above[2*x:2*x+2:2*x+2], below[2*x:2*x+2:2*x+2]
		out[x] = uint8((uint(a[0]) + uint(a[1]) + uint(b[0]) + uint(b[1]) + 2) >> 2)
	}
	if pairs < len(out) {
		out[pairs] = uint8((uint(above[2*pairs]) + uint(below[2*pairs]) + 1) >> 1)
	}
}

func halvePixels(out, above, below []uint8) {
	for x := 0; x < len(out); x += 4 {
		left, right := 2*x, 2*x+4
		if right >= len(above) {
			right = left
		}
		for c := range 4 {
			out[x+c] = uint8((uint(above[left+c]) + uint(above[right+c]) + uint(below[left+c]) + uint(below[right+c]) + 2) >> 2)
		}
	}
}

// frame is a part of a picture, each number from 0 to 1.
type frame struct{ x0, y0, x1, y1 float64 }

// kernel is what each sample of a line is made of: taps[i] samples from first[i]
// on, with weights that add up to 1<<14.
type kernel struct {
	first []int
	taps  [][]int32
}

// cubic is the Catmull-Rom spline, which keeps edges sharp with little ringing
// (Keys 1981, a = -1/2).
func cubic(x float64) float64 {
	x = math.Abs(x)
	switch {
	case x < 1:
		return (1.5*x-2.5)*x*x + 1
	case x < 2:
		return ((-.5*x+2.5)*x-4)*x + 2
	}
	return 0
}

// newKernel maps n samples, which cover extent, onto the part from a to b of a
// line with count samples.
func newKernel(n int, extent, a, b float64, count int) kernel {
	k := kernel{make([]int, n), make([][]int32, n)}
	scale := (b - a) / extent
	wide := max(1, scale)
	for i := range n {
		centre := a + (float64(i)+.5)*scale - .5
		from, to := int(math.Ceil(centre-2*wide)), int(math.Floor(centre+2*wide))
		weights := make([]float64, min(count-1, max(0, to))-max(0, min(count-1, from))+1)
		sum := 0.0
		for j := from; j <= to; j++ { // past the edge the last sample goes on
			v := cubic((float64(j) - centre) / wide)
			weights[max(0, min(count-1, j))-max(0, min(count-1, from))] += v
			sum += v
		}
		k.first[i], k.taps[i] = max(0, min(count-1, from)), fixed(weights, sum)
	}
	return k
}

// fixed turns weights into integers that add up to exactly 1<<14.
func fixed(weights []float64, sum float64) []int32 {
	out := make([]int32, len(weights))
	rest, most := int32(1<<14), 0
	for i, v := range weights {
		out[i] = int32(math.Round(v / sum * (1 << 14)))
		rest -= out[i]
		if out[i] > out[most] {
			most = i
		}
	}
	out[most] += rest
	return out
}

// scratch is memory that one rendition leaves to the next.
type scratch struct {
	mid []uint8
	acc []int32
}

// resample returns the part of the plane that lies in a frame as w x h samples
// that cover the extent ew x eh.
func (s *scratch) resample(p plane, f frame, w, h int, ew, eh float64) plane {
	across := newKernel(w, ew, f.x0*p.ew, f.x1*p.ew, p.w)
	down := newKernel(h, eh, f.y0*p.eh, f.y1*p.eh, p.h)
	top := down.first[0]
	bottom := down.first[h-1] + len(down.taps[h-1])
	s.mid = slices.Grow(s.mid[:0], (bottom-top)*w*p.step)[:(bottom-top)*w*p.step]
	for y := top; y < bottom; y++ {
		line := s.mid[(y-top)*w*p.step:][:w*p.step]
		if p.step == 1 {
			across.line(line, p.row(y))
		} else {
			across.pixels(line, p.row(y))
		}
	}
	out := newPlane(w, h, p.step)
	out.ew, out.eh = ew, eh
	s.acc = slices.Grow(s.acc[:0], w*p.step)[:w*p.step]
	for y := range h {
		s.column(out.row(y), down.taps[y], (down.first[y]-top)*w*p.step)
	}
	return out
}

// line resamples one line of samples.
func (k kernel) line(out, in []uint8) {
	for x := range out {
		taps := k.taps[x]
		src := in[k.first[x]:][:len(taps)]
		sum := int32(1 << 13)
		for i, t := range taps {
			sum += t * int32(src[i])
		}
		out[x] = clamp(sum)
	}
}

// pixels resamples one line of pixels of four bytes.
func (k kernel) pixels(out, in []uint8) {
	for x, taps := range k.taps {
		src := in[4*k.first[x]:][: 4*len(taps) : 4*len(taps)]
		a, b, c, d := int32(1<<13), int32(1<<13), int32(1<<13), int32(1<<13)
		for i, t := range taps {
			px := src[4*i : 4*i+4 : 4*i+4]
			a, b, c, d = a+t*int32(px[0]), b+t*int32(px[1]), c+t*int32(px[2]), d+t*int32(px[3])
		}
		o := out[4*x : 4*x+4 : 4*x+4]
		o[0], o[1], o[2], o[3] = clamp(a), clamp(b), clamp(c), clamp(d)
	}
}

// column resamples down into one line.
func (s *scratch) column(out []uint8, taps []int32, off int) {
	acc := s.acc[:len(out)]
	for i := range acc {
		acc[i] = 1 << 13
	}
	for ; len(taps) >= 4; taps = taps[4:] { // four at once: the sums are touched less often
		a, b := s.mid[off:][:len(acc)], s.mid[off+len(out):][:len(acc)]
		c, d := s.mid[off+2*len(out):][:len(acc)], s.mid[off+3*len(out):][:len(acc)]
		ta, tb, tc, td := taps[0], taps[1], taps[2], taps[3]
		for i := range acc {
			acc[i] += ta*int32(a[i]) + tb*int32(b[i]) + tc*int32(c[i]) + td*int32(d[i])
		}
		off += 4 * len(out)
	}
	for _, t := range taps {
		src := s.mid[off:][:len(acc)]
		for i, v := range src {
			acc[i] += t * int32(v)
		}
		off += len(out)
	}
	for i, v := range acc {
		out[i] = clamp(v)
	}
}

func clamp(v int32) uint8 {
	v >>= 14
	if uint32(v) > 255 {
		return uint8(^(v >> 31)) // 0 below, 255 above
	}
	return uint8(v)
}

// turn returns the plane as EXIF's orientation says it is looked at.
func (p plane) turn(orientation int) plane {
	if orientation < 2 {
		return p
	}
	w, h, ew, eh := p.w, p.h, p.ew, p.eh
	if orientation >= 5 {
		w, h, ew, eh = h, w, eh, ew
	}
	out := newPlane(w, h, p.step)
	out.ew, out.eh = ew, eh
	for y := range h {
		row := out.row(y)
		for x := range w {
			sx, sy := stored(orientation, x, y, w, h)
			copy(row[x*p.step:(x+1)*p.step], p.pix[sy*p.stride+sx*p.step:])
		}
	}
	return out
}

// stored returns where a point of an upright picture of w x h stands in the file.
func stored(orientation, x, y, w, h int) (sx, sy int) {
	switch orientation {
	case 2:
		return w - 1 - x, y
	case 3:
		return w - 1 - x, h - 1 - y
	case 4:
		return x, h - 1 - y
	case 5:
		return y, x
	case 6:
		return y, w - 1 - x
	case 7:
		return h - 1 - y, w - 1 - x
	case 8:
		return h - 1 - y, x
	}
	return x, y
}

// turn returns a frame of the upright picture as one of the stored picture.
func (f frame) turn(orientation int) frame {
	switch orientation {
	case 2:
		return frame{1 - f.x1, f.y0, 1 - f.x0, f.y1}
	case 3:
		return frame{1 - f.x1, 1 - f.y1, 1 - f.x0, 1 - f.y0}
	case 4:
		return frame{f.x0, 1 - f.y1, f.x1, 1 - f.y0}
	case 5:
		return frame{f.y0, f.x0, f.y1, f.x1}
	case 6:
		return frame{f.y0, 1 - f.x1, f.y1, 1 - f.x0}
	case 7:
		return frame{1 - f.y1, 1 - f.x1, 1 - f.y0, 1 - f.x0}
	case 8:
		return frame{1 - f.y1, f.x0, 1 - f.y0, f.x1}
	}
	return f
}
