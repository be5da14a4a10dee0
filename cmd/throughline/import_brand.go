package main

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/adcp"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

type importBrandCmd struct {
	File    string `arg:"" help:"A brand.json of AdCP; - reads standard input."`
	Name    string `help:"What the brand is called here; the default is its id. One of that name takes the file in."`
	ID      string `help:"Which brand of a house that declares several."`
	Apply   bool   `help:"Make a release of it instead of printing the manifest."`
	Message string `short:"m" help:"Why, for the release."`
	JSON    bool   `help:"Print one line of JSON."`
}

// Run prints the brand and its disclosures as a manifest, or releases them, and
// says what was not taken over.
func (c *importBrandCmd) Run(s *shell) error {
	file, data, err := s.slurp(c.File, adcp.MaxBytes)
	if err != nil {
		return err
	}
	doc, err := adcp.Open(file, data, c.ID)
	if err != nil {
		return err
	}
	name := cmp.Or(c.Name, doc.Name())
	if !throughline.ValidName(name) {
		return throughline.Errorf(throughline.Invalid, "%q cannot be a name", name).WithFix(`write small letters, digits, "-", "." and "/"`)
	}
	there, err := c.workspace(s, name)
	if err != nil {
		return err
	}
	in, err := doc.Into(name, there)
	if err != nil {
		return err
	}
	manifest, err := declare.Encode(in.Resources())
	if err != nil {
		return err
	}
	if c.JSON && !c.Apply {
		return s.printJSON(struct {
			Resources []throughline.Resource `json:"resources"`
			Left      []adcp.Left            `json:"left"`
		}{in.Resources(), in.Left})
	}
	s.noteLeft("Not taken over", in.Left)
	if c.Apply {
		body := api.ChangeBody{Files: []api.File{{Name: "brand", Text: string(manifest)}}, Message: cmp.Or(c.Message, "import a brand.json")}
		return s.release(s.connect, http.MethodPost, "/api/v1/apply", body, c.JSON)
	}
	s.notef("Apply this, or add --apply.\n")
	_, err = s.out.Write(manifest)
	return err
}

// workspace reads what the engine has that the file may speak of.
func (c *importBrandCmd) workspace(s *shell, name string) (w adcp.Workspace, err error) {
	engine, err := s.connectOrEmpty()
	if err != nil {
		return w, err
	}
	defer engine.close()
	var brand throughline.Resource
	err = engine.call(s.ctx, http.MethodGet, "/api/v1/resources/Brand/"+name, nil, &brand)
	switch throughline.CodeOf(err) {
	case "":
		w.Brand = &brand
	case throughline.NotFound:
	default:
		return w, err
	}
	if w.Disclosures, err = engine.all(s, throughline.KindDisclosure); err != nil {
		return w, err
	}
	for kind, into := range map[throughline.Kind]*[]string{throughline.KindAsset: &w.Assets, throughline.KindChannel: &w.Channels} {
		resources, err := engine.all(s, kind)
		if err != nil {
			return w, err
		}
		for _, r := range resources {
			*into = append(*into, r.Metadata.Name)
		}
	}
	return w, nil
}

// all reads the resources of a kind that are in force.
func (c *client) all(s *shell, kind throughline.Kind) (resources []throughline.Resource, err error) {
	err = c.call(s.ctx, http.MethodGet, "/api/v1/resources?kind="+string(kind), nil, &resources)
	return resources, err
}

// slurp reads a file, or standard input for "-", up to one byte over a limit, and
// says how it is called in errors.
func (s *shell) slurp(name string, most int64) (called string, data []byte, err error) {
	in, called := s.in, "standard input"
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return name, nil, throughline.Errorf(throughline.NotFound, "the file %s cannot be read: %w", name, err).WithFix("name a file, or - for standard input")
		}
		defer f.Close()
		in, called = f, name
	}
	if data, err = io.ReadAll(io.LimitReader(in, most+1)); err != nil {
		return called, nil, throughline.Errorf(throughline.Invalid, "%s cannot be read: %w", called, err).WithFix("name a file, or - for standard input")
	}
	return called, data, nil
}

// leftShown is how many of the things left out a person is told one by one.
const leftShown = 40

// noteLeft says what was left out, and why.
func (s *shell) noteLeft(what string, left []adcp.Left) {
	if len(left) == 0 {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n", what)
	for _, l := range left[:min(len(left), leftShown)] {
		fmt.Fprintf(&b, "  %s  %s\n", l.Path, l.Why)
	}
	if more := len(left) - leftShown; more > 0 {
		fmt.Fprintf(&b, "  and %d more; --json has them all\n", more)
	}
	s.notef("%s", b.String())
}
