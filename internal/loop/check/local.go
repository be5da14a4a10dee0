package check

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/markup"
	"github.com/throughline-engine/throughline/internal/craft/shown"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// sample is one text in one slot and one language.
type sample struct {
	slot   int
	choice int
	spec   *throughline.Slot
	name   string // the piece's
	object throughline.Ref
	locale string // empty for what is about the piece as a whole
	text   string
}

// slot checks every choice of one slot in every language, as far as it was not
// asked before.
func (r *run) slot(s int, context throughline.Digest) {
	slot := r.Assembly.Slots[s]
	spec, _ := r.template.Slot(slot.Name)
	if spec == nil {
		return // the assembly is of another template, which activate refuses
	}
	bounds := r.bounds(spec)
	for c, choice := range slot.Choices {
		if choice.Piece == "" || choice.Kind == throughline.KindDisclosure {
			continue
		}
		key := r.key(context, spec, choice)
		if v, known := r.Memory.get(key); known {
			r.findings, r.choices[s][c] = append(r.findings, v.findings...), v.refused
			continue
		}
		before := len(r.findings)
		r.piece(s, c, spec)
		if choice.Kind != throughline.KindAsset { // a file has no words
			r.texts(s, c, spec, bounds)
		}
		r.Memory.put(key, verdict{slices.Clone(r.findings[before:]), r.choices[s][c]})
	}
}

// texts checks what a choice says in every language.
func (r *run) texts(s, c int, spec *throughline.Slot, bounds []bound) {
	choice := r.Assembly.Slots[s].Choices[c]
	for _, locale := range r.locales {
		x := sample{s, c, spec, choice.Piece, choice.Ref(), locale, choice.Text[locale]}
		if x.text == "" {
			continue
		}
		for _, b := range bounds {
			r.length(x, b)
		}
		if spec.Type == throughline.Link || spec.Type == throughline.Image {
			r.address(x)
			continue // an address has no words
		}
		r.brandTerms(x)
		r.words(x)
		for _, g := range r.local {
			r.guardrail(x, g)
		}
	}
}

// bound is a length and the rule it comes from.
type bound struct {
	rule     string
	severity throughline.Severity
	length   throughline.Length
	fix      string
	// guardrail tells one that somebody declared from the engine's own check.
	guardrail bool
}

// bounds returns the lengths a slot's texts must keep: the slot's own and the
// channel's for its role. In one unit they are one, the tighter on either side.
func (r *run) bounds(s *throughline.Slot) []bound {
	var all []bound
	if s.Length != nil {
		all = append(all, bound{r.Template.Ref().String() + "#length", throughline.Block, *s.Length, "", false})
	}
	limit, ok := r.channel.Limits[s.Role]
	if !ok {
		return all
	}
	channel := bound{r.Channel.Ref().String() + "#length", throughline.Block, limit, "", false}
	if len(all) == 0 || unit(all[0].length) != unit(limit) {
		return append(all, channel)
	}
	own := all[0].length
	if limit.Max > 0 && (own.Max == 0 || limit.Max < own.Max) {
		channel.length.Min = max(own.Min, limit.Min)
		return []bound{channel}
	}
	all[0].length.Min = max(own.Min, limit.Min)
	return all
}

func unit(l throughline.Length) throughline.LengthUnit {
	return cmp.Or(l.Unit, throughline.Grapheme)
}

func (r *run) length(x sample, b bound) {
	measured := r.worst(x.text)
	if x.spec.Type == throughline.RichText {
		measured = markup.Plain(measured)
	}
	n, u := text.Measure(measured, b.length.Unit), b.length.Unit
	f := throughline.Finding{Rule: b.rule, Severity: b.severity, Got: fmt.Sprintf("%d %s", n, text.Unit(n, u)), Fix: b.fix}
	switch {
	case b.length.Max > 0 && n > b.length.Max:
		f.Want = fmt.Sprintf("at most %d %s", b.length.Max, text.Unit(b.length.Max, u))
		f.Fix = cmp.Or(f.Fix, fmt.Sprintf("shorten it by %d", n-b.length.Max))
	case n < b.length.Min:
		f.Want = fmt.Sprintf("at least %d %s", b.length.Min, text.Unit(b.length.Min, u))
		f.Fix = cmp.Or(f.Fix, fmt.Sprintf("lengthen it by %d", b.length.Min-n))
	default:
		return
	}
	if len(text.Placeholders(x.text)) > 0 {
		f.Got += " with the longest personal fields"
	}
	if b.guardrail {
		f.Severity = b.severity
		r.tell(x, f)
		return
	}
	r.says(x, throughline.CheckLength, b.severity, f)
}

// address checks that a link or an image leads where the page may follow.
func (r *run) address(x sample) {
	if isAddress(x.text) {
		if x.spec.Type == throughline.Link {
			r.leads(x)
		}
		return
	}
	r.tell(x, throughline.Finding{
		Rule: r.Template.Ref().String() + "#type", Severity: throughline.Block,
		Got: x.text, Want: "an https address or a path that starts with /",
		Fix: "write it like https://example.com/page or /page",
	})
}

// leads holds the address of a link against the rules of the brand.
func (r *run) leads(x sample) {
	rules, own := r.linkRules()
	for _, i := range shown.Target(x.text, rules) {
		r.says(x, throughline.CheckLinks, own, throughline.Finding{Got: i.Got, Want: i.Want, Fix: i.Fix})
	}
}

// linkRules returns the brand's rules about links on the channel, and how grave a
// breach of them is.
func (r *run) linkRules() (rules shown.LinkRules, own throughline.Severity) {
	l := r.brand.Links
	if l == nil {
		return rules, ""
	}
	rules = shown.LinkRules{Hosts: l.Hosts, Except: l.Except, Lower: len(l.Params) > 0}
	for _, p := range l.Params {
		if matches(p.Channels, r.Channel.Metadata.Name) {
			rules.Params = append(rules.Params, shown.Param{Key: p.Name, Values: p.Values, Required: p.Required})
		}
	}
	return rules, l.Severity
}

func isAddress(s string) bool {
	if strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c == 0x7f || strings.ContainsRune("\\\"<>`", c) }) {
		return false
	}
	if host, ok := strings.CutPrefix(s, "https://"); ok {
		return host != "" && !strings.ContainsAny(host[:1], "/?#:@")
	}
	// Two slashes would be another host.
	return strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//")
}

func (r *run) brandTerms(x sample) {
	for i, t := range r.brand.Terms {
		if t.UnlessClaim && len(r.covers(x)) > 0 {
			continue
		}
		for _, m := range r.terms[i].Find(x.text) {
			want, fix := "another word", "use another word"
			if t.Prefer != "" {
				want, fix = t.Prefer, fmt.Sprintf("write %q", t.Prefer)
			}
			if t.Why != "" {
				fix += ": " + t.Why
			}
			r.says(x, throughline.CheckTerms, t.Severity, throughline.Finding{
				Span: &m.Span, Got: x.text[m.Span.Start:m.Span.End], Want: want, Fix: fix,
			})
		}
	}
}

func (r *run) guardrail(x sample, g guard) {
	if !matches(g.Match.Roles, x.spec.Role) || !matches(g.Match.Locales, x.locale) || !r.judge.asks(g.ref.Name, x.spec.Role, x.locale) {
		return
	}
	switch {
	case g.Guardrail.Length != nil:
		r.length(x, bound{g.ref.String(), g.severity, *g.Guardrail.Length, g.Fix, true})
	case len(g.Forbid) > 0:
		for _, m := range g.terms.Find(x.text) {
			word := g.terms.Word(m.Term)
			r.tell(x, throughline.Finding{
				Rule: g.ref.String(), Severity: g.severity, Span: &m.Span, Got: x.text[m.Span.Start:m.Span.End],
				Want: fmt.Sprintf("no %q", word), Fix: cmp.Or(g.Fix, fmt.Sprintf("say it without %q", word)),
			})
		}
	case len(g.Require) > 0 && len(g.terms.Find(x.text)) == 0:
		r.tell(x, throughline.Finding{
			Rule: g.ref.String(), Severity: g.severity, Got: x.text, Want: "one of: " + strings.Join(g.Require, ", "),
			Fix: cmp.Or(g.Fix, fmt.Sprintf("add %q", g.Require[0])),
		})
	}
}

// tellMost is how many places of one text a rule speaks of with one severity: who
// mends so many looks again.
const tellMost = 100

// spoken is what a rule says of one text, wherever in it.
type spoken struct {
	rule        string
	severity    throughline.Severity
	verdict     throughline.Verdict
	piece, slot string
	text        int // its number
}

// tell notes a finding about one text, once for all languages that show it, and
// refuses the choice when it blocks.
func (r *run) tell(x sample, f throughline.Finding) {
	if f.Stage == "" {
		f.Stage = throughline.StageAssemble
	}
	f.Object = x.object
	f = r.judge.settle(f)
	if f.Severity == throughline.Block && x.slot >= 0 {
		r.choices[x.slot][x.choice] = true
	}
	key := told{f.Rule, x.name, x.spec.Name, r.number(x.text), f.Want, start(f.Span)}
	if r.told[key] {
		return
	}
	r.told[key] = true
	sort := spoken{f.Rule, f.Severity, f.Verdict, x.name, x.spec.Name, key.text}
	if r.spoken[sort]++; r.spoken[sort] > tellMost {
		return
	}
	if r.spoken[sort] == tellMost {
		f.Fix += "; there may be more places in this text"
	}
	f.Template, f.Slot = r.Template.Metadata.Name, x.spec.Name
	f.Channel, f.Locale = r.Channel.Metadata.Name, r.written(x)
	r.findings = append(r.findings, f)
}

// number returns the number of a text, each having its own. Most questions are about
// the text of the one before, which costs nothing however long it is.
func (r *run) number(s string) int {
	if r.lastText == s && r.lastNumber > 0 {
		return r.lastNumber
	}
	n, known := r.numbers[s]
	if !known {
		n = len(r.numbers) + 1
		r.numbers[s] = n
	}
	r.lastText, r.lastNumber = s, n
	return n
}

// written returns the language in which the text is written, which is where it
// is to be mended: the one shown, or the one it falls back to.
func (r *run) written(x sample) string {
	if x.locale == "" {
		return ""
	}
	if f, ok := r.pieces[x.name].Spec.(*throughline.Fragment); ok {
		if _, found := f.Text(r.brand.Locales, x.locale); found != "" {
			return found
		}
	}
	return x.locale
}
