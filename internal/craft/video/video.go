// Package video reads what film files say of themselves, without reading the film:
// size as it is shown, length, codecs, sound, and what in them tells of people. It
// knows MP4 and MOV (ISO/IEC 14496-12 and Apple's QuickTime File Format), WebM and
// Matroska (RFC 8794 and RFC 9559), and the form of captions in WebVTT.
//
// Whatever the size of a file, headers and a bounded number of bytes beside them are
// read, each where it lies: an index at the end of a file costs a jump.
package video

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
)

// The limits.
const (
	// MaxBoxes is how many boxes or elements of a file are looked at.
	MaxBoxes = 200_000
	// MaxSide is the most pixels on a side that are believed.
	MaxSide = 1 << 15
	// maxBody is how much of one box is read at most, and maxRead of all.
	maxBody = 64 << 10
	maxRead = 32 << 20
	// maxDepth is how deep boxes lie in each other at most.
	maxDepth = 12
	// maxTracks is how many tracks a file has at most.
	maxTracks = 64
	// longest is the longest film that is believed.
	longest = 1000 * time.Hour
)

// Facts are what a film says of itself.
type Facts struct {
	// Type is the media type: video/mp4, video/quicktime, video/webm or
	// video/matroska.
	Type string
	// Width and Height are in pixels as the film is shown: turned, and with the
	// shape of its pixels.
	Width, Height int
	// Duration is to the millisecond; 0 where the file does not tell.
	Duration time.Duration
	// Codecs are of the pictures and the sound, as the file names them, each once:
	// avc1 and mp4a, V_VP9 and A_OPUS.
	Codecs []string
	// Sound reports whether there is any.
	Sound bool
	// Personal is what tells of people.
	Personal []Personal
	// Oddities are what somebody should know of the file.
	Oddities []string
}

// Kind is what something tells of people, in the words that pictures have too.
type Kind string

// The kinds of personal data.
const (
	Location Kind = "location" // where it was filmed
	Device   Kind = "device"   // a number that tells one camera from all others
	Comment  Kind = "comment"  // free text, which may say anything
)

// Personal is one thing that tells of people.
type Personal struct {
	Kind  Kind
	Where string // such as moov/udta/©xyz; never a value
	// Fixed is true of what Strip cannot take out: a track that tells it all along.
	Fixed bool
}

// Inspect reads what a film says of itself. It refuses what is no film, what is cut
// off, and what is built to be expensive; the error names the box or element and the
// byte it begins at.
func Inspect(r io.ReaderAt, size int64) (Facts, error) {
	f, err := scan(r, size)
	if err != nil {
		return Facts{}, err
	}
	return f.Facts, nil
}

// Strip writes the film without what tells of people and returns what it was. What
// is taken out becomes empty space of the same length, so that nothing else moves:
// the file is as long as before, and is read as a stream. What is Fixed stays.
func Strip(w io.Writer, r io.ReaderAt, size int64) (Facts, error) {
	f, err := scan(r, size)
	if err != nil {
		return Facts{}, err
	}
	at := int64(0)
	for _, b := range f.blanks() {
		if _, err := io.Copy(w, io.NewSectionReader(r, at, b.off-at)); err != nil {
			return f.Facts, err
		}
		if _, err := w.Write(b.head); err != nil {
			return f.Facts, err
		}
		if _, err := io.CopyN(w, zeros{}, b.zeros); err != nil {
			return f.Facts, err
		}
		at = b.off + int64(len(b.head)) + b.zeros
	}
	_, err = io.Copy(w, io.NewSectionReader(r, at, size-at))
	return f.Facts, err
}

// zeros is endless empty space.
type zeros struct{}

// Read fills p.
func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// blank is a place of the file that Strip writes over.
type blank struct {
	off   int64
	head  []byte // the header of empty space
	zeros int64
}

// film is a file as far as it was walked.
type film struct {
	Facts
	r      io.ReaderAt
	size   int64
	boxes  int
	read   int64
	tracks []track
	usual  map[uint32]uint32 // how long a sample of a track is, by its number
	erase  []blank
}

// track is one of a file's tracks.
type track struct {
	kind          string // vide, soun or another handler
	codec         string
	width, height float64 // as shown
	off           bool    // not enabled
	id, scale     uint32  // its number, and its unit of time: so many in a second
	end           uint64  // when its last fragment ends
	fixed         string  // what in it tells of people, and cannot be taken out
}

// scan finds the format and walks the file.
func scan(r io.ReaderAt, size int64) (*film, error) {
	f := &film{r: r, size: size, usual: map[uint32]uint32{}}
	head, err := f.bytes(0, min(size, 12), "its first bytes")
	if err != nil {
		return nil, err
	}
	switch {
	case strings.HasPrefix(string(head), "\x1a\x45\xdf\xa3"):
		err = f.matroska()
	case isBoxed(head):
		err = f.mp4()
	default:
		return nil, throughline.Errorf(throughline.Invalid, "the file is no film that is known here: it begins with %q", head).
			At(place(0)).WithFix("send an MP4, a MOV or a WebM")
	}
	if err != nil {
		return nil, err
	}
	return f, f.describe()
}

// isBoxed reports whether a file begins as ISO files and the older of QuickTime do.
func isBoxed(head []byte) bool {
	return len(head) >= 8 && slices.Contains([]string{"ftyp", "moov", "mdat", "free", "wide", "skip"}, string(head[4:8]))
}

// describe makes the facts of what the tracks say.
func (f *film) describe() error {
	var shown *track
	for i := range f.tracks {
		t := &f.tracks[i]
		switch t.kind {
		case "vide":
			if shown == nil || shown.off && !t.off || shown.off == t.off && shown.width*shown.height < 1 {
				shown = t
			}
		case "soun":
			f.Sound = f.Sound || !t.off
		}
		if t.codec != "" && (t.kind == "vide" || t.kind == "soun") && !slices.Contains(f.Codecs, t.codec) {
			f.Codecs = append(f.Codecs, t.codec)
		}
		if t.fixed != "" {
			f.personal(Location, t.fixed, true)
		}
	}
	if shown == nil {
		return throughline.Errorf(throughline.Invalid, "the file has no picture track").At(place(0)).WithFix("send a film; sound alone is nothing that the engine shows")
	}
	if shown.width < .5 || shown.height < .5 || shown.width > MaxSide || shown.height > MaxSide {
		return throughline.Errorf(throughline.Invalid, "the film says that it is shown %.0f by %.0f pixels large", shown.width, shown.height).
			At(place(0)).WithFix("export it with sides from 1 to %d pixels", MaxSide)
	}
	f.Width, f.Height = int(math.Round(shown.width)), int(math.Round(shown.height))
	if f.Duration == 0 {
		f.odd("it does not say how long it is")
	}
	return nil
}

// blanks returns what Strip writes over, in the order of the file.
func (f *film) blanks() []blank {
	slices.SortFunc(f.erase, func(a, b blank) int { return int(min(1, max(-1, a.off-b.off))) })
	return f.erase
}

func (f *film) odd(format string, args ...any) {
	if len(f.Oddities) < 20 {
		f.Oddities = append(f.Oddities, fmt.Sprintf(format, args...))
	}
}

// personal notes what tells of people, once for each place.
func (f *film) personal(k Kind, where string, fixed bool) {
	p := Personal{k, where, fixed}
	if len(f.Personal) < 50 && !slices.Contains(f.Personal, p) {
		f.Personal = append(f.Personal, p)
	}
}

// lasts keeps the length of the film, if it can be believed.
func (f *film) lasts(seconds float64) {
	if seconds > 0 && seconds < longest.Seconds() {
		f.Duration = time.Duration(math.Round(seconds*1000)) * time.Millisecond
	}
}

// bytes reads n bytes, where the file has them and they are not too many.
func (f *film) bytes(off, n int64, what string) ([]byte, error) {
	if off < 0 || n < 0 || off > f.size || n > f.size-off {
		return nil, broken(off, "the file ends inside %s: %d bytes are said to follow, %d do", what, n, max(0, f.size-off))
	}
	if f.read += n; f.read > maxRead {
		return nil, tooMuch(off, "more than %d bytes of headers", int64(maxRead))
	}
	b := make([]byte, n)
	if _, err := f.r.ReadAt(b, off); err != nil && !errors.Is(err, io.EOF) {
		return nil, throughline.Errorf(throughline.Unavailable, "the file cannot be read: %w", err).At(place(off)).WithFix("try again")
	}
	return b, nil
}

// one counts a box.
func (f *film) one(off int64) error {
	if f.boxes++; f.boxes > MaxBoxes {
		return tooMuch(off, "more than %d boxes", int64(MaxBoxes))
	}
	return nil
}

func place(off int64) string { return fmt.Sprintf("byte %d", off) }

// broken is the error of a file that does not keep its format.
func broken(off int64, format string, args ...any) error {
	return throughline.Errorf(throughline.Invalid, format, args...).At(place(off)).
		WithFix("the file is damaged or cut off; export or send it again")
}

// tooMuch is the error of a file that would cost too much.
func tooMuch(off int64, format string, limit int64) error {
	return throughline.Errorf(throughline.TooLarge, "the film has "+format, limit).At(place(off)).WithFix("export it again as one plain file")
}

// number reads the bytes as an unsigned number, the first the highest.
func number(b []byte) (n uint64) {
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}

func u32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }

// readable returns a name of a file as it can be printed.
func readable(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u00a9' || r > ' ' && r < 0x7f:
			return r
		case r == ' ':
			return '_'
		}
		return '?'
	}, strings.ToValidUTF8(strings.ReplaceAll(name, "\xa9", "©"), "?"))
}
