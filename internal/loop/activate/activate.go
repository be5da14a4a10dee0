// Package activate turns what a release declares into the one thing that
// requests are decided from: a [throughline.Snapshot]. Everything a decision
// would otherwise have to look up or guess is settled here: defaults, owners,
// positions, digests.
package activate

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
)

// The defaults of a placement's policy.
const (
	DefaultFloor   = 0.02
	DefaultExplore = 1000
)

// Input is one release, resolved.
type Input struct {
	// Engine is the engine's id, Release the number of the release.
	Engine  string
	Release int
	// Resources are all that is declared, in any order, each Kind/name once.
	Resources []throughline.Resource
	// Assemblies are, by placement, the ways to fill its template on its channel.
	Assemblies map[string]throughline.Assembly
	// Blocked are, by placement, the positions of candidates that a check
	// refuses; they are left out of the snapshot.
	Blocked map[string][]int
	// Owner returns the name of the person who answers for a resource.
	Owner func(throughline.Resource) string
}

// Snapshot builds the snapshot of a release. The same input gives the same
// bytes. All that stands in the way comes back at once as
// [throughline.Problems]: a reference to nothing, a fallback that does not fit,
// a control or fixed filling that may not be served, a placement without a
// candidate, too many audiences.
func Snapshot(in Input) (*throughline.Snapshot, error) {
	b := builder{Input: in, index: make(map[throughline.Ref]throughline.Resource, len(in.Resources))}
	for _, r := range in.Resources {
		b.index[r.Ref()] = r
	}
	s := &throughline.Snapshot{Engine: in.Engine, Release: in.Release}
	for _, r := range in.Resources {
		switch spec := r.Spec.(type) {
		case *throughline.Engine:
			s.PublicDecisions = spec.PublicDecisions
		case *throughline.Placement:
			s.Placements = append(s.Placements, b.placement(r, spec))
		}
	}
	slices.SortFunc(s.Placements, func(x, y throughline.SnapshotPlacement) int { return cmp.Compare(x.Name, y.Name) })
	s.Audiences = b.audiences(s.Placements)
	slices.SortStableFunc(b.problems, func(x, y *throughline.Error) int { return cmp.Compare(x.Place, y.Place) })
	if err := b.problems.Err(); err != nil {
		return nil, err
	}
	return s, nil
}

type builder struct {
	Input
	index    map[throughline.Ref]throughline.Resource
	problems throughline.Problems
}

func (b *builder) fail(e *throughline.Error) { b.problems = append(b.problems, e) }

// get returns the spec of a resource that place refers to; when there is none
// it notes the problem and returns the zero spec, so that the rest is checked.
func get[S any, T interface {
	*S
	throughline.Spec
}](b *builder, place string, name string,
) (T, throughline.Resource) {
	ref := throughline.Ref{Kind: T(nil).Kind(), Name: name}
	if r, ok := b.index[ref]; ok {
		if spec, ok := r.Spec.(T); ok {
			return spec, r
		}
	}
	b.fail(throughline.Errorf(throughline.NotFound, "there is no %s", ref).At(place).
		WithFix("declare %s, or refer to one that exists", ref))
	return new(S), throughline.Resource{Kind: ref.Kind, Metadata: throughline.Metadata{Name: name}}
}

func (b *builder) placement(r throughline.Resource, p *throughline.Placement) throughline.SnapshotPlacement {
	place := r.Ref().String()
	goal, _ := get[throughline.Goal](b, place, p.Goal)
	template, templateResource := get[throughline.Template](b, place, p.Template)
	var brand *throughline.Brand
	if template.Brand != "" {
		brand, _ = get[throughline.Brand](b, templateResource.Ref().String(), template.Brand)
	} else {
		brand = new(throughline.Brand)
	}
	assembly := b.Assemblies[r.Metadata.Name]
	out := throughline.SnapshotPlacement{
		Name: r.Metadata.Name, Title: p.Title, Owner: b.Owner(r),
		Channel: p.Channel, Template: p.Template,
		Goal: p.Goal, Event: goal.Event, Window: goal.Window,
		Locales: brand.Locales, Personal: brand.Personal, Audience: p.Audience,
		Policy: policy(p.Policy), Holdout: holdout(p.Holdout), Sticky: cmp.Or(p.Sticky, throughline.StickySession),
		TemplateDigest: templateResource.Digest(), TokensDigest: tokensDigest(brand),
		Slots: assembly.Slots, Candidates: b.candidates(place, r.Metadata.Name, assembly),
		Control: -1, Fixed: -1,
	}
	if out.Owner == "" {
		b.fail(throughline.Errorf(throughline.Invalid, "nobody answers for the placement").At(place).
			WithFix("name an owner for the engine, or for the placement in metadata.owner"))
	}
	f := filler{builder: b, place: place, assembly: assembly, candidates: out.Candidates}
	out.Fallback = f.fallback(p.Fallback)
	out.Candidates = f.kept(template, out.Fallback)
	f.candidates = out.Candidates
	if out.Policy.Kind == throughline.Fixed {
		out.Fixed = f.candidate("policy.fixed", out.Policy.Fixed)
	}
	if out.Holdout != nil && out.Holdout.Serve == throughline.ServeControl {
		out.Control = f.candidate("holdout.control", out.Holdout.Control)
	}
	return out
}

// candidates returns what is left of the assembly when blocked ones are gone.
func (b *builder) candidates(place, name string, a throughline.Assembly) [][]uint16 {
	blocked := make(map[int]bool, len(b.Blocked[name]))
	for _, c := range b.Blocked[name] {
		blocked[c] = true
	}
	left := make([][]uint16, 0, len(a.Candidates))
	for c, filling := range a.Candidates {
		if !blocked[c] {
			left = append(left, filling)
		}
	}
	switch {
	case len(left) == 0:
		b.fail(noneLeft(a).At(place))
	case len(left) > throughline.MaxCandidates:
		b.fail(throughline.Errorf(throughline.TooLarge, "%d variants compete, at most %d may", len(left), throughline.MaxCandidates).At(place).
			WithFix("split the template, narrow what fills its slots, or constrain the combinations"))
	}
	return left
}

// noneLeft says of an assembly without candidates what took them all.
func noneLeft(a throughline.Assembly) *throughline.Error {
	if len(a.Slots) == 0 {
		return throughline.Errorf(throughline.Invalid, "no variant is left: nothing was assembled").
			WithFix("give the placement a template that has slots and a rendering for its channel")
	}
	for _, s := range a.Slots {
		if len(s.Choices) == 0 {
			return throughline.Errorf(throughline.Invalid, "no variant is left: nothing fits the slot %s", s.Name).
				WithFix("add a piece with the role %q, or make the slot optional", s.Role)
		}
	}
	if len(a.Candidates) > 0 {
		return throughline.Errorf(throughline.Invalid, "no variant is left: checks refuse all %d", len(a.Candidates)).
			WithFix("mend what the findings name")
	}
	var by []string
	for _, x := range a.Excluded {
		by = append(by, x.Rule)
	}
	return throughline.Errorf(throughline.Invalid, "no variant is left: constraints exclude all %d combinations (%s)", a.Total, strings.Join(by, ", ")).
		WithFix("loosen a constraint, or add pieces that meet them")
}

func policy(p throughline.Policy) throughline.Policy {
	p.Kind = cmp.Or(p.Kind, throughline.Learned)
	switch p.Kind {
	case throughline.Learned:
		p.Floor = cmp.Or(p.Floor, DefaultFloor)
	case throughline.ExploreThenCommit:
		p.Explore = cmp.Or(p.Explore, DefaultExplore)
	}
	return p
}

func holdout(h *throughline.Holdout) *throughline.Holdout {
	if h == nil {
		return nil
	}
	filled := *h
	filled.Serve = cmp.Or(h.Serve, throughline.ServeUniform)
	filled.Scope = cmp.Or(h.Scope, throughline.ScopePlacement)
	return &filled
}

// tokensDigest identifies design tokens by their values alone, so that a change
// of a brand's voice or terms leaves every variant what it was.
func tokensDigest(brand *throughline.Brand) throughline.Digest {
	modes := map[string]map[string]string{}
	for mode := range brand.Modes {
		modes[mode] = brand.Values(mode)
	}
	values := any(brand.Values(""))
	if len(modes) > 0 {
		values = []any{values, modes}
	}
	b, err := json.Marshal(values)
	if err != nil { // maps of strings
		panic("activate: " + err.Error())
	}
	return throughline.DigestOf(b)
}

// audiences returns the rules that the placements and their choices name, by
// name, ascending.
func (b *builder) audiences(placements []throughline.SnapshotPlacement) []throughline.SnapshotAudience {
	rules := map[string]throughline.SnapshotAudience{}
	use := func(place, name string) {
		if name == "" {
			return
		}
		if _, seen := rules[name]; !seen {
			a, _ := get[throughline.Audience](b, place, name)
			rules[name] = throughline.SnapshotAudience{Name: name, Rule: a.Rule}
		}
	}
	for i := range placements {
		p := &placements[i]
		use("Placement/"+p.Name, p.Audience)
		for _, s := range p.Slots {
			for _, c := range s.Choices {
				use(c.Ref().String(), c.Audience)
			}
		}
	}
	if len(rules) > throughline.MaxAudiences {
		b.fail(throughline.Errorf(throughline.TooLarge, "placements and pieces name %d audiences, at most %d may be in force", len(rules), throughline.MaxAudiences).
			WithFix("join audiences whose rules say the same, or take them off pieces that are no longer used"))
	}
	var sorted []throughline.SnapshotAudience
	for _, a := range rules {
		sorted = append(sorted, a)
	}
	slices.SortFunc(sorted, func(x, y throughline.SnapshotAudience) int { return cmp.Compare(x.Name, y.Name) })
	return sorted
}
