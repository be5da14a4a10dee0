package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/token"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

type exportCmd struct {
	Tokens string `placeholder:"BRAND" help:"Print a brand's design tokens instead, as a DTCG file."`
}

// Run prints everything in force as manifests, or the tokens of a brand.
func (c *exportCmd) Run(s *shell) error {
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	if c.Tokens != "" {
		return c.tokens(s, engine)
	}
	var f api.File
	if err := engine.call(s.ctx, http.MethodGet, "/api/v1/export", nil, &f); err != nil {
		return err
	}
	s.printf("%s", f.Text)
	return nil
}

func (c *exportCmd) tokens(s *shell, engine *client) error {
	var brand throughline.Resource
	if err := engine.call(s.ctx, http.MethodGet, "/api/v1/resources/Brand/"+c.Tokens, nil, &brand); err != nil {
		return err
	}
	s.printf("%s", token.Export(brand.Spec.(*throughline.Brand)))
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
	connect := s.connect
	if len(c.Paths) > 0 {
		connect = s.connectOrEmpty
	}
	engine, err := connect()
	if err != nil {
		return err
	}
	defer engine.close()
	findings := []throughline.Finding{}
	if err := engine.call(s.ctx, http.MethodPost, "/api/v1/check", body, &findings); err != nil {
		return err
	}
	if c.JSON {
		return errors.Join(s.printJSON(findings), refused(findings))
	}
	s.printFindings(findings)
	s.printf("%s\n", sumUp(len(findings), blocking(findings)))
	return refused(findings)
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
