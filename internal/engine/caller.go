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
	case throughline.KindEngine:
		return RightOwn
	case throughline.KindPerson:
		return RightPeople
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
	// Grants are a person's roles, or those of the person a service acts for.
	Grants []throughline.Grant
}

// AtShell returns the caller of a command that opened the record itself. Whoever
// can read the data folder may do everything with it.
func AtShell(by throughline.Actor) Caller { return Caller{Actor: by, Owner: true} }

// Has reports whether the caller has the right anywhere at all.
func (c Caller) Has(right Right) bool {
	return c.Owner || slices.ContainsFunc(c.Grants, func(g throughline.Grant) bool {
		return slices.Contains(rightsOf(g.Role), right)
	})
}

// May reports whether the caller has the right over the whole area.
func (c Caller) May(right Right, area Area) bool {
	return c.Owner || slices.ContainsFunc(c.Grants, func(g throughline.Grant) bool {
		return slices.Contains(rightsOf(g.Role), right) && covers(g, area)
	})
}

func covers(g throughline.Grant, area Area) bool {
	if len(g.Kinds) > 0 && !slices.Contains(g.Kinds, area.Kind) {
		return false
	}
	if len(g.Brands) > 0 && !all(area.Brands, func(b string) bool { return slices.Contains(g.Brands, b) }) {
		return false
	}
	return len(g.Markets) == 0 || all(area.Markets, func(locale string) bool {
		return slices.ContainsFunc(g.Markets, func(market string) bool { return inMarket(locale, market) })
	})
}

// all reports whether there is something and it all holds: a grant limited to
// some does not cover what is about everything.
func all(names []string, holds func(string) bool) bool {
	return len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return !holds(n) })
}

// inMarket reports whether a locale belongs to a market, which is a language
// (de), a region (CH) or both (de-CH).
func inMarket(locale, market string) bool {
	locale, market = strings.ToLower(locale), strings.ToLower(market)
	return locale == market || strings.HasPrefix(locale, market+"-") || strings.HasSuffix(locale, "-"+market)
}
