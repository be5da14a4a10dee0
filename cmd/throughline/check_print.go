package main

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/sarif"
	"github.com/throughline-engine/throughline/internal/craft/schema"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

// printChecked prints findings for people, object after object.
func (s *shell) printChecked(found []checked) {
	blocks, rules, wheres := 0, 0, 0
	for _, f := range found {
		rules, wheres = max(rules, len(f.Rule)), max(wheres, len([]rune(where(f.Finding))))
		if gravity(f.Finding) == throughline.Block {
			blocks++
		}
	}
	for i, group := range byObject(found) {
		if i > 0 {
			s.printf("\n")
		}
		s.printf("%s\n", heading(group[0]))
		for _, f := range group {
			line := "-"
			if f.Place != nil {
				line = f.Place.String()
			}
			s.printf("  %-5s  %-*s  %-*s  %s\n", f.Severity, rules, f.Rule, wheres, where(f.Finding), line)
			s.printf("         %s\n", says(f.Finding))
			if f.Fix != "" {
				s.printf("         fix: %s\n", f.Fix)
			}
		}
	}
	if len(found) > 0 {
		s.printf("\n")
	}
	s.printf("%s\n", sumUp(len(found), blocks))
}

// heading names what a group of findings is about.
func heading(f checked) string {
	switch {
	case f.Object != (throughline.Ref{}):
		return f.Object.String()
	case f.Place != nil:
		return f.Place.File
	}
	return "the manifests"
}

// sumUp says how many findings there are and what they do.
func sumUp(findings, blocking int) string {
	switch {
	case findings == 0:
		return "No findings."
	case blocking == 0:
		return operate.Plural(findings, "finding", "findings") + "; none blocks."
	}
	return fmt.Sprintf("%s; %s.", operate.Plural(findings, "finding", "findings"), operate.Plural(blocking, "blocks", "block"))
}

func variantsHeld(n int) string {
	return operate.Plural(n, "variant does not go live", "variants do not go live")
}

// sarifOf writes findings as SARIF.
func sarifOf(found []checked) []byte {
	r := sarif.Report{Tool: "throughline", Version: fromDigit(version()), Home: "https://github.com/throughline-engine/throughline"}
	told := map[string]bool{}
	for _, f := range found {
		if !told[f.Rule] {
			told[f.Rule] = true
			r.Rules = append(r.Rules, ruleOf(f.Finding))
		}
		message := says(f.Finding)
		if at := where(f.Finding); at != "" {
			message += " (" + at + ")"
		}
		if f.Fix != "" {
			message += ". Fix: " + f.Fix
		}
		one := sarif.Result{
			Rule: f.Rule, Level: levels()[gravity(f.Finding)], Message: message,
			Identity: strings.Join([]string{f.Template, f.Slot, f.Channel, f.Locale, f.Want}, "\x00"),
		}
		if f.Object != (throughline.Ref{}) {
			one.Object, one.Kind = f.Object.String(), "resource"
		}
		if f.Rule == ruleDeclare {
			one.Identity = f.Got
		}
		if f.Overridden != nil {
			one.Suppressed = f.Overridden.Reason
		}
		if f.Place != nil {
			one.File = fromHere(f.Place.File)
			one.Region = sarif.Region{Line: f.Place.Line, Column: f.Place.Column, EndLine: f.Place.EndLine, EndColumn: f.Place.EndColumn}
		}
		r.Results = append(r.Results, one)
	}
	return sarif.Write(r)
}

// fromDigit is a version that begins with a number, as the format asks for.
func fromDigit(version string) string {
	if after, ok := strings.CutPrefix(version, "v"); ok {
		return after
	}
	return "0.0.0-" + version
}

func levels() map[throughline.Severity]string {
	return map[throughline.Severity]string{throughline.Block: sarif.Error, throughline.Warn: sarif.Warning, throughline.Info: sarif.Note}
}

// ruleOf describes a rule: one of the engine's own checks by its words, anything
// else by who asks for it.
func ruleOf(f throughline.Finding) sarif.Rule {
	owner, check, own := strings.Cut(f.Rule, "#")
	check, _, _ = strings.Cut(check, ".")
	for _, c := range schema.Choices(reflect.TypeFor[throughline.CheckName]()) {
		if own && c.Value == check {
			return sarif.Rule{ID: f.Rule, Name: c.Title, Says: c.Description, Help: c.Description + " " + owner + " asks for it, or a GuardrailSet that applies to it; docs/contract.md says what the check looks at."}
		}
	}
	if f.Rule == ruleDeclare {
		return sarif.Rule{ID: f.Rule, Name: "Declare", Says: "Manifests can be read, and what they declare fits together.", Help: "throughline schema KIND prints the fields of a kind, for editors too."}
	}
	return sarif.Rule{ID: f.Rule, Says: f.Rule + " holds.", Help: f.Rule + " is declared in the workspace: its fields say what it asks for, and what to do."}
}

// fromHere is a path relative to the current folder where it lies in it.
func fromHere(file string) string {
	if file == standardInput {
		return ""
	}
	here, err := os.Getwd()
	if err != nil || !filepath.IsAbs(file) {
		return file
	}
	if within, err := filepath.Rel(here, file); err == nil && filepath.IsLocal(within) {
		return within
	}
	return file
}

// printAnnotations prints findings as commands of a GitHub workflow, which shows
// them at their lines.
func (s *shell) printAnnotations(found []checked) {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, f := range found {
		command := map[throughline.Severity]string{throughline.Block: "error", throughline.Warn: "warning", throughline.Info: "notice"}[gravity(f.Finding)]
		at := ""
		if f.Place != nil && fromHere(f.Place.File) != "" {
			at = fmt.Sprintf("file=%s,line=%d,col=%d,", property.Replace(fromHere(f.Place.File)), f.Place.Line, f.Place.Column)
		}
		said := heading(f) + ": " + says(f.Finding)
		if f.Fix != "" {
			said += "\nFix: " + f.Fix
		}
		s.printf("::%s %stitle=%s::%s\n", command, at, property.Replace(f.Rule), data.Replace(said))
	}
}
