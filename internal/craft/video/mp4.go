package video

import (
	"fmt"
	"math"
	"slices"

	"github.com/throughline-engine/throughline"
)

// box is one box of an ISO file: its header begins at off, what it holds at body.
type box struct {
	name           string
	off, body, end int64
	in             string // the names of the boxes it lies in
	depth          int
}

func (b box) path() string {
	if b.in == "" {
		return readable(b.name)
	}
	return b.in + "/" + readable(b.name)
}

// top is the file as a box.
func (f *film) top() box { return box{end: f.size} }

// each calls fn for each box in another, from a byte on. Boxes that no reader knows
// are passed over by their length.
func (f *film) each(in box, from int64, fn func(box) error) error {
	if in.depth >= maxDepth {
		return broken(in.off, "%s lies more than %d boxes deep", in.path(), maxDepth)
	}
	for off := from; in.end-off >= 8; {
		b, err := f.box(in, off)
		if err != nil {
			return err
		}
		if err := fn(b); err != nil {
			return err
		}
		off = b.end
	}
	return nil
}

// box reads the header of a box.
func (f *film) box(in box, off int64) (box, error) {
	if err := f.one(off); err != nil {
		return box{}, err
	}
	where := "the file"
	if in.name != "" {
		where, in.in = in.path(), in.path()
	}
	h, err := f.bytes(off, 8, where)
	if err != nil {
		return box{}, err
	}
	b := box{name: string(h[4:8]), off: off, body: off + 8, in: in.in, depth: in.depth + 1}
	size := int64(u32(h))
	switch size {
	case 0: // to the end of what it lies in
		size = in.end - off
	case 1:
		long, err := f.bytes(off+8, 8, "the length of "+b.path())
		if err != nil {
			return box{}, err
		}
		if number(long) > math.MaxInt64 {
			return box{}, broken(off, "%s is longer than any file", b.path())
		}
		size, b.body = int64(number(long)), off+16
	}
	if size < b.body-off {
		return box{}, broken(off, "%s is %d bytes long, its header %d", b.path(), size, b.body-off)
	}
	if size > in.end-off {
		return box{}, broken(off, "%s is %d bytes long, and %s has %d more", b.path(), size, where, in.end-off)
	}
	b.end = off + size
	return b, nil
}

// content reads what a box holds, from its start, at most as much as is ever read
// of one box and at least as much as its form asks for.
func (f *film) content(b box, least int) ([]byte, error) {
	n := b.end - b.body
	if n < int64(least) {
		return nil, broken(b.off, "%s holds %d bytes, and its form asks for %d", b.path(), n, least)
	}
	return f.bytes(b.body, min(n, maxBody), b.path())
}

// mp4 walks an ISO or QuickTime file.
func (f *film) mp4() error {
	f.Type = "video/quicktime" // files from before ftyp
	found := false
	err := f.each(f.top(), 0, func(b box) error {
		switch b.name {
		case "ftyp":
			c, err := f.content(b, 8)
			if err == nil && string(c[:4]) != "qt  " {
				f.Type = "video/mp4"
			}
			return err
		case "moov":
			if found {
				f.odd("it has a second index, at byte %d, which was not read", b.off)
				return nil
			}
			found = true
			return f.moov(b)
		case "moof":
			return f.moof(b)
		}
		return f.notice(b)
	})
	if err == nil && !found {
		err = broken(f.size, "the file ends without moov, the index that says what it holds")
	}
	if f.Duration == 0 {
		f.fragmented()
	}
	return err
}

// moov reads the index.
func (f *film) moov(in box) error {
	var longest float64
	err := f.each(in, in.body, func(b box) error {
		switch b.name {
		case "mvhd":
			seconds, _, err := f.length(b)
			f.lasts(seconds)
			return err
		case "trak":
			if len(f.tracks) >= maxTracks {
				return tooMuch(b.off, "more than %d tracks", maxTracks)
			}
			t, seconds, err := f.trak(b)
			f.tracks, longest = append(f.tracks, t), max(longest, seconds)
			return err
		case "mvex":
			return f.mvex(b)
		case "cmov":
			return throughline.Errorf(throughline.Invalid, "%s: the index is packed", b.path()).At(place(b.off)).WithFix("export it with an index that is not compressed")
		}
		return f.notice(b)
	})
	if f.Duration == 0 {
		f.lasts(longest)
	}
	return err
}

// length reads mvhd or mdhd: in seconds, 0 where the file does not tell, and how many
// units of time are a second.
func (f *film) length(b box) (seconds float64, scale uint32, err error) {
	c, err := f.content(b, 20)
	if err != nil {
		return 0, 0, err
	}
	scale = u32(c[12:])
	n, unknown := uint64(u32(c[16:])), uint64(math.MaxUint32)
	if c[0] == 1 {
		if len(c) < 32 {
			return 0, 0, broken(b.off, "%s holds %d bytes, and its form asks for 32", b.path(), len(c))
		}
		scale, n, unknown = u32(c[20:]), number(c[24:32]), math.MaxUint64
	}
	if n == unknown || n == 0 {
		return 0, scale, nil
	}
	if scale == 0 {
		return 0, 0, broken(b.off, "%s counts time in no unit", b.path())
	}
	return float64(n) / float64(scale), scale, nil
}

// trak reads one track.
func (f *film) trak(in box) (t track, seconds float64, err error) {
	err = f.each(in, in.body, func(b box) error {
		switch b.name {
		case "tkhd":
			return f.tkhd(b, &t)
		case "mdia":
			var err error
			seconds, err = f.mdia(b, &t)
			return err
		}
		return f.notice(b)
	})
	return t, seconds, err
}

// tkhd reads how a track is shown: its size, turned and stretched by its matrix
// (14496-12, 8.3.2 and 6.2.2).
func (f *film) tkhd(b box, t *track) error {
	c, err := f.content(b, 84)
	if err != nil {
		return err
	}
	matrix, id := 40, 12
	if c[0] == 1 {
		matrix, id = 52, 20
	}
	if len(c) < matrix+44 {
		return broken(b.off, "%s holds %d bytes, and its form asks for %d", b.path(), len(c), matrix+44)
	}
	t.off = c[3]&1 == 0
	t.id = u32(c[id:])
	w, h := float64(u32(c[matrix+36:]))/(1<<16), float64(u32(c[matrix+40:]))/(1<<16)
	part := func(at int) float64 { return math.Abs(float64(int32(u32(c[matrix+at:])))) / (1 << 16) }
	m11, m12, m21, m22 := part(0), part(4), part(12), part(16)
	t.width, t.height = w*m11+h*m21, w*m12+h*m22
	if t.width < 1 || t.height < 1 { // a matrix of zeros, which some writers leave
		t.width, t.height = w, h
	}
	return nil
}

// mdia reads what a track is, and the name of its codec.
func (f *film) mdia(in box, t *track) (seconds float64, err error) {
	var table *box
	err = f.each(in, in.body, func(b box) error {
		switch b.name {
		case "mdhd":
			seconds, t.scale, err = f.length(b)
			return err
		case "hdlr":
			c, err := f.content(b, 12)
			if err == nil {
				t.kind = readable(string(c[8:12]))
			}
			return err
		case "minf":
			return f.each(b, b.body, func(b box) error {
				if b.name != "stbl" {
					return nil
				}
				return f.each(b, b.body, func(b box) error {
					if b.name == "stsd" {
						table = &b
					}
					return nil
				})
			})
		}
		return nil
	})
	if err == nil && table != nil {
		err = f.stsd(*table, t)
	}
	return seconds, err
}

// stsd reads the first of the entries that say how samples are coded.
func (f *film) stsd(b box, t *track) error {
	c, err := f.content(b, 8)
	if err != nil || u32(c[4:]) == 0 {
		return err
	}
	if len(c) < 16 {
		return broken(b.off, "%s says that it has %d entries, and holds none", b.path(), u32(c[4:]))
	}
	entry := c[8:]
	t.codec = readable(string(entry[4:8]))
	if t.kind == "vide" && t.width*t.height < 1 && len(entry) >= 36 {
		t.width, t.height = float64(number(entry[32:34])), float64(number(entry[34:36]))
	}
	if t.codec == "encv" || t.codec == "enca" || t.codec == "drmi" || t.codec == "drms" {
		f.odd("it is encrypted, and plays only with its key")
	}
	if slices.Contains([]string{"gpmd", "camm"}, t.codec) || t.codec == "mebx" && tells(string(entry)) == Location {
		t.fixed = fmt.Sprintf("%s, track %d", t.codec, len(f.tracks)+1)
	}
	return nil
}
