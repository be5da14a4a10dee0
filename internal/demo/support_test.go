package demo

import (
	"encoding/json"
	"io/fs"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/throughline-engine/throughline"
)

// resourcesOf decodes a folder of YAML without the engine's decoder, for tests
// of what comes after it.
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
		for _, document := range strings.Split(string(text), "\n---\n") {
			var tree map[string]any
			if err := yaml.Unmarshal([]byte(document), &tree); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			b, err := json.Marshal(tree)
			if err != nil {
				return err
			}
			var r throughline.Resource
			if err := json.Unmarshal(b, &r); err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			resources = append(resources, r)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return resources
}
