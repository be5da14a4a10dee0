package api

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
)

// Two of the protocol's answers have no request that brings them about on a
// sound engine.
func TestWriteOFREPError(t *testing.T) {
	t.Run("under pressure a client is told when to come back", func(t *testing.T) {
		w := httptest.NewRecorder()
		writeOFREPError(w, "home.hero", throughline.Errorf(throughline.Exhausted, "too much"))
		if w.Code != 429 || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), `"errorCode":"GENERAL"`) {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
	})
	t.Run("a failure of the engine has details only, and no cause", func(t *testing.T) {
		w := httptest.NewRecorder()
		writeOFREPError(w, "home.hero", errors.New("the secret of ana"))
		if want := `{"errorDetails":"the engine made a mistake; it is in its log"}` + "\n"; w.Code != 500 || w.Body.String() != want {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
	t.Run("a decision without a variant leaves the client its own default", func(t *testing.T) {
		d := throughline.Decision{ID: "id", Arm: throughline.ArmFallback, Slots: []string{"headline"}}
		got := string(appendEvaluation(nil, "home.hero", &d))
		want := `{"key":"home.hero","reason":"DISABLED","metadata":{"decisionId":"id","arm":"fallback","propensity":0,"release":0,"epoch":0,"locale":""}}`
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}
