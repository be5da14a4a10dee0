//go:build unix

package image_test

import (
	"bytes"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/throughline-engine/throughline/internal/craft/image"
)

// BenchmarkRenditions prints what a rendition of a 12-megapixel JPEG costs beside
// vipsthumbnail in the same run, and what eight cost beside one: as time that
// passed, and as time on a processor, which says more where others work too. vips
// includes the start of its process, which on an idle machine is some 20 ms. Each
// is the best of the run, since what else a machine does only ever adds.
func BenchmarkRenditions(b *testing.B) {
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, drawn(4000, 3000, 1), &jpeg.Options{Quality: 85}); err != nil {
		b.Fatal(err)
	}
	var specs []image.Spec
	for _, w := range []int{1200, 1024, 800, 640, 480, 320, 160, 96} {
		specs = append(specs, image.Spec{Width: w, Quality: 80})
	}
	render := func(n int) cost {
		start, before := time.Now(), spent()
		if _, err := image.Render(b.Context(), bytes.NewReader(photo.Bytes()), int64(photo.Len()), image.Notice{}, specs[:n]); err != nil {
			b.Fatal(err)
		}
		return cost{time.Since(start), spent() - before}
	}
	var vips func() cost
	if path, err := exec.LookPath("vipsthumbnail"); err == nil {
		file := filepath.Join(b.TempDir(), "photo.jpg")
		if err := os.WriteFile(file, photo.Bytes(), 0o600); err != nil {
			b.Fatal(err)
		}
		vips = func() cost {
			cmd := exec.CommandContext(b.Context(), path, file, "-s", "1200x", "-o", file+".out.jpg[Q=80]")
			cmd.Env = append(os.Environ(), "VIPS_CONCURRENCY=1")
			start := time.Now()
			if out, err := cmd.CombinedOutput(); err != nil {
				b.Fatalf("vipsthumbnail: %v: %s", err, out)
			}
			return cost{time.Since(start), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
		}
	}
	one, eight, theirs := cost{time.Hour, time.Hour}, cost{time.Hour, time.Hour}, cost{time.Hour, time.Hour}
	for b.Loop() {
		one = one.least(render(1))
		eight = eight.least(render(8))
		if vips != nil {
			theirs = theirs.least(vips())
		}
	}
	b.ReportMetric(one.passed.Seconds()*1000, "ms/one")
	b.ReportMetric(one.worked.Seconds()*1000, "cpu-ms/one")
	b.ReportMetric(float64(eight.passed)/float64(one.passed), "eight/one")
	b.ReportMetric(float64(eight.worked)/float64(one.worked), "cpu-eight/one")
	if status, err := os.ReadFile("/proc/self/status"); err == nil { // the peak, with the test's own picture
		if _, after, found := strings.Cut(string(status), "VmHWM:"); found {
			kb, _ := strconv.Atoi(strings.Fields(after)[0])
			b.ReportMetric(float64(kb)/1024, "MB-resident")
		}
	}
	if vips != nil {
		b.ReportMetric(float64(one.passed)/float64(theirs.passed), "one/vipsthumbnail")
		b.ReportMetric(float64(one.worked)/float64(theirs.worked), "cpu-one/vipsthumbnail")
	}
}

// cost is the time that passed, and the time on processors.
type cost struct{ passed, worked time.Duration }

func (c cost) least(d cost) cost { return cost{min(c.passed, d.passed), min(c.worked, d.worked)} }

// spent returns how long this process was on processors.
func spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
