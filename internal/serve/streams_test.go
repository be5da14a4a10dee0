package serve_test

import (
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/serve"
)

func TestNobodyTakesAllStreams(t *testing.T) {
	s := serve.NewStreams(3, 2)
	enter := func(who string) func() {
		t.Helper()
		leave, err := s.Enter(who)
		if err != nil {
			t.Fatalf("%s: %v", who, err)
		}
		return leave
	}
	refused := func(who string) {
		t.Helper()
		if _, err := s.Enter(who); throughline.CodeOf(err) != throughline.Exhausted {
			t.Errorf("%s gets one more: %v", who, err)
		}
	}
	first, second := enter("ana"), enter("ana")
	refused("ana")
	third := enter("ben")
	refused("cem")
	first()
	enter("cem")
	refused("ana")
	second()
	third()
	enter("ana")
}
