package throughline

import "time"

// Number is a measured value with all that makes it believable. A number
// without an owner is not shown.
type Number struct {
	// Value is the estimate; Low and High bound its 95 % interval.
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
	// Unit is what it is in: "ratio", "s", "ms", "count".
	Unit string `json:"unit"`
	// N is how many cases it rests on; 0 means there is no estimate yet.
	N int64 `json:"n"`
	// Owner is the name of the person who answers for it.
	Owner string `json:"owner"`
	// AsOf is when it was computed.
	AsOf time.Time `json:"asOf"`
}
