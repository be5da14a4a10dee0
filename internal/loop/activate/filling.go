package activate

import (
	"maps"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
)

// filler turns the fillings that a placement names into positions.
type filler struct {
	*builder
	place      string
	assembly   throughline.Assembly
	candidates [][]uint16
}

// fallback returns the positions of the fallback, which must be shown to anyone
// at any time and so may not lean on an audience. It need not be a candidate:
// constraints and checks are about what competes.
func (f *filler) fallback(filling throughline.Filling) []uint16 {
	if len(filling) == 0 {
		f.fail(throughline.Errorf(throughline.Invalid, "the placement has no fallback").At(f.place).
			WithFix("name a fragment for every required slot under spec.fallback"))
		return nil
	}
	positions, ok := f.positions("fallback", filling)
	if !ok {
		return nil
	}
	for s, c := range positions {
		choice := f.assembly.Slots[s].Choices[c]
		if choice.Audience != "" {
			f.fail(throughline.Errorf(throughline.Invalid, "fallback: only audience %s may see fragment %s", choice.Audience, choice.Fragment).At(f.place).
				WithFix("fall back to a fragment that everyone may see"))
		}
	}
	return positions
}

// candidate returns the position of a filling among the candidates, or -1 with
// the problem noted.
func (f *filler) candidate(field string, filling throughline.Filling) int {
	if len(filling) == 0 {
		f.fail(throughline.Errorf(throughline.Invalid, "%s names no filling", field).At(f.place).
			WithFix("name a fragment for every required slot under spec.%s", field))
		return -1
	}
	positions, ok := f.positions(field, filling)
	if !ok {
		return -1
	}
	same := func(c []uint16) bool { return slices.Equal(c, positions) }
	if c := slices.IndexFunc(f.candidates, same); c >= 0 {
		return c
	}
	by := "a constraint"
	if slices.ContainsFunc(f.assembly.Candidates, same) {
		by = "a check"
	}
	f.fail(throughline.Errorf(throughline.Invalid, "%s: the filling %s is excluded by %s", field, describe(filling), by).At(f.place).
		WithFix("name a filling that may be served; throughline plan lists what each rule excludes"))
	return -1
}

// positions returns, for each slot, where the choice is that the filling names.
func (f *filler) positions(field string, filling throughline.Filling) ([]uint16, bool) {
	if len(f.assembly.Slots) == 0 {
		return nil, false // nothing was assembled, and that has been said
	}
	ok := true
	for _, name := range slices.Sorted(maps.Keys(filling)) {
		if !slices.ContainsFunc(f.assembly.Slots, func(s throughline.SnapshotSlot) bool { return s.Name == name }) {
			ok = false
			f.fail(throughline.Errorf(throughline.Invalid, "%s: template %s has no slot %q", field, f.assembly.Template, name).At(f.place).
				WithFix("its slots are %s", joinSlots(f.assembly.Slots)))
		}
	}
	positions := make([]uint16, len(f.assembly.Slots))
	for i, s := range f.assembly.Slots {
		c := slices.IndexFunc(s.Choices, func(c throughline.Choice) bool { return c.Fragment == filling[s.Name] })
		if c < 0 {
			ok = false
			e := misfit(field, s, filling[s.Name])
			if why := f.withdrawn(filling[s.Name]); why != "" {
				e.Message = field + ": fragment " + filling[s.Name] + " is withdrawn: " + why
			}
			f.fail(e.At(f.place))
			continue
		}
		positions[i] = uint16(c)
	}
	return positions, ok
}

// withdrawn says why a fragment may not be shown any more, or "".
func (f *filler) withdrawn(name string) string {
	spec, ok := f.index[throughline.Ref{Kind: throughline.KindFragment, Name: name}].Spec.(*throughline.Fragment)
	if !ok {
		return ""
	}
	return spec.Withdrawn
}

func misfit(field string, s throughline.SnapshotSlot, fragment string) *throughline.Error {
	var fits []string
	for _, c := range s.Choices {
		if c.Fragment != "" {
			fits = append(fits, c.Fragment)
		}
	}
	const most = 5
	fix := "what fits: " + strings.Join(fits[:min(most, len(fits))], ", ")
	if len(fits) > most {
		fix += ", ..."
	}
	if len(fits) == 0 {
		fix = "declare a fragment with the role " + s.Role
	}
	if fragment == "" {
		return throughline.Errorf(throughline.Invalid, "%s: slot %s is required and has no fragment", field, s.Name).WithFix("%s", fix)
	}
	return throughline.Errorf(throughline.Invalid, "%s: fragment %s does not fit slot %s", field, fragment, s.Name).WithFix("%s", fix)
}

func joinSlots(slots []throughline.SnapshotSlot) string {
	names := make([]string, len(slots))
	for i, s := range slots {
		names[i] = s.Name
	}
	return strings.Join(names, ", ")
}

// describe writes a filling as people read it: cta=buy, headline=hello.
func describe(filling throughline.Filling) string {
	var parts []string
	for _, slot := range slices.Sorted(maps.Keys(filling)) {
		parts = append(parts, slot+"="+filling[slot])
	}
	return strings.Join(parts, ", ")
}
