package email

import (
	"maps"
	"slices"
	"strings"
)

// head is what <mj-head> and the attributes of <mjml> say.
type head struct {
	lang, dir      string
	desktop        bool // Outlook on the web shows the desktop layout
	title, preview string
	breakpoint     string
	fonts          []font
	styles, inline []string
	raws           []string // into <head> as they are
	first          []string // before <!doctype>
	cascade        cascade
	html           []extra
}

type font struct{ name, href string }

// extra are attributes for what a selector matches.
type extra struct {
	selector string
	values   []value
}

// cascade is where an element's attributes come from besides itself.
type cascade struct {
	all      map[string]string                       // mj-all
	tags     map[string]map[string]string            // by tag
	classes  map[string]map[string]string            // by mj-class
	children map[string]map[string]map[string]string // by mj-class, then by tag in it
}

func readHead(root *element) *head {
	h := &head{
		lang: "und", dir: "auto", breakpoint: "480px",
		cascade: cascade{
			all: map[string]string{}, tags: map[string]map[string]string{},
			classes: map[string]map[string]string{}, children: map[string]map[string]map[string]string{},
		},
	}
	for _, name := range []string{"Open Sans", "Droid Sans", "Lato", "Roboto", "Ubuntu"} {
		h.fonts = append(h.fonts, font{name, "https://fonts.googleapis.com/css?family=" + strings.ReplaceAll(name, " ", "+") + ":300,400,500,700"})
	}
	if v, ok := root.attr("lang"); ok && v != "" {
		h.lang = v
	}
	if v, ok := root.attr("dir"); ok && v != "" {
		h.dir = v
	}
	owa, _ := root.attr("owa")
	h.desktop = owa == "desktop"
	for _, e := range root.children {
		switch position, _ := e.attr("position"); {
		case e.tag == "mj-head":
			h.read(e)
		case e.tag == "mj-raw" && position == "file-start":
			h.first = append(h.first, e.content)
		}
	}
	return h
}

func (h *head) read(e *element) {
	for _, child := range e.children {
		switch child.tag {
		case "mj-title":
			h.title = child.content
		case "mj-preview":
			h.preview = child.content
		case "mj-breakpoint":
			h.breakpoint, _ = child.attr("width")
		case "mj-font":
			h.font(child)
		case "mj-style":
			if inline, _ := child.attr("inline"); inline == "inline" {
				h.inline = append(h.inline, child.content)
			} else {
				h.styles = append(h.styles, child.content)
			}
		case "mj-raw":
			h.raws = append(h.raws, child.content)
		case "mj-attributes":
			h.cascade.read(child)
		case "mj-html-attributes":
			h.extras(child)
		}
	}
}

// font adds a font, or replaces the address of one that has the name.
func (h *head) font(e *element) {
	var f font
	f.name, _ = e.attr("name")
	f.href, _ = e.attr("href")
	if i := slices.IndexFunc(h.fonts, func(have font) bool { return have.name == f.name }); i >= 0 {
		h.fonts[i] = f
		return
	}
	h.fonts = append(h.fonts, f)
}

func (h *head) extras(e *element) {
	for _, child := range e.children {
		if child.tag != "mj-selector" {
			continue
		}
		var x extra
		x.selector, _ = child.attr("path")
		for _, a := range child.children {
			if name, _ := a.attr("name"); name != "" {
				x.values = append(x.values, value{name: name, text: strings.ReplaceAll(a.content, `"`, "&quot;")})
			}
		}
		h.html = append(h.html, x)
	}
}

func (c *cascade) read(e *element) {
	for _, child := range e.children {
		switch {
		case child.comment:
		case child.tag == "mj-all":
			set(c.all, child, "")
		case child.tag == "mj-class":
			name, _ := child.attr("name")
			set(within(c.classes, name), child, "name")
			if c.children[name] == nil {
				c.children[name] = map[string]map[string]string{}
			}
			for _, inner := range child.children {
				fresh := map[string]string{}
				set(fresh, inner, "")
				c.children[name][inner.tag] = fresh
			}
		default:
			set(within(c.tags, child.tag), child, "")
		}
	}
}

func within(m map[string]map[string]string, key string) map[string]string {
	if m[key] == nil {
		m[key] = map[string]string{}
	}
	return m[key]
}

// set copies an element's attributes into m, except one.
func set(m map[string]string, e *element, except string) {
	for _, v := range e.names {
		if v.name != except {
			m[v.name] = v.text
		}
	}
}

// layers returns where an element's attributes come from besides itself, the
// stronger first: what the classes around it say of the tag, its own classes,
// defaults for the tag, what the parent hands down, mj-all, and the tag's defaults.
func (c *cascade) layers(e *element, t *tag, around string, handed map[string]string) []map[string]string {
	all := make([]map[string]string, 0, 6)
	if around != "" && len(c.children) > 0 {
		classes := strings.Split(around, " ")
		for _, class := range slices.Backward(classes) {
			all = add(all, c.children[class][e.tag])
		}
	}
	if own, ok := e.attr("mj-class"); ok {
		all = add(all, c.classed(own))
	}
	for _, m := range []map[string]string{c.tags[e.tag], handed, c.all, t.defaults} {
		all = add(all, m)
	}
	return all
}

func add(all []map[string]string, m map[string]string) []map[string]string {
	if len(m) == 0 {
		return all
	}
	return append(all, m)
}

// classed is what several classes say together: a later one wins, but the
// css-class of all are joined.
func (c *cascade) classed(names string) map[string]string {
	if one, ok := c.classes[names]; ok {
		return one
	}
	out := map[string]string{}
	for class := range strings.SplitSeq(names, " ") {
		css := out["css-class"]
		maps.Copy(out, c.classes[class])
		if more := c.classes[class]["css-class"]; css != "" && more != "" {
			out["css-class"] = css + " " + more
		}
	}
	return out
}
