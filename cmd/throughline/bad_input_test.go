package main

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pngWith is a PNG of a size with further chunks and no pixels.
func pngWith(width, height uint32, chunks ...[]byte) string {
	chunk := func(kind string, data []byte) []byte {
		b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		b = append(append(b, kind...), data...)
		return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, width), height)
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 2, 0, 0, 0))...)
	for _, c := range chunks {
		out = append(out, chunk(string(c[:4]), c[4:])...)
	}
	return string(append(out, chunk("IEND", nil)...))
}

// zeros is so many of them, packed.
func zeros(n int) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	w.Write(make([]byte, n))
	w.Close()
	return b.Bytes()
}

// piece is a manifest of a kind.
func piece(kind, name, spec string) string {
	return "apiVersion: throughline/v1\nkind: " + kind + "\nmetadata: {name: " + name + "}\nspec: " + spec + "\n"
}

// TestBadInputIsToldAtTheDoor hands in what is wrong at a shell, as a stranger would:
// each is told with its place and what to do, by an exit code that stops a pipeline.
func TestBadInputIsToldAtTheDoor(t *testing.T) {
	lido := filepath.Join(t.TempDir(), "lido")
	if _, errOut, code := command(t, t.TempDir(), "init", "--example", lido); code != exitOK {
		t.Fatal(errOut)
	}
	page := func(markup string) string {
		return piece("Template", "bad", "{title: Bad, brand: heron-lido, slots: [{name: news, role: news, required: true}], renderings: [{channel: mail, fields: {subject: x, preheader: x}, mjml: '"+markup+"'}]}")
	}
	headline := func(values string) string {
		return piece("Fragment", "head-bad, labels: {story: mornings}", "{role: headline, brief: early-lanes, "+values+"}") + "---\n"
	}
	data := filepath.Join(t.TempDir(), "data")
	if _, errOut, code := command(t, data, "apply", lido); code != exitOK {
		t.Fatal(errOut)
	}
	check := []string{"check", lido, "bad.yaml"}
	tokens := []string{"import", "tokens", "bad.tokens.json", "--brand", "heron-lido"}
	assets := func(file string) []string { return []string{"import", "assets", file} }
	for name, tt := range map[string]struct {
		file, text  string
		args        []string
		place, says string
	}{
		"tokens that lead in a circle":    {"bad.tokens.json", `{"a": {"$type": "color", "$value": "{b}"}, "b": {"$type": "color", "$value": "{a}"}}`, tokens, "bad.tokens.json:1:", "a → b → a"},
		"a number that is none in JSON5":  {"bad.tokens.json", "{\"r\": {\"$type\": \"number\", \"$value\": NaN}}", tokens, "bad.tokens.json:1:", "NaN is not a value"},
		"a token that is named twice":     {"bad.tokens.json", "{\n  \"r\": {\"$type\": \"number\", \"$value\": 1},\n  \"r\": {\"$type\": \"number\", \"$value\": 2}\n}", tokens, "note: bad.tokens.json:3:3: \"r\" stands twice", "(keep one)"},
		"a comment that never ends":       {"bad.tokens.json", "{ /* \"r\": 1 }", tokens, "bad.tokens.json:1:", "comment"},
		"a PNG of 50,000 x 50,000 pixels": {"huge.png", pngWith(50_000, 50_000), assets("huge.png"), "huge.png", "50000 x 50000"},
		"a bomb in a colour profile":      {"icc.png", pngWith(10, 10, append([]byte("iCCPx\x00\x00"), zeros(64<<20)...)), assets("icc.png"), "iCCP", "icc.png"},
		"a drawing with entities in it":   {"bomb.svg", `<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><text>&b;</text></svg>`, assets("bomb.svg"), "bomb.svg", "declares entities"},
		"a drawing with a script":         {"run.svg", `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><script>alert(1)</script></svg>`, assets("run.svg"), "run.svg: taken out: 1:64", "<script> runs code"},
		"HTML that ends within a tag": {
			"bad.yaml", piece("Template", "bad", "{title: Bad, brand: heron-lido, slots: [{name: news, role: news, required: true}], renderings: [{channel: web, html: '<p>{{news}}</p><a href=\"/x'}]}"), check, "Template/bad", "not closed",
		},
		"a placeholder that is not ended":   {"bad.yaml", headline("values: {en: 'Early, {{person.first_name', de: Gut}"), check, "Fragment/head-bad", "{{person"},
		"MJML with a tag that is not ended": {"bad.yaml", page("<mjml><mj-body><mj-section><mj-column><mj-text>{{news}}</mj-column></mj-section></mj-body></mjml>"), check, "renderings", "mj-text"},
		"a rule of style nobody can apply":  {"bad.yaml", piece("Brand", "loud", "{title: Loud, locales: {default: en}, styles: {x.Bad: \"extends: script\\nmessage: no\\n\"}}"), check, "x.Bad", "script"},
		"a claim without evidence":          {"bad.yaml", piece("Claim", "bare", "{title: The calmest, statements: {en: The calmest lake.}, covers: [calmest]}") + "---\n" + headline("values: {en: The calmest lake}, claims: [bare]"), check, "bad.yaml:", "which has no evidence"},
		"a right that has ended": {
			"bad.yaml", piece("Asset", "scene-late, labels: {story: mornings}", `{title: Late, role: scene, file: {name: late.png, digest: "`+strings.Repeat("1f", 32)+`", type: image/png, bytes: 1, width: 1600, height: 900}, alt: {en: A lake, de: Ein See}, concepts: ["scene#lake"], rights: [{holder: Bo, until: "2020-01-31"}]}`),
			check, "Asset/scene-late", "ended",
		},
		"a text from right to left that is too long": {"bad.yaml", headline(`values: {en: "` + strings.Repeat("שלום ", 30) + `", de: ok}`), check, "bad.yaml:", "want at most 42 characters"},
		"a letter under a hundred accents":           {"bad.yaml", headline(`values: {en: "` + strings.Repeat("Z"+strings.Repeat("\u0301", 100), 50) + `", de: "` + strings.Repeat("zu lang ", 20) + `"}`), check, "bad.yaml:", "got 50 characters"},
		"a locale that nobody has":                   {"bad.yaml", headline(`values: {en: Fine, tlh-KX: qapla}`), check, "tlh-KX", "is not a language"},
		"two resources with one name":                {"bad.yaml", headline("values: {en: One}") + headline("values: {en: Two}"), check, "Fragment/head-bad", "declared twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.WriteFile(tt.file, []byte(tt.text), 0o644); err != nil {
				t.Fatal(err)
			}
			out, errOut, code := command(t, data, tt.args...)
			said := out + errOut
			told := strings.HasPrefix(tt.place, "note:") || strings.Contains(tt.place, "taken out:") // it comes in without
			if code == exitOK && !told || !strings.Contains(said, tt.place) || !strings.Contains(said, tt.says) || !strings.Contains(said, "fix:") && !told {
				t.Errorf("code %d, and it says:\n%s", code, said)
			}
		})
	}
}
