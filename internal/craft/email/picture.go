package email

import (
	"strings"
)

// onPicture draws content on the section's picture for Outlook, which knows
// backgrounds in VML only.
func (p *part) onPicture(content func()) {
	p.outlook()
	size := is("width", p.around.width)
	if p.wholeWidth() {
		size = is("mso-width-percent", "1000")
	}
	p.open("v:rect", style(size), is("xmlns:v", "urn:schemas-microsoft-com:vml"), is("fill", "true"), is("stroke", "false"))
	p.void("v:fill", p.picture()...)
	p.text(`<v:textbox style="mso-fit-shape-to-text:true" inset="0,0,0,0">`)
	p.all()
	content()
	p.outlook()
	p.text("</v:textbox></v:rect>")
	p.all()
}

// picture says how VML lays the picture.
func (p *part) picture() []pair {
	x, y := p.anchor()
	size, repeat := p.get("background-size"), p.get("background-repeat") == "repeat"
	originX, originY := corner(x, "left", "right", 50, repeat), corner(y, "top", "bottom", 0, repeat)
	kind := "tile"
	if p.get("background-repeat") == "no-repeat" {
		kind = "frame"
	}
	if size == "auto" { // Outlook cannot frame a picture in its own size
		kind, originX, originY = "tile", "0.5", "0"
	}
	pairs := []pair{
		is("origin", originX+", "+originY), is("position", originX+", "+originY),
		p.as("src", "background-url"), p.as("color", "background-color"), is("type", kind),
	}
	switch parts := strings.Split(size, " "); {
	case size == "cover":
		return append(pairs, is("size", "1,1"), is("aspect", "atleast"))
	case size == "contain":
		return append(pairs, is("size", "1,1"), is("aspect", "atmost"))
	case size == "auto":
		return pairs
	case len(parts) == 1:
		return append(pairs, is("size", size), is("aspect", "atmost"))
	default:
		return append(pairs, is("size", strings.Join(parts, ",")))
	}
}

// corner turns a position into the share that VML wants. It counts from the
// corner where pictures repeat, and from the middle where they do not.
func corner(position, low, high string, otherwise float64, repeat bool) string {
	percent := otherwise
	switch {
	case position == low:
		percent = 0
	case position == "center":
		percent = 50
	case position == high:
		percent = 100
	case isPercent(position):
		percent = whole(position)
	}
	share := percent / 100
	if repeat {
		return number(share)
	}
	return number((-50 + share*100) / 100)
}

// isPercent reports whether s is digits, maybe with decimals, and a percent sign.
func isPercent(s string) bool {
	s, ok := strings.CutSuffix(s, "%")
	before, after, point := strings.Cut(s, ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return ok && digits(before) && (!point || digits(after))
}
