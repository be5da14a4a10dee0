package image

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/throughline-engine/throughline"
)

// Strip copies a picture without anything about people: EXIF, IPTC, XMP,
// comments, previews, C2PA and whatever follows the picture are left out, and the
// notice is written as XMP. The pixels, the colour profile and the orientation
// stay, byte for byte where the format has them. A zero notice keeps the one that
// the file has. A GIF is stripped and carries no notice. The file is never held.
func Strip(w io.Writer, r io.ReaderAt, size int64, notice Notice) (Facts, error) {
	l, err := scan(r, size)
	if err != nil {
		return Facts{}, err
	}
	if notice.zero() {
		notice = l.Notice
	}
	xmp, err := notice.XMP()
	if err != nil {
		return Facts{}, err
	}
	if err := l.rewrite(w, extras{orientation: l.Orientation, xmp: xmp}); err != nil {
		return Facts{}, err
	}
	return l.Facts, nil
}

// rewrite copies what shows and adds what is carried.
func (l *layout) rewrite(w io.Writer, x extras) error {
	out := bufio.NewWriterSize(w, 1<<16)
	var err error
	switch l.Format {
	case JPEG:
		err = l.copyJPEG(out, x)
	case PNG:
		err = l.copyPNG(out, x)
	case WebP:
		err = l.copyWebP(out, x)
	case GIF:
		err = l.copyGIF(out)
	case SVG:
		return throughline.Errorf(throughline.Invalid, "an SVG is not stripped").WithFix("check it with CheckSVG and take the safe copy")
	default:
		return throughline.Errorf(throughline.Invalid, "personal data in %s cannot be taken out here", l.Format).
			WithFix("save the picture as JPEG, PNG or WebP")
	}
	if err != nil {
		return err
	}
	return out.Flush()
}

// jpegCopier copies a JPEG that comes as a stream.
type jpegCopier struct {
	r   *bufio.Reader
	w   *bufio.Writer
	off int64
	ff  bool // the first byte of a marker was read already
}

// copyJPEG keeps the segments that decoding needs.
func (l *layout) copyJPEG(w *bufio.Writer, x extras) error {
	c := jpegCopier{r: bufio.NewReaderSize(io.NewSectionReader(l, 2, l.size-2), 1<<16), w: w, off: 2}
	head := []byte{0xff, 0xd8}
	if l.DPI > 0 && l.DPI < 65535 {
		head = appendSegment(head, 0xe0, jfifHead, binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16([]byte{1, 2, 1}, uint16(l.DPI+.5)), uint16(l.DPI+.5)))
		head = append(head, 0, 0)
		binary.BigEndian.PutUint16(head[4:], 16)
	}
	if exif := x.exif(); exif != nil {
		head = appendSegment(head, 0xe1, exifHead, exif)
	}
	if len(x.xmp) > 0 {
		head = appendSegment(head, 0xe1, xmpHead, x.xmp)
	}
	icc := l.icc
	if x.icc != nil {
		icc = x.icc
	}
	head = appendProfile(head, icc)
	if _, err := w.Write(head); err != nil {
		return err
	}
	return c.run(func(marker byte, data []byte) bool {
		switch {
		case marker == 0xfe, marker >= 0xe0 && marker <= 0xef:
			return marker == 0xee && bytes.HasPrefix(data, []byte(adobeHead))
		}
		return true
	})
}

// appendProfile cuts a colour profile into segments.
func appendProfile(b, icc []byte) []byte {
	const most = 65_533 - len(iccHead) - 2
	count := (len(icc) + most - 1) / most
	for i := range count {
		part := icc[i*most : min(len(icc), (i+1)*most)]
		b = appendSegment(b, 0xe2, iccHead+string([]byte{byte(i + 1), byte(count)}), part)
	}
	return b
}

// run copies the segments that are kept, and all scans, up to the end of the
// picture. What follows the end is left out.
func (c *jpegCopier) run(keep func(marker byte, data []byte) bool) error {
	for {
		marker, err := c.marker()
		if err != nil {
			return err
		}
		if marker == 0xd9 {
			_, err := c.w.Write([]byte{0xff, 0xd9})
			return err
		}
		if marker == 0x01 || marker >= 0xd0 && marker <= 0xd7 {
			continue
		}
		var head [2]byte
		if err := c.full(head[:]); err != nil {
			return err
		}
		n := int(binary.BigEndian.Uint16(head[:]))
		if n < 2 {
			return broken(c.off, "a JPEG segment says it is %d bytes long, and its length alone takes 2", n)
		}
		data := make([]byte, n-2)
		if err := c.full(data); err != nil {
			return err
		}
		if keep(marker, data) {
			if _, err := c.w.Write(appendSegment(nil, marker, "", data)); err != nil {
				return err
			}
		}
		if marker == 0xda {
			if err := c.scan(); err != nil {
				return err
			}
		}
	}
}

// marker reads the next marker, over bytes that fill.
func (c *jpegCopier) marker() (byte, error) {
	b, from := [2]byte{0xff}, 0
	if c.ff {
		c.ff, from = false, 1
	}
	if err := c.full(b[from:]); err != nil {
		return 0, err
	}
	if b[0] != 0xff {
		return 0, broken(c.off-2, "a JPEG segment should begin here, and %#x stands there", b[0])
	}
	for b[1] == 0xff {
		if err := c.full(b[1:]); err != nil {
			return 0, err
		}
	}
	return b[1], nil
}

func (c *jpegCopier) full(b []byte) error {
	n, err := io.ReadFull(c.r, b)
	c.off += int64(n)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return broken(c.off, "the JPEG ends before its picture does")
	}
	return err
}

// scan copies entropy-coded bytes up to the next marker. Inside
// them 0xff is followed by 0 or by a restart marker.
func (c *jpegCopier) scan() error {
	for {
		chunk, err := c.r.ReadSlice(0xff)
		c.off += int64(len(chunk))
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if _, err := c.w.Write(chunk); err != nil {
				return err
			}
			continue
		case err != nil:
			return broken(c.off, "the JPEG ends before its picture does")
		}
		if _, err := c.w.Write(chunk[:len(chunk)-1]); err != nil {
			return err
		}
		next, err := c.r.Peek(1)
		if err != nil {
			return broken(c.off, "the JPEG ends before its picture does")
		}
		if next[0] != 0 && (next[0] < 0xd0 || next[0] > 0xd7) {
			c.ff = true
			return nil
		}
		b, _ := c.r.ReadByte()
		c.off++
		if _, err := c.w.Write([]byte{0xff, b}); err != nil {
			return err
		}
	}
}

// copyPNG keeps the chunks that show and those that say how.
func (l *layout) copyPNG(w *bufio.Writer, x extras) error {
	if _, err := w.WriteString("\x89PNG\r\n\x1a\n"); err != nil {
		return err
	}
	for _, p := range l.parts {
		switch p.name {
		case "IHDR":
			if err := l.copyPNGChunk(w, p); err != nil {
				return err
			}
			if _, err := w.Write(pngExtras(x)); err != nil {
				return err
			}
			continue
		case "iCCP", "sRGB", "gAMA", "cHRM", "cICP":
			if x.icc != nil || p.name == "iCCP" && l.icc == nil {
				continue
			}
		case "PLTE", "IDAT", "IEND", "tRNS", "bKGD", "pHYs", "sBIT", "acTL", "fcTL", "fdAT", "mDCV", "cLLI":
		default:
			if p.name[0] >= 'a' { // what may be ignored may be left out
				continue
			}
			return broken(p.off, "the chunk %s is not known and may not be ignored", p.name)
		}
		if err := l.copyPNGChunk(w, p); err != nil {
			return err
		}
	}
	return nil
}

// copyPNGChunk copies a chunk and checks it on the way.
func (l *layout) copyPNGChunk(w io.Writer, p section) error {
	if _, err := w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(p.n)), p.name...)); err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	io.WriteString(sum, p.name) //nolint:errcheck // a hash takes everything
	if _, err := io.Copy(io.MultiWriter(w, sum), io.NewSectionReader(l, p.off, p.n)); err != nil {
		return err
	}
	said, err := l.read(p.off+p.n, 4, "the checksum of "+p.name)
	if err != nil {
		return err
	}
	if binary.BigEndian.Uint32(said) != sum.Sum32() {
		return broken(p.off, "the chunk %s does not match its checksum", p.name)
	}
	_, err = w.Write(said)
	return err
}

// pngExtras are the chunks that carry the profile, the orientation and the XMP.
func pngExtras(x extras) []byte {
	var b []byte
	if len(x.icc) > 0 {
		var packed bytes.Buffer
		packed.WriteString("profile\x00\x00")
		z := zlib.NewWriter(&packed)
		z.Write(x.icc) //nolint:errcheck // a buffer takes everything
		z.Close()      //nolint:errcheck // a buffer takes everything
		b = appendPNG(b, "iCCP", packed.Bytes())
	}
	if exif := x.exif(); exif != nil {
		b = appendPNG(b, "eXIf", exif)
	}
	if len(x.xmp) > 0 {
		b = appendPNG(b, "iTXt", append([]byte(xmpKey+"\x00\x00\x00\x00\x00"), x.xmp...))
	}
	return b
}

// appendPNG appends a chunk of a PNG with its checksum.
func appendPNG(b []byte, name string, data []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(data)))
	start := len(b)
	b = append(append(b, name...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[start:]))
}
