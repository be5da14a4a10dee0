package video_test

import (
	"encoding/binary"
	"math"
)

// These write the smallest films there are: an index, and no pictures.

func be32(n ...uint32) (b []byte) {
	for _, v := range n {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

func join(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func box(name string, parts ...[]byte) []byte {
	body := join(parts...)
	return join(be32(uint32(8+len(body))), []byte(name), body)
}

// upright and turned are matrices of tracks; 0x10000 is one.
var (
	upright = be32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
	turned  = be32(0, 0x10000, 0, 0xffff0000, 0, 0, 0, 0, 0x40000000)
)

func ftyp(brand string) []byte { return box("ftyp", []byte(brand), be32(0), []byte(brand)) }

// mvhd is of a film of n thousandths.
func mvhd(n uint32) []byte { return box("mvhd", be32(0, 0, 0, 1000, n), make([]byte, 80)) }

func trak(handler, codec string, w, h uint32, matrix []byte, more ...[]byte) []byte {
	tkhd := box("tkhd", be32(1, 0, 0, 1, 0, 2000), make([]byte, 16), matrix, be32(w<<16, h<<16))
	entry := box(codec, make([]byte, 24), []byte{byte(w >> 8), byte(w), byte(h >> 8), byte(h)}, make([]byte, 50))
	return box("trak", tkhd, join(more...), box("mdia",
		box("mdhd", be32(0, 0, 0, 90000, 180000, 0)),
		box("hdlr", be32(0, 0), []byte(handler), make([]byte, 13)),
		box("minf", box("stbl", box("stsd", be32(0, 1), entry))),
	))
}

// item is a value of a list of metadata.
func item(name string, value string) []byte {
	return box(name, box("data", be32(1, 0), []byte(value)))
}

// quicktimeMeta names its values by number.
func quicktimeMeta(pairs ...string) []byte {
	keys, list := be32(0, uint32(len(pairs)/2)), []byte{}
	for i := 0; i < len(pairs); i += 2 {
		keys = join(keys, be32(uint32(8+len(pairs[i]))), []byte("mdta"), []byte(pairs[i]))
		list = join(list, item(string(be32(uint32(i/2+1))), pairs[i+1]))
	}
	return box("meta", box("hdlr", be32(0, 0), []byte("mdta"), make([]byte, 13)), box("keys", keys), box("ilst", list))
}

// el is an element of Matroska, its length in eight bytes.
func el(id uint64, parts ...[]byte) []byte {
	body := join(parts...)
	return join(elID(id), binary.BigEndian.AppendUint64(nil, 1<<56|uint64(len(body))), body)
}

func elID(id uint64) []byte {
	b := binary.BigEndian.AppendUint64(nil, id)
	for b[0] == 0 {
		b = b[1:]
	}
	return b
}

func elUint(id, v uint64) []byte { return el(id, binary.BigEndian.AppendUint64(nil, v)) }

func elFloat(id uint64, v float64) []byte {
	return el(id, binary.BigEndian.AppendUint64(nil, math.Float64bits(v)))
}

func matroskaHeader(doc string) []byte { return el(0x1a45dfa3, el(0x4282, []byte(doc))) }

func matroskaTrack(kind uint64, codec string, shape ...[]byte) []byte {
	return el(0xae, elUint(0x83, kind), el(0x86, []byte(codec)), el(0xe0, shape...))
}

// simpleTag is one tag of Matroska.
func simpleTag(name, value string) []byte {
	return el(0x67c8, el(0x45a3, []byte(name)), el(0x4487, []byte(value)))
}
