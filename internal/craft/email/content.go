package email

import (
	"math"
	"strings"
)

// own writes the part's own HTML.
func (p *part) own() {
	if strings.Contains(p.e.content, "<!--[if") {
		p.foreign = true
	}
	p.text(p.e.content)
}

// paragraph draws mj-text.
func (p *part) paragraph() {
	height := p.get("height")
	if p.has("height") {
		p.outlook()
		p.table()
		p.text(`<tr><td height="`, height, `" style="vertical-align:top;height:`, height, `;">`)
		p.all()
	}
	p.open("div", style(
		p.each("font-family", "font-size", "font-style", "font-weight", "letter-spacing", "line-height"),
		p.as("text-align", "align"), p.each("text-decoration", "text-transform", "color", "height")))
	p.own()
	p.text("</div>")
	if p.has("height") {
		p.outlook()
		p.text("</td></tr></table>")
		p.all()
	}
}

// button draws mj-button: a link, or a paragraph that looks like one.
func (p *part) button() {
	ground := p.as("bgcolor", "background-color")
	ground.absent = ground.absent || ground.value == "none"
	p.table(style(is("border-collapse", "separate"), p.of("width"), is("line-height", "100%")))
	p.text("<tbody><tr>")
	p.open("td", is("align", "center"), ground, is("role", "presentation"), p.as("valign", "vertical-align"), style(
		p.each("border", "border-bottom", "border-left", "border-radius", "border-right", "border-top"), is("cursor", "auto"),
		p.of("font-style"), p.of("height"), p.as("mso-padding-alt", "inner-padding"), p.of("text-align"), p.as("background", "background-color"),
	))
	tag, target := "p", pair{absent: true}
	if p.has("href") {
		tag, target = "a", p.of("target")
	}
	p.open(tag, p.of("href"), p.of("name"), p.of("rel"), p.of("title"), target, style(
		is("display", "inline-block"), p.linkWidth(), p.as("background", "background-color"),
		p.each("color", "font-family", "font-size", "font-style", "font-weight", "line-height", "letter-spacing"),
		is("margin", "0"), p.each("text-decoration", "text-transform"), p.as("padding", "inner-padding"), is("mso-padding-alt", "0px"), p.of("border-radius"),
	))
	p.text("\n")
	p.own()
	p.text("\n</", tag, "></td></tr></tbody></table>")
}

// linkWidth is what the button's width leaves for its text; percents depend on
// the text, so nothing is said of them.
func (p *part) linkWidth() pair {
	if !p.has("width") {
		return pair{absent: true}
	}
	n, unit := widthOf(p.get("width"), false)
	if unit != "px" {
		return pair{absent: true}
	}
	return is("width", px(n-p.across("inner-padding")-p.borders("border")))
}

// image draws mj-image, with a link when it has one.
func (p *part) image() {
	p.looked(p.e.tag)
	full := p.get("full-width") == "full-width"
	width := p.box()
	if declared := p.get("width"); p.has("width") && !(whole(declared) > width) {
		width = whole(declared)
	}
	n, unit := widthOf(number(width), false)
	phone := when(p.has("fluid-on-mobile"), "class", "mj-full-width-mobile")
	p.table(phone, style(
		when(full, "min-width", "100%"), when(full, "max-width", "100%"), when(full, "width", number(n)+unit),
		is("border-collapse", "collapse"), is("border-spacing", "0px"),
	))
	p.text("<tbody><tr>")
	p.open("td", phone, style(when(!full, "width", number(n)+unit)))
	linked := p.has("href")
	if linked {
		p.open("a", p.of("href"), p.of("target"), p.of("rel"), p.of("name"), p.of("title"))
		p.text("\n")
	}
	p.void("img", p.of("alt"), p.of("src"), p.of("srcset"), p.of("sizes"), p.of("title"), is("width", number(width)), p.of("usemap"), p.imageHeight(),
		style(
			p.each("border", "border-left", "border-right", "border-top", "border-bottom", "border-radius"),
			is("display", "block"), is("outline", "none"), is("text-decoration", "none"), p.of("height"), p.of("max-height"),
			when(full, "min-width", "100%"), is("width", "100%"), when(full, "max-width", "100%"), p.of("font-size"),
		))
	if linked {
		p.text("\n</a>")
	}
	p.text("</td></tr></tbody></table>")
}

func (p *part) imageHeight() pair {
	height := p.get("height")
	switch {
	case !p.has("height"):
		return pair{absent: true}
	case height == "auto":
		return is("height", height)
	}
	return is("height", number(whole(height)))
}

// divider draws mj-divider: a paragraph's border, and a table's for Outlook.
func (p *part) divider() {
	margin := "0px auto"
	switch p.get("align") {
	case "left":
		margin = "0px"
	case "right":
		margin = "0px 0px 0px auto"
	}
	line := several(
		is("border-top", p.get("border-style")+" "+p.get("border-width")+" "+p.get("border-color")),
		is("font-size", "1px"), is("margin", margin),
	)
	p.open("p", style(line, p.of("width")))
	p.text("</p>")
	width := p.outlookLine()
	p.outlook()
	p.table(p.of("align"), style(line, is("width", width)), is("width", width))
	p.text(`<tr><td style="height:0;line-height:0;">&nbsp;</td></tr></table>`)
	p.all()
}

func (p *part) outlookLine() string {
	room := whole(p.around.width) - p.across("padding")
	n, unit := widthOf(p.get("width"), false)
	switch unit {
	case "%":
		return px(room * (math.Trunc(n) / 100))
	case "px":
		return p.get("width")
	}
	return px(room)
}

// dataTable draws mj-table, whose rows are the author's.
func (p *part) dataTable() {
	apart := decimal(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '.' {
			return r
		}
		return -1
	}, p.get("cellspacing"))) > 0
	width := p.get("width")
	if n, unit := widthOf(width, false); width != "auto" && unit != "%" {
		width = number(n)
	}
	p.open("table", p.of("cellpadding"), p.of("cellspacing"), p.of("role"), is("width", width), is("border", "0"), style(
		p.each("color", "font-family", "font-size", "line-height", "table-layout", "width", "border"),
		when(apart, "border-collapse", "separate")))
	p.text("\n")
	p.own()
	p.text("\n</table>")
}
