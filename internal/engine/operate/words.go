package operate

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/report"
)

// This file is how the engine says things: one form for each kind of number,
// in pages and commands alike. Numbers are parted from their units by a narrow
// space that does not break.

const thinSpace = "\u202f"

// SayCount writes a count with thousands separated: 18,204.
func SayCount(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// SayRatio writes a ratio as a percentage with its interval: 4.2 % [3.9, 4.6].
// It gives as many decimals as the interval supports. Of fewer than ten cases it
// gives the cases, 1 of 1, as a percentage would claim more than they do. A
// number that rests on nothing is a dash.
func SayRatio(n throughline.Number) string {
	if unmeasured(n) {
		return "–"
	}
	if n.N < fewCases {
		return SayCases(n)
	}
	d := decimals(100*n.Low, 100*n.High, 10)
	return fmt.Sprintf("%s%s%% %s", fixed(100*n.Value, d), thinSpace, interval(100*n.Low, 100*n.High, d, fixed))
}

// fewCases is how many are too few for a percentage.
const fewCases = 10

// SayCases writes a ratio as what it was counted from: 14 of 371.
func SayCases(n throughline.Number) string {
	return SayCount(int64(math.Round(n.Value*float64(n.N)))) + " of " + SayCount(n.N)
}

// SayThin writes what is missing before a comparison, and when it may come:
// holdout: 34 of 50 outcomes, comparison possible in about 3 h.
func SayThin(t Thin) string {
	s := fmt.Sprintf("%s of %s %s", SayCount(t.Have), SayCount(t.Need), t.Unit)
	if t.Arm != "" {
		s = t.Arm + ": " + s
	}
	if t.Remaining > 0 {
		s += ", comparison possible in about " + SaySpan(t.Remaining)
	}
	return s
}

// SayChange writes a relative change with its interval: +31 % [+12, +52].
func SayChange(n throughline.Number) string {
	if unmeasured(n) {
		return "–"
	}
	d := decimals(100*n.Low, 100*n.High, 2)
	return fmt.Sprintf("%s%s%% %s", signed(100*n.Value, d), thinSpace, interval(100*n.Low, 100*n.High, d, signed))
}

// SayNumber writes a number by its unit, with its interval. Milliseconds beyond
// a second are written as seconds. A duration of fewer measurements than a
// quantile needs is the slowest of them, and is said as that; see
// report.Quantiles.
func SayNumber(n throughline.Number) string {
	if unmeasured(n) {
		return "–"
	}
	switch n.Unit {
	case "ratio":
		return SayRatio(n)
	case "count":
		return SayCount(int64(math.Round(n.Value)))
	}
	if n.Unit == "ms" && n.Value > 1000 {
		n.Value, n.Low, n.High, n.Unit = n.Value/1000, n.Low/1000, n.High/1000, "s"
	}
	if n.N < report.MinMeasured && (n.Unit == "s" || n.Unit == "ms") {
		return fmt.Sprintf("slowest of %d: %s%s%s", n.N, fixed(n.Value, alone(n)), thinSpace, n.Unit)
	}
	d := decimals(n.Low, n.High, 2)
	return fmt.Sprintf("%s%s%s %s", fixed(n.Value, d), thinSpace, n.Unit, interval(n.Low, n.High, d, fixed))
}

// unmeasured says that there is no estimate to write.
func unmeasured(n throughline.Number) bool {
	return n.N == 0 || math.IsNaN(n.Value) || math.IsInf(n.Value, 0)
}

// SayShare writes a share of the whole without decimals; what is there but
// rounds to nothing is <1 %, and what rounds to all but is not is >99 %.
func SayShare(s float64) string {
	switch {
	case s > 0 && s < 0.005:
		return "<1" + thinSpace + "%"
	case s < 1 && s >= 0.995:
		return ">99" + thinSpace + "%"
	}
	return fixed(100*s, 0) + thinSpace + "%"
}

// SaySpan writes a length of time in its largest unit: 6 s, 3 min, 2 h, 5 d.
func SaySpan(d time.Duration) string {
	switch {
	case d < time.Second:
		return "0" + thinSpace + "s"
	case d < time.Minute:
		return fmt.Sprintf("%d%ss", int(d.Seconds()), thinSpace)
	case d < time.Hour:
		return fmt.Sprintf("%d%smin", int(d.Minutes()), thinSpace)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d%sh", int(d.Hours()), thinSpace)
	}
	return SayCount(int64(d.Hours()/24)) + thinSpace + "d"
}

// SayWindow writes a length of time that somebody chose, exactly: 90 min, 36 h, 7 d.
func SayWindow(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if d >= unit.of && d%unit.of == 0 {
			return SayCount(int64(d/unit.of)) + thinSpace + unit.name
		}
	}
	return d.String()
}

// SayAge writes how long before now something happened; never for the zero time.
func SayAge(at, now time.Time) string {
	if at.IsZero() {
		return "never"
	}
	if d := now.Sub(at); d >= time.Second {
		return SaySpan(d) + " ago"
	}
	return "just now"
}

// SayPace writes a throughput per second, or per the shortest unit of time in
// which at least one happens: 41/s, 12/min, 3/h, 2/d.
func SayPace(perSecond float64) string {
	switch {
	case perSecond <= 0:
		return "0/s"
	case perSecond >= 10:
		return SayCount(int64(math.Round(perSecond))) + "/s"
	case perSecond >= 1:
		return fixed(perSecond, 1) + "/s"
	case perSecond*60 >= 1:
		return fixed(perSecond*60, 0) + "/min"
	case perSecond*3600 >= 1:
		return fixed(perSecond*3600, 0) + "/h"
	}
	return fixed(perSecond*86400, 0) + "/d"
}

// Plural writes a count and its noun: 1 variant, 2 variants.
func Plural[N int | int64 | uint64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return SayCount(int64(n)) + " " + many
}

// alone returns how many digits after the point a duration without an interval
// gets: milliseconds none, seconds those that show it is more than nothing.
func alone(n throughline.Number) int {
	switch {
	case n.Unit == "ms":
		return 0
	case n.Value < 0.1:
		return 2
	}
	return 1
}

// decimals returns how many digits after the point an interval supports. One
// whose half width is coarse needs none; one finer than a tenth needs two.
func decimals(low, high, coarse float64) int {
	half := (high - low) / 2
	switch {
	case half >= coarse:
		return 0
	case half > 0 && half < 0.1:
		return 2
	}
	return 1
}

func interval(low, high float64, d int, say func(float64, int) string) string {
	return "[" + say(low, d) + ", " + say(high, d) + "]"
}

func fixed(v float64, d int) string {
	s := strconv.FormatFloat(v, 'f', d, 64)
	if math.Abs(v) >= 10_000 {
		return SayCount(int64(math.Round(v)))
	}
	if rest, neg := strings.CutPrefix(s, "-"); neg {
		if strings.Trim(rest, "0.") == "" {
			return rest
		}
		return "−" + rest
	}
	return s
}

func signed(v float64, d int) string {
	s := fixed(v, d)
	if strings.Trim(s, "0.") == "" || strings.HasPrefix(s, "−") {
		return s
	}
	return "+" + s
}

// SayGrant says a role and its limits: maker of Fragment for acme in de, fr.
func SayGrant(g throughline.Grant) string {
	s := string(g.Role)
	if len(g.Kinds) > 0 {
		s += " of " + joinWords(g.Kinds)
	}
	if len(g.Brands) > 0 {
		s += " for " + joinWords(g.Brands)
	}
	if len(g.Markets) > 0 {
		s += " in " + joinWords(g.Markets)
	}
	return s
}

func joinWords[T ~string](words []T) string {
	all := make([]string, len(words))
	for i, word := range words {
		all[i] = string(word)
	}
	return strings.Join(all, ", ")
}
