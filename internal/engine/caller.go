package engine

import (
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
)

// Right is something people may or may not do. Every route of every door names
// the one it needs.
type Right string

// The rights.
const (
	RightRead    Right = "read"    // see what is declared, what happens and the numbers
	RightMake    Right = "make"    // change Brief, Brand, Template, Fragment and Guardrail
	RightOperate Right = "operate" // change Channel, Audience, Goal and Placement; recipients, backups, keys that read or write
	RightApprove Right = "approve" // let somebody else's release go live
	RightPeople  Right = "people"  // invite people and say what they may do
	RightOwn     Right = "own"     // change the Engine itself, hand it over, keys that manage
)

// What a route needs beside the rights that roles give.
const (
	// Member is being signed in: the route is about whoever asks.
	Member Right = "member"
	// RightChange is any right to change something: the use case looks at what is
	// changed, and asks for the right over that.
	RightChange Right = "change"
)

// Known reports whether the right is one of those above.
func (r Right) Known() bool {
	return r.real() || r == Member || r == RightChange
}

// real reports whether people can have it.
func (r Right) real() bool {
	switch r {
	case RightRead, RightMake, RightOperate, RightApprove, RightPeople, RightOwn:
		return true
	}
	return false
}

// Words completes "you may not ...".
func (r Right) Words() string {
	switch r {
	case RightRead:
		return "read this engine"
	case RightMake:
		return "change content"
	case RightOperate:
		return "change how content is served"
	case RightApprove:
		return "approve releases"
	case RightPeople:
		return "invite people or change what they may do"
	case RightOwn:
		return "change the engine itself"
	case RightChange:
		return "change anything"
	}
	return "do this"
}

// RolesWith returns the roles that have a right, the widest first.
func RolesWith(right Right) (roles []throughline.Role) {
	for _, r := range throughline.Roles() {
		if (Caller{Actor: throughline.Actor{Kind: throughline.ActorPerson}, Grants: []throughline.Grant{{Role: r}}}).Has(right) {
			roles = append(roles, r)
		}
	}
	return roles
}

// rightsOf returns what a role may do.
func rightsOf(r throughline.Role) []Right {
	switch r {
	case throughline.Steward:
		return []Right{RightRead, RightMake, RightOperate, RightApprove, RightPeople}
	case throughline.Maker:
		return []Right{RightRead, RightMake}
	case throughline.Operator:
		return []Right{RightRead, RightOperate}
	case throughline.Approver:
		return []Right{RightRead, RightApprove}
	case throughline.Viewer:
		return []Right{RightRead}
	}
	return nil
}

// RightToChange returns the right that changing a resource of the kind needs.
func RightToChange(k throughline.Kind) Right {
	switch k {
	case throughline.KindEngine, throughline.KindStewardship:
		return RightOwn
	case throughline.KindPerson, throughline.KindTeam:
		return RightPeople
	case throughline.KindGuardrailSet: // it can let pass what a check refuses
		return RightApprove
	case throughline.KindChannel, throughline.KindAudience, throughline.KindGoal, throughline.KindPlacement:
		return RightOperate
	}
	return RightMake
}

// Area is what a change is about, as far as roles are scoped by it.
type Area struct {
	Kind throughline.Kind
	// Brands are the brands it belongs to or is used by.
	Brands []string
	// Markets are the locales whose text it changes; none means that it is about
	// all of them.
	Markets []string
}

// Caller is who asks a use case for something, and what they may do. The zero
// Caller is a stranger, who may do nothing.
type Caller struct {
	Actor throughline.Actor
	// Owner is true for the engine's owner, and for whoever holds the data
	// folder: both may do everything.
	Owner bool
	// Shell is true for whoever holds the data folder, and for keys made there.
	Shell bool
	// Grants are a person's roles, or those of the person a service acts for.
	Grants []throughline.Grant
	// Limits, when there are any, must allow it too: those of a service's key.
	Limits []throughline.Grant
}

// AtShell returns the caller of a command that opened the record itself. Whoever
// can read the data folder may do everything with it.
func AtShell(by throughline.Actor) Caller { return Caller{Actor: by, Owner: true, Shell: true} }

// Stranger reports whether nobody knows who it is.
func (c Caller) Stranger() bool { return c.Actor.Kind == "" }

// Has reports whether the caller has the right anywhere at all.
func (c Caller) Has(right Right) bool {
	return c.allowed(right, func(throughline.Grant) bool { return true })
}

// May reports whether the caller has the right over the whole area.
func (c Caller) May(right Right, area Area) bool {
	return c.allowed(right, func(g throughline.Grant) bool { return covers(g, area) })
}

// Need returns nil where the caller has the right anywhere at all, Unauthorized
// for a stranger, and otherwise an error that says who has it.
func (c Caller) Need(right Right) error {
	switch {
	case c.Has(right):
		return nil
	case c.Stranger():
		return throughline.Errorf(throughline.Unauthorized, "you are not signed in").WithFix("sign in, or send a key")
	case right == RightOwn:
		return throughline.Errorf(throughline.Forbidden, "you may not %s: only its owner may", right.Words()).WithFix("ask the owner")
	case c.Actor.Kind == throughline.ActorService && right == RightApprove:
		return throughline.Errorf(throughline.Forbidden, "a key may not approve what people make").WithFix("let a person do it")
	}
	roles := RolesWith(right)
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return throughline.Errorf(throughline.Forbidden, "you may not %s: that takes the role %s", right.Words(), strings.Join(words, " or ")).
		WithFix("ask the owner or a steward for it")
}

// MayGrant reports whether the caller may give somebody a grant: nobody gives
// more than they have.
func (c Caller) MayGrant(g throughline.Grant) bool {
	within := func(have throughline.Grant) bool { return narrower(g, have) }
	switch {
	case !c.Has(RightPeople):
		return false
	case len(c.Limits) > 0 && !slices.ContainsFunc(c.Limits, within):
		return false
	}
	return c.Owner || slices.ContainsFunc(c.Grants, within)
}

// narrower reports whether one grant gives nothing that the other does not.
func narrower(g, than throughline.Grant) bool {
	for _, r := range rightsOf(g.Role) {
		if !slices.Contains(rightsOf(than.Role), r) {
			return false
		}
	}
	return (len(than.Kinds) == 0 || all(g.Kinds, func(k throughline.Kind) bool { return slices.Contains(than.Kinds, k) })) &&
		(len(than.Brands) == 0 || all(g.Brands, func(b string) bool { return slices.Contains(than.Brands, b) })) &&
		(len(than.Markets) == 0 || all(g.Markets, func(m string) bool {
			return slices.ContainsFunc(than.Markets, func(wide string) bool { return throughline.MarketOf(m).In(wide) })
		}))
}

func (c Caller) allowed(right Right, fits func(throughline.Grant) bool) bool {
	gives := func(g throughline.Grant) bool { return slices.Contains(rightsOf(g.Role), right) && fits(g) }
	switch {
	case c.Stranger():
		return false
	case right == Member:
		return true
	case right == RightChange:
		return slices.ContainsFunc([]Right{RightMake, RightOperate, RightPeople, RightOwn}, func(r Right) bool { return c.allowed(r, fits) })
	case len(c.Limits) > 0 && !slices.ContainsFunc(c.Limits, gives):
		return false
	case c.Owner:
		return right.real()
	case c.Actor.Kind == throughline.ActorService && right == RightApprove:
		return false // a service makes; people approve
	}
	return slices.ContainsFunc(c.Grants, gives)
}

func covers(g throughline.Grant, area Area) bool {
	if len(g.Kinds) > 0 && !slices.Contains(g.Kinds, area.Kind) {
		return false
	}
	if len(g.Brands) > 0 && !all(area.Brands, func(b string) bool { return slices.Contains(g.Brands, b) }) {
		return false
	}
	return len(g.Markets) == 0 || all(area.Markets, func(locale string) bool {
		return slices.ContainsFunc(g.Markets, func(market string) bool { return throughline.MarketOf(locale).In(market) })
	})
}

// all reports whether there is something and it all holds: a grant limited to
// some does not cover what is about everything.
func all[T any](names []T, holds func(T) bool) bool {
	return len(names) > 0 && !slices.ContainsFunc(names, func(n T) bool { return !holds(n) })
}
