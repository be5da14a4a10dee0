package declare

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"github.com/throughline-engine/throughline"
)

// Set is resources by name, one revision each. Its order is that of
// throughline.Kinds, then of names. The zero Set is empty; a Set never changes
// after it was made, so copies may be shared.
type Set struct {
	byRef  map[throughline.Ref]throughline.Resource
	sorted []throughline.Resource
}

// NewSet returns the set of the resources. Of two with the same name the later
// one stays.
func NewSet(resources []throughline.Resource) Set {
	s := Set{byRef: make(map[throughline.Ref]throughline.Resource, len(resources))}
	for _, r := range resources {
		s.byRef[r.Ref()] = r
	}
	s.sorted = make([]throughline.Resource, 0, len(resources))
	for _, r := range resources { // not of the map: what comes nearly sorted is soon sorted
		s.sorted = append(s.sorted, s.byRef[r.Ref()])
	}
	slices.SortStableFunc(s.sorted, inOrder)
	s.sorted = slices.CompactFunc(s.sorted, func(a, b throughline.Resource) bool { return inOrder(a, b) == 0 })
	return s
}

// With returns the set with some resources put into it, each in place of the one
// of its name, and others taken out before. It costs a copy, not a sort.
func (s Set) With(put []throughline.Resource, gone ...throughline.Ref) Set {
	if len(put)+len(gone) == 0 {
		return s
	}
	next := Set{byRef: s.without(gone, len(put))}
	fresh := NewSet(put)
	for ref, r := range fresh.byRef {
		next.byRef[ref] = r
	}
	left := fresh.sorted
	next.sorted = make([]throughline.Resource, 0, len(next.byRef))
	for _, r := range s.sorted {
		for len(left) > 0 && inOrder(left[0], r) < 0 {
			next.sorted, left = append(next.sorted, left[0]), left[1:]
		}
		switch now, ok := next.byRef[r.Ref()]; {
		case len(left) > 0 && inOrder(left[0], r) == 0:
			next.sorted, left = append(next.sorted, now), left[1:]
		case ok:
			next.sorted = append(next.sorted, r)
		}
	}
	next.sorted = append(next.sorted, left...)
	return next
}

// without returns the map without some names, with room for more.
func (s Set) without(gone []throughline.Ref, more int) map[throughline.Ref]throughline.Resource {
	if len(gone) < len(s.sorted)/2 {
		left := make(map[throughline.Ref]throughline.Resource, len(s.byRef)+more)
		maps.Copy(left, s.byRef)
		for _, ref := range gone {
			delete(left, ref)
		}
		return left
	}
	out := make(map[throughline.Ref]bool, len(gone))
	for _, ref := range gone {
		out[ref] = true
	}
	left := make(map[throughline.Ref]throughline.Resource, more)
	for _, r := range s.sorted { // few stay: the map is not copied for them
		if ref := r.Ref(); !out[ref] {
			left[ref] = r
		}
	}
	return left
}

// inOrder compares two resources by kind, then by name.
func inOrder(a, b throughline.Resource) int { return a.Ref().Compare(b.Ref()) }

// Get returns the resource of that name.
func (s Set) Get(ref throughline.Ref) (throughline.Resource, bool) {
	r, ok := s.byRef[ref]
	return r, ok
}

// Len returns how many resources there are.
func (s Set) Len() int { return len(s.sorted) }

// All returns every resource in order. The slice is the caller's.
func (s Set) All() []throughline.Resource { return slices.Clone(s.sorted) }

// Of returns the resources of one kind, by name. The slice is the caller's.
func (s Set) Of(kind throughline.Kind) []throughline.Resource {
	return slices.Clone(s.of(kind))
}

// Each yields the resources of one kind, by name.
func (s Set) Each(kind throughline.Kind) iter.Seq[throughline.Resource] {
	return slices.Values(s.of(kind))
}

// of returns the part of the set that is of one kind.
func (s Set) of(kind throughline.Kind) []throughline.Resource {
	kinds := throughline.Kinds()
	at := slices.Index(kinds, kind)
	from, _ := slices.BinarySearchFunc(s.sorted, at, func(r throughline.Resource, at int) int { return cmp.Compare(slices.Index(kinds, r.Kind), at) })
	to, _ := slices.BinarySearchFunc(s.sorted, at+1, func(r throughline.Resource, at int) int { return cmp.Compare(slices.Index(kinds, r.Kind), at) })
	return s.sorted[from:to]
}

// names returns the names of one kind, ascending.
func (s Set) names(kind throughline.Kind) []string {
	var all []string
	for _, r := range s.of(kind) {
		all = append(all, r.Metadata.Name)
	}
	return all
}

// Piece returns the Fragment or the Asset of that name.
func (s Set) Piece(name string) (throughline.Piece, bool) {
	for _, kind := range []throughline.Kind{throughline.KindFragment, throughline.KindAsset} {
		if r, ok := s.Get(throughline.Ref{Kind: kind, Name: name}); ok {
			return throughline.PieceOf(r)
		}
	}
	return throughline.Piece{}, false
}

// Spec returns the spec of that kind and name as its type, or nil:
// Spec[*throughline.Brand](set, "acme").
func Spec[T throughline.Spec](s Set, name string) T {
	var none T
	r, ok := s.byRef[throughline.Ref{Kind: none.Kind(), Name: name}]
	if !ok {
		return none
	}
	spec, _ := r.Spec.(T)
	return spec
}
