package engine_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/record"
	"github.com/throughline-engine/throughline/internal/sqlite"
)

// planted are ten things that say something of one recipient, by where they go in.
var planted = []string{
	"unit-8f31c2aa", "context-email@example", "context-deep-city", "trait-surname-okonkwo",
	"trait-phone-0155512", "property-basket-size", "property-nested-note", "message-id-of-them",
	"event-context-ip-203.0.113.9", "previous-id-77af",
}

// live sends the ten through every door that takes them.
func live(t *testing.T, e *enginetest.Engine) throughline.DecisionID {
	t.Helper()
	d := e.Decide(t, "home.hero", planted[0], map[string]any{"email": planted[1], "home": map[string]any{"city": planted[2]}})
	e.Decide(t, "home.loyal", planted[0], map[string]any{"email": planted[1]})
	e.Decide(t, "members.only", planted[0], map[string]any{"plan": "member", "email": planted[1]})
	e.Recorded(t, 3)
	for _, m := range []struct{ kind, body string }{
		{"track", fmt.Sprintf(`{"userId":%q,"messageId":%q,"event":"Throughline Exposure","properties":{"decisionId":%q,"basket":%q,"n":{"note":%q}},"context":{"ip":%q}}`, planted[0], planted[7], d.ID, planted[5], planted[6], planted[8])},
		{"track", fmt.Sprintf(`{"anonymousId":%q,"event":"Signed Up","properties":{"decisionId":%q,"note":%q}}`, planted[0], d.ID, planted[6])},
		{"batch", fmt.Sprintf(`{"context":{"ip":%q},"batch":[{"type":"identify","userId":%q,"traits":{"name":%q,"phone":%q}},{"type":"alias","userId":%q,"previousId":%q}]}`, planted[8], planted[0], planted[3], planted[4], planted[0], planted[9])},
	} {
		if taken := e.Observe(t, m.kind, m.body); len(taken.Rejected) > 0 {
			t.Fatalf("%+v", taken.Rejected)
		}
	}
	return d.ID
}

// search returns the needles found in any byte of any file of the folder, and in
// any event as it reads once it is unpacked.
func search(t *testing.T, e *enginetest.Engine, needles []string) []string {
	t.Helper()
	var found []string
	look := func(where string, b []byte) {
		for _, n := range needles {
			if bytes.Contains(b, []byte(n)) {
				found = append(found, n+" in "+where)
			}
		}
	}
	err := filepath.WalkDir(e.Folder, func(path string, f fs.DirEntry, err error) error {
		if err != nil || f.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		look(path, b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range e.Events(t) {
		look(fmt.Sprintf("event %d", ev.Seq), fmt.Appendf(nil, "%s %+v %s %s", ev.Key, ev.Objects, ev.Data, ev.Sealed))
	}
	return found
}

// revealed returns the ciphertexts about somebody, and the keys that open them.
func revealed(t *testing.T, e *enginetest.Engine) (texts string) {
	t.Helper()
	for _, ev := range e.Events(t) {
		plain, _, err := e.Core.Vault().Reveal(t.Context(), ev)
		if err != nil {
			t.Fatal(err)
		}
		texts += string(plain)
	}
	return texts
}

func TestForget(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	stop := e.Run(t)
	e.Declare(t)
	id := live(t, e)
	other := e.Decide(t, "home.hero", "somebody-else", map[string]any{"email": "somebody-else@example"})
	e.Recorded(t, 4)

	t.Run("before, the record can tell all ten, and no file has one in the clear", func(t *testing.T) {
		texts := revealed(t, e)
		for _, p := range planted {
			if !strings.Contains(texts, p) {
				t.Errorf("%s was not kept, so that forgetting it proves nothing", p)
			}
		}
		if found := search(t, e, planted); found != nil {
			t.Errorf("in the clear: %v", found)
		}
	})
	t.Run("the search finds what is there", func(t *testing.T) {
		if found := search(t, e, []string{"headline-short"}); found == nil {
			t.Error("a text that is in the folder was not found")
		}
	})
	hash := e.Core.Vault().UnitHash(planted[0])
	keys := subjectKey(t, e, hash)
	done, err := e.Recipients.Forget(t.Context(), enginetest.Ana(), planted[0])
	if err != nil || !done.Known {
		t.Fatalf("%+v, %v", done, err)
	}

	t.Run("after, nothing can tell them, and the key is in no byte of any file", func(t *testing.T) {
		if found := search(t, e, append(keys, planted...)); found != nil {
			t.Errorf("%v", found)
		}
		if texts := revealed(t, e); strings.Contains(texts, planted[0]) || !strings.Contains(texts, "somebody-else@example") {
			t.Errorf("revealed: %s", texts)
		}
	})
	t.Run("no event leads from a subject to the unit's hash", func(t *testing.T) {
		for _, ev := range e.Events(t) {
			if text := fmt.Sprintf("%s %+v %s %s", ev.Key, ev.Objects, ev.Data, ev.Sealed); strings.Contains(text, hash) {
				t.Errorf("event %d of %s names it: %s", ev.Seq, ev.Type, text)
			}
		}
	})
	t.Run("the journal verifies and rebuilds to the same numbers", func(t *testing.T) {
		if _, err := e.Operate.Verify(t.Context(), func(_, _ uint64) {}); err != nil {
			t.Error(err)
		}
		if r, err := e.Operate.Rebuild(t.Context(), func(_, _ uint64) {}); err != nil || !r.Same {
			t.Errorf("%+v, %v", r, err)
		}
	})
	t.Run("explain says erased, and of somebody else everything", func(t *testing.T) {
		if a, err := e.Plane.Explain(t.Context(), id); err != nil || !a.Erased || a.Why != nil {
			t.Errorf("%+v, %v", a, err)
		}
		if a, err := e.Plane.Explain(t.Context(), other.ID); err != nil || a.Erased || !a.Same {
			t.Errorf("%+v, %v", a, err)
		}
	})
	t.Run("from now on they are served, and leave no trace", func(t *testing.T) {
		before, _ := e.Plane.Recorded()
		if d := e.Decide(t, "home.loyal", planted[0], map[string]any{"email": planted[1]}); d.Values["headline"] == "" {
			t.Errorf("%+v", d)
		}
		e.Recorded(t, before+1)
		head, err := e.Core.Record.Journal.Head(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if taken := e.Observe(t, "identify", fmt.Sprintf(`{"userId":%q,"traits":{"name":%q}}`, planted[0], planted[3])); taken.Suppressed != 1 || taken.Appended != 0 {
			t.Errorf("%+v", taken)
		}
		if now, err := e.Core.Record.Journal.Head(t.Context()); err != nil || now != head {
			t.Errorf("the journal went on from %v to %v, %v", head, now, err)
		}
		for _, ev := range e.Events(t)[head.Seq-1:] {
			if !ev.Subject.IsZero() || len(ev.Sealed) > 0 {
				t.Errorf("event %d names a subject", ev.Seq)
			}
		}
		if held := keysOf(t, e, engine.BucketHolds, hash); held != 0 {
			t.Errorf("%d choices are kept for them", held)
		}
	})
	t.Run("after a restart still", func(t *testing.T) {
		stop()
		e.Close()
		again := enginetest.Open(t, enginetest.Options{Folder: e.Folder})
		if found := search(t, again, append(keys, planted...)); found != nil {
			t.Errorf("%v", found)
		}
		if taken := again.Observe(t, "track", fmt.Sprintf(`{"userId":%q,"event":"Seen"}`, planted[0])); taken.Suppressed != 1 {
			t.Errorf("%+v", taken)
		}
	})
}

// subjectKey returns the key of a recipient in every form it might be written.
func subjectKey(t *testing.T, e *enginetest.Engine, hash string) []string {
	t.Helper()
	var found []string
	err := e.Core.Record.State.View(t.Context(), func(r record.Reader) error {
		entry, err := r.Get("subject", hash)
		if err != nil {
			return err
		}
		_, key, ok := strings.Cut(string(entry.Value), `"key":"`)
		if !ok {
			t.Fatalf("no key in %s", entry.Value)
		}
		found = append(found, strings.TrimSuffix(key, `"}`))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func keysOf(t *testing.T, e *enginetest.Engine, bucket, prefix string) (n int) {
	t.Helper()
	err := e.Core.Record.State.View(t.Context(), func(r record.Reader) error {
		n = 0
		for _, err := range r.List(bucket, prefix, "") {
			if err != nil {
				return err
			}
			n++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestForgetInAnotherProcess(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Run(t)
	e.Declare(t)
	other := enginetest.Join(t, e.Core.Record, e.Store, enginetest.Options{})
	other.Run(t)
	body := `{"userId":"ben","event":"Seen"}`
	if taken := other.Observe(t, "track", body); taken.Appended != 1 {
		t.Fatalf("%+v", taken)
	}
	if _, err := e.Recipients.Forget(t.Context(), enginetest.Ana(), "ben"); err != nil {
		t.Fatal(err)
	}
	enginetest.Eventually(t, "the other process has forgotten them as well", func() bool {
		return other.Observe(t, "track", body).Suppressed == 1
	})
}

func TestRestoreForgetsAgain(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	stop := e.Run(t)
	e.Declare(t)
	live(t, e)
	backup := filepath.Join(t.TempDir(), "backup")
	if err := e.Store.Backup(t.Context(), backup, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Recipients.Forget(t.Context(), enginetest.Ana(), planted[0]); err != nil {
		t.Fatal(err)
	}
	hashes := []string{e.Core.Vault().UnitHash(planted[0])}
	stop()
	folder := filepath.Join(t.TempDir(), "restored")
	if err := sqlite.Restore(t.Context(), backup, folder); err != nil {
		t.Fatal(err)
	}
	restored := enginetest.Open(t, enginetest.Options{Folder: folder})
	if !strings.Contains(revealed(t, restored), planted[3]) {
		t.Fatal("the backup had forgotten already, so that this proves nothing")
	}
	keys := subjectKey(t, restored, hashes[0])
	if err := restored.Core.Vault().Suppress(t.Context(), hashes, enginetest.Ana()); err != nil {
		t.Fatal(err)
	}
	if err := restored.Store.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := search(t, restored, append(keys, planted...)); found != nil || strings.Contains(revealed(t, restored), planted[3]) {
		t.Errorf("a restore brought back %v", found)
	}
}

func TestLease(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC))
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	take := func(holder string) bool {
		t.Helper()
		held, err := e.Core.Lease(t.Context(), "work", holder, 5*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		return held
	}
	if !take("a") || take("b") || !take("a") {
		t.Error("a lease is not with its first holder alone")
	}
	clock.Turn(4 * time.Second)
	if !take("a") {
		t.Error("a holder could not renew")
	}
	clock.Turn(4 * time.Second)
	if take("b") {
		t.Error("a renewed lease ended at its first end")
	}
	clock.Turn(2 * time.Second)
	if !take("b") || take("a") {
		t.Error("a lease that ended did not go to who asked next")
	}
	if err := e.Core.Release(t.Context(), "work", "a"); err != nil || take("a") {
		t.Errorf("who has not the lease gave it back: %v", err)
	}
	if err := e.Core.Release(t.Context(), "work", "b"); err != nil || !take("a") {
		t.Errorf("a lease given back was not free: %v", err)
	}
}

func TestEngineID(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Run(t)
	e.Declare(t)
	live(t, e)
	seen := map[throughline.EventType]bool{}
	for _, ev := range e.Events(t) {
		seen[ev.Type] = true
		if ev.Engine != e.Core.ID() || ev.ID.IsZero() || ev.Version != 1 || ev.Actor.Kind == "" || ev.Source == "" || ev.RecordedAt.IsZero() {
			t.Errorf("event %d of %s lacks engine, id, version, actor, source or time: %+v", ev.Seq, ev.Type, ev)
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d types of events were looked at", len(seen))
	}
}

// What State has committed is told to the journal, also when whoever asked for
// it has left in between.
func TestUpdateOutlivesItsCaller(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	ctx, leave := context.WithCancel(t.Context())
	event := e.Core.NewEvent(throughline.EventEngineCreated, throughline.EngineCreated{}, enginetest.Ana(), "left")
	err := e.Core.Update(ctx, func(tx record.Tx) error {
		defer leave()
		return tx.Outbox(event)
	})
	if err != nil {
		t.Fatal(err)
	}
	events := e.Events(t)
	if last := events[len(events)-1]; last.Key != "left" {
		t.Errorf("the last event is %s", last.Type)
	}
}

// fullJournal takes nothing while it is full.
type fullJournal struct {
	record.Journal
	full atomic.Bool
}

func (j *fullJournal) Append(ctx context.Context, events []throughline.Event) ([]record.Receipt, error) {
	if j.full.Load() {
		return nil, throughline.Errorf(throughline.Unavailable, "the disk is full")
	}
	return j.Journal.Append(ctx, events)
}

func TestUpdateThatTheJournalCannotTake(t *testing.T) {
	t.Parallel()
	j := new(fullJournal)
	e := enginetest.Open(t, enginetest.Options{Wrap: func(r record.Record) record.Record {
		j.Journal, r.Journal = r.Journal, j
		return r
	}})
	e.Run(t)
	e.Declare(t)
	e.Observe(t, "track", `{"userId":"ben","event":"Seen"}`)
	j.full.Store(true)
	t.Run("is done all the same, and trouble says that it is not told yet", func(t *testing.T) {
		done, err := e.Recipients.Forget(t.Context(), enginetest.Ana(), "ben")
		if err != nil || !done.Known {
			t.Fatalf("%+v, %v", done, err)
		}
		if err := e.Core.RelayTrouble(); throughline.CodeOf(err) != throughline.Unavailable {
			t.Errorf("trouble: %v", err)
		}
		if status, err := e.Operate.Status(t.Context()); err != nil || !strings.Contains(strings.Join(status.Troubles, " "), "the disk is full") {
			t.Errorf("%+v, %v", status, err)
		}
		if err := e.Plane.Trouble(); err != nil {
			t.Errorf("learning is said to stand still: %v", err)
		}
	})
	t.Run("is told by itself when the journal takes events again", func(t *testing.T) {
		j.full.Store(false)
		enginetest.Eventually(t, "the erasure is in the journal", func() bool {
			events := e.Events(t)
			return events[len(events)-1].Type == throughline.EventSubjectErased
		})
		enginetest.Eventually(t, "there is no trouble", func() bool { return len(e.Plane.Troubles()) == 0 })
	})
}
