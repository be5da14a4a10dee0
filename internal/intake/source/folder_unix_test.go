//go:build unix

package source_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/intake/source"
)

func TestAPipeThatTookAFilesPlaceIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	place := filepath.Join(dir, "lake.jpg")
	write(t, place, "lake")
	folder, err := source.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	all := list(t, folder)
	one, err := source.OpenFile(place)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(place); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(place, 0o600); err != nil {
		t.Skip("no pipes here:", err)
	}
	for _, f := range append(all, one) {
		if _, err := read(t, f); throughline.CodeOf(err) != throughline.Conflict {
			t.Error(err)
		}
	}
}
