package media_test

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/enginetest"
	"github.com/throughline-engine/throughline/internal/engine/media"
	"github.com/throughline-engine/throughline/internal/record"
)

// sweeping is a studio whose time a test turns.
func sweeping(t *testing.T, wrap func(record.Record) record.Record) (studio, *enginetest.Clock) {
	t.Helper()
	clock := enginetest.NewClock(time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC))
	s := open(t, enginetest.Options{Clock: clock.Now, Wrap: wrap})
	s.Media = media.New(s.Core, media.Config{Folder: t.TempDir(), NamedIn: content.NamesFiles()})
	return s, clock
}

func (s studio) sweep(t *testing.T) engine.Swept {
	t.Helper()
	swept, err := s.Sweep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return swept
}

// there reports whether the bytes of what was taken in are kept.
func (s studio) there(t *testing.T, taken media.Intake) bool {
	t.Helper()
	b, err := s.Core.Record.Blobs.At(t.Context(), taken.Asset.Spec.(*throughline.Asset).File.Digest)
	if throughline.CodeOf(err) == throughline.NotFound {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Close() == nil
}

func TestFilesThatNothingNames(t *testing.T) {
	t.Parallel()
	s, clock := sweeping(t, nil)
	take := func(seed int) media.Intake {
		return s.take(t, fmt.Sprintf("hills-%d.jpg", seed), asJPEG(t, hills(900, 600, seed), 80))
	}
	live, replaced, drafted, undone, forgotten := take(1), take(2), take(3), take(4), take(5)
	s.declare(t, live.Asset, nil)
	s.declare(t, replaced.Asset, nil)
	s.declare(t, throughline.Resource{
		APIVersion: throughline.APIVersion, Kind: throughline.KindAsset, Metadata: replaced.Asset.Metadata, Spec: live.Asset.Spec,
	}, func(a *throughline.Asset) { a.Title = "Another" })
	save := func(taken media.Intake) {
		t.Helper()
		if _, err := s.Content.Save(t.Context(), enginetest.Shell(), content.SaveInput{Edits: []content.Edit{{Ref: taken.Asset.Ref(), Resource: &taken.Asset}}}); err != nil {
			t.Fatal(err)
		}
	}
	save(drafted)
	save(undone)
	if _, err := s.Content.Undo(t.Context(), enginetest.Shell()); err != nil {
		t.Fatal(err)
	}
	address := forgotten.Asset.Spec.(*throughline.Asset).File.SlotAddress("nobody")
	if _, _, err := s.see(t, address); err != nil { // a rendition, which goes with it
		t.Fatal(err)
	}
	before := blobs(t, s)
	t.Run("are kept for a while", func(t *testing.T) {
		clock.Turn(29 * 24 * time.Hour)
		if swept := s.sweep(t); swept.Files != 0 || !s.there(t, forgotten) {
			t.Errorf("%+v", swept)
		}
	})
	clock.Turn(2 * 24 * time.Hour)
	moment := take(6)
	t.Run("go after it, with what was rendered of them", func(t *testing.T) {
		swept := s.sweep(t)
		if swept.Files != 1 || swept.Bytes != int64(forgotten.Asset.Spec.(*throughline.Asset).File.Bytes) || s.there(t, forgotten) {
			t.Errorf("%+v", swept)
		}
		if _, _, err := s.see(t, address); throughline.CodeOf(err) != throughline.NotFound {
			t.Error(err)
		}
		if after := blobs(t, s); after != before+1-2 { // one came, and a picture with its rendition went
			t.Errorf("%d blobs were there, and %d are", before, after)
		}
	})
	t.Run("and nothing else: what is live, was, is in a draft, can be brought back to one, or came a moment ago", func(t *testing.T) {
		for name, taken := range map[string]media.Intake{"live": live, "replaced": replaced, "drafted": drafted, "undone": undone, "a moment ago": moment} {
			if !s.there(t, taken) {
				t.Errorf("%s is gone", name)
			}
		}
		if swept := s.sweep(t); swept.Files != 0 {
			t.Errorf("%+v", swept)
		}
	})
	t.Run("the sum is told", func(t *testing.T) {
		st, err := sum(t, s)
		if err != nil || st.Files != 1 {
			t.Error(st, err)
		}
	})
	t.Run("a file that went comes back when it is taken in again", func(t *testing.T) {
		if !s.there(t, take(5)) {
			t.Error("it is not there")
		}
	})
}

func sum(t *testing.T, s studio) (sum engine.Swept, err error) {
	err = s.Core.Record.State.View(t.Context(), func(r record.Reader) (err error) {
		sum, err = engine.SweptOf(r)
		return err
	})
	return sum, err
}

// blobs counts the files and renditions that State knows and that are there.
func blobs(t *testing.T, s studio) (n int) {
	t.Helper()
	err := s.Core.Record.State.View(t.Context(), func(r record.Reader) error {
		for _, bucket := range []string{"file", "rendition"} {
			for _, err := range r.List(bucket, "", "") {
				if err != nil {
					return err
				}
				n++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// deleting calls something while bytes are being deleted.
type deleting struct {
	record.Blobs
	while atomic.Pointer[func() error]
}

// Delete calls, then deletes.
func (d *deleting) Delete(ctx context.Context, digest throughline.Digest) error {
	if while := d.while.Swap(nil); while != nil {
		if err := (*while)(); err != nil {
			return err
		}
	}
	return d.Blobs.Delete(ctx, digest)
}

func TestAFileThatComesWhileItGoes(t *testing.T) {
	t.Parallel()
	var b deleting
	s, clock := sweeping(t, func(r record.Record) record.Record {
		b.Blobs, r.Blobs = r.Blobs, &b
		return r
	})
	picture := asJPEG(t, hills(300, 200, 1), 80)
	taken := s.take(t, "hills.jpg", picture)
	clock.Turn(40 * 24 * time.Hour)
	t.Run("while a backup counts on it, it stays, and can be taken in", func(t *testing.T) {
		busy := func() error { return throughline.Errorf(throughline.Unavailable, "a backup copies blobs") }
		b.while.Store(&busy)
		if swept := s.sweep(t); swept.Files != 0 || !s.there(t, taken) {
			t.Errorf("%+v", swept)
		}
		s.take(t, "hills.jpg", picture)
		clock.Turn(40 * 24 * time.Hour)
	})
	t.Run("it is there in the end", func(t *testing.T) {
		again := make(chan error, 1)
		begin := func() error {
			started := make(chan struct{})
			go func() {
				close(started)
				_, err := s.Take(t.Context(), enginetest.Shell(), "hills.jpg", bytes.NewReader(picture))
				again <- err
			}()
			<-started
			time.Sleep(50 * time.Millisecond) // its bytes are put, and these go after them
			return nil
		}
		b.while.Store(&begin)
		swept := s.sweep(t)
		if err := <-again; err != nil || swept.Files != 1 || !s.there(t, taken) {
			t.Errorf("%+v, %v, there: %v", swept, err, s.there(t, taken))
		}
	})
}
