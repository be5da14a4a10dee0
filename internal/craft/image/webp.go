package image

import (
	"bytes"
	"encoding/binary"
	"io"
)

// The flags of WebP's chunk VP8X.
const (
	webpAnimated = 1 << 1
	webpXMP      = 1 << 2
	webpEXIF     = 1 << 3
	webpAlpha    = 1 << 4
	webpProfile  = 1 << 5
)

// scanWebP walks the chunks to the end.
func (l *layout) scanWebP() error {
	head, err := l.read(0, 12, "the header")
	if err != nil {
		return err
	}
	end := int64(binary.LittleEndian.Uint32(head[4:])) + 8
	if end > l.size {
		return broken(4, "the WebP says it is %d bytes long, and it is %d", end, l.size)
	}
	l.Depth, l.Model = 8, YCbCr
	for off := int64(12); off+8 <= end; {
		head, err := l.read(off, 8, "a chunk")
		if err != nil {
			return err
		}
		body := span{off + 8, int64(binary.LittleEndian.Uint32(head[4:]))}
		name := string(head[:4])
		if body.n > end-body.off {
			return broken(off, "the chunk %q says it is %d bytes long, and %d follow", name, body.n, end-body.off)
		}
		if l.parts = append(l.parts, section{name, body}); len(l.parts) > maxParts {
			return broken(off, "the WebP has more than %d chunks", maxParts)
		}
		if err := l.webpChunk(name, body); err != nil {
			return err
		}
		off = body.off + body.n + body.n&1
	}
	return l.afford(place(12))
}

// webpChunk reads one chunk of a WebP.
func (l *layout) webpChunk(name string, s span) error {
	switch name {
	case "VP8X", "VP8 ", "VP8L":
		data, err := l.read(s.off, min(s.n, 10), "the chunk "+name)
		if err != nil {
			return err
		}
		return l.webpSize(name, data, s.off)
	case "ICCP":
		if s.n > MaxProfile {
			l.odd("the colour profile is longer than %d bytes and is ignored: colours are taken as sRGB", MaxProfile)
			return nil
		}
		data, err := l.read(s.off, s.n, "the colour profile ICCP")
		if err != nil {
			return err
		}
		l.profile(data)
	case "EXIF":
		data, err := l.notice(s, "EXIF")
		l.exif = bytes.TrimPrefix(data, []byte(exifHead))
		return err
	case "XMP ":
		data, err := l.notice(s, "XMP")
		l.xmp = data
		return err
	case "C2PA":
		l.Signed = true
	}
	return nil
}

// webpSize reads the size of the canvas, or of the only frame.
func (l *layout) webpSize(name string, b []byte, off int64) error {
	short := broken(off, "the chunk %q is too short", name)
	w, h := l.Width, l.Height
	switch name {
	case "VP8X":
		if len(b) < 10 {
			return short
		}
		w, h = int(b[4])|int(b[5])<<8|int(b[6])<<16, int(b[7])|int(b[8])<<8|int(b[9])<<16
		w, h = w+1, h+1
		l.Alpha, l.Animated = b[0]&webpAlpha != 0, b[0]&webpAnimated != 0
	case "VP8 ":
		if len(b) < 10 {
			return short
		}
		if l.Width == 0 {
			w, h = int(binary.LittleEndian.Uint16(b[6:])&0x3fff), int(binary.LittleEndian.Uint16(b[8:])&0x3fff)
		}
	case "VP8L":
		if len(b) < 5 || b[0] != 0x2f {
			return short
		}
		bits := binary.LittleEndian.Uint32(b[1:])
		l.Model = RGB
		l.Alpha = l.Alpha || bits>>28&1 == 1
		if l.Width == 0 {
			w, h = int(bits&0x3fff)+1, int(bits>>14&0x3fff)+1
		}
	}
	l.Width, l.Height = w, h
	return l.afford(place(off))
}

// copyWebP writes a WebP anew with other metadata: chunks that hold pixels are
// copied as they are.
func (l *layout) copyWebP(w io.Writer, x extras) error {
	var keep []section
	for _, p := range l.parts {
		switch p.name {
		case "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF":
			keep = append(keep, p)
		}
	}
	icc := l.icc
	if x.icc != nil {
		icc = x.icc
	}
	exif := x.exif()
	size, flags := int64(4+18), byte(0)
	for _, extra := range []struct {
		data []byte
		flag byte
	}{{icc, webpProfile}, {exif, webpEXIF}, {x.xmp, webpXMP}} {
		if len(extra.data) > 0 {
			n := int64(len(extra.data))
			size, flags = size+8+n+n&1, flags|extra.flag
		}
	}
	for _, p := range keep {
		size += 8 + p.n + p.n&1
	}
	if l.Alpha {
		flags |= webpAlpha
	}
	if l.Animated {
		flags |= webpAnimated
	}
	out := append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(size)), "WEBP"...)
	wide, high := l.stored[0]-1, l.stored[1]-1
	out = appendChunk(out, "VP8X", []byte{flags, 0, 0, 0, byte(wide), byte(wide >> 8), byte(wide >> 16), byte(high), byte(high >> 8), byte(high >> 16)})
	out = appendChunk(out, "ICCP", icc)
	if _, err := w.Write(out); err != nil {
		return err
	}
	for _, p := range keep {
		if err := l.copyChunk(w, p); err != nil {
			return err
		}
	}
	_, err := w.Write(appendChunk(appendChunk(nil, "EXIF", exif), "XMP ", x.xmp))
	return err
}

// copyChunk copies a chunk with its header and its padding.
func (l *layout) copyChunk(w io.Writer, p section) error {
	if _, err := w.Write(binary.LittleEndian.AppendUint32([]byte(p.name), uint32(p.n))); err != nil {
		return err
	}
	if _, err := io.Copy(w, io.NewSectionReader(l, p.off, p.n)); err != nil {
		return err
	}
	_, err := w.Write(make([]byte, p.n&1))
	return err
}

// appendChunk appends a chunk of a RIFF file; an empty one is left out.
func appendChunk(b []byte, name string, data []byte) []byte {
	if len(data) == 0 {
		return b
	}
	b = binary.LittleEndian.AppendUint32(append(b, name...), uint32(len(data)))
	b = append(b, data...)
	return append(b, make([]byte, len(data)&1)...)
}
