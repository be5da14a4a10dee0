package main

import (
	"errors"
	"io/fs"
	"net/http"
	"os"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

type applyCmd struct {
	manifests
	Message string `short:"m" help:"Why, for the release."`
	Base    int    `help:"The release the plan was made for; fails if another came between."`
	JSON    bool   `help:"Print one line of JSON."`
}

// Validate refuses a command line without manifests.
func (c *applyCmd) Validate() error { return c.named() }

// Run makes a release of the manifests. Files that lie beside them are sent first.
func (c *applyCmd) Run(s *shell) error {
	body, err := c.change(s)
	if err != nil {
		return err
	}
	body.Message, body.Base = c.Message, c.Base
	files, err := besides(s.ctx, body.Files)
	if err != nil {
		return err
	}
	_, before := os.Stat(s.Data)
	connect := func() (*client, error) {
		engine, err := s.connectOrCreate()
		if err == nil && len(files) > 0 {
			if err = engine.sendFiles(s.ctx, s, files); err != nil {
				err = errors.Join(err, engine.close())
			}
		}
		return engine, err
	}
	err = s.release(connect, http.MethodPost, "/api/v1/apply", body, c.JSON)
	if errors.Is(before, fs.ErrNotExist) && s.URL == "" && throughline.CodeOf(err) == throughline.Invalid {
		// What was refused is no beginning: an empty engine in the wrong place
		// would answer for the right one.
		return errors.Join(err, os.RemoveAll(s.Data))
	}
	return err
}

type deleteCmd struct {
	Refs    []string `arg:"" name:"resource" help:"Kind/name, such as Fragment/hello."`
	Message string   `short:"m" help:"Why, for the release."`
	JSON    bool     `help:"Print one line of JSON."`
}

// Run makes a release that deletes the resources.
func (c *deleteCmd) Run(s *shell) error {
	return s.release(s.connect, http.MethodPost, "/api/v1/apply", api.ChangeBody{Delete: c.Refs, Message: c.Message}, c.JSON)
}

type rollbackCmd struct {
	Release int  `arg:"" help:"The number of the release to undo."`
	JSON    bool `help:"Print one line of JSON."`
}

// Run makes a release that restores what another changed.
func (c *rollbackCmd) Run(s *shell) error {
	return s.release(s.connect, http.MethodPost, "/api/v1/releases/"+itoa(c.Release)+"/rollback", nil, c.JSON)
}

// release asks for a release and shows it.
func (s *shell) release(connect func() (*client, error), method, path string, body any, asJSON bool) error {
	engine, err := connect()
	if err != nil {
		return err
	}
	defer engine.close()
	var before []throughline.Release
	if err := engine.call(s.ctx, http.MethodGet, "/api/v1/releases?limit=1", nil, &before); err != nil {
		return err
	}
	var rel throughline.Release
	if err := engine.call(s.ctx, method, path, body, &rel); err != nil {
		return err
	}
	if asJSON {
		return s.printJSON(rel)
	}
	if len(before) > 0 && before[0].Number == rel.Number || rel.Number == 0 {
		s.printf("Nothing changed; release %d stays.\n", rel.Number)
		return nil
	}
	s.printChanges(rel.Changes)
	s.printFindings(rel.Findings)
	if rel.State == throughline.ReleaseProposed {
		s.printf("Release %d waits for somebody to approve it (risk %s).\n", rel.Number, rel.Risk.Level)
		return nil
	}
	s.printf("Release %d is live (risk %s).", rel.Number, rel.Risk.Level)
	if rel.Number > 1 { // before the first there is nothing to go back to
		s.printf(" Undo it with: throughline rollback %d", rel.Number)
	}
	s.printf("\n")
	return nil
}
