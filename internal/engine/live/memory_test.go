package live_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

// visitors is how many recipients come in one run of BenchmarkUniqueVisitors.
const visitors = 1_000_000

// BenchmarkUniqueVisitors has a million recipients come once each, be decided
// for and see it, and reports what the process holds after each quarter: the
// growth of the last quarter is what is not bounded by a cache. Run it with
// -benchtime 1x.
func BenchmarkUniqueVisitors(b *testing.B) {
	for b.Loop() {
		e := enginetest.Open(b, enginetest.Options{})
		stop := e.Run(b)
		e.Declare(b)
		for i := range visitors {
			if i%500 == 0 {
				visit(b, e, i, 500)
			}
			if (i+1)%(visitors/4) == 0 {
				held := resident()
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				quarter := (i + 1) / (visitors / 4)
				b.ReportMetric(held, fmt.Sprintf("MB-resident-q%d", quarter))
				b.ReportMetric(float64(m.HeapAlloc)/1e6, fmt.Sprintf("MB-live-q%d", quarter))
			}
		}
		stop()
	}
}

// visit has so many new recipients come, and waits for their records.
func visit(b *testing.B, e *enginetest.Engine, from, n int) {
	var batch strings.Builder
	batch.WriteString(`{"batch":[`)
	for i := range n {
		unit := fmt.Sprintf("visitor-%08d", from+i)
		d := e.Decide(b, "home.hero", unit, map[string]any{"plan": "free"})
		if i > 0 {
			batch.WriteByte(',')
		}
		fmt.Fprintf(&batch, `{"type":"track","anonymousId":%q,"messageId":"e-%s","event":"Throughline Exposure","properties":{"decisionId":%q}}`, unit, unit, d.ID)
	}
	batch.WriteString(`]}`)
	e.Observe(b, "batch", batch.String())
}

// resident returns the process's memory in RAM in MB, as the kernel counts it;
// 0 where it does not say.
func resident() float64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	var size, pages int
	if _, err := fmt.Sscan(string(b), &size, &pages); err != nil {
		return 0
	}
	return float64(pages*os.Getpagesize()) / 1e6
}
