package image

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"
)

// xmpKey is the keyword of the text chunk that holds XMP.
const xmpKey = "XML:com.adobe.xmp"

// scanPNG walks the chunks to the end.
func (l *layout) scanPNG() error {
	off := int64(8)
	for range maxParts {
		head, err := l.read(off, 8, "a chunk")
		if err != nil {
			return err
		}
		name, n := string(head[4:]), int64(binary.BigEndian.Uint32(head))
		if n > 1<<31-1 || strings.ContainsFunc(name, func(r rune) bool { return r < 'A' || r > 'z' }) {
			return broken(off, "a chunk says it is %q and %d bytes long", name, n)
		}
		body := span{off + 8, n}
		if n > l.size-body.off-4 {
			return broken(off, "the chunk %s says it is %d bytes long, and %d follow", name, n, max(0, l.size-body.off-4))
		}
		if (off == 8) != (name == "IHDR") {
			return broken(off, "the chunk %s stands where it may not", name)
		}
		l.parts = append(l.parts, section{name, body})
		if err := l.chunk(name, body); err != nil {
			return err
		}
		if name == "IEND" {
			return nil
		}
		off = body.off + n + 4
	}
	return broken(off, "the PNG has more than %d chunks", maxParts)
}

// chunk reads one chunk of a PNG.
func (l *layout) chunk(name string, s span) error {
	switch name {
	case "IHDR":
		return l.header(s)
	case "tRNS":
		l.Alpha = true
	case "acTL":
		l.Animated = true
	case "caBX":
		l.Signed = true
	case "pHYs":
		if data, err := l.read(s.off, min(s.n, 9), name); err != nil || len(data) < 9 {
			return err
		} else if data[8] == 1 { // dots per metre
			l.DPI = float64(binary.BigEndian.Uint32(data)) * 0.0254
		}
	case "eXIf":
		data, err := l.notice(s, "EXIF")
		l.exif = data
		return err
	case "sRGB":
		l.Profile = "sRGB"
	case "iCCP":
		return l.packedProfile(s)
	case "tEXt", "zTXt", "iTXt":
		return l.text(name, s)
	}
	return nil
}

func (l *layout) header(s span) error {
	if s.n != 13 {
		return broken(s.off, "the header IHDR is %d bytes long, and it takes 13", s.n)
	}
	data, err := l.read(s.off-4, 21, "the header IHDR")
	if err != nil {
		return err
	}
	if crc32.ChecksumIEEE(data[:17]) != binary.BigEndian.Uint32(data[17:]) {
		return broken(s.off, "the header IHDR does not match its checksum")
	}
	data = data[4:]
	w, h := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
	if w > 1<<31-1 || h > 1<<31-1 {
		return broken(s.off, "the picture says it is %d x %d pixels", w, h)
	}
	l.Width, l.Height, l.Depth = int(w), int(h), int(data[8])
	switch data[9] {
	case 0:
		l.Model = Gray
	case 2:
		l.Model = RGB
	case 3:
		l.Model = Indexed
	case 4:
		l.Model, l.Alpha = Gray, true
	case 6:
		l.Model, l.Alpha = RGB, true
	default:
		return broken(s.off+9, "the colour type %d does not exist", data[9])
	}
	l.Progressive = data[12] == 1
	return l.afford(place(s.off))
}

// packedProfile unpacks a colour profile: a name, a zero, the method, the rest.
func (l *layout) packedProfile(s span) error {
	if s.n > MaxProfile {
		l.odd("the colour profile is longer than %d bytes and is ignored: colours are taken as sRGB", MaxProfile)
		return nil
	}
	data, err := l.read(s.off, s.n, "the colour profile iCCP")
	if err != nil {
		return err
	}
	i := bytes.IndexByte(data, 0)
	if i < 0 || i+2 > len(data) {
		return broken(s.off, "the colour profile iCCP has no name")
	}
	icc, err := unpack(data[i+2:], MaxProfile, s.off, "the colour profile iCCP")
	if err != nil {
		return err
	}
	l.profile(icc)
	return nil
}

// text reads a text chunk: XMP is kept, and packed text is unpacked so that one
// that explodes is refused.
func (l *layout) text(name string, s span) error {
	data, err := l.notice(s, "text chunk "+name)
	if err != nil || data == nil {
		return err
	}
	i := bytes.IndexByte(data, 0)
	if i < 0 {
		l.odd("a text chunk %s has no keyword", name)
		return nil
	}
	key, rest := string(data[:i]), data[i+1:]
	packed := false
	switch name {
	case "zTXt":
		packed = true
		rest = rest[min(1, len(rest)):]
	case "iTXt":
		if len(rest) < 2 {
			return broken(s.off, "the text chunk iTXt is too short")
		}
		packed = rest[0] == 1
		rest = rest[2:]
		for range 2 { // the language and the translated keyword
			j := bytes.IndexByte(rest, 0)
			if j < 0 {
				return broken(s.off, "the text chunk iTXt is too short")
			}
			rest = rest[j+1:]
		}
	}
	if packed {
		if rest, err = unpack(rest, MaxNotice, s.off, "the text chunk "+name); err != nil {
			return err
		}
	}
	if key == xmpKey {
		l.xmp = rest
		return nil
	}
	l.personal(Comment, "PNG text")
	return nil
}
