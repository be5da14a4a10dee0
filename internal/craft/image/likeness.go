package image

import (
	"image"
	"math"
	"math/bits"
	"slices"
)

// side is of the small picture that likeness is judged by.
const side = 64

// Print is what a picture is found again by. Two prints of one picture that was
// compressed, scaled or re-coloured are near; one of a picture that was turned,
// mirrored or cut by more than a tenth is not.
type Print struct {
	// P is the sign of 64 low frequencies of a 32 x 32 picture against their
	// median (pHash, Zauner 2010); D whether each of 8 x 8 samples is lighter than
	// its right neighbour (dHash).
	P, D uint64
	// Luma is the picture at 64 x 64, whatever its shape, for Same to look at; Hues
	// are its colours, at 8 x 8.
	Luma [side * side]uint8
	Hues [hues * hues]Hue
}

// Print returns the print of a picture, upright and on white.
func (p *Picture) Print() Print {
	var out Print
	copy(out.Luma[:], p.luma(side, side))
	out.Hues = p.hues()
	out.P = phash(p.luma(32, 32))
	row := p.luma(9, 8)
	for y := range 8 {
		for x := range 8 {
			if row[9*y+x] > row[9*y+x+1] {
				out.D |= 1 << (8*y + x)
			}
		}
	}
	return out
}

// luma returns the upright picture as w x h samples of luma.
func (p *Picture) luma(w, h int) []uint8 {
	switch m := p.sized(frame{0, 0, 1, 1}, w, h).(type) {
	case *image.YCbCr:
		return m.Y
	case *image.Gray:
		return m.Pix
	case *image.RGBA:
		out := make([]uint8, w*h)
		for i := range out {
			px := m.Pix[4*i:]
			under := uint32(255 - px[3]) // white, where it is transparent
			out[i] = uint8(min(255, (299*uint32(px[0])+587*uint32(px[1])+114*uint32(px[2])+500)/1000+under))
		}
		return out
	}
	return make([]uint8, w*h)
}

// phash returns the signs of the low frequencies of a 32 x 32 picture.
func phash(luma []uint8) uint64 {
	const n = 32
	var cosine [8][n]float64
	for u := range cosine {
		for x := range n {
			cosine[u][x] = math.Cos(math.Pi * (2*float64(x) + 1) * float64(u+1) / (2 * n)) // the first frequency on: the mean says nothing
		}
	}
	var rows [n][8]float64
	for y := range n {
		for u := range 8 {
			for x := range n {
				rows[y][u] += float64(luma[n*y+x]) * cosine[u][x]
			}
		}
	}
	var low [64]float64
	for v := range 8 {
		for u := range 8 {
			for y := range n {
				low[8*v+u] += rows[y][u] * cosine[v][y]
			}
		}
	}
	sorted := slices.Clone(low[:])
	slices.Sort(sorted)
	median := (sorted[31] + sorted[32]) / 2
	var out uint64
	for i, c := range low {
		if c > median {
			out |= 1 << i
		}
	}
	return out
}

// Distance returns how many bits of two hashes differ, from 0 to 64; of two
// unrelated pictures about 32.
func Distance(a, b uint64) int { return bits.OnesCount64(a ^ b) }

// Bands cuts a hash into three parts of 21 bits, leaving one bit out. Two hashes
// that differ in at most two bits have a part alike; of those that differ in three,
// about three in four.
func Bands(hash uint64) (parts [3]uint32) {
	for i := range parts {
		parts[i] = uint32(hash >> (21 * i) & (1<<21 - 1))
	}
	return parts
}

// The limits that Same goes by, chosen on drawn pictures: see TestLikeness.
const (
	NearBits = 14  // of P or of D, at most, for a candidate; 8 finds all copies but cut ones
	sameSSIM = .80 // of the better alignment, at least
)

// Same reports whether two prints are of one picture, and how alike they are: the
// structural similarity (Wang et al. 2004) of the best of a few alignments, up to
// 1. An alignment cuts up to a tenth from one side of either picture, so that a
// copy that was cropped a little is found. Pictures of one structure and other
// colours are not the same, unless one is the other in shades of a single colour.
func (p *Print) Same(other *Print) (alike float64, same bool) {
	alike = ssim(&p.Luma, &other.Luma)
	if alike < sameSSIM {
		alike = max(alike, aligned(&p.Luma, &other.Luma), aligned(&other.Luma, &p.Luma))
	}
	return alike, alike >= sameSSIM && p.coloured(other)
}

// aligned returns how alike b is to the best crop of a, found side by side: the
// sides hardly depend on each other, so that two rounds do.
func aligned(a, b *[side * side]uint8) float64 {
	var cut [4]float64 // left, top, right, bottom
	best := 0.0
	for range 2 {
		for i := range cut {
			keep := cut[i]
			for _, c := range []float64{0, .02, .04, .06, .08, .1} {
				cut[i] = c
				part := crop(a, cut[0], cut[1], 1-cut[2], 1-cut[3])
				if alike := ssim(&part, b); alike > best {
					best, keep = alike, c
				}
			}
			cut[i] = keep
		}
	}
	return best
}

// crop scales a part of a small picture up to its size, bilinearly.
func crop(in *[side * side]uint8, x0, y0, x1, y1 float64) (out [side * side]uint8) {
	var at [side]int
	var part [side]float32
	for x := range side {
		f := x0*side + (float64(x)+.5)*(x1-x0) - .5
		f = max(0, min(side-1.001, f))
		at[x], part[x] = int(f), float32(f-math.Floor(f))
	}
	for y := range side {
		f := max(0, min(side-1.001, y0*side+(float64(y)+.5)*(y1-y0)-.5))
		top, down := int(f)*side, float32(f-math.Floor(f))
		for x := range side {
			i, p := top+at[x], part[x]
			above := float32(in[i])*(1-p) + float32(in[i+1])*p
			below := float32(in[i+side])*(1-p) + float32(in[i+side+1])*p
			out[y*side+x] = uint8(above*(1-down) + below*down + .5)
		}
	}
	return out
}

// ssim returns the mean structural similarity over windows of 8 x 8, each moved by
// 8, without the term for lightness, so that a copy that is lighter is still one.
func ssim(a, b *[side * side]uint8) float64 {
	const (
		window = 8
		c2     = (0.03 * 255) * (0.03 * 255)
	)
	sum := 0.0
	for y := 0; y < side; y += window {
		for x := 0; x < side; x += window {
			var sa, sb, saa, sbb, sab int
			for i := y; i < y+window; i++ {
				ra, rb := a[i*side+x:][:window], b[i*side+x:][:window]
				for j, va := range ra {
					va, vb := int(va), int(rb[j])
					sa, sb, saa, sbb, sab = sa+va, sb+vb, saa+va*va, sbb+vb*vb, sab+va*vb
				}
			}
			n := float64(window * window)
			ma, mb := float64(sa)/n, float64(sb)/n
			va, vb, cov := float64(saa)/n-ma*ma, float64(sbb)/n-mb*mb, float64(sab)/n-ma*mb
			sum += (2*cov + c2) / (va + vb + c2)
		}
	}
	return sum / (side / window * side / window)
}
