package email

import (
	"slices"
	"strings"
)

// hero draws a picture with elements on it.
func (p *part) hero() {
	width := p.get("background-width")
	if !p.has("background-width") {
		width = p.around.width
	}
	p.outlook()
	p.table(is("align", "center"), style(is("width", p.around.width)), is("width", number(whole(p.around.width))))
	p.text("<tr>")
	p.open("td", style(is("line-height", "0"), is("font-size", "0"), is("mso-line-height-rule", "exactly")))
	p.void("v:image", style(
		is("border", "0"), p.as("height", "background-height"), is("mso-position-horizontal", "center"), is("position", "absolute"),
		is("top", "0"), is("width", width), is("z-index", "-3"),
	), p.as("src", "background-url"), is("xmlns:v", "urn:schemas-microsoft-com:vml"))
	p.all()
	p.open("div", p.of("align"), p.as("class", "css-class"), style(is("margin", "0 auto"), is("max-width", p.around.width)))
	p.table(style(is("width", "100%")))
	p.text(`<tbody><tr style="vertical-align:top;">`)
	p.canvas()
	p.text("</tr></tbody></table></div>\n")
	p.outlook()
	p.text("</td></tr></table>")
	p.all()
}

// canvas draws the cell with the picture, in a fixed height or in one that
// follows the width.
func (p *part) canvas() {
	look := several(
		is("background", p.heroGround()), p.of("background-position"), is("background-repeat", "no-repeat"),
		p.each("border-radius", "padding", "padding-top", "padding-left", "padding-right", "padding-bottom", "vertical-align"),
	)
	picture := p.as("background", "background-url")
	if p.get("mode") != "fluid-height" {
		height := number(whole(p.get("height")) - p.side("padding", top) - p.side("padding", bottom))
		p.open("td", picture, style(look, is("height", height+"px")), is("height", height))
		p.heroContent()
		p.text("</td>")
		return
	}
	ratio := nearest(whole(p.get("background-height")) / whole(p.get("background-width")) * 100)
	prop := style(is("width", "0.01%"), is("padding-bottom", number(ratio)+"%"), is("mso-padding-bottom-alt", "0"))
	p.void("td", prop)
	p.open("td", picture, style(look))
	p.heroContent()
	p.text("</td>")
	p.void("td", prop)
}

func (p *part) heroGround() string {
	parts := []string{p.get("background-color")}
	if p.has("background-url") {
		parts = append(parts, "url('"+p.get("background-url")+"')", "no-repeat", p.get("background-position")+" / cover")
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

func (p *part) heroContent() {
	inside := p.around
	inside.width = px(decimal(p.around.width) - p.across("padding"))
	padding := several(
		p.as("padding", "inner-padding"), p.as("padding-top", "inner-padding-top"), p.as("padding-left", "inner-padding-left"),
		p.as("padding-right", "inner-padding-right"), p.as("padding-bottom", "inner-padding-bottom"),
	)
	colour := p.as("background-color", "inner-background-color")
	p.outlook()
	p.open("table", p.of("align"), is("border", "0"), is("cellpadding", "0"), is("cellspacing", "0"),
		style(is("width", inside.width)), is("width", number(whole(inside.width))))
	p.text("<tr>")
	p.open("td", style(colour, padding))
	p.all()
	p.open("div", p.of("align"), is("class", "mj-hero-content"), style(
		colour, p.as("float", "align"), is("margin", "0px auto"), p.of("width"), padding,
	))
	whole := style(is("width", "100%"), is("margin", "0px"))
	p.table(whole)
	p.text(`<tbody><tr><td style="">`)
	p.table(whole)
	p.text("<tbody>")
	p.children(inside, nil, func(child *part) { child.cell(child.as("background", "container-background-color")) })
	p.text("</tbody></table></td></tr></tbody></table></div>\n")
	p.outlook()
	p.text("</td></tr></table>")
	p.all()
}
