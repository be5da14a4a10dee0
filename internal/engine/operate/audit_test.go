package operate_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/record"
)

// countingJournal counts the events that are read from it.
type countingJournal struct {
	record.Journal
	mu   sync.Mutex
	read int
}

// Read reads and counts.
func (j *countingJournal) Read(ctx context.Context, after uint64) iter.Seq2[[]throughline.Event, error] {
	return func(yield func([]throughline.Event, error) bool) {
		for batch, err := range j.Journal.Read(ctx, after) {
			j.mu.Lock()
			j.read += len(batch)
			j.mu.Unlock()
			if !yield(batch, err) {
				return
			}
		}
	}
}

// since returns how many events were read since the last time it was asked.
func (j *countingJournal) since() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := j.read
	j.read = 0
	return n
}

// appendMany writes events of one type, each about a piece of its own.
func appendMany(t testing.TB, e *enginetest.Engine, kind throughline.EventType, from, n int) {
	t.Helper()
	by := throughline.Actor{Kind: throughline.ActorPerson, ID: "ana"}
	for done := 0; done < n; {
		var batch []throughline.Event
		for range min(5000, n-done) {
			done++
			batch = append(batch, e.Core.NewEvent(kind, throughline.ResourceVersioned{}, by, "",
				throughline.Object{Type: "Fragment", ID: fmt.Sprintf("piece-%d", from+done)}))
		}
		if _, err := e.Core.Record.Journal.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
}

// everything reads all pages of a query.
func everything(t testing.TB, a *operate.Audit, q operate.AuditQuery) (rows []operate.Audited, pages int) {
	t.Helper()
	for {
		page, err := a.Find(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		rows = append(rows, page.Rows...)
		if q.Before = page.Next; q.Before == 0 {
			return rows, pages
		}
	}
}

func TestAuditOfALongJournal(t *testing.T) {
	t.Parallel()
	var journal *countingJournal
	e := enginetest.Open(t, enginetest.Options{Wrap: func(r record.Record) record.Record {
		journal = &countingJournal{Journal: r.Journal}
		r.Journal = journal
		return r
	}})
	e.Apply(t, staff)
	const decisions = 150_000
	appendMany(t, e, throughline.EventDecisionMade, 0, decisions)
	appendMany(t, e, throughline.EventPieceVersioned, 0, 3)
	audit := operate.NewAudit(e.Core)
	journal.since()
	t.Run("the first page reads a part of it, and says what is missing", func(t *testing.T) {
		page, err := audit.Find(t.Context(), operate.AuditQuery{By: enginetest.Shell()})
		if err != nil || page.Behind == 0 || len(page.Rows) == 0 {
			t.Errorf("%d rows, %d behind, %v", len(page.Rows), page.Behind, err)
		}
		if read := journal.since(); read > decisions/2 {
			t.Errorf("it read %d events", read)
		}
	})
	t.Run("each one after it goes on, until nothing is missing", func(t *testing.T) {
		for asked := 0; ; asked++ {
			page, err := audit.Find(t.Context(), operate.AuditQuery{By: enginetest.Shell(), Limit: 3})
			if err != nil || asked > 10 {
				t.Fatalf("asked %d times: %v", asked, err)
			}
			if page.Behind > 0 {
				continue
			}
			if page.Rows[0].Objects[0].ID != "piece-3" || page.Rows[2].Objects[0].ID != "piece-1" {
				t.Errorf("%+v", page.Rows)
			}
			return
		}
	})
	t.Run("it has what a plain reading of the journal has", func(t *testing.T) {
		var plain []uint64
		for _, ev := range e.Events(t) {
			switch ev.Type {
			case throughline.EventDecisionMade, throughline.EventSnapshotPublished, throughline.EventEpochPublished:
			default:
				plain = append([]uint64{ev.Seq}, plain...)
			}
		}
		rows, _ := everything(t, audit, operate.AuditQuery{By: enginetest.Shell(), Limit: 2})
		var got []uint64
		for _, row := range rows {
			got = append(got, row.Seq)
		}
		if diff := cmp.Diff(plain, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("another process goes on where this one was", func(t *testing.T) {
		appendMany(t, e, throughline.EventPieceVersioned, 3, 1)
		journal.since()
		page, err := operate.NewAudit(e.Core).Find(t.Context(), operate.AuditQuery{By: enginetest.Shell(), Limit: 1})
		if err != nil || page.Behind != 0 || len(page.Rows) != 1 || page.Rows[0].Objects[0].ID != "piece-4" {
			t.Errorf("%+v, %v", page, err)
		}
		if read := journal.since(); read > 5000 { // at most the batch it was in the middle of
			t.Errorf("it read %d events", read)
		}
		rows, _ := everything(t, audit, operate.AuditQuery{By: enginetest.Shell(), Object: "piece-4"})
		if len(rows) != 1 {
			t.Errorf("this one has it %d times", len(rows))
		}
	})
	t.Run("a journal that ends before what is listed is said to be damaged", func(t *testing.T) {
		err := e.Core.Record.State.Update(t.Context(), func(tx record.Tx) error {
			return engine.PutJSON(tx, engine.BucketEngine, "audited", map[string]any{"version": 1, "seq": 1 << 40}, record.AnyVersion)
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = operate.NewAudit(e.Core).Find(t.Context(), operate.AuditQuery{By: enginetest.Shell()})
		want(t, err, throughline.Corrupt)
	})
}

func TestAuditLooksSoFarAndNoFurther(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(noon)
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	appendMany(t, e, throughline.EventTemplateVersioned, 0, 1)
	clock.Turn(72 * time.Hour)
	appendMany(t, e, throughline.EventPieceVersioned, 1, 8_500)
	audit := operate.NewAudit(e.Core)
	for page := (operate.AuditPage{Behind: 1}); page.Behind > 0; {
		var err error
		if page, err = audit.Find(t.Context(), operate.AuditQuery{By: enginetest.Shell()}); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("what is rare is found a stretch at a time", func(t *testing.T) {
		page, err := audit.Find(t.Context(), operate.AuditQuery{By: enginetest.Shell(), Type: "template"})
		if err != nil || len(page.Rows) != 0 || page.Next == 0 || !page.Back.Equal(noon.Add(72*time.Hour)) {
			t.Errorf("%d rows, next %d, back to %v, %v", len(page.Rows), page.Next, page.Back, err)
		}
		if rows, pages := everything(t, audit, operate.AuditQuery{By: enginetest.Shell(), Type: "template"}); len(rows) != 1 || pages != 2 {
			t.Errorf("%d rows on %d pages", len(rows), pages)
		}
	})
	t.Run("it does not look back beyond the days asked for", func(t *testing.T) {
		q := operate.AuditQuery{By: enginetest.Shell(), Type: "template", From: noon.Add(48 * time.Hour)}
		if rows, _ := everything(t, audit, q); len(rows) != 0 {
			t.Errorf("%+v", rows)
		}
		q.From = noon
		if rows, _ := everything(t, audit, q); len(rows) != 1 {
			t.Errorf("%+v", rows)
		}
	})
}

func TestAuditFollows(t *testing.T) {
	t.Parallel()
	e := enginetest.Open(t, enginetest.Options{})
	e.Apply(t, staff)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- operate.NewAudit(e.Core).Run(ctx) }()
	enginetest.Eventually(t, "it is listed without anybody asking", func() bool {
		listed := 0
		err := e.Core.Record.State.View(t.Context(), func(r record.Reader) error {
			for _, err := range r.List("audit", "", "") {
				if err != nil {
					return err
				}
				listed++
			}
			return nil
		})
		return err == nil && listed > 5
	})
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestAuditKeepsSecrets(t *testing.T) {
	t.Parallel()
	clock := enginetest.NewClock(noon)
	e := enginetest.Open(t, enginetest.Options{Clock: clock.Now})
	e.Apply(t, staff)
	secret, err := e.Content.Propose(t.Context(), enginetest.Shell(), content.Proposal{
		Change:   content.Change{Resources: mustRead(t, "apiVersion: throughline/v1\nkind: Person\nmetadata: {name: zoe}\nspec: {name: Zoe}\n")},
		Schedule: throughline.Schedule{Zone: "UTC", GoLive: "2030-01-01T09:00", Embargo: "2030-01-01T09:00"},
	})
	if err != nil {
		t.Fatal(err)
	}
	audit, release := operate.NewAudit(e.Core), fmt.Sprint(secret.Number)
	tells := func(by engine.Caller) bool {
		rows, _ := everything(t, audit, operate.AuditQuery{By: by, Object: "release/" + release})
		return len(rows) > 0
	}
	if !tells(enginetest.Shell()) {
		t.Error("its author does not see it, so this test is blind")
	}
	if tells(enginetest.Person("vera", throughline.Grant{Role: throughline.Viewer})) {
		t.Error("a viewer sees it")
	}
}

func mustRead(t testing.TB, text string) []throughline.Resource {
	t.Helper()
	all, err := content.Read([]content.File{{Name: "test.yaml", Text: []byte(text)}})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// BenchmarkAudit is pages of 100,000 rows: the newest, the oldest, and the whole of
// what one page looks at for a filter that fits nothing.
func BenchmarkAudit(b *testing.B) {
	e := enginetest.Open(b, enginetest.Options{})
	appendMany(b, e, throughline.EventPieceVersioned, 0, 100_000)
	audit := operate.NewAudit(e.Core)
	for page := (operate.AuditPage{Behind: 1}); page.Behind > 0; {
		var err error
		if page, err = audit.Find(b.Context(), operate.AuditQuery{}); err != nil {
			b.Fatal(err)
		}
	}
	for name, q := range map[string]operate.AuditQuery{
		"the first page": {}, "the last page": {Before: 60}, "nothing fits": {Object: strings.Repeat("x", 9)},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := audit.Find(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
