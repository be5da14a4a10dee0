package engine

import (
	"math/bits"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/record"
)

// BucketPrints keeps what pictures are found again by: digest -> Print.
const BucketPrints = "print"

// BucketGrounds keeps a picture a few pixels wide, as PNG, to be measured where
// texts stand on it: digest -> bytes.
const BucketGrounds = "ground"

// GroundOf returns the small picture of the file whose digest begins so; nil for
// none.
func GroundOf(r record.Reader, digest string) ([]byte, error) {
	if len(digest) != 16 || strings.Trim(digest, "0123456789abcdef") != "" {
		return nil, nil
	}
	for e, err := range r.List(BucketGrounds, digest, "") {
		return e.Value, err
	}
	return nil, nil
}

// Print is the two hashes of a picture: the first two fields of image.Print.
type Print struct{ P, D uint64 }

// Blank reports whether a picture has so little in it that its hashes say nothing.
func (p Print) Blank() bool {
	const few = 6
	lighter := bits.OnesCount64(p.D)
	return lighter < few || lighter > 64-few
}

// PrintOf returns the print of a file that was taken in, and false where there is
// none: what is no picture has none.
func PrintOf(r record.Reader, d throughline.Digest) (p Print, ok bool, err error) {
	_, err = GetJSON(r, BucketPrints, d.String(), &p)
	if throughline.CodeOf(err) == throughline.NotFound {
		return p, false, nil
	}
	return p, err == nil, err
}
