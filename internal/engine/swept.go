package engine

import (
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

const keySwept = "swept" // in BucketEngine: the files that were deleted

// Swept counts files that were taken in and deleted because nothing named them.
type Swept struct {
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
	// At is when the last of them was deleted.
	At time.Time `json:"at"`
}

// SweptOf returns how many files were ever deleted because nothing named them.
func SweptOf(r record.Reader) (s Swept, err error) {
	if _, err = GetJSON(r, BucketEngine, keySwept, &s); throughline.CodeOf(err) == throughline.NotFound {
		err = nil
	}
	return s, err
}

// PutSwept keeps the sum.
func PutSwept(tx record.Tx, s Swept) error {
	return PutJSON(tx, BucketEngine, keySwept, s, record.AnyVersion)
}
