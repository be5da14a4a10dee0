package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline/internal/engine/operate"
)

func TestTheDatesOfKeys(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ends := time.Now().Add(40 * 24 * time.Hour)
	if _, err := h.Access.CreateToken(t.Context(), h.by(t, "ana"), operate.TokenRequest{Name: "site", Scope: operate.ScopeRead, Life: time.Until(ends)}); err != nil {
		t.Fatal(err)
	}
	month := "/calendar?month=" + ends.UTC().Format("2006-01")
	t.Run("the end of a key is in the calendar of who may see keys", func(t *testing.T) {
		page := h.get(t, "ana", month)
		if !strings.Contains(page.Body.String(), "The key site ends") || page.doc.Find(`a[href="/tokens"]`).Length() == 0 || !strings.Contains(page.says(), "1 key ends") {
			t.Errorf("%q", page.says())
		}
		if page := h.get(t, "vic", month); strings.Contains(page.Body.String(), "key site") {
			t.Error("a viewer sees it")
		}
	})
	t.Run("and in the calendar that their programs read", func(t *testing.T) {
		for who, sees := range map[string]bool{"ana": true, "vic": false} {
			key, err := h.Access.CalendarKey(t.Context(), who, false)
			if err != nil {
				t.Fatal(err)
			}
			feed := h.get(t, "", "/calendar.ics?key="+key)
			if feed.Code != http.StatusOK || strings.Contains(feed.Body.String(), "SUMMARY:The key site ends") != sees {
				t.Errorf("%s: %d %s", who, feed.Code, feed.Body)
			}
		}
	})
	t.Run("the list says that it was never used", func(t *testing.T) {
		if got := words(h.get(t, "ana", "/tokens").doc.Find("tbody tr")); !strings.Contains(got, "never") {
			t.Errorf("%q", got)
		}
	})
}
