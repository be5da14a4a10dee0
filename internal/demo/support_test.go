package demo

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

// resourcesOf decodes a folder of manifests as the engine would.
func resourcesOf(t testing.TB, dir fs.FS) []throughline.Resource {
	t.Helper()
	var resources []throughline.Resource
	err := fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		text, err := fs.ReadFile(dir, path)
		if err != nil {
			return err
		}
		more, err := declare.Decode(path, text)
		resources = append(resources, more...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return resources
}

// lido decodes the example workspace.
func lido(t testing.TB) []throughline.Resource {
	t.Helper()
	return resourcesOf(t, os.DirFS(lidoFolder))
}
