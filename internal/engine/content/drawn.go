package content

import (
	"fmt"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/email"
	"github.com/throughline-engine/throughline/internal/craft/mailclient"
	"github.com/throughline-engine/throughline/internal/craft/shown"
	"github.com/throughline-engine/throughline/internal/loop/check"
)

// mostDrawn is how many fillings of a template are drawn to be looked at. What is
// seen beside texts depends on which slots are filled, and hardly on what says.
const mostDrawn = 6

// drawn checks how a ground looks, in fillings that between them show as many of
// its choices as can be.
func (c *Content) drawn(with resources, a throughline.Assembly) ([]throughline.Finding, error) {
	t := with.template.Spec.(*throughline.Template)
	brand := with.brand.Spec.(*throughline.Brand)
	rendering := t.Rendering(a.Channel)
	if rendering == nil || rendering.HTML == "" && rendering.MJML == "" {
		return nil, nil
	}
	compiled, err := email.CompileRendering(*rendering, t.Placeholders(), brand)
	if err != nil {
		return nil, nil // which validate tells
	}
	in := with.check(a)
	in.Open = c.grounds()
	var drawings []check.Drawing
	for i, filling := range covering(a, enough(t, rendering, a)) {
		locales := brand.Locales.All()
		locale := locales[i%len(locales)]
		d, err := drawing(compiled, a, filling, locale, brand)
		if err != nil {
			return nil, err
		}
		drawings = append(drawings, d)
	}
	return check.Drawn(in, drawings, func(used []shown.Feature, clients []string) []shown.Issue {
		return mailclient.Check(c.clients, used, clients)
	})
}

// enough returns how many fillings are drawn: where texts may stand on pictures, so
// many that each picture is behind them once.
func enough(t *throughline.Template, r *throughline.Rendering, a throughline.Assembly) int {
	n := mostDrawn
	if !strings.Contains(r.HTML+r.MJML, "background") {
		return n
	}
	for _, s := range a.Slots {
		if slot, _ := t.Slot(s.Name); slot != nil && slot.Type == throughline.Image {
			n = max(n, len(s.Choices))
		}
	}
	return min(n, mostBehind)
}

// mostBehind is how many fillings are drawn where pictures are behind texts.
const mostBehind = 64

func drawing(r *email.Rendering, a throughline.Assembly, filling []uint16, locale string, brand *throughline.Brand) (check.Drawing, error) {
	values := map[string]string{}
	var named []string
	for s, choice := range filling {
		slot, c := a.Slots[s], a.Slots[s].Choices[choice]
		values[slot.Name], values[slot.Name+throughline.AltSuffix] = personal(c.Text[locale], brand, true), c.Alt[locale]
		if c.Piece != "" {
			named = append(named, slot.Name+"="+c.Piece)
		}
	}
	html, err := r.HTML(values)
	if err != nil {
		return check.Drawing{}, err
	}
	return check.Drawing{
		Filling: fmt.Sprintf("%s in %s", strings.Join(named, ", "), locale), Locale: locale,
		HTML: html, Text: r.Text(values), Fields: r.Fields(values), Values: values,
	}, nil
}

// covering returns at most n candidates, each with as many choices that those
// before do not have as there are.
func covering(a throughline.Assembly, n int) (all [][]uint16) {
	seen := make([]map[uint16]bool, len(a.Slots))
	for s := range seen {
		seen[s] = map[uint16]bool{}
	}
	step := max(1, len(a.Candidates)/4096) // of very many, a few thousand are asked
	for len(all) < n {
		best, fresh := -1, 0
		for i := 0; i < len(a.Candidates); i += step {
			found := 0
			for s, choice := range a.Candidates[i] {
				if !seen[s][choice] {
					found++
				}
			}
			if found > fresh {
				best, fresh = i, found
			}
		}
		if best < 0 {
			return all
		}
		for s, choice := range a.Candidates[best] {
			seen[s][choice] = true
		}
		all = append(all, a.Candidates[best])
	}
	return all
}
