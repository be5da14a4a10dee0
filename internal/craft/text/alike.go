package text

import (
	"math"
	"strings"
	"unicode"

	"github.com/cespare/xxhash/v2"
)

// signatureSize is how many minima a signature keeps: the estimate of likeness is
// off by about 1/sqrt(128), 9 points of a hundred.
const signatureSize = 128

// Signature is what a text is found again by (MinHash, Broder 1997): of each of
// 128 orders of its shingles the least. A shingle is three characters in a row,
// since copy is often too short for three words; case, punctuation and spacing do
// not count.
type Signature [signatureSize]uint32

// SignatureOf returns the signature of a text; the zero one for a text without a
// letter or a digit.
func SignatureOf(s string) Signature {
	runes := []rune(" " + strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r)
	}), " ") + " ")
	if len(runes) < 3 {
		return Signature{}
	}
	var sig Signature
	for i := range sig {
		sig[i] = math.MaxUint32
	}
	for i := range len(runes) - 2 {
		h := xxhash.Sum64String(string(runes[i : i+3]))
		for j := range sig {
			// Each order is one mixing of the hash (Steele et al. 2014).
			z := h + uint64(j+1)*0x9e3779b97f4a7c15
			z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
			z = (z ^ z>>27) * 0x94d049bb133111eb
			sig[j] = min(sig[j], uint32(z>>32))
		}
	}
	return sig
}

// Alike estimates the share of shingles that two texts have in common, from 0 to 1
// (Jaccard). Texts without a letter are like nothing.
func (s Signature) Alike(other Signature) float64 {
	if s == (Signature{}) || other == (Signature{}) {
		return 0
	}
	same := 0
	for i := range s {
		if s[i] == other[i] {
			same++
		}
	}
	return float64(same) / signatureSize
}
