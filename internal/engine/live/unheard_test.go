package live_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// A goal that is declared and that no placement works towards is known all the
// same.
const unusedGoal = `
apiVersion: throughline/v1
kind: Goal
metadata: {name: returned}
spec: {event: Came Back, window: 1d}
`

func TestUnheardOutcomes(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Run(t)
	e.Declare(t, unusedGoal)
	d := e.Decide(t, "home.hero", "v", nil)
	e.Observe(t, "track", exposure(d.ID))
	e.Observe(t, "track", outcome(d.ID))
	send := func(event, message, decision string) {
		e.Observe(t, "track", fmt.Sprintf(`{"anonymousId":"v","messageId":%q,"event":%q,"properties":{"decisionId":%q}}`, message, event, decision))
	}
	status := func() operate.Status {
		st, err := e.Operate.Status(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	t.Run("an outcome that a goal waits for is none of them", func(t *testing.T) {
		if u := status().Unheard; len(u.Events) > 0 || u.Others > 0 {
			t.Errorf("%+v", u)
		}
	})
	t.Run("another is counted by name, once, with the goal that was meant", func(t *testing.T) {
		send("signed_up", "a", string(d.ID))
		send("signed_up", "b", string(d.ID))
		send("signed_up", "b", string(d.ID)) // sent again
		send("Came Back", "c", string(d.ID)) // known
		e.Observe(t, "track", `{"anonymousId":"v","event":"Page Scrolled"}`)
		u := status().Unheard
		want := operate.UnheardEvent{Event: "signed_up", Count: 2, Goal: "signed-up", Meant: "Signed Up"}
		if len(u.Events) != 1 || u.Events[0] != want {
			t.Errorf("%+v, want %+v", u, want)
		}
		if says := u.Events[0].Says(); !strings.Contains(says, "2 outcomes are called “signed_up”") || !strings.Contains(says, "The goal signed-up waits for “Signed Up”") {
			t.Error(says)
		}
	})
	t.Run("the line says it where outcomes arrive", func(t *testing.T) {
		enginetest.Eventually(t, "it does", func() bool {
			l, err := e.Operate.Line(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range l.Stations {
				if s.Name == operate.StageDeliver && s.Health == operate.HealthWarn && strings.HasPrefix(s.Note, "2 outcomes have names that no goal knows") {
					return true
				}
			}
			return false
		})
	})
	t.Run("names beyond what is told apart are counted together", func(t *testing.T) {
		for i := range 70 {
			send(fmt.Sprintf("Invented %d", i), fmt.Sprint("m", i), string(d.ID))
		}
		u := status().Unheard
		if len(u.Events) != 63 || u.Others != 8 || !strings.HasPrefix(u.SaysOthers(), "8 more") { // one of the 64 is a goal's that is declared
			t.Errorf("%d names, %d others", len(u.Events), u.Others)
		}
		if far := u.Events[len(u.Events)-1]; far.Goal != "" || !strings.Contains(far.Says(), "declare a goal") {
			t.Errorf("%+v", far)
		}
	})
}
