package main

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

type checkCmd struct {
	manifests
	Format string `help:"How to print: text, json, sarif, or github for annotations of a workflow." enum:"text,json,sarif,github" default:"text"`
	FailOn string `help:"What fails: findings that block, or warnings too." enum:"block,warn" default:"block"`
	JSON   bool   `help:"The same as --format json."`
}

// Help says what the exit codes mean, which are this command's own.
func (checkCmd) Help() string {
	return "Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 it could not be checked. Without an engine on the data folder, the files are checked by themselves."
}

// The exit codes of check, as other tools of its sort have them.
const (
	exitFindings  = 1
	exitUnchecked = 2
)

// withCode is an error that ends the program with a code of its own.
type withCode struct {
	error
	code int
}

// Unwrap returns the error.
func (w withCode) Unwrap() error { return w.error }

// checked is a finding with the place it has in the files that were checked; the
// zero Place where it has none.
type checked struct {
	throughline.Finding
	Place *declare.Place `json:"place,omitempty"`
}

// Run prints the findings, and fails when there are some at or above --fail-on.
func (c *checkCmd) Run(s *shell) error {
	found, err := c.find(s)
	if err != nil {
		return withCode{err, exitUnchecked}
	}
	format := c.Format
	if c.JSON {
		format = "json"
	}
	switch format {
	case "json":
		err = s.printJSON(found)
	case "sarif":
		_, err = s.out.Write(sarifOf(found))
	case "github":
		s.printAnnotations(found)
	default:
		s.printChecked(found)
	}
	if err != nil {
		return withCode{err, exitUnchecked}
	}
	if n := c.failing(found); n > 0 {
		return told{withCode{errors.New(strconv.Itoa(n) + " findings fail"), exitFindings}}
	}
	return nil
}

// failing counts the findings at or above --fail-on. What takes out combinations
// stops nothing, and only warns.
func (c *checkCmd) failing(found []checked) (n int) {
	for _, f := range found {
		if level := gravity(f.Finding); level == throughline.Block || level == throughline.Warn && c.FailOn == "warn" {
			n++
		}
	}
	return n
}

// gravity is what a finding does to a release as a whole. What could not be told
// is no pass, and warns at least.
func gravity(f throughline.Finding) throughline.Severity {
	switch {
	case f.Severity == throughline.Block && f.Variants > 0:
		return throughline.Warn
	case f.Severity == throughline.Info && f.Verdict == throughline.VerdictUnknown && f.Overridden == nil:
		return throughline.Warn
	}
	return f.Severity
}

// find checks the files, or what is in force. Files that are wrong are findings
// too: they have a place that somebody should look at.
func (c *checkCmd) find(s *shell) ([]checked, error) {
	body, err := c.change(s)
	if err != nil {
		return nil, err
	}
	var places declare.Places
	for _, f := range body.Files {
		places.Add(f.Name, []byte(f.Text))
	}
	findings, err := c.ask(s, body)
	out := []checked{}
	var problems throughline.Problems
	switch problems.Add(err); throughline.CodeOf(err) {
	case "":
	case throughline.Invalid, throughline.TooLarge:
		if len(body.Files) == 0 {
			return nil, err
		}
		for _, p := range problems {
			out = append(out, wrong(p, &places))
		}
		return out, nil
	default:
		return nil, err
	}
	for _, f := range findings {
		one := checked{Finding: f}
		if at, ok := places.Of(f); ok {
			one.Place = &at
		}
		out = append(out, one)
	}
	return out, nil
}

// ask has the findings from the engine, or without one from the files alone.
func (c *checkCmd) ask(s *shell, body api.ChangeBody) (findings []throughline.Finding, err error) {
	connect := s.connect
	if len(c.Paths) > 0 {
		connect = func() (*client, error) { return s.connectOr(func() (*client, error) { return nil, nil }) }
	}
	engine, err := connect()
	if err != nil {
		return nil, err
	}
	if engine == nil { // none was ever here
		return alone(body)
	}
	defer engine.close()
	err = engine.call(s.ctx, http.MethodPost, "/api/v1/check", body, &findings)
	return findings, err
}

func alone(body api.ChangeBody) ([]throughline.Finding, error) {
	files := make([]content.File, len(body.Files))
	for i, f := range body.Files {
		files[i] = content.File{Name: f.Name, Text: []byte(f.Text)}
	}
	resources, err := content.Read(files)
	if err != nil {
		return nil, err
	}
	facts, err := mailFacts()
	if err != nil {
		return nil, err
	}
	return content.CheckAlone(resources, time.Now, facts)
}

// ruleDeclare is the rule that manifests can be read and fit together.
const ruleDeclare = "declare"

// wrong is what is wrong with a file, as a finding.
func wrong(p *throughline.Error, places *declare.Places) checked {
	out := checked{Finding: throughline.Finding{
		Rule: ruleDeclare, Stage: throughline.StageDeclare, Severity: throughline.Block, Verdict: throughline.VerdictBlock,
		Object: p.Object, Got: p.Message, Fix: p.Fix,
	}}
	if at, ok := placeIn(p.Place); ok {
		out.Place = &at
	} else if at, ok := places.Field(p.Object, p.Field); ok {
		out.Place = &at
	}
	if out.Place == nil && p.Place != "" {
		out.Got = p.Place + ": " + out.Got
	}
	return out
}

// placeIn reads file:line:column.
func placeIn(place string) (declare.Place, bool) {
	rest, column, ok1 := cutLast(place)
	file, line, ok2 := cutLast(rest)
	if !ok1 || !ok2 {
		return declare.Place{}, false
	}
	return declare.Place{File: file, Line: line, Column: column}, true
}

func cutLast(s string) (string, int, bool) {
	i := strings.LastIndexByte(s, ':')
	if i <= 0 {
		return s, 0, false
	}
	n, err := strconv.Atoi(s[i+1:])
	return s[:i], n, err == nil && n > 0
}

// says is a finding in one sentence.
func says(f throughline.Finding) string {
	said := f.Got
	switch {
	case f.Verdict == throughline.VerdictUnknown:
		said = "it could not be told: " + f.Got
	case f.Want != "":
		said = "got " + f.Got + ", want " + f.Want
	}
	if f.Variants > 0 {
		said += "; " + variantsHeld(f.Variants)
	}
	if f.Overridden != nil {
		said += "; let pass until " + string(f.Overridden.Until) + ": " + f.Overridden.Reason
	}
	return said
}

// where narrows the place of a finding: its slot, channel and locale.
func where(f throughline.Finding) string {
	parts := slices.DeleteFunc([]string{f.Slot, f.Channel, f.Locale}, func(s string) bool { return s == "" })
	return strings.Join(parts, " · ")
}

// byObject returns the findings one object after another, the object with the
// gravest first, and within it the gravest first.
func byObject(found []checked) [][]checked {
	var groups [][]checked
	at := map[string]int{}
	for _, f := range found {
		key := f.Object.String()
		if f.Object == (throughline.Ref{}) && f.Place != nil {
			key = f.Place.File
		}
		if i, ok := at[key]; ok {
			groups[i] = append(groups[i], f)
			continue
		}
		at[key] = len(groups)
		groups = append(groups, []checked{f})
	}
	order := []throughline.Severity{throughline.Block, throughline.Warn, throughline.Info}
	for _, g := range groups {
		slices.SortStableFunc(g, func(a, b checked) int {
			return cmp.Compare(slices.Index(order, a.Severity), slices.Index(order, b.Severity))
		})
	}
	slices.SortStableFunc(groups, func(a, b []checked) int {
		return cmp.Compare(slices.Index(order, a[0].Severity), slices.Index(order, b[0].Severity))
	})
	return groups
}
