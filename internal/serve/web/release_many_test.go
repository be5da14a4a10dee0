package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

func TestManyChanges(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var all []throughline.Resource
	for i := range 140 {
		all = append(all, caption(i, "Buy it today"))
	}
	rel, err := h.Content.Apply(t.Context(), enginetest.Shell(), content.Change{Message: "Captions", Resources: all})
	if err != nil {
		t.Fatal(err)
	}
	body := h.get(t, "ana", fmt.Sprint("/release/", rel.Number)).Body.String()
	if n := strings.Count(body, `<details class="change"`); n != 200 { // what it changes, and what rolling back would
		t.Errorf("%d changes are listed", n)
	}
	if !strings.Contains(body, "and 40 more changes") {
		t.Error("nobody is told of the others")
	}
	if !strings.Contains(body, "140 changes") {
		t.Error("the sentence does not count them all")
	}
}
