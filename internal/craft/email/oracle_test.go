package email

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

var update = flag.Bool("update", false, "write the golden files anew; the oracle needs npm install in its folder")

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
	cases := append(corpus(), layouts(t)...)
	if *update {
		pack(t, cases)
	}
	told := map[string]oracleCase{}
	for _, c := range unpack(t) {
		told[c.Name] = c
	}
	if len(cases) < 2000 {
		t.Errorf("the corpus has %d cases", len(cases))
	}
	failed := 0
	for _, c := range cases {
		want, ok := told[c.Name]
		if !ok || want.MJML != c.MJML {
			t.Fatalf("%s is another than the reference rendered: run go test . -run TestOracle -update", c.Name)
		}
		if failed > 8 {
			t.Fatal("and more")
		}
		if wrong := strings.HasPrefix(c.Name, "refused/"); wrong != (want.Errors > 0) {
			t.Errorf("%s: the reference has %d complaints\n%s", c.Name, want.Errors, c.MJML)
			failed++
			continue
		}
		l, err := Compile([]byte(c.MJML), Options{Verbatim: true})
		switch {
		case want.Errors > 0 && err == nil:
			t.Errorf("%s: the reference complains and we do not\n%s", c.Name, c.MJML)
			failed++
		case want.Errors > 0:
		case err != nil:
			t.Errorf("%s: %v\n%s", c.Name, err, c.MJML)
			failed++
		default:
			if diff := differ(want.HTML, l.HTML()); diff != "" {
				t.Errorf("%s: %s\n%s", c.Name, diff, c.MJML)
				failed++
			}
		}
	}
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

// pack asks the reference and writes the golden file.
func pack(t *testing.T, cases []oracleCase) {
	var in, out, packed bytes.Buffer
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
	z, err := zstd.NewWriter(&packed, zstd.WithEncoderLevel(zstd.SpeedBestCompression), zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.WriteTo(z); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(golden, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func unpack(t *testing.T) (cases []oracleCase) {
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
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		var c oracleCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return cases
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
	for _, c := range corpus() {
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
