package schema

import (
	"maps"
	"slices"
)

// NoteNames returns what there are words for.
func NoteNames() []string { return slices.Sorted(maps.Keys(notes())) }
