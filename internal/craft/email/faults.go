package email

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// maxFaults is how many faults of one source are told; a source with more is
// not one that somebody mends from a list.
const maxFaults = 100

// faults collects what is wrong with a source, in any order.
type faults struct {
	src  string
	list []fault
}

type fault struct {
	at  int
	err *throughline.Error
}

// add notes a fault at a byte of the source.
func (f *faults) add(at int, format string, args ...any) *throughline.Error {
	err := throughline.Errorf(throughline.Invalid, format, args...)
	if len(f.list) < maxFaults {
		f.list = append(f.list, fault{at, err})
	}
	return err
}

// err returns all faults by where they stand, or nil.
func (f *faults) err() error {
	if len(f.list) == 0 {
		return nil
	}
	slices.SortStableFunc(f.list, func(a, b fault) int { return cmp.Compare(a.at, b.at) })
	problems := make(throughline.Problems, len(f.list))
	for i, one := range f.list {
		line, column := text.Position([]byte(f.src), one.at)
		problems[i] = one.err.At(fmt.Sprintf("mjml:%d:%d", line, column))
	}
	return problems
}
