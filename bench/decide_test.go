package bench

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/decide"
)

// decideWorld is one learned placement with a choice for each number in each
// slot, a holdout and three audiences that its pieces are for.
func decideWorld(choices ...int) *throughline.Snapshot {
	audiences := []throughline.SnapshotAudience{
		{Name: "engaged", Rule: `context.visits > 3 && context.plan in ["pro", "team"]`},
		{Name: "mobile", Rule: `context.device == "phone"`},
		{Name: "nordic", Rule: `context.country in ["dk", "fi", "is", "no", "se"]`},
	}
	p := throughline.SnapshotPlacement{
		Name: "home.hero", Owner: "Ada", Channel: "web", Template: "hero", Goal: "signup", Event: "signup",
		Locales: throughline.Locales{Default: "en", Supported: []string{"en", "de"}},
		Policy:  throughline.Policy{Kind: throughline.Learned, Floor: 0.02}, Sticky: throughline.StickyNone,
		Holdout: &throughline.Holdout{Share: 0.1, Serve: throughline.ServeUniform, Scope: throughline.ScopePlacement},
		Control: -1, Fixed: -1, Fallback: make([]uint16, len(choices)), Candidates: [][]uint16{{}},
	}
	for s, n := range choices {
		slot := throughline.SnapshotSlot{Name: fmt.Sprintf("slot%d", s), Role: "text"}
		var longer [][]uint16
		for c := range n {
			name := fmt.Sprintf("piece-%d-%d", s, c)
			choice := throughline.Choice{
				Piece: name, Level: throughline.Level(name + "@1"), Digest: throughline.DigestOf([]byte(name)),
				Text: map[string]string{"en": "Some words that say " + name, "de": "Worte: " + name},
			}
			if c == 1 && s < len(audiences) {
				choice.Audience = audiences[s].Name
			}
			slot.Choices = append(slot.Choices, choice)
		}
		for _, have := range p.Candidates {
			for c := range n {
				longer = append(longer, append(have[:len(have):len(have)], uint16(c)))
			}
		}
		p.Slots, p.Candidates = append(p.Slots, slot), longer
	}
	return &throughline.Snapshot{Engine: "bench", Release: 1, Audiences: audiences, Placements: []throughline.SnapshotPlacement{p}}
}

// decideEpoch is 256 draws of 16 places that favour some candidates.
func decideEpoch(s *throughline.Snapshot, number uint32) *throughline.Epoch {
	rng := rand.New(rand.NewPCG(uint64(number), 1))
	n := len(s.Placements[0].Candidates)
	draws := make([][]uint16, 256)
	for d := range draws {
		for len(draws[d]) < 16 {
			draws[d] = append(draws[d], uint16(float64(n)*rng.Float64()*rng.Float64()))
		}
	}
	return &throughline.Epoch{
		Number: number, Snapshot: throughline.DigestOf(s.Encode()),
		Placements: []throughline.Rankings{throughline.NewRankings(draws)},
	}
}

func decideTable(b *testing.B, choices ...int) *decide.Table {
	b.Helper()
	s := decideWorld(choices...)
	t, err := decide.Compile(s, decideEpoch(s, 1), []byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		b.Fatal(err)
	}
	return t
}

// decideRequests are as a door hands them over: units that differ and contexts
// that came as JSON.
func decideRequests(b *testing.B) []throughline.Request {
	b.Helper()
	countries, devices := []string{"se", "fr", "dk", "us"}, []string{"phone", "desk"}
	requests := make([]throughline.Request, 1<<12)
	for i := range requests {
		text := fmt.Sprintf(`{"plan":"pro","visits":%d,"device":%q,"country":%q,"locale":"de-AT"}`, i%8, devices[i%2], countries[i%4])
		requests[i] = throughline.Request{Placement: "home.hero", Unit: fmt.Sprintf("recipient-%06d", i), At: time.Unix(1e9, 0)}
		if err := json.Unmarshal([]byte(text), &requests[i].Context); err != nil {
			b.Fatal(err)
		}
	}
	return requests
}

func benchmarkDecide(b *testing.B, t *decide.Table, held decide.Held) {
	requests := decideRequests(b)
	for _, r := range requests { // the first of an epoch counts distributions
		if _, err := t.Decide(r, held); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := t.Decide(requests[i%len(requests)], held); err != nil {
			b.Fatal(err)
		}
		i++
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "µs/decision")
}

// BenchmarkDecide is one decision in the process: learned rankings of 256 draws,
// three audience rules, a holdout. The budget is 10 µs.
func BenchmarkDecide(b *testing.B) {
	b.Run("144 variants", func(b *testing.B) { benchmarkDecide(b, decideTable(b, 4, 4, 3, 3), nil) })
	b.Run("1000 variants", func(b *testing.B) { benchmarkDecide(b, decideTable(b, 10, 10, 10), nil) })
	b.Run("held", func(b *testing.B) {
		s := decideWorld(4, 4, 3, 3)
		s.Placements[0].Sticky = throughline.StickySession
		t, err := decide.Compile(s, decideEpoch(s, 1), []byte("0123456789abcdef0123456789abcdef"))
		if err != nil {
			b.Fatal(err)
		}
		benchmarkDecide(b, t, decide.NewHolds(1<<16))
	})
}

// BenchmarkDecideCold is the first decision of an epoch: swapping the table in
// and counting the distribution of one eligible set.
func BenchmarkDecideCold(b *testing.B) {
	for _, choices := range [][]int{{4, 4, 3, 3}, {10, 10, 10}} {
		t := decideTable(b, choices...)
		epoch := decideEpoch(t.Snapshot(), 2)
		request := decideRequests(b)[0]
		b.Run(fmt.Sprintf("%d variants", len(t.Placements()[0].Candidates)), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				next, err := t.With(epoch)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := next.Decide(request, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDecideSwap is what publishing an epoch costs before anybody asks.
func BenchmarkDecideSwap(b *testing.B) {
	t := decideTable(b, 10, 10, 10)
	epoch := decideEpoch(t.Snapshot(), 2)
	for b.Loop() {
		if _, err := t.With(epoch); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecideCompile is what a release costs every node.
func BenchmarkDecideCompile(b *testing.B) {
	s := decideWorld(10, 10, 10)
	epoch := decideEpoch(s, 1)
	for b.Loop() {
		if _, err := decide.Compile(s, epoch, []byte("0123456789abcdef0123456789abcdef")); err != nil {
			b.Fatal(err)
		}
	}
}
