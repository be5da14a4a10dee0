package decide

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
)

var testKey = []byte("a key of thirty-two bytes to test")

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// world is a snapshot with one placement, home, of 4 x 4 x 3 x 3 candidates.
// Choice 1 of the first slot is for audience pro, choice 2 of the second for
// audience mobile, nothing is for audience retired. The locales are en, de and
// de-AT, which falls back to de.
func world(change func(p *throughline.SnapshotPlacement)) *throughline.Snapshot {
	p := throughline.SnapshotPlacement{
		Name: "home", Title: "Home", Owner: "Ada Lovelace", Channel: "web", Template: "hero",
		Goal: "signup", Event: "signup", Window: throughline.Duration(time.Hour),
		Locales: throughline.Locales{Default: "en", Supported: []string{"en", "de", "de-AT"}, Fallback: map[string][]string{"de-AT": {"de"}}},
		Policy:  throughline.Policy{Kind: throughline.Learned, Floor: 0.02}, Sticky: throughline.StickyNone,
		Control: -1, Fixed: -1, Fallback: []uint16{0, 0, 0, 0}, Candidates: [][]uint16{{}},
	}
	for s, n := range []int{4, 4, 3, 3} {
		slot := throughline.SnapshotSlot{Name: fmt.Sprintf("slot%d", s), Role: "text"}
		for c := range n {
			slot.Choices = append(slot.Choices, piece(fmt.Sprintf("piece-%d-%d", s, c)))
		}
		p.Slots = append(p.Slots, slot)
		p.Candidates = times(p.Candidates, n)
	}
	p.Slots[0].Choices[1].Audience = "pro"
	p.Slots[1].Choices[2].Audience = "mobile"
	if change != nil {
		change(&p)
	}
	return &throughline.Snapshot{
		Engine: "engine-1", Release: 3,
		Audiences: []throughline.SnapshotAudience{
			{Name: "mobile", Rule: `context.device == "phone"`},
			{Name: "pro", Rule: `context.plan == "pro" && context.visits > 3`},
			{Name: "retired", Rule: `context.retired == true`},
		},
		Placements: []throughline.SnapshotPlacement{p},
	}
}

func piece(name string) throughline.Choice {
	return throughline.Choice{
		Piece: name, Level: throughline.Level(name + "@1"), Digest: throughline.DigestOf([]byte(name)),
		Text: map[string]string{"en": "english " + name, "de": "deutsch " + name, "de-AT": "deutsch " + name},
	}
}

// times returns every filling continued by every of n choices.
func times(fillings [][]uint16, n int) [][]uint16 {
	var longer [][]uint16
	for _, f := range fillings {
		for c := range n {
			longer = append(longer, append(f[:len(f):len(f)], uint16(c)))
		}
	}
	return longer
}

// learnedEpoch ranks the candidates of every placement by draws that favour
// some over others.
func learnedEpoch(s *throughline.Snapshot, number uint32) *throughline.Epoch {
	rng := rand.New(rand.NewPCG(uint64(number), 7))
	e := &throughline.Epoch{Number: number, Snapshot: throughline.DigestOf(s.Encode()), AsOf: int64(number) * 1000}
	for i := range s.Placements {
		n := len(s.Placements[i].Candidates)
		draws := make([][]uint16, 256)
		for d := range draws {
			for range 16 {
				draws[d] = append(draws[d], uint16(float64(n)*rng.Float64()*rng.Float64()))
			}
		}
		e.Placements = append(e.Placements, throughline.NewRankings(draws))
	}
	return e
}

func compile(t testing.TB, s *throughline.Snapshot, e *throughline.Epoch) *Table {
	t.Helper()
	table, err := Compile(s, e, testKey)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func ask(unit string, context map[string]any) throughline.Request {
	return throughline.Request{Placement: "home", Unit: unit, Context: context, At: noon}
}

func unit(i int) string { return fmt.Sprintf("unit-%06d", i) }

func decide(t testing.TB, table *Table, req throughline.Request, held Held) throughline.Decision {
	t.Helper()
	d, err := table.Decide(req, held)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// everyone matches all audiences.
func everyone() map[string]any {
	return map[string]any{"plan": "pro", "visits": 4, "device": "phone"}
}

// recoded returns what JSON makes of a value, as a restart would.
func recoded[T any](t testing.TB, v *T) *T {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out := new(T)
	if err := json.Unmarshal(b, out); err != nil {
		t.Fatal(err)
	}
	return out
}
