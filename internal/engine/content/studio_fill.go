package content

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/nasty"
	"github.com/throughline-engine/throughline/internal/craft/text"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

// Data is what a template is shown with.
type Data struct{ Name, Says string }

// The data that is no kind of nasty one.
const (
	DataReal  = "real"
	DataNasty = "nasty"
)

// DataSets returns what templates may be shown with: what people see, then all
// that is nasty at once, then each kind of it alone.
func DataSets() []Data {
	all := []Data{{DataReal, "as people see it"}, {DataNasty, "nasty: a bit of everything"}}
	for _, k := range nasty.Kinds() {
		all = append(all, Data{string(k), "nasty: " + k.Says()})
	}
	return all
}

// fillers returns what may fill a slot on some channel, fragments first, by name.
func fillers(set declare.Set, slot throughline.Slot) (all []throughline.Piece) {
	for _, kind := range []throughline.Kind{throughline.KindFragment, throughline.KindAsset} {
		for res := range set.Each(kind) {
			if roleOf(res) != slot.Role { // most are not
				continue
			}
			if p, ok := throughline.PieceOf(res); ok && p.Withdrawn == "" && fills(p, slot) {
				all = append(all, p)
			}
		}
	}
	return all
}

func roleOf(res throughline.Resource) string {
	switch spec := res.Spec.(type) {
	case *throughline.Fragment:
		return spec.Role
	case *throughline.Asset:
		return spec.Role
	}
	return ""
}

// studioFilling returns what fills the slots of a template on a channel as an
// audience sees it: what a placement there falls back to, and where the audience
// has pieces of its own, those.
func studioFilling(set declare.Set, name string, t *throughline.Template, in LookInput) throughline.Filling {
	filling := throughline.Filling{}
	placed := false
	for res := range set.Each(throughline.KindPlacement) {
		p := res.Spec.(*throughline.Placement)
		if p.Template != name || p.Channel != in.Channel || placed && p.Audience != in.Audience {
			continue
		}
		placed = true
		filling = throughline.Filling{}
		for slot, piece := range p.Fallback {
			filling[slot] = piece
		}
		if p.Audience == in.Audience {
			break
		}
	}
	for _, slot := range t.Slots {
		all := slices.DeleteFunc(fillers(set, slot), func(p throughline.Piece) bool {
			return len(p.Channels) > 0 && !slices.Contains(p.Channels, in.Channel)
		})
		i := slices.IndexFunc(all, func(p throughline.Piece) bool { return p.Audience == in.Audience })
		if i >= 0 && (in.Audience != "" || filling[slot.Name] == "" && (slot.Required || !placed)) {
			filling[slot.Name] = all[i].Name
		}
	}
	return filling
}

// pieceText is what fills a slot in a locale, and for a picture what it shows in
// words; both are "" for what is not there.
func pieceText(set declare.Set, slot throughline.Slot, name, locale string, l throughline.Locales) (text, alt string) {
	if slot.Type == throughline.DisclosureText {
		var all []string
		for _, d := range slot.Requires {
			if spec := declare.Spec[*throughline.Disclosure](set, d); spec != nil && throughline.MarketOf(locale).May(spec.Markets) {
				all = append(all, firstText(spec.Texts, l.Chain(locale)))
			}
		}
		return strings.Join(all, "\n"), ""
	}
	p, _ := set.Piece(name)
	switch res, _ := set.Get(p.Ref); spec := res.Spec.(type) {
	case *throughline.Asset:
		alt, _ = spec.AltText(l, locale)
		return spec.File.SlotAddress(name), alt
	case *throughline.Fragment:
		if len(spec.Items) == 0 {
			text, _ = spec.Text(l, locale)
			return text, ""
		}
		lines := make([]string, 0, len(spec.Items))
		for _, item := range spec.Items {
			if of := declare.Spec[*throughline.Fragment](set, item); of != nil {
				line, _ := of.Text(l, locale)
				lines = append(lines, line)
			}
		}
		return strings.Join(lines, "\n"), ""
	}
	return "", ""
}

func firstText(texts map[string]string, chain []string) string {
	for _, l := range chain {
		if texts[l] != "" {
			return texts[l]
		}
	}
	return ""
}

// studioValues returns what fills every slot, with the data asked for.
func studioValues(set declare.Set, t *throughline.Template, brand *throughline.Brand, filling throughline.Filling, in LookInput) []ComparedSlot {
	kinds := nasty.Kinds()
	all := make([]ComparedSlot, 0, len(t.Slots))
	for i, slot := range t.Slots {
		said, alt := pieceText(set, slot, filling[slot.Name], in.Locale, brand.Locales)
		kind := nasty.Kind(in.Data)
		switch in.Data {
		case DataReal, "":
			kind = ""
		case DataNasty:
			kind = kinds[i%len(kinds)]
			if kind == nasty.Empty && slot.Required || kind == nasty.Personal {
				kind = nasty.Longest
			}
		}
		said = personal(spoil(set, slot, kind, said, in.Channel), brand, kind != "")
		if said == "" {
			alt = ""
		}
		all = append(all, ComparedSlot{Slot: slot.Name, Fragment: filling[slot.Name], After: said, isAlt: alt})
	}
	return all
}

// spoil replaces the text of a slot by a nasty one of the kind, where there is one
// for the slot.
func spoil(set declare.Set, slot throughline.Slot, kind nasty.Kind, text, channel string) string {
	switch {
	case kind == "" || kind == nasty.Personal || slot.Type == throughline.DisclosureText:
		return text
	case kind == nasty.Empty:
		if slot.Required {
			return text
		}
		return ""
	case slot.Type == throughline.Image || colour.MatchString(text): // nobody reads a colour
		return text
	case slot.Type == throughline.Link:
		return nasty.Address()
	}
	var bounds []throughline.Length
	if slot.Length != nil {
		bounds = append(bounds, *slot.Length)
	}
	if ch := declare.Spec[*throughline.Channel](set, channel); ch != nil {
		if l, ok := ch.Limits[slot.Role]; ok {
			bounds = append(bounds, l)
		}
	}
	long := nasty.Text(kind, bounds...)
	if slot.Type != throughline.List {
		return long
	}
	n := 6
	if slot.Items != nil && slot.Items.Max > 0 {
		n = min(slot.Items.Max, 50)
	}
	return strings.TrimSuffix(strings.Repeat(long+"\n", n), "\n")
}

var colour = regexp.MustCompile(`^#[0-9A-Fa-f]{3,8}$`)

// personal fills in what a text says of the recipient: an example, or the longest
// there may be.
func personal(said string, brand *throughline.Brand, longest bool) string {
	return text.Speak(said, brand.Personal, func(_ string, f throughline.PersonalField) string {
		if longest {
			return nasty.Person(f)
		}
		return cmp.Or(f.Example, f.Fallback)
	})
}

// newFault takes the place of a problem apart: mjml:12:3, fields.title:1:4.
func newFault(r throughline.Rendering, p *throughline.Error) RenderingFault {
	f := RenderingFault{Text: p.Message, Fix: p.Fix}
	part, at, found := strings.Cut(p.Place, ":")
	f.Part = part
	if !found {
		return f
	}
	if _, err := fmt.Sscanf(at, "%d:%d", &f.Line, &f.Column); err != nil {
		f.Line, f.Column = 0, 0
		return f
	}
	source := map[string]string{"html": r.HTML, "mjml": r.MJML}[part]
	if field, ok := strings.CutPrefix(part, "fields."); ok {
		source = r.Fields[field]
	}
	if lines := strings.Split(source, "\n"); f.Line > 0 && f.Line <= len(lines) {
		f.Source = strings.TrimSpace(lines[f.Line-1])
	}
	return f
}
