package media

import (
	"crypto/sha256"
	"hash"
	"io"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// reading reads stored bytes from where it is asked to. Who reads all of them, from
// the first on, is never given the end of bytes that are not those of the digest;
// parts cannot be told from others.
type reading struct {
	*io.SectionReader
	from io.Closer
	want throughline.Digest
	sum  hash.Hash
	next int64 // how many bytes sum has seen, from the first
	end  bool
}

func newReading(b record.Bytes, d throughline.Digest) *reading {
	return &reading{SectionReader: io.NewSectionReader(b, 0, b.Size()), from: b, want: d, sum: sha256.New()}
}

// Read reads on. The bytes that end a file that is damaged are an error with the code
// Corrupt instead.
func (r *reading) Read(p []byte) (int, error) {
	at, err := r.SectionReader.Seek(0, io.SeekCurrent)
	if err != nil {
		return 0, err
	}
	n, err := r.SectionReader.Read(p)
	if at != r.next || r.end {
		return n, err
	}
	r.sum.Write(p[:n])
	if r.next += int64(n); r.next == r.Size() {
		if r.end = true; throughline.Digest(r.sum.Sum(nil)) != r.want {
			return 0, throughline.Errorf(throughline.Corrupt, "the blob %s has other bytes than it was stored with", r.want.Short()).
				WithFix("take the same file in again, or restore the latest backup")
		}
	}
	return n, err
}

// WriteTo hides that of the part, which would pass by Read.
func (r *reading) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{r})
}

// Close gives the bytes back.
func (r *reading) Close() error { return r.from.Close() }
