package demo

import (
	"slices"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/rule"
	"github.com/throughline-engine/throughline/internal/craft/text"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

func TestTheLidoIsInOrder(t *testing.T) {
	resources := lido(t)
	c := newCatalogue(resources)
	truth, err := NewTruth(1, resources)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range truth.sites {
		t.Run(s.name+" has between 12 and 150 candidates", func(t *testing.T) {
			if n := len(s.candidates); n < 12 || n > 150 {
				t.Errorf("got %d", n)
			}
		})
		t.Run(s.name+" holds out a tenth, which gets an even mix, and can fall back", func(t *testing.T) {
			checkPlacement(t, c, c[throughline.KindPlacement][s.name].Spec.(*throughline.Placement))
		})
	}
	t.Run("it decodes strictly and everything it names exists", func(t *testing.T) {
		if err := declare.Validate(declare.NewSet(resources)); err != nil {
			t.Error(err)
		}
	})
	t.Run("every text fits its slots, in every language", func(t *testing.T) { checkLengths(t, c) })
	t.Run("every text keeps to the terms and word lists, but where an override lets it pass", func(t *testing.T) { checkWords(t, c) })
	t.Run("every variant passes the rules across slots", func(t *testing.T) { checkAsserts(t, c) })
	t.Run("everything has an owner who exists", func(t *testing.T) {
		for _, kind := range throughline.Kinds() {
			for name, r := range c[kind] {
				if owner := r.Metadata.Owner; owner != "" && c[throughline.KindPerson][owner].Spec == nil {
					t.Errorf("%s/%s is owned by %q", kind, name, owner)
				}
			}
		}
	})
	t.Run("it shows every kind", func(t *testing.T) {
		for _, kind := range throughline.Kinds() {
			if len(c[kind]) == 0 {
				t.Errorf("there is no %s", kind)
			}
		}
	})
	t.Run("something is kept for each audience", func(t *testing.T) {
		kept := make(map[string]bool)
		for _, r := range c[throughline.KindFragment] {
			if a := r.Spec.(*throughline.Fragment).Audience; a != "" {
				kept[a] = true
			}
		}
		if len(kept) != len(c[throughline.KindAudience]) {
			t.Errorf("fragments are restricted to %v, want some for each audience", kept)
		}
	})
}

func checkPlacement(t *testing.T, c catalogue, p *throughline.Placement) {
	if p.Holdout == nil || p.Holdout.Share != 0.1 || p.Holdout.Serve == throughline.ServeControl {
		t.Errorf("the holdout is %+v", p.Holdout)
	}
	for _, s := range c[throughline.KindTemplate][p.Template].Spec.(*throughline.Template).Slots {
		r, ok := c[throughline.KindFragment][p.Fallback[s.Name]]
		if !ok {
			r, ok = c[throughline.KindAsset][p.Fallback[s.Name]]
		}
		if !ok && s.Required && s.Type != throughline.DisclosureText {
			t.Errorf("the fallback leaves %s empty", s.Name)
		}
		if f, is := throughline.PieceOf(r); is && (f.Audience != "" || f.Role != s.Role) {
			t.Errorf("the fallback puts %s into %s", r.Metadata.Name, s.Name)
		}
	}
}

// eachText visits every text in every slot it may stand in.
func eachText(c catalogue, visit func(p *throughline.Placement, s throughline.Slot, fragment, locale, text string)) {
	for _, r := range c[throughline.KindPlacement] {
		p := r.Spec.(*throughline.Placement)
		tm := c[throughline.KindTemplate][p.Template].Spec.(*throughline.Template)
		locales := c[throughline.KindBrand][tm.Brand].Spec.(*throughline.Brand).Locales
		for _, s := range tm.Slots {
			for _, o := range (surveyor{catalogue: c}).options(s, p.Channel) {
				for _, locale := range locales.All() {
					if text, _ := (&throughline.Fragment{Values: o.words}).Text(locales, locale); o.Kind == throughline.KindFragment {
						visit(p, s, o.Name, locale, text)
					}
				}
			}
		}
	}
}

func checkLengths(t *testing.T, c catalogue) {
	eachText(c, func(p *throughline.Placement, s throughline.Slot, fragment, locale, words string) {
		bounds := []*throughline.Length{s.Length}
		if l, ok := c[throughline.KindChannel][p.Channel].Spec.(*throughline.Channel).Limits[s.Role]; ok {
			bounds = append(bounds, &l)
		}
		for _, r := range c[throughline.KindGuardrail] {
			if g := r.Spec.(*throughline.Guardrail); g.Length != nil && slices.Contains(g.Match.Roles, s.Role) {
				bounds = append(bounds, g.Length)
			}
		}
		for _, b := range bounds {
			if b == nil {
				continue
			}
			if n := text.Measure(words, throughline.Grapheme); n < b.Min || b.Max > 0 && n > b.Max {
				t.Errorf("%s in %s has %d characters, want %d to %d: %q", fragment, locale, n, b.Min, b.Max, words)
			}
		}
	})
}

func checkWords(t *testing.T, c catalogue) {
	var avoid []string
	for _, r := range c[throughline.KindBrand] {
		for _, term := range r.Spec.(*throughline.Brand).Terms {
			avoid = append(avoid, term.Avoid...)
		}
	}
	for _, r := range c[throughline.KindGuardrail] {
		avoid = append(avoid, r.Spec.(*throughline.Guardrail).Forbid...)
	}
	passed := map[string]bool{}
	for _, r := range c[throughline.KindGuardrailSet] {
		for _, o := range r.Spec.(*throughline.GuardrailSet).Overrides {
			passed[o.Object] = true
		}
	}
	terms := text.NewTerms(avoid)
	eachText(c, func(_ *throughline.Placement, _ throughline.Slot, fragment, locale, words string) {
		if found := terms.Find(words); len(found) > 0 && !passed["Fragment/"+fragment] {
			t.Errorf("%s in %s: %v in %q", fragment, locale, found, words)
		}
	})
}

// checkAsserts asks each CEL guardrail about each variant by making it one more
// constraint: none may go.
func checkAsserts(t *testing.T, c catalogue) {
	for guardrail, r := range c[throughline.KindGuardrail] {
		g := r.Spec.(*throughline.Guardrail)
		if g.Assert == "" {
			continue
		}
		asked := 0
		for _, r := range c[throughline.KindPlacement] {
			p := r.Spec.(*throughline.Placement)
			if len(g.Match.Templates) > 0 && !slices.Contains(g.Match.Templates, p.Template) {
				continue
			}
			v := surveyor{catalogue: c}
			before, err := v.site(r.Metadata.Name)
			if err != nil {
				t.Fatal(err)
			}
			guarded := *c[throughline.KindTemplate][p.Template].Spec.(*throughline.Template)
			guarded.Constraints = append(slices.Clone(guarded.Constraints), throughline.Constraint{Name: guardrail, Assert: g.Assert})
			var options [][]filling
			for _, s := range guarded.Slots {
				options = append(options, v.options(s, p.Channel))
			}
			after, err := combine(&guarded, p, c[throughline.KindBrand][guarded.Brand].Spec.(*throughline.Brand), options)
			if err != nil || len(after) != len(before.candidates) {
				t.Errorf("%s: %d of %d variants of %s pass: %v", guardrail, len(after), len(before.candidates), r.Metadata.Name, err)
			}
			asked++
		}
		if asked == 0 {
			t.Errorf("%s applies nowhere", guardrail)
		}
	}
	for name, r := range c[throughline.KindAudience] {
		if _, err := rule.Compile(rule.AudienceEnv(), r.Spec.(*throughline.Audience).Rule); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
