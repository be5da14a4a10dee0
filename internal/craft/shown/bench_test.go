//go:build unix

package shown_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/throughline-engine/throughline/internal/craft/shown"
)

// large is a mail of 100 KB: the sections of a layout over and over.
func large(b testing.TB) []byte {
	for _, d := range layouts(b) {
		head, body, _ := strings.Cut(d.html, "<body")
		open, body, _ := strings.Cut(body, ">")
		body, tail, _ := strings.Cut(body, "</body>")
		n := 1 + (100_000-len(head))/len(body)
		if len(head) < 10_000 && len(body) > 8_000 {
			return []byte(head + "<body" + open + ">" + strings.Repeat(body, n) + "</body>" + tail)
		}
	}
	b.Fatal("no layout is large enough")
	return nil
}

func BenchmarkRead(b *testing.B) {
	src := large(b)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	before := cpu()
	for b.Loop() {
		if _, err := shown.Read(src, shown.Options{}); err != nil {
			b.Fatal(err)
		}
	}
	// What the processor was busy with, however many share it.
	b.ReportMetric(float64(cpu()-before)/float64(b.N)/1e6, "cpu-ms/op")
}

// cpu is the time that the process has had on processors, in nanoseconds.
func cpu() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
