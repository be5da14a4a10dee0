package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// TestFromANumberToItsReason walks from The Line to the reason of one decision,
// and back to what its variant is made of.
func TestFromANumberToItsReason(t *testing.T) {
	e := newDemo(t)
	person := newPerson(t)
	signIn(t, person, e.base, e.session)
	v := newTab(t, person)
	at := look{1280, "light"}
	v.visit(t, e.base+"/placement/home.shore", at)
	eventually(t, v, "the page is live", `document.getElementById("live")?.dataset.state === "live"`)
	eventually(t, v, "decisions come in", `document.querySelectorAll('[data-live="rows"] tr').length > 0`)

	press(t, v, "t", 0)
	eventually(t, v, "t opens the data of the charts", `[...document.querySelectorAll("figure details.table")].every((d) => d.open)`)
	height := ask[float64](t, v, `document.querySelector("#decisions-title").getBoundingClientRect().top`)
	do(t, v, chromedp.Sleep(3_000_000_000))
	if now := ask[float64](t, v, `document.querySelector("#decisions-title").getBoundingClientRect().top`); now-height > 40 || height-now > 40 {
		t.Errorf("what one reads moved by %v pixels while numbers came in", now-height)
	}

	decision := ask[string](t, v, `document.querySelector('[data-live="rows"] th a').href`)
	v.visit(t, decision, at)
	eventually(t, v, "the decision says why", `document.querySelector(".sentence").textContent.startsWith("This person saw")`)
	variant := ask[string](t, v, `document.querySelector(".side .big a")?.href ?? ""`)
	if variant != "" {
		v.visit(t, variant, at)
		eventually(t, v, "the variant shows its way", `document.querySelectorAll(".way > li").length === 7`)
	}

	v.visit(t, e.base+"/journal?live=1", at)
	first := ask[string](t, v, `document.querySelector("tbody th").textContent`)
	eventually(t, v, "the journal is followed live", `document.querySelector("tbody th").textContent !== "`+first+`"`)
	if found := v.axe(t); len(found) > 0 {
		t.Errorf("the journal: %q", found)
	}

	for _, page := range []string{e.base + "/placement/home.shore", decision, variant, e.base + "/inspect"} {
		for _, at := range []look{{1280, "light"}, {375, "dark"}} {
			v.visit(t, page, at)
			if found := v.axe(t); len(found) > 0 {
				t.Errorf("%s at %s: %q", page, at, found)
			}
		}
	}
}
