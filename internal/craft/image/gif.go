package image

import (
	"bufio"
	"io"
)

// block is a block of a GIF.
type block struct {
	name  string // "frame", "control", "comment", "plain text" or the application's identifier
	flags byte
	span  // with its introducer; for an application of its data, unframed where it is XMP
}

// walkGIF calls visit for each block until it returns false or the trailer
// comes. Blocks that are copied are those whose span begins at the introducer.
func (l *layout) walkGIF(visit func(block) (bool, error)) error {
	g := gifReader{r: bufio.NewReaderSize(io.NewSectionReader(l, 0, l.size), 1<<15)}
	g.skip(10)
	flags := g.byte()
	g.skip(2 + table(flags))
	for g.err == nil {
		start := g.off
		b := block{span: span{off: start}}
		switch introducer := g.byte(); introducer {
		case ';':
			return nil
		case ',':
			g.skip(8)
			g.skip(table(g.byte()) + 1)
			g.blocks()
			b.name = "frame"
		case '!':
			g.extension(&b)
		default:
			if g.err == nil {
				return broken(start, "a GIF block should begin here, and %#x stands there", introducer)
			}
		}
		if g.err != nil {
			break
		}
		if b.n == 0 {
			b.n = g.off - b.off
		}
		if more, err := visit(b); err != nil || !more {
			return err
		}
	}
	return broken(g.off, "the GIF ends before its trailer")
}

// table returns the bytes of a colour table by the flags before it.
func table(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// gifReader reads forward and remembers the first error.
type gifReader struct {
	r   *bufio.Reader
	off int64
	err error
}

func (g *gifReader) byte() byte {
	if g.err != nil {
		return 0
	}
	b, err := g.r.ReadByte()
	g.off, g.err = g.off+1, err
	return b
}

func (g *gifReader) skip(n int64) {
	if g.err != nil {
		return
	}
	done, err := g.r.Discard(int(n))
	g.off, g.err = g.off+int64(done), err
}

// blocks skips sub-blocks up to the empty one.
func (g *gifReader) blocks() {
	for g.err == nil {
		n := g.byte()
		if n == 0 {
			return
		}
		g.skip(int64(n))
	}
}

// extension reads what is after the introducer of an extension.
func (g *gifReader) extension(b *block) {
	switch g.byte() {
	case 0xf9:
		b.name = "control"
		g.skip(1)
		b.flags = g.byte()
		g.skip(3)
	case 0xfe:
		b.name = "comment"
	case 0x01:
		b.name = "plain text"
	case 0xff:
		n := g.byte()
		id, err := g.r.Peek(int(n))
		if g.err == nil {
			g.err = err
		}
		b.name = string(id)
		g.skip(int64(n))
		if b.name == "XMP DataXMP" {
			b.off = g.off
			g.blocks()
			b.n = g.off - b.off
			return
		}
	default:
		b.name = "unknown"
	}
	g.blocks()
}

// copyGIF keeps frames, their controls and the loop.
func (l *layout) copyGIF(w io.Writer) error {
	head, err := l.read(0, 13, "the header")
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, io.NewSectionReader(l, 0, 13+table(head[10]))); err != nil {
		return err
	}
	err = l.walkGIF(func(b block) (bool, error) {
		switch b.name {
		case "frame", "control", "NETSCAPE2.0", "ANIMEXTS1.0":
			_, err := io.Copy(w, io.NewSectionReader(l, b.off, b.n))
			return err == nil, err
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	_, err = w.Write([]byte{';'})
	return err
}
