package live_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/live"
)

func TestJournalWhoseEndIsDamaged(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	stop := e.Run(t)
	e.Declare(t)
	was := e.Decide(t, "home.hero", "v", nil)
	e.Observe(t, "track", exposure(was.ID))
	e.Recorded(t, 1)
	stop()
	events := e.Events(t)
	if err := e.Plane.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	e.Close()
	path := filepath.Join(e.Folder, "journal.db")
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := events[len(events)-1]
	at := bytes.LastIndex(file, last.ID[:])
	if at < 0 {
		t.Fatal("the last event is not found in the file")
	}
	file[at] ^= 1
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	e = enginetest.Open(t, enginetest.Options{Folder: e.Folder})
	stop = e.Run(t)

	t.Run("the engine starts and decides as before", func(t *testing.T) {
		if now := e.Decide(t, "home.hero", "v", nil); now.Variant != was.Variant {
			t.Errorf("it decides %s, and decided %s", now.Variant, was.Variant)
		}
	})
	t.Run("an exposure is refused, not lost in silence", func(t *testing.T) {
		_, err := e.Plane.Observe(t.Context(), live.Incoming{
			Body: []byte(exposure(was.ID)), Kind: "track", ReceivedAt: time.Now(),
			Source: func(string) (string, error) { return "test", nil },
		})
		if throughline.CodeOf(err) != throughline.Corrupt {
			t.Errorf("got %v", err)
		}
	})
	t.Run("decisions are counted as unrecorded", func(t *testing.T) {
		enginetest.Eventually(t, "one is counted", func() bool { _, dropped := e.Plane.Recorded(); return dropped == 1 })
	})
	t.Run("status says what is wrong and what to do", func(t *testing.T) {
		enginetest.Eventually(t, "the trouble is known", func() bool { return e.Plane.Trouble() != nil })
		said := errors.Join(e.Plane.Troubles()...).Error()
		if !strings.Contains(said, "the end of the journal is damaged") || !strings.Contains(said, "throughline restore") {
			t.Errorf("it says %s", said)
		}
	})
	t.Run("verify does too", func(t *testing.T) {
		if _, err := e.Core.Record.Journal.Verify(t.Context(), nil); throughline.CodeOf(err) != throughline.Corrupt {
			t.Errorf("got %v", err)
		}
	})
	stop()
}
