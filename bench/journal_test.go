package bench

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
	"github.com/throughline-engine/throughline/internal/record/recordtest"
	"github.com/throughline-engine/throughline/internal/sqlite"
)

// journalRun is how long each side of a comparison appends.
const journalRun = 2 * time.Second

// BenchmarkJournalAppend compares the journal with the least that durability
// can cost on this disk: one bare file, to which a goroutine writes whatever
// events have come and syncs once for all of them. Each writer appends one
// event of 313 bytes at a time and waits until it is durable. The two sides
// take turns, and ratio is the journal's rate over the bare file's.
func BenchmarkJournalAppend(b *testing.B) {
	for _, writers := range []int{1, 64, 1024} {
		for _, keyed := range []bool{false, true} {
			name := fmt.Sprintf("writers=%d", writers)
			if keyed {
				name += "/keyed" // each event has a Key, so the journal looks for it
			}
			b.Run(name, func(b *testing.B) { compareAppends(b, writers, keyed) })
		}
	}
}

func compareAppends(b *testing.B, writers int, keyed bool) {
	bare := newBareFile(b)
	store, err := sqlite.Open(b.Context(), b.TempDir(), sqlite.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer closeAll(b, store.Close, bare.close)
	journal := store.Record().Journal
	own := make([]throughline.Event, writers)
	for w := range own {
		own[w] = recordtest.Events(uint64(w), 0, 1)[0]
	}
	line := bytes.Repeat([]byte{'x'}, recordtest.EventBytes)
	var ours, theirs float64
	for b.Loop() {
		theirs += rate(writers, func(int, int) error { return bare.append(line) })
		round := b.N
		ours += rate(writers, func(w, i int) error {
			e := own[w]
			if keyed {
				e.Key = fmt.Sprintf("%d/%d/%d", round, w, i)
			}
			_, err := journal.Append(b.Context(), []throughline.Event{e})
			return err
		})
	}
	rounds := float64(b.N)
	b.ReportMetric(ours/rounds, "events/s")
	b.ReportMetric(theirs/rounds, "bare-events/s")
	b.ReportMetric(ours/theirs, "ratio")
	b.ReportMetric(0, "ns/op")
}

// rate has the writers call work for journalRun and returns calls per second. It
// panics on an error: a benchmark of failures means nothing.
func rate(writers int, work func(writer, call int) error) float64 {
	start := time.Now()
	end := start.Add(journalRun)
	counts := make([]int, writers)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for ; time.Now().Before(end); counts[w]++ {
				if err := work(w, counts[w]); err != nil {
					panic(err)
				}
			}
		})
	}
	all.Wait()
	total := 0
	for _, n := range counts {
		total += n
	}
	return float64(total) / time.Since(start).Seconds()
}

// bareFile is a file with group sync and nothing else: no numbers, no checksum,
// no transaction.
type bareFile struct {
	file    *os.File
	queue   chan bareAppend
	stopped chan struct{}
}

type bareAppend struct {
	line []byte
	done chan error
}

func newBareFile(b *testing.B) *bareFile {
	b.Helper()
	file, err := os.Create(filepath.Join(b.TempDir(), "bare"))
	if err != nil {
		b.Fatal(err)
	}
	f := &bareFile{file, make(chan bareAppend, 4096), make(chan struct{})}
	go f.run()
	return f
}

func (f *bareFile) run() {
	defer close(f.stopped)
	var group []bareAppend
	var out []byte
	for first := range f.queue {
		group, out = append(group[:0], first), append(out[:0], first.line...)
		for more := true; more; {
			select {
			case a := <-f.queue:
				if more = a.done != nil; more {
					group, out = append(group, a), append(out, a.line...)
				}
			default:
				more = false
			}
		}
		_, err := f.file.Write(out)
		if err == nil {
			err = f.file.Sync()
		}
		for _, a := range group {
			a.done <- err
		}
	}
}

func (f *bareFile) append(line []byte) error {
	done := make(chan error, 1)
	f.queue <- bareAppend{line, done}
	return <-done
}

func (f *bareFile) close() error {
	close(f.queue)
	<-f.stopped
	return f.file.Close()
}

// BenchmarkJournalRead reads a journal of 400,000 events in batches of 1,000.
func BenchmarkJournalRead(b *testing.B) {
	const events, batch = 400_000, 1000
	store, err := sqlite.Open(b.Context(), b.TempDir(), sqlite.Config{})
	if err != nil {
		b.Fatal(err)
	}
	defer closeAll(b, store.Close)
	journal := store.Record().Journal
	for i := 0; i < events; i += batch {
		if _, err := journal.Append(b.Context(), recordtest.Events(1, i, batch)); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("Read", func(b *testing.B) {
		for b.Loop() {
			if n := readAll(b, journal); n != events {
				b.Fatalf("read %d events", n)
			}
		}
		b.ReportMetric(events*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("Verify", func(b *testing.B) {
		for b.Loop() {
			if head, err := journal.Verify(b.Context(), nil); err != nil || head.Seq != events {
				b.Fatal(head.Seq, err)
			}
		}
		b.ReportMetric(events*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
}

func readAll(b *testing.B, journal record.Journal) (n int) {
	for events, err := range journal.Read(b.Context(), 0) {
		if err != nil {
			b.Fatal(err)
		}
		n += len(events)
	}
	return n
}

func closeAll(b *testing.B, closers ...func() error) {
	for _, c := range closers {
		if err := c(); err != nil {
			b.Error(err)
		}
	}
}
