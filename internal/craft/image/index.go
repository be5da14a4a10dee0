package image

import (
	"cmp"
	"slices"
)

// Index finds hashes near another. It cuts each into four parts of 16 bits: when
// two hashes differ in at most r bits, they differ in at most r/4 bits of one part
// (multi-index hashing, Norouzi et al. 2012), so that few are compared and none is
// missed. The zero Index is empty. It may be read by several goroutines while none
// adds.
type Index struct {
	hashes []uint64
	gone   map[int]bool
	parts  [4][][]uint32 // by the 16 bits, the numbers of the hashes
}

// Near is a hash that was found.
type Near struct {
	Number   int // of the hash, in the order of Add
	Distance int // bits that differ
}

// Add takes a hash in and returns its number.
func (x *Index) Add(hash uint64) int {
	n := len(x.hashes)
	x.hashes = append(x.hashes, hash)
	for i := range x.parts {
		if x.parts[i] == nil {
			x.parts[i] = make([][]uint32, 1<<16)
		}
		key := uint16(hash >> (16 * i))
		x.parts[i][key] = append(x.parts[i][key], uint32(n))
	}
	return n
}

// Remove leaves a hash out of what is found.
func (x *Index) Remove(number int) {
	if x.gone == nil {
		x.gone = map[int]bool{}
	}
	x.gone[number] = true
}

// Find returns the hashes that differ in at most radius bits, nearest first. Over
// 11 bits a part may differ in three, and looking at every hash is faster.
func (x *Index) Find(hash uint64, radius int) []Near {
	var found []Near
	take := func(n uint32) {
		if d := Distance(hash, x.hashes[n]); d <= radius && !x.gone[int(n)] {
			found = append(found, Near{int(n), d})
		}
	}
	if radius > 11 {
		for n := range x.hashes {
			take(uint32(n))
		}
	} else if len(x.hashes) > 0 && radius >= 0 {
		for i := range x.parts {
			around(uint16(hash>>(16*i)), radius/4, func(key uint16) {
				for _, n := range x.parts[i][key] {
					take(n)
				}
			})
		}
	}
	slices.SortFunc(found, func(a, b Near) int {
		return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.Number, b.Number))
	})
	return slices.Compact(found) // several parts may have found the same
}

// around calls visit with each key that differs in at most radius bits, of 0 to 2.
func around(key uint16, radius int, visit func(uint16)) {
	visit(key)
	if radius < 1 {
		return
	}
	for i := range 16 {
		visit(key ^ 1<<i)
		for j := range i {
			if radius < 2 {
				break
			}
			visit(key ^ 1<<i ^ 1<<j)
		}
	}
}
