package content

import (
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/activate"
	"github.com/throughline-engine/throughline/internal/loop/assemble"
	"github.com/throughline-engine/throughline/internal/loop/check"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/loop/own"
)

// built is what the stages make of a set of resources.
type built struct {
	// snapshot may not go live where a finding blocks, and is nil where such a
	// one cannot be made.
	snapshot *throughline.Snapshot
	findings []throughline.Finding
	// excluded counts, by placement and rule, the combinations taken out.
	excluded map[string]map[string]int
	people   func(name string) string
}

// ground is one template on one channel, which several placements may share.
type ground struct{ template, channel string }

// build walks a set through assemble, check and activate, as of now.
func (c *Content) build(release int, set declare.Set) (built, error) {
	b := built{excluded: map[string]map[string]int{}, people: func(name string) string { return personName(set, name) }}
	in := activate.Input{
		Engine: c.core.ID(), Release: release, Resources: set.All(),
		Assemblies: map[string]throughline.Assembly{}, Blocked: map[string][]int{},
		Owner: ownerIn(set),
	}
	assembled := map[ground]throughline.Assembly{}
	checked := map[ground]check.Result{}
	var problems throughline.Problems
	sets, at := set.Of(throughline.KindGuardrailSet), c.core.Now()
	for brand := range set.Each(throughline.KindBrand) {
		b.findings = append(b.findings, check.Look(brand, sets, at)...)
	}
	for _, r := range set.Of(throughline.KindPlacement) {
		p := r.Spec.(*throughline.Placement)
		g := ground{p.Template, p.Channel}
		if _, ok := assembled[g]; !ok {
			a, result, err := c.assembleAndCheck(set, g)
			if err != nil {
				problems.Add(err)
				continue
			}
			assembled[g], checked[g] = a, result
			b.findings = append(b.findings, result.Findings...)
		}
		b.findings = append(b.findings, check.Relied(r, assembled[g], sets, at)...)
		name := r.Metadata.Name
		in.Assemblies[name], in.Blocked[name] = assembled[g], checked[g].Blocked
		for _, e := range assembled[g].Excluded {
			if b.excluded[name] == nil {
				b.excluded[name] = map[string]int{}
			}
			b.excluded[name][e.Rule] = e.Count
		}
	}
	if err := problems.Err(); err != nil {
		return b, err
	}
	if blocking(b.findings) == nil {
		var err error
		b.snapshot, err = activate.Snapshot(in)
		return b, err
	}
	// People look at what is refused, as it would be. What activate has against
	// it, the findings say better.
	in.Blocked = nil
	b.snapshot, _ = activate.Snapshot(in)
	return b, nil
}

// unused checks what a change brings and nothing shows yet, beside what was found
// where something does.
func (c *Content) unused(set declare.Set, changes []throughline.Change, found []throughline.Finding) []throughline.Finding {
	fresh := c.unplaced(set, changes)
	told := map[throughline.Ref]bool{}
	for _, f := range slices.Concat(found, fresh) {
		if strings.HasSuffix(f.Rule, "#"+string(throughline.CheckAltText)) {
			told[f.Object] = true
		}
	}
	taken, lost := slotsTaking(set), 0
	for _, ch := range changes {
		res, ok := set.Get(ch.Ref)
		if !ok || ch.Action == throughline.Delete {
			continue
		}
		if !told[ch.Ref] {
			fresh = append(fresh, check.Wordless(res)...)
		}
		if p, is := throughline.PieceOf(res); is && lost < lostMost && !taken(p) {
			fresh, lost = append(fresh, check.Unread(res)), lost+1
		}
	}
	return fresh
}

// lostMost is of how many pieces it is told that no slot takes them.
const lostMost = 10

// slotsTaking returns whether any template's slot, or a list in one, takes a piece
// of copy. Pictures are looked at by themselves.
func slotsTaking(set declare.Set) func(throughline.Piece) bool {
	var slots []throughline.Slot
	for t := range set.Each(throughline.KindTemplate) {
		slots = append(slots, t.Spec.(*throughline.Template).Slots...)
	}
	return func(p throughline.Piece) bool {
		return p.Kind != throughline.KindFragment || slices.ContainsFunc(slots, func(s throughline.Slot) bool {
			return fills(p, s) || s.Items != nil && s.Items.Role == p.Role
		})
	}
}

// unplaced checks the templates of a change that no placement shows yet on a
// channel. Nothing of them goes live, so nothing blocks: what would is a warning.
func (c *Content) unplaced(set declare.Set, changes []throughline.Change) (findings []throughline.Finding) {
	placed := map[ground]bool{}
	for r := range set.Each(throughline.KindPlacement) {
		p := r.Spec.(*throughline.Placement)
		placed[ground{p.Template, p.Channel}] = true
	}
	for _, ch := range changes {
		t := declare.Spec[*throughline.Template](set, ch.Ref.Name)
		if ch.Ref.Kind != throughline.KindTemplate || ch.Action == throughline.Delete || t == nil {
			continue
		}
		for _, r := range t.Renderings {
			g := ground{ch.Ref.Name, r.Channel}
			if placed[g] {
				continue
			}
			_, result, err := c.assembleAndCheck(set, g)
			if err != nil {
				continue // such as no piece for a slot yet: what places it will be told
			}
			for _, f := range result.Findings {
				if f.Severity == throughline.Block {
					f.Severity, f.Verdict, f.Fix = throughline.Warn, throughline.VerdictWarn, f.Fix+"; a placement with it would be stopped"
				}
				findings = append(findings, f)
			}
		}
	}
	return findings
}

func (c *Content) assembleAndCheck(set declare.Set, g ground) (throughline.Assembly, check.Result, error) {
	with := c.groundOf(set, g)
	a, err := assemble.Combine(with.assembly())
	if err != nil {
		return a, check.Result{}, err
	}
	result, err := check.Run(with.check(a))
	if err != nil {
		return a, result, err
	}
	seen, err := c.drawn(with, a)
	result.Findings = append(result.Findings, seen...)
	return a, result, err
}

// resources are those that a ground is made of, in a set that is sound.
type resources struct {
	set                      declare.Set
	at                       time.Time
	memory                   *check.Memory
	template, channel, brand throughline.Resource
}

func (c *Content) groundOf(set declare.Set, g ground) resources {
	r := resources{set: set, at: c.core.Now(), memory: &c.verdicts}
	r.template, _ = set.Get(throughline.Ref{Kind: throughline.KindTemplate, Name: g.template})
	r.channel, _ = set.Get(throughline.Ref{Kind: throughline.KindChannel, Name: g.channel})
	r.brand, _ = set.Get(throughline.Ref{Kind: throughline.KindBrand, Name: r.template.Spec.(*throughline.Template).Brand})
	return r
}

func (r resources) assembly() assemble.Input {
	return assemble.Input{
		Template: r.template, Channel: r.channel.Metadata.Name, Brand: r.brand.Spec.(*throughline.Brand),
		Pieces: r.pieces(), Address: addressIn(r.set),
	}
}

// pieces are those of a role that a slot of the template has, which of very many
// are few, with what their lists are made of and what all of them lean on.
func (r resources) pieces() (all []throughline.Resource) {
	roles := map[string]bool{}
	for _, s := range r.template.Spec.(*throughline.Template).Slots {
		roles[s.Role] = true
	}
	items := map[string]bool{}
	for res := range r.set.Each(throughline.KindFragment) {
		if f := res.Spec.(*throughline.Fragment); roles[f.Role] {
			all = append(all, res)
			for _, name := range f.Items {
				items[name] = true
			}
		}
	}
	for name := range items {
		if f, ok := r.set.Get(throughline.Ref{Kind: throughline.KindFragment, Name: name}); ok && !roles[f.Spec.(*throughline.Fragment).Role] {
			all = append(all, f)
		}
	}
	for res := range r.set.Each(throughline.KindAsset) {
		if roles[res.Spec.(*throughline.Asset).Role] {
			all = append(all, res)
		}
	}
	for _, kind := range []throughline.Kind{throughline.KindClaim, throughline.KindDisclosure, throughline.KindVocabulary} {
		all = append(all, r.set.Of(kind)...)
	}
	return all
}

// addressIn returns where recipients reach the engine.
func addressIn(set declare.Set) string {
	for e := range set.Each(throughline.KindEngine) {
		return e.Spec.(*throughline.Engine).Address
	}
	return ""
}

func (r resources) check(a throughline.Assembly) check.Input {
	return check.Input{
		Assembly: a, Template: r.template, Channel: r.channel, Brand: r.brand,
		Pieces: r.pieces(), Guardrails: r.set.Of(throughline.KindGuardrail),
		Sets: r.set.Of(throughline.KindGuardrailSet), At: r.at, Memory: r.memory,
	}
}

// ownerIn resolves who answers for a resource.
func ownerIn(set declare.Set) func(throughline.Resource) string {
	owners := own.New(set.Each(throughline.KindEngine), set.Each(throughline.KindStewardship), set.Get)
	return func(r throughline.Resource) string { return owners.Of(r).Person }
}

// personName returns what colleagues call a person.
func personName(set declare.Set, name string) string {
	if r, ok := set.Get(throughline.Ref{Kind: throughline.KindPerson, Name: name}); ok {
		return r.Spec.(*throughline.Person).Name
	}
	return name
}
