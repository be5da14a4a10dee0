package recordtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

func runState(t *testing.T, open func(t *testing.T) record.Record) {
	t.Run("what is put can be got, in the transaction and after it", func(t *testing.T) {
		s := open(t).State
		update(t, s, func(tx record.Tx) error {
			v, err := tx.Put("b", "k", []byte("one"), record.AnyVersion)
			if err != nil || v < 1 {
				t.Errorf("put gave version %d, %v", v, err)
			}
			e, err := tx.Get("b", "k")
			if err != nil || string(e.Value) != "one" || e.Version != v || e.Key != "k" {
				t.Errorf("got %+v, %v", e, err)
			}
			return nil
		})
		if e, err := get(t, s, "b", "k"); err != nil || string(e.Value) != "one" {
			t.Errorf("got %+v, %v", e, err)
		}
	})
	t.Run("an entry that is not there is NotFound, also one of the same key elsewhere", func(t *testing.T) {
		s := open(t).State
		put(t, s, "b", "k", "v")
		for _, at := range [][2]string{{"b", "x"}, {"x", "k"}, {"bk", ""}} {
			if _, err := get(t, s, at[0], at[1]); throughline.CodeOf(err) != throughline.NotFound {
				t.Errorf("%v: got %v", at, err)
			}
		}
	})
	t.Run("an empty value is a value", func(t *testing.T) {
		s := open(t).State
		put(t, s, "b", "k", "")
		if e, err := get(t, s, "b", "k"); err != nil || len(e.Value) != 0 || e.Version == 0 {
			t.Errorf("got %+v, %v", e, err)
		}
	})
	t.Run("any bytes may be a key", func(t *testing.T) {
		s := open(t).State
		for _, key := range []string{"ü/é", "with space", "%_*?", "'\"", "\xff\xfe", "a\x00b"} {
			put(t, s, "b", key, key)
			if e, err := get(t, s, "b", key); err != nil || string(e.Value) != key || e.Key != key {
				t.Errorf("%q: got %+v, %v", key, e, err)
			}
		}
	})
	t.Run("versions grow with every write, also across a deletion", func(t *testing.T) {
		s := open(t).State
		first := put(t, s, "b", "k", "1")
		second := put(t, s, "b", "k", "2")
		update(t, s, func(tx record.Tx) error { return tx.Delete("b", "k") })
		third := put(t, s, "b", "k", "3")
		if first >= second || second >= third {
			t.Errorf("versions %d, %d, %d", first, second, third)
		}
	})
	t.Run("a deleted entry is gone, and deleting it again is no error", func(t *testing.T) {
		s := open(t).State
		put(t, s, "b", "k", "v")
		for range 2 {
			update(t, s, func(tx record.Tx) error { return tx.Delete("b", "k") })
		}
		if _, err := get(t, s, "b", "k"); throughline.CodeOf(err) != throughline.NotFound {
			t.Errorf("got %v", err)
		}
	})
	runCompareAndSet(t, open)
	runTransactions(t, open)
	runList(t, open)
	runWatch(t, open)
}

func runCompareAndSet(t *testing.T, open func(t *testing.T) record.Record) {
	t.Run("Put with a version is taken or refused by what is there", func(t *testing.T) {
		s := open(t).State
		v := put(t, s, "b", "there", "old")
		tests := []struct {
			sentence, key string
			ifVersion     int64
			want          throughline.Code
		}{
			{"0 takes a key that is not there", "new", 0, ""},
			{"0 refuses one that is", "there", 0, throughline.Conflict},
			{"another version is refused", "there", v + 1000, throughline.Conflict},
			{"a version is refused where nothing is", "absent", v, throughline.Conflict},
			{"the same version is taken", "there", v, ""},
			{"it is taken only once", "there", v, throughline.Conflict},
		}
		for _, tt := range tests {
			err := s.Update(t.Context(), func(tx record.Tx) error {
				_, err := tx.Put("b", tt.key, []byte("new"), tt.ifVersion)
				return err
			})
			if throughline.CodeOf(err) != tt.want {
				t.Errorf("%s: got %v", tt.sentence, err)
			}
		}
	})
	t.Run("of many who set the same version one succeeds", func(t *testing.T) {
		s := open(t).State
		version := put(t, s, "b", "k", "start")
		for range 5 {
			var mu sync.Mutex
			won, next := 0, int64(0)
			var all sync.WaitGroup
			for w := range 10 {
				all.Go(func() {
					var v int64
					err := s.Update(t.Context(), func(tx record.Tx) (err error) {
						v, err = tx.Put("b", "k", []byte{byte(w)}, version)
						return err
					})
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						won, next = won+1, v
					} else if throughline.CodeOf(err) != throughline.Conflict {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if won != 1 {
				t.Fatalf("%d succeeded", won)
			}
			version = next
		}
	})
}

func runTransactions(t *testing.T, open func(t *testing.T) record.Record) {
	t.Run("an update that fails leaves no trace, and its error comes back", func(t *testing.T) {
		r := open(t)
		put(t, r.State, "b", "kept", "before")
		mine := errors.New("changed my mind")
		err := r.State.Update(t.Context(), func(tx record.Tx) error {
			_, err := tx.Put("b", "kept", []byte("after"), record.AnyVersion)
			_, err2 := tx.Put("b", "new", []byte("x"), record.AnyVersion)
			return errors.Join(err, err2, tx.Outbox(keyed("a", 1)), mine)
		})
		if !errors.Is(err, mine) {
			t.Errorf("got %v", err)
		}
		if e, err := get(t, r.State, "b", "kept"); err != nil || string(e.Value) != "before" {
			t.Errorf("got %+v, %v", e, err)
		}
		if _, err := get(t, r.State, "b", "new"); throughline.CodeOf(err) != throughline.NotFound {
			t.Errorf("got %v", err)
		}
		if p := pending(t, r.State); len(p) != 0 {
			t.Errorf("%d events in the outbox", len(p))
		}
	})
	t.Run("an update that panics leaves no trace and stops nobody else", func(t *testing.T) {
		s := open(t).State
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = s.Update(t.Context(), func(tx record.Tx) error {
				_, err := tx.Put("b", "k", []byte("x"), record.AnyVersion)
				panic(fmt.Sprint("on purpose", err))
			})
		}()
		if _, err := get(t, s, "b", "k"); throughline.CodeOf(err) != throughline.NotFound {
			t.Errorf("got %v", err)
		}
		put(t, s, "b", "k", "v")
	})
	t.Run("updates are serialised: a counter counts every one", func(t *testing.T) {
		s := open(t).State
		const writers, rounds = 16, 10
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				for range rounds {
					if err := s.Update(t.Context(), increment); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		if e, err := get(t, s, "b", "n"); err != nil || string(e.Value) != strconv.Itoa(writers*rounds) {
			t.Errorf("got %s, %v", e.Value, err)
		}
	})
	t.Run("updates that fail among others take only themselves back", func(t *testing.T) {
		s := open(t).State
		const writers = 30
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				err := s.Update(t.Context(), func(tx record.Tx) error {
					if _, err := tx.Put("b", fmt.Sprint(w), []byte("x"), record.AnyVersion); err != nil {
						return err
					}
					if w%3 == 0 {
						return throughline.Errorf(throughline.Invalid, "not this one")
					}
					return nil
				})
				if got := throughline.CodeOf(err); (w%3 == 0) != (got == throughline.Invalid) {
					t.Errorf("update %d: %v", w, err)
				}
			})
		}
		all.Wait()
		if got := len(list(t, s, "b", "", "")); got != writers*2/3 {
			t.Errorf("%d entries, want %d", got, writers*2/3)
		}
	})
	t.Run("a view sees one state however long it lasts", func(t *testing.T) {
		s := open(t).State
		put(t, s, "b", "k", "before")
		err := s.View(t.Context(), func(r record.Reader) error {
			if _, err := r.Get("b", "k"); err != nil {
				return err
			}
			put(t, s, "b", "k", "after")
			put(t, s, "b", "new", "x")
			e, err := r.Get("b", "k")
			if err != nil || string(e.Value) != "before" {
				t.Errorf("got %+v, %v", e, err)
			}
			if _, err := r.Get("b", "new"); throughline.CodeOf(err) != throughline.NotFound {
				t.Errorf("got %v", err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("a transaction that has ended cannot be used", func(t *testing.T) {
		s := open(t).State
		var kept record.Tx
		update(t, s, func(tx record.Tx) error { kept = tx; return nil })
		if _, err := kept.Put("b", "k", nil, record.AnyVersion); throughline.CodeOf(err) != throughline.Internal {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an update whose context has ended does not run", func(t *testing.T) {
		s := open(t).State
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := s.Update(ctx, func(record.Tx) error { t.Error("it ran"); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func increment(tx record.Tx) error {
	e, err := tx.Get("b", "n")
	if err != nil && throughline.CodeOf(err) != throughline.NotFound {
		return err
	}
	n, _ := strconv.Atoi(string(e.Value))
	_, err = tx.Put("b", "n", []byte(strconv.Itoa(n+1)), e.Version)
	return err
}

func runList(t *testing.T, open func(t *testing.T) record.Record) {
	t.Run("List yields what starts with the prefix and comes after, ascending by bytes", func(t *testing.T) {
		s := open(t).State
		for _, k := range []string{"b", "a/2", "a/10", "a/1", "ä", "a", "A", "a0", "a/1/x"} {
			put(t, s, "in", k, "v"+k)
		}
		put(t, s, "other", "a/3", "x")
		tests := []struct {
			prefix, after string
			want          []string
		}{
			{"", "", []string{"A", "a", "a/1", "a/1/x", "a/10", "a/2", "a0", "b", "ä"}},
			{"a/", "", []string{"a/1", "a/1/x", "a/10", "a/2"}},
			{"a/", "a/1", []string{"a/1/x", "a/10", "a/2"}},
			{"a/", "a/15", []string{"a/2"}},
			{"a/", "b", nil},
			{"", "a0", []string{"b", "ä"}},
			{"none", "", nil},
		}
		for _, tt := range tests {
			if diff := cmp.Diff(tt.want, list(t, s, "in", tt.prefix, tt.after)); diff != "" {
				t.Errorf("prefix %q after %q: %s", tt.prefix, tt.after, diff)
			}
		}
	})
	t.Run("List goes through a thousand entries, and the transaction may change them on the way", func(t *testing.T) {
		s := open(t).State
		var want []string
		update(t, s, func(tx record.Tx) error {
			for i := range 1000 {
				key := fmt.Sprintf("%04d", i)
				want = append(want, key)
				if _, err := tx.Put("b", key, []byte(key), 0); err != nil {
					return err
				}
			}
			return nil
		})
		var got []string
		update(t, s, func(tx record.Tx) error {
			for e, err := range tx.List("b", "", "") {
				if err != nil {
					return err
				}
				got = append(got, e.Key)
				if err := tx.Delete("b", e.Key); err != nil {
					return err
				}
			}
			return nil
		})
		if !slices.Equal(got, want) {
			t.Errorf("listed %d entries of %d", len(got), len(want))
		}
		if left := list(t, s, "b", "", ""); len(left) != 0 {
			t.Errorf("%d entries are left", len(left))
		}
	})
}

func runWatch(t *testing.T, open func(t *testing.T) record.Record) {
	t.Run("a watcher is told of updates to its bucket, and its channel closes with its context", func(t *testing.T) {
		s := open(t).State
		ctx, cancel := context.WithCancel(t.Context())
		told := s.Watch(ctx, "b")
		put(t, s, "b", "k", "v")
		receive(t, told, true)
		cancel()
		for range told { // one more may be on its way
		}
	})
	t.Run("a watcher is told after the update is there", func(t *testing.T) {
		s := open(t).State
		told := s.Watch(t.Context(), "b")
		for i := range 10 {
			put(t, s, "b", "k", strconv.Itoa(i))
			receive(t, told, true)
			if e, err := get(t, s, "b", "k"); err != nil || string(e.Value) != strconv.Itoa(i) {
				t.Fatalf("got %s, %v, want %d", e.Value, err, i)
			}
		}
	})
	t.Run("nobody is told of an update that failed or of another bucket", func(t *testing.T) {
		s := open(t).State
		told := s.Watch(t.Context(), "b")
		_ = s.Update(t.Context(), func(tx record.Tx) error {
			_, err := tx.Put("b", "k", nil, record.AnyVersion)
			return errors.Join(err, errors.New("changed my mind"))
		})
		put(t, s, "other", "k", "v")
		select {
		case <-told:
			t.Error("told")
		case <-time.After(20 * time.Millisecond):
		}
	})
}

func receive(t *testing.T, ch <-chan struct{}, want bool) {
	t.Helper()
	select {
	case _, ok := <-ch:
		if ok != want {
			t.Fatalf("received %v, want %v", ok, want)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nothing received")
	}
}

func runOutbox(t *testing.T, open func(t *testing.T) record.Record) {
	t.Run("events of an update wait in order until they are done", func(t *testing.T) {
		s := open(t).State
		want := []throughline.Event{keyed("a", 1), keyed("b", 2), keyed("c", 3)}
		update(t, s, func(tx record.Tx) error { return tx.Outbox(want[:2]...) })
		update(t, s, func(tx record.Tx) error { return tx.Outbox(want[2]) })
		got := pending(t, s)
		var events []throughline.Event
		for _, p := range got {
			events = append(events, p.Event)
		}
		if diff := cmp.Diff(want, events); diff != "" {
			t.Fatal(diff)
		}
		out := s.(record.Outbox)
		if first, err := out.Pending(t.Context(), 1); err != nil || len(first) != 1 || first[0].Event.Key != "a" {
			t.Errorf("limited to one: %v, %v", first, err)
		}
		if err := out.Done(t.Context(), []int64{got[0].ID, got[1].ID}); err != nil {
			t.Fatal(err)
		}
		if left := pending(t, s); len(left) != 1 || left[0].Event.Key != "c" {
			t.Errorf("left %v", left)
		}
		if err := out.Done(t.Context(), []int64{got[0].ID}); err != nil {
			t.Errorf("done twice: %v", err)
		}
	})
	t.Run("an event without a key is refused, and so is its update", func(t *testing.T) {
		s := open(t).State
		err := s.Update(t.Context(), func(tx record.Tx) error {
			_, err := tx.Put("b", "k", nil, record.AnyVersion)
			return errors.Join(err, tx.Outbox(keyed("", 1)))
		})
		if err == nil || len(pending(t, s)) != 0 {
			t.Errorf("got %v", err)
		}
		if _, err := get(t, s, "b", "k"); throughline.CodeOf(err) != throughline.NotFound {
			t.Errorf("got %v", err)
		}
	})
}

func update(t *testing.T, s record.State, fn func(record.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func put(t *testing.T, s record.State, bucket, key, value string) (version int64) {
	t.Helper()
	update(t, s, func(tx record.Tx) (err error) {
		version, err = tx.Put(bucket, key, []byte(value), record.AnyVersion)
		return err
	})
	return version
}

func get(t *testing.T, s record.State, bucket, key string) (e record.Entry, err error) {
	t.Helper()
	err = s.View(t.Context(), func(r record.Reader) (err error) {
		e, err = r.Get(bucket, key)
		return err
	})
	return e, err
}

func list(t *testing.T, s record.State, bucket, prefix, after string) (keys []string) {
	t.Helper()
	err := s.View(t.Context(), func(r record.Reader) error {
		for e, err := range r.List(bucket, prefix, after) {
			if err != nil {
				return err
			}
			keys = append(keys, e.Key)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func pending(t *testing.T, s record.State) []record.OutboxEvent {
	t.Helper()
	out, ok := s.(record.Outbox)
	if !ok {
		t.Fatal("this State is no Outbox")
	}
	p, err := out.Pending(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
