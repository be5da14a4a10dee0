package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/email"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

type renderCmd struct {
	Template string   `arg:"" optional:"" help:"A template by name."`
	Paths    []string `arg:"" optional:"" name:"path" help:"Manifest files or folders to draw it with, on top of what is in force."`
	Channel  string   `help:"The channel; may be left out where the template is drawn for one only."`
	Locale   string   `help:"The language; the default is the brand's."`
	Variant  string   `help:"What fills the slots, as SLOT=PIECE,..., or the id of a variant; the rest is as a placement falls back to." placeholder:"SLOT=PIECE,...|ID"`
	Mode     string   `help:"The colours: light or dark." enum:"light,dark" default:"light"`

	MJML string `name:"mjml" placeholder:"FILE" help:"Instead of a template: a mail in MJML; - reads standard input."`

	Text    bool `help:"Print the plain text instead of the HTML." xor:"form"`
	Subject bool `help:"Print the subject of a mail alone." xor:"form"`
	EML     bool `name:"eml" help:"Print a whole message, to open in a mail client." xor:"form"`
	JSON    bool `help:"Print everything as one line of JSON." xor:"form"`
}

// Validate refuses a command line that names neither a template nor a file, or
// both.
func (c *renderCmd) Validate() error {
	switch {
	case c.Template == "" && c.MJML == "":
		return errors.New("name a template, or a file of MJML with --mjml FILE")
	case c.MJML != "" && (c.Template != "" || c.Channel != "" || c.Locale != "" || c.Variant != "" || c.Subject || c.EML):
		return errors.New("--mjml draws a file as it is: it goes with --text and --json only")
	}
	return nil
}

// rendered is a mail as --json prints it.
type rendered struct {
	HTML string `json:"html"`
	Text string `json:"text"`
}

// Run prints what recipients get.
func (c *renderCmd) Run(s *shell) error {
	if c.MJML != "" {
		return c.bare(s)
	}
	body := api.RenderBody{Template: c.Template, Channel: c.Channel, Locale: c.Locale, Mode: c.Mode}
	if err := c.choose(&body); err != nil {
		return err
	}
	change, err := manifests{Paths: c.Paths}.change(s)
	if err != nil {
		return err
	}
	body.Files = change.Files
	connect := s.connect
	if len(c.Paths) > 0 {
		connect = s.connectOrEmpty
	}
	engine, err := connect()
	if err != nil {
		return err
	}
	defer engine.close()
	var out content.RenderedTemplate
	if err := engine.call(s.ctx, http.MethodPost, "/api/v1/render", body, &out); err != nil {
		return err
	}
	return c.print(s, out)
}

// choose reads --variant.
func (c *renderCmd) choose(body *api.RenderBody) error {
	if c.Variant == "" {
		return nil
	}
	if !strings.Contains(c.Variant, "=") {
		body.Variant = throughline.VariantID(c.Variant)
		return nil
	}
	body.Filling = throughline.Filling{}
	for pair := range strings.SplitSeq(c.Variant, ",") {
		slot, piece, ok := strings.Cut(pair, "=")
		if slot = strings.TrimSpace(slot); !ok || slot == "" {
			return throughline.Errorf(throughline.Invalid, "%q in --variant does not say what fills a slot", pair).WithFix("write --variant headline=hello,cta=try")
		}
		if _, twice := body.Filling[slot]; twice {
			return throughline.Errorf(throughline.Invalid, "--variant fills the slot %s twice", slot).WithFix("keep one of them")
		}
		body.Filling[slot] = strings.TrimSpace(piece)
	}
	return nil
}

func (c *renderCmd) print(s *shell, out content.RenderedTemplate) (err error) {
	switch {
	case c.JSON:
		return s.printJSON(out)
	case c.Subject:
		subject, ok := out.Fields["subject"]
		if !ok {
			return throughline.Errorf(throughline.NotFound, "Template/%s has no subject on %s", out.Template, out.Channel).WithFix("add the field subject to its rendering; fields are %s", cmp.Or(strings.Join(slices.Sorted(maps.Keys(out.Fields)), ", "), "none yet"))
		}
		s.printf("%s\n", subject)
	case c.EML:
		if out.Surface != throughline.Email {
			return throughline.Errorf(throughline.Invalid, "%s is no channel of mails", out.Channel).WithFix("name a channel whose surface is email")
		}
		_, err = s.out.Write(message(out, time.Now()))
	case c.Text && out.Text == "" && out.HTML != "":
		return throughline.Errorf(throughline.NotFound, "Template/%s has no plain text on %s: it is drawn as a page", out.Template, out.Channel).WithFix("leave --text out; mails in MJML have one")
	case c.Text && out.Text != "":
		_, err = io.WriteString(s.out, out.Text)
	case out.HTML != "":
		_, err = io.WriteString(s.out, out.HTML)
	default:
		for _, name := range slices.Sorted(maps.Keys(out.Fields)) {
			s.printf("%s: %s\n", name, out.Fields[name])
		}
	}
	return err
}

// bare prints what mail clients get from a bare MJML file: braces are text, as
// for the reference. It needs no engine.
func (c *renderCmd) bare(s *shell) error {
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
		p.Place = fmt.Sprint(c.MJML, strings.TrimPrefix(p.Place, "mjml"))
	}
	return problems
}
