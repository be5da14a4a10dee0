package check

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/rule"
)

// assert asks a rule between slots for every candidate in every language and
// tells of it once, with the number of candidates that break it.
func (r *run) assert(g guard) error {
	program, err := r.compile(g)
	if err != nil || program == nil {
		return err
	}
	failing := map[int]bool{}
	var languages []string
	first := -1
	for _, locale := range r.locales {
		if !matches(g.Match.Locales, locale) || !r.judge.asks(g.ref.Name, "", locale) {
			continue
		}
		grid := rule.NewGrid(r.variant(locale), r.seen(locale), nil, program)
		broken := false
		for i, filling := range r.Assembly.Candidates {
			ok, err := grid.Holds(filling)
			if err != nil {
				return placed(g, err)
			}
			if ok {
				continue
			}
			if broken, failing[i] = true, true; first < 0 {
				first = i
			}
		}
		if broken {
			languages = append(languages, locale)
		}
	}
	if len(failing) == 0 {
		return nil
	}
	f := throughline.Finding{
		Rule: g.ref.String(), Stage: throughline.StageAssemble, Severity: g.severity, Object: r.Template.Ref(),
		Template: r.Template.Metadata.Name, Channel: r.Channel.Metadata.Name,
		Got: "for example " + r.describe(first), Want: g.Assert,
		Fix:      cmp.Or(g.Fix, "change the texts, or add a constraint to the template that keeps them apart"),
		Variants: len(failing),
	}
	if len(languages) == 1 {
		f.Locale = languages[0]
	}
	r.refuse(f, failing)
	return nil
}

// refuse tells of a rule between slots, and refuses the candidates that break it
// where it blocks.
func (r *run) refuse(f throughline.Finding, failing map[int]bool) {
	f = r.judge.settle(f)
	if f.Severity == throughline.Block {
		for i := range failing {
			r.refused[i] = true
		}
	}
	r.findings = append(r.findings, f)
}

// compile returns the rule's program, or nil when the guardrail names no
// template and this one lacks a slot that the rule reads: it is then about
// others.
func (r *run) compile(g guard) (*rule.Program, error) {
	names := r.names()
	program, err := rule.Compile(rule.VariantEnv(names), g.Assert)
	if err == nil {
		return program, nil
	}
	if len(g.Match.Templates) == 0 && throughline.CodeOf(err) == throughline.Invalid {
		return nil, nil // declare has made sure that it compiles somewhere
	}
	return nil, placed(g, err)
}

func placed(g guard, err error) error {
	var found throughline.Problems
	found.Add(err)
	return found[0].At(g.ref.String() + " spec.assert")
}

func (r *run) names() []string {
	names := make([]string, len(r.Assembly.Slots))
	for i, s := range r.Assembly.Slots {
		names[i] = s.Name
	}
	return names
}

func (r *run) variant(locale string) *rule.Variant {
	return &rule.Variant{
		Names: r.names(), Slots: make([]*rule.Slot, len(r.Assembly.Slots)),
		Locale: locale, Channel: r.Channel.Metadata.Name, Template: r.Template.Metadata.Name, Tokens: r.brand.Values(""),
	}
}

// seen returns the choices as a rule sees them in one language.
func (r *run) seen(locale string) [][]*rule.Slot {
	all := make([][]*rule.Slot, len(r.Assembly.Slots))
	for i, s := range r.Assembly.Slots {
		for _, c := range s.Choices {
			all[i] = append(all[i], rule.NewSlot(c.Piece, words(c, locale), r.pieces[c.Piece].Metadata.Labels))
		}
	}
	return all
}

// words are what a rule reads of a choice: its text, or the picture in words.
func words(c throughline.Choice, locale string) string {
	if c.Kind == throughline.KindAsset {
		return c.Alt[locale]
	}
	return c.Text[locale]
}

// describe writes a candidate as people read it: headline=hello, cta=order.
func (r *run) describe(candidate int) string {
	var parts []string
	for s, c := range r.Assembly.Candidates[candidate] {
		if name := r.Assembly.Slots[s].Choices[c].Piece; name != "" {
			parts = append(parts, fmt.Sprintf("%s=%s", r.Assembly.Slots[s].Name, name))
		}
	}
	return strings.Join(parts, ", ")
}
