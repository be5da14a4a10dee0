package shown

import (
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/contrast"
)

// style is what an element has in a mode after the cascade.
type style struct {
	color  contrast.Color
	ground contrast.Color // composited down to the canvas
	own    contrast.Color // its own background
	image  string
	size   float64
	weight int
	line   float64 // height of a line in CSS pixels; 0 is normal
	// keyword tells that the size is a default, which is smaller in monospace.
	keyword, mono bool
	none, unseen  bool // display: none, visibility: hidden
	opacity       float64
	display       string
	// pad and gap are padding and margin: above, right, below, left; below 0 is
	// not known, and so are width and height below 0, while 0 is not said.
	pad, gap      [4]float64
	width, height float64
	vars          map[string]string
	unsure        string
	// fixedColor and fixedGround were set for Outlook.com, which leaves them.
	fixedColor, fixedGround bool
}

// looks are the styles of an element in the modes that have a cascade of their
// own: light, dark and partial.
type looks [3]style

// styles reads what the document says about its own look before anything is
// shown: style elements and whether it is made for the dark.
func (r *reader) styles(doc *html.Node) {
	c := cssReader{width: r.opts.Width, sheet: &r.sheet, note: r.css, load: func(what string, offset int) {
		r.risk("style", what, offset)
	}, doubt: func(what string, offset int) {
		if len(r.shown.doubts) < mostDoubts {
			r.shown.doubts = append(r.shown.doubts, doubt{r.place(offset, offset, ""), what})
		}
	}}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		switch n.Data {
		case "style":
			if n.FirstChild == nil {
				continue
			}
			_, end := spot(n)
			in := uint8(inAll)
			if m, ok := attr(n, "media"); ok {
				in = 0
				if mediaMatches(m, r.opts.Width, false) {
					in |= inLight | inPartial
				}
				if mediaMatches(m, r.opts.Width, true) {
					in |= inDark
				}
			}
			c.read(n.FirstChild.Data, end, in, 0)
		case "meta":
			name, _ := attr(n, "name")
			if content, _ := attr(n, "content"); strings.EqualFold(name, "color-scheme") {
				r.scheme = supportsDark(content)
			}
		}
	}
	if r.sheet.count >= maxRules {
		r.fail("more than %d rules of style", maxRules)
	}
	for _, tag := range []string{":root", "html"} {
		for _, rule := range append(slices.Clone(r.sheet.rest), r.sheet.byTag["html"]...) {
			if len(rule.sel) != 1 || tag == ":root" && (len(rule.sel[0].pseudos) != 1 || rule.sel[0].pseudos[0].name != "root") {
				continue
			}
			for _, d := range rule.decls {
				if d.name == "color-scheme" {
					r.scheme = supportsDark(d.value)
				}
			}
		}
	}
}

func supportsDark(scheme string) bool { return hasWord(strings.ToLower(scheme), "dark") }

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = throughline.Errorf(throughline.Invalid, "the document has "+format, args...).WithFix("make it simpler")
	}
}

// root is the canvas. In the dark, a document made for it stands on what
// Chromium paints; another one stays white.
func (r *reader) root() looks {
	var l looks
	for m := range l {
		l[m] = style{color: contrast.RGB(0, 0, 0), ground: contrast.RGB(255, 255, 255), size: 16, weight: 400, keyword: true, opacity: 1}
	}
	if r.scheme {
		l[Dark].color, l[Dark].ground = contrast.RGB(255, 255, 255), contrast.RGB(18, 18, 18)
	}
	return l
}

// found is a declaration that applies to an element.
type found struct {
	decl
	spec, order int
	in          uint8
	ogs         bool
}

// cascade works out the styles of an element from those of its parent.
func (r *reader) cascade(n *html.Node, parent *looks) looks {
	var all []found
	all = r.hints(n, all)
	all = r.matching(n, all)
	if s, ok := attr(n, "style"); ok {
		for _, d := range r.inlineOf(s) {
			all = append(all, found{decl: d, spec: 1 << 40, in: inAll})
		}
	}
	slices.SortStableFunc(all, func(a, b found) int {
		switch {
		case a.important != b.important:
			if b.important {
				return -1
			}
			return 1
		case a.spec != b.spec:
			return a.spec - b.spec
		}
		return a.order - b.order
	})
	var l looks
	l[Light] = r.resolve(n, &parent[Light], all, Light)
	for m := Dark; m <= Partial; m++ {
		l[m] = l[Light]
		if r.sheet.differs[m] || m == Dark && r.scheme {
			l[m] = r.resolve(n, &parent[m], all, m)
		}
	}
	return l
}

func (r *reader) inlineOf(s string) []decl {
	d, ok := r.inline[s]
	if !ok {
		d = declarations(s)
		r.inline[s] = d
	}
	return d
}

func (r *reader) matching(n *html.Node, all []found) []found {
	try := func(rules []*rule) {
		r.tries += len(rules)
		if r.tries > maxTries {
			r.fail("too many rules of style for so many elements")
			return
		}
		for _, rule := range rules {
			if !matches(n, rule.sel) {
				continue
			}
			for _, d := range rule.decls {
				all = append(all, found{decl: d, spec: rule.spec, order: rule.order, in: rule.in, ogs: rule.ogs})
			}
		}
	}
	if id, ok := attr(n, "id"); ok {
		try(r.sheet.byID[id])
	}
	if class, ok := attr(n, "class"); ok {
		var done [8]string
		i := 0
		for c := range strings.FieldsSeq(class) {
			if i < len(done) && !slices.Contains(done[:i], c) {
				try(r.sheet.byClass[c])
				done[i] = c
				i++
			}
		}
	}
	try(r.sheet.byTag[n.Data])
	try(r.sheet.rest)
	return all
}

// hints are the attributes of HTML that stand for styles, and what browsers do
// with an element by themselves. They give way to every rule.
func (r *reader) hints(n *html.Node, all []found) []found {
	add := func(spec int, name, value string) {
		all = append(all, found{decl: decl{name: name, value: value}, spec: spec, in: inAll})
	}
	for _, d := range byItself(n.Data) {
		add(-2, d.name, d.value)
	}
	if n.Data == "a" {
		if _, ok := attr(n, "href"); ok {
			add(-2, "color", "-link")
		}
	}
	if n.Data == "table" && r.quirks {
		add(-2, "font-size", "medium")
		add(-2, "font-weight", "normal")
		add(-2, "color", "-body")
	}
	for _, a := range n.Attr {
		switch a.Key {
		case "bgcolor":
			if isBox(n.Data) {
				add(-1, "background-color", legacy(a.Val))
			}
		case "background":
			if isBox(n.Data) {
				add(-1, "background-image", "url("+a.Val+")")
			}
		case "text":
			if n.Data == "body" {
				add(-1, "color", legacy(a.Val))
			}
		case "color":
			if n.Data == "font" {
				add(-1, "color", legacy(a.Val))
			}
		case "size":
			if n.Data == "font" {
				add(-1, "font-size", fontSizes[a.Val])
			}
		case "hidden":
			add(-1, "display", "none")
		case "width", "height":
			if n.Data == "img" || n.Data == "td" || n.Data == "table" || n.Data == "th" {
				add(-1, a.Key, legacyLength(a.Val))
			}
		case "cellpadding":
			if n.Data == "table" {
				add(-1, "-cellpadding", legacyLength(a.Val))
			}
		}
	}
	if n.Data == "td" || n.Data == "th" {
		if t := around(n, "table"); t != nil {
			if v, ok := attr(t, "cellpadding"); ok {
				add(-1, "padding", legacyLength(v))
			}
		}
	}
	return all
}

// around returns the nearest element around one with a tag.
func around(n *html.Node, tag string) *html.Node {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Type == html.ElementNode && p.Data == tag {
			return p
		}
	}
	return nil
}

func isBox(tag string) bool {
	switch tag {
	case "body", "table", "thead", "tbody", "tfoot", "tr", "td", "th":
		return true
	}
	return false
}

func legacy(color string) string {
	color = strings.TrimSpace(color)
	if _, err := contrast.Parse(color); err != nil && !strings.HasPrefix(color, "#") {
		return "#" + color
	}
	return color
}

func legacyLength(v string) string {
	v = strings.TrimSpace(v)
	if v == "" || strings.HasSuffix(v, "%") || strings.HasSuffix(v, "px") {
		return v
	}
	return v + "px"
}

// fontSizes are those of the font element, as the HTML standard maps them.
var fontSizes = map[string]string{
	"1": "x-small", "2": "small", "3": "medium", "4": "large", "5": "x-large", "6": "xx-large", "7": "xxx-large",
	"-2": "x-small", "-1": "small", "+1": "large", "+2": "x-large", "+3": "xx-large", "+4": "xxx-large",
}

// byItself is what the HTML standard's rendering section gives an element.
func byItself(tag string) []decl {
	switch tag {
	case "h1":
		return heading2em
	case "h2":
		return heading15em
	case "h3":
		return heading117em
	case "h4":
		return heading1em
	case "h5":
		return heading083em
	case "h6":
		return heading067em
	case "b", "strong":
		return bolder
	case "th":
		return bold
	case "small", "sub", "sup":
		return smaller
	case "big":
		return larger
	case "code", "pre", "kbd", "samp", "tt":
		return monospace
	case "mark":
		return marked
	case "button", "input", "select", "textarea":
		return control
	case "head", "script", "style", "title", "template", "meta", "link", "noembed", "datalist":
		return notShown
	}
	return nil
}

var (
	heading2em   = []decl{{name: "font-size", value: "2em"}, {name: "font-weight", value: "bold"}}
	heading15em  = []decl{{name: "font-size", value: "1.5em"}, {name: "font-weight", value: "bold"}}
	heading117em = []decl{{name: "font-size", value: "1.17em"}, {name: "font-weight", value: "bold"}}
	heading1em   = []decl{{name: "font-size", value: "1em"}, {name: "font-weight", value: "bold"}}
	heading083em = []decl{{name: "font-size", value: "0.83em"}, {name: "font-weight", value: "bold"}}
	heading067em = []decl{{name: "font-size", value: "0.67em"}, {name: "font-weight", value: "bold"}}
	bolder       = []decl{{name: "font-weight", value: "bolder"}}
	bold         = []decl{{name: "font-weight", value: "bold"}}
	smaller      = []decl{{name: "font-size", value: "smaller"}}
	larger       = []decl{{name: "font-size", value: "larger"}}
	monospace    = []decl{{name: "font-family", value: "monospace"}}
	marked       = []decl{{name: "background-color", value: "yellow"}, {name: "color", value: "black"}}
	control      = []decl{{name: "font-size", value: "13.3333px"}, {name: "font-weight", value: "400"}, {name: "color", value: "black"}, {name: "background-color", value: "#efefef"}}
	notShown     = []decl{{name: "display", value: "none"}}
)

// seen returns how a text with the styles is seen in each mode.
func (l *looks) seen() (out [modes]Look) {
	for m := Light; m <= Partial; m++ {
		s := &l[m]
		out[m] = Look{Color: s.color, Ground: s.ground, Picture: s.image, Opacity: s.opacity, Size: s.size, Weight: s.weight, Unsure: s.unsure}
	}
	p, s := &out[Partial], &l[Partial]
	text, ground := contrast.Invert(s.color, s.ground, contrast.Partial)
	if !s.fixedColor {
		p.Color = text
	}
	if !s.fixedGround {
		p.Ground = ground
	}
	out[Full] = out[Light]
	out[Full].Color, out[Full].Ground = contrast.Invert(l[Light].color, l[Light].ground, contrast.Full)
	return out
}
