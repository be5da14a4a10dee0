package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/markup"
	"github.com/throughline-engine/throughline/internal/craft/style"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// rule names one of the engine's checks as the brand's: overrides go by it.
func (r *run) rule(use throughline.CheckName) string {
	return r.Brand.Ref().String() + "#" + string(use)
}

// says tells what a check found in a text, as the sets have it.
func (r *run) says(x sample, use throughline.CheckName, own throughline.Severity, f throughline.Finding) {
	stage, severity, speaks := r.judge.speaks(use, own, x.spec.Role, x.locale)
	if !speaks {
		return
	}
	f.Stage, f.Severity = stage, severity
	if f.Rule == "" {
		f.Rule = r.rule(use)
	}
	r.tell(x, f)
}

// words holds a text against what the brand and the engine ask of all texts.
func (r *run) words(x sample) {
	language, _, _ := strings.Cut(x.locale, "-")
	r.placeholders(x)
	r.styled(x, language)
	r.readable(x, language)
	r.claimed(x, language)
	r.personal(x)
	if x.spec.Type == throughline.RichText {
		r.marks(x)
	}
	if written := r.written(x); written == x.locale && text.FitOf(x.text, x.locale) == text.Other {
		said, _ := text.Language(x.text)
		r.says(x, throughline.CheckLocales, throughline.Warn, throughline.Finding{
			Got: "a text that reads like " + said, Want: "a text in " + x.locale, Fix: "translate it, or put it under its own language",
		})
	}
}

// worst is the text as it is at its longest: every placeholder as long as its
// field may be.
func (r *run) worst(s string) string {
	return text.Speak(s, r.brand.Personal, func(_ string, f throughline.PersonalField) string {
		return strings.Repeat("n", max(f.Max, text.Measure(f.Fallback, throughline.Grapheme)))
	})
}

// placeholders tells of those that name no field: they would be read as they are.
func (r *run) placeholders(x sample) {
	for _, p := range text.Placeholders(x.text) {
		if _, ok := r.brand.Personal[p.Field]; ok {
			continue
		}
		fix := "name a field of the brand's personal fields, such as {{person.first_name}}"
		if near := text.Nearest(p.Field, fields(r.brand)); near != "" {
			fix = "did you mean {{person." + near + "}}?"
		}
		r.says(x, throughline.CheckMarkup, "", throughline.Finding{
			Span: &p.Span, Got: x.text[p.Span.Start:p.Span.End], Want: "a field of the recipient that the brand knows", Fix: fix,
		})
	}
}

func fields(b *throughline.Brand) (names []string) {
	for name := range b.Personal {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// styled holds a text against the brand's rules of style.
func (r *run) styled(x sample, language string) {
	if len(r.styles) == 0 {
		return
	}
	scope := map[string]string{"headline": "heading"}[x.spec.Role]
	found := style.Check(r.styles, style.Text{Body: x.text, Scope: scope, Language: language})
	own := map[style.Level]throughline.Severity{style.Error: throughline.Block, style.Warning: throughline.Warn, style.Suggestion: throughline.Info, "": throughline.Info}
	for _, f := range found.Found {
		finding := throughline.Finding{
			Rule: r.rule(throughline.CheckStyle) + "." + f.Rule, Span: &f.Span, Got: x.text[f.Span.Start:f.Span.End], Want: f.Message,
			Fix: "see the rule " + f.Rule + " of the brand",
		}
		if len(f.Instead) > 0 {
			finding.Fix = fmt.Sprintf("write %q", f.Instead[0])
		}
		r.says(x, throughline.CheckStyle, own[f.Level], finding)
	}
	for _, u := range found.Unknown {
		r.says(x, throughline.CheckStyle, own[u.Level], throughline.Finding{
			Rule: r.rule(throughline.CheckStyle) + "." + u.Rule, Verdict: throughline.VerdictUnknown,
			Got: u.Why, Want: "an answer of the rule " + u.Rule, Fix: cmp.Or(u.Fix, "nothing, if the text is meant to be short"),
		})
	}
}

// readable holds a text against how hard the brand lets texts be.
func (r *run) readable(x sample, language string) {
	bound, ok := r.brand.Reading[x.locale]
	if !ok {
		if bound, ok = r.brand.Reading[language]; !ok {
			return
		}
	}
	metric := text.Metric(bound.Metric)
	if metric == "" {
		metric = text.LIX
		if usual := text.Metrics(language); len(usual) > 0 {
			metric = usual[0]
		}
	}
	counts := text.Count(x.text, language)
	score, known := counts.Score(metric)
	hard := score > bound.Max
	if metric.Ease() {
		hard = score < bound.Max
	}
	if known && hard {
		r.says(x, throughline.CheckReadability, "", throughline.Finding{
			Got: fmt.Sprintf("%s %.1f", metric, score), Want: fmt.Sprintf("%s of at most %g", metric, bound.Max),
			Fix: "use shorter sentences and shorter words",
		})
	}
	if bound.SentenceWords == 0 {
		return
	}
	for _, s := range text.Sentences(x.text, language) {
		if n := len(text.WordSpans(x.text[s.Start:s.End])); n > bound.SentenceWords {
			r.says(x, throughline.CheckReadability, "", throughline.Finding{
				Span: &s, Got: fmt.Sprintf("a sentence of %d words", n), Want: fmt.Sprintf("at most %d words", bound.SentenceWords), Fix: "make two sentences of it",
			})
		}
	}
}

// personal tells of what names a person.
func (r *run) personal(x sample) {
	for _, p := range text.Personal(x.text) {
		own := throughline.Warn
		if p.Kind == text.IBAN || p.Kind == text.Card || p.InURL {
			own = throughline.Block
		}
		where := "in the text"
		if p.InURL {
			where = "in an address, where every log on the way keeps it"
		}
		r.says(x, throughline.CheckPersonal, own, throughline.Finding{
			Span: &p.Span, Got: fmt.Sprintf("what looks like one %s %s", p.Kind, where), Want: "nothing that names a person", Fix: "take it out, or use a placeholder such as {{person.first_name}}",
		})
	}
}

// marks tells of what a rich text uses and its slot does not allow. A slot that
// names no marks allows all there are.
func (r *run) marks(x sample) {
	for _, m := range markup.Marks(x.text) {
		if m != markup.Beyond && (len(x.spec.Marks) == 0 || slices.Contains(x.spec.Marks, m)) {
			continue
		}
		got := string(m)
		if m == markup.Beyond {
			got = "a heading, quote, code, picture, numbered list or HTML"
		}
		r.says(x, throughline.CheckMarkup, "", throughline.Finding{
			Rule: r.Template.Ref().String() + "#marks",
			Got:  got, Want: "only " + allowed(x.spec.Marks), Fix: "write it without",
		})
	}
}

func allowed(marks []throughline.Mark) string {
	if len(marks) == 0 {
		marks = []throughline.Mark{throughline.Bold, throughline.Italic, throughline.LinkMark, throughline.Bullets}
	}
	var names []string
	for _, m := range marks {
		names = append(names, string(m))
	}
	return strings.Join(names, ", ")
}
