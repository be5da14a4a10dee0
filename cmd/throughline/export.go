package main

import (
	"net/http"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

type exportCmd struct{}

// Run prints everything in force as manifests.
func (c *exportCmd) Run(s *shell) error {
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	var f api.File
	if err := engine.call(s.ctx, http.MethodGet, "/api/v1/export", nil, &f); err != nil {
		return err
	}
	s.printf("%s", f.Text)
	return nil
}

type checkCmd struct {
	manifests
	JSON bool `help:"Print one line of JSON."`
}

// Run prints the findings, and fails when one of them blocks.
func (c *checkCmd) Run(s *shell) error {
	body, err := c.change(s)
	if err != nil {
		return err
	}
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	findings := []throughline.Finding{}
	if err := engine.call(s.ctx, http.MethodPost, "/api/v1/check", body, &findings); err != nil {
		return err
	}
	blocks := 0
	for _, f := range findings {
		if f.Severity == throughline.Block && f.Variants == 0 {
			blocks++
		}
	}
	if c.JSON {
		err = s.printJSON(findings)
	} else {
		s.printFindings(findings)
		s.printf("%s, %d of them block.\n", count(len(findings), "finding", "findings"), blocks)
	}
	if err == nil && blocks > 0 {
		err = throughline.Errorf(throughline.Invalid, "%s a release", count(blocks, "finding blocks", "findings block"))
	}
	return err
}
