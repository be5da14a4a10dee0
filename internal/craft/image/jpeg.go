package image

import (
	"bytes"
	"encoding/binary"
	"sort"
)

// What the payloads of JPEG's application segments begin with.
const (
	jfifHead  = "JFIF\x00"
	exifHead  = "Exif\x00\x00"
	xmpHead   = "http://ns.adobe.com/xap/1.0/\x00"
	moreXMP   = "http://ns.adobe.com/xmp/extension/\x00"
	iptcHead  = "Photoshop 3.0\x00"
	iccHead   = "ICC_PROFILE\x00"
	adobeHead = "Adobe\x00"
)

// piece is one of the segments that a colour profile is cut into.
type piece struct {
	number int
	data   []byte
}

// scanJPEG walks the segments up to the first scan.
func (l *layout) scanJPEG() error {
	var icc []piece
	off := int64(2)
	for range maxParts {
		head, err := l.read(off, 4, "a segment")
		if err != nil {
			return err
		}
		if head[0] != 0xff {
			return broken(off, "a JPEG segment should begin here, and %#x stands there", head[0])
		}
		marker := head[1]
		switch {
		case marker == 0xff:
			off++
			continue
		case marker == 0x01 || marker >= 0xd0 && marker <= 0xd7:
			off += 2
			continue
		case marker == 0xd9:
			return broken(off, "the JPEG ends before its picture begins")
		}
		n := int64(binary.BigEndian.Uint16(head[2:]))
		if n < 2 {
			return broken(off, "a JPEG segment says it is %d bytes long, and its length alone takes 2", n)
		}
		body := span{off + 4, n - 2}
		if marker == 0xda {
			if l.Width == 0 {
				return broken(off, "the picture begins before its size is said")
			}
			return l.joinProfile(icc)
		}
		if err := l.segment(marker, body, &icc); err != nil {
			return err
		}
		off = body.off + body.n
	}
	return broken(off, "the JPEG has more than %d segments", maxParts)
}

// segment reads one segment of a JPEG.
func (l *layout) segment(marker byte, s span, icc *[]piece) error {
	if marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc {
		return l.frame(marker, s)
	}
	if marker != 0xfe && (marker < 0xe0 || marker > 0xef) {
		return nil
	}
	data, err := l.read(s.off, s.n, "a segment")
	if err != nil {
		return err
	}
	switch {
	case marker == 0xe0 && bytes.HasPrefix(data, []byte(jfifHead)) && len(data) >= 14:
		l.density(data)
	case marker == 0xe1 && bytes.HasPrefix(data, []byte(exifHead)):
		l.exif = data[len(exifHead):]
	case marker == 0xe1 && bytes.HasPrefix(data, []byte(xmpHead)):
		l.xmp = data[len(xmpHead):]
	case marker == 0xe1 && bytes.HasPrefix(data, []byte(moreXMP)):
		l.odd("XMP that goes on in a second segment is not read")
	case marker == 0xe2 && bytes.HasPrefix(data, []byte(iccHead)) && len(data) >= 14:
		*icc = append(*icc, piece{int(data[12]), data[14:]})
	case marker == 0xeb && bytes.Contains(data[:min(64, len(data))], []byte("jumb")):
		l.Signed = true
	case marker == 0xed && bytes.HasPrefix(data, []byte(iptcHead)) && len(l.iptc)+len(data) < MaxNotice:
		l.iptc = append(l.iptc, data[len(iptcHead):]...)
	case marker == 0xfe:
		l.personal(Comment, "JPEG comment")
	}
	return nil
}

// frame reads the size of a JPEG.
func (l *layout) frame(marker byte, s span) error {
	if s.n < 6 {
		return broken(s.off, "the frame header is %d bytes long, and it takes at least 6", s.n)
	}
	data, err := l.read(s.off, 6, "the frame header")
	if err != nil {
		return err
	}
	l.Progressive = marker == 0xc2
	l.Depth = int(data[0])
	l.Height, l.Width = int(binary.BigEndian.Uint16(data[1:])), int(binary.BigEndian.Uint16(data[3:]))
	switch data[5] {
	case 1:
		l.Model = Gray
	case 4:
		l.Model = CMYK
	default:
		l.Model = YCbCr
	}
	return l.afford(place(s.off))
}

func (l *layout) density(jfif []byte) {
	x := float64(binary.BigEndian.Uint16(jfif[8:]))
	switch jfif[7] {
	case 1:
		l.DPI = x
	case 2:
		l.DPI = x * 2.54
	}
}

// joinProfile puts a colour profile together.
func (l *layout) joinProfile(icc []piece) error {
	if len(icc) == 0 {
		return nil
	}
	sort.SliceStable(icc, func(i, j int) bool { return icc[i].number < icc[j].number })
	var all []byte
	for _, p := range icc {
		if all = append(all, p.data...); len(all) > MaxProfile {
			l.odd("the colour profile is longer than %d bytes and is ignored: colours are taken as sRGB", MaxProfile)
			return nil
		}
	}
	l.profile(all)
	return nil
}
