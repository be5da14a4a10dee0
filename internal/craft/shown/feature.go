package shown

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Detectable returns the names of the features that Read finds, sorted.
func Detectable() []string {
	seen := map[string]bool{}
	for _, list := range []string{plainProperties, elementNames, otherNames} {
		for f := range strings.FieldsSeq(list) {
			seen[f] = true
		}
	}
	for _, m := range []map[string]string{properties, elements, attributes, inputs, functions, units, pseudos} {
		for _, f := range m {
			seen[f] = true
		}
	}
	out := make([]string, 0, len(seen))
	for f := range seen {
		out = append(out, f)
	}
	slices.Sort(out)
	return out
}

// plainProperties are features named as their property is.
const plainProperties = `css-accent-color css-align-items css-animation css-aspect-ratio css-backdrop-filter
css-background-blend-mode css-background-clip css-background-color css-background-image css-background-origin
css-background-position css-background-repeat css-background-size css-background css-border-collapse css-border-image
css-border-radius css-border-spacing css-border css-box-shadow css-box-sizing css-caption-side css-clear css-clip-path
css-color-scheme css-column-count css-cursor css-direction css-display css-empty-cells css-filter css-flex-direction
css-flex-wrap css-float css-font-kerning css-font-size-adjust css-font-size css-font-stretch css-font-weight css-font
css-gap css-height css-hyphenate-character css-hyphenate-limit-chars css-hyphens css-inline-size css-inset
css-justify-content css-letter-spacing css-line-height css-list-style-image css-list-style-position
css-list-style-type css-list-style css-margin css-mask-image css-max-block-size css-max-height css-max-inline-size
css-max-width css-min-block-size css-min-height css-min-inline-size css-min-width css-mix-blend-mode css-object-fit
css-object-position css-opacity css-orphans css-outline-offset css-outline css-overflow-wrap css-overflow css-padding
css-position css-resize css-shape-margin css-shape-outside css-tab-size css-table-layout css-text-align-last
css-text-align css-text-decoration-color css-text-decoration-line css-text-decoration-skip-ink
css-text-decoration-style css-text-decoration-thickness css-text-decoration css-text-emphasis-position
css-text-emphasis css-text-indent css-text-justify css-text-orientation css-text-overflow css-text-shadow
css-text-transform css-text-underline-offset css-text-underline-position css-text-wrap css-transform css-transition
css-user-select css-vertical-align css-visibility css-white-space-collapse css-white-space css-widows css-width
css-word-break css-word-spacing css-word-wrap css-writing-mode css-z-index`

// properties are features of another name, or of several properties.
var properties = map[string]string{
	"left": "css-left-right-top-bottom", "right": "css-left-right-top-bottom", "top": "css-left-right-top-bottom", "bottom": "css-left-right-top-bottom",
	"margin-top": "css-margin", "margin-right": "css-margin", "margin-bottom": "css-margin", "margin-left": "css-margin",
	"padding-top": "css-padding", "padding-right": "css-padding", "padding-bottom": "css-padding", "padding-left": "css-padding",
	"border-top": "css-border", "border-right": "css-border", "border-bottom": "css-border", "border-left": "css-border",
	"border-color": "css-border", "border-style": "css-border", "border-width": "css-border",
	"margin-block": "css-margin-inline-block", "margin-inline": "css-margin-inline-block",
	"margin-block-start": "css-margin-block-start-end", "margin-block-end": "css-margin-block-start-end",
	"margin-inline-start": "css-margin-inline-start-end", "margin-inline-end": "css-margin-inline-start-end",
	"padding-block": "css-padding-inline-block", "padding-inline": "css-padding-inline-block",
	"padding-block-start": "css-padding-block-start-end", "padding-block-end": "css-padding-block-start-end",
	"padding-inline-start": "css-padding-inline-start-end", "padding-inline-end": "css-padding-inline-start-end",
	"border-block": "css-border-inline-block", "border-inline": "css-border-inline-block",
	"border-start-start-radius": "css-border-radius-logical", "border-end-end-radius": "css-border-radius-logical",
	"border-start-end-radius": "css-border-radius-logical", "border-end-start-radius": "css-border-radius-logical",
	"block-size": "css-block-inline-size", "inline-size": "css-inline-size", "animation-name": "css-animation",
	"grid-template": "css-grid-template", "grid-template-columns": "css-grid-template", "grid-template-rows": "css-grid-template",
	"scroll-snap-type": "css-scroll-snap", "scroll-snap-align": "css-scroll-snap", "columns": "css-column-count",
	"column-width": "css-column-layout-properties", "column-gap": "css-column-layout-properties", "column-rule": "css-column-layout-properties",
	"column-span": "css-column-layout-properties", "column-fill": "css-column-layout-properties",
	"overflow-x": "css-overflow", "overflow-y": "css-overflow", "row-gap": "css-gap", "mask": "css-mask-image",
}

// functions are features by what a value holds.
var functions = map[string]string{
	"calc(": "css-unit-calc", "clamp(": "css-function-clamp", "light-dark(": "css-function-light-dark", "max(": "css-function-max",
	"min(": "css-function-min", "linear-gradient(": "css-linear-gradient", "radial-gradient(": "css-radial-gradient",
	"conic-gradient(": "css-conic-gradient", "rgb(": "css-rgb", "rgba(": "css-rgba", "var(": "css-variables",
	"oklch(": "css-modern-color", "oklab(": "css-modern-color", "lch(": "css-modern-color", "lab(": "css-modern-color",
	"hwb(": "css-modern-color", "color(": "css-modern-color", "system-ui": "css-sytem-ui",
	"min-content": "css-intrinsic-size", "max-content": "css-intrinsic-size", "fit-content": "css-intrinsic-size",
}

var units = map[string]string{
	"ch": "css-unit-ch", "cm": "css-unit-cm", "em": "css-unit-em", "ex": "css-unit-ex", "in": "css-unit-in", "mm": "css-unit-mm",
	"pc": "css-unit-pc", "%": "css-unit-percent", "pt": "css-unit-pt", "px": "css-unit-px", "rem": "css-unit-rem",
	"vh": "css-unit-vh", "vmax": "css-unit-vmax", "vmin": "css-unit-vmin", "vw": "css-unit-vw",
}

var pseudos = map[string]string{
	"active": "css-pseudo-class-active", "checked": "css-pseudo-class-checked", "default": "css-pseudo-class-default",
	"first-child": "css-pseudo-class-first-child", "first-of-type": "css-pseudo-class-first-of-type",
	"focus-visible": "css-pseudo-class-focus-visible", "focus-within": "css-pseudo-class-focus-within", "focus": "css-pseudo-class-focus",
	"has": "css-pseudo-class-has", "hover": "css-pseudo-class-hover", "lang": "css-pseudo-class-lang",
	"last-child": "css-pseudo-class-last-child", "last-of-type": "css-pseudo-class-last-of-type", "link": "css-pseudo-class-link",
	"not": "css-pseudo-class-not", "nth-child": "css-pseudo-class-nth-child", "nth-last-child": "css-pseudo-class-nth-last-child",
	"nth-last-of-type": "css-pseudo-class-nth-last-of-type", "nth-of-type": "css-pseudo-class-nth-of-type",
	"only-child": "css-pseudo-class-only-child", "only-of-type": "css-pseudo-class-only-of-type", "target": "css-pseudo-class-target",
	"visited": "css-pseudo-class-visited", "after": "css-pseudo-element-after", "before": "css-pseudo-element-before",
	"first-letter": "css-pseudo-element-first-letter", "first-line": "css-pseudo-element-first-line",
	"marker": "css-pseudo-element-marker", "placeholder": "css-pseudo-element-placeholder",
}

// elementNames are features named as their element is.
const elementNames = `html-abbr html-acronym html-address html-audio html-base html-bdi html-blockquote html-body html-code
html-del html-dfn html-dialog html-dir html-div html-form html-hr html-img html-marquee html-meter html-object html-p
html-picture html-pre html-progress html-rp html-rt html-ruby html-select html-small html-span html-strike html-strong
html-style html-svg html-table html-textarea html-video html-wbr html-link`

var elements = map[string]string{
	"h1": "html-h1-h6", "h2": "html-h1-h6", "h3": "html-h1-h6", "h4": "html-h1-h6", "h5": "html-h1-h6", "h6": "html-h1-h6",
	"ul": "html-lists", "ol": "html-lists", "dl": "html-lists", "map": "html-image-maps",
	"article": "html-semantics", "aside": "html-semantics", "details": "html-semantics", "figcaption": "html-semantics",
	"figure": "html-semantics", "footer": "html-semantics", "header": "html-semantics", "main": "html-semantics",
	"mark": "html-semantics", "nav": "html-semantics", "section": "html-semantics", "summary": "html-semantics", "time": "html-semantics",
}

var attributes = map[string]string{
	"align": "html-align", "aria-describedby": "html-aria-describedby", "aria-hidden": "html-aria-hidden", "aria-label": "html-aria-label",
	"aria-labelledby": "html-aria-labelledby", "aria-live": "html-aria-live", "background": "html-background",
	"cellpadding": "html-cellpadding", "cellspacing": "html-cellspacing", "hidden": "html-hidden", "height": "html-height",
	"lang": "html-lang", "loading": "html-loading-attribute", "popover": "html-popover", "required": "html-required", "role": "html-role",
	"srcset": "html-srcset", "target": "html-target", "valign": "html-valign", "width": "html-width", "inert": "css-inert-attribute",
}

var inputs = map[string]string{
	"checkbox": "html-input-checkbox", "hidden": "html-input-hidden", "radio": "html-input-radio", "reset": "html-input-reset",
	"submit": "html-input-submit", "text": "html-input-text", "": "html-input-text",
}

// otherNames are found by rules of their own, below.
const otherNames = `html-comments html-doctype html-anchor-links html-mailto-links html-meta-color-scheme html-button-reset
html-button-submit amp css-at-font-face css-at-import css-at-keyframes css-at-media css-at-supports css-at-media-device-pixel-ratio
css-at-media-hover css-at-media-orientation css-at-media-prefers-color-scheme css-at-media-prefers-reduced-motion css-comments
css-important css-nesting css-display-flex css-display-grid css-display-none css-unit-initial css-selector-adjacent-sibling
css-selector-attribute css-selector-chaining css-selector-child css-selector-class css-selector-descendant
css-selector-general-sibling css-selector-grouping css-selector-id css-selector-type css-selector-universal
css-border-inline-block-individual css-border-inline-block-longhand
image-apng image-avif image-base64 image-bmp image-gif image-hdr image-heif image-ico image-jpg image-mp4 image-png image-svg image-tiff image-webp`

// use notes a feature once, where it is met first.
func (r *reader) use(name string, p Place) {
	if !r.seen[name] {
		r.seen[name] = true
		r.shown.Features = append(r.shown.Features, Feature{Place: p, Name: name})
	}
}

func (r *reader) useAt(name string, offset int) {
	if !r.seen[name] {
		r.use(name, r.place(offset, offset, ""))
	}
}

var (
	plainSet   = named(plainProperties)
	elementSet = named(elementNames)
)

func named(list string) map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		_, name, _ := strings.Cut(w, "-")
		set[name] = true
	}
	return set
}

// css takes what the reader of style sheets sees.
func (r *reader) css(kind, name, value string, offset int) {
	switch kind {
	case "comment":
		r.useAt("css-comments", offset)
	case "property":
		r.property(name, value, offset)
	case "selector":
		r.selector(name, offset)
	case "at":
		r.atRule(name, value, offset)
	}
}

func (r *reader) property(name, value string, offset int) {
	if r.seen["p "+name+":"+value] {
		return
	}
	if len(r.seen) < 100_000 {
		r.seen["p "+name+":"+value] = true
	}
	switch {
	case strings.HasPrefix(name, "--"):
		r.useAt("css-variables", offset)
	case plainSet[name]:
		r.useAt("css-"+name, offset)
	case strings.HasPrefix(name, "border-block-") || strings.HasPrefix(name, "border-inline-"):
		if strings.HasSuffix(name, "-start") || strings.HasSuffix(name, "-end") {
			r.useAt("css-border-inline-block-individual", offset)
		} else {
			r.useAt("css-border-inline-block-longhand", offset)
		}
	case strings.HasPrefix(name, "border-") && strings.HasSuffix(name, "-radius") && properties[name] == "":
		r.useAt("css-border-radius", offset)
	}
	if f := properties[name]; f != "" {
		r.useAt(f, offset)
	}
	v := strings.ToLower(value)
	r.values(name, v, offset)
}

func (r *reader) values(name, v string, offset int) {
	if name == "display" {
		switch {
		case strings.Contains(v, "flex"):
			r.useAt("css-display-flex", offset)
		case strings.Contains(v, "grid"):
			r.useAt("css-display-grid", offset)
		case v == "none":
			r.useAt("css-display-none", offset)
		}
	}
	if v == "initial" {
		r.useAt("css-unit-initial", offset)
	}
	if strings.ContainsAny(v, "(-") {
		for has, f := range functions {
			if i := strings.Index(v, has); i >= 0 && (i == 0 || !isLetter(v[i-1]) && v[i-1] != '-') {
				r.useAt(f, offset)
			}
		}
	}
	if strings.Contains(v, "url(") {
		r.imageType(pictureOf(v), offset)
		return
	}
	for i := 0; i < len(v); i++ {
		if v[i] == '#' { // a colour, whose letters are no unit
			for i++; i < len(v) && (isLetter(v[i]) || v[i] >= '0' && v[i] <= '9'); i++ {
			}
			continue
		}
		if v[i] < '0' || v[i] > '9' || i > 0 && isLetter(v[i-1]) {
			continue
		}
		for i < len(v) && (v[i] >= '0' && v[i] <= '9' || v[i] == '.') {
			i++
		}
		end := i
		for end < len(v) && (isLetter(v[end]) || v[end] == '%') {
			end++
		}
		if f := units[v[i:end]]; f != "" {
			r.useAt(f, offset)
		}
		i = end
	}
}

func isLetter(b byte) bool { return b >= 'a' && b <= 'z' }

func (r *reader) selector(s string, offset int) {
	if s == "," {
		r.useAt("css-selector-grouping", offset)
		return
	}
	for s != "" {
		c, rest, ok := parseCompound(s)
		if !ok {
			return
		}
		r.compound(&c, s[:len(s)-len(rest)], offset)
		s = strings.TrimLeft(rest, " \t\n\r\f")
		switch {
		case s == "":
		case s[0] == '>':
			r.useAt("css-selector-child", offset)
		case s[0] == '+':
			r.useAt("css-selector-adjacent-sibling", offset)
		case s[0] == '~':
			r.useAt("css-selector-general-sibling", offset)
		default:
			r.useAt("css-selector-descendant", offset)
		}
		s = strings.TrimLeft(s, ">+~ \t\n\r\f")
	}
}

func (r *reader) compound(c *compound, written string, offset int) {
	n := len(c.classes) + len(c.attrs)
	if c.tag != "" {
		r.useAt("css-selector-type", offset)
		n++
	}
	if c.id != "" {
		r.useAt("css-selector-id", offset)
		n++
	}
	if len(c.classes) > 0 {
		r.useAt("css-selector-class", offset)
	}
	if len(c.attrs) > 0 {
		r.useAt("css-selector-attribute", offset)
	}
	if n > 1 {
		r.useAt("css-selector-chaining", offset)
	}
	if strings.HasPrefix(written, "*") {
		r.useAt("css-selector-universal", offset)
	}
	for _, p := range c.pseudos {
		if f := pseudos[strings.TrimPrefix(p.name, "::")]; f != "" {
			r.useAt(f, offset)
		}
	}
}

func (r *reader) atRule(name, rest string, offset int) {
	switch name {
	case "media":
		r.useAt("css-at-media", offset)
		for has, f := range map[string]string{
			"device-pixel-ratio": "css-at-media-device-pixel-ratio", "hover": "css-at-media-hover", "orientation": "css-at-media-orientation",
			"prefers-color-scheme": "css-at-media-prefers-color-scheme", "prefers-reduced-motion": "css-at-media-prefers-reduced-motion",
		} {
			if strings.Contains(rest, has) {
				r.useAt(f, offset)
			}
		}
	case "font-face", "import", "supports":
		r.useAt("css-at-"+name, offset)
	case "keyframes", "-webkit-keyframes":
		r.useAt("css-at-keyframes", offset)
	case "nesting", "important":
		r.useAt("css-"+name, offset)
	}
}

// markup notes the features of an element, its attributes and its style.
func (r *reader) markup(n *html.Node) {
	start, end := spot(n)
	if end == 0 { // put in by the parser
		return
	}
	if elementSet[n.Data] {
		r.useAt("html-"+n.Data, start)
	}
	if f := elements[n.Data]; f != "" {
		r.useAt(f, start)
	}
	for _, a := range n.Attr {
		if f := attributes[a.Key]; f != "" {
			r.useAt(f, start)
		}
		switch a.Key {
		case "style":
			if strings.Contains(a.Val, "/*") {
				r.useAt("css-comments", start)
			}
			for _, d := range r.inlineOf(a.Val) {
				r.property(d.name, d.value, start)
				if d.important {
					r.useAt("css-important", start)
				}
			}
		case "href":
			switch {
			case strings.HasPrefix(a.Val, "#") && len(a.Val) > 1:
				r.useAt("html-anchor-links", start)
			case strings.HasPrefix(strings.ToLower(a.Val), "mailto:"):
				r.useAt("html-mailto-links", start)
			}
		case "src", "background":
			r.imageType(a.Val, start)
		case "⚡", "⚡4email", "amp4email":
			r.useAt("amp", start)
		}
	}
	switch kind, _ := attr(n, "type"); n.Data {
	case "input":
		if f := inputs[strings.ToLower(kind)]; f != "" {
			r.useAt(f, start)
		}
	case "button":
		if kind == "reset" {
			r.useAt("html-button-reset", start)
		} else {
			r.useAt("html-button-submit", start)
		}
	case "meta":
		if name, _ := attr(n, "name"); strings.EqualFold(name, "color-scheme") {
			r.useAt("html-meta-color-scheme", start)
		}
	}
}

// imageType goes by the ending of an address, or by what a data address says.
func (r *reader) imageType(src string, offset int) {
	src = strings.ToLower(src[:min(len(src), 2048)])
	var ending string
	if rest, ok := strings.CutPrefix(src, "data:image/"); ok {
		r.useAt("image-base64", offset)
		ending = rest[:until(rest, 0, ";,+")]
	} else {
		src, _, _ = strings.Cut(src, "?")
		src, _, _ = strings.Cut(src, "#")
		i := strings.LastIndexByte(src, '.')
		if i < 0 {
			return
		}
		ending = src[i+1:]
	}
	switch ending {
	case "jpeg":
		ending = "jpg"
	case "tif":
		ending = "tiff"
	case "heic":
		ending = "heif"
	}
	if slices.Contains([]string{"apng", "avif", "bmp", "gif", "hdr", "heif", "ico", "jpg", "mp4", "png", "svg", "tiff", "webp"}, ending) {
		r.useAt("image-"+ending, offset)
	}
}
