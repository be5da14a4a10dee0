package demo

import (
	"github.com/throughline-engine/throughline"
)

// surveyor reads placements from a workspace.
type surveyor struct {
	catalogue
	audiences map[string]mask
}

// sites returns every placement of the workspace, ascending by name.
func (v surveyor) sites() ([]*site, error) {
	var sites []*site
	for _, name := range v.names(throughline.KindPlacement) {
		s, err := v.site(name)
		if err != nil {
			return nil, err
		}
		s.index = len(sites)
		sites = append(sites, s)
	}
	return sites, nil
}

func (v surveyor) site(name string) (*site, error) {
	asker := throughline.Ref{Kind: throughline.KindPlacement, Name: name}
	p := v.catalogue[throughline.KindPlacement][name].Spec.(*throughline.Placement)
	template, err := spec[*throughline.Template](v.catalogue, p.Template, asker)
	if err != nil {
		return nil, err
	}
	goal, err := spec[*throughline.Goal](v.catalogue, p.Goal, asker)
	if err != nil {
		return nil, err
	}
	channel, err := spec[*throughline.Channel](v.catalogue, p.Channel, asker)
	if err != nil {
		return nil, err
	}
	s := &site{name: name, event: goal.Event, surface: device(channel.Surface), gate: v.audiences[p.Audience]}
	brand, err := spec[*throughline.Brand](v.catalogue, template.Brand, asker)
	if err != nil {
		return nil, err
	}
	var fillings [][]filling
	for _, declared := range template.Slots {
		options := v.options(declared, p.Channel)
		sl, err := v.slot(declared, options, asker)
		if err != nil {
			return nil, err
		}
		s.slots, fillings = append(s.slots, sl), append(fillings, options)
	}
	if s.candidates, err = combine(template, p, brand, fillings); err != nil {
		return nil, throughline.Errorf(throughline.CodeOf(err), "the constraints cannot be asked: %w", err).At("Template/" + p.Template)
	}
	return s, nil
}

func (v surveyor) slot(declared throughline.Slot, options []filling, asker throughline.Ref) (slot, error) {
	s := slot{name: declared.Name, byText: make(map[string]uint16), settled: declared.Type == throughline.DisclosureText}
	for i, o := range options {
		s.choices = append(s.choices, choice{o.Level(), v.audiences[o.Audience]})
		for _, text := range o.texts {
			if other, taken := s.byText[text]; taken && int(other) != i {
				return s, throughline.Errorf(throughline.Invalid, "%s and %s say the same in slot %q: %q", options[other].Name, o.Name, s.name, text).
					At(asker.String()).WithFix("simulated recipients tell fragments apart by what they read; change one of the texts")
			}
			s.byText[text] = uint16(i)
		}
	}
	return s, nil
}
