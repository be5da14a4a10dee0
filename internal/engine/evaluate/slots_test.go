package evaluate

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSlots(t *testing.T) {
	cfg := SlotsConfig{Seed: 1, Worlds: 4, Impressions: 60_000, Batches: 30}
	r, err := Slots(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	m := r.MeanReward
	t.Run("whoever learns beats uniform and nobody the oracle", func(t *testing.T) {
		for _, reward := range []float64{m.Independent, m.PerSlot, m.Learned} {
			if reward < 1.5*m.Uniform || reward > m.Oracle {
				t.Errorf("the rewards are %+v", m)
			}
		}
	})
	t.Run("combinations that share levels teach about each other", func(t *testing.T) {
		if m.Learned <= m.Independent {
			t.Errorf("the rewards are %+v", m)
		}
	})
	t.Run("the same seed gives the same result", func(t *testing.T) {
		again, err := Slots(t.Context(), cfg)
		if err != nil || again != r {
			t.Error(err, cmp.Diff(r, again))
		}
	})
	t.Run("a cancelled run ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := Slots(ctx, cfg); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// BenchmarkSlots runs the seeds 1 to 20 and prints how the learned policy's mean
// reward compares with that of the others.
func BenchmarkSlots(b *testing.B) {
	for b.Loop() {
		var sum Rewards
		behind := 0.0
		for seed := range uint64(20) {
			r, err := Slots(b.Context(), SlotsConfig{Seed: seed + 1})
			if err != nil {
				b.Fatal(err)
			}
			m := r.MeanReward
			sum.add(m, 1)
			if m.Learned <= max(m.Independent, m.PerSlot) {
				behind++
			}
		}
		b.ReportMetric(sum.Learned/sum.PerSlot, "of_per_slot")
		b.ReportMetric(sum.Learned/sum.Independent, "of_independent")
		b.ReportMetric(sum.Learned/sum.Oracle, "of_oracle")
		b.ReportMetric(behind, "seeds_behind")
	}
}
