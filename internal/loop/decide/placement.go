package decide

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/throughline-engine/throughline"
)

// placement is one placement, compiled.
type placement struct {
	*throughline.SnapshotPlacement
	index uint16
	// audience is the bit of who gets more than the fallback; 0 means everyone.
	audience uint64
	// pieces are the bits that the choices of candidates depend on.
	pieces uint64
	// slotNames are the slots in the template's order.
	slotNames []string
	// needs is the bit that a choice depends on, by slot and choice; 0 for none.
	needs  [][]uint64
	limits limits
	// views are by position in Locales.All; viewOf has each locale that may be
	// asked for and is not simply cut to its language.
	views  []*view
	viewOf map[string]uint8
	// floor is the policy's, in parts of WeightOne.
	floor uint32
	// fixed are the rankings of the policy fixed.
	fixed throughline.Rankings
	// Salts for the two uses of chance, and the holdout's share of 2^32.
	choiceSalt, holdoutSalt uint64
	heldOut                 uint64
	// control are the holdout's shares: one draw for a control, none for uniform.
	control shares
	// keys names each candidate by its levels; byKey is the way back.
	keys  []string
	byKey map[string]uint16

	// sets are the eligible sets met so far, replaced as a whole.
	sets atomic.Pointer[map[signature]*eligible]
	grow sync.Mutex
}

func compilePlacement(s *throughline.Snapshot, i int, bits map[string]uint64) (*placement, error) {
	sp := &s.Placements[i]
	if err := sound(sp, bits); err != nil {
		return nil, err.At("Placement/" + sp.Name)
	}
	p := &placement{
		SnapshotPlacement: sp, index: uint16(i), audience: bits[sp.Audience],
		choiceSalt: salt("choice", sp.Name), floor: floorParts(sp.Policy.Floor),
		byKey: make(map[string]uint16, len(sp.Candidates)),
	}
	var bad *throughline.Error
	if p.limits, bad = newLimits(sp); bad != nil {
		return nil, bad.At("Placement/" + sp.Name)
	}
	switch sp.Policy.Kind {
	case throughline.Fixed:
		p.floor, p.fixed = 0, always(sp.Fixed)
	case throughline.Uniform:
		p.floor = 0
	}
	if h := sp.Holdout; h != nil {
		p.heldOut = uint64(min(max(h.Share, 0), 1)*(1<<32) + 0.5)
		p.holdoutSalt = salt("holdout", "placement/"+sp.Name)
		if h.Scope == throughline.ScopeEngine {
			p.holdoutSalt = salt("holdout", "engine/"+s.Engine)
		}
		if h.Serve == throughline.ServeControl {
			p.control = newShares(always(sp.Control), 0)
		}
	}
	arms := sp.Arms()
	p.slotNames = arms.Slots
	for c := range sp.Candidates {
		key := arms.Key(c)
		p.keys = append(p.keys, key)
		p.byKey[key] = uint16(c)
	}
	p.compileNeeds(bits)
	p.compileViews()
	p.sets.Store(&map[signature]*eligible{})
	return p, nil
}

// always returns the rankings that serve one candidate wherever it is eligible.
func always(candidate int) throughline.Rankings {
	return throughline.NewRankings([][]uint16{{uint16(candidate)}})
}

// sound checks the positions and names that deciding relies on, so that no
// snapshot, however it came about, makes a request fail.
func sound(p *throughline.SnapshotPlacement, bits map[string]uint64) *throughline.Error {
	corrupt := func(what string, args ...any) *throughline.Error {
		return throughline.Errorf(throughline.Corrupt, "the snapshot does not hold together: "+what, args...)
	}
	known := func(audience string) bool { return audience == "" || bits[audience] != 0 }
	fits := func(filling []uint16) bool {
		if len(filling) != len(p.Slots) {
			return false
		}
		for s, c := range filling {
			if int(c) >= len(p.Slots[s].Choices) {
				return false
			}
		}
		return true
	}
	switch n := len(p.Candidates); {
	case n == 0 || n > throughline.FallbackCandidate:
		return corrupt("%d candidates", n)
	case !fits(p.Fallback):
		return corrupt("the fallback does not fit the slots")
	case p.Policy.Kind == throughline.Fixed && (p.Fixed < 0 || p.Fixed >= n):
		return corrupt("the fixed filling is not a candidate")
	case p.Holdout != nil && p.Holdout.Serve == throughline.ServeControl && (p.Control < 0 || p.Control >= n):
		return corrupt("the control is not a candidate")
	case !known(p.Audience):
		return corrupt("audience %s has no rule", p.Audience)
	}
	for c, filling := range p.Candidates {
		if !fits(filling) {
			return corrupt("candidate %d does not fit the slots", c)
		}
	}
	for _, s := range p.Slots {
		for _, c := range s.Choices {
			if !known(c.Audience) {
				return corrupt("audience %s has no rule", c.Audience)
			}
			if l := mute(&c, p.Locales); l != "" {
				return corrupt("%s has no text for locale %s", c.Ref(), l)
			}
		}
	}
	return nil
}

// mute returns the first locale in which a choice says nothing, or "". An
// unfilled slot has nothing to say, and a disclosure nothing in some markets.
func mute(c *throughline.Choice, l throughline.Locales) string {
	if c.Piece == "" || c.Kind == throughline.KindDisclosure {
		return ""
	}
	for _, locale := range l.All() {
		if c.Text[locale] == "" {
			return locale
		}
	}
	return ""
}

func (p *placement) compileNeeds(bits map[string]uint64) {
	for _, s := range p.Slots {
		needs := make([]uint64, len(s.Choices))
		for c := range s.Choices {
			needs[c] = bits[s.Choices[c].Audience]
		}
		p.needs = append(p.needs, needs)
	}
	for _, filling := range p.Candidates {
		p.pieces |= p.needed(filling)
	}
}

func (p *placement) compileViews() {
	all := p.Locales.All()
	all = all[:min(len(all), maxLocales)]
	for i, locale := range all {
		p.views = append(p.views, newView(p, uint8(i), locale))
	}
	p.viewOf = make(map[string]uint8)
	for _, asked := range slices.Concat(all, slices.Collect(maps.Keys(p.Locales.Fallback))) {
		for _, l := range p.Locales.Chain(asked) {
			if i := slices.Index(all, l); i >= 0 {
				p.viewOf[asked] = uint8(i)
				break
			}
		}
	}
}

// eligible is the candidates that requests of one signature may be served.
type eligible struct {
	set *candidateSet
	// holdout is what held-out requests get, the same in every epoch; nil where
	// none are.
	holdout *served
	// policy is what the others get in the epoch that was asked for last.
	policy atomic.Pointer[inEpoch]
}

// inEpoch is a distribution and the epoch it belongs to.
type inEpoch struct {
	epoch *era
	*served
}

// eligible returns the eligible set of a signature.
func (p *placement) eligible(sig signature) *eligible {
	if e, ok := (*p.sets.Load())[sig]; ok {
		return e
	}
	return p.keep(sig, p.newEligible(sig))
}

// keep adds a set and returns it, or the one that another request brought at
// once. When there are too many, those of times gone by give way; if there are
// none, the set is made for one request alone.
func (p *placement) keep(sig signature, e *eligible) *eligible {
	p.grow.Lock()
	defer p.grow.Unlock()
	old := *p.sets.Load()
	if first, ok := old[sig]; ok {
		return first
	}
	next := maps.Clone(old)
	if len(next) >= signatureCap {
		maps.DeleteFunc(next, func(s signature, _ *eligible) bool { return s.span < sig.span || s.spent != sig.spent })
	}
	if len(next) >= signatureCap {
		return e
	}
	next[sig] = e
	p.sets.Store(&next)
	return e
}

func (p *placement) newEligible(sig signature) *eligible {
	closed := make([][]bool, len(p.Slots))
	for s := range p.Slots {
		closed[s] = make([]bool, len(p.Slots[s].Choices))
		for c := range closed[s] {
			closed[s][c] = p.closed(s, c, sig) != ""
		}
	}
	list := make([]uint16, 0, len(p.Candidates))
	for c, filling := range p.Candidates {
		open := true
		for s, choice := range filling {
			open = open && !closed[s][choice]
		}
		if open {
			list = append(list, uint16(c))
		}
	}
	e := &eligible{set: newCandidateSet(list, len(p.Candidates))}
	if len(list) > 0 && p.heldOut > 0 {
		e.holdout = newServed(p, p.control.over(e.set))
	}
	return e
}

// needed returns the bits that a filling depends on.
func (p *placement) needed(filling []uint16) (bits uint64) {
	for s, c := range filling {
		bits |= p.needs[s][c]
	}
	return bits
}

// served is a distribution as decisions tell it.
type served struct {
	*mixture
	placement *placement
	// totals are, by slot and choice, the weight of all eligible candidates that
	// share it.
	totals [][]uint32
	// slots are, by rank, what decisions hand out, made when first asked for.
	slots []atomic.Pointer[slotWeights]
}

// slotWeights are the weights of one candidate's levels by slot, and the same
// as propensities by the slot's name.
type slotWeights struct {
	weights []uint32
	byName  map[string]float64
}

func newServed(p *placement, m *mixture) *served {
	d := &served{mixture: m, placement: p, slots: make([]atomic.Pointer[slotWeights], len(m.weights))}
	for _, s := range p.Slots {
		d.totals = append(d.totals, make([]uint32, len(s.Choices)))
	}
	for i, c := range m.set.list {
		for s, choice := range p.Candidates[c] {
			d.totals[s][choice] += m.weights[i]
		}
	}
	return d
}

// slotsOf returns the slot weights of the candidate with rank i.
func (d *served) slotsOf(i int) *slotWeights {
	if w := d.slots[i].Load(); w != nil {
		return w
	}
	filling := d.placement.Candidates[d.set.list[i]]
	weights := make([]uint32, len(filling))
	for s, choice := range filling {
		weights[s] = d.totals[s][choice]
	}
	w := &slotWeights{weights: weights, byName: d.placement.slotPropensity(weights)}
	d.slots[i].Store(w)
	return w
}

// slotPropensity returns weights in slot order as propensities by slot.
func (p *placement) slotPropensity(weights []uint32) map[string]float64 {
	if len(weights) != len(p.Slots) {
		return nil
	}
	m := make(map[string]float64, len(weights))
	for s, w := range weights {
		m[p.Slots[s].Name] = float64(w) / throughline.WeightOne
	}
	return m
}

// policy returns the policy's distribution over an eligible set.
func (t *Table) policy(p *placement, e *eligible) *served {
	if d := e.policy.Load(); d != nil && d.epoch == t.era {
		return d.served
	}
	d := newServed(p, newShares(t.current[p.index].rankings, p.floor).over(e.set))
	e.policy.Store(&inEpoch{t.era, d})
	return d
}
