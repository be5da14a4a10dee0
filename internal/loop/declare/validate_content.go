package declare

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/markup"
	"github.com/throughline-engine/throughline/internal/craft/rule"
	"github.com/throughline-engine/throughline/internal/craft/schema"
)

func (v *validator) brand(b *throughline.Brand) {
	v.tokens(b)
	v.look(b)
	for i, t := range b.Terms {
		field := fmt.Sprintf("spec.terms[%d]", i)
		if len(t.Avoid) == 0 {
			v.problem(field+".avoid", "the term avoids nothing").WithFix("list the words it replaces or refuses")
		}
		v.blank(field+".avoid", t.Avoid)
		if slices.ContainsFunc(t.Avoid, func(a string) bool { return strings.EqualFold(a, t.Prefer) }) {
			v.problem(field, "%q is both preferred and avoided", t.Prefer).WithFix("take it from one of the two")
		}
	}
	v.locales(b.Locales)
}

func (v *validator) locales(l throughline.Locales) {
	v.locale("spec.locales.default", l.Default)
	seen := map[string]bool{}
	for i, s := range l.Supported {
		field := fmt.Sprintf("spec.locales.supported[%d]", i)
		v.locale(field, s)
		if seen[s] {
			v.problem(field, "%s is listed twice", s).WithFix("keep one")
		}
		seen[s] = true
	}
	all := l.All()
	for _, from := range slices.Sorted(maps.Keys(l.Fallback)) {
		field := "spec.locales.fallback." + from
		v.locale(field, from)
		for i, to := range l.Fallback[from] {
			if to == from {
				v.problem(fmt.Sprintf("%s[%d]", field, i), "%s falls back to itself", from).WithFix("remove it")
			} else if !slices.Contains(all, to) {
				v.problem(fmt.Sprintf("%s[%d]", field, i), "%s is not supported", to).
					WithFix("%s", suggest(to, all, "add it to supported"))
			}
		}
	}
}

func (v *validator) fragment(f *throughline.Fragment) {
	v.ref("spec.brief", throughline.KindBrief, f.Brief)
	v.ref("spec.audience", throughline.KindAudience, f.Audience)
	v.refs("spec.channels", throughline.KindChannel, f.Channels)
	if f.Meaning < 0 {
		v.problem("spec.meaning", "the meaning is %d", f.Meaning).WithFix("count meanings from 1")
	}
	v.validity("spec.validity", f.Validity)
	v.refs("spec.claims", throughline.KindClaim, f.Claims)
	v.refs("spec.items", throughline.KindFragment, f.Items)
	switch list := f.Type == throughline.List; {
	case list && len(f.Items) == 0:
		v.problem("spec.items", "the list has no items").WithFix("name the fragments that it is made of")
	case list && len(f.Values) > 0:
		v.problem("spec.values", "a list has no text of its own").WithFix("leave the values out, or make it a text")
	case !list && len(f.Items) > 0:
		v.problem("spec.items", "only a list has items").WithFix("make its type list, or leave the items out")
	case !list && len(f.Values) == 0:
		v.problem("spec.values", "the fragment has no text").WithFix("give it a text in at least one language")
	}
	for _, locale := range slices.Sorted(maps.Keys(f.Values)) {
		v.locale("spec.values."+locale, locale)
		if f.Values[locale] == "" {
			v.problem("spec.values."+locale, "the text is empty").WithFix("write one, or remove the language")
		}
	}
}

func (v *validator) template(t *throughline.Template) {
	v.version(t.Version)
	branded := v.required("spec.brand", throughline.KindBrand, t.Brand)
	v.ref("spec.brief", throughline.KindBrief, t.Brief)
	if len(t.Slots) > schema.MaxSlots {
		v.problem("spec.slots", "there are %d slots, and %d are allowed", len(t.Slots), schema.MaxSlots).
			WithFix("make one slot of those that always go together, or two templates")
	}
	seen := map[string]bool{}
	named := true
	for i := range t.Slots {
		named = v.slot(fmt.Sprintf("spec.slots[%d]", i), &t.Slots[i], seen) && named
	}
	if named { // otherwise every rule and rendering would complain again
		v.constraints(t)
	}
	v.renderings(t, named && branded)
}

// slot reports whether the slot's name can be used.
func (v *validator) slot(field string, s *throughline.Slot, seen map[string]bool) bool {
	before := len(v.problems)
	switch {
	case !slotName(s.Name):
		v.problem(field+".name", "%q cannot be the name of a slot", s.Name).
			WithFix(`use lower-case letters, digits and "_", starting with a letter`)
	case rule.Reserved(s.Name):
		v.problem(field+".name", "%s means something else in rules and renderings", s.Name).WithFix("choose another name, such as %s_text", s.Name)
	case seen[s.Name]:
		v.problem(field+".name", "there are two slots named %s", s.Name).WithFix("give one another name")
	}
	seen[s.Name] = true
	named := len(v.problems) == before
	if s.Role == "" {
		v.problem(field+".role", "the slot has no role").WithFix("say what it is for: headline, body, cta, image")
	}
	v.length(field+".length", s.Length)
	v.slotType(field, s)
	if s.Fill != nil {
		for i, name := range s.Fill.Names {
			v.piece(fmt.Sprintf("%s.fill.names[%d]", field, i), name)
		}
	}
	return named
}

func slotName(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r != '_' && (r < '0' || r > '9')) {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

func (v *validator) constraints(t *throughline.Template) {
	env := rule.VariantEnv(slotNames(t))
	seen := map[string]bool{}
	for i, c := range t.Constraints {
		field := fmt.Sprintf("spec.constraints[%d]", i)
		if seen[c.Name] {
			v.problem(field+".name", "there are two constraints named %s", c.Name).WithFix("give one another name")
		}
		seen[c.Name] = true
		if c.When != "" {
			_, err := rule.Compile(env, c.When)
			v.add(field+".when", err)
		}
		_, err := rule.Compile(env, c.Assert)
		v.add(field+".assert", err)
	}
}

// renderings checks where each rendering goes, and, if asked, that it compiles.
func (v *validator) renderings(t *throughline.Template, compile bool) {
	var tokens map[string]string
	if b := Spec[*throughline.Brand](v.set, t.Brand); b != nil {
		tokens = b.Values("")
	}
	seen := map[string]bool{}
	for i, r := range t.Renderings {
		field := fmt.Sprintf("spec.renderings[%d]", i)
		if seen[r.Channel] {
			v.problem(field+".channel", "there are two renderings for %s", r.Channel).WithFix("keep one")
		}
		seen[r.Channel] = true
		if v.required(field+".channel", throughline.KindChannel, r.Channel) {
			v.surface(field, r)
		}
		if compile {
			_, err := markup.Compile(r, t.Placeholders(), tokens)
			v.add(field, err)
		}
	}
}

// surface checks that a rendering is of the kind its channel shows.
func (v *validator) surface(field string, r throughline.Rendering) {
	switch surface := Spec[*throughline.Channel](v.set, r.Channel).Surface; {
	case surface == throughline.Web && (r.HTML == "" || len(r.Fields) > 0 || r.MJML != ""):
		v.problem(field, "the channel %s shows a web page, so the rendering is html and nothing else", r.Channel).WithFix("write html, and no fields")
	case surface == throughline.Email && ((r.HTML == "") == (r.MJML == "") || r.Fields["subject"] == ""):
		v.problem(field, "the channel %s is mail, so the rendering is mjml or html, and a subject among its fields", r.Channel).WithFix("write mjml, and fields: {subject: ...}")
	case surface != throughline.Web && surface != throughline.Email && (len(r.Fields) == 0 || r.HTML != "" || r.MJML != ""):
		v.problem(field, "the channel %s takes fields, so the rendering is fields and nothing else", r.Channel).WithFix("write fields, and no html")
	}
}
