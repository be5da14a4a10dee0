package stat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"maps"
	"math"
	"slices"
)

// HistogramError is how far, relative to it, a value that a Histogram reports
// may lie from the one it was told.
const HistogramError = 1.0 / 128

// Histogram counts positive values, latencies say, in buckets whose width grows
// with the value: 64 to each doubling. A value is therefore known to within
// [HistogramError] of itself, from 1e-300 to 1e300 alike, and a histogram of
// latencies takes a few hundred buckets at most. Counts are integers and buckets
// are cut by the bits of the number, so equal values give equal bytes on every
// machine, in whatever order they came. The zero Histogram is empty and ready.
type Histogram struct {
	buckets map[uint32]uint64
	// small counts what is zero, negative or no number.
	small uint64
	count uint64
}

const (
	mantissaBits = 52
	bucketBits   = 6 // 64 buckets to a doubling
)

// Add counts one value. What is not above zero counts as zero.
func (h *Histogram) Add(v float64) { h.AddN(v, 1) }

// AddN counts a value n times.
func (h *Histogram) AddN(v float64, n uint64) {
	if n == 0 {
		return
	}
	h.count += n
	if !(v > 0) {
		h.small += n
		return
	}
	if h.buckets == nil {
		h.buckets = map[uint32]uint64{}
	}
	h.buckets[bucketOf(v)] += n
}

// Count returns how many values were added.
func (h *Histogram) Count() uint64 { return h.count }

// Quantile returns the q-quantile, 0 <= q <= 1, to within [HistogramError]: the
// smallest value that at least a share q do not exceed. Of no values it is 0.
func (h *Histogram) Quantile(q float64) float64 {
	if h.count == 0 {
		return 0
	}
	return h.at(rankOf(int64(h.count), q))[0]
}

// QuantileInterval returns the interval of [QuantileRanks] for the q-quantile,
// or false when there are too few values.
func (h *Histogram) QuantileInterval(q, confidence float64) (Interval, bool) {
	low, high, ok := QuantileRanks(int64(h.count), q, confidence)
	if !ok {
		return Interval{}, false
	}
	v := h.at(low, high)
	return Interval{Low: v[0], High: v[1]}, true
}

// at returns the values in the given places, which ascend, from 1.
func (h *Histogram) at(ranks ...int64) []float64 {
	values := make([]float64, 0, len(ranks))
	seen := int64(h.small)
	for len(values) < len(ranks) && ranks[len(values)] <= seen {
		values = append(values, 0)
	}
	for _, b := range slices.Sorted(maps.Keys(h.buckets)) {
		seen += int64(h.buckets[b])
		for len(values) < len(ranks) && ranks[len(values)] <= seen {
			values = append(values, middleOf(b))
		}
	}
	return values
}

// bucketOf takes the exponent and the first bits of the mantissa.
func bucketOf(v float64) uint32 {
	return uint32(math.Float64bits(min(v, math.MaxFloat64)) >> (mantissaBits - bucketBits))
}

// middleOf returns the middle of a bucket.
func middleOf(b uint32) float64 {
	const half = 1 << (mantissaBits - bucketBits - 1)
	return math.Float64frombits(uint64(b)<<(mantissaBits-bucketBits) + half)
}

const histogramVersion = 1

// AppendBinary appends the histogram's state: a version byte, then varints: the
// small values, the number of buckets, and for each, ascending, how far it is
// from the one before and its count. It never fails.
func (h *Histogram) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, histogramVersion)
	b = binary.AppendUvarint(b, h.small)
	b = binary.AppendUvarint(b, uint64(len(h.buckets)))
	last := uint32(0)
	for _, k := range slices.Sorted(maps.Keys(h.buckets)) {
		b = binary.AppendUvarint(b, uint64(k-last))
		b = binary.AppendUvarint(b, h.buckets[k])
		last = k
	}
	return b, nil
}

// MarshalBinary returns what AppendBinary appends.
func (h *Histogram) MarshalBinary() ([]byte, error) { return h.AppendBinary(nil) }

var errHistogram = errors.New("stat: not the bytes of a histogram")

// UnmarshalBinary replaces the histogram by the one whose bytes b are. Other
// bytes are an error, and the histogram is left as it was.
func (h *Histogram) UnmarshalBinary(b []byte) error {
	if len(b) == 0 || b[0] != histogramVersion {
		return errHistogram
	}
	rest := b[1:]
	next := func() uint64 {
		v, n := binary.Uvarint(rest)
		rest = rest[max(n, 0):]
		return v
	}
	var read Histogram
	read.AddN(0, next())
	key := uint64(0)
	for range min(next(), uint64(len(b))) {
		key += next()
		if key >= bucketOf1e309 {
			return errHistogram
		}
		read.AddN(middleOf(uint32(key)), next())
	}
	// There is one way to write a histogram, so bytes that are anything else
	// read as something that is written differently.
	if again, err := read.MarshalBinary(); err != nil || !bytes.Equal(again, b) {
		return errHistogram
	}
	*h = read
	return nil
}

// bucketOf1e309 is the first bucket beyond every finite number.
const bucketOf1e309 = 2047 << bucketBits
