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
	"github.com/throughline-engine/throughline/examples"
	"github.com/throughline-engine/throughline/internal/demo"
	"github.com/throughline-engine/throughline/internal/engine/operate"
)

//go:embed starter/*.yaml
var starter embed.FS

type initCmd struct {
	Folder  string `arg:"" type:"path" help:"A folder that does not exist yet, or is empty."`
	Title   string `default:"My engine" help:"What to call the engine."`
	Owner   string `help:"The name of the one person who answers for it; yours when left out."`
	Example bool   `xor:"which" help:"Write the example workspace of the demo instead of a small one."`
	Lido    bool   `xor:"which" help:"Write the example of a whole brand instead: two languages, six surfaces, its pictures drawn."`
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
	source, pictures, fill, err := c.source()
	if err != nil {
		return err
	}
	files, err := copyWorkspace(source, c.Folder, fill)
	if err == nil {
		err = writeDrawings(c.Folder, pictures)
	}
	if err != nil {
		return throughline.Errorf(throughline.Unavailable, "the workspace cannot be written: %w", err).At(c.Folder)
	}
	s.printf("Wrote %s to %s. Next:\n  throughline plan %s\n  throughline apply %s\n", operate.Plural(files+len(pictures), "file", "files"), c.Folder, c.Folder, c.Folder)
	return nil
}

// source returns the workspace to write, the pictures that go with it, and what
// becomes of its texts on the way.
func (c *initCmd) source() (fs.FS, []drawing, func(string) string, error) {
	switch {
	case c.Example:
		return demo.Workspace(), nil, strings.NewReplacer().Replace, nil
	case c.Lido:
		pictures, err := drawings(examples.Lido())
		return examples.Lido(), pictures, corrected(pictures).Replace, err
	}
	small, err := fs.Sub(starter, "starter")
	fill := strings.NewReplacer("PERSON", personName(c.Owner), "NAME", quoted(c.Owner), "TITLE", quoted(c.Title)).Replace
	return small, nil, fill, err
}

func copyWorkspace(source fs.FS, folder string, fill func(string) string) (files int, err error) {
	return files, fs.WalkDir(source, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(folder, filepath.FromSlash(name))
		if d.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		text, err := fs.ReadFile(source, name)
		if err != nil {
			return err
		}
		files++
		return os.WriteFile(target, []byte(fill(string(text))), 0o644)
	})
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
