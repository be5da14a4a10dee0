package email

import (
	"slices"
	"strings"
)

// body draws the whole <body>.
func (d *drawing) body(e *element) {
	p := &part{drawing: d, e: e, layers: d.head.cascade.layers(e, d.words[e.tag], "", nil)}
	h := d.head
	ground := style(is("word-spacing", "normal"), p.of("background-color"))
	p.open("body", p.of("id"), p.as("class", "css-class"), ground)
	if h.preview != "" {
		p.text(`<div style="display:none;font-size:1px;color:#ffffff;line-height:1px;max-height:0px;max-width:0px;opacity:0;overflow:hidden;">`, h.preview, "</div>\n")
	}
	label := strings.ReplaceAll(h.title, `"`, "&quot;")
	p.open("div", when(h.title != "", "aria-label", label), is("aria-roledescription", "email"), is("role", "article"),
		is("lang", h.lang), is("dir", h.dir), ground)
	p.children(surroundings{width: p.get("width")}, nil, (*part).block)
	p.text("</div></body>")
}

// block draws what stands in the body or in a wrapper.
func (p *part) block() {
	switch p.e.tag {
	case "mj-hero":
		p.hero()
	default:
		p.section()
	}
}

// section draws mj-section and mj-wrapper, which differ in what frames their
// children.
func (p *part) section() {
	if !p.wholeWidth() {
		p.before()
		if p.pictured() {
			p.onPicture(p.inner)
		} else {
			p.inner()
		}
		p.after()
		return
	}
	p.table(is("align", "center"), p.as("class", "css-class"), p.as("background", "background-url"), style(p.ground(), is("width", "100%")))
	p.text("<tbody><tr><td>")
	within := func() {
		p.before()
		p.inner()
		p.after()
	}
	if p.pictured() {
		p.onPicture(within)
	} else {
		within()
	}
	p.text("</td></tr></tbody></table>\n")
}

func (p *part) wholeWidth() bool { return p.get("full-width") == "full-width" }

// pictured reports whether there is a picture behind the section.
func (p *part) pictured() bool {
	_, ok := p.find("background-url")
	return ok
}

// before opens the table that gives Outlook the section's width.
func (p *part) before() {
	colour := p.of("background-color")
	colour.name = "bgcolor"
	colour.absent = colour.absent || colour.value == "" || p.around.gap != ""
	p.outlook()
	p.table(is("align", "center"), p.outlookClass(), is("width", number(whole(p.around.width))), colour,
		style(is("width", p.around.width), p.spaced("padding-top")))
	p.text(`<tr><td style="line-height:0px;font-size:0px;mso-line-height-rule:exactly;">`)
	p.all()
}

func (p *part) after() {
	p.outlook()
	p.text("</td></tr></table>")
	p.all()
}

// spaced is the gap of the wrapper around, which the first section does not need.
func (p *part) spaced(name string) pair {
	return when(p.index > 0 && p.around.gap != "", name, p.around.gap)
}

// ground is the background. Yahoo reads no shorthand, so its parts are repeated.
func (p *part) ground() pair {
	if !p.has("background-url") {
		return several(p.as("background", "background-color"), p.of("background-color"))
	}
	return several(
		is("background", p.shortGround()), is("background-position", p.position()), p.of("background-repeat"), p.of("background-size"),
	)
}

func (p *part) shortGround() string {
	parts := []string{p.get("background-color")}
	if p.pictured() {
		parts = append(parts, "url('"+p.get("background-url")+"')", p.position(), "/ "+p.get("background-size"), p.get("background-repeat"))
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

func (p *part) position() string {
	x, y := p.anchor()
	return x + " " + y
}

// anchor is where the picture stands: the two words of background-position in
// either order, or its parts.
func (p *part) anchor() (x, y string) {
	x, y = "center", "top"
	switch words := strings.Split(p.get("background-position"), " "); {
	case len(words) == 1 && vertical(words[0]):
		y = words[0]
	case len(words) == 1:
		x, y = words[0], "center"
	case len(words) == 2 && (vertical(words[0]) || words[0] == "center" && (words[1] == "left" || words[1] == "right")):
		x, y = words[1], words[0]
	case len(words) == 2:
		x, y = words[0], words[1]
	}
	if p.has("background-position-x") {
		x = p.get("background-position-x")
	}
	if p.has("background-position-y") {
		y = p.get("background-position-y")
	}
	return x, y
}

func vertical(word string) bool { return word == "top" || word == "bottom" }

// inner draws the section itself.
func (p *part) inner() {
	ground := p.ground()
	class, picture := p.as("class", "css-class"), p.as("background", "background-url")
	if p.wholeWidth() {
		class.absent, picture.absent, ground.absent = true, true, true
	}
	round := p.rounded("border-radius")
	p.open("div", class, style(
		ground, is("margin", "0px auto"), is("max-width", p.around.width), p.of("border-radius"),
		when(round, "overflow", "hidden"), p.spaced("margin-top"),
	))
	if p.pictured() {
		p.text(`<div style="line-height:0;font-size:0;">`)
	}
	p.table(is("align", "center"), picture, style(ground, is("width", "100%"), when(round, "border-collapse", "separate")))
	p.text("<tbody><tr>")
	p.open("td", style(
		p.each("border", "border-bottom", "border-left", "border-right", "border-top", "border-radius", "direction"),
		is("font-size", "0px"),
		p.each("padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align"),
	))
	p.outlook()
	p.text(`<table role="presentation" border="0" cellpadding="0" cellspacing="0">`)
	p.all()
	p.rows()
	p.outlook()
	p.text("</table>")
	p.all()
	p.text("</td></tr></tbody></table>")
	if p.pictured() {
		p.text("</div>")
	}
	p.text("</div>\n")
}

// rows draws the children: sections one under another in a wrapper, columns side
// by side in a section.
func (p *part) rows() {
	inside := surroundings{
		width: px(p.box()), gap: p.get("gap"), gutter: p.get("gutter"), direction: p.get("direction"), group: p.around.group,
	}
	if p.e.tag == "mj-wrapper" {
		p.children(inside, nil, func(child *part) {
			p.outlook()
			p.text("<tr>")
			p.open("td", child.of("align"), child.outlookClass(), is("width", p.around.width))
			p.all()
			child.block()
			p.outlook()
			p.text("</td></tr>")
			p.all()
		})
		return
	}
	p.outlook()
	p.text("<tr>")
	p.all()
	p.children(inside, nil, func(child *part) {
		p.outlook()
		p.open("td", child.of("align"), child.outlookClass(), child.outlookColumn())
		p.all()
		child.columns()
		p.outlook()
		p.text("</td>")
		p.all()
	})
	p.outlook()
	p.text("</tr>")
	p.all()
}
