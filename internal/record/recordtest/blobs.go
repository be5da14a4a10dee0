package recordtest

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

func runFolds(t *testing.T, open func(t *testing.T) record.Record) {
	t.Run("a checkpoint that was never saved is NotFound", func(t *testing.T) {
		if _, err := open(t).Folds.Load(t.Context(), "learn"); throughline.CodeOf(err) != throughline.NotFound {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the last checkpoint of a name is the one that comes back", func(t *testing.T) {
		f := open(t).Folds
		want := record.Checkpoint{Version: 2, Seq: 900, Data: []byte("second")}
		for name, c := range map[string]record.Checkpoint{"report": {Version: 1, Seq: 1, Data: []byte("x")}, "learn": {Version: 1, Seq: 5, Data: []byte("first")}} {
			if err := f.Save(t.Context(), name, c); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Save(t.Context(), "learn", want); err != nil {
			t.Fatal(err)
		}
		got, err := f.Load(t.Context(), "learn")
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

// blobSizes lie around every limit an adapter may have.
var blobSizes = []int{0, 1, 64<<10 - 1, 64 << 10, 64<<10 + 1, 3 << 20}

func runBlobs(t *testing.T, open func(t *testing.T) record.Record) {
	t.Run("bytes of any size come back by their digest", func(t *testing.T) {
		b := open(t).Blobs
		for _, n := range blobSizes {
			want := random(newRand(uint64(n)), n)
			d := PutBlob(t, b, want)
			if d != throughline.DigestOf(want) {
				t.Fatalf("%d bytes: digest %s", n, d)
			}
			if got, err := GetBlob(t, b, d); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes: got %d, %v", n, len(got), err)
			}
		}
	})
	t.Run("bytes that were never put are NotFound", func(t *testing.T) {
		if _, err := open(t).Blobs.Get(t.Context(), throughline.Digest{1}); throughline.CodeOf(err) != throughline.NotFound {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the same bytes put twice, also at the same time, are stored once", func(t *testing.T) {
		b := open(t).Blobs
		for _, n := range blobSizes[1:] {
			want := random(newRand(uint64(n)), n)
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					if _, _, err := b.Put(t.Context(), bytes.NewReader(want)); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			d := throughline.DigestOf(want)
			if err := b.Delete(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Get(t.Context(), d); throughline.CodeOf(err) != throughline.NotFound {
				t.Errorf("%d bytes deleted once: %v", n, err)
			}
		}
	})
	t.Run("bytes are read at any place, also after they were deleted or not at all", func(t *testing.T) {
		b := open(t).Blobs
		for _, n := range blobSizes {
			want := random(newRand(uint64(n)), n)
			d := PutBlob(t, b, want)
			at, err := b.At(t.Context(), d)
			if err != nil || at.Size() != int64(n) {
				t.Fatalf("%d bytes: %v", n, err)
			}
			for _, from := range []int{n / 2, 0, n} {
				got, err := io.ReadAll(io.NewSectionReader(at, int64(from), int64(n)))
				if err != nil || !bytes.Equal(got, want[from:]) {
					t.Errorf("%d bytes from %d: got %d, %v", n, from, len(got), err)
				}
			}
			if err := b.Delete(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			if got, err := io.ReadAll(io.NewSectionReader(at, 0, int64(n))); err == nil && !bytes.Equal(got, want) {
				t.Errorf("%d bytes that were deleted: got others", n)
			}
			if err := at.Close(); err != nil {
				t.Error(err)
			}
			if _, err := b.At(t.Context(), d); throughline.CodeOf(err) != throughline.NotFound {
				t.Errorf("%d bytes that were deleted: %v", n, err)
			}
		}
	})
	t.Run("deleting what is not there is no error", func(t *testing.T) {
		if err := open(t).Blobs.Delete(t.Context(), throughline.Digest{1}); err != nil {
			t.Error(err)
		}
	})
	t.Run("bytes whose reading fails are not stored", func(t *testing.T) {
		b := open(t).Blobs
		for _, n := range []int{10, 100 << 10} {
			part := random(newRand(1), n)
			mine := errors.New("the line went dead")
			if _, _, err := b.Put(t.Context(), io.MultiReader(bytes.NewReader(part), iotest.ErrReader(mine))); !errors.Is(err, mine) {
				t.Errorf("got %v", err)
			}
			if _, err := b.Get(t.Context(), throughline.DigestOf(part)); throughline.CodeOf(err) != throughline.NotFound {
				t.Errorf("got %v", err)
			}
		}
	})
}

// PutBlob puts the bytes and fails the test on an error.
func PutBlob(t *testing.T, b record.Blobs, data []byte) throughline.Digest {
	t.Helper()
	d, n, err := b.Put(t.Context(), iotest.HalfReader(bytes.NewReader(data)))
	if err != nil || n != int64(len(data)) {
		t.Fatalf("put %d of %d bytes: %v", n, len(data), err)
	}
	return d
}

// GetBlob reads the bytes to the end.
func GetBlob(t *testing.T, b record.Blobs, d throughline.Digest) ([]byte, error) {
	t.Helper()
	r, err := b.Get(t.Context(), d)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	return data, errors.Join(err, r.Close())
}
