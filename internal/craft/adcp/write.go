package adcp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline-engine/throughline"
)

// document is a brand's own brand.json, as it is written.
type document struct {
	Schema      string              `json:"$schema"`
	Version     string              `json:"version"`
	Language    string              `json:"default_language"`
	ID          string              `json:"id"`
	Names       []map[string]string `json:"names"`
	Logos       []logo              `json:"logos,omitempty"`
	Colors      map[string]string   `json:"colors,omitempty"`
	Fonts       map[string]any      `json:"fonts,omitempty"`
	Tone        *tone               `json:"tone,omitempty"`
	Disclaimers []disclaimer        `json:"disclaimers,omitempty"`
	Look        *look               `json:"visual_guidelines,omitempty"`
}

type logo struct {
	ID     string `json:"id"`
	URL    string `json:"url"`
	Usage  string `json:"usage,omitempty"`
	Width  int    `json:"width,omitempty"`
	Height int    `json:"height,omitempty"`
}

type disclaimer struct {
	Text     string `json:"text"`
	Context  string `json:"context,omitempty"`
	Required bool   `json:"required"`
}

type look struct {
	Colorways   []colorway   `json:"colorways,omitempty"`
	Constraints []constraint `json:"color_constraints,omitempty"`
	Logos       []logoRule   `json:"logo_usage_rules,omitempty"`
}

type colorway struct {
	Name       string `json:"name"`
	Foreground string `json:"foreground"`
	Background string `json:"background"`
}

type colorRef struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

type constraint struct {
	Color     colorRef   `json:"color"`
	AppliesTo []string   `json:"applies_to,omitempty"`
	AllowedOn []colorRef `json:"allowed_on,omitempty"`
	Never     []colorRef `json:"never_pair_with,omitempty"`
	Severity  string     `json:"severity"`
}

type logoRule struct {
	ID         string     `json:"logo_id"`
	Size       *size      `json:"minimum_size,omitempty"`
	ClearSpace string     `json:"clear_space,omitempty"`
	Allowed    []colorRef `json:"allowed_backgrounds,omitempty"`
	Severity   string     `json:"severity"`
}

type size struct {
	Width string `json:"width"`
}

type fontRole struct {
	Family    string   `json:"family"`
	Fallbacks []string `json:"fallbacks,omitempty"`
}

// Export is a brand on its way out.
type Export struct {
	Brand       throughline.Resource
	Disclosures []throughline.Resource
	// Logos are the assets that its rules name.
	Logos []throughline.Resource
	// Site is where the engine is reached from outside, such as
	// https://engine.example; without it logos have no address, and are left out.
	Site string
}

// Write writes a brand as its own brand.json, and lists by their fields what that
// form has no place for.
func Write(x Export) ([]byte, []Left) {
	brand := x.Brand
	b := brand.Spec.(*throughline.Brand)
	w := writer{brand: b, values: b.Values("")}
	locale := b.Locales.Default
	w.out = document{Schema: Schema, Version: "1.0", Language: locale, ID: idOf(brand.Metadata.Name)}
	for _, l := range b.Locales.All() {
		w.out.Names = append(w.out.Names, map[string]string{strings.ReplaceAll(l, "-", "_"): b.Title})
	}
	w.tokens()
	w.tone()
	w.logos(x)
	for _, r := range x.Disclosures {
		w.disclosure(r, locale)
	}
	w.look()
	w.rest()
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(w.out); err != nil { // it holds only texts, lists and maps of them
		panic(fmt.Sprintf("adcp: writing %s: %v", brand.Ref(), err))
	}
	return out.Bytes(), w.left
}

// idOf makes the id of a brand out of its name.
func idOf(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
}

type writer struct {
	brand  *throughline.Brand
	values map[string]string
	out    document
	left   []Left
}

func (w *writer) leave(path, format string, args ...any) {
	w.left = append(w.left, Left{path, fmt.Sprintf(format, args...)})
}

// tokens writes the colours and the fonts.
func (w *writer) tokens() {
	w.out.Colors, w.out.Fonts = map[string]string{}, map[string]any{}
	var others, named []string
	for _, name := range sortedKeys(w.values) {
		if hex := hexOf(w.values[name]); hex != "" {
			w.out.Colors[name] = hex
		} else if !w.font(name) {
			others = append(others, name)
			continue
		}
		if w.brand.Tokens[name] != w.values[name] {
			named = append(named, name)
		}
	}
	if len(others) > 0 {
		w.leave("spec.tokens", "%d are neither opaque colours nor fonts: %s", len(others), some(others))
	}
	if len(named) > 0 {
		w.leave("spec.tokens", "%d name other tokens, and are written out: %s", len(named), some(named))
	}
	if len(w.brand.Modes) > 0 {
		w.leave("spec.modes", "a brand.json has one mode: %s", some(sortedKeys(w.brand.Modes)))
	}
	if len(w.brand.TokenNotes) > 0 {
		w.leave("spec.tokenNotes", "a brand.json says nothing of a colour beside its value")
	}
}

// most fonts a brand.json may have.
const mostFonts = 20

func (w *writer) font(name string) bool {
	role, ok := strings.CutPrefix(name, "font.")
	families := familiesOf(w.values[name])
	if !ok && w.brand.TokenNotes[name].Type != "fontFamily" && !generic(families) || len(w.out.Fonts) == mostFonts {
		return false
	}
	if len(families) == 1 {
		w.out.Fonts[role] = families[0]
	} else if len(families) > 1 {
		w.out.Fonts[role] = fontRole{families[0], families[1:min(len(families), 11)]}
	}
	return true
}

// generic reports whether a list ends with a family that every browser has, as
// only lists of fonts do.
func generic(families []string) bool {
	return len(families) > 0 && slices.Contains([]string{"serif", "sans-serif", "monospace", "cursive", "fantasy", "system-ui", "ui-serif", "ui-sans-serif", "ui-monospace", "ui-rounded"}, families[len(families)-1])
}

func (w *writer) tone() {
	t := toneOf(w.brand.Voice)
	for i, term := range w.brand.Terms {
		field := "spec.terms[" + strconv.Itoa(i) + "]"
		s, ok := sentenceOf(term)
		if !ok {
			w.leave(field, "its words cannot be quoted")
			continue
		}
		t.Donts = append(t.Donts, s)
		if term.Severity != "" || term.UnlessClaim {
			w.leave(field, "a sentence does not say how grave a use is, or when it may be")
		}
	}
	if !t.empty() {
		w.out.Tone = &t
	}
}

func (w *writer) disclosure(r throughline.Resource, locale string) {
	d := r.Spec.(*throughline.Disclosure)
	text := d.Texts[locale]
	if text == "" {
		w.leave(r.Ref().String(), "it has no text in %s, the language of the file", locale)
		return
	}
	w.out.Disclaimers = append(w.out.Disclaimers, disclaimer{text, d.Title, true})
	if len(d.Texts) > 1 {
		w.leave(r.Ref().String()+" spec.texts", "a disclaimer has one language")
	}
	if len(d.Markets) > 0 || d.When != "" || d.MinFontSize > 0 {
		w.leave(r.Ref().String(), "a disclaimer does not say where, when or how large it stands")
	}
}

// look writes the rules on colours and logos.
func (w *writer) look() {
	var l look
	if c := w.brand.Colors; c != nil {
		for i, p := range c.Pairs {
			w.pair(&l, i, p)
		}
		for _, n := range c.Never {
			l.Constraints = append(l.Constraints, constraint{Color: refTo(n.One), Never: []colorRef{refTo(n.Other)}, Severity: "must"})
		}
	}
	for i, r := range w.brand.Logos {
		w.logo(&l, i, r)
	}
	if len(l.Colorways)+len(l.Constraints)+len(l.Logos) > 0 {
		w.out.Look = &l
	}
}

func refTo(token string) colorRef { return colorRef{"name", token} }

func (w *writer) pair(l *look, i int, p throughline.ColorPair) {
	front, back := w.out.Colors[p.Front], w.out.Colors[p.Back]
	switch use := useOf(p); {
	case front == "" || back == "":
		w.leave("spec.colors.pairs["+strconv.Itoa(i)+"]", "one of the two is not an opaque colour")
	case use == throughline.ContrastUI:
		l.Constraints = append(l.Constraints, constraint{Color: refTo(p.Front), AppliesTo: []string{"icon", "border", "graphic_element"}, AllowedOn: []colorRef{refTo(p.Back)}, Severity: "must"})
	case use == throughline.ContrastLarge:
		w.leave("spec.colors.pairs["+strconv.Itoa(i)+"]", "a brand.json does not tell large text from other text")
	default:
		l.Colorways = append(l.Colorways, colorway{p.Front + " on " + p.Back, front, back})
	}
}

func (w *writer) logo(l *look, i int, r throughline.LogoRule) {
	rule := logoRule{ID: logoID(r.Asset), Severity: "must"}
	if r.Severity == throughline.Warn || r.Severity == throughline.Info {
		rule.Severity = "should"
	}
	widths := slices.Sorted(maps.Values(r.MinWidth))
	if len(widths) > 0 {
		rule.Size = &size{strconv.Itoa(widths[len(widths)-1]) + "px"}
	}
	if len(slices.Compact(widths)) > 1 {
		w.leave("spec.logos["+strconv.Itoa(i)+"].minWidth", "a rule has one width for all channels, and the largest is written")
	}
	if r.ClearSpace > 0 {
		rule.ClearSpace = strconv.FormatFloat(r.ClearSpace, 'f', -1, 64) + "x"
	}
	for _, b := range r.Backgrounds {
		rule.Allowed = append(rule.Allowed, refTo(b))
	}
	l.Logos = append(l.Logos, rule)
}

// logoID makes the id of a logo out of the name of its asset.
func logoID(asset string) string {
	return strings.ReplaceAll(strings.ReplaceAll(asset, "/", "-"), ".", "-")
}

// logos lists the pictures that the rules are about.
func (w *writer) logos(x Export) {
	for i, rule := range w.brand.Logos {
		at := slices.IndexFunc(x.Logos, func(r throughline.Resource) bool { return r.Metadata.Name == rule.Asset })
		if x.Site == "" || at < 0 {
			w.leave("spec.logos["+strconv.Itoa(i)+"].asset", "the logo has no address outside: say where the engine is reached, or add it to the file")
			continue
		}
		a := x.Logos[at].Spec.(*throughline.Asset)
		w.out.Logos = append(w.out.Logos, logo{logoID(rule.Asset), absolute(x.Site, a.File.SlotAddress(rule.Asset)), a.Title, a.File.Width, a.File.Height})
	}
}

// absolute is the address of one of the engine's files as others reach it. Another
// path is one of the site that shows it.
func absolute(site, address string) string {
	if site == "" || !strings.HasPrefix(address, throughline.MediaPath) {
		return address
	}
	return strings.TrimSuffix(site, "/") + address
}

// rest lists what a brand.json never has.
func (w *writer) rest() {
	b := w.brand
	for _, f := range []struct {
		path string
		has  bool
	}{
		{"spec.reading", len(b.Reading) > 0},
		{"spec.styles", len(b.Styles) > 0},
		{"spec.personal", len(b.Personal) > 0},
		{"spec.locales.fallback", len(b.Locales.Fallback) > 0},
	} {
		if f.has {
			w.leave(f.path, "a brand.json has no place for it")
		}
	}
}

// some names a few of many.
func some(names []string) string {
	const few = 5
	s := strings.Join(names[:min(len(names), few)], ", ")
	if len(names) > few {
		s += fmt.Sprintf(" and %d more", len(names)-few)
	}
	return s
}

func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
