package live_test

import (
	"fmt"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/live"
)

// BenchmarkDecideForNewRecipients decides once for each recipient, with the
// count of decisions in a file and without one.
func BenchmarkDecideForNewRecipients(b *testing.B) {
	for name, o := range map[string]enginetest.Options{
		"counted on disk": {},
		"not counted":     {Live: live.Config{Notes: nowhere{}}},
	} {
		b.Run(name, func(b *testing.B) {
			e := enginetest.Open(b, o)
			stop := e.Run(b)
			e.Declare(b)
			stop() // what the journal costs is measured elsewhere
			at, i := e.Core.Now(), 0
			for b.Loop() {
				i++
				if _, err := e.Plane.Decide(b.Context(), throughline.Request{Placement: "home.hero", Unit: fmt.Sprint("visitor-", i), At: at}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// nowhere keeps nothing.
type nowhere struct{}

func (nowhere) ReadAt([]byte, int64) (int, error)      { return 0, nil }
func (nowhere) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }
