package declare

import (
	"cmp"
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
	for _, r := range s.byRef {
		s.sorted = append(s.sorted, r)
	}
	slices.SortFunc(s.sorted, func(a, b throughline.Resource) int { return compareRefs(a.Ref(), b.Ref()) })
	return s
}

func compareRefs(a, b throughline.Ref) int {
	kinds := throughline.Kinds()
	return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), cmp.Compare(a.Name, b.Name))
}

// Get returns the resource of that name.
func (s Set) Get(ref throughline.Ref) (throughline.Resource, bool) {
	r, ok := s.byRef[ref]
	return r, ok
}

// Len returns how many resources there are.
func (s Set) Len() int { return len(s.sorted) }

// All returns every resource in order. The slice is the caller's.
func (s Set) All() []throughline.Resource { return slices.Clone(s.sorted) }

// Of returns the resources of one kind, by name.
func (s Set) Of(kind throughline.Kind) []throughline.Resource {
	var all []throughline.Resource
	for _, r := range s.sorted {
		if r.Kind == kind {
			all = append(all, r)
		}
	}
	return all
}

// names returns the names of one kind, ascending.
func (s Set) names(kind throughline.Kind) []string {
	var all []string
	for _, r := range s.sorted {
		if r.Kind == kind {
			all = append(all, r.Metadata.Name)
		}
	}
	return all
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
