package recordtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

func runJournal(t *testing.T, open func(t *testing.T) record.Record) {
	t.Run("an empty journal has an empty head and reads as nothing", func(t *testing.T) {
		j := open(t).Journal
		head, err := j.Head(t.Context())
		if err != nil || head != (record.Head{}) {
			t.Errorf("head %v, %v", head, err)
		}
		if got := Read(t, j, 0); len(got) != 0 {
			t.Errorf("read %d events", len(got))
		}
		if head, err := j.Verify(t.Context(), nil); err != nil || head != (record.Head{}) {
			t.Errorf("verified %v, %v", head, err)
		}
	})
	t.Run("events come back in order, whole and numbered from 1", func(t *testing.T) {
		j := open(t).Journal
		want := Events(1, 0, 300)
		for i := 0; i < len(want); i += 100 {
			for k, r := range Append(t, j, want[i:i+100]...) {
				if r != (record.Receipt{Seq: uint64(i + k + 1)}) {
					t.Fatalf("receipt of event %d: %+v", i+k+1, r)
				}
			}
		}
		for i := range want {
			want[i].Seq = uint64(i + 1)
		}
		if diff := cmp.Diff(want, Read(t, j, 0), cmpopts.EquateEmpty()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("reading starts after any event, also within a batch", func(t *testing.T) {
		j := open(t).Journal
		Append(t, j, Events(1, 0, 7)...)
		Append(t, j, Events(1, 7, 1)...)
		Append(t, j, Events(1, 8, 4)...)
		for after := range uint64(15) {
			got := Read(t, j, after)
			if want := max(0, 12-int(after)); len(got) != want {
				t.Fatalf("after %d: %d events, want %d", after, len(got), want)
			}
			for i, e := range got {
				if e.Seq != after+uint64(i)+1 {
					t.Fatalf("after %d: event %d has number %d", after, i, e.Seq)
				}
			}
		}
	})
	t.Run("reading ends at the head of the call", func(t *testing.T) {
		j := open(t).Journal
		Append(t, j, Events(1, 0, 3)...)
		seq := j.Read(t.Context(), 0)
		Append(t, j, Events(1, 3, 3)...)
		n := 0
		for events, err := range seq {
			if err != nil {
				t.Fatal(err)
			}
			n += len(events)
		}
		if n != 3 {
			t.Errorf("read %d events, want 3", n)
		}
	})
	t.Run("a reader may stop early", func(t *testing.T) {
		j := open(t).Journal
		Append(t, j, Events(1, 0, 3)...)
		for range j.Read(t.Context(), 0) {
			break
		}
		Append(t, j, Events(1, 3, 3)...)
	})
	t.Run("events with large payloads come back", func(t *testing.T) {
		j := open(t).Journal
		var want []throughline.Event
		for i := range 3 {
			want = append(want, throughline.Event{ID: throughline.ID{byte(i)}, Type: "t", Version: 1, Data: random(newRand(1), 700<<10)})
		}
		Append(t, j, want...)
		got := Read(t, j, 0)
		for i := range want {
			if len(got) != len(want) || string(got[i].Data) != string(want[i].Data) {
				t.Fatalf("event %d differs, or there are %d", i, len(got))
			}
		}
	})
	t.Run("an event that nobody could read again is refused, with all that came along", func(t *testing.T) {
		j := open(t).Journal
		events := append(Events(1, 0, 2), throughline.Event{Version: 1})
		if _, err := j.Append(t.Context(), events); throughline.CodeOf(err) != throughline.Invalid {
			t.Errorf("got %v", err)
		}
		if got := Read(t, j, 0); len(got) != 0 {
			t.Errorf("read %d events", len(got))
		}
	})
	t.Run("appending nothing changes nothing", func(t *testing.T) {
		j := open(t).Journal
		if r, err := j.Append(t.Context(), nil); err != nil || len(r) != 0 {
			t.Errorf("got %v, %v", r, err)
		}
	})
	t.Run("an append whose context has ended changes nothing", func(t *testing.T) {
		j := open(t).Journal
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := j.Append(ctx, Events(1, 0, 1)); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if head, _ := j.Head(t.Context()); head.Seq != 0 {
			t.Errorf("head is %d", head.Seq)
		}
	})
	t.Run("Verify returns the head and tells how far it is", func(t *testing.T) {
		j := open(t).Journal
		for i := range 5 {
			Append(t, j, Events(1, 10*i, 10)...)
		}
		var told []uint64
		got, err := j.Verify(t.Context(), func(seq uint64) { told = append(told, seq) })
		want, _ := j.Head(t.Context())
		if err != nil || got != want || want.Seq != 50 || want.Hash.IsZero() {
			t.Errorf("verified %v, head %v, %v", got, want, err)
		}
		if len(told) == 0 || told[len(told)-1] != 50 {
			t.Errorf("told %v", told)
		}
	})
	t.Run("the same events in the same batches have the same hash", func(t *testing.T) {
		var hashes [2]throughline.Digest
		for i := range hashes {
			j := open(t).Journal
			Append(t, j, Events(1, 0, 10)...)
			head, _ := j.Head(t.Context())
			hashes[i] = head.Hash
		}
		if hashes[0] != hashes[1] {
			t.Error("they differ")
		}
	})
	runKeys(t, open)
	runWait(t, open)
	runConcurrentAppends(t, open)
}

func keyed(key string, i int) throughline.Event {
	e := Events(1, i, 1)[0]
	e.Key = key
	return e
}

func runKeys(t *testing.T, open func(t *testing.T) record.Record) {
	t.Run("an event whose key is there is not appended again", func(t *testing.T) {
		j := open(t).Journal
		Append(t, j, keyed("a", 0), keyed("", 1))
		got := Append(t, j, keyed("b", 2), keyed("a", 3), keyed("", 4))
		want := []record.Receipt{{Seq: 3}, {Duplicate: true}, {Seq: 4}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if got := Read(t, j, 0); len(got) != 4 {
			t.Errorf("read %d events, want 4", len(got))
		}
	})
	t.Run("a key comes once in one append too", func(t *testing.T) {
		j := open(t).Journal
		got := Append(t, j, keyed("a", 0), keyed("a", 1))
		if diff := cmp.Diff([]record.Receipt{{Seq: 1}, {Duplicate: true}}, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("an append of duplicates only leaves the head", func(t *testing.T) {
		j := open(t).Journal
		Append(t, j, keyed("a", 0))
		before, _ := j.Head(t.Context())
		Append(t, j, keyed("a", 1))
		if after, _ := j.Head(t.Context()); after != before {
			t.Errorf("head moved from %v to %v", before, after)
		}
	})
	t.Run("of many appends of one key at the same time one is taken", func(t *testing.T) {
		j := open(t).Journal
		const writers, keys = 16, 20
		var mu sync.Mutex
		taken := map[string]int{}
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for k := range keys {
					key := fmt.Sprint("key ", k)
					r, err := j.Append(t.Context(), []throughline.Event{keyed(key, w*keys+k)})
					if err != nil {
						t.Error(err)
						return
					}
					if !r[0].Duplicate {
						mu.Lock()
						taken[key]++
						mu.Unlock()
					}
				}
			})
		}
		all.Wait()
		for key, n := range taken {
			if n != 1 {
				t.Errorf("%s was taken %d times", key, n)
			}
		}
		if got := Read(t, j, 0); len(taken) != keys || len(got) != keys {
			t.Errorf("%d keys taken, %d events read, want %d", len(taken), len(got), keys)
		}
	})
}

func runWait(t *testing.T, open func(t *testing.T) record.Record) {
	t.Run("Wait returns at once when the head is beyond", func(t *testing.T) {
		j := open(t).Journal
		Append(t, j, Events(1, 0, 2)...)
		if err := j.Wait(t.Context(), 1); err != nil {
			t.Error(err)
		}
	})
	t.Run("Wait returns when an append comes", func(t *testing.T) {
		j := open(t).Journal
		Append(t, j, Events(1, 0, 2)...)
		done := make(chan error, 1)
		go func() { done <- j.Wait(t.Context(), 2) }()
		Append(t, j, Events(1, 2, 1)...)
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Run("Wait returns when its context ends", func(t *testing.T) {
		j := open(t).Journal
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if err := j.Wait(ctx, 0); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func runConcurrentAppends(t *testing.T, open func(t *testing.T) record.Record) {
	t.Run("appends at the same time each keep their order and lose nothing", func(t *testing.T) {
		j := open(t).Journal
		const writers, rounds, size = 20, 10, 3
		want := make([]map[uint64]throughline.ID, writers)
		var all sync.WaitGroup
		for w := range writers {
			want[w] = map[uint64]throughline.ID{}
			all.Go(func() {
				last := uint64(0)
				for r := range rounds {
					events := Events(uint64(w), r*size, size)
					receipts, err := j.Append(t.Context(), events)
					if err != nil {
						t.Error(err)
						return
					}
					for i, receipt := range receipts {
						if receipt.Seq <= last || i > 0 && receipt.Seq != last+1 {
							t.Errorf("writer %d: number %d after %d", w, receipt.Seq, last)
						}
						last = receipt.Seq
						want[w][last] = events[i].ID
					}
				}
			})
		}
		all.Wait()
		got := Read(t, j, 0)
		if len(got) != writers*rounds*size {
			t.Fatalf("read %d events, want %d", len(got), writers*rounds*size)
		}
		for w := range want {
			for seq, id := range want[w] {
				if got[seq-1].ID != id || got[seq-1].Seq != seq {
					t.Fatalf("event %d is not the one whose receipt says so", seq)
				}
			}
		}
		if _, err := j.Verify(t.Context(), nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("reading goes on while others append", func(t *testing.T) {
		j := open(t).Journal
		stop, stopped := make(chan struct{}), make(chan error, 1)
		go func() {
			for i := 0; ; i += 10 {
				select {
				case <-stop:
					stopped <- nil
					return
				default:
				}
				if _, err := j.Append(t.Context(), Events(1, i, 10)); err != nil {
					stopped <- err
					return
				}
			}
		}()
		for range 20 {
			for i, e := range Read(t, j, 0) {
				if e.Seq != uint64(i+1) {
					t.Fatalf("event %d has number %d", i+1, e.Seq)
				}
			}
		}
		close(stop)
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	})
}

// Append appends and fails the test on an error.
func Append(t *testing.T, j record.Journal, events ...throughline.Event) []record.Receipt {
	t.Helper()
	receipts, err := j.Append(t.Context(), events)
	if err != nil {
		t.Fatal(err)
	}
	if len(receipts) != len(events) {
		t.Fatalf("%d receipts for %d events", len(receipts), len(events))
	}
	return receipts
}

// Read returns all events after seq and fails the test on an error.
func Read(t *testing.T, j record.Journal, after uint64) []throughline.Event {
	t.Helper()
	var all []throughline.Event
	for events, err := range j.Read(t.Context(), after) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, events...)
	}
	return all
}
