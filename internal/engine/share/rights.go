package share

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"github.com/throughline-engine/throughline"
)

// Rights are where, on what and how long a piece may be shown: what its own
// bounds and every grant have in common.
type Rights struct {
	// Says is all of it in a sentence.
	Says string `json:"says"`
	// From and Until bound the time; the zero time is open.
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
	// Markets are lists of which each must be met: by one of its languages (de),
	// regions (CH) or both (de-CH).
	Markets [][]string `json:"markets,omitempty"`
	// Channels are those it may appear on; none stands for all.
	Channels []string `json:"channels,omitempty"`
	// Capped says that it may not be shown any number of times.
	Capped bool `json:"capped,omitempty"`
}

func rightsOf(p throughline.Piece, claim func(string) *throughline.Claim) (*Rights, error) {
	out := &Rights{Channels: p.Channels}
	b, err := p.Bounds(claim)
	if err != nil {
		return nil, err
	}
	if b != nil {
		out.Markets, out.Capped = b.Markets, b.Impressions > 0
		if b.From > 0 {
			out.From = time.UnixMilli(b.From).UTC()
		}
		if b.Until > 0 {
			out.Until = time.UnixMilli(b.Until).UTC()
		}
	}
	none := false
	for _, g := range p.Rights {
		switch {
		case len(g.Channels) == 0:
		case len(out.Channels) == 0 && !none:
			out.Channels = g.Channels
		default:
			out.Channels = slices.DeleteFunc(slices.Clone(out.Channels), func(c string) bool { return !slices.Contains(g.Channels, c) })
			none = len(out.Channels) == 0
		}
	}
	out.Says = out.say(none)
	return out, nil
}

// say writes the rights in a sentence; none says that no channel is left.
func (r *Rights) say(none bool) string {
	parts := []string{"everywhere"}
	if len(r.Markets) > 0 {
		parts[0] = ""
		for i, list := range r.Markets {
			if i > 0 {
				parts[0] += ", and at the same time "
			}
			parts[0] += sayMarkets(list)
		}
	}
	switch {
	case none:
		parts = append(parts, "on no channel at all")
	case len(r.Channels) > 0:
		parts = append(parts, "on "+listed(r.Channels, "and"))
	default:
		parts = append(parts, "on any channel")
	}
	if !r.Until.IsZero() {
		parts = append(parts, "until "+r.Until.Add(-time.Millisecond).Format("2 January 2006"))
	} else {
		parts = append(parts, "without an end")
	}
	s := "May be shown " + strings.Join(parts, ", ") + "."
	if r.Capped {
		s += " How often is limited: ask before you use it."
	}
	return s
}

func sayMarkets(markets []string) string {
	words := make([]string, len(markets))
	for i, m := range markets {
		words[i] = sayMarket(m)
	}
	return listed(words, "or")
}

// sayMarket says de-CH as "in Switzerland in German".
func sayMarket(market string) string {
	m := throughline.MarketOf(market)
	var words []string
	if region, err := language.ParseRegion(m.Region); err == nil {
		words = append(words, "in "+display.English.Regions().Name(region))
	}
	if base, err := language.ParseBase(m.Language); err == nil {
		words = append(words, "in "+display.English.Languages().Name(base))
	}
	if len(words) == 0 {
		return "in " + market
	}
	return strings.Join(words, " ")
}

// sayLocale names a locale, such as de-CH, in English.
func sayLocale(locale string) string {
	tag, err := language.Parse(locale)
	if err != nil {
		return locale
	}
	return display.English.Tags().Name(tag)
}

func listed(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}
