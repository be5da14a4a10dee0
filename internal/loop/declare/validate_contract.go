package declare

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/markup"
	"github.com/throughline-engine/throughline/internal/craft/rule"
	"github.com/throughline-engine/throughline/internal/craft/style"
)

// tokens checks the values of a brand's tokens in every mode, as they are once
// the tokens they name are written out.
func (v *validator) tokens(b *throughline.Brand) {
	for _, mode := range append([]string{""}, slices.Sorted(maps.Keys(b.Modes))...) {
		field, given := "spec.tokens.", b.Tokens
		if mode != "" {
			field, given = "spec.modes."+mode+".", b.Modes[mode]
		}
		values := b.Values(mode)
		for _, name := range slices.Sorted(maps.Keys(given)) {
			value, ok := values[name]
			switch missing, open := dangling(value); {
			case !ok:
				v.problem(field+name, "the mode %s gives a value to %s, and there is no such token", mode, name).
					WithFix("%s", suggest(name, slices.Sorted(maps.Keys(b.Tokens)), "add it to spec.tokens"))
			case open && values[missing] == "":
				v.problem(field+name, "%s names the token %s, which is not there", name, missing).
					WithFix("%s", suggest(missing, slices.Sorted(maps.Keys(b.Tokens)), "declare it, or write the value"))
			case open:
				v.problem(field+name, "%s names itself, by way of %s", name, missing).WithFix("write the value out in one of them")
			default:
				v.add(field+name, markup.CheckToken(name, value))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.TokenNotes)) {
		v.token("spec.tokenNotes."+name, b, name)
	}
}

// dangling returns the first name that was left in a value because it leads
// nowhere or in a circle.
func dangling(value string) (name string, ok bool) {
	_, rest, ok := strings.Cut(value, "{")
	name, _, closed := strings.Cut(rest, "}")
	return name, ok && closed
}

// token checks that a brand has a token.
func (v *validator) token(field string, b *throughline.Brand, name string) {
	if _, ok := b.Tokens[name]; !ok {
		v.problem(field, "there is no token %q", name).
			WithFix("%s", suggest(name, slices.Sorted(maps.Keys(b.Tokens)), "declare it under spec.tokens"))
	}
}

// styles checks that every rule of style can be read, and that they are not too much
// together: they are kept in memory, and held against every text.
func (v *validator) styles(b *throughline.Brand) {
	size := 0
	for _, name := range slices.Sorted(maps.Keys(b.Styles)) {
		rule, err := style.Read(name, []byte(b.Styles[name]))
		v.add("spec.styles."+name, err)
		if err != nil {
			continue
		}
		if size += rule.Size(); size > style.MaxSize {
			v.problem("spec.styles."+name, "the patterns of all rules of style are too large together once their repetitions are written out").WithFix("repeat less, or leave rules out")
			return
		}
	}
}

// look checks the rules on how a brand looks and reads.
func (v *validator) look(b *throughline.Brand) {
	for _, locale := range slices.Sorted(maps.Keys(b.Reading)) {
		field := "spec.reading." + locale
		v.locale(field, locale)
		r := b.Reading[locale]
		if r.Max <= 0 {
			v.problem(field+".max", "the hardest that may be is %g", r.Max).WithFix("write a number above 0, in the scale of the formula")
		}
		if r.Metric == throughline.Wiener && !strings.HasPrefix(locale, "de") {
			v.problem(field+".metric", "%s is a formula for German, and this is %s", r.Metric, locale).WithFix("write lix, which suits any language with spaces between words")
		}
	}
	v.styles(b)
	for _, name := range slices.Sorted(maps.Keys(b.Personal)) {
		f := b.Personal[name]
		if f.Max < 1 {
			v.problem("spec.personal."+name+".max", "the longest value has %d characters", f.Max).WithFix("write how long it may be, such as 20")
		}
	}
	for i, l := range b.Logos {
		field := fmt.Sprintf("spec.logos[%d]", i)
		v.required(field+".asset", throughline.KindAsset, l.Asset)
		for _, channel := range slices.Sorted(maps.Keys(l.MinWidth)) {
			v.ref(field+".minWidth."+channel, throughline.KindChannel, channel)
		}
		for j, name := range l.Backgrounds {
			v.token(fmt.Sprintf("%s.backgrounds[%d]", field, j), b, name)
		}
	}
	v.links(b.Links)
	if b.Colors == nil {
		return
	}
	for i, p := range b.Colors.Pairs {
		v.token(fmt.Sprintf("spec.colors.pairs[%d].front", i), b, p.Front)
		v.token(fmt.Sprintf("spec.colors.pairs[%d].back", i), b, p.Back)
	}
	for i, p := range b.Colors.Never {
		v.token(fmt.Sprintf("spec.colors.never[%d].one", i), b, p.One)
		v.token(fmt.Sprintf("spec.colors.never[%d].other", i), b, p.Other)
	}
}

// links checks that rules about links can be kept.
func (v *validator) links(l *throughline.LinkRules) {
	if l == nil {
		return
	}
	for i, host := range l.Hosts {
		if u, err := url.Parse("https://" + host); err != nil || u.Host != host || u.Port() != "" || host == "" || strings.HasPrefix(host, ".") || strings.Contains(host, "*") {
			v.problem(fmt.Sprintf("spec.links.hosts[%d]", i), "%q is no host", host).WithFix("write the name alone, such as shop.example.com; its subdomains are meant as well")
		}
	}
	for i, path := range l.Except {
		if !strings.HasPrefix(path, "/") {
			v.problem(fmt.Sprintf("spec.links.except[%d]", i), "%q is no path", path).WithFix("begin it with /, such as /unsubscribe")
		}
	}
	seen := map[string]bool{}
	for i, p := range l.Params {
		field := fmt.Sprintf("spec.links.params[%d]", i)
		if p.Name == "" || url.QueryEscape(p.Name) != p.Name {
			v.problem(field+".name", "%q cannot be the name of a parameter", p.Name).WithFix("write it as it stands in an address, such as utm_campaign")
		}
		if strings.HasPrefix(strings.ToLower(p.Name), "utm_") && p.Name != strings.ToLower(p.Name) {
			v.problem(field+".name", "%s has capitals", p.Name).WithFix("write %s", strings.ToLower(p.Name))
		}
		for _, c := range p.Channels {
			v.ref(field+".channels", throughline.KindChannel, c)
		}
		where := append([]string{""}, p.Channels...)
		if len(p.Channels) > 0 {
			where = where[1:]
		}
		for _, c := range where {
			if seen[p.Name+" "+c] {
				v.problem(field+".name", "the parameter %s is asked for twice in one place", p.Name).WithFix("take one out, or give the two other channels")
			}
			seen[p.Name+" "+c] = true
		}
	}
}

func (v *validator) vocabulary(voc *throughline.Vocabulary) {
	seen := map[string]bool{}
	for i, c := range voc.Concepts {
		field := fmt.Sprintf("spec.concepts[%d]", i)
		if !throughline.ValidName(c.Name) || strings.ContainsAny(c.Name, "./") {
			v.problem(field+".name", "%q cannot be the name of a concept", c.Name).WithFix(`use lower-case letters, digits and "-"`)
		}
		if seen[c.Name] {
			v.problem(field+".name", "there are two concepts named %s", c.Name).WithFix("give one another name")
		}
		seen[c.Name] = true
		v.localeKeys(field+".prefLabel", c.PrefLabel)
		v.localeKeys(field+".altLabel", c.AltLabel)
		v.localeKeys(field+".definition", c.Definition)
		for j, b := range c.Broader {
			v.concept(fmt.Sprintf("%s.broader[%d]", field, j), voc, b)
			if voc.Within(b, c.Name) {
				v.problem(fmt.Sprintf("%s.broader[%d]", field, j), "%s is broader and narrower than %s", b, c.Name).WithFix("take one of the two away")
			}
		}
		for j, r := range c.Related {
			v.concept(fmt.Sprintf("%s.related[%d]", field, j), voc, r)
		}
	}
}

func (v *validator) concept(field string, voc *throughline.Vocabulary, name string) {
	if voc.Concept(name) != nil {
		return
	}
	var have []string
	for _, c := range voc.Concepts {
		have = append(have, c.Name)
	}
	v.problem(field, "there is no concept %q", name).WithFix("%s", suggest(name, have, "add it to the vocabulary"))
}

// concepts checks names of the form vocabulary#concept.
func (v *validator) concepts(field string, names []string) {
	for i, n := range names {
		at := fmt.Sprintf("%s[%d]", field, i)
		name, concept, ok := strings.Cut(n, "#")
		if !ok {
			v.problem(at, "%q is not a concept", n).WithFix("write vocabulary#concept, such as scene#beach")
			continue
		}
		if v.required(at, throughline.KindVocabulary, name) {
			v.concept(at, Spec[*throughline.Vocabulary](v.set, name), concept)
		}
	}
}

// localeKeys checks that a map's names are languages.
func localeKeysOf[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }

func (v *validator) localeKeys(field string, m any) {
	var names []string
	switch m := m.(type) {
	case map[string]string:
		names = localeKeysOf(m)
	case map[string][]string:
		names = localeKeysOf(m)
	}
	for _, n := range names {
		v.locale(field+"."+n, n)
	}
}

func (v *validator) validity(field string, w throughline.Validity) {
	v.span(field, w.From, w.Until)
	v.markets(field+".markets", w.Markets)
}

// span checks that a time begins before it ends.
func (v *validator) span(field string, from, until throughline.Moment) {
	begins, err := from.Begins()
	v.add(field+".from", err)
	ends, wrong := until.Ends()
	v.add(field+".until", wrong)
	if err == nil && wrong == nil && from != "" && until != "" && !begins.Before(ends) {
		v.problem(field+".until", "it ends %s, before it begins %s", until, from).WithFix("choose a later end")
	}
}

func (v *validator) markets(field string, markets []string) {
	form := regexp.MustCompile(marketForm)
	for i, m := range markets {
		if !form.MatchString(m) {
			v.problem(fmt.Sprintf("%s[%d]", field, i), "%q is no market", m).WithFix("write a language (de), a region (CH) or both (de-CH)")
		}
	}
}

// poster checks that what is shown before a film plays is a picture.
func (v *validator) poster(a *throughline.Asset) {
	if a.Poster == "" || !v.ref("spec.poster", throughline.KindAsset, a.Poster) {
		return
	}
	if kind := v.typeOf(a.Poster); !strings.HasPrefix(kind, "image/") {
		v.problem("spec.poster", "%s is no picture, but %s", a.Poster, kind).WithFix("name an asset of a picture")
	}
}

// captions checks that captions are captions.
func (v *validator) captions(a *throughline.Asset) {
	for _, l := range slices.Sorted(maps.Keys(a.Captions)) {
		field := "spec.captions." + l
		v.locale(field, l)
		if !v.required(field, throughline.KindAsset, a.Captions[l]) {
			continue
		}
		if kind := v.typeOf(a.Captions[l]); kind != "text/vtt" {
			v.problem(field, "%s has no captions, but %s", a.Captions[l], kind).WithFix("name an asset of a file in WebVTT")
		}
	}
}

// typeOf returns the media type of an asset that is there.
func (v *validator) typeOf(asset string) string {
	r, _ := v.set.Get(throughline.Ref{Kind: throughline.KindAsset, Name: asset})
	return r.Spec.(*throughline.Asset).File.Type
}

func (v *validator) asset(a *throughline.Asset) {
	v.ref("spec.brief", throughline.KindBrief, a.Brief)
	v.ref("spec.audience", throughline.KindAudience, a.Audience)
	v.refs("spec.channels", throughline.KindChannel, a.Channels)
	v.localeKeys("spec.alt", a.Alt)
	v.concepts("spec.concepts", a.Concepts)
	v.validity("spec.validity", a.Validity)
	v.poster(a)
	v.captions(a)
	if a.Decorative && len(a.Alt) > 0 {
		v.problem("spec.alt", "the asset is decorative and says something").WithFix("remove the words, or say that it is not decorative")
	}
	if a.File.Digest.IsZero() {
		v.problem("spec.file.digest", "the file has no digest").WithFix("take the file in: throughline import assets FILE, or drop it on the library's page")
	}
	if f := a.Focal; f != nil && (f.X < 0 || f.X > 1 || f.Y < 0 || f.Y > 1) {
		v.problem("spec.focal", "the focal point lies outside of the picture").WithFix("write x and y as parts of the whole, from 0 to 1")
	}
	for i, g := range a.Rights {
		field := fmt.Sprintf("spec.rights[%d]", i)
		v.span(field, g.From, g.Until)
		v.markets(field+".markets", g.Markets)
		v.refs(field+".channels", throughline.KindChannel, g.Channels)
		if g.Impressions < 0 {
			v.problem(field+".impressions", "the cap is negative").WithFix("write how often it may be shown, or leave it out")
		}
	}
}

func (v *validator) claim(c *throughline.Claim) {
	v.localeKeys("spec.statements", c.Statements)
	v.blank("spec.covers", c.Covers)
	v.validity("spec.validity", c.Validity)
	v.refs("spec.disclosures", throughline.KindDisclosure, c.Disclosures)
	for i, e := range c.Evidence {
		_, err := e.Until.Ends()
		v.add(fmt.Sprintf("spec.evidence[%d].until", i), err)
	}
}

func (v *validator) disclosure(d *throughline.Disclosure) {
	v.localeKeys("spec.texts", d.Texts)
	if len(d.Texts) == 0 {
		v.problem("spec.texts", "the disclosure says nothing").WithFix("give it a text in at least one language")
	}
	v.markets("spec.markets", d.Markets)
	if d.When != "" {
		_, err := rule.Compile(rule.VariantEnv(v.allSlots()), d.When)
		v.add("spec.when", err)
	}
}

func (v *validator) guardrailSet(g *throughline.GuardrailSet) {
	v.match("spec.match", g.Match)
	v.refs("spec.guardrails", throughline.KindGuardrail, g.Guardrails)
	seen := map[throughline.CheckName]bool{}
	for i, c := range g.Checks {
		if seen[c.Use] {
			v.problem(fmt.Sprintf("spec.checks[%d].use", i), "the check %s is set twice", c.Use).WithFix("keep one")
		}
		seen[c.Use] = true
		if !slices.Contains(throughline.CheckNames(), c.Use) {
			v.problem(fmt.Sprintf("spec.checks[%d].use", i), "there is no check %q", c.Use).WithFix("%s", suggest(string(c.Use), checkNames(), "look into docs/contract.md"))
		}
	}
	for i, o := range g.Overrides {
		field := fmt.Sprintf("spec.overrides[%d]", i)
		if _, err := throughline.ParseRef(o.Object); err != nil {
			v.add(field+".object", err)
		}
		_, err := o.Until.Ends()
		v.add(field+".until", err)
	}
}

func checkNames() (names []string) {
	for _, n := range throughline.CheckNames() {
		names = append(names, string(n))
	}
	return names
}

func (v *validator) match(field string, m throughline.Match) {
	v.refs(field+".templates", throughline.KindTemplate, m.Templates)
	v.refs(field+".channels", throughline.KindChannel, m.Channels)
	for i, l := range m.Locales {
		v.locale(fmt.Sprintf("%s.locales[%d]", field, i), l)
	}
}

// version checks that a template's version is one.
func (v *validator) version(version string) {
	if version == "" {
		return
	}
	if s := "v" + version; !semver.IsValid(s) || semver.Canonical(s) != s || semver.Prerelease(s) != "" {
		v.problem("spec.version", "%q is not a version", version).WithFix("write three numbers, such as 1.2.0")
	}
}

// slotType checks that a slot says only what its type can have.
func (v *validator) slotType(field string, s *throughline.Slot) {
	for _, c := range []struct {
		field string
		given bool
		only  throughline.SlotType
	}{
		{"marks", len(s.Marks) > 0, throughline.RichText},
		{"items", s.Items != nil, throughline.List},
		{"picture", s.Picture != nil, throughline.Image},
		{"requires", len(s.Requires) > 0, throughline.DisclosureText},
	} {
		if c.given && s.Type != c.only {
			v.problem(field+"."+c.field, "a slot of the type %s has no %s", typeOf(s), c.field).WithFix("make its type %s, or leave %s out", c.only, c.field)
		}
	}
	if s.Type == throughline.DisclosureText && len(s.Requires) == 0 {
		v.problem(field+".requires", "the slot names no disclosure").WithFix("name what must be said, such as requires: [finance-apr]")
	}
	v.refs(field+".requires", throughline.KindDisclosure, s.Requires)
	if i := s.Items; i != nil && i.Max > 0 && i.Min > i.Max {
		v.problem(field+".items", "min %d is above max %d", i.Min, i.Max).WithFix("let min be at most max")
	}
	if s.Picture != nil {
		v.concepts(field+".picture.concepts", s.Picture.Concepts)
	}
}

func typeOf(s *throughline.Slot) throughline.SlotType {
	if s.Type == "" {
		return throughline.Text
	}
	return s.Type
}

func (v *validator) channel(c *throughline.Channel) {
	for _, role := range slices.Sorted(maps.Keys(c.Limits)) {
		l := c.Limits[role]
		v.length("spec.limits."+role, &l)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		v.length("spec.fields."+name+".length", c.Fields[name].Length)
	}
	if len(c.Clients) > 0 && c.Surface != throughline.Email {
		v.problem("spec.clients", "only mail has mail clients, and the surface is %s", c.Surface).WithFix("make the surface email, or leave the clients out")
	}
}
