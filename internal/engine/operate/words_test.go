package operate_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// plain makes the narrow space readable in a test.
func plain(s string) string { return strings.ReplaceAll(s, "\u202f", " ") }

func TestHowNumbersAreSaid(t *testing.T) {
	n := func(unit string, v, low, high float64) throughline.Number {
		return throughline.Number{Value: v, Low: low, High: high, Unit: unit, N: 100}
	}
	of := func(cases int64, unit string, v float64) throughline.Number {
		return throughline.Number{Value: v, High: 1, Unit: unit, N: cases}
	}
	at := time.Unix(1_000_000, 0)
	for want, got := range map[string]string{
		"18,204":                    operate.SayCount(18204),
		"0":                         operate.SayCount(0),
		"999":                       operate.SayCount(999),
		"−1,000,000":                operate.SayCount(-1_000_000),
		"4.2 % [3.9, 4.6]":          operate.SayRatio(n("ratio", 0.0423, 0.0391, 0.0457)),
		"46 % [31, 61]":             operate.SayRatio(n("ratio", 0.46, 0.31, 0.61)),
		"3.92 % [3.88, 3.96]":       operate.SayRatio(n("ratio", 0.0392, 0.0388, 0.0396)),
		"–":                         operate.SayRatio(throughline.Number{}),
		"+31 % [+12, +52]":          operate.SayChange(n("ratio", 0.31, 0.12, 0.52)),
		"−8 % [−14, −2]":            operate.SayChange(n("ratio", -0.08, -0.14, -0.02)),
		"0 % [−9, +8]":              operate.SayChange(n("ratio", -0.001, -0.09, 0.08)),
		"+1.2 % [+0.4, +2.0]":       operate.SayChange(n("ratio", 0.012, 0.004, 0.02)),
		"8.1 s [7.6, 8.8]":          operate.SayNumber(n("s", 8.1, 7.6, 8.8)),
		"212 ms [190, 261]":         operate.SayNumber(n("ms", 212, 190, 261)),
		"3.4 s [3.1, 3.9]":          operate.SayNumber(n("ms", 3412, 3100, 3900)),
		"slowest of 3: 0.1 s":       operate.SayNumber(of(3, "s", 0.1)),
		"slowest of 1: 0.04 s":      operate.SayNumber(of(1, "s", 0.04)),
		"slowest of 19: 999 ms":     operate.SayNumber(of(19, "ms", 999)),
		"slowest of 2: 44.2 s":      operate.SayNumber(of(2, "ms", 44_210)),
		"1 of 1":                    operate.SayRatio(of(1, "ratio", 1)),
		"4 of 9":                    operate.SayRatio(of(9, "ratio", 4.0/9)),
		"40 % [0, 100]":             operate.SayRatio(of(10, "ratio", 0.4)),
		"holdout: 0 of 50 outcomes": operate.SayThin(operate.Thin{Arm: "holdout", Need: 50, Unit: "outcomes"}),
		"1,204":                     operate.SayNumber(n("count", 1204, 1204, 1204)),
		"<1 %":                      operate.SayShare(0.001),
		">99 %":                     operate.SayShare(0.997),
		"0 %":                       operate.SayShare(0),
		"100 %":                     operate.SayShare(1),
		"97 %":                      operate.SayShare(0.97),
		"6 s":                       operate.SaySpan(6900 * time.Millisecond),
		"3 min":                     operate.SaySpan(3*time.Minute + 59*time.Second),
		"26 h":                      operate.SaySpan(26 * time.Hour),
		"5 d":                       operate.SaySpan(5*24*time.Hour + 1),
		"never":                     operate.SayAge(time.Time{}, at),
		"just now":                  operate.SayAge(at.Add(time.Minute), at),
		"2 h ago":                   operate.SayAge(at.Add(-2*time.Hour), at),
		"41/s":                      operate.SayPace(41.2),
		"1.9/s":                     operate.SayPace(1.9),
		"12/min":                    operate.SayPace(0.2),
		"40/h":                      operate.SayPace(40.0 / 3600),
		"2/d":                       operate.SayPace(2.0 / 86400),
		"0/s":                       operate.SayPace(0),
		"1 variant":                 operate.Plural(1, "variant", "variants"),
		"1,000 variants":            operate.Plural(1000, "variant", "variants"),
	} {
		if plain(got) != want {
			t.Errorf("got %q, want %q", plain(got), want)
		}
	}
	if got := operate.SayChange(n("ratio", math.NaN(), 0, 0)); got != "–" {
		t.Errorf("what is not a number is said as %q", got)
	}
}

func TestVariantLabels(t *testing.T) {
	for i, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"} {
		if got := operate.VariantLabel(i); got != want {
			t.Errorf("variant %d is %s, want %s", i, got, want)
		}
	}
}

func TestAWindowIsWrittenAsItWasChosen(t *testing.T) {
	for d, want := range map[time.Duration]string{
		90 * time.Minute: "90 min", 36 * time.Hour: "36 h", 7 * 24 * time.Hour: "7 d", 30 * time.Second: "30 s", time.Hour: "1 h",
		1500 * time.Millisecond: "1.5s", 61 * time.Second: "61 s",
	} {
		if got := plain(operate.SayWindow(d)); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
