package email

import "strings"

// network is what a name such as facebook stands for.
type network struct {
	icon, colour string
	share        string // the address that shares [[URL]]; "" when the network has none
}

// networkOf returns the network of mj-social-element's name. With "-noshare" the
// link goes to the address itself.
func networkOf(name string) (network, bool) {
	base, plain := strings.CutSuffix(name, "-noshare")
	n, ok := networks(base)
	if ok {
		n.icon = "https://www.mailjet.com/images/theme/v1/icons/ico-social/" + n.icon + ".png"
	}
	if plain {
		n.share = "[[URL]]"
	}
	return n, ok
}

func networks(name string) (network, bool) {
	switch name {
	case "facebook":
		return network{"facebook", "#3b5998", "https://www.facebook.com/sharer/sharer.php?u=[[URL]]"}, true
	case "twitter":
		return network{"twitter", "#55acee", "https://twitter.com/intent/tweet?url=[[URL]]"}, true
	case "x":
		return network{"twitter-x", "#000000", "https://twitter.com/intent/tweet?url=[[URL]]"}, true
	case "google":
		return network{"google-plus", "#dc4e41", "https://plus.google.com/share?url=[[URL]]"}, true
	case "pinterest":
		return network{"pinterest", "#bd081c", "https://pinterest.com/pin/create/button/?url=[[URL]]&media=&description="}, true
	case "linkedin":
		return network{"linkedin", "#0077b5", "https://www.linkedin.com/shareArticle?mini=true&url=[[URL]]&title=&summary=&source="}, true
	case "instagram":
		return network{"instagram", "#3f729b", ""}, true
	case "web":
		return network{"web", "#4BADE9", ""}, true
	case "snapchat":
		return network{"snapchat", "#FFFA54", ""}, true
	case "youtube":
		return network{"youtube", "#EB3323", ""}, true
	case "tumblr":
		return network{"tumblr", "#344356", "https://www.tumblr.com/widgets/share/tool?canonicalUrl=[[URL]]"}, true
	case "github":
		return network{"github", "#000000", ""}, true
	case "xing":
		return network{"xing", "#296366", "https://www.xing.com/app/user?op=share&url=[[URL]]"}, true
	case "vimeo":
		return network{"vimeo", "#53B4E7", ""}, true
	case "medium":
		return network{"medium", "#000000", ""}, true
	case "soundcloud":
		return network{"soundcloud", "#EF7F31", ""}, true
	case "dribbble":
		return network{"dribbble", "#D95988", ""}, true
	}
	return network{}, false
}

// social draws mj-social: its elements in a row or one under another.
func (p *part) social() {
	handed := map[string]string{}
	for _, name := range []string{
		"border", "border-radius", "color", "font-family", "font-size", "font-weight", "font-style",
		"icon-size", "icon-height", "icon-padding", "text-padding", "line-height", "text-decoration",
	} {
		if v, ok := p.find(name); ok {
			handed[name] = v
		}
	}
	if p.has("inner-padding") {
		handed["padding"] = p.get("inner-padding")
	}
	if p.get("mode") != "horizontal" {
		p.table(style(is("margin", "0px")))
		p.text("<tbody>")
		p.children(p.around, handed, (*part).socialElement)
		p.text("</tbody></table>")
		return
	}
	p.outlook()
	p.table(p.of("align"))
	p.text("<tr>")
	p.all()
	p.children(p.around, handed, func(child *part) {
		p.outlook()
		p.text("<td>")
		p.all()
		p.table(p.of("align"), style(is("float", "none"), is("display", "inline-table")))
		p.text("<tbody>")
		child.socialElement()
		p.text("</tbody></table>\n")
		p.outlook()
		p.text("</td>")
		p.all()
	})
	p.outlook()
	p.text("</tr></table>")
	p.all()
}

func (p *part) socialElement() {
	p.open("tr", p.as("class", "css-class"))
	if p.get("icon-position") == "left" {
		p.socialIcon()
		p.text(" ")
		p.socialText()
	} else {
		p.socialText()
		p.text(" ")
		p.socialIcon()
	}
	p.text("</tr>")
}

// orNetwork returns an attribute, or what the network says in its place.
func (p *part) orNetwork(name, otherwise string) pair {
	if p.has(name) {
		return p.of(name)
	}
	return when(otherwise != "", name, otherwise)
}

// socialLink opens the link around the icon or the text, when there is one.
func (p *part) socialLink(look pair) {
	n, _ := networkOf(p.get("name"))
	href := p.get("href")
	if n.share != "" {
		href = strings.Replace(n.share, "[[URL]]", href, 1)
	}
	p.open("a", look, is("href", href), p.of("rel"), p.of("target"))
}

func (p *part) socialIcon() {
	n, _ := networkOf(p.get("name"))
	size, colour := p.orNetwork("icon-size", ""), p.orNetwork("background-color", n.colour)
	height := p.orNetwork("icon-height", "")
	if height.absent {
		height = size
	}
	height.name = "height"
	width := size
	width.name = "width"
	colour.name = "background"
	p.open("td", style(p.each("padding", "padding-top", "padding-right", "padding-bottom", "padding-left", "vertical-align")))
	p.table(style(colour, p.of("border-radius"), width))
	p.text("<tbody><tr>")
	p.open("td", style(p.as("padding", "icon-padding"), is("font-size", "0"), height, is("vertical-align", "middle"), width))
	linked := p.has("href")
	if linked {
		p.socialLink(pair{})
		p.text("\n")
	}
	p.void("img", p.of("alt"), p.of("title"), p.orNetwork("src", n.icon), p.orNetwork("sizes", ""), p.orNetwork("srcset", ""),
		is("width", number(whole(size.value))), style(p.of("border"), p.of("border-radius"), is("display", "block")))
	if linked {
		p.text("\n</a>")
	}
	p.text("</td></tr></tbody></table></td>")
}

func (p *part) socialText() {
	if p.e.content == "" {
		return
	}
	p.open("td", style(is("vertical-align", "middle"), p.as("padding", "text-padding"), p.as("text-align", "align")))
	look := style(p.each("color", "font-size", "font-weight", "font-style", "font-family", "line-height", "text-decoration"))
	tag := "span"
	if p.has("href") {
		tag = "a"
		p.socialLink(look)
	} else {
		p.open(tag, look)
	}
	p.text("\n")
	p.own()
	p.text("\n</", tag, "></td>")
}
