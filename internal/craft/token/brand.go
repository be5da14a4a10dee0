package token

import (
	"maps"

	"github.com/throughline-engine/throughline"
)

// Into puts the tokens of token files into a brand. The first mode is the one
// that holds where no other is asked for. What an import brought before and the
// files no longer have is taken out; tokens that people wrote by hand, which have
// no type, stay. Problems come together, as from Resolve and Flatten; the brand
// is then as it was.
func Into(b *throughline.Brand, modes []Mode) error {
	var problems throughline.Problems
	sets := make([]*Set, 0, len(modes))
	for _, m := range modes {
		set, err := Resolve(m)
		problems.Add(err)
		sets = append(sets, set)
	}
	if err := problems.Err(); err != nil || len(sets) == 0 {
		return err
	}
	flat, err := Flatten(sets[0], sets[1:]...)
	if err != nil {
		return err
	}
	tokens, notes, byMode := byHand(b)
	maps.Copy(tokens, flat.Values)
	maps.Copy(notes, flat.Notes)
	for mode, values := range flat.Modes {
		if byMode[mode] == nil {
			byMode[mode] = map[string]string{}
		}
		maps.Copy(byMode[mode], values)
	}
	b.Tokens, b.TokenNotes, b.Modes = tokens, notes, byMode
	return nil
}

// byHand returns what a brand says of tokens that no import brought.
func byHand(b *throughline.Brand) (tokens map[string]string, notes map[string]throughline.TokenNote, modes map[string]map[string]string) {
	tokens, notes, modes = map[string]string{}, map[string]throughline.TokenNote{}, map[string]map[string]string{}
	mine := func(name string) bool { return b.TokenNotes[name].Type == "" }
	for name, value := range b.Tokens {
		if mine(name) {
			tokens[name] = value
		}
	}
	for name, note := range b.TokenNotes {
		if mine(name) {
			notes[name] = note
		}
	}
	for mode, values := range b.Modes {
		for name, value := range values {
			if !mine(name) {
				continue
			}
			if modes[mode] == nil {
				modes[mode] = map[string]string{}
			}
			modes[mode][name] = value
		}
	}
	return tokens, notes, modes
}

// Export returns a brand's tokens as a file of the module, as Flat.JSON does.
func Export(b *throughline.Brand) []byte {
	return Flat{Values: b.Tokens, Modes: b.Modes, Notes: b.TokenNotes}.JSON()
}
