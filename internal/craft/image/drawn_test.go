package image_test

import (
	stdimage "image"
	"math"
	"math/rand/v2"
)

// drawn draws something like a photo: waves of light, hills, discs with edges and
// noise, different for each seed.
func drawn(w, h int, seed uint64) *stdimage.YCbCr {
	r := rand.New(rand.NewPCG(seed, 7))
	m := stdimage.NewYCbCr(stdimage.Rect(0, 0, w, h), stdimage.YCbCrSubsampleRatio420)
	wave := make([]float64, 12)
	for i := range wave {
		wave[i] = r.Float64()*6 + .5
	}
	type disc struct{ x, y, r, light, cb, cr float64 }
	discs := make([]disc, 14)
	for i := range discs {
		discs[i] = disc{r.Float64(), r.Float64(), .03 + .2*r.Float64(), r.Float64()*160 - 80, r.Float64()*120 - 60, r.Float64()*120 - 60}
	}
	cw := (w + 1) / 2
	for y := range h {
		fy := float64(y) / float64(h)
		row := 30 * math.Sin(wave[0]*fy*6+wave[1])
		for x := range w {
			fx := float64(x) / float64(w)
			v, cb, cr := 120+row+25*math.Sin(wave[2]*fx*5+wave[3]*fy*4)+12*math.Sin(wave[4]*(fx+fy)*20), 128+20*fx, 128-20*fy
			for _, d := range discs {
				if dx, dy := fx-d.x, fy-d.y; dx*dx+dy*dy < d.r*d.r {
					v, cb, cr = v+d.light, cb+d.cb, cr+d.cr
				}
			}
			m.Y[y*m.YStride+x] = byte8(v + float64(r.IntN(17)) - 8)
			if x%2 == 0 && y%2 == 0 && x/2 < cw {
				m.Cb[y/2*m.CStride+x/2], m.Cr[y/2*m.CStride+x/2] = byte8(cb), byte8(cr)
			}
		}
	}
	return m
}

func byte8(v float64) uint8 { return uint8(max(0, min(255, v))) }
