package check

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/contrast"
)

// Look checks the colours of a brand that meet, in every mode, and as mail
// clients show them that darken mails by themselves.
func Look(brand throughline.Resource, sets []throughline.Resource, at time.Time) []throughline.Finding {
	b, ok := brand.Spec.(*throughline.Brand)
	if !ok || b.Colors == nil {
		return nil
	}
	l := looker{brand: brand, judge: newJudge(sets, "", "", at)}
	for _, mode := range append([]string{""}, slices.Sorted(maps.Keys(b.Modes))...) {
		values := b.Values(mode)
		for _, p := range b.Colors.Pairs {
			l.pair(p, mode, values)
		}
		for _, n := range b.Colors.Never {
			if one, other := values[n.One], values[n.Other]; one == other {
				l.say("", throughline.Finding{
					Got: fmt.Sprintf("%s and %s are one colour in %s", n.One, n.Other, modeName(mode)), Want: "two colours that may not meet", Fix: "give one another value",
				})
			}
		}
	}
	slices.SortStableFunc(l.findings, compare)
	return l.findings
}

type looker struct {
	brand    throughline.Resource
	judge    judge
	findings []throughline.Finding
}

func (l *looker) say(own throughline.Severity, f throughline.Finding) {
	stage, severity, speaks := l.judge.speaks(throughline.CheckContrast, own, "", "")
	if !speaks {
		return
	}
	f.Rule, f.Stage, f.Severity, f.Object = l.brand.Ref().String()+"#"+string(throughline.CheckContrast), stage, severity, l.brand.Ref()
	l.findings = append(l.findings, l.judge.settle(f))
}

// pair measures one pair of tokens in a mode. What a client makes of it when it
// inverts is only told: nobody can stop it.
func (l *looker) pair(p throughline.ColorPair, mode string, values map[string]string) {
	front, err := contrast.Parse(values[p.Front])
	if err != nil {
		l.unknown(p.Front, mode, err)
		return
	}
	back, err := contrast.Parse(values[p.Back])
	if err != nil {
		l.unknown(p.Back, mode, err)
		return
	}
	use := contrast.Use(p.For)
	if use == "" {
		use = contrast.Text
	}
	low := func(where string, own throughline.Severity, front, back contrast.Color) {
		if ratio := contrast.Ratio(front, back); ratio < use.Needs() {
			l.say(own, throughline.Finding{
				Got:  fmt.Sprintf("%s on %s in %s: %.2f", p.Front, p.Back, where, floor2(ratio)),
				Want: fmt.Sprintf("at least %g for %s (WCAG 2.2)", use.Needs(), use), Fix: "make one of the two lighter or darker",
			})
		}
	}
	low(modeName(mode), "", front, back)
	for _, how := range contrast.Inversions() {
		f, b := contrast.Invert(front, back, how)
		low(fmt.Sprintf("%s, inverted by a client (%s)", modeName(mode), how), throughline.Warn, f, b)
	}
}

// floor2 cuts a ratio, so that 4.499 does not read as 4.5.
func floor2(ratio float64) float64 { return float64(int(ratio*100)) / 100 }

func (l *looker) unknown(token, mode string, err error) {
	var found throughline.Problems
	found.Add(err)
	l.say("", throughline.Finding{
		Verdict: throughline.VerdictUnknown, Got: fmt.Sprintf("%s in %s is no colour that can be measured: %s", token, modeName(mode), found[0].Message),
		Want: "a colour", Fix: "write it as #rrggbb",
	})
}

func modeName(mode string) string {
	if mode == "" {
		return "the first mode"
	}
	return "the mode " + mode
}
