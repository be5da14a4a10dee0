package image_test

import (
	"math/rand/v2"
	"testing"

	"github.com/throughline-engine/throughline/internal/craft/image"
)

// banded is how a library finds copies by one question: a part of either hash is
// alike, and both hashes are near.
func banded(a, b *image.Print) bool {
	const near = 10
	share := func(x, y uint64) bool {
		p, q := image.Bands(x), image.Bands(y)
		return p[0] == q[0] || p[1] == q[1] || p[2] == q[2]
	}
	return (share(a.P, b.P) || share(a.D, b.D)) && image.Distance(a.P, b.P) <= near && image.Distance(a.D, b.D) <= near
}

func TestBands(t *testing.T) {
	t.Run("two hashes that differ in two bits have a part alike", func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for range 1000 {
			h := r.Uint64()
			o := image.Bands(h ^ 1<<r.IntN(64) ^ 1<<r.IntN(64))
			if p := image.Bands(h); p[0] != o[0] && p[1] != o[1] && p[2] != o[2] {
				t.Fatalf("%x", h)
			}
		}
	})
	const pictures = 40
	var originals []*image.Print
	found, total := map[string]int{}, 0
	for seed := range uint64(pictures) {
		src := drawn(320, 240, seed)
		original := printOf(src)
		originals = append(originals, original)
		total++
		for name, m := range changed(t, src) {
			if banded(original, printOf(m)) {
				found[name]++
			} else {
				found[name] += 0
			}
		}
	}
	for name, n := range found {
		t.Logf("%s: %d of %d", name, n, total)
		if name[:3] != "cut" && n < total*9/10 {
			t.Errorf("%s: %d of %d", name, n, total)
		}
	}
	t.Run("different pictures are not found for each other", func(t *testing.T) {
		n := 0
		for i, a := range originals {
			for _, b := range originals[:i] {
				if banded(a, b) {
					n++
				}
			}
		}
		if n > 0 {
			t.Errorf("%d pairs", n)
		}
	})
}
