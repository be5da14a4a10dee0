package declare

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
)

// shellPerson precedes, in an event's actor, the name of somebody at a shell:
// no Person is called so.
const shellPerson = "os/"

// marketForm is a language (de), a region (CH), or both (de-CH) with or without
// a script between them.
const marketForm = `^([a-z]{2,3}|[A-Z]{2}|[0-9]{3}|[a-z]{2,3}(-[A-Z][a-z]{3})?-([A-Z]{2}|[0-9]{3}))$`

// CheckGrants returns what is wrong with the form of a list of grants, as
// throughline.Problems whose fields are below field, or nil. Whether the brands
// exist is for Validate to say.
func CheckGrants(field string, grants []throughline.Grant) error {
	var problems throughline.Problems
	bad := func(at, format string, args ...any) *throughline.Error {
		e := throughline.Errorf(throughline.Invalid, format, args...).At(at)
		problems = append(problems, e)
		return e
	}
	market := regexp.MustCompile(marketForm)
	for i, g := range grants {
		at := fmt.Sprintf("%s[%d]", field, i)
		if !slices.Contains(throughline.Roles(), g.Role) {
			bad(at+".role", "there is no role %q", g.Role).WithFix("roles are %s", joinRoles())
		}
		for j, m := range g.Markets {
			if !market.MatchString(m) {
				bad(fmt.Sprintf("%s.markets[%d]", at, j), "%q is no market", m).WithFix("write a language (de), a region (CH) or both (de-CH)")
			}
		}
		for j, k := range g.Kinds {
			if !slices.Contains(throughline.Kinds(), k) {
				bad(fmt.Sprintf("%s.kinds[%d]", at, j), "there is no kind %q", k).WithFix("write it as in a resource, such as Fragment")
			}
		}
	}
	return problems.Err()
}

func joinRoles() string {
	var all []string
	for _, r := range throughline.Roles() {
		all = append(all, string(r))
	}
	return strings.Join(all, ", ")
}

func (v *validator) person(p *throughline.Person) {
	if strings.HasPrefix(v.subject.Metadata.Name, shellPerson) {
		v.problem("metadata.name", "%s is kept for people at a shell", shellPerson).WithFix("choose another name")
	}
	var malformed throughline.Problems
	malformed.Add(CheckGrants("spec.roles", p.Roles))
	for _, e := range malformed {
		v.problem(e.Place, "%s", e.Message).WithFix("%s", e.Fix)
	}
	if p.Email != "" && !isEmail(p.Email) {
		v.problem("spec.email", "%q is not an e-mail", p.Email).WithFix("write it like ana@example.com, or leave it out")
	}
	if first := v.emails[strings.ToLower(p.Email)]; p.Email != "" && first != v.subject.Metadata.Name {
		v.problem("spec.email", "%s is the e-mail of Person/%s too, so that it would let in neither", p.Email, first).WithFix("give one of them another, or none")
	}
	for i, g := range p.Roles {
		for j, b := range g.Brands {
			v.required(fmt.Sprintf("spec.roles[%d].brands[%d]", i, j), throughline.KindBrand, b)
		}
	}
}

// isEmail reports whether a text has the outline of an address. Whether anybody
// reads there, nothing can tell.
func isEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && !strings.Contains(domain, "@") && len(s) <= 254 &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`<>(),;:"\\`, r) })
}

// emails returns, for each e-mail in small letters, the first Person who has it.
func emails(set Set) map[string]string {
	first := map[string]string{}
	for _, r := range set.Of(throughline.KindPerson) {
		mail := strings.ToLower(r.Spec.(*throughline.Person).Email)
		if _, taken := first[mail]; !taken {
			first[mail] = r.Metadata.Name
		}
	}
	return first
}
