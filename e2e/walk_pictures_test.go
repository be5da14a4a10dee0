package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// learning is how long the demo learns before its picture is taken: long enough
// to say of a placement what choosing is worth.
const learning = 200 * time.Second

// TestPicturesOfTheReadme takes the pictures that README.md shows, once the demo
// has learned something. It does nothing unless asked: make pictures.
func TestPicturesOfTheReadme(t *testing.T) {
	if *documents == "" {
		t.Skip("start with -documents FOLDER")
	}
	e := newDemo(t)
	person := newPerson(t)
	signIn(t, person, e.base, e.session)
	time.Sleep(learning)
	v, at := newTab(t, person), look{1280, "light"}
	v.visit(t, e.base+"/", at)
	press(t, v, "Escape", 0) // the captions are for who is there
	do(t, v, chromedp.Sleep(500*time.Millisecond))

	shown := func(name, address string) {
		t.Helper()
		v.visit(t, e.base+address, at)
		do(t, v, chromedp.Sleep(time.Second)) // renderings come later
		if found := v.faults(t, at); len(found) > 0 {
			t.Errorf("%s: %q", name, found)
		}
		v.document(t, "readme-"+name)
	}
	shown("line", "/")
	wins := ask[string](t, v, `new URL([...document.querySelectorAll("details.placement")].find((p) => p.querySelector(".gain").textContent.includes("+"))?.querySelector(".state a").href ?? "/placement/home.shore", location).pathname`)
	shown("placement", wins)
	decision := ask[string](t, v, `new URL(document.querySelector('[data-live="rows"] th a').href).pathname`)
	shown("decision", decision)

	v.visit(t, e.base+"/fragment/head-towel", at)
	ask[bool](t, v, `(() => { const f = document.querySelector('textarea[lang="en"]'); f.value = "Bring a towel. We have the coffee"; f.dispatchEvent(new Event("input", { bubbles: true })); return true; })()`)
	eventually(t, v, "the change is saved", `document.querySelector("[data-draft-bar] [data-state]").textContent.startsWith("Saved")`)
	shown("review", "/draft")
}
