package adcp

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/contrast"
	"github.com/throughline-engine/throughline/internal/craft/markup"
)

// Workspace is what there is already where a brand goes. The zero value is an
// empty one.
type Workspace struct {
	// Brand is the brand as it is; nil for a new one.
	Brand *throughline.Resource
	// Disclosures are those there are; a disclaimer of the same words is one of
	// them.
	Disclosures []throughline.Resource
	// Assets and Channels are names of what rules about logos may speak of.
	Assets, Channels []string
}

// Import is what a brand.json makes in a workspace.
type Import struct {
	Brand throughline.Resource
	// Disclosures are those that are new or changed.
	Disclosures []throughline.Resource
	// Left is what was not taken over, in the order of the file.
	Left []Left
}

// Resources returns the disclosures and the brand.
func (i Import) Resources() []throughline.Resource {
	return append(slices.Clone(i.Disclosures), i.Brand)
}

// Into takes the brand into a workspace under a name. What the workspace's brand
// says and the file does not speak of stays; a value that comes to the same stays
// as it is written. Problems come together.
func (d *Document) Into(name string, w Workspace) (Import, error) {
	m := merge{Document: d, name: name, have: w, brand: fresh(name)}
	if w.Brand != nil {
		m.brand = *w.Brand
	}
	spec := *m.brand.Spec.(*throughline.Brand)
	spec.Tokens = maps.Clone(spec.Tokens)
	spec.Terms, spec.Logos = slices.Clone(spec.Terms), slices.Clone(spec.Logos)
	if c := spec.Colors; c != nil {
		spec.Colors = &throughline.ColorRules{Pairs: slices.Clone(c.Pairs), Never: slices.Clone(c.Never)}
	}
	m.spec, m.brand.Spec = &spec, &spec
	m.names()
	m.colors()
	m.fonts()
	m.voice()
	m.disclaimers()
	if look := d.group(d.brand, "visual_guidelines"); look != nil {
		m.colorways(look)
		m.constraints(look)
		m.logos(look)
	}
	for i, logo := range d.list(d.brand, "logos") {
		if logo.kind != object {
			d.problem(logo, nil, "$.logos[%d] is %s, and should be an object", i, logo.kind)
			continue
		}
		if asset := m.assetOf(logo); asset == "" {
			logo.leave("take the file in as the asset %s, and import again for the rules about it", m.assetName(logo))
		} else {
			logo.taken()
		}
	}
	return Import{m.brand, m.made, d.root.left(nil)}, d.problems.Err()
}

func fresh(name string) throughline.Resource {
	return throughline.Resource{
		APIVersion: throughline.APIVersion, Kind: throughline.KindBrand, Metadata: throughline.Metadata{Name: name},
		Spec: &throughline.Brand{},
	}
}

// merge is a document on its way into a workspace.
type merge struct {
	*Document
	name  string
	have  Workspace
	brand throughline.Resource
	spec  *throughline.Brand
	made  []throughline.Resource
	byHex map[string]string // colours to tokens, until one is set
}

// names gives the brand its title, and a new one its languages.
func (m *merge) names() {
	byLocale := map[string]string{}
	var locales []string
	for _, n := range m.list(m.Document.brand, "names") {
		if n.kind != object || len(n.names) != 1 {
			m.problem(n, nil, `%s should be one name by its language, such as {"en": "Acme"}`, n.path)
			continue
		}
		locale, value := m.locale(n, n.names[0]), m.string(n.get(n.names[0]))
		if _, more := byLocale[locale]; more || len(locales) > 0 && value != byLocale[locales[0]] {
			n.leave("a brand has one title here: %q", short(byLocale[locales[0]]))
		}
		if _, more := byLocale[locale]; !more {
			byLocale[locale] = value
			locales = append(locales, locale)
		}
	}
	if len(locales) == 0 {
		return
	}
	m.Document.brand.get("id").taken()
	if m.spec.Locales.Default == "" {
		if slices.Contains(locales, m.language) {
			m.spec.Locales.Default = m.language
		} else {
			m.spec.Locales.Default, m.language = locales[0], locales[0]
		}
		for _, l := range locales {
			if l != m.spec.Locales.Default {
				m.spec.Locales.Supported = append(m.spec.Locales.Supported, l)
			}
		}
	}
	title, ok := byLocale[m.spec.Locales.Default]
	if !ok {
		title = byLocale[locales[0]]
	}
	if m.spec.Title == "" || !slices.Contains(slices.Collect(maps.Values(byLocale)), m.spec.Title) {
		m.spec.Title = title
	}
}

var hexForm = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)

// hex reads a colour.
func (m *merge) hex(n *node) string {
	s := m.string(n)
	if n.kind == words && !hexForm.MatchString(s) {
		m.problem(n, nil, "%s is %q, which is not a colour", n.path, short(s)).WithFix("write six hexadecimal digits, such as #0b62d6")
		return ""
	}
	return strings.ToLower(s)
}

// set gives a token a value, unless it comes to the same already.
func (m *merge) set(n *node, name, value string, same func(have, new string) bool) {
	if err := markup.CheckToken(name, value); err != nil {
		n.leave("%s", err.(*throughline.Error).Message)
		return
	}
	if have, ok := m.spec.Tokens[name]; ok && (have == value || same(m.resolved(have), value)) {
		return
	}
	if m.spec.Tokens == nil {
		m.spec.Tokens = map[string]string{}
	}
	m.spec.Tokens[name], m.byHex = value, nil
}

// resolved writes out the tokens that a value names.
func (m *merge) resolved(value string) string {
	if !strings.Contains(value, "{") {
		return value
	}
	const it = "\x00" // no token is called so
	b := throughline.Brand{Tokens: maps.Clone(m.spec.Tokens)}
	b.Tokens[it] = value
	return b.Values("")[it]
}

func sameColor(have, new string) bool { return hexOf(have) == new }

// hexOf returns an opaque colour in six digits, and "" for everything else.
func hexOf(value string) string {
	c, err := contrast.Parse(value)
	if err != nil || len(c.Hex()) != 7 {
		return ""
	}
	return c.Hex()
}

// colors makes a token of each colour; the second and later ones of a role have
// its name and their number.
func (m *merge) colors() {
	group := m.group(m.Document.brand, "colors")
	if group == nil {
		return
	}
	for _, role := range group.names {
		n := group.get(role)
		values := []*node{n}
		if n.kind == array {
			values = n.items
		}
		for i, v := range values {
			name := role
			if i > 0 {
				name += "-" + strconv.Itoa(i+1)
			}
			if hex := m.hex(v); hex != "" {
				m.set(v, name, hex, sameColor)
			}
		}
	}
}

// fonts makes a token of each family with what it falls back to.
func (m *merge) fonts() {
	group := m.group(m.Document.brand, "fonts")
	if group == nil {
		return
	}
	for _, role := range group.names {
		n := group.get(role)
		var families []string
		switch {
		case role == "font_urls": // an address is no value for a style
			continue
		case n.kind == words:
			families = familiesOf(m.string(n))
		case n.kind == object:
			families = append(families, m.text(n, "family"))
			for _, f := range m.list(n, "fallbacks") {
				families = append(families, m.string(f))
			}
		default:
			m.problem(n, nil, "%s is %s, and should be a family or an object", n.path, n.kind)
			continue
		}
		name := "font." + role
		if slices.Equal(familiesOf(m.resolved(m.spec.Tokens[role])), families) {
			name = role // where the token is called so already
		}
		m.set(n, name, fontList(families), func(have, new string) bool { return slices.Equal(familiesOf(have), families) })
	}
}

// familiesOf splits a list of font families as CSS writes it.
func familiesOf(list string) (out []string) {
	var quote rune
	at := 0
	take := func(s string) {
		if s = strings.TrimSpace(s); len(s) > 1 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
			s = strings.TrimSpace(s[1 : len(s)-1])
		}
		if s != "" {
			out = append(out, s)
		}
	}
	for i, r := range list {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote = r
		case quote == 0 && r == ',':
			take(list[at:i])
			at = i + 1
		}
	}
	take(list[at:])
	return out
}

var bareFamily = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

func fontList(families []string) string {
	out := make([]string, len(families))
	for i, f := range families {
		if out[i] = f; !bareFamily.MatchString(f) {
			out[i] = `"` + strings.ReplaceAll(f, `"`, "") + `"`
		}
	}
	return strings.Join(out, ", ")
}

func (m *merge) voice() {
	t, terms := m.tone()
	if !t.empty() && toneOf(m.spec.Voice).text() != t.text() {
		m.spec.Voice = t.text()
	}
	for _, term := range terms {
		if !slices.ContainsFunc(m.spec.Terms, func(have throughline.Term) bool {
			return have.Prefer == term.Prefer && slices.Equal(have.Avoid, term.Avoid)
		}) {
			m.spec.Terms = append(m.spec.Terms, term)
		}
	}
}

// disclaimers makes a disclosure of each that must stand.
func (m *merge) disclaimers() {
	taken := map[string]bool{}
	for i, n := range m.list(m.Document.brand, "disclaimers") {
		if n.kind != object {
			m.problem(n, nil, "%s is %s, and should be an object", n.path, n.kind)
			continue
		}
		words := m.text(n, "text")
		if words == "" {
			m.problem(n, nil, "%s has no text", n.path)
			continue
		}
		if must := n.get("required"); must != nil {
			must.taken()
			if must.kind != truth {
				m.problem(must, nil, "%s is %s, and should be true or false", must.path, must.kind)
			} else if !must.yes {
				n.leave("it need not stand, and a disclosure here always does")
				continue
			}
		}
		context := m.text(n, "context")
		if m.said(words) {
			continue
		}
		name := m.name + "-" + slug(context, "disclaimer-"+strconv.Itoa(i+1))
		if name = strings.Trim(name[:min(len(name), 76)], "-"); taken[name] {
			name += "-" + strconv.Itoa(i+1)
		}
		taken[name] = true
		m.made = append(m.made, m.disclosure(name, context, words))
	}
}

// said reports whether a disclosure says it already.
func (m *merge) said(words string) bool {
	return slices.ContainsFunc(m.have.Disclosures, func(r throughline.Resource) bool {
		return r.Spec.(*throughline.Disclosure).Texts[m.language] == words
	})
}

func (m *merge) disclosure(name, context, words string) throughline.Resource {
	r := throughline.Resource{APIVersion: throughline.APIVersion, Kind: throughline.KindDisclosure, Metadata: throughline.Metadata{Name: name}}
	spec := throughline.Disclosure{Title: context}
	for _, have := range m.have.Disclosures {
		if have.Metadata.Name == name {
			r, spec = have, *have.Spec.(*throughline.Disclosure)
		}
	}
	if spec.Title == "" {
		spec.Title = short(words)
	}
	spec.Texts = maps.Clone(spec.Texts)
	if spec.Texts == nil {
		spec.Texts = map[string]string{}
	}
	spec.Texts[m.language] = words
	r.Spec = &spec
	return r
}

var notName = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a part of a name out of words.
func slug(s, or string) string {
	s = strings.Trim(notName.ReplaceAllString(strings.ToLower(s), "-"), "-")
	if s == "" {
		return or
	}
	return strings.Trim(s[:min(len(s), 40)], "-")
}
