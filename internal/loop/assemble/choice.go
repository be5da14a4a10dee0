package assemble

import (
	"fmt"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/rule"
)

// add makes a piece a choice of a slot.
func (c *combiner) add(s *slotFill, r throughline.Resource, p throughline.Piece) error {
	choice := throughline.Choice{
		Piece: p.Name, Level: p.Level(), Digest: r.Digest(), Audience: p.Audience, Text: map[string]string{},
	}
	switch spec := r.Spec.(type) {
	case *throughline.Asset:
		choice.Kind, choice.Alt = throughline.KindAsset, map[string]string{}
		address := c.Address + spec.File.SlotAddress(p.Name)
		for _, locale := range c.Brand.Locales.All() {
			choice.Text[locale] = address
			if alt, _ := spec.AltText(c.Brand.Locales, locale); alt != "" && !spec.Decorative {
				choice.Alt[locale] = alt
			}
		}
	case *throughline.Fragment:
		for _, locale := range c.Brand.Locales.All() {
			choice.Text[locale] = c.text(spec, locale)
		}
		if len(spec.Items) > 0 {
			choice.Digest = c.listDigest(r, spec)
		}
	}
	bounds, err := c.bounds(r, p)
	if err != nil {
		return err
	}
	choice.Bounds = bounds
	s.add(choice, rule.NewSlot(p.Name, c.words(r), p.Labels))
	return nil
}

// text is what a fragment says in a locale; a list says its items, a line each.
func (c *combiner) text(f *throughline.Fragment, locale string) string {
	if len(f.Items) == 0 {
		text, _ := f.Text(c.Brand.Locales, locale)
		return text
	}
	lines := make([]string, len(f.Items))
	for i, name := range f.Items {
		if item, ok := c.pieces[name].Spec.(*throughline.Fragment); ok {
			lines[i], _ = item.Text(c.Brand.Locales, locale)
		}
	}
	return strings.Join(lines, "\n")
}

// listDigest is of a list and of its items: another text is another variant.
func (c *combiner) listDigest(r throughline.Resource, f *throughline.Fragment) throughline.Digest {
	own := r.Digest()
	all := own[:]
	for _, name := range f.Items {
		item := c.pieces[name].Digest()
		all = append(all, item[:]...)
	}
	return throughline.DigestOf(all)
}

// bounds are a piece's, and of a list those of its items too.
func (c *combiner) bounds(r throughline.Resource, p throughline.Piece) (*throughline.Bounds, error) {
	own, err := p.Bounds(c.claim)
	f, ok := r.Spec.(*throughline.Fragment)
	if err != nil || !ok || len(f.Items) == 0 {
		return own, err
	}
	all := []*throughline.Bounds{own}
	for _, name := range f.Items {
		item, _ := throughline.PieceOf(c.pieces[name])
		b, err := item.Bounds(c.claim)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return throughline.AllBounds(all...), nil
}

func (c *combiner) claim(name string) *throughline.Claim { return c.claims[name] }

// maxConditional is how many disclosures of one slot may depend on what else is
// shown: each doubles its choices.
const maxConditional = 4

// disclose makes the choices of a slot that shows disclosures: one for each set
// of those that depend on the rest of the variant, which then picks its own.
func (c *combiner) disclose(slot int, s *throughline.Slot, into *slotFill) error {
	var always, depend []throughline.Resource
	for _, name := range s.Requires {
		r, ok := c.disclosures[name]
		if !ok {
			return throughline.Errorf(throughline.NotFound, "there is no Disclosure/%s", name).At(c.Template.Ref().String()).WithFix("declare it, or take it out of the slot %s", s.Name)
		}
		if d := r.Spec.(*throughline.Disclosure); d.When == "" && !d.Synthetic {
			always = append(always, r)
		} else {
			depend = append(depend, r)
		}
	}
	if len(depend) > maxConditional {
		return throughline.Errorf(throughline.TooLarge, "%d disclosures of the slot %s depend on the variant, and %d may", len(depend), s.Name, maxConditional).
			At(c.Template.Ref().String()).WithFix("join some into one, or spread them over two slots")
	}
	for set := range 1 << len(depend) {
		shown := always[:len(always):len(always)]
		for i, r := range depend {
			if set>>i&1 == 1 {
				shown = append(shown, r)
			}
		}
		choice := c.disclosure(shown)
		into.add(choice, rule.NewSlot(choice.Piece, choice.Text[c.Brand.Locales.Default], nil))
	}
	for i, r := range depend {
		c.matches = append(c.matches, match{slot: slot, bit: i, of: r})
	}
	return nil
}

// disclosure is the choice that says some disclosures, in every locale those
// whose market it may be: what is not known may be so.
func (c *combiner) disclosure(shown []throughline.Resource) throughline.Choice {
	if len(shown) == 0 {
		return throughline.Choice{}
	}
	choice := throughline.Choice{Kind: throughline.KindDisclosure, Text: map[string]string{}}
	var names []string
	var digests []byte
	for _, r := range shown {
		d := r.Digest()
		names, digests = append(names, r.Metadata.Name), append(digests, d[:]...)
	}
	choice.Piece, choice.Digest = strings.Join(names, "+"), throughline.DigestOf(digests)
	choice.Level = throughline.LevelOf(choice.Piece, 1)
	for _, locale := range c.Brand.Locales.All() {
		var texts []string
		for _, r := range shown {
			d := r.Spec.(*throughline.Disclosure)
			if text, _ := d.Text(c.Brand.Locales, locale); throughline.MarketOf(locale).May(d.Markets) && text != "" {
				texts = append(texts, text)
			}
		}
		choice.Text[locale] = strings.Join(texts, "\n")
	}
	return choice
}

// match ties a disclosure that depends on the variant to the choices that say it.
type match struct {
	slot, bit int
	of        throughline.Resource
	grid      *rule.Grid // nil for one that asks only what is synthetic
	synthetic [][]bool   // by slot and choice; nil where it does not matter
}

// fits reports whether a filling says the disclosure exactly when it must.
func (m match) fits(filling []uint16) (bool, error) {
	due := true
	if m.synthetic != nil {
		due = false
		for s, c := range filling {
			due = due || m.synthetic[s][c]
		}
	}
	if due && m.grid != nil {
		var err error
		if due, err = m.grid.Holds(filling); err != nil {
			return false, err
		}
	}
	return due == (filling[m.slot]>>m.bit&1 == 1), nil
}

// last returns the last slot that must be filled before it can be asked.
func (m match) last() int {
	last := m.slot
	if m.grid != nil {
		last = max(last, m.grid.Last())
	}
	if m.synthetic != nil {
		last = len(m.synthetic) - 1
	}
	return last
}

// placed says which disclosure could not be asked.
func (m match) placed(err error) error {
	var found throughline.Problems
	found.Add(err)
	return found[0].At(fmt.Sprintf("%s spec.when", m.of.Ref()))
}
