package report

import (
	"reflect"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/throughline-engine/throughline/internal/craft/trial"
	"github.com/throughline-engine/throughline/internal/stat"
)

// Relative is the interval of an uplift.
var Relative = relative

// Strain sets what only a long or an unlucky history sets.
func Strain(s *State) {
	s.ledger.floor = 7
	s.signals.early = []use{{epoch: 10, at: 11}}
	s.signals.newest, s.signals.answers = 16, []answer{{epoch: 17, through: 18, at: 19, stale: true}}
	s.applies.release, s.applies.at, s.applies.ready = 12, 13, answer{epoch: 20, through: 21, at: 22, stale: true}
	s.applies.early = []use{{snapshot: [8]byte{14}, at: 15}}
}

// Difference tells how two states differ, down to every field. What has a form
// of its own is compared in that form.
func Difference(a, b *State) string {
	return cmp.Diff(
		a, b,
		cmp.Exporter(func(reflect.Type) bool { return true }),
		cmpopts.EquateEmpty(),
		cmp.Transformer("trials", func(m *trial.Matcher) []byte { b, _ := m.AppendBinary(nil); return b }),
		cmp.Transformer("histogram", func(h stat.Histogram) []byte { b, _ := h.MarshalBinary(); return b }),
		cmp.Transformer("queue", func(q queue) []queued {
			var left []queued
			for i, e := range q.entries {
				if q.alive(i) {
					left = append(left, e)
				}
			}
			return left
		}),
	)
}
