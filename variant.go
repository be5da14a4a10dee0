package throughline

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
)

// VariantID is the identity of a rendering: the same template, pieces, locale
// and tokens have the same id wherever and whenever they meet.
type VariantID string

// NewVariantID hashes what a rendering is made of. Pieces are the digests of
// the fragments by slot, in slot order; an unfilled slot is the zero Digest.
func NewVariantID(template Digest, pieces []Digest, locale string, tokens Digest) VariantID {
	h := sha256.New()
	h.Write(template[:])
	for i := range pieces {
		h.Write(pieces[i][:])
	}
	var n [4]byte
	binary.BigEndian.PutUint32(n[:], uint32(len(locale)))
	h.Write(n[:])
	h.Write([]byte(locale))
	h.Write(tokens[:])
	return VariantID(hex.EncodeToString(h.Sum(nil)[:10]))
}

// Arms are the candidates of one placement as factors and levels: what learning
// sees of them.
type Arms struct {
	// Slots are the factors, in template order.
	Slots []string `json:"slots"`
	// Levels are, for each slot, the levels that may fill it.
	Levels [][]Level `json:"levels"`
	// Candidates are, for each filling that may be served, the position of its
	// level in each slot.
	Candidates [][]uint16 `json:"candidates"`
}

// MaxCandidates is how many fillings may compete in one placement: a candidate's
// position is two bytes, and the last ones are taken.
const MaxCandidates = 65_000

// Key names candidate c by its levels, the same across releases as long as the
// meaning of every piece stays: "hello@1|cta-shop@2|".
func (a Arms) Key(c int) string {
	n := 0
	for s, l := range a.Candidates[c] {
		n += len(a.Levels[s][l]) + 1
	}
	key := make([]byte, 0, n)
	for s, l := range a.Candidates[c] {
		if s > 0 {
			key = append(key, '|')
		}
		key = append(key, a.Levels[s][l]...)
	}
	return string(key)
}

// Assembly is every way to fill one template on one channel.
type Assembly struct {
	Template string
	Channel  string
	// Slots hold what may fill them, in template order; choices by fragment name,
	// an empty choice first where the slot is optional.
	Slots []SnapshotSlot
	// Candidates are the fillings that break no constraint, as positions in each
	// slot's Choices, in lexical order.
	Candidates [][]uint16
	// Excluded says how many fillings each constraint took out; one that breaks
	// several counts for each.
	Excluded []ExcludedCount
	// Total is the number of fillings before constraints.
	Total int
}

// ExcludedCount says how many fillings one rule took out.
type ExcludedCount struct {
	Rule  string `json:"rule"`
	Why   string `json:"why,omitempty"`
	Count int    `json:"count"`
}
