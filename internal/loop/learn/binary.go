package learn

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"github.com/throughline-engine/throughline"
)

// The saved form is a version byte, then, with every list preceded by its
// length and numbers as varints: learned; the tallies by placement
// and event, each with its keys ascending and their counts, and its trials; the
// catalogue in the order of its own bytes; the current placements by name and
// the snapshots by digest, both as positions in the catalogue.
const formVersion = 2

// Marshal returns the state's bytes. The same events give the same bytes,
// whether folded at once or from a checkpoint. It never fails.
func (s *State) Marshal() ([]byte, error) {
	b := []byte{formVersion}
	b = binary.AppendUvarint(b, s.learned)
	b = binary.AppendUvarint(b, uint64(len(s.tallies)))
	for _, k := range slices.SortedFunc(maps.Keys(s.tallies), tallyKey.compare) {
		b = appendText(appendText(b, k.placement), k.event)
		b = s.tallies[k].append(b)
	}
	ids := slices.Sorted(maps.Keys(s.catalogue))
	place := make(map[*catalogued]uint64, len(ids))
	b = binary.AppendUvarint(b, uint64(len(ids)))
	for i, id := range ids {
		place[s.catalogue[id]] = uint64(i)
		b = append(b, id...)
	}
	b = binary.AppendUvarint(b, uint64(len(s.current)))
	for _, name := range slices.Sorted(maps.Keys(s.current)) {
		b = binary.AppendUvarint(b, place[s.current[name]])
	}
	b = binary.AppendUvarint(b, uint64(len(s.snapshots)))
	for _, d := range slices.SortedFunc(maps.Keys(s.snapshots), func(x, y [8]byte) int { return bytes.Compare(x[:], y[:]) }) {
		b = append(b, d[:]...)
		b = binary.AppendUvarint(b, uint64(len(s.snapshots[d])))
		for _, c := range s.snapshots[d] {
			b = binary.AppendUvarint(b, place[c])
		}
	}
	return b, nil
}

func (k tallyKey) compare(o tallyKey) int {
	return cmp.Or(cmp.Compare(k.placement, o.placement), cmp.Compare(k.event, o.event))
}

func (t *tally) append(b []byte) []byte {
	keys := slices.Sorted(slices.Values(t.keys))
	b = binary.AppendUvarint(b, uint64(len(keys)))
	for _, k := range keys {
		n := t.counts[t.index[k]]
		b = appendText(b, k)
		b = binary.AppendUvarint(b, uint64(n.Trials))
		b = binary.AppendUvarint(b, uint64(n.Successes))
	}
	trials, _ := t.trials.AppendBinary(nil) // it never fails
	return append(binary.AppendUvarint(b, uint64(len(trials))), trials...)
}

// append writes what makes a placement what it is; equal bytes are equal
// placements.
func (c *catalogued) append(b []byte) []byte {
	b = appendText(appendText(b, c.placement), c.event)
	b = binary.AppendVarint(b, int64(c.window))
	b = binary.AppendUvarint(b, uint64(len(c.arms.Slots)))
	for s, slot := range c.arms.Slots {
		b = appendText(b, slot)
		b = binary.AppendUvarint(b, uint64(len(c.arms.Levels[s])))
		for _, l := range c.arms.Levels[s] {
			b = appendText(b, string(l))
		}
	}
	b = binary.AppendUvarint(b, uint64(len(c.arms.Candidates)))
	for _, levels := range c.arms.Candidates {
		for _, l := range levels {
			b = binary.AppendUvarint(b, uint64(l))
		}
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// Unmarshal replaces the state by the one whose bytes b are. Bytes that Marshal
// did not write are an error with the code Corrupt, and the state is left as it
// was.
func (s *State) Unmarshal(b []byte) error {
	r := reader{b: b}
	if v := r.take(1); v[0] != formVersion {
		r.bad = true
	}
	n := NewState()
	n.learned = r.number()
	for range r.length(3) {
		t := n.tally(tallyKey{r.text(), r.text()})
		for range r.length(3) {
			i := t.position(r.text())
			t.counts[i] = Count{Trials: int64(r.number()), Successes: int64(r.number())}
		}
		if err := t.trials.UnmarshalBinary(r.take(r.length(1))); err != nil {
			r.bad = true
		}
	}
	placements := make([]*catalogued, r.length(5))
	for i := range placements {
		c := r.catalogued()
		if r.bad {
			break
		}
		placements[i] = n.intern(c)
	}
	n.readSnapshots(&r, placements)
	// There is one way to write a state, so anything else that was read is not
	// one that Marshal wrote.
	if !r.bad {
		again, err := n.Marshal()
		r.bad = err != nil || !bytes.Equal(again, b)
	}
	if r.bad {
		return throughline.Errorf(throughline.Corrupt, "saved counts cannot be read").
			WithFix("rebuild the projection from the journal")
	}
	*s = *n
	return nil
}

func (s *State) readSnapshots(r *reader, placements []*catalogued) {
	next := func() *catalogued {
		i := r.number()
		if r.bad || i >= uint64(len(placements)) {
			r.bad = true
			return nil
		}
		return placements[i]
	}
	for range r.length(1) {
		if c := next(); c != nil {
			s.current[c.placement] = c
		}
	}
	for range r.length(9) {
		d := [8]byte(r.take(8))
		list := make([]*catalogued, r.length(1))
		for i := range list {
			list[i] = next()
		}
		s.snapshots[d] = list
	}
}

// reader takes values off the front of b; bad says that one was not there, and
// from then on all are zero.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) take(n int) []byte {
	if r.bad || n < 0 || n > len(r.b) {
		r.bad = true
		return make([]byte, 8)[:min(max(n, 1), 8)]
	}
	head := r.b[:n]
	r.b = r.b[n:]
	return head
}

func (r *reader) number() uint64 {
	v, n := binary.Uvarint(r.b)
	if r.bad || n <= 0 {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

// length reads the length of a list whose items take at least size bytes each.
func (r *reader) length(size int) int {
	n := r.number()
	if n > uint64(len(r.b)/size) {
		r.bad = true
		return 0
	}
	return int(n)
}

func (r *reader) text() string { return string(r.take(r.length(1))) }

func (r *reader) catalogued() *catalogued {
	c := &catalogued{tallyKey: tallyKey{r.text(), r.text()}}
	window, n := binary.Varint(r.b)
	r.take(max(n, 1))
	c.window = time.Duration(window)
	for range r.length(2) {
		c.arms.Slots = append(c.arms.Slots, r.text())
		levels := make([]throughline.Level, r.length(1))
		for l := range levels {
			levels[l] = throughline.Level(r.text())
		}
		c.arms.Levels = append(c.arms.Levels, levels)
	}
	for range r.length(max(1, len(c.arms.Slots))) {
		levels := make([]uint16, len(c.arms.Slots))
		for s := range levels {
			l := r.number()
			if l > 0xffff {
				r.bad = true
			}
			levels[s] = uint16(l)
		}
		c.arms.Candidates = append(c.arms.Candidates, levels)
	}
	if checkArms(c.arms) != nil {
		r.bad = true
	}
	return c
}
