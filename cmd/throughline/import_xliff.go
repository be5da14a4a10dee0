package main

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/xliff"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/serve"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

type importXLIFFCmd struct {
	Files   []string `arg:"" name:"file" help:"Files that translators sent back; - reads standard input."`
	Apply   bool     `help:"Make a release of it instead of printing the manifest."`
	Message string   `short:"m" help:"Why, for the release."`
	JSON    bool     `help:"Print one line of JSON."`
}

// Run prints what the translations change as a manifest, or releases it. Texts
// that cannot be taken are told, with their lines, and make it fail; the rest is
// taken all the same.
func (c *importXLIFFCmd) Run(s *shell) error {
	var body api.TranslatedBody
	for _, name := range c.Files {
		file, data, err := s.slurp(name, xliff.MaxBytes)
		if err != nil {
			return err
		}
		body.Files = append(body.Files, api.File{Name: file, Text: string(data)})
	}
	engine, err := s.connect()
	if err != nil {
		return err
	}
	var got struct {
		content.Translation
		Problems []serve.Fault `json:"problems"`
	}
	err = engine.call(s.ctx, http.MethodPost, "/api/v1/translations", body, &got)
	if closed := engine.close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	var problems throughline.Problems
	for _, f := range got.Problems {
		problems.Add(faultError(f))
	}
	s.notef("%s of %s: %d new or changed, %d as they are, %d not translated yet, %d not taken.\n", operate.Plural(len(got.Texts)+got.Same+got.Open+len(problems)+got.More, "text", "texts"), got.To, len(got.Texts), got.Same, got.Open, len(problems)+got.More)
	switch {
	case c.JSON && !c.Apply:
		err = s.printJSON(got)
	case len(got.Texts) == 0:
	case c.Apply:
		change := api.ChangeBody{Files: []api.File{{Name: "translations", Text: got.Manifest}}, Message: cmp.Or(c.Message, "translations into "+got.To), Base: got.Base}
		err = s.release(s.connect, http.MethodPost, "/api/v1/apply", change, c.JSON)
	default:
		s.printf("%s", got.Manifest)
	}
	if err != nil {
		return err
	}
	return problems.Err()
}

// translator prints what has to be translated into a language.
func (c *exportCmd) translator(s *shell, engine *client) error {
	q := url.Values{"to": {c.XLIFF}, "from": {c.From}, "q": {strings.Join(c.Query, " ")}}
	var out api.TranslateBody
	if err := engine.call(s.ctx, http.MethodGet, "/api/v1/translations?"+q.Encode(), nil, &out); err != nil {
		return err
	}
	if out.Texts == 0 {
		s.notef("There is nothing to translate into %s.\n", c.XLIFF)
		return nil
	}
	s.notef("%s to translate into %s, %d of which changed since they were translated.\n", operate.Plural(out.Texts, "text", "texts"), c.XLIFF, out.Outdated)
	s.printf("%s", out.Text)
	return nil
}
