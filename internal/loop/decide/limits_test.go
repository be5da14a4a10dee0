package decide

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline"
)

// bounded is a world of one slot: a for everyone and always, b until noon, c from
// noon on, d in Switzerland, e in Switzerland in German, f with a cap.
func bounded(change func(p *throughline.SnapshotPlacement)) *throughline.Snapshot {
	return world(func(p *throughline.SnapshotPlacement) {
		at := noon.UnixMilli()
		p.Slots = []throughline.SnapshotSlot{{Name: "slot", Role: "text"}}
		p.Candidates, p.Fallback, p.Policy.Kind = nil, []uint16{0}, throughline.Uniform
		for i, b := range []*throughline.Bounds{
			nil, {Until: at}, {From: at}, {Markets: [][]string{{"CH", "LI"}}}, {Markets: [][]string{{"CH", "LI"}, {"de"}}}, {Impressions: 100},
		} {
			c := piece(string(rune('a' + i)))
			c.Bounds = b
			p.Slots[0].Choices = append(p.Slots[0].Choices, c)
			p.Candidates = append(p.Candidates, []uint16{uint16(i)})
		}
		if change != nil {
			change(p)
		}
	})
}

// shown returns the pieces that a thousand recipients get.
func shown(t *testing.T, table *Table, at time.Time, context map[string]any, held Held) string {
	t.Helper()
	seen := map[string]bool{}
	for i := range 1000 {
		d := decide(t, table, throughline.Request{Placement: "home", Unit: unit(i), Context: context, At: at}, held)
		if d.Variant == "" {
			return ""
		}
		name, _, _ := strings.Cut(string(d.Levels["slot"]), "@")
		seen[name] = true
	}
	var all []string
	for c := 'a'; c <= 'f'; c++ {
		if seen[string(c)] {
			all = append(all, string(c))
		}
	}
	return strings.Join(all, "")
}

func TestBoundsAreAskedAtEveryDecision(t *testing.T) {
	snapshot := bounded(nil)
	table := compile(t, snapshot, nil)
	before := noon.Add(-time.Millisecond)
	german := map[string]any{"locale": "de-CH"}
	for _, c := range []struct {
		sentence string
		at       time.Time
		context  map[string]any
		want     string
	}{
		{"what is not known is in no market", noon, nil, "acf"},
		{"a piece ends with the millisecond", before, nil, "abf"},
		{"a locale has a region", noon, german, "acdef"},
		{"a country is a region", noon, map[string]any{"country": "ch"}, "acdf"},
		{"a country goes before the locale's region", noon, map[string]any{"country": "DE", "locale": "de-CH"}, "acf"},
		{"a language alone is not the region", noon, map[string]any{"locale": "de"}, "acf"},
		{"a country that is no text is not known", noon, map[string]any{"country": 41, "locale": "fr"}, "acf"},
		{"and time may be asked backwards", before, german, "abdef"},
	} {
		t.Run(c.sentence, func(t *testing.T) {
			if got := shown(t, table, c.at, c.context, nil); got != c.want {
				t.Errorf("%s is shown, want %s", got, c.want)
			}
		})
	}
	t.Run("an epoch says what was shown often enough", func(t *testing.T) {
		next, err := table.With(&throughline.Epoch{
			Number: 9, Snapshot: throughline.DigestOf(snapshot.Encode()), Placements: make([]throughline.Rankings, 1), Spent: []string{"a", "f"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := shown(t, next, noon, nil, nil); got != "ac" {
			t.Errorf("%s is shown", got) // a has no cap
		}
		if got := shown(t, table, noon, nil, nil); got != "acf" {
			t.Errorf("the epoch before shows %s", got)
		}
	})
	t.Run("what is held ends too", func(t *testing.T) {
		sticky := compile(t, bounded(func(p *throughline.SnapshotPlacement) { p.Sticky = throughline.StickyRecipient }), nil)
		held := NewHolds(4096)
		if got := shown(t, sticky, before, nil, held); got != "abf" {
			t.Fatalf("%s is shown", got)
		}
		if got := shown(t, sticky, noon, nil, held); strings.Contains(got, "b") {
			t.Errorf("%s is shown", got)
		}
	})
	t.Run("more moments than sets are kept for", func(t *testing.T) {
		many := compile(t, bounded(func(p *throughline.SnapshotPlacement) {
			for i := range 200 {
				c := piece(fmt.Sprintf("more-%d", i))
				c.Bounds = &throughline.Bounds{From: noon.Add(time.Duration(i) * time.Hour).UnixMilli(), Until: noon.Add(time.Duration(i+1) * time.Hour).UnixMilli()}
				p.Candidates = append(p.Candidates, []uint16{uint16(len(p.Slots[0].Choices))})
				p.Slots[0].Choices = append(p.Slots[0].Choices, c)
			}
		}), nil)
		for i := range 200 {
			at := noon.Add(time.Duration(i)*time.Hour + time.Minute)
			for u := range 40 {
				d := decide(t, many, throughline.Request{Placement: "home", Unit: unit(u), At: at}, nil)
				if l := string(d.Levels["slot"]); strings.HasPrefix(l, "more-") && l != fmt.Sprintf("more-%d@1", i) {
					t.Fatalf("in hour %d, %s is shown", i, l)
				}
			}
			if n := len(*many.static.placements[0].sets.Load()); n > signatureCap {
				t.Fatalf("%d sets are kept", n)
			}
		}
	})
}

func TestNothingIsShownWhereNotEvenTheFallbackMayBe(t *testing.T) {
	table := compile(t, bounded(func(p *throughline.SnapshotPlacement) {
		p.Fallback, p.Audience = []uint16{1}, "pro"
	}), nil)
	req := ask("u", nil)
	req.At = noon.Add(-time.Hour)
	if d := decide(t, table, req, nil); d.Variant == "" || d.Values["slot"] == "" {
		t.Errorf("before its end the fallback is %+v", d)
	}
	req.At = noon
	d := decide(t, table, req, nil)
	if d.Variant != "" || len(d.Values) != 0 || len(d.Levels) != 0 || d.Arm != throughline.ArmFallback {
		t.Errorf("after its end it is %+v", d)
	}
	x, err := table.Explain(req, nil)
	if want := "Nothing, because Fragment/b may not be shown any more since 2026-05-04T12:00:00Z, and that is the fallback."; err != nil || x.Reason != want {
		t.Errorf("%q, %v", x.Reason, err)
	}
}

func TestADecisionIsValidForAMinuteAndNotBeyondAnEnd(t *testing.T) {
	table := compile(t, bounded(nil), nil)
	for at, want := range map[time.Duration]time.Duration{-time.Hour: time.Minute, -20 * time.Second: 20 * time.Second, 0: time.Minute} {
		req := ask("u", nil)
		req.At = noon.Add(at)
		if got := decide(t, table, req, nil).ValidUntil.Sub(req.At); got != want {
			t.Errorf("%v from noon it is valid for %v, want %v", at, got, want)
		}
	}
}

func TestExplainSaysWhatBoundsAPiece(t *testing.T) {
	table := compile(t, bounded(nil), nil)
	req := ask("u", nil)
	req.At = noon.Add(-time.Hour)
	x, err := table.Explain(req, nil)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, e := range x.Excluded {
		said = append(said, e.Reason)
	}
	got := strings.Join(said, "\n")
	for _, want := range []string{
		"Fragment/c may be shown from 2026-05-04T12:00:00Z",
		"Fragment/d may be shown only in CH, LI", "Fragment/e may be shown only in CH, LI",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestTextsSpeakToTheirRecipient(t *testing.T) {
	s := world(func(p *throughline.SnapshotPlacement) {
		p.Personal = map[string]throughline.PersonalField{"first_name": {Fallback: "there", Max: 12}}
		for i := range p.Slots[0].Choices {
			p.Slots[0].Choices[i].Text = map[string]string{"en": "Morning, {{person.first_name}}", "de": "Morgen", "de-AT": "Morgen"}
		}
	})
	table := compile(t, s, nil)
	req := ask("u", everyone())
	nobody := decide(t, table, req, nil)
	if got := nobody.Values["slot0"]; got != "Morning, there" {
		t.Errorf("to somebody unknown it says %q", got)
	}
	req.Person = map[string]string{"first_name": "Ana"}
	ana := decide(t, table, req, nil)
	if got := ana.Values["slot0"]; got != "Morning, Ana" || ana.Values["slot1"] != nobody.Values["slot1"] {
		t.Errorf("to Ana it says %q and %q", got, ana.Values["slot1"])
	}
	if ana.ID != nobody.ID {
		t.Error("who is spoken to changed what is decided")
	}
	req.Person = nil
	if got := decide(t, table, req, nil).Values["slot0"]; got != "Morning, there" {
		t.Errorf("what was said to Ana is said to the next: %q", got)
	}
	x, err := table.Explain(ask("u", everyone()), nil)
	if err != nil || x.Values["slot0"] != "Morning, there" {
		t.Errorf("the explanation says %q, %v", x.Values["slot0"], err)
	}
}
