// Package media takes files in and serves them again: pictures stripped of what
// is personal, found again when they come a second time, and rendered in the
// sizes that addresses ask for. What an address shows is asked of what is in
// force each time, so that a picture that is withdrawn is gone.
package media

import (
	"bytes"
	"context"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/image"
	"github.com/throughline-engine/throughline/internal/engine"
)

// The limits.
const (
	// MaxBytes is how large a file may be, unless Config says otherwise.
	MaxBytes = 2 << 30
	// pixels is how many pixels are worked on at once: each takes some bytes of
	// memory.
	pixels = 2 * image.MaxPixels
)

// Buckets of State.
const (
	bucketFiles      = "file"      // digest -> stored
	bucketRenditions = "rendition" // digest/rendition -> made
)

// Encode makes one rendition of a picture.
type Encode func(context.Context, *image.Picture, image.Spec, image.Notice) (image.Rendition, error)

// Config says where files rest on their way in, and who writes renditions. The
// zero Config is the usual.
type Config struct {
	// Folder is where a file lies while it is looked at; empty is the system's for
	// temporary files.
	Folder string
	// MaxBytes is how large a file may be; 0 is MaxBytes.
	MaxBytes int64
	// Waiting returns the assets that wait in a caller's draft, which a new file is
	// compared with as well; nil compares with what is in force.
	Waiting func(ctx context.Context, by engine.Caller) ([]throughline.Resource, error)
	// Encode writes renditions; nil is what Go writes by itself.
	Encode Encode
	// Keep is for how long a file is kept that nothing names; 0 is KeepUnnamed, and
	// less is for good.
	Keep time.Duration
	// NamedIn are the buckets of State whose values name files. Without them nothing
	// is ever deleted.
	NamedIn []string
}

// Media is the files of an engine.
type Media struct {
	core   *engine.Core
	config Config
	room   *semaphore.Weighted // in pixels
	making singleflight.Group

	mu    sync.Mutex
	p, d  image.Index          // the two hashes of every print
	names []throughline.Digest // by number in both
	read  map[throughline.Digest]bool
	// byFile are the assets in force of the release asOf, by their file.
	byFile map[throughline.Digest][]string
	asOf   string
}

// New returns the files of an engine.
func New(core *engine.Core, c Config) *Media {
	if c.MaxBytes == 0 {
		c.MaxBytes = MaxBytes
	}
	if c.Keep == 0 {
		c.Keep = KeepUnnamed
	}
	if c.Encode == nil {
		c.Encode = func(_ context.Context, p *image.Picture, s image.Spec, n image.Notice) (image.Rendition, error) {
			return p.Render(s, n)
		}
	}
	return &Media{core: core, config: c, room: semaphore.NewWeighted(pixels), read: map[throughline.Digest]bool{}}
}

// stored is what is kept of a file beside its bytes.
type stored struct {
	File throughline.File `json:"file"`
	// Notice is who made it and who owns it, as it said.
	Notice image.Notice `json:"notice"`
	// Taken is when it came the last time.
	Taken time.Time `json:"taken,omitzero"`
	// Named is true once it is known that a revision names it, which is for good.
	Named bool `json:"named,omitempty"`
	// Doomed is true while it is being deleted.
	Doomed bool `json:"doomed,omitempty"`
}

// scratch is a file on disk while it is looked at. Close removes it, and so does the
// end of the process.
type scratch struct {
	*os.File
	size int64
}

// spool writes a stream to disk, as far as it may go.
func (m *Media) spool(r io.Reader) (*scratch, error) {
	f, err := os.CreateTemp(m.config.Folder, "throughline-file-*")
	if err != nil {
		return nil, noRoom(err)
	}
	os.Remove(f.Name()) // where the system lets it: it is gone then however the process ends
	s := &scratch{File: f}
	from := &sent{Reader: io.LimitReader(r, m.config.MaxBytes+1)}
	s.size, err = io.Copy(f, from)
	switch {
	case from.err != nil:
		err = throughline.Errorf(throughline.Invalid, "the file did not arrive whole: %w", from.err).WithFix("send it again")
	case err != nil:
		err = noRoom(err)
	case s.size > m.config.MaxBytes:
		err = throughline.Errorf(throughline.TooLarge, "the file is larger than %d bytes", m.config.MaxBytes).WithFix("send a smaller one")
	case s.size == 0:
		err = throughline.Errorf(throughline.Invalid, "the file is empty").WithFix("send its bytes as the body of the request")
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// noRoom is the error of a disk, as opposed to that of whoever sends a file.
func noRoom(err error) error {
	return throughline.Errorf(throughline.Unavailable, "no file can be taken in: %w", err).WithFix("look at the disk of the folder for temporary files")
}

// sent is what somebody sends; it tells their errors from those of the disk.
type sent struct {
	io.Reader
	err error
}

// Read reads on.
func (s *sent) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// Close removes the file.
func (s *scratch) Close() {
	s.File.Close()
	os.Remove(s.Name())
}

// onDisk opens a blob in a form that can be read at any place.
func (m *Media) onDisk(ctx context.Context, d throughline.Digest) (*scratch, error) {
	r, err := m.core.Record.Blobs.Get(ctx, d)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return m.spool(r)
}

// decode reads the pixels of a stored picture, when there is room for them. The
// caller gives the room back.
func (m *Media) decode(ctx context.Context, f throughline.File) (p *image.Picture, done func(), err error) {
	size := int64(max(1, f.Width)) * int64(max(1, f.Height))
	if err := m.room.Acquire(ctx, min(size, pixels)); err != nil {
		return nil, nil, throughline.Errorf(throughline.Exhausted, "too many pictures are worked on: %w", err).WithFix("ask again in a second")
	}
	done = func() { m.room.Release(min(size, pixels)) }
	s, err := m.onDisk(ctx, f.Digest)
	if err != nil {
		done()
		return nil, nil, err
	}
	defer s.Close()
	if p, err = image.Decode(s, s.size); err != nil {
		done()
		return nil, nil, err
	}
	return p, done, nil
}

// keep stores bytes and returns their digest.
func (m *Media) keep(ctx context.Context, b []byte) (throughline.Digest, error) {
	d, _, err := m.core.Record.Blobs.Put(ctx, bytes.NewReader(b))
	return d, err
}
