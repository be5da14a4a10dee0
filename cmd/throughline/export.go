package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/adcp"
	"github.com/throughline-engine/throughline/internal/craft/token"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

type exportCmd struct {
	Tokens   string   `placeholder:"BRAND" help:"Print a brand's design tokens instead, as a DTCG file." xor:"what"`
	Brand    string   `placeholder:"BRAND" help:"Print a brand as a brand.json (AdCP 3), and say what that has no place for." xor:"what"`
	Manifest string   `placeholder:"VARIANT" help:"Print a live variant as a creative manifest (AdCP 3), with its labels and provenance." xor:"what"`
	XLIFF    string   `name:"xliff" placeholder:"LOCALE" help:"Print what has no translation into a language, or one of another source, as XLIFF 2.1." xor:"what"`
	Site     string   `placeholder:"URL" help:"For AdCP: where the engine is reached from outside; addresses of its pictures begin with it."`
	From     string   `placeholder:"LOCALE" help:"The language to translate from; the default is the brand's."`
	Query    []string `arg:"" optional:"" help:"For a translator: only texts with these words."`
}

// Run prints everything in force as manifests, or a brand in another's form.
func (c *exportCmd) Run(s *shell) error {
	if u, err := url.Parse(c.Site); c.Site != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return throughline.Errorf(throughline.Invalid, "%q is not where an engine is reached", c.Site).WithFix("write an address such as https://engine.example")
	}
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	if c.Tokens != "" {
		return c.tokens(s, engine)
	}
	if c.Brand != "" {
		return c.brand(s, engine)
	}
	if c.XLIFF != "" {
		return c.translator(s, engine)
	}
	if c.From != "" || len(c.Query) > 0 {
		return throughline.Errorf(throughline.Invalid, "--from and words are for a translator").WithFix("say with --xliff into which language")
	}
	if c.Manifest != "" {
		return c.manifest(s, engine)
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

func (c *exportCmd) brand(s *shell, engine *client) error {
	var brand throughline.Resource
	if err := engine.call(s.ctx, http.MethodGet, "/api/v1/resources/Brand/"+c.Brand, nil, &brand); err != nil {
		return err
	}
	disclosures, err := engine.disclosures(s, c.Brand)
	if err != nil {
		return err
	}
	assets, err := engine.all(s, throughline.KindAsset)
	if err != nil {
		return err
	}
	file, left := adcp.Write(adcp.Export{Brand: brand, Disclosures: disclosures, Logos: assets, Site: c.Site})
	s.noteLeft("Left out, since a brand.json has no place for it", left)
	_, err = s.out.Write(file)
	return err
}

// disclosures returns those of a brand: what slots of its templates require, and
// what is named after it.
func (c *client) disclosures(s *shell, brand string) ([]throughline.Resource, error) {
	templates, err := c.all(s, throughline.KindTemplate)
	if err != nil {
		return nil, err
	}
	required := map[string]bool{}
	for _, r := range templates {
		t := r.Spec.(*throughline.Template)
		for _, slot := range t.Slots {
			for _, name := range slot.Requires {
				required[name] = required[name] || t.Brand == brand
			}
		}
	}
	all, err := c.all(s, throughline.KindDisclosure)
	return slices.DeleteFunc(all, func(r throughline.Resource) bool {
		return !required[r.Metadata.Name] && !strings.HasPrefix(r.Metadata.Name, brand+"-")
	}), err
}
