package image

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	"github.com/throughline-engine/throughline"
)

// source is a file that is read where it is asked for.
type source struct {
	io.ReaderAt
	size int64
}

// span is a run of bytes of a source.
type span struct{ off, n int64 }

// layout is the structure of a file, as far as it was walked.
type layout struct {
	source
	Facts
	exif, xmp, iptc []byte // bounded by MaxNotice; exif begins with TIFF's header
	icc             []byte // bounded by MaxProfile
	stored          [2]int // width and height before the orientation
	parts           []section
}

// section is a chunk, a segment or a block of a file.
type section struct {
	name string
	span // of the payload
}

func place(off int64) string { return fmt.Sprintf("byte %d", off) }

// broken is the error of a file that does not keep its format.
func broken(off int64, format string, args ...any) error {
	return throughline.Errorf(throughline.Invalid, format, args...).At(place(off)).
		WithFix("the file is damaged or cut off; export or send it again")
}

// read returns n bytes at an offset, and refuses to read past the end.
func (s source) read(off, n int64, what string) ([]byte, error) {
	if off < 0 || n < 0 || off > s.size || n > s.size-off {
		return nil, broken(off, "the file ends inside %s: %d bytes are said to follow, %d do", what, n, max(0, s.size-off))
	}
	b := make([]byte, n)
	if _, err := s.ReadAt(b, off); err != nil && !errors.Is(err, io.EOF) {
		return nil, throughline.Errorf(throughline.Unavailable, "the file cannot be read: %w", err).At(place(off)).WithFix("try again")
	}
	return b, nil
}

// notice reads a block of metadata; one that is too long is passed over.
func (l *layout) notice(s span, what string) ([]byte, error) {
	if s.n > MaxNotice {
		l.odd("the %s of %d bytes is longer than %d and was not read", what, s.n, MaxNotice)
		return nil, nil
	}
	return l.read(s.off, s.n, what)
}

func (l *layout) odd(format string, args ...any) {
	if len(l.Oddities) < 20 {
		l.Oddities = append(l.Oddities, fmt.Sprintf(format, args...))
	}
}

// personal notes what tells of people, once for each kind and place.
func (l *layout) personal(kind Kind, where string) {
	p := Personal{kind, where}
	for _, have := range l.Personal {
		if have == p {
			return
		}
	}
	if len(l.Personal) < 50 {
		l.Personal = append(l.Personal, p)
	}
}

// unpack inflates a zlib stream of at most limit bytes.
func unpack(packed []byte, limit int, off int64, what string) ([]byte, error) {
	z, err := zlib.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, broken(off, "%s is not packed as it says", what)
	}
	out, err := io.ReadAll(io.LimitReader(z, int64(limit)+1))
	if len(out) > limit {
		return nil, throughline.Errorf(throughline.TooLarge, "%s of %d bytes unpacks to more than %d", what, len(packed), limit).
			At(place(off)).WithFix("export the picture again without it")
	}
	if err != nil {
		return nil, broken(off, "%s is not packed as it says", what)
	}
	return out, nil
}
