package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/throughline-engine/throughline"
)

// standing is what one of the engine's checks does unless a set says otherwise:
// the gate at which it speaks, and how grave a failure is.
type standing struct {
	stage    throughline.Stage
	severity throughline.Severity
}

// standings are those of all checks. Nothing that only a person or a client can
// judge blocks by itself.
func standings() map[throughline.CheckName]standing {
	return map[throughline.CheckName]standing{
		throughline.CheckLength:      {throughline.StageActivate, throughline.Block},
		throughline.CheckTerms:       {throughline.StageAssemble, throughline.Warn},
		throughline.CheckStyle:       {throughline.StageAssemble, throughline.Warn},
		throughline.CheckReadability: {throughline.StageAssemble, throughline.Warn},
		throughline.CheckClaims:      {throughline.StageAssemble, throughline.Warn},
		throughline.CheckDisclosures: {throughline.StageAssemble, throughline.Block},
		throughline.CheckContrast:    {throughline.StageDeclare, throughline.Block},
		throughline.CheckLogo:        {throughline.StageAssemble, throughline.Block},
		throughline.CheckPicture:     {throughline.StageAssemble, throughline.Block},
		throughline.CheckAltText:     {throughline.StageActivate, throughline.Block},
		throughline.CheckRights:      {throughline.StageActivate, throughline.Warn},
		throughline.CheckLocales:     {throughline.StageAssemble, throughline.Warn},
		throughline.CheckLinks:       {throughline.StageAssemble, throughline.Warn},
		throughline.CheckMarkup:      {throughline.StageAssemble, throughline.Block},
		throughline.CheckClients:     {throughline.StageAssemble, throughline.Warn},
		throughline.CheckBytes:       {throughline.StageActivate, throughline.Block},
		throughline.CheckMail:        {throughline.StageActivate, throughline.Block},
		throughline.CheckSpam:        {throughline.StageAssemble, throughline.Info},
		throughline.CheckPersonal:    {throughline.StageAssemble, throughline.Warn},
		throughline.CheckAILabel:     {throughline.StageActivate, throughline.Warn},
	}
}

// judge knows the sets that apply: what they make of each check, and what they
// let pass.
type judge struct {
	at       time.Time
	standing map[throughline.CheckName]standing
	sets     []*throughline.GuardrailSet // that apply to the template on the channel
	named    map[string]bool             // guardrails that a set names, and whether one of those sets applies
}

// newJudge reads the sets.
func newJudge(sets []throughline.Resource, template, channel string, at time.Time) judge {
	j := judge{at: at, standing: standings(), named: map[string]bool{}}
	for _, r := range sets {
		set, ok := r.Spec.(*throughline.GuardrailSet)
		if !ok {
			continue
		}
		applies := matches(set.Match.Templates, template) && matches(set.Match.Channels, channel)
		for _, name := range set.Guardrails {
			j.named[name] = j.named[name] || applies
		}
		if applies {
			j.sets = append(j.sets, set)
		}
	}
	return j
}

// asks reports whether a guardrail is asked about a place, as far as sets have a
// say.
func (j judge) asks(guardrail, role, locale string) bool {
	if _, inSet := j.named[guardrail]; !inSet {
		return true
	}
	return slices.ContainsFunc(j.sets, func(s *throughline.GuardrailSet) bool {
		return slices.Contains(s.Guardrails, guardrail) && matches(s.Match.Roles, role) && matches(s.Match.Locales, locale)
	})
}

// rule returns what the sets say of a check at a place; of several the gravest.
func (j judge) rule(use throughline.CheckName, role, locale string) (rule throughline.CheckRule, set bool) {
	for _, s := range j.sets {
		if !matches(s.Match.Roles, role) || !matches(s.Match.Locales, locale) {
			continue
		}
		for _, r := range s.Checks {
			if r.Use == use && (!set || gravity(cmp.Or(r.Severity, throughline.Info)) < gravity(cmp.Or(rule.Severity, throughline.Info))) {
				rule, set = r, true
			}
		}
	}
	return rule, set
}

// speaks returns the gate at which a check speaks of a place and how grave it is,
// where own is what the thing it is about says itself; false where sets leave it
// to gates that come later.
func (j judge) speaks(use throughline.CheckName, own throughline.Severity, role, locale string) (throughline.Stage, throughline.Severity, bool) {
	stage := j.standing[use].stage
	rule, set := j.rule(use, role, locale)
	if !set {
		return stage, cmp.Or(own, j.standing[use].severity), true
	}
	if len(rule.Stages) == 0 || slices.Contains(rule.Stages, stage) {
		return stage, cmp.Or(rule.Severity, own, j.standing[use].severity), true
	}
	i := slices.IndexFunc(rule.Stages, func(s throughline.Stage) bool {
		return s == throughline.StageDeclare || s == throughline.StageAssemble || s == throughline.StageActivate
	})
	if i < 0 {
		return "", "", false
	}
	return rule.Stages[i], cmp.Or(rule.Severity, own, j.standing[use].severity), true
}

// settle gives a finding its verdict. One that an override lets pass stays, and
// stops nothing.
func (j judge) settle(f throughline.Finding) throughline.Finding {
	if f.Verdict == "" {
		f.Verdict = map[throughline.Severity]throughline.Verdict{
			throughline.Block: throughline.VerdictBlock, throughline.Warn: throughline.VerdictWarn,
		}[f.Severity]
	}
	if f.Verdict == "" {
		f.Verdict = throughline.VerdictPass
	}
	for _, set := range j.sets {
		for i := range set.Overrides {
			o := &set.Overrides[i]
			until, err := o.Until.Ends()
			if o.Rule == f.Rule && o.Object == f.Object.String() && err == nil && j.at.Before(until) {
				f.Overridden, f.Severity, f.Verdict = o, throughline.Info, throughline.VerdictPass
				return f
			}
		}
	}
	return f
}
