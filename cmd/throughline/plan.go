package main

import (
	"cmp"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

type planCmd struct {
	manifests
	JSON bool `help:"Print one line of JSON."`
}

// Validate refuses a command line without manifests.
func (c *planCmd) Validate() error { return c.named() }

// Run shows what would change, whom it touches and what the checks say. It
// fails when they would stop the release, as check does.
func (c *planCmd) Run(s *shell) error {
	body, err := c.change(s)
	if err != nil {
		return err
	}
	if _, err := besides(s.ctx, body.Files); err != nil {
		return err
	}
	engine, err := s.connectOrEmpty()
	if err != nil {
		return err
	}
	defer engine.close()
	var plan throughline.Plan
	if err := engine.call(s.ctx, http.MethodPost, "/api/v1/plan", body, &plan); err != nil {
		return err
	}
	blocked := refused(plan.Findings)
	if c.JSON {
		return errors.Join(s.printJSON(plan), blocked)
	}
	s.printPlan(plan)
	if blocked != nil {
		s.printf("Blocked: %s; apply would refuse this.\n", operate.Plural(blocking(plan.Findings), "finding", "findings"))
		return told{blocked}
	}
	return nil
}

// blocking counts the findings that stop a release. One that takes out
// combinations of a template does not stop the rest.
func blocking(findings []throughline.Finding) (n int) {
	for _, f := range findings {
		if f.Severity == throughline.Block && f.Variants == 0 {
			n++
		}
	}
	return n
}

// refused is the error of findings that stop a release; nil for others.
func refused(findings []throughline.Finding) error {
	n := blocking(findings)
	if n == 0 {
		return nil
	}
	return throughline.Errorf(throughline.Invalid, "%s a release", operate.Plural(n, "finding blocks", "findings block"))
}

func (s *shell) printPlan(p throughline.Plan) {
	if len(p.Changes) == 0 {
		s.printf("Nothing to change: %s already as declared.\n", operate.Plural(p.Unchanged, "resource is", "resources are"))
	}
	s.printChanges(p.Changes)
	if len(p.Changes) > 0 && p.Means.Says != "" {
		s.printf("It %s.\n", p.Means.Says)
	}
	for _, t := range p.Touches {
		s.printf("  touches Placement/%s (%s): %d -> %s, %d new\n", t.Placement, t.Owner, t.Before, operate.Plural(t.After, "variant", "variants"), t.Changed)
		for _, rule := range slices.Sorted(maps.Keys(t.Excluded)) {
			s.printf("          %s excludes %s\n", rule, operate.Plural(t.Excluded[rule], "combination", "combinations"))
		}
	}
	s.printFindings(p.Findings)
	if len(p.Changes) > 0 {
		s.printf("Risk: %s", p.Risk.Level)
		if len(p.Risk.Reasons) > 0 {
			s.printf(" (%s)", strings.Join(p.Risk.Reasons, "; "))
		}
		s.printf("\n")
	}
}

func (s *shell) printChanges(changes []throughline.Change) {
	for _, ch := range changes {
		s.printf("%s %s\n", map[throughline.Action]string{throughline.Create: "+", throughline.Update: "~", throughline.Delete: "-"}[ch.Action], ch.Ref)
		if ch.Action != throughline.Update {
			continue
		}
		for _, f := range ch.Fields {
			s.printf("    %s: %s -> %s\n", f.Path, cmp.Or(f.From, "(none)"), cmp.Or(f.To, "(none)"))
		}
	}
}

func (s *shell) printFindings(findings []throughline.Finding) {
	for _, f := range findings {
		place := f.Object.String()
		for _, part := range []string{f.Slot, f.Channel, f.Locale} {
			if part != "" {
				place += " · " + part
			}
		}
		s.printf("%-5s %s: %s: %s\n", f.Severity, place, f.Rule, says(f))
		if f.Fix != "" {
			s.printf("      fix: %s\n", f.Fix)
		}
	}
}
