package main

import (
	"io"
	"os"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/email"
)

type renderCmd struct {
	MJML string `name:"mjml" required:"" placeholder:"FILE" help:"A mail in MJML; - reads standard input."`
	Text bool   `help:"Print the plain text instead of the HTML."`
	JSON bool   `help:"Print both as one line of JSON."`
}

// rendered is a mail as --json prints it.
type rendered struct {
	HTML string `json:"html"`
	Text string `json:"text"`
}

// Run prints what mail clients get from a bare MJML file: braces are text, as
// for the reference. It needs no engine.
func (c *renderCmd) Run(s *shell) error {
	source, err := c.read(s)
	if err != nil {
		return err
	}
	layout, err := email.Compile(source, email.Options{Verbatim: true})
	if err != nil {
		return c.named(err)
	}
	switch {
	case c.JSON:
		return s.printJSON(rendered{layout.HTML(), layout.Text()})
	case c.Text:
		_, err = io.WriteString(s.out, layout.Text())
	default:
		_, err = io.WriteString(s.out, layout.HTML())
	}
	return err
}

// read returns the file, or a little more than is allowed of it.
func (c *renderCmd) read(s *shell) ([]byte, error) {
	in := s.in
	if c.MJML != "-" {
		file, err := os.Open(c.MJML)
		if err != nil {
			return nil, throughline.Errorf(throughline.NotFound, "the file %s cannot be read: %w", c.MJML, err).WithFix("name a file of MJML, or - for standard input")
		}
		defer file.Close()
		in = file
	}
	source, err := io.ReadAll(io.LimitReader(in, email.MaxBytes+1))
	if err != nil {
		return nil, throughline.Errorf(throughline.Invalid, "%s cannot be read: %w", c.MJML, err).WithFix("name a file of MJML, or - for standard input")
	}
	return source, nil
}

// named puts the file's name where the place says mjml.
func (c *renderCmd) named(err error) error {
	var problems throughline.Problems
	problems.Add(err)
	for _, p := range problems {
		p.Place = c.MJML + strings.TrimPrefix(p.Place, "mjml")
	}
	return problems
}
