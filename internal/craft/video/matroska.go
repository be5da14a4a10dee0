package video

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

// The elements that are read (RFC 9559, 5.1), by their ids with the marker.
const (
	idHeader       = 0x1a45dfa3
	idDocType      = 0x4282
	idSegment      = 0x18538067
	idInfo         = 0x1549a966
	idScale        = 0x2ad7b1
	idDuration     = 0x4489
	idTracks       = 0x1654ae6b
	idTrack        = 0xae
	idTrackType    = 0x83
	idTrackEnabled = 0xb9
	idCodec        = 0x86
	idVideo        = 0xe0
	idWidth        = 0xb0
	idHeight       = 0xba
	idShownWidth   = 0x54b0
	idShownHeight  = 0x54ba
	idShownUnit    = 0x54b2
	idCropBottom   = 0x54aa
	idCropTop      = 0x54bb
	idCropLeft     = 0x54cc
	idCropRight    = 0x54dd
	idProjection   = 0x7670
	idRoll         = 0x7675
	idTags         = 0x1254c367
	idTag          = 0x7373
	idSimpleTag    = 0x67c8
	idTagName      = 0x45a3
	idCRC          = 0xbf
	idVoid         = 0xec
)

// element is one element of a Matroska file.
type element struct {
	id             uint64
	name           string
	off, body, end int64
	open           bool // its length is not told: it goes on to the end of what it lies in
	depth          int
}

// elements calls fn for each element in another.
func (f *film) elements(in element, fn func(element) error) error {
	if in.depth >= maxDepth {
		return broken(in.off, "the element %s lies more than %d deep", in.name, maxDepth)
	}
	for off := in.body; off < in.end; {
		e, err := f.element(in, off)
		if err != nil {
			return err
		}
		if err := fn(e); err != nil {
			return err
		}
		off = e.end
	}
	return nil
}

// element reads the header of an element: its id and its length, each a number that
// says in its first byte how long it is (RFC 8794, 4 to 6).
func (f *film) element(in element, off int64) (element, error) {
	if err := f.one(off); err != nil {
		return element{}, err
	}
	h, err := f.bytes(off, min(12, in.end-off), in.name)
	if err != nil {
		return element{}, err
	}
	idLen := bits.LeadingZeros8(h[0]) + 1
	if idLen > 4 || len(h) <= idLen {
		return element{}, broken(off, "no element of %s begins with %#02x", in.name, h[0])
	}
	e := element{id: number(h[:idLen]), name: fmt.Sprintf("%s/%X", in.name, h[:idLen]), off: off, depth: in.depth + 1}
	rest := h[idLen:]
	n := bits.LeadingZeros8(rest[0]) + 1
	if n > 8 || n > len(rest) {
		return element{}, broken(off, "the length of the element %s is no number", e.name)
	}
	size := number(rest[:n]) &^ (1 << (7 * n))
	e.body = off + int64(idLen+n)
	if size == 1<<(7*n)-1 {
		e.open, e.end = true, in.end
		return e, nil
	}
	if size > uint64(in.end-e.body) {
		return element{}, broken(off, "the element %s is %d bytes long, and %s has %d more", e.name, size, in.name, in.end-e.body)
	}
	e.end = e.body + int64(size)
	return e, nil
}

// value reads what an element holds, as far as it is ever read.
func (f *film) value(e element) ([]byte, error) {
	return f.bytes(e.body, min(e.end-e.body, maxBody), e.name)
}

// whole reads an unsigned number.
func (f *film) whole(e element) (float64, error) {
	b, err := f.value(e)
	if err == nil && len(b) > 8 {
		err = broken(e.off, "the element %s is a number of %d bytes", e.name, len(b))
	}
	return float64(number(b)), err
}

// float reads a number of four or eight bytes; none is 0.
func (f *film) float(e element) (float64, error) {
	b, err := f.value(e)
	if err != nil {
		return 0, err
	}
	switch len(b) {
	case 0:
		return 0, nil
	case 4:
		return float64(math.Float32frombits(u32(b))), nil
	case 8:
		return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
	}
	return 0, broken(e.off, "the element %s is a number of %d bytes", e.name, len(b))
}

// matroska walks a WebM or Matroska file.
func (f *film) matroska() error {
	f.Type = "video/matroska"
	found := false
	err := f.elements(element{end: f.size, name: "the file"}, func(e element) error {
		switch e.id {
		case idHeader:
			return f.elements(e, func(e element) error {
				if e.id != idDocType {
					return nil
				}
				b, err := f.value(e)
				if string(b) == "webm" {
					f.Type = "video/webm"
				}
				return err
			})
		case idSegment:
			if found {
				return nil
			}
			found = true
			return f.segment(e)
		}
		return nil
	})
	if err == nil && !found {
		err = broken(f.size, "the file ends without a segment, which holds the film")
	}
	return err
}

// segment reads what lies around the film.
func (f *film) segment(in element) error {
	done := false
	return f.elements(in, func(e element) error {
		switch {
		case done:
			return nil
		case e.open: // a part of the film whose end only its reader finds
			done = true
			f.odd("it was written as a stream, and what follows byte %d was not read", e.off)
			return nil
		case e.id == idInfo:
			return f.info(e)
		case e.id == idTracks:
			return f.elements(e, f.trackEntry)
		case e.id == idTags:
			_, err := f.tags(e)
			return err
		}
		return nil
	})
}

// info reads how long the film is.
func (f *film) info(in element) error {
	scale, length := 1e6, 0.0
	err := f.elements(in, func(e element) (err error) {
		switch e.id {
		case idScale:
			scale, err = f.whole(e)
		case idDuration:
			length, err = f.float(e)
		}
		return err
	})
	f.lasts(length * scale / 1e9)
	return err
}

// trackEntry reads one track.
func (f *film) trackEntry(in element) error {
	if in.id != idTrack {
		return nil
	}
	if len(f.tracks) >= maxTracks {
		return tooMuch(in.off, "more than %d tracks", maxTracks)
	}
	var t track
	err := f.elements(in, func(e element) (err error) {
		var n float64
		switch e.id {
		case idTrackType:
			n, err = f.whole(e)
			t.kind = map[float64]string{1: "vide", 2: "soun"}[n]
		case idTrackEnabled:
			n, err = f.whole(e)
			t.off = n == 0
		case idCodec:
			var b []byte
			b, err = f.value(e)
			t.codec = readable(string(b[:min(len(b), 40)]))
		case idVideo:
			err = f.shape(e, &t)
		}
		return err
	})
	f.tracks = append(f.tracks, t)
	return err
}

// shape reads how large a film is shown (RFC 9559, 5.1.4.1.28 and 11.1): the
// pixels that are not cut off, or what the file says; and whether it is turned.
func (f *film) shape(in element, t *track) error {
	v := map[uint64]float64{}
	err := f.elements(in, func(e element) (err error) {
		switch e.id {
		case idWidth, idHeight, idShownWidth, idShownHeight, idShownUnit, idCropBottom, idCropTop, idCropLeft, idCropRight:
			v[e.id], err = f.whole(e)
		case idProjection:
			err = f.elements(e, func(e element) (err error) {
				if e.id == idRoll {
					v[idRoll], err = f.float(e)
				}
				return err
			})
		}
		return err
	})
	t.width, t.height = v[idWidth]-v[idCropLeft]-v[idCropRight], v[idHeight]-v[idCropTop]-v[idCropBottom]
	switch w, h := v[idShownWidth], v[idShownHeight]; {
	case w < 1 || h < 1:
	case v[idShownUnit] == 0:
		t.width, t.height = w, h
	default: // a shape, in a unit that is none of a screen
		t.width = t.height * w / h
	}
	if turn := math.Abs(v[idRoll]); turn > 45 && turn < 135 {
		t.width, t.height = t.height, t.width
	}
	return err
}

// tags looks for personal data among what is said of the film, and marks it to be
// taken out; so is a checksum over it, which would not fit any more.
func (f *film) tags(in element) (erased bool, err error) {
	var sum *element
	err = f.elements(in, func(e element) error {
		switch e.id {
		case idCRC:
			sum = &e
		case idTag:
			some, err := f.tags(e)
			erased = erased || some
			return err
		case idSimpleTag:
			some, err := f.simpleTag(e)
			erased = erased || some
			return err
		}
		return nil
	})
	if erased && sum != nil {
		f.void(*sum)
	}
	return erased, err
}

// simpleTag looks at one tag, and at those within it.
func (f *film) simpleTag(in element) (erased bool, err error) {
	var kind Kind
	err = f.elements(in, func(e element) error {
		if e.id == idTagName {
			b, err := f.value(e)
			if k := tells(string(b)); k != "" {
				kind = k
				f.personal(k, "Tags/"+readable(string(b[:min(len(b), 80)])), false)
			}
			return err
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	if kind != "" {
		f.void(in)
		return true, nil
	}
	return f.tags(in)
}

// void marks an element to become one of empty space, of the same length.
func (f *film) void(e element) {
	n := e.end - e.off
	switch {
	case n < 2:
		return
	case n < 10:
		f.erase = append(f.erase, blank{e.off, []byte{idVoid, 0x80 | byte(n-2)}, n - 2})
	default:
		head := binary.BigEndian.AppendUint64([]byte{idVoid}, 1<<56|uint64(n-9))
		f.erase = append(f.erase, blank{e.off, head, n - 9})
	}
}
