package trial

import (
	"encoding/binary"
	"time"

	"github.com/throughline-engine/throughline"
)

// The binary form is a version byte, then varints: window and the latest
// recorded time, the four counts, the number of entries, and per entry, oldest
// first, the question in eight bytes, seconds since the entry before, flags, and
// the times the flags announce, relative to the time recorded.
const (
	formVersion = 1

	flagShown   = 1 << 0
	flagReached = 1 << 1
	flagDone    = 1 << 2
	flagAgain   = 1 << 3

	minEntryBytes = 10
)

// AppendBinary appends the matcher's state. Equal histories give equal bytes.
// It never fails.
func (m *Matcher) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, formVersion)
	b = binary.AppendVarint(b, int64(m.window))
	b = binary.AppendVarint(b, m.now)
	for _, n := range []uint64{m.counts.Trials, m.counts.Successes, m.counts.Unshown, m.counts.Evicted, uint64(m.Open())} {
		b = binary.AppendUvarint(b, n)
	}
	var last uint32
	for s := m.head; s != m.tail; s++ {
		b = m.at(s).append(b, last)
		last = m.at(s).recorded
	}
	return b, nil
}

func (e *entry) append(b []byte, last uint32) []byte {
	b = binary.BigEndian.AppendUint64(b, e.question)
	b = binary.AppendUvarint(b, uint64(e.recorded-last))
	var flags byte
	if e.shown != never {
		flags |= flagShown
	}
	switch e.reached {
	case never:
	case done:
		flags |= flagDone
	default:
		flags |= flagReached
	}
	if e.again > 0 {
		flags |= flagAgain
	}
	b = append(b, flags)
	base := int64(e.recorded) * 1000
	if flags&flagShown != 0 {
		b = binary.AppendVarint(b, e.shown-base)
	}
	if flags&flagReached != 0 {
		b = binary.AppendVarint(b, e.reached-base)
	}
	if flags&flagAgain != 0 {
		b = binary.AppendUvarint(b, uint64(e.again))
	}
	return b
}

// UnmarshalBinary replaces the matcher's state, keeping its limit. Bytes that
// AppendBinary did not write are an error with the code Corrupt, and the matcher
// is left as it was.
func (m *Matcher) UnmarshalBinary(b []byte) error {
	r := reader{b: b}
	if r.byte() != formVersion {
		return throughline.Errorf(throughline.Corrupt, "saved trials are of an unknown version").
			WithFix("rebuild the projection from the journal")
	}
	n := New(time.Duration(r.varint()), m.limit)
	n.now = r.varint()
	n.counts = Counts{Trials: r.uvarint(), Successes: r.uvarint(), Unshown: r.uvarint(), Evicted: r.uvarint()}
	open := r.uvarint()
	if open > uint64(len(r.b)/minEntryBytes) || open > uint64(n.limit) {
		r.bad = true
	}
	var last uint32
	for range open {
		if r.bad {
			break
		}
		if n.Open() == len(n.ring) {
			n.grow()
		}
		e := n.at(n.tail)
		e.read(&r, last)
		last = e.recorded
		n.index[e.question] = n.tail
		n.tail++
	}
	if r.bad || len(r.b) > 0 || len(n.index) != n.Open() {
		return throughline.Errorf(throughline.Corrupt, "saved trials cannot be read").
			WithFix("rebuild the projection from the journal")
	}
	*m = *n
	return nil
}

func (e *entry) read(r *reader, last uint32) {
	*e = entry{question: r.uint64(), recorded: last + uint32(r.uvarint()), shown: never, reached: never}
	flags := r.byte()
	base := int64(e.recorded) * 1000
	if flags&flagShown != 0 {
		e.shown = base + r.varint()
	}
	if flags&flagReached != 0 {
		e.reached = base + r.varint()
	}
	if flags&flagDone != 0 {
		e.reached = done
	}
	if flags&flagAgain != 0 {
		e.again = uint32(r.uvarint())
	}
}

// reader takes values off the front of b; bad says that one was not there.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if n <= 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return make([]byte, max(n, 8))
	}
	head := r.b[:n]
	r.b = r.b[n:]
	return head
}

func (r *reader) byte() byte     { return r.take(1)[0] }
func (r *reader) uint64() uint64 { return binary.BigEndian.Uint64(r.take(8)) }

func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	r.take(n)
	return v
}

func (r *reader) varint() int64 {
	v, n := binary.Varint(r.b)
	r.take(n)
	return v
}
