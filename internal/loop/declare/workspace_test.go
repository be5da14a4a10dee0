package declare_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/throughline-engine/throughline"
	"github.com/throughline-engine/throughline/internal/loop/declare"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// workspace returns the example workspace after edits of its text, each a pair
// of old and new. An edit that finds nothing fails the test: a planted mistake
// must really be planted.
func workspace(t testing.TB, edits ...string) ([]throughline.Resource, error) {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/workspace.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all []throughline.Resource
	var problems throughline.Problems
	done := make([]bool, len(edits)/2)
	for _, f := range archive.Files {
		data := string(f.Data)
		for i := range done {
			if strings.Contains(data, edits[2*i]) {
				data, done[i] = strings.Replace(data, edits[2*i], edits[2*i+1], 1), true
			}
		}
		resources, err := declare.Decode(f.Name, []byte(data))
		problems.Add(err)
		all = append(all, resources...)
	}
	for i, ok := range done {
		if !ok {
			t.Fatalf("the workspace does not hold %q", edits[2*i])
		}
	}
	return all, problems.Err()
}

func mustWorkspace(t testing.TB, edits ...string) []throughline.Resource {
	t.Helper()
	all, err := workspace(t, edits...)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// golden compares with a file, or rewrites it under -update.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (rewrite with -update):\n%s", file, diff)
	}
}
