package main

import (
	"cmp"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/token"
	"github.com/throughline-engine/throughline/internal/loop/declare"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

type importCmd struct {
	Tokens importTokensCmd `cmd:"" help:"Take design tokens (DTCG 2025.10) into a brand."`
	Brand  importBrandCmd  `cmd:"" help:"Take a brand.json (AdCP 3) into a brand and its disclosures."`
	Assets importAssetsCmd `cmd:"" help:"Take pictures and other files in, from folders or buckets."`
	XLIFF  importXLIFFCmd  `cmd:"" name:"xliff" help:"Take translations in (XLIFF 2.1 or 1.2)."`
}

type importTokensCmd struct {
	Files   []string          `arg:"" name:"file" help:"Token files, later ones over earlier ones; or one NAME.resolver.json."`
	Brand   string            `required:"" help:"The brand they belong to; a new one where there is none of that name."`
	Mode    map[string]string `placeholder:"MODE=FILE" help:"A file that differs in a mode, such as dark=dark.tokens.json; again for more."`
	Base    string            `default:"light" help:"The mode that holds where no other is asked for."`
	In      string            `placeholder:"FILE" help:"Read the brand from a manifest instead of the engine."`
	Apply   bool              `help:"Make a release of it instead of printing the manifest."`
	Message string            `short:"m" help:"Why, for the release."`
	JSON    bool              `help:"Print one line of JSON."`
}

// Run prints the brand with the tokens in it as a manifest, or releases it.
func (c *importTokensCmd) Run(s *shell) error {
	modes, err := c.read()
	if err != nil {
		return err
	}
	s.tellOdd(modes)
	brand, err := c.brand(s)
	if err != nil {
		return err
	}
	spec := brand.Spec.(*throughline.Brand)
	if err := token.Into(spec, modes); err != nil {
		return err
	}
	manifest, err := declare.Encode([]throughline.Resource{brand})
	switch {
	case err != nil:
		return err
	case c.Apply:
		body := api.ChangeBody{Files: []api.File{{Name: "tokens", Text: string(manifest)}}, Message: cmp.Or(c.Message, "import design tokens")}
		return s.release(s.connect, http.MethodPost, "/api/v1/apply", body, c.JSON)
	case c.JSON:
		return s.printJSON(brand)
	}
	s.notef("%s has %d tokens and the modes %s now. Apply this, or add --apply.\n", brand.Ref(), len(spec.Tokens), strings.Join(append([]string{c.Base}, sortedKeys(spec.Modes)...), ", "))
	_, err = s.out.Write(manifest)
	return err
}

// tellOdd tells what is odd about token files and yet can be read, each file once.
func (s *shell) tellOdd(modes []token.Mode) {
	told := map[*token.File]bool{}
	for _, m := range modes {
		for _, f := range m.Files {
			if !told[f] {
				told[f] = true
				for _, note := range f.Notes() {
					s.notef("note: %v\n", note)
				}
			}
		}
	}
}

// read reads the modes: from files, or as a resolver has them.
func (c *importTokensCmd) read() ([]token.Mode, error) {
	if len(c.Files) == 1 && token.IsResolver(c.Files[0]) {
		return c.resolved(c.Files[0])
	}
	return c.modes()
}

// resolved reads a resolver and what it names, below its folder.
func (c *importTokensCmd) resolved(name string) ([]token.Mode, error) {
	if len(c.Mode) > 0 {
		return nil, throughline.Errorf(throughline.Invalid, "a resolver says itself what its modes are").WithFix("leave out --mode")
	}
	text, err := readLimited(name)
	if err != nil {
		return nil, err
	}
	folder, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return nil, throughline.Errorf(throughline.NotFound, "the folder of %s cannot be read: %w", name, err)
	}
	defer folder.Close()
	return token.Modes(name, text, c.Base, func(file string) ([]byte, error) {
		f, err := folder.Open(filepath.FromSlash(file))
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return io.ReadAll(io.LimitReader(f, token.MaxBytes+1))
	})
}

// modes reads the files: the base, then each mode that a file is given for or
// that tokens have overrides for.
func (c *importTokensCmd) modes() ([]token.Mode, error) {
	base := token.Mode{Name: c.Base}
	var problems throughline.Problems
	read := func(name string) *token.File {
		f, err := readTokens(name)
		problems.Add(err)
		return f
	}
	names := sortedKeys(c.Mode)
	for _, name := range c.Files {
		f := read(name)
		if f == nil {
			continue
		}
		base.Files = append(base.Files, f)
		for _, mode := range f.Modes() {
			if mode != c.Base && !slices.Contains(names, mode) {
				names = append(names, mode)
			}
		}
	}
	all := []token.Mode{base}
	for _, name := range names {
		m := token.Mode{Name: name, Files: slices.Clone(base.Files)}
		if file := c.Mode[name]; file != "" {
			if f := read(file); f != nil {
				m.Files = append(m.Files, f)
			}
		}
		all = append(all, m)
	}
	return all, problems.Err()
}

func readTokens(name string) (*token.File, error) {
	text, err := readLimited(name)
	if err != nil {
		return nil, err
	}
	return token.Read(name, text)
}

func readLimited(name string) ([]byte, error) {
	in, err := os.Open(name)
	if err != nil {
		return nil, throughline.Errorf(throughline.NotFound, "the file %s cannot be read: %w", name, err).WithFix("name a file of design tokens, such as acme.tokens.json")
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, token.MaxBytes+1))
	if err != nil {
		return nil, throughline.Errorf(throughline.Invalid, "%s cannot be read: %w", name, err).WithFix("name a file of design tokens")
	}
	return text, nil
}

// brand returns the brand as it is: in a manifest, in force, or a new one.
func (c *importTokensCmd) brand(s *shell) (throughline.Resource, error) {
	ref := throughline.Ref{Kind: throughline.KindBrand, Name: c.Brand}
	fresh := throughline.Resource{
		APIVersion: throughline.APIVersion, Kind: ref.Kind, Metadata: throughline.Metadata{Name: c.Brand},
		Spec: &throughline.Brand{Title: c.Brand, Locales: throughline.Locales{Default: "en"}},
	}
	if c.In != "" {
		return brandIn(c.In, ref, fresh)
	}
	engine, err := s.connectOrEmpty()
	if err != nil {
		return fresh, err
	}
	defer engine.close()
	var have throughline.Resource
	err = engine.call(s.ctx, http.MethodGet, "/api/v1/resources/Brand/"+c.Brand, nil, &have)
	if throughline.CodeOf(err) == throughline.NotFound {
		return fresh, nil
	}
	return have, err
}

func brandIn(file string, ref throughline.Ref, fresh throughline.Resource) (throughline.Resource, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return fresh, throughline.Errorf(throughline.NotFound, "the manifest %s cannot be read: %w", file, err).WithFix("name the file that declares the brand")
	}
	all, err := declare.Decode(file, text)
	if err != nil {
		return fresh, err
	}
	for _, r := range all {
		if r.Ref() == ref {
			return r, nil
		}
	}
	return fresh, nil
}

// sortedKeys returns the names of a map, ascending.
func sortedKeys[T any](m map[string]T) []string { return slices.Sorted(maps.Keys(m)) }
