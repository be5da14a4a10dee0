package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

const (
	manifestName = "BACKUP"
	// partial ends the name of a folder that is being written: a backup without
	// it is whole.
	partial = ".partial"
)

// manifest says what a backup holds.
type manifest struct {
	Format int         `json:"format"`
	Made   time.Time   `json:"made"`
	Head   record.Head `json:"head"`
}

// Backup copies the record into a new folder while the engine goes on, then
// verifies the copy. State is taken first, then the blobs, then the journal, so
// that whatever an earlier part refers to is in a later one. Progress, which may
// be nil, is told bytes done and bytes in all, as far as they are known.
func (s *Store) Backup(ctx context.Context, dest string, progress func(done, of uint64)) error {
	if err := mustBeNew(dest); err != nil {
		return err
	}
	if inside, err := within(s.dir, dest); err != nil || inside {
		return errors.Join(err, throughline.Errorf(throughline.Invalid, "the backup %s would be inside the data folder", dest).WithFix("choose a folder elsewhere"))
	}
	work, err := workFolder(dest)
	if err != nil {
		return err
	}
	if err := s.backUp(ctx, work, newMeter(s.dir, progress)); err != nil {
		return errors.Join(err, os.RemoveAll(work))
	}
	return moveInPlace(work, dest)
}

// workFolder makes a new folder beside the one that it will become.
func workFolder(dest string) (string, error) {
	dest = filepath.Clean(dest)
	work, err := os.MkdirTemp(filepath.Dir(dest), filepath.Base(dest)+partial+"-")
	if err != nil {
		return "", folderError(dest, "cannot be made", err)
	}
	return work, nil
}

// within reports whether a folder is or would be inside another.
func within(outer, inner string) (bool, error) {
	outer, err := filepath.Abs(outer)
	if err != nil {
		return false, err
	}
	if inner, err = filepath.Abs(inner); err != nil {
		return false, err
	}
	rel, err := filepath.Rel(outer, inner)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)), err
}

func (s *Store) backUp(ctx context.Context, work string, m *meter) error {
	if err := s.copyReferring(ctx, work, m); err != nil {
		return err
	}
	if err := s.journal.db.copyTo(ctx, work, m); err != nil {
		return err
	}
	head, err := verifyFolder(ctx, work)
	if err != nil {
		return err
	}
	text, err := json.Marshal(manifest{Format: 1, Made: s.journal.cfg.Clock().UTC(), Head: head})
	if err != nil {
		return throughline.Errorf(throughline.Internal, "the backup's manifest cannot be written: %w", err)
	}
	return writeDurably(filepath.Join(work, manifestName), strings.NewReader(string(text)+"\n"))
}

// copyReferring copies what refers and what it refers to: State, then the
// blobs, of which none may be deleted in between.
func (s *Store) copyReferring(ctx context.Context, work string, m *meter) error {
	s.blobs.deleting.Lock()
	defer s.blobs.deleting.Unlock()
	if err := s.state.db.copyTo(ctx, work, m); err != nil {
		return err
	}
	if err := s.blobs.db.copyTo(ctx, work, m); err != nil {
		return err
	}
	return copyBlobs(ctx, s.blobs.dir, filepath.Join(work, blobFolder), m)
}

// Restore makes the data folder, which must not exist or be empty, from a
// backup. It verifies the copy before the folder gets its name.
func Restore(ctx context.Context, backupDir, dataDir string) error {
	want, err := readManifest(backupDir)
	if err != nil {
		return err
	}
	if err := mustBeNew(dataDir); err != nil {
		return err
	}
	work, err := workFolder(dataDir)
	if err != nil {
		return err
	}
	if err := restoreInto(ctx, backupDir, work, want.Head); err != nil {
		return errors.Join(err, os.RemoveAll(work))
	}
	return moveInPlace(work, dataDir)
}

func restoreInto(ctx context.Context, backupDir, work string, want record.Head) error {
	m := newMeter(backupDir, nil)
	for _, name := range []string{"state.db", "blobs.db", "journal.db"} {
		if err := copyFile(ctx, filepath.Join(backupDir, name), filepath.Join(work, name), m); err != nil {
			return err
		}
	}
	if err := copyBlobs(ctx, filepath.Join(backupDir, blobFolder), filepath.Join(work, blobFolder), m); err != nil {
		return err
	}
	head, err := verifyFolder(ctx, work)
	if err == nil && head != want {
		err = throughline.Errorf(throughline.Corrupt, "the journal in the backup %s ends at event %d, and it was made with %d", backupDir, head.Seq, want.Seq).
			WithFix("use another backup")
	}
	return err
}

// verifyFolder opens the record in the folder, proves its journal and closes it.
func verifyFolder(ctx context.Context, dir string) (record.Head, error) {
	s, err := Open(ctx, dir, Config{})
	if err != nil {
		return record.Head{}, err
	}
	head, err := s.journal.Verify(ctx, nil)
	return head, errors.Join(err, s.Close(), os.Remove(filepath.Join(dir, lockName)))
}

func readManifest(dir string) (manifest, error) {
	var m manifest
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, throughline.Errorf(throughline.Invalid, "%s holds no backup", dir).
			WithFix("name a folder that throughline backup made")
	}
	if err != nil {
		return m, folderError(dir, "cannot be read", err)
	}
	if err := json.Unmarshal(text, &m); err != nil || m.Format != 1 {
		return m, throughline.Errorf(throughline.Invalid, "the backup in %s is of a form this version does not know", dir).
			WithFix("restore it with the version of Throughline that made it")
	}
	return m, nil
}

// mustBeNew returns an error unless the folder does not exist or is empty.
func mustBeNew(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return folderError(dir, "cannot be read", err)
	}
	return throughline.Errorf(throughline.Conflict, "the folder %s is not empty", dir).WithFix("name a folder that does not exist yet")
}

func moveInPlace(work, dest string) error {
	if err := os.Remove(dest); err != nil && !errors.Is(err, fs.ErrNotExist) { // empty, or Backup had refused
		return folderError(dest, "cannot be replaced", err)
	}
	if err := errors.Join(syncFolder(work), os.Rename(work, dest), syncFolder(filepath.Dir(dest))); err != nil {
		return folderError(dest, "cannot be made", err)
	}
	return nil
}

// copyTo copies the database as it is at one moment. It reads on a connection
// of its own, so writers go on.
func (d *database) copyTo(ctx context.Context, dir string, m *meter) error {
	pool, err := openPool(d.path(), 1, []string{"temp_store(MEMORY)"}) // query_only would forbid it
	if err != nil {
		return d.failed("copied", err)
	}
	path := filepath.Join(dir, d.name)
	stop := m.follow(path)
	_, err = pool.ExecContext(ctx, "VACUUM INTO ?", path)
	stop()
	if err := errors.Join(err, pool.Close()); err != nil {
		return d.failed("copied", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		err = errors.Join(f.Chmod(0o600), f.Sync(), f.Close())
	}
	if err != nil {
		return folderError(dir, "cannot be written", err)
	}
	return nil
}

// copyBlobs copies every file of a folder of blobs and proves each against its
// name.
func copyBlobs(ctx context.Context, from, to string, m *meter) error {
	if err := makeFolder(to); err != nil {
		return folderError(to, "cannot be made", err)
	}
	shelves, err := os.ReadDir(from)
	if err != nil {
		return folderError(from, "cannot be read", err)
	}
	for _, shelf := range shelves {
		if strings.HasPrefix(shelf.Name(), tempPrefix) && shelf.Type().IsRegular() {
			continue // a blob still coming in
		}
		if !shelf.IsDir() || !isShelf(shelf.Name()) {
			return strange(filepath.Join(from, shelf.Name()))
		}
		if err := copyShelf(ctx, from, to, shelf.Name(), m); err != nil {
			return err
		}
	}
	return folderErrorOrNil(to, syncFolder(to))
}

// isShelf reports whether a folder is named as the start of a digest, as blobs
// place them: there are no more than 256 such names.
func isShelf(name string) bool {
	return len(name) == 2 && strings.Trim(name, "0123456789abcdef") == ""
}

// strange refuses what no backup of ours holds. Whoever made the folder may mean
// to write elsewhere, or without end.
func strange(path string) error {
	return throughline.Errorf(throughline.Invalid, "%s is not named as a blob", path).WithFix("use a folder that throughline backup made, as it made it")
}

func copyShelf(ctx context.Context, from, to, shelf string, m *meter) error {
	from, to = filepath.Join(from, shelf), filepath.Join(to, shelf)
	files, err := os.ReadDir(from)
	if err != nil {
		return folderError(from, "cannot be read", err)
	}
	if err := makeFolder(to); err != nil {
		return folderError(to, "cannot be made", err)
	}
	for _, f := range files {
		d, err := throughline.ParseDigest(f.Name())
		if err != nil || d.String() != f.Name() || f.Name()[:2] != shelf {
			return strange(filepath.Join(from, f.Name()))
		}
		if err := copyFile(ctx, filepath.Join(from, f.Name()), filepath.Join(to, f.Name()), m); err != nil {
			return err
		}
	}
	return folderErrorOrNil(to, syncFolder(to))
}

func folderErrorOrNil(dir string, err error) error {
	if err == nil {
		return nil
	}
	return folderError(dir, "cannot be synced", err)
}

// copyFile copies a file, and one that is named by a digest only if it has it.
func copyFile(ctx context.Context, from, to string, m *meter) error {
	info, err := os.Lstat(from)
	if err == nil && !info.Mode().IsRegular() {
		return throughline.Errorf(throughline.Invalid, "%s is not a plain file", from).WithFix("use a folder that throughline backup made")
	}
	if err != nil {
		return folderError(filepath.Dir(from), "cannot be read", err)
	}
	f, err := os.Open(from)
	if err != nil {
		return folderError(filepath.Dir(from), "cannot be read", err)
	}
	var in io.ReadCloser = f
	if d, err := throughline.ParseDigest(filepath.Base(from)); err == nil {
		in = checked(in, d)
	}
	err = writeDurably(to, contextReader{ctx, m.reader(in)})
	return errors.Join(err, in.Close())
}

func writeDurably(path string, r io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return folderError(filepath.Dir(path), "cannot be written", err)
	}
	_, err = io.Copy(f, r)
	err = errors.Join(err, f.Sync(), f.Close())
	if _, onDisk := errors.AsType[*fs.PathError](err); onDisk {
		return folderError(filepath.Dir(path), "cannot be written", err)
	}
	return err
}
