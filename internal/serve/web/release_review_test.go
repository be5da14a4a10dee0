package web

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPairsOfAPlacementAreFolded(t *testing.T) {
	pairs := func(locales ...string) []pairView {
		out := make([]pairView, len(locales))
		for i, l := range locales {
			out[i] = pairView{Locale: l, After: string(rune('a' + i))}
		}
		return out
	}
	said := func(pairs []pairView) string {
		out := ""
		for _, p := range pairs {
			out += p.After
		}
		return out
	}
	for name, c := range map[string]struct {
		pairs      []pairView
		brandNew   bool
		open, more string
	}{
		"a new placement shows one of each of two languages": {pairs("en", "en", "de", "de", "fr"), true, "ac", "bde"},
		"a new placement of one language shows two":          {pairs("en", "en", "en"), true, "ab", "c"},
		"a new placement of one variant shows it":            {pairs("en"), true, "a", ""},
		"what was there before shows four":                   {pairs("en", "en", "de", "de", "en", "de"), false, "abcd", "ef"},
		"of few, nothing is folded":                          {pairs("en", "de"), false, "ab", ""},
		"a placement without pairs has none":                 {nil, true, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			open, more := folded(c.pairs, c.brandNew)
			if diff := cmp.Diff([2]string{c.open, c.more}, [2]string{said(open), said(more)}); diff != "" {
				t.Error(diff)
			}
		})
	}
}
