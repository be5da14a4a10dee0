package throughline

import (
	"slices"
	"strings"
)

// Market is where something is shown, as far as it is known: a language, such as
// de, and a region, such as CH. What is not known is empty and lies in no market.
type Market struct{ Language, Region string }

// MarketOf returns the market that a locale or the name of a market speaks of:
// de-CH is both, de a language, CH a region.
func MarketOf(tag string) (m Market) {
	for i, part := range strings.Split(strings.ReplaceAll(tag, "_", "-"), "-") {
		switch {
		case i == 0 && part == strings.ToLower(part) && (len(part) == 2 || len(part) == 3) && !digits(part):
			m.Language = part
		case len(part) == 2 && (i > 0 || part == strings.ToUpper(part)), len(part) == 3 && digits(part):
			m.Region = strings.ToUpper(part)
		}
	}
	return m
}

// In reports whether all of what the name of a market asks is known to hold.
func (m Market) In(market string) bool {
	want := MarketOf(market)
	return want != Market{} && (want.Language == "" || want.Language == m.Language) && (want.Region == "" || want.Region == m.Region)
}

// InOne reports whether it is in one of several; none stands for everywhere.
func (m Market) InOne(markets []string) bool {
	return len(markets) == 0 || slices.ContainsFunc(markets, m.In)
}

// May reports whether nothing that is known speaks against the market's being
// in one of several: what is not known may yet be so.
func (m Market) May(markets []string) bool {
	return len(markets) == 0 || slices.ContainsFunc(markets, func(market string) bool {
		want := MarketOf(market)
		return (want.Language == "" || m.Language == "" || want.Language == m.Language) &&
			(want.Region == "" || m.Region == "" || want.Region == m.Region)
	})
}

func digits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}
