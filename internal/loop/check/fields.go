package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/markup"
	"github.com/throughline-engine/throughline/internal/craft/shown"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// maxFillings is in how many ways one field may be filled and still be checked
// in all of them.
const maxFillings = 200_000

// fields checks what the fields of the rendering become once they are filled,
// against what the channel and its surface allow.
func (r *run) fields() error {
	rendering := r.template.Rendering(r.Channel.Metadata.Name)
	if rendering == nil {
		return nil
	}
	rules := maps.Clone(r.channel.Surface.Fields())
	if rules == nil {
		rules = map[string]throughline.FieldRule{}
	}
	own := throughline.Block
	if r.channel.Surface.Cuts() {
		own = throughline.Warn
	}
	for _, name := range slices.Sorted(maps.Keys(r.channel.Fields)) {
		rules[name] = r.channel.Fields[name]
	}
	for _, name := range slices.Sorted(maps.Keys(rules)) {
		f := field{run: r, name: name, rule: rules[name], own: own}
		if _, set := r.channel.Fields[name]; set {
			f.own = throughline.Block
		}
		if err := f.check(rendering.Fields[name]); err != nil {
			return err
		}
	}
	return nil
}

// field is one field of a rendering.
type field struct {
	*run
	name  string
	rule  throughline.FieldRule
	own   throughline.Severity
	drawn *markup.Markup
	reads []int // slots, ascending
	known map[string]string
}

func (f *field) ruleName() string { return f.Channel.Ref().String() + "#" + f.name }

func (f *field) check(source string) error {
	if source == "" {
		if f.rule.Required {
			f.template("no field "+f.name, "one: "+f.Channel.Ref().String()+" needs it", "add it to the rendering's fields")
		}
		return nil
	}
	var err error
	f.drawn, err = markup.Compile(throughline.Rendering{Fields: map[string]string{f.name: source}}, f.run.template.Placeholders(), f.brand.Values(""))
	if err != nil {
		return err // which declaring refuses
	}
	for i, s := range f.Assembly.Slots {
		if strings.Contains(source, "{{"+s.Name+"}}") || strings.Contains(source, "{{#"+s.Name+"}}") || strings.Contains(source, "{{"+s.Name+".") {
			f.reads = append(f.reads, i)
		}
	}
	f.links(source)
	f.pictures()
	ways := 1
	for _, s := range f.reads {
		ways = min(ways*len(f.Assembly.Slots[s].Choices), maxFillings+1)
	}
	if ways > maxFillings {
		f.template(fmt.Sprintf("more than %d ways to fill the field %s", maxFillings, f.name), "fewer, so that each can be checked", "use fewer slots in it")
		return nil
	}
	for _, locale := range f.locales {
		f.known = map[string]string{}
		f.lengths(locale)
	}
	return nil
}

// template tells of what is the template's.
func (f *field) template(got, want, fix string) {
	stage, severity, speaks := f.judge.speaks(throughline.CheckLength, throughline.Block, "", "")
	if !speaks {
		return
	}
	f.findings = append(f.findings, f.judge.settle(throughline.Finding{
		Rule: f.ruleName(), Stage: stage, Severity: severity, Object: f.Template.Ref(), Template: f.Template.Metadata.Name,
		Channel: f.Channel.Metadata.Name, Got: got, Want: want, Fix: fix,
	}))
}

// links checks a field that is an address by itself.
func (f *field) links(source string) {
	if f.rule.Picture != nil || !strings.HasPrefix(source, "http") || strings.Contains(source, "{{") {
		return
	}
	rules, own := f.linkRules()
	for _, i := range shown.Target(source, rules) {
		if stage, severity, speaks := f.judge.speaks(throughline.CheckLinks, own, "", ""); speaks {
			f.findings = append(f.findings, f.judge.settle(throughline.Finding{
				Rule: f.run.rule(throughline.CheckLinks), Stage: stage, Severity: severity, Object: f.Template.Ref(), Template: f.Template.Metadata.Name,
				Channel: f.Channel.Metadata.Name, Got: i.Got + " in the field " + f.name, Want: i.Want, Fix: i.Fix,
			}))
		}
	}
}

// pictures checks the files behind a field of pictures.
func (f *field) pictures() {
	if f.rule.Picture == nil {
		return
	}
	for _, s := range f.reads {
		slot := f.Assembly.Slots[s]
		spec, _ := f.run.template.Slot(slot.Name)
		for c, choice := range slot.Choices {
			a, ok := f.pieces[choice.Piece].Spec.(*throughline.Asset)
			if !ok {
				continue
			}
			if why := f.rule.Picture.Unfit(a.File); why != "" {
				x := sample{slot: s, choice: c, spec: spec, name: choice.Piece, object: choice.Ref()}
				f.says(x, throughline.CheckPicture, "", throughline.Finding{
					Rule: f.ruleName(), Got: choice.Piece + " " + why, Want: "a picture for the field " + f.name, Fix: "take in one that fits, or narrow the slot with its picture rule",
				})
			}
		}
	}
}

// lengths asks every candidate what the field becomes. A field of one slot is
// told of with the piece, another with the template and how many it fails for.
func (f *field) lengths(locale string) {
	if f.rule.Length == nil && !f.rule.Required {
		return
	}
	if len(f.reads) == 1 {
		s := f.reads[0]
		slot := f.Assembly.Slots[s]
		spec, _ := f.run.template.Slot(slot.Name)
		for c, choice := range slot.Choices {
			if got, want := f.breaks(f.fill(locale, map[int]int{s: c})); got != "" {
				x := sample{s, c, spec, choice.Piece, choice.Ref(), locale, choice.Text[locale]}
				f.says(x, throughline.CheckLength, f.own, throughline.Finding{Rule: f.ruleName(), Got: got, Want: want, Fix: "shorten it for " + f.Channel.Metadata.Name})
			}
		}
		return
	}
	failing, example, wanted, first := map[int]bool{}, "", "", 0
	for i, filling := range f.Assembly.Candidates {
		at := map[int]int{}
		key := ""
		for _, s := range f.reads {
			at[s] = int(filling[s])
			key += fmt.Sprint(filling[s], " ")
		}
		got, seen := f.known[key]
		if !seen {
			var want string
			if got, want = f.breaks(f.fill(locale, at)); got != "" && wanted == "" {
				wanted = want
			}
			f.known[key] = got
		}
		if got == "" {
			continue
		}
		if len(failing) == 0 {
			example, first = got, i
		}
		failing[i] = true
	}
	stage, severity, speaks := f.judge.speaks(throughline.CheckLength, f.own, "", locale)
	if len(failing) == 0 || !speaks {
		return
	}
	f.refuse(throughline.Finding{
		Rule: f.ruleName(), Stage: stage, Severity: severity, Object: f.Template.Ref(), Template: f.Template.Metadata.Name,
		Channel: f.Channel.Metadata.Name, Locale: locale, Got: example + ", for example with " + f.describe(first), Want: wanted,
		Fix: "shorten what it is made of, or add a constraint that keeps the longest apart", Variants: len(failing),
	}, failing)
}

// fill returns the field with choices in the slots it reads.
func (f *field) fill(locale string, at map[int]int) string {
	values := map[string]string{}
	for s, c := range at {
		choice := f.Assembly.Slots[s].Choices[c]
		values[f.Assembly.Slots[s].Name] = f.worst(choice.Text[locale])
		values[f.Assembly.Slots[s].Name+throughline.AltSuffix] = choice.Alt[locale]
	}
	return f.drawn.Fields(values)[f.name]
}

// breaks says what a filled field is and should be; nothing where it keeps its
// rule.
func (f *field) breaks(filled string) (got, want string) {
	lines := []string{filled}
	if f.rule.Most > 0 {
		lines = strings.Split(strings.TrimSpace(filled), "\n")
		if len(lines) > f.rule.Most {
			return fmt.Sprintf("%d texts in the field %s", len(lines), f.name), fmt.Sprintf("at most %d", f.rule.Most)
		}
	}
	if strings.TrimSpace(filled) == "" {
		if f.rule.Required {
			return "an empty field " + f.name, "something in it"
		}
		return "", ""
	}
	if f.rule.Length == nil {
		return "", ""
	}
	for _, line := range lines {
		l := f.rule.Length
		switch n := text.Measure(line, l.Unit); {
		case l.Max > 0 && n > l.Max:
			return fmt.Sprintf("%d %s in the field %s", n, text.Unit(n, l.Unit), f.name), fmt.Sprintf("at most %d", l.Max)
		case n < l.Min:
			return fmt.Sprintf("%d %s in the field %s", n, text.Unit(n, l.Unit), f.name), fmt.Sprintf("at least %d", l.Min)
		}
	}
	return "", ""
}
