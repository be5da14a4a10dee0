package xliff_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/craft/xliff"
)

// TestAnIndependentReader has translate-toolkit read what goes out, lxml hold it
// against the schema of XLIFF's core, and both answer it.
func TestAnIndependentReader(t *testing.T) {
	python := os.Getenv("THROUGHLINE_PYTHON")
	if python == "" {
		python = "python3"
	}
	if err := exec.Command(python, "-c", "import translate.storage.xliff2").Run(); err != nil {
		t.Skip("needs Python with translate-toolkit, named by THROUGHLINE_PYTHON: see docs/benchmarks.md")
	}
	data := os.Getenv("THROUGHLINE_DATA")
	if data == "" {
		data = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	o, folder := order(), t.TempDir()
	out, back := filepath.Join(folder, "out.xlf"), filepath.Join(folder, "back.xlf")
	if err := os.WriteFile(out, xliff.Write(o), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{filepath.Join("testdata", "reader.py"), out, back}
	if schema := filepath.Join(data, "xliff", "xliff-core-2.0.xsd"); exists(schema) {
		args = append(args, schema)
	} else {
		t.Log("without the schema of XLIFF's core in xliff of THROUGHLINE_DATA")
	}
	said, err := exec.Command(python, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	lines := bytes.Split(bytes.TrimSpace(said), []byte("\n"))
	if len(lines) != len(o.Texts) {
		t.Fatalf("%d units were read of %d\n%s", len(lines), len(o.Texts), said)
	}
	for i, line := range lines {
		var got struct {
			ID, Words string
			Notes     []string
		}
		if err := json.Unmarshal(line, &got); err != nil {
			t.Fatalf("%v\n%s", err, line)
		}
		text := o.Texts[i]
		want := strings.NewReplacer("{{person.first_name}}", "", "**", "", "*", "", "[", "", "](https://lido.example/t?a=1&b=2)", "", "\n- ", "\n").Replace(text.Source)
		if got.ID != string(text.Ref.Kind)+":"+strings.ReplaceAll(text.Ref.Name, "/", "_") || got.Words != want {
			t.Errorf("%s was read as %s %q, want %q", text.Ref, got.ID, got.Words, want)
		}
		if len(text.Notes) > 0 && (len(got.Notes) != 3 || got.Notes[1] != text.Notes[1].Text) {
			t.Errorf("the notes on %s were read as %q", text.Ref, got.Notes)
		}
	}
	answer, err := os.ReadFile(back)
	if err != nil {
		t.Fatal(err)
	}
	c := checked(t, answer, o)
	if len(c.Problems) > 0 || len(c.Taken) != len(o.Texts) {
		t.Fatalf("of the answer, %d were taken: %v\n%s", len(c.Taken), c.Problems, answer)
	}
	for i, got := range c.Taken {
		if got.Text != o.Texts[i].Source {
			t.Errorf("%s came back as %q, want %q", got.Ref, got.Text, o.Texts[i].Source)
		}
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
