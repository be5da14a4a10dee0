// Package own says who answers for a thing. There is always somebody: its own owner,
// the steward of such things, whoever answers for what it came from, or the engine's
// owner.
package own

import (
	"iter"

	"github.com/throughline-engine/throughline"
)

// By is why somebody answers for a thing.
type By string

// The reasons, in the order in which they are looked for.
const (
	ByOwner   By = "owner"   // the thing names them
	BySteward By = "steward" // a Stewardship is about it
	ByParent  By = "parent"  // they answer for what it came from
	ByEngine  By = "engine"  // nobody nearer does
)

// Answer is who answers for a thing.
type Answer struct {
	// Person is never empty where there is an engine.
	Person string
	// Deputy acts while they are away; empty for nobody.
	Deputy string
	By     By
	// Stewardship is the name of the one that says so; empty where none does.
	Stewardship string
	// From is what the thing came from, where they answer for that.
	From throughline.Ref
}

// Owners knows who answers for the things of a workspace.
type Owners struct {
	engine   throughline.Engine
	stewards []steward
	get      func(throughline.Ref) (throughline.Resource, bool)
}

type steward struct {
	name string
	*throughline.Stewardship
}

// New reads the engine and the stewardships of a workspace; get returns any resource
// of it.
func New(engines, stewardships iter.Seq[throughline.Resource], get func(throughline.Ref) (throughline.Resource, bool)) *Owners {
	o := &Owners{get: get}
	for r := range engines {
		o.engine = *r.Spec.(*throughline.Engine)
	}
	for r := range stewardships {
		o.stewards = append(o.stewards, steward{r.Metadata.Name, r.Spec.(*throughline.Stewardship)})
	}
	return o
}

// Of returns who answers for a resource.
func (o *Owners) Of(r throughline.Resource) Answer {
	for seen := map[throughline.Ref]bool{}; !seen[r.Ref()]; {
		seen[r.Ref()] = true
		a, ok := o.near(r)
		if ok {
			if len(seen) > 1 {
				a.By, a.From = ByParent, r.Ref()
			}
			return a
		}
		parent, ok := o.get(parentOf(r))
		if !ok {
			break
		}
		r = parent
	}
	return Answer{Person: o.engine.Owner, Deputy: o.engine.Deputy, By: ByEngine}
}

// near returns who answers for a resource itself.
func (o *Owners) near(r throughline.Resource) (Answer, bool) {
	if r.Metadata.Owner != "" {
		return Answer{Person: r.Metadata.Owner, By: ByOwner}, true
	}
	best := Answer{}
	longest := -1
	for _, s := range o.stewards {
		if n, fits := s.Fit(r.Ref()); fits && n > longest {
			longest, best = n, Answer{Person: s.Person, Deputy: s.Deputy, By: BySteward, Stewardship: s.name}
		}
	}
	return best, longest >= 0
}

// parentOf is what a thing came from: what is made, from its brief or else its
// template and brand.
func parentOf(r throughline.Resource) throughline.Ref {
	brief := func(name string) throughline.Ref { return throughline.Ref{Kind: throughline.KindBrief, Name: name} }
	switch s := r.Spec.(type) {
	case *throughline.Fragment:
		return brief(s.Brief)
	case *throughline.Asset:
		return brief(s.Brief)
	case *throughline.Template:
		return either(brief(s.Brief), throughline.Ref{Kind: throughline.KindBrand, Name: s.Brand})
	case *throughline.Placement:
		return either(brief(s.Brief), throughline.Ref{Kind: throughline.KindTemplate, Name: s.Template})
	}
	return throughline.Ref{}
}

// either is the first that names something.
func either(one, other throughline.Ref) throughline.Ref {
	if one.Name != "" {
		return one
	}
	return other
}
