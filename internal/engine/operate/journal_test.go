package operate_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// TestBrowsingTheJournal writes ten thousand events, a second apart, of which
// every thousandth is rare, and looks for them.
func TestBrowsingTheJournal(t *testing.T) {
	t.Parallel()
	const many, rare = 10_000, 1000
	e := enginetest.Open(t, enginetest.Options{})
	start, err := e.Core.Record.Journal.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	var events []throughline.Event
	for i := range many {
		event := e.Core.NewEvent(throughline.EventSignalObserved, throughline.SignalObserved{Kind: "page"}, enginetest.Ana(), fmt.Sprintf("k/%d", i),
			throughline.Object{Type: "number", ID: fmt.Sprint(i)})
		event.RecordedAt = began.Add(time.Duration(i) * time.Second)
		if i%rare == 0 {
			event.Type = throughline.EventImportBatch
		}
		events = append(events, event)
	}
	if _, err := e.Core.Record.Journal.Append(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	j := operate.NewJournal(e.Core)
	collect := func(q operate.JournalQuery) (ids []string, pages int) {
		t.Helper()
		for {
			page, err := j.Find(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			pages++
			for _, e := range page.Events {
				if len(e.Objects) > 0 && e.Objects[0].Type == "number" {
					ids = append(ids, e.Objects[0].ID)
				}
			}
			if page.Next <= 1 {
				return ids, pages
			}
			q.Before = page.Next
		}
	}
	t.Run("page by page every event comes once, the newest first", func(t *testing.T) {
		ids, _ := collect(operate.JournalQuery{Limit: 700})
		if len(ids) != many || ids[0] != fmt.Sprint(many-1) || ids[many-1] != "0" {
			t.Errorf("%d events, from %s to %s", len(ids), ids[0], ids[len(ids)-1])
		}
		for i, id := range ids {
			if id != fmt.Sprint(many-1-i) {
				t.Fatalf("event %s stands in place %d", id, i)
			}
		}
	})
	for _, look := range []int{0, 1} {
		t.Run(fmt.Sprintf("what is rare is found whether %d stretches are looked at or all, and again when stretches are known", look), func(t *testing.T) {
			for range 2 {
				if ids, _ := collect(operate.JournalQuery{Type: "import", Look: look}); len(ids) != many/rare {
					t.Errorf("%d found: %v", len(ids), ids)
				}
			}
		})
	}
	t.Run("a span of time has what was recorded in it", func(t *testing.T) {
		ids, _ := collect(operate.JournalQuery{From: began.Add(4990 * time.Second), To: began.Add(5010 * time.Second)})
		if len(ids) != 20 || ids[0] != "5009" || ids[19] != "4990" {
			t.Errorf("%v", ids)
		}
	})
	t.Run("one thing is not another whose name begins so", func(t *testing.T) {
		if ids, _ := collect(operate.JournalQuery{About: &throughline.Object{Type: "number", ID: "99"}}); len(ids) != 1 {
			t.Errorf("%v", ids)
		}
	})
	t.Run("what one may not see is not there", func(t *testing.T) {
		ids, _ := collect(operate.JournalQuery{Type: "import", May: func(e throughline.Event) bool { return e.Objects[0].ID != "3000" }})
		if len(ids) != many/rare-1 {
			t.Errorf("%v", ids)
		}
	})
	t.Run("an event beyond the end is not found", func(t *testing.T) {
		if _, _, err := j.Event(t.Context(), start.Seq+many+1); throughline.CodeOf(err) != throughline.NotFound {
			t.Errorf("%v", err)
		}
	})
}
