package markup

import (
	"maps"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
)

// Names are what the placeholders of a template may name, and how those that
// follow from a slot are filled.
type Names struct {
	rich    []string // slots with marks
	derived []string // names with a dot that follow from a slot's value
}

// NamesOf sorts the placeholders of a template.
func NamesOf(placeholders []string) Names {
	var n Names
	for _, name := range placeholders {
		base, suffix, dotted := strings.Cut(name, ".")
		switch {
		case !dotted, "."+suffix == throughline.AltSuffix: // given with the slot
		case "."+suffix == throughline.HTMLSuffix:
			n.rich = append(n.rich, base)
		default:
			n.derived = append(n.derived, name)
		}
	}
	return n
}

// Fill adds to the values of slots what follows from them. A rich text becomes
// plain, for wherever its marks cannot stand, and under its name with
// throughline.HTMLSuffix there is something where it is filled.
func (n Names) Fill(values map[string]string) map[string]string {
	if len(n.rich)+len(n.derived) == 0 {
		return values
	}
	filled := maps.Clone(values)
	if filled == nil {
		filled = map[string]string{}
	}
	for _, name := range n.rich {
		filled[name] = Plain(values[name])
		filled[name+throughline.HTMLSuffix] = filled[name]
	}
	for _, name := range n.derived {
		base, suffix, _ := strings.Cut(name, ".")
		if width, ok := strings.CutPrefix(suffix, "w"); ok {
			pixels, _ := strconv.Atoi(width)
			filled[name] = throughline.AtWidth(values[base], pixels)
			continue
		}
		i, _ := strconv.Atoi(suffix)
		if lines := strings.Split(values[base], "\n"); i >= 1 && i <= len(lines) {
			filled[name] = lines[i-1]
		}
	}
	return filled
}
