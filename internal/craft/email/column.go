package email

import (
	"math"
	"strings"
)

// columns draws what stands in a section: a column or a group of them.
func (p *part) columns() {
	if p.e.tag == "mj-group" {
		p.grouped()
		return
	}
	p.column()
}

// wideWidth is the width on wide screens, as declared or an equal share.
func (p *part) wideWidth() (n float64, unit string) {
	if p.has("width") {
		return widthOf(p.get("width"), true)
	}
	return 100 / float64(p.drawn), "%"
}

// pixels is the width that Outlook is told.
func (p *part) pixels() string {
	n, unit := p.wideWidth()
	if unit == "%" {
		n = decimal(p.around.width) * n / 100
	}
	if p.e.tag == "mj-group" {
		return px(n)
	}
	return px(nearest(n))
}

// outlookColumn is the style of the cell around a column.
func (p *part) outlookColumn() pair {
	padding := pair{absent: true}
	if p.e.tag == "mj-column" && p.around.gutter != "" {
		padding = is("padding", p.desktopPadding("px"))
	}
	return style(p.of("vertical-align"), is("width", p.pixels()), padding)
}

func (p *part) column() {
	class := p.columnClass()
	if p.around.gutter != "" {
		class += " " + p.gutterClass()
	}
	class += " mj-outlook-group-fix"
	if p.has("css-class") {
		class += " " + p.get("css-class")
	}
	p.open("div", is("class", class), style(
		is("font-size", "0px"), is("text-align", "left"), p.of("direction"), is("display", "inline-block"),
		p.of("vertical-align"), is("width", p.phoneWidth()), p.phonePadding(),
	))
	if !p.padded() {
		p.inColumn(p.frame())
		p.text("</div>\n")
		return
	}
	p.table(is("width", "100%"), when(p.rounded("border-radius"), "style", "border-collapse:separate;"))
	p.text("<tbody><tr>")
	p.open("td", style(p.frame(), p.each("padding", "padding-top", "padding-right", "padding-bottom", "padding-left")))
	p.inColumn(several(
		p.as("background-color", "inner-background-color"), p.as("border", "inner-border"),
		p.as("border-bottom", "inner-border-bottom"), p.as("border-left", "inner-border-left"),
		p.as("border-radius", "inner-border-radius"), p.as("border-right", "inner-border-right"), p.as("border-top", "inner-border-top"),
	))
	p.text("</td></tr></tbody></table></div>\n")
}

// frame is the style of what frames the column.
func (p *part) frame() pair {
	return several(
		p.each("background-color", "border", "border-bottom", "border-left", "border-radius", "border-right", "border-top", "vertical-align"),
		when(p.rounded("border-radius"), "border-collapse", "separate"))
}

// padded reports whether the column needs a table more, for its padding.
func (p *part) padded() bool {
	for _, name := range []string{"padding", "padding-bottom", "padding-left", "padding-right", "padding-top"} {
		if _, ok := p.find(name); ok {
			return true
		}
	}
	return false
}

func (p *part) inColumn(look pair) {
	again := !p.padded() && p.rounded("border-radius") // the frame has said so
	p.table(is("width", "100%"), style(look, when(p.rounded("inner-border-radius") && !again, "border-collapse", "separate")))
	p.text("<tbody>")
	inside := p.around
	inside.width = p.insideWidth()
	p.children(inside, nil, func(child *part) { child.cell(pair{}) })
	p.text("</tbody></table>")
}

// insideWidth is what is left for the elements.
func (p *part) insideWidth() string {
	width := p.get("width")
	if !p.has("width") {
		width = px(decimal(p.around.width) / float64(p.drawn))
	}
	taken := p.across("padding") + p.borders("border") + p.borders("inner-border")
	n, unit := widthOf(width, true)
	if unit == "%" {
		return px(decimal(p.around.width)*n/100 - taken)
	}
	return px(n - taken)
}

// phoneWidth is all there is, except in a group.
func (p *part) phoneWidth() string {
	if p.get("mobileWidth") != "mobileWidth" {
		return "100%"
	}
	share := func(n float64) string { return number(sixDecimals(n/whole(p.around.width)*100)) + "%" }
	if p.around.group && p.around.gutter != "" {
		n, unit := p.desktopWidth()
		if unit == "%" {
			return number(n) + "%"
		}
		return share(n)
	}
	width, ok := p.find("width")
	if !ok {
		return number(math.Trunc(100/float64(p.drawn))) + "%"
	}
	n, unit := widthOf(width, true)
	if unit == "%" {
		return width
	}
	return share(n)
}

// columnClass notes the class that sets the width on wide screens.
func (p *part) columnClass() string {
	n, unit := p.wideWidth()
	if p.around.gutter != "" {
		n, unit = p.desktopWidth()
	}
	kind := "per"
	if unit != "%" {
		kind = "px"
	}
	if unit == "px" {
		n = nearest(n)
	}
	class := "mj-column-" + kind + "-" + strings.Replace(number(n), ".", "-", 1)
	p.wide(class, wideRule(n, unit))
	if p.around.gutter != "" && !p.around.group {
		_, unit := p.wideWidth()
		p.wide(p.gutterClass(), "{ padding: "+p.desktopPadding(unit)+" !important; }")
	}
	return class
}

func wideRule(n float64, unit string) string {
	width := number(n) + unit
	return "{ width:" + width + " !important; max-width: " + width + "; }"
}

// grouped draws the columns of a group, which stay side by side on phones.
func (p *part) grouped() {
	n, unit := p.wideWidth()
	kind := "per"
	if unit != "%" {
		kind = "px"
	}
	class := "mj-column-" + kind + "-" + number(math.Trunc(n))
	p.wide(class, wideRule(n, unit))
	class += " mj-outlook-group-fix"
	if p.has("css-class") {
		class += " " + p.get("css-class")
	}
	p.open("div", is("class", class), style(
		is("font-size", "0"), is("line-height", "0"), is("text-align", "left"), is("display", "inline-block"), is("width", "100%"),
		p.of("direction"), p.of("vertical-align"), p.of("background-color"),
	))
	colour := p.as("bgcolor", "background-color")
	colour.absent = colour.absent || colour.value == "none"
	p.outlook()
	p.table(colour)
	p.text("<tr>")
	p.all()
	inside := p.around
	inside.width, inside.group, inside.direction = p.insideGroup(), true, p.get("direction")
	p.children(inside, map[string]string{"mobileWidth": "mobileWidth"}, func(child *part) {
		n, unit := widthOf(child.pixels(), true)
		p.outlook()
		p.open("td", style(child.of("align"), child.of("vertical-align"), is("width", number(n)+unit)))
		p.all()
		child.column()
		p.outlook()
		p.text("</td>")
		p.all()
	})
	p.outlook()
	p.text("</tr></table>")
	p.all()
	p.text("</div>\n")
}

// insideGroup is what the columns of a group share.
func (p *part) insideGroup() string {
	n, unit := decimal(p.around.width)/float64(p.drawn), "px"
	if p.has("width") {
		n, unit = widthOf(p.get("width"), true)
	} else {
		n, unit = widthOf(px(n), true)
	}
	if unit == "%" {
		n = decimal(p.around.width) * n / 100
	}
	return px(n - p.across("padding"))
}
