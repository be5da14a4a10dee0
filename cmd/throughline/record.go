package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/operate"
	"github.com/throughline-engine/throughline/internal/engine/recipients"
	"github.com/throughline-engine/throughline/internal/record"
	"github.com/throughline-engine/throughline/internal/serve/api"
	"github.com/throughline-engine/throughline/internal/sqlite"
)

type forgetCmd struct {
	Unit string `arg:"" name:"recipient" help:"The targetingKey or userId that clients send."`
	JSON bool   `help:"Print one line of JSON."`
}

// Run erases a recipient.
func (c *forgetCmd) Run(s *shell) error {
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	var done recipients.Erasure
	if err := engine.call(s.ctx, "POST", "/api/v1/forget", api.ForgetBody{Unit: c.Unit}, &done); err != nil {
		return err
	}
	switch {
	case c.JSON:
		return s.printJSON(done)
	case done.Known:
		s.printf("Forgotten. The key to everything about them is destroyed, and nothing will be recorded of them again.\n")
	default:
		s.printf("The engine has no record of them. It has noted a hash of the id, so that nothing will ever be recorded of it.\n")
	}
	return nil
}

type verifyCmd struct {
	JSON bool `help:"Print one line of JSON."`
}

// Run checks the whole journal.
func (c *verifyCmd) Run(s *shell) error {
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	var v operate.Verified
	if err := s.long(engine, "/api/v1/verify", nil, &v, "verifying"); err != nil {
		return err
	}
	if c.JSON {
		return s.printJSON(v)
	}
	s.printf("The journal is intact: %s, chain hash %s, %.1f s.\n", operate.Plural(v.Journal.Seq, "event", "events"), v.Journal.Hash.Short(), v.Seconds)
	return nil
}

type rebuildCmd struct {
	JSON bool `help:"Print one line of JSON."`
}

// Run folds the journal again. It fails when the live numbers were different.
func (c *rebuildCmd) Run(s *shell) error {
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	var r operate.Rebuilt
	if err := s.long(engine, "/api/v1/rebuild", nil, &r, "rebuilding"); err != nil {
		return err
	}
	if c.JSON {
		err = s.printJSON(r)
	} else if r.Same {
		s.printf("Rebuilt from %s in %.1f s: the same as the live numbers, to the last bit.\n", operate.Plural(r.Events, "event", "events"), r.Seconds)
	}
	if err == nil && !r.Same {
		err = throughline.Errorf(throughline.Corrupt, "the live numbers of %q differed from the journal's; they are replaced", r.Differs).
			WithFix("run it again to see that it holds, and report how it came about")
	}
	return err
}

type backupCmd struct {
	Folder string `arg:"" type:"path" help:"A folder that does not exist yet, on the engine's machine."`
	JSON   bool   `help:"Print one line of JSON."`
}

// Run copies the record while the engine goes on.
func (c *backupCmd) Run(s *shell) error {
	engine, err := s.connect()
	if err != nil {
		return err
	}
	defer engine.close()
	var b operate.BackedUp
	if err := s.long(engine, "/api/v1/backup", api.BackupBody{Folder: c.Folder}, &b, "copying"); err != nil {
		return err
	}
	if c.JSON {
		return s.printJSON(b)
	}
	s.printf("The backup is in %s (%.1f s).\n", b.Folder, b.Seconds)
	return nil
}

type restoreCmd struct {
	Folder       string `arg:"" type:"path" help:"A folder that throughline backup made."`
	LoseErasures bool   `help:"Restore although whom the present data folder has forgotten cannot be read."`
}

// Run puts the backup in the place of the data folder, and forgets again whom
// the folder's engine has forgotten since. What was there is kept beside it.
func (c *restoreCmd) Run(s *shell) error {
	if info, err := os.Stat(c.Folder); err != nil || !info.IsDir() {
		return throughline.Errorf(throughline.NotFound, "there is no folder %s", c.Folder).WithFix("name a folder that throughline backup made")
	}
	if running, err := sqlite.Locked(s.Data); err != nil || running {
		return errors.Join(err, throughline.Errorf(throughline.Conflict, "an engine runs on %s", s.Data).WithFix("stop it first"))
	}
	since, err := s.since(c.LoseErasures)
	if err != nil {
		return err
	}
	aside, err := setAside(s.Data)
	if err != nil {
		return err
	}
	if err := sqlite.Restore(s.ctx, c.Folder, s.Data); err != nil {
		return errors.Join(err, putBack(aside, s.Data))
	}
	kept, err := s.keep(since)
	if err != nil {
		return err
	}
	s.printf("Restored into %s. Everybody signs in again.", s.Data)
	if kept.Forgotten > 0 {
		s.printf(" %s forgotten.", operate.Plural(kept.Forgotten, "recipient stays", "recipients stay"))
	}
	if kept.Revoked > 0 {
		s.printf(" %s revoked.", operate.Plural(kept.Revoked, "key stays", "keys stay"))
	}
	if aside != "" {
		s.printf(" What was there before is in %s; delete it when you are sure.", aside)
	}
	s.printf("\n")
	return nil
}

// since reads what the engine of the present data folder, if there is one, has
// promised since the backup.
func (s *shell) since(lose bool) (*operate.Since, error) {
	if there, err := sqlite.Exists(s.Data); err != nil || !there {
		return nil, err
	}
	var since *operate.Since
	err := sqlite.ReadState(s.ctx, s.Data, func(r record.Reader) (err error) {
		since, err = operate.ReadSince(r)
		return err
	})
	if err != nil && lose {
		s.notef("Whom the present folder has forgotten cannot be read, and is lost: %v\n", err)
		return nil, nil
	}
	if err != nil {
		return nil, throughline.Errorf(throughline.Corrupt, "whom the present data folder has forgotten cannot be read, so a backup might bring them back: %w", err).
			WithFix("move the folder away yourself, or give --lose-erasures")
	}
	return since, nil
}

func (s *shell) keep(since *operate.Since) (operate.Kept, error) {
	p, err := openProcess(s.ctx, s.Data, slog.New(slog.DiscardHandler), false)
	if err != nil {
		return operate.Kept{}, err
	}
	defer p.close()
	kept, err := p.access.Keep(s.ctx, atShell(), since)
	if err != nil {
		return kept, err
	}
	return kept, p.store.Scrub(context.WithoutCancel(s.ctx))
}

func setAside(folder string) (string, error) {
	if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	for n := 1; ; n++ {
		aside := filepath.Clean(folder) + ".before-restore-" + itoa(n)
		if _, err := os.Stat(aside); errors.Is(err, os.ErrNotExist) {
			return aside, os.Rename(folder, aside)
		}
	}
}

func putBack(aside, folder string) error {
	if aside == "" {
		return nil
	}
	return errors.Join(os.RemoveAll(folder), os.Rename(aside, folder))
}
