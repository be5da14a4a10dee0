package email

import "slices"

// accordion draws mj-accordion: titles that fold what stands under them, with a
// checkbox for each. Clients without checkboxes show all of it.
func (p *part) accordion() {
	p.looked(p.e.tag)
	inside := p.around
	inside.family = p.get("font-family")
	p.open("table", is("cellspacing", "0"), is("cellpadding", "0"), is("class", "mj-accordion"), style(
		is("width", "100%"), is("border-collapse", "collapse"), p.of("border"), is("border-bottom", "none"), p.of("font-family"),
	))
	p.text("<tbody>")
	p.children(inside, p.icons(), (*part).fold)
	p.text("</tbody></table>")
}

// icons are the attributes that go down to the titles.
func (p *part) icons() map[string]string {
	handed := map[string]string{}
	for _, name := range []string{
		"border", "icon-align", "icon-width", "icon-height", "icon-position",
		"icon-wrapped-url", "icon-wrapped-alt", "icon-unwrapped-url", "icon-unwrapped-alt",
	} {
		if v, ok := p.find(name); ok {
			handed[name] = v
		}
	}
	return handed
}

// fold draws mj-accordion-element, with an empty title or text where one is
// missing.
func (p *part) fold() {
	inside, handed := p.around, p.icons()
	if p.has("font-family") {
		inside.family = p.get("font-family")
	}
	p.open("tr", p.as("class", "css-class"))
	p.open("td", style(is("padding", "0px"), p.of("background-color")))
	p.open("label", is("class", "mj-accordion-element"), style(is("font-size", "13px"), p.of("font-family")))
	p.text("<!--[if !mso | IE]><!-->\n", `<input class="mj-accordion-checkbox" type="checkbox" style="display:none;" />`, "\n", ending, "\n<div>")
	if !p.holds("mj-accordion-title") {
		p.absent("mj-accordion-title", inside, handed).foldTitle()
	}
	p.children(inside, handed, func(child *part) {
		if child.e.tag == "mj-accordion-title" {
			child.foldTitle()
			return
		}
		child.foldText()
	})
	if !p.holds("mj-accordion-text") {
		p.absent("mj-accordion-text", inside, handed).foldText()
	}
	p.text("</div></label></td></tr>")
}

func (p *part) holds(tag string) bool {
	return slices.ContainsFunc(p.e.children, func(e *element) bool { return e.tag == tag })
}

// absent is a part for an element that the source does not have.
func (p *part) absent(tag string, around surroundings, handed map[string]string) *part {
	return &part{drawing: p.drawing, e: &element{tag: tag}, around: around, layers: []map[string]string{handed, p.words[tag].defaults}}
}

// family is an element's own font, or that of the accordion around it.
func (p *part) family() pair {
	if own, ok := p.e.attr("font-family"); ok {
		return is("font-family", own)
	}
	return when(p.around.family != "", "font-family", p.around.family)
}

func (p *part) foldTitle() {
	p.text(`<div class="mj-accordion-title">`)
	p.foldTable()
	if p.get("icon-position") == "right" {
		p.foldWords()
		p.foldIcons()
	} else {
		p.foldIcons()
		p.foldWords()
	}
	p.text("</tr></tbody></table></div>\n")
}

func (p *part) foldTable() {
	p.open("table", is("cellspacing", "0"), is("cellpadding", "0"), style(is("width", "100%"), p.as("border-bottom", "border")))
	p.text("<tbody><tr>")
}

func (p *part) foldWords() {
	p.open("td", p.as("class", "css-class"), style(
		is("width", "100%"), p.each("background-color", "color", "font-size"), p.family(),
		p.each("font-weight", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top"),
	))
	p.own()
	p.text("</td>")
}

func (p *part) foldIcons() {
	p.text("<!--[if !mso | IE]><!-->\n")
	p.open("td", is("class", "mj-accordion-ico"), style(is("padding", "16px"), p.as("background", "background-color"), p.as("vertical-align", "icon-align")))
	look := style(is("display", "none"), p.as("width", "icon-width"), p.as("height", "icon-height"))
	p.void("img", p.as("src", "icon-wrapped-url"), p.as("alt", "icon-wrapped-alt"), is("class", "mj-accordion-more"), look)
	p.void("img", p.as("src", "icon-unwrapped-url"), p.as("alt", "icon-unwrapped-alt"), is("class", "mj-accordion-less"), look)
	p.text("</td>\n", ending, "\n")
}

func (p *part) foldText() {
	p.text(`<div class="mj-accordion-content">`)
	p.foldTable()
	p.open("td", p.as("class", "css-class"), style(
		p.as("background", "background-color"), p.of("font-size"), p.family(),
		p.each("font-weight", "letter-spacing", "line-height", "color", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top"),
	))
	p.own()
	p.text("</td></tr></tbody></table></div>\n")
}

// folds are the rules for clients that know checkboxes. Yahoo reads a block of its
// own, and Gmail drops what follows one it does not know.
const folds = `noinput.mj-accordion-checkbox { display:block!important; }
@media yahoo, only screen and (min-width:0) {
.mj-accordion-element { display:block; }
.mj-accordion-checkbox[type="checkbox"], .mj-accordion-less { display:none!important; }
.mj-accordion-checkbox[type="checkbox"] + * .mj-accordion-title { cursor:pointer; touch-action:manipulation; -webkit-user-select:none; -moz-user-select:none; user-select:none; }
.mj-accordion-checkbox[type="checkbox"] + * .mj-accordion-content { overflow:hidden; display:none; }
.mj-accordion-checkbox[type="checkbox"] + * .mj-accordion-more { display:block!important; }
.mj-accordion-checkbox:checked + * .mj-accordion-content { display:block; }
.mj-accordion-checkbox:checked + * .mj-accordion-more { display:none!important; }
.mj-accordion-checkbox:checked + * .mj-accordion-less { display:block!important; }
}
.moz-text-html input.mj-accordion-checkbox + * .mj-accordion-title { cursor: auto; touch-action: auto; -webkit-user-select: auto; -moz-user-select: auto; user-select: auto; }
.moz-text-html input.mj-accordion-checkbox + * .mj-accordion-content { overflow: hidden; display: block; }
.moz-text-html input.mj-accordion-checkbox + * .mj-accordion-ico { display: none; }
@goodbye { @gmail }
`
