package report

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
)

// coder writes a state as bytes or reads it back. Each type says its form once,
// in a method code, so that the two directions cannot come apart. Numbers are
// varints, texts and lists carry their length first, and maps are written in the
// order of their keys.
type coder struct {
	b       []byte
	reading bool
	bad     bool // the bytes read are not a state
}

type integer interface {
	~int | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64
}

func num[T integer](c *coder, v *T) {
	if !c.reading {
		c.b = binary.AppendVarint(c.b, int64(*v))
		return
	}
	n, size := binary.Varint(c.b)
	if size <= 0 || int64(T(n)) != n {
		c.fail()
		return
	}
	c.b, *v = c.b[size:], T(n)
}

func nums[T integer](c *coder, vs ...*T) {
	for _, v := range vs {
		num(c, v)
	}
}

func flag(c *coder, v *bool) {
	var n uint8
	if *v {
		n = 1
	}
	num(c, &n)
	*v = n == 1
}

func text[T ~string](c *coder, vs ...*T) {
	for _, v := range vs {
		n := c.length(len(*v))
		if !c.reading {
			c.b = append(c.b, *v...)
			continue
		}
		*v = T(c.b[:n])
		c.b = c.b[n:]
	}
}

// list codes a slice; an empty one is read back as nil.
func list[T any](c *coder, v *[]T, each func(*T)) {
	n := c.length(len(*v))
	if c.reading {
		*v = nil
		if n > 0 {
			*v = make([]T, 0, min(n, 1<<12))
		}
		for range n {
			var item T
			if each(&item); c.bad {
				return
			}
			*v = append(*v, item)
		}
		return
	}
	for i := range *v {
		each(&(*v)[i])
	}
}

// table codes a map by ascending key.
func table[K cmp.Ordered, V any](c *coder, m map[K]V, key func(*K), value func(*V)) {
	if c.reading {
		for range c.length(0) {
			var k K
			var v V
			key(&k)
			if value(&v); c.bad {
				return
			}
			m[k] = v
		}
		return
	}
	c.length(len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		v := m[k]
		key(&k)
		value(&v)
	}
}

// length writes a length, or reads one: never more than there are bytes left,
// because everything takes at least one.
func (c *coder) length(n int) int {
	num(c, &n)
	if c.reading && (n < 0 || n > len(c.b)) {
		c.fail()
	}
	if c.bad {
		return 0
	}
	return n
}

// blob codes a part that has a form of its own.
func (c *coder) blob(appendTo func([]byte) []byte, read func([]byte) error) {
	var part []byte
	if !c.reading {
		part = appendTo(nil)
	}
	n := c.length(len(part))
	if !c.reading {
		c.b = append(c.b, part...)
		return
	}
	if c.bad || read(c.b[:n]) != nil {
		c.fail()
		return
	}
	c.b = c.b[n:]
}

func (c *coder) fail() { c.bad, c.b = true, nil }
