package sqlite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// smallBlob is the most bytes that are kept as a row: below it a row is quicker
// to write and read than a file, and wastes less space.
const smallBlob = 64 << 10

const (
	blobFolder = "blobs"
	tempPrefix = "incoming-"
)

// blobs is record.Blobs.
type blobs struct {
	db  *database
	dir string

	mu       sync.Mutex   // one writer of db
	deleted  bool         // mu's: bytes may be left for scrub to find
	deleting sync.RWMutex // a backup holds it so that nothing it counts on goes
}

var _ record.Blobs = (*blobs)(nil)

func openBlobs(ctx context.Context, dir string, cfg Config) (*blobs, error) {
	b := &blobs{dir: filepath.Join(dir, blobFolder), deleted: true}
	if err := makeFolder(b.dir); err != nil {
		return nil, folderError(b.dir, "cannot be made", err)
	}
	if err := b.clearTemporary(); err != nil {
		return nil, folderError(b.dir, "cannot be read", err)
	}
	var err error
	b.db, err = openDatabase(ctx, dir, "blobs.db", blobSchema(), cfg, secureDelete)
	if err != nil {
		return nil, err
	}
	return b, nil
}

// clearTemporary removes what a killed process left half written.
func (b *blobs) clearTemporary() error {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tempPrefix) {
			if err := os.Remove(filepath.Join(b.dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// Put implements record.Blobs.
func (b *blobs) Put(ctx context.Context, r io.Reader) (throughline.Digest, int64, error) {
	if err := ctx.Err(); err != nil {
		return throughline.Digest{}, 0, err
	}
	start, err := io.ReadAll(io.LimitReader(r, smallBlob+1))
	if err != nil {
		return throughline.Digest{}, 0, err
	}
	if len(start) > smallBlob {
		return b.putFile(ctx, io.MultiReader(bytes.NewReader(start), r))
	}
	d := throughline.DigestOf(start)
	b.mu.Lock()
	defer b.mu.Unlock()
	// Bytes that are damaged are put right; those that are sound stay.
	_, err = b.db.write.ExecContext(ctx, `INSERT INTO blob (digest, data) VALUES (?, ?)
		ON CONFLICT (digest) DO UPDATE SET data = excluded.data WHERE data <> excluded.data`, d[:], start)
	if err != nil {
		return throughline.Digest{}, 0, b.db.failed("written", err)
	}
	return d, int64(len(start)), nil
}

// putFile writes beside the others and renames when all is on the disk, so that
// a name never stands for half a blob.
func (b *blobs) putFile(ctx context.Context, r io.Reader) (d throughline.Digest, size int64, err error) {
	f, err := os.CreateTemp(b.dir, tempPrefix)
	if err != nil {
		return d, 0, folderError(b.dir, "cannot be written", err)
	}
	defer func() {
		if err != nil { // leave nothing behind; what went wrong is known already
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	sum := sha256.New()
	if size, err = io.Copy(io.MultiWriter(f, sum), contextReader{ctx, r}); err != nil {
		if _, onDisk := errors.AsType[*fs.PathError](err); onDisk {
			err = folderError(b.dir, "cannot be written", err)
		}
		return d, 0, err
	}
	sum.Sum(d[:0])
	if err = errors.Join(f.Sync(), f.Close()); err != nil {
		return d, 0, folderError(b.dir, "cannot be written", err)
	}
	if err = b.place(f.Name(), d); err != nil {
		return d, 0, folderError(b.dir, "cannot be written", err)
	}
	return d, size, nil
}

func (b *blobs) place(temporary string, d throughline.Digest) error {
	path := b.path(d)
	shelf := filepath.Dir(path)
	if _, err := os.Stat(shelf); errors.Is(err, fs.ErrNotExist) {
		if err := errors.Join(makeFolder(shelf), syncFolder(b.dir)); err != nil {
			return err
		}
	}
	return errors.Join(os.Rename(temporary, path), syncFolder(shelf))
}

// path is blobs/ab/ab12...: 256 folders keep each of them short.
func (b *blobs) path(d throughline.Digest) string {
	name := d.String()
	return filepath.Join(b.dir, name[:2], name)
}

// Get implements record.Blobs.
func (b *blobs) Get(ctx context.Context, d throughline.Digest) (io.ReadCloser, error) {
	var data []byte
	err := b.db.read.QueryRowContext(ctx, "SELECT data FROM blob WHERE digest = ?", d[:]).Scan(&data)
	if err == nil {
		return checked(io.NopCloser(bytes.NewReader(data)), d), nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, b.db.failed("read", err)
	}
	f, err := os.Open(b.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, throughline.Errorf(throughline.NotFound, "there is no blob %s", d.Short())
	}
	if err != nil {
		return nil, folderError(b.dir, "cannot be read", err)
	}
	return checked(f, d), nil
}

// At implements record.Blobs.
func (b *blobs) At(ctx context.Context, d throughline.Digest) (record.Bytes, error) {
	var data []byte
	err := b.db.read.QueryRowContext(ctx, "SELECT data FROM blob WHERE digest = ?", d[:]).Scan(&data)
	if err == nil {
		return row{bytes.NewReader(data)}, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return nil, b.db.failed("read", err)
	}
	f, err := os.Open(b.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, throughline.Errorf(throughline.NotFound, "there is no blob %s", d.Short())
	}
	if err != nil {
		return nil, folderError(b.dir, "cannot be read", err)
	}
	about, err := f.Stat()
	if err != nil {
		return nil, errors.Join(folderError(b.dir, "cannot be read", err), f.Close())
	}
	return file{f, about.Size()}, nil
}

// row and file are record.Bytes.
type (
	row  struct{ *bytes.Reader }
	file struct {
		*os.File
		size int64
	}
)

// Close has nothing to give back.
func (row) Close() error { return nil }

// Size returns how many bytes the file has.
func (f file) Size() int64 { return f.size }

// Delete implements record.Blobs. While a backup copies blobs it does not wait
// and is an error with the code Unavailable.
func (b *blobs) Delete(ctx context.Context, d throughline.Digest) error {
	if !b.deleting.TryRLock() {
		return throughline.Errorf(throughline.Unavailable, "no blob is deleted while a backup copies them").WithFix("try again when the backup is done")
	}
	defer b.deleting.RUnlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deleted = true
	if _, err := b.db.write.ExecContext(ctx, "DELETE FROM blob WHERE digest = ?", d[:]); err != nil {
		return b.db.failed("written", err)
	}
	err := os.Remove(b.path(d))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return folderError(b.dir, "cannot be written", err)
	}
	return syncFolder(filepath.Dir(b.path(d)))
}

func (b *blobs) scrub(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.deleted {
		if _, err := b.db.write.ExecContext(ctx, "VACUUM"); err != nil {
			return b.db.failed("cleaned", err)
		}
	}
	if err := b.db.truncateLog(ctx); err != nil {
		return err
	}
	b.deleted = false
	return nil
}

func (b *blobs) close() error { return b.db.close() }

// checkedReader compares what it has read with the digest at the end.
type checkedReader struct {
	io.ReadCloser
	want throughline.Digest
	sum  hash.Hash
}

func checked(r io.ReadCloser, want throughline.Digest) io.ReadCloser {
	return &checkedReader{r, want, sha256.New()}
}

// Read passes on what it reads. In place of the end it returns an error with
// the code Corrupt when the bytes are not those of the digest.
func (c *checkedReader) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.sum.Write(p[:n])
	if err == io.EOF && throughline.Digest(c.sum.Sum(nil)) != c.want {
		return n, throughline.Errorf(throughline.Corrupt, "the blob %s has other bytes than it was stored with", c.want.Short()).
			WithFix("put the same content again, or restore the latest backup")
	}
	return n, err
}

// contextReader stops a long copy when its caller has gone.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

// Read reads unless the context has ended.
func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
