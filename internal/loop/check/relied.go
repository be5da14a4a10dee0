package check

import (
	"fmt"
	"time"

	"github.com/throughline-engine/throughline"
)

// Relied checks what a placement counts on at all times: its fallback, its
// control, what the policy fixed serves. Of what has ended, or is for some
// markets only, nothing else takes the place: whoever asks then gets no content
// and shows their own default.
func Relied(placement throughline.Resource, a throughline.Assembly, sets []throughline.Resource, at time.Time) []throughline.Finding {
	p, ok := placement.Spec.(*throughline.Placement)
	if !ok {
		return nil
	}
	r := relied{placement: placement, assembly: a, judge: newJudge(sets, p.Template, p.Channel, at), at: at}
	r.filling("fallback", p.Fallback)
	r.filling("policy.fixed", p.Policy.Fixed)
	if p.Holdout != nil {
		r.filling("holdout.control", p.Holdout.Control)
	}
	return r.findings
}

type relied struct {
	placement throughline.Resource
	assembly  throughline.Assembly
	judge     judge
	at        time.Time
	findings  []throughline.Finding
}

func (r *relied) filling(field string, filling throughline.Filling) {
	for _, slot := range r.assembly.Slots {
		for _, c := range slot.Choices {
			if c.Piece == "" || c.Piece != filling[slot.Name] || c.Bounds == nil {
				continue
			}
			got, own := "", throughline.Warn
			switch b := c.Bounds; {
			case !b.Open(r.at) && b.Until != 0 && r.at.UnixMilli() >= b.Until:
				got, own = fmt.Sprintf("%s, which ended %s", c.Ref(), ended(b.Until)), throughline.Block
			case !b.Open(r.at):
				got, own = fmt.Sprintf("%s, which begins %s", c.Ref(), day(time.UnixMilli(b.From))), throughline.Block
			case len(b.Markets) > 0:
				got = fmt.Sprintf("%s, which is for some markets only", c.Ref())
			case b.Impressions > 0:
				got = fmt.Sprintf("%s, which may be shown %d times", c.Ref(), b.Impressions)
			case b.Until != 0:
				got = fmt.Sprintf("%s, which ends %s", c.Ref(), ended(b.Until))
			default:
				continue
			}
			r.say(field, slot.Name, own, got)
		}
	}
}

func (r *relied) say(field, slot string, own throughline.Severity, got string) {
	stage, severity, speaks := r.judge.speaks(throughline.CheckRights, own, "", "")
	if !speaks {
		return
	}
	if own == throughline.Warn {
		severity = throughline.Warn // it holds today
	}
	r.findings = append(r.findings, r.judge.settle(throughline.Finding{
		Rule: r.placement.Ref().String() + "#" + string(throughline.CheckRights), Stage: stage, Severity: severity,
		Object: r.placement.Ref(), Slot: slot, Got: got + ", in " + field,
		Want: "a piece that may always be shown", Fix: "choose one without an end, and without markets or a cap",
	}))
}
