package observe_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
)

// TestContract sends what docs/outcomes.md tells people to send.
func TestContract(t *testing.T) {
	page, err := os.ReadFile("../../../docs/outcomes.md")
	if err != nil {
		t.Fatal(err)
	}
	command := regexp.MustCompile(`(?s)curl -s \$ENGINE/v1/(\w+) .*?-d '(.*?)'\n`)
	want := []string{"exposure.confirmed", "outcome.received", "exposure.confirmed", "outcome.received"}
	var got []string
	for _, m := range command.FindAllStringSubmatch(string(page), -1) {
		r := parse(t, m[1], strings.ReplaceAll(m[2], "DECISION_ID", id)).Events(intake())
		for _, reject := range r.Rejected {
			t.Errorf("%s: %s", m[0], reject.Message)
		}
		for _, e := range r.Events {
			got = append(got, string(e.Type))
		}
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the page's commands give %v, want %v", got, want)
	}
	t.Run("the reject it shows is the one that is given", func(t *testing.T) {
		r := parse(t, "track", `{"event":"x","userId":"u","properties":{"decisionId":"abc"}}`).Events(intake())
		reject := r.Rejected[0]
		if reject.Code != throughline.Invalid || !strings.Contains(string(page), `"message":"`+reject.Message+`","fix":"`+reject.Fix+`"`) {
			t.Errorf("it is %+v", reject)
		}
	})
}
