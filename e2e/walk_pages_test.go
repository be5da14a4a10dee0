package e2e

import (
	"context"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// row is one page of docs/pages.md.
type row struct {
	name, address string
	// stranger pages are for who is not signed in.
	stranger bool
}

var tableRow = regexp.MustCompile("(?m)^\\| ([^|]+) \\| (`[^`]+`|any) \\|(?:[^|]*\\|){3} ([^|]+) \\|$")

// rows reads the table of pages; a page without parameters comes first, because
// it leads to those with.
func rows(t testing.TB) (all []row) {
	t.Helper()
	doc, err := os.ReadFile("../docs/pages.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range tableRow.FindAllStringSubmatch(string(doc), -1) {
		address := strings.Trim(m[2], "`")
		all = append(all, row{name: m[1], address: address, stranger: m[3] == "everyone" && address != "any" || strings.Contains(m[3], "one-time") || strings.Contains(m[3], "signed in or not")})
	}
	if len(all) < 10 {
		t.Fatalf("only %d rows were read from docs/pages.md", len(all))
	}
	slices.SortStableFunc(all, func(a, b row) int { return strings.Count(a.address, "{") - strings.Count(b.address, "{") })
	return all
}

// walk is a walk of one engine's pages.
type walk struct {
	engine
	stranger, owner context.Context
	looks           []look
	// known are addresses that pages led to.
	known []string
}

// sample returns an address for a row: its own, or one that a page led to.
func (w *walk) sample(address string) (string, bool) {
	switch {
	case address == "any":
		return "/nothing/here", true
	case !strings.Contains(address, "{"):
		return address, true
	case strings.HasPrefix(address, "/welcome/"):
		return strings.TrimPrefix(w.link, w.base), true
	}
	pattern := regexp.QuoteMeta(address)
	pattern = regexp.MustCompile(`\\\{[^}]*\.\.\.\\\}`).ReplaceAllString(pattern, `[^?]+`)
	pattern = regexp.MustCompile(`\\\{[^}]*\\\}`).ReplaceAllString(pattern, `[^/?]+`)
	match := regexp.MustCompile("^" + pattern + "$")
	for _, k := range w.known {
		if match.MatchString(k) {
			return k, true
		}
	}
	return "", false
}

func TestEveryPage(t *testing.T) {
	t.Run("with data", func(t *testing.T) {
		t.Parallel()
		w := &walk{engine: newDemo(t), stranger: newPerson(t), owner: newPerson(t)}
		signIn(t, w.owner, w.base, w.session)
		w.looks = looks()
		t.Run("Share", func(t *testing.T) { // a tab is closed with its test
			w.known = append(w.known, sharePieces(t, newTab(t, w.owner), w.base))
		})
		w.all(t, rows(t), true)
	})
	t.Run("without data", func(t *testing.T) {
		t.Parallel()
		w := &walk{engine: newEmpty(t), stranger: newPerson(t), owner: newPerson(t)}
		all := rows(t)
		welcome := slices.IndexFunc(all, func(r row) bool { return strings.HasPrefix(r.address, "/welcome/") })
		w.looks = []look{{375, "light"}, {1280, "dark"}} // the frame is the same as with data
		w.row(t, all[welcome])
		w.accept(t)
		signIn(t, w.owner, w.base, w.session)
		w.all(t, slices.Delete(all, welcome, welcome+1), false)
	})
}

// all visits each row. Where there are data every address has a page that leads
// there; where there are none, some have not.
func (w *walk) all(t *testing.T, rows []row, data bool) {
	var later []row // what only a later page leads to
	for _, r := range rows {
		if _, ok := w.sample(r.address); ok {
			w.row(t, r)
		} else {
			later = append(later, r)
		}
	}
	for _, r := range later {
		if _, ok := w.sample(r.address); ok {
			w.row(t, r)
		} else if data && r.address != "/recipient/{handle}" { // a form leads there: TestFromANumberToItsReason
			t.Errorf("no page leads to %s, %s", r.name, r.address)
		}
	}
}

// row visits a page in every size and theme.
func (w *walk) row(t *testing.T, r row) {
	if strings.HasPrefix(r.address, "/welcome/") && strings.Contains(w.link, "/enter/") {
		return // the example owner has accepted already
	}
	address, _ := w.sample(r.address)
	t.Run(r.name, func(t *testing.T) {
		person := w.owner
		if r.stranger {
			person = w.stranger
		}
		v := newTab(t, person)
		for _, l := range w.looks {
			v.visit(t, w.base+address, l)
			if strings.HasPrefix(address, "/preview/") {
				w.rendering(t, v, address)
				continue
			}
			found := v.faults(t, l)
			if l == (look{1280, "light"}) || l == (look{375, "dark"}) {
				found = append(found, v.tabFaults(t)...)
			}
			for _, f := range found {
				if !expected(r, f) {
					t.Errorf("%s at %s: %s", address, l, f)
				}
			}
			v.picture(t, w.name+" "+r.name+" "+l.String())
			if l.width == 1280 {
				w.known = append(w.known, v.links(t)...)
			}
			if l == (look{1280, "light"}) {
				w.tabs(t, v, address, l)
			}
		}
		if !strings.HasPrefix(address, "/preview/") {
			w.withoutScripts(t, v, address)
		}
	})
}

// tabs opens the tabs of a station, to learn where they lead.
func (w *walk) tabs(t *testing.T, v *tab, address string, l look) {
	for _, k := range slices.Clone(w.known) {
		if strings.HasPrefix(k, address+"?kind=") {
			v.visit(t, w.base+k, l)
			w.known = append(w.known, v.links(t)...)
		}
	}
}

// expected reports what is no fault: a browser notes the status of an error page.
func expected(r row, fault string) bool {
	return r.address == "any" && strings.Contains(fault, "the server responded with a status of 404")
}

// rendering holds a document that may run nothing, not even what judges a page,
// to load without an error.
func (w *walk) rendering(t *testing.T, v *tab, address string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range v.errors {
		if !strings.Contains(f, "sandboxed") { // the watch of the test itself is refused
			t.Errorf("%s: %s", address, f)
		}
	}
}

// withoutScripts holds a page to be readable where scripts do not run.
func (w *walk) withoutScripts(t *testing.T, v *tab, address string) {
	call(t, v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	v.visit(t, w.base+address, look{1280, "light"})
	text := do(t, v, chromedp.TextContent("body"))
	if len(text) < 40 {
		t.Errorf("without scripts %s says only %q", address, text)
	}
	call(t, v, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{})
}

// TestAFaultIsCaught plants one fault of each sort, and a page without any.
func TestAFaultIsCaught(t *testing.T) {
	const clean = `<!doctype html><html lang="en"><title>x</title><main><h1>x</h1><p><a href="/y">y</a></p></main>`
	pages := map[string]string{
		"":              clean,
		"axe button":    clean + `<button></button>`,
		"axe contrast":  clean + `<main><p style="color:#ccc">pale</p></main>`,
		"sideways":      clean + `<div style="width:3000px">wide</div>`,
		"shift":         clean + `<script>setTimeout(() => document.querySelector("h1").style.marginTop = "300px", 60)</script>`,
		"console":       clean + `<script>console.error("no")</script>`,
		"exception":     clean + `<script>missing()</script>`,
		"heavy":         clean + "<!--" + strings.Repeat("x", 200<<10) + "-->",
		"focus: one":    clean + `<style>:focus-visible { outline: none }</style>`,
		"focus: Tab":    clean + `<button onfocus="this.blur()">y</button><a href="/z">z</a><script>document.addEventListener("keydown", (e) => e.preventDefault())</script>`,
		"log: ":         clean + `<img src="/gone" alt="gone">`,
		"axe html-has":  strings.Replace(clean, ` lang="en"`, "", 1),
		"axe document-": strings.Replace(clean, "<title>x</title>", "", 1),
	}
	var body string
	server := serveText(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		w.Write([]byte(body))
	})
	v := newTab(t, newPerson(t))
	for fault, html := range pages {
		body = html
		v.visit(t, server+"/", look{1280, "light"})
		found := append(v.faults(t, look{1280, "light"}), v.tabFaults(t)...)
		switch {
		case fault == "" && len(found) > 0:
			t.Errorf("a clean page has faults: %q", found)
		case fault != "" && !slices.ContainsFunc(found, func(f string) bool { return about(f, fault) }):
			t.Errorf("%s: found %q", fault, found)
		}
	}
}

// about reports whether a fault is of a sort: begins with its first word and has
// the second.
func about(fault, sort string) bool {
	for word := range strings.FieldsSeq(sort) {
		if !strings.Contains(fault, word) {
			return false
		}
	}
	return true
}
