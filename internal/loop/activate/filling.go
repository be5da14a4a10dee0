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
			WithFix("name a piece for every required slot under spec.fallback"))
		return nil
	}
	positions, ok := f.positions("fallback", filling)
	if !ok {
		return nil
	}
	for s, c := range positions {
		choice := f.assembly.Slots[s].Choices[c]
		if choice.Audience != "" {
			f.fail(throughline.Errorf(throughline.Invalid, "fallback: only audience %s may see %s", choice.Audience, choice.Ref()).At(f.place).
				WithFix("fall back to a piece that everyone may see"))
		}
	}
	return positions
}

// candidate returns the position of a filling among the candidates, or -1 with
// the problem noted.
func (f *filler) candidate(field string, filling throughline.Filling) int {
	if len(filling) == 0 {
		f.fail(throughline.Errorf(throughline.Invalid, "%s names no filling", field).At(f.place).
			WithFix("name a piece for every required slot under spec.%s", field))
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
		c := choiceNamed(s, filling[s.Name])
		if c < 0 {
			ok = false
			e := misfit(field, s, filling[s.Name])
			if why := f.withdrawn(filling[s.Name]); why != "" {
				e.Message = field + ": " + filling[s.Name] + " is withdrawn: " + why
			}
			f.fail(e.At(f.place))
			continue
		}
		positions[i] = uint16(c)
	}
	if ok {
		f.disclosed(positions)
	}
	return positions, ok
}

// kept returns the candidates that leave the slots that do not vary as the
// fallback has them.
func (f *filler) kept(t *throughline.Template, fallback []uint16) [][]uint16 {
	var slots []int
	for i := range t.Slots {
		if t.Slots[i].Keep && i < len(fallback) {
			slots = append(slots, i)
		}
	}
	if len(slots) == 0 {
		return f.candidates
	}
	var left [][]uint16
	for _, c := range f.candidates {
		if !slices.ContainsFunc(slots, func(s int) bool { return c[s] != fallback[s] }) {
			left = append(left, c)
		}
	}
	if len(left) == 0 && len(f.candidates) > 0 {
		f.fail(throughline.Errorf(throughline.Invalid, "no variant is left: every one has something else than the fallback in a slot that does not vary").At(f.place).
			WithFix("let the slots vary, or fall back to what may be served"))
	}
	return left
}

// choiceNamed returns the position of the choice of that name. Of what a slot of
// disclosures says, the last choice says all.
func choiceNamed(s throughline.SnapshotSlot, name string) int {
	if last := len(s.Choices) - 1; name == "" && last >= 0 && s.Choices[last].Kind == throughline.KindDisclosure {
		return last
	}
	return slices.IndexFunc(s.Choices, func(c throughline.Choice) bool { return c.Piece == name })
}

// disclosed lets the slots of disclosures say what the rest of a filling asks
// for, which is known where the rest competes.
func (f *filler) disclosed(positions []uint16) {
	said := func(s int) bool {
		c := f.assembly.Slots[s].Choices[positions[s]]
		return c.Kind == throughline.KindDisclosure
	}
	disclosing := false
	for s := range positions {
		disclosing = disclosing || said(s)
	}
	if !disclosing {
		return
	}
	for _, candidate := range f.assembly.Candidates {
		same := true
		for s := range candidate {
			same = same && (candidate[s] == positions[s] || said(s))
		}
		if same {
			copy(positions, candidate)
			return
		}
	}
}

// withdrawn says why a piece may not be shown any more, or "".
func (f *filler) withdrawn(name string) string {
	for _, kind := range []throughline.Kind{throughline.KindFragment, throughline.KindAsset} {
		if p, ok := throughline.PieceOf(f.index[throughline.Ref{Kind: kind, Name: name}]); ok {
			return p.Withdrawn
		}
	}
	return ""
}

func misfit(field string, s throughline.SnapshotSlot, piece string) *throughline.Error {
	var fits []string
	for _, c := range s.Choices {
		if c.Piece != "" {
			fits = append(fits, c.Piece)
		}
	}
	const most = 5
	fix := "what fits: " + strings.Join(fits[:min(most, len(fits))], ", ")
	if len(fits) > most {
		fix += ", ..."
	}
	if len(fits) == 0 {
		fix = "declare a piece with the role " + s.Role
	}
	if piece == "" {
		return throughline.Errorf(throughline.Invalid, "%s: slot %s is required and not filled", field, s.Name).WithFix("%s", fix)
	}
	return throughline.Errorf(throughline.Invalid, "%s: %s does not fit slot %s", field, piece, s.Name).WithFix("%s", fix)
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
