package email

import (
	"slices"
	"strings"
)

// drawing is one rendering of a tree.
type drawing struct {
	writer
	words   vocabulary
	head    *head
	queries []query  // in the order of their first use
	looks   []string // the tags that have rules in the head, in the order of their first use
	menus   int      // navbars that fold
	foreign bool     // the source has conditional comments of its own
	full    bool     // the page grew beyond all bounds
	slow    bool     // a style sheet would take too long to move into the elements
}

// query gives the columns of a class their width on wide screens.
type query struct{ class, rule string }

// wide notes the rule of a class; a later one replaces an earlier.
func (d *drawing) wide(class, rule string) {
	for i, q := range d.queries {
		if q.class == class {
			d.queries[i].rule = rule
			return
		}
	}
	d.queries = append(d.queries, query{class, rule})
}

// looked notes that a tag needs its rules in the head.
func (d *drawing) looked(tag string) {
	if !slices.Contains(d.looks, tag) {
		d.looks = append(d.looks, tag)
	}
}

// surroundings are what an element knows of those around it.
type surroundings struct {
	width     string // of the container, such as 600px
	gap       string // between the sections of a wrapper
	gutter    string // between the columns of a section
	direction string
	group     bool   // columns stand side by side on phones too
	family    string // the font of the accordion around
	class     string // the mj-class of the nearest element that has one
}

// part is an element with where its attributes come from, in its place.
type part struct {
	*drawing
	e      *element
	layers []map[string]string // of attributes, the stronger first; its own come before
	around surroundings
	index  int // among its siblings, comments and mj-raw counted
	count  int // of them
	drawn  int // of them without comments and mj-raw
}

// find returns an attribute, and whether it is set anywhere.
func (p *part) find(name string) (string, bool) {
	if v, ok := p.e.attr(name); ok {
		return p.long(name, v), true
	}
	for _, layer := range p.layers {
		if v, ok := layer[name]; ok {
			return p.long(name, v), true
		}
	}
	return "", false
}

// long writes a colour with six digits, whichever way it was declared.
func (p *part) long(name, v string) string {
	if len(v) != 4 || v[0] != '#' {
		return v
	}
	if a := p.words[p.e.tag].types[name]; a == nil || a.is != colour {
		return v
	}
	return longColour(v)
}

// get returns an attribute; "" when there is none.
func (p *part) get(name string) string {
	v, _ := p.find(name)
	return v
}

// has reports whether an attribute is set and says anything but no.
func (p *part) has(name string) bool {
	v := p.get(name)
	return v != "" && v != "false"
}

// of returns the attribute as a pair of the same name, absent when it is.
func (p *part) of(name string) pair { return p.as(name, name) }

// as returns the attribute as a pair of another name.
func (p *part) as(name, attribute string) pair {
	v, ok := p.find(attribute)
	return pair{name: name, value: v, absent: !ok}
}

// each returns several attributes as pairs.
func (p *part) each(names ...string) pair {
	pairs := make([]pair, 0, len(names))
	for _, name := range names {
		if v, ok := p.find(name); ok {
			pairs = append(pairs, is(name, v))
		}
	}
	return several(pairs...)
}

// side reads one side of padding, inner-padding and the like.
func (p *part) side(attribute string, s side) float64 {
	if v := attribute + "-" + s.String(); p.has(v) {
		return whole(p.get(v))
	}
	if !p.has(attribute) {
		return 0
	}
	return shorthand(p.get(attribute), s)
}

// across is the sum of left and right.
func (p *part) across(attribute string) float64 {
	return p.side(attribute, right) + p.side(attribute, left)
}

// borders is the width of the left and right borders together.
func (p *part) borders(attribute string) float64 {
	sum := 0.0
	for _, s := range []side{right, left} {
		border := attribute + "-" + s.String()
		if !p.has(border) {
			border = attribute
		}
		if p.has(border) {
			sum += borderWidth(p.get(border))
		}
	}
	return sum
}

// box is the width inside padding and borders.
func (p *part) box() float64 {
	return whole(p.around.width) - p.across("padding") - p.borders("border")
}

// rounded reports whether an attribute for rounded corners says anything.
func (p *part) rounded(attribute string) bool { return p.get(attribute) != "" }

// class returns the css-class as the class of what only Outlook reads.
func (p *part) outlookClass() pair { return is("class", suffixed(p.get("css-class"), "outlook")) }

// children draws what stands in the part. A child is drawn by frame, which puts
// around it what its place needs; what is HTML already is written as it is.
func (p *part) children(inside surroundings, handed map[string]string, frame func(child *part)) {
	inside.class = p.around.class
	if class, ok := p.e.attr("mj-class"); ok {
		inside.class = class
	}
	count, drawn := 0, 0
	for _, e := range p.e.children {
		if !e.block {
			count++
		}
		if e.tag != "mj-raw" {
			drawn++
		}
	}
	index := 0
	for _, e := range p.e.children {
		if len(p.buf) > maxHTML {
			p.full = true
			return
		}
		if e.tag == "mj-raw" {
			p.raw(e)
		} else {
			frame(&part{
				drawing: p.drawing, e: e, around: inside, index: index, count: count, drawn: drawn,
				layers: p.head.cascade.layers(e, p.words[e.tag], inside.class, handed),
			})
		}
		if !e.block {
			index++
		}
	}
}

func (p *part) raw(e *element) {
	if strings.Contains(e.content, "<!--[if") {
		p.foreign = true
	}
	if e.block {
		p.text(e.content)
		return
	}
	p.text(e.content, "\n")
}

// content draws one of the elements that stand in columns.
func (p *part) content() {
	switch p.e.tag {
	case "mj-text":
		p.paragraph()
	case "mj-button":
		p.button()
	case "mj-image":
		p.image()
	case "mj-divider":
		p.divider()
	case "mj-spacer":
		p.open("div", style(p.of("height"), p.as("line-height", "height")))
		p.text("&#8202;</div>")
	case "mj-table":
		p.dataTable()
	case "mj-social":
		p.social()
	case "mj-navbar":
		p.navbar()
	case "mj-accordion":
		p.accordion()
	}
}

// cell draws a child of a column or a hero in a row of its own.
func (p *part) cell(extra pair) {
	p.text("<tr>")
	p.open("td", extra, p.of("align"), p.as("class", "css-class"), style(
		p.as("background", "container-background-color"), is("font-size", "0px"),
		p.each("padding", "padding-top", "padding-right", "padding-bottom", "padding-left"), is("word-break", "break-word"),
	))
	p.content()
	p.text("</td></tr>")
}
