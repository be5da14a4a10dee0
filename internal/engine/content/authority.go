package content

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine"
	"github.com/throughline-engine/throughline/internal/loop/assemble"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/record"
)

// area is what one change is about. Where unused is true nothing shows it yet,
// so it has no brand of its own and counts as one of whoever changes it.
type area struct {
	engine.Area
	ref    throughline.Ref
	unused bool
}

// authorise refuses changes that the caller does not have the right to make.
// Every refusal names the right, what it is missing over, and who has it.
func (c *Content) authorise(ctx context.Context, by engine.Caller, before, after declare.Set, changes []throughline.Change) error {
	if err := over(by, before, after, changes, func(k throughline.Kind) engine.Right { return engine.RightToChange(k) }); err != nil {
		return err
	}
	var last engine.Acceptance
	err := c.core.Record.State.View(ctx, func(r record.Reader) (err error) {
		last, err = engine.Accepted(r)
		return err
	})
	if err != nil {
		return err
	}
	return mayGive(by, ownersOf(before, last), before, after, changes)
}

// ownersOf returns the Person who is declared to own the engine and the one who
// accepted last, who are two while it is handed over.
func ownersOf(set declare.Set, last engine.Acceptance) (names []string) {
	for _, r := range set.Of(throughline.KindEngine) {
		names = append(names, r.Spec.(*throughline.Engine).Owner)
	}
	return append(names, last.Person)
}

// mayGive refuses roles given or taken that the caller does not have: who may
// change people could otherwise make themselves more. Nor does anybody but an
// owner change by which e-mail an owner signs in, or take an owner out.
func mayGive(by engine.Caller, owners []string, before, after declare.Set, changes []throughline.Change) error {
	var problems throughline.Problems
	for _, ch := range changes {
		if ch.Ref.Kind != throughline.KindPerson {
			continue
		}
		had, has := rolesOf(before, ch.Ref), rolesOf(after, ch.Ref)
		for _, g := range slices.Concat(without(has, had), without(had, has)) {
			if !by.MayGrant(g) {
				problems = append(problems, throughline.Errorf(throughline.Forbidden, "you may neither give nor take the role %s here: you do not have it so far yourself", g.Role).
					At(ch.Ref.String()).In(ch.Ref, "spec.roles").WithFix("ask the engine's owner"))
			}
		}
		owns := slices.Contains(owners, ch.Ref.Name)
		if ch.Action == throughline.Delete && owns && !by.Owner {
			problems = append(problems, throughline.Errorf(throughline.Forbidden, "%s owns the engine, or is to, and only the owner takes them out", ch.Ref).
				At(ch.Ref.String()).In(ch.Ref, "").WithFix("ask the engine's owner"))
		}
		if !mayAddress(by, owns, before, after, ch.Ref, had) {
			problems = append(problems, throughline.Errorf(throughline.Forbidden, "you may not change the e-mail of %s, who may more than you: by it they sign in", ch.Ref).
				At(ch.Ref.String()).In(ch.Ref, "spec.email").WithFix("ask the engine's owner"))
		}
	}
	return problems.Err()
}

// mayAddress reports whether the caller may say which e-mail a person has who had
// those roles. A sign-in provider that is trusted with e-mails lets in whoever has
// it, so that it is worth as much as the roles.
func mayAddress(by engine.Caller, owns bool, before, after declare.Set, ref throughline.Ref, had []throughline.Grant) bool {
	if by.Owner || emailOf(before, ref) == emailOf(after, ref) {
		return true
	}
	return !owns && !slices.ContainsFunc(had, func(g throughline.Grant) bool { return !by.MayGrant(g) })
}

func emailOf(set declare.Set, ref throughline.Ref) string {
	if r, ok := set.Get(ref); ok {
		return r.Spec.(*throughline.Person).Email
	}
	return ""
}

func rolesOf(set declare.Set, ref throughline.Ref) []throughline.Grant {
	if r, ok := set.Get(ref); ok {
		return r.Spec.(*throughline.Person).Roles
	}
	return nil
}

// without returns the grants that the others do not have just so.
func without(grants, others []throughline.Grant) (left []throughline.Grant) {
	for _, g := range grants {
		if !slices.ContainsFunc(others, func(o throughline.Grant) bool { return reflect.DeepEqual(g, o) }) {
			left = append(left, g)
		}
	}
	return left
}

// mayApprove refuses a caller who may not approve all of the changes.
func mayApprove(by engine.Caller, before, after declare.Set, changes []throughline.Change) error {
	return over(by, before, after, changes, func(throughline.Kind) engine.Right { return engine.RightApprove })
}

func over(by engine.Caller, before, after declare.Set, changes []throughline.Change, right func(throughline.Kind) engine.Right) error {
	if by.Owner && len(by.Limits) == 0 {
		return nil
	}
	reach := newReach(before, after)
	var problems throughline.Problems
	for _, ch := range changes {
		need, a := right(ch.Ref.Kind), reach.area(ch)
		if mayOver(by, need, a) {
			continue
		}
		if problems.Add(refusal(by, need, a, after)); len(problems) == maxRefusals {
			break
		}
	}
	return problems.Err()
}

// maxRefusals is how many refusals one change is told of.
const maxRefusals = 10

// mayOver reports whether the caller has the right over an area.
func mayOver(by engine.Caller, right engine.Right, a area) bool {
	if by.May(right, a.Area) {
		return true
	}
	if !a.unused {
		return false
	}
	return slices.ContainsFunc(slices.Concat(by.Grants, by.Limits), func(g throughline.Grant) bool {
		mine := a.Area
		mine.Brands = g.Brands
		return by.May(right, mine)
	})
}

func refusal(by engine.Caller, right engine.Right, a area, set declare.Set) error {
	e := throughline.Errorf(throughline.Forbidden, "you may not %s here: %s needs the right %s over %s", right.Words(), a.ref, right, a.words()).
		At(a.ref.String()).In(a.ref, "")
	if by.Stranger() {
		e.Code = throughline.Unauthorized
	}
	return e.WithFix("%s", whoMay(right, a, set))
}

// words say what an area is: the kind Fragment, the brand acme and the market de.
func (a area) words() string {
	parts := []string{"the kind " + string(a.Kind)}
	if len(a.Brands) > 0 {
		parts = append(parts, counted("brand", a.Brands))
	}
	if len(a.Markets) > 0 {
		parts = append(parts, counted("market", a.Markets))
	} else {
		parts = append(parts, "every market")
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

func counted(what string, names []string) string {
	if len(names) > 1 {
		what += "s"
	}
	return "the " + what + " " + strings.Join(names, ", ")
}

// whoMay names the people who have a right over an area, the owner last.
func whoMay(right engine.Right, a area, set declare.Set) string {
	names := peopleWho(right, []area{a}, set, "")
	if len(names) == 0 {
		return "ask the engine's owner"
	}
	const most = 4
	if more := len(names) - most; more > 0 {
		names = append(names[:most:most], fmt.Sprintf("%d more", more))
	}
	return "ask " + strings.Join(names, " or ")
}

// peopleWho returns the names of everybody declared, but one, who has the right
// over all of the areas; the owner last.
func peopleWho(right engine.Right, areas []area, set declare.Set, but string) (names []string) {
	owner := ""
	for _, r := range set.Of(throughline.KindEngine) {
		owner = r.Spec.(*throughline.Engine).Owner
	}
	last := ""
	for _, r := range set.Of(throughline.KindPerson) {
		p := r.Spec.(*throughline.Person)
		switch r.Metadata.Name {
		case but:
			continue
		case owner:
			last = p.Name
			continue
		}
		c := engine.Caller{Actor: throughline.Actor{Kind: throughline.ActorPerson, ID: r.Metadata.Name}, Grants: p.Roles}
		if !slices.ContainsFunc(areas, func(a area) bool { return !mayOver(c, right, a) }) {
			names = append(names, p.Name)
		}
	}
	if last != "" {
		names = append(names, last+", who owns the engine")
	}
	return names
}

// approversBut returns the names of everybody but one who may approve.
func approversBut(person string, areas []area, set declare.Set) []string {
	return peopleWho(engine.RightApprove, areas, set, person)
}

// reach finds the brands that use a thing. A template is of its brand; what
// templates and placements use is of theirs; what names nothing is of all.
type reach struct {
	before, after declare.Set
	brands        map[throughline.Ref][]string // by what templates and placements name
	all           []string
}

func newReach(before, after declare.Set) *reach {
	r := &reach{before: before, after: after, brands: map[throughline.Ref][]string{}}
	for _, set := range []declare.Set{before, after} {
		for _, b := range set.Of(throughline.KindBrand) {
			r.all = appendOnce(r.all, b.Metadata.Name)
		}
		for _, t := range set.Of(throughline.KindTemplate) {
			spec := t.Spec.(*throughline.Template)
			r.use(spec.Brand, throughline.KindTemplate, t.Metadata.Name)
			r.use(spec.Brand, throughline.KindBrief, spec.Brief)
			for _, rendering := range spec.Renderings {
				r.use(spec.Brand, throughline.KindChannel, rendering.Channel)
			}
		}
		for _, p := range set.Of(throughline.KindPlacement) {
			r.placement(set, p)
		}
	}
	return r
}

func (r *reach) placement(set declare.Set, p throughline.Resource) {
	spec := p.Spec.(*throughline.Placement)
	t := declare.Spec[*throughline.Template](set, spec.Template)
	if t == nil {
		return
	}
	for kind, name := range map[throughline.Kind]string{
		throughline.KindPlacement: p.Metadata.Name, throughline.KindChannel: spec.Channel, throughline.KindBrief: spec.Brief,
		throughline.KindAudience: spec.Audience, throughline.KindGoal: spec.Goal,
	} {
		r.use(t.Brand, kind, name)
	}
}

func (r *reach) use(brand string, kind throughline.Kind, name string) {
	if name != "" {
		ref := throughline.Ref{Kind: kind, Name: name}
		r.brands[ref] = appendOnce(r.brands[ref], brand)
	}
}

// area returns what a change is about, before and after it.
func (r *reach) area(ch throughline.Change) area {
	a := area{Area: engine.Area{Kind: ch.Ref.Kind}, ref: ch.Ref}
	old, _ := r.before.Get(ch.Ref)
	now, _ := r.after.Get(ch.Ref)
	switch ch.Ref.Kind {
	case throughline.KindEngine, throughline.KindPerson, throughline.KindTeam, throughline.KindStewardship:
		return a // of no brand: who is limited to some does not touch them
	case throughline.KindBrand:
		a.Brands = []string{ch.Ref.Name}
	case throughline.KindGuardrail:
		a.Brands = r.guarded(old, now)
	case throughline.KindFragment, throughline.KindAsset:
		a.Brands = r.filled(old, now)
		a.Markets = markets(ch, old, now)
	default:
		a.Brands = slices.Clone(r.brands[ch.Ref])
	}
	slices.Sort(a.Brands)
	a.unused = len(a.Brands) == 0
	return a
}

// guarded returns the brands whose templates a guardrail looks at.
func (r *reach) guarded(revisions ...throughline.Resource) (brands []string) {
	for _, rev := range revisions {
		g, ok := rev.Spec.(*throughline.Guardrail)
		if !ok {
			continue
		}
		if len(g.Match.Templates) == 0 {
			return slices.Clone(r.all)
		}
		for _, name := range g.Match.Templates {
			for _, b := range r.brands[throughline.Ref{Kind: throughline.KindTemplate, Name: name}] {
				brands = appendOnce(brands, b)
			}
		}
	}
	return brands
}

// filled returns the brands of the templates that a piece may fill.
func (r *reach) filled(revisions ...throughline.Resource) (brands []string) {
	for _, rev := range revisions {
		p, ok := throughline.PieceOf(rev)
		if !ok {
			continue
		}
		for _, set := range []declare.Set{r.before, r.after} {
			for _, t := range set.Of(throughline.KindTemplate) {
				spec := t.Spec.(*throughline.Template)
				if slices.ContainsFunc(spec.Slots, func(s throughline.Slot) bool { return fills(p, s) }) {
					brands = appendOnce(brands, spec.Brand)
				}
			}
		}
	}
	return brands
}

// fills reports whether a piece is among those that a slot takes.
func fills(p throughline.Piece, s throughline.Slot) bool { return assemble.Unfit(&s, p) == "" }

// markets returns the locales whose text alone a change touches; none where it
// touches more, which is every market. A fragment that comes or goes is about
// the locales it has.
func markets(ch throughline.Change, old, now throughline.Resource) (locales []string) {
	const values = "spec.values."
	switch ch.Action {
	case throughline.Create, throughline.Delete:
		for _, r := range []throughline.Resource{old, now} {
			if f, ok := r.Spec.(*throughline.Fragment); ok {
				for locale := range f.Values {
					locales = appendOnce(locales, locale)
				}
			}
		}
	default:
		for _, f := range ch.Fields {
			locale, ok := strings.CutPrefix(f.Path, values)
			if !ok {
				return nil
			}
			locales = appendOnce(locales, locale)
		}
	}
	slices.Sort(locales)
	return locales
}

func appendOnce(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
