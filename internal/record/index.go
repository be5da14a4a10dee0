package record

import "context"

// Index finds things by their words and tags. It holds nothing that cannot be
// made again from State: whoever keeps it in step (the package that owns the
// things) tells it a position, and begins anew when that is lost.
//
// Words are compared as they come: folding case and marks, and cutting a text
// into words, is for the caller, who does it alike for things and questions. A
// word is of letters and digits.
type Index interface {
	// Apply makes one change, whole or not at all. Where the index does not stand
	// at change.From, it is an error with the code Conflict: somebody else was
	// faster.
	Apply(ctx context.Context, change IndexChange) error
	// Position returns where the last change brought the index; empty for an index
	// that is new.
	Position(ctx context.Context) (string, error)
	// Find returns some of the things that a question fits.
	Find(ctx context.Context, q IndexQuery) (IndexPage, error)
}

// IndexChange brings an index from one position to another.
type IndexChange struct {
	From, To string
	// Clear empties the index first.
	Clear bool
	// Delete are keys, before Put is put; one that is not there is no error.
	Delete []string
	// Put adds things, or replaces those of their keys.
	Put []IndexDoc
}

// IndexDoc is one thing.
type IndexDoc struct {
	// Key is unique in the index.
	Key string
	// Name and Text are words with blanks between; a word in Name is worth more.
	Name, Text string
	// Tags are what filters and facets see, each as group:value.
	Tags []string
	// Keys are tags that are asked for and never counted.
	Keys []string
	// Data comes back with a hit.
	Data []byte
}

// IndexQuery is a question. What it leaves out fits everything.
type IndexQuery struct {
	// Terms must all be in a thing.
	Terms []IndexTerm
	// All has groups of tags: of each, a thing has at least one. Of None it has
	// none.
	All  [][]string
	None []string
	// After is the Next of a page; empty begins.
	After string
	// Limit is how many hits at most.
	Limit int
	// Count asks for Total and Facets, which look at no more than that many things.
	Count int
	// Facets are the groups whose tags are counted.
	Facets []string
}

// IndexTerm is one word, or several that follow each other.
type IndexTerm struct {
	Words []string
	// Prefix lets the last word be the beginning of one.
	Prefix bool
}

// IndexPage is an answer: first the things that have every term in their name,
// then the others, those put last before those put earlier.
type IndexPage struct {
	Hits []IndexHit
	// Next is the After of the next page; empty when this was the last.
	Next string
	// Total is how many things fit; AtLeast says that there are more.
	Total   int
	AtLeast bool
	// Facets counts the tags of each group asked for among the things that were
	// looked at, by value.
	Facets map[string]map[string]int
}

// IndexHit is one thing found.
type IndexHit struct {
	Key  string
	Data []byte
}
