package email

import "fmt"

// navbar draws mj-navbar: links in a row, which fold behind a button on phones
// where the author wants that. Clients without checkboxes show the row.
func (p *part) navbar() {
	p.looked(p.e.tag)
	if p.get("hamburger") == "hamburger" {
		p.menu()
	}
	p.text(`<div class="mj-inline-links" style="">`)
	p.outlook()
	p.table(is("align", p.get("align")))
	p.text("<tr>")
	p.all()
	handed := map[string]string{}
	if base, ok := p.find("base-url"); ok {
		handed["navbarBaseUrl"] = base
	}
	p.children(p.around, handed, (*part).navbarLink)
	p.outlook()
	p.text("</tr></table>")
	p.all()
	p.text("</div>")
}

// menu draws the button and the checkbox that holds whether the menu is open.
func (p *part) menu() {
	p.menus++
	id := fmt.Sprintf("%016x", p.menus)
	p.text("<!--[if !mso]><!-->\n")
	p.void("input", is("type", "checkbox"), is("id", id), is("class", "mj-menu-checkbox"), is("style", "display:none !important; max-height:0; visibility:hidden;"))
	p.text("\n", ending, "\n")
	p.open("div", is("class", "mj-menu-trigger"), style(
		is("display", "none"), is("max-height", "0px"), is("max-width", "0px"), is("font-size", "0px"), is("overflow", "hidden"),
	))
	p.open("label", is("for", id), is("class", "mj-menu-label"), p.as("align", "ico-align"), style(
		is("display", "block"), is("cursor", "pointer"), is("mso-hide", "all"), is("-moz-user-select", "none"), is("user-select", "none"),
		p.as("color", "ico-color"), p.as("font-size", "ico-font-size"), p.as("font-family", "ico-font-family"),
		p.as("text-transform", "ico-text-transform"), p.as("text-decoration", "ico-text-decoration"), p.as("line-height", "ico-line-height"),
		p.as("padding", "ico-padding"), p.as("padding-top", "ico-padding-top"), p.as("padding-right", "ico-padding-right"),
		p.as("padding-bottom", "ico-padding-bottom"), p.as("padding-left", "ico-padding-left"),
	))
	p.text("\n<span class=\"mj-menu-icon-open\" style=\"mso-hide:all;\">\n", p.get("ico-open"),
		"\n</span>\n<span class=\"mj-menu-icon-close\" style=\"display:none;mso-hide:all;\">\n", p.get("ico-close"), "\n</span>\n</label></div>\n")
}

func (p *part) navbarLink() {
	padding := p.each("padding", "padding-top", "padding-left", "padding-right", "padding-bottom")
	p.outlook()
	p.open("td", p.outlookClass(), style(padding))
	p.all()
	class := "mj-link"
	if p.has("css-class") {
		class += " " + p.get("css-class")
	}
	href := p.of("href")
	if base := p.get("navbarBaseUrl"); base != "" {
		href = is("href", base+href.value)
	}
	p.open("a", is("class", class), href, p.of("rel"), p.of("target"), p.of("name"), style(
		is("display", "inline-block"),
		p.each("color", "font-family", "font-size", "font-style", "font-weight", "letter-spacing", "line-height", "text-decoration", "text-transform"),
		padding,
	))
	p.text("\n")
	p.own()
	p.text("\n</a>\n")
	p.outlook()
	p.text("</td>")
	p.all()
}

// menus are the rules for the menu on phones.
const menus = `noinput.mj-menu-checkbox { display:block!important; max-height:none!important; visibility:visible!important; }
@media only screen and (max-width:BELOW) {
.mj-menu-checkbox[type="checkbox"] ~ .mj-inline-links { display:none!important; }
.mj-menu-checkbox[type="checkbox"]:checked ~ .mj-inline-links,
.mj-menu-checkbox[type="checkbox"] ~ .mj-menu-trigger { display:block!important; max-width:none!important; max-height:none!important; font-size:inherit!important; }
.mj-menu-checkbox[type="checkbox"] ~ .mj-inline-links > a { display:block!important; }
.mj-menu-checkbox[type="checkbox"]:checked ~ .mj-menu-trigger .mj-menu-icon-close { display:block!important; }
.mj-menu-checkbox[type="checkbox"]:checked ~ .mj-menu-trigger .mj-menu-icon-open { display:none!important; }
}
`
