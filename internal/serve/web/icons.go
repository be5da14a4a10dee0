package web

import (
	"html/template"

	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// healthMark draws a health as a shape with its word, so that colour is never
// all there is: a disc is well, a triangle wants a look, a square wants action,
// a ring has nothing to judge.
func healthMark(h operate.Health) template.HTML {
	shape, word := `<circle cx="8" cy="8" r="4"/>`, "nothing to judge yet"
	switch h {
	case operate.HealthOK:
		shape, word = `<circle cx="8" cy="8" r="5"/>`, "well"
	case operate.HealthWarn:
		shape, word = `<path d="M8 2.2 14.4 13.4H1.6Z"/>`, "needs a look"
	case operate.HealthBad:
		shape, word = `<rect x="2.5" y="2.5" width="11" height="11" rx="1.5"/><path class="cut" d="M8 5v4M8 10.6v.9"/>`, "needs action"
	default:
		h = "none"
	}
	return template.HTML(`<svg class="health ` + string(h) + `" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">` +
		shape + `</svg><span class="unseen">` + word + `</span>`)
}

// icon draws one of our own small pictures; text always stands beside it.
func icon(name string) template.HTML {
	paths := map[string]string{
		"mark":  `<path d="M1 12.5h6.2c5.2 0 6.6-9 2.3-9s-3 9 2.1 9H15"/>`,
		"open":  `<path d="m6 4 4 4-4 4"/>`,
		"out":   `<path d="M6.5 3.5h-3v9h9v-3M9.5 3h3.5v3.5M13 3 7.5 8.5"/>`,
		"table": `<path d="M2.5 3.5h11v9h-11zM2.5 6.5h11M6.5 6.5v6"/>`,
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">` + paths[name] + `</svg>`)
}
