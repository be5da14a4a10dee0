package image_test

import (
	"bytes"
	stdimage "image"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	"golang.org/x/image/draw"

	"github.com/throughline-engine/throughline/internal/craft/contrast"
	"github.com/throughline-engine/throughline/internal/craft/image"
)

func printOf(m stdimage.Image) *image.Print {
	p := image.FromImage(m).Print()
	return &p
}

// changed are copies of a picture as they come up in a library.
func changed(t testing.TB, src *stdimage.YCbCr) map[string]stdimage.Image {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, src, &jpeg.Options{Quality: 20}); err != nil {
		t.Fatal(err)
	}
	compressed, err := jpeg.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	small := stdimage.NewRGBA(stdimage.Rect(0, 0, w/5, h/5))
	draw.ApproxBiLinear.Scale(small, small.Rect, src, src.Rect, draw.Src, nil)
	wide := stdimage.NewRGBA(stdimage.Rect(0, 0, w/2, h/3))
	draw.CatmullRom.Scale(wide, wide.Rect, src, src.Rect, draw.Src, nil)
	light, sepia := stdimage.NewYCbCr(src.Rect, src.SubsampleRatio), stdimage.NewYCbCr(src.Rect, src.SubsampleRatio)
	for i, v := range src.Y {
		light.Y[i] = byte8(float64(v)*.8 + 40)
	}
	copy(light.Cb, src.Cb)
	copy(light.Cr, src.Cr)
	copy(sepia.Y, src.Y)
	for i := range sepia.Cb {
		sepia.Cb[i], sepia.Cr[i] = 100, 150
	}
	return map[string]stdimage.Image{
		"compressed at quality 20":      compressed,
		"a fifth of the size":           small,
		"of another shape":              wide,
		"lighter and flatter":           light,
		"sepia":                         sepia,
		"cut by 4 percent on each side": src.SubImage(stdimage.Rect(w*4/100, h*4/100, w*96/100, h*96/100)),
		"cut by 8 percent on one side":  src.SubImage(stdimage.Rect(0, 0, w*92/100, h)),
	}
}

// candidate is what the index is asked for: near in either hash.
func candidate(a, b *image.Print, radius int) bool {
	return image.Distance(a.P, b.P) <= radius || image.Distance(a.D, b.D) <= radius
}

func TestLikeness(t *testing.T) {
	const pictures = 24
	var originals []*image.Print
	found, total := map[string]int{}, 0
	for seed := range uint64(pictures) {
		src := drawn(320, 240, seed)
		original := printOf(src)
		originals = append(originals, original)
		if seed >= 8 {
			continue
		}
		total++
		for name, m := range changed(t, src) {
			p := printOf(m)
			if _, same := original.Same(p); same && candidate(original, p, image.NearBits) {
				found[name]++
			} else {
				alike, _ := original.Same(p)
				t.Logf("seed %d %s: P %d, D %d, alike %.2f", seed, name, image.Distance(original.P, p.P), image.Distance(original.D, p.D), alike)
			}
		}
	}
	for name, n := range found {
		t.Run("a copy is found when it is "+name, func(t *testing.T) {
			// A cut may move a hash over the limit; what is promised is most of them.
			least := total
			if name[:3] == "cut" {
				least = total * 2 / 3
			}
			if n < least {
				t.Errorf("%d of %d", n, total)
			}
		})
	}
	t.Run("different pictures are not the same", func(t *testing.T) {
		var near [4]int
		for i, a := range originals {
			for _, b := range originals[:i] {
				for j, radius := range []int{8, 12, 14, 16} {
					if candidate(a, b, radius) {
						near[j]++
					}
				}
				if alike, same := a.Same(b); same {
					t.Errorf("alike %.2f", alike)
				}
			}
		}
		t.Logf("of %d pairs, near in a hash at 8, 12, 14, 16 bits: %v; confirmed: none", pictures*(pictures-1)/2, near)
	})
	t.Run("a mirrored picture is not found, which is a limit", func(t *testing.T) {
		src := drawn(320, 240, 1)
		m := stdimage.NewRGBA(src.Rect)
		for y := range 240 {
			for x := range 320 {
				m.Set(319-x, y, src.At(x, y))
			}
		}
		if _, same := printOf(src).Same(printOf(m)); same {
			t.Error("it was found: say so in the documentation")
		}
	})
}

func TestIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var x image.Index
	hashes := make([]uint64, 3000)
	for i := range hashes {
		hashes[i] = r.Uint64()
		if i%3 > 0 { // near the one before
			hashes[i] = hashes[i-1]
			for range r.IntN(12) {
				hashes[i] ^= 1 << r.IntN(64)
			}
		}
		x.Add(hashes[i])
	}
	t.Run("nothing that a look at every hash finds is missed", func(t *testing.T) {
		for _, radius := range []int{0, 3, 4, 8, 11, 12, 15, 16} {
			for i := 0; i < len(hashes); i += 37 {
				want := map[int]int{}
				for j, h := range hashes {
					if d := image.Distance(hashes[i], h); d <= radius {
						want[j] = d
					}
				}
				got := x.Find(hashes[i], radius)
				for _, n := range got {
					if want[n.Number] != n.Distance {
						t.Fatalf("%+v is not %d", n, want[n.Number])
					}
				}
				if len(got) != len(want) {
					t.Fatalf("radius %d: %d of %d", radius, len(got), len(want))
				}
			}
		}
	})
	t.Run("what was removed is not found", func(t *testing.T) {
		x.Remove(5)
		for _, n := range x.Find(hashes[5], 0) {
			if n.Number == 5 {
				t.Error("it was")
			}
		}
	})
}

// BenchmarkIndex asks a million hashes for those within 8 bits, beside a look at
// every one.
func BenchmarkIndex(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var x image.Index
	hashes := make([]uint64, 1_000_000)
	for i := range hashes {
		hashes[i] = r.Uint64()
		x.Add(hashes[i])
	}
	for name, radius := range map[string]int{"within 8": 8, "every one": 14} {
		b.Run(name, func(b *testing.B) {
			i := 0
			for b.Loop() {
				if len(x.Find(hashes[i%len(hashes)]^0x11, radius)) == 0 {
					b.Fatal("it is not found")
				}
				i += 7919
			}
		})
	}
}

func TestLook(t *testing.T) {
	p := image.FromImage(corners(200, 100))
	t.Run("the colours of a picture come with their shares", func(t *testing.T) {
		got := p.Swatches(8)
		if len(got) != 4 {
			t.Fatal(got)
		}
		for _, s := range got {
			if s.Share < .24 || s.Share > .26 {
				t.Errorf("%s takes %.2f", s.Color.Hex(), s.Share)
			}
		}
	})
	t.Run("a white text reads best on the blue corner, with WCAG's ratio", func(t *testing.T) {
		box, ratio := p.Light(4, 4).Best(contrast.RGB(255, 255, 255), 2, 2)
		if box != stdimage.Rect(0, 2, 2, 4) || ratio < 8.5 || ratio > 8.7 {
			t.Errorf("%v, %.2f", box, ratio)
		}
	})
	t.Run("a text across light and dark reads as badly as its worst part", func(t *testing.T) {
		if _, ratio := p.Light(4, 4).Best(contrast.RGB(128, 128, 128), 4, 4); ratio > 1.02 {
			t.Errorf("%.2f", ratio)
		}
	})
}
