package image_test

import (
	"bytes"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline/internal/craft/image"
)

// BenchmarkRenditions prints what a rendition of a 12-megapixel JPEG costs beside
// vipsthumbnail in the same run, and what eight cost beside one. vips includes the
// start of its process, which on an idle machine is some 20 ms. Each is the best
// of the run, since what else a machine does only ever adds.
func BenchmarkRenditions(b *testing.B) {
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, drawn(4000, 3000, 1), &jpeg.Options{Quality: 85}); err != nil {
		b.Fatal(err)
	}
	var specs []image.Spec
	for _, w := range []int{1200, 1024, 800, 640, 480, 320, 160, 96} {
		specs = append(specs, image.Spec{Width: w, Quality: 80})
	}
	render := func(n int) time.Duration {
		start := time.Now()
		if _, err := image.Render(b.Context(), bytes.NewReader(photo.Bytes()), int64(photo.Len()), image.Notice{}, specs[:n]); err != nil {
			b.Fatal(err)
		}
		return time.Since(start)
	}
	var vips func() time.Duration
	if path, err := exec.LookPath("vipsthumbnail"); err == nil {
		file := filepath.Join(b.TempDir(), "photo.jpg")
		if err := os.WriteFile(file, photo.Bytes(), 0o600); err != nil {
			b.Fatal(err)
		}
		vips = func() time.Duration {
			cmd := exec.CommandContext(b.Context(), path, file, "-s", "1200x", "-o", file+".out.jpg[Q=80]")
			cmd.Env = append(os.Environ(), "VIPS_CONCURRENCY=1")
			start := time.Now()
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("vipsthumbnail: %v: %s", err, out)
			}
			return time.Since(start)
		}
	}
	one, eight, theirs := time.Hour, time.Hour, time.Hour
	for b.Loop() {
		one = min(one, render(1))
		eight = min(eight, render(8))
		if vips != nil {
			theirs = min(theirs, vips())
		}
	}
	b.ReportMetric(one.Seconds()*1000, "ms/one")
	b.ReportMetric(float64(eight)/float64(one), "eight/one")
	if status, err := os.ReadFile("/proc/self/status"); err == nil { // the peak, with the test's own picture
		if _, after, found := strings.Cut(string(status), "VmHWM:"); found {
			kb, _ := strconv.Atoi(strings.Fields(after)[0])
			b.ReportMetric(float64(kb)/1024, "MB-resident")
		}
	}
	if vips != nil {
		b.ReportMetric(float64(one)/float64(theirs), "one/vipsthumbnail")
	}
}
