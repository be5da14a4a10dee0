package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// captionIs holds where the caption of a number is on the page, whole.
func captionIs(number int, title string) string {
	return fmt.Sprintf(`document.querySelector("[data-caption] h2")?.textContent.trim().replace(/\s+/g, " ") === "%d of 5 %s"`, number, title)
}

// TestTheCaptionsByKeyboard walks the loop in its five captions without a mouse:
// from The Line to words of one's own that somebody was served.
func TestTheCaptionsByKeyboard(t *testing.T) {
	e := newDemo(t)
	person := newPerson(t)
	signIn(t, person, e.base, e.session)
	v, at := newTab(t, person), look{1280, "light"}
	v.visit(t, e.base+"/", at)
	var places []string
	stands := func(number int, title string) {
		t.Helper()
		eventually(t, v, title, `document.readyState === "complete" && `+captionIs(number, title))
		do(t, v, chromedp.Sleep(300*time.Millisecond))
		v.picture(t, fmt.Sprintf("caption %d %s", number, title))
		v.mu.Lock()
		v.bytes = 0 // it counts from the last visit
		v.mu.Unlock()
		places = append(places, ask[string](t, v, `location.pathname + location.search`))
		if found := v.faults(t, at); len(found) > 0 {
			t.Errorf("%s: %q", title, found)
		}
	}
	stands(1, "The loop")
	for i, title := range []string{"A placement learns", "Where it comes from", "Why somebody saw it", "Now change it"} {
		press(t, v, ".", 0)
		stands(i+2, title)
	}
	press(t, v, ",", 0)
	stands(4, "Why somebody saw it")
	press(t, v, ".", 0)
	stands(5, "Now change it")

	press(t, v, ".", 0)
	eventually(t, v, "the words have the focus", `document.activeElement.matches('textarea[lang="en"]')`)
	ask[bool](t, v, `(document.activeElement.select(), true)`)
	call(t, v, input.InsertText, input.InsertTextParams{Text: "Typed by hand"})
	eventually(t, v, "what is typed is saved", `document.querySelector("[data-draft-bar] [data-state]").textContent.startsWith("Saved")`)
	press(t, v, "k", 2)
	for _, key := range "Your draft" {
		press(t, v, string(key), 0)
	}
	eventually(t, v, "the palette finds the draft", `document.querySelector('#palette-list [aria-selected="true"]')?.textContent.includes("Your draft")`)
	press(t, v, "Enter", 0)
	stands(5, "Let it go live")
	ask[bool](t, v, `(document.querySelector('button[value="release"]').focus(), true)`)
	press(t, v, "Enter", 0)
	stands(5, "It is live")
	press(t, v, ".", 0)
	eventually(t, v, "words of one's own are served", captionIs(5, "Served")+` && document.querySelector(".side .texts").textContent.includes("Typed by hand")`)
	stands(5, "Served")

	for _, place := range places { // as on a phone, in the dark
		small := look{375, "dark"}
		v.visit(t, e.base+place, small)
		for _, f := range v.faults(t, small) {
			if place[:9] != "/variant/" { // of the release before: not found by now
				t.Errorf("%s at %s: %s", place, small, f)
			}
		}
		v.picture(t, "caption "+place[:min(len(place), 12)]+" "+small.String())
	}

	v.visit(t, e.base+"/", at)
	press(t, v, "Escape", 0)
	eventually(t, v, "Escape closes them", `!document.querySelector("[data-caption]")`)
	do(t, v, chromedp.Sleep(300*time.Millisecond))
	v.visit(t, e.base+"/placement/home.shore", at)
	if ask[bool](t, v, `!!document.querySelector("[data-caption]")`) {
		t.Error("a caption is back on the next page")
	}
	press(t, v, "?", 0)
	ask[bool](t, v, `(document.querySelector('#keys button[value="show"]').focus(), true)`)
	press(t, v, "Enter", 0)
	stands(1, "The loop")
}
