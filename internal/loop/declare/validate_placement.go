package declare

import (
	"maps"
	"slices"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/schema"
)

func (v *validator) placement(p *throughline.Placement) {
	v.ref("spec.brief", throughline.KindBrief, p.Brief)
	v.ref("spec.audience", throughline.KindAudience, p.Audience)
	v.required("spec.goal", throughline.KindGoal, p.Goal)
	channel := v.required("spec.channel", throughline.KindChannel, p.Channel)
	v.policy(&p.Policy)
	if p.Holdout != nil {
		v.holdout(p.Holdout)
	}
	if !v.required("spec.template", throughline.KindTemplate, p.Template) {
		return
	}
	t := Spec[*throughline.Template](v.set, p.Template)
	if channel && t.Rendering(p.Channel) == nil {
		v.problem("spec.template", "the template %s has no rendering for the channel %s", p.Template, p.Channel).
			WithFix("add one to Template/%s, or choose another channel", p.Template)
	}
	v.fallback(t, p)
	if p.Policy.Kind == throughline.Fixed {
		v.filling("spec.policy.fixed", t, p.Policy.Fixed)
	}
	if p.Holdout != nil && p.Holdout.Serve == throughline.ServeControl {
		v.filling("spec.holdout.control", t, p.Holdout.Control)
	}
}

func (v *validator) policy(p *throughline.Policy) {
	if p.Floor != 0 && (p.Floor < schema.MinFloor || p.Floor > 1) {
		v.problem("spec.policy.floor", "the floor is %v", p.Floor).WithFix("write a share from %v to 1; 0.02 is the default", schema.MinFloor)
	}
	if p.Explore < 0 || p.Explore > schema.MaxExplore {
		v.problem("spec.policy.explore", "explore is %d", p.Explore).WithFix("write how many exposures to spend, at most %d", schema.MaxExplore)
	}
	if p.Explore != 0 && p.Kind != throughline.ExploreThenCommit {
		v.problem("spec.policy.explore", "explore belongs to the policy %s", throughline.ExploreThenCommit).
			WithFix("remove it, or write kind: %s", throughline.ExploreThenCommit)
	}
	switch {
	case p.Kind == throughline.Fixed && len(p.Fixed) == 0:
		v.problem("spec.policy.fixed", "the policy is fixed, and no filling is named").WithFix("name the fragment for every required slot")
	case p.Kind != throughline.Fixed && len(p.Fixed) > 0:
		v.problem("spec.policy.fixed", "a filling is named, and the policy is not fixed").WithFix("remove it, or write kind: fixed")
	}
}

func (v *validator) holdout(h *throughline.Holdout) {
	if !(h.Share > 0 && h.Share <= schema.MaxHoldout) {
		v.problem("spec.holdout.share", "the share is %v", h.Share).WithFix("write a share above 0 and at most %v, or leave the holdout out", schema.MaxHoldout)
	}
	switch {
	case h.Serve == throughline.ServeControl && len(h.Control) == 0:
		v.problem("spec.holdout.control", "the holdout serves a control, and none is named").WithFix("name the fragment for every required slot")
	case h.Serve != throughline.ServeControl && len(h.Control) > 0:
		v.problem("spec.holdout.control", "a control is named, and the holdout does not serve it").WithFix("remove it, or write serve: control")
	}
}

// fallback checks that there is always something to show, whoever asks.
func (v *validator) fallback(t *throughline.Template, p *throughline.Placement) {
	if len(p.Fallback) == 0 && slices.ContainsFunc(t.Slots, func(s throughline.Slot) bool { return s.Required }) {
		v.problem("spec.fallback", "the placement has no fallback").WithFix("name a fragment for every required slot: %s", requiredSlots(t))
		return
	}
	v.filling("spec.fallback", t, p.Fallback)
	for _, slot := range slices.Sorted(maps.Keys(p.Fallback)) {
		if piece, ok := v.set.Piece(p.Fallback[slot]); ok && piece.Audience != "" {
			v.problem("spec.fallback."+slot, "only the audience %s may see %s, and a fallback is for everyone", piece.Audience, piece.Ref).
				WithFix("choose a piece without an audience")
		}
	}
}

// piece checks that there is a piece of that name.
func (v *validator) piece(field, name string) (throughline.Piece, bool) {
	if p, ok := v.set.Piece(name); ok {
		return p, true
	}
	have := append(v.set.names(throughline.KindFragment), v.set.names(throughline.KindAsset)...)
	if name == "" {
		v.problem(field, "no piece is named").WithFix("name one: %s", listed(have))
	} else {
		v.problem(field, "there is no piece %s", name).WithFix("%s", suggest(name, have, "declare a fragment or an asset of that name"))
	}
	return throughline.Piece{}, false
}

// filling checks that every required slot is filled, with pieces there are
// and of the slot's role. Labels and constraints are for assemble to judge.
func (v *validator) filling(field string, t *throughline.Template, f throughline.Filling) {
	if len(f) == 0 {
		return // told where the filling belongs
	}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		slot, _ := t.Slot(name)
		if slot == nil {
			v.problem(field+"."+name, "the template has no slot %q", name).WithFix("%s", suggest(name, slotNames(t), "it has no slots"))
			continue
		}
		piece, ok := v.piece(field+"."+name, f[name])
		switch {
		case slot.Type == throughline.DisclosureText:
			v.problem(field+"."+name, "the slot %s says what the market asks for, and nothing is chosen for it", name).WithFix("leave it out")
		case ok && piece.Role != slot.Role:
			v.problem(field+"."+name, "%s has the role %s, and the slot %s takes %s", piece.Ref, piece.Role, name, slot.Role).
				WithFix("choose a piece with the role %s", slot.Role)
		}
	}
	for _, s := range t.Slots {
		if _, filled := f[s.Name]; s.Required && !filled && s.Type != throughline.DisclosureText {
			v.problem(field, "the required slot %s is not filled", s.Name).WithFix("name a piece with the role %s for it", s.Role)
		}
	}
}

func requiredSlots(t *throughline.Template) string {
	var names []string
	for _, s := range t.Slots {
		if s.Required {
			names = append(names, s.Name)
		}
	}
	return listed(names)
}
