package recordtest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/throughline-engine/throughline"
)

// Moment is where the time of sample events starts.
var Moment = time.Date(2026, 11, 2, 8, 0, 0, 123_000, time.UTC)

// EventBytes is the size of a sample event as the benchmarks count it: its
// fields written one after the other, 313 bytes on average.
const EventBytes = 313

// Events returns n events as a busy engine writes them: half decisions with a
// sealed context, the rest exposures and outcomes. The same seed gives the same
// events; from tells apart those of several calls. They have no Key.
func Events(seed uint64, from, n int) []throughline.Event {
	r := rand.New(rand.NewPCG(seed, uint64(from)))
	events := make([]throughline.Event, n)
	for i := range events {
		events[i] = event(r, from+i)
	}
	return events
}

func event(r *rand.Rand, i int) throughline.Event {
	kinds := []throughline.EventType{
		throughline.EventDecisionMade, throughline.EventDecisionMade,
		throughline.EventExposureConfirmed, throughline.EventOutcomeReceived,
	}
	at := Moment.Add(time.Duration(i) * 40 * time.Microsecond)
	placement := fmt.Sprintf("home.slot%d", r.IntN(4))
	e := throughline.Event{
		ID: id(r, at), Engine: "01JB8Q0K5T3M6W1X9Y7Z2C4D5E", Type: kinds[i%len(kinds)], Version: 1,
		OccurredAt: at, RecordedAt: at.Add(time.Duration(r.IntN(5000)) * time.Microsecond),
		Actor:   throughline.Actor{Kind: throughline.ActorRecipient},
		Source:  "ofrep",
		Trace:   fmt.Sprintf("%016x%016x", r.Uint64(), r.Uint64()),
		Subject: id(r, at), Data: random(r, 31), Sealed: random(r, 79),
		Objects: []throughline.Object{
			{Type: "placement", ID: placement},
			{Type: "variant", ID: fmt.Sprintf("%020x", r.IntN(144)), Qualifier: "chosen"},
		},
	}
	if i%len(kinds) > 1 {
		e.Cause = id(r, at)
	}
	return e
}

// newRand returns a source for one test.
func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }

func id(r *rand.Rand, at time.Time) throughline.ID {
	return throughline.NewID(at, [10]byte(random(r, 10)))
}

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, 0, n+8)
	for len(b) < n {
		b = binary.LittleEndian.AppendUint64(b, r.Uint64())
	}
	return b[:n]
}
