// Package check holds guardrails against variants and says what they find: in
// which text, where in it, what is there and what should be. What is wrong with
// one text is asked once for each text, slot and language; only rules between
// slots are asked for combinations. It changes nothing and decides only one
// thing, which candidates may not go live.
package check

import (
	"cmp"
	"image"
	"maps"
	"slices"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/style"
	"github.com/throughline-engine/throughline/internal/craft/text"
)

// Input is one assembly and all that judges it.
type Input struct {
	// Template and Channel are the resources the assembly was made for, Brand the
	// template's.
	Template, Channel, Brand throughline.Resource
	// Guardrails and Sets are all there are; those that do not match are passed
	// over.
	Guardrails, Sets []throughline.Resource
	// Pieces hold at least those of the assembly, and the claims and disclosures
	// they lean on.
	Pieces   []throughline.Resource
	Assembly throughline.Assembly
	// At is now, for what ends.
	At time.Time
	// Open returns a picture by its address, small as it may be, for texts that stand
	// on it; nil where it is not known.
	Open func(address string) image.Image
	// Memory, which may be nil, knows what earlier runs found.
	Memory *Memory
}

// Result is what the checks found.
type Result struct {
	// Findings, the gravest first, then by rule, object and place.
	Findings []throughline.Finding
	// Blocked are the positions of the candidates that may not go live,
	// ascending.
	Blocked []int
}

// Run checks every text that may be shown and every candidate. The same input
// gives the same result. An error is an input that was never valid: a resource
// of another kind, or a rule that does not compile.
func Run(in Input) (Result, error) {
	r, err := newRun(in)
	if err != nil {
		return Result{}, err
	}
	context := r.context()
	for s := range in.Assembly.Slots {
		r.slot(s, context)
	}
	r.disclosures()
	if err := r.fields(); err != nil {
		return Result{}, err
	}
	for _, g := range r.asserts {
		if err := r.assert(g); err != nil {
			return Result{}, err
		}
	}
	slices.SortStableFunc(r.findings, compare)
	return Result{r.findings, r.blockedCandidates()}, nil
}

// guard is a guardrail that matches the template and the channel.
type guard struct {
	ref throughline.Ref
	*throughline.Guardrail
	severity throughline.Severity
	terms    *text.Terms
}

// run is one pass over an assembly.
type run struct {
	Input
	template *throughline.Template
	channel  *throughline.Channel
	brand    *throughline.Brand
	locales  []string
	local    []guard // rules about one text
	asserts  []guard // rules between slots
	terms    []*text.Terms
	pieces   map[string]throughline.Resource // by name
	judge    judge
	styles   []*style.Rule
	claims   map[string]*throughline.Claim

	disclosureSpecs map[string]*throughline.Disclosure
	disclosed       []string // disclosures that a slot of the template shows
	labels          bool     // whether one of them says what a model made

	findings []throughline.Finding
	told     map[told]bool
	spoken   map[spoken]int
	numbers  map[string]int // of texts
	// lastText and lastNumber are those that were asked for last.
	lastText   string
	lastNumber int
	choices    [][]bool     // by slot and choice: it may not go live
	refused    map[int]bool // candidates a rule between slots refuses
}

// told is a finding without its language: a text that several languages fall
// back to is told of once.
type told struct {
	rule, piece, slot string
	text              int // its number
	want              string
	start             int
}

func newRun(in Input) (*run, error) {
	r := &run{Input: in, told: map[told]bool{}, spoken: map[spoken]int{}, numbers: map[string]int{}, refused: map[int]bool{}, pieces: make(map[string]throughline.Resource, len(in.Pieces))}
	r.claims, r.disclosureSpecs = map[string]*throughline.Claim{}, map[string]*throughline.Disclosure{}
	for _, res := range in.Pieces {
		switch spec := res.Spec.(type) {
		case *throughline.Claim:
			r.claims[res.Metadata.Name] = spec
		case *throughline.Disclosure:
			r.disclosureSpecs[res.Metadata.Name] = spec
		case *throughline.Fragment, *throughline.Asset:
			r.pieces[res.Metadata.Name] = res
		}
	}
	var ok [3]bool
	r.template, ok[0] = in.Template.Spec.(*throughline.Template)
	r.channel, ok[1] = in.Channel.Spec.(*throughline.Channel)
	r.brand, ok[2] = in.Brand.Spec.(*throughline.Brand)
	if ok != [3]bool{true, true, true} {
		return nil, throughline.Errorf(throughline.Internal, "check was not given a template, its channel and its brand").At(in.Template.Ref().String())
	}
	r.locales = r.brand.Locales.All()
	r.judge = newJudge(in.Sets, in.Template.Metadata.Name, in.Channel.Metadata.Name, in.At)
	for _, s := range r.template.Slots {
		r.disclosed = append(r.disclosed, s.Requires...)
	}
	r.labels = labels(r.template, r.disclosureSpecs)
	for _, name := range slices.Sorted(maps.Keys(r.brand.Styles)) {
		rule, err := style.Read(name, []byte(r.brand.Styles[name]))
		if err != nil {
			return nil, err // which declaring refuses
		}
		r.styles = append(r.styles, rule)
	}
	for _, t := range r.brand.Terms {
		r.terms = append(r.terms, text.NewTerms(t.Avoid))
	}
	for _, s := range in.Assembly.Slots {
		r.choices = append(r.choices, make([]bool, len(s.Choices)))
	}
	for _, res := range in.Guardrails {
		g, isGuardrail := res.Spec.(*throughline.Guardrail)
		if !isGuardrail || !matches(g.Match.Templates, in.Template.Metadata.Name) || !matches(g.Match.Channels, in.Channel.Metadata.Name) {
			continue
		}
		one := guard{ref: res.Ref(), Guardrail: g, severity: cmp.Or(g.Severity, throughline.Block), terms: text.NewTerms(append(slices.Clone(g.Forbid), g.Require...))}
		if g.Assert != "" {
			r.asserts = append(r.asserts, one)
		} else {
			r.local = append(r.local, one)
		}
	}
	return r, nil
}

// matches reports whether a list of names lets one through; an empty list does.
func matches(names []string, name string) bool {
	return len(names) == 0 || slices.Contains(names, name)
}

// blockedCandidates lists the candidates with a refused choice or combination.
func (r *run) blockedCandidates() []int {
	var blocked []int
	for i, filling := range r.Assembly.Candidates {
		bad := r.refused[i]
		for s, c := range filling {
			bad = bad || r.choices[s][c]
		}
		if bad {
			blocked = append(blocked, i)
		}
	}
	return blocked
}

func compare(a, b throughline.Finding) int {
	return cmp.Or(
		cmp.Compare(gravity(a.Severity), gravity(b.Severity)),
		cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(a.Object.String(), b.Object.String()),
		cmp.Compare(a.Slot, b.Slot),
		cmp.Compare(a.Locale, b.Locale),
		cmp.Compare(start(a.Span), start(b.Span)),
		cmp.Compare(a.Got, b.Got),
	)
}

func gravity(s throughline.Severity) int {
	return slices.Index([]throughline.Severity{throughline.Block, throughline.Warn, throughline.Info}, s)
}

func start(s *throughline.Span) int {
	if s == nil {
		return -1
	}
	return s.Start
}
