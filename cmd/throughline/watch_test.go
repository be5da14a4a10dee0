package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
)

// TestWatchedFolder watches a folder by rounds, without a clock.
func TestWatchedFolder(t *testing.T) {
	dir := t.TempDir()
	data, drop, workspace, lido := filepath.Join(dir, "data"), filepath.Join(dir, "drop"), filepath.Join(dir, "ws"), filepath.Join(dir, "lido")
	for _, args := range [][]string{{"init", workspace, "--owner", "Ana Keller"}, {"apply", workspace}, {"init", "--example", lido}} {
		if _, problems, code := command(t, data, args...); code != 0 {
			t.Fatal(args, problems)
		}
	}
	if err := os.MkdirAll(drop, 0o700); err != nil {
		t.Fatal(err)
	}
	put := func(from, to string) {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(lido, from))
		if err == nil {
			err = os.WriteFile(filepath.Join(drop, to), b, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var p *process
	var w *watcher
	start := func() {
		t.Helper()
		var err error
		if p, err = openProcess(t.Context(), data, slog.New(slog.DiscardHandler), false); err != nil {
			t.Fatal(err)
		}
		if w, err = p.watchFolder(t.Context(), drop, ""); err != nil {
			t.Fatal(err)
		}
	}
	stop := func() {
		t.Helper()
		w.folder.Close()
		if err := p.core.Release(t.Context(), leaseWatch, w.holder); err != nil {
			t.Fatal(err)
		}
		if err := p.close(); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	rounds := func(n int) {
		t.Helper()
		for range n {
			now = now.Add(3 * time.Second)
			if err := w.round(t.Context(), now); err != nil {
				t.Fatal(err)
			}
		}
	}
	drafted := func(want ...string) {
		t.Helper()
		by, err := w.by(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		d, err := p.content.Draft(t.Context(), by)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, item := range d.Items {
			got = append(got, item.Ref.Name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	}

	start()
	put("heron-1600x900.png", "heron.png")
	put("ice-1600x900.png", "ice.png.part")
	rounds(1)
	drafted() // a new file is waited for
	rounds(1)
	drafted("heron")
	put("heron-1600x900.png", "again.png")
	put("ice-1600x900.png", "heron.png") // another takes its place
	if err := os.WriteFile(filepath.Join(drop, "broken.png"), []byte("\x89PNG\r\n\x1a\nhalf"), 0o600); err != nil {
		t.Fatal(err)
	}
	rounds(2)
	drafted("heron", "heron-2")
	by, err := w.by(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if by.Actor.OnBehalfOf == "" || by.Actor.Kind == throughline.ActorPerson {
		t.Fatalf("%+v is not the machine on behalf of the owner", by.Actor)
	}
	t.Run("what was thrown out of the draft does not come back, not even after a restart", func(t *testing.T) {
		if _, err := p.content.Discard(t.Context(), by); err != nil {
			t.Fatal(err)
		}
		rounds(1)
		drafted()
		stop()
		start()
		rounds(3)
		drafted()
	})
	t.Run("a file that may not be read keeps no other from it", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("who is root may read everything")
		}
		put("moon-1600x900.png", "a-first.png")
		put("rain-1600x900.png", "z-last.png")
		if err := os.Chmod(filepath.Join(drop, "a-first.png"), 0); err != nil {
			t.Fatal(err)
		}
		for _, fails := range []bool{false, true} { // once it rests
			now = now.Add(3 * time.Second)
			if err := w.round(t.Context(), now); (err != nil) != fails {
				t.Fatal(err)
			}
		}
		drafted("z-last")
		if err := os.Remove(filepath.Join(drop, "a-first.png")); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("of two processes one takes files in", func(t *testing.T) {
		other, err := p.watchFolder(t.Context(), drop, "")
		if err != nil {
			t.Fatal(err)
		}
		defer other.folder.Close()
		if held, err := p.core.Lease(t.Context(), leaseWatch, other.holder, watchLease); err != nil || held {
			t.Fatal(held, err)
		}
	})
	t.Run("a draft of nobody is refused", func(t *testing.T) {
		if _, err := p.watchFolder(t.Context(), drop, "nobody"); throughline.CodeOf(err) != throughline.NotFound {
			t.Fatal(err)
		}
	})
	stop()
}
