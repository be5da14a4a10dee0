package assemble_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/assemble"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

const poster = `
apiVersion: throughline/v1
kind: Vocabulary
metadata: {name: scene}
spec:
  title: Scenes
  concepts:
    - {name: water, prefLabel: {en: water}}
    - {name: lake, prefLabel: {en: lake}, broader: [water]}
---
apiVersion: throughline/v1
kind: Template
metadata: {name: poster}
spec:
  brand: lido
  slots:
    - {name: hero, role: hero, type: image, required: true, picture: {aspect_ratio: "16:9", aspect_tolerance: 0.02, min_width: 1200, min_height: 600, concepts: [scene#water]}}
    - {name: offers, role: offers, type: list, items: {min: 1, max: 2, role: offer, maxPerRole: {offer: 2}}}
    - {name: legal, role: legal, type: disclosure, required: true, requires: [vat, loan]}
    - {name: line, role: line}
  renderings:
    - {channel: web, html: '<img src="{{hero.w640}}" alt="{{hero.alt}}"><p>{{offers.1}}</p><p>{{legal}}</p>'}
---
apiVersion: throughline/v1
kind: Disclosure
metadata: {name: vat}
spec: {title: VAT, texts: {en: Prices include VAT., de: Preise inkl. MwSt.}, markets: [DE]}
---
apiVersion: throughline/v1
kind: Disclosure
metadata: {name: loan}
spec: {title: Loan, texts: {en: A loan costs money., de: Ein Kredit kostet Geld.}, when: 'line.name == "on-credit"'}
---
apiVersion: throughline/v1
kind: Claim
metadata: {name: cleanest}
spec: {title: Cleanest, covers: [cleanest], evidence: [{title: Report, until: 2026-06-30}], validity: {markets: [CH]}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: on-credit}
spec: {role: line, values: {en: Swim now and pay later}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: cleanest-lake}
spec: {role: line, values: {en: The cleanest lake}, claims: [cleanest], validity: {from: 2026-05-01}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: day-ticket}
spec: {role: offer, values: {en: A day for 8, de: Ein Tag für 8}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: season-ticket}
spec: {role: offer, values: {en: A summer for 90}, validity: {until: 2026-09-30}}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: two-tickets}
spec: {role: offers, type: list, items: [day-ticket, season-ticket]}
---
apiVersion: throughline/v1
kind: Fragment
metadata: {name: three-tickets}
spec: {role: offers, type: list, items: [day-ticket, season-ticket, day-ticket]}
`

func asset(name, spec string) string {
	return "---\napiVersion: throughline/v1\nkind: Asset\nmetadata: {name: " + name + "}\nspec: {role: hero, " + spec + "}\n"
}

const wide = "type: image/jpeg, bytes: 9000, width: 1600, height: 900"

func file(digit, facts string) string {
	return "file: {name: a.jpg, digest: " + strings.Repeat(digit, 64) + ", " + facts + "}"
}

// lido is the poster with pictures.
func lido(t *testing.T, pictures ...string) assemble.Input {
	t.Helper()
	all, err := declare.Decode("lido", []byte(strings.TrimPrefix(poster, "\n")+strings.Join(pictures, "")))
	if err != nil {
		t.Fatal(err)
	}
	set := declare.NewSet(all)
	template, _ := set.Get(throughline.Ref{Kind: throughline.KindTemplate, Name: "poster"})
	return assemble.Input{
		Template: template, Channel: "web", Pieces: set.All(), Address: "https://c.example",
		Brand: &throughline.Brand{Locales: throughline.Locales{Default: "en", Supported: []string{"de", "de-DE", "en-CH"}}},
	}
}

func TestAssetsFillSlots(t *testing.T) {
	in := lido(
		t,
		asset("lake", file("a", wide)+", alt: {en: A lake, de: Ein See}, concepts: [scene#lake], rights: [{holder: Ada, until: 2026-08-31, markets: [CH, DE], impressions: 90}, {holder: Bo}], meaning: 3, audience: swimmers"),
		asset("mail-only", file("b", wide)+", alt: {en: x}, concepts: [scene#water], rights: [{holder: Ada, channels: [mail]}]"),
		asset("gone", file("c", wide)+", alt: {en: x}, concepts: [scene#water], withdrawn: The model asked for it"),
		asset("small", file("d", "type: image/jpeg, bytes: 900, width: 800, height: 450")+", concepts: [scene#water]"),
		asset("square", file("e", "type: image/jpeg, bytes: 900, width: 1600, height: 1600")+", concepts: [scene#water]"),
		asset("dry", file("f", wide)),
		asset("paper", file("0", "type: application/pdf, bytes: 900")+", concepts: [scene#water]"),
	)
	a, err := assemble.Combine(in)
	if err != nil {
		t.Fatal(err)
	}
	hero := a.Slots[0].Choices
	address := "https://c.example/media/lake/aaaaaaaaaaaaaaaa/w1200.jpeg"
	lake, _ := find(in.Pieces, "lake")
	want := []throughline.Choice{{
		Piece: "lake", Kind: throughline.KindAsset, Level: "lake@3", Digest: lake.Digest(), Audience: "swimmers",
		Bounds: &throughline.Bounds{Until: 1788220800000, Markets: [][]string{{"CH", "DE"}}, Impressions: 90},
		Text:   map[string]string{"en": address, "de": address, "de-DE": address, "en-CH": address},
		Alt:    map[string]string{"en": "A lake", "de": "Ein See", "de-DE": "Ein See", "en-CH": "A lake"},
	}}
	if diff := cmp.Diff(want, hero); diff != "" {
		t.Error(diff)
	}
	for name, why := range map[string]string{
		"mail-only": "Ada grants the rights to mail-only for mail, and not for web",
		"gone":      "gone is withdrawn: The model asked for it",
		"small":     "small is 800 x 450 pixels, and at least 1200 x 600 are wanted",
		"square":    "square is 1600 x 1600 pixels, and the aspect wanted is 16:9",
		"dry":       "dry shows none of scene#water",
		"paper":     "paper is a file, and the slot takes pictures",
		"on-credit": "on-credit has the role line, and the slot takes hero",
	} {
		reasons, err := assemble.Explain(in, throughline.Filling{"hero": name})
		if err != nil || len(reasons) != 1 || reasons[0].Why != why {
			t.Errorf("%s: %v, %v", name, reasons, err)
		}
	}
}

func find(all []throughline.Resource, name string) (throughline.Resource, bool) {
	i := slices.IndexFunc(all, func(r throughline.Resource) bool { return r.Metadata.Name == name })
	return all[i], i >= 0
}

func TestListsSayTheirItems(t *testing.T) {
	in := lido(t, asset("lake", file("a", wide)+", concepts: [scene#lake]"))
	a, err := assemble.Combine(in)
	if err != nil {
		t.Fatal(err)
	}
	offers := a.Slots[1].Choices
	if len(offers) != 2 || offers[0].Piece != "" || offers[1].Piece != "two-tickets" {
		t.Fatalf("%+v", offers)
	}
	if got := offers[1].Text["de"]; got != "Ein Tag für 8\nA summer for 90" {
		t.Errorf("%q", got)
	}
	if b := offers[1].Bounds; b == nil || b.Until != 1790812800000 {
		t.Errorf("the list ends with its item: %+v", b)
	}
	before := offers[1].Digest
	item, _ := find(in.Pieces, "day-ticket")
	item.Spec.(*throughline.Fragment).Values["en"] = "A day for 9"
	if a, err = assemble.Combine(in); err != nil || a.Slots[1].Choices[1].Digest == before {
		t.Error("another text of an item is the same variant", err)
	}
	reasons, err := assemble.Explain(in, throughline.Filling{"hero": "lake", "offers": "three-tickets"})
	if err != nil || len(reasons) != 1 || reasons[0].Why != "three-tickets has 3 items, and the slot takes 1 to 2" {
		t.Error(reasons, err)
	}
}

func TestDisclosuresFollowFromTheRest(t *testing.T) {
	a, err := assemble.Combine(lido(t, asset("lake", file("a", wide)+", concepts: [scene#lake]")))
	if err != nil {
		t.Fatal(err)
	}
	// One picture, no offers or two, and three lines: what is said beside them adds none.
	if a.Total != 6 || len(a.Candidates) != 6 {
		t.Errorf("%d of %d", len(a.Candidates), a.Total)
	}
	for _, c := range a.Candidates {
		line, legal := a.Slots[3].Choices[c[3]], a.Slots[2].Choices[c[2]]
		want := map[string]string{"en": "Prices include VAT.", "de": "Preise inkl. MwSt.", "de-DE": "Preise inkl. MwSt.", "en-CH": ""}
		if line.Piece == "on-credit" {
			want = map[string]string{
				"en": "Prices include VAT.\nA loan costs money.", "de": "Preise inkl. MwSt.\nEin Kredit kostet Geld.",
				"de-DE": "Preise inkl. MwSt.\nEin Kredit kostet Geld.", "en-CH": "A loan costs money.",
			}
		}
		if diff := cmp.Diff(want, legal.Text); diff != "" {
			t.Errorf("beside %q: %s", line.Piece, diff)
		}
	}
}

func TestAPieceIsBoundByItsClaims(t *testing.T) {
	a, err := assemble.Combine(lido(t, asset("lake", file("a", wide)+", concepts: [scene#lake]")))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range a.Slots[3].Choices {
		var want *throughline.Bounds
		if c.Piece == "cleanest-lake" {
			want = &throughline.Bounds{From: 1777593600000, Until: 1782864000000, Markets: [][]string{{"CH"}}}
		}
		if diff := cmp.Diff(want, c.Bounds); diff != "" {
			t.Errorf("%q: %s", c.Piece, diff)
		}
	}
}
