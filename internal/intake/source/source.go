// Package source finds files where other people put them: in a folder or in a
// bucket of an object store that speaks S3. It lists and opens, and changes
// nothing there. What a source holds comes from strangers, so a listing is
// bounded, links are not followed, and names are only ever shown.
package source

import (
	"context"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
)

// The limits of a source.
const (
	MaxFiles = 100_000
	MaxDepth = 32 // folders within folders
)

// File is a file at a source.
type File struct {
	// Name is its own name, without the folders it is in.
	Name string
	// Place says where it is, for people, and is never that of another: a path, or
	// s3://bucket/key.
	Place string
	Size  int64
	// Mark is another whenever the source knows that the file is another.
	Mark string

	open func(context.Context) (io.ReadCloser, error)
}

// Open returns the bytes. Where the source can tell that they changed meanwhile,
// reading ends with an error instead of EOF, so that no half is taken for a whole.
func (f File) Open(ctx context.Context) (io.ReadCloser, error) { return f.open(ctx) }

// Source is where files are found.
type Source interface {
	// Files yields the files there are, by place, or an error for what cannot be
	// listed.
	Files(ctx context.Context) iter.Seq2[File, error]
}

// unfinished are the ends of names under which programs write what is not yet
// whole.
var unfinished = []string{".part", ".partial", ".crdownload", ".download", ".tmp", ".swp", ".filepart", "~"}

// passedOver reports whether a name is of a file that nobody means: hidden, or
// not finished.
func passedOver(name string) bool {
	lower := strings.ToLower(name)
	return strings.HasPrefix(name, ".") || lower == "thumbs.db" || lower == "desktop.ini" ||
		slices.ContainsFunc(unfinished, func(end string) bool { return strings.HasSuffix(lower, end) })
}

func tooMany(place string) error {
	return throughline.Errorf(throughline.TooLarge, "there are more than %d files", MaxFiles).At(place).WithFix("name a folder further down, or several, one after the other")
}

// Settled tells files that are whole from those still being written: a file is
// ready when nothing of it changed for a while. The zero Settled knows none.
type Settled struct {
	seen map[string]look
}

type look struct {
	mark  string
	since time.Time
}

// Quiet is for how long a file must not have changed.
const Quiet = 2 * time.Second

// Ready returns the files that have not changed for Quiet, of all that there are
// now. What is not there any more is forgotten.
func (s *Settled) Ready(all []File, now time.Time) (ready []File) {
	next := make(map[string]look, len(all))
	for _, f := range all {
		l, known := s.seen[f.Place]
		if !known || l.mark != f.Mark {
			l = look{mark: f.Mark, since: now}
		}
		next[f.Place] = l
		if now.Sub(l.since) >= Quiet && f.Size > 0 {
			ready = append(ready, f)
		}
	}
	s.seen = next
	return ready
}
