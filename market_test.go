package throughline

import (
	"testing"
	"time"
)

func TestMarkets(t *testing.T) {
	for _, c := range []struct {
		tag, market string
		in, may     bool
	}{
		{"de-CH", "de", true, true},
		{"de-CH", "CH", true, true},
		{"de-CH", "de-CH", true, true},
		{"de-CH", "DE", false, false},
		{"de", "DE", false, true}, // a language is no region
		{"de", "de", true, true},
		{"de", "de-CH", false, true},
		{"fr-CH", "de", false, false},
		{"", "CH", false, true}, // what is not known is nowhere
		{"CH", "CH", true, true},
		{"zh-Hant-TW", "zh", true, true},
		{"zh-Hant-TW", "TW", true, true},
		{"es-419", "419", true, true},
		{"de-ch", "CH", true, true},
		{"nonsense", "DE", false, true},
	} {
		if got := MarketOf(c.tag).In(c.market); got != c.in {
			t.Errorf("%q in %q: %v, want %v", c.tag, c.market, got, c.in)
		}
		if got := MarketOf(c.tag).May([]string{c.market}); got != c.may {
			t.Errorf("%q may be in %q: %v, want %v", c.tag, c.market, got, c.may)
		}
	}
}

func TestBounds(t *testing.T) {
	study := &Claim{Evidence: []Evidence{{Title: "old", Until: "2026-03-31"}, {Title: "new", Until: "2026-09-30"}}}
	claims := map[string]*Claim{"study": study, "bare": {}, "gone": {Evidence: study.Evidence, Withdrawn: "wrong"}}
	of := func(p Piece) *Bounds {
		b, err := p.Bounds(func(name string) *Claim { return claims[name] })
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	day := func(s string) time.Time {
		at, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	t.Run("nothing bounds a piece that says nothing", func(t *testing.T) {
		if b := of(Piece{}); b != nil || !b.Open(day("2026-01-01")) || !b.In(Market{}) {
			t.Errorf("bounds are %+v", b)
		}
	})
	t.Run("every grant holds, and the tightest wins", func(t *testing.T) {
		b := of(Piece{
			Validity: Validity{Markets: []string{"CH", "DE"}},
			Rights: []RightsGrant{
				{Until: "2026-12-31", Markets: []string{"CH"}, Impressions: 500},
				{From: "2026-06-01", Until: "2026-08-31", Impressions: 900},
			},
		})
		for at, want := range map[string]bool{"2026-05-31": false, "2026-06-01": true, "2026-08-31": true, "2026-09-01": false} {
			if b.Open(day(at)) != want {
				t.Errorf("on %s it is open: %v", at, !want)
			}
		}
		if !b.In(MarketOf("de-CH")) || b.In(MarketOf("de-DE")) || b.In(MarketOf("de")) || b.In(Market{}) {
			t.Errorf("it is open in the markets %v", b.Markets)
		}
		if b.Impressions != 500 {
			t.Errorf("it may be shown %d times", b.Impressions)
		}
	})
	t.Run("a claim ends with the last of its evidence", func(t *testing.T) {
		if b := of(Piece{Claims: []string{"study"}}); !b.Open(day("2026-09-30")) || b.Open(day("2026-10-01")) {
			t.Errorf("bounds are %+v", b)
		}
	})
	t.Run("a claim that nothing shows lets nothing be said", func(t *testing.T) {
		for _, name := range []string{"bare", "gone", "nowhere"} {
			if of(Piece{Claims: []string{name}}).Open(day("2026-01-01")) {
				t.Errorf("a piece with the claim %s may be shown", name)
			}
		}
	})
}
