package image

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
)

// The limits of a drawing.
const (
	MaxSVG      = 2 << 20 // bytes
	maxElements = 50_000
	maxDepth    = 100
	maxDrawn    = 200_000 // elements that are drawn once every use is counted
)

// The namespaces of a drawing.
const (
	svgSpace   = "http://www.w3.org/2000/svg"
	xlinkSpace = "http://www.w3.org/1999/xlink"
	xmlSpace   = "http://www.w3.org/XML/1998/namespace"
	htmlSpace  = "http://www.w3.org/1999/xhtml"
)

// isSVG reports whether the first bytes are those of a drawing.
func isSVG(head []byte) bool {
	for head = bytes.TrimPrefix(head, []byte("\ufeff")); ; {
		head = bytes.TrimLeft(head, " \t\r\n")
		end := ""
		switch {
		case bytes.HasPrefix(head, []byte("<!--")):
			end = "-->"
		case bytes.HasPrefix(head, []byte("<?")):
			end = "?>"
		case bytes.HasPrefix(head, []byte("<!DOCTYPE svg")):
			return true
		default:
			name, _, _ := bytes.Cut(head[:min(len(head), 64)], []byte("svg"))
			return bytes.Equal(name, []byte("<")) || len(name) > 2 && name[0] == '<' && name[len(name)-1] == ':' && !bytes.ContainsAny(name[1:], "<> ")
		}
		_, rest, found := bytes.Cut(head, []byte(end))
		if !found {
			return false
		}
		head = rest
	}
}

// scanSVG reads the size from the root, or from its view box.
func (l *layout) scanSVG(head []byte) {
	d := xml.NewDecoder(bytes.NewReader(head))
	for {
		token, err := d.RawToken()
		if err != nil {
			l.odd("the size of the drawing is not said in its first %d bytes", len(head))
			return
		}
		root, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range root.Attr {
			switch a.Name.Local {
			case "width":
				l.Width = pixels(a.Value)
			case "height":
				l.Height = pixels(a.Value)
			}
		}
		for _, a := range root.Attr {
			box := strings.FieldsFunc(a.Value, func(r rune) bool { return r == ' ' || r == ',' })
			if a.Name.Local == "viewBox" && len(box) == 4 && (l.Width == 0 || l.Height == 0) {
				l.Width, l.Height = pixels(box[2]), pixels(box[3])
			}
		}
		l.Model, l.Alpha = RGB, true
		return
	}
}

// pixels reads a length in pixels; 0 for one in another unit.
func pixels(s string) int {
	f, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(s), "px"), 64)
	if err != nil || !(f > 0 && f < 1e6) {
		return 0
	}
	return int(f + .5)
}

// CheckSVG finds in a drawing what runs, loads or hides something: scripts, event
// attributes, addresses outside the file, foreign content, style sheets that load,
// animation of addresses. Each finding names line and column. The safe copy leaves
// all of it out, with editors' notes and metadata, and draws the same otherwise;
// it is refused with an error when the file is not well-formed, declares entities,
// or would draw without end.
func CheckSVG(src []byte) (safe []byte, findings throughline.Problems, err error) {
	if len(src) > MaxSVG {
		return nil, nil, throughline.Errorf(throughline.TooLarge, "the drawing is %d bytes long, over the limit of %d", len(src), MaxSVG).
			At("1:1").WithFix("simplify the paths, or export it as PNG")
	}
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(src, []byte("\ufeff"))))
	c := svgCopier{d: d, uses: map[string][]string{}, sizes: map[string]int{}, cost: map[string]int{}}
	for {
		c.line, c.column = d.InputPos()
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, c.findings, c.refuse("the drawing is not well-formed XML: " + strings.TrimPrefix(err.Error(), "XML syntax error on "))
		}
		if err := c.token(token); err != nil {
			return nil, c.findings, err
		}
	}
	if len(c.open) > 0 || !c.rooted {
		return nil, c.findings, c.refuse("the drawing ends before its elements do")
	}
	if err := c.endless(); err != nil {
		return nil, c.findings, err
	}
	return c.out.Bytes(), c.findings, nil
}

// svgCopier copies what is safe of a drawing.
type svgCopier struct {
	d            *xml.Decoder
	out          bytes.Buffer
	findings     throughline.Problems
	line, column int
	open         []opened
	rooted       bool
	elements     int
	style        bytes.Buffer

	uses  map[string][]string // by id, the ids that are used inside; "" is the drawing
	sizes map[string]int      // by id, the elements inside
	cost  map[string]int
}

// opened is an element that has not ended.
type opened struct {
	raw    xml.Name
	local  string
	id     string
	left   bool              // it is left out, with all inside
	spaces map[string]string // by prefix
}

func (c *svgCopier) at() string { return fmt.Sprintf("%d:%d", c.line, c.column) }

func (c *svgCopier) find(fix, format string, args ...any) {
	if len(c.findings) < 200 {
		c.findings = append(c.findings, throughline.Errorf(throughline.Invalid, format, args...).At(c.at()).WithFix("%s", fix))
	}
}

func (c *svgCopier) refuse(why string) error {
	return throughline.Errorf(throughline.Invalid, "%s", why).At(c.at()).WithFix("export the drawing again as plain SVG")
}

func (c *svgCopier) leaving() bool { return len(c.open) > 0 && c.open[len(c.open)-1].left }

func (c *svgCopier) token(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return c.start(t)
	case xml.EndElement:
		return c.end(t)
	case xml.CharData:
		if len(c.open) == 0 || c.leaving() {
			return nil
		}
		if c.open[len(c.open)-1].local == "style" {
			c.style.Write(t)
			return nil
		}
		return xml.EscapeText(&c.out, t)
	case xml.ProcInst:
		if t.Target != "xml" {
			c.find("remove it", "the instruction <?%s?> may load something", clean(t.Target, 40))
		}
	case xml.Directive:
		if bytes.ContainsAny(t, "[") || bytes.Contains(t, []byte("ENTITY")) {
			return c.refuse("the drawing declares entities, which can hide what it holds or grow without end")
		}
	}
	return nil
}

// start opens an element, or leaves it out.
func (c *svgCopier) start(t xml.StartElement) error {
	if c.elements++; c.elements > maxElements || len(c.open) >= maxDepth {
		return throughline.Errorf(throughline.TooLarge, "the drawing has more than %d elements or is nested more than %d deep", maxElements, maxDepth).
			At(c.at()).WithFix("simplify it, or export it as PNG")
	}
	if len(c.open) == 0 && c.rooted {
		return c.refuse("there is a second drawing after the first")
	}
	o := opened{raw: t.Name, local: t.Name.Local, left: c.leaving(), spaces: c.spaces(t)}
	space := o.spaces[t.Name.Space]
	if space == "" && t.Name.Space == "" {
		space = svgSpace // a drawing without a namespace is meant as one
	}
	if len(c.open) == 0 {
		if space != svgSpace || o.local != "svg" {
			return c.refuse("the first element is not svg")
		}
		c.rooted = true
	}
	if !o.left {
		c.judge(&o, space)
	}
	if !o.left {
		c.write(&o, t)
	}
	c.open = append(c.open, o)
	return nil
}

// spaces returns the prefixes in force inside an element.
func (c *svgCopier) spaces(t xml.StartElement) map[string]string {
	var in map[string]string
	if len(c.open) > 0 {
		in = c.open[len(c.open)-1].spaces
	}
	own := false
	for _, a := range t.Attr {
		if a.Name.Space != "xmlns" && (a.Name.Space != "" || a.Name.Local != "xmlns") {
			continue
		}
		if !own {
			fresh := map[string]string{"xml": xmlSpace}
			for k, v := range in {
				if len(fresh) < 50 {
					fresh[k] = v
				}
			}
			in, own = fresh, true
		}
		if a.Name.Space == "xmlns" {
			in[a.Name.Local] = a.Value
		} else {
			in[""] = a.Value
		}
	}
	return in
}

// judge decides whether an element is left out.
func (c *svgCopier) judge(o *opened, space string) {
	switch {
	case space == htmlSpace:
		o.left = true
		c.find("remove it", "<%s> is HTML inside a drawing", o.local)
	case space != svgSpace, o.local == "metadata":
		o.left = true // what an editor noted; it draws nothing
	case slices.Contains(drawing, o.local):
	case o.local == "script" || o.local == "handler" || o.local == "listener":
		o.left = true
		c.find("remove it", "<%s> runs code", o.local)
	case o.local == "a":
		o.left = true
		c.find("take the shapes out of the link; the template sets links", "<a> leads away from the drawing")
	case o.local == "set" || strings.HasPrefix(o.local, "animate"):
		o.left = true
		c.find("remove it", "<%s> can turn an address into another", o.local)
	default:
		o.left = true
		c.find("remove it, or draw it with shapes and text", "<%s> is not an element that a safe drawing has", clean(o.local, 40))
	}
}

// drawing are the elements of a safe drawing.
var drawing = []string{
	"svg", "g", "defs", "symbol", "use", "title", "desc", "switch", "style", "view",
	"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "image",
	"text", "tspan", "textPath", "linearGradient", "radialGradient", "stop", "pattern", "clipPath", "mask", "marker",
	"filter", "feBlend", "feColorMatrix", "feComponentTransfer", "feComposite", "feConvolveMatrix", "feDiffuseLighting",
	"feDisplacementMap", "feDistantLight", "feDropShadow", "feFlood", "feFuncA", "feFuncB", "feFuncG", "feFuncR",
	"feGaussianBlur", "feMerge", "feMergeNode", "feMorphology", "feOffset", "fePointLight", "feSpecularLighting",
	"feSpotLight", "feTile", "feTurbulence",
}

// write copies a start tag with the attributes that are safe.
func (c *svgCopier) write(o *opened, t xml.StartElement) {
	c.out.WriteString("<" + o.local)
	if len(c.open) == 0 {
		c.out.WriteString(` xmlns="` + svgSpace + `" xmlns:xlink="` + xlinkSpace + `"`)
	}
	seen := map[string]bool{}
	for _, a := range t.Attr {
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			continue
		}
		name := a.Name.Local
		if a.Name.Space != "" {
			switch o.spaces[a.Name.Space] {
			case xlinkSpace:
				name = "xlink:" + name
			case svgSpace:
			default:
				if a.Name.Space != "xml" {
					continue // an editor's note
				}
				name = "xml:" + name
			}
		}
		if seen[name] || !c.attribute(o, name, a.Value) {
			continue
		}
		seen[name] = true
		c.out.WriteString(" " + name + `="`)
		xml.EscapeText(&c.out, []byte(a.Value)) //nolint:errcheck // a buffer takes everything
		c.out.WriteString(`"`)
	}
	c.out.WriteString(">")
	for i := range c.open {
		if id := c.open[i].id; id != "" {
			c.sizes[id]++
		}
	}
}

// attributeName is what an attribute may be called once more.
var attributeName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9:_.-]*$`)

// attribute reports whether an attribute is kept.
func (c *svgCopier) attribute(o *opened, name, value string) bool {
	lower := strings.ToLower(name)
	switch {
	case !attributeName.MatchString(name):
		return false
	case strings.HasPrefix(lower, "on"):
		c.find("remove it", "the attribute %s runs code", name)
		return false
	case lower == "xml:base", lower == "externalresourcesrequired", lower == "src", lower == "ping", lower == "formaction":
		c.find("remove it", "the attribute %s leads out of the drawing", name)
		return false
	case lower == "id":
		o.id = value
	case lower == "href" || lower == "xlink:href":
		return c.address(o, name, value)
	case loads(value):
		c.find("refer to an id of the drawing, as in url(#gradient)", "the attribute %s loads or runs something", name)
		return false
	}
	return true
}

// raster is a picture inside a drawing.
var raster = regexp.MustCompile(`^data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*$`)

// address keeps what refers to the drawing itself, or holds a picture.
func (c *svgCopier) address(o *opened, name, value string) bool {
	value = strings.TrimSpace(value)
	switch {
	case strings.HasPrefix(value, "#"):
		if o.local == "use" {
			c.uses[""] = append(c.uses[""], value[1:])
			for i := range c.open {
				if id := c.open[i].id; id != "" {
					c.uses[id] = append(c.uses[id], value[1:])
				}
			}
		}
		return true
	case o.local == "image" && raster.MatchString(value):
		return true
	}
	c.find("put it into the drawing: as shapes, or as a data: picture", "%s of <%s> leads out of the drawing", name, o.local)
	return false
}

// address inside a style.
var styleURL = regexp.MustCompile(`(?i)url\s*\(\s*["']?\s*(.?)`)

// loads reports whether a value in a style or an attribute loads or runs
// something. An escape could hide it, so there may be none.
func loads(value string) bool {
	lower := strings.ToLower(value)
	for _, word := range []string{"javascript:", "vbscript:", "expression(", "@import", "@font-face", "-moz-binding", "behavior:", "image-set(", "image(", "src("} {
		if strings.Contains(lower, word) {
			return true
		}
	}
	for _, m := range styleURL.FindAllStringSubmatch(value, -1) {
		if m[1] != "#" {
			return true
		}
	}
	return strings.Contains(value, `\`) || strings.Contains(lower, "url") && strings.Contains(value, "/*")
}

// end closes an element.
func (c *svgCopier) end(t xml.EndElement) error {
	if len(c.open) == 0 || c.open[len(c.open)-1].raw != t.Name {
		return c.refuse(fmt.Sprintf("</%s> ends what did not begin", clean(t.Name.Local, 40)))
	}
	o := c.open[len(c.open)-1]
	c.open = c.open[:len(c.open)-1]
	if o.left {
		return nil
	}
	if o.local == "style" {
		c.styles()
	}
	c.out.WriteString("</" + o.local + ">")
	return nil
}

// styles copies a style sheet that loads nothing.
func (c *svgCopier) styles() {
	sheet := c.style.String()
	c.style.Reset()
	if loads(sheet) {
		c.find("write the colours into the shapes, or refer to ids of the drawing only", "the style sheet loads something, or hides what it says behind an escape")
		return
	}
	xml.EscapeText(&c.out, []byte(sheet)) //nolint:errcheck // a buffer takes everything
}

// endless refuses a drawing whose uses refer to each other or multiply.
func (c *svgCopier) endless() error {
	total := c.elements
	for _, id := range c.uses[""] {
		n, err := c.drawn(id, 0)
		if err != nil {
			return err
		}
		if total += n; total > maxDrawn {
			return throughline.Errorf(throughline.TooLarge, "its <use> elements draw more than %d elements", maxDrawn).
				At("1:1").WithFix("draw it with fewer copies, or export it as PNG")
		}
	}
	return nil
}

// drawn returns how many elements a use of an id draws; an id that is being
// counted is one that uses itself.
func (c *svgCopier) drawn(id string, depth int) (int, error) {
	const counting = -1
	n, known := c.cost[id]
	if n == counting || depth > maxDepth {
		return 0, throughline.Errorf(throughline.Invalid, "#%s is used inside itself", clean(id, 40)).At("1:1").WithFix("remove the <use> that refers to what it stands in")
	}
	if known {
		return n, nil
	}
	c.cost[id] = counting
	n = 1 + c.sizes[id]
	for _, inside := range c.uses[id] {
		more, err := c.drawn(inside, depth+1)
		if err != nil {
			return 0, err
		}
		n = min(n+more, maxDrawn+1)
	}
	c.cost[id] = n
	return n, nil
}
