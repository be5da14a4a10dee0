package recordtest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

func runReopen(t *testing.T, a Lasting) {
	t.Run("the journal, its head and its keys", func(t *testing.T) {
		r := a.Open(t)
		Append(t, r.Journal, keyed("a", 0), keyed("b", 1))
		Append(t, r.Journal, Events(1, 2, 50)...)
		want, _ := r.Journal.Head(t.Context())
		events := Read(t, r.Journal, 0)
		r = a.Reopen(t, r)
		if got, _ := r.Journal.Head(t.Context()); got != want {
			t.Errorf("head %v, want %v", got, want)
		}
		if diff := cmp.Diff(events, Read(t, r.Journal, 0)); diff != "" {
			t.Error(diff)
		}
		got := Append(t, r.Journal, keyed("b", 60), keyed("c", 61))
		if diff := cmp.Diff([]record.Receipt{{Duplicate: true}, {Seq: 53}}, got); diff != "" {
			t.Error(diff)
		}
		if _, err := r.Journal.Verify(t.Context(), nil); err != nil {
			t.Error(err)
		}
	})
	t.Run("the state, its versions, the outbox and checkpoints", func(t *testing.T) {
		r := a.Open(t)
		put(t, r.State, "b", "k", "v")
		last := put(t, r.State, "b", "gone", "v")
		update(t, r.State, func(tx record.Tx) error {
			if err := tx.Delete("b", "gone"); err != nil {
				return err
			}
			return tx.Outbox(keyed("a", 1))
		})
		if err := r.Folds.Save(t.Context(), "learn", record.Checkpoint{Version: 1, Seq: 2, Data: []byte("x")}); err != nil {
			t.Fatal(err)
		}
		r = a.Reopen(t, r)
		if got := list(t, r.State, "b", "", ""); len(got) != 1 || got[0] != "k" {
			t.Errorf("entries %v", got)
		}
		if next := put(t, r.State, "b", "gone", "again"); next <= last {
			t.Errorf("version %d after %d", next, last)
		}
		if p := pending(t, r.State); len(p) != 1 || p[0].Event.Key != "a" {
			t.Errorf("outbox %v", p)
		}
		if c, err := r.Folds.Load(t.Context(), "learn"); err != nil || c.Seq != 2 {
			t.Errorf("checkpoint %+v, %v", c, err)
		}
	})
	t.Run("blobs", func(t *testing.T) {
		r := a.Open(t)
		for _, n := range blobSizes {
			PutBlob(t, r.Blobs, random(newRand(uint64(n)), n))
		}
		r = a.Reopen(t, r)
		for _, n := range blobSizes {
			want := random(newRand(uint64(n)), n)
			if got, err := GetBlob(t, r.Blobs, throughline.DigestOf(want)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes: got %d, %v", n, len(got), err)
			}
		}
	})
}

func runDamage(t *testing.T, a Lasting) {
	// Batches 1-10, 11-20 and 21-30; the middle one comes to harm.
	damaged := func(t *testing.T, harm func(*testing.T, record.Record, uint64)) record.Record {
		r := a.Open(t)
		for i := range 3 {
			Append(t, r.Journal, Events(1, 10*i, 10)...)
		}
		harm(t, r, 15)
		return r
	}
	read := func(t *testing.T, j record.Journal, after uint64) (n int, err error) {
		for events, err := range j.Read(t.Context(), after) {
			if err != nil {
				return n, err
			}
			n += len(events)
		}
		return n, nil
	}
	t.Run("a changed byte in a batch is Corrupt, and what comes before it is read", func(t *testing.T) {
		r := damaged(t, a.DamageBatch)
		n, err := read(t, r.Journal, 0)
		if n != 10 || throughline.CodeOf(err) != throughline.Corrupt || !strings.Contains(err.Error(), "batch 11-20") {
			t.Errorf("read %d, %v", n, err)
		}
		if _, err := r.Journal.Verify(t.Context(), nil); throughline.CodeOf(err) != throughline.Corrupt || !strings.Contains(err.Error(), "batch 11-20") {
			t.Errorf("verify: %v", err)
		}
	})
	t.Run("a missing batch is Corrupt, wherever reading starts", func(t *testing.T) {
		r := damaged(t, a.LoseBatch)
		for after := range uint64(20) {
			n, err := read(t, r.Journal, after)
			if throughline.CodeOf(err) != throughline.Corrupt || n > 10 {
				t.Errorf("after %d: read %d, %v", after, n, err)
			}
		}
		if _, err := r.Journal.Verify(t.Context(), nil); throughline.CodeOf(err) != throughline.Corrupt || !strings.Contains(err.Error(), "11 to 20") {
			t.Errorf("verify: %v", err)
		}
	})
	t.Run("a missing last batch is Corrupt", func(t *testing.T) {
		r := damaged(t, func(t *testing.T, r record.Record, _ uint64) { a.LoseBatch(t, r, 25) })
		if n, err := read(t, r.Journal, 0); throughline.CodeOf(err) != throughline.Corrupt || n != 20 {
			t.Errorf("read %d, %v", n, err)
		}
	})
	t.Run("a changed byte in a blob is Corrupt at the end of reading, and putting it again mends it", func(t *testing.T) {
		r := a.Open(t)
		for _, n := range blobSizes[1:] {
			data := random(newRand(uint64(n)), n)
			d := PutBlob(t, r.Blobs, data)
			a.DamageBlob(t, r, d)
			if _, err := GetBlob(t, r.Blobs, d); throughline.CodeOf(err) != throughline.Corrupt {
				t.Errorf("%d bytes: %v", n, err)
			}
			PutBlob(t, r.Blobs, data)
			if got, err := GetBlob(t, r.Blobs, d); err != nil || !bytes.Equal(got, data) {
				t.Errorf("%d bytes mended: %d, %v", n, len(got), err)
			}
		}
	})
}
