package decide

import (
	"maps"
	"strings"
	"sync/atomic"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// maxLocales is how many locales a token can tell apart.
const maxLocales = 0xff

// view is a placement in one locale. A request is put into the first of the
// brand's locales that its own leads to, and from there on every choice is read
// in that locale: a variant's id names one locale, so what it shows may not
// depend on how the request came there.
type view struct {
	placement *placement
	position  uint8
	locale    string
	// renderings are by candidate, made when first served.
	renderings atomic.Pointer[[]atomic.Pointer[rendering]]
	fallback   *rendering
	// nothing is shown where not even the fallback may be.
	nothing *rendering
}

// rendering is a filling in a locale, as decisions hand it out.
type rendering struct {
	variant throughline.VariantID
	locale  string
	// values are as they are for somebody of whom nothing is known.
	values map[string]string
	levels map[string]throughline.Level
	// spoken are the texts of slots that speak of their recipient, as declared, and
	// fields what of.
	spoken map[string]string
	fields map[string]throughline.PersonalField
}

// valuesFor returns the values for a person; shared, not to be changed.
func (r *rendering) valuesFor(person map[string]string) map[string]string {
	if len(r.spoken) == 0 || len(person) == 0 {
		return r.values
	}
	values := maps.Clone(r.values)
	for slot, said := range r.spoken {
		values[slot] = text.Address(said, r.fields, person)
	}
	return values
}

func newView(p *placement, position uint8, locale string) *view {
	v := &view{placement: p, position: position, locale: locale}
	v.fallback = v.render(p.Fallback)
	v.nothing = &rendering{locale: locale}
	return v
}

// view returns the placement in the locale that a request asks for.
func (p *placement) view(asked string) *view {
	if asked == "" {
		return p.views[0]
	}
	if i, ok := p.viewOf[asked]; ok {
		return p.views[i]
	}
	language, _, _ := strings.Cut(asked, "-")
	if i, ok := p.viewOf[language]; ok && p.views[i].locale == language {
		return p.views[i]
	}
	return p.views[0]
}

// rendering returns candidate c in the view's locale.
func (v *view) rendering(c uint16) *rendering {
	all := v.renderings.Load()
	if all == nil {
		fresh := make([]atomic.Pointer[rendering], len(v.placement.Candidates))
		v.renderings.CompareAndSwap(nil, &fresh)
		all = v.renderings.Load()
	}
	at := &(*all)[c]
	if r := at.Load(); r != nil {
		return r
	}
	r := v.render(v.placement.Candidates[c])
	at.Store(r)
	return r
}

// render makes the rendering of any filling.
func (v *view) render(filling []uint16) *rendering {
	r := &rendering{
		variant: v.placement.VariantID(filling, v.locale), locale: v.locale, fields: v.placement.Personal,
		values: make(map[string]string, len(filling)), levels: make(map[string]throughline.Level, len(filling)),
	}
	for i, c := range filling {
		s := &v.placement.Slots[i]
		r.levels[s.Name] = s.Choices[c].Level
		if said := s.Choices[c].Text[v.locale]; said != "" {
			r.values[s.Name] = r.speak(s.Name, said)
		}
		if alt := s.Choices[c].Alt[v.locale]; alt != "" {
			r.values[s.Name+throughline.AltSuffix] = alt
		}
	}
	return r
}

// speak returns what a slot says to somebody of whom nothing is known, and
// remembers one that would say more.
func (r *rendering) speak(slot, said string) string {
	plain := text.Address(said, r.fields, nil)
	if plain == said {
		return said
	}
	if r.spoken == nil {
		r.spoken = map[string]string{}
	}
	r.spoken[slot] = said
	return plain
}
