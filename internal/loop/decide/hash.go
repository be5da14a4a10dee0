package decide

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"

	"github.com/throughline-engine/throughline"
)

// UnitHash stands for a unit wherever one is held or drawn by chance. It has no
// key: who is held out must not change when keys do. It is never stored or sent.
func UnitHash(unit string) uint64 { return xxhash.Sum64String(unit) }

// salt separates the uses of chance: units that share a fate in one are
// independent in another.
func salt(use, scope string) uint64 { return xxhash.Sum64String(use + "\x00" + scope) }

// chance is a hash as a number that looks random to whoever knows neither salt.
func chance(salt, unit uint64, epoch uint32) uint64 {
	var b [20]byte
	binary.LittleEndian.PutUint64(b[0:], salt)
	binary.LittleEndian.PutUint64(b[8:], unit)
	binary.LittleEndian.PutUint32(b[16:], epoch)
	return xxhash.Sum64(b[:])
}

// position takes the top of a chance as a position below WeightOne.
func position(chance uint64) uint32 { return uint32(chance >> 40) }

// questionKey derives the key of question hashes from the engine's, so that the
// two uses of it cannot help each other.
func questionKey(key []byte) [sha256.Size]byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("throughline question"))
	return [sha256.Size]byte(mac.Sum(nil))
}

// question hashes what was asked: the same question in the same epoch has the
// same number, and nobody without the key can tell it beforehand. Of the keyed
// hash only a quarter leaves the engine, which is too little to extend it.
func (t *Table) question(req throughline.Request) uint64 {
	buf := t.static.buffer()
	b := append((*buf)[:0], t.static.questionKey[:]...)
	b = append(b, t.static.digest[:]...)
	b = binary.LittleEndian.AppendUint32(b, t.number)
	b = appendText(b, req.Placement)
	b = appendText(b, req.Unit)
	b = appendMap(b, req.Context)
	sum := sha256.Sum256(b)
	if cap(b) <= maxBuffer {
		*buf = b
		t.static.buffers.Put(buf)
	}
	return binary.BigEndian.Uint64(sum[:])
}

// maxBuffer keeps one huge context from being remembered for good.
const maxBuffer = 16 << 10

// buffer returns a buffer to write a question into.
func (s *static) buffer() *[]byte {
	if b, ok := s.buffers.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, 0, 512)
	return &b
}

// appendValue writes a value of a request's context so that equal contexts have
// equal bytes. It sees a value as its JSON would be read back, because that is
// what a decision is replayed from: all numbers are float64, and each byte that
// is not UTF-8 is U+FFFD.
func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, 'n')
	case bool:
		if v {
			return append(b, 't')
		}
		return append(b, 'f')
	case string:
		return appendText(append(b, 's'), v)
	case float64:
		return appendNumber(b, v)
	case int:
		return appendNumber(b, float64(v))
	case int64:
		return appendNumber(b, float64(v))
	case []any:
		b = binary.AppendUvarint(append(b, 'l'), uint64(len(v)))
		for _, e := range v {
			b = appendValue(b, e)
		}
		return b
	case map[string]any:
		return appendMap(b, v)
	}
	return appendValue(b, throughJSON(v))
}

func appendMap(b []byte, m map[string]any) []byte {
	b = binary.AppendUvarint(append(b, 'm'), uint64(len(m)))
	var few [24]string
	keys := few[:0]
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		b = appendValue(appendText(b, k), m[k])
	}
	return b
}

func appendNumber(b []byte, f float64) []byte {
	return binary.LittleEndian.AppendUint64(append(b, 'd'), math.Float64bits(f+0)) // -0 is 0
}

func appendText(b []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// throughJSON returns a value of any other type as JSON has it; what JSON cannot
// say counts as missing.
func throughJSON(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		return nil
	}
	return plain
}
