package check

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// longestAlt is how many characters a picture's words have at most before people
// who listen to them lose the thread.
const longestAlt = 125

// piece checks a choice as a whole, whatever language it is read in.
func (r *run) piece(slot, choice int, spec *throughline.Slot) {
	c := r.Assembly.Slots[slot].Choices[choice]
	res := r.pieces[c.Piece]
	p, ok := throughline.PieceOf(res)
	if !ok {
		return
	}
	x := sample{slot: slot, choice: choice, spec: spec, name: c.Piece, object: p.Ref}
	r.claimsOf(x, p)
	r.bounded(x, c.Bounds)
	r.labelled(x, p)
	switch piece := res.Spec.(type) {
	case *throughline.Asset:
		r.alt(x, piece)
		r.film(x, piece)
	case *throughline.Fragment:
		r.languages(x, piece)
	}
}

// bounded tells of a piece that may not be shown now.
func (r *run) bounded(x sample, b *throughline.Bounds) {
	if b == nil || r.At.IsZero() || b.Until == 0 || r.At.UnixMilli() < b.Until {
		return
	}
	r.says(x, throughline.CheckRights, "", throughline.Finding{
		Got: "ended " + ended(b.Until), Want: "rights, validity and claims that hold", Fix: "extend what ended, or take the piece out: it is shown to nobody",
	})
}

func ended(ms int64) string {
	if at := time.UnixMilli(ms).UTC(); at.Year() > 1970 {
		return at.Format(time.DateOnly)
	}
	return "with a claim that nothing shows"
}

// labelled tells of what a trained model made where nothing says so.
func (r *run) labelled(x sample, p throughline.Piece) {
	if !p.Made.Synthetic() || r.labels {
		return
	}
	r.says(x, throughline.CheckAILabel, "", throughline.Finding{
		Got: "made by a trained model, and nothing beside it says so", Want: "a disclosure with synthetic: true in a slot of the template",
		Fix: "add one to the requires of a slot of the type disclosure",
	})
}

// alt checks a picture's words.
func (r *run) alt(x sample, a *throughline.Asset) {
	if a.Decorative || x.spec.Type != throughline.Image {
		return
	}
	_, asked := r.judge.rule(throughline.CheckLocales, x.spec.Role, "")
	for _, locale := range r.locales {
		words, found := a.AltText(r.brand.Locales, locale)
		x.locale, x.text = locale, words
		if found == "" && locale != r.brand.Locales.Default {
			continue // told of the default, which all fall back to
		}
		say := func(own throughline.Severity, got, want, fix string) {
			r.says(x, throughline.CheckAltText, own, throughline.Finding{Got: got, Want: want, Fix: fix})
		}
		n := text.Measure(words, throughline.Grapheme)
		name := strings.TrimSuffix(a.File.Name, path.Ext(a.File.Name))
		switch lower := strings.ToLower(strings.TrimSpace(words)); {
		case lower == "":
			say("", "a picture without words", "what is to be seen, in "+locale, "write spec.alt, or say that it is decorative")
		case lower == strings.ToLower(name) || lower == strings.ToLower(a.File.Name):
			say("", fmt.Sprintf("the name of the file, %q", words), "what is to be seen", "say it in a sentence")
		case n > longestAlt:
			say(throughline.Warn, fmt.Sprintf("%d characters", n), fmt.Sprintf("at most %d", longestAlt), "keep what matters, and say the rest beside the picture")
		case !sameLanguage(found, locale) && asked:
			r.says(x, throughline.CheckLocales, "", throughline.Finding{Got: "words in " + found, Want: "words in " + locale, Fix: "write spec.alt." + locale})
		}
	}
}

// Wordless tells of a picture that says in no language what is to be seen, wherever
// it may be shown.
func Wordless(res throughline.Resource) []throughline.Finding {
	a, ok := res.Spec.(*throughline.Asset)
	if !ok || a.Decorative || len(a.Alt) > 0 || !strings.HasPrefix(a.File.Type, "image/") {
		return nil
	}
	return []throughline.Finding{{
		Rule: res.Ref().String() + "#" + string(throughline.CheckAltText), Stage: throughline.StageDeclare, Severity: throughline.Warn, Verdict: throughline.VerdictWarn,
		Object: res.Ref(), Got: "a picture without words", Want: "what is to be seen", Fix: "write spec.alt, or say that it is decorative: no template may show it before",
	}}
}

// Unread tells of copy that no slot takes: its words are held to nothing before one
// does, which is no pass.
func Unread(res throughline.Resource) throughline.Finding {
	role := ""
	if p, ok := throughline.PieceOf(res); ok {
		role = p.Role
	}
	return throughline.Finding{
		Rule: res.Ref().String() + "#role", Stage: throughline.StageDeclare, Severity: throughline.Info, Verdict: throughline.VerdictUnknown,
		Object: res.Ref(), Got: fmt.Sprintf("no slot of any template takes the role %q as it is filled here, so nothing of it was read", role),
		Want: "a slot that takes it", Fix: "give it the role and the labels of a slot, or a template a slot for it",
	}
}

// languages tells of the languages that a text is missing in, where a set asks
// for it: many a piece is not meant for all.
func (r *run) languages(x sample, f *throughline.Fragment) {
	if f.Type == throughline.List || x.spec.Type == throughline.Link || x.spec.Type == throughline.Image {
		return
	}
	if _, asked := r.judge.rule(throughline.CheckLocales, x.spec.Role, ""); !asked {
		return
	}
	var missing []string
	for _, locale := range r.locales {
		if _, found := f.Text(r.brand.Locales, locale); found != "" && !sameLanguage(found, locale) {
			missing = append(missing, locale)
		}
	}
	if len(missing) == 0 {
		return
	}
	r.says(x, throughline.CheckLocales, "", throughline.Finding{
		Got: "no text in " + strings.Join(missing, ", "), Want: "one in every language of the brand", Fix: "translate it; until then the text in " + r.brand.Locales.Default + " is shown",
	})
}

func sameLanguage(a, b string) bool {
	return throughline.MarketOf(a).Language == throughline.MarketOf(b).Language
}

// disclosures checks that what a market asks to be said can be said in every
// language it may be shown in.
func (r *run) disclosures() {
	for i := range r.template.Slots {
		s := &r.template.Slots[i]
		for _, name := range s.Requires {
			d := r.disclosureSpecs[name]
			if d == nil {
				continue
			}
			for _, locale := range r.locales {
				_, found := d.Text(r.brand.Locales, locale)
				if !throughline.MarketOf(locale).May(d.Markets) || found != "" && sameLanguage(found, locale) {
					continue
				}
				got := "nothing to say in " + locale
				if found != "" {
					got = "a text in " + found
				}
				x := sample{slot: -1, spec: s, name: name, object: throughline.Ref{Kind: throughline.KindDisclosure, Name: name}, locale: locale}
				r.says(x, throughline.CheckDisclosures, "", throughline.Finding{Got: got, Want: "the disclosure in " + locale, Fix: "write spec.texts." + locale})
			}
		}
	}
}

// labels reports whether a slot of the template says what a model made.
func labels(t *throughline.Template, specs map[string]*throughline.Disclosure) bool {
	return slices.ContainsFunc(t.Slots, func(s throughline.Slot) bool {
		return slices.ContainsFunc(s.Requires, func(name string) bool { return specs[name] != nil && specs[name].Synthetic })
	})
}
