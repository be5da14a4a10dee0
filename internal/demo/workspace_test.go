package demo

import (
	"testing"
)

func TestWorkspaceHasRoomToLearn(t *testing.T) {
	truth, err := NewTruth(1, resourcesOf(t, Workspace()))
	if err != nil {
		t.Fatal(err)
	}
	if len(truth.sites) != 4 {
		t.Errorf("got %d placements, want four", len(truth.sites))
	}
	for _, s := range truth.sites {
		t.Run(s.name+" has between 12 and 150 candidates", func(t *testing.T) {
			if n := len(s.candidates); n < 12 || n > 150 {
				t.Errorf("got %d", n)
			}
			t.Logf("%d candidates, base %.3f spread %.2f", len(s.candidates), s.base, s.spread)
		})
	}
}
