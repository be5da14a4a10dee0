package adcp

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
)

// ref finds the token that a reference to a colour means; "" and the reason where
// it means none.
func (m *merge) ref(n *node) (token, why string) {
	if n.kind != object {
		m.problem(n, nil, "%s is %s, and should be a reference to a colour", n.path, n.kind)
		return "", ""
	}
	n.taken()
	switch {
	case n.get("name") != nil:
		name := m.string(n.get("name"))
		if _, ok := m.spec.Tokens[name]; !ok {
			return "", "the brand has no colour " + short(name)
		}
		return name, ""
	case n.get("value") != nil:
		hex := m.hex(n.get("value"))
		if token = m.tokenOf(hex); token == "" && hex != "" {
			return "", "the brand has no colour " + hex
		}
		return token, ""
	case n.get("surface") != nil:
		return "", "it is about a surface, and rules here are about pairs of colours"
	}
	return "", "it names no colour"
}

// tokenOf returns the first token, by name, that is a colour.
func (m *merge) tokenOf(hex string) string {
	if m.byHex == nil {
		m.byHex = map[string]string{}
		values := m.spec.Values("")
		for _, name := range sortedKeys(values) {
			if is := hexOf(values[name]); m.byHex[is] == "" {
				m.byHex[is] = name
			}
		}
		delete(m.byHex, "") // what is no colour
	}
	return m.byHex[hex]
}

// refs reads a list of references; what means no token is left with its reason.
func (m *merge) refs(n *node, name string) (tokens []string) {
	for _, item := range m.list(n, name) {
		if token, why := m.ref(item); why != "" {
			item.leave("%s", why)
		} else if token != "" {
			tokens = append(tokens, token)
		}
	}
	return tokens
}

// rules returns the brand's rules on colours, which are its own copy.
func (m *merge) rules() *throughline.ColorRules {
	if m.spec.Colors == nil {
		m.spec.Colors = &throughline.ColorRules{}
	}
	return m.spec.Colors
}

func (m *merge) pair(p throughline.ColorPair) {
	if rules := m.rules(); !slices.ContainsFunc(rules.Pairs, func(h throughline.ColorPair) bool {
		return h.Front == p.Front && h.Back == p.Back && useOf(h) == useOf(p)
	}) {
		rules.Pairs = append(rules.Pairs, p)
	}
}

func useOf(p throughline.ColorPair) throughline.ContrastUse {
	if p.For == "" {
		return throughline.ContrastText
	}
	return p.For
}

func (m *merge) never(one, other string) {
	if one == other {
		return
	}
	if rules := m.rules(); !slices.ContainsFunc(rules.Never, func(h throughline.TokenPair) bool {
		return h.One == one && h.Other == other || h.One == other && h.Other == one
	}) {
		rules.Never = append(rules.Never, throughline.TokenPair{One: one, Other: other})
	}
}

// colorways makes pairs of what is read on what. An accent or a border stands on
// the ground, too, and need not be read.
func (m *merge) colorways(look *node) {
	for _, way := range m.list(look, "colorways") {
		if way.kind != object {
			m.problem(way, nil, "%s is %s, and should be an object", way.path, way.kind)
			continue
		}
		name := m.text(way, "name")
		color := func(part string) string {
			n := way.get(part)
			if n == nil {
				return ""
			}
			hex := m.hex(n)
			token := m.tokenOf(hex)
			if token == "" && hex != "" {
				token = "colorway." + slug(name, "unnamed") + "." + strings.ReplaceAll(part, "_", "-")
				m.set(n, token, hex, sameColor)
			}
			return token
		}
		front, back := color("foreground"), color("background")
		if front == "" || back == "" {
			m.problem(way, nil, "%s has no foreground or no background", way.path)
			continue
		}
		m.pair(throughline.ColorPair{Front: front, Back: back})
		if way.get("cta_background") == nil {
			continue
		}
		cta := front
		if way.get("cta_foreground") != nil {
			cta = color("cta_foreground")
		}
		m.pair(throughline.ColorPair{Front: cta, Back: color("cta_background")})
	}
}

// constraints makes rules of which colours may meet and which never.
func (m *merge) constraints(look *node) {
	for _, n := range m.list(look, "color_constraints") {
		if n.kind != object || n.get("color") == nil {
			m.problem(n, nil, "%s does not say which color it is about", n.path)
			continue
		}
		color, why := m.ref(n.get("color"))
		if color == "" {
			n.leave("%s", why)
			continue
		}
		uses := map[string]bool{}
		for _, s := range m.list(n, "applies_to") {
			uses[m.string(s)] = true
		}
		pair := throughline.ColorPair{Front: color}
		if len(uses) > 0 && !uses["text"] && !uses["foreground"] && !uses["cta"] {
			pair.For = throughline.ContrastUI
		}
		for _, on := range m.refs(n, "allowed_on") {
			pair.Back = on
			m.pair(pair)
		}
		for _, on := range append(m.refs(n, "forbidden_on"), m.refs(n, "never_pair_with")...) {
			m.never(color, on)
		}
		switch m.severity(n) {
		case throughline.Warn:
			n.get("severity").leave("a rule on colours is one that must hold here")
		default:
		}
	}
}

// severity reads how strong a rule is; the default is that it must hold.
func (m *merge) severity(n *node) throughline.Severity {
	s := n.get("severity")
	if s == nil {
		return ""
	}
	switch word := m.string(s); word {
	case "must":
		return ""
	case "should":
		return throughline.Warn
	default:
		m.problem(s, nil, "%s is %q", s.path, short(word)).WithFix("write must or should")
		return ""
	}
}

// assetName is what the asset of a logo would be called.
func (m *merge) assetName(logo *node) string {
	id := logo.get("id")
	if id != nil && id.kind == words {
		return slug(id.text, "logo")
	}
	if v := logo.get("variant"); v != nil && v.kind == words {
		return m.name + "-logo-" + slug(v.text, "primary")
	}
	return m.name + "-logo"
}

// assetOf finds the asset of a logo; "" where there is none.
func (m *merge) assetOf(logo *node) string {
	if logo == nil {
		return ""
	}
	var names []string
	if id := logo.get("id"); id != nil && id.kind == words {
		names = append(names, id.text, m.name+"-"+slug(id.text, "logo"))
	}
	for _, name := range append(names, m.assetName(logo)) {
		if slices.Contains(m.have.Assets, name) {
			return name
		}
	}
	return ""
}

// logoOf finds the logo that a rule is about.
func (m *merge) logoOf(rule *node) (logo *node, said bool) {
	match := func(field, of string) *node {
		want := rule.get(of)
		if want == nil {
			return nil
		}
		said = true
		text := m.string(want)
		for _, l := range m.list(m.Document.brand, "logos") {
			if l.kind == object && l.get(field) != nil && l.get(field).text == text {
				return l
			}
		}
		return nil
	}
	for _, by := range [][2]string{{"id", "logo_id"}, {"url", "logo_url"}, {"variant", "logo_variant"}} {
		if logo = match(by[0], by[1]); logo != nil {
			return logo, true
		}
	}
	return nil, said
}

// logos makes rules of how logos may stand, for those there is an asset of.
func (m *merge) logos(look *node) {
	for _, n := range m.list(look, "logo_usage_rules") {
		if n.kind != object {
			m.problem(n, nil, "%s is %s, and should be an object", n.path, n.kind)
			continue
		}
		logo, said := m.logoOf(n)
		asset := m.assetOf(logo)
		if logo == nil { // the file names a logo that it does not list
			if id := n.get("logo_id"); id != nil && id.kind == words {
				asset = m.assetOf(&node{kind: object, members: map[string]*node{"id": id}})
			}
		}
		switch {
		case !said:
			n.leave("it is about logos of a kind, and rules here are about one logo each")
			continue
		case asset == "":
			n.leave("there is no asset of this logo yet: take its file in, and import again")
			continue
		}
		m.logoRule(asset, n, logo)
	}
}

func (m *merge) logoRule(asset string, n, logo *node) {
	at := slices.IndexFunc(m.spec.Logos, func(l throughline.LogoRule) bool { return l.Asset == asset })
	if at < 0 {
		at = len(m.spec.Logos)
		m.spec.Logos = append(m.spec.Logos, throughline.LogoRule{Asset: asset})
	}
	rule := &m.spec.Logos[at]
	if severity := m.severity(n); n.get("severity") != nil && severity != rule.Severity && (severity != "" || rule.Severity != throughline.Block) {
		rule.Severity = severity
	}
	if w := m.minWidth(n, logo); w > 0 {
		rule.MinWidth = map[string]int{}
		for _, channel := range m.have.Channels {
			rule.MinWidth[channel] = w
		}
	}
	if c := n.get("clear_space"); c != nil {
		if space, ok := clearSpace(m.string(c), pixels(logo, "height")); ok {
			rule.ClearSpace = space
		} else {
			c.leave("clear space is a part of the logo's height here, such as 0.5x")
		}
	}
	if n.get("allowed_backgrounds") != nil {
		if on := m.refs(n, "allowed_backgrounds"); len(on) > 0 {
			rule.Backgrounds = on
		}
	}
	if len(rule.Backgrounds) > 0 {
		for _, f := range m.refs(n, "forbidden_backgrounds") { // what is not allowed is forbidden
			if slices.Contains(rule.Backgrounds, f) {
				n.get("forbidden_backgrounds").leave("%s is allowed and forbidden", f)
			}
		}
	} else {
		n.get("forbidden_backgrounds").leave("say which backgrounds it may stand on; what is not listed is then forbidden")
	}
}

// minWidth reads the narrowest a logo may be, in pixels.
func (m *merge) minWidth(n, logo *node) int {
	size := m.group(n, "minimum_size")
	if size == nil {
		return 0
	}
	if len(m.have.Channels) == 0 {
		size.leave("a width is said by channel here, and there is none yet")
		return 0
	}
	if w := size.get("width"); w != nil {
		if px, ok := px(m.string(w)); ok {
			return int(math.Ceil(px))
		}
		w.leave("a logo is measured in pixels here")
	}
	h := size.get("height")
	if h == nil {
		return 0
	}
	px, ok := px(m.string(h))
	width, height := pixels(logo, "width"), pixels(logo, "height")
	if !ok || width == 0 || height == 0 {
		h.leave("a logo is measured by its width in pixels here, and the file does not say how wide it is when it is so high")
		return 0
	}
	return int(math.Ceil(px * width / height))
}

var (
	pxForm    = regexp.MustCompile(`^ *([0-9]{1,5}(?:\.[0-9]{1,3})?) *px *$`)
	timesForm = regexp.MustCompile(`^ *([0-9]{1,3}(?:\.[0-9]{1,4})?) *x(?: (?:the )?(?:logo|mark|full mark|logo's) height)? *$`)
)

func px(s string) (float64, bool) {
	m := pxForm.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	f, err := strconv.ParseFloat(m[1], 64)
	return f, err == nil && f > 0
}

// clearSpace reads the space around a logo as a part of its height.
func clearSpace(s string, height float64) (float64, bool) {
	if m := timesForm.FindStringSubmatch(s); m != nil {
		f, err := strconv.ParseFloat(m[1], 64)
		return f, err == nil
	}
	if f, ok := px(s); ok && height > 0 {
		return math.Round(f/height*1000) / 1000, true
	}
	return 0, false
}

// pixels reads a logo's own width or height; 0 where the file does not say.
func pixels(logo *node, name string) float64 {
	n := logo.get(name)
	if n == nil || n.kind != number {
		return 0
	}
	f, err := strconv.ParseFloat(n.text, 64)
	if err != nil || f < 1 || f > 1e6 {
		return 0
	}
	return f
}
