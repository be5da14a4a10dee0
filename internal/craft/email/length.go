package email

import (
	"math"
	"strconv"
	"strings"
)

// Widths are reckoned as the reference reckons them, down to where it reads a
// number from the front of a text and to how it prints one: a width that is off
// by the last digit is another class in the style sheet.

// whole reads the integer at the front of s; NaN when there is none.
func whole(s string) float64 {
	s = strings.TrimLeft(s, " \t\r\n\f")
	end := 0
	if end < len(s) && (s[end] == '-' || s[end] == '+') {
		end++
	}
	first := end
	for end < len(s) && digit(s[end]) {
		end++
	}
	if end == first {
		return math.NaN()
	}
	n, err := strconv.ParseFloat(s[:end], 64)
	if err != nil {
		return math.Inf(1)
	}
	return n
}

// decimal reads the decimal number at the front of s; NaN when there is none.
func decimal(s string) float64 {
	s = strings.TrimLeft(s, " \t\r\n\f")
	end, digits := 0, 0
	if end < len(s) && (s[end] == '-' || s[end] == '+') {
		end++
	}
	for end < len(s) && digit(s[end]) {
		end, digits = end+1, digits+1
	}
	if end < len(s) && s[end] == '.' {
		end++
		for end < len(s) && digit(s[end]) {
			end, digits = end+1, digits+1
		}
	}
	if digits == 0 {
		return math.NaN()
	}
	n, err := strconv.ParseFloat(s[:end], 64)
	if err != nil {
		return math.Inf(1)
	}
	return n
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// number prints n with as few digits as tell it apart.
func number(n float64) string {
	switch {
	case math.IsNaN(n):
		return "NaN"
	case math.IsInf(n, 1):
		return "Infinity"
	case math.IsInf(n, -1):
		return "-Infinity"
	case n == 0:
		return "0"
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

func px(n float64) string { return number(n) + "px" }

// widthOf splits a width into its number and unit; px is the unit of a bare
// number. Percents keep their decimals only where the caller wants them: every
// other unit loses them always.
func widthOf(s string, keepDecimals bool) (n float64, unit string) {
	tail := len(s)
	for tail > 0 && !digit(s[tail-1]) {
		tail--
	}
	head := tail
	for head > 0 && (digit(s[head-1]) || s[head-1] == '.' || s[head-1] == ',') {
		head--
	}
	for head < len(s) && (digit(s[head]) || s[head] == '.' || s[head] == ',') {
		head++
	}
	unit = s[head:]
	if unit == "%" && keepDecimals {
		return decimal(s), unit
	}
	if unit == "" {
		unit = "px"
	}
	return whole(s), unit
}

// side of a box.
type side uint8

const (
	top side = iota
	right
	bottom
	left
)

func (s side) String() string { return [...]string{"top", "right", "bottom", "left"}[s] }

// shorthand reads one side of a CSS shorthand of one to four lengths.
func shorthand(value string, s side) float64 {
	parts := strings.Fields(value)
	switch len(parts) {
	case 0, 1:
		return whole(value)
	case 2:
		return whole(parts[[...]int{0, 1, 0, 1}[s]])
	case 3:
		return whole(parts[[...]int{0, 1, 2, 1}[s]])
	}
	return whole(parts[s])
}

// borderWidth reads the width out of a border: the first number that starts a
// word, 0 when there is none.
func borderWidth(border string) float64 {
	for i := range len(border) {
		if digit(border[i]) && (i == 0 || border[i-1] == ' ') {
			return whole(border[i:])
		}
	}
	return 0
}

// sixDecimals rounds to the sixth decimal, halves up.
func sixDecimals(n float64) float64 {
	if scaled := n * 1e6; scaled-math.Floor(scaled) == 0.5 {
		return math.Ceil(scaled) / 1e6
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(n, 'f', 6, 64), 64)
	if err != nil {
		return math.NaN()
	}
	return rounded
}

// nearest rounds to a whole number, halves up.
func nearest(n float64) float64 { return math.Floor(n + 0.5) }
