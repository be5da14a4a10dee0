package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

// deep is how far the nests go: a parser that recurses without a bound ends the
// whole process on the way down.
const deep = 100_000

// manifestsOf is a body in which a text comes as a manifest: to plan, check and
// apply as a file, to the draft as what somebody types.
func manifestsOf(path, text string) string {
	body := map[string]any{"files": []any{map[string]string{"name": "x.yaml", "text": text}}}
	if strings.HasSuffix(path, "/draft") {
		body = map[string]any{"edits": []any{map[string]string{"ref": "Fragment/deep", "text": text}}}
	}
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func manyLabels() string {
	var all strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&all, "k%d: v, ", i)
	}
	return all.String()
}

// bodies are what somebody sends who wants the engine to end, or to be busy.
func bodies(path string) map[string]string {
	nested := func(n int, open, in, end string) string { return strings.Repeat(open, n) + in + strings.Repeat(end, n) }
	nest := func(open, in, end string) string { return nested(deep, open, in, end) }
	file := func(text string) string { return manifestsOf(path, text) }
	head := "apiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: deep}\nspec: "
	var laughs strings.Builder
	laughs.WriteString("a0: &a0 [lol]\n")
	for i := range 40 {
		fmt.Fprintf(&laughs, "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i, i, i, i, i, i)
	}
	audience := "apiVersion: throughline/v1\nkind: Audience\nmetadata: {name: deep}\nspec: {rule: %q}\n"
	template := "apiVersion: throughline/v1\nkind: Template\nmetadata: {name: deep}\nspec: {brand: house, slots: [{name: a, role: headline}], renderings: [{channel: web, html: %q}]}\n"
	return map[string]string{
		"nested arrays":                        nest("[", "", "]"),
		"nested objects":                       nest(`{"a":`, "1", "}"),
		"arrays never closed":                  strings.Repeat("[", deep),
		"a context nested":                     `{"context": {"targetingKey": "x", "a": ` + nest("[", "", "]") + `}}`,
		"a message nested":                     `{"userId": "x", "event": "x", "properties": ` + nest(`{"a":`, "1", "}") + `}`,
		"YAML nested":                          file(head + nest("[", "", "]")),
		"YAML nested by mappings":              file(head + nest("{a: ", "1", "}")),
		"YAML nested by dashes":                file(head + strings.Repeat("- ", deep) + "x"),
		"YAML that laughs":                     file(laughs.String()),
		"a rule of parentheses":                file(fmt.Sprintf(audience, nest("(", "true", ")"))),
		"a rule of nots":                       file(fmt.Sprintf(audience, strings.Repeat("!", deep)+"true")),
		"a rule of ors":                        file(fmt.Sprintf(audience, "true"+strings.Repeat("||true", deep))),
		"a rule of lists":                      file(fmt.Sprintf(audience, nest("[", "", "]")+" == []")),
		"markup nested":                        file(fmt.Sprintf(template, nest("<div>", "{{a}}", "</div>"))),
		"markup of placeholders":               file(fmt.Sprintf(template, strings.Repeat("{{", deep)+"a"+strings.Repeat("}}", deep))),
		"markup of attributes":                 file(fmt.Sprintf(template, "<p "+strings.Repeat(`a="{{a}}" `, deep/10)+">x</p>")),
		"a rule as deep as one may be long":    file(fmt.Sprintf(audience, nested(2000, "(", "true", ")"))),
		"a rule of lists as long as it may be": file(fmt.Sprintf(audience, nested(2000, "[", "", "]")+" == []")),
		"a rule of nots as long as it may be":  file(fmt.Sprintf(audience, strings.Repeat("!", 4000)+"true")),
		"a rule of choices":                    file(fmt.Sprintf(audience, nested(500, "true?(", "true", "):true"))),
		"a rule of loops in loops":             file(fmt.Sprintf(audience, nested(40, "[1,2,3,4,5,6,7,8,9].all(x, ", "true", ")"))),
		"a rule of a doubling text":            file(fmt.Sprintf(audience, nested(60, "['a'].map(x, x + x)"+".map(x, x + x)", "", "")+".size() > 0")),
		"markup nested as deep as may be":      file(fmt.Sprintf(template, nested(9000, "<p>", "{{a}}", "</p>"))),
		"markup of tags never closed":          file(fmt.Sprintf(template, strings.Repeat("<b><i>", 15000))),
		"markup of angle brackets":             file(fmt.Sprintf(template, strings.Repeat("<", 100_000))),
		"markup of styles":                     file(fmt.Sprintf(template, "<p style='"+strings.Repeat("a:b(", 20_000)+"'>x</p>")),
		"a text of five megabytes":             file(head + "{role: headline, values: {en: '" + strings.Repeat("a ", 5<<19) + "'}}"),
		"a text of combining marks":            file(head + "{role: headline, values: {en: 'a" + strings.Repeat("\u0301", 1<<19) + "'}}"),
		"a name of a megabyte":                 file(strings.Replace(head, "deep", strings.Repeat("a", 1<<20), 1) + "{role: x}"),
		"ten thousand labels":                  file(strings.Replace(head, "name: deep", "name: deep, labels: {"+manyLabels()+"}", 1) + "{role: headline, values: {en: x}}"),
		"ten thousand languages":               file(head + "{role: headline, values: {" + manyLabels() + "}}"),
		"bytes that are no text":               "{\"context\": {\"targetingKey\": \"\xff\xfe\"}, \"userId\": \"\xff\", \"event\": \"\xc3\x28\", \"files\": [{\"name\": \"\xff\", \"text\": \"\xff\"}]}",
		"a zero byte":                          "{\"context\": {\"targetingKey\": \"\x00\"}}\x00",
		"a number nobody can hold":             `{"context": {"targetingKey": "x", "n": 1e999999}, "userId": "x", "event": "Signed Up", "properties": {"value": 1e999999}, "base": 1e99}`,
		"a number of a hundred digits":         `{"context": {"targetingKey": "x", "n": ` + strings.Repeat("9", deep) + `}}`,
		"a key a hundred thousand long":        `{"` + strings.Repeat("k", deep) + `": 1}`,
		"nothing":                              "",
	}
}

// A door that takes JSON answers whatever it is sent, within a minute, as the
// sender's mistake and in few words, and the process lives on.
func TestNoBodyEndsTheEngine(t *testing.T) {
	p := staffed(t)
	declared(t, p, enginetest.Workspace)
	deciding(t, p)
	soon(t, "the plane serves", func() bool { return p.plane.Table() != nil })
	manage, read, write := comes(t, p, "a manage key"), comes(t, p, "a read key"), comes(t, p, "a write key")
	doors := 0
	for _, route := range p.mux.Routes() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		if !machine(path) || method != http.MethodPost {
			continue
		}
		as := manage
		switch classes[route.Pattern] {
		case readKey:
			as = read
		case writeKey:
			as = write
		}
		doors++
		path = strings.NewReplacer("/v1/{kind}", "/v1/track", "{number}", "1", "{key}", "home.hero", "{", "", "}", "").Replace(path)
		if strings.HasSuffix(path, "/backup") || strings.HasSuffix(path, "/rebuild") || strings.HasSuffix(path, "/verify") {
			continue // they read no body
		}
		for name, body := range bodies(path) {
			status, answer := sent(p.handler, path, body, as)
			if status >= http.StatusInternalServerError {
				t.Errorf("%s, sent %s, answers %d: %.200s", path, name, status, answer)
			}
			if most := 600 << 10; len(answer) > most && len(answer) > 2*len(body) {
				t.Errorf("%s, sent %s, answers with %d bytes", path, name, len(answer))
			}
		}
	}
	if doors < 20 {
		t.Errorf("only %d doors take JSON", doors)
	}
}

func sent(h http.Handler, path, body string, as func(*http.Request)) (status int, answer string) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	as(r)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}
