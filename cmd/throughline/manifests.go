package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/craft/text"
	"github.com/throughline-engine/throughline/internal/serve/api"
)

// manifests are the files and folders that a command reads resources from.
type manifests struct {
	Paths []string `arg:"" optional:"" name:"path" help:"Manifest files or folders of them; - reads standard input."`
	Prune bool     `help:"Delete every resource that the manifests do not declare."`
}

// named refuses a command line without manifests, for commands that need some.
func (m manifests) named() error {
	if len(m.Paths) == 0 {
		return errors.New("name a file or folder of manifests, or - for standard input")
	}
	return nil
}

// change reads the manifests. Folders are walked for .yaml, .yml and .json.
func (m manifests) change(s *shell) (api.ChangeBody, error) {
	body := api.ChangeBody{Prune: m.Prune}
	var problems throughline.Problems
	for _, path := range m.Paths {
		files, err := manifestFiles(path)
		problems.Add(err)
		for _, name := range files {
			file, err := readManifest(s.in, name)
			if err != nil {
				problems.Add(err)
				continue
			}
			body.Files = append(body.Files, file)
		}
	}
	if m.Prune && len(body.Files) == 0 {
		problems.Add(throughline.Errorf(throughline.Invalid, "--prune without manifests would delete everything").WithFix("name the manifests to keep, or use: throughline delete"))
	}
	return body, problems.Err()
}

// standardInput is what the file - is called.
const standardInput = "standard input"

// readManifest reads one file, or standard input for -.
func readManifest(in io.Reader, name string) (api.File, error) {
	var b []byte
	var err error
	if name == "-" {
		name = standardInput
		b, err = io.ReadAll(in)
	} else {
		b, err = os.ReadFile(name)
	}
	if err != nil {
		return api.File{}, throughline.Errorf(throughline.Invalid, "%s cannot be read: %w", name, err)
	}
	if at := text.FirstInvalid(b); at >= 0 { // JSON would replace it in silence
		line, column := text.Position(b, at)
		return api.File{}, throughline.Errorf(throughline.Invalid, "the file is not UTF-8 from here on").
			At(fmt.Sprintf("%s:%d:%d", name, line, column)).WithFix("save it as UTF-8")
	}
	return api.File{Name: name, Text: string(b)}, nil
}

// isManifest reports whether a file of a workspace declares resources, by its
// name. Token files lie beside manifests and are imported.
func isManifest(name string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name)) && !strings.HasSuffix(name, ".tokens.json") && !strings.HasSuffix(name, ".resolver.json")
}

func manifestFiles(path string) ([]string, error) {
	if path == "-" {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, throughline.Errorf(throughline.NotFound, "there is no file or folder %s", path).WithFix("check the path; throughline init writes a workspace")
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var files []string
	err = filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != path {
			return filepath.SkipDir
		}
		if !d.IsDir() && isManifest(name) {
			files = append(files, name)
		}
		return nil
	})
	if err != nil {
		return nil, throughline.Errorf(throughline.Invalid, "%s cannot be read: %w", path, err)
	}
	if len(files) == 0 {
		return nil, throughline.Errorf(throughline.NotFound, "there is no manifest in %s", path).WithFix("manifests end in .yaml, .yml or .json")
	}
	return files, nil
}
