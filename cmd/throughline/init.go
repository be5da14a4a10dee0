package main

import (
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/engine/content"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

//go:embed starter/*.yaml
var starter embed.FS

type initCmd struct {
	Folder  string `arg:"" type:"path" help:"A folder that does not exist yet, or is empty."`
	Title   string `default:"My engine" help:"What to call the engine."`
	Owner   string `help:"The name of the one person who answers for it; yours when left out."`
	Example bool   `help:"Write the demo's workspace instead of a small one: a whole brand in two languages on six surfaces, its pictures drawn."`
}

// Run writes the workspace.
func (c *initCmd) Run(s *shell) error {
	entries, err := os.ReadDir(c.Folder)
	if err == nil && len(entries) > 0 {
		return throughline.Errorf(throughline.Conflict, "the folder %s is not empty", c.Folder).WithFix("name a new folder")
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return throughline.Errorf(throughline.Invalid, "the folder %s cannot be used: %w", c.Folder, err)
	}
	if c.Owner == "" {
		c.Owner = osUser()
	}
	for _, text := range []string{c.Title, c.Owner} {
		if strings.ContainsFunc(text, unicode.IsControl) {
			return throughline.Errorf(throughline.Invalid, "a name is one line of text")
		}
	}
	files, err := c.files()
	if err == nil {
		err = writeFiles(c.Folder, files)
	}
	if err != nil {
		return throughline.Errorf(throughline.Unavailable, "the workspace cannot be written: %w", err).At(c.Folder)
	}
	s.printf("Wrote %s to %s. Next:\n  throughline plan %s\n  throughline apply %s\n", operate.Plural(len(files), "file", "files"), c.Folder, c.Folder, c.Folder)
	return nil
}

// files returns the workspace to write.
func (c *initCmd) files() ([]content.File, error) {
	if c.Example {
		e, err := readExample()
		return e.files, err
	}
	small, err := fs.Sub(starter, "starter")
	if err != nil {
		return nil, err
	}
	files, err := filesIn(small)
	fill := strings.NewReplacer("PERSON", personName(c.Owner), "NAME", quoted(c.Owner), "TITLE", quoted(c.Title))
	for i, f := range files {
		files[i].Text = []byte(fill.Replace(string(f.Text)))
	}
	return files, err
}

func writeFiles(folder string, files []content.File) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		target := filepath.Join(folder, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, f.Text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// personName makes a resource name of what people call somebody.
func personName(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if n := strings.Trim(b.String(), "-"); throughline.ValidName(n) {
		return n
	}
	return "owner"
}

// quoted writes text as a YAML scalar that cannot be taken for anything else.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
