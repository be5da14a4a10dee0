package operate

import (
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/decide"
	"github.com/throughline-engine/throughline/internal/loop/report"
)

// declared is a snapshot together with the titles, people and renderings that
// deciding does not need and pages do.
type declared struct {
	digest   throughline.Digest
	snapshot *throughline.Snapshot
	owner    Ownership

	people    map[string]Owner
	goals     map[string]string // name -> title
	events    map[string]string // what is tracked -> the goal it reaches
	briefs    map[string]string // placement -> brief
	surfaces  map[string]throughline.Surface
	templates map[string]*throughline.Template
	brands    map[string]*throughline.Brand
	// candidates are the positions of what competes, by placement and Arms.Key.
	// The numbers may already be of the next snapshot, or still of the one before,
	// whose positions mean something else; keys mean the same in all.
	candidates map[string]map[string]int
}

// declaredKinds are the kinds that newDeclared reads. Pieces are not among them:
// there may be very many, and the snapshot has what they say.
func declaredKinds() []throughline.Kind {
	return []throughline.Kind{
		throughline.KindPerson, throughline.KindGoal, throughline.KindChannel,
		throughline.KindTemplate, throughline.KindBrand, throughline.KindPlacement,
	}
}

func newDeclared(s *throughline.Snapshot, digest throughline.Digest, resources []throughline.Resource) *declared {
	d := &declared{
		digest: digest, snapshot: s,
		people: map[string]Owner{}, goals: map[string]string{}, events: map[string]string{}, briefs: map[string]string{},
		surfaces: map[string]throughline.Surface{}, templates: map[string]*throughline.Template{}, brands: map[string]*throughline.Brand{},
		candidates: map[string]map[string]int{},
	}
	for i := range s.Placements {
		arms := s.Placements[i].Arms()
		positions := make(map[string]int, len(arms.Candidates))
		for c := range arms.Candidates {
			positions[arms.Key(c)] = c
		}
		d.candidates[s.Placements[i].Name] = positions
	}
	for _, r := range resources {
		name := r.Metadata.Name
		switch spec := r.Spec.(type) {
		case *throughline.Person:
			d.people[name] = Owner{name, spec.Name, spec.Initials()}
		case *throughline.Goal:
			d.goals[name], d.events[spec.Event] = spec.Title, name
			if spec.Title == "" {
				d.goals[name] = spec.Event
			}
		case *throughline.Channel:
			d.surfaces[name] = spec.Surface
		case *throughline.Template:
			d.templates[name] = spec
		case *throughline.Brand:
			d.brands[name] = spec
		case *throughline.Placement:
			d.briefs[name] = spec.Brief
		}
	}
	return d
}

// person returns who a name is; a name that is nobody's stays a name.
func (d *declared) person(name string) Owner {
	if o, ok := d.people[name]; ok {
		return o
	}
	return Owner{Person: name, Name: name}
}

func (d *declared) engineOwner() Owner {
	return Owner{d.owner.Person, d.owner.Name, d.owner.Initials}
}

func (d *declared) snapshotPlacement(name string) *throughline.SnapshotPlacement {
	for i := range d.snapshot.Placements {
		if d.snapshot.Placements[i].Name == name {
			return &d.snapshot.Placements[i]
		}
	}
	return new(throughline.SnapshotPlacement)
}

func (d *declared) release(r report.Release) *ReleaseLine {
	by := d.author(r.Author)
	return &ReleaseLine{Number: r.Number, Message: r.Message, By: by, Since: r.At, Risk: r.Risk, Changes: r.Changes}
}

// shellUser precedes, in an actor's id, the name of somebody who changed the
// workspace from a shell on the engine's machine without signing in.
const shellUser = "os/"

// author says who made a release: a person, by name; somebody at a shell; or a
// token or agent, and for whom.
func (d *declared) author(a throughline.Actor) Owner {
	by := d.person(a.ID)
	if user, ok := strings.CutPrefix(a.ID, shellUser); ok {
		by = d.person(user)
		by.Person, by.Name = a.ID, by.Name+", from a shell"
	}
	if a.Kind == throughline.ActorPerson || a.Kind == "" {
		return by
	}
	by.Name = strings.TrimSpace(string(a.Kind) + " " + by.Name)
	if a.OnBehalfOf != "" {
		by.Name += " on behalf of " + d.author(throughline.Actor{Kind: throughline.ActorPerson, ID: a.OnBehalfOf}).Name
	}
	return by
}

func (d *declared) stations(counted []report.Station) []Station {
	out := make([]Station, len(counted))
	for i, s := range counted {
		out[i] = Station{
			Name: Stage(s.Name), Count: s.Count, Unit: s.Unit, Latest: s.Latest,
			PerSecond: s.PerSecond(), Owner: d.engineOwner(),
		}
		if s.Count > 0 {
			out[i].Health = HealthOK
		}
	}
	return out
}

func (d *declared) figures(l report.Loop) []Figure {
	var out []Figure
	add := func(name, what string, n throughline.Number) {
		if n.N < report.MinMeasured {
			what = "" // it is the slowest, and said as that
		}
		if n.N > 0 {
			out = append(out, Figure{Name: name, What: what, Number: owned(n, d.owner.Name), Owner: d.engineOwner()})
		}
	}
	add(FigureReaction, "p95", l.Reaction.P95)
	add("Apply to served", "p99", l.Apply.P99)
	return out
}

func (d *declared) placement(p *throughline.SnapshotPlacement, stands report.Placement) PlacementLine {
	owner := d.person(p.Owner)
	l := PlacementLine{
		Name: p.Name, Title: p.Title, Channel: p.Channel, Surface: d.surfaces[p.Channel], Owner: owner,
		Policy: p.Policy.Kind, Sticky: p.Sticky, Goal: d.goals[p.Goal], Window: p.Window,
		Total: len(p.Candidates), Recent: stands.Recent, Deliveries: stands.Total.Deliveries,
		Learned: owned(stands.Arms[throughline.ArmPolicy].Rate, owner.Name),
		Holdout: owned(stands.Arms[throughline.ArmHoldout].Rate, owner.Name),
		Uplift:  owned(stands.Uplift, owner.Name),
	}
	if p.Holdout != nil {
		l.HoldoutShare, l.HoldoutServes = p.Holdout.Share, p.Holdout.Serve
		if stands.Thin != nil {
			l.Thin = &Thin{Arm: stands.Thin.Arm.String(), Have: stands.Thin.Have, Need: stands.Thin.Need, Unit: stands.Thin.Unit, Remaining: stands.Thin.Remaining}
		}
	}
	keys := map[string]string{}
	for _, v := range stands.Variants {
		candidate, ok := d.candidates[p.Name][v.Key]
		if !ok {
			continue
		}
		keys[v.Key] = VariantLabel(candidate)
		if len(l.Variants) < shownVariants {
			l.Variants = append(l.Variants, d.variant(p, candidate, v, owner))
		}
	}
	if len(l.Variants) > 0 && l.Variants[0].Share > 0 && l.Recent >= MinShown {
		l.Variants[0].Best = true
	}
	l.Allocation = allocation(stands.Curve, keys)
	return l
}

// shownVariants is how many variants of a placement a line has.
const shownVariants = 24

func (d *declared) variant(p *throughline.SnapshotPlacement, candidate int, v report.Variant, owner Owner) VariantLine {
	filling := p.Candidates[candidate]
	line := VariantLine{
		ID: p.VariantID(filling, p.Locales.Default), Label: VariantLabel(candidate),
		Share: v.Share, Before: v.Before, Deliveries: v.Total.Deliveries, Rate: owned(v.Rate, owner.Name),
	}
	for s, choice := range filling {
		c := p.Slots[s].Choices[choice]
		line.Slots = append(line.Slots, SlotLine{p.Slots[s].Name, c.Level, c.Says(p.Locales.Default)})
	}
	return line
}

func allocation(c report.Curve, labels map[string]string) Allocation {
	a := Allocation{At: c.At}
	for _, s := range c.Series {
		label, ok := labels[s.Key]
		if ok {
			a.Series = append(a.Series, Share{label, s.Shares})
		}
	}
	for _, r := range c.Releases {
		a.Releases = append(a.Releases, ReleaseMark{r.Number, r.At})
	}
	return a
}

// preview renders a variant as its recipients see it.
func (d *declared) preview(r decide.Rendering) (Preview, error) {
	m, err := d.rendering(r.Placement)
	if err != nil {
		return Preview{}, err
	}
	p := d.snapshotPlacement(r.Placement)
	v := Preview{Title: "Variant of " + p.Name, Surface: d.surfaces[p.Channel], Locale: r.Locale}
	if v.HTML, err = m.HTML(r.Values); err != nil || v.HTML != "" {
		return v, err
	}
	v.Fields = m.Fields(r.Values)
	return v, nil
}
