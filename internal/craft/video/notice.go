package video

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"strings"
)

// tells returns what kind of personal data is under a name, of which the formats
// have many: ©xyz, com.apple.quicktime.location.ISO6709, RECORDING_LOCATION.
func tells(name string) Kind {
	switch lower := strings.ToLower(name); {
	case name == "\xa9xyz", name == "loci", name == "gps ", name == "GPS ",
		strings.Contains(lower, "location"), strings.Contains(lower, "gps"), strings.Contains(lower, "latitude"), strings.Contains(lower, "longitude"):
		return Location
	case name == "GPMF", strings.Contains(lower, "serial"), strings.HasSuffix(lower, "camera.identifier"):
		return Device
	case name == "\xa9cmt", lower == "comment", strings.HasSuffix(lower, ".comment"):
		return Comment
	}
	return ""
}

// notice looks for personal data in a box beside the film, and marks it to be
// taken out.
func (f *film) notice(b box) error {
	switch b.name {
	case "udta":
		return f.each(b, b.body, f.notice)
	case "meta":
		return f.meta(b)
	case "uuid", "XMP_":
		return f.xmp(b)
	}
	if k := tells(b.name); k != "" {
		f.personal(k, b.path(), false)
		f.free(b)
	}
	return nil
}

// free marks a box to become one of empty space, of the same length.
func (f *film) free(b box) {
	if b.end-b.off == 0 {
		return
	}
	head := make([]byte, b.body-b.off)
	binary.BigEndian.PutUint32(head, uint32(min(b.end-b.off, math.MaxUint32)))
	if len(head) == 16 || b.end-b.off > math.MaxUint32 {
		head = make([]byte, 16)
		head[3] = 1
		binary.BigEndian.PutUint64(head[8:], uint64(b.end-b.off))
	}
	copy(head[4:], "free")
	f.erase = append(f.erase, blank{b.off, head, b.end - b.off - int64(len(head))})
}

// meta reads the names and values that QuickTime and iTunes keep, in the form of
// either: with four bytes of version before the first box or without.
func (f *film) meta(b box) error {
	from := b.body
	if start, err := f.content(b, 8); err != nil || string(start[4:8]) != "hdlr" {
		if err != nil {
			return nil // an empty one
		}
		from += 4
	}
	var keys []string
	err := f.each(b, from, func(b box) (err error) {
		if b.name == "keys" {
			keys, err = f.keys(b)
		}
		return err
	})
	if err != nil {
		return err
	}
	return f.each(b, from, func(b box) error {
		if b.name != "ilst" {
			return f.notice(b)
		}
		return f.each(b, b.body, func(b box) error { return f.item(b, keys) })
	})
}

// keys reads the names that items of a list go by.
func (f *film) keys(b box) (names []string, err error) {
	c, err := f.content(b, 8)
	if err != nil {
		return nil, err
	}
	count := u32(c[4:])
	for c = c[8:]; len(c) >= 8 && len(names) < int(min(count, 1000)); {
		n := u32(c)
		if n < 8 || int64(n) > int64(len(c)) {
			return nil, broken(b.off, "%s: key %d is %d bytes long, and %d follow", b.path(), len(names)+1, n, len(c))
		}
		names, c = append(names, string(c[8:n])), c[n:]
	}
	return names, nil
}

// item looks at one value of a list. It goes by a number in keys, by its own name,
// or has its name inside.
func (f *film) item(b box, keys []string) error {
	name := b.name
	if n := u32([]byte(b.name)); n >= 1 && int64(n) <= int64(len(keys)) {
		name = keys[n-1]
	}
	if name == "----" {
		err := f.each(b, b.body, func(b box) error {
			if b.name != "name" {
				return nil
			}
			c, err := f.content(b, 4)
			if err == nil {
				name = string(c[4:])
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if k := tells(name); k != "" {
		f.personal(k, b.in+"/"+readable(name[:min(len(name), 80)]), false)
		f.free(b)
	}
	return nil
}

const (
	// xmpID is the extended type of a box with XMP (XMP specification, part 3).
	xmpID = "\xbe\x7a\xcf\xcb\x97\xa9\x42\xe8\x9c\x71\x99\x94\x91\xe3\xaf\xac"
	// maxXMP is how much of it is searched; what is longer is taken out unread.
	maxXMP = 4 << 20
)

// xmp searches XMP for a place, and takes all of it out where there is one.
func (f *film) xmp(b box) error {
	body := b.body
	if b.name == "uuid" {
		id, err := f.content(b, 0)
		if err != nil || !bytes.HasPrefix(id, []byte(xmpID)) {
			return err
		}
		body += int64(len(xmpID))
	}
	if b.end-body > maxXMP {
		f.odd("its XMP of %d bytes is longer than %d and was taken out unread", b.end-body, maxXMP)
		f.personal(Comment, b.path()+" (XMP)", false)
		f.free(b)
		return nil
	}
	if f.read += b.end - body; f.read > maxRead {
		return tooMuch(b.off, "more than %d bytes of headers", int64(maxRead))
	}
	text, err := io.ReadAll(io.NewSectionReader(f.r, body, b.end-body))
	if err != nil {
		return err
	}
	if bytes.Contains(text, []byte(":GPS")) {
		f.personal(Location, b.path()+" (XMP)", false)
		f.free(b)
	}
	return nil
}
