package token_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/throughline-engine/throughline/internal/craft/token"
)

func FuzzRead(f *testing.F) {
	src, err := os.ReadFile(filepath.Join("testdata", "harbour.json5"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	for _, s := range []string{
		`{"a": {"$type": "color", "$value": "#fff"}, "b": {"$type": "color", "$value": "{a}", "alpha": 0.5}}`,
		`{a: {$type: 'shadow', $value: [{$ref: '#/a/$value/0'}]}}`,
		`{a: {$extends: '{b}'}, b: {$extends: '#/c'}, c: {$root: {$value: 1, $type: 'number'}}}`,
		`{a: {$type: 'x', $value: '{a}{b}', $extensions: {modes: {dark: {alpha: null}}}}}`,
		`{a: {$value: 0x1F, b: [.1, +2, -3.e1,], /* c */}} // d`,
		`{"\ud83d\ude00": {$type: "gradient", $value: [{color: "{a}", position: 1}]}}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := token.Read("f", data)
		if err != nil {
			return
		}
		written := file.JSON()
		if !json.Valid(written) {
			t.Fatalf("%q is written as %q, which is not JSON", data, written)
		}
		again, err := token.Read("g", written)
		if err != nil {
			t.Fatalf("%q is written as %q, which is not read: %v", data, written, err)
		}
		if twice := again.JSON(); !bytes.Equal(written, twice) {
			t.Fatalf("%q is written as %q and then as %q", data, written, twice)
		}
		one, err := token.Resolve(token.Mode{Name: "dark", Files: []*token.File{file}})
		two, err2 := token.Resolve(token.Mode{Name: "dark", Files: []*token.File{again}})
		if (err == nil) != (err2 == nil) {
			t.Fatalf("%q resolves with %v, and what is written for it with %v", data, err, err2)
		}
		if err != nil {
			return
		}
		if !bytes.Equal(one.JSON(), two.JSON()) {
			t.Fatalf("%q resolves to %s, and what is written for it to %s", data, one.JSON(), two.JSON())
		}
	})
}

// FuzzJSON holds the reader against the standard library's on what both read.
func FuzzJSON(f *testing.F) {
	f.Add(`{"a": [1, -2.5e3, "x\u00e9\n", null, true, {"b": {}}]}`)
	f.Add(`"\ud83d\ude00\/"`)
	f.Fuzz(func(t *testing.T, src string) {
		if !json.Valid([]byte(src)) || len(src) > 1000 {
			return
		}
		file, err := token.Read("f", []byte(`{"a": {"$value": 1, "$extensions": {"x": `+src+`}}}`))
		if err != nil {
			return // not UTF-8, too deep, a number beyond all, a name that stands twice
		}
		var want, got any
		if err := json.Unmarshal([]byte(`{"a": {"$value": 1, "$extensions": {"x": `+src+`}}}`), &want); err != nil {
			return
		}
		if err := json.Unmarshal(file.JSON(), &got); err != nil {
			t.Fatal(err)
		}
		if len(file.Notes()) == 0 && !cmp.Equal(want, got) { // where -0 is 0
			t.Fatalf("%q is read otherwise:\n%s", src, cmp.Diff(want, got))
		}
	})
}
