package declare

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/rule"
	words "github.com/throughline-engine/throughline/internal/craft/text"
)

// Validate holds a set against every rule that joins resources to each other:
// names that exist, one engine with an owner, slots and locales that are well
// formed, rules that compile and cost little, renderings that can be filled,
// placements that always have something to show. All problems come at once, as
// throughline.Problems, each placed as Kind/name field and
// with the two apart for a form. A set that passes can be
// assembled and checked; whether anything is left to show is for assemble to say.
func Validate(set Set) error {
	v := validator{set: set, audience: rule.AudienceEnv(), emails: emails(set)}
	v.engine()
	v.names()
	for _, r := range set.sorted {
		v.resource(r)
	}
	return v.problems.Err()
}

// validator collects the problems of one set. Its subject is the resource whose
// turn it is.
type validator struct {
	set      Set
	subject  throughline.Resource
	audience *rule.Env
	emails   map[string]string // in small letters -> who is the first to have it
	problems throughline.Problems
}

// at places a field of a resource.
func at(r throughline.Resource, field string) string {
	if field == "" {
		return r.Ref().String()
	}
	return r.Ref().String() + " " + field
}

func (v *validator) problem(field, format string, args ...any) *throughline.Error {
	e := throughline.Errorf(throughline.Invalid, format, args...).At(at(v.subject, field)).In(v.subject.Ref(), field)
	v.problems = append(v.problems, e)
	return e
}

// add notes the problem of a craft, which knows what is wrong but not where.
func (v *validator) add(field string, err error) {
	var found throughline.Problems
	found.Add(err)
	for _, e := range found {
		place, inner := at(v.subject, field), field
		if e.Place != "" { // a rendering's html or fields.title, with line and column
			place += " " + e.Place
			inner += "." + strings.SplitN(e.Place, ":", 2)[0]
		}
		v.problems = append(v.problems, &throughline.Error{
			Code: e.Code, Message: e.Message, Place: place, Object: v.subject.Ref(), Field: inner, Fix: e.Fix, Err: e.Err,
		})
	}
}

// names checks that no fragment and asset have one name: a slot is filled by name
// alone.
func (v *validator) names() {
	for r := range v.set.Each(throughline.KindAsset) {
		if _, ok := v.set.Get(throughline.Ref{Kind: throughline.KindFragment, Name: r.Metadata.Name}); ok {
			v.subject = r
			v.problem("metadata.name", "Fragment/%s has the same name, and slots are filled by name", r.Metadata.Name).WithFix("give one of the two another name")
		}
	}
}

// engine checks that there is one engine and that somebody owns it.
func (v *validator) engine() {
	engines := v.set.Of(throughline.KindEngine)
	if len(engines) == 1 {
		return
	}
	left := "none"
	if len(engines) > 0 {
		left = strconv.Itoa(len(engines))
	}
	e := throughline.Errorf(throughline.Invalid, "an engine needs exactly one resource of the kind Engine, and this would leave %s", left).
		At("Engine").WithFix("declare one Engine with a title and an owner")
	if len(engines) > 1 {
		e.At(engines[1].Ref().String()).In(engines[1].Ref(), "").WithFix("keep one of %s", strings.Join(v.set.names(throughline.KindEngine), ", "))
	}
	v.problems = append(v.problems, e)
}

func (v *validator) resource(r throughline.Resource) {
	v.subject = r
	if r.APIVersion != throughline.APIVersion {
		v.problem("apiVersion", "apiVersion is %q", r.APIVersion).WithFix("write %s", throughline.APIVersion)
	}
	if !throughline.ValidName(r.Metadata.Name) {
		v.problem("metadata.name", "%q cannot be a name", r.Metadata.Name).WithFix("%s", nameFix)
	}
	v.ref("metadata.owner", throughline.KindPerson, r.Metadata.Owner)
	switch s := r.Spec.(type) {
	case *throughline.Engine:
		v.required("spec.owner", throughline.KindPerson, s.Owner)
		v.deputy(s.Deputy, s.Owner)
		v.address("spec.address", s.Address)
	case *throughline.Person:
		v.person(s)
	case *throughline.Brand:
		v.brand(s)
	case *throughline.Brief:
		v.brief(s)
	case *throughline.Channel:
		v.channel(s)
	case *throughline.Audience:
		_, err := rule.Compile(v.audience, s.Rule)
		v.add("spec.rule", err)
	case *throughline.Goal:
		v.goal(s)
	case *throughline.Guardrail:
		v.guardrail(s)
	case *throughline.Template:
		v.template(s)
	case *throughline.Fragment:
		v.fragment(s)
	case *throughline.Placement:
		v.placement(s)
	case *throughline.Team:
		v.team(s)
	case *throughline.Stewardship:
		v.stewardship(s)
	case *throughline.Vocabulary:
		v.vocabulary(s)
	case *throughline.GuardrailSet:
		v.guardrailSet(s)
	case *throughline.Disclosure:
		v.disclosure(s)
	case *throughline.Claim:
		v.claim(s)
	case *throughline.Asset:
		v.asset(s)
	}
}

// ref checks that a named resource exists; an empty name is none.
func (v *validator) ref(field string, kind throughline.Kind, name string) bool {
	if name == "" {
		return false
	}
	if _, ok := v.set.Get(throughline.Ref{Kind: kind, Name: name}); ok {
		return true
	}
	v.problem(field, "there is no %s/%s", kind, name).
		WithFix("%s", suggest(name, v.set.names(kind), fmt.Sprintf("declare a resource of the kind %s with that name", kind)))
	return false
}

// required is ref for a name that may not be missing.
func (v *validator) required(field string, kind throughline.Kind, name string) bool {
	if name == "" {
		v.problem(field, "no %s is named", kind).WithFix("name one: %s", listed(v.set.names(kind)))
		return false
	}
	return v.ref(field, kind, name)
}

func (v *validator) refs(field string, kind throughline.Kind, names []string) {
	for i, name := range names {
		v.required(fmt.Sprintf("%s[%d]", field, i), kind, name)
	}
}

// address checks that an address is a host alone, which paths are put behind.
func (v *validator) address(field, address string) {
	if address == "" {
		return
	}
	u, err := url.Parse(address)
	local := err == nil && u.Scheme == "http" && (u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1")
	if err != nil || u.Scheme != "https" && !local || u.Host == "" || u.Path+u.RawQuery+u.Fragment != "" || u.User != nil {
		v.problem(field, "%q is not an address that paths can be put behind", address).WithFix("write https:// and the host, such as https://content.example.com, with nothing behind it")
	}
}

// suggest is the fix for a name that does not exist.
func suggest(name string, have []string, none string) string {
	if near := words.Nearest(name, have); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	if len(have) == 0 {
		return none
	}
	return "there are " + listed(have)
}

func listed(names []string) string {
	const most = 8
	if len(names) == 0 {
		return "there is none yet"
	}
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

func (v *validator) length(field string, l *throughline.Length) {
	switch {
	case l == nil:
	case l.Min < 0 || l.Max < 0:
		v.problem(field, "a length cannot be negative").WithFix("leave out min or max where there is no bound")
	case l.Max > 0 && l.Min > l.Max:
		v.problem(field, "min %d is above max %d", l.Min, l.Max).WithFix("let min be at most max")
	case l.Min == 0 && l.Max == 0:
		v.problem(field, "the length bounds nothing").WithFix("give min, max or both, or leave it out")
	}
}

// locale checks that a tag is well formed, known and in its canonical case.
func (v *validator) locale(field, tag string) {
	parsed, err := language.Raw.Parse(tag)
	if err != nil {
		v.problem(field, "%q is not a language", tag).WithFix("write a BCP 47 tag, such as en, de-AT or pt-BR")
		return
	}
	if parsed.String() != tag {
		v.problem(field, "%q is not how the language is written", tag).WithFix("write %s", parsed)
	}
}

func (v *validator) brief(b *throughline.Brief) {
	v.ref("spec.audience", throughline.KindAudience, b.Audience)
	v.ref("spec.goal", throughline.KindGoal, b.Goal)
	if b.Due == "" {
		return
	}
	if _, err := time.Parse(time.DateOnly, b.Due); err != nil {
		v.problem("spec.due", "%q is not a day", b.Due).WithFix("write it as YYYY-MM-DD")
	}
}

func (v *validator) goal(g *throughline.Goal) {
	if strings.TrimSpace(g.Event) == "" {
		v.problem("spec.event", "no event reaches the goal").WithFix("name the tracked event, such as Order Completed")
	}
	if g.Window <= 0 {
		v.problem("spec.window", "the window is %s long, so that no outcome could count", g.Window).WithFix("write how long an outcome counts: 30m, 24h or 7d")
	}
	if g.Value < 0 {
		v.problem("spec.value", "the value is negative").WithFix("write what reaching the goal is worth, or leave it out")
	}
}

// guardrail checks that a guardrail is one rule and that its rule can be asked.
func (v *validator) guardrail(g *throughline.Guardrail) {
	var rules []string
	for name, set := range map[string]bool{"forbid": len(g.Forbid) > 0, "require": len(g.Require) > 0, "length": g.Length != nil, "assert": g.Assert != ""} {
		if set {
			rules = append(rules, name)
		}
	}
	slices.Sort(rules)
	switch len(rules) {
	case 0:
		v.problem("spec", "the guardrail has no rule").WithFix("give it one of forbid, require, length and assert")
	case 1:
	default:
		v.problem("spec", "the guardrail has %d rules: %s", len(rules), strings.Join(rules, ", ")).WithFix("make a guardrail of each")
	}
	v.length("spec.length", g.Length)
	v.blank("spec.forbid", g.Forbid)
	v.blank("spec.require", g.Require)
	v.match("spec.match", g.Match)
	if g.Assert != "" {
		v.assert(g)
	}
}

func (v *validator) blank(field string, texts []string) {
	for i, s := range texts {
		if strings.TrimSpace(s) == "" {
			v.problem(fmt.Sprintf("%s[%d]", field, i), "the word is empty").WithFix("write a word, or remove the entry")
		}
	}
}

// assert compiles a guardrail's rule for every template it names, or, where it
// names none, for all slots there are: it then holds for the templates that have
// the slots it reads.
func (v *validator) assert(g *throughline.Guardrail) {
	if len(g.Match.Roles) > 0 {
		v.problem("spec.match.roles", "an assert is about a whole variant, and roles are of single slots").WithFix("remove roles; the rule names the slots it reads")
	}
	if len(g.Match.Templates) == 0 {
		program, err := rule.Compile(rule.VariantEnv(v.allSlots()), g.Assert)
		v.add("spec.assert", err)
		if err == nil && !v.together(program.Variables()) {
			v.problem("spec.assert", "no template has all the slots the rule reads: %s", strings.Join(program.Variables(), ", ")).
				WithFix("make a guardrail for each template, and name it in match.templates")
		}
		return
	}
	for _, name := range g.Match.Templates {
		if t := Spec[*throughline.Template](v.set, name); t != nil {
			_, err := rule.Compile(rule.VariantEnv(slotNames(t)), g.Assert)
			v.add("spec.assert", err)
		}
	}
}

// together reports whether one template has all the slots among the variables.
func (v *validator) together(variables []string) bool {
	wanted := slices.DeleteFunc(variables, rule.Reserved)
	return slices.ContainsFunc(v.set.Of(throughline.KindTemplate), func(r throughline.Resource) bool {
		have := slotNames(r.Spec.(*throughline.Template))
		return !slices.ContainsFunc(wanted, func(s string) bool { return !slices.Contains(have, s) })
	})
}

func (v *validator) allSlots() []string {
	var all []string
	for _, r := range v.set.Of(throughline.KindTemplate) {
		all = append(all, slotNames(r.Spec.(*throughline.Template))...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func slotNames(t *throughline.Template) []string {
	names := make([]string, len(t.Slots))
	for i, s := range t.Slots {
		names[i] = s.Name
	}
	return names
}
