package assemble

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
)

// Unfit says why a slot does not take a piece, wherever the template is shown,
// or "".
func Unfit(s *throughline.Slot, p throughline.Piece) string {
	if p.Role != s.Role {
		return fmt.Sprintf("%s has the role %s, and the slot takes %s", p.Name, p.Role, s.Role)
	}
	if !takes(s.Type, p) {
		return fmt.Sprintf("%s is %s, and the slot takes %s", p.Name, form(p), wantedForm(s.Type))
	}
	if s.Fill == nil {
		return ""
	}
	if len(s.Fill.Names) > 0 && !slices.Contains(s.Fill.Names, p.Name) {
		return fmt.Sprintf("the slot takes only %s", strings.Join(s.Fill.Names, ", "))
	}
	for _, k := range slices.Sorted(maps.Keys(s.Fill.Labels)) {
		if have, ok := p.Labels[k]; !ok || have != s.Fill.Labels[k] {
			return fmt.Sprintf("the slot takes pieces labelled %s: %s, and %s is not", k, s.Fill.Labels[k], p.Name)
		}
	}
	return ""
}

// takes reports whether the form of a piece suits a slot. A fragment may hold an
// address, whatever type it says it is.
func takes(slot throughline.SlotType, p throughline.Piece) bool {
	asset := p.Kind == throughline.KindAsset
	switch slot {
	case throughline.Image:
		return p.Type == throughline.Image || !asset && (p.Type == throughline.Text || p.Type == throughline.Link)
	case throughline.Link:
		return asset || p.Type == throughline.Link || p.Type == throughline.Text
	case throughline.RichText:
		return !asset && (p.Type == throughline.RichText || p.Type == throughline.Text)
	case throughline.List:
		return p.Type == throughline.List
	case throughline.DisclosureText:
		return false // it says what its disclosures say
	}
	return !asset && p.Type == throughline.Text
}

func form(p throughline.Piece) string {
	switch {
	case p.Type == throughline.Image:
		return "a picture"
	case p.Kind == throughline.KindAsset:
		return "a file"
	case p.Type == throughline.Link:
		return "a link"
	case p.Type == throughline.List:
		return "a list"
	case p.Type == throughline.RichText:
		return "a rich text"
	}
	return "a text"
}

func wantedForm(t throughline.SlotType) string {
	switch t {
	case throughline.Image:
		return "pictures"
	case throughline.Link:
		return "links and files"
	case throughline.RichText:
		return "texts"
	case throughline.List:
		return "lists"
	case throughline.DisclosureText:
		return "disclosures, by requires"
	}
	return "plain texts"
}

// misfit says why a piece may not fill a slot on the channel, or "".
func (c *combiner) misfit(s *throughline.Slot, r throughline.Resource, p throughline.Piece) string {
	if why := Unfit(s, p); why != "" {
		return why
	}
	if why := c.unshown(p); why != "" {
		return why
	}
	switch spec := r.Spec.(type) {
	case *throughline.Asset:
		return c.unpictured(s.Picture, p.Name, spec)
	case *throughline.Fragment:
		if s.Type == throughline.List {
			return c.unlisted(s, p, spec)
		}
		if spec.Values[c.Brand.Locales.Default] == "" {
			return fmt.Sprintf("%s has no text in %s, the default language", p.Name, c.Brand.Locales.Default)
		}
	}
	return ""
}

// unshown says why a piece is not shown on the channel at all, or "".
func (c *combiner) unshown(p throughline.Piece) string {
	if len(p.Channels) > 0 && !slices.Contains(p.Channels, c.Channel) {
		return fmt.Sprintf("%s may appear on %s, and not on %s", p.Name, strings.Join(p.Channels, ", "), c.Channel)
	}
	for _, g := range p.Rights {
		if len(g.Channels) > 0 && !slices.Contains(g.Channels, c.Channel) {
			return fmt.Sprintf("%s grants the rights to %s for %s, and not for %s", g.Holder, p.Name, strings.Join(g.Channels, ", "), c.Channel)
		}
	}
	if p.Withdrawn != "" {
		return fmt.Sprintf("%s is withdrawn: %s", p.Name, p.Withdrawn)
	}
	return ""
}

// unlisted says why a list may not fill a slot, or "".
func (c *combiner) unlisted(s *throughline.Slot, list throughline.Piece, f *throughline.Fragment) string {
	bound := throughline.ItemRule{}
	if s.Items != nil {
		bound = *s.Items
	}
	n := len(f.Items)
	if n < bound.Min || bound.Max > 0 && n > bound.Max {
		return fmt.Sprintf("%s has %d items, and the slot takes %s", list.Name, n, fromTo(bound.Min, bound.Max))
	}
	roles := map[string]int{}
	for _, name := range f.Items {
		item, ok := c.pieces[name]
		if !ok {
			return fmt.Sprintf("%s has the item %s, and there is no such piece", list.Name, name)
		}
		text, isText := item.Spec.(*throughline.Fragment)
		p, _ := throughline.PieceOf(item)
		why := c.unshown(p)
		switch roles[p.Role]++; {
		case !isText || p.Type == throughline.List:
			why = name + " is no text"
		case bound.Role != "" && p.Role != bound.Role:
			why = fmt.Sprintf("%s has the role %s, and items have the role %s", name, p.Role, bound.Role)
		case bound.MaxPerRole[p.Role] > 0 && roles[p.Role] > bound.MaxPerRole[p.Role]:
			why = fmt.Sprintf("at most %d items may have the role %s", bound.MaxPerRole[p.Role], p.Role)
		case p.Audience != "":
			why = fmt.Sprintf("only the audience %s may see %s; give the list the audience", p.Audience, name)
		case text.Values[c.Brand.Locales.Default] == "":
			why = fmt.Sprintf("%s has no text in %s, the default language", name, c.Brand.Locales.Default)
		}
		if why != "" {
			return list.Name + ": " + why
		}
	}
	return ""
}

func fromTo(low, high int) string {
	if high == 0 {
		return "at least " + strconv.Itoa(low)
	}
	return fmt.Sprintf("%d to %d", low, high)
}

// unpictured says which rule of a slot a picture does not keep, or "".
func (c *combiner) unpictured(rule *throughline.PictureRule, name string, a *throughline.Asset) string {
	if rule == nil {
		return ""
	}
	if why := rule.Unfit(a.File); why != "" {
		return name + " " + why
	}
	if len(rule.Concepts) == 0 || slices.ContainsFunc(rule.Concepts, func(wanted string) bool { return c.shows(a, wanted) }) {
		return ""
	}
	return fmt.Sprintf("%s shows none of %s", name, strings.Join(rule.Concepts, ", "))
}

// shows reports whether an asset has a concept, or one that is narrower.
func (c *combiner) shows(a *throughline.Asset, wanted string) bool {
	vocabulary, of, _ := strings.Cut(wanted, "#")
	words := c.vocabularies[vocabulary]
	return slices.ContainsFunc(a.Concepts, func(has string) bool {
		in, concept, _ := strings.Cut(has, "#")
		return has == wanted || in == vocabulary && words != nil && words.Within(concept, of)
	})
}

// wanted says what a piece needs to fit a slot.
func (c *combiner) wanted(s *throughline.Slot) string {
	fix := fmt.Sprintf("declare a fragment with the role %s and a text in %s", s.Role, c.Brand.Locales.Default)
	switch s.Type {
	case throughline.Image:
		fix = "take in a picture with the role " + s.Role
	case throughline.DisclosureText:
		return "name disclosures in its requires"
	}
	if s.Fill != nil && len(s.Fill.Names) > 0 {
		fix += ", named " + strings.Join(s.Fill.Names, " or ")
	}
	if s.Fill != nil && len(s.Fill.Labels) > 0 {
		fix += ", with the labels " + labels(s.Fill.Labels)
	}
	return fix
}

// labels writes labels as people read them: kind: action, tone: warm.
func labels(l map[string]string) string {
	var all []string
	for k, v := range l {
		all = append(all, k+": "+v)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
