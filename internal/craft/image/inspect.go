package image

import (
	"bytes"
	"encoding/binary"
	"io"
	"slices"

	"github.com/throughline-engine/throughline"
)

// Inspect reads what a file says of its picture, without decoding it. It holds
// the headers and at most MaxNotice of each kind of metadata, whatever the size
// of the file. It refuses what is no picture, what is cut off and what cannot be
// afforded; a format that is only recognised has Facts, and Decodable says why
// there is no more.
func Inspect(r io.ReaderAt, size int64) (Facts, error) {
	l, err := scan(r, size)
	if err != nil {
		return Facts{}, err
	}
	return l.Facts, nil
}

// scan finds the format and walks the file.
func scan(r io.ReaderAt, size int64) (*layout, error) {
	l := &layout{source: source{r, size}}
	l.Bytes, l.Orientation = size, 1
	head, err := l.read(0, min(size, 4096), "its first bytes")
	if err != nil {
		return nil, err
	}
	l.Format = sniff(head)
	switch l.Format {
	case JPEG:
		err = l.scanJPEG()
	case PNG:
		err = l.scanPNG()
	case GIF:
		err = l.scanGIF()
	case WebP:
		err = l.scanWebP()
	case SVG:
		l.scanSVG(head)
		return l, nil
	case AVIF, HEIC:
		return l, l.scanHEIF()
	case TIFF, BMP:
		return l, nil
	default:
		return nil, throughline.Errorf(throughline.Invalid, "the file is no picture that is known here: it begins with %q", head[:min(12, len(head))]).
			At(place(0)).WithFix("send a JPEG, PNG, GIF, WebP or SVG")
	}
	if err != nil {
		return nil, err
	}
	l.describe()
	l.stored = [2]int{l.Width, l.Height}
	if l.Orientation >= 5 {
		l.Width, l.Height = l.Height, l.Width
	}
	return l, nil
}

// sniff returns the format that the first bytes are of, or nothing.
func sniff(head []byte) Format {
	at := func(off int, s string) bool { return len(head) >= off+len(s) && string(head[off:off+len(s)]) == s }
	switch {
	case at(0, "\xff\xd8\xff"):
		return JPEG
	case at(0, "\x89PNG\r\n\x1a\n"):
		return PNG
	case at(0, "GIF87a"), at(0, "GIF89a"):
		return GIF
	case at(0, "RIFF") && at(8, "WEBP"):
		return WebP
	case at(0, "II*\x00"), at(0, "MM\x00*"):
		return TIFF
	case at(0, "BM") && len(head) > 14 && head[6]|head[7]|head[8]|head[9] == 0:
		return BMP
	case at(4, "ftyp"):
		return brand(head)
	case isSVG(head):
		return SVG
	}
	return ""
}

// brand tells AVIF from HEIC by the brands of an ISO media file.
func brand(head []byte) Format {
	end := min(len(head), int(min(binary.BigEndian.Uint32(head), 256)))
	for off := 8; off+4 <= end; off += 4 {
		switch string(head[off : off+4]) {
		case "avif", "avis":
			return AVIF
		case "heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1":
			if !bytes.Contains(head[:end], []byte("avif")) {
				return HEIC
			}
		}
	}
	return ""
}

// scanHEIF reads the size of the largest picture in an AVIF or HEIC file, which
// its property box ispe holds near the beginning.
func (l *layout) scanHEIF() error {
	head, err := l.read(0, min(l.size, 1<<16), "its first bytes")
	if err != nil {
		return err
	}
	for rest := head; ; {
		i := bytes.Index(rest, []byte("ispe"))
		if i < 0 || len(rest) < i+16 {
			break
		}
		w, h := binary.BigEndian.Uint32(rest[i+8:]), binary.BigEndian.Uint32(rest[i+12:])
		if w < 1<<20 && h < 1<<20 && int(w)*int(h) > l.Width*l.Height {
			l.Width, l.Height = int(w), int(h)
		}
		rest = rest[i+4:]
	}
	l.odd("only the kind and the size of %s is read here, and not its metadata", l.Format)
	return nil
}

// scanGIF walks the blocks of a GIF up to the second frame or the first MB.
func (l *layout) scanGIF() error {
	head, err := l.read(0, 13, "the header")
	if err != nil {
		return err
	}
	l.Width, l.Height = int(binary.LittleEndian.Uint16(head[6:])), int(binary.LittleEndian.Uint16(head[8:]))
	l.Depth, l.Model = 8, Indexed
	if err := l.afford(place(6)); err != nil {
		return err
	}
	frames := 0
	return l.walkGIF(func(b block) (bool, error) {
		switch {
		case b.name == "frame":
			frames++
			l.Animated = frames > 1
		case b.name == "control":
			l.Alpha = l.Alpha || b.flags&1 != 0
		case b.name == "XMP DataXMP" && b.n > 258:
			data, err := l.notice(span{b.off, b.n - 258}, "XMP") // a trailer of 258 bytes makes it skippable
			l.xmp = data
			return true, err
		case b.name == "comment":
			l.personal(Comment, "GIF comment")
		}
		return frames < 2 && b.off < 64<<20, nil
	})
}

// profile takes a colour profile in, or says why not.
func (l *layout) profile(icc []byte) {
	if len(icc) < 132 || int64(binary.BigEndian.Uint32(icc)) != int64(len(icc)) || string(icc[36:40]) != "acsp" {
		l.odd("the colour profile is damaged and is ignored: colours are taken as sRGB")
		return
	}
	l.icc, l.Profile = icc, profileName(icc)
}

// profileName reads the description of an ICC profile, as versions 2 and 4
// write it.
func profileName(icc []byte) string {
	const unnamed = "unnamed"
	count := int(min(binary.BigEndian.Uint32(icc[128:]), 100))
	for i := range count {
		entry := 132 + 12*i
		if entry+12 > len(icc) {
			break
		}
		if string(icc[entry:entry+4]) != "desc" {
			continue
		}
		off, n := uint64(binary.BigEndian.Uint32(icc[entry+4:])), uint64(binary.BigEndian.Uint32(icc[entry+8:]))
		if n < 16 || off+n > uint64(len(icc)) {
			break
		}
		return profileText(icc[off:off+n], unnamed)
	}
	return unnamed
}

func profileText(tag []byte, unnamed string) string {
	var text []byte
	switch string(tag[:4]) {
	case "desc":
		n := uint64(binary.BigEndian.Uint32(tag[8:]))
		text = tag[12:min(uint64(len(tag)), 12+n)]
	case "mluc":
		if len(tag) < 28 {
			return unnamed
		}
		n, off := uint64(binary.BigEndian.Uint32(tag[20:])), uint64(binary.BigEndian.Uint32(tag[24:]))
		if off+n > uint64(len(tag)) {
			return unnamed
		}
		for i, b := range tag[off : off+n] { // UTF-16; what is not ASCII is left out
			if i%2 == 1 {
				text = append(text, b)
			}
		}
	}
	text = slices.DeleteFunc(bytes.Clone(text), func(b byte) bool { return b < ' ' || b > '~' })
	if len(text) == 0 {
		return unnamed
	}
	return string(text[:min(len(text), 80)])
}
