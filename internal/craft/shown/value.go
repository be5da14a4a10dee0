package shown

import (
	"math"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"github.com/throughline-engine/throughline/internal/craft/contrast"
)

// resolve gives an element its style in a mode.
func (r *reader) resolve(n *html.Node, parent *style, all []found, m Mode) style {
	s := style{
		color: parent.color, ground: parent.ground, image: parent.image, size: parent.size, weight: parent.weight,
		line: parent.line, keyword: parent.keyword, mono: parent.mono, none: parent.none, unseen: parent.unseen,
		opacity: parent.opacity, vars: parent.vars, unsure: parent.unsure,
		fixedColor: parent.fixedColor, fixedGround: parent.fixedGround,
	}
	opacity := 1.0
	bit := uint8(1) << m
	copied := false
	for i := range all { // what others refer to comes first
		f := &all[i]
		if f.in&bit == 0 {
			continue
		}
		switch {
		case strings.HasPrefix(f.name, "--"):
			if !copied {
				s.vars, copied = copyVars(s.vars), true
			}
			s.vars[f.name] = f.value
		case f.name == "font-size" || f.name == "font" || f.name == "font-family":
			s.font(f.name, r.vars(&s, f.value), parent, r.opts.Width)
		}
	}
	var image string
	touched := false
	for i := range all {
		f := &all[i]
		if f.in&bit == 0 {
			continue
		}
		v := f.value
		if strings.Contains(v, "var(") {
			v = r.vars(&s, v)
		}
		switch f.name {
		case "color":
			if c, ok := r.color(v, &s, parent, m); ok {
				s.color, s.fixedColor = c, f.ogs
			}
		case "background-color":
			if c, ok := r.color(v, &s, parent, m); ok {
				s.own, touched, s.fixedGround = c, true, f.ogs
			}
		case "background":
			if c, img, ok := r.background(v, &s, parent, m); ok {
				s.own, image, touched, s.fixedGround = c, img, true, f.ogs
			}
		case "background-image":
			image, touched = pictureOf(v), true
		case "opacity":
			if o, err := strconv.ParseFloat(strings.TrimSuffix(v, "%"), 64); err == nil {
				opacity = math.Max(0, math.Min(1, o))
			}
		case "display":
			s.display = strings.ToLower(v)
		case "visibility":
			s.unseen = v == "hidden" || v == "collapse"
		default:
			s.other(f.name, v)
		}
	}
	s.none = s.none || s.display == "none"
	s.opacity *= opacity
	if touched {
		s.paint(image, parent)
	}
	return s
}

// paint lays the element's own background on what it stands on.
func (s *style) paint(image string, parent *style) {
	s.ground = s.own.Over(parent.ground)
	switch {
	case image != "":
		s.image = image
	case s.own.A == 1:
		s.image = ""
	}
	if s.own.A == 0 && image == "" {
		s.fixedGround = parent.fixedGround
	}
}

func copyVars(from map[string]string) map[string]string {
	to := make(map[string]string, len(from)+4)
	for k, v := range from {
		to[k] = v
	}
	return to
}

// vars puts the values of custom properties in, a few deep.
func (r *reader) vars(s *style, v string) string {
	for range 8 {
		i := strings.Index(v, "var(")
		if i < 0 || len(v) > 4096 {
			return v
		}
		end := until(v, i+4, ")")
		name, other, _ := strings.Cut(v[i+4:end], ",")
		value, ok := s.vars[strings.TrimSpace(name)]
		if !ok {
			value = strings.TrimSpace(other)
		}
		v = v[:i] + value + v[min(end+1, len(v)):]
	}
	return v
}

// color reads a colour, and the words that stand for one.
func (r *reader) color(v string, s, parent *style, m Mode) (contrast.Color, bool) {
	switch strings.ToLower(v) {
	case "inherit", "unset", "-body":
		return parent.color, true
	case "currentcolor":
		return s.color, true
	case "initial", "canvastext":
		return r.root()[m].color, true
	case "-link", "-webkit-link":
		if m == Dark && r.scheme {
			return contrast.RGB(0x9e, 0x9e, 0xff), true
		}
		return contrast.RGB(0, 0, 0xee), true
	}
	p, ok := r.colors[v]
	if !ok {
		c, err := contrast.Parse(v)
		p = parsed{c, err == nil}
		if len(r.colors) < 10_000 {
			r.colors[v] = p
		}
	}
	if !p.ok && strings.Contains(v, "(") {
		s.unsure = "the colour " + shorten(v)
	}
	return p.color, p.ok
}

// background reads the shorthand: of its words, one may be a colour.
func (r *reader) background(v string, s, parent *style, m Mode) (c contrast.Color, image string, ok bool) {
	switch strings.ToLower(v) {
	case "none", "initial", "unset":
		return c, "", true
	case "inherit":
		return parent.own, "", true
	}
	image = pictureOf(v)
	for pos := 0; pos < len(v); {
		end := until(v, pos, " \t\n,/")
		word := v[pos:end]
		pos = end + 1
		if word == "" || strings.HasPrefix(word, "url(") || strings.Contains(word, "gradient(") || word[0] >= '0' && word[0] <= '9' {
			continue
		}
		if got, is := r.color(word, s, parent, m); is {
			c, ok = got, true
		}
	}
	return c, image, ok || image != "" || !strings.ContainsAny(v, "#(")
}

// pictureOf returns the address in a background, or the gradient.
func pictureOf(v string) string {
	if i := strings.Index(v, "url("); i >= 0 {
		end := until(v, i+4, ")")
		return strings.Trim(strings.TrimSpace(v[i+4:end]), `"'`)
	}
	if strings.Contains(v, "gradient(") || strings.Contains(v, "image-set(") {
		return shorten(v)
	}
	return ""
}

// font takes font-size, font-family and font.
func (s *style) font(name, v string, parent *style, width int) {
	v = strings.ToLower(v)
	switch name {
	case "font-family":
		s.family(v)
		return
	case "font":
		if v == "inherit" {
			s.size, s.weight, s.line = parent.size, parent.weight, parent.line
			return
		}
		s.shorthand(v, parent, width)
		return
	}
	if size, keyword, ok := sizeOf(v, parent, width); ok {
		s.size, s.keyword = size, keyword
		if keyword && s.mono {
			s.size *= 13.0 / 16
		}
		return
	}
	if strings.Contains(v, "(") {
		s.unsure = "the size " + shorten(v)
	}
}

// family knows one thing: text in nothing but monospace is smaller by default.
func (s *style) family(v string) {
	mono := strings.Trim(v, `"' `) == "monospace"
	if mono == s.mono || v == "inherit" {
		return
	}
	s.mono = mono
	if !s.keyword {
		return
	}
	if mono {
		s.size *= 13.0 / 16
	} else {
		s.size *= 16.0 / 13
	}
}

func (s *style) shorthand(v string, parent *style, width int) {
	s.weight = 400
	pos := 0
	for pos < len(v) {
		end := until(v, pos, " ")
		word := v[pos:end]
		pos = end + 1
		size, line, _ := strings.Cut(word, "/")
		if n, ok := weightOf(size, parent.weight); ok && !strings.ContainsAny(size, "px%m") {
			s.weight = n
			continue
		}
		if got, keyword, ok := sizeOf(size, parent, width); ok {
			s.size, s.keyword, s.line = got, keyword, 0
			if line != "" {
				s.line = lineOf(line, s.size)
			}
			if pos < len(v) {
				s.family(v[pos:])
			}
			return
		}
	}
}

// keywords are the sizes of CSS Fonts 4, 2.5.1, for a medium of 16 pixels.
var keywords = map[string]float64{
	"xx-small": 9, "x-small": 10, "small": 13, "medium": 16, "large": 18, "x-large": 24, "xx-large": 32, "xxx-large": 48,
}

func sizeOf(v string, parent *style, width int) (size float64, keyword, ok bool) {
	if n, ok := keywords[v]; ok {
		return n, true, true
	}
	switch v {
	case "inherit", "unset":
		return parent.size, parent.keyword, true
	case "initial":
		return 16, true, true
	case "smaller":
		return parent.size / 1.2, parent.keyword, true
	case "larger":
		return parent.size * 1.2, parent.keyword, true
	}
	n, unit, ok := number(v)
	if !ok || n < 0 {
		return 0, false, false
	}
	relative := unit == "em" || unit == "%"
	switch unit {
	case "%":
		return parent.size * n / 100, parent.keyword, true
	case "vw":
		return n * float64(width) / 100, false, true
	}
	px, ok := pixels(n, unit, parent.size)
	return px, relative && parent.keyword, ok
}

// number splits a value into its number and its unit.
func number(v string) (n float64, unit string, ok bool) {
	i := 0
	for i < len(v) && strings.IndexByte("+-.0123456789", v[i]) >= 0 {
		i++
	}
	n, err := strconv.ParseFloat(v[:i], 64)
	return n, strings.ToLower(v[i:]), err == nil
}

func pixels(n float64, unit string, em float64) (float64, bool) {
	switch unit {
	case "px":
		return n, true
	case "":
		return 0, n == 0
	case "pt":
		return n * 4 / 3, true
	case "pc":
		return n * 16, true
	case "in":
		return n * 96, true
	case "cm":
		return n * 96 / 2.54, true
	case "mm":
		return n * 96 / 25.4, true
	case "em":
		return n * em, true
	case "rem":
		return n * 16, true
	case "ex", "ch":
		return n * em / 2, true
	}
	return 0, false
}

func weightOf(v string, parent int) (int, bool) {
	switch v {
	case "normal", "initial":
		return 400, true
	case "bold":
		return 700, true
	case "inherit", "unset":
		return parent, true
	case "bolder":
		switch {
		case parent < 350:
			return 400, true
		case parent < 550:
			return 700, true
		}
		return max(parent, 900), true
	case "lighter":
		switch {
		case parent < 100:
			return parent, true
		case parent < 550:
			return 100, true
		case parent < 750:
			return 400, true
		}
		return 700, true
	}
	n, err := strconv.Atoi(v)
	return n, err == nil && n >= 1 && n <= 1000
}

func lineOf(v string, size float64) float64 {
	n, unit, ok := number(v)
	switch {
	case !ok:
		return 0
	case unit == "":
		return n * size
	case unit == "%":
		return n * size / 100
	}
	px, _ := pixels(n, unit, size)
	return px
}

// other takes what geometry and weight need.
func (s *style) other(name, v string) {
	switch {
	case name == "font-weight":
		if n, ok := weightOf(strings.ToLower(v), s.weight); ok {
			s.weight = n
		}
	case name == "line-height":
		s.line = lineOf(v, s.size)
	case name == "width":
		s.width = s.length(v)
	case name == "height":
		s.height = s.length(v)
	case name == "padding" || name == "margin":
		to := &s.pad
		if name == "margin" {
			to = &s.gap
		}
		words := strings.Fields(v)
		if n := len(words); n >= 1 && n <= 4 {
			for side, from := range [5][4]int{{}, {0, 0, 0, 0}, {0, 1, 0, 1}, {0, 1, 2, 1}, {0, 1, 2, 3}}[n] {
				to[side] = s.length(words[from])
			}
		}
	case strings.HasPrefix(name, "padding-"):
		s.side(&s.pad, name[len("padding-"):], v)
	case strings.HasPrefix(name, "margin-"):
		s.side(&s.gap, name[len("margin-"):], v)
	}
}

func (s *style) side(to *[4]float64, name, v string) {
	for i, side := range [...]string{"top", "right", "bottom", "left"} {
		if side == name {
			to[i] = s.length(v)
		}
	}
}

// length is in CSS pixels, and below 0 where that depends on a layout.
func (s *style) length(v string) float64 {
	n, unit, ok := number(v)
	if !ok {
		return -1
	}
	if px, ok := pixels(n, unit, s.size); ok && px >= 0 {
		return px
	}
	return -1
}
