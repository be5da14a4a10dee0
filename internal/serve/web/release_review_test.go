package web

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
)

func TestOnlyAWaitingReleaseSaysWhatIsInItsWay(t *testing.T) {
	block := throughline.Finding{Severity: throughline.Block}
	other := throughline.Finding{Severity: throughline.Block, Got: "another"}
	for name, c := range map[string]struct {
		state    throughline.ReleaseState
		findings []throughline.Finding
		want     string
	}{
		"what waits says that nothing is":         {throughline.ReleaseProposed, nil, "2 changes that no placement shows, nothing in the way. It waits to be approved."},
		"what waits says how much is":             {throughline.ReleaseProposed, []throughline.Finding{block, other}, "2 changes that no placement shows, 2 things in the way. It waits to be approved."},
		"what is said of two channels is once":    {throughline.ReleaseProposed, []throughline.Finding{block, block}, "2 changes that no placement shows, 1 thing in the way. It waits to be approved."},
		"what was withdrawn says nothing of it":   {throughline.ReleaseWithdrawn, nil, "2 changes that no placement shows. Withdrawn; it never went live."},
		"of what was withdrawn, one thing is not": {throughline.ReleaseWithdrawn, []throughline.Finding{block}, "2 changes that no placement shows. Withdrawn; it never went live."},
		"nor are several":                         {throughline.ReleaseWithdrawn, []throughline.Finding{block, block}, "2 changes that no placement shows. Withdrawn; it never went live."},
	} {
		t.Run(name, func(t *testing.T) {
			rev := content.Review{Plan: throughline.Plan{Changes: make([]throughline.Change, 2), Findings: c.findings}}
			if got := saysRelease(throughline.Release{State: c.state}, rev, nil, time.UTC); got != c.want {
				t.Errorf("%q\nwant %q", got, c.want)
			}
		})
	}
}

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
