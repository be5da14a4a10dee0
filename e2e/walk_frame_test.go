package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// press sends one key, with Ctrl held where ctrl is 2.
func press(t *testing.T, v *tab, key string, ctrl int64) {
	t.Helper()
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		p := input.DispatchKeyEventParams{Type: kind, Key: key, Modifiers: ctrl}
		switch {
		case key == "Enter":
			p.Text, p.WindowsVirtualKeyCode = "\r", 13
		case key == "Escape":
			p.WindowsVirtualKeyCode = 27
		case len(key) == 1 && ctrl == 0:
			p.Text = key
		}
		if kind == input.DispatchKeyEventTypeKeyUp {
			p.Text = ""
		}
		call(t, v, input.DispatchKeyEvent, p)
	}
}

// eventually waits until an expression holds in the page.
func eventually(t *testing.T, v *tab, what, expression string) {
	t.Helper()
	for range 100 {
		if ask[bool](t, v, "!!("+expression+")") {
			return
		}
		do(t, v, chromedp.Sleep(50*time.Millisecond))
	}
	t.Errorf("%s: %s does not hold", what, expression)
}

func TestTheKeyboardAlone(t *testing.T) {
	e := newDemo(t)
	person := newPerson(t)
	signIn(t, person, e.base, e.session)
	v := newTab(t, person)
	at := look{1280, "light"}
	v.visit(t, e.base+"/brief", at)

	press(t, v, "k", 2)
	eventually(t, v, "Ctrl K opens the palette", `document.getElementById("palette").open`)
	for _, key := range []string{"m", "a", "k"} {
		press(t, v, key, 0)
	}
	eventually(t, v, "the palette finds a station", `document.querySelector("#palette-list [aria-selected=true] .title")?.textContent === "Make"`)
	if found := v.axe(t); len(found) > 0 {
		t.Errorf("the open palette: %q", found)
	}
	v.picture(t, "full palette 1280-light")
	press(t, v, "Enter", 0)
	eventually(t, v, "Enter goes there", `location.pathname === "/make" && document.readyState === "complete" && "scripts" in document.documentElement.dataset`)

	press(t, v, "j", 0)
	eventually(t, v, "j goes to the first of a list", `document.querySelector("[data-row]").contains(document.activeElement) || !document.querySelector("[data-row] a")`)
	press(t, v, "/", 0)
	eventually(t, v, "the slash goes to the field", `document.activeElement.matches("[data-search]")`)
	press(t, v, "g", 0)
	press(t, v, "l", 0)
	eventually(t, v, "no key is taken while somebody types", `document.activeElement.value === "gl" && location.pathname === "/make"`)
	ask[bool](t, v, `document.activeElement.blur() ?? true`)
	press(t, v, "?", 0)
	eventually(t, v, "the question mark lists the keys", `document.getElementById("keys").matches(":popover-open")`)
	v.picture(t, "full keys 1280-light")
	press(t, v, "Escape", 0)
	eventually(t, v, "Esc closes them", `!document.getElementById("keys").matches(":popover-open")`)
	press(t, v, "g", 0)
	press(t, v, "l", 0)
	eventually(t, v, "g l goes to Learn", `location.pathname === "/learn"`)
}
