package sqlite

import (
	"crypto/rand"
	"io"
	"syscall"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
	"github.com/throughline-engine/throughline/internal/record/recordtest"
)

// TestFullDisk_real fills a file system of its own, which only root can mount.
func TestFullDisk_real(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("no file system can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	s := openStore(t, dir, Config{})
	_, _, err := s.Record().Blobs.Put(t.Context(), io.LimitReader(rand.Reader, 8<<20))
	if throughline.CodeOf(err) != throughline.Unavailable {
		t.Errorf("a blob: %v", err)
	}
	var acknowledged uint64
	for err = nil; err == nil; {
		var receipts []record.Receipt
		if receipts, err = s.Record().Journal.Append(t.Context(), recordtest.Events(1, int(acknowledged), 100)); err == nil {
			acknowledged = receipts[len(receipts)-1].Seq
		}
	}
	if throughline.CodeOf(err) != throughline.Unavailable || acknowledged == 0 {
		t.Errorf("after %d events: %v", acknowledged, err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=32m"); err != nil {
		t.Fatal(err)
	}
	recordtest.Append(t, s.Record().Journal, recordtest.Events(1, int(acknowledged), 1)...)
	if head, err := s.Record().Journal.Verify(t.Context(), nil); err != nil || head.Seq != acknowledged+1 {
		t.Errorf("head %d, acknowledged %d, %v", head.Seq, acknowledged+1, err)
	}
	closeStore(t, s)
}
