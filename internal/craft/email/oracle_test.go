package email

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

var update = flag.Bool("update", false, "write the golden files anew; the oracle needs npm install in its folder")

var seed = flag.Uint64("seed", 541, "which corpus; another than that of the golden file asks the reference")

const golden = "testdata/oracle.jsonl.zst" // what mjml 5.4.1 makes of the corpus

// oracleCase is one source and what the reference made of it.
type oracleCase struct {
	Name   string `json:"name"`
	MJML   string `json:"mjml"`
	HTML   string `json:"html,omitempty"`
	Errors int    `json:"errors"`
}

// TestOracle holds each case of the corpus and each layout against the reference.
func TestOracle(t *testing.T) {
	cases := append(corpus(*seed), layouts(t)...)
	if len(cases) < 2000 {
		t.Errorf("the corpus has %d cases", len(cases))
	}
	told := map[string]oracleCase{}
	for _, c := range answers(t, cases) {
		told[c.Name] = c
	}
	failed := 0
	for _, c := range cases {
		want, ok := told[c.Name]
		if !ok || want.MJML != c.MJML {
			t.Fatalf("%s is another than the reference rendered: run go test . -run TestOracle -update", c.Name)
		}
		if wrong := unlike(want); wrong != "" {
			t.Errorf("%s: %s\n%s", c.Name, wrong, c.MJML)
			if failed++; failed == 8 {
				t.Fatal("and maybe more")
			}
		}
	}
	t.Logf("%d cases are alike in all projections or refused by both", len(cases)-failed)
}

// unlike says how ours differs from the reference, "" when it does not.
func unlike(want oracleCase) string {
	if wrong := strings.HasPrefix(want.Name, "refused/"); wrong != (want.Errors > 0) {
		return fmt.Sprintf("the reference has %d complaints", want.Errors)
	}
	l, err := Compile([]byte(want.MJML), Options{Verbatim: true})
	switch {
	case want.Errors > 0 && err == nil:
		return "the reference complains and we do not"
	case want.Errors > 0:
		return ""
	case err != nil:
		return err.Error()
	}
	return differ(want.HTML, l.HTML())
}

// answers is what the reference makes of the cases: of the golden file, or asked
// now where that is to be written or the corpus is another.
func answers(t *testing.T, cases []oracleCase) []oracleCase {
	if *update || *seed != 541 {
		answered := ask(t, cases)
		if *update {
			pack(t, answered)
		}
		return decode(t, bytes.NewReader(answered))
	}
	file, err := os.Open(golden)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	z, err := zstd.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return decode(t, z)
}

// layouts are the mails in testdata/layouts.
func layouts(t testing.TB) (cases []oracleCase) {
	files, err := filepath.Glob("testdata/layouts/*.mjml")
	if err != nil || len(files) == 0 {
		t.Fatal("no layouts", err)
	}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		cases = append(cases, oracleCase{Name: "layouts/" + filepath.Base(f), MJML: string(src)})
	}
	return cases
}

// ask has the reference render the cases.
func ask(t *testing.T, cases []oracleCase) []byte {
	var in, out bytes.Buffer
	enc := json.NewEncoder(&in)
	enc.SetEscapeHTML(false)
	for _, c := range cases {
		if err := enc.Encode(c); err != nil {
			t.Fatal(err)
		}
	}
	node := exec.Command("node", "render.mjs")
	node.Dir, node.Stdin, node.Stdout, node.Stderr = "oracle", &in, &out, os.Stderr
	if err := node.Run(); err != nil {
		t.Fatalf("the oracle: %v (npm install in the folder oracle)", err)
	}
	return out.Bytes()
}

// pack writes the golden file.
func pack(t *testing.T, answered []byte) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(golden, z.EncodeAll(answered, nil), 0o644); err != nil {
		t.Fatal(err)
	}
}

func decode(t *testing.T, lines io.Reader) (cases []oracleCase) {
	for dec := json.NewDecoder(lines); ; {
		var c oracleCase
		switch err := dec.Decode(&c); err {
		case nil:
			cases = append(cases, c)
		case io.EOF:
			return cases
		default:
			t.Fatal(err)
		}
	}
}

func mustCompile(t testing.TB, src string, opts ...Options) *Layout {
	t.Helper()
	o := Options{Verbatim: true}
	if len(opts) > 0 {
		o = opts[0]
	}
	l, err := Compile([]byte(src), o)
	if err != nil {
		t.Fatalf("%v\n%s", err, src)
	}
	return l
}

func TestMatrix(t *testing.T) {
	const file = "../../../docs/mjml.md"
	if *update {
		if err := os.WriteFile(file, []byte(Matrix()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != Matrix() {
		t.Error("docs/mjml.md is another than the tags say: run go test . -run TestMatrix -update")
	}
}

// The corpus has each attribute of each tag.
func TestTheCorpusHasEachAttribute(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range corpus(*seed) {
		f := &faults{src: c.MJML}
		root := parse(c.MJML, words(), true, f)
		var visit func(e *element)
		visit = func(e *element) {
			for _, v := range e.names {
				seen[e.tag+" "+v.name] = true
			}
			seen[e.tag] = true
			for _, child := range e.children {
				visit(child)
			}
		}
		if root != nil {
			visit(root)
		}
	}
	var missing []string
	for name, tag := range words() {
		if !seen[name] {
			missing = append(missing, name)
		}
		for _, a := range tag.attributes {
			if !seen[name+" "+a.name] {
				missing = append(missing, name+" "+a.name)
			}
		}
	}
	if len(missing) > 0 {
		t.Error("the corpus is without", strings.Join(missing, ", "))
	}
}
