package declare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
)

// deputy checks who acts for somebody: another who exists.
func (v *validator) deputy(name, of string) {
	v.ref("spec.deputy", throughline.KindPerson, name)
	if name != "" && name == of {
		v.problem("spec.deputy", "%s cannot be the deputy of %s", name, of).WithFix("name somebody else, or leave it out")
	}
}

// team checks that its people exist and are in no other team.
func (v *validator) team(t *throughline.Team) {
	if len(t.People) == 0 {
		v.problem("spec.people", "a team has people").WithFix("name those who are in it")
	}
	for i, name := range t.People {
		field := fmt.Sprintf("spec.people[%d]", i)
		v.required(field, throughline.KindPerson, name)
		if slices.Contains(t.People[:i], name) {
			v.problem(field, "%s is named twice", name).WithFix("name everybody once")
		}
		for other := range v.set.Each(throughline.KindTeam) {
			if other.Metadata.Name < v.subject.Metadata.Name && slices.Contains(other.Spec.(*throughline.Team).People, name) {
				v.problem(field, "%s is in %s already", name, other.Ref()).WithFix("take them out of one of the two: what is counted by team counts each person once")
			}
		}
	}
}

// stewardship checks what it is about, and that nobody else answers for the same.
func (v *validator) stewardship(s *throughline.Stewardship) {
	v.required("spec.person", throughline.KindPerson, s.Person)
	v.deputy(s.Deputy, s.Person)
	if len(s.Kinds) == 0 {
		v.problem("spec.kinds", "a stewardship is about some kinds of things").WithFix("name them, such as [Template, Fragment]")
	}
	for i, k := range s.Kinds {
		if !slices.Contains(throughline.Kinds(), k) {
			v.problem(fmt.Sprintf("spec.kinds[%d]", i), "there is no kind %q", k).WithFix("write it as in a resource, such as Fragment")
		}
	}
	for i, p := range s.Names {
		field := fmt.Sprintf("spec.names[%d]", i)
		if begin, open := strings.CutSuffix(p, "*"); strings.Contains(begin, "*") || !open && !throughline.ValidName(p) {
			v.problem(field, "%q is neither a name nor the beginning of one", p).WithFix("write a name, or how it begins and one * at the end, such as mail.*")
		}
		v.alone(field, s, p)
	}
	if len(s.Names) == 0 {
		v.alone("spec.kinds", s, "*")
	}
}

// alone tells of another stewardship of the same things. One that is about fewer of
// them is none: it comes first.
func (v *validator) alone(field string, s *throughline.Stewardship, pattern string) {
	for other := range v.set.Each(throughline.KindStewardship) {
		o := other.Spec.(*throughline.Stewardship)
		if other.Metadata.Name >= v.subject.Metadata.Name || !slices.Contains(o.Patterns(), pattern) {
			continue
		}
		for _, k := range s.Kinds {
			if slices.Contains(o.Kinds, k) {
				v.problem(field, "%s is about every %s called %s too", other.Ref(), k, pattern).WithFix("let one of the two be about fewer things, or take it out: one person answers for each")
				return
			}
		}
	}
}
