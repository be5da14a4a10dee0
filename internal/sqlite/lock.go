package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/throughline-engine/throughline"
)

const lockName = "LOCK"

// lockPatience is how long Open waits for a lock: longer than Locked holds one,
// shorter than a person notices.
const lockPatience = 300 * time.Millisecond

// folderLock is the operating system's lock on the LOCK file, which ends with
// the process however that ends. The file's text is only for people.
type folderLock struct{ flock *flock.Flock }

func takeLock(ctx context.Context, dir string, now time.Time) (*folderLock, error) {
	path := filepath.Join(dir, lockName)
	lock := flock.New(path, flock.SetPermissions(0o600))
	patient, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	held, err := lock.TryLockContext(patient, 20*time.Millisecond)
	if err := ctx.Err(); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, errors.Join(folderError(dir, "cannot be locked", err), lock.Close())
	}
	if !held {
		return nil, errors.Join(inUse(dir), lock.Close())
	}
	text := fmt.Sprintf("pid %d, started %s\n", os.Getpid(), now.UTC().Format(time.RFC3339))
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, errors.Join(folderError(dir, "cannot be written", err), lock.Close())
	}
	return &folderLock{lock}, nil
}

func inUse(dir string) error {
	holder := "another process"
	if text, err := os.ReadFile(filepath.Join(dir, lockName)); err == nil && len(text) > 0 {
		holder = "another process (" + strings.TrimSpace(string(text)) + ")"
	}
	return throughline.Errorf(throughline.Conflict, "the data folder %s is in use by %s", dir, holder).
		WithFix("stop that process, or give this one another folder")
}

func (l *folderLock) release() error { return l.flock.Close() }

// Exists reports whether the folder holds a record.
func Exists(dir string) (bool, error) {
	_, err := os.Stat(filepath.Join(dir, "journal.db"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, folderError(dir, "cannot be looked at", err)
	}
	return true, nil
}

// Locked reports whether a process has the folder open. A folder that does not
// exist is not locked.
func Locked(dir string) (bool, error) {
	path := filepath.Join(dir, lockName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	lock := flock.New(path, flock.SetFlag(os.O_RDWR))
	free, err := lock.TryRLock()
	if err != nil {
		return false, errors.Join(folderError(dir, "cannot be looked at", err), lock.Close())
	}
	return !free, lock.Close()
}
