package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/throughline-engine/throughline/internal/engine/enginetest"
)

// BenchmarkMakeAtSize serves the pages of making at 10,000 fragments in five
// languages, as a browser asks for them: the page of an object, a page and a
// window of the grid, a cell saved.
func BenchmarkMakeAtSize(b *testing.B) {
	var manifest strings.Builder
	manifest.WriteString(strings.Replace(enginetest.Workspace, "locales: {default: en}", "locales: {default: en, supported: [en, de, fr, es, it]}", 1))
	for i := range 10_000 {
		fmt.Fprintf(&manifest, "---\napiVersion: throughline/v1\nkind: Fragment\nmetadata: {name: note-%05d}\nspec: {role: note, brief: visit, values: {en: Note %d, de: Notiz %d, fr: Note %d, es: Nota %d, it: Nota %d}}\n", i, i, i, i, i, i)
	}
	m := newMaker(b, manifest.String())
	get := func(address, accept string) func() {
		return func() {
			if rw := m.send(http.MethodGet, address, nil, accept); rw.Code != http.StatusOK {
				b.Fatalf("%s: %d", address, rw.Code)
			}
		}
	}
	n := 0
	save := func() {
		n++
		was := "Note 5"
		if n > 1 {
			was = fmt.Sprint("Note ", 5+n-1)
		}
		form := url.Values{"name[0]": {"note-00005"}, "was[0][en]": {was}, "cell[0][en]": {fmt.Sprint("Note ", 5+n)}}
		if rw := m.send(http.MethodPost, "/make/copy", form, "text/html"); rw.Code != http.StatusSeeOther {
			b.Fatalf("saving: %d %s", rw.Code, rw.Body)
		}
	}
	for _, c := range []struct {
		name string
		do   func()
	}{
		{"object", get("/fragment/note-05000", "text/html")},
		{"grid", get("/make/copy", "text/html")},
		{"window at the start", get("/make/copy?as=rows", "application/json")},
		{"window at the end", get("/make/copy?as=rows&after=note-09700", "application/json")},
		{"filtered by words", get("/make/copy?q=9999&as=rows", "application/json")},
		{"cell saved", save},
		{"object with a draft", get("/fragment/note-00005", "text/html")},
		{"said", get("/make/copy?as=said", "application/json")},
		{"placement form", get("/edit/placement/home.hero", "text/html")},
	} {
		b.Run(c.name, func(b *testing.B) {
			c.do()
			for b.Loop() {
				c.do()
			}
		})
	}
}
