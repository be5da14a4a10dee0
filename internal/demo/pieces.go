package demo

import (
	"cmp"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/rule"
)

// filling is one piece in a slot, or none.
type filling struct {
	throughline.Piece
	// texts are what a person may see in the slot, by language; words what a
	// constraint reads, which of a picture is its alternative text.
	texts, words map[string]string
}

// options lists what may fill a slot on a channel, by the same words as the
// template: role, form, names, labels, channels, and emptiness where it is
// optional. What a disclosure says follows from the market and is no choice.
func (v surveyor) options(s throughline.Slot, channel string) []filling {
	if s.Type == throughline.DisclosureText {
		return []filling{{}}
	}
	var options []filling
	if !s.Required {
		options = append(options, filling{})
	}
	for _, kind := range []throughline.Kind{throughline.KindFragment, throughline.KindAsset} {
		for _, name := range v.names(kind) {
			p, _ := throughline.PieceOf(v.catalogue[kind][name])
			if p.Role == s.Role && cmp.Or(s.Type, throughline.Text) == p.Type && onChannel(p, channel) && allows(s.Fill, p) {
				options = append(options, v.filling(p))
			}
		}
	}
	return options
}

func onChannel(p throughline.Piece, channel string) bool {
	granted := func(g throughline.RightsGrant) bool {
		return len(g.Channels) == 0 || slices.Contains(g.Channels, channel)
	}
	return (len(p.Channels) == 0 || slices.Contains(p.Channels, channel)) &&
		!slices.ContainsFunc(p.Rights, func(g throughline.RightsGrant) bool { return !granted(g) })
}

func allows(fill *throughline.Fill, p throughline.Piece) bool {
	if fill == nil {
		return true
	}
	for label, value := range fill.Labels {
		if p.Labels[label] != value {
			return false
		}
	}
	return len(fill.Names) == 0 || slices.Contains(fill.Names, p.Name)
}

// filling reads what a piece says.
func (v surveyor) filling(p throughline.Piece) filling {
	switch spec := v.catalogue[p.Kind][p.Name].Spec.(type) {
	case *throughline.Asset:
		return filling{p, map[string]string{"": spec.File.SlotAddress(p.Name)}, spec.Alt}
	case *throughline.Fragment:
		texts := spec.Values
		if len(spec.Items) > 0 {
			texts = v.list(spec.Items)
		}
		return filling{p, texts, texts}
	}
	return filling{Piece: p}
}

// list is what a list says, an item a line, in each language that an item has.
// One that lacks it falls back to the language without its region.
func (v surveyor) list(items []string) map[string]string {
	texts := map[string]string{}
	var all []map[string]string
	for _, name := range items {
		f, ok := v.catalogue[throughline.KindFragment][name].Spec.(*throughline.Fragment)
		if !ok {
			return nil // the engine refuses it
		}
		all = append(all, f.Values)
		for locale := range f.Values {
			texts[locale] = ""
		}
	}
	for locale := range texts {
		language, _, _ := strings.Cut(locale, "-")
		var lines []string
		for _, values := range all {
			lines = append(lines, cmp.Or(values[locale], values[language]))
		}
		texts[locale] = strings.Join(lines, "\n")
	}
	return texts
}

// shown is what a constraint sees of a filling.
func (f filling) shown(locales throughline.Locales, locale string) *rule.Slot {
	words, _ := (&throughline.Fragment{Values: f.words}).Text(locales, locale)
	return rule.NewSlot(f.Name, words, f.Labels)
}
