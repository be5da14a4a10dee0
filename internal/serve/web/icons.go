package web

import (
	"html/template"
	"maps"
	"slices"

	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// healthMark draws a health as a shape with its word, which is there for who
// does not see the shape; colour is never all there is: a disc is well, a triangle wants a look, a square wants action,
// a ring has nothing to judge.
func healthMark(h operate.Health) template.HTML {
	_, word := drawHealth(h)
	return healthShape(h) + template.HTML(`<span class="unseen">`+word+`</span>`)
}

// healthShape is the shape alone, beside a word of its own.
func healthShape(h operate.Health) template.HTML {
	shape, _ := drawHealth(h)
	if h.Rank() == 0 { // none, or no health at all
		h = "none"
	}
	return template.HTML(`<svg class="health ` + string(h) + `" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">` + shape + `</svg>`)
}

// drawHealth returns the shape of a health and its word.
func drawHealth(h operate.Health) (shape, word string) {
	shape, word = `<circle cx="8" cy="8" r="4"/>`, "nothing to judge yet"
	switch h {
	case operate.HealthOK:
		shape, word = `<circle cx="8" cy="8" r="5"/>`, "well"
	case operate.HealthWarn:
		shape, word = `<path d="M8 2.2 14.4 13.4H1.6Z"/>`, "needs a look"
	case operate.HealthBad:
		shape, word = `<rect x="2.5" y="2.5" width="11" height="11" rx="1.5"/><path class="cut" d="M8 5v4M8 10.6v.9"/>`, "needs action"
	}
	return shape, word
}

// icon draws one of our own small pictures; text always stands beside it.
func icon(name string) template.HTML {
	return template.HTML(`<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">` + iconPaths()[name] + `</svg>`)
}

// iconNames returns the names of all icons.
func iconNames() []string { return slices.Sorted(maps.Keys(iconPaths())) }

func iconPaths() map[string]string {
	return map[string]string{
		"check":  `<path d="m3 8.5 3.2 3.2L13 5"/>`,
		"clock":  `<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3.2l2 1.4"/>`,
		"close":  `<path d="m4 4 8 8M12 4l-8 8"/>`,
		"copy":   `<path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3"/>`,
		"down":   `<path d="M8 3v10M4 9l4 4 4-4"/>`,
		"edit":   `<path d="m3 13 .6-3L10.8 2.8l2.4 2.4L6 12.4z"/>`,
		"eye":    `<path d="M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8Z"/><circle cx="8" cy="8" r="2"/>`,
		"key":    `<circle cx="5" cy="11" r="2.5"/><path d="m6.8 9.2 6-6M10.5 5.5l2 2"/>`,
		"mark":   `<path d="M1 12.5h6.2c5.2 0 6.6-9 2.3-9s-3 9 2.1 9H15"/>`,
		"untold": `<circle cx="8" cy="8" r="6"/><path d="M6.200 6.300a1.900 1.900 0 1 1 2.600 1.900c-.5.200-.8.500-.8 1.100M8 11.200v.3"/>`,
		"menu":   `<path d="M3 8h.01M8 8h.01M13 8h.01"/>`,
		"more":   `<path d="M8 3v10M3 8h10"/>`,
		"open":   `<path d="m6 4 4 4-4 4"/>`,
		"out":    `<path d="M6.5 3.5h-3v9h9v-3M9.5 3h3.5v3.5M13 3 7.5 8.5"/>`,
		"person": `<circle cx="8" cy="5.5" r="2.5"/><path d="M3 13.5c.6-3 2.5-4 5-4s4.4 1 5 4"/>`,
		"search": `<circle cx="7" cy="7" r="4.2"/><path d="m10.2 10.2 3.3 3.3"/>`,
		"undo":   `<path d="M6 3.5 3 6.500l3 3M3 6.500h6.500a3.5 3.5 0 0 1 0 7H6"/>`,
		"up":     `<path d="M8 13V3M4 7l4-4 4 4"/>`,
		"warn":   `<path d="M8 2.5 14.2 13.300H1.800ZM8 6.500v3M8 11.200v.3"/>`,
		"table":  `<path d="M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6"/>`,
	}
}
